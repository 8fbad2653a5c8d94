"""Stored documents become columns: names of any kind, broken values, local calendar, derived scores, appended rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from cxdash.errors import NotFound
from cxdash.facts import documents
from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import STORED, append, parts, read_part, whole
from cxdash.facts.question import PERIODS, Filter, LoyaltySpec, QuestionSpec, pair_name
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Direction, Scale
from tests.facts import oracle
from tests.facts.sample import RATINGS, SCHEMA, Row, polars_facts, response, responses, stored

SMALL = FactsSchema(
    (QuestionSpec("a", Scale(1, 5)), QuestionSpec("b", Scale(-3, 3))),
    ("색",),
    {1: "w"},
    {"m": 3},
    LoyaltySpec({"a": 1.0, "b": 1.0}),
)


def row(answers: Any = "{}", attributes: Any = "{}", **values: Any) -> Row:
    return response(1) | {"wave_id": 1, "answers": answers, "attributes": attributes} | values


def frame_of(*rows: Row, schema: FactsSchema = SMALL) -> pl.DataFrame:
    return whole(parts([stored([r | {"id": i} for i, r in enumerate(rows, 1)])], schema), schema)


@pytest.mark.parametrize(
    ("answers", "a", "m1", "broken"),
    [
        ({"a": 3, "m": [1, 2]}, 3, 1, 0),
        ({}, None, None, 0),
        ({"a": None, "m": None}, None, None, 0),
        ({"m": []}, None, 0, 0),
        ({"a": 6}, None, None, 1),
        ({"a": 300}, None, None, 1),
        ({"a": -1e300}, None, None, 1),
        ({"a": 3.5}, None, None, 1),
        ({"a": 3.0}, 3, None, 0),
        ({"a": "3"}, None, None, 1),
        ({"a": [3]}, None, None, 1),
        ({"a": {"x": 1}}, None, None, 1),
        ({"a": 10**400}, None, None, 1),
        ({"m": [1, 9]}, None, 1, 1),
        ({"m": [2, None]}, None, 0, 1),
        ({"m": ["1", 1]}, None, 1, 1),
        ({"m": 1}, None, 1, 0),
        ({"m": "1"}, None, None, 1),
        ("not json", None, None, 1),
        ('{"a": 1},{"a": 2}', None, None, 1),
        (' {"a": 1} ', 1, None, 0),
        ("", None, None, 1),
        ("[1]", None, None, 1),
        ("null", None, None, 1),
        ('{"a": NaN}', None, None, 1),
        ('{"a": 2, "text": "\\ud800", "m": [3]}', 2, 0, 0),
        ("[" * 100_000, None, None, 1),
        ('{"a": 4, "other": {"deep": [1]}}', 4, None, 0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_that_cannot_be_used_is_missing_and_counted(answers: Any, a: int | None, m1: int | None, broken: int) -> None:
    good = row({"a": 5, "m": [2]})
    for others in ([], [good, good]):
        part = read_part(stored([row(answers), *others]), SMALL)
        assert (part.frame["q0"][0], part.frame["m0_1"][0], part.broken) == (a, m1, broken)
        assert part.frame["q0"].to_list()[1:] == [5] * len(others)


@pytest.mark.parametrize(
    ("attributes", "value", "broken"),
    [
        ({"색": "빨강"}, "빨강", 0),
        ({"색": ""}, None, 0),
        ({"색": 5}, "5", 0),
        ({"색": True}, "true", 0),
        ({"색": ["x"]}, None, 1),
        ("x", None, 1),
    ],
)
def test_attributes_are_text(attributes: Any, value: str | None, broken: int) -> None:
    part = read_part(stored([row(attributes=attributes), row(attributes={"색": "파랑"})]), SMALL)
    assert part.frame["a0"].cast(pl.String).to_list() == [value, "파랑"]
    assert part.broken == broken


def test_both_ways_of_reading_documents_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = stored(responses(200))
    quick = read_part(texts, SCHEMA)

    monkeypatch.setattr(documents, "_decode", documents._decode_singly)
    slow = read_part(texts, SCHEMA)
    assert quick.broken == slow.broken == 0
    assert quick.frame.equals(slow.frame)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), None])
def test_a_weight_that_is_none_leaves_the_row_out_of_weighted_questions_only(weight: float | None) -> None:
    facts = FrameFacts(frame_of(row({"a": 1}, weight=weight), row({"a": 2}, weight=2.0)), SMALL, 1)
    assert facts.count(Filter()).rows() == [(2, 1)]
    assert facts.count(Filter(), weighted=True).rows() == [(1, 0)]
    assert facts.tally(Filter(), [], ["a"], weighted=True).rows() == [("a", 2, 1, 2.0, 4.0)]
    assert facts.moments(Filter(), [], ["a"], weighted=True).row(0)[:3] == (1, 2.0, 4.0)


@pytest.mark.parametrize(
    ("at", "day", "week"),
    [
        (datetime(2025, 3, 2, 15, 30), date(2025, 3, 3), (2025, 10)),
        (datetime(2025, 3, 2, 14, 59), date(2025, 3, 2), (2025, 9)),
        (datetime(2024, 12, 29, 15), date(2024, 12, 30), (2025, 1)),
        (datetime(2021, 1, 2, 15), date(2021, 1, 3), (2020, 53)),
    ],
)
def test_days_and_iso_weeks_are_those_of_seoul(at: datetime, day: date, week: tuple[int, int]) -> None:
    facts = FrameFacts(frame_of(row(at=at.replace(tzinfo=UTC))), SMALL, 1)
    assert facts.count(Filter(), ["day"])["day"].to_list() == [day]
    monday = facts.count(Filter(), ["week"])["week"][0]
    assert monday.weekday() == 0 and monday.isocalendar()[:2] == week
    assert facts.count(Filter(since=day, until=day))["n"].item() == 1


def test_another_time_zone_cuts_other_days() -> None:
    new_york = FactsSchema(SMALL.questions, timezone="America/New_York")
    frame = frame_of(row(at=datetime(2025, 3, 9, 4, 30, tzinfo=UTC)), row(at=datetime(2025, 3, 9, 5, 30, tzinfo=UTC)), schema=new_york)
    assert frame["day"].to_list() == [date(2025, 3, 8), date(2025, 3, 9)]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", None])
def test_times_come_in_any_zone(zone: str | None) -> None:
    texts = stored([row(at=datetime(2025, 3, 2, 15, 30, tzinfo=UTC))])
    at = pl.col("at").dt.convert_time_zone(zone) if zone else pl.col("at").dt.replace_time_zone(None)
    assert read_part(texts.with_columns(at), SMALL).frame["at"].to_list() == [datetime(2025, 3, 2, 15, 30, tzinfo=UTC)]


def test_loyalty_needs_half_of_its_items_and_secure_all_of_them() -> None:
    schema = FactsSchema(
        (QuestionSpec("S", Scale(1, 5)), QuestionSpec("R", Scale(1, 7, Direction.LOW)), QuestionSpec("A", Scale(0, 10))),
        (),
        loyalty=LoyaltySpec({"S": 0.5, "R": 0.25, "A": 0.25}),
    )
    answers = [
        {"S": 5, "R": 1, "A": 10},
        {"S": 4, "R": 2, "A": 9},
        {"S": 4, "R": 3, "A": 10},
        {"S": 5, "R": 1},
        {"S": 5},
        {"S": 3, "A": 0},
        {},
    ]
    frame = frame_of(*map(row, answers), schema=schema)
    assert frame["loyalty"].to_list() == pytest.approx([100, 80.8333333333, 79.1666666667, 100, None, 33.3333333333, None])
    assert frame["secure"].to_list() == [1, 1, 0, None, None, None, None]


def test_loyalty_reference_values(reference: dict[str, Any]) -> None:
    raw = reference["input"]["raw"]
    scales = {"sat": Scale(1, 7), "rep": Scale(1, 7), "rec": Scale(0, 10)}
    core = [code for code in raw if code in scales]
    assert len(core) == 3
    schema = FactsSchema(tuple(QuestionSpec(c, scales[c]) for c in core), loyalty=LoyaltySpec(dict.fromkeys(core, 1 / 3)))
    frame = frame_of(
        *(row(dict(zip(core, points, strict=True))) for points in zip(*(raw[c] for c in core), strict=True)), schema=schema
    )
    assert frame["loyalty"].mean() == pytest.approx(64.4444, abs=5e-5)


@pytest.fixture
def reference(shared_data: Any) -> dict[str, Any]:
    known = json.loads((shared_data.parent / "reference_values.json").read_text(encoding="utf-8"))
    cases = known if isinstance(known, list) else known["cases"]
    return next(case for case in cases if case["id"] == "loyalty_index")


def test_loyalty_of_an_item_that_is_no_rating_is_that_of_an_item_nobody_answered() -> None:
    schema = FactsSchema((QuestionSpec("S", Scale(1, 5)),), loyalty=LoyaltySpec({"S": 0.5, "gone": 0.25, "gone too": 0.25}))
    frame = frame_of(row({"S": 5}), schema=schema)
    assert frame["loyalty"].to_list() == [None] and frame["secure"].to_list() == [None]


def test_random_groups_are_fixed_by_the_id() -> None:
    assert frame_of(*[row()] * 50)["seed"].to_list() == [oracle.seed(i) for i in range(1, 51)]


def test_appending_in_pieces_gives_the_frame_of_everything() -> None:
    rows = responses(120)
    changed = [response(number, ver=2, seed=9) for number in (5, 60, 120)]
    changed[0]["attributes"]["성별"] = "처음 보는 값"
    frame = whole(parts([stored(rows[:60])], SCHEMA), SCHEMA)
    frame = append(frame, parts([stored(rows[60:])], SCHEMA), [], SCHEMA)
    frame = append(frame, parts([stored(changed)], SCHEMA), [1, 100, 4711], SCHEMA)
    expected = polars_facts([*(r for r in rows if r["id"] not in (1, 100, 5, 60, 120)), *changed])
    assert _plain(frame).equals(_plain(expected.frame.to_native()))


def test_what_only_an_erased_person_said_is_no_category_any_more() -> None:
    rows = [row(attributes={"색": text}) for text in ("하나뿐인 이름", "흔함", "흔함")]
    frame = append(frame_of(*rows), parts([], SMALL), [1], SMALL)
    assert "하나뿐인 이름" not in frame.schema["a0"].categories.to_list()  # type: ignore[attr-defined]


def test_many_small_appends_do_not_leave_many_pieces() -> None:
    frame = frame_of(row({"a": 1}))
    for number in range(2, 80):
        frame = append(frame, parts([stored([row({"a": 2}) | {"id": number}])], SMALL), [], SMALL)
    assert len(frame) == 79 and frame.n_chunks() <= 33


def test_no_responses_and_no_questions() -> None:
    facts = polars_facts([])
    assert facts.count(Filter()).rows() == [(0, 0)] and facts.count(Filter(), ["성별"]).height == 0
    assert facts.tally(Filter(), ["month"], ["NPS"]).height == 0
    assert facts.moments(Filter(), [], ["NPS"]).row(0) == (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert facts.rows(Filter(), ["성별"], limit=10).height == 0
    bare = FactsSchema()
    empty = FrameFacts(whole(parts([stored([row()])], bare), bare), bare, 1)
    assert empty.count(Filter()).rows() == [(1, int(not row()["weight"]))]
    assert empty.tally(Filter(), [], []).columns == ["question", "point", "n", "w", "w2"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda f: f.tally(Filter(), [], ["없음"]),
        lambda f: f.tally(Filter(), ["없음"], ["NPS"]),
        lambda f: f.count(Filter({"없음": ("x",)})),
        lambda f: f.moments(Filter(), [], ["없음"]),
        lambda f: f.rows(Filter(), ["없음"], limit=1),
        lambda f: f.rows(Filter(), [], limit=1, order="-없음"),
        lambda f: f.tally(Filter(), [], ["Q5#4"]),
        lambda f: f.tally(Filter(), [], ["loyalty "]),
        lambda f: f.count(Filter({"month": ("x",)})),
    ],
)
def test_an_unknown_name_is_told_with_what_exists(ask: Any) -> None:
    with pytest.raises(NotFound) as error:
        ask(polars_facts([]))
    assert error.value.key == "facts.unknown" and error.value.params["name"]
    assert {"성별", "NPS"} & set(str(error.value.params["known"]).split(", "))


def test_own_words_win_and_the_explicit_spelling_always_means_the_programme() -> None:
    rows = responses(80)
    facts = polars_facts(rows)
    assert set(facts.count(Filter(), ["wave"])["wave"]) == {None, *SCHEMA.waves.values()}
    assert set(facts.count(Filter(), ["a:wave"])["a:wave"]) == {None, "x", "y"}
    assert facts.tally(Filter(), ["n"], ["NPS"]).columns[0] == "a:n"
    assert facts.count(Filter(), ["point"]).columns[0] == "point" and facts.tally(Filter(), ["point"], ["NPS"]).columns[0] == "a:point"
    assert facts.rows(Filter(), ["weight", "q:weight"], limit=80).columns == ["id", "weight", "q:weight"]
    assert facts.rows(Filter(), ["a:id", "wave", "a:wave"], limit=1).columns == ["id", "a:id", "wave", "a:wave"]
    assert pair_name("a:b", "c") != pair_name("a", "b:c") and pair_name("a\\", "b") != pair_name("a", "\\b")


def test_rows_page_through_everything_once_in_order() -> None:
    rows = responses(90)
    facts = polars_facts(rows)
    for order in ("-at", "at", "weight", "성별", "-q:week", "id", "-loyalty"):
        pages = [facts.rows(Filter(), ["at"], limit=25, offset=25 * page, order=order) for page in range(4)]
        assert sorted(i for page in pages for i in page["id"]) == list(range(1, 91))
        name = order.removeprefix("-")
        told = pl.concat(
            [facts.rows(Filter(), [] if name == "id" else [name], limit=25, offset=25 * p, order=order) for p in range(4)]
        )[name].to_list()
        present = [v for v in told if v is not None]
        assert present == sorted(present, reverse=order.startswith("-")) and told[len(present) :] == [None] * (90 - len(present))
    some = facts.rows(Filter({"성별": ("남",)}), ["성별", "NPS", "Q5#1", "day", "wave", "source", "secure"], limit=5, order="id")
    first = next(r for r in rows if r["attributes"].get("성별") == "남")
    assert some.row(0) == (
        first["id"],
        "남",
        first["answers"].get("NPS"),
        oracle.point(first, "Q5#1", SCHEMA),
        oracle.day_of(first, SCHEMA),
        SCHEMA.waves.get(first["wave_id"]),
        first["source"],
        oracle.secure(first, SCHEMA),
    )


def test_periods_and_scales_of_the_sample_are_worth_asking() -> None:
    assert set(PERIODS) == set(oracle.STARTS)
    assert {s.direction for s in RATINGS.values()} == set(Direction) and set(STORED) == set(stored([]).columns)


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, kind in frame.schema.items() if kind == pl.Enum]
    return frame.with_columns(pl.col(texts).cast(pl.String)).sort("id")
