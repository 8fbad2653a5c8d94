"""The JSON documents of responses become columns, a batch at a time.

The quick way (polars, strict types) fails as a whole when one document of the batch is not as the schema says; that batch is then
read document by document. Both ways give the same columns; a value that cannot be used becomes null and is counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from cxdash.facts.schema import FactsSchema
from cxdash.terms import Scale

Columns = dict[str, pl.Series]
SEALED_MARK = "k1:"
SEALED = r"^k1:[A-Za-z0-9_-]{22,}$"  # an attribute's value as cxdash.store.keyed seals it


def read_answers(texts: pl.Series, schema: FactsSchema) -> tuple[Columns, int]:
    """Rating columns (Int8) and 0/1 option columns (Int8, null = question not answered), and how many values were unusable.

    A rating is usable when it is a whole number on its scale; an option when its number is one of the question's.
    """
    fields: dict[str, Any] = dict.fromkeys(schema.ratings, pl.Float64) | {code: pl.List(pl.Float64) for code in schema.multi}
    raw, broken = _decode(texts, fields)
    columns: Columns = {}
    for code, (name, scale) in schema.ratings.items():
        columns[name], bad = _points(raw[code], scale)
        broken += bad
    for place, (code, count) in enumerate(schema.multi.items()):
        made, bad = _options(raw[code], place, count)
        columns |= made
        broken += bad
    return columns, broken


def read_attributes(texts: pl.Series, schema: FactsSchema) -> tuple[Columns, int]:
    """One text column (Categorical; null = no value, blank texts too) per attribute, and how many values were unusable.

    A sealed value tells who somebody is: there is nothing to count by it, and it does not get into the copy.
    """
    raw, broken = _decode(texts, dict.fromkeys(schema.attributes, pl.String))
    columns = {}
    for key, name in schema.groups.items():
        told = pl.col("v") != ""
        if raw[key].str.starts_with(SEALED_MARK).any():
            told = told & ~pl.col("v").str.contains(SEALED)
        frame = raw[key].to_frame("v").select(pl.when(told).then(pl.col("v")).cast(pl.Categorical))
        columns[name] = frame.to_series().alias(name)
    return columns, broken


def _decode(texts: pl.Series, fields: Mapping[str, Any]) -> tuple[Columns, int]:
    if not fields:
        return {}, 0
    bare = texts.str.strip_chars()
    objects = bare.str.starts_with("{") & bare.str.ends_with("}")
    if objects.all(ignore_nulls=False):  # polars reads the texts as one list, so that an empty or a double one would shift the others
        try:
            read = texts.str.json_decode(pl.Struct(fields))
        except pl.exceptions.PolarsError:
            pass
        else:
            if len(read) == len(texts):
                return {name: read.struct.field(name) for name in fields}, read.null_count()
    return _decode_singly(texts, fields)


def _decode_singly(texts: pl.Series, fields: Mapping[str, Any]) -> tuple[Columns, int]:
    values: dict[str, list[Any]] = {name: [] for name in fields}
    broken = 0
    for text in texts:
        document = _document(text)
        broken += document is None
        for name, kind in fields.items():
            value, bad = _value((document or {}).get(name), kind)
            values[name].append(value)
            broken += bad
    return {name: pl.Series(name, values[name], dtype=kind) for name, kind in fields.items()}, broken


def _document(text: str | None) -> dict[str, Any] | None:
    try:
        document = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _value(value: Any, kind: Any) -> tuple[Any, int]:
    """The value as polars would read it for this kind of column, and the number of parts that cannot be used."""
    if value is None:
        return None, 0
    if kind == pl.Float64:
        number = _number(value)
        return number, number is None
    if kind == pl.String:
        return _text(value)
    parts = [_number(part) for part in (value if isinstance(value, list) else [value])]
    if not isinstance(value, list) and parts == [None]:
        return None, 1
    return [part for part in parts if part is not None], parts.count(None)


def _text(value: Any) -> tuple[str | None, int]:
    if isinstance(value, (list, dict)):
        return None, 1
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: no column can hold it
        return None, 1
    return text, 0


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return float(value)
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _points(raw: pl.Series, scale: Scale) -> tuple[pl.Series, int]:
    value = pl.col("v")
    good = value.is_between(scale.lo, scale.hi) & (value == value.floor())
    frame = raw.to_frame("v").select(pl.when(good).then(value).cast(pl.Int8))
    points = frame.to_series()
    return points, points.null_count() - raw.null_count()


def _options(raw: pl.Series, place: int, count: int) -> tuple[Columns, int]:
    names = {n: f"m{place}_{n}" for n in range(1, count + 1)}
    chosen = raw.to_frame("v")
    columns = chosen.select(pl.col("v").list.contains(float(n)).cast(pl.Int8).alias(name) for n, name in names.items())
    parts = raw.explode(empty_as_null=False, keep_nulls=False)
    broken = int((~parts.is_in([float(n) for n in names])).fill_null(True).sum())
    return {name: columns[name] for name in names.values()}, broken
