"""Answers as additive sums: counts per scale point, and moments. Every figure is computed from these, never from other figures.

Sums of two groups are the sums of their union, so the NPS of a region comes from the counts of its branches and not from
the mean of their NPS. Weights enter only as Σw and Σw² (Kish) or Σw²x, Σw²x² (linearised standard error).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.figure import EPS
from cxdash.terms import Scale

Array = npt.NDArray[np.float64]
Values = Sequence[float | None] | npt.NDArray[Any]
WEIGHT_MIN, WEIGHT_MAX = 1e-100, 1e100  # beyond these Σw² leaves the range of a double
VALUE_MAX = 1e50  # and beyond this Σw²x²
COUNT_MAX = float(2**53)  # answers that a double counts one by one


def floats(values: Values | Iterable[float]) -> Array:
    """Numbers as float64, None as NaN."""
    return np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)


def checked_finite(values: Array) -> Array:
    """The same numbers. Raises StatsError (reason infinite): an infinite answer, or one whose square is, has no mean."""
    if (np.abs(values) > VALUE_MAX).any():
        raise StatsError(reason="infinite", highest=VALUE_MAX)
    return values


def checked_weights(weights: Values | None, n: int) -> Array:
    """Weights of n rows: ones when None. A negative or missing weight is an error, never silently 1 (methods.md section 0).

    Raises StatsError (reason weights_length, weights_missing, weights_negative, weights_range).

    >>> checked_weights(None, 2).tolist(), checked_weights([0.5, 0], 2).tolist()
    ([1.0, 1.0], [0.5, 0.0])
    """
    if weights is None:
        return np.ones(n)
    w = floats(weights)
    if w.shape != (n,):
        raise StatsError(reason="weights_length", expected=n, found=int(w.size))
    if np.isnan(w).any():
        raise StatsError(reason="weights_missing", rows=int(np.isnan(w).sum()))
    if (w < 0).any():
        raise StatsError(reason="weights_negative", rows=int((w < 0).sum()))
    if ((w > 0) & ((w < WEIGHT_MIN) | (w > WEIGHT_MAX))).any():
        raise StatsError(reason="weights_range", lowest=WEIGHT_MIN, highest=WEIGHT_MAX)
    return w


def kish_n_eff(n: int, sw: float, sw2: float) -> float:
    """Kish's effective base (Σw)²/Σw²; exactly n when all weights are equal, 0 for an empty cell.

    >>> kish_n_eff(2, 4.0, 10.0), kish_n_eff(10, 1.0, 0.1), kish_n_eff(0, 0.0, 0.0)
    (1.6, 10.0, 0.0)
    """
    if n == 0:
        return 0.0
    size = sw * sw / sw2
    return float(n) if size >= n * (1 - EPS) else size


@dataclass(frozen=True)
class Moments:
    """Sums over the rows with an answer and a positive weight: n, Σw, Σw², Σwx, Σwx², Σw²x, Σw²x². Additive with `+`.

    >>> m = Moments.from_values([1, 2, 3]) + Moments.from_values([6])
    >>> m.n, m.mean, round(m.sd, 4), round(m.se, 4)
    (4, 3.0, 2.1602, 1.0801)
    """

    n: int
    sw: float
    sw2: float
    swx: float
    swx2: float
    sw2x: float
    sw2x2: float
    n_missing: int = 0

    @classmethod
    def zero(cls) -> Moments:
        """Moments of no rows, the start of a sum."""
        return cls(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    @classmethod
    def from_values(cls, values: Values, weights: Values | None = None) -> Moments:
        """Moments of rows; None/NaN values are missing, rows of weight 0 are absent. Raises StatsError for bad weights, infinite values."""
        x = checked_finite(floats(values))
        w = checked_weights(weights, x.size)
        there = w > 0
        valid = there & ~np.isnan(x)
        x, w = x[valid], w[valid]
        w2 = w * w
        sums = (w.sum(), w2.sum(), (w * x).sum(), (w * x * x).sum(), (w2 * x).sum(), (w2 * x * x).sum())
        return cls(int(valid.sum()), *map(float, sums), n_missing=int(there.sum() - valid.sum()))

    @classmethod
    def from_sums(cls, values: Values, n: Values, w: Values, w2: Values) -> Moments:
        """Moments of values that n answers each have, with Σw and Σw² (facts.joint); a missing value counts as missing.

        >>> Moments.from_sums([10.0, None, 20.0], [3, 5, 1], [3, 5, 1], [3, 5, 1]) == Moments.from_values([10, 10, 10, 20] + [None] * 5)
        True
        """
        x, size, sw, sw2 = (floats(c) for c in (values, n, w, w2))
        there = ~np.isnan(checked_finite(x))
        missing = int(size[~there].sum())
        x, size, sw, sw2 = x[there], size[there], sw[there], sw2[there]
        sums = (sw.sum(), sw2.sum(), (sw * x).sum(), (sw * x * x).sum(), (sw2 * x).sum(), (sw2 * x * x).sum())
        return cls(int(size.sum()), *map(float, sums), n_missing=missing)

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.n + other.n, self.sw + other.sw, self.sw2 + other.sw2, self.swx + other.swx, self.swx2 + other.swx2,
                       self.sw2x + other.sw2x, self.sw2x2 + other.sw2x2, self.n_missing + other.n_missing)

    def __sub__(self, part: Moments) -> Moments:
        """The rest of a total without one of its groups. Raises StatsError when `part` is not part of it."""
        if part.n > self.n or part.n_missing > self.n_missing:
            raise StatsError(reason="counts_not_a_part")
        if part.n == self.n:
            return Moments(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, self.n_missing - part.n_missing)
        return Moments(self.n - part.n, self.sw - part.sw, self.sw2 - part.sw2, self.swx - part.swx, self.swx2 - part.swx2,
                       self.sw2x - part.sw2x, self.sw2x2 - part.sw2x2, self.n_missing - part.n_missing)

    def affine(self, add: float, times: float) -> Moments:
        """Moments of add + times·x: scale points to 0-100, reversed scales."""
        a, b = add, times
        return Moments(self.n, self.sw, self.sw2, a * self.sw + b * self.swx, a * a * self.sw + 2 * a * b * self.swx + b * b * self.swx2,
                       a * self.sw2 + b * self.sw2x, a * a * self.sw2 + 2 * a * b * self.sw2x + b * b * self.sw2x2, self.n_missing)

    @cached_property
    def n_eff(self) -> float:
        return kish_n_eff(self.n, self.sw, self.sw2)

    @cached_property
    def mean(self) -> float | None:
        return self.swx / self.sw if self.n else None

    @property
    def zero_variance(self) -> bool:
        """All answers equal (up to the rounding of the sums)."""
        return self.n > 0 and self._around_mean(self.sw, self.swx, self.swx2) == 0.0

    @property
    def sd(self) -> float | None:
        """sqrt( n/(n-1) · Σw(x-μ)²/Σw ); the sample standard deviation when weights are equal. None below n = 2."""
        if self.n < 2:
            return None
        return float(np.sqrt(self.n / (self.n - 1) * self._around_mean(self.sw, self.swx, self.swx2) / self.sw))

    @cached_property
    def se(self) -> float | None:
        """Linearised standard error of the weighted mean, sqrt( n/(n-1) · Σ(w(x-μ))² )/Σw (R survey's svymean); s/√n unweighted."""
        if self.n < 2:
            return None
        return float(np.sqrt(self.n / (self.n - 1) * self._around_mean(self.sw2, self.sw2x, self.sw2x2)) / self.sw)

    def _around_mean(self, s0: float, s1: float, s2: float) -> float:
        mu = self.swx / self.sw
        spread = s2 - 2 * mu * s1 + mu * mu * s0
        # what is left of a difference of large sums below this is rounding, not variance
        return spread if spread > 1e-12 * max(abs(s2), mu * mu * s0) else 0.0


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each scale point was answered: points ascending and distinct, every n positive.

    points (k,) as given by the caller (raw, or oriented so that high is favourable), n (k,) unweighted answers,
    w (k,) Σw, w2 (k,) Σw². n_missing: asked but not (validly) answered. Raises StatsError when the sums cannot be counts.

    >>> c = Counts.from_values([5, 4, None, 4]) + Counts.from_values([3], weights=[2.0])
    >>> c.points.tolist(), c.n.tolist(), c.w.tolist(), c.n_missing, round(c.n_eff, 4)
    ([3.0, 4.0, 5.0], [1, 2, 1], [2.0, 2.0, 1.0], 1, 3.5714)
    """

    points: Array
    n: npt.NDArray[np.int64]
    w: Array
    w2: Array
    n_missing: int = 0

    def __post_init__(self) -> None:
        try:
            sums = np.array([self.points, self.n, self.w, self.w2], dtype=np.float64)
        except ValueError:  # columns of unequal lengths
            sums = np.zeros(0)
        if sums.ndim != 2 or not np.isfinite(sums).all() or (sums[1] % 1 != 0).any() or sums[1].sum() > COUNT_MAX:
            raise StatsError(reason="counts_shape")
        if self.n_missing < 0 or (sums[1:] < 0).any():
            raise StatsError(reason="counts_negative")
        used = (sums[1] > 0) & (sums[2] > 0)
        if not (used.all() and (sums[0, 1:] > sums[0, :-1]).all()):
            points, where = np.unique(sums[0, used], return_inverse=True)
            sums = np.array([points, *(np.bincount(where, weights=c[used], minlength=points.size) for c in sums[1:])])
        if (sums[2] * sums[2] > sums[1] * sums[3] * (1 + 1e-6)).any():  # Cauchy-Schwarz: no weights have such sums
            raise StatsError(reason="counts_weights")
        sums.setflags(write=False)
        whole = sums[1].astype(np.int64)
        whole.setflags(write=False)
        for name, column in (("points", sums[0]), ("n", whole), ("w", sums[2]), ("w2", sums[3])):
            object.__setattr__(self, name, column)

    @classmethod
    def from_values(cls, values: Values, weights: Values | None = None, *, missing: Iterable[float] = (), lo: float | None = None,
                    hi: float | None = None) -> Counts:
        """Counts of rows. Missing: None/NaN, a code in `missing` (98, 99, -1 …), or outside lo..hi. Rows of weight 0 are absent.

        >>> Counts.from_values([10, 99, None, 0], missing=[99], lo=0, hi=10).n_missing
        2
        """
        x = floats(values)
        w = checked_weights(weights, x.size)
        lost = np.isnan(x) | np.isin(x, list(missing))
        lost |= (x < (-np.inf if lo is None else lo)) | (x > (np.inf if hi is None else hi))
        there = w > 0
        x, w, n_missing = x[there & ~lost], w[there & ~lost], int((there & lost).sum())
        points, where = np.unique(x, return_inverse=True)
        k = points.size
        return cls(points, np.bincount(where, minlength=k), np.bincount(where, weights=w, minlength=k),
                   np.bincount(where, weights=w * w, minlength=k), n_missing)

    @classmethod
    def from_tally(cls, points: Values, n: Values, w: Values | None = None, w2: Values | None = None, missing_n: int = 0) -> Counts:
        """Counts of tallied rows (facts.tally). A null point holds the missing answers; w and w2 None = unweighted.

        >>> Counts.from_tally([None, 9, 3], [7, 2, 1]).n_missing
        7
        """
        x, size = floats(points), floats(n)
        sw, sw2 = (size if c is None else floats(c) for c in (w, w2))
        if not x.shape == size.shape == sw.shape == sw2.shape or np.isnan(size).any():
            raise StatsError(reason="counts_shape")
        there = ~np.isnan(x)
        return cls(x[there], size[there], sw[there], sw2[there], missing_n + int(size[~there].sum()))

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(np.concatenate([getattr(self, c), getattr(other, c)]) for c in ("points", "n", "w", "w2")),
                      n_missing=self.n_missing + other.n_missing)

    def __sub__(self, part: Counts) -> Counts:
        """The rest of a total without one of its groups. Raises StatsError when `part` is not part of it."""
        rest = {p: (n, w, w2) for p, n, w, w2 in zip(self.points, self.n, self.w, self.w2, strict=True)}
        for p, n, w, w2 in zip(part.points, part.n, part.w, part.w2, strict=True):
            have = rest.get(p, (0, 0.0, 0.0))
            if n > have[0] or part.n_missing > self.n_missing:
                raise StatsError(reason="counts_not_a_part")
            rest[p] = (have[0] - n, max(have[1] - w, 0.0), max(have[2] - w2, 0.0)) if n < have[0] else (0, 0.0, 0.0)
        columns = list(zip(*rest.values(), strict=True)) or [(), (), ()]
        return Counts(np.array([*rest]), *map(np.array, columns), n_missing=self.n_missing - part.n_missing)  # type: ignore[arg-type]

    def where(self, predicate: Callable[[float], bool]) -> Counts:
        """Only the answers whose point fulfils the predicate; the others vanish, n_missing stays."""
        keep = np.array([bool(predicate(float(p))) for p in self.points], dtype=bool)
        return Counts(self.points[keep], self.n[keep], self.w[keep], self.w2[keep], self.n_missing)

    def oriented(self, scale: Scale) -> Counts:
        """The same answers with points counted from the unfavourable end (terms.Scale.oriented)."""
        return Counts(floats([scale.oriented(float(p)) for p in self.points]), self.n, self.w, self.w2, self.n_missing)

    def check_scale(self, lo: float, hi: float) -> None:
        """Raise StatsError (reason out_of_scale) unless all points lie in lo..hi."""
        if self.points.size and (self.points[0] < lo or self.points[-1] > hi):
            raise StatsError(reason="out_of_scale", lo=lo, hi=hi, lowest=float(self.points[0]), highest=float(self.points[-1]))

    def moments(self) -> Moments:
        """The moments of these answers, for means."""
        p, w, w2 = self.points, self.w, self.w2
        sums = (w.sum(), w2.sum(), (w * p).sum(), (w * p * p).sum(), (w2 * p).sum(), (w2 * p * p).sum())
        return Moments(self.size, *map(float, sums), n_missing=self.n_missing)

    @property
    def size(self) -> int:
        """Unweighted valid answers (n of a figure)."""
        return int(self.n.sum())

    @property
    def n_eff(self) -> float:
        return kish_n_eff(self.size, float(self.w.sum()), float(self.w2.sum()))

    def fraction(self, chosen: npt.NDArray[np.bool_]) -> float:
        """Weighted share 0..1 of the answers at the chosen points; call only when size > 0."""
        return min(1.0, float(self.w[chosen].sum() / self.w.sum()))
