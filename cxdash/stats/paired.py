"""The same respondents measured twice: differences within persons, paired t."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from cxdash.errors import StatsError
from cxdash.stats.bases import judged
from cxdash.stats.counts import Moments, Values, checked_finite, floats
from cxdash.stats.figure import Difference


@dataclass(frozen=True)
class Paired:
    """Mean within-person difference with its test. t, df, p: bare arithmetic; `difference` has passed the base rule."""

    difference: Difference
    n: int
    t: float | None
    df: int
    p: float | None


def paired(a: Values, b: Values, weights: Values | None = None, *, base_rule: bool = True) -> Paired:
    """Mean of a - b over the respondents who have both, t = mean/SE on n-1 degrees of freedom (R t.test(paired=TRUE)).

    a, b: (n,) of the same people in the same order. Weighted: linearised SE. p and interval None when n < 2 or all differences
    are equal. Raises StatsError for unequal lengths or bad weights.

    >>> r = paired([7, 6, 5, 4], [6, 6, 6, 6], base_rule=False)
    >>> r.difference.value, r.df, round(r.t, 4)
    (-0.5, 3, -0.7746)
    """
    x, y = floats(a), floats(b)
    if x.shape != y.shape:
        raise StatsError(reason="paired_length", first=int(x.size), second=int(y.size))
    return paired_moments(Moments.from_values(checked_finite(x) - checked_finite(y), weights), base_rule=base_rule)


def paired_moments(m: Moments, *, base_rule: bool = True) -> Paired:
    """`paired` from the moments of the differences within respondents (facts.joint of both ratings, `Moments.from_sums`).

    >>> paired_moments(Moments.from_values([1.0, 0.0, -1.0, -2.0]), base_rule=False).difference.value
    -0.5
    """
    df, mean, se = max(0, m.n - 1), m.mean, m.se
    if mean is None or not se:
        return Paired(judged(mean, None, None, None, [(m.n, m.n_eff)], "paired_t", base_rule=base_rule), m.n, None, df, None)
    t = mean / se
    p = float(2 * stdtr(df, -abs(t)))
    half = float(stdtrit(df, 0.975)) * se
    return Paired(judged(mean, mean - half, mean + half, p, [(m.n, m.n_eff)], "paired_t", base_rule=base_rule), m.n, float(t), df, p)
