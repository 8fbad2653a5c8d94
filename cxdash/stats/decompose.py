"""Why a mean moved: its change split into *mix* (who answered changed) and *score* (how each segment scored changed).

Every metric here is a mean over respondents: NPS of -100/0/100, shares of 0/100, scores of 0-100. With the share w and the mean s of
segment i before (0) and now (1), and M the midpoint of the two overall means:

    mix_i   = (w1 - w0)·((s0 + s1)/2 - M)        score_i = (s1 - s0)·(w0 + w1)/2        Σ(mix_i + score_i) = change, exactly

The symmetric split (Kitagawa 1955, JASA 50; Oaxaca-Blinder with averaged weights) has no interaction term left over. M only moves mix
between segments (Σ(w1 - w0) = 0): a segment that grew adds when it scores above the average, and takes away when below.
A segment with answers on one side only has no change of score: its mean there stands for both, and all it does is mix.

Intervals: delta method. Each side is a sample of respondents whose segment and score are both random; the influence of a respondent of
segment k with score x on an effect E is (∂E/∂w_k - Σ w_j ∂E/∂w_j) + (∂E/∂s_k)(x - s_k)/w_k, summed with squared weights as in `means`
(n/(n-1)·Σ(u·influence)²/(Σu)²); t with Welch's degrees of freedom. Tested against a bootstrap. Where both factors of a segment's mix
are near zero its interval is too narrow, but its test errs, like Sobel's, to "no difference" (|z| is under that of either factor).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from cxdash.errors import StatsError
from cxdash.stats.adjust import adjust_differences
from cxdash.stats.bases import judged
from cxdash.stats.counts import Array, Counts, Moments, floats
from cxdash.stats.figure import Difference, base_of
from cxdash.stats.nps import DETRACTOR_TO, PROMOTER_FROM

OTHERS: tuple[()] = ()  # key of the segments that were put together
FEW_TESTS = 10  # Holm up to so many effects, Benjamini-Hochberg beyond


@dataclass(frozen=True)
class Part:
    """One segment. shares 0..1 of all answers of a side; scores None where the segment has no answers on that side."""

    n_now: int
    n_before: int
    share_now: float
    share_before: float
    score_now: float | None
    score_before: float | None
    mix: Difference
    score: Difference


@dataclass(frozen=True)
class Decomposition:
    """change = mix.value + score.value = Σ over parts, in the unit of the scores. parts: segment -> its two effects.

    p values: Holm over the two totals; Holm (up to ten) or Benjamini-Hochberg over all effects of the parts.
    """

    before: float
    now: float
    change: float
    mix: Difference
    score: Difference
    parts: Mapping[Hashable, Part]


def scored(counts: Counts, score: Callable[[float], float]) -> Moments:
    """Moments of the respondents' scores, from counts of their points.

    >>> scored(Counts.from_values([1, 4, 5]), lambda p: 100.0 * (p >= 4)).swx
    200.0
    """
    return Counts(floats([score(float(p)) for p in counts.points]), counts.n, counts.w, counts.w2, counts.n_missing).moments()


def net_scores(counts: Counts) -> Moments:
    """Moments of +100 (promoter), 0, -100 (detractor): their mean is the NPS.

    >>> net_scores(Counts.from_values([10, 9, 7, 0])).mean
    25.0
    """
    return scored(counts, lambda p: 100.0 * (p >= PROMOTER_FROM) - 100.0 * (p <= DETRACTOR_TO))


def share_scores(counts: Counts, least: float) -> Moments:
    """Moments of 100 (at least `least` points) and 0: their mean is the share in percent.

    >>> share_scores(Counts.from_values([5, 4, 2, 1]), 4).mean
    50.0
    """
    return scored(counts, lambda p: 100.0 * (p >= least))


@dataclass(frozen=True)
class Pooled:
    """Segments fit to be shown: `pooled` names those that stand together under OTHERS."""

    now: Mapping[Hashable, Moments]
    before: Mapping[Hashable, Moments]
    pooled: tuple[Hashable, ...]


def pool_small(now: Mapping[Any, Moments], before: Mapping[Any, Moments], *, most: int = 20) -> Pooled:
    """Segments with under ten answers (n or n_eff) on a side, and those beyond the `most` largest, put together.

    Where these together have under ten on a side the smallest others join them, so that no hidden one follows by subtraction from
    the total. Empty segments go. Sums stay the same.

    >>> side = {"a": Moments.from_values([1.0] * 50), "b": Moments.from_values([1.0] * 20), "c": Moments.from_values([1.0] * 4)}
    >>> found = pool_small(side, side)
    >>> list(found.now), found.now[OTHERS].n, found.pooled
    (['a', ()], 24, ('b', 'c'))
    """
    sides: tuple[dict[Hashable, Moments], dict[Hashable, Moments]] = ({}, {})
    for key in [k for k in dict.fromkeys((*now, *before)) if _n(now, k) + _n(before, k)]:
        for side, given in zip(sides, (now, before), strict=True):
            side[key] = given.get(key) or Moments.zero()
    order = list(sides[0])
    largest = sorted(order, key=lambda k: -(sides[0][k].n + sides[1][k].n))[:most]
    joined = {k for k in order if k not in largest or any(_few(side[k]) for side in sides)}
    while joined:
        short = [side for side in sides if _few(_sum(side, joined)) and any(m.n for k, m in side.items() if k not in joined)]
        if not short:
            break
        joined.add(min((k for k in order if k not in joined and short[0][k].n), key=lambda k: short[0][k].n))
    shown = [{k: m for k, m in side.items() if k not in joined} | ({OTHERS: _sum(side, joined)} if joined else {}) for side in sides]
    return Pooled(shown[0], shown[1], tuple(k for k in order if k in joined))


def _n(side: Mapping[Any, Moments], key: Hashable) -> int:
    return side[key].n if key in side else 0


def _few(m: Moments) -> bool:
    return m.n > 0 and base_of(m.n, m.n_eff) == "hidden"


def _sum(side: Mapping[Hashable, Moments], keys: set[Hashable]) -> Moments:
    return reduce(add, (m for k, m in side.items() if k in keys), Moments.zero())


def decompose(now: Mapping[Any, Moments], before: Mapping[Any, Moments], *, independent: bool = True) -> Decomposition:
    """The change of the overall mean from `before` to `now`, per segment split into mix and score (module docstring).

    now, before: segment -> moments of its respondents' scores; segments must not share respondents. Nothing is hidden here: hand in
    what `pool_small` returns. independent=False: the two sides share respondents; effects without intervals and tests.
    Untested under 30 answers or with a design effect over 2. Raises StatsError (reason nothing_to_decompose) when a side is empty.

    >>> old = {"a": Moments.from_values([0.0] * 50), "b": Moments.from_values([100.0] * 50)}
    >>> new = {"a": Moments.from_values([10.0] * 75), "b": Moments.from_values([100.0] * 25)}
    >>> d = decompose(new, old)
    >>> d.change, d.mix.value, d.score.value
    (-17.5, -23.75, 6.25)
    """
    keys = [k for k in dict.fromkeys((*now, *before)) if _n(now, k) + _n(before, k)]
    sides = [_Side([side.get(k) or Moments.zero() for k in keys]) for side in (now, before)]
    if any(side.n == 0 for side in sides):
        raise StatsError(reason="nothing_to_decompose")
    new, old = sides
    effects = _effects(new, old)
    tests = _judged(effects, new, old, independent)
    k = len(keys)
    totals = adjust_differences(tests[2 * k :])
    told = adjust_differences(tests[: 2 * k], "holm" if 2 * k <= FEW_TESTS else "bh")
    parts = {
        key: Part(a.n, b.n, float(new.w[i]), float(old.w[i]), a.mean, b.mean, told[i], told[k + i])
        for i, (key, a, b) in enumerate(zip(keys, new.part, old.part, strict=True))
    }
    return Decomposition(old.mean, new.mean, float(effects.value[2 * k :].sum()), totals[0], totals[1], parts)


class _Side:
    """One side as vectors over the segments: shares w, means s (0 where empty), there; sums for the variance."""

    def __init__(self, part: Sequence[Moments]) -> None:
        self.part = part
        self.total = reduce(add, part, Moments.zero())
        self.n = self.total.n
        self.there = np.array([m.n > 0 for m in part])
        weight = floats([m.sw for m in part])
        self.sum = float(weight.sum())
        self.w = weight / self.sum if self.n else weight
        self.s = floats([m.mean or 0.0 for m in part])
        self.mean = float((self.w * self.s).sum())

    def variance(self, by_share: Array, by_score: Array) -> Array:
        """Of effects with these gradients (effects, segments); 0 for a single answer, which has no spread to tell of."""
        if self.n < 2:
            return np.zeros(len(by_share))
        c0, m1, m2 = (floats([getattr(m, name) for m in self.part]) for name in ("sw2", "sw2x", "sw2x2"))
        c1 = m1 - self.s * c0
        c2 = np.maximum(0.0, m2 - 2 * self.s * m1 + self.s**2 * c0)
        a = by_share - (by_share @ self.w)[:, None]
        b = np.divide(by_score, self.w, out=np.zeros_like(by_score), where=self.there)
        spread = (a * a * c0 + 2 * a * b * c1 + b * b * c2).sum(axis=1)
        return np.maximum(0.0, self.n / (self.n - 1) * spread / self.sum**2)


@dataclass(frozen=True)
class _Effects:
    """mix of every segment, then score of every segment, then the two totals: values, and variances from either side."""

    value: Array
    new: Array
    old: Array


def _effects(new: _Side, old: _Side) -> _Effects:
    both = new.there & old.there
    s1, s0 = np.where(new.there, new.s, old.s), np.where(old.there, old.s, new.s)
    grown, moved, middle = new.w - old.w, s1 - s0, (s0 + s1) / 2
    above, shared = middle - (new.mean + old.mean) / 2, (new.w + old.w) / 2
    one = np.eye(len(grown))
    gradients = []
    for side, sign, mean in ((new, 1.0, s1), (old, -1.0, s0)):
        stands = np.where(both, 0.5, side.there.astype(np.float64))  # how much of the middle is this side's mean
        mix_w = sign * one * above[:, None] - np.outer(grown, mean) / 2
        mix_s = one * (grown * stands)[:, None] - np.outer(grown, side.w) / 2
        score_w, score_s = one * moved[:, None] / 2, sign * one * (shared * both)[:, None]
        gradients.append((_with_totals(mix_w, score_w), _with_totals(mix_s, score_s)))
    value = _with_totals((grown * above)[:, None], (moved * shared)[:, None])[:, 0]
    return _Effects(value, new.variance(*gradients[0]), old.variance(*gradients[1]))


def _with_totals(mix: Array, score: Array) -> Array:
    return np.vstack([mix, score, mix.sum(axis=0), score.sum(axis=0)])


def _judged(effects: _Effects, new: _Side, old: _Side, independent: bool) -> list[Difference]:
    """The effects with interval and test, base rule applied."""
    whole = [(side.n, side.total.n_eff) for side in (new, old)]
    sizes = [[*whole, *((m.n, m.n_eff) for m in pair if m.n)] for pair in zip(new.part, old.part, strict=True)]
    found = []
    for value, one, two, bases in zip(effects.value, effects.new, effects.old, [*sizes, *sizes, whole, whole], strict=True):
        if not independent:
            plain = judged(float(value), None, None, None, bases, "delta")
            found.append(replace(plain, flags=("overlap",)))
            continue
        found.append(_tested(float(value), float(one), float(two), (new.n, old.n), bases))
    return found


def _tested(value: float, one: float, two: float, n: tuple[int, int], bases: Sequence[tuple[int, float]]) -> Difference:
    variance = one + two
    if variance <= 0:
        return judged(value, None, None, None, bases, "delta")
    a, b = one / variance, two / variance
    df = 1 / (a * a / max(1, n[0] - 1) + b * b / max(1, n[1] - 1))
    se = float(np.sqrt(variance))
    half = float(stdtrit(df, 0.975)) * se
    return judged(value, value - half, value + half, float(2 * stdtr(df, -abs(value) / se)), bases, "delta")
