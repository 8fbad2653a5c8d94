"""Cross-products of many columns by matrix products, where a column is small whole numbers of a frame in memory.

Rows are put in the order of their groups, and each group's columns are multiplied at once: a million responses of sixteen columns in
a thousand random groups take a fifth of the time of summing the pairs (benchmarks/drivers.py). Sums of whole numbers are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from cxdash.facts import planes
from cxdash.facts.dense import CELLS_MAX, Coded
from cxdash.facts.moments import Item, item_of
from cxdash.facts.query import groups_of
from cxdash.facts.question import Filter, pair_name
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import RANDOM, Selections, indexed
from cxdash.terms import Direction

COLUMNS_LEAST = 4  # with fewer there are few pairs to sum
FEW = 4  # a filter that chooses less than one in so many rows
BLOCK = 1 << 15  # rows multiplied at a time: they stay in the processor's cache
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

    def table(self, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
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
    """See `Facts.moments`; None where this way does not go, or would gain nothing (one group: summing the pairs is as quick)."""
    names = list(dict.fromkeys(columns))
    units = [units_of(schema, name) for name in names]
    if len(names) < COLUMNS_LEAST or any(u is None for u in units) or not (by or groups):
        return None
    asked = [u for u in units if u is not None]
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


def _tables(units: Sequence[Units], values: Sequence[Coded]) -> list[npt.NDArray[np.int16]]:
    return [u.table(v.values.to_physical().to_numpy().astype(np.int64)) for u, v in zip(units, values, strict=True)]


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
    k = len(values)
    known: dict[int, npt.NDArray[np.unsignedinteger]] = {}
    x = np.empty((k + 1, len(order)), np.int16)
    x[0] = 1
    for j, (v, table) in enumerate(zip(values, tables, strict=True), 1):
        if id(v.places) not in known:  # both ends of a rating are cut from one column
            known[id(v.places)] = v.array[order]
        np.take(np.append(table, np.int16(0)), known[id(v.places)], out=x[j])
    w = None if weight is None else weight[order]
    upper = np.triu_indices(k, 1)
    out = np.zeros((max(0, len(bounds) - 1), 3 + 4 * k + len(upper[0])))
    for g, (start, end) in enumerate(pairwise(bounds.tolist())):
        product, single = np.zeros((k + 1, k + 1)), np.zeros((2, k + 1))
        for part in _blocks(start, end):
            block = x[:, part].astype(np.float64)
            if w is None:
                product += block @ block.T
                continue
            heavy = block * w[part]
            product += heavy @ block.T
            single += np.array([heavy[0] @ heavy.T, (heavy * heavy).sum(axis=1)])
        if w is None:
            s, q = product[0, 1:], np.diag(product)[1:]
            out[g] = np.concatenate([[product[0, 0]] * 3, s, q, s, q, product[1:, 1:][upper]])
        else:
            s, q = product[0, 1:], np.diag(product)[1:]
            sizes = [end - start, product[0, 0], single[0, 0]]
            out[g] = np.concatenate([sizes, s, q, single[0, 1:], single[1, 1:], product[1:, 1:][upper]])
    return out


def _counted(
    values: Sequence[Coded], tables: Sequence[npt.NDArray[np.int16]], order: npt.NDArray[np.intp], bounds: npt.NDArray[np.intp],
) -> Matrix | None:
    """`_sums` without weights, by counting bits; None where that does not go."""
    found = planes.sums(values, tables, order, bounds)
    if found is None:
        return None
    return _laid_out(np.diff(bounds), *found)


def _blocks(start: int, end: int) -> Iterator[slice]:
    for first in range(start, end, BLOCK):
        yield slice(first, min(end, first + BLOCK))


def _keys(grouping: Sequence[Coded], cell: npt.NDArray[np.int64], resampled: bool) -> dict[str, pl.Series]:
    told, rest = [], cell
    for key in reversed(grouping):
        told.append(key.told(rest % key.states))
        rest = rest // key.states
    names = [f"g{i}" for i in range(len(grouping) - resampled)] + (["group"] if resampled else [])
    return dict(zip(names, told[::-1], strict=True))


def _columns(names: Sequence[str], units: Sequence[Units], sums: Matrix) -> dict[str, Matrix | npt.NDArray[np.int64]]:
    """On 0-100, under the names of the contract."""
    k, f = len(names), np.array([u.factor for u in units])
    singles = np.stack([sums[:, 3 + i * k : 3 + (i + 1) * k] * f ** (1 + i % 2) for i in range(4)], axis=2)
    a, b = np.triu_indices(k, 1)
    pairs = np.multiply(sums[:, 3 + 4 * k :], f[a] * f[b], order="F")  # each column in one piece
    values = [sums[:, 0].astype(np.int64), sums[:, 1], sums[:, 2], *(singles[:, j, i] for j in range(k) for i in range(4)), *pairs.T]
    return dict(zip(_answer(names), values, strict=True))
