"""The workbook of a questionnaire back into a form: all faults at once, each with its place and how to mend it; nothing half-taken."""

from __future__ import annotations

from collections.abc import Sequence

from cxdash.survey import sheetwords as words
from cxdash.survey.cells import Cells, Faults, Headed, Line, Reading, find
from cxdash.survey.form import Form
from cxdash.survey.node import TEXT_MAX
from cxdash.survey.sheetfaults import judged
from cxdash.survey.sheetparts import Journey, Questions, Settings

ROWS_MAX = 5_000  # of one sheet: a real programme has 29 stages with 117 factors
_BESIDE = ("guide", "lists")  # sheets of ours that say nothing about the form


def is_ours(book: Sequence[Cells]) -> bool:
    """Whether the workbook has one of our two main sheets, under its Korean or English name."""
    return any(find(book, *words.sheet_names(key)) is not None for key in ("questions", "journey"))


def read(book: Sequence[Cells]) -> Reading:
    """The form of a workbook as `sheet.tables` lays it out, in either language, rows and columns in any order.

    Faults keep the form from being taken; notes are what `check` says of a form that was taken, at its place in the workbook.
    """
    faults = Faults()
    sheets = {key: _headed(book, key, faults) for key in words.SHEETS}
    _others(book, faults)
    if any(sheet is None for sheet in sheets.values()):  # the others' faults would only follow from it
        return Reading(None, tuple(faults.faults), tuple(faults.notes))
    lines = {key: list(sheet.lines(faults)) if sheet else [] for key, sheet in sheets.items()}
    for line in (line for some in lines.values() for line in some):
        _lengths(line)
    journey = Journey(lines["journey"])
    questions = Questions(lines["questions"], lines["answers"], journey)
    settings = Settings(lines["settings"])
    form = None
    if not faults.faults:
        form = Form(stages=journey.stages(), questions=questions.questions(), **settings.parts())
        judged(form, journey, questions, settings, faults)
    order = {cells.name: place for place, cells in enumerate(book)}
    found = sorted(faults.faults, key=lambda fault: (order.get(fault.sheet, -1), fault.row, fault.column))
    return Reading(None if found else form, tuple(found), tuple(faults.notes))


def _headed(book: Sequence[Cells], key: str, faults: Faults) -> Headed | None:
    """A sheet with its columns recognised; a fault for each that is missing or there twice."""
    cells = find(book, *words.sheet_names(key))
    language = _language(book)
    if cells is None or not cells.rows:
        faults.fault("sheet.fault.no_sheet", cells.name if cells else words.sheet_name(key, language))
        return None
    if len(cells.rows) - 1 > ROWS_MAX:
        faults.fault("sheet.fault.rows", cells.name, n=len(cells.rows) - 1, most=ROWS_MAX)
        return None
    number, head = cells.rows[0]
    columns: dict[str, tuple[int, str]] = {}
    for place, written in head.items():
        column = words.column_of(key, written)
        if column is None:
            faults.note("sheet.note.column", cells.name, number, place, heading=written.strip())
        elif column in columns:
            faults.fault("sheet.fault.double_heading", cells.name, number, place, heading=written.strip())
        else:
            columns[column] = (place, written.strip())
    for column in words.columns_of(key, ()):
        if column not in columns:
            faults.fault("sheet.fault.no_heading", cells.name, number, heading=words.heading(key, column, language))
    for column in words.TEXT_COLUMNS[key]:
        if not any(one.startswith(f"{column}:") for one in columns):
            faults.fault("sheet.fault.no_heading", cells.name, number, heading=words.heading(key, f"{column}:{language}", language))
    return Headed(cells.name, number, columns, cells.rows[1:])


def _language(book: Sequence[Cells]) -> str:
    """The language of the workbook, by the names of its sheets."""
    return "ko" if any(find(book, words.sheet_name(key, "ko")) for key in words.SHEETS) else "en"


def _others(book: Sequence[Cells], faults: Faults) -> None:
    known = [find(book, *words.sheet_names(key)) for key in (*words.SHEETS, *_BESIDE)]
    for cells in book:
        if cells.rows and not any(cells is one for one in known):
            faults.note("sheet.note.sheet", cells.name)


def _lengths(line: Line) -> None:
    for column, text in line.texts.items():
        if len(text) > TEXT_MAX:
            line.fault(column, "sheet.fault.long", n=len(text), most=TEXT_MAX)
