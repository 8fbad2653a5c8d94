"""Gaps from joint counts, service standard, performance x emotion, benchmarks, IPA with doubt, movement in the loyalty matrix."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Figure
from cxdash.stats.gaps import Benchmark, benchmark_gap, best_benchmark, experience, gap_of_sums, ranked_gaps, standard_shares
from cxdash.stats.ipa import Crosshair, Whisker, placed
from cxdash.stats.journey import expectation_gap
from cxdash.stats.loyalty import loyalty_matrix, matrix_shares
from cxdash.stats.means import mean_difference, score100
from cxdash.stats.movement import matrix_counts, movement, shares
from cxdash.stats.shares import share_difference, top_box
from tests.stats.reference import Case


def together(*columns, weights=None):
    """How often combinations came together: distinct rows, n, Σw, Σw² (NaN = missing), as facts.joint counts them."""
    rows = np.column_stack(columns)
    w = np.ones(len(rows)) if weights is None else weights
    _, first, where = np.unique(np.nan_to_num(rows, nan=-1), axis=0, return_index=True, return_inverse=True)
    where = where.ravel()
    return (*rows[first].T, np.bincount(where), np.bincount(where, weights=w), np.bincount(where, weights=w * w))


def test_gap_of_joint_counts_against_r_paired_t_test():
    case = Case("gap_paired")
    actual, expected = (100 * (np.array(case.given[k]) - 1) / 6 for k in ("actual", "expected"))
    g = gap_of_sums(*together(actual, expected), points=6, base_rule=False)
    case.check("gap", g.points.value)
    case.check("gap100", g.score100.value)
    case.check("t", g.test.t)
    case.check("p", g.points.p)
    case.check("ci", [g.points.ci_low, g.points.ci_high])


def test_gap_of_weighted_joint_counts_against_the_rows():
    rng = np.random.default_rng(0)
    p, e, w = rng.integers(1, 6, 200).astype(float), rng.integers(2, 6, 200).astype(float), rng.choice([0.5, 1.0, 2.0], 200)
    p[:10] = np.nan
    rows = expectation_gap(p, e, 1, 5, w)
    sums = gap_of_sums(*together(25 * (p - 1), 25 * (e - 1), weights=w), points=4)
    for a, b in ((rows.points, sums.points), (rows.score100, sums.score100)):
        assert (a.value, a.ci_low, a.p) == pytest.approx((b.value, b.ci_low, b.p))
    better, nothing = gap_of_sums([75, 25], [25, 25], [40, 40], [40, 40], [40, 40]), gap_of_sums([], [], [], [], [])
    told = ranked_gaps({"b": better, "c": nothing, "a": sums})
    assert list(told) == ["a", "b", "c"] and told["a"][2] == "down" and told["b"][2] == "up" and told["c"][2] == "untested"
    raw = sorted([sums.score100.p, better.score100.p])
    adjusted = sorted([told["a"][1].p_adjusted, told["b"][1].p_adjusted])
    assert adjusted == pytest.approx([2 * raw[0], max(2 * raw[0], raw[1])])


def test_experience_against_arithmetic():
    case = Case("perf_x_emotion")
    e = experience(case.given["P"], case.given["E"], base_rule=False)
    case.check("geo_respondent", e.score.value)
    case.check("geo_aggregate", (e.performance.value * e.emotion.value) ** 0.5)
    assert e.held in ("emotion", "neither")


def test_which_of_performance_and_emotion_holds_it_down():
    rng = np.random.default_rng(3)
    p = rng.integers(0, 5, 300) * 25.0
    e = np.clip(p - 25 * (rng.random(300) < 0.5), 0, 100)
    e[:5] = np.nan
    found = experience(*together(p, e))
    assert found.held == "emotion" and found.score.n == found.performance.n == 295
    assert found.performance.value == pytest.approx(p[5:].mean()) and found.score.value == pytest.approx(np.sqrt(p[5:] * e[5:]).mean())
    assert experience(*together(e, p)).held == "performance" and experience(*together(p, p[::-1])).held == "neither"
    assert experience(p[:20], e[:20]).held == "untested" and experience([], []).score.value is None
    with pytest.raises(StatsError):
        experience([50], [101])


def test_service_standard_shares():
    counts = Counts.from_values([1] * 10 + [2] * 20 + [3] * 30 + [5] * 40)
    found = standard_shares(counts, 3, 5)
    assert {k: f.value for k, f in found.items()} == {"negative": 30.0, "expected": 30.0, "beyond": 40.0}
    assert found["beyond"].ci_low == pytest.approx(top_box(counts, 1, 5, k=1).ci_low) and all(f.n == 100 for f in found.values())
    with pytest.raises(StatsError):
        standard_shares(counts, 4, 4)


def test_benchmark_gap_with_what_is_known_of_it():
    rng = np.random.default_rng(1)
    a, b = rng.normal(70, 20, 500), rng.normal(75, 20, 400)
    own, other = score100(Moments.from_values(np.clip(a, 0, 100))), score100(Moments.from_values(np.clip(b, 0, 100)))
    exact = mean_difference(Moments.from_values(np.clip(a, 0, 100)), Moments.from_values(np.clip(b, 0, 100)))
    known = benchmark_gap(own, Benchmark(other.value, 400, other.se))
    assert known.value == pytest.approx(exact.value) and known.ci_low == pytest.approx(exact.ci_low, abs=0.02)
    assert known.p == pytest.approx(exact.p, rel=0.05) and known.flags == ("benchmark_se",)
    spread = benchmark_gap(own, Benchmark(other.value, 400))
    assert spread.ci_high - spread.ci_low == pytest.approx(known.ci_high - known.ci_low, rel=0.1) and spread.flags == ("benchmark_spread",)
    alone = benchmark_gap(own, Benchmark(other.value))
    assert alone.ci_high - alone.ci_low < spread.ci_high - spread.ci_low and alone.flags == ("benchmark_exact",)


def test_benchmark_of_a_share_against_two_proportions():
    own, other = Counts.from_values([5] * 72 + [1] * 28), Counts.from_values([5] * 58 + [1] * 42)
    d = benchmark_gap(top_box(own, 1, 5), Benchmark(58.0, 100))
    pooled = share_difference(top_box(own, 1, 5), top_box(other, 1, 5))
    assert d.value == pytest.approx(pooled.value) and d.ci_low == pytest.approx(pooled.ci_low, abs=1.5)


def test_benchmark_of_a_small_or_hidden_figure():
    small = score100(Moments.from_values([50.0, 60.0] * 8))
    assert not benchmark_gap(small, Benchmark(70.0)).tested and benchmark_gap(small, Benchmark(70.0)).flags[0] == "base_small"
    assert benchmark_gap(Figure(None, 5), Benchmark(70.0)).value is None
    assert not benchmark_gap(score100(Moments.from_values([50.0, 60.0] * 80)), Benchmark(70.0, 12)).tested
    with pytest.raises(StatsError):
        benchmark_gap(small, Benchmark(70.0, 0))
    assert best_benchmark({"a": Benchmark(70), "b": Benchmark(70)}) == "a" and best_benchmark({}) is None


def test_ipa_quadrants_with_whiskers_against_martilla_and_james():
    case = Case("ipa_quadrants")
    whiskers = [{k: Whisker(v) for k, v in case.given[name].items()} for name in ("importance", "performance")]
    found = placed(*whiskers)
    case.check("quadrant", {p.item: p.quadrant for p in found.items})
    case.check("cross", [found.crosshair.importance, found.crosshair.performance])
    assert [p.item for p in found.items] == ["a", "b", "c", "d"] and [p.priority for p in found.items] == [1, 2, 3, 4]


def test_borderline_items_and_their_place_in_the_order():
    importance = {"a": Whisker(0.4, 0.2, 0.5), "b": Whisker(0.35, 0.3, 0.4), "c": Whisker(0.3, 0.28, 0.45), "d": Whisker(0.05, 0.0, 0.1)}
    performance = {"a": Whisker(50, 45, 55), "b": Whisker(60, 58, 62), "c": Whisker(70, 66, 76), "d": Whisker(75, 70, 80)}
    frozen = Crosshair(0.25, 75.0, ("a", "b", "c", "e"))
    found = placed(importance, performance, crosshair=frozen)
    doubts = [(p.item, p.borderline) for p in found.items]
    assert doubts == [("b", ()), ("a", ("importance",)), ("c", ("performance",)), ("d", ("performance",))]
    assert found.items[0].urgency == pytest.approx(0.35 * 15)
    assert (found.items[-1].shortfall, found.items[-1].quadrant) == (0, "possible_overkill")
    assert found.moved == ("d", "e") and found.crosshair is frozen
    one_more = placed({**importance, "f": Whisker(0.9)}, {**performance, "f": Whisker(10)}, crosshair=frozen)
    assert {p.item: p.quadrant for p in one_more.items if p.item != "f"} == {p.item: p.quadrant for p in found.items}
    assert not Whisker(1.0).crosses(1.0) and Whisker(1.0, 0.9, 1.2).crosses(1.0) and not Whisker(1.0, 1.0, 1.2).crosses(1.0)


def test_matrix_of_joint_counts_against_the_rows():
    rng = np.random.default_rng(2)
    a, b, w = (rng.integers(0, 5, 200) * 25.0), (rng.integers(0, 7, 200) * 100 / 6), rng.choice([0.5, 1.5], 200)
    a[:7] = np.nan
    rows, sums = matrix_shares(loyalty_matrix(a, b), w), shares(matrix_counts(*together(a, b, weights=w)))
    for name in rows:
        assert (rows[name].value, rows[name].ci_low, rows[name].n) == pytest.approx((sums[name].value, sums[name].ci_low, sums[name].n))
    on_the_line = matrix_counts([74.9999999999], [75.0], [1], [1], [1])
    assert on_the_line.points.tolist() == [0.0]


def test_movement_of_the_same_customers_against_mcnemar():
    rng = np.random.default_rng(5)
    before = rng.integers(0, 4, 400)
    after = np.where(rng.random(400) < 0.3, 0, before)
    found = movement(before, after)
    loyal = found.moves[0]
    came, left = int(((before != 0) & (after == 0)).sum()), int(((before == 0) & (after != 0)).sum())
    assert (loyal.came, loyal.left, found.n) == (came, left, 400) and loyal.difference.value == pytest.approx(100 * (came - left) / 400)
    z = (came - left) / np.sqrt(came + left - (came - left) ** 2 / 400)  # Wald form of McNemar's comparison
    t = loyal.difference.value / ((loyal.difference.ci_high - loyal.difference.value) / 1.96593)
    assert t == pytest.approx(z, rel=0.01) and loyal.verdict == "up" and loyal.stayed.value == 100.0
    assert [m.verdict for m in found.moves[1:]] == ["down"] * 3 and sum(m.difference.value for m in found.moves) == pytest.approx(0)
    counted = together(before.astype(float), after.astype(float))
    assert [m.difference for m in movement(*counted).moves] == [m.difference for m in found.moves]
    assert movement([None, 1.0, 2.0], [1.0, None, 2.0]).n == 1 and movement([], []).moves[0].before.value is None
    with pytest.raises(StatsError):
        movement([1], [4])
    with pytest.raises(StatsError):
        movement([1], [1, 2])
