"""The columnar copy of a programme's responses: one row per response.

Columns: id Int64, ver Int64, import_id Int32, wave_id Int32, source Enum, at Datetime(us, UTC), weight Float64, person Int64 (a number
that stands for the customer's key, null without one), seed Int32 (fixed hash of the id, for random groups), a<i> Enum per attribute,
q<i> Int8 per rating, m<i>_<n> Int8 0/1 per option; and computed from those and the schema: wave Enum, day/week/month Date (local;
week = its Monday), loyalty Float64 (0-100), secure Int8 (0/1).
Frames are never changed, only replaced, so that a reader keeps what it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl

from cxdash.facts.documents import read_answers, read_attributes
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Direction, Scale

STORED: dict[str, Any] = {
    "id": pl.Int64, "ver": pl.Int64, "wave_id": pl.Int64, "import_id": pl.Int64, "source": pl.String, "at": pl.Datetime("us", "UTC"),
    "weight": pl.Float64, "person": pl.Int64, "attributes": pl.String, "answers": pl.String,
}
CHUNKS_MAX = 32  # pieces a frame may consist of before it is made one again
READERS = 2  # documents are parsed while the next batch is fetched


@dataclass(frozen=True)
class Part:
    """Some responses as columns (texts still Categorical, nothing computed), and the number of values that could not be used."""

    frame: pl.DataFrame
    broken: int


def parts(batches: Iterable[pl.DataFrame], schema: FactsSchema) -> Part:
    """All batches of stored responses as one part. Memory beyond the result stays that of a few batches."""
    with ThreadPoolExecutor(READERS, thread_name_prefix="facts-parse") as pool:
        waiting, done = [], []
        for batch in batches:
            waiting.append(pool.submit(read_part, batch, schema))
            if len(waiting) > 2 * READERS:
                done.append(waiting.pop(0).result())
        done += [future.result() for future in waiting]
    if not done:
        done = [read_part(pl.DataFrame(schema=STORED), schema)]
    return Part(pl.concat([part.frame for part in done], rechunk=True), sum(part.broken for part in done))


def read_part(rows: pl.DataFrame, schema: FactsSchema) -> Part:
    """Stored responses (columns as STORED; `at` without a zone is UTC) as columns."""
    answers, bad_answers = read_answers(rows["answers"], schema)
    attributes, bad_attributes = read_attributes(rows["attributes"], schema)
    weight = pl.col("weight").cast(pl.Float64)
    usable = weight.is_finite() & (weight >= 0)
    plain = rows.select(
        pl.col("id").cast(pl.Int64), pl.col("ver").cast(pl.Int64), pl.col("import_id").cast(pl.Int32), pl.col("wave_id").cast(pl.Int32),
        pl.col("source").cast(pl.Categorical), _utc(rows.schema["at"]), pl.when(usable).then(weight).alias("weight"),
        pl.col("person").cast(pl.Int64), _seed(),
    )
    bad_weights = plain["weight"].null_count() - rows["weight"].null_count()
    frame = plain.with_columns([series.alias(name) for name, series in (attributes | answers).items()])
    return Part(frame, bad_answers + bad_attributes + bad_weights)


def whole(part: Part, schema: FactsSchema) -> pl.DataFrame:
    """The finished frame of a part that holds every response."""
    return derive(_enums(part.frame), schema)


def append(frame: pl.DataFrame, part: Part, gone: Sequence[int], schema: FactsSchema, *, derived: bool = True) -> pl.DataFrame:
    """The frame without the responses in `gone` and with those of `part` added or replaced.

    derived: the computed columns of `frame` were made with this schema; otherwise they are made again.
    """
    fresh = part.frame["id"]
    if len(gone) or (len(fresh) and len(frame) and fresh.min() <= frame["id"].max()):  # type: ignore[operator]
        leaving = pl.concat([fresh, pl.Series("id", gone, dtype=pl.Int64)])
        frame = frame.filter(~pl.col("id").is_in(leaving.implode()))
    if len(gone):  # a value only an erased person had must not stay behind as a category
        frame = _enums(frame)
    if not derived:
        frame = derive(frame, schema)
    added = part.frame
    kinds = {name: _widened(frame.schema[name], added[name]) for name in _text_columns(added)}
    frame = frame.with_columns(pl.col(name).cast(kind) for name, kind in kinds.items())
    added = added.with_columns(pl.col(name).cast(pl.String).cast(kind) for name, kind in kinds.items())
    joined = pl.concat([frame, derive(added, schema).select(frame.columns)], rechunk=False)
    return joined.rechunk() if joined.n_chunks() > CHUNKS_MAX else joined


def derive(frame: pl.DataFrame, schema: FactsSchema) -> pl.DataFrame:
    """The frame with its computed columns made (again)."""
    codes = list(dict.fromkeys(schema.waves.values()))
    wave = pl.col("wave_id").replace_strict(list(schema.waves), list(schema.waves.values()), default=None, return_dtype=pl.Enum(codes))
    local = pl.col("at").dt.convert_time_zone(schema.timezone).dt.date()
    frame = frame.with_columns(wave.alias("wave"), local.alias("day"), _loyalty(schema).alias("loyalty"), _secure(schema).alias("secure"))
    return frame.with_columns(pl.col("day").dt.truncate("1w").alias("week"), pl.col("day").dt.truncate("1mo").alias("month"))


def _loyalty(schema: FactsSchema) -> pl.Expr:
    """Σw·s / Σw over the answered items, s on 0-100; null with less than half of the items answered (methods.md, section 3)."""
    known = [(*schema.ratings[code], weight) for code, weight in schema.loyalty.items.items() if code in schema.ratings]
    if not known:
        return pl.lit(None, pl.Float64)
    answered = pl.sum_horizontal([pl.col(name).is_not_null().cast(pl.Int32) for name, _, _ in known])
    total = pl.sum_horizontal([_score(name, scale) * weight for name, scale, weight in known])
    weights = pl.sum_horizontal([pl.when(pl.col(name).is_not_null()).then(weight).otherwise(0.0) for name, _, weight in known])
    return pl.when((2 * answered >= len(schema.loyalty.items)) & (weights > 0)).then(total / weights)


def _score(name: str, scale: Scale) -> pl.Expr:
    point = pl.col(name).cast(pl.Float64)
    above = point - scale.lo if scale.direction is Direction.HIGH else scale.hi - point
    return above * 100.0 / (scale.hi - scale.lo)


def _secure(schema: FactsSchema) -> pl.Expr:
    """1 when every loyalty item has one of its two best points (the best one on scales up to three points); null unless all are."""
    items = [schema.ratings.get(code) for code in schema.loyalty.items]
    if not items or None in items:
        return pl.lit(None, pl.Int8)
    return pl.all_horizontal([_top(*item) for item in items if item]).cast(pl.Int8) + pl.sum_horizontal(
        [pl.col(item[0]) * 0 for item in items if item], ignore_nulls=False,
    ).cast(pl.Int8)


def _top(name: str, scale: Scale) -> pl.Expr:
    best = 2 if scale.hi - scale.lo >= 3 else 1
    point = pl.col(name)
    return point > scale.hi - best if scale.direction is Direction.HIGH else point < scale.lo + best


def _utc(kind: pl.DataType) -> pl.Expr:
    at = pl.col("at").cast(pl.Datetime("us", getattr(kind, "time_zone", None)))
    zoned = at.dt.convert_time_zone("UTC") if getattr(kind, "time_zone", None) else at.dt.replace_time_zone("UTC")
    return zoned.alias("at")


def _seed() -> pl.Expr:
    """A fixed hash of the id in 0 .. 2^31-1 (splitmix64's finaliser; arithmetic wraps), the same in every process and engine."""
    z = pl.col("id").cast(pl.UInt64) + 0x9E3779B97F4A7C15
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z // 2**shift)) * pl.lit(factor, pl.UInt64)
    z = z ^ (z // 2**31)
    return (z % 2**31).cast(pl.Int32).alias("seed")


def _text_columns(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum) and name != "wave"]


def _enums(frame: pl.DataFrame) -> pl.DataFrame:
    """Text columns as Enum of just the values that occur: the narrowest codes, and nothing of what was erased."""
    return frame.with_columns(pl.col(name).cast(pl.String).cast(pl.Enum(_values(frame[name]))) for name in _text_columns(frame))


def _values(texts: pl.Series) -> list[str]:
    return texts.unique().cast(pl.String).drop_nulls().sort().to_list()


def _widened(kind: pl.DataType, added: pl.Series) -> pl.Enum:
    assert isinstance(kind, pl.Enum)
    known = set(kind.categories)
    fresh = [value for value in _values(added) if value not in known]
    return pl.Enum([*kind.categories, *fresh]) if fresh else kind
