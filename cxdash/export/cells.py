"""The rows of a worksheet as XML, made column by column by polars.

Written cell by cell in Python, 100,000 rows of 30 columns take most of a minute with the interpreter locked; made in columns
they take a few seconds with the lock released, so that other users' pages stay quick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from cxdash.export.inert import FORMULA, visible_expr

BATCH = 20_000  # rows made at once
WHOLE_MAX = 999_999_999_999_999  # Excel keeps 15 digits; longer whole numbers (identifiers) are written as text
_DAY_US = 86_400_000_000
_EPOCH_DAYS = 25_569  # 1970-01-01 as Excel counts days
_FIRST_SURE = 61  # 1900-03-01; before it Excel's calendar has a day that never was
_ROW = "__row__"


@dataclass(frozen=True)
class Styles:
    """Numbers of the cell formats in the workbook: plain inert text, dates, moments, times, and marked (bad) text."""

    inert: int
    date: int
    datetime: int
    time: int
    marked: int
    marked_inert: int
    wrapped: int


def rows_xml(frame: pl.DataFrame, styles: Styles, *, first_row: int = 2, marked: Mapping[str, pl.Series] | None = None,
             wrapped: frozenset[str] = frozenset()) -> Iterator[bytes]:
    """`<row>` elements in UTF-8. Null is no cell at all. marked: column -> Boolean series of cells to highlight (text columns)."""
    marks = {f"__mark_{i}__": s for i, s in enumerate((marked or {}).values())}
    names = dict(zip(marked or {}, marks, strict=True))
    whole = frame.with_columns(pl.int_range(first_row, first_row + pl.len(), dtype=pl.Int64).cast(pl.Utf8).alias(_ROW),
                               *(s.alias(n) for n, s in marks.items()))
    row = pl.concat_str([pl.lit('<row r="'), pl.col(_ROW), pl.lit('">'),
                         *(_cell(frame.schema[c], c, letter(i), styles, names.get(c), c in wrapped) for i, c in enumerate(frame.columns)),
                         pl.lit("</row>")])
    for start in range(0, frame.height, BATCH):
        yield whole.slice(start, BATCH).select(row.str.join("").alias("xml")).item().encode("utf-8")


def letter(i: int) -> str:
    """Column letters from a 0-based index: 0 -> A, 26 -> AA."""
    return (letter(i // 26 - 1) if i >= 26 else "") + chr(65 + i % 26)


def _cell(dtype: pl.DataType, name: str, at: str, styles: Styles, mark: str | None, wrapped: bool) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        return _value(at, column.cast(pl.Int8).cast(pl.Utf8), ' t="b"')
    if dtype.is_integer():
        long = (column > WHOLE_MAX) | (column < -WHOLE_MAX) if dtype in (pl.Int64, pl.UInt64, pl.Int128) else pl.lit(False)
        return pl.when(long).then(_text(at, column.cast(pl.Utf8), 0)).otherwise(_value(at, column.cast(pl.Utf8)))
    if dtype.is_float() or dtype.is_decimal():
        number = column.cast(pl.Float64)
        return _value(at, pl.when(number.is_finite()).then(number).cast(pl.Utf8))
    if dtype == pl.Date:
        days = column.to_physical().cast(pl.Int64) + _EPOCH_DAYS
        return _dated(at, column, days.cast(pl.Float64), days.cast(pl.Utf8), styles.date)
    if isinstance(dtype, pl.Datetime):
        local = column.dt.replace_time_zone(None).dt.cast_time_unit("us")
        days = local.to_physical() / _DAY_US + _EPOCH_DAYS
        return _dated(at, local, days, days.round(10).cast(pl.Utf8), styles.datetime)
    if dtype == pl.Time:
        return _value(at, (column.to_physical() / (_DAY_US * 1000)).cast(pl.Utf8), f' s="{styles.time}"')
    return _styled_text(at, column.cast(pl.Utf8), styles, mark, wrapped)


def _value(at: str, number: pl.Expr, attributes: str = "") -> pl.Expr:
    return pl.concat_str([pl.lit(f'<c r="{at}'), pl.col(_ROW), pl.lit(f'"{attributes}><v>'), number, pl.lit("</v></c>")]).fill_null("")


def _dated(at: str, moment: pl.Expr, days: pl.Expr, serial: pl.Expr, style: int) -> pl.Expr:
    """A date cell, or ISO text before March 1900, where Excel has no true dates."""
    return pl.when(days >= _FIRST_SURE).then(_value(at, serial, f' s="{style}"')).otherwise(_text(at, moment.cast(pl.Utf8), 0))


def _styled_text(at: str, column: pl.Expr, styles: Styles, mark: str | None, wrapped: bool) -> pl.Expr:
    formula = column.str.contains(FORMULA)
    plain = styles.wrapped if wrapped else 0
    usual = pl.when(formula).then(_text(at, column, styles.inert)).otherwise(_text(at, column, plain))
    if mark is None:
        return usual
    noted = pl.when(formula).then(_text(at, column, styles.marked_inert)).otherwise(_text(at, column, styles.marked, empty=True))
    return pl.when(pl.col(mark)).then(noted).otherwise(usual)


def _text(at: str, column: pl.Expr, style: int, *, empty: bool = False) -> pl.Expr:
    """A text cell, whatever the text looks like. empty: a blank cell keeps its style."""
    attribute = f' s="{style}"' if style else ""
    opening = pl.concat_str([pl.lit(f'<c r="{at}'), pl.col(_ROW), pl.lit(f'"{attribute}')])
    full = pl.concat_str([opening, pl.lit(' t="inlineStr"><is><t xml:space="preserve">'), escaped(column), pl.lit("</t></is></c>")])
    blank = pl.concat_str([opening, pl.lit("/>")]) if empty else pl.lit("")
    return pl.when(column.is_null() | (column == "")).then(blank).otherwise(full)


def escaped(column: pl.Expr) -> pl.Expr:
    """Text for XML. "_x0041_" means "A" to Excel, so its underscore is escaped as the format demands; CR LF and CR become LF."""
    return (visible_expr(column).str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
            .str.replace_all(r"_(x[0-9A-Fa-f]{4}_)", "_x005F_${1}").str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"]))
