"""Who answered, when, and with what weight: the columns of a row that are no answers."""

from __future__ import annotations

import json

import polars as pl

from cxdash.ingest import clean, dateread, dates, missing
from cxdash.ingest.plan import Column, Said
from cxdash.ingest.point import Gone
from cxdash.ingest.problems import Problems

_PLACEHOLDERS = pl.Series(
    ["1899-12-30", "1899-12-31", "1900-01-00", "1900-01-01", "1904-01-01", "1970-01-01", "1980-01-01", "0000-00-00", "0001-01-01"]
).implode()


def when(texts: pl.Series, column: Column, timezone: str, problems: Problems) -> pl.Series:
    """Datetime(us, UTC) per row; unreadable, too old and future dates are problems and null. A zone in the header beats `timezone`."""
    timezone = dateread.stated_zone(column.header, timezone)
    at = dates.parse(texts, column.date_format or "ymd", timezone)
    gone = Gone(column.missing)
    unread = (at.is_null() & texts.is_not_null()).arg_true()
    said = {text: not (gone.has(text) or missing.says_nothing(text)) for text in texts.gather(unread).unique().to_list()}
    wrong = unread.filter(texts.gather(unread).replace_strict(said, return_dtype=pl.Boolean)) if said else unread
    problems.marked(
        column.header,
        texts,
        _mask(wrong, len(texts)),
        Said("scale.problem.date_unreadable", {"format": dates.SHOWN.get(column.date_format or "ymd", "")}),
    )
    empty = _placeholders(at, timezone)
    old = (at.dt.year() < dates.FIRST_YEAR).fill_null(False) & ~empty
    future = (at > dates.latest()).fill_null(False)
    problems.marked(column.header, texts, empty, Said("scale.problem.date_placeholder"))
    problems.marked(column.header, texts, old, Said("scale.problem.date_past", {"year": str(dates.FIRST_YEAR)}))
    problems.marked(column.header, texts, future, Said("scale.problem.date_future"))
    return at.set(empty | old | future, None)


def _mask(at: pl.Series, height: int) -> pl.Series:
    none = pl.repeat(False, height, eager=True)
    return none.scatter(at, True) if len(at) else none


def _placeholders(at: pl.Series, timezone: str) -> pl.Series:
    """Days that programs write for "no date" (day 0 of an epoch); far enough from any answer that only old columns are looked at."""
    if at.drop_nulls().is_empty() or at.min().year > dates.FIRST_YEAR:
        return pl.repeat(False, len(at), eager=True)
    return at.dt.convert_time_zone(timezone).dt.strftime("%Y-%m-%d").is_in(_PLACEHOLDERS).fill_null(False)


def weight(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """Float64 per row; a blank, negative or unreadable weight is a problem and null. 0 is a weight (the row counts nothing)."""
    blank = (texts.is_null() | (texts.str.strip_chars() == "")).fill_null(True)
    problems.marked(column.header, texts, blank, Said("scale.problem.weight_blank"))
    values: dict[str, float] = {}
    wrong: dict[str, Said] = {}
    found = texts.filter(~blank).unique().to_list()
    comma = clean.decimal_commas(found)
    for text in found:
        number = clean.number(text, comma=comma)
        if number is None or abs(number) > 1e9:
            wrong[text] = Said("scale.problem.weight_text")
        elif number < 0:
            wrong[text] = Said("scale.problem.weight_negative")
        else:
            values[text] = number
    if wrong:
        distinct = texts.drop_nulls().unique()
        problems.cells(column.header, distinct, texts.cast(pl.Enum(distinct)).to_physical(), wrong)
    return (
        texts.replace_strict(list(values), list(values.values()), default=None, return_dtype=pl.Float64)
        if values
        else pl.Series("w", [None], dtype=pl.Float64).new_from_index(0, len(texts))
    )


def key(texts: pl.Series, column: Column, problems: Problems) -> pl.Series:
    """The respondent's key in its one spelling; a blank one is a problem (the row is stored, but nothing can update it)."""
    plain = clean.norm_series(texts)
    plain = plain.set((plain == "").fill_null(False), None)
    short = plain.filter(plain.str.len_chars() <= 40).drop_nulls()
    suspect = short.filter(~short.str.contains("[0-9]")).unique().to_list()
    gone = Gone(column.missing)
    empty = [text for text in suspect if clean.is_error(text) or missing.says_nothing(text) or gone.has(text)]
    plain = plain.set(plain.is_in(empty).fill_null(False), None)
    problems.marked(column.header, texts, plain.is_null(), Said("scale.problem.key_blank"))
    return plain


def repeated(keys: pl.Series, rows: pl.Series, usable: pl.Series, header: str, problems: Problems) -> pl.Series:
    """True for usable rows whose key comes again in a later usable row: the later is kept, the earlier ones are listed with its number."""
    if keys.n_unique() == len(keys) - max(0, keys.null_count() - 1):
        return pl.repeat(False, len(keys), eager=True)
    table = pl.DataFrame({"at": pl.int_range(len(keys), eager=True), "key": keys, "row": rows, "ok": usable}).filter(
        pl.col("ok") & pl.col("key").is_not_null()
    )
    table = table.with_columns(kept=pl.col("row").last().over("key"), last=pl.col("at").last().over("key")).filter(
        pl.col("at") != pl.col("last")
    )
    if table.height:
        params = pl.Series("params", [json.dumps({"kept": kept}) for kept in table["kept"].to_list()], dtype=pl.Utf8)
        problems.rows(table["at"], Said("scale.problem.key_again"), params, table["key"], header)
    return _mask(table["at"], len(keys))
