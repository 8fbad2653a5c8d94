"""Means, 100-point scores, Welch and CES against R t.test."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cxdash.errors import StatsError
from cxdash.stats.ces import ces
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.means import mean, mean_difference, score100, score100_difference
from cxdash.stats.shares import top_box
from cxdash.terms import Direction, Scale
from tests.stats.reference import Case

FIVE = [5, 4, 4, 3, 5, 2, 4, 5, 3, 4]
EASE = [7, 6, 5, 5, 4, 3, 7, 6, 2, 1, 6, 7]


def test_five_point_mean_and_score_against_r_t_test():
    case = Case("mean5_100pt")
    counts = Counts.from_values(case.given["x"])
    raw, score = mean(counts, lo=1, hi=case.given["k"]), score100(counts, 1, case.given["k"])
    case.check("mean", raw.value)
    case.check("sd", counts.moments().sd)
    case.check("ci", [raw.ci_low, raw.ci_high])
    case.check("score100", score.value)
    case.check("score100_ci", [score.ci_low, score.ci_high])
    case.check("top2", top_box(counts, 1, 5).value / 100)


def test_mean_against_published_values():
    counts = Counts.from_values(FIVE)
    f, s = mean(counts), score100(counts, 1, 5)
    assert (f.value, f.ci_low, f.ci_high) == pytest.approx((3.9, 3.18863, 4.61137), abs=5e-6)
    assert counts.moments().sd == pytest.approx(0.994429, abs=5e-7)
    assert (s.value, s.ci_low, s.ci_high) == pytest.approx((72.5, 54.7, 90.3), abs=0.05)


@pytest.mark.parametrize(("key", "lo", "hi"), [("k5", 1, 5), ("k7", 1, 7), ("k11_0_10", 0, 10)])
def test_conversion_to_100_points_by_arithmetic(key, lo, hi):
    case = Case("scale100_anchor")
    case.check(key, [score100(Counts.from_values([x]), lo, hi).value for x in case.given[key]])
    case.check(key, [Scale(lo, hi).score100(x) for x in case.given[key]])


def test_ces_against_r_t_test():
    case = Case("ces7")
    counts = Counts.from_values(case.given["x"])
    c = ces(counts)
    case.check("mean", c.mean.value)
    case.check("ci", [c.mean.ci_low, c.mean.ci_high])
    case.check("sd", counts.moments().sd)
    case.check("pct_agree_5to7", c.easy.value)
    case.check("net_easy", c.net_easy.value)


def test_ces_against_published_values():
    c = ces(Counts.from_values(EASE))
    assert (c.mean.value, c.mean.ci_low, c.mean.ci_high) == pytest.approx((4.91667, 3.63276, 6.20057), abs=5e-6)
    assert (c.easy.value, c.net_easy.value) == pytest.approx((66.67, 41.67), abs=0.005)
    assert c.easy.ci_low < 66.67 < c.easy.ci_high and c.net_easy.ci_low < 41.67 < c.net_easy.ci_high


def test_ces_follows_the_declared_polarity_and_never_flips_the_mean():
    low = ces(Counts.from_values([8 - x for x in EASE]), Scale(1, 7, Direction.LOW))
    assert low.easy.value == pytest.approx(66.666667) and low.net_easy.value == pytest.approx(41.666667)
    assert low.mean.value == pytest.approx(8 - 4.916667) and low.polarity is Direction.LOW
    first = ces(Counts.from_values([1, 2, 5]), Scale(1, 5, Direction.LOW))  # CES 1.0
    assert (first.easy, first.net_easy) == (None, None) and first.mean.value == pytest.approx(8 / 3)
    with pytest.raises(StatsError):
        ces(Counts.from_values([0, 7]))


def test_interval_ends_at_the_ends_of_the_scale():
    figure = mean(Counts.from_values([5, 5, 5, 1]), lo=1, hi=5)
    assert (figure.ci_low, figure.ci_high) == (1, 5)
    assert mean(Counts.from_values([5, 5, 5, 1])).ci_high > 5


def test_one_answer_and_equal_answers():
    one = mean(Counts.from_values([4]))
    assert (one.value, one.ci_low, one.se, one.base) == (4.0, None, None, "hidden")
    same = score100(Counts.from_values([4] * 50), 1, 5)
    assert (same.value, same.ci_low, same.ci_high) == (75.0, 75.0, 75.0) and "zero_variance" in same.flags
    assert mean(Counts.from_values([])).value is None


def test_answers_outside_the_scale_are_refused():
    for call in (lambda: mean(Counts.from_values([6]), lo=1, hi=5), lambda: score100(Counts.from_values([0, 3]), 1, 5),
                 lambda: score100(Moments.from_values([140.0])), lambda: mean(Counts.from_values([3]), lo=5, hi=1)):
        with pytest.raises(StatsError):
            call()


def test_welch_against_scipy():
    rng = np.random.default_rng(5)
    a, b = rng.integers(1, 8, 60).astype(float), rng.integers(3, 8, 200).astype(float)
    want = stats.ttest_ind(a, b, equal_var=False)
    ci = want.confidence_interval()
    for data in (Counts.from_values, Moments.from_values):
        got = mean_difference(data(a), data(b))
        assert (got.value, got.p) == pytest.approx((a.mean() - b.mean(), want.pvalue))
        assert (got.ci_low, got.ci_high) == pytest.approx((ci.low, ci.high))
    on100 = score100_difference(Counts.from_values(a), Counts.from_values(b), 1, 7)
    assert (on100.value, on100.p) == pytest.approx(((a.mean() - b.mean()) / 6 * 100, want.pvalue))


def test_welch_without_variance_is_not_tested():
    same = Counts.from_values([5] * 40)
    d = mean_difference(same, Counts.from_values([4] * 40))
    assert (d.value, d.p, d.tested, d.flags) == (1.0, None, False, ("zero_variance",))
    assert mean_difference(same, Counts.from_values([])).value is None
    assert mean_difference(same, Counts.from_values([1, 5] * 40)).tested
    assert mean_difference(same, Counts.from_values([3] * 9)).value is None


def test_weighted_mean_against_svymean_formula():
    rng = np.random.default_rng(11)
    x, w = rng.integers(0, 11, 80).astype(float), rng.uniform(0.3, 3, 80)
    m = Moments.from_values(x, w)
    mu = np.average(x, weights=w)
    assert m.mean == pytest.approx(mu)
    assert m.se == pytest.approx(np.sqrt(80 / 79 * ((w * (x - mu)) ** 2).sum()) / w.sum(), rel=1e-10)
    assert m.sd == pytest.approx(np.sqrt(80 / 79 * (w * (x - mu) ** 2).sum() / w.sum()), rel=1e-10)
    assert Counts.from_values(x, w).moments().se == pytest.approx(m.se, rel=1e-10)


def test_large_offset_keeps_its_variance():
    x = np.array([1e4, 1e4 + 1, 1e4 + 2] * 20)
    assert Moments.from_values(x).sd == pytest.approx(x.std(ddof=1), rel=1e-6)
