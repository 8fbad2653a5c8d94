"""Index formulas in the style of public indices. The names are their owners' marks, so screens say "-style" (methods.md section 2)."""

from __future__ import annotations

from collections.abc import Sequence

from cxdash.errors import StatsError
from cxdash.stats.counts import checked_weights, floats

KCSI_WEIGHTS = (0.3, 0.5, 0.2)  # overall, elements, repurchase; 40/40/20 in 2002: a trend break


def acsi_style(means: Sequence[float | None], weights: Sequence[float] | None = None, *, lo: float = 1, hi: float = 10) -> float | None:
    """ACSI-style index: 100·Σw(x̄ - lo)/((hi - lo)·Σw) of item means (three items on 1-10); equal weights unless supplied.

    None when any mean is missing. Raises StatsError for means outside the scale or bad weights.

    >>> round(acsi_style([8.2, 7.6, 7.4], [0.3885, 0.3190, 0.2925]), 4)
    75.2733
    """
    if not means or any(m is None for m in means):
        return None
    x = floats(means)
    w = checked_weights(weights, x.size)
    if not (w > 0).any():
        raise StatsError(reason="weights_none")
    if (x < lo).any() or (x > hi).any():
        raise StatsError(reason="out_of_scale", lo=lo, hi=hi, lowest=float(x.min()), highest=float(x.max()))
    return float(100 * (w * (x - lo)).sum() / ((hi - lo) * w.sum()))


def kcsi_style(overall: float | None, elements: float | None, repurchase: float | None) -> float | None:
    """KCSI-style index: .30 overall + .50 element composite + .20 repurchase, each a 7-point top-2 % (not a 100-point mean).

    None when any part is missing. Raises StatsError for a part outside 0-100.

    >>> round(kcsi_style(52, 48, 60), 6)
    51.6
    """
    if overall is None or elements is None or repurchase is None:
        return None
    parts = (overall, elements, repurchase)
    if min(parts) < 0 or max(parts) > 100:
        raise StatsError(reason="out_of_scale", lo=0, hi=100, lowest=min(parts), highest=max(parts))
    return sum(w * p for w, p in zip(KCSI_WEIGHTS, parts, strict=True))
