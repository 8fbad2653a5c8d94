"""All cells of a small workbook as text with their places, for files that are no table of answers (questionnaires)."""

from __future__ import annotations

from typing import Any

from cxdash.errors import FileTooLarge
from cxdash.ingest.book import Book
from cxdash.ingest.plan import Grid

CELLS_MAX = 400_000  # filled cells of all sheets together


def text_cells(book: Book) -> list[dict[str, Any]]:
    """Per sheet {"name", "rows": [[row number, {"column number": text}], …]}; rows and columns count from 1, blank cells are left out.

    Text is as the reader of imports gives it. FileTooLarge beyond CELLS_MAX.
    """
    sheets, total = [], 0
    for name in book.names():
        grid = book.grid(name)
        rows = []
        for number, row in zip(_numbers(grid), grid.cells.iter_rows(), strict=True):
            filled = {str(grid.first_column + place): text for place, text in enumerate(row) if text and text.strip()}
            total += len(filled)
            if filled:
                rows.append([number, filled])
        if total > CELLS_MAX:
            raise FileTooLarge("sheet.error.cells", fix="sheet.error.cells.fix", most=CELLS_MAX)
        sheets.append({"name": name, "rows": rows})
    return sheets


def _numbers(grid: Grid) -> list[int]:
    if grid.rows is not None:
        return grid.rows.to_list()
    return list(range(grid.first_row, grid.first_row + grid.cells.height))
