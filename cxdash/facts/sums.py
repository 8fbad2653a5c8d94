"""Sums of several columns at once, each over the responses that have it (moments asks for those that have them all)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from cxdash.facts.counting import Frame, collected
from cxdash.facts.filters import predicates
from cxdash.facts.moments import item_of
from cxdash.facts.query import grouped, groups_of, kept
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema

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


def totals(frame: pl.DataFrame, columns: Sequence[tuple[str, str, float]]) -> pl.DataFrame:
    """`sums` of everything in a polars frame, unweighted: the same answer for columns of plain values (name, column, factor).

    A page asks this of every selection; written for polars alone it takes a third of the time that expressions for every engine take.
    """
    exprs = []
    for i, (_, column, _) in enumerate(columns):
        x = pl.col(column).cast(pl.Float64)
        exprs += [pl.col(column).count().alias(f"n{i}"), x.sum().alias(f"s{i}"), (x * x).sum().alias(f"q{i}")]
    row = frame.select(exprs).row(0)
    rows = []
    for i, (name, _, f) in enumerate(columns):
        n, s, q = row[3 * i : 3 * i + 3]
        rows.append((name, n, float(n), float(n), s * f, q * f * f, s * f, q * f * f))
    answer = pl.DataFrame(rows, schema=dict.fromkeys(ANSWER, pl.Float64) | {"column": pl.String, "n": pl.Int64}, orient="row")
    return answer.sort("column")


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
