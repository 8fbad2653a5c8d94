"""The questionnaire as a workbook: written, read in the parsing process as an upload is, and the same form again."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from cxdash import ingest
from cxdash.export.questionnaire import to_xlsx
from cxdash.ingest.read import open_file
from cxdash.ingest.textcells import text_cells
from cxdash.survey import sheetread, templates
from cxdash.survey.authored import read
from cxdash.survey.cells import Cells, Reading
from cxdash.survey.document import dumps, loads
from cxdash.survey.form import Condition, Form, FormSettings, Option
from tests.survey.forms import CUSTOMER, choice, forms, rating, stage
from tests.survey.sheets import plainly

HOSTILE = "=HYPERLINK(\"http://evil.example\")"


def cells(sheets: list[dict]) -> list[Cells]:
    return [Cells(s["name"], tuple((n, {int(c): t for c, t in row.items()}) for n, row in s["rows"])) for s in sheets]


def here(content: bytes, path: Path) -> Reading:
    """Read in this process, by the same reader as the sandbox's."""
    path.write_bytes(content)
    return read(cells(text_cells(open_file(path, "q.xlsx"))))


@given(forms(), st.sampled_from(("ko", "en")))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_round_trip(tmp_path: Path, form: Form, lang: str) -> None:
    found = here(to_xlsx(form, lang), tmp_path / "q.xlsx")
    assert not found.faults
    ends = dumps(plainly(form)).replace("\\r\\n", "\\n").replace("\\r", "\\n")  # a line of a cell ends with LF
    assert found.form == loads(ends)


@pytest.mark.parametrize("key", list(templates.names()))
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_template_comes_back_through_the_sandbox(key: str, lang: str, tmp_path: Path) -> None:
    form = templates.start(key)
    path = tmp_path / "q.xlsx"
    path.write_bytes(to_xlsx(form, lang))
    found = read(cells(ingest.texts(path)))
    assert found.form == form and not found.faults and not found.notes


def test_a_large_programme_comes_back() -> None:
    """29 stages with 117 factors, as a real one has; as tables, without the file."""
    stages = tuple(stage(f"S{i}", 5 if i else 0) for i in range(29))
    questions = tuple(rating(f"Q{i}.{f}", stage=f"S{i}", touchpoint="T", factor=f"F{f}") for i in range(1, 29) for f in range(5))
    form = Form(title={"ko": "큰 조사"}, stages=stages, questions=questions)
    from tests.survey.sheets import grids, reading

    assert reading(grids(form)).form == form


def test_what_looks_like_something_else_stays_text(tmp_path: Path) -> None:
    form = Form(
        title={"ko": HOSTILE, "en": "_x0041_ \x07 \ufffe\n1. two lines", "fr": "Enquête"},
        stages=(stage("S", 1),),
        questions=(
            CUSTOMER, choice("V", "01", "1-2", "TRUE", "a; b\\", "-5%"),
            rating("R", show_if=Condition("V", "not_in", ("01", "a; b\\")), labels={"ko": {1: "2026-01-02"}, "en": {1: "1e5", 5: "#N/A"}}),
        ),
        settings=FormSettings((), False, 600),
        languages=("en",),
    )
    content = to_xlsx(form, "ko")
    found = here(content, tmp_path / "q.xlsx")
    assert found.form == form, found.faults
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    title = next(row for row in book["설정"].iter_rows(min_row=2) if row[0].value == "설문 제목")
    assert title[2].value == HOSTILE and title[2].quotePrefix


def edited(form: Form, lang: str, tmp_path: Path, *edits: tuple[str, str, int, object]) -> Reading:
    """The workbook with cells set as Excel does: (sheet, heading, row, value)."""
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(form, lang)))
    for name, heading, row, value in edits:
        sheet: Worksheet = book[name]
        column = next(cell.column for cell in sheet[1] if cell.value == heading)
        sheet.cell(row, column).value = value
    out = io.BytesIO()
    book.save(out)
    return here(out.getvalue(), tmp_path / "q.xlsx")


def test_edits_land(tmp_path: Path) -> None:
    form = Form(title={"ko": "조사", "en": "Survey"}, stages=(stage("S", 1),), questions=(CUSTOMER, rating("A", stage="S")))
    found = edited(
        form, "en", tmp_path,
        ("Journey", "Name (Korean)", 2, "구매"), ("Journey", "Ask first whether experienced", 2, "Yes"),
        ("Journey", "Asked of", 2, "기존 고객"),  # the other language is understood too
        ("Questions", "Highest point", 3, 10), ("Questions", "Lowest point", 3, 0), ("Questions", "Required", 3, True),
        ("Questions", "Show if: question code", 3, "customer"), ("Questions", "Show if: comparison", 3, "is one of"),
        ("Questions", "Show if: values", 3, "existing"),
        ("Answers", "Question code", 4, "A"), ("Answers", "Value", 4, 10), ("Answers", "Label (English)", 4, "Great"),
        ("Settings", "Value", 10, 12),
    )
    assert not found.faults and found.form is not None
    one, a = found.form.stages[0], found.form.by_code["A"]
    assert (one.name, one.gate, one.audience) == ({"ko": "구매", "en": "S"}, True, "existing")
    assert (a.scale.lo, a.scale.hi, a.required) == (0, 10, True) and a.labels == {"en": {10: "Great"}}
    assert a.show_if == Condition("customer", "in", ("existing",))
    assert found.form.settings.minutes == 12
    untouched = replace(found.form.by_code["A"], scale=rating("A").scale, required=False, labels={}, show_if=None)
    assert untouched == form.by_code["A"] and found.form.by_code["customer"] == CUSTOMER


def test_the_workbook_helps_in_excel() -> None:
    """Words to choose from, headings in sight, a guide, and nothing that runs or points outside."""
    form = templates.start("cem")
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(form, "ko")))
    assert book.sheetnames == ["안내", "여정", "문항", "선택지·척도", "설정", "목록"]
    assert book["목록"].sheet_state == "hidden" and all(sheet.freeze_panes == "B2" for sheet in book.worksheets[1:5])
    asked = book["문항"]
    column = {cell.value: cell.column_letter for cell in asked[1]}
    rules = {str(rule.sqref).split(":")[0]: rule for rule in asked.data_validations.dataValidation}
    assert column["문항 내용 (한국어)"] and asked.column_dimensions[column["문항 내용 (한국어)"]].width > 50
    for heading, strict in (("유형", True), ("측정 항목", True), ("필수", True), ("단계 코드", False)):
        rule = rules[f"{column[heading]}2"]
        name, area = str(rule.formula1).rsplit("!", 1)
        values = [row[0].value for row in book[name.strip("'")][area.replace("$", "")]]
        assert rule.showErrorMessage is strict and len(values) >= 2
        if heading == "유형":
            assert values == ["평가", "단일 선택", "복수 선택", "주관식", "숫자"]
    assert "단계 코드" in column and sheetread.is_ours([Cells.of("문항", [["x"]])])


def test_numbers_that_excel_makes_are_understood(tmp_path: Path) -> None:
    """Excel turns typed codes of answers into numbers; they are the same answers."""
    form = Form(questions=(replace(choice("V", "1", "2"), options=(Option("1", {"ko": "하나"}), Option("2", {"ko": "둘"}))),))
    found = edited(form, "ko", tmp_path, ("선택지·척도", "값", 2, 1), ("선택지·척도", "값", 3, 2.0))
    assert found.form is not None and found.form.by_code["V"].options == form.by_code["V"].options
