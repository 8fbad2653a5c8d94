"""Rows chosen from a frame in memory, kept while a page asks about them.

A page asks a dozen questions of the same rows. Which rows they are is found once, and each column is cut to them once, on demand.
What is kept is bounded by bytes, the longest unused selection goes first.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import and_
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from cxdash.facts.dense import Coded, coded
from cxdash.facts.filters import predicates
from cxdash.facts.keptplanes import FINEST, KeptPlanes
from cxdash.facts.question import LOYALTY, Filter
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Direction, Scale

LEAST_BYTES = 64_000_000  # kept in any case …
PART = 4  # … and up to this part of the frame
INDEX = "i:"  # in front of an index's name: the column of its whole numbers
WEIGHTS = "+weights"  # as places only: which of the positive weights there are a row has
WEIGHTED = "+weight"  # whether the row has a weight
RANDOM = "+group/"  # in front of a number: the row's random group of so many
PERSON, CAME = "+person", "+came"  # the customer's place among those who answered more than once (-1: none); when it came, as a number
_CODES = "c:"  # in front of a column's name: the same as places from 0
WEIGHTS_MOST = 2048  # different ones
SMALL = 32_767  # whole numbers up to this fit 16 bits


@dataclass
class Chosen:
    """The rows of one filter: which (a mask over the frame), and the columns cut so far."""

    mask: pl.Series
    columns: dict[str, pl.Series] = field(default_factory=dict)
    size: int = 0  # bytes, as last weighed: asking a column takes longer than cutting a small one

    def weigh(self) -> None:
        self.size = int(self.mask.estimated_size()) + sum(int(s.estimated_size()) for s in list(self.columns.values()))


class Selections:
    """The selections of one frame that never changes. Several threads may ask."""

    def __init__(self, frame: pl.DataFrame, schema: FactsSchema) -> None:
        self._frame, self._schema = frame, schema
        self._asked = nw.from_native(frame)
        self._most = max(LEAST_BYTES, int(frame.estimated_size()) // PART)
        self._kept: OrderedDict[str, Chosen] = OrderedDict()
        self._indices: dict[str, pl.Series] = {}
        self._coded: dict[str, Coded | None] = {}
        self._lock = threading.Lock()
        self.people = 0  # customers who answered more than once; known once PERSON was asked for

    def cut(self, where: Filter, columns: Iterable[str]) -> nw.DataFrame[Any]:
        """These columns of the rows that the filter chooses (at least "id", so that rows can be counted)."""
        return nw.from_native(pl.DataFrame(self._cut(where, list(dict.fromkeys(columns)) or ["id"])))

    def codes(self, where: Filter, columns: Sequence[str]) -> tuple[list[Coded], int] | None:
        """The columns of the chosen rows as places, and how many rows; None where a column has too many different values."""
        whole = [self._code(name) for name in columns]
        if None in whole:
            return None
        cut = self._cut(where, [_CODES + name for name in columns] or [_CODES + WEIGHTED])
        return [code.cut(rows) for code, rows in zip(whole, cut, strict=False) if code], len(cut[0])

    def places(self, columns: Sequence[str]) -> list[Coded] | None:
        """The columns of all the rows, as `codes`."""
        whole = [self._code(name) for name in columns]
        return None if None in whole else [code for code in whole if code]

    def mask(self, where: Filter) -> pl.Series | None:
        """Whether the filter chooses each row of the frame; None where it chooses all."""
        found = self._chosen(where)
        if found is not None:
            self._keep(repr(where), found)
        return None if found is None else found.mask

    @cached_property
    def planes(self) -> KeptPlanes:
        return KeptPlanes(self._column(f"{RANDOM}{FINEST}").to_numpy())

    def _chosen(self, where: Filter) -> Chosen | None:
        with self._lock:
            found = self._kept.get(repr(where))
        if found is not None:
            return found
        keep = list(predicates(self._asked, self._schema, where))
        return Chosen(self._asked.select(reduce(and_, keep).fill_null(False).alias("hit")).to_native().to_series()) if keep else None

    def _cut(self, where: Filter, wanted: list[str]) -> list[pl.Series]:
        found = self._chosen(where)
        if found is None:
            return [self._column(name) for name in wanted]
        missing = [name for name in dict.fromkeys(wanted) if name not in found.columns]
        if missing:
            cut = pl.DataFrame([self._column(name).alias(name) for name in missing]).filter(found.mask)
            found.columns.update((name, cut[name]) for name in missing)  # two threads would put the same there
            found.weigh()
        self._keep(repr(where), found)
        return [found.columns[name] for name in wanted]

    def forget(self) -> None:
        """Let go of every selection; the next question finds its rows anew."""
        with self._lock:
            self._kept.clear()

    def _column(self, name: str) -> pl.Series:
        if name.startswith(_CODES):
            code = self._code(name.removeprefix(_CODES))
            assert code is not None
            return code.places
        if name == WEIGHTED:
            return (self._frame["weight"] > 0).fill_null(False)
        if name.startswith(RANDOM):
            return (self._frame["seed"] % int(name.removeprefix(RANDOM))).cast(pl.Int32)
        if name in (PERSON, CAME):
            return self._person(name)
        return self._index(name) if name.startswith(INDEX) else self._frame[name]

    def _person(self, name: str) -> pl.Series:
        """Kept with the frame. When it came: its place by time, then by id; those without a time first."""
        if name not in self._indices:
            if name == PERSON:
                places, self.people = _places(self._frame["person"])
                self._indices[name] = places
            else:
                order = self._frame.select(pl.arg_sort_by("at", "id", nulls_last=False)).to_series()
                self._indices[name] = pl.Series(np.argsort(order.to_numpy()).astype(np.uint32))
        return self._indices[name]

    def _code(self, name: str) -> Coded | None:
        """Kept with the frame: a byte or two per row for each column that is asked for."""
        if name not in self._coded:
            self._coded[name] = _weights(self._frame["weight"]) if name == WEIGHTS else coded(self._column(name))
        return self._coded[name]

    def _index(self, column: str) -> pl.Series:
        if column in self._indices:
            return self._indices[column]
        parts, least = _parts(self._schema, column.removeprefix(INDEX))
        made = self._frame.select(whole_numbers(parts, least).alias(column)).to_series()
        self._indices[column] = made
        return made

    def _keep(self, key: str, chosen: Chosen) -> None:
        with self._lock:
            self._kept[key] = chosen
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(c.size for c in self._kept.values()) > self._most:
                self._kept.popitem(last=False)


def _weights(weight: pl.Series) -> Coded | None:
    """None where there are so many different ones that counting them gains nothing."""
    weight = weight.fill_nan(None)
    positive = weight.set(~(weight > 0).fill_null(False), None)
    values = positive.drop_nulls().unique().sort()
    if len(values) > WEIGHTS_MOST:
        return None
    place = values.search_sorted(positive.fill_null(0.0)).set(positive.is_null(), len(values))
    return Coded(place.cast(pl.UInt8 if len(values) < 256 else pl.UInt16), values)


def _places(person: pl.Series) -> tuple[pl.Series, int]:
    """Which of the numbers that come more than once a row has (Int32, -1: none), and how many those are. Sorting takes a third of the
    time of looking each number up."""
    rows = person.is_not_null().arg_true().to_numpy()
    numbers = person.drop_nulls().to_numpy()
    order = np.argsort(numbers)
    sorted_ = numbers[order]
    first = np.ones(len(sorted_), bool)
    first[1:] = sorted_[1:] != sorted_[:-1]
    group = np.cumsum(first) - 1
    often = np.bincount(group, minlength=1) > 1
    place = np.where(often, np.cumsum(often) - 1, -1).astype(np.int32)
    found = np.full(len(person), -1, np.int32)
    found[rows[order]] = place[group]
    return pl.Series(found), int(often.sum())


def units(parts: Iterable[tuple[str, Scale]]) -> int | None:
    """Whole units that 100 points of a mean of several ratings consist of, however many of them are answered; None when too many."""
    scales = [scale for _, scale in parts]
    found = math.lcm(*(scale.hi - scale.lo for scale in scales)) * math.lcm(*range(1, len(scales) + 1))
    return found if found <= SMALL else None


def whole_numbers(parts: list[tuple[str, Scale]], least: int = 1) -> pl.Expr:
    """The mean over the answered ratings as a whole number of `units` (Int16), null where fewer than `least` are answered.

    Sums of whole numbers are exact, whatever the order of the rows, and small ones are quick to cut and to add.
    """
    most = units(parts)
    assert most is not None
    width = math.lcm(*(scale.hi - scale.lo for _, scale in parts))
    above = [(_above(column, scale) * (width // (scale.hi - scale.lo))) for column, scale in parts]
    there = pl.sum_horizontal([pl.col(column).is_not_null().cast(pl.Int16) for column, _ in parts])
    total = pl.sum_horizontal(above).cast(pl.Int32) * (most // width)
    return pl.when(there >= least).then(total // there).cast(pl.Int16)


def _above(column: str, scale: Scale) -> pl.Expr:
    point = pl.col(column).cast(pl.Int16)
    return point - scale.lo if scale.direction is Direction.HIGH else scale.hi - point


def indexed(schema: FactsSchema, name: str) -> Mapping[str, int] | None:
    """Column and units of an index that can be kept as whole numbers."""
    parts, _ = _parts(schema, name)
    most = units(parts) if parts and (len(parts) > 1 or name == LOYALTY) else None
    return {INDEX + name: most} if most else None


def _parts(schema: FactsSchema, name: str) -> tuple[list[tuple[str, Scale]], int]:
    """The ratings that an index is the plain mean of, and how many must be answered; none where it is no plain mean."""
    if name != LOYALTY:
        return [schema.ratings[code] for code in schema.indices.get(name, ())], 1
    items = schema.loyalty.items
    plain = len(set(items.values())) == 1 and min(items.values()) > 0
    return [schema.ratings[code] for code in items if code in schema.ratings] if plain else [], max(1, (len(items) + 1) // 2)
