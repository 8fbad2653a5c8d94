"""Control charts and trend tests against R and qcc formulas; display rounding."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cxdash.errors import StatsError
from cxdash.stats.control import cochran_armitage, mann_kendall, nps_chart, p_chart, xmr_chart
from cxdash.stats.nps import nps, nps_counts
from cxdash.stats.rounding import half_away, largest_remainder
from cxdash.stats.shares import box_share
from tests.stats.reference import Case


def test_nps_chart_against_r_closed_form():
    case = Case("nps_control_chart")
    chart = nps_chart(case.given["n"], case.given["P"], case.given["D"])
    case.check("center", chart.centre)
    case.check("nps", chart.values)
    case.check("lcl", chart.lower)
    case.check("ucl", chart.upper)
    case.check("z", chart.z)
    assert chart.beyond == (4,) and chart.flags == ("baseline_short",)


def test_p_chart_against_qcc_formula():
    case = Case("p_chart")
    chart = p_chart(case.given["x"], case.given["n"])
    case.check("center", chart.centre)
    case.check("lcl", chart.lower)
    case.check("ucl", chart.upper)


def test_xmr_and_mann_kendall_against_r():
    case = Case("xmr")
    x = xmr_chart(case.given["x"])
    case.check("center", x.chart.centre)
    case.check("mr_bar", x.mr_mean)
    case.check("mr_ucl", x.mr_upper)
    case.check("lcl", x.chart.lower[0])
    case.check("ucl", x.chart.upper[-1])
    trend = mann_kendall(case.given["x"])
    case.check("kendall_tau", trend.statistic)
    case.check("kendall_p", trend.p)


def test_cochran_armitage_against_r_prop_trend_test():
    case = Case("trend_cochran_armitage")
    trend = cochran_armitage(case.given["x"], case.given["n"])
    case.check("chisq", trend.statistic)
    case.check("p", trend.p)


def test_charts_against_published_values():
    chart = nps_chart([100, 120, 80, 150, 90, 110], [50, 55, 42, 70, 30, 52], [20, 25, 18, 30, 40, 22])
    assert (chart.centre, chart.values[4], chart.z[4]) == pytest.approx((22.15385, -11.11, -3.916), abs=2e-3)
    assert (chart.lower[4], chart.upper[4]) == pytest.approx((-3.33, 47.64), abs=5e-3)
    x = xmr_chart([31, 28, 35, 30, 27, 33, 29, 36, 32, 30]).chart
    assert (x.centre, x.lower[0], x.upper[0]) == pytest.approx((31.1, 18.982, 43.218), abs=5e-4)
    assert mann_kendall([31, 28, 35, 30, 27, 33, 29, 36, 32, 30]).p == pytest.approx(0.71944, abs=5e-6)
    assert cochran_armitage([50, 55, 42, 70, 30, 52], [100, 120, 80, 150, 90, 110]).p == pytest.approx(0.23507, abs=5e-6)


def test_mann_kendall_against_scipy_kendalltau():
    x = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
    want = stats.kendalltau(np.arange(len(x)), x, method="asymptotic")
    got = mann_kendall(x)
    assert (got.statistic, got.p) == pytest.approx((want.statistic, want.pvalue))
    assert mann_kendall([5, 5, 5]).p is None and mann_kendall([1, 2, 3, 4]).statistic == 1.0


def test_frozen_baseline_does_not_move_with_the_suspect():
    n, d = [100] * 12, [20] * 12
    calm, shock = nps_chart(n, [50] * 12, d, baseline=8), nps_chart(n, [50] * 11 + [15], d, baseline=8)
    assert calm.centre == shock.centre == 30.0 and calm.lower == shock.lower
    assert shock.beyond == (11,) and calm.beyond == () and calm.flags == ()


def test_eight_on_one_side_signal_and_a_point_on_the_centre_breaks_the_run():
    x = [10.0, 12.0] * 5 + [12.5] * 9
    assert xmr_chart(x, baseline=10).chart.runs == (16, 17, 18)  # the baseline's last point is on the same side
    on_centre = [10.0, 12.0] * 5 + [12.5] * 6 + [11.0] + [12.5] * 5
    assert xmr_chart(on_centre, baseline=10).chart.runs == ()


def test_laney_widens_limits_for_overdispersed_large_samples():
    rng = np.random.default_rng(7)
    n = np.full(24, 50_000)
    x = rng.binomial(n, np.clip(rng.normal(0.4, 0.02, 24), 0, 1))
    plain, laney = p_chart(x, n), p_chart(x, n, laney=True)
    assert len(plain.beyond) > 8 and len(laney.beyond) <= 1
    z = (x / n - laney.centre) / np.sqrt(laney.centre * (1 - laney.centre) / n)
    assert laney.sigma == pytest.approx(np.abs(np.diff(z)).mean() / 1.128)
    assert laney.upper[0] - laney.centre == pytest.approx(laney.sigma * (plain.upper[0] - plain.centre))


def test_limits_stay_in_range():
    assert p_chart([1, 0, 1], [5, 5, 5]).lower == (0.0,) * 3
    assert max(nps_chart([10, 10], [10, 9], [0, 0]).upper) <= 100
    flat = p_chart([5, 5], [5, 5])
    assert flat.z == (None, None) and flat.beyond == ()


@pytest.mark.parametrize("call", [
    lambda: nps_chart([10], [8], [5]), lambda: nps_chart([0], [0], [0]), lambda: nps_chart([10, 10], [5], [5]),
    lambda: nps_chart([], [], []),
    lambda: p_chart([6], [5]), lambda: p_chart([1, 1], [5, 5], baseline=3), lambda: p_chart([1], [5], laney=True), lambda: xmr_chart([1.0]),
    lambda: xmr_chart([1.0, float("nan")]), lambda: xmr_chart([1, 2, 3], baseline=1), lambda: mann_kendall([1, 2]),
    lambda: cochran_armitage([3, 3], [2, 5]), lambda: largest_remainder([-1.0, 101.0])])
def test_impossible_series_are_refused(call):
    with pytest.raises(StatsError):
        call()


def test_trend_without_variation_is_undefined():
    assert cochran_armitage([5, 5], [5, 5]).p is None and cochran_armitage([0, 0], [5, 5]).statistic is None


def test_rounding_against_arithmetic():
    case = Case("rounding_largest_remainder")
    classes = case.given["P"], case.given["Pa"], case.given["D"]
    counts = nps_counts(*classes)
    exact = [box_share(counts, [p]).value for p in (10, 8, 0)]
    case.check("exact", exact)
    case.check("half_up_rounded_sum", sum(half_away(v) for v in exact))
    rounded = largest_remainder(exact)
    case.check("largest_remainder", rounded)
    case.check("nps_exact", nps(counts).value)
    case.check("nps_display_half_away", half_away(nps(counts).value))
    case.check("nps_from_rounded", rounded[0] - rounded[2])


def test_rounding_against_published_values():
    assert largest_remainder([12.5, 57.5, 30.0]) == [13, 57, 30]
    assert [half_away(v) for v in (12.5, 13.5, -17.5, 0.4, -0.4)] == [13, 14, -18, 0, 0]
    assert half_away(2.675, 2) == 2.68 and half_away(100 * (0.575 - 0.45)) == 13.0
    assert str(half_away(-0.04, 1)) == "0.0"
    assert largest_remainder([100 / 3] * 3) == [34, 33, 33]
    assert largest_remainder([100 / 3] * 3, 1) == [33.4, 33.3, 33.3]
    assert largest_remainder([0.0, 0.0]) == [0, 0]
