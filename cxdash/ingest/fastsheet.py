"""Large .xlsx sheets through fastexcel, corrected until they equal what the exact reader would give.

What is put right: the trimmed margin (the frame is anchored on its first text cell), error cells, booleans, decimals (fastexcel
writes them with nine places, so columns with more are read a second time as numbers), times of day, line breaks. Columns that hold
nothing but numbers are read as numbers (see fastnumbers).
"""

from __future__ import annotations

import zipfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cxdash.errors import FileDamaged, FileTooLarge
from cxdash.ingest import fastnumbers
from cxdash.ingest.celltext import number_text, unescape
from cxdash.ingest.fastnumbers import Reading
from cxdash.ingest.formats import DURATION
from cxdash.ingest.gridding import STAMP, Cells, check_size
from cxdash.ingest.limits import Limits
from cxdash.ingest.package import Workbook, feed, new_parser
from cxdash.ingest.scan import Scan
from cxdash.ingest.sheetxml import SheetReader

_HEAD_ROWS = 200
_ROUNDED = r"^-?\d+\.\d{9}$"
_DECIMAL = r"^-?\d+(\.\d+)?$"


def refuse_doctype(archive: zipfile.ZipFile, part: str) -> None:
    """Let the strict parser see the beginning of a part that calamine will read."""
    seen: list[str] = []
    parser = new_parser()
    parser.StartElementHandler = lambda name, _: seen.append(name)
    feed(parser, archive, part, stop=lambda: bool(seen))


def suits(workbook: Workbook) -> bool:
    """False when calamine renders cells differently and that cannot be put right afterwards.

    Those are styles with dates of the locale or durations, and the 1904 epoch, which calamine overlooks in files whose
    extensions repeat the tag that declares it.
    """
    return not (workbook.locale_dates or workbook.epoch_1904 or DURATION in workbook.kinds)


class FastSheet:
    """One large sheet being read. Loading begins at once in threads (calamine lets go of the interpreter); `placed` waits for it."""

    def __init__(
        self, path: Path, sheet: str, part: str, archive: zipfile.ZipFile, workbook: Workbook, strings: object, limits: Limits
    ) -> None:
        self.path, self.sheet, self.limits, self.workbook = path, sheet, limits, workbook
        self.head = SheetReader(archive, workbook, strings, limits, max_rows=_HEAD_ROWS).read(part).cells
        self.pool = ThreadPoolExecutor(2)
        self.reading: Future[Reading] = self.pool.submit(self._read)

    def _read(self) -> Reading:
        """Columns of numbers as numbers where that is safe, everything else as text."""
        made = fastnumbers.plan(self.head)
        if made is not None:
            body = self._load(dict.fromkeys(made.texts, "string"), skip=made.skip)
            found = fastnumbers.whole(body, self.head, made)
            if found is not None:
                return found
        return self._as_text()

    def _as_text(self) -> Reading:
        frame = self._load("string")
        return Reading(frame.rename({old: str(place) for place, old in enumerate(frame.columns)}))

    def _load(self, kind: str | dict[int, str], columns: list[int] | None = None, *, skip: int = 0) -> pl.DataFrame:
        import fastexcel

        try:
            loaded = fastexcel.read_excel(self.path).load_sheet(
                self.sheet,
                header_row=None,
                skip_rows=skip,
                schema_sample_rows=None,
                dtypes=kind,
                use_columns=columns,
                whitespace_as_null=True,
            )
            return loaded.to_polars()
        except fastexcel.FastExcelError as error:
            raise FileDamaged("error.file.damaged", fix="error.file.fix.resave") from error

    def placed(self, facts: Scan) -> Placed | None:
        """The corrected frame and its place in the file; None when frame and file cannot be fitted together."""
        found = self.reading.result()
        if found.numbers and facts.booleans:  # fastexcel counts them among the numbers
            found = self._as_text()
        frame, numbers = found.frame, found.numbers
        del found
        check_size(frame.height, frame.width, self.limits)
        origin = _origin(frame, self.head)
        if origin is None:
            return None
        columns = {int(name): frame[name] for name in frame.columns}
        del frame
        texts = [place for place in columns if place not in numbers]
        if any((series.str.len_bytes().max() or 0) > self.limits.max_text for series in map(columns.get, texts)):  # type: ignore
            raise FileTooLarge("error.file.long_text", fix="error.file.fix.resave", limit=self.limits.max_text)
        if not self._exact_decimals(columns, texts, origin[1]):
            return None
        dated = {place for place in texts if self._as_seen(place, columns, facts.booleans)}
        if not _lay_errors(columns, facts, *origin):
            return None
        return Placed(pl.DataFrame(list(columns.values())), *origin, {origin[1] + place for place in dated})

    def _exact_decimals(self, columns: dict[int, pl.Series], texts: list[int], first_column: int) -> bool:
        """Put the full decimals into columns that lost some. False when the second reading does not match the first."""
        rounded = [place for place in texts if columns[place].str.contains(_ROUNDED).any()]
        if not rounded:
            return True
        numbers = self._load("float", [first_column - 1 + place for place in rounded])  # counted from column A, unlike the frame's
        for place, name in zip(rounded, numbers.columns, strict=True):
            full = _with_decimals(columns[place], numbers[name])
            if full is None:
                return False
            columns[place] = full
        return True

    def _as_seen(self, place: int, columns: dict[int, pl.Series], booleans: bool) -> bool:
        """Booleans, stamps and line breaks of one column as the exact reader writes them; True when it holds dates."""
        series = columns[place]
        if booleans:
            series = _choose(series.is_in(["true", "false"]), series.str.to_uppercase(), series)
        stamps = series.filter(series.str.len_bytes().is_between(19, 26))
        has_dates = len(stamps) > 0 and bool(stamps.str.contains(STAMP).any())
        if has_dates:
            series = _choose(series.str.contains(STAMP), series.str.replace(r"^(\d{4}-\d\d-\d\d)T", "${1} "), series)
            series, has_dates = _times_of_day(series)
        if series.str.contains("\r", literal=True).any():
            series = series.str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
        columns[place] = series
        return has_dates


@dataclass
class Placed:
    """A corrected frame: 1-based row and column of its first cell, and the (1-based) columns that hold dates."""

    frame: pl.DataFrame
    first_row: int
    first_column: int
    dated: set[int]


def _choose(where: pl.Series, yes: pl.Series, no: pl.Series) -> pl.Series:
    return yes.zip_with(where.fill_null(False), no).alias(no.name)


def _with_decimals(texts: pl.Series, exact: pl.Series) -> pl.Series | None:
    """The full decimals of the numbers; cells that were text keep their text. None when the two are not the same column."""
    if len(exact) != len(texts):
        return None
    numeric = texts.str.contains(_DECIMAL).fill_null(False) & exact.is_not_null()
    apart = (exact.filter(numeric) - texts.filter(numeric).cast(pl.Float64)).abs().max()
    if apart is not None and apart > 1e-8:  # type: ignore[operator]
        return None
    distinct = exact.filter(numeric).unique()
    full = pl.Series([number_text(value) for value in distinct.to_list()], dtype=pl.String)
    written = exact.replace_strict(distinct, full, default=None, return_dtype=pl.String)
    return _choose(numeric, written, texts)


def _times_of_day(series: pl.Series) -> tuple[pl.Series, bool]:
    """calamine dates a time of day on the day before the epoch; without that day it is a time. False when no dates remain."""
    day = "^1899-12-3[01] "
    alone = series.str.contains(day)
    if not alone.any():
        return series, True
    series = _choose(alone, series.str.replace(day, ""), series)
    return series, bool(series.str.contains(STAMP).any())


def _origin(frame: pl.DataFrame, head: Cells) -> tuple[int, int] | None:
    """Row and column number of the frame's first cell, from the place of its first text cell in the file."""
    seen = min(
        (
            (row, column, cells[place])
            for column, cells in head.columns.items()
            for place, row in enumerate(head.rows)
            if place < len(cells) and _anchor(cells[place])
        ),
        default=None,
    )
    if seen is None:
        return None
    for row, cells in enumerate(frame.head(seen[0]).iter_rows()):
        column = next((place for place, text in enumerate(cells) if _anchor(text)), None)
        if column is not None:
            first_row, first_column = seen[0] - row, seen[1] - column
            return (first_row, first_column) if first_row >= 1 and first_column >= 1 else None
    return None


def _anchor(text: str | None) -> bool:
    return text is not None and not text.startswith("#")  # error cells are blank in the frame


def _lay_errors(columns: dict[int, pl.Series], facts: Scan, first_row: int, first_column: int) -> bool:
    by_column: dict[int, tuple[list[int], list[str]]] = {}
    for row, column, text in facts.errors:
        places, texts = by_column.setdefault(column - first_column, ([], []))
        places.append(row - first_row)
        texts.append(unescape(text))
    for place, (rows, texts) in by_column.items():
        series = columns.get(place)
        if series is None or rows[-1] >= len(series) or rows[0] < 0:
            return False  # errors outside the rectangle that calamine returned
        columns[place] = series.scatter(rows, texts)
    return True
