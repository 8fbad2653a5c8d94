"""Cross-products of many columns by matrix products, where a column is small whole numbers of a frame in memory.

Rows are put in the order of their groups, and each group's columns are multiplied at once: a million responses of sixteen columns in
a thousand random groups take a fifth of the time of summing the pairs (benchmarks/drivers.py). Sums of whole numbers are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from cxdash.facts import dense, planes
from cxdash.facts.dense import CELLS_MAX, Coded
from cxdash.facts.moments import Item, item_of
from cxdash.facts.query import groups_of
from cxdash.facts.question import Filter, pair_name
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import RANDOM, Selections, indexed
from cxdash.terms import Direction

COLUMNS_LEAST = 4  # with fewer there are few pairs to sum
FEW = 4  # a filter that chooses less than one in so many rows
ROWS, FLOPS = 256, 1 << 18  # of one small product: for a larger one the library of numpy wakes threads that wait busily for each other
PLACES = 1 << 14  # rows multiplied at a time: they stay in the processor's cache
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Units:
    """A column in whole numbers: the frame's column, what each of its values counts, and what one unit is on 0-100."""

    column: str
    of: Item
    most: int | None  # whole units of 100 where the column is an index

    @property
    def factor(self) -> float:
        return self.of.factor if self.of.cut else 100.0 / self.most if self.most else self.of.factor

    def points(self, column: Coded) -> npt.NDArray[np.int16]:
        """Units of each of the column's values, by place."""
        return self._table(column.values.to_physical().to_numpy().astype(np.int64))

    def _table(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
        """Units of each value, favourable end high; a cut counts 0 or 1."""
        if self.most:
            units, whole = values, self.most
        else:
            scale = self.of.parts[0][1]
            assert scale is not None
            units, whole = (values - scale.lo if scale.direction is Direction.HIGH else scale.hi - values), scale.hi - scale.lo
        return (self.of.passed(units * (100.0 / whole)) if self.of.cut else units).astype(np.int16)


def units_of(schema: FactsSchema, name: str) -> Units | None:
    """None where the column has no whole units (unequal weights of the loyalty index, too many items)."""
    item = item_of(schema, name)
    for column, most in (indexed(schema, item.behind) or {}).items():
        return Units(column, item, most)
    return Units(item.parts[0][0], item, None) if len(item.parts) == 1 and item.parts[0][1] is not None else None


def moments(
    selections: Selections, schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[str], weighted: bool, groups: int,
) -> pl.DataFrame | None:
    """See `Facts.moments`; None where this way does not go, or would gain nothing (few columns by groups: summing pairs is as quick)."""
    names = list(dict.fromkeys(columns))
    units = [units_of(schema, name) for name in names]
    asked = [u for u in units if u is not None]
    if len(asked) < len(names):
        return None
    if not (by or groups):
        return _of_cells(selections, where, names, asked) if names and not weighted else None
    if len(names) < COLUMNS_LEAST:
        return None
    found = groups_of(schema, by, [*_answer(names), *(["group"] if groups else [])])
    if not by and not weighted and (quick := _kept(selections, where, asked, groups)):
        cell, sums = quick
        return pl.DataFrame({"group": pl.Series(cell, dtype=pl.Int32)} | _columns(names, asked, sums))
    keys = [*found.columns, *([f"{RANDOM}{groups}"] if groups else [])]
    chosen = selections.codes(where, [*keys, *(u.column for u in asked)])
    if chosen is None:
        return None
    coded, rows = chosen
    grouping, values = coded[: len(keys)], coded[len(keys) :]
    if np.prod([key.states for key in grouping], dtype=np.int64) >= CELLS_MAX:
        return None
    weight = selections.cut(where, ["weight"]).to_native()["weight"].fill_null(0.0).to_numpy() if weighted else None
    order, bounds, cell = _ordered(grouping, values, rows, weight)
    tables = _tables(asked, values)
    sums = _counted(values, tables, order, bounds) if weight is None and not by else None
    sums = _sums(values, tables, order, bounds, weight) if sums is None else sums
    frame = pl.DataFrame(_keys(grouping, cell, bool(groups)) | _columns(names, asked, sums))
    return found.finish(frame, ["group"] if groups else []) if by else frame  # the groups are in order, and nothing else is to be named


def _of_cells(selections: Selections, where: Filter, names: Sequence[str], units: Sequence[Units]) -> pl.DataFrame | None:
    """`moments` of all rows at once, without weights, from how often each combination of values occurs; None where there are too many."""
    chosen = selections.codes(where, [u.column for u in units])
    cells = dense.cells(chosen[0], [], chosen[1]) if chosen else None
    if not chosen or not cells:
        return None
    there = cells.rows.nonzero()[0]
    n, points = cells.rows[there], []
    for unit, code, place in zip(units, chosen[0], dense.places(chosen[0], there), strict=True):
        n = np.where(place < code.states - 1, n, 0)  # who has them all
        points.append(np.append(unit.points(code), np.int16(0))[place])
    x = np.array(points, np.float64)
    sums = _laid_out(n.sum(keepdims=True), (x @ n)[None], ((x * n) @ x.T)[None])
    return pl.DataFrame(_columns(names, units, sums))


def _tables(units: Sequence[Units], values: Sequence[Coded]) -> list[npt.NDArray[np.int16]]:
    return [u.points(v) for u, v in zip(units, values, strict=True)]


def _kept(selections: Selections, where: Filter, units: Sequence[Units], groups: int) -> tuple[npt.NDArray[np.int64], Matrix] | None:
    """The groups that have rows, and `_sums` of them, by the planes that are kept of all rows; None where that does not go, or where so few
    rows are chosen that they are sooner counted by themselves."""
    values, mask = selections.places([u.column for u in units]), selections.mask(where)
    if values is None or (mask is not None and mask.sum() * FEW < len(mask)):
        return None
    tables, chosen = _tables(units, values), None if mask is None else mask.to_numpy()
    found = selections.planes.sums(chosen, [u.column for u in units], values, tables, groups)
    if found is None:
        return None
    n, s, crossed = found
    cell = np.flatnonzero(n)
    return cell, _laid_out(n[cell], s[cell], crossed[cell])


def _laid_out(n: npt.NDArray[np.int64], s: Matrix, crossed: Matrix) -> Matrix:
    """Without weights w and w2 are n, and s2, q2 are s, q."""
    q, size = np.diagonal(crossed, axis1=1, axis2=2), n.astype(np.float64)[:, None]
    a, b = np.triu_indices(s.shape[1], 1)
    return np.concatenate([size, size, size, s, q, s, q, crossed[:, a, b]], axis=1)


def _answer(names: Sequence[str]) -> list[str]:
    singles = [f"{kind}:{name}" for name in names for kind in ("s", "q", "s2", "q2")]
    return ["n", "w", "w2", *singles, *(pair_name(a, b) for a, b in combinations(names, 2))]


def _ordered(
    grouping: Sequence[Coded], values: Sequence[Coded], rows: int, weight: Matrix | None,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """The complete rows by group, where each group begins (and the last one ends), and the number of each group."""
    there = np.ones(rows, bool) if weight is None else weight > 0
    for v in values:
        there &= v.array != v.states - 1
    number = np.zeros(rows, np.uint16)
    for key in grouping:
        number *= np.uint16(key.states)
        number += key.array.astype(np.uint16, copy=False)
    number[~there] = CELLS_MAX - 1  # behind all groups
    sizes = np.bincount(number, minlength=CELLS_MAX)[:-1]
    order = np.argsort(number, kind="stable")[: there.sum()]  # of 16 bits: counted, not compared
    cell = np.flatnonzero(sizes)
    return order, np.append(0, np.cumsum(sizes[cell])), cell


def _sums(
    values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], order: npt.NDArray[np.intp], bounds: npt.NDArray[np.intp],
    weight: Matrix | None,
) -> Matrix:
    """Per group n, w, w2, s, q, s2, q2 (k each) and the pairs, in whole units."""
    sizes, k = np.diff(bounds), len(values)
    if not len(sizes):
        return np.zeros((0, 3 + 4 * k + k * (k - 1) // 2))
    rows = max(1, min(ROWS, FLOPS // (k + 1) ** 2, len(order) // len(sizes)))  # with fewer rows than groups have, half the places are used
    blocks = -(-sizes // rows)
    ends = np.cumsum(blocks)
    index = np.full(int(ends[-1]) * rows, len(values[0].array), np.intp)  # nobody's place is behind all rows
    index[np.repeat((ends - blocks) * rows - bounds[:-1], sizes) + np.arange(len(order))] = order
    group = np.repeat(np.arange(len(sizes)), blocks)
    made = _Multiplied(values, tables, weight)
    step = max(1, PLACES // rows)
    chunks = [(group[first : first + step], index[first * rows : (first + step) * rows]) for first in range(0, len(group), step)]
    crossed, single = np.zeros((len(sizes), k + 1, k + 1)), np.zeros((2, len(sizes), k + 1))
    for (groups, _), (product, alone) in zip(chunks, planes.each(lambda chunk: made.of(chunk[1], rows), chunks), strict=True):
        firsts = np.flatnonzero(np.diff(groups, prepend=-1))
        at = slice(groups[0], groups[-1] + 1)
        crossed[at] += np.add.reduceat(product, firsts, axis=0)
        if alone is not None:
            single[:, at] += np.add.reduceat(alone, firsts, axis=1)
    if weight is None:
        return _laid_out(sizes, crossed[:, 0, 1:], crossed[:, 1:, 1:])
    first, second = np.triu_indices(k, 1)
    q = np.diagonal(crossed, axis1=1, axis2=2)[:, 1:]
    told = [sizes[:, None], crossed[:, 0, :1], single[0, :, :1], crossed[:, 0, 1:], q, single[0, :, 1:], single[1, :, 1:]]
    return np.concatenate([*told, crossed[:, 1:, 1:][:, first, second]], axis=1)


class _Multiplied:
    """Columns of rows, multiplied in small blocks; a column of ones stands before them."""

    def __init__(self, values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], weight: Matrix | None) -> None:
        self._tables = [np.append(table, np.int16(0)).astype(np.float64) for table in tables]
        self._of = [id(v.places) for v in values]  # both ends of a rating are cut from one column
        self._places = {id(v.places): np.append(v.array, v.array.dtype.type(v.states - 1)) for v in values}
        self._weight = np.append(np.ones(len(values[0].array)) if weight is None else weight, 0.0)
        self._weighted = weight is not None

    def of(self, index: npt.NDArray[np.intp], rows: int) -> tuple[Matrix, Matrix | None]:
        """Σw·x·x' of each block (blocks, k+1, k+1), and with weights Σw²·x and Σw²·x² (2, blocks, k+1)."""
        known = {key: places.take(index, mode="clip") for key, places in self._places.items()}
        w = self._weight.take(index, mode="clip").reshape(-1, rows)
        x = np.empty((len(w), len(self._of) + 1, rows))
        x[:, 0] = w > 0
        for j, (key, table) in enumerate(zip(self._of, self._tables, strict=True), 1):
            x[:, j] = table.take(known[key], mode="clip").reshape(-1, rows)
        if not self._weighted:
            return x @ x.transpose(0, 2, 1), None
        heavy = x * w[:, None]
        square = np.stack([(heavy @ w[:, :, None])[:, :, 0], np.einsum("bkr,bkr->bk", heavy, heavy)])
        return heavy @ x.transpose(0, 2, 1), square


def _counted(
    values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], order: npt.NDArray[np.intp], bounds: npt.NDArray[np.intp],
) -> Matrix | None:
    """`_sums` without weights, by counting bits; None where that does not go."""
    found = planes.sums(values, tables, order, bounds)
    if found is None:
        return None
    return _laid_out(np.diff(bounds), *found)


def _keys(grouping: Sequence[Coded], cell: npt.NDArray[np.int64], resampled: bool) -> dict[str, pl.Series]:
    names = [f"g{i}" for i in range(len(grouping) - resampled)] + (["group"] if resampled else [])
    return {name: key.told(place) for name, key, place in zip(names, grouping, dense.places(grouping, cell), strict=True)}


def _columns(names: Sequence[str], units: Sequence[Units], sums: Matrix) -> dict[str, Matrix | npt.NDArray[np.int64]]:
    """On 0-100, under the names of the contract."""
    k, f = len(names), np.array([u.factor for u in units])
    singles = np.stack([sums[:, 3 + i * k : 3 + (i + 1) * k] * f ** (1 + i % 2) for i in range(4)], axis=2)
    a, b = np.triu_indices(k, 1)
    pairs = np.multiply(sums[:, 3 + 4 * k :], f[a] * f[b], order="F")  # each column in one piece
    values = [sums[:, 0].astype(np.int64), sums[:, 1], sums[:, 2], *(singles[:, j, i] for j in range(k) for i in range(4)), *pairs.T]
    return dict(zip(_answer(names), values, strict=True))
