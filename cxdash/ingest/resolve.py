"""Fit a mapping to the file at hand: find the sheet, the rows and the columns that it names.

A mapping made for this very file is taken as it is. One made for another file (last month's), or written by hand without
positions, names columns by header and occurrence; nothing is guessed: a header that the file lacks is an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping as MappingType
from dataclasses import replace

from cxdash.errors import FileError, FileMapping
from cxdash.ingest import layout as layouts
from cxdash.ingest.book import Book
from cxdash.ingest.layout import Table
from cxdash.ingest.plan import Column, Grid, Layout, Mapping
from cxdash.ingest.sheetpick import pick
from cxdash.terms import Role

Places = MappingType[tuple[str, int], int]
_FIX = "error.file.fix.mapping"


def grid_of(book: Book, mapping: Mapping) -> Grid:
    """The sheet that the mapping names; the proposed one when it names none, or one of another file."""
    name = mapping.layout.sheet
    names = book.names()
    if name and (name in names or not mapping.sha256) and not (len(names) == 1 and book.format in ("csv", "tsv", "sav")):
        return book.grid(name)
    return book.grid(names[0]) if len(names) == 1 else pick(book).grid


def fit(grid: Grid, mapping: Mapping, sha256: str) -> Mapping:
    """The mapping with every row and column number of this file. FileMapping when a header is missing."""
    if mapping.sha256 and mapping.sha256 == sha256 and all(column.index >= 0 for column in mapping.columns):
        return mapping
    if mapping.layout.header_rows and not mapping.sha256:
        layout, headers = _asked(grid, mapping.layout)
    else:
        table = layouts.find(grid)
        layout, headers = table.layout, _headers(table)
    by_name = {(_key(text), occurrence): index for index, (text, occurrence) in headers.items()}
    columns = tuple(_placed(column, headers, by_name) for column in mapping.columns)
    return replace(mapping, layout=layout, columns=columns, sha256=sha256)


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _headers(table: Table) -> dict[int, tuple[str, int]]:
    return {header.index: (header.text, header.occurrence) for header in table.headers}


def _asked(grid: Grid, asked: Layout) -> tuple[Layout, dict[int, tuple[str, int]]]:
    """A layout written by hand: what it leaves out is completed."""
    try:
        found = layouts.find(grid)
    except FileError:  # whatever makes the table hard to find: the writer has said where it is
        found = None
    if found and found.layout.header_rows == asked.header_rows:
        headers, last, skipped = _headers(found), found.layout.last_data_row, found.layout.skipped
    else:
        headers, last, skipped = _joined(grid, asked.header_rows), _last_row(grid), ()
    whole = replace(
        asked,
        sheet=grid.sheet,
        last_data_row=asked.last_data_row or last,
        first_data_row=asked.first_data_row or max(asked.header_rows) + 1,
        skipped=asked.skipped or (() if asked.last_data_row else skipped),
        encoding=grid.encoding,
        delimiter=grid.delimiter,
    )
    return whole, headers


def _last_row(grid: Grid) -> int:
    return int(grid.rows[-1]) if grid.rows is not None and len(grid.rows) else grid.first_row + grid.cells.height - 1


def _joined(grid: Grid, rows: tuple[int, ...]) -> dict[int, tuple[str, int]]:
    """Headers as the cells of the given rows, joined, with their occurrence."""
    numbers = grid.rows.to_list() if grid.rows is not None else list(range(grid.first_row, grid.first_row + grid.cells.height))
    if missing := [row for row in rows if row not in numbers]:
        raise FileMapping("error.mapping.no_row", fix=_FIX, row=missing[0])
    lines = [grid.cells.row(numbers.index(row)) for row in rows]
    found: dict[int, tuple[str, int]] = {}
    seen: dict[str, int] = {}
    for index in range(grid.cells.width):
        text = " / ".join(dict.fromkeys(" ".join(line[index].split()) for line in lines if line[index]))
        seen[_key(text)] = seen.get(_key(text), 0) + 1
        found[index] = (text, seen[_key(text)])
    return found


def _placed(column: Column, headers: MappingType[int, tuple[str, int]], by_name: Places) -> Column:
    """The column at its place in this file; its name decides, the index only when it has none."""
    if not column.header:
        if column.index not in headers:
            raise FileMapping("error.mapping.no_column", fix=_FIX, index=column.index + 1, columns=len(headers))
        text, occurrence = headers[column.index]
        return _coded(replace(column, header=text, occurrence=occurrence))
    here = headers.get(column.index)
    if here and _key(here[0]) == _key(column.header) and here[1] == column.occurrence:
        return _coded(column)
    index = by_name.get((_key(column.header), column.occurrence))
    if index is None:
        if column.role is Role.IGNORE or column.role is Role.PERSONAL:
            return replace(column, index=-1)
        near = difflib.get_close_matches(column.header, [text for text, _ in headers.values()], 1, 0.5)
        raise FileMapping(
            "error.mapping.no_header", fix=_FIX, header=column.header, occurrence=column.occurrence, near=near[0] if near else "-"
        )
    return _coded(replace(column, index=index))


_CODED = (Role.RATING, Role.MULTI, Role.COMMENT, Role.ATTRIBUTE)


def _coded(column: Column) -> Column:
    """A question or attribute without a code is stored under its header."""
    if column.code or column.role not in _CODED:
        return column
    return replace(column, code=column.header if column.occurrence == 1 else f"{column.header}#{column.occurrence}")
