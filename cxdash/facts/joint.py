"""Values that came together in one response, and which columns a response has at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from cxdash.errors import NotFound
from cxdash.facts import dense
from cxdash.facts.counting import COUNTS, Frame, collected
from cxdash.facts.filters import predicates
from cxdash.facts.moments import Item, item_of
from cxdash.facts.products import Units, units_of
from cxdash.facts.query import groups_of, kept
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import WEIGHTS, Selections

DIGITS = 9
Masses = npt.NDArray[np.float64]
MASK_MOST = 62  # columns of one mask …
BITS_MOST = 16  # … and those of one that is counted in an array
SAME = 1e-6  # scores on 0-100 this near are one and the same, whatever fractions made of them


def values_of(columns: Sequence[str]) -> list[str]:
    """The names of the values in an answer of `joint`."""
    return [f"v{i}" for i in range(len(columns))]


def joint(frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.joint`."""
    names = values_of(columns)
    found = groups_of(schema, by, [*names, *COUNTS])
    values = [score(item_of(schema, column)).alias(name) for column, name in zip(columns, names, strict=True)]
    chosen = kept(frame.lazy(), _keep(frame, schema, where, weighted)).select(*found.exprs(), *values, *_weights(weighted))
    counted = collected(chosen.group_by(*found.keys, *names).agg(*_sizes(weighted)))
    return found.finish(_told(counted, [*found.keys, *names], weighted), names).sort(found.shown + tuple(names), nulls_last=True)


def counted(selections: Selections, schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[str]) -> pl.DataFrame | None:
    """`joint` of a frame in memory, by counting cells; None where that does not go."""
    names = values_of(columns)
    found = groups_of(schema, by, [*names, *COUNTS])
    units = [units_of(schema, column) for column in columns]
    if any(u is None for u in units) or any(u.of.cut for u in units if u) or any(found.rolled):
        return None
    chosen = selections.codes(where, [*found.columns, *(u.column for u in units if u)])
    cells = chosen and dense.cells(chosen[0], [], chosen[1])
    if not chosen or not cells:
        return None
    there = cells.rows.nonzero()[0]
    at, first = dense.places(chosen[0], there), len(found.columns)
    grouped = [key.told(place).alias(name) for name, key, place in zip(found.keys, chosen[0], at, strict=False)]
    asked = zip(names, units, chosen[0][first:], at[first:], strict=True)
    scores = [scored(unit, code, place).alias(name) for name, unit, code, place in asked if unit]
    n = cells.rows[there]
    w = n.astype(np.float64)
    frame = pl.DataFrame([*grouped, *scores]).with_columns(n=pl.Series(n), w=pl.Series(w), w2=pl.Series(w))
    return found.named(frame).sort(found.shown + tuple(names), nulls_last=True)


def weighed(selections: Selections, schema: FactsSchema, where: Filter, columns: Sequence[str]) -> pl.DataFrame | None:
    """`joint` of a frame in memory, weighted and without groups, by adding up the weights of each cell; None where that does not go."""
    units = [u for column in columns if (u := units_of(schema, column)) is not None and not u.of.cut]
    found = _masses(selections, where, [u.column for u in units]) if units and len(units) == len(columns) else None
    if found is None:
        return None
    codes, n, w, w2 = found
    cells = n.nonzero()[0]
    scores = [scored(*one) for one in zip(units, codes, dense.places(codes, cells), strict=True)]
    told = dict(zip(values_of(columns), scores, strict=True))
    return pl.DataFrame({**told, "n": n[cells].astype(np.int64), "w": w[cells], "w2": w2[cells]}).sort(list(told), nulls_last=True)


def scored(unit: Units, column: dense.Coded, places: dense.Counted) -> pl.Series:
    """Scores on 0-100 of these places of the column, null where an answer is missing."""
    points = np.round(unit.points(column) * unit.factor, DIGITS)
    return pl.Series(np.append(points, np.nan)[places], nan_to_null=True)


def _masses(selections: Selections, where: Filter, columns: list[str]) -> tuple[list[dense.Coded], Masses, Masses, Masses] | None:
    """n, Σw and Σw² of every cell. Where weights are of few kinds, as raked ones are, the kinds are counted like values, which takes a
    fifth of the time of adding up a million fractions."""
    chosen = selections.codes(where, [*columns, WEIGHTS])
    cells = dense.cells(chosen[0], [], chosen[1]) if chosen else None
    if chosen and cells:
        *codes, weights = chosen[0]
        told = cells.rows.reshape(-1, weights.states)[:, :-1].astype(np.float64)  # the last: no weight
        value = weights.values.to_numpy()
        return codes, told.sum(axis=1), told @ value, told @ (value * value)
    chosen = selections.codes(where, columns)
    size = math.prod(code.states for code in chosen[0]) if chosen else 0
    if chosen is None or size > dense.CELLS_MAX:
        return None
    number = np.zeros(chosen[1], np.uint16)
    for code in chosen[0]:
        number *= np.uint16(code.states)
        number += code.array.astype(np.uint16)
    weight = selections.cut(where, ["weight"]).to_native()["weight"].fill_null(0.0).to_numpy()
    if not (there := weight > 0).all():
        number, weight = number[there], weight[there]
    n, w, w2 = (np.bincount(number, x, size).astype(np.float64) for x in (None, weight, weight * weight))
    return chosen[0], n, w, w2


def _at_once(selections: Selections, schema: FactsSchema, where: Filter, names: list[str]) -> dict[str, tuple[Masses, ...]] | None:
    """Score, n, Σw and Σw² of the values of every column, from one pass over the rows; None where that does not go."""
    units = [u for name in names if (u := units_of(schema, name)) is not None and not u.of.cut]
    chosen = selections.codes(where, [WEIGHTS, *(u.column for u in units)]) if len(units) == len(names) else None
    cells = dense.cells(chosen[0][:1], chosen[0][1:], chosen[1]) if chosen else None
    if not chosen or not cells:
        return None
    value, found = chosen[0][0].values.to_numpy(), {}
    for name, unit, code, counts in zip(names, units, chosen[0][1:], cells.counts, strict=True):
        told = counts[:-1, :-1].astype(np.float64)  # the last: no weight, no answer
        x = unit.points(code) * unit.factor
        found[name] = (x, told.sum(axis=0), value @ told, (value * value) @ told)
    return found


def weighed_sums(selections: Selections, schema: FactsSchema, where: Filter, columns: Sequence[str]) -> pl.DataFrame | None:
    """`Facts.sums` in the same way."""
    rows, quick = [], _at_once(selections, schema, where, sorted(columns))
    for name in sorted(columns):
        told = quick[name] if quick else None
        if told is None:
            found = weighed(selections, schema, where, [name])
            if found is None:
                return None
            told = tuple(found.drop_nulls("v0")[c].to_numpy() for c in ("v0", *COUNTS))
        x, n, w, w2 = told
        sums = (w.sum(), w2.sum(), (w * x).sum(), (w * x * x).sum(), (w2 * x).sum(), (w2 * x * x).sum())
        rows.append((name, int(n.sum()), *map(float, sums)))
    kinds = (pl.String, pl.Int64, *[pl.Float64] * 6)
    return pl.DataFrame(rows, schema=dict(zip(("column", *COUNTS, "s", "q", "s2", "q2"), kinds, strict=True)), orient="row")


def rated(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[str], also: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.rated`."""
    names = [*columns, *also]
    if len(names) > MASK_MOST:
        raise NotFound("facts.unknown", name=f"{len(names)} > {MASK_MOST}", known=", ".join(names[:MASK_MOST]))
    bits = [nw.when(item_of(schema, name).there()).then(nw.lit(1 << i)).otherwise(nw.lit(0)) for i, name in enumerate(names)]
    scores = [score(item_of(schema, column)) for column in columns]
    flat = nw.lit(False) if len(scores) < 2 else (nw.max_horizontal(*scores) - nw.min_horizontal(*scores)) < SAME
    mask = reduce(add, bits).cast(nw.Int64) if bits else nw.lit(0)
    asked = [mask.alias("mask"), flat.cast(nw.Int64).alias("flat"), nw.col("id"), *_weights(weighted)]
    chosen = kept(frame.lazy(), _keep(frame, schema, where, weighted)).select(*asked)
    counted = collected(chosen.group_by("mask").agg(*_sizes(weighted), nw.col("flat").sum()))
    several = (pl.col("mask") & ((1 << len(columns)) - 1)).bitwise_count_ones() >= 2
    told = _told(counted, ["mask", "flat"], weighted)
    same = pl.when(several).then(pl.col("flat").fill_null(0)).otherwise(0).cast(pl.Int64).alias("flat")
    return told.select(pl.col("mask").cast(pl.Int64), *COUNTS, same).sort("mask")


def rated_by_places(
    selections: Selections, schema: FactsSchema, where: Filter, columns: Sequence[str], also: Sequence[str],
) -> pl.DataFrame | None:
    """`rated` of a frame in memory from the places of the values, a fifth of the time; None where that does not go."""
    names = [*columns, *also]
    units = [units_of(schema, name) for name in names]
    if not 0 < len(names) <= BITS_MOST or any(u is None or u.of.cut for u in units):
        return None
    chosen = selections.codes(where, [u.column for u in units if u])
    if chosen is None:
        return None
    coded, rows = chosen
    tables = [_millionths(u, c) for u, c in zip(units, coded, strict=True) if u]
    n, flat = np.zeros((2, 1 << len(names)), np.int64)
    for start in range(0, rows, dense.ROWS):
        part = slice(start, min(rows, start + dense.ROWS))
        mask = np.zeros(part.stop - start, np.uint16)
        least, most = np.full(len(mask), -1, np.int32).view(np.uint32), np.full(len(mask), -1, np.int32)
        for i, (column, table) in enumerate(zip(coded, tables, strict=True)):
            place = column.array[part]
            mask |= (place != column.states - 1).astype(np.uint16) << np.uint16(i)
            if i < len(columns):
                score = table[place]
                np.maximum(most, score, out=most)
                np.minimum(least, score.view(np.uint32), out=least)  # -1, which is missing, counts as the largest
        n += np.bincount(mask, minlength=len(n))
        flat += np.bincount(mask[most - least.view(np.int32) <= 1], minlength=len(n))
    there = n.nonzero()[0]
    several = np.bitwise_count(there & ((1 << len(columns)) - 1)) >= 2
    w = n[there].astype(np.float64)
    return pl.DataFrame({"mask": there, "n": n[there], "w": w, "w2": w, "flat": np.where(several, flat[there], 0)})


def _millionths(unit: Units, column: dense.Coded) -> npt.NDArray[np.int32]:
    """The score of each place as a whole number, -1 for missing."""
    values = unit.points(column) * unit.factor
    return np.append(np.round(values / SAME).astype(np.int32), np.int32(-1))


def _keep(frame: Frame, schema: FactsSchema, where: Filter, weighted: bool) -> list[nw.Expr]:
    return [*predicates(frame, schema, where), *([nw.col("weight") > 0] if weighted else [])]


def score(item: Item) -> nw.Expr:
    """On 0-100, null where it is missing (the mean of nothing is NaN on some engines), rounded so that equal fractions are equal."""
    return nw.when(item.there()).then((item.expr(short=False).cast(nw.Float64) * item.factor).round(DIGITS))


def _weights(weighted: bool) -> list[nw.Expr]:
    return [nw.col("weight").alias("w"), (nw.col("weight") * nw.col("weight")).alias("w2")] if weighted else []


def _sizes(weighted: bool) -> list[nw.Expr]:
    return [nw.len().alias("n"), *([nw.col("w").sum(), nw.col("w2").sum()] if weighted else [])]


def _told(counted: pl.DataFrame, keys: Sequence[str], weighted: bool) -> pl.DataFrame:
    sums = {"w": "w", "w2": "w2"} if weighted else {"w": "n", "w2": "n"}
    return counted.select(*keys, pl.col("n").cast(pl.Int64), *(pl.col(c).cast(pl.Float64).alias(w) for w, c in sums.items()))
