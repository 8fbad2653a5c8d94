"""A small table laid beside a frame by its keys, in memory and on Spark. A missing key equals a missing key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts.counting import Frame

_SPARK = {pl.Int32: "int", pl.Int64: "bigint", pl.Float64: "double", pl.Boolean: "boolean", pl.String: "string"}


def beside(frame: Frame, table: pl.DataFrame, keys: Sequence[str]) -> Frame:
    """The frame with the other columns of `table`, whose rows are found by `keys` (each combination once); null where there is none."""
    if isinstance(frame, nw.DataFrame):
        native = frame.to_native()
        typed = table.with_columns(pl.col(key).cast(native.schema[key], strict=False) for key in keys)
        found = native.select(keys).join(typed, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
        return nw.from_native(native.with_columns(found.drop(keys).get_columns()))
    return nw.from_native(_on_spark(frame.to_native(), table, keys))


def _on_spark(native: Any, table: pl.DataFrame, keys: Sequence[str]) -> Any:
    named = table.rename({key: f"_{key}" for key in keys})
    kinds = ", ".join(f"`{name}` {_SPARK[type(kind)]}" for name, kind in named.schema.items())
    small = native.sparkSession.createDataFrame(named.rows(), kinds).hint("broadcast")
    same = reduce(lambda a, b: a & b, (native[key].eqNullSafe(small[f"_{key}"]) for key in keys))
    return native.join(small, same, "left").drop(*(f"_{key}" for key in keys))
