"""What looks careless, against the rule said row by row; and every question without it against pandas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from cxdash.errors import NotFound
from cxdash.facts.careless import medians, seconds
from cxdash.facts.memory import MemoryFacts
from cxdash.facts.question import Filter
from cxdash.facts.specs import KINDS, QualitySpec
from tests.facts import oracle
from tests.facts.ruled_sample import SCHEMA, answers, careless, ruled, weights_of
from tests.facts.sample import FakeSource
from tests.facts.test_weighting import SPECS

RULES = {
    "defaults": SCHEMA.quality,
    "strict": QualitySpec(least={"duplicate": 1, "straight": 3}, speed=0.9, duration="소요시간"),
    "mild": QualitySpec(least={"duplicate": 7, "straight": 6}, speed=0.1, duration="소요시간"),
}
pytestmark = pytest.mark.filterwarnings("error")


def ids(facts: Any, where: Filter) -> set[int]:
    return set(facts.rows(where, [], limit=10_000)["id"].to_list())


@pytest.mark.parametrize("name", RULES)
def test_every_kind_against_the_rule_said_row_by_row(name: str) -> None:
    rows = answers(900)
    facts, want = ruled(rows, quality=RULES[name]), careless(rows, RULES[name])
    assert name == "mild" or all(want.values()), "the sample has every kind"
    for kind in KINDS:
        assert ids(facts, Filter({"careless": (kind,)})) == want[kind], kind
    assert ids(facts, Filter({"careless": ("straight", "empty")})) == want["straight"] | want["empty"]
    assert ids(facts, Filter(clean=True)) == {r["id"] for r in rows} - set.union(*want.values())


@pytest.mark.parametrize("on", [KINDS, ("straight",), ("duplicate", "empty"), ()], ids=str)
@pytest.mark.parametrize("by", [(), ("성별",), ("wave", "month")], ids=str)
def test_questions_without_careless_responses_against_pandas(by: tuple[str, ...], on: tuple[str, ...]) -> None:
    rows, rules = answers(), replace(SCHEMA.quality, on=on)
    found = careless(rows)
    kept = [r for r in rows if not any(r["id"] in found[kind] for kind in on)]
    facts, where, left = ruled(rows, quality=rules), Filter({"성별": ("여", "(none)")}, clean=True), Filter({"성별": ("여", "(none)")})
    counted = {r[: len(by) + 2]: r[len(by) + 2 :] for r in facts.tally(where, by, ["nps", "s1"]).rows()}
    assert counted == oracle.tally(kept, SCHEMA, left, by, ["nps", "s1"], False)
    summed = {r[: len(by)]: r[len(by) :] for r in facts.moments(where, by, ["loyalty"]).rows()}
    want = oracle.moments(kept, SCHEMA, left, by, ["loyalty"], False, 0)
    assert summed.keys() == want.keys() and all(summed[k] == pytest.approx(v) for k, v in want.items())
    assert {r[: len(by)]: r[len(by) :] for r in facts.count(where, by).rows()} == oracle.count(kept, SCHEMA, left, by, False)


def test_careless_responses_are_left_out_of_weighted_figures_and_keep_the_others_weights() -> None:
    rows, spec = answers(), SPECS["two at once"]
    found = set.union(*careless(rows).values())
    weights = weights_of(rows, spec)
    kept = [{**r, "weight": weights[r["id"]]} for r in rows if r["id"] not in found]
    told = {r[:2]: r[2:] for r in ruled(rows, weighting=spec).tally(Filter(clean=True), [], ["s2"], weighted=True).rows()}
    want = oracle.tally(kept, SCHEMA, Filter(), [], ["s2"], True)
    assert told.keys() == want.keys() and all(told[k] == pytest.approx(v, rel=1e-5) for k, v in want.items())


def test_a_question_that_asks_for_no_care_pays_for_none() -> None:
    facts = ruled(answers())
    facts.tally(Filter({"성별": ("남",)}), [], ["nps"], weighted=True)
    facts.count(Filter())
    assert "_careful" not in vars(facts)
    facts.count(Filter(clean=True))
    assert "_careful" in vars(facts)


def test_without_times_or_enough_questions_nothing_is_claimed() -> None:
    rows = answers()
    assert ids(ruled(rows, quality=QualitySpec()), Filter({"careless": ("speeder",)})) == set()
    few = replace(SCHEMA, questions=SCHEMA.questions[:4])
    assert ids(ruled(rows, few), Filter({"careless": ("duplicate", "straight")})) == set()
    none = replace(SCHEMA, questions=())
    assert ids(ruled(rows, none), Filter({"careless": KINDS})) == careless(rows)["speeder"]
    assert ruled([], SCHEMA).count(Filter(clean=True))["n"].item() == 0
    assert ids(ruled(rows), Filter({"careless": ("no such kind",)})) == set()
    with pytest.raises(NotFound):
        ruled(rows).rows(Filter(clean=True), ["careless:no such kind"], limit=1)


def test_why_a_response_is_listed() -> None:
    rows = answers()
    want = careless(rows)
    found = ruled(rows).rows(Filter({"careless": KINDS}), [f"careless:{k}" for k in KINDS], limit=1000)
    for row in found.iter_rows(named=True):
        assert {k for k in KINDS if row[f"careless:{k}"]} == {k for k in KINDS if row["id"] in want[k]}


def test_rules_and_rows_that_change_are_followed() -> None:
    rows = answers()
    source = FakeSource(rows[:200], SCHEMA)
    facts = MemoryFacts(source)
    assert ids(facts, Filter({"careless": ("duplicate",)})) == careless(rows[:200])["duplicate"]
    source.put(*rows[200:])
    assert ids(facts, Filter({"careless": ("duplicate",)})) == careless(rows)["duplicate"]
    source.change(quality=RULES["strict"])
    assert ids(facts, Filter({"careless": ("straight",)})) == careless(rows, RULES["strict"])["straight"]


@pytest.mark.parametrize(
    ("text", "want"),
    [("95", 95), ("1,200", 1200), (" 3.5 ", 3.5), ("02:05", 125), ("1:02:05", 3725), ("2분 5초", 125), ("1시간 3분", 3780), ("45초", 45),
     ("2 min 3 s", 123), ("12 seconds", 12), ("", None), ("모름", None), ("-3", None), ("inf", None), ("nan", None), ("분", None)],
)
def test_durations_are_read(text: str, want: float | None) -> None:
    assert pl.DataFrame({"t": [text]}).select(seconds(pl.col("t"))).item() == want


def test_the_median_counts_how_often_a_duration_occurs() -> None:
    assert medians(pl.DataFrame({"value": ["10", "60", "x", None], "n": [3, 4, 9, 1]})) == (7, 60.0)
    assert medians(pl.DataFrame({"value": ["10", "60"], "n": [2, 2]})) == (4, 35.0)
    assert medians(pl.DataFrame(schema={"value": pl.String, "n": pl.Int64})) == (0, None)
