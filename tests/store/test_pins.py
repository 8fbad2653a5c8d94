"""Pinned figures: kept whole, newest first, and what the store remembers of the responses behind them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cxdash.errors import Conflict, NotFound
from cxdash.store import pins, programs, responses
from cxdash.store.database import reading, writing
from cxdash.store.tables import Pin, QualityRules, Weighting
from tests.store.making import a_program, frame, load, row, take_back

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def a_pin(program_id: int, **values: object) -> Pin:
    return Pin(**{"program_id": program_id, "metric": "nps", "version": 1, "name": "상반기 NPS", **values})


def test_a_pin_is_kept_as_it_was_said(engine):
    program, _ = a_program(engine)
    said = {
        "name": " 3월 보고 ",
        "metric": "question:Q1",
        "page": "trends",
        "view": {"period": ["6m"], "f.지점": ["강남", "종로"]},
        "wheres": {"equals": {"지점": ["강남", "종로"]}, "since": "2026-01-01", "until": "2026-03-31", "clean": True},
        "weighted": True,
        "version": 7,
        "responses": 3,
        "last_id": 2**40,
        "basis": {"definition": {"question": "Q1"}, "weighting": None},
        "value": 41.25,
        "ci_low": 30.5,
        "ci_high": 52.0,
        "n": 120,
        "unit": "points",
        "created_by": "가\0나",
    }
    with writing(engine) as session:
        number = pins.add(session, a_pin(program, **said)).id
    with reading(engine) as session:
        found = pins.get(session, program_id=program, pin_id=number)
        kept = {key: getattr(found, key) for key in said}
        assert kept == said | {"name": "3월 보고", "created_by": "가나"}
        assert found.created_at.utcoffset() is not None


def test_newest_first_and_page_by_page(engine):
    program, other = a_program(engine)[0], a_program(engine, "rail")[0]
    with writing(engine) as session:
        for i in range(5):
            pins.add(session, a_pin(program, name=f"n{i}"))
        strange = pins.add(session, a_pin(other, name="other")).id
    with reading(engine) as session:
        assert [p.name for p in pins.list_pins(session, program_id=program)] == ["n4", "n3", "n2", "n1", "n0"]
        assert [p.name for p in pins.list_pins(session, program_id=program, limit=2, offset=2)] == ["n2", "n1"]
        assert (pins.count(session, program_id=program), pins.count(session, program_id=other)) == (5, 1)
        with pytest.raises(NotFound, match=r"ledger\.unknown"):
            pins.get(session, program_id=program, pin_id=strange)


def test_a_pin_is_renamed_and_deleted_in_its_own_programme(engine):
    program, other = a_program(engine)[0], a_program(engine, "rail")[0]
    with writing(engine) as session:
        number = pins.add(session, a_pin(program)).id
        pins.rename(session, program_id=program, pin_id=number, name=" 새 이름 ")
    for change in (
        lambda s: pins.rename(s, program_id=other, pin_id=number, name="x"),
        lambda s: pins.delete(s, program_id=other, pin_id=number),
    ):
        with pytest.raises(NotFound), writing(engine) as session:
            change(session)
    for blank in ("", " \0 ", "x" * 201):
        with pytest.raises(Conflict), writing(engine) as session:
            pins.rename(session, program_id=program, pin_id=number, name=blank)
    with writing(engine) as session:
        assert pins.get(session, program_id=program, pin_id=number).name == "새 이름"
        pins.delete(session, program_id=program, pin_id=number)
    with reading(engine) as session:
        assert pins.count(session, program_id=program) == 0


def test_pins_go_with_their_programme(engine):
    program, _ = a_program(engine)
    with writing(engine) as session:
        pins.add(session, a_pin(program))
        programs.delete_program(session, program_id=program)
    with reading(engine) as session:
        assert pins.count(session, program_id=program) == 0


def test_removed_since_counts_old_responses_that_went_after_the_version(engine):
    program, wave = a_program(engine)
    first, _ = load(engine, program, wave, frame(*(row(i, f"r{i}") for i in range(6))))
    with reading(engine) as session:
        version = programs.clock(session, program_id=program)
        ids = [i for part in responses.pull(session, program_id=program) for i in part["id"]]
    second, _ = load(engine, program, wave, frame(row(9, "later")))
    with writing(engine) as session:
        responses.erase(session, ids=ids[:2], ver=programs.tick(session, program_id=program))

    def removed(since: int, last: int) -> int:
        with reading(engine) as session:
            return pins.removed_since(session, program_id=program, version=since, last_id=last)

    assert removed(version, max(ids)) == 2
    take_back(engine, program, second)
    assert removed(version, max(ids)) == 2, "a response that came later is not missed"
    assert removed(version + 2, max(ids)) == 0, "what was erased before is not missed"
    take_back(engine, program, first)
    assert removed(version, max(ids)) == 6 and removed(version, ids[2]) == 3


def test_the_imports_behind_a_move(engine):
    program, wave = a_program(engine)
    first, second, third = (load(engine, program, wave, frame(row(i, f"r{i}")))[0] for i in range(3))
    before = datetime.now(UTC)
    take_back(engine, program, second)
    with reading(engine) as session:
        behind = pins.imports_behind(session, program_id=program, ids=[third], undone_since=before)
        assert [(i.id, i.state) for i in behind] == [(second, "undone"), (third, "done")]
        later = pins.imports_behind(session, program_id=program, ids=[], undone_since=datetime.now(UTC))
        assert later == [] and first not in {i.id for i in behind}
        assert [i.id for i in pins.imports_behind(session, program_id=program, ids=[], undone_since=LONG_AGO)] == [second]


def test_rules_are_those_of_now(engine):
    program, _ = a_program(engine)
    with reading(engine) as session:
        assert pins.rules(session, program_id=program) == pins.Rules(None, None)
    with writing(engine) as session:
        session.add(Weighting(program_id=program, targets={"성별": {"남": 0.5, "여": 0.5}}, cap=3.0))
        session.add(QualityRules(program_id=program, rules={"straight": {"on": True}}))
    with reading(engine) as session:
        found = pins.rules(session, program_id=program)
    assert found == pins.Rules({"targets": {"성별": {"남": 0.5, "여": 0.5}}, "cap": 3.0, "per_wave": False}, {"straight": {"on": True}})
