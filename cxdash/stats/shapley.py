"""LMG (Lindeman, Merenda & Gold 1980; Grömping 2006): R² divided among drivers by Shapley's rule, over all subsets, for many samples.

φ_j = Σ_{S ∌ j} |S|!(p-|S|-1)!/p! · [R²(S ∪ j) - R²(S)]. All 2^p values of R² come from one tree: at each level every matrix built so far is
swept by the next driver, and the swept ones are laid beside those that were not. That is 4·2^p multiplications per sample instead of
2^p solved systems, in a few hundred long array operations; 15 drivers and 1,000 samples take about a second of one core
(benchmarks/drivers.py).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from math import factorial

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats import progress
from cxdash.stats.counts import Array

EXACT_MOST = 15  # drivers up to which all subsets are taken
TOLERANCE = 1e-9  # what is left of a driver's variance beside those before it: less adds nothing
WIDE = 1 << 18  # numbers of one array: they stay in the processor's cache
THREADS = 2


def lmg(correlation: Array, groups: Sequence[int] | None = None) -> Array:
    """Parts of R² (…, p) of the drivers, or of groups of drivers, that add up to it.

    correlation (…, k+1, k+1): the drivers first, the outcome last; several samples at once where there are more dimensions. groups: how
    many neighbouring drivers each player consists of, default one each. What is a combination of others adds nothing beside them.
    Raises StatsError (reason drivers_many) for more than 15 players. Tested against R relaimpo.

    >>> r = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.4], [0.6, 0.4, 1.0]])
    >>> lmg(r).round(6).tolist()
    [0.286667, 0.086667]
    """
    r = np.asarray(correlation, dtype=np.float64)
    k = r.shape[-1] - 1
    sizes = [1] * k if groups is None else list(groups)
    if sum(sizes) != k or min(sizes, default=1) < 1:
        raise StatsError(reason="driver_groups", sizes=sizes, drivers=k)
    p = len(sizes)
    if p > EXACT_MOST:
        raise StatsError(reason="drivers_many", drivers=p, most=EXACT_MOST)
    flat = r.reshape(-1, k + 1, k + 1)
    if p == 0 or not len(flat):
        return np.zeros((*r.shape[:-2], p))
    width = max(1, WIDE >> p)
    parts = [flat[start : start + width] for start in range(0, len(flat), width)]
    bounds = tuple(np.cumsum([0, *sizes]).tolist())
    if len(parts) == 1:
        done = [_parts(parts[0], bounds)]
    else:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="lmg") as pool:
            done = []
            for part in pool.map(lambda part: _parts(part, bounds), parts):
                done.append(part)
                progress.counted(len(done), len(parts))
    return np.concatenate(done).reshape(*r.shape[:-2], p)


def _parts(samples: Array, bounds: tuple[int, ...]) -> Array:
    """(b, k+1, k+1) -> (b, p)."""
    left = _unexplained(samples, bounds)
    return (shapley_weights(len(bounds) - 1) @ left).T


_own = threading.local()


def _space(count: int, bounds: tuple[int, ...]) -> tuple[list[Array], Array]:
    """Row i of the upper triangle of all matrices of a tree, and room for one product; kept, for fresh memory costs more than the work."""
    key = (count, bounds)
    if getattr(_own, "key", None) != key:
        k = bounds[-1]
        level = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        _own.rows = [np.empty((k + 1 - i, count << int(level[i] + (i not in bounds)))) for i in range(k)]
        _own.rows.append(np.empty((1, count << (len(bounds) - 1))))
        _own.key, _own.room = key, np.empty(count << max(0, len(bounds) - 2))
    return _own.rows, _own.room


def _unexplained(samples: Array, bounds: tuple[int, ...]) -> Array:
    """1 - R² of every subset of players: (2^p, b); bit v of a row's number says whether player v is in."""
    count, size = len(samples), samples.shape[-1]
    rows, room = _space(count, bounds)
    for i in range(size):
        rows[i][:, :count] = samples[:, i, i:].T
    for v, (first, after) in enumerate(pairwise(bounds)):
        wide = count << v
        before, added = slice(0, wide), slice(wide, 2 * wide)
        for column in range(first, after):
            source = before if column == first else added
            pivot = rows[column][:, source]
            _sweep(pivot, rows[column + 1 :], source, added, room[:wide])
    return rows[-1].reshape(-1, count)


def _sweep(pivot: Array, below: Sequence[Array], source: slice, target: slice, room: Array) -> None:
    """What is left of the columns below when the pivot's column has explained its part."""
    there = pivot[0] > TOLERANCE
    inverse = np.divide(1.0, pivot[0], out=np.zeros_like(pivot[0]), where=there)
    for i, row in enumerate(below, 1):
        np.multiply(pivot[i], inverse, out=room)
        left = row[:, target]
        if source is target:
            left -= pivot[i:] * room
        else:
            np.multiply(pivot[i:], room, out=left)
            np.subtract(row[:, source], left, out=left)


@lru_cache(maxsize=4)
def shapley_weights(p: int) -> Array:
    """What the unexplained part of each subset counts for each player: (p, 2^p).

    >>> shapley_weights(1).tolist()
    [[1.0, -1.0]]
    """
    subset = np.arange(1 << p)
    member = (subset[None, :] >> np.arange(p)[:, None]) & 1
    size = member.sum(axis=0)
    order = np.array([factorial(s) * factorial(p - s - 1) / factorial(p) for s in range(p)] + [0.0])
    weights = np.where(member == 1, -order[np.maximum(size - 1, 0)], order[size])
    weights.setflags(write=False)
    return weights
