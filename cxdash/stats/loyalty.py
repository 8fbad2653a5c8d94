"""Loyalty: the index LI, Secure %, and Walker's loyalty matrix (methods.md section 3).

LI of a respondent = Σw·s/Σw over the items answered (each on 0-100), when at least half of the items are; of a cell = the
(weighted) mean of its respondents' LI, never the mean of item means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Counts, Moments, Values, checked_weights, floats
from cxdash.stats.figure import Figure
from cxdash.stats.means import score100
from cxdash.stats.shares import box_share, top_box

HIGH_FROM = 75.0  # on 0-100: 4 of 5, 5.5 of 7; an absolute cut, because a median split would hide change
MATRIX = ("truly_loyal", "accessible", "trapped", "high_risk")  # (attitude, intention): HH, HL, LH, LL
APOSTLE = ("loyalist_apostle", "mercenary", "hostage", "defector_terrorist")  # (satisfaction, loyalty): HH, HL, LH, LL
Labels = Literal["matrix", "apostle"]


def loyalty_scores(items: npt.NDArray[np.float64], weights: Values | None = None) -> Array:
    """LI of each respondent: (n, k) items on 0-100, NaN = not answered -> (n,), NaN where less than half are answered.

    weights (k,): of the items, default equal; scaled to the items answered. Raises StatsError for a wrong shape, weights
    that are negative or all zero, or items outside 0-100.

    >>> loyalty_scores(np.array([[100.0, 50.0, np.nan], [np.nan, 50.0, np.nan]])).tolist()
    [75.0, nan]
    """
    x = _items(items)
    w = checked_weights(weights, x.shape[1])
    if not (w > 0).any():
        raise StatsError(reason="weights_none")
    there = ~np.isnan(x)
    mass = (there * w).sum(axis=1)
    enough = (2 * there.sum(axis=1) >= x.shape[1]) & (mass > 0)
    score = (np.where(there, x, 0.0) * w).sum(axis=1) / np.where(enough, mass, 1.0)
    return np.where(enough, score, np.nan)


def _items(items: npt.NDArray[np.float64]) -> Array:
    x = np.asarray(items, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] == 0:
        raise StatsError(reason="items_shape")
    if (x < -1e-9).any() or (x > 100 + 1e-9).any():
        raise StatsError(reason="out_of_scale", lo=0, hi=100, lowest=float(np.nanmin(x)), highest=float(np.nanmax(x)))
    return x


def loyalty_index(respondents: Moments) -> Figure:
    """LI of a cell from the moments of its respondents' LI (loyalty_scores, or facts.moments of "loyalty"); t interval.

    >>> round(loyalty_index(Moments.from_values([80.0, 60.0, 70.0])).value, 9)
    70.0
    """
    return score100(respondents)


def secure_flags(items: npt.NDArray[np.float64], lo: Sequence[int], hi: Sequence[int], k: int = 2) -> Array:
    """1.0 where a respondent is in the k best points of every item, else 0.0; NaN unless all items are answered.

    items (n, m): oriented points of satisfaction, repurchase and recommendation; lo, hi (m,): ends of their scales.

    >>> secure_flags(np.array([[5.0, 9.0], [5.0, 8.0], [5.0, np.nan]]), lo=[1, 0], hi=[5, 10]).tolist()
    [1.0, 0.0, nan]
    """
    x = np.asarray(items, dtype=np.float64)
    low, high = np.asarray(lo, dtype=np.float64), np.asarray(hi, dtype=np.float64)
    if x.ndim != 2 or low.shape != (x.shape[1],) or high.shape != low.shape:
        raise StatsError(reason="items_shape")
    if (k < 1) or (k > high - low).any() or (x < low).any() or (x > high).any():
        raise StatsError(reason="out_of_scale", lo=list(lo), hi=list(hi))
    return np.where(np.isnan(x).any(axis=1), np.nan, (x >= high - k + 1).all(axis=1).astype(np.float64))


def secure(flags: Values | Counts, weights: Values | None = None) -> Figure:
    """Secure %: share of respondents in the top 2 of satisfaction, repurchase and recommendation alike; Wilson.

    flags: what `secure_flags` returns, or Counts of them. Base: respondents who answered all the items.

    >>> secure([1.0, 0.0, None, 1.0]).n
    3
    """
    counts = flags if isinstance(flags, Counts) else Counts.from_values(flags, weights)
    return top_box(counts, 0, 1, k=1)


def loyalty_matrix(attitude: Values, intention: Values, *, cut: float = HIGH_FROM, labels: Labels = "matrix") -> list[str | None]:
    """Class of each respondent from two axes on 0-100, ≥ cut is high; None where either is missing.

    Attitude: overall satisfaction; intention: repurchase. labels="apostle": Jones & Sasser's (1995) names for the same classes.

    >>> loyalty_matrix([90, 80, 40, 30, None], [85, 50, 80, 20, 90])
    ['truly_loyal', 'accessible', 'trapped', 'high_risk', None]
    """
    names = MATRIX if labels == "matrix" else APOSTLE
    x, y = floats(attitude), floats(intention)
    if x.shape != y.shape:
        raise StatsError(reason="paired_length", first=int(x.size), second=int(y.size))
    return [None if np.isnan(a) or np.isnan(b) else names[2 * (a < cut) + (b < cut)] for a, b in zip(x, y, strict=True)]


def matrix_shares(classes: Sequence[str | None], weights: Values | None = None, *, labels: Labels = "matrix") -> Mapping[str, Figure]:
    """Share of each of the four classes among the classified, Wilson, one base.

    >>> {k: f.value for k, f in matrix_shares(["trapped", "trapped", None, "high_risk", "truly_loyal"]).items()}
    {'truly_loyal': 25.0, 'accessible': 0.0, 'trapped': 50.0, 'high_risk': 25.0}
    """
    names = MATRIX if labels == "matrix" else APOSTLE
    unknown = sorted({c for c in classes if c is not None} - set(names))
    if unknown:
        raise StatsError(reason="class_unknown", values=unknown)
    counts = Counts.from_values([None if c is None else names.index(c) for c in classes], weights)
    return {name: box_share(counts, [i]) for i, name in enumerate(names)}
