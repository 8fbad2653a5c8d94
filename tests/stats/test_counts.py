"""Counts and moments: construction, additivity, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts, Moments, kish_n_eff
from cxdash.stats.nps import nps


def lists(c: Counts) -> tuple:
    return c.points.tolist(), c.n.tolist(), c.w.tolist(), c.w2.tolist(), c.n_missing


def test_values_and_tally_say_the_same():
    values, w = [10, 9, None, 9, 0], [1.0, 2.0, 1.0, 0.5, 3.0]
    by_tally = Counts.from_tally([9, None, 0, 10], [2, 1, 1, 1], [2.5, 1.0, 3.0, 1.0], [4.25, 1.0, 9.0, 1.0])
    assert lists(Counts.from_values(values, w)) == lists(by_tally) == ([0, 9, 10], [1, 2, 1], [3.0, 2.5, 1.0], [9.0, 4.25, 1.0], 1)


def test_repeated_points_of_a_tally_are_pooled():
    assert lists(Counts.from_tally([5, 5, 3], [1, 2, 4], missing_n=2)) == ([3, 5], [4, 3], [4, 3], [4, 3], 2)


def test_out_of_range_and_codes_are_missing_only_when_told():
    assert Counts.from_values([1, 9, 98]).n_missing == 0
    c = Counts.from_values([1, 9, 98, np.nan, -1], missing=(98,), lo=0, hi=5)
    assert (c.size, c.n_missing) == (1, 4)


def test_zero_weight_is_absent_from_missing_too():
    c = Counts.from_values([5, None, 3], [1.0, 0.0, 0.0])
    assert (c.size, c.n_missing) == (1, 0)
    assert Moments.from_values([5, None, 3], [1.0, 0.0, 0.0]).n_missing == 0


def test_results_cannot_be_changed_afterwards():
    points = np.array([1.0, 2.0])
    c = Counts.from_tally(points, [3, 4])
    points[0] = 9
    assert c.points.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError):
        c.w[0] = 5


def test_where_and_scale_check():
    c = Counts.from_values([1, 2, 3, None])
    assert lists(c.where(lambda p: p > 1)) == ([2, 3], [1, 1], [1, 1], [1, 1], 1)
    assert c.where(lambda p: False).size == 0
    with pytest.raises(StatsError):
        c.check_scale(2, 3)
    c.check_scale(1, 3)


def test_subtraction_undoes_addition_and_refuses_strangers():
    a, b = Counts.from_values([1, 2, 2, None], [1.0, 2, 0.5, 1]), Counts.from_values([2, 5])
    assert lists((a + b) - b) == lists(a) and ((a + b) - a - b).size == 0
    with pytest.raises(StatsError):
        a - b


@pytest.mark.parametrize("call", [
    lambda: Counts.from_values([1, 2], [1.0]), lambda: Counts.from_values([1], [-1.0]), lambda: Counts.from_values([1], [None]),
    lambda: Counts.from_values([1], [float("inf")]), lambda: Counts.from_values([float("inf")]), lambda: Counts.from_tally([1, 2], [1]),
    lambda: Counts.from_tally([1], [-1]), lambda: Counts.from_tally([1], [2], [2.0], [1.0]),
    lambda: Counts.from_tally([1], [1], missing_n=-1),
    lambda: Moments.from_values([1, 2], [1.0, -2.0])])
def test_impossible_sums_are_refused(call):
    with pytest.raises(StatsError):
        call()


def test_survey_weights_of_millions_do_not_make_the_base_grow():
    small, large = Counts.from_values([10] * 30 + [0] * 20), Counts.from_values([10] * 30 + [0] * 20, [1e6] * 50)
    assert nps(small) == nps(large) and large.n_eff == 50.0


def test_kish_of_an_empty_cell():
    assert kish_n_eff(0, 0.0, 0.0) == 0.0 and Moments.zero().n_eff == 0.0
    assert Moments.zero().mean is None and Moments.zero().sd is None and not Moments.zero().zero_variance
