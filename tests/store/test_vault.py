"""What is a person's is not in the database in clear, is found all the same, and survives a change of keys."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from cxdash.config import load_settings
from cxdash.errors import ConfigError
from cxdash.store import audience, contacts, responses, schema, sealing, vault
from cxdash.store.database import make_engine, reading, upgrade, writing
from tests.store.making import a_program, frame, load, row

OLD, NEW = "old key that is long enough for it, 1".replace(",", "."), "new key that is long enough for it. 2"
COMMENT = "김영희입니다. 직원이 \"친절\"했어요"


@pytest.fixture(autouse=True)
def own_keys():
    vault.use(load_settings({}))
    yield
    vault.use(load_settings({}))


def with_keys(*keys: str) -> None:
    vault.use(dataclasses.replace(load_settings({}), personal_key=",".join(keys)))


def raw(engine: Engine, table: str) -> str:
    """Everything that stands in a table, as the database has it."""
    with engine.connect() as connection:
        return "\n".join(str(tuple(one)) for one in connection.execute(text(f'SELECT * FROM "{table}"')))


def kim(session, program_id: int) -> None:
    rows = [{"key": "C-1", "name": "김 영희", "email": "Kim@example.com", "attributes": {"branch": "강남"}}, {"key": "lee@example.com"}]
    contacts.save_contacts(session, program_id=program_id, rows=rows)


def test_a_contact_is_sealed_and_found_by_key_name_and_address(engine):
    program_id, _ = a_program(engine)
    with writing(engine) as session:
        kim(session, program_id)
    stored = raw(engine, "contact")
    assert "영희" not in stored and "example.com" not in stored and "강남" in stored
    with reading(engine) as session:
        for wanted in ("C-1", "김영희", "kim@EXAMPLE.com"):
            assert [c.email for c in audience.page(session, program_id=program_id, search=wanted)] == ["Kim@example.com"], wanted
        (lee,) = audience.page(session, program_id=program_id, search="lee@example.com")
        assert lee.key.startswith(vault.HASHED) and contacts.by_keys(session, program_id=program_id, keys=[" LEE@example.com"]) == [lee]


def test_free_texts_are_sealed_in_responses_and_layers_and_opened_for_who_reads_them(engine):
    program_id, wave_id = a_program(engine)
    rows = frame(row(2, "A", {"NPS": 9, "WHY": COMMENT, "MANY": [1, 2]}), row(3, "B", {"NPS": 0}))
    load(engine, program_id, wave_id, rows, ["NPS", "WHY", "MANY"])
    load(engine, program_id, wave_id, frame(row(2, "A", {"MORE": "또 왔습니다"})), ["MORE"], )
    assert "영희" not in raw(engine, "response") + raw(engine, "layer") and "왔습니다" not in raw(engine, "response")
    with reading(engine) as session:
        pulled = [one for part in responses.pull(session, program_id=program_id) for one in part.iter_rows(named=True)]
        found = responses.documents(session, ids=[one["id"] for one in pulled]).sort("respondent")
    assert json.loads(found["answers"][0]) == {"NPS": 9, "WHY": COMMENT, "MANY": [1, 2], "MORE": "또 왔습니다"}
    assert json.loads(found["answers"][1]) == {"NPS": 0}


def test_the_same_address_meets_the_same_response_and_is_not_stored(engine):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(row(2, "kim@example.com", {"Q": 1}), row(3, "010-1234-5678", {"Q": 2})), ["Q"])
    _, stored = load(engine, program_id, wave_id, frame(row(2, "KIM@example.com", {"Q": 3}), row(3, "+82 10 1234 5678", {"Q": 4})), ["Q"])
    assert (stored.inserted, stored.updated) == (0, 2)
    assert "example.com" not in raw(engine, "response") and "5678" not in raw(engine, "response")
    with reading(engine) as session:
        found = responses.ids(session, program_id=program_id, wave_id=wave_id, respondents=["kim@example.com", "01012345678", "nobody"])
    assert sorted(found) == ["01012345678", "kim@example.com"]


def test_an_earlier_database_is_sealed_by_the_upgrade_and_opened_by_the_way_back(empty_url):
    engine = make_engine(empty_url)
    with engine.execution_options(cxdash_mode="schema").begin() as connection:
        command.upgrade(schema.config(connection), "0005")
        at = datetime(2026, 1, 1, tzinfo=UTC)
        for statement in (
            "INSERT INTO program (id, slug, name, timezone, demo, loyalty, \"primary\", created_at) "
            "VALUES (1,'a','{}','UTC',:f,'{}','{}',:at)",
            "INSERT INTO wave (id, program_id, position, code, name, breaks) VALUES (1,1,0,'w','{}','')",
            "INSERT INTO contact (id, program_id, key, name, email, attributes) "
            "VALUES (1,1,'kim@example.com','김영희','kim@example.com','{}')",
            "INSERT INTO response (id, program_id, wave_id, respondent, source, attributes, answers, ver) "
            "VALUES (1,1,1,'kim@example.com','import','{}','{\"Q\": 9, \"WHY\": \"좋아요\"}',1)",
            "INSERT INTO response (id, program_id, wave_id, respondent, source, attributes, answers, ver) "
            "VALUES (2,1,1,'KIM@example.com','import','{}','{\"Q\": 1}',1)",
        ):
            connection.execute(text(statement), {"f": False, "at": at.strftime("%Y-%m-%d %H:%M:%S.%f")} if ":at" in statement else {})
    upgrade(engine)
    assert "영희" not in raw(engine, "contact") and "example" not in raw(engine, "contact") + raw(engine, "response")
    with reading(engine) as session:
        (found,) = audience.page(session, program_id=1, search="kim@example.com")
        assert (found.name, found.email) == ("김영희", "kim@example.com")
        documents = responses.documents(session, ids=[1, 2])
        assert documents["answers"].to_list() == ['{"Q":9,"WHY":"좋아요"}', '{"Q": 1}']
        assert documents["respondent"][0] == found.key != documents["respondent"][1]
    with engine.execution_options(cxdash_mode="schema").begin() as connection:
        command.downgrade(schema.config(connection), "0005")
    assert "김영희" in raw(engine, "contact") and "좋아요" in raw(engine, "response")
    engine.dispose()


def test_keys_are_changed_in_batches_from_any_point_and_the_old_one_is_then_needless(engine):
    with_keys(OLD)
    program_id, wave_id = a_program(engine)
    with engine.begin() as connection:  # the index key of the template was sealed with another key
        connection.execute(text("UPDATE keyring SET sealed = :s"), {"s": vault.seal("ab" * 32)})
    with writing(engine) as session:
        kim(session, program_id)
    load(engine, program_id, wave_id, frame(*(row(n, f"R{n}", {"Q": 1, "WHY": f"말 {n}"}) for n in range(2, 9))), ["Q", "WHY"])
    with_keys(NEW)
    with pytest.raises(ConfigError), reading(engine) as session:
        audience.page(session, program_id=program_id)
    with_keys(NEW, OLD)
    place = next(one for one in sealing.PLACES if one.table == "response")
    with writing(engine) as session:
        last, rows, changed = sealing.reseal(session, place, after=0, most=3)  # and then a crash
    assert (rows, changed) == (3, 3)
    for place in sealing.PLACES:
        last = 0
        while True:
            with writing(engine) as session:
                last, rows, changed = sealing.reseal(session, place, after=last, most=3)
            if not rows:
                break
    with writing(engine) as session:
        assert sealing.reseal_keyring(session) and not sealing.reseal_keyring(session)
    with_keys(NEW)
    with reading(engine) as session:
        assert audience.page(session, program_id=program_id, search="kim@example.com")[0].name == "김 영희"
        pulled = [one for part in responses.pull(session, program_id=program_id) for one in part["id"]]
        assert {json.loads(one)["WHY"] for one in responses.documents(session, ids=pulled)["answers"]} == {f"말 {n}" for n in range(2, 9)}


def test_what_was_sealed_cannot_be_changed_unnoticed():
    sealed = vault.seal("김영희")
    body = sealed.rpartition(":")[2]
    for other in (sealed[:-4] + "AAA=", sealed.replace(body, body[::-1])):
        with pytest.raises(ConfigError):
            vault.unseal(other)
    assert vault.unseal(sealed) == "김영희" and vault.seal("") == "" and sealed != vault.seal("김영희")


def test_the_file_of_a_database_holds_nothing_of_a_person(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    upgrade(engine)
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        kim(session, program_id)
    load(engine, program_id, wave_id, frame(row(2, "kim@example.com", {"WHY": COMMENT})), ["WHY"])
    engine.dispose()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
    assert "영희".encode() not in held and b"example.com" not in held.lower() and "친절".encode() not in held
