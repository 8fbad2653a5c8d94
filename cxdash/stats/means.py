"""Means and 100-point scores with t intervals; Welch's difference of two means.

Mean μ = Σwx/Σw; SE = sqrt( n/(n-1) · Σ(w(x-μ))² )/Σw, the linearised one of R survey's svymean, which is s/√n when all weights are
equal; interval μ ± t(n-1)·SE, cut at the ends of the scale. Tested against R t.test.
"""

from __future__ import annotations

from scipy.special import stdtr, stdtrit

from cxdash.errors import StatsError
from cxdash.stats.bases import judged
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure, Unit, base_of, design_flags

Sums = Counts | Moments


def _moments(data: Sums, lo: float | None, hi: float | None) -> Moments:
    m = data.moments() if isinstance(data, Counts) else data
    if lo is not None and hi is not None:
        if not lo < hi:
            raise StatsError(reason="scale_bounds", lo=lo, hi=hi)
        if isinstance(data, Counts):
            data.check_scale(lo, hi)
        slack = 1e-9 * (hi - lo)
        if m.mean is not None and not lo - slack <= m.mean <= hi + slack:
            raise StatsError(reason="out_of_scale", lo=lo, hi=hi, lowest=m.mean, highest=m.mean)
    return m


def _figure(m: Moments, unit: Unit, lo: float | None, hi: float | None) -> Figure:
    value, se, low, high = m.mean, m.se, None, None
    flags = design_flags(m.n, m.n_eff)
    if value is not None and lo is not None and hi is not None:
        value = min(max(value, lo), hi)
    if m.n > 1 and m.zero_variance:
        flags = (*flags, "zero_variance")
    if value is not None and se is not None:
        half = float(stdtrit(m.n - 1, 0.975)) * se
        low = value - half if lo is None else max(lo, value - half)
        high = value + half if hi is None else min(hi, value + half)
    return Figure(value, m.n, m.n_eff, low, high, se, unit, "t", m.n_missing, base_of(m.n, m.n_eff), flags)


def mean(data: Sums, *, lo: float | None = None, hi: float | None = None) -> Figure:
    """Mean in scale points. n = 1: a value without interval; all answers equal: width 0 and the flag zero_variance (do not print ± 0).

    lo, hi: the ends of the scale, where the interval is cut. Raises StatsError for answers outside them.

    >>> f = mean(Counts.from_values([5, 4, 4, 3, 5, 2, 4, 5, 3, 4]))
    >>> f.value, round(f.ci_low, 5), round(f.ci_high, 5)
    (3.9, 3.18863, 4.61137)
    """
    return _figure(_moments(data, lo, hi), "mean", lo, hi)


def score100(data: Sums, lo: float = 0, hi: float = 100) -> Figure:
    """100-point mean S = 100(x̄ - lo)/(hi - lo) with the interval converted alike. `data` must be oriented: high is favourable.

    Moments that facts has put on 0-100 already are taken with the default ends. Errors as `mean`.

    >>> f = score100(Counts.from_values([5, 4, 4, 3, 5, 2, 4, 5, 3, 4]), 1, 5)
    >>> round(f.value, 9), round(f.ci_low, 1), round(f.ci_high, 1)
    (72.5, 54.7, 90.3)
    """
    m = _moments(data, lo, hi)
    return _figure(m.affine(-100.0 * lo / (hi - lo), 100.0 / (hi - lo)) if (lo, hi) != (0, 100) else m, "score100", 0.0, 100.0)


def mean_difference(a: Sums, b: Sums, *, base_rule: bool = True) -> Difference:
    """Mean of a minus mean of b, two groups without common respondents: Welch's t, unequal variances, interval included.

    df = (SEa² + SEb²)²/(SEa⁴/(na-1) + SEb⁴/(nb-1)). p None when a group has one answer or neither varies.

    >>> d = mean_difference(Counts.from_values([5, 4, 4, 3, 5]), Counts.from_values([2, 3, 2, 4]), base_rule=False)
    >>> round(d.value, 2), round(d.p, 4)
    (1.45, 0.0537)
    """
    return _welch(_moments(a, None, None), _moments(b, None, None), base_rule)


def score100_difference(a: Sums, b: Sums, lo: float = 0, hi: float = 100, *, base_rule: bool = True) -> Difference:
    """Difference of two 100-point means of one oriented lo..hi scale; otherwise as `mean_difference`.

    >>> score100_difference(Counts.from_values([5, 4]), Counts.from_values([3, 4]), 1, 5, base_rule=False).value
    25.0
    """
    x, y = (_moments(d, lo, hi).affine(-100.0 * lo / (hi - lo), 100.0 / (hi - lo)) for d in (a, b))
    return _welch(x, y, base_rule)


def _welch(a: Moments, b: Moments, base_rule: bool) -> Difference:
    bases = [(a.n, a.n_eff), (b.n, b.n_eff)]
    if a.mean is None or b.mean is None:
        return judged(None, None, None, None, bases, "welch")
    value = a.mean - b.mean
    if a.se is None or b.se is None or a.se == b.se == 0:
        return judged(value, None, None, None, bases, "welch", base_rule=base_rule)
    va, vb = a.se**2, b.se**2
    se = (va + vb) ** 0.5
    # shares of the variance, so that tiny variances do not underflow when squared
    fa, fb = va / (va + vb), vb / (va + vb)
    df = 1 / (fa * fa / (a.n - 1) + fb * fb / (b.n - 1))
    half = float(stdtrit(df, 0.975)) * se
    return judged(value, value - half, value + half, float(2 * stdtr(df, -abs(value) / se)), bases, "welch", base_rule=base_rule)
