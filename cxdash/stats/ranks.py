"""Spearman's rank correlation, from respondents or from how often pairs came together."""

from __future__ import annotations

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, checked_weights, floats


def spearman(x: Values, y: Values, weights: Values | None = None) -> float | None:
    """Correlation of the (mid-)ranks over the rows that have both; weights: also how many answers a row stands for (facts.joint). None
    when one of them does not vary. Tested against R cor(method="spearman"). Raises StatsError (reason paired_length).

    >>> round(spearman([1, 2, 3, 4], [1, 3, 2, 4]), 6)
    0.8
    """
    a, b = floats(x), floats(y)
    if a.shape != b.shape:
        raise StatsError(reason="paired_length", first=int(a.size), second=int(b.size))
    w = checked_weights(weights, a.size)
    used = (w > 0) & ~np.isnan(a) & ~np.isnan(b)
    a, b, w = a[used], b[used], w[used]
    if not w.size:
        return None
    ranks = np.array([_midranks(a, w), _midranks(b, w)])
    centred = ranks - (ranks @ w / w.sum())[:, None]
    cov = (centred * w) @ centred.T
    return float(cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])) if cov[0, 0] > 0 and cov[1, 1] > 0 else None


def _midranks(values: Array, w: Array) -> Array:
    _, where = np.unique(values, return_inverse=True)
    mass = np.bincount(where, weights=w)
    return (np.cumsum(mass) - mass / 2)[where]
