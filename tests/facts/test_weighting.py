"""Raked weights of the frame against raking every row, and what weighted questions make of them against pandas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cxdash.facts.memory import MemoryFacts
from cxdash.facts.question import Filter
from cxdash.facts.snapshot import SnapshotFile
from cxdash.facts.specs import WeightSpec
from tests.facts import oracle
from tests.facts.ruled_sample import SCHEMA, TARGETS, answers, ruled, weights_of
from tests.facts.sample import FakeSource, Row

SKEWED = {"성별": {"남": 0.85, "여": 0.15}, "지 역": {"서울": 0.15, "부산": 0.25, "제주": 0.6}}
MODEST = {"성별": {"남": 0.6, "여": 0.4}, "지 역": {"서울": 0.4, "부산": 0.35, "제주": 0.25}}
SPECS = {
    "one attribute": WeightSpec({"성별": TARGETS["성별"]}),
    "two at once": WeightSpec(TARGETS),
    "each wave": WeightSpec(TARGETS, per_wave=True),
    "far off": WeightSpec(SKEWED, per_wave=True),
}
pytestmark = pytest.mark.filterwarnings("error")


def told(facts: Any) -> dict[int, float | None]:
    frame = facts.rows(Filter(), ["weight"], limit=10_000)
    return dict(zip(frame["id"].to_list(), frame["weight"].to_list(), strict=True))


def same(one: dict[int, float | None], other: dict[int, float | None]) -> None:
    assert one.keys() == other.keys()
    assert {i for i, w in one.items() if w} == {i for i, w in other.items() if w}
    for i, w in other.items():
        assert (one[i] or 0.0) == pytest.approx(w or 0.0, rel=1e-5), i


@pytest.mark.parametrize("weights", [True, False], ids=["imported weights", "none"])
@pytest.mark.parametrize("name", SPECS)
def test_weights_against_raking_every_row(name: str, weights: bool) -> None:
    rows = answers(weights=weights)
    same(told(ruled(rows, weighting=SPECS[name])), weights_of(rows, SPECS[name]))


@pytest.mark.parametrize(("cap", "flag"), [(1.6, "trim_incomplete"), (1.8, "trimmed"), (2.5, "")])
def test_limited_weights_against_trimming_every_row(cap: float, flag: str) -> None:
    """A limit that the shares cannot be met under is not applied at all."""
    rows, spec = answers(weights=False), WeightSpec(MODEST, cap=cap)
    facts = ruled(rows, weighting=spec)
    same(told(facts), weights_of(rows, spec))
    [raking] = facts.rakings()
    assert raking.result is not None and {f for f in raking.result.flags if f.startswith("trim")} == ({flag} if flag else set())
    assert (raking.result.factors.max() <= cap * (1 + 1e-5)) == (flag != "trim_incomplete")


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("by", [(), ("성별",), ("wave", "지 역")], ids=str)
def test_questions_against_pandas_with_raked_weights(by: tuple[str, ...], weighted: bool) -> None:
    """The oracle of the plain questions, given the raked weights as if they had been imported."""
    rows, spec = answers(), SPECS["each wave"]
    known = weights_of(rows, spec)
    raked: list[Row] = [{**r, "weight": known[r["id"]]} for r in rows]
    facts = ruled(rows, weighting=spec)
    counted = {r[: len(by) + 2]: r[len(by) + 2 :] for r in facts.tally(Filter(), by, ["nps", "s1", "왜#2"], weighted=weighted).rows()}
    want = oracle.tally(raked, SCHEMA, Filter(), by, ["nps", "s1", "왜#2"], weighted)
    assert counted.keys() == want.keys()
    for key, sums in want.items():
        assert counted[key] == pytest.approx(sums, rel=1e-5)
    summed = {r[: len(by)]: r[len(by) :] for r in facts.moments(Filter(), by, ["loyalty", "s3"], weighted=weighted).rows()}
    moments = oracle.moments(raked, SCHEMA, Filter(), by, ["loyalty", "s3"], weighted, 0)
    assert summed.keys() == moments.keys()
    for key, sums in moments.items():
        assert summed[key] == pytest.approx(sums, rel=1e-5)
    sizes = {r[: len(by)]: r[len(by) :] for r in facts.count(Filter(), by, weighted=weighted).rows()}
    assert sizes == oracle.count(raked, SCHEMA, Filter(), by, weighted)


def test_margins_are_met_and_the_cost_is_told() -> None:
    rows, spec = answers(), SPECS["two at once"]
    facts = ruled(rows, weighting=spec)
    [raking] = facts.rakings()
    weights = told(facts)
    raked = [r for r in rows if weights[r["id"]] and all(r["attributes"].get(k) in t for k, t in TARGETS.items())]
    w = np.array([weights[r["id"]] for r in raked])
    assert raking.result is not None and raking.n == len(raked) and raking.kept == sum(1 for v in weights.values() if v) - len(raked)
    assert raking.result.kish.n_eff == pytest.approx(w.sum() ** 2 / (w * w).sum())
    assert raking.result.kish.ratio == pytest.approx(w.max() / w.min())
    for key, shares in TARGETS.items():
        for value, share in shares.items():
            mine = np.array([r["attributes"][key] == value for r in raked])
            assert w[mine].sum() / w.sum() == pytest.approx(share, abs=1e-6)
            assert raking.after[key][value] == pytest.approx(share, abs=1e-6)


def test_a_wave_that_cannot_be_raked_keeps_its_weights_and_says_why() -> None:
    rows = [{**r, "attributes": {**r["attributes"], "지 역": "서울"}} if r["wave_id"] == 1 else r for r in answers(weights=False)]
    facts = ruled(rows, weighting=SPECS["each wave"])
    one, two = facts.rakings()
    assert one.refused == "rake_empty" and one.params["values"] == ["부산", "제주"] and two.result is not None
    weights = told(facts)
    assert {weights[r["id"]] for r in rows if r["wave_id"] == 1} == {1.0}
    assert len({weights[r["id"]] for r in rows if r["wave_id"] == 2}) > 2


def test_nobody_and_nobody_left() -> None:
    assert ruled([], weighting=SPECS["two at once"]).count(Filter())["n"].item() == 0
    rows = [{**r, "attributes": {}} for r in answers(20, weights=False)]
    facts = ruled(rows, weighting=SPECS["two at once"])
    assert set(told(facts).values()) == {1.0} and facts.rakings()[0].result is None


def test_other_shares_can_be_tried_without_saving_them() -> None:
    rows = answers()
    plain = ruled(rows)
    tried = plain.under(SPECS["two at once"])
    same(told(tried), weights_of(rows, SPECS["two at once"]))
    assert told(plain) == {r["id"]: r["weight"] for r in rows} and plain.rakings() == ()
    assert told(tried.under(None)) == told(plain)


def test_every_response_that_comes_moves_the_weights_and_snapshots_stay_right(tmp_path: Any) -> None:
    rows = answers(weights=False)
    source = FakeSource(rows[:300], replace(SCHEMA, weighting=SPECS["two at once"]))
    file = SnapshotFile(tmp_path, 1, "test")
    facts = MemoryFacts(source, file)
    same(told(facts), weights_of(rows[:300], SPECS["two at once"]))
    source.put(*rows[300:])
    same(told(facts), weights_of(rows, SPECS["two at once"]))
    facts.save()
    again = MemoryFacts(source, file)
    source.pulled.clear()
    same(told(again), weights_of(rows, SPECS["two at once"]))
    assert source.pulled == [source.now], "only what the snapshot does not have is pulled"
    source.change(weighting=SPECS["each wave"])
    same(told(again), weights_of(rows, SPECS["each wave"]))
    source.change(weighting=None)
    assert set(told(again).values()) == {None}
    facts.close()
    again.close()
