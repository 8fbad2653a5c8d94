"""The questions, written once as narwhals expressions: of a polars frame in memory or a PySpark frame on a cluster.

Engines only filter, count and sum. What is left, naming and ordering a few thousand counted rows, is polars, whatever the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import narwhals as nw
import polars as pl

from cxdash.facts.counting import COUNTS, Frame, collected, counts
from cxdash.facts.filters import predicates
from cxdash.facts.question import IMPORT, SOURCE, WAVE, Filter
from cxdash.facts.schema import FactsSchema

TALLY = ("question", "point", *COUNTS)
SIZES = ("n", "n_unweighted")
ROLLED = {"quarter": ("month", "1q"), "year": ("month", "1y")}  # periods summed up from a finer one after counting
PERIODS_LIKELY = {"day": 730, "week": 104, "month": 24}


@dataclass(frozen=True)
class Groups:
    """How the group columns of an answer are called, and what they are counted by in the frame."""

    columns: tuple[str, ...]  # to group by in the frame
    shown: tuple[str, ...]  # names in the answer
    rolled: tuple[str | None, ...]  # the calendar unit to sum up to, if any

    @property
    def keys(self) -> list[str]:
        """Names while counting: they cannot collide with anything."""
        return [f"g{i}" for i in range(len(self.columns))]

    def exprs(self) -> list[nw.Expr]:
        return [nw.col(column).alias(key) for column, key in zip(self.columns, self.keys, strict=True)]

    def finish(self, counted: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
        """The counted rows with periods rolled up, groups as text and under their names, sorted by groups and `order`."""
        if not self.keys and not order:
            return counted
        rolled = [pl.col(k).dt.truncate(unit) for k, unit in zip(self.keys, self.rolled, strict=True) if unit]
        if rolled:
            counted = counted.with_columns(*rolled)
            sums = [c for c in counted.columns if c not in self.keys and c not in order]
            counted = counted.group_by([*self.keys, *order]).agg(pl.col(c).sum() for c in sums)
        return self.named(_ordered(counted, [*self.keys, *order]))

    def finished(self, counted: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
        """`finish` of rows that are sorted already."""
        return self.finish(counted, order) if any(self.rolled) else self.named(counted)

    def named(self, counted: pl.DataFrame) -> pl.DataFrame:
        """Sorted by their codes, which is quicker, categories are told as text."""
        shown = dict(zip(self.keys, self.shown, strict=True))
        series = (c.cast(pl.String) if c.dtype == pl.Enum else c for c in counted.iter_columns())
        return pl.DataFrame([c.alias(shown.get(c.name, c.name)) for c in series])


def _ordered(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Sorted by the keys, null last. One number made of all keys sorts ten times quicker than the keys one after another."""
    if not keys or len(frame) < 2:
        return frame
    code, size = pl.lit(0, pl.Int64), 1
    for key in reversed(keys):
        place = frame[key].to_physical()
        if not place.dtype.is_integer():
            return frame.sort(keys, nulls_last=True)
        low, high = (cast("int | None", end) or 0 for end in (place.min(), place.max()))
        states = high - low + 2
        code += (pl.col(key).to_physical().cast(pl.Int64) - low).fill_null(states - 1) * size
        size *= states
    return frame.sort(code) if size < 2**62 else frame.sort(keys, nulls_last=True)


def groups_of(schema: FactsSchema, by: Sequence[str], taken: Sequence[str]) -> Groups:
    """`taken`: the answer's own columns; a group of the same name is called "a:name"."""
    by = list(dict.fromkeys(by))
    found = [ROLLED.get(name := schema.group(key), (name, None)) for key in by]
    shown = []
    for key in by:
        while key in taken or key in shown:
            key = f"a:{key}"
        shown.append(key)
    return Groups(tuple(column for column, _ in found), tuple(shown), tuple(unit for _, unit in found))


def tally(frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], questions: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.tally`."""
    groups = groups_of(schema, by, TALLY)
    names = list(dict.fromkeys(questions))
    asked = {name: schema.question(name) for name in names}
    columns = list(dict.fromkeys(column for column, _ in asked.values()))
    chosen = _chosen(frame, schema, where, [*groups.exprs(), *(nw.col(c) for c in columns)], weighted) if names else None
    if chosen is None or (isinstance(chosen, nw.DataFrame) and len(chosen) == 0):
        return _no_tally(groups)
    counted = counts(chosen, groups.keys, list(asked.values()), weighted, _likely(chosen, groups))
    answer = groups.finish(counted, ["question", "point"])
    return answer.with_columns(pl.col("question").replace_strict(range(len(names)), names, return_dtype=pl.String))


def count(frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.count`."""
    groups = groups_of(schema, by, SIZES)
    chosen = _chosen(frame, schema, where, [*groups.exprs(), nw.col("weight")], weighted)
    with_weight = nw.when(nw.col("weight") > 0).then(nw.col("weight")).count().alias("_with")
    sums = [nw.len().alias("n"), with_weight]
    if weighted:
        chosen = chosen.filter(nw.col("weight") > 0)
    counted = collected(grouped(chosen, groups.keys, sums))
    return sizes(groups, counted)


def sizes(groups: Groups, counted: pl.DataFrame, *, ordered: bool = False) -> pl.DataFrame:
    """The counted rows (n, and how many of them have a weight: _with) in the form of `Facts.count`."""
    n = counted["n"].cast(pl.Int64)
    found = pl.DataFrame([*(counted[key] for key in groups.keys), n, (n - counted["_with"].cast(pl.Int64)).alias("n_unweighted")])
    return groups.finished(found, []) if ordered else groups.finish(found, [])


def rows(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[str], limit: int, offset: int, order: str) -> pl.DataFrame:
    """See `Facts.rows`."""
    names = [name for name in dict.fromkeys(columns) if name != "id"]
    shown = {name: schema.shown(name) for name in names}
    key = schema.shown(order.removeprefix("-"))
    chosen = kept(frame.lazy(), list(predicates(frame, schema, where)))
    by_text = key in (WAVE, SOURCE) or key in schema.groups.values()  # codes of texts are in no particular order
    placed = chosen.select(nw.col("id"), nw.col(key).cast(nw.String).alias("_order") if by_text else nw.col(key).alias("_order"))
    wanted = placed.sort("_order", "id", descending=[order.startswith("-"), False], nulls_last=True).head(offset + limit)
    ids = collected(wanted).select("id").slice(offset)
    if not names:
        return ids
    values = [nw.col(column).alias(f"c{i}") for i, column in enumerate(shown.values())]
    found = frame.lazy().filter(nw.col("id").is_in(ids["id"].to_list())).select(nw.col("id"), *values)
    told = ids.join(collected(found), on="id", how="left", maintain_order="left")
    texts = [pl.col(c).cast(pl.String) for c, kind in told.schema.items() if kind in (pl.Enum, pl.Categorical)]
    return told.with_columns(texts).rename({f"c{i}": name for i, name in enumerate(names)})


def kept(frame: nw.LazyFrame[Any], keep: Sequence[nw.Expr]) -> nw.LazyFrame[Any]:
    """The rows of which all of `keep` is true."""
    return frame.filter(*keep) if keep else frame


def _chosen(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[nw.Expr], weighted: bool) -> Frame:
    """The columns a question needs of the rows it is about; weighted: with their weights as w, w2.

    In memory this is done here, once (lazily, so that only the columns named are filtered); on a cluster with each pass.
    """
    keep = list(predicates(frame, schema, where))
    extra = []
    if weighted:
        keep.append(nw.col("weight") > 0)
        extra = [nw.col("weight").alias("w"), (nw.col("weight") * nw.col("weight")).alias("w2")]
    chosen = kept(frame.lazy(), keep).select(*columns, *extra)
    return chosen.collect() if isinstance(frame, nw.DataFrame) else chosen


def _likely(chosen: Frame, groups: Groups) -> int:
    """About how many groups there will be."""
    kinds = chosen.schema if isinstance(chosen, nw.DataFrame) else {}
    likely = 1
    for key, column in zip(groups.keys, groups.columns, strict=True):
        kind = kinds.get(key)
        likely *= len(kind.categories) + 1 if isinstance(kind, nw.Enum) else PERIODS_LIKELY.get(column, 10)
    return likely


def _no_tally(groups: Groups) -> pl.DataFrame:
    known = dict.fromkeys(("day", "week", "month"), pl.Date) | {IMPORT: pl.Int64}
    kinds = {name: known.get(column, pl.String) for name, column in zip(groups.shown, groups.columns, strict=True)}
    return pl.DataFrame(schema=kinds | {"question": pl.String, "point": pl.Int16, "n": pl.Int64, "w": pl.Float64, "w2": pl.Float64})


def grouped(chosen: Frame, keys: Sequence[str], sums: Sequence[nw.Expr]) -> Frame:
    """The sums per group, or of everything in one row."""
    return chosen.lazy().group_by(*keys).agg(*sums) if keys else chosen.lazy().select(*sums)
