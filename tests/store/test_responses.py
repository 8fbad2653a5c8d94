"""Rows go in and come out unchanged on both databases, whatever is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cxdash.errors import NotFound
from cxdash.store import imports, programs, responses
from cxdash.store.bulk import WHEN
from cxdash.store.database import reading, writing
from cxdash.store.responses import Stored
from tests.store.making import AT, a_program, all_of, an_import, answers_of, frame, load, row, take_back

HOSTILE = [
    "'; DROP TABLE response; --",
    '"',
    "\\",
    "\\.",
    "a\n\\.\nb",
    "a,b",
    "a;b\r\nc",
    "%s %(x)s :y ?",
    "{x}",
    "한글 🙂 e\u0301",
    "\u2028",
    "NULL",
    "\\N",
    " ",
    "null",
    "\t",
    "😀" * 200,
]
PULLED = {
    "id": pl.Int64,
    "wave_id": pl.Int64,
    "import_id": pl.Int64,
    "respondent": pl.String,
    "at": WHEN,
    "source": pl.String,
    "weight": pl.Float64,
    "attributes": pl.String,
    "answers": pl.String,
    "ver": pl.Int64,
}


def test_hostile_texts_are_only_texts(engine):
    program_id, wave_id = a_program(engine)
    rows = frame(*(row(i, who, {"VOC": who, who: 1}, {who: who}) for i, who in enumerate(HOSTILE)))
    load(engine, program_id, wave_id, rows, ["VOC", *HOSTILE])
    for _again in range(2):  # the second import takes the way of updates
        stored = all_of(engine, program_id).sort("row")
        assert stored["respondent"].to_list() == HOSTILE
        assert [json.loads(a) for a in stored["answers"]] == [{"VOC": who, who: 1} for who in HOSTILE]
        assert [json.loads(a) for a in stored["attributes"]] == [{who: who} for who in HOSTILE]
        load(engine, program_id, wave_id, rows, ["VOC", *HOSTILE])
    take_back(engine, program_id, 1)
    assert all_of(engine, program_id)["respondent"].sort().to_list() == sorted(HOSTILE)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(values=st.lists(st.tuples(st.text(), st.text(max_size=20)), min_size=1, max_size=8))
def test_any_text_comes_back_but_for_nul(engine, values):
    with writing(engine) as session:
        program_id = programs.add_program(session, slug=f"p{len(programs.list_programs(session))}", name={}).id
        wave_id = a_wave(session, program_id)
    load(engine, program_id, wave_id, frame(*(row(i, who, {"VOC": said}) for i, (said, who) in enumerate(values))), ["VOC"])
    wanted: dict[str, str] = {}
    for place, (said, who) in enumerate(values):
        wanted[who.replace("\0", "") or f"#{place}"] = said.replace("\0", "")
    assert {who: answers["VOC"] for who, answers in answers_of(engine, program_id).items()} == wanted


def a_wave(session, program_id):
    from cxdash.store import waves

    return waves.ensure_wave(session, program_id=program_id, code="1").id


def test_nul_is_dropped_on_both_databases_and_half_surrogates_are_replaced(engine):
    program_id, wave_id = a_program(engine)
    documents = ['{"VOC":"a\\u0000b"}', '{"VOC":"\\\\u0000"}', '{"VOC":"\\ud83d\\ude00"}', '{"VOC":"x\\ud800"}']
    rows = frame(*(row(i, f"k\0{i}") for i in range(4))).with_columns(answers=pl.Series(documents))
    load(engine, program_id, wave_id, rows, ["VOC\0"])
    assert {who: said["VOC"] for who, said in answers_of(engine, program_id).items()} == {
        "k0": "ab",
        "k1": "\\u0000",
        "k2": "😀",
        "k3": "x\ufffd",
    }


def test_numbers_times_and_blanks_come_back_exactly(engine):
    program_id, wave_id = a_program(engine)
    times = [
        AT,
        None,
        datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=UTC),
        datetime(1969, 7, 20, tzinfo=UTC),
        datetime(2262, 1, 1, tzinfo=UTC),
    ]
    weights = [0.1 + 0.2, None, 1e-300, 0.0, 123456789.123456789]
    load(engine, program_id, wave_id, frame(*(row(i, at=at, weight=w) for i, (at, w) in enumerate(zip(times, weights, strict=True)))))
    stored = all_of(engine, program_id).sort("row")
    assert stored["at"].to_list() == times and stored["weight"].to_list() == weights
    assert stored["respondent"].null_count() == 5


def test_pull_gives_its_columns_in_batches_and_only_what_changed(engine):
    program_id, wave_id = a_program(engine)
    other, other_wave = a_program(engine, "other")
    first, _ = load(engine, program_id, wave_id, frame(*(row(i, f"k{i}", {"Q": i}) for i in range(10))), ["Q"])
    load(engine, other, other_wave, frame(row(2)))
    second, _ = load(engine, program_id, wave_id, frame(row(3, "k3", {"Q": 99}), row(4, "new", {"Q": 1})), ["Q"])
    with reading(engine) as session:
        parts = list(responses.pull(session, program_id=program_id, batch=4))
        assert [p.height for p in parts] == [4, 4, 3] and all(dict(p.schema) == PULLED for p in parts)
        assert pl.concat(parts)["ver"].to_list() == [1] * 9 + [2] * 2
        changed = pl.concat(responses.pull(session, program_id=program_id, since=1))
        assert [json.loads(a)["Q"] for a in changed["answers"]] == [99, 1] and changed["import_id"].to_list() == [second, second]
        assert list(responses.pull(session, program_id=program_id, since=2)) == []
        assert (responses.count(session, program_id=program_id), responses.count(session, program_id=program_id, import_id=first)) == (
            11,
            9,
        )


def test_documents_keep_the_order_asked_for_and_the_programme(engine):
    program_id, wave_id = a_program(engine)
    other, other_wave = a_program(engine, "other")
    load(engine, program_id, wave_id, frame(row(2, "a"), row(3, "b"), row(4, "c")))
    load(engine, other, other_wave, frame(row(2, "secret")))
    ids = dict(all_of(engine, program_id).select("respondent", "id").iter_rows())
    secret = all_of(engine, other)["id"].item()
    with reading(engine) as session:
        page = responses.documents(session, ids=[ids["c"], secret, 10**6, ids["a"], ids["a"]], program_id=program_id)
        assert page["respondent"].to_list() == ["c", "a"]
        assert responses.documents(session, ids=[], program_id=program_id).is_empty()


def test_a_respondent_twice_in_a_file_counts_once_and_the_last_row_wins(engine):
    program_id, wave_id = a_program(engine)
    rows = frame(
        row(2, "kim", {"Q1": 1, "Q2": 1}, at=AT, weight=2.0),
        row(3, None, {"Q1": 7}),
        row(4, "kim", {"Q1": 5}, at=None),
        row(5, None, {"Q1": 8}),
    )
    assert load(engine, program_id, wave_id, rows, ["Q1", "Q2"])[1] == Stored(inserted=3, updated=1, repeated=1)
    kim = all_of(engine, program_id).filter(pl.col("respondent") == "kim").row(0, named=True)
    assert (json.loads(kim["answers"]), kim["row"], kim["at"], kim["weight"]) == ({"Q1": 5}, 4, AT, 2.0)
    assert answers_of(engine, program_id)["#3"] == {"Q1": 7}


def test_a_respondent_is_another_one_in_another_wave(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        from cxdash.store import waves

        later = waves.ensure_wave(session, program_id=program_id, code="2026-2").id
    load(engine, program_id, wave_id, frame(row(2, "kim", {"Q": 1})), ["Q"])
    assert load(engine, program_id, later, frame(row(2, "kim", {"Q": 2})), ["Q"])[1].inserted == 1


def test_keys_too_long_for_an_index_still_tell_people_apart(engine):
    program_id, wave_id = a_program(engine)
    people = ["가" * 5000 + "1", "가" * 5000 + "2", ""]
    assert load(engine, program_id, wave_id, frame(*(row(i, who) for i, who in enumerate(people))))[1] == Stored(3, 0)
    assert load(engine, program_id, wave_id, frame(*(row(i, who) for i, who in enumerate(people))))[1] == Stored(1, 2)


def test_a_wave_or_import_of_another_programme_is_refused(engine):
    program_id, wave_id = a_program(engine)
    other, other_wave = a_program(engine, "other")
    with pytest.raises(NotFound) as caught:
        load(engine, program_id, other_wave, frame(row(2)))
    assert caught.value.key == "store.wave.unknown" and caught.value.params["known"] == "2026-1"
    with pytest.raises(NotFound), writing(engine) as session:
        import_id = an_import(session, other, other_wave)
        responses.insert(session, program_id=program_id, wave_id=wave_id, import_id=import_id, source="import", ver=1, frame=frame(row(2)))


def test_erasing_leaves_a_tombstone_and_nothing_else(engine, database_url):
    program_id, wave_id = a_program(engine)
    first, _ = load(engine, program_id, wave_id, frame(row(2, "hong@example.com", {"VOC": "평생 잊지 못할"}), row(3, "lee")), ["VOC"])
    load(engine, program_id, wave_id, frame(row(9, "hong@example.com", {"VOC": "두 번째"})), ["VOC"])
    with writing(engine) as session:
        for number in (2, 3):
            imports.add_problems(session, first, problem(number, "hong@example.com"))
    found = all_of(engine, program_id).filter(pl.col("respondent") != "lee")
    person, key = found["id"].to_list(), found["respondent"][0]
    with writing(engine) as session:
        assert responses.erase(session, ids=person, ver=programs.tick(session, program_id=program_id), program_id=program_id + 1) == 0
    with writing(engine) as session:
        assert responses.erase(session, ids=[*person, 10**6], ver=programs.tick(session, program_id=program_id), program_id=program_id) == 1
    with reading(engine) as session:
        assert responses.erased(session, program_id=program_id, since=3) == person
        assert session.execute(text("SELECT count(*) FROM layer")).scalar() == 0
        assert imports.problems(session, first)["row"].to_list() == [3]
    if database_url.startswith("sqlite"):
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        bytes_left = open(database_url.removeprefix("sqlite:///"), "rb").read()  # noqa: SIM115
        assert key.startswith("p:") and key.encode() not in bytes_left  # words are sealed and never were there in clear
        assert "평생 잊지 못할".encode() not in bytes_left and "두 번째".encode() not in bytes_left


def problem(number: int, value: str = "x", whole_row: bool = False) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": [number],
            "column": ["만족도"],
            "value": [value],
            "reason": ["ingest.reason.x"],
            "params": ['{"a":"나"}'],
            "whole_row": [whole_row],
        }
    )


def test_problem_rows_come_back_page_by_page_in_file_order(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        import_id = an_import(session, program_id, wave_id)
        hostile = pl.concat([problem(50 - i, value, i % 2 == 0) for i, value in enumerate(["", "a\0b", *HOSTILE])])
        assert imports.add_problems(session, import_id, hostile) == hostile.height
        assert imports.add_problems(session, import_id, hostile.clear()) == 0
    wanted = hostile.with_columns(pl.col("value").str.replace("\0", "", literal=True)).sort("row")
    with reading(engine) as session:
        assert imports.problems(session, import_id).equals(wanted)
        assert imports.problems(session, import_id, 5, 3).equals(wanted[3:8])
        assert imports.count_problems(session, import_id) == hostile.height
        assert imports.problems(session, import_id + 1).schema == wanted.schema
