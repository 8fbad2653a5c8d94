"""Shares in percent with Wilson intervals: top-2-box (CSAT), boxes, distribution; the difference of two shares.

Wilson (1927): centre (p + z²/2n)/(1 + z²/n), half width z/(1 + z²/n)·sqrt(p(1-p)/n + z²/4n²). It stays inside 0..100 and open at
0 % and 100 %. With unequal weights n is Kish's n_eff. Tested against R prop.test(correct=FALSE).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from cxdash.errors import StatsError
from cxdash.stats.bases import judged
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Z95, Difference, Figure, base_of, design_flags


def wilson(p: float, size: float) -> tuple[float, float]:
    """95 % score interval of a share p (0..1) of `size` answers, as shares.

    >>> [round(x, 5) for x in wilson(0.75, 20)], [round(x, 5) for x in wilson(0, 10)]
    ([0.5313, 0.88814], [0.0, 0.27753])
    """
    zz = Z95 * Z95
    centre = (p + zz / (2 * size)) / (1 + zz / size)
    half = Z95 / (1 + zz / size) * np.sqrt(p * (1 - p) / size + zz / (4 * size * size))
    # at the ends the bound is the end itself; the formula misses it by a rounding error
    return 0.0 if p <= 0 else float(max(0.0, centre - half)), 1.0 if p >= 1 else float(min(1.0, centre + half))


def share(x: float, n: int, n_eff: float | None = None, *, n_missing: int = 0) -> Figure:
    """x of n as a percentage with Wilson interval. Weighted: x = share·n, n_eff = Kish's effective base.

    Raises StatsError (reason share_range) unless 0 ≤ x ≤ n. n = 0 gives None.

    >>> f = share(72, 100)
    >>> f.value, round(f.ci_low, 3), round(f.ci_high, 3)
    (72.0, 62.512, 79.86)
    """
    if not 0 <= x <= n * (1 + 1e-9) or (n > 0 and n_eff is not None and not 0 < n_eff <= n * (1 + 1e-9)):
        raise StatsError(reason="share_range", x=x, n=n)
    if n == 0:
        return Figure(None, 0, method="wilson", n_missing=n_missing, base="hidden")
    size = float(n) if n_eff is None else min(float(n), n_eff)
    p = min(1.0, x / n)
    low, high = wilson(p, size)
    flat = ("zero_variance",) if p in (0.0, 1.0) else ()
    return Figure(100 * p, n, size, 100 * low, 100 * high, 100 * float(np.sqrt(p * (1 - p) / size)), "percent", "wilson", n_missing,
                  base_of(n, size), (*design_flags(n, size), *flat))


def share_of(counts: Counts, chosen: npt.NDArray[np.bool_]) -> Figure:
    """Share of the answers at the chosen points (boolean per counts.points)."""
    n = counts.size
    return share(counts.fraction(chosen) * n if n else 0.0, n, counts.n_eff if n else None, n_missing=counts.n_missing)


def top_box(counts: Counts, lo: int, hi: int, k: int = 2) -> Figure:
    """CSAT: share of the k best points of a lo..hi scale (5-point 4-5, 7-point 6-7, 0-10 9-10).

    `counts` must be oriented: high is favourable (Counts.oriented). Raises StatsError for points outside the scale or a k
    that is not at least 1 and less than the number of points.

    >>> top_box(Counts.from_values([5, 4, 4, 3, 5, 2, 4, 5, 3, 4]), 1, 5).value
    70.0
    """
    _check_box(counts, lo, hi, k)
    return share_of(counts, counts.points >= hi - k + 1)


def bottom_box(counts: Counts, lo: int, hi: int, k: int = 2) -> Figure:
    """Share of the k worst points of an oriented lo..hi scale. Errors as `top_box`.

    >>> bottom_box(Counts.from_values([5, 4, 1, 2]), 1, 5).value
    50.0
    """
    _check_box(counts, lo, hi, k)
    return share_of(counts, counts.points <= lo + k - 1)


def _check_box(counts: Counts, lo: int, hi: int, k: int) -> None:
    counts.check_scale(lo, hi)
    if not 1 <= k <= hi - lo:
        raise StatsError(reason="box_size", k=k, lo=lo, hi=hi)


def box_share(counts: Counts, points: Iterable[float]) -> Figure:
    """Share of the answers at any of the given points.

    >>> box_share(Counts.from_values([1, 2, 3, 3]), [3]).value
    50.0
    """
    return share_of(counts, np.isin(counts.points, list(points)))


def distribution(counts: Counts, points: Iterable[int]) -> Mapping[int, Figure]:
    """Share of every point of the scale, in the order given, points nobody chose included (0 % with its interval).

    Raises StatsError when an answer lies at none of the points (the shares would not add up to 100).

    >>> {p: f.value for p, f in distribution(Counts.from_values([1, 3, 3, 3]), range(1, 4)).items()}
    {1: 25.0, 2: 0.0, 3: 75.0}
    """
    order = list(points)
    if not np.isin(counts.points, order).all():
        raise StatsError(reason="out_of_scale", lo=min(order), hi=max(order))
    return {p: share_of(counts, counts.points == p) for p in order}


def share_difference(a: Figure, b: Figure, *, base_rule: bool = True) -> Difference:
    """Share a minus share b of two groups without common respondents, percentage points.

    p: two-proportion z with the pooled share (R prop.test without correction). Interval: Wald with both samples' own variances;
    Newcombe's (1998) hybrid of the Wilson bounds where a share is 0 or 100 %, as Wald's would pretend certainty there.
    With unequal weights n_eff replaces n.

    >>> d = share_difference(share(72, 100), share(58, 100))
    >>> round(d.value, 6), round(d.p, 5), round(d.ci_low, 2), round(d.ci_high, 2)
    (14.0, 0.03794, 0.92, 27.08)
    """
    bases = [(a.n, a.n_eff), (b.n, b.n_eff)]
    if a.value is None or b.value is None:
        hidden = a.n > 0 and b.n > 0
        return Difference(None, method="wald", flags=("base_hidden" if hidden else "undefined",))
    p1, p2, n1, n2 = a.value / 100, b.value / 100, a.n_eff, b.n_eff
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    se0 = np.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n1 + 1 / n2))
    p = float(2 * ndtr(-abs(p1 - p2) / se0)) if se0 > 0 else 1.0  # both 0 % or both 100 %: no sign of a difference
    if 0 < p1 < 1 and 0 < p2 < 1:
        half = Z95 * float(np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2))
        method, low, high = "wald", p1 - p2 - half, p1 - p2 + half
    else:
        (l1, u1), (l2, u2) = wilson(p1, n1), wilson(p2, n2)
        method, low, high = "newcombe", p1 - p2 - np.hypot(p1 - l1, u2 - p2), p1 - p2 + np.hypot(u1 - p1, p2 - l2)
    return judged(100 * (p1 - p2), 100 * max(-1.0, float(low)), 100 * min(1.0, float(high)), p, bases, method, base_rule=base_rule)


def share_sample_size(p: float, margin: float) -> float:
    """Answers needed (round up) for a 95 % interval of ± margin percentage points around an expected share p (0..1): z²p(1-p)/margin².

    >>> round(share_sample_size(0.5, 3))
    1067
    """
    if not 0 <= p <= 1 or margin <= 0:
        raise StatsError(reason="sample_size_goal")
    return float(1e4 * Z95**2 * p * (1 - p) / margin**2)
