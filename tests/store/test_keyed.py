"""Keys and personal attributes: sealed in every table, the same text always the same, opened for who reads them, found again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import polars as pl
import pytest
from alembic import command
from sqlalchemy import Engine, text

from cxdash.config import load_settings
from cxdash.errors import ConfigError
from cxdash.facts.documents import SEALED as AS_FACTS_KNOW_IT
from cxdash.store import arrivals, contacts, imports, keyed, people, programs, responses, schema, sealingkeys, vault
from cxdash.store.database import make_engine, reading, upgrade, writing
from cxdash.store.tables import Layer, Problem, Response
from tests.store.making import AT, a_program, all_of, an_import, frame, load, row, take_back

PERSONAL = (("tel", ".+"), ("addr", r".*\d.*\s.*|.*\s.*\d.*"))
TELLING = {"branch": "강남", "tel": "내선 77", "addr": "서울 강남대로 1", "memo": "010-1234-5678"}
PROBLEMS = {"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String, "params": pl.String, "whole_row": pl.Boolean}


def raw(engine: Engine, *tables: str) -> str:
    """Everything that stands in the tables, as the database has it."""
    with engine.connect() as connection:
        return "\n".join(str(tuple(one)) for table in tables for one in connection.execute(text(f'SELECT * FROM "{table}"')))


def test_keys_are_sealed_and_the_same_key_meets_the_same_response_by_every_way(engine):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(row(2, "C-10293", {"Q": 1}), row(3, "k1:notours", {"Q": 2}), row(4, None, {"Q": 3})), ["Q"])
    _, stored = load(engine, program_id, wave_id, frame(row(2, "C-10293", {"Q": 4})), ["Q"])
    assert (stored.inserted, stored.updated) == (0, 1)
    with writing(engine) as session:
        contacts.save_contacts(session, program_id=program_id, rows=[{"key": "C-10293"}])
        ver = programs.tick(session, program_id=program_id)
        new = [arrivals.Row(key, AT, {}, {"Q": 5}) for key in ("C-10293", "C-20000", "v-" + "0" * 32)]
        ids = arrivals.put(session, program_id=program_id, wave_id=wave_id, source="api", ver=ver, codes=["Q"], rows=new)
    assert "10293" not in raw(engine, "response", "layer", "contact") and "20000" not in raw(engine, "response")
    kept = all_of(engine, program_id)
    assert sorted(kept["respondent"].fill_null("").to_list()) == ["", "C-10293", "C-20000", "k1:notours", "v-" + "0" * 32]
    assert kept.filter(pl.col("respondent") == "C-10293")["id"].to_list() == ids[:1]
    with reading(engine) as session:
        [known] = contacts.by_keys(session, program_id=program_id, keys=["C-10293"])
        assert responses.ids(session, program_id=program_id, wave_id=wave_id, respondents=["C-10293"]) == {"C-10293": ids[0]}
        [who] = people.search(session, program_id=program_id, wanted="C-10293")
        assert who.contact_id == known.id and people.places(session, who).responses == (ids[0],)
        assert keyed.told(session, [known.key, None, "plain"]) == {known.key: "C-10293", "plain": "plain"}


def test_attributes_that_tell_who_somebody_is_are_sealed_by_name_and_by_form(engine):
    program_id, wave_id = a_program(engine)
    region = {"branch": "부산", "addr": "부산"}  # no address: a region
    load(engine, program_id, wave_id, frame(row(2, "A", {"Q": 1}, TELLING), row(3, "B", {"Q": 1}, region)), [], personal=PERSONAL)
    load(engine, program_id, wave_id, frame(row(2, "A", {"Q": 2}, {"tel": "내선 78"})), ["tel"], personal=PERSONAL)  # a layer
    with writing(engine) as session:
        rows = [{"key": "A", "attributes": TELLING}]
        contacts.save_contacts(session, program_id=program_id, rows=rows, personal=PERSONAL)
        ver = programs.tick(session, program_id=program_id)
        put = [arrivals.Row("C", AT, TELLING, {"Q": 1})]
        arrivals.put(session, program_id=program_id, wave_id=wave_id, source="api", ver=ver, codes=[], rows=put, personal=PERSONAL)
    stored = raw(engine, "response", "layer", "contact")
    assert not any(word in stored for word in ("내선", "강남대로", "5678")) and "강남" in stored and stored.count("부산") == 2
    told = {r["respondent"]: json.loads(r["attributes"]) for r in all_of(engine, program_id).iter_rows(named=True)}
    assert told == {"A": TELLING | {"tel": "내선 78"}, "B": region, "C": TELLING}
    with reading(engine) as session:
        pulled = pl.concat(responses.pull(session, program_id=program_id))
        found = people.search(session, program_id=program_id, wanted="01012345678")
        assert {who.key for who in found} == set(keyed.kept_keys(session, ["A", "C"]).values())
        assert [json.loads(json.dumps(one.attributes)) for one in people.layers_of(session, response_ids=pulled["id"].to_list())]
    with writing(engine) as session:
        person = people.Who(program_id, responses=tuple(pulled["id"].to_list()))
        people.anonymise(session, person, ver=programs.tick(session, program_id=program_id), drop=["tel"])
    assert all(json.loads(one) in ({"branch": "강남"}, region) for one in all_of(engine, program_id)["attributes"])


def test_an_undone_import_gives_sealed_values_back_as_they_were(engine):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(row(2, "A", {"Q": 1}, TELLING)), ["Q", *TELLING], personal=PERSONAL)
    before = all_of(engine, program_id)["attributes"].to_list()
    second, _ = load(engine, program_id, wave_id, frame(row(2, "A", {"Q": 2}, {"tel": "1"})), ["Q", "tel"], personal=PERSONAL)
    assert all_of(engine, program_id)["attributes"].to_list() != before
    take_back(engine, program_id, second)
    assert [json.loads(one) for one in all_of(engine, program_id)["attributes"]] == [json.loads(one) for one in before]


def test_cells_that_could_not_be_used_are_sealed_and_found_by_what_stands_in_them(engine):
    program_id, wave_id = a_program(engine)
    cell = "김영희입니다 010-1234-5678 전화 주세요"
    with writing(engine) as session:
        import_id = an_import(session, program_id, wave_id)
        rows = [(7, "B (점수)", cell, "scale.problem.text", '{"value": "김영희입니다", "lo": 0}', False), (8, "", None, "x", None, True)]
        imports.add_problems(session, import_id, pl.DataFrame(rows, schema=PROBLEMS, orient="row"))
    assert "영희" not in raw(engine, "problem") and "5678" not in raw(engine, "problem")
    with reading(engine) as session:
        told = imports.problems(session, import_id)
        assert told["value"].to_list() == [cell, ""] and json.loads(told["params"][0]) == {"value": "김영희입니다", "lo": 0}
        [who] = people.search(session, program_id=program_id, wanted="01012345678")
        assert session.get(Problem, who.problems[0]).value == cell
        assert people.search(session, program_id=program_id, wanted="01099999999") == []


def test_nobody_can_make_something_look_sealed_and_a_changed_text_is_not_opened(engine):
    with reading(engine) as session:
        box = keyed.box(session)
    sealed = box.seal("김영희")
    at = len("k1:")  # the last character has bits that mean nothing
    other = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
    for given in (other, "k1:" + "A" * 40, "k1:", "k1:강남", "김영희"):
        assert box.open(given) == given and not box.is_sealed(given) and box.open(box.key(given)) == given
    assert box.seal("김영희") == sealed != box.seal("김영희 ") and box.open(sealed) == "김영희" and box.seal("") == ""
    assert keyed.Box(b"x" * 32).open(sealed) == sealed  # another database's
    assert keyed.SEALED == AS_FACTS_KNOW_IT  # facts know no store


def test_without_the_key_of_the_environment_nothing_is_opened(engine):
    own = load_settings({})
    other = "another key, that nothing was sealed with"
    vault.use(dataclasses.replace(own, personal_key=f"{other},{own.secret}"))
    with reading(engine) as session:
        keyed.box(session)
    vault.use(dataclasses.replace(own, personal_key=other))  # what was opened with the former key is not remembered for the new one alone
    with pytest.raises(ConfigError), reading(engine) as session:
        keyed.box(session)


def test_an_earlier_database_is_sealed_by_the_upgrade_and_opened_by_the_way_back(empty_url):
    engine = make_engine(empty_url)
    upgrade(engine)
    program_id, wave_id = a_program(engine)
    with engine.execution_options(cxdash_mode="schema").begin() as connection:
        command.downgrade(schema.config(connection), "0008")
        known = json.dumps({"memo": "010-1234-5678", "branch": "강남"}, ensure_ascii=False)
        for statement in (
            "INSERT INTO import (id, program_id, wave_id, file_name, sha256, size, fingerprint, mapping, codes, rows_read, rows_inserted, "
            "rows_updated, rows_empty, rows_rejected, problem_cells, state, created_at, created_by, undone_by) "
            "VALUES (1, :p, :w, 'x', '', 1, '', '{}', '[]', 1, 1, 0, 0, 0, 1, 'done', '2026-01-01 00:00:00.000000', '', '')",
            "INSERT INTO contact (id, program_id, key, name, email, attributes, name_hash, email_hash, seen_at) "
            "VALUES (1, :p, 'C-10293', '', '', :a, '', '', '2026-01-01 00:00:00.000000')",
            "INSERT INTO response (id, program_id, wave_id, import_id, respondent, source, attributes, answers, ver) "
            "VALUES (1, :p, :w, 1, 'C-10293', 'import', :a, '{\"Q\": 9}', 1)",
            "INSERT INTO layer (id, response_id, import_id, source, attributes, answers) VALUES (1, 1, 1, 'import', :a, '{\"Q\": 9}')",
            "INSERT INTO problem (id, import_id, row, \"column\", value, reason, params, whole_row) "
            "VALUES (1, 1, 2, 'B', '김영희', 'x', '{\"value\": \"김영희\"}', :f)",
        ):
            names = {"p": program_id, "w": wave_id, "a": known, "f": False}
            connection.execute(text(statement), {name: value for name, value in names.items() if f":{name}" in statement})
    clear = raw(engine, "contact", "response", "layer", "problem")
    assert "10293" in clear and "5678" in clear and "영희" in clear
    upgrade(engine)
    held = raw(engine, "contact", "response", "layer", "problem")
    assert not any(word in held for word in ("10293", "5678", "영희")) and "강남" in held
    assert all_of(engine, program_id)["respondent"].to_list() == ["C-10293"]
    with reading(engine) as session:
        assert session.get(Problem, 1).value == "김영희"
        assert keyed.box(session).opened(session.get(Layer, 1).attributes)["memo"] == "010-1234-5678"
    with engine.execution_options(cxdash_mode="schema").begin() as connection:
        command.downgrade(schema.config(connection), "0008")
    again = raw(engine, "contact", "response", "layer", "problem")
    assert again.count("10293") == 2 and again.count("010-1234-5678") == 3 and again.count("김영희") == 2
    engine.dispose()


def test_what_became_personal_by_its_name_later_is_sealed_in_batches(engine):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(*(row(n, f"C{n}", {"Q": 1}, {"tel": f"내선 {n}"}) for n in range(2, 9))), ["Q", "tel"])
    load(engine, program_id, wave_id, frame(row(2, "C2", {"Q": 1}, {"tel": "내선 99"})), ["Q", "tel"])
    after, changed = 0, 0
    while True:
        with writing(engine) as session:
            after, ids = sealingkeys.named(session, program_id=program_id, personal=PERSONAL, after=after, most=3)
            if not after:
                break
            sealingkeys.seal_named(session, ids=ids, personal=PERSONAL, ver=programs.tick(session, program_id=program_id))
            changed += len(ids)
    assert changed == 7 and "내선" not in raw(engine, "response", "layer")
    with reading(engine) as session:
        assert sealingkeys.named(session, program_id=program_id, personal=PERSONAL, after=0, most=100)[1] == []
        assert session.get(Response, 1).ver > 2  # so that copies are made anew
    assert {json.loads(one)["tel"] for one in all_of(engine, program_id)["attributes"]} == {f"내선 {n}" for n in range(3, 9)} | {"내선 99"}


def test_the_file_of_a_database_holds_no_key(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    upgrade(engine)
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(row(2, "CUSTOMER-4711", {"Q": 1}, TELLING)), ["Q"], personal=PERSONAL)
    engine.dispose()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
    assert b"4711" not in held and b"5678" not in held and "내선".encode() not in held and "강남대로".encode() not in held
