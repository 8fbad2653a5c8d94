"""Sums of several columns at once, each over the responses that have it (moments asks for those that have them all)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import polars as pl

from cxdash.facts import dense
from cxdash.facts.counting import Frame, collected
from cxdash.facts.filters import predicates
from cxdash.facts.moments import item_of
from cxdash.facts.query import Groups, grouped, groups_of, kept
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Direction, Scale

ANSWER = ("column", "n", "w", "w2", "s", "q", "s2", "q2")


@dataclass(frozen=True)
class Summed:
    """A column to sum: its name in the answer, its values, and what one unit of them is on 0-100."""

    name: str
    value: nw.Expr
    factor: float


def summed(schema: FactsSchema, name: str) -> Summed:
    """A name of moments' `columns` computed from the frame's own columns."""
    item = item_of(schema, name)
    if not item.parts:  # an index without questions: nobody has it
        return Summed(name, nw.when(nw.col("id").is_null()).then(nw.col("id")).cast(nw.Float64), 1.0)
    value = item.expr(short=False)
    if len(item.parts) > 1:  # the mean of nothing is NaN on some engines
        value = nw.when(item.there()).then(value)
    return Summed(name, value, item.factor)


def sums(frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[Summed], weighted: bool) -> pl.DataFrame:
    """See `Facts.sums`."""
    found = groups_of(schema, by, ANSWER)
    keep = [*predicates(frame, schema, where), *([nw.col("weight") > 0] if weighted else [])]
    values = [c.value.alias(f"v{i}") for i, c in enumerate(columns)] or [nw.col("id")]
    weights = [nw.col("weight").alias("w")] if weighted else []
    chosen = kept(frame.lazy(), keep).select(*found.exprs(), *values, *weights)
    if columns:
        chosen = chosen.with_columns(*(e for i in range(len(columns)) for e in _products(i, weighted)))
    asked = [e for i in range(len(columns)) for e in _asked(i, weighted)]
    counted = collected(grouped(chosen, found.keys, [nw.len().alias("rows"), *asked]))
    parts = [_part(counted, found.keys, i, c, weighted) for i, c in enumerate(columns)]
    return found.finish(pl.concat(parts), ["column"]) if parts else found.finish(_none(counted, found.keys), [])


@dataclass(frozen=True)
class Units:
    """An index or rating in whole units: `start` + `sign` x the column's number, of which one is `factor` on 0-100."""

    name: str
    column: str
    start: int
    sign: int
    factor: float

    @classmethod
    def of(cls, name: str, column: str, scale: Scale) -> Units:
        start, sign = (-scale.lo, 1) if scale.direction is Direction.HIGH else (scale.hi, -1)
        return cls(name, column, start, sign, 100.0 / (scale.hi - scale.lo))


def counted(groups: Groups, units: Sequence[Units], cells: dense.Cells, coded: Sequence[dense.Coded]) -> pl.DataFrame:
    """`sums` from counted cells: the sums of whole units are exact."""
    there = dense.occurring(cells)
    order = sorted(range(len(units)), key=lambda i: units[i].name)
    n, s, q = np.empty((len(there), len(units)), np.int64), *np.empty((2, len(there), len(units)))
    for place, i in enumerate(order):
        unit = units[i]
        size, x, xx = (part[there] for part in dense.moments(coded[i], cells.counts[i]))
        n[:, place] = size
        s[:, place] = unit.factor * (unit.start * size + unit.sign * x)
        q[:, place] = unit.factor**2 * (unit.start**2 * size + 2 * unit.start * unit.sign * x + xx)
    keys = dense.keyed(cells, np.repeat(there, len(units)))
    names = pl.Series([units[i].name for i in order] * len(there), dtype=pl.String)
    n, s, q = n.ravel(), s.ravel(), q.ravel()
    w = n.astype(np.float64)
    answer = pl.DataFrame(keys | {"column": names, "n": n, "w": w, "w2": w, "s": s, "q": q, "s2": s, "q2": q})
    return groups.finished(answer, ["column"])


def _products(i: int, weighted: bool) -> list[nw.Expr]:
    """Squares and weighted values in the widest type: their sums must not run over."""
    x = nw.col(f"v{i}").cast(nw.Float64)
    if not weighted:
        return [(x * x).alias(f"x{i}")]
    w = nw.when(~nw.col(f"v{i}").is_null()).then(nw.col("w"))
    return [w.alias(f"w{i}"), (w * w).alias(f"k{i}"), (w * x).alias(f"a{i}"), (w * x * x).alias(f"b{i}"), (w * w * x).alias(f"c{i}"),
            (w * w * x * x).alias(f"d{i}")]


def _asked(i: int, weighted: bool) -> list[nw.Expr]:
    n = nw.col(f"v{i}").count().alias(f"n{i}")
    if not weighted:
        return [n, nw.col(f"v{i}").cast(nw.Float64).sum().alias(f"s{i}"), nw.col(f"x{i}").sum().alias(f"q{i}")]
    return [n, *(nw.col(f"{kind}{i}").sum().alias(f"{kind}_{i}") for kind in "wkabcd")]


def _part(counted: pl.DataFrame, keys: Sequence[str], i: int, column: Summed, weighted: bool) -> pl.DataFrame:
    """The rows of one column: groups in which nobody has it are there too, with n = 0."""
    f = column.factor

    def of(name: str, times: float = 1.0) -> pl.Expr:
        return pl.col(name).cast(pl.Float64).fill_null(0.0) * times

    n = pl.col(f"n{i}").cast(pl.Int64)
    if weighted:
        told = [of(f"w_{i}").alias("w"), of(f"k_{i}").alias("w2"), of(f"a_{i}", f).alias("s"), of(f"b_{i}", f * f).alias("q"),
                of(f"c_{i}", f).alias("s2"), of(f"d_{i}", f * f).alias("q2")]
    else:
        told = [of(f"n{i}").alias("w"), of(f"n{i}").alias("w2"), of(f"s{i}", f).alias("s"), of(f"q{i}", f * f).alias("q"),
                of(f"s{i}", f).alias("s2"), of(f"q{i}", f * f).alias("q2")]
    return counted.select(*keys, pl.lit(column.name).alias("column"), n.alias("n"), *told)


def _none(counted: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    kinds = {"column": pl.String, "n": pl.Int64} | dict.fromkeys(ANSWER[2:], pl.Float64)
    return counted.select(keys).clear().with_columns(pl.lit(None, kind).alias(name) for name, kind in kinds.items())
