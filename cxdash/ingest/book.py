"""What every opened file offers, whatever its format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cxdash.errors import FileNoTable
from cxdash.ingest.plan import Grid, Said, Sheet

Progress = Callable[[str, float], None]


class Book(Protocol):
    """An opened file. `format` is a short word (xlsx, xls, xlsb, ods, csv, sav …); notes hold what must be told about the whole file."""

    format: str
    notes: tuple[Said, ...]

    def names(self) -> list[str]:
        """The names of all sheets, without reading them."""
        ...

    def sheets(self) -> tuple[Sheet, ...]:
        """All sheets in the file's order, with the rows that hold something; `proposed` is not set here."""
        ...

    def grid(self, sheet: str) -> Grid:
        """The cells of the sheet of this name (FileNoTable when there is none)."""
        ...


def no_sheet(name: str, names: list[str]) -> FileNoTable:
    return FileNoTable("error.file.no_sheet", fix="error.file.fix.choose_sheet", sheet=name, sheets=", ".join(names))
