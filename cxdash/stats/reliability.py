"""Cronbach's alpha of the items of an index (methods.md section 3), from arrays or from additive sums.

α = k/(k-1)·(1 - Σs²_j/s²_total), items on the 0-100 scale, listwise. Tested against R psych 2.2.9 alpha().
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, checked_finite, checked_weights

N_MIN = 30
Band = Literal["undefined", "unusable", "caution", "fine", "redundant"]


@dataclass(frozen=True)
class Alpha:
    """Reliability of k items over n respondents.

    raw, standardised (from the mean correlation); spearman_brown 2r/(1+r) for two items only; all None when undefined: fewer than
    two items, fewer than 30 respondents, an item or the sum without variance. `value` is the one to show.
    band: < .6 unusable (do not publish the index), < .7 caution, ≤ .95 fine, above redundant.
    if_dropped, item_total: per item, alpha without it and its correlation with the sum of the others.
    flags: "alpha_negative" (an item is reversed: block the index), "zero_variance", "few_items", "few_answers".
    """

    raw: float | None
    standardised: float | None
    spearman_brown: float | None
    n: int
    k: int
    if_dropped: tuple[float | None, ...] = ()
    item_total: tuple[float | None, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def value(self) -> float | None:
        return self.spearman_brown if self.k == 2 else self.raw

    @property
    def band(self) -> Band:
        v = self.value
        return "undefined" if v is None else "unusable" if v < 0.6 else "caution" if v < 0.7 else "fine" if v <= 0.95 else "redundant"


def alpha(items: npt.NDArray[np.float64], weights: Values | None = None, *, minimum: int = N_MIN) -> Alpha:
    """Alpha of (n, k) items on one scale (0-100); rows with a missing item are left out.

    >>> x = np.array([[1.0, 2.0], [2.0, 2.0], [3.0, 5.0], [4.0, 4.0]])
    >>> round(alpha(x, minimum=4).raw, 4), alpha(x).flags
    (0.8675, ('few_answers',))
    """
    x = np.asarray(items, dtype=np.float64)
    if x.ndim != 2:
        raise StatsError(reason="items_shape")
    w = checked_weights(weights, x.shape[0])
    used = (w > 0) & ~np.isnan(x).any(axis=1)
    x, w = checked_finite(x[used]), w[used]
    if x.shape[0] == 0:
        return _alpha(np.zeros((x.shape[1], x.shape[1])), 0, minimum)
    w = w / w.sum()
    centred = x - (w[:, None] * x).sum(axis=0)
    return _alpha((centred * w[:, None]).T @ centred, x.shape[0], minimum, scale=float(np.abs(x).max()))


def alpha_from_sums(n: int, sw: float, sums: Sequence[float], cross: Mapping[tuple[int, int], float], *, minimum: int = N_MIN) -> Alpha:
    """Alpha from additive sums over the rows that have all k items (facts.moments): n, Σw, Σw·x per item, Σw·x·y per pair i ≤ j.

    Raises StatsError when a pair is missing.

    >>> round(alpha_from_sums(4, 4.0, [10, 13], {(0, 0): 30, (0, 1): 37, (1, 1): 49}, minimum=4).raw, 4)
    0.8675
    """
    k = len(sums)
    absent = [(i, j) for i in range(k) for j in range(i, k) if (i, j) not in cross and (j, i) not in cross]
    if absent:
        raise StatsError(reason="alpha_pairs", pairs=absent)
    if n == 0:
        return _alpha(np.zeros((k, k)), 0, minimum)
    products = np.array([[cross[(i, j)] if (i, j) in cross else cross[(j, i)] for j in range(k)] for i in range(k)], dtype=np.float64) / sw
    means = np.asarray(sums, dtype=np.float64) / sw
    return _alpha(products - np.outer(means, means), n, minimum, scale=float(np.sqrt(np.abs(np.diag(products)).max(initial=0.0))))


def _alpha(cov: Array, n: int, minimum: int, scale: float = 1.0) -> Alpha:
    """Alpha from a covariance matrix; its denominator (n or n-1) cancels."""
    k = cov.shape[0]
    if k < 2 or n < max(2, minimum):
        return Alpha(None, None, None, n, k, flags=(("few_items",) if k < 2 else ()) + (("few_answers",) if n < max(2, minimum) else ()))
    variance, least = np.diag(cov), 1e-12 * scale * scale
    if (variance <= least).any() or cov.sum() <= least:
        return Alpha(None, None, None, n, k, flags=("zero_variance",))
    raw = _raw(cov)
    r = cov / np.sqrt(np.outer(variance, variance))
    mean_r = float((r.sum() - k) / (k * (k - 1)))
    standardised = k * mean_r / (1 + (k - 1) * mean_r) if 1 + (k - 1) * mean_r > 1e-12 else None
    others = [np.delete(np.arange(k), j) for j in range(k)]
    dropped = tuple(_raw(cov[np.ix_(o, o)]) if k > 2 and cov[np.ix_(o, o)].sum() > least else None for o in others)
    totals = tuple(_item_total(cov, j, o, least) for j, o in enumerate(others))
    negative = ("alpha_negative",) if raw < 0 else ()
    return Alpha(raw, standardised, standardised if k == 2 else None, n, k, dropped, totals, negative)


def _raw(cov: Array) -> float:
    k = cov.shape[0]
    return float(k / (k - 1) * (1 - np.trace(cov) / cov.sum()))


def _item_total(cov: Array, item: int, others: npt.NDArray[np.int64], least: float) -> float | None:
    rest = cov[np.ix_(others, others)].sum()
    return float(cov[item, others].sum() / np.sqrt(cov[item, item] * rest)) if rest > least else None
