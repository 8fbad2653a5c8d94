"""Counting without hashing: where groups and points are few, the cell of every row is a small number, and cells are counted in one array.

Half a million rows take 1-3 ms where a group_by takes 8-20 ms and its set-up 5 ms (benchmarks/overview.py); the counts are the same. Only
of a frame in memory, unweighted: weights are fractions, and sums of fractions depend on the order of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

SPAN_MAX = 100_000  # between the smallest and the largest value of a column
STEP = 200  # a longer span is looked through for the values that occur
STATES_MAX = 4096  # values of one column …
CELLS_MAX = 1 << 16  # … and cells of one array: they stay in the processor's cache, and the number of a cell in 16 bits
ROWS = 1 << 18  # counted at a time, for the same reason

MISSING = np.iinfo(np.int16).min

Counted = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """A column as places: which of its `values` (ascending, each once) a row has; the place after the last is null."""

    places: pl.Series
    values: pl.Series

    @property
    def states(self) -> int:
        return len(self.values) + 1

    def cut(self, rows: pl.Series) -> Coded:
        return replace(self, places=rows)

    @cached_property
    def array(self) -> npt.NDArray[np.unsignedinteger]:
        return self.places.to_numpy()

    def told(self, places: Counted) -> pl.Series:
        """What stands at these places."""
        known = pl.Series(places, dtype=pl.UInt32)
        return self.values.gather(known.set(known == len(self.values), None))


def coded(column: pl.Series) -> Coded | None:
    """None where the column holds no whole numbers (categories, days and yes/no are), or too many different ones."""
    physical = column.cast(pl.UInt8) if column.dtype == pl.Boolean else column.to_physical()
    if not physical.dtype.is_integer() or physical.dtype == pl.UInt64:
        return None
    ends = (0, 1) if column.dtype == pl.Boolean else (physical.min(), physical.max())
    low, high = (0, -1) if None in ends else (int(ends[0]), int(ends[1]))  # type: ignore[arg-type]
    span = high - low + 1
    if span > SPAN_MAX:
        return None
    if span <= STEP:
        values = pl.Series(range(low, high + 1), dtype=pl.Int64)
        small = physical.cast(pl.UInt8 if low >= 0 and high < 255 else pl.Int32, strict=False)
        places = (small - low if low else small).cast(pl.UInt8).fill_null(span)
    else:  # days of months: most numbers between the first and the last do not occur
        shifted = (physical.cast(pl.Int64) - low).fill_null(span).to_numpy()
        there = np.bincount(shifted, minlength=span)[:span] > 0
        if there.sum() >= STATES_MAX:
            return None
        place = np.append(np.cumsum(there) - 1, there.sum()).astype(np.uint8 if there.sum() < 256 else np.uint16)
        values, places = pl.Series(low + np.flatnonzero(there), dtype=pl.Int64), pl.Series(place[shifted])
    return Coded(places, _as(values.cast(physical.dtype), column.dtype))


def _as(physical: pl.Series, kind: pl.DataType) -> pl.Series:
    return physical.cat.to(kind) if isinstance(kind, pl.Enum) else physical.cast(kind)


@dataclass(frozen=True)
class Cells:
    """How many rows have each value of each column, per group: arrays of groups x states, in the order of the columns."""

    keys: tuple[Coded, ...]
    groups: int
    counts: tuple[Counted, ...]
    rows: Counted  # per group

    def group_values(self, groups: Counted) -> list[pl.Series]:
        """The keys' values of these groups."""
        return [key.told(place) for key, place in zip(self.keys, places(self.keys, groups), strict=True)]


def places(keys: Sequence[Coded], cells: Counted) -> list[Counted]:
    """The place each key has in these cells, which are numbered with the last key changing soonest."""
    found, rest = [], cells
    for key in reversed(keys):
        found.append(rest % key.states)
        rest = rest // key.states
    return found[::-1]


def cells(keys: Sequence[Coded], columns: Sequence[Coded], rows: int) -> Cells | None:
    """None where there are too many groups for one array. Columns are cut to the same `rows` rows."""
    groups = int(np.prod([key.states for key in keys], dtype=np.int64)) if keys else 1
    if groups * max((c.states for c in columns), default=1) > CELLS_MAX:
        return None
    packs = list(_packs(columns, groups)) or [[]]
    sums = [np.zeros(groups * int(np.prod([c.states for c in pack], dtype=np.int64)), np.int64) for pack in packs]
    for start in range(0, rows, ROWS):
        part = slice(start, start + ROWS)
        group = _number(keys, part)
        for pack, total in zip(packs, sums, strict=True):
            number = _number(pack, part, group)
            total += min(rows - start, ROWS) if number is None else np.bincount(number, minlength=len(total))
    counts = []
    for pack, total in zip(packs, sums, strict=True):
        shaped = total.reshape(groups, *(c.states for c in pack))
        for axis in range(1, len(pack) + 1):
            counts.append(shaped.sum(axis=tuple(other for other in range(1, len(pack) + 1) if other != axis)))
    return Cells(tuple(keys), groups, tuple(counts), sums[0].reshape(groups, -1).sum(axis=1))


def _packs(columns: Sequence[Coded], groups: int) -> Iterator[list[Coded]]:
    """Neighbouring columns whose combinations fit one array: one pass counts them all."""
    pack: list[Coded] = []
    size = groups
    for column in columns:
        if pack and size * column.states > CELLS_MAX // 4:
            yield pack
            pack, size = [], groups
        pack.append(column)
        size *= column.states
    if pack:
        yield pack


def _number(columns: Sequence[Coded], part: slice, first: npt.NDArray[np.uint16] | None = None) -> npt.NDArray[np.uint16] | None:
    """The number of each row's cell, going on from the numbers `first`; None without columns."""
    number = first
    for column in columns:
        place = column.array[part]
        if number is None:
            number = place.astype(np.uint16)
        else:
            number = number * np.uint16(column.states)
            number += place
    return number


def keyed(found: Cells, groups: Counted) -> dict[str, pl.Series]:
    """Columns g0…: the keys' values of these groups."""
    return {f"g{i}": values for i, values in enumerate(found.group_values(groups))}


def tally(found: Cells, columns: Sequence[Coded], names: Sequence[str]) -> pl.DataFrame:
    """Columns g0…, question (Enum), point (Int16; null = no answer), n, w, w2: each combination that occurs, once, ordered by all."""
    spots = [counts.nonzero() for counts in found.counts]
    groups, places = (np.concatenate([spot[axis] for spot in spots]) for axis in (0, 1))
    questions = np.repeat(np.arange(len(columns)), [len(spot[0]) for spot in spots])
    order = np.lexsort((places, questions, groups))
    groups, places, questions = groups[order], places[order], questions[order]
    n = np.concatenate([counts[spot] for counts, spot in zip(found.counts, spots, strict=True)])[order]
    known = np.full((len(columns), max(c.states for c in columns)), MISSING, np.int16)
    for place, column in enumerate(columns):
        known[place, : column.states - 1] = column.values.to_numpy()
    points = pl.Series(known[questions, places])
    answered = {
        "question": pl.Series(questions, dtype=pl.UInt16).cat.to(pl.Enum(names)),  # sorts in their order
        "point": points.set(points == MISSING, None) if (points == MISSING).any() else points,
        "n": n,
        "w": n.astype(np.float64),
        "w2": n.astype(np.float64),
    }
    return pl.DataFrame(keyed(found, groups) | answered)


def moments(column: Coded, counts: Counted) -> tuple[Counted, Counted, Counted]:
    """n, Σx and Σx² per group, exact."""
    value = column.values.to_numpy().astype(np.int64)
    given = counts[:, :-1]
    return given.sum(axis=1), given @ value, given @ (value * value)


def sizes(found: Cells) -> pl.DataFrame:
    """Columns g0…, n, _with (rows whose only counted column, yes or no, says yes) of the groups that occur; without keys of everything."""
    groups = occurring(found)
    return pl.DataFrame(keyed(found, groups) | {"n": found.rows[groups], "_with": found.counts[0][groups, -2]})


def occurring(found: Cells) -> Counted:
    """The groups that have rows, ascending; without keys the one there is."""
    return found.rows.nonzero()[0] if found.keys else np.zeros(1, np.int64)
