"""Net Promoter Score: 100·(share of 9-10 - share of 0-6) of an 11-point 0-10 item, -100..100 (methods.md section 1).

Interval: adjusted Wald +3 (Rocks 2016, The American Statistician), printed with the unadjusted NPS. Tested against CRAN NPS 1.1 and
PropCIs 0.3. Everything assumes simple random sampling of those who answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.special import ndtr, ndtri

from cxdash.errors import StatsError
from cxdash.stats.bases import judged
from cxdash.stats.counts import Counts, Values, floats
from cxdash.stats.figure import Z95, Difference, Figure
from cxdash.stats.net import Adjusted, Method, Net, adjusted, net_figure, net_of
from cxdash.stats.paired import paired
from cxdash.stats.shares import share_of
from cxdash.terms import Scale

PROMOTER_FROM, DETRACTOR_TO = 9, 6
METHODS = ("adj3", "wald", "agresti_min", "tango")


@dataclass(frozen=True)
class NpsClasses:
    """Shares of promoters (9-10), passives (7-8) and detractors (0-6) in percent, Wilson intervals, one base."""

    promoters: Figure
    passives: Figure
    detractors: Figure


def nps_counts(promoters: int, passives: int, detractors: int) -> Counts:
    """Counts of three classes as answers 10, 8 and 0, for planning and for published tables.

    >>> nps(nps_counts(50, 30, 20)).value
    30.0
    """
    return Counts.from_tally([10, 8, 0], [promoters, passives, detractors])


def _net(counts: Counts, scale: Scale | None) -> Net:
    if scale is not None and not scale.is_nps:
        raise StatsError(reason="nps_scale", lo=scale.lo, hi=scale.hi)
    counts.check_scale(0, 10)
    if (counts.points % 1 != 0).any():
        raise StatsError(reason="nps_points_not_whole")
    return net_of(counts, PROMOTER_FROM, DETRACTOR_TO)


def nps(counts: Counts, *, method: Method = "adj3", scale: Scale | None = None) -> Figure:
    """NPS in points with a 95 % interval.

    se: σ/√n with σ² = 10⁴[p + d - (p - d)²]; with unequal weights the linearised standard error. Intervals with unequal weights use
    Kish's n_eff in place of n ("wald": the linearised se). methods "adj3" (default), "wald" (unclipped, width 0 when all are in
    one class), "agresti_min", "tango". None everywhere when nobody answered.
    Raises StatsError: nps_scale (not a 0-10 item with high favourable), out_of_scale, nps_points_not_whole.

    >>> f = nps(nps_counts(50, 30, 20))
    >>> f.value, round(f.ci_low, 3), round(f.ci_high, 3), f.n
    (30.0, 14.051, 44.201, 100)
    """
    return net_figure(_net(counts, scale), method)


def nps_classes(counts: Counts, *, scale: Scale | None = None) -> NpsClasses:
    """Shares of the three classes; each with a Wilson interval on the same base. Errors as `nps`.

    >>> nps_classes(nps_counts(50, 30, 20)).passives.value
    30.0
    """
    _net(counts, scale)
    p = counts.points
    promoter, detractor = p >= PROMOTER_FROM, p <= DETRACTOR_TO
    return NpsClasses(share_of(counts, promoter), share_of(counts, ~promoter & ~detractor), share_of(counts, detractor))


def nps_difference(a: Counts, b: Counts, *, method: Method = "adj3", base_rule: bool = True) -> Difference:
    """NPS of a minus NPS of b, two groups without common respondents (the same people twice: `nps_paired`).

    value is the raw difference; interval and p come from the adjusted one: z = (NPS'a - NPS'b)/sqrt(SE'a² + SE'b²) with +3 in each
    sample ("wald": nothing added). Tested against CRAN NPS 1.1 and brendan-r/NPS. Untested under n_eff 30, empty under 10.

    >>> d = nps_difference(nps_counts(50, 30, 20), nps_counts(40, 35, 25))
    >>> d.value, round(d.p, 5), round(d.ci_low, 2), round(d.ci_high, 2)
    (15.0, 0.18331, -6.89, 36.01)
    """
    return net_difference(nps_sample(a), nps_sample(b), method=method, base_rule=base_rule)


def nps_sample(counts: Counts) -> Net:
    """What `net_difference` needs of one group, counted once where many pairs are compared. Errors as `nps`."""
    return _net(counts, None)


def net_difference(first: Net, second: Net, *, method: Method = "adj3", base_rule: bool = True) -> Difference:
    """`nps_difference` of two groups already counted.

    >>> net_difference(nps_sample(nps_counts(50, 30, 20)), nps_sample(nps_counts(40, 35, 25))).value
    15.0
    """
    if method not in ("adj3", "wald"):
        raise StatsError(reason="nps_difference_method", method=method)
    bases = [(first.n, first.n_eff), (second.n, second.n_eff)]
    if first.value is None or second.value is None:
        return judged(None, None, None, None, bases, method)
    x, y = _centre(first, method), _centre(second, method)
    delta, se = x.centre - y.centre, float(np.hypot(x.se, y.se))
    p = float(2 * ndtr(-abs(delta) / se)) if se > 0 else None
    low, high = max(-200.0, delta - Z95 * se), min(200.0, delta + Z95 * se)
    return judged(first.value - second.value, low, high, p, bases, method, base_rule=base_rule)


def _centre(net: Net, method: Method) -> Adjusted:
    if method == "wald" and net.se is not None:
        return Adjusted(100 * (net.plus - net.minus), net.se)
    return adjusted(net.plus, net.minus, net.n_eff, method)


def nps_paired(after: Values, before: Values, weights: Values | None = None, *, base_rule: bool = True) -> Difference:
    """Change of NPS among the same respondents asked twice: paired t on the difference of their +100/0/-100 scores.

    after, before: (n,) points 0-10 of the same people in the same order; rows with either missing are left out.

    >>> nps_paired([10] * 20 + [7] * 20, [7] * 20 + [7] * 20).value
    50.0
    """
    return paired(_scores(after), _scores(before), weights, base_rule=base_rule).difference


def _scores(points: Values) -> np.ndarray:
    x = floats(points)
    _net(Counts.from_values(x), None)
    return np.where(np.isnan(x), np.nan, 100.0 * (x >= PROMOTER_FROM) - 100.0 * (x <= DETRACTOR_TO))


def nps_sample_size(promoters: float, detractors: float, *, margin: float | None = None, difference: float | None = None,
                    power: float = 0.8) -> float:
    """Answers needed (round up), from expected shares 0..1: for a 95 % interval of ± `margin` points, or per group to detect
    `difference` points with the given power: n = z²σ²/margin², or 2(z + z_power)²σ²/difference².

    Raises StatsError unless exactly one of margin and difference is given, positive, and the shares are possible.

    >>> round(nps_sample_size(0.5, 0.2, margin=5)), round(nps_sample_size(0.5, 0.2, difference=10))
    (937, 958)
    """
    if not (min(promoters, detractors) >= 0 and promoters + detractors <= 1 + 1e-12 and 0 < power < 1):
        raise StatsError(reason="sample_size_shares")
    goal = margin if difference is None else difference
    if (margin is None) == (difference is None) or goal is None or not 0 < goal < inf:
        raise StatsError(reason="sample_size_goal")
    variance = 1e4 * (promoters + detractors - (promoters - detractors) ** 2)
    factor = Z95**2 if difference is None else 2 * (Z95 + float(ndtri(power))) ** 2
    return float(factor * variance / goal**2)
