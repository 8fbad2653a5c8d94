"""Columns of numbers read as numbers: fastexcel makes texts of numbers one cell at a time, which costs as much as reading the file.

The exact head of the sheet tells which columns hold nothing but numbers below their headers. Those are left to fastexcel's own
types, found over all rows; only a column that turns out to be numeric from end to end is taken as such, and its distinct values are
written as the exact reader writes them. Whatever does not fit is left to the reading of everything as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from cxdash.ingest.celltext import number_text
from cxdash.ingest.gridding import Cells

HEADERS_MOST = 20  # rows of titles and headers above the numbers
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WHOLE = 1e15  # whole numbers below it are exact and written in full


@dataclass(frozen=True)
class Plan:
    """skip: rows of titles and headers, taken from the head. texts: places of columns that are to be read as text."""

    skip: int
    texts: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """The whole sheet as text columns "0", "1", …; numbers: places of the columns that were read as numbers and are final."""

    frame: pl.DataFrame
    numbers: frozenset[int] = frozenset()


def plan(head: Cells) -> Plan | None:
    """None where nothing is gained, or where the first cell is not A1, so that the margin fastexcel trims would have to be guessed."""
    first = head.columns.get(1, [])
    if not head.rows or head.rows[0] != 1 or not any(first) or head.rows[-1] <= HEADERS_MOST:
        return None
    last_text = {column: _last_text(head, cells) for column, cells in head.columns.items()}
    numeric = {column for column, row in last_text.items() if row <= HEADERS_MOST and column not in head.dated}
    if not numeric:
        return None
    return Plan(
        max(1, *(last_text[column] for column in numeric)), tuple(column - 1 for column in sorted(head.columns) if column not in numeric)
    )


def _last_text(head: Cells, cells: list[str | None]) -> int:
    """Number of the last row of the head in which the column holds something that is no number; 0 where there is none."""
    return max((row for row, text in zip(head.rows, cells, strict=False) if text is not None and not _NUMBER.fullmatch(text)), default=0)


def whole(body: pl.DataFrame, head: Cells, made: Plan) -> Reading | None:
    """The head's first rows above the body, everything as text. None when the body has a type that cannot be written exactly."""
    numbers: set[int] = set()
    columns: list[pl.Series] = []
    for place, name in enumerate(body.columns):
        series = body[name]
        if series.dtype in (pl.Float64, pl.Int64):
            numbers.add(place)
            series = as_text(series.cast(pl.Float64))
        elif series.dtype == pl.Null:
            series = series.cast(pl.String)
        elif series.dtype != pl.String:
            return None
        columns.append(pl.concat([_above(head, place + 1, made.skip), series.alias("c")]).alias(str(place)))
    return Reading(pl.DataFrame(columns), frozenset(numbers))


def _above(head: Cells, column: int, rows: int) -> pl.Series:
    cells: list[str | None] = [None] * rows
    for row, text in zip(head.rows, head.columns.get(column, []), strict=False):
        if row <= rows:
            cells[row - 1] = text
    return pl.Series("c", cells, dtype=pl.String)


def as_text(numbers: pl.Series) -> pl.Series:
    """Floats as the texts of celltext.number_text."""
    low, high = numbers.min(), numbers.max()
    if low is None:
        return numbers.cast(pl.String)
    if -_WHOLE < low and high < _WHOLE and (numbers == numbers.floor()).all():  # type: ignore[operator]
        return numbers.cast(pl.Int64).cast(pl.String)
    distinct = numbers.drop_nulls().unique()
    texts = pl.Series([number_text(value) for value in distinct.to_list()], dtype=pl.String)
    return numbers.replace_strict(distinct, texts, default=None, return_dtype=pl.String)
