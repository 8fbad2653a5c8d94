"""A Filter becomes expressions on the frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import narwhals as nw

from cxdash.facts.question import MYSTERY, NONE, SOURCE, STAGE, TOUCHPOINT, Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import CARELESS


def predicates(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], schema: FactsSchema, where: Filter) -> Iterator[nw.Expr]:
    """What must be true of a row, one expression per key. A row without a date is on no side of a date."""
    kinds = frame.schema if (where.equals or where.customers) and isinstance(frame, nw.DataFrame) else {}
    for key, values in where.equals.items():
        if key in (STAGE, TOUCHPOINT):
            yield _reached(schema, [f"{key}:{value}" for value in values])
            continue
        if key == CARELESS:
            yield _careless(schema, values)
            continue
        column = schema.attribute(key)
        yield _any_of(column, values, kinds.get(column))
    if where.since is not None:
        yield nw.col("day") >= nw.lit(where.since)
    if where.until is not None:
        yield nw.col("day") <= nw.lit(where.until)
    if where.clean and schema.quality.on:
        yield ~_careless(schema, schema.quality.on)
    if where.customers and SOURCE not in where.equals:
        yield from customers(kinds.get(SOURCE))
    if where.after is not None:
        yield nw.col("ver") > where.after
    if where.beyond is not None:
        yield nw.col("id") > where.beyond


def customers(kind: object) -> Iterator[nw.Expr]:
    """Not a mystery shopper; nothing where the column of sources, of this kind, says that there are none."""
    if not isinstance(kind, nw.Enum) or MYSTERY in kind.categories:
        yield (nw.col(SOURCE) != MYSTERY) | nw.col(SOURCE).is_null()


def _reached(schema: FactsSchema, names: Sequence[str]) -> nw.Expr:
    """Some question of one of these stages or touchpoints is answered."""
    columns = [schema.ratings[code][0] for name in names for code in schema.reached.get(name, ())]
    return nw.any_horizontal(*(~nw.col(c).is_null() for c in columns), ignore_nulls=False) if columns else nw.col("id").is_null()


def _careless(schema: FactsSchema, kinds: Sequence[str]) -> nw.Expr:
    """It looks careless in one of these ways."""
    columns = [schema.careless[kind] for kind in kinds if kind in schema.careless]
    return nw.any_horizontal(*map(nw.col, columns), ignore_nulls=False) if columns else nw.col("id").is_null()


def asks_of_care(where: Filter, schema: FactsSchema) -> bool:
    """Whether the filter needs the columns that say what looks careless."""
    return (where.clean and bool(schema.quality.on)) or CARELESS in where.equals


def _any_of(column: str, values: Sequence[str], kind: object) -> nw.Expr:
    """An engine may refuse to compare with a text that is no category, so those are left out: they match nothing anyway."""
    known = [value for value in values if value in kind.categories] if isinstance(kind, nw.Enum) else list(values)
    hit = nw.col(column).is_in(known) if known else nw.col("id").is_null()
    return hit | nw.col(column).is_null() if NONE in values else hit
