"""Delimited text (csv, tsv, txt) as a Book with one sheet."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from cxdash.errors import FileNoTable, FileTooLarge
from cxdash.ingest.book import no_sheet
from cxdash.ingest.encoding import Encoded, decode
from cxdash.ingest.gridding import check_size, make_grid
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid, Said, Sheet

DELIMITERS = (",", "\t", ";", "|")
RUNS = " "  # the delimiter of columns aligned by runs of blanks
_SAMPLE = 1 << 18
_SAMPLE_RECORDS = 400
_MOSTLY = 0.9
_SWALLOWED_LINES = 200


class TextBook:
    """A decoded text file. The sheet is named after the file."""

    def __init__(self, encoded: Encoded, name: str, limits: Limits) -> None:
        self.limits = limits
        self.name = Path(name).stem or name
        self.encoding = encoded.encoding
        self.notes = encoded.notes
        self.text, self.skipped = _begin(encoded.text)
        declared = re.match(r"\ufeff?sep=(.)\r?(?:\n|$)", self.text)
        if declared:
            self.text, self.skipped = self.text[declared.end() :], self.skipped + 1
        if not self.text.strip():
            raise FileNoTable("error.file.empty", fix="error.file.fix.empty")
        self.delimiter = declared[1] if declared else find_delimiter(self.text[:_SAMPLE])
        self.format = "tsv" if self.delimiter == "\t" else "csv"
        self._grid: Grid | None = None

    def names(self) -> list[str]:
        return [self.name]

    def sheets(self) -> tuple[Sheet, ...]:
        grid = self.grid(self.name)
        return (Sheet(self.name, grid.cells.height, grid.cells.width),)

    def grid(self, sheet: str) -> Grid:
        if sheet != self.name:
            raise no_sheet(sheet, [self.name])
        if self._grid is None:
            table = read_table(self.text, self.delimiter, self.limits)
            self.text = ""
            rows = pl.int_range(self.skipped + 1, self.skipped + 1 + table.frame.height, eager=True)
            self._grid = make_grid(
                sheet, table.frame, rows, 1, encoding=self.encoding, delimiter=self.delimiter or None, notes=self.notes + table.notes
            )
            if not self._grid.cells.height:
                raise FileNoTable("error.file.empty", fix="error.file.fix.empty")
        return self._grid


def open_text(path: Path, name: str, limits: Limits) -> TextBook:
    return TextBook(decode(path.read_bytes()), name, limits)


def _begin(text: str) -> tuple[str, int]:
    """The text from its first line that is not blank, with line feeds where the file had bare carriage returns; lines left out."""
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    text = text.removeprefix("\ufeff")
    blank = re.match(r"(?:[ \t]*\r?\n)*", text)
    skipped = blank[0].count("\n") if blank else 0
    return (text[blank.end() :] if blank else text), skipped


def find_delimiter(sample: str) -> str:
    """The delimiter that splits the sample into records of one width ("" for a single column).

    >>> find_delimiter("a;b;c\\n1,5;2,5;3\\n2,5;1;1\\n"), find_delimiter("의견\\n좋아요, 정말\\n그냥\\n")
    (';', '')
    """
    scored = [(_consistency(sample, delimiter), delimiter) for delimiter in DELIMITERS if delimiter in sample]
    score, best = max(scored, default=(0.0, ""), key=lambda pair: pair[0])
    if score > 0.25:
        return best
    return RUNS if _aligned(sample) else (best if score > 0 else "")


def _consistency(sample: str, delimiter: str) -> float:
    """0..1: share of records with the commonest width, sharply falling; halved when the first record has another width."""
    widths = [len(record) for record in _records(sample, delimiter) if record]
    if not widths:
        return 0.0
    width, count = Counter(widths).most_common(1)[0]
    if width < 2:
        wide = [number for number in widths if number > 1]  # titles or notes around a table
        if len(wide) * 2 < len(widths):
            return 0.0
        width, count = Counter(wide).most_common(1)[0]
    if width == 2 and widths[0] != 2:  # a sign that happens to occur once in most lines of a text
        return 0.0
    share = count / len(widths)
    return share**3 * (1 - 0.5 / width) * (1.0 if widths[0] == width else 0.5)


def _records(sample: str, delimiter: str) -> list[list[str]]:
    cut = sample.rfind("\n") if len(sample) >= _SAMPLE else -1
    reader = csv.reader(io.StringIO(sample[:cut] if cut > 0 else sample, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if len(records) >= _SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    return records


def _aligned(sample: str) -> bool:
    """Columns of figures aligned with blanks: every line has the same number of words, and most are numbers."""
    lines = [line.split() for line in sample.splitlines()[:_SAMPLE_RECORDS] if line.strip()]
    if len(lines) < 5 or len(lines[0]) < 2:
        return False
    same = sum(len(words) == len(lines[0]) for words in lines[:-1]) / (len(lines) - 1)
    words = [word for line in lines[1:] for word in line]
    return same > 0.98 and sum(bool(re.fullmatch(r"[-+.,\d]+", word)) for word in words) > 0.6 * len(words)


@dataclass
class Table:
    frame: pl.DataFrame
    notes: tuple[Said, ...] = ()


def read_table(text: str, delimiter: str, limits: Limits) -> Table:
    """All records as text columns, blank cells null. Every record keeps its place, blank lines are rows of nulls."""
    if delimiter == RUNS:
        return _from_records([line.split() for line in text.splitlines()], limits)
    data = text.encode("utf-8", "replace")
    if delimiter and _regular_quotes(data, delimiter):
        frame = _quickly(data, delimiter, limits)
        if frame is not None:
            return Table(frame)
    del data
    return _carefully(text, delimiter, limits)


def _regular_quotes(data: bytes, delimiter: str) -> bool:
    """True when every quote opens, closes or doubles as the standard says; a stray one would swallow lines in the fast reader."""
    if b'"' not in data:
        return True
    signs = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(signs == 34)
    if len(quotes) % 2:
        return False
    edges = np.zeros(256, dtype=bool)
    edges[[34, 10, 13, ord(delimiter)]] = True
    before = edges[signs[np.maximum(quotes - 1, 0)]] | (quotes == 0)
    after = edges[signs[np.minimum(quotes + 1, len(signs) - 1)]] | (quotes == len(signs) - 1)
    return bool((before | after).all())


def _quickly(data: bytes, delimiter: str, limits: Limits) -> pl.DataFrame | None:
    """Through polars; None when the records are ragged or otherwise beyond it."""
    width = len(next(iter(_records(data[:_SAMPLE].decode("utf-8", "ignore"), delimiter)), []))
    check_size(1, width, limits)
    try:
        frame = pl.read_csv(
            data, has_header=False, separator=delimiter, infer_schema=False, quote_char='"', encoding="utf8", low_memory=False
        )
    except (pl.exceptions.PolarsError, ValueError):
        return None
    check_size(frame.height, frame.width, limits)
    inner_breaks = b'"' in data and b"\r" in data
    return frame.with_columns(_blank_to_null(pl.col(name), inner_breaks) for name in frame.columns).rename(
        {old: str(place) for place, old in enumerate(frame.columns)}
    )


def _blank_to_null(column: pl.Expr, inner_breaks: bool) -> pl.Expr:
    tidy = column.str.replace_all("\r\n", "\n", literal=True) if inner_breaks else column
    return pl.when(column.str.strip_chars().str.len_bytes() > 0).then(tidy)


def _carefully(text: str, delimiter: str, limits: Limits) -> Table:
    """Through Python's reader, which takes ragged records and stray quotes; without quoting at all when a quote never closes."""
    before = csv.field_size_limit(limits.max_text)
    try:
        records = _parse(text, delimiter, csv.QUOTE_MINIMAL)
        if records is None:
            records = _parse(text, delimiter, csv.QUOTE_NONE)
            notes: tuple[Said, ...] = (Said("error.note.quotes"),)
        else:
            notes = ()
    finally:
        csv.field_size_limit(before)
    if records is None:
        raise FileTooLarge("error.file.long_text", fix="error.file.fix.resave", limit=limits.max_text)
    table = _from_records(records, limits)
    return Table(table.frame, notes)


def _parse(text: str, delimiter: str, quoting: int) -> list[list[str]] | None:
    """None when a field is longer than any text, or a quote that never closes has swallowed the lines after it."""
    lines = io.StringIO(text, newline="")
    if not delimiter and quoting == csv.QUOTE_NONE:
        return [[line] for line in text.splitlines()]
    reader = csv.reader(lines, delimiter=delimiter or "\x1f", quoting=quoting, strict=False)
    try:
        records = list(reader)
    except csv.Error:
        return None
    last = records[-1] if records else []
    swallowed = any(field.count("\n") > _SWALLOWED_LINES for field in last)
    return None if swallowed and quoting != csv.QUOTE_NONE else records


def _from_records(records: list[list[str]], limits: Limits) -> Table:
    width = max(map(len, records), default=0)
    check_size(len(records), width, limits)
    series = []
    for place in range(width):
        cells = [record[place] if place < len(record) else None for record in records]
        series.append(pl.Series(str(place), cells, dtype=pl.String))
    frame = pl.DataFrame(series)
    return Table(frame.with_columns(_blank_to_null(pl.col(name), True) for name in frame.columns) if width else frame)
