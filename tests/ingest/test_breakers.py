"""Files that break importers: each gives the right cells or one named FileError, in a child that cannot hurt its parent.

The list comes from the folder's index, so that files added to it are tried too; EXPECTED says more about those known.
"""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from cxdash import i18n, ingest
from cxdash.errors import CxError, FileError
from cxdash.ingest import sandbox
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid, Proposal
from cxdash.ingest.read import open_file

SECONDS = 20
FOLDER = Path(os.environ.get("CXDASH_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data") / "breakers"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared breaker files are not here; set CXDASH_SHARED_DATA")
FILES = [entry["file"] for entry in json.loads((FOLDER / "index.json").read_text())] if FOLDER.is_dir() else []

UNREADABLE = {  # file -> key of the one sentence
    "bomb__poi__54764.xlsx": "error.file.doctype",
    "bomb__poi__poc-xmlbomb-empty.xlsx": "error.file.doctype",
    "corrupt__calamine__too_small.xls": "error.file.not_workbook",
    "corrupt__exceljs__missing-bits.xlsx": "error.file.damaged_part",
    "corrupt__poi__clusterfuzz-testcase-minimized-XLSX2CSVFuzzer-5636439151607808.xlsx": "error.file.damaged_zip",
    "macro__poi__xlmmacro.xlsm": "error.file.macro_sheet",
    "password__calamine__pass_protected.ods": "error.file.password",
    "password__calamine__pass_protected.xlsx": "error.file.password",
    "password__poi__protected_passtika.xlsx": "error.file.password",
}

# file, sheet, (row, column) as the file numbers them, 1-based -> text of the cell
CELLS: list[tuple[str, str, dict[tuple[int, int], str | None]]] = [
    ("1904__calamine__date_1904.xls", "Sheet1", {(1, 1): "2021-01-01", (2, 1): "2021-01-02", (3, 1): "255:10:10", (3, 2): "17"}),
    ("1904__calamine__date_1904.xlsx", "Sheet1", {(1, 1): "2021-01-01", (2, 1): "2021-01-02", (3, 1): "255:10:10", (3, 2): "17"}),
    (
        "1904__test_files__1904.xlsx",
        "Sheet1",
        {(1, 1): "1", (1, 2): "1904-01-02", (5, 2): "1934-06-03", (1, 3): "1904-01-02", (5, 4): "1934-06-03"},
    ),
    (
        "biff__calamine__biff5_write.xls",
        "SheetJS",
        {(1, 3): "3", (2, 1): "TRUE", (2, 2): "FALSE", (3, 3): "2014-02-19 14:30:00", (3, 4): "0.3", (4, 2): None},
    ),
    ("biff__readxl__datasets.xls", "quakes", {(1, 1): "lat", (2, 1): "-20.42", (2, 2): "181.62", (1001, 5): "119"}),
    ("big__test_files__large_strings.xlsx", "longwordslist", {(1, 1): "abandonment", (17619, 2): "zwitterionic"}),
    ("bomb__calamine__OOM_alloc.xls", "Data", {(1, 1): "New Deals", (2, 2): "6500", (3, 7): "6"}),
    ("bomb__calamine__OOM_alloc.xls", "Weekly Report", {(8, 1): "Principal Projects / Deals:"}),
    ("csvinj__csv-injection-payloads__csv-payload.txt", "", {(2, 1): "@SUM(1+9)*cmd|' /C calc'!A0", (4, 1): "=cmd|' /C notepad'!'A1'"}),
    ("dates__calamine__date_iso.xlsx", "Sheet", {(1, 1): "2021-01-01", (2, 1): "2021-01-01 10:10:10", (3, 1): "10:10:10"}),
    (
        "errors__calamine__errors.xlsx",
        "Feuil1",
        {(1, 1): "#DIV/0!", (2, 1): "#NAME?", (3, 1): "#VALUE!", (4, 1): "#NULL!", (5, 1): "#REF!", (6, 1): "#NUM!", (7, 1): "#N/A"},
    ),
    ("extlink__poi__link-external-workbook-a.xlsx", "Sheet0", {(1, 1): "10", (1, 2): "20"}),
    ("hidden__calamine__any_sheets.ods", "Visible", {(1, 1): "1", (3, 2): "6"}),
    ("hidden__test_files__sheet_visibility.xlsx", "VeryHidden", {(1, 1): "V", (2, 1): "86"}),
    ("hugedim__calamine__issue_174.xlsx", "Sheet1", {(1, 1): "Your Ref #", (2, 1): "123", (2, 6): "1.5"}),
    ("hugedim__poi__60384.xlsx", "Tarif", {(1, 1): "Spezifische Parameter", (2, 2): "Wert", (5, 1): "Resultate"}),
    ("layout__exceljs__1519293514-KRISHNAPATNAM_LINE_UP.xlsx", "KRISHNAPATNAM", {(5, 2): "VESSELS NAME:", (5, 3): "ARRVD"}),
    (
        "layout__readxl__deaths.xlsx",
        "arts",
        {(5, 1): "Name", (6, 1): "David Bowie", (6, 3): "69", (6, 4): "TRUE", (6, 5): "1947-01-08", (15, 6): "2016-12-25"},
    ),
    ("layout__readxl__los-angeles-arrests-xlsx.xlsx", "Sheet1", {(3, 1): "BKG_NUM", (3, 4): "ARR_DIV", (197, 2): None}),
    ("layout__readxl__names-need-repair-xlsx.xlsx", "Sheet1", {(1, 1): "a b", (1, 2): "a b", (1, 3): None, (1, 4): "c%&$", (3, 4): "2.2"}),
    ("merged__calamine__merge_cells.xlsx", "Sheet1", {(1, 1): "Row Merge", (1, 2): None, (2, 2): "Chunk Merged"}),
    ("merged__test_files__merge_cells.xlsb", "Merge", {(1, 1): "A1:B2", (3, 3): "C3"}),
    ("minimal__calamine__minimal_package.xlsx", "Sheet1", {(3, 1): "BKG_NUM", (3, 2): "BKG_DT"}),
    ("minimal__readxl__nonstandard-xml-ns-prefix.xlsx", "Sheet1", {(1, 1): "a", (1, 2): "b", (3, 2): "4"}),
    ("nocache__poi__ElapsedFormatTests.xlsx", "Tests", {(2, 1): "75:23:53.376", (2, 2): "[h]:m:s.000", (2, 3): "3.14159"}),
    ("ods__calamine__covered.ods", "sheet1", {(1, 1): "a1", (3, 1): "a3"}),
    ("ods__calamine__number_rows_repeated.ods", "Sheet3", {(3, 1): "A", (4, 2): "D", (5, 2): "D", (6, 1): None, (8, 1): "C"}),
    ("readable__poi__workbookProtection_workbook_structure_protected.xlsx", "Sheet1", {(1, 1): "locked cell", (1, 2): "non locked cell"}),
    (
        "strict__calamine__strict_iso_paths.xlsx",
        "ml_out",
        {(1, 2): "Thickness", (2, 1): "150-031260-001_B", (2, 7): "78.46", (39, 1): "1622534800"},
    ),
    ("strict__poi__sample.strict.xlsx", "Sheet1", {(1, 1): "Lorem", (1, 2): "111", (10, 2): "4995"}),
    ("types__readxl__big-texty-numbers-xlsx.xlsx", "Sheet1", {(4, 1): "2147483648", (4, 2): "2147483648", (7, 1): "-2147483649"}),
    (
        "types__readxl__type-me.xlsx",
        "logical_coercion",
        {(2, 1): None, (3, 1): "0", (6, 1): "TRUE", (9, 1): "true", (10, 1): "F", (5, 1): "2016-01-01"},
    ),
    ("types__readxl__type-me.xlsx", "date_coercion", {(3, 1): "2016-05-23 00:00:00", (4, 1): "2016-04-28 11:30:00", (7, 1): "4.3"}),
    ("unicode__calamine__has_x000D_.xlsx", "Sheet1", {(1, 1): "ABC\nDEF"}),
    ("unicode__poi__1_NoIden.xlsx", "시트_테스트(1)", {(2, 2): "가나다", (3, 3): "서울 재난 체험관 운영", (9, 4): "청계천관리"}),
    ("unicode__poi__style-alternate-content.xlsx", "Sheet2", {(2, 1): "사이버서당 무상 콘텐츠 이용 신청서", (4, 1): "1. 센터명"}),
    ("xlsb__poi__sample.xlsb", "Sheet1", {(1, 1): "Lorem", (2, 2): "222", (10, 2): "4995"}),
]


def cell(grid: Grid, row: int, column: int) -> str | None:
    numbers = grid.rows.to_list() if grid.rows is not None else range(grid.first_row, grid.first_row + grid.cells.height)
    place = column - grid.first_column
    return grid.cells.row(list(numbers).index(row))[place] if row in numbers and 0 <= place < grid.cells.width else None


@lru_cache(maxsize=1)
def outcomes() -> dict[str, tuple[Proposal | CxError, float]]:
    """Every file once through the whole way: child, reading, proposal."""

    def one(name: str) -> tuple[Proposal | CxError, float]:
        began = time.monotonic()
        try:
            return ingest.inspect(FOLDER / name, limits=Limits(seconds=SECONDS)), time.monotonic() - began
        except CxError as error:
            return error, time.monotonic() - began

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(FILES, pool.map(one, FILES), strict=True))


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_or_refused_with_one_sentence(name: str) -> None:
    found, seconds = outcomes()[name]
    assert seconds < SECONDS
    if name in UNREADABLE:
        assert isinstance(found, FileError) and found.key == UNREADABLE[name], f"{found!r}"
    if isinstance(found, CxError):
        assert isinstance(found, FileError) and found.key not in ("error.file.crashed", "error.file.memory"), f"{found!r}"
        for language in ("ko", "en"):
            words = i18n.said(found, language) + (i18n.text(found.fix, language, **found.params) if found.fix else "")
            assert words and "Traceback" not in words
    else:
        assert found.rows > 0 and found.mapping.columns and found.mapping.layout.last_data_row >= found.mapping.layout.first_data_row


@pytest.mark.parametrize(("name", "sheet", "cells"), CELLS, ids=[f"{name}-{sheet}" for name, sheet, _ in CELLS])
def test_cells_are_right(name: str, sheet: str, cells: dict[tuple[int, int], str | None]) -> None:
    book = open_file(FOLDER / name)
    grid = book.grid(sheet or book.names()[0])
    assert {place: cell(grid, *place) for place in cells} == cells


def test_every_readable_file_has_its_cells_checked() -> None:
    known = {name for name, _, _ in CELLS} | set(UNREADABLE) | {"macro__calamine__vba.xlsm"}  # the last has three empty sheets
    assert known <= set(FILES), "a file has gone from the index"


def test_hidden_sheets_and_merged_ranges() -> None:
    def sheets(name: str) -> list[Any]:
        return sandbox.run("sheets", {"path": str(FOLDER / name), "name": name}, limits=Limits(seconds=SECONDS))["sheets"]

    assert [s["hidden"] for s in sheets("hidden__test_files__sheet_visibility.xlsx")] == [False, True, True]
    assert [s["name"] for s in sheets("hidden__calamine__any_sheets.ods") if s["hidden"]] == ["Hidden", "VeryHidden"]
    assert open_file(FOLDER / "merged__calamine__merge_cells.xlsx").grid("Sheet1").merged == ((0, 0, 0, 1), (1, 1, 1, 2))
    assert open_file(FOLDER / "unicode__poi__1_NoIden.xlsx").grid("시트_테스트(1)").merged == ((0, 0, 0, 1), (5, 1, 5, 2))
