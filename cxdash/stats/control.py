"""Control charts and trends of tracked figures (methods.md section 8). Signals: one point beyond 3σ, eight in a row on one side.

The baseline is frozen: `baseline` periods from the start (≥ 8, better 20) set centre and spread, so that a suspect point does not
widen its own limits. Rolling averages must not be charted: neighbours share their data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtr

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, floats

RUN = 8
BASELINE_MIN = 8
MR_D2 = 1.128  # mean moving range of two normal values, in σ
XMR, XMR_UPPER = 2.66, 3.267


@dataclass(frozen=True)
class ControlChart:
    """values and limits per period in the chart's unit; signals: indices of periods out of control.

    beyond: outside the limits; runs: in a run of at least eight on one side of the centre. sigma: Laney's σ_z, or None.
    flags: "baseline_short" (centre from under eight periods).
    """

    values: tuple[float, ...]
    centre: float
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    z: tuple[float | None, ...]
    beyond: tuple[int, ...]
    runs: tuple[int, ...]
    sigma: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class XmrChart:
    """Individuals chart with the mean moving range and its upper limit."""

    chart: ControlChart
    mr_mean: float
    mr_upper: float


@dataclass(frozen=True)
class Trend:
    """A trend test: statistic (χ² or Kendall's τ) and two-sided p; None when nothing varies."""

    statistic: float | None
    p: float | None
    method: str


def _columns(*columns: Sequence[float], least: int = 1) -> list[Array]:
    arrays = [floats(c) for c in columns]
    if len({a.shape for a in arrays}) != 1 or arrays[0].size < least:
        raise StatsError(reason="chart_length", found=[int(a.size) for a in arrays], least=least)
    if not all(np.isfinite(a).all() for a in arrays):
        raise StatsError(reason="chart_values")
    return arrays


def _chart(values: Array, centre: float, se: Array, periods: int, ends: tuple[float, float], sigma: float | None = None) -> ControlChart:
    lower, upper = np.maximum(ends[0], centre - 3 * se), np.minimum(ends[1], centre + 3 * se)
    slack = _slack(centre)
    beyond = [i for i, v in enumerate(values) if v < lower[i] - slack or v > upper[i] + slack]
    z = tuple(float((v - centre) / s) if s > 0 else None for v, s in zip(values, se, strict=True))
    short = ("baseline_short",) if periods < BASELINE_MIN else ()
    return ControlChart(tuple(map(float, values)), centre, tuple(map(float, lower)), tuple(map(float, upper)), z, tuple(beyond),
                        tuple(_runs(values, centre)), sigma, short)


def _slack(centre: float) -> float:
    """How far from the centre a value may be by rounding alone: the mean of equal values is seldom exactly their value."""
    return 1e-9 * max(1.0, abs(centre))


def _runs(values: Array, centre: float) -> list[int]:
    """Indices from the eighth point on of every run on one side."""
    signals, length, before = [], 0, 0.0
    off = values - centre
    for i, side in enumerate(np.where(np.abs(off) <= _slack(centre), 0.0, np.sign(off))):
        length = length + 1 if side and side == before else int(side != 0)
        before = side
        if length >= RUN:
            signals.append(i)
    return signals


def _periods(baseline: int | None, size: int) -> int:
    if baseline is not None and not 1 <= baseline <= size:
        raise StatsError(reason="chart_baseline", baseline=baseline, periods=size)
    return size if baseline is None else baseline


def nps_chart(n: Sequence[float], promoters: Sequence[float], detractors: Sequence[float], *, baseline: int | None = None) -> ControlChart:
    """NPS per period in points; centre θ from the baseline's pooled shares p, d; limits θ ± 3·100·sqrt((p + d - (p-d)²)/n_t).

    n, promoters, detractors: counts per period. Raises StatsError for impossible counts, empty periods or unequal lengths.

    >>> c = nps_chart([100, 120, 80, 150, 90, 110], [50, 55, 42, 70, 30, 52], [20, 25, 18, 30, 40, 22])
    >>> round(c.centre, 5), c.beyond, round(c.z[4], 3)
    (22.15385, (4,), -3.916)
    """
    size, plus, minus = _columns(n, promoters, detractors)
    if (size <= 0).any() or (plus < 0).any() or (minus < 0).any() or (plus + minus > size).any():
        raise StatsError(reason="chart_counts")
    used = _periods(baseline, size.size)
    p, m = plus[:used].sum() / size[:used].sum(), minus[:used].sum() / size[:used].sum()
    se = 100 * np.sqrt(max(0.0, p + m - (p - m) ** 2) / size)
    return _chart(100 * (plus - minus) / size, float(100 * (p - m)), se, used, (-100.0, 100.0))


def p_chart(x: Sequence[float], n: Sequence[float], *, baseline: int | None = None, laney: bool = False) -> ControlChart:
    """Share per period (0..1): p̄ ± 3·sqrt(p̄(1-p̄)/n_t). laney=True multiplies by σ_z = mean moving range of z / 1.128 (Laney 2002),
    for large n, where plain limits flag almost every period.

    >>> c = p_chart([45, 60, 32, 70, 20, 55], [100, 120, 80, 150, 90, 110])
    >>> round(c.centre, 5), c.beyond
    (0.43385, (4,))
    """
    hits, size = _columns(x, n, least=2 if laney else 1)
    if (size <= 0).any() or (hits < 0).any() or (hits > size).any():
        raise StatsError(reason="chart_counts")
    used = _periods(baseline, size.size)
    p = hits[:used].sum() / size[:used].sum()
    se, sigma = np.sqrt(p * (1 - p) / size), None
    if laney and p * (1 - p) > 0 and used > 1:
        z = (hits / size - p)[:used] / se[:used]
        sigma = float(np.abs(np.diff(z)).mean() / MR_D2)
        se = se * sigma
    return _chart(hits / size, float(p), se, used, (0.0, 1.0), sigma)


def xmr_chart(values: Sequence[float], *, baseline: int | None = None) -> XmrChart:
    """Individuals and moving range: x̄ ± 2.66·MR̄, upper range limit 3.267·MR̄ (Shewhart; Wheeler). For at least eight equal periods.

    >>> c = xmr_chart([31, 28, 35, 30, 27, 33, 29, 36, 32, 30])
    >>> round(c.chart.centre, 1), round(c.chart.lower[0], 3), round(c.chart.upper[0], 3)
    (31.1, 18.982, 43.218)
    """
    (x,) = _columns(values, least=2)
    used = _periods(baseline, x.size)
    if used < 2:
        raise StatsError(reason="chart_baseline", baseline=used, periods=int(x.size))
    mr = float(np.abs(np.diff(x[:used])).mean())
    chart = _chart(x, float(x[:used].mean()), np.full(x.size, XMR * mr / 3), used, (-np.inf, np.inf))
    return XmrChart(chart, mr, XMR_UPPER * mr)


def mann_kendall(values: Sequence[float]) -> Trend:
    """Mann-Kendall trend: Kendall's τ-b against time; p from the normal limit with ties, without continuity correction.

    >>> t = mann_kendall([31, 28, 35, 30, 27, 33, 29, 36, 32, 30])
    >>> round(t.statistic, 5), round(t.p, 5)
    (0.08989, 0.71944)
    """
    (x,) = _columns(values, least=3)
    n = x.size
    s = float(sum(np.sign(x[i + 1 :] - x[i]).sum() for i in range(n - 1)))
    ties = np.unique(x, return_counts=True)[1].astype(np.float64)
    pairs, tied = n * (n - 1) / 2, float((ties * (ties - 1)).sum() / 2)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    if pairs == tied:
        return Trend(None, None, "mann_kendall")
    return Trend(s / float(np.sqrt(pairs * (pairs - tied))), float(2 * ndtr(-abs(s) / np.sqrt(variance))), "mann_kendall")


def cochran_armitage(x: Sequence[float], n: Sequence[float]) -> Trend:
    """Trend of a share over ordered periods (scores 1, 2, …), χ² on one degree of freedom; equal to R prop.trend.test.

    >>> t = cochran_armitage([50, 55, 42, 70, 30, 52], [100, 120, 80, 150, 90, 110])
    >>> round(t.statistic, 5), round(t.p, 5)
    (1.40991, 0.23507)
    """
    hits, size = _columns(x, n, least=2)
    if (size <= 0).any() or (hits < 0).any() or (hits > size).any():
        raise StatsError(reason="chart_counts")
    p, score = hits.sum() / size.sum(), np.arange(size.size, dtype=np.float64)
    score -= (size * score).sum() / size.sum()
    spread = p * (1 - p) * (size * score**2).sum()
    if spread <= 0:
        return Trend(None, None, "cochran_armitage")
    statistic = float((score * (hits - size * p)).sum() ** 2 / spread)
    return Trend(statistic, float(chdtrc(1, statistic)), "cochran_armitage")
