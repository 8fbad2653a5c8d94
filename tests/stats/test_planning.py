"""The sample planner's arithmetic against the intervals it plans for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts
from cxdash.stats.net import Net, net_figure
from cxdash.stats.nps import nps, nps_sample
from cxdash.stats.planning import MARGIN, forecast, net_needed, share_needed
from cxdash.stats.shares import share


def sample(promoters: int, passives: int, detractors: int) -> Counts:
    return Counts.from_values([10] * promoters + [8] * passives + [3] * detractors)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
@example(2, 0, 149)
@example(19, 2, 19)
@example(5, 3, 398)  # nearly all agree: +3 widens the interval of a hundred answers to 5.9
def test_as_many_answers_of_the_same_kind_have_an_interval_of_five_points(p: int, q: int, d: int) -> None:
    if p + q + d < 30:
        return
    needed = net_needed(nps_sample(sample(p, q, d)))
    n = p + q + d
    plus, minus = (p + 0.75) / (n + 3), (d + 0.75) / (n + 3)  # what is planned for
    figure = net_figure(Net(0.0, plus, minus, needed, float(needed), None))
    assert figure.ci_low is not None and figure.ci_high is not None
    assert (figure.ci_high - figure.ci_low) / 2 <= MARGIN * 1.01
    assert 100 <= needed <= 1537


def test_the_plan_is_what_the_real_interval_becomes() -> None:
    small = nps(sample(50, 30, 20))
    assert small.ci_high - small.ci_low > 2 * MARGIN
    needed = net_needed(nps_sample(sample(5000, 3000, 2000)))
    assert needed == 938  # the reference of methods.md: 937.0 before rounding up
    big = nps(sample(round(needed * 0.5), round(needed * 0.3), round(needed * 0.2)))
    assert (big.ci_high - big.ci_low) / 2 == pytest.approx(MARGIN, abs=0.05)


@given(st.integers(0, 500), st.integers(30, 500))
def test_a_share_of_as_many_answers_has_an_interval_of_five_points(hits: int, n: int) -> None:
    hits = min(hits, n)
    needed = share_needed(hits / n, n)
    figure = share(hits / n * needed, needed)
    assert (figure.ci_high - figure.ci_low) / 2 <= MARGIN * 1.01 and 100 <= needed <= 385


def test_without_answers_the_widest_spread_is_planned_for() -> None:
    assert (net_needed(None), net_needed(nps_sample(sample(0, 0, 0))), share_needed(None), share_needed(0.9, 0)) == (1537, 1537, 385, 385)
    assert net_needed(nps_sample(sample(0, 30, 0))) == 100, "thirty who agree do not prove that everybody does"


def test_half_the_margin_takes_four_times_the_answers() -> None:
    net = nps_sample(sample(500, 300, 200))
    assert net_needed(net, 2.5) == pytest.approx(4 * net_needed(net, 5), abs=4)
    for wrong in (0, -1):
        with pytest.raises(StatsError):
            net_needed(net, wrong)
        with pytest.raises(StatsError):
            share_needed(0.5, 100, wrong)


def test_forecast_goes_on_as_lately() -> None:
    assert forecast(100, 35, 7.0, 4.0) == pytest.approx(120)
    assert forecast(100, 0, 7.0, 4.0) == 100 and forecast(100, 35, 7.0, -3.0) == 100
    assert forecast(3, 3, 0.99, 10) is None and forecast(3, 3, 1.0, 10) == 33
    assert np.isfinite(forecast(0, 0, 1.0, 0.0))
    with pytest.raises(StatsError):
        forecast(-1, 0, 3, 3)
