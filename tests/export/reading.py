"""Exports opened again, as a spreadsheet would."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook


def workbook(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def rows(content: bytes, sheet: int = 0) -> list[list[Any]]:
    """Values of a sheet, header first. openpyxl leaves the format's escapes in texts; Excel and calamine do not."""
    return [
        [unescape(v) if isinstance(v, str) else v for v in row] for row in workbook(content).worksheets[sheet].iter_rows(values_only=True)
    ]


def cells(content: bytes, sheet: int = 0) -> list[list[Cell]]:
    return [list(row) for row in workbook(content).worksheets[sheet].iter_rows()]


def csv_rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
