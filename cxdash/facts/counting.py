"""Two ways to count answers per question and point, of weighted rows, of many groups, and on a cluster; what is left of memory goes to
cxdash.facts.dense. Both give the same; which is quicker depends on the size of the data.

Measured by benchmarks/facts_overview.py on two cores (one group_by per question, 1M responses x 20 questions: 200-400 ms):
- packed: a group_by per two or three questions, whose points make one small integer; the counts of the combinations are summed apart
  afterwards; half the time. Of medium data (or many groups) every question has a pass of its own;
- long: all answers are laid under each other and counted in one go: no set-up, so quickest for small data. On a cluster this is
  the way whatever the size, because it reads the data once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.terms import Scale

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]
Asked = Sequence[tuple[str, Scale]]  # column and scale of each question; the counts name a question by its place here
COUNTS = ("n", "w", "w2")
LONG_CELLS = 200_000  # responses times questions up to which one go is quickest …
LONG_GROUPS = 200  # … with this many groups: beyond, one large hash table is slower than twenty small ones
PACKED_ROWS = 150_000  # fewer are counted question by question: a pass costs less than summing apart
PACK_MAX = 256  # combinations of points that share one group_by …
CELLS_MAX = 4096  # … and combinations times groups: with more, hashing costs more than the pass that is saved


def counts(chosen: Frame, keys: Sequence[str], asked: Asked, weighted: bool, likely: int) -> pl.DataFrame:
    """Columns *keys, question (place in `asked`, Int16), point (Int16; null = no answer), n, w, w2, each combination once.

    chosen: the columns asked for and keys of the rows that count; weighted: with w and w2. likely: about how many groups there are.
    """
    if isinstance(chosen, nw.LazyFrame) or (len(chosen) * len(asked) <= LONG_CELLS and likely <= LONG_GROUPS):
        return _long(chosen, keys, asked, weighted)
    most = min(PACK_MAX, CELLS_MAX // likely) if len(chosen) >= PACKED_ROWS else 1
    return _packed(chosen, keys, asked, list(_packs(range(len(asked)), asked, most)), weighted)


def collected(frame: Frame) -> pl.DataFrame:
    """The answer of the engine as a polars frame."""
    done = frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame
    return done.to_native()


def _long(chosen: Frame, keys: Sequence[str], asked: Asked, weighted: bool) -> pl.DataFrame:
    weights = ["w", "w2"] if weighted else []
    places = [str(i) for i in range(len(asked))]  # not the names: engines differ in what a column may be called
    cells = chosen.lazy().select(*map(nw.col, [*keys, *weights]), *(nw.col(c).alias(p) for p, (c, _) in zip(places, asked, strict=True)))
    cells = cells.unpivot(places, index=[*keys, *weights], variable_name="question", value_name="point")
    cells = cells.with_columns(nw.col("question").cast(nw.Int16))  # hashing texts would take most of the time
    counted = collected(cells.group_by(*keys, "question", "point").agg(*_sums(weighted)))
    return counted.select(*keys, "question", pl.col("point").cast(pl.Int16), *_sizes(weighted))


def _packs(places: Sequence[int], asked: Asked, most: int) -> Iterator[list[int]]:
    """Neighbouring questions as long as the combinations of their points (and "no answer") stay few."""
    pack: list[int] = []
    size = 1
    for place in places:
        states = len(asked[place][1].points) + 1
        if pack and size * states > most:
            yield pack
            pack, size = [], 1
        pack.append(place)
        size *= states
    if pack:
        yield pack


def _packed(chosen: nw.DataFrame[Any], keys: Sequence[str], asked: Asked, packs: list[list[int]], weighted: bool) -> pl.DataFrame:
    codes = [_code([asked[place] for place in pack]).alias(f"c{number}") for number, pack in enumerate(packs)]
    coded = chosen.select(*map(nw.col, [*keys, *(["w", "w2"] if weighted else [])]), *codes).lazy()
    passes = [coded.group_by(*keys, f"c{number}").agg(*_sums(weighted)) for number in range(len(packs))]
    counted = pl.collect_all([each.to_native() for each in passes])
    parts = [_apart(cells, f"c{number}", keys, asked, packs[number], weighted) for number, cells in enumerate(counted)]
    told = pl.concat([part for some in parts for part in some])
    if any(len(pack) > 1 for pack in packs):
        told = told.group_by(*keys, "question", "point").agg(pl.col(COUNTS).sum())
    return told.collect()


def _code(pack: Asked) -> nw.Expr:
    """One integer per combination of points; of each question the point counted from 0, and after the last one "no answer"."""
    if len(pack) == 1:
        return nw.col(pack[0][0])
    terms, size = [], 1
    for column, scale in pack:
        place = (nw.col(column).cast(nw.Int16) - scale.lo).fill_null(len(scale.points))
        terms.append(place * size if size > 1 else place)
        size *= len(scale.points) + 1
    return reduce(lambda a, b: a + b, terms)


def _apart(
    cells: pl.DataFrame, code: str, keys: Sequence[str], asked: Asked, pack: Sequence[int], weighted: bool,
) -> Iterator[pl.LazyFrame]:
    size = 1
    for place in pack:
        scale = asked[place][1]
        point = pl.col(code).cast(pl.Int16)
        if len(pack) > 1:
            number = point // size % (len(scale.points) + 1)
            point = pl.when(number < len(scale.points)).then((number + scale.lo).cast(pl.Int16))
        yield cells.lazy().select(*keys, pl.lit(place, pl.Int16).alias("question"), point.alias("point"), *_sizes(weighted))
        size *= len(scale.points) + 1


def _sums(weighted: bool) -> list[nw.Expr]:
    return [nw.len().alias("n"), *([nw.col("w").sum(), nw.col("w2").sum()] if weighted else [])]


def _sizes(weighted: bool) -> list[pl.Expr]:
    """n, w and w2 with their types; without weights all three are the same number."""
    weights = ("w", "w2") if weighted else ("n", "n")
    return [pl.col("n").cast(pl.Int64), *(pl.col(name).cast(pl.Float64).alias(w) for name, w in zip(weights, COUNTS[1:], strict=True))]
