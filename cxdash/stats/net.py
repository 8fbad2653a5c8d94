"""Net shares: 100·(share of one class - share of another, of three). NPS and net easy are both this one estimate.

The classes exclude each other, so their shares depend negatively: variance per respondent 10⁴[p + m - (p - m)²], not the sum
of two binomial variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxdash.stats.counts import Counts
from cxdash.stats.figure import Z95, Figure, base_of, design_flags

Method = Literal["adj3", "wald", "agresti_min", "tango"]
_PSEUDO = {"wald": (0.0, 0.0), "adj3": (0.75, 3.0), "agresti_min": (0.5, 2.0)}  # added to each outer class, and to n


@dataclass(frozen=True)
class Net:
    """value in points (None without answers), shares 0..1 of the plus and minus class, sizes, standard error in points or None."""

    value: float | None
    plus: float
    minus: float
    n: int
    n_eff: float
    se: float | None
    n_missing: int = 0


@dataclass(frozen=True)
class Adjusted:
    """Centre and standard error in points after adding pseudo-observations."""

    centre: float
    se: float


def net_of(counts: Counts, plus_from: float, minus_to: float) -> Net:
    """Plus: points ≥ plus_from; minus: points ≤ minus_to. se: σ/√n unweighted, linearised (R svymean) with unequal weights."""
    n, n_eff = counts.size, counts.n_eff
    if n == 0:
        return Net(None, 0.0, 0.0, 0, 0.0, None, counts.n_missing)
    plus, minus = counts.points >= plus_from, counts.points <= minus_to
    p, m = counts.fraction(plus), counts.fraction(minus)
    value = max(-100.0, min(100.0, 100 * float(counts.w[plus].sum() - counts.w[minus].sum()) / float(counts.w.sum())))
    if n_eff >= n:
        se: float | None = adjusted(p, m, n, "wald").se
    else:
        g = 100.0 * plus - 100.0 * minus
        spread = float((counts.w2 * (g - 100 * (p - m)) ** 2).sum())
        se = float(np.sqrt(n / (n - 1) * spread) / counts.w.sum()) if n > 1 else None
    return Net(value, p, m, n, n_eff, se, counts.n_missing)


def adjusted(plus: float, minus: float, size: float, method: Method = "adj3") -> Adjusted:
    """Centre and SE in points with pseudo-observations: adj3 adds ¾ + 1½ + ¾ (Rocks 2016), agresti_min ½ + 1 + ½ (2005).

    >>> a = adjusted(0.5, 0.2, 100)
    >>> round(a.centre, 3), round(a.se, 3)
    (29.126, 7.692)
    """
    outer, total = _PSEUDO[method]
    n = size + total
    p, m = (plus * size + outer) / n, (minus * size + outer) / n
    return Adjusted(100 * (p - m), 100 * float(np.sqrt(max(0.0, p + m - (p - m) ** 2) / n)))


def tango(plus: float, minus: float, size: float) -> tuple[float, float]:
    """Score interval in points by inverting Tango's (1998) test of a paired difference (plus - minus)/n.

    >>> [round(x, 3) for x in tango(0.5, 0.2, 100)]
    [13.955, 44.339]
    """
    value = plus - minus

    def z(theta: float) -> float:
        b, c = plus * size, minus * size
        k1 = -b - c + (2 * size - b + c) * theta
        k0 = -c * theta * (1 - theta)
        q = (np.sqrt(max(0.0, k1 * k1 - 8 * size * k0)) - k1) / (4 * size)
        variance = size * (2 * q + theta * (1 - theta))
        gap = b - c - size * theta
        return float(gap / np.sqrt(variance)) if variance > 0 else float(np.sign(gap)) * np.inf if gap else 0.0

    def solve(inside: float, outside: float, goal: float) -> float:
        for _ in range(80):  # bisection: the statistic falls with theta
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if abs(z(middle)) < goal else (inside, middle)
        return 100 * inside

    return solve(value, -1.0, Z95), solve(value, 1.0, Z95)


def net_interval(net: Net, method: Method = "adj3") -> tuple[float, float] | None:
    """Two-sided 95 % interval in points; clipped to ±100 except "wald", which is the bare textbook one. None without answers."""
    if net.n == 0:
        return None
    if method == "tango":
        return tango(net.plus, net.minus, net.n_eff)
    a = adjusted(net.plus, net.minus, net.n_eff, method)
    if method == "wald":
        return (a.centre - Z95 * net.se, a.centre + Z95 * net.se) if net.se is not None else None
    return max(-100.0, a.centre - Z95 * a.se), min(100.0, a.centre + Z95 * a.se)


def net_figure(net: Net, method: Method = "adj3") -> Figure:
    """The unadjusted net share with its interval, unit points."""
    low, high = net_interval(net, method) or (None, None)
    flat = ("zero_variance",) if net.n and max(net.plus, net.minus, 1 - net.plus - net.minus) > 1 - 1e-12 else ()
    return Figure(net.value, net.n, net.n_eff, low, high, net.se, "points", method, net.n_missing, base_of(net.n, net.n_eff),
                  (*design_flags(net.n, net.n_eff), *flat))
