"""Shares and top boxes against R prop.test, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts
from cxdash.stats.shares import bottom_box, box_share, distribution, share, share_difference, share_sample_size, top_box, wilson
from cxdash.terms import Direction, Scale
from tests.stats.reference import Case


@pytest.mark.parametrize("name", ["wilson_0_10", "wilson_10_10", "wilson_0_1", "wilson_15_20", "wilson_72_100"])
def test_wilson_against_r_prop_test(name):
    case = Case(name)
    figure = share(case.given["x"], case.given["n"])
    case.check("p", figure.value / 100)
    case.check("ci", [figure.ci_low / 100, figure.ci_high / 100])


@pytest.mark.parametrize(("x", "n", "interval"), [
    (15, 20, (0.53130, 0.88814)), (72, 100, (0.62512, 0.79860)), (0, 10, (0.0, 0.27753)), (10, 10, (0.72247, 1.0)),
    (0, 1, (0.0, 0.79345)), (1, 1, (0.20655, 1.0))])
def test_wilson_against_published_values(x, n, interval):
    assert wilson(x / n, n) == pytest.approx(interval, abs=1e-5)


def test_two_shares_against_published_values():
    d = share_difference(share(72, 100), share(58, 100))
    assert d.p == pytest.approx(0.037940, abs=5e-7)
    assert (d.ci_low, d.ci_high) == pytest.approx((0.92, 27.08), abs=0.005)
    assert (d.method, d.significant) == ("wald", True)


def test_difference_stays_open_where_wald_would_be_certain():
    d = share_difference(share(40, 40), share(40, 40))
    assert (d.value, d.p, d.significant, d.method) == (0.0, 1.0, False, "newcombe")
    assert d.ci_low < -5 < 5 < d.ci_high
    # Wilson's bounds of 10/10 and 0/10 are 72.2467 and 27.7533: 100 - sqrt(2)·27.7533
    wide = share_difference(share(10, 10), share(0, 10), base_rule=False)
    assert (wide.ci_low, wide.ci_high) == pytest.approx((60.75, 100.0), abs=0.005)


def test_difference_obeys_the_base_rule():
    a = share(50, 100)
    assert share_difference(a, share(0, 29)).flags == ("base_small",)
    assert share_difference(a, share(0, 9)).value is None
    assert share_difference(a, share(0, 0)).flags == ("undefined",)
    assert share_difference(a, share(20, 40).hide()).flags == ("base_hidden",)
    assert share_difference(a, share(20, 80, 39.0)).flags == ("deff_block",)


def test_weighted_share_uses_the_effective_base():
    points, w = [5, 5, 4, 1, 2, 3], [3.0, 1, 1, 1, 1, 2]
    figure = top_box(Counts.from_values(points, w), 1, 5)
    assert figure.value == pytest.approx(100 * 5 / 9)
    assert figure.n_eff == pytest.approx(81 / 17)
    low, high = wilson(5 / 9, 81 / 17)
    assert (figure.ci_low, figure.ci_high) == pytest.approx((100 * low, 100 * high))
    assert figure.n == 6


@pytest.mark.parametrize(("lo", "hi", "k", "expected"), [
    (1, 5, 2, [4, 5]), (1, 7, 2, [6, 7]), (0, 10, 2, [9, 10]), (1, 5, 1, [5]), (-3, 3, 3, [1, 2, 3])])
def test_top_box_points(lo, hi, k, expected):
    for point in range(lo, hi + 1):
        assert top_box(Counts.from_values([point]), lo, hi, k).value == (100.0 if point in expected else 0.0)


def test_reversed_scale_is_oriented_by_the_caller():
    scale = Scale(1, 5, Direction.LOW)
    raw = Counts.from_values([1, 1, 2, 5])
    assert top_box(raw.oriented(scale), 1, 5).value == 75.0
    assert bottom_box(raw.oriented(scale), 1, 5).value == 25.0


@pytest.mark.parametrize("call", [
    lambda: top_box(Counts.from_values([6]), 1, 5), lambda: top_box(Counts.from_values([3]), 1, 5, 5),
    lambda: top_box(Counts.from_values([3]), 1, 5, 0), lambda: bottom_box(Counts.from_values([0]), 1, 5), lambda: share(5, 4),
    lambda: share(-1, 4), lambda: share(1, 4, 0.0), lambda: share(1, 4, 5.0), lambda: distribution(Counts.from_values([6]), range(1, 6)),
    lambda: share_sample_size(0.5, 0), lambda: share_sample_size(1.5, 3)])
def test_impossible_shares_are_refused(call):
    with pytest.raises(StatsError):
        call()


def test_distribution_keeps_points_nobody_chose():
    figures = distribution(Counts.from_values([1] * 30 + [5] * 10 + [None] * 3), range(1, 6))
    assert [f.value for f in figures.values()] == [75.0, 0.0, 0.0, 0.0, 25.0]
    assert figures[2].ci_high > 5 and figures[2].n_missing == 3
    assert box_share(Counts.from_values([1] * 30 + [5] * 10), [1, 5]).value == 100.0


def test_nobody_answered():
    figure = top_box(Counts.from_values([None, None]), 1, 5)
    assert (figure.value, figure.ci_low, figure.n, figure.n_missing, figure.base) == (None, None, 0, 2, "hidden")
    assert all(f.value is None for f in distribution(Counts.from_values([]), range(1, 6)).values())


def test_sample_size_against_closed_form():
    for p, margin in ((0.5, 3.0), (0.2, 5.0)):
        n = share_sample_size(p, margin)
        assert 1.959963984540054 * np.sqrt(p * (1 - p) / n) == pytest.approx(margin / 100)
