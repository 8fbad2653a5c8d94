"""A workbook somebody authored a questionnaire in: our own sheets or an XLSForm, told apart by their sheets."""

from __future__ import annotations

from collections.abc import Sequence

from cxdash.errors import FileNoTable
from cxdash.survey import sheetread, xlsform
from cxdash.survey.cells import Cells, Reading


def read(book: Sequence[Cells]) -> Reading:
    """The form of the workbook, with what is wrong in it. FileNoTable when it is neither of the two."""
    if sheetread.is_ours(book):
        return sheetread.read(book)
    if xlsform.is_xlsform(book):
        return xlsform.read(book)
    raise FileNoTable("sheet.error.foreign", fix="sheet.error.foreign.fix", sheets=", ".join(cells.name for cells in book) or "–")
