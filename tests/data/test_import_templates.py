"""The import templates: reproducible, typed, validated, and in step with the questions of the demo programme."""

from __future__ import annotations

import importlib
import io
import json
import re
import sys
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from cxdash.services.demo_data import FOLDER

DATA = FOLDER.parent
TEMPLATES = {lang: DATA / "templates" / f"import_template_{lang}.xlsx" for lang in ("ko", "en")}


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    return json.loads((FOLDER / "program.json").read_text(encoding="utf-8"))


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("lang", TEMPLATES)
def test_the_template_script_writes_the_committed_workbook(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(DATA), *sys.path])
    assert members(importlib.import_module("make_templates").file_bytes(lang)) == members(TEMPLATES[lang].read_bytes())


@pytest.mark.parametrize("lang", TEMPLATES)
def test_template_table_is_typed_labelled_and_frozen(lang: str, program: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(TEMPLATES[lang])
    sheet, guide = book.worksheets
    assert book.active is sheet and (sheet.title, guide.title) == {"ko": ("응답", "안내"), "en": ("Responses", "Guide")}[lang]
    header, *rows = list(sheet.iter_rows(values_only=True))
    assert len(header) == len(set(header)) == 18 and len(rows) == 5 and sheet.freeze_panes == "C2"
    known = {h: item for item in (*program["questions"], *program["attributes"]) for h in item["headers"]}
    assert set(header[2:]) <= set(known)
    for row in rows:
        assert isinstance(row[0], datetime) and re.fullmatch(r"(예시|EXAMPLE)-\d", row[1])
        for name, value in zip(header[2:], row[2:], strict=True):
            item = known[name]
            if item["measure"] == "attribute":
                assert value in item["labels"][lang].values()
            elif item["lo"] is not None:
                assert value is None or (type(value) is int and item["lo"] <= value <= item["hi"])
    assert {row[5] for row in rows} >= {0, 10}


@pytest.mark.parametrize("lang", TEMPLATES)
def test_template_scale_cells_are_validated_and_the_guide_covers_every_column(lang: str, program: dict[str, Any]) -> None:
    book = openpyxl.load_workbook(TEMPLATES[lang])
    sheet, guide = book.worksheets
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    bounds = {h: (q["lo"], q["hi"]) for q in program["questions"] if q["lo"] is not None for h in q["headers"]}
    for cell in sheet[1]:
        if cell.value in bounds:
            rule = rules[f"{cell.column_letter}2"]
            assert (rule.type, int(rule.formula1), int(rule.formula2)) == ("whole", *bounds[cell.value])
            assert rule.showErrorMessage and len(rule.error) <= 225 and len(rule.prompt) <= 255
    explained = {row[0] for row in guide.iter_rows(values_only=True) if row[1]}
    assert {cell.value for cell in sheet[1]} <= explained
