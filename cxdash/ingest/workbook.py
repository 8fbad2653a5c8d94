"""An .xlsx or .xlsm file as a Book: small and odd sheets through the exact reader, large ordinary ones through fastexcel."""

from __future__ import annotations

import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import polars as pl

from cxdash.errors import FileDamaged, FileUnsupported
from cxdash.ingest import fastsheet
from cxdash.ingest.book import no_sheet
from cxdash.ingest.gridding import make_grid
from cxdash.ingest.limits import Limits
from cxdash.ingest.package import SheetPart, open_zip, read_workbook
from cxdash.ingest.plan import Grid, Said, Sheet
from cxdash.ingest.scan import Scan, scan
from cxdash.ingest.sheetxml import SharedStrings, SheetReader

EXACT_BYTES = 2 << 20  # of unpacked XML: some 60,000 cells, a quarter of a second
_CELL_BYTES = 40  # what calamine holds per cell of its rectangle, with room


class XlsxBook:
    """`exact` forces the exact reader for every sheet (used when calamine has brought down an earlier attempt)."""

    def __init__(self, path: Path, limits: Limits, *, exact: bool = False, format: str = "xlsx") -> None:
        self.path, self.limits, self.exact, self.format = path, limits, exact, format
        self.archive = open_zip(path, limits)
        weakref.finalize(self, self.archive.close)
        self.workbook = read_workbook(self.archive)
        self.notes = self._macro_notes()
        self._grids: dict[str, Grid] = {}
        self._scans: dict[str, Future[Scan]] = {}
        self._ahead: dict[str, fastsheet.FastSheet] = {}
        self._start_ahead()

    def _macro_notes(self) -> tuple[Said, ...]:
        names = self.workbook.macro_sheets
        if names and not self.workbook.sheets:
            self._refuse_macros()
        return (Said("error.note.macro_sheet", {"sheets": ", ".join(names)}),) if names else ()

    def _refuse_macros(self) -> None:
        raise FileUnsupported("error.file.macro_sheet", fix="error.file.fix.macro_sheet", sheets=", ".join(self.workbook.macro_sheets))

    def _start_ahead(self) -> None:
        """Begin reading the one large sheet of a typical big file while its XML is being scanned (two cores, no lock between them)."""
        large = [part for part in self.workbook.sheets if part.size > EXACT_BYTES]
        pool = ThreadPoolExecutor(1)
        for part in large:
            fastsheet.refuse_doctype(self.archive, part.part)
        if large and self.workbook.strings:
            fastsheet.refuse_doctype(self.archive, self.workbook.strings)
        visible = [part for part in large if not part.hidden]
        if len(visible) == 1 and self._may_be_fast():
            self._ahead[visible[0].name] = self._open_fast(visible[0])
        for part in large:
            self._scans[part.name] = pool.submit(self._scan, part)

    def _may_be_fast(self) -> bool:
        return not self.exact and fastsheet.suits(self.workbook)

    def _open_fast(self, part: SheetPart) -> fastsheet.FastSheet:
        return fastsheet.FastSheet(self.path, part.name, part.part, self.archive, self.workbook, lambda: self._strings, self.limits)

    def _scan(self, part: SheetPart) -> Scan:
        with open_zip(self.path, self.limits) as archive:  # its own handle: a zip file object is not shared between threads
            return scan(archive, part.part)

    @cached_property
    def _strings(self) -> SharedStrings:
        return SharedStrings(self.archive, self.workbook.strings, self.limits)

    def names(self) -> list[str]:
        return [part.name for part in self.workbook.sheets]

    def sheets(self) -> tuple[Sheet, ...]:
        found = tuple(self._sheet(part) for part in self.workbook.sheets)
        if self.workbook.macro_sheets and not any(sheet.rows for sheet in found):
            self._refuse_macros()
        return found

    def _sheet(self, part: SheetPart) -> Sheet:
        if part.name in self._grids or part.size <= EXACT_BYTES:
            cells = self.grid(part.name).cells
            return Sheet(part.name, cells.height, cells.width, part.hidden)
        facts = self._scans[part.name].result()
        return Sheet(part.name, facts.row_count, facts.width, part.hidden)

    def grid(self, sheet: str) -> Grid:
        part = next((part for part in self.workbook.sheets if part.name == sheet), None)
        if part is None:
            raise no_sheet(sheet, self.names())
        if sheet not in self._grids:
            self._grids[sheet] = (None if part.size <= EXACT_BYTES else self._fast(part)) or self._exactly(part)
        return self._grids[sheet]

    def _exactly(self, part: SheetPart) -> Grid:
        reader = SheetReader(self.archive, self.workbook, lambda: self._strings, self.limits).read(part.part)
        dated = set(reader.cells.dated)
        frame, first_column, rows = reader.cells.frame()
        return make_grid(part.name, frame, rows, first_column, merged=reader.facts.merged, dated=dated, notes=_notes(reader.facts.uncached))

    def _fast(self, part: SheetPart) -> Grid | None:
        """None when the sheet must go through the exact reader after all."""
        if not self._may_be_fast():
            return None
        facts = self._scans[part.name].result()
        rectangle = (
            facts.last_row * facts.width
        )  # a stray far cell that is not declared brings calamine down; the parent then asks for `exact`
        if not facts.plain or rectangle * _CELL_BYTES > self.limits.memory_mb << 20:
            return None
        try:
            placed = (self._ahead.pop(part.name, None) or self._open_fast(part)).placed(facts)
        except FileDamaged:
            return None  # calamine refuses packages that the exact reader can read
        if placed is None:
            return None
        rows = pl.int_range(placed.first_row, placed.first_row + placed.frame.height, eager=True)
        return make_grid(
            part.name, placed.frame, rows, placed.first_column, merged=facts.merged, dated=placed.dated, notes=_notes(facts.uncached)
        )


def _notes(uncached: dict[int, int]) -> tuple[Said, ...]:
    if not uncached:
        return ()
    return (
        Said(
            "error.note.uncached", {"columns": ", ".join(letters(column) for column in sorted(uncached)), "cells": sum(uncached.values())}
        ),
    )


def letters(column: int) -> str:
    """Column letters of a 1-based column number: 1 -> A, 28 -> AB."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
