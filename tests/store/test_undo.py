"""Undoing imports in any order ends in the state of never having imported them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from cxdash.store import programs, responses
from cxdash.store.database import make_engine, reading, upgrade, writing
from cxdash.store.responses import Undone, erased
from tests.store.making import AT, a_program, all_of, answers_of, frame, load, row, take_back

CODES = ("Q1", "Q2", "Q3", "region")
KEYS = ("a", "a", "b", None)


@st.composite
def files(draw: st.DrawFn) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """(codes a mapping governs, its rows): some respondents come again, some answers and times are blank."""
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, min_size=1))
    rows = []
    for number in range(draw(st.integers(1, 4))):
        given_codes = [c for c in codes if draw(st.booleans())]
        answers = {c: draw(st.integers(0, 5)) for c in given_codes if c != "region"}
        attributes = {"region": draw(st.sampled_from(("서울", "부산")))} if "region" in given_codes else {}
        at = draw(st.sampled_from((None, AT, AT + timedelta(days=1))))
        weight = draw(st.sampled_from((None, 0.0, 2.0)))
        rows.append(row(number + 2, draw(st.sampled_from(KEYS)), answers, attributes, at=at, weight=weight))
    return tuple(codes), rows


def contents(engine: Engine, program_id: int, names: dict[int, int]) -> list[Any]:
    """What a programme holds, apart from surrogate ids and versions. Imports by their place in the story."""
    found = []
    for r in all_of(engine, program_id).iter_rows(named=True):
        documents = (sorted(json.loads(r["attributes"]).items()), sorted(json.loads(r["answers"]).items()))
        found.append((r["respondent"], names[r["import_id"]], r["row"], r["at"], r["weight"], r["source"], documents))
    return sorted(found, key=repr)


def imagined(story: list[tuple[tuple[str, ...], list[tuple[Any, ...]]]], kept: list[int]) -> list[Any]:
    """What a programme holds to which only the imports `kept` were ever given: the rule in its plainest form."""
    state: dict[Any, dict[str, Any]] = {}
    for place in kept:
        codes, rows = story[place]
        for number, who, at, weight, attributes, answers, _ in rows:
            one = state.setdefault(who or (place, number), {"who": who, "at": None, "weight": None, "attributes": {}, "answers": {}})
            for name, text_ in (("attributes", attributes), ("answers", answers)):
                one[name] = {**{k: v for k, v in one[name].items() if k not in codes}, **json.loads(text_)}
            one.update(place=place, row=number, at=at or one["at"], weight=one["weight"] if weight is None else weight)
    found = [
        (o["who"], o["place"], o["row"], o["at"], o["weight"], "import", (sorted(o["attributes"].items()), sorted(o["answers"].items())))
        for o in state.values()
    ]
    return sorted(found, key=repr)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One SQLite database for all examples; each has programmes of its own."""
    made = make_engine(f"sqlite:///{tmp_path_factory.mktemp('undo')}/store.db")
    upgrade(made)
    yield made
    made.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=st.lists(files(), min_size=1, max_size=5), data=st.data())
def test_undone_imports_might_never_have_been(one, story, data):
    """Imports are undone at once when the next is in (`early`), or all at the end, in any order."""
    undone = data.draw(st.lists(st.sampled_from(range(len(story))), unique=True))
    early = data.draw(st.sets(st.sampled_from(undone))) if undone else set()
    program_id, wave_id = a_program(one, str(uuid4()))
    ids: list[int] = []
    for codes, rows in story:
        import_id, stored = load(one, program_id, wave_id, frame(*rows), codes)
        assert stored.inserted + stored.updated == len(rows)
        for place in early & {len(ids) - 1}:
            take_back(one, program_id, ids[place])
        ids.append(import_id)
    for place in undone:
        if place not in early or place == len(ids) - 1:
            take_back(one, program_id, ids[place])
    stored = contents(one, program_id, {import_id: place for place, import_id in enumerate(ids)})
    assert stored == imagined(story, [place for place in range(len(story)) if place not in undone])
    with one.connect() as connection:  # layers only where more than one import spoke
        assert connection.execute(text("SELECT count(*) FROM (SELECT 1 FROM layer GROUP BY response_id HAVING count(*) < 2)")).scalar() == 0


def three_imports(engine: Engine) -> tuple[int, list[int]]:
    program_id, wave_id = a_program(engine)
    first = load(engine, program_id, wave_id, frame(row(2, "kim", {"Q1": 5, "Q2": 1}), row(3, "lee", {"Q1": 4})), ["Q1", "Q2"])
    second = load(
        engine, program_id, wave_id, frame(row(2, "kim", {"Q2": 3}), row(3, "park", {"Q3": 2}), row(4, None, {"Q3": 1})), ["Q2", "Q3"]
    )
    third = load(engine, program_id, wave_id, frame(row(2, "kim", {"Q3": 7}, weight=2.0)), ["Q1", "Q3"])
    return program_id, [first[0], second[0], third[0]]


def test_an_update_replaces_what_its_mapping_governs_and_keeps_the_rest(engine):
    program_id, _ = three_imports(engine)
    assert answers_of(engine, program_id) == {"kim": {"Q2": 3, "Q3": 7}, "lee": {"Q1": 4}, "park": {"Q3": 2}, "#4": {"Q3": 1}}
    kim = all_of(engine, program_id).row(-1, named=True)
    assert (kim["respondent"], kim["weight"], kim["at"], kim["ver"]) == ("kim", 2.0, AT, 3)


def test_undoing_the_first_leaves_what_the_others_said(engine):
    program_id, (first, second, third) = three_imports(engine)
    assert take_back(engine, program_id, first) == Undone(deleted=1, restored=1)
    assert answers_of(engine, program_id) == {"kim": {"Q2": 3, "Q3": 7}, "park": {"Q3": 2}, "#4": {"Q3": 1}}
    assert take_back(engine, program_id, third) == Undone(deleted=0, restored=1)
    assert answers_of(engine, program_id) == {"kim": {"Q2": 3}, "park": {"Q3": 2}, "#4": {"Q3": 1}}
    assert take_back(engine, program_id, second) == Undone(deleted=3, restored=0)
    assert answers_of(engine, program_id) == {}


def test_undoing_the_one_in_the_middle(engine):
    program_id, (_first, second, third) = three_imports(engine)
    assert take_back(engine, program_id, second) == Undone(deleted=2, restored=1)
    assert answers_of(engine, program_id) == {"kim": {"Q2": 1, "Q3": 7}, "lee": {"Q1": 4}}
    assert take_back(engine, program_id, third) == Undone(deleted=0, restored=1)
    assert answers_of(engine, program_id) == {"kim": {"Q1": 5, "Q2": 1}, "lee": {"Q1": 4}}


def test_deleted_responses_leave_tombstones_and_ids_are_never_given_out_again(engine):
    program_id, wave_id = a_program(engine)
    first, _ = load(engine, program_id, wave_id, frame(row(2), row(3)))
    gone = all_of(engine, program_id)["id"].to_list()
    take_back(engine, program_id, first)
    load(engine, program_id, wave_id, frame(row(2), row(3)))
    with reading(engine) as session:
        assert erased(session, program_id=program_id) == gone
        assert erased(session, program_id=program_id, since=2) == []
    assert not set(gone) & set(all_of(engine, program_id, since=2)["id"].to_list())


def test_only_changed_responses_are_pulled_after_an_undo(engine):
    program_id, (_first, _second, third) = three_imports(engine)
    take_back(engine, program_id, third)
    assert all_of(engine, program_id, since=3)["respondent"].to_list() == ["kim"]


def test_many_responses_are_refolded_in_slices(engine, monkeypatch):
    monkeypatch.setattr("cxdash.store.bulk.SLICE", 7)
    program_id, wave_id = a_program(engine)
    for number in range(3):
        rows = frame(*(row(i, f"k{i}", {f"Q{number}": number, "Q": number}) for i in range(50)))
        last, _ = load(engine, program_id, wave_id, rows, [f"Q{number}", "Q"])
    assert take_back(engine, program_id, last - 1) == Undone(deleted=0, restored=50)
    assert take_back(engine, program_id, last) == Undone(deleted=0, restored=50)
    assert answers_of(engine, program_id) == {f"k{i}": {"Q0": 0, "Q": 0} for i in range(50)}


def test_a_form_answer_below_an_import_survives_its_undo(engine):
    """Responses that no import inserted (import_id None) are never taken away by an undo."""
    program_id, wave_id = a_program(engine)

    def submit(answers: dict[str, Any]) -> None:
        with writing(engine) as session:
            ver = programs.tick(session, program_id=program_id)
            responses.insert(
                session,
                program_id=program_id,
                wave_id=wave_id,
                import_id=None,
                source="form",
                ver=ver,
                frame=frame(row(1, "kim", answers)),
                codes=["Q1", "Q2"],
            )

    submit({"Q1": 1, "Q2": 2})
    submit({"Q1": 3})  # the same person again: Q2 is now blank
    import_id, _ = load(engine, program_id, wave_id, frame(row(2, "kim", {"Q2": 9, "Q3": 9})), ["Q2", "Q3"])
    submit({"Q1": 4})
    assert answers_of(engine, program_id) == {"kim": {"Q1": 4, "Q3": 9}}
    take_back(engine, program_id, import_id)
    assert answers_of(engine, program_id) == {"kim": {"Q1": 4}}
    assert all_of(engine, program_id)["source"].to_list() == ["form"]
