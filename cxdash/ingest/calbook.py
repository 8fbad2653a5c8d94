"""Old and other spreadsheets (.xls, .xlsb, .ods) through calamine, with the error cells that it leaves blank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cxdash.errors import FileDamaged, FilePassword, FileUnsupported
from cxdash.ingest.book import no_sheet
from cxdash.ingest.celltext import unescape, value_text
from cxdash.ingest.gridding import Cells, make_grid
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid, Said, Sheet

_ERRORS = {  # what calamine calls them -> what the cell shows
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


class CalamineBook:
    """A workbook whose cells calamine returns with their types."""

    def __init__(self, path: Path, limits: Limits, format: str) -> None:
        import python_calamine

        self.path, self.limits, self.format = path, limits, format
        self.notes: tuple[Said, ...] = ()
        try:
            self.workbook: Any = python_calamine.load_workbook(str(path))
        except python_calamine.PasswordError as error:
            raise FilePassword(fix="error.file.fix.password") from error
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise _refusal(error) from error
        self._damage = python_calamine.CalamineError
        self._grids: dict[str, Grid] = {}
        self._visible = python_calamine.SheetVisibleEnum.Visible
        worksheet = python_calamine.SheetTypeEnum.WorkSheet
        self._sheets = [sheet for sheet in self.workbook.sheets_metadata if sheet.typ == worksheet]
        if not self._sheets:
            raise FileUnsupported("error.file.macro_sheet", fix="error.file.fix.macro_sheet", sheets=", ".join(self.workbook.sheet_names))

    def names(self) -> list[str]:
        return [sheet.name for sheet in self._sheets]

    def sheets(self) -> tuple[Sheet, ...]:
        found = []
        for sheet in self._sheets:
            cells = self.grid(sheet.name).cells
            found.append(Sheet(sheet.name, cells.height, cells.width, sheet.visible != self._visible))
        return tuple(found)

    def grid(self, sheet: str) -> Grid:
        if sheet not in self.names():
            raise no_sheet(sheet, self.names())
        if sheet not in self._grids:
            self._grids[sheet] = self._read(sheet)
        return self._grids[sheet]

    def _read(self, name: str) -> Grid:
        try:
            sheet = self.workbook.get_sheet_by_name(name)
            start = sheet.start
            cells = Cells(self.limits)
            if start is not None:
                self._collect(sheet, cells)
                for (row, column), text in self._errors(name, start).items():
                    cells.put(row, column, text)
            merged = [(row0 + 1, column0 + 1, row1 + 1, column1 + 1) for (row0, column0), (row1, column1) in sheet.merged_cell_ranges or ()]
        except (self._damage, OSError) as error:
            raise _refusal(error) from error
        dated = set(cells.dated)
        frame, first_column, rows = cells.frame()
        return make_grid(name, frame, rows, first_column, merged=merged, dated=dated)

    def _collect(self, sheet: Any, cells: Cells) -> None:
        leading = len(next(iter(sheet.iter_rows()))) - sheet.width  # iter_rows may begin at column A although the data do not
        first_column = 1 if leading > 0 else sheet.start[1] + 1
        for row, values in enumerate(sheet.iter_rows(), 1):
            for column, value in enumerate(values, first_column):
                if value == "":
                    continue
                text = value_text(value)
                if text is None:
                    continue
                if type(value) not in _PLAIN and text[4:5] == "-":
                    cells.dated.add(column)
                cells.put(row, column, text)

    def _errors(self, name: str, start: tuple[int, int]) -> dict[tuple[int, int], str]:
        """Error cells by 1-based row and column. fastexcel names them when it is asked for text that they are not."""
        import fastexcel

        try:
            sheet = fastexcel.read_excel(self.path).load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            _, errors = sheet.to_arrow_with_errors()
        except fastexcel.FastExcelError as error:
            raise _refusal(error) from error
        found = {}
        for error in errors.errors if errors else ():
            row, column = error.position
            word = error.detail.rpartition("Error(")[2].rstrip(")'")
            found[row + 1, column + 1 + start[1]] = unescape(_ERRORS.get(word, "#N/A"))
        return found


_PLAIN = (str, float, int, bool)


def _refusal(error: Exception) -> FileDamaged | FilePassword | FileUnsupported:
    said = str(error).lower()
    if "password" in said or "encrypt" in said:
        return FilePassword(fix="error.file.fix.password")
    if "sheet:type" in said or "macrosheet" in said:
        return FileUnsupported("error.file.macro_sheet", fix="error.file.fix.macro_sheet", sheets="")
    return FileDamaged("error.file.damaged", fix="error.file.fix.resave")
