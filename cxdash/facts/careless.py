"""Which responses look careless: one yes/no column per kind, beside a frame. Nothing is left out or changed here.

- duplicate: another response of the same wave, with a smaller id, has the same moment, the same attributes and the same answers, of which
  at least `least` are ratings. Where moments are bare dates, equal answers on one single point are no evidence and do not count.
- straight: at least `least` answered ratings share a scale (same first and last point) and all have the same point.
- speeder: took less than `speed` times the median duration of its wave. Durations are read by `seconds`.
- empty: no rating answered.
"""

from __future__ import annotations

import importlib
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts.counting import Frame, collected
from cxdash.facts.lookup import beside
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import DUPLICATE, STRAIGHT

_HMS = r"^(?:(\d+):)?(\d{1,3}):(\d{2}(?:[.]\d+)?)$"
_WORDS = r"^(?:(\d+)\s*(?:시간|h(?:ours?|r)?s?))?\s*(?:(\d+)\s*(?:분|m(?:in(?:ute)?s?)?))?\s*(?:(\d+(?:[.]\d+)?)\s*(?:초|s(?:ec(?:ond)?s?)?))?$"
_SPEEDY, _LOCAL = "_speedy", "_local"


def judged(frame: Frame, schema: FactsSchema) -> Frame:
    """The frame with a Boolean column per kind (`FactsSchema.careless` names them)."""
    frame = frame.with_columns(_straight(schema).alias("c_straight"), _empty(schema).alias("c_empty"))
    return _with_duplicates(_with_speeders(frame, schema), schema)


def _answered(columns: list[str]) -> nw.Expr:
    return nw.sum_horizontal(*(nw.when(nw.col(c).is_null()).then(nw.lit(0)).otherwise(nw.lit(1)) for c in columns))


def _straight(schema: FactsSchema) -> nw.Expr:
    least = max(2, schema.quality.least[STRAIGHT])
    scales: dict[tuple[int, int], list[str]] = {}
    for column, scale in schema.ratings.values():
        scales.setdefault((scale.lo, scale.hi), []).append(column)
    found = [_level(columns, least) for columns in scales.values() if len(columns) >= least]
    return nw.any_horizontal(*found, ignore_nulls=False) if found else nw.col("id").is_null()


def _level(columns: list[str], least: int) -> nw.Expr:
    """Enough answers, and all of them the same."""
    points = [nw.col(c) for c in columns]
    return (_answered(columns) >= least) & (nw.max_horizontal(*points) == nw.min_horizontal(*points)).fill_null(False)


def _empty(schema: FactsSchema) -> nw.Expr:
    columns = [column for column, _ in schema.ratings.values()]
    return nw.all_horizontal(*(nw.col(c).is_null() for c in columns), ignore_nulls=False) if columns else nw.col("id").is_null()


def _with_duplicates(frame: Frame, schema: FactsSchema) -> Frame:
    """In memory only rows that share wave and moment with another are looked at closely: the rest cannot be duplicates."""
    columns = [column for column, _ in schema.ratings.values()]
    said = [*schema.groups.values(), *columns, *(column for column, _ in schema.options.values())]
    if len(columns) < (least := max(1, schema.quality.least[DUPLICATE])):
        return frame.with_columns(nw.col("id").is_null().alias("c_duplicate"))
    telling = ~nw.col("at").is_null() & (_answered(columns) >= least) & ~(_bare() & nw.col("c_straight"))
    first = nw.col("id").min().over("wave_id", "at", *said)
    if isinstance(frame, nw.LazyFrame):
        return _local(frame, schema).with_columns((telling & (nw.col("id") > first)).alias("c_duplicate")).drop(_LOCAL)
    native = frame.to_native()
    together = (pl.col("at").to_physical() * 1_000_003 + pl.col("wave_id").cast(pl.Int64)).is_duplicated() & pl.col("at").is_not_null()
    near = nw.from_native(native.filter(together).select("id", "wave_id", "at", "c_straight", *said))
    later = _local(near, schema).filter(telling & (nw.col("id") > first)).to_native()["id"]
    return nw.from_native(native.with_columns(pl.col("id").is_in(later.implode()).alias("c_duplicate")))


def _local(frame: Frame, schema: FactsSchema) -> Frame:
    """With the wall clock of the programme's home in the column _local: narwhals cannot convert zones on Spark."""
    native = frame.to_native()
    if isinstance(frame, nw.DataFrame):
        local = pl.col("at").dt.convert_time_zone(schema.timezone).dt.replace_time_zone(None)
        return nw.from_native(native.with_columns(local.alias(_LOCAL)))
    functions = importlib.import_module("pyspark.sql.functions")
    return nw.from_native(native.withColumn(_LOCAL, functions.from_utc_timestamp("at", schema.timezone)))


def _bare() -> nw.Expr:
    """The moment is midnight where the programme is at home: a date without a time of day."""
    local = nw.col(_LOCAL).dt
    return (local.hour() == 0) & (local.minute() == 0) & (local.second() == 0)


def _with_speeders(frame: Frame, schema: FactsSchema) -> Frame:
    key = schema.quality.duration
    if key is None or key not in schema.groups:
        return frame.with_columns(nw.col("id").is_null().alias("c_speeder"))
    column = schema.groups[key]
    counted = collected(frame.lazy().group_by("wave_id", column).agg(nw.len().alias("n")))
    table = _speedy(counted.select(pl.col("wave_id").cast(pl.Int32), pl.col(column).cast(pl.String), pl.col("n").cast(pl.Int64)),
                    column, schema.quality.speed)
    laid = beside(frame, table.select("wave_id", column, _SPEEDY), ["wave_id", column])
    return laid.with_columns(nw.col(_SPEEDY).fill_null(False).alias("c_speeder")).drop(_SPEEDY)


def _speedy(counted: pl.DataFrame, column: str, speed: float) -> pl.DataFrame:
    """Distinct durations of each wave with whether they are under the limit; unreadable ones are left out."""
    read = counted.with_columns(seconds(pl.col(column)).alias("s")).filter(pl.col("s").is_not_null())
    limits = [(part["wave_id"][0], speed * _median(part["s"], part["n"])) for part in read.partition_by("wave_id")]
    known = pl.DataFrame(limits, schema={"wave_id": pl.Int32, "limit": pl.Float64}, orient="row")
    return read.join(known, on="wave_id", nulls_equal=True).with_columns((pl.col("s") < pl.col("limit")).alias(_SPEEDY))


def _median(values: pl.Series, times: pl.Series) -> float:
    """The median of values that occur so many times."""
    table = pl.DataFrame({"v": values, "n": times}).sort("v").with_columns(pl.col("n").cum_sum().alias("upto"))
    total = int(table["n"].sum())
    low, high = (float(table.filter(pl.col("upto") > place)["v"][0]) for place in ((total - 1) // 2, total // 2))
    return (low + high) / 2


def medians(counted: pl.DataFrame) -> tuple[int, float | None]:
    """How many responses have a readable duration, and its median in the unit of the data; columns value, n."""
    read = counted.with_columns(seconds(pl.col("value")).alias("s")).filter(pl.col("s").is_not_null())
    return int(read["n"].sum()), _median(read["s"], read["n"]) if len(read) else None


def seconds(text: pl.Expr) -> pl.Expr:
    """A duration as a number: plain numbers as they are (whatever their unit), 1:02:03, 02:03 and "2분 3초", "2 min 3 s" in seconds."""
    bare = text.str.strip_chars().str.replace_all(",", "")
    number: Any = bare.cast(pl.Float64, strict=False)

    def parts(pattern: str) -> pl.Expr:
        found = [bare.str.extract(pattern, i).cast(pl.Float64, strict=False) for i in (1, 2, 3)]
        known = pl.any_horizontal(*(f.is_not_null() for f in found))
        hours, minutes, secs = (f.fill_null(0.0) for f in found)
        return pl.when(known).then(hours * 3600 + minutes * 60 + secs)

    read = pl.coalesce(number, parts(_HMS), parts(_WORDS))
    return pl.when(read.is_finite() & (read >= 0)).then(read)
