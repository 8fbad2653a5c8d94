"""The questions, written once as narwhals expressions: of a polars frame in memory or a PySpark frame on a cluster.

Engines only filter, count and sum. What is left, unpacking a few thousand counted rows, is polars, whatever the engine.

How a tally is counted (benchmarks/facts_overview.py; 1M responses x 20 questions, two cores: one group_by per question 200-400 ms):
- wide: without groups, every column is compared with every point and the hits summed; a tenth of the time, but 200 expressions to set up;
- packed: with groups, two or three questions share one group_by: their points make one small integer, and the counts of the combinations
  are summed apart again afterwards; half the time;
- long: of small data all answers are laid under each other and counted in one go: the set-up of the others (20-40 ms) is most of their time.
  On a cluster this is the way whatever the size, because it reads the data once.
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
PACK_MAX = 256  # combinations of points that share one group_by …
CELLS_MAX = 4096  # … and combinations times groups: with more, hashing costs more than the pass that is saved
LONG_CELLS = 600_000  # responses times questions that are counted in one go
LONG_GROUPS = 200  # with more, one large hash table is slower than twenty small ones
PACKED_ROWS = 150_000  # below, a pass costs less than summing apart
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
        rolled = [pl.col(k).dt.truncate(unit) for k, unit in zip(self.keys, self.rolled, strict=True) if unit]
        counted = counted.with_columns(*rolled)
        if rolled:
            sums = [c for c in counted.columns if c not in self.keys and c not in order]
            counted = counted.group_by([*self.keys, *order]).agg(pl.col(c).sum() for c in sums)
        ordered = counted.sort([*self.keys, *order], nulls_last=True) if self.keys or order else counted
        texts = {k for k in self.keys if counted.schema[k] == pl.Enum}  # sorted by their codes, which is quicker, and told as text
        named = [
            (pl.col(key).cast(pl.String) if key in texts else pl.col(key)).alias(name) for key, name in zip(self.keys, self.shown, strict=True)
        ]
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
    chosen = _chosen(frame, schema, where, [*groups.exprs(), *(nw.col(c) for c in columns)], weighted) if names else None
    if chosen is None or (isinstance(chosen, nw.DataFrame) and len(chosen) == 0):
        return _no_tally(groups)
    if isinstance(chosen, nw.LazyFrame) or (len(chosen) * len(names) <= LONG_CELLS and _likely(chosen, groups) <= LONG_GROUPS):
        counted = [_long(chosen, groups, asked, weighted)]
    else:
        few = by or weighted or len(chosen) < PACKED_ROWS
        quick = [] if few else [n for n in names if len(asked[n][1].points) <= WIDE_POINTS]
        packs = list(_packs([(n, *asked[n]) for n in names if n not in quick], _pack_max(chosen, groups)))
        counted = [_wide(chosen, {n: asked[n] for n in quick})] if quick else []
        counted += _unpacked(chosen, groups, packs, weighted) if packs else []
    answer = groups.finish(pl.concat(counted).with_columns(pl.col("question").cast(pl.Enum(names))), ["question", "point"])
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


def _long(chosen: Frame, groups: Groups, asked: dict[str, tuple[str, Scale]], weighted: bool) -> pl.DataFrame:
    weights = ["w", "w2"] if weighted else []
    places = [str(i) for i in range(len(asked))]  # not the names: engines differ in what a column may be called
    cells = chosen.lazy().select(*map(nw.col, [*groups.keys, *weights]), *(nw.col(c).alias(str(i)) for i, (c, _) in enumerate(asked.values())))
    cells = cells.unpivot(places, index=[*groups.keys, *weights], variable_name="question", value_name="point")
    cells = cells.with_columns(nw.col("question").cast(nw.Int16))  # hashing texts would take most of the time
    sums = [nw.len().alias("n"), *(nw.col(w).sum() for w in weights)]
    counted = collected(cells.group_by(*groups.keys, "question", "point").agg(*sums))
    n = pl.col("n").cast(pl.Int64)
    w, w2 = (pl.col("w"), pl.col("w2")) if weighted else (n.cast(pl.Float64).alias("w"), n.cast(pl.Float64).alias("w2"))
    question = pl.col("question").replace_strict(range(len(asked)), list(asked), return_dtype=pl.String)
    return counted.select(*groups.keys, question, pl.col("point").cast(pl.Int16), n, w, w2)


Pack = list[tuple[str, str, Scale]]  # question, column, scale


def _pack_max(chosen: nw.DataFrame[Any], groups: Groups) -> int:
    """How many combinations of points may share a pass."""
    return min(PACK_MAX, CELLS_MAX // _likely(chosen, groups)) if len(chosen) >= PACKED_ROWS else 1


def _likely(chosen: nw.DataFrame[Any], groups: Groups) -> int:
    """About how many groups there will be."""
    kinds = chosen.schema
    likely = 1
    for key, column in zip(groups.keys, groups.columns, strict=True):
        kind = kinds.get(key)
        likely *= len(kind.categories) + 1 if isinstance(kind, nw.Enum) else PERIODS_LIKELY.get(column, 10)
    return likely


def _packs(asked: Pack, most: int) -> Iterator[Pack]:
    """Neighbouring questions as long as the combinations of their points (and "no answer") stay few."""
    pack: Pack = []
    size = 1
    for item in asked:
        states = len(item[2].points) + 1
        if pack and size * states > most:
            yield pack
            pack, size = [], 1
        pack.append(item)
        size *= states
    if pack:
        yield pack


def _unpacked(chosen: nw.DataFrame[Any], groups: Groups, packs: list[Pack], weighted: bool) -> list[pl.DataFrame]:
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
        summed = cells.with_columns(point) if len(pack) == 1 else cells.group_by(*groups.keys, point).agg(pl.col(COUNTS).sum())
        yield summed.select(*groups.keys, pl.lit(name).alias("question"), "point", *COUNTS)
        size *= len(scale.points) + 1


def _no_tally(groups: Groups) -> pl.DataFrame:
    dates = ("day", "week", "month")
    kinds = {name: pl.Date if column in dates else pl.String for name, column in zip(groups.shown, groups.columns, strict=True)}
    return pl.DataFrame(schema=kinds | {"question": pl.String, "point": pl.Int16, "n": pl.Int64, "w": pl.Float64, "w2": pl.Float64})


def grouped(chosen: Frame, keys: Sequence[str], sums: Sequence[nw.Expr]) -> Frame:
    """The sums per group, or of everything in one row."""
    return chosen.lazy().group_by(*keys).agg(*sums) if keys else chosen.lazy().select(*sums)


def collected(frame: Frame) -> pl.DataFrame:
    """The answer of the engine as a polars frame."""
    done = frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame
    return done.to_native()
