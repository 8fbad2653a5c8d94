"""Statements past SQLAlchemy: what is asked ahead stays true, what is held goes in, and what cannot go in is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select

from cxdash.errors import Unavailable
from cxdash.store import bulk, direct, programs
from cxdash.store.database import Collision, answering, reading, writing
from tests.store.making import a_program

AT = datetime(2026, 3, 1, 9, 30, 15, 250_000, UTC)
COLUMNS = ("id", "program_id", "wave_id", "source", "ver", "respondent", "at", "attributes", "answers")
_ANSWERS = bulk.table("response")
MINE = select(_ANSWERS.c.respondent).where(_ANSWERS.c.program_id == bindparam("program")).order_by(_ANSWERS.c.id)


def put(session, program_id, wave_id, *names):
    numbers = direct.numbers(session, "response", len(names))
    given = [
        (n, program_id, wave_id, "survey", 1, name, AT, {"branch": '강남 "1"\\'}, {"Q": 5, "why": "a\nb\t"})
        for n, name in zip(numbers, names, strict=True)
    ]
    direct.add(session, "response", COLUMNS, given)
    return numbers


def kept(session, program_id):
    return [row[0] for row in direct.rows(session, MINE, {"program": program_id})]


def test_what_goes_in_comes_out_as_it_was(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        [number] = put(session, program_id, wave_id, "v-" + "a" * 32)
    with reading(engine) as session:
        row = session.connection().execute(select(_ANSWERS).where(_ANSWERS.c.id == number)).mappings().one()
    assert (row["at"], row["respondent"], row["weight"]) == (AT, "v-" + "a" * 32, None)
    assert row["attributes"] == {"branch": '강남 "1"\\'} and row["answers"] == {"Q": 5, "why": "a\nb\t"}


def test_numbers_drawn_ahead_are_given_once_and_more_are_drawn(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        direct.ahead(session, [], {"response": 3})
        first = put(session, program_id, wave_id, "one", "two")
        then = put(session, program_id, wave_id, "three", "four")
        assert len({*first, *then}) == 4 and max(first) < min(then)
        assert kept(session, program_id) == ["one", "two", "three", "four"]


def test_a_number_told_ahead_is_not_given_after_others_have_added_rows(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        direct.ahead(session, [], {"response": 1})
        assert direct.numbers(session, "response", 0) == []
        mine = {"program_id": program_id, "wave_id": wave_id, "source": "import", "ver": 1, "attributes": {}, "answers": {}}
        session.connection().execute(_ANSWERS.insert().values(respondent="another way", **mine))
        put(session, program_id, wave_id, "one")
        assert sorted(kept(session, program_id)) == ["another way", "one"]


def test_an_answer_asked_ahead_does_not_outlive_what_changes_it(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        direct.ahead(session, [programs.ticking(program_id), (MINE, {"program": program_id})], {})
        assert programs.tick(session, program_id=program_id) == programs.clock(session, program_id=program_id)
        put(session, program_id, wave_id, "one", "two")
        assert kept(session, program_id) == ["one", "two"]


def test_the_clock_asked_ahead_ticks_once(engine):
    program_id, _ = a_program(engine)
    with reading(engine) as session:
        before = programs.clock(session, program_id=program_id)
    with answering(engine, patience=5, is_direct=True) as session:
        direct.ahead(session, [programs.ticking(program_id)], {})
        assert programs.tick(session, program_id=program_id) == before + 1
    with reading(engine) as session:
        assert programs.clock(session, program_id=program_id) == before + 1


def test_what_is_held_goes_in_before_anybody_asks_and_at_the_end(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session, direct.together(session):
        put(session, program_id, wave_id, "one")
        assert kept(session, program_id) == ["one"]
        put(session, program_id, wave_id, "two")
    with reading(engine) as session:
        assert kept(session, program_id) == ["one", "two"]


def test_one_that_is_there_already_is_a_collision_and_nothing_of_the_group_stays(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        put(session, program_id, wave_id, "one")
    with pytest.raises(Collision), writing(engine) as session, direct.together(session):
        put(session, program_id, wave_id, "two")
        put(session, program_id, wave_id, "one")
    with reading(engine) as session:
        assert kept(session, program_id) == ["one"]


def test_a_locked_clock_is_waited_for_as_long_as_patience_says(engine):
    program_id, _ = a_program(engine)
    with writing(engine) as holder:
        programs.tick(holder, program_id=program_id)
        with pytest.raises(Unavailable), answering(engine, patience=0.05, is_direct=True) as session:
            direct.ahead(session, [programs.ticking(program_id)], {"response": 2})
            programs.tick(session, program_id=program_id)
