"""A workbook somebody authored a questionnaire in: our own sheets or an XLSForm, told apart by their sheets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cxdash.errors import FileDamaged, FileNoTable
from cxdash.survey import sheetread, xlsform
from cxdash.survey.cells import Cells, Fault, Reading
from cxdash.survey.document import from_document, to_document
from cxdash.survey.form import Form, FormStage


_UNSTORABLE = re.compile("[\\0\\ud800-\\udfff]")  # what no database keeps


def read(book: Sequence[Cells]) -> Reading:
    """The form of the workbook, with what is wrong in it. FileNoTable when it is neither of the two."""
    book = [_storable(cells) for cells in book]
    if sheetread.is_ours(book):
        return _kept(sheetread.read(book))
    if xlsform.is_xlsform(book):
        return _kept(xlsform.read(book))
    raise FileNoTable("sheet.error.foreign", fix="sheet.error.foreign.fix", sheets=", ".join(cells.name for cells in book) or "–")


def _storable(cells: Cells) -> Cells:
    """Without the characters that escapes of a workbook can hold and a database cannot."""
    rows = tuple((number, {column: _UNSTORABLE.sub("", text) for column, text in row.items()}) for number, row in cells.rows)
    return Cells(cells.name, rows)


def _kept(reading: Reading) -> Reading:
    """A form that could not be read back from the store (a value too long) is refused now, with its place in the document."""
    if reading.form is None:
        return reading
    try:
        from_document(to_document(reading.form))
    except FileDamaged as error:
        return replace(reading, form=None, faults=(Fault(error.key, "", params=error.params),))
    return reading


def retained(form: Form, published: Form) -> tuple[Form, tuple[str, ...]]:
    """The form with everything that was published and is not in it any more, retired: answers to it are stored.

    Also the codes of the questions that were added back.
    """
    stages = list(form.stages)
    places = {stage.code: at for at, stage in enumerate(stages)}
    for old in published.stages:
        if old.code in places:
            stages[places[old.code]] = _with_old(stages[places[old.code]], old)
        else:
            stages.append(replace(old, retired=True))
    gone = tuple(question for question in published.questions if question.code not in form.by_code)
    questions = (*form.questions, *(replace(question, retired=True) for question in gone))
    return replace(form, stages=tuple(stages), questions=questions), tuple(question.code for question in gone)


def _with_old(stage: FormStage, old: FormStage) -> FormStage:
    """The touchpoints and factors of the old stage that the new one lacks, retired; a factor that moved is not lacking."""
    has = {touchpoint.code for touchpoint in stage.touchpoints}
    factors = {factor.code for touchpoint in stage.touchpoints for factor in touchpoint.factors}
    before = {touchpoint.code: tuple(f for f in touchpoint.factors if f.code not in factors) for touchpoint in old.touchpoints}
    kept = [
        replace(one, factors=(*one.factors, *(replace(f, retired=True) for f in before.get(one.code, ())))) for one in stage.touchpoints
    ]
    lost = [replace(one, retired=True, factors=before[one.code]) for one in old.touchpoints if one.code not in has]
    return replace(stage, touchpoints=(*kept, *lost))
