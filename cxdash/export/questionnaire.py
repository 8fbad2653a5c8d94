"""A questionnaire as an Excel workbook to edit and upload again: headings that stay in sight, cells to choose words in, nothing that runs.

Every cell is text, so that Excel makes no dates of codes and no numbers of "01"; `cxdash.survey.sheetread` reads it back without loss.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from cxdash.export.inert import is_formula_like
from cxdash.survey import sheetwords as words
from cxdash.survey.form import Form
from cxdash.survey.sheet import Table, tables

if TYPE_CHECKING:  # openpyxl takes an eighth of a second to import; only a download waits for it
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_ROOM = 500  # rows below the last one in which words can still be chosen
_WIDTHS = {"wording": 62, "help": 34, "name": 26, "label": 30, "text": 80, "if_values": 24, "item": 26, "value": 24, "if_question": 20}
_WIDTH, _GUIDE_WIDTHS = 15, (22, 100)
_TONES = {"head": "FFE8EEF4", "stage": "FFF3F6F9"}
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\\x00-\\x08\\x0b-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")
_SETTING_LISTS = {"customer": "yes"}
_CODES = {"stage": "stage", "if_question": "code"}  # columns with codes to choose from, others may be typed


def to_xlsx(form: Form, lang: str) -> bytes:
    """The workbook of a form with headings, words and guide in a language, and texts in all of the form's languages."""
    from openpyxl import Workbook

    book = Workbook()
    _guide(book.active, lang)
    made = tables(form, lang)
    lists = _Lists(words.sheet_name("lists", lang))
    for table in made:
        sheet = book.create_sheet(words.sheet_name(table.key, lang))
        _fill(sheet, table, lang)
        _choices(sheet, table, lists, lang)
    for table in made:
        _known_codes(book[words.sheet_name(table.key, lang)], table, made, lists)
    lists.write(book)
    result = BytesIO()
    book.save(result)
    return result.getvalue()


def _guide(sheet: Worksheet, lang: str) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.title = words.sheet_name("guide", lang)
    for number, texts in enumerate(words.texts()["guide"][lang], 1):
        for place, text in enumerate(texts, 1):
            cell = _put(sheet.cell(number, place), text)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=place == 1)
    for letter, width in zip("AB", _GUIDE_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.sheet_view.showGridLines = False


def _fill(sheet: Worksheet, table: Table, lang: str) -> None:
    """Headings, rows, widths; the headings and the first column stay in sight."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    top = Alignment(wrap_text=True, vertical="top")
    head, stage = (PatternFill("solid", fgColor=tone) for tone in _TONES.values())
    for place, column in enumerate(table.columns, 1):
        cell = _put(sheet.cell(1, place), words.heading(table.key, column, lang))
        cell.font, cell.fill, cell.alignment = Font(bold=True), head, top
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width, dimension.number_format = _WIDTHS.get(column.partition(":")[0], _WIDTH), "@"
    for number, row in enumerate(table.rows, 2):
        is_stage = table.key == "journey" and "touchpoint" not in row
        for place, column in enumerate(table.columns, 1):
            cell = sheet.cell(number, place)
            cell.number_format, cell.alignment = "@", top
            if is_stage:
                cell.fill, cell.font = stage, Font(bold=True)
            if column in row:
                _put(cell, row[column])
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"


def _put(cell: Cell, text: str) -> Cell:
    """Text that stays text, whatever it looks like; what XML cannot hold is escaped as the format says."""
    cell.value = _ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    cell.data_type = "s"
    cell.quotePrefix = is_formula_like(text)
    return cell


class _Lists:
    """The hidden sheet that holds what cells may be chosen from, one list a column, each written once."""

    def __init__(self, name: str) -> None:
        self.name, self._columns = name, dict[tuple[str, ...], int]()

    def reference(self, values: Sequence[str]) -> str:
        from openpyxl.utils import get_column_letter

        place = self._columns.setdefault(tuple(values), len(self._columns) + 1)
        letter = get_column_letter(place)
        return f"'{self.name}'!${letter}$1:${letter}${len(values)}"

    def write(self, book: Workbook) -> None:
        sheet = book.create_sheet(self.name)
        sheet.sheet_state = "hidden"
        for values, place in self._columns.items():
            for number, value in enumerate(values, 1):
                _put(sheet.cell(number, place), value)


def _choices(sheet: Worksheet, table: Table, lists: _Lists, lang: str) -> None:
    """Lists of words in the columns that take only these."""
    for column, family in words.CHOSEN[table.key].items():
        _validate(sheet, table, column, lists.reference(words.words(family, lang)), strict=True)
    if table.key == "settings":
        for number, row in enumerate(table.rows, 2):
            family = _SETTING_LISTS.get(words.key_of("settings", row["item"]) or "")
            if family:
                _validate(sheet, table, "value", lists.reference(words.words(family, lang)), strict=True, only=number)


def _known_codes(sheet: Worksheet, table: Table, made: Sequence[Table], lists: _Lists) -> None:
    """Lists of the codes there are now; others may be typed, since new ones can be added."""
    rows: Mapping[str, Sequence[Mapping[str, str]]] = {one.key: one.rows for one in made}
    known = {
        "stage": list(dict.fromkeys(row["stage"] for row in rows["journey"] if "stage" in row)),
        "code": [row["code"] for row in rows["questions"] if "code" in row],
    }
    columns = {"questions": _CODES, "answers": {"question": "code"}}.get(table.key, {})
    for column, source in columns.items():
        if known[source]:
            _validate(sheet, table, column, lists.reference(known[source]), strict=False)


def _validate(sheet: Worksheet, table: Table, column: str, formula: str, *, strict: bool, only: int | None = None) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=strict)
    sheet.add_data_validation(rule)
    letter = get_column_letter(table.columns.index(column) + 1)
    rule.add(f"{letter}{only}" if only else f"{letter}2:{letter}{len(table.rows) + 1 + _ROOM}")
