"""Numbers no survey should hold, and equal ones that rounding makes unequal: an error by name or the right figure, never a guess."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.control import nps_chart, p_chart, xmr_chart
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.gaps import Benchmark, benchmark_gap
from cxdash.stats.ipa import ipa
from cxdash.stats.nps import nps_sample_size
from cxdash.stats.paired import paired
from cxdash.stats.reliability import alpha
from cxdash.stats.rounding import half_away, largest_remainder
from cxdash.stats.shares import share


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Moments.from_values([1.0, inf, 3.0]),
        lambda: Moments.from_values([1e300, 1e300]),
        lambda: Moments.from_sums([1.0, -inf], [3, 2], [3, 2], [3, 2]),
        lambda: paired([inf] * 40, [inf] * 40),
        lambda: alpha(np.array([[inf, 1.0]] * 40)),
        lambda: Counts.from_values([1.0, inf]),
        lambda: Counts.from_tally([10, 8], [10**19, 5]),
        lambda: Counts.from_tally([10, 8], [1.5, 2]),
        lambda: ipa({"a": nan, "b": 1.0}, {"a": 2.0, "b": 3.0}),
        lambda: ipa({"a": 1.0}, {"a": 2.0}, performance_cut=nan),
        lambda: benchmark_gap(share(50, 100), Benchmark(nan)),
        lambda: benchmark_gap(share(50, 100), Benchmark(40.0, None, -3.0)),
        lambda: largest_remainder([nan, 1.0]),
        lambda: largest_remainder([inf, 1.0]),
        lambda: nps_sample_size(nan, 0.2, margin=5),
        lambda: nps_sample_size(0.5, 0.2, margin=inf),
    ],
)
def test_what_has_no_figure_is_refused_by_name(refused) -> None:
    with pytest.raises(StatsError):
        refused()


def test_display_of_what_is_not_finite() -> None:
    assert half_away(inf) == inf and np.isnan(half_away(nan))


@pytest.mark.parametrize("value", [72.3, 0.1, 1 / 3, 64.44444444444444])
def test_equal_periods_are_in_control(value: float) -> None:
    """The mean of ten equal numbers is seldom exactly their value; that is no signal, and no run on one side (methods.md section 8)."""
    for periods in (10, 12, 20):
        chart = xmr_chart([value] * periods).chart
        assert (chart.beyond, chart.runs) == ((), ())
    near = xmr_chart([*[value] * 10, value * 1.01]).chart
    assert near.beyond == (10,)


def test_equal_shares_of_unequal_bases_are_in_control() -> None:
    sizes = [30 * k for k in range(1, 13)]
    chart = nps_chart(sizes, [7 * k for k in range(1, 13)], [4 * k for k in range(1, 13)])
    assert (chart.beyond, chart.runs) == ((), ())
    chart = p_chart([7 * k for k in range(1, 13)], sizes, laney=True)
    assert (chart.beyond, chart.runs) == ((), ())


def test_items_that_tie_with_their_mean_are_high() -> None:
    for value in (0.1, 1 / 7, 72.3):
        items = {str(i): value for i in range(7)}
        assert set(ipa(items, items).quadrants.values()) == {"keep_up"}
