"""The questions, written once as narwhals expressions: of a polars frame in memory or a PySpark frame on a cluster.

Engines only filter, count and sum. What is left, unpacking a few thousand counted rows, is polars, whatever the engine.

How a tally is counted (1M responses x 20 questions, two cores; benchmarks/facts_overview.py): one group_by per question costs 200-400 ms.
Without groups, comparing every column with every point and summing is a tenth of that. With groups, two or three questions share one
group_by: their points are packed into one small integer, and the counts of the combinations are summed apart again afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts.filters import predicates
from cxdash.facts.question import SOURCE, WAVE, Filter
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Scale

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
COUNTS = ("n", "w", "w2")
TALLY = ("question", "point", *COUNTS)
ROLLED = {"quarter": ("month", "1q"), "year": ("month", "1y")}  # periods summed up from a finer one after counting
WIDE_POINTS = 16  # scales up to this long are counted point by point
PACK_MAX = 256  # combinations of points that share one group_by


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
        texts = [pl.col(k).cast(pl.String) for k in self.keys if counted.schema[k] in (pl.Enum, pl.Categorical)]
        rolled = [pl.col(k).dt.truncate(unit) for k, unit in zip(self.keys, self.rolled, strict=True) if unit]
        counted = counted.with_columns(*texts, *rolled)
        if rolled:
            sums = [c for c in counted.columns if c not in self.keys and c not in order]
            counted = counted.group_by([*self.keys, *order]).agg(pl.col(c).sum() for c in sums)
        ordered = counted.sort([*self.keys, *order], nulls_last=True) if self.keys or order else counted
        named = [pl.col(key).alias(name) for key, name in zip(self.keys, self.shown, strict=True)]
        return ordered.select(*named, pl.exclude(self.keys) if self.keys else pl.all())


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
    chosen = _chosen(frame, schema, where, [*groups.exprs(), *(nw.col(c) for c in columns)], weighted)
    quick = [] if by or weighted or isinstance(chosen, nw.LazyFrame) else [n for n in names if len(asked[n][1].points) <= WIDE_POINTS]
    packs = list(_packs([(n, *asked[n]) for n in names if n not in quick]))
    counted = [_wide(chosen, {n: asked[n] for n in quick})] if quick else []
    counted += _unpacked(chosen, groups, packs, weighted) if packs else []
    answer = pl.concat(counted) if counted else _no_tally(groups)
    answer = groups.finish(answer.with_columns(pl.col("question").cast(pl.Enum(names))), ["question", "point"])
    return answer.with_columns(pl.col("question").cast(pl.String)).select(*groups.shown, *TALLY)


def count(frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.count`."""
    groups = groups_of(schema, by, ("n", "n_unweighted"))
    chosen = _chosen(frame, schema, where, [*groups.exprs(), nw.col("weight")], weighted)
    with_weight = nw.when(nw.col("weight") > 0).then(nw.col("weight")).count().alias("_with")
    sums = [nw.len().alias("n"), with_weight]
    if weighted:
        chosen = chosen.filter(nw.col("weight") > 0)
    counted = collected(grouped(chosen, groups.keys, sums))
    sizes = [pl.col("n").cast(pl.Int64), (pl.col("n").cast(pl.Int64) - pl.col("_with").cast(pl.Int64)).alias("n_unweighted")]
    return groups.finish(counted.select(*groups.keys, *sizes), [])


def rows(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[str], limit: int, offset: int, order: str) -> pl.DataFrame:
    """See `Facts.rows`."""
    names = [name for name in dict.fromkeys(columns) if name != "id"]
    shown = {name: schema.shown(name) for name in names}
    key = schema.shown(order.removeprefix("-"))
    chosen = kept(frame, list(predicates(frame, schema, where)))
    by_text = key in (WAVE, SOURCE) or key in schema.groups.values()  # codes of texts are in no particular order
    placed = chosen.select(nw.col("id"), nw.col(key).cast(nw.String).alias("_order") if by_text else nw.col(key).alias("_order")).lazy()
    wanted = placed.sort("_order", "id", descending=[order.startswith("-"), False], nulls_last=True).head(offset + limit)
    ids = collected(wanted).select("id").slice(offset)
    if not names:
        return ids
    values = [nw.col(column).alias(f"c{i}") for i, column in enumerate(shown.values())]
    found = frame.filter(nw.col("id").is_in(ids["id"].to_list())).select(nw.col("id"), *values)
    told = ids.join(collected(found), on="id", how="left", maintain_order="left")
    texts = [pl.col(c).cast(pl.String) for c, kind in told.schema.items() if kind in (pl.Enum, pl.Categorical)]
    return told.with_columns(texts).rename({f"c{i}": name for i, name in enumerate(names)})


def kept(frame: Frame, keep: Sequence[nw.Expr]) -> Frame:
    """The rows of which all of `keep` is true."""
    return frame.filter(*keep) if keep else frame


def _chosen(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[nw.Expr], weighted: bool) -> Frame:
    """The columns a question needs of the rows it is about; weighted: with their weights as w, w2.

    In memory this happens once, here; the passes over it then only read narrow columns.
    """
    keep = list(predicates(frame, schema, where))
    extra = []
    if weighted:
        keep.append(nw.col("weight") > 0)
        extra = [nw.col("weight").alias("w"), (nw.col("weight") * nw.col("weight")).alias("w2")]
    return kept(frame, keep).select(*columns, *extra)


def _wide(chosen: nw.DataFrame[Any], asked: dict[str, tuple[str, Scale]]) -> pl.DataFrame:
    exprs, cells = [], []
    for name, (column, scale) in asked.items():
        for point in [*scale.points, None]:
            hit = nw.col(column).is_null() if point is None else nw.col(column) == point
            exprs.append(hit.sum().alias(str(len(cells))))
            cells.append((name, point))
    sums = collected(chosen.select(*exprs)).row(0)
    rows = [(name, point, n or 0) for (name, point), n in zip(cells, sums, strict=True) if n]
    counted = pl.DataFrame(rows, schema={"question": pl.String, "point": pl.Int16, "n": pl.Int64}, orient="row")
    return counted.with_columns(pl.col("n").cast(pl.Float64).alias("w"), pl.col("n").cast(pl.Float64).alias("w2"))


Pack = list[tuple[str, str, Scale]]  # question, column, scale


def _packs(asked: Pack) -> Iterator[Pack]:
    """Neighbouring questions as long as the combinations of their points (and "no answer") stay few."""
    pack: Pack = []
    size = 1
    for item in asked:
        states = len(item[2].points) + 1
        if pack and size * states > PACK_MAX:
            yield pack
            pack, size = [], 1
        pack.append(item)
        size *= states
    if pack:
        yield pack


def _unpacked(chosen: Frame, groups: Groups, packs: list[Pack], weighted: bool) -> list[pl.DataFrame]:
    lazy = chosen.lazy()
    sums = [nw.len().alias("n"), *([nw.col("w").sum(), nw.col("w2").sum()] if weighted else [])]
    passes = []
    for number, pack in enumerate(packs):
        keyed = lazy.select(*map(nw.col, groups.keys), _code(pack).alias("code"), *map(nw.col, COUNTS[1:] if weighted else ()))
        passes.append(keyed.group_by(*groups.keys, "code").agg(*sums).with_columns(nw.lit(number).cast(nw.Int32).alias("pack")))
    counted = collected(nw.concat(passes)).with_columns(pl.col("n").cast(pl.Int64))
    if not weighted:
        counted = counted.with_columns(pl.col("n").cast(pl.Float64).alias("w"), pl.col("n").cast(pl.Float64).alias("w2"))
    by_pack = counted.partition_by("pack", as_dict=True, include_key=False)
    return [part for (number,), cells in by_pack.items() for part in _apart(cells, groups, packs[number])]


def _code(pack: Pack) -> nw.Expr:
    """One integer per combination of points; of each question the point counted from 0, and after the last one "no answer"."""
    terms, size = [], 1
    for _, column, scale in pack:
        place = (nw.col(column).cast(nw.Int16) - scale.lo).fill_null(len(scale.points))
        terms.append(place * size if size > 1 else place)
        size *= len(scale.points) + 1
    return reduce(lambda a, b: a + b, terms).cast(nw.Int16)


def _apart(cells: pl.DataFrame, groups: Groups, pack: Pack) -> Iterator[pl.DataFrame]:
    size = 1
    for name, _, scale in pack:
        place = (pl.col("code") // size % (len(scale.points) + 1)).cast(pl.Int16)
        point = pl.when(place < len(scale.points)).then(place + scale.lo).alias("point")
        summed = cells.group_by(*groups.keys, point).agg(pl.col(COUNTS).sum())
        yield summed.select(*groups.keys, pl.lit(name).alias("question"), "point", *COUNTS)
        size *= len(scale.points) + 1


def _no_tally(groups: Groups) -> pl.DataFrame:
    dates = ("day", "week", "month")
    kinds = {key: pl.Date if column in dates else pl.String for key, column in zip(groups.keys, groups.columns, strict=True)}
    return pl.DataFrame(schema=kinds | {"question": pl.String, "point": pl.Int16, "n": pl.Int64, "w": pl.Float64, "w2": pl.Float64})


def grouped(chosen: Frame, keys: Sequence[str], sums: Sequence[nw.Expr]) -> Frame:
    """The sums per group, or of everything in one row."""
    return chosen.lazy().group_by(*keys).agg(*sums) if keys else chosen.select(*sums)


def collected(frame: Frame) -> pl.DataFrame:
    """The answer of the engine as a polars frame."""
    done = frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame
    return done.to_native()
