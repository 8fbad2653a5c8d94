"""Writes the import template workbooks data/templates/import_template_{ko,en}.xlsx. Deterministic, byte for byte.

    python data/make_templates.py

Sheet 1 is the table to fill in, with five example rows; sheet 2 says how each column is read. Column headers of questions
and attributes come from demo_program, so that a filled template is recognised by the demo programme too.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from demo_program import JOURNEY, program
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from template_texts import EXAMPLES, TEXTS, Texts

ROWS = 5_000  # rows with data validation below the header
STAMP = datetime(2026, 1, 1)
HEAD = PatternFill("solid", fgColor="1F3A5F")
EXAMPLE = PatternFill("solid", fgColor="FFF6DD")
LINE = Border(bottom=Side(style="thin", color="C9D2DC"))
LANGUAGES = {"ko": 0, "en": 1}


@dataclass(frozen=True)
class TemplateColumn:
    """A column of sheet 1. scale: lo and hi of a rating; values: suggested texts of an attribute."""

    key: str
    header: str
    scale: tuple[int, int] | None = None
    values: tuple[str, ...] = ()
    width: float = 14


def columns(lang: str) -> list[TemplateColumn]:
    """The columns of sheet 1, in order: date, respondent, attributes, ratings, stages, comment."""
    texts, document = TEXTS[lang], program()
    attributes = {a["code"]: a for a in document["attributes"]}
    questions = {q["code"]: q for q in document["questions"]}
    out = [TemplateColumn("date", texts.date, width=13), TemplateColumn("respondent", texts.respondent, width=18)]
    for key in ("channel", "customer", "region"):
        out.append(TemplateColumn(key, attributes[key]["headers"][LANGUAGES[lang]], values=tuple(attributes[key]["labels"][lang].values()), width=16))
    for key in ("recommend", "overall", "repurchase", *(f"s_{stage}" for stage, *_ in JOURNEY)):
        question = questions[key]
        out.append(TemplateColumn(key, question["headers"][LANGUAGES[lang]], scale=(question["lo"], question["hi"]), width=15))
    return [*out, TemplateColumn("comment", questions["comment"]["headers"][LANGUAGES[lang]], width=52)]


def workbook(lang: str) -> Workbook:
    """The template of one language."""
    book = Workbook()
    _fill_table(book.active, lang)
    _fill_guide(book.create_sheet(TEXTS[lang].guide_sheet), lang)
    book.properties.creator, book.properties.title = "cxdash", TEXTS[lang].title
    book.properties.created = book.properties.modified = STAMP
    return book


def _fill_table(sheet: Worksheet, lang: str) -> None:
    texts, cols = TEXTS[lang], columns(lang)
    sheet.title = texts.table_sheet
    sheet.append([column.header for column in cols])
    for example in EXAMPLES[lang]:
        sheet.append([example.get(column.key) for column in cols])
    for row in sheet.iter_rows(min_row=2, max_row=1 + len(EXAMPLES[lang])):
        for cell in row:
            cell.fill, cell.border = EXAMPLE, LINE
            cell.alignment = Alignment(vertical="top", wrap_text=cell.column == len(cols))
        row[0].number_format = "yyyy-mm-dd"
    for i, column in enumerate(cols, start=1):
        _style_head(sheet, i, column)
        _validate(sheet, i, column, texts)
    sheet.row_dimensions[1].height = 48
    sheet["B2"].comment = Comment(texts.example_note, "cxdash", height=90, width=260)
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(cols))}{1 + len(EXAMPLES[lang])}"


def _style_head(sheet: Worksheet, index: int, column: TemplateColumn) -> None:
    cell = sheet.cell(1, index)
    cell.fill, cell.font = HEAD, Font(bold=True, color="FFFFFF")
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
    sheet.column_dimensions[get_column_letter(index)].width = column.width


def _validate(sheet: Worksheet, index: int, column: TemplateColumn, texts: Texts) -> None:
    """Whole numbers of the scale are enforced (blank is allowed), dates too; attribute values are only suggested."""
    letter = get_column_letter(index)
    if column.scale:
        lo, hi = column.scale
        rule = DataValidation("whole", operator="between", formula1=str(lo), formula2=str(hi), allow_blank=True)
        rule.error, rule.prompt = (text.format(lo=lo, hi=hi) for text in (texts.scale_error, texts.scale_prompt))
    elif column.values:
        rule = DataValidation("list", formula1=f'"{",".join(column.values)}"', allow_blank=True, errorStyle="information")
        rule.error, rule.prompt = texts.list_error, texts.list_prompt
    elif column.key == "date":
        rule = DataValidation("date", operator="greaterThan", formula1="36526", allow_blank=True)  # 2000-01-01
        rule.error, rule.prompt = texts.date_error, texts.date_prompt
    else:
        return
    rule.errorTitle = rule.promptTitle = column.header[:32]
    rule.showErrorMessage = rule.showInputMessage = True
    rule.add(f"{letter}2:{letter}{ROWS + 1}")
    sheet.add_data_validation(rule)


def _fill_guide(sheet: Worksheet, lang: str) -> None:
    texts = TEXTS[lang]
    sheet.append([texts.title])
    sheet["A1"].font = Font(bold=True, size=14)
    for line in texts.intro:
        sheet.append([line])
    head = sheet.max_row + 2
    for i, text in enumerate(texts.guide_head, start=1):
        cell = sheet.cell(head, i, text)
        cell.fill, cell.font = HEAD, Font(bold=True, color="FFFFFF")
    for row, column in enumerate(columns(lang), start=head + 1):
        meaning, accepted = texts.guide["stage" if column.key.startswith("s_") else column.key]
        for i, text in enumerate((column.header, meaning, accepted), start=1):
            cell = sheet.cell(row, i, text)
            cell.alignment, cell.border = Alignment(wrap_text=True, vertical="top"), LINE
    for i, width in enumerate((38, 52, 70), start=1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    row = sheet.max_row + 2
    for line in texts.outro:
        sheet.cell(row, 1, line)
        row += 1


def file_bytes(lang: str) -> bytes:
    """The workbook as a file without the time of writing in it."""
    raw, out = io.BytesIO(), io.BytesIO()
    workbook(lang).save(raw)
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":  # openpyxl stamps the moment of saving
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2026-01-01T00:00:00Z", content)
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)
    return out.getvalue()


def write(folder: Path) -> None:
    """Both templates into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for lang in LANGUAGES:
        (folder / f"import_template_{lang}.xlsx").write_bytes(file_bytes(lang))


if __name__ == "__main__":
    write(HERE / "templates")
