"""What is wrong in an uploaded questionnaire, in words: one sentence each, with sheet, row and column as Excel shows them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.survey.cells import Fault

_COLUMNS = ("sheet", "row", "column", "text")


def sentence(fault: Fault, lang: str) -> str:
    """What is wrong and how to mend it, without the place. Names of languages among the parameters are said in words."""
    params = dict(fault.params)
    if params.get("language") in LANGUAGES:
        params["language"] = i18n.text(f"common.language.{params['language']}", lang)
    if "row" in params:
        params["row"] = str(params["row"])  # a row number has no thousands separator in Excel either
    return i18n.text(fault.key, lang, **params)


def place(fault: Fault, lang: str) -> str:
    """"문항 시트 12행 C열(측정 항목)"; "" where the fault is of the whole."""
    if not fault.sheet:
        return ""
    if not fault.row:
        return i18n.text("sheet.at.sheet", lang, sheet=fault.sheet)
    if not fault.column:
        return i18n.text("sheet.at.row", lang, sheet=fault.sheet, row=str(fault.row))
    return i18n.text("sheet.at.cell", lang, sheet=fault.sheet, row=str(fault.row), column=fault.letter, heading=fault.heading)


def table(faults: Iterable[Fault], lang: str) -> pl.DataFrame:
    """One row per fault: sheet, row (null: the whole sheet), column with its heading, sentence. Headings in the language."""
    rows = [
        (f.sheet, f.row or None, f"{f.letter} · {f.heading}" if f.heading else f.letter, sentence(f, lang))
        for f in faults
    ]  # fmt: skip
    names = {"sheet": "sheet.table.sheet", "row": "sheet.table.row", "column": "sheet.table.column", "text": "sheet.table.text"}
    schema = {i18n.text(names[c], lang): pl.Int64 if c == "row" else pl.Utf8 for c in _COLUMNS}
    return pl.DataFrame(rows, schema=schema, orient="row")
