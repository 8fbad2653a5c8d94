"""Additive cross moments of several columns: what correlations, regressions and their bootstrap are computed from.

Kept per group of respondents. Groups are random (a fixed hash of the response) or single respondents; resampling groups with
replacement resamples respondents, so a million responses cost no more than their thousand groups (methods.md section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, checked_weights, floats, kish_n_eff

SEED, DRAWS = 20260101, 1000
SINGLE_MOST = 5000  # respondents that are each a group; more are put into …
GROUPS = 1000  # … random groups: their bootstrap is as good, for they are many
FEWER, FEWER_FROM = 250, 50_000  # what needs no more, of so many respondents
FLAT = 1e-12  # a variance below this part of the mean square is rounding


@dataclass(frozen=True, eq=False)
class Cross:
    """Sums over complete rows with a positive weight, per group g of G: n, w = Σw, w2 = Σw² (G,), s = Σw·x (G, k), xx = Σw·x·x' (G, k, k).

    names (k,): the columns. origin (k,): what was taken off every value before summing. lost: rows left out for a missing value.
    Additive with `+` (groups one by one, so both sides need the same groups).

    >>> c = Cross.from_rows({"x": [1, 2, 3], "y": [2, 4, None]})
    >>> c.size, c.lost, c.means.tolist()
    (2, 1, [1.5, 3.0])
    """

    names: tuple[str, ...]
    n: npt.NDArray[np.int64]
    w: Array
    w2: Array
    s: Array
    xx: Array
    origin: Array
    lost: int = 0

    @classmethod
    def from_rows(cls, columns: dict[str, Values], weights: Values | None = None, *, groups: npt.NDArray[np.int64] | None = None) -> Cross:
        """Sums of rows; a row with a missing value in any column is lost, one of weight 0 is absent.

        groups (n,): number of each row's group, 0-based; default: every respondent is a group, beyond 5,000 a thousand random groups
        are. Raises StatsError for columns of unequal lengths, infinite values or bad weights.
        """
        names = tuple(columns)
        values = [floats(v) for v in columns.values()]
        rows = values[0].size if values else 0
        if any(v.shape != (rows,) for v in values):
            raise StatsError(reason="columns_length", lengths=[int(v.size) for v in values])
        x = np.column_stack(values) if values else np.zeros((0, 0))
        if np.isinf(x).any():
            raise StatsError(reason="infinite")
        w = checked_weights(weights, rows)
        used = (w > 0) & ~np.isnan(x).any(axis=1)
        lost = int(((w > 0) & ~used).sum())
        x, w = x[used], w[used]
        origin = (w @ x / w.sum()) if len(w) else np.zeros(len(names))
        x = x - origin
        if groups is None and len(w) <= SINGLE_MOST:
            part = w[:, None] * x
            return cls(names, np.ones(len(w), np.int64), w, w * w, part, part[:, :, None] * x[:, None, :], origin, lost)
        group = np.random.default_rng(SEED).permutation(len(w)) % GROUPS if groups is None else np.asarray(groups)[used]
        return cls(names, *_sums(x, w, group), origin, lost)

    @classmethod
    def of_sums(cls, names: Sequence[str], n: Values, w: Values, w2: Values, s: Array, xx: Array, *, lost: int = 0) -> Cross:
        """From sums somebody else counted (facts.moments), one row per group. Raises StatsError for shapes that do not fit."""
        k, size, w_, w2_ = len(names), np.asarray(n, dtype=np.int64), floats(w), floats(w2)
        s, xx = np.asarray(s, np.float64), np.asarray(xx, np.float64)
        if s.shape != (size.size, k) or xx.shape != (size.size, k, k) or w_.shape != size.shape or w2_.shape != size.shape:
            raise StatsError(reason="cross_shape")
        return cls(tuple(names), size, w_, w2_, s, xx, np.zeros(k), lost)

    def __add__(self, other: Cross) -> Cross:
        if self.names != other.names or self.n.shape != other.n.shape:
            raise StatsError(reason="cross_unlike", first=list(self.names), second=list(other.names))
        o = other.around(self.origin)
        return Cross(self.names, self.n + o.n, self.w + o.w, self.w2 + o.w2, self.s + o.s, self.xx + o.xx, self.origin, self.lost + o.lost)

    def around(self, origin: Array) -> Cross:
        """The same sums of values counted from another origin."""
        d = origin - self.origin
        if not d.any():
            return self
        shift = self.s[:, :, None] * d
        xx = self.xx - shift - shift.transpose(0, 2, 1) + self.w[:, None, None] * np.outer(d, d)
        return replace(self, s=self.s - self.w[:, None] * d, xx=xx, origin=np.asarray(origin, np.float64))

    def pick(self, names: Sequence[str]) -> Cross:
        """Only these columns, in this order (the rows stay those that have all the columns asked for at first)."""
        if tuple(names) == self.names:
            return self
        at = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), s=self.s[:, at], xx=self.xx[:, at][:, :, at], origin=self.origin[at])

    @property
    def size(self) -> int:
        """Unweighted complete rows."""
        return int(self.n.sum())

    @cached_property
    def n_eff(self) -> float:
        return kish_n_eff(self.size, float(self.w.sum()), float(self.w2.sum()))

    @property
    def lost_share(self) -> float:
        """Rows left out for a missing value, as a part of all rows, 0..1."""
        return self.lost / (self.size + self.lost) if self.lost else 0.0

    @cached_property
    def means(self) -> Array:
        """(k,); NaN without rows."""
        return self.origin + (self.s.sum(axis=0) / self.w.sum() if self.size else np.full(len(self.names), np.nan))

    @cached_property
    def covariance(self) -> Array:
        """(k, k), divided by Σw; exactly 0 in the rows and columns of what does not vary."""
        if not self.size:
            return np.zeros((len(self.names),) * 2)
        return covariances(self.w.sum(), self.s.sum(axis=0), self.xx.sum(axis=0))

    def resampled(self, draws: int = DRAWS, seed: int = SEED) -> tuple[Array, Array]:
        """Means (draws, k) and covariances (draws, k, k) of samples of groups drawn with replacement; the same seed, the same draws.

        Groups without rows are left out. Fewer than two groups with rows: no draws.
        """
        k = len(self.names)
        there = self.n > 0
        size = int(there.sum())
        if size < 2:
            return np.zeros((0, k)), np.zeros((0, k, k))
        first, second = np.triu_indices(k)
        sums = times(size, draws, seed) @ np.column_stack([self.w[there], self.s[there], self.xx[there][:, first, second]])
        sums /= sums[:, :1].copy()
        mean, square = sums[:, 1 : k + 1], sums[:, k + 1 :]
        whole = np.empty((k, k), np.intp)
        whole[first, second] = whole[second, first] = np.arange(len(first))
        own = np.diagonal(whole)
        spread = square[:, own].copy()
        square -= mean[:, first] * mean[:, second]
        flat = square[:, own] <= FLAT * np.abs(spread)
        cov = square.take(whole.ravel(), axis=1).reshape(draws, k, k)
        if flat.any():
            cov[flat[:, :, None] | flat[:, None, :]] = 0.0
        return self.origin + mean, cov


def _sums(x: Array, w: Array, group: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Array, Array, Array, Array]:
    """n, w, w2, s, xx per group number."""
    size = int(np.max(group, initial=-1)) + 1
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=size))
    s, xx = np.zeros((size, x.shape[1])), np.zeros((size, x.shape[1], x.shape[1]))
    for g, (start, end) in enumerate(pairwise([0, *ends.tolist()])):
        rows = order[start:end]
        part = w[rows, None] * x[rows]
        s[g], xx[g] = part.sum(axis=0), part.T @ x[rows]
    return (np.bincount(group, minlength=size), np.bincount(group, weights=w, minlength=size),
            np.bincount(group, weights=w * w, minlength=size), s, xx)


def times(size: int, draws: int, seed: int) -> Array:
    """How often each of `size` groups is in each of `draws` samples of `size` groups drawn with replacement: (draws, size).

    Read only; kept for random groups, because every analysis of a large programme draws the same.

    >>> times(5, 2, seed=1).sum(axis=1).tolist()
    [5.0, 5.0]
    """
    if size > GROUPS:
        return _drawn(size, draws, seed)
    found = _kept(size, draws, seed).astype(np.float64)
    found.flags.writeable = False
    return found


def _drawn(size: int, draws: int, seed: int) -> Array:
    random = np.random.default_rng(seed)
    found = np.empty((draws, size))
    step = max(1, 4_000_000 // size)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = random.integers(0, size, (rows, size)) + np.arange(rows)[:, None] * size
        found[start : start + rows] = np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)
    found.flags.writeable = False
    return found


@lru_cache(maxsize=32)  # of 1 MB: filters of few answers leave some of the groups empty, each another number of them
def _kept(size: int, draws: int, seed: int) -> npt.NDArray[np.unsignedinteger]:
    found = _drawn(size, draws, seed)
    return found.astype(np.uint8 if found.max(initial=0) < 256 else np.uint16)


def covariances(w: Array | float, s: Array, xx: Array) -> Array:
    """(…, k, k) from Σw (…), Σw·x (…, k), Σw·x·x' (…, k, k)."""
    mass = np.asarray(w, dtype=np.float64)[..., None]
    mean = s / mass
    square = np.diagonal(xx, axis1=-2, axis2=-1) / mass
    cov = xx / mass[..., None] - mean[..., :, None] * mean[..., None, :]
    flat = np.diagonal(cov, axis1=-2, axis2=-1) <= FLAT * np.abs(square)
    cov[flat[..., :, None] | flat[..., None, :]] = 0.0
    return cov


def correlations(cov: Array) -> Array:
    """(…, k, k) correlations; 0 with what does not vary, whose own diagonal is 0 too."""
    spread = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=spread > 0)
    return cov * scale[..., :, None] * scale[..., None, :]


def checked_correlation(matrix: Array) -> Array:
    """The matrix when it can be one of correlations. Raises StatsError (reason correlation_shape, correlation_indefinite): pairwise
    deletion gives matrices that no data have, and importances computed from them may be negative or over 100 %.

    >>> checked_correlation(np.array([[1.0, 0.5], [0.5, 1.0]])).shape
    (2, 2)
    """
    r = np.asarray(matrix, dtype=np.float64)
    square = r.ndim == 2 and r.shape[0] == r.shape[1]
    if not square or not np.allclose(r, r.T, atol=1e-9) or not np.allclose(np.diag(r), 1.0, atol=1e-9):
        raise StatsError(reason="correlation_shape")
    least = float(np.linalg.eigvalsh(r)[0])
    if least < -1e-9:
        raise StatsError(reason="correlation_indefinite", least=least)
    return r
