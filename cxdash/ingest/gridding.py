"""From cells with places to a Grid: only what is filled, every column in its place, blank rows dropped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from cxdash.errors import FileTooLarge
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid, Said

Range = tuple[int, int, int, int]  # row0, column0, row1, column1, inclusive
STAMP = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?$"


class Cells:
    """Collects the cells of a sheet, without ever holding the empty rectangle between them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows: list[int] = []  # file row numbers that hold something
        self.columns: dict[int, list[str | None]] = {}
        self.dated: set[int] = set()
        self._places: dict[int, int] = {}

    def put(self, row: int, column: int, text: str) -> None:
        """One non-blank cell; row and column are 1-based numbers of the file."""
        if not self.rows or self.rows[-1] != row:
            self._place(row)
        place = self._places[row]
        cells = self.columns.get(column)
        if cells is None:
            cells = self.columns[column] = []
        if len(cells) <= place:
            if len(cells) < place:
                cells.extend([None] * (place - len(cells)))
            cells.append(text)
        else:
            cells[place] = text

    def _place(self, row: int) -> None:
        if row in self._places:  # a row that came before: rare, the order of rows is not promised
            return
        self._places[row] = len(self.rows)
        self.rows.append(row)
        if len(self.rows) % 1024 == 0:
            self.check()

    def check(self) -> None:
        if self.columns:
            check_size(len(self.rows), max(self.columns) - min(self.columns) + 1, self.limits)

    def frame(self) -> tuple[pl.DataFrame, int, list[int]]:
        """Text columns "0", "1", … from the first to the last used column; the first column's number; the row numbers, ascending.

        The collected columns are given away (freed one by one), so this is called once.
        """
        if not self.columns:
            return pl.DataFrame(), 1, []
        self.check()
        first, last, height = min(self.columns), max(self.columns), len(self.rows)
        series = [self._series(column, str(column - first), height) for column in range(first, last + 1)]
        frame, rows = pl.DataFrame(series), self.rows
        if any(a > b for a, b in zip(rows, rows[1:], strict=False)):
            order = sorted(range(height), key=rows.__getitem__)
            frame, rows = frame[order], [rows[place] for place in order]
        return frame, first, rows

    def _series(self, column: int, name: str, height: int) -> pl.Series:
        cells = self.columns.pop(column, None)
        if cells is None:
            return pl.Series(name, [None], dtype=pl.String).new_from_index(0, height)
        cells.extend([None] * (height - len(cells)))
        return pl.Series(name, cells, dtype=pl.String)


def check_size(height: int, width: int, limits: Limits) -> None:
    if width > limits.max_columns:
        raise FileTooLarge("error.file.too_many_columns", fix="error.file.fix.narrow", columns=width, limit=limits.max_columns)
    if height * width > limits.max_cells:
        raise FileTooLarge("error.file.too_many_cells", fix="error.file.fix.split", rows=height, columns=width, limit=limits.max_cells)


def make_grid(
    sheet: str,
    frame: pl.DataFrame,
    rows: Sequence[int] | pl.Series,
    first_column: int,
    *,
    merged: Iterable[Range] = (),
    dated: Iterable[int] = (),
    notes: Sequence[Said] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Grid:
    """A Grid from text columns and their file row numbers: blank rows leave, everything else keeps its place.

    merged and dated come in 1-based file coordinates: (row0, column0, row1, column1) and column numbers.
    """
    rows = rows if isinstance(rows, pl.Series) else pl.Series(list(rows), dtype=pl.Int64)
    frame = frame.rename({old: str(place) for place, old in enumerate(frame.columns)})
    in_grid = frozenset(column - first_column for column in dated if 0 <= column - first_column < frame.width)
    frame = frame.with_columns([_days_only(frame[str(place)]) for place in sorted(in_grid)])
    if frame.width and frame.height:
        filled = _filled(frame)
        if not filled.all():
            frame, rows = frame.filter(filled), rows.filter(filled)
    first = int(rows[0]) if len(rows) else 1
    whole = len(rows) == 0 or int(rows[-1]) - first + 1 == len(rows)
    return Grid(
        sheet=sheet,
        cells=frame,
        first_row=first,
        first_column=first_column,
        rows=None if whole else rows.alias("row"),
        merged=tuple(sorted(_in_grid(merged, rows, first_column, frame.width))),
        dated=in_grid,
        notes=tuple(notes),
        encoding=encoding,
        delimiter=delimiter,
    )


def _filled(frame: pl.DataFrame) -> pl.Series:
    """True where a row holds anything. Column by column until every row is known to: usually after the first."""
    filled = frame[frame.columns[0]].is_not_null()
    for name in frame.columns[1:]:
        if filled.all():
            break
        filled = filled | frame[name].is_not_null()
    return filled


def _days_only(series: pl.Series) -> pl.Series:
    """A column of dates without a time of day loses its midnights; where any cell has a time, all keep theirs."""
    stamps = series.filter(series.str.contains(STAMP))
    if len(stamps) == 0 or not stamps.str.ends_with(" 00:00:00").all():
        return series
    return series.str.replace(r"^(\d{4}-\d\d-\d\d) 00:00:00$", "${1}")


def _in_grid(merged: Iterable[Range], rows: pl.Series, first_column: int, width: int) -> Iterable[Range]:
    for row0, column0, row1, column1 in merged:
        top, below = int(rows.search_sorted(row0, "left")), int(rows.search_sorted(row1, "right"))
        left, right = max(column0 - first_column, 0), min(column1 - first_column, width - 1)
        if top < below and left <= right and (below - top > 1 or right > left):
            yield top, left, below - 1, right
