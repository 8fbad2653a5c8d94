"""Questionnaires as tables of text, and what a workbook cannot tell apart made the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cxdash.survey import sheetwords
from cxdash.survey.cells import Cells, Reading
from cxdash.survey.form import Form, FormFactor, FormQuestion, FormStage, FormTouchpoint
from cxdash.survey.sheet import tables
from cxdash.survey.sheetread import read

Grids = dict[str, list[list[str]]]


def grids(form: Form, lang: str = "ko") -> Grids:
    """Sheet name -> rows of texts, headings first."""
    return {sheetwords.sheet_name(table.key, lang): table.grid(lang) for table in tables(form, lang)}


def reading(given: Grids) -> Reading:
    return read([Cells.of(name, grid) for name, grid in given.items()])


def texts(given: Mapping[str, str]) -> dict[str, str]:
    """Blank texts are as none."""
    return {language: text for language, text in given.items() if text.strip()}


def plainly(form: Form) -> Form:
    """The form as a workbook can say it."""
    return replace(
        form, title=texts(form.title), intro=texts(form.intro), thanks=texts(form.thanks), consent=texts(form.consent),
        stages=tuple(_stage(stage) for stage in form.stages), questions=tuple(_question(question) for question in form.questions),
    )


def _stage(stage: FormStage) -> FormStage:
    return replace(stage, name=texts(stage.name), touchpoints=tuple(_touchpoint(one) for one in stage.touchpoints))


def _touchpoint(touchpoint: FormTouchpoint) -> FormTouchpoint:
    factors = tuple(FormFactor(factor.code, texts(factor.name), factor.retired) for factor in touchpoint.factors)
    return replace(touchpoint, name=texts(touchpoint.name), factors=factors)


def _question(question: FormQuestion) -> FormQuestion:
    labels = {
        language: kept
        for language, by_point in question.labels.items()
        if (kept := {int(point): text for point, text in texts({str(p): t for p, t in by_point.items()}).items()})
    }
    options = tuple(replace(option, label=texts(option.label)) for option in question.options)
    return replace(question, wording=texts(question.wording), help=texts(question.help), labels=labels, options=options)
