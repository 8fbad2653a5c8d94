"""Cells of .xlsx sheets: their text, their place, and the same from the exact and the fast reader."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from cxdash.errors import FileError, FileNoTable, FilePassword, FileTooLarge, FileUnsupported
from cxdash.ingest import workbook as workbooks
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid
from cxdash.ingest.read import open_file
from tests.ingest import read_kit as kit
from tests.ingest.read_kit import boolean, error, number, row, sheet, text


def grid(path: Path, name: str = "S") -> Grid:
    return open_file(path).grid(name)


def both(path: Path, monkeypatch: pytest.MonkeyPatch, name: str = "S") -> tuple[Grid, Grid]:
    """The sheet through the exact reader and through fastexcel."""
    exact = open_file(path, exact=True).grid(name)
    monkeypatch.setattr(workbooks, "EXACT_BYTES", 0)
    book = workbooks.XlsxBook(path, Limits())
    part = next(part for part in book.workbook.sheets if part.name == name)
    fast = book._fast(part)
    assert fast is not None, "the fast reader did not take this sheet"
    return exact, fast


def same(a: Grid, b: Grid) -> None:
    assert a.cells.equals(b.cells)
    assert (a.first_row, a.first_column, a.merged, a.dated, a.notes) == (b.first_row, b.first_column, b.merged, b.dated, b.notes)
    assert (a.rows is None) == (b.rows is None) and (a.rows is None or a.rows.to_list() == b.rows.to_list())


def test_numbers_are_written_as_people_see_them(tmp_path: Path) -> None:
    values = {
        "4.0": "4",
        "0.28471771430000002": "0.2847177143",
        "3292879998": "3292879998",
        "1E-3": "0.001",
        "-5": "-5",
        "1.5E+22": "15000000000000000000000",
        "0.30000000000000004": "0.3",
        "12": "12",
        "9007199254740993": "9007199254740992",
        "-0": "0",
    }
    path = kit.workbook(tmp_path / "n.xlsx", {"S": sheet(row(1, *(number(f"{'ABCDEFGHIJ'[i]}1", v) for i, v in enumerate(values))))})
    assert list(grid(path).cells.row(0)) == list(values.values())


def test_booleans_errors_and_escapes(tmp_path: Path) -> None:
    cells = row(
        1,
        boolean("A1", 1),
        boolean("B1", 0),
        error("C1", "#N/A"),
        error("D1", "#DIV/0!"),
        text("E1", "a_x000D_&#10;b"),
        text("F1", "   "),
        text("G1", "true"),
    )
    found = grid(kit.workbook(tmp_path / "b.xlsx", {"S": sheet(cells)})).cells
    assert found.row(0) == ("TRUE", "FALSE", "#N/A", "#DIV/0!", "a\nb", None, "true")


@pytest.mark.parametrize(("epoch_1904", "day"), [(False, "2023-07-21"), (True, "2027-07-22")])
def test_dates_in_both_epochs(tmp_path: Path, epoch_1904: bool, day: str) -> None:
    cells = [
        row(
            1,
            number("A1", 45128, kit.DATE),
            number("B1", 45128.75, kit.DATETIME),
            number("C1", 0.5, kit.TIME),
            number("D1", 1.25, kit.DURATION),
            number("E1", 45128, kit.KOREAN_DATE),
            number("F1", 45128, kit.ISO_DATE),
            number("G1", 45128, kit.QUANTITY),
        ),
        row(
            2,
            number("A2", 45129, kit.DATE),
            number("B2", 45128, kit.DATETIME),
            number("C2", 0.75, kit.TIME),
            number("D2", 0.5, kit.DURATION),
        ),
    ]
    found = grid(kit.workbook(tmp_path / "d.xlsx", {"S": sheet(*cells)}, epoch_1904=epoch_1904))
    assert found.cells.row(0) == (day, f"{day} 18:00:00", "12:00:00", "30:00:00", day, day, "45128")
    assert found.cells.row(1)[1:4] == (f"{day} 00:00:00", "18:00:00", "12:00:00")
    assert found.dated == {0, 1, 4, 5}


def test_serials_before_march_1900(tmp_path: Path) -> None:
    cells = row(
        1,
        number("A1", 1, kit.DATE),
        number("B1", 59, kit.DATE),
        number("C1", 61, kit.DATE),
        number("D1", -1, kit.DATE),
        number("E1", 3000000, kit.DATE),
    )
    found = grid(kit.workbook(tmp_path / "e.xlsx", {"S": sheet(cells)})).cells.row(0)
    assert found == ("1900-01-01", "1900-02-28", "1900-03-01", "-1", "3000000")


def test_place_blank_rows_and_merged_ranges(tmp_path: Path) -> None:
    cells = [row(4, text("C4", "h1"), '<c r="D4" s="1"/>'), row(5, '<c r="C5" s="1"/>'), row(7, text("D7", "x"), text("E7", "y"))]
    part = sheet(
        *cells,
        after='<mergeCells><mergeCell ref="C4:D4"/><mergeCell ref="D6:D8"/><mergeCell ref="C4:C7"/><mergeCell ref="A1:B2"/></mergeCells>',
    )
    found = grid(kit.workbook(tmp_path / "p.xlsx", {"S": part}))
    assert (found.first_row, found.first_column, found.cells.shape) == (4, 3, (2, 3))
    assert found.rows is not None and found.rows.to_list() == [4, 7]
    assert found.merged == ((0, 0, 0, 1), (0, 0, 1, 0))


def test_cells_and_rows_without_references_and_out_of_order(tmp_path: Path) -> None:
    plain = sheet('<row><c t="inlineStr"><is><t>a</t></is></c><c><v>1</v></c></row>', "<row><c/><c><v>2</v></c></row>")
    assert grid(kit.workbook(tmp_path / "r.xlsx", {"S": plain})).cells.rows() == [("a", "1"), (None, "2")]
    turned = grid(kit.workbook(tmp_path / "o.xlsx", {"S": sheet(row(3, number("A3", 3)), row(1, number("A1", 1)))}))
    assert turned.cells["0"].to_list() == ["1", "3"] and turned.rows is not None and turned.rows.to_list() == [1, 3]


def test_prefixed_strict_and_rich_text(tmp_path: Path) -> None:
    part = (
        '<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main">'
        '<x:sheetData><x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:r><x:t>만족</x:t></x:r>'
        "<x:rPh><x:t>읽기</x:t></x:rPh><x:r><x:t>도</x:t></x:r></x:is></x:c></x:row></x:sheetData></x:worksheet>"
    )
    assert grid(kit.workbook(tmp_path / "x.xlsx", {"S": part})).cells.row(0) == ("만족도",)


def test_formulas_without_results_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for r in range(1, 6):
        book.active.append([r, f"=A{r}*2"])
    path = tmp_path / "f.xlsx"
    book.save(path)
    found = grid(path, "Sheet")
    assert found.cells.width == 1
    assert [(note.key, note.params) for note in found.notes] == [("error.note.uncached", {"columns": "B", "cells": 5})]


def test_an_empty_string_is_a_result(tmp_path: Path) -> None:
    part = sheet(row(1, '<c r="A1" t="str"><f>IF(1,"")</f><v></v></c>', number("B1", 1)))
    assert grid(kit.workbook(tmp_path / "f.xlsx", {"S": part})).notes == ()


def test_hidden_sheets_are_marked_and_unknown_ones_named(tmp_path: Path) -> None:
    path = kit.workbook(
        tmp_path / "h.xlsx",
        {"보임": sheet(row(1, number("A1", 1))), "숨김": sheet(), "깊이": sheet()},
        hidden={"숨김": "hidden", "깊이": "veryHidden"},
    )
    book = open_file(path)
    assert [(s.name, s.rows, s.hidden) for s in book.sheets()] == [("보임", 1, False), ("숨김", 0, True), ("깊이", 0, True)]
    with pytest.raises(FileNoTable) as raised:
        book.grid("../../etc/passwd")
    assert raised.value.key == "error.file.no_sheet" and "보임" in raised.value.params["sheets"]


def survey(path: Path, rows: int, *, first_row: int = 3, first_column: int = 2) -> Path:
    """A sheet with everything that the two readers must agree on."""
    random_ = random.Random(5)
    letters = [workbooks.letters(first_column + i) for i in range(9)]
    parts = [row(first_row, *(text(f"{letter}{first_row}", f"문항 {letter}") for letter in letters))]
    for r in range(first_row + 1, first_row + 1 + rows):
        if r % 97 == 0:
            continue
        makers = [
            lambda p: number(p, 45000 + random_.randrange(300), kit.DATE),
            lambda p: number(p, f"{45000 + random_.random() * 300:.9f}", kit.DATETIME),
            lambda p: number(p, 3_292_000_000 + random_.randrange(10**6)),
            lambda p: number(p, repr(random_.random() * 3)),
            lambda p: error(p, random_.choice(["#N/A", "#REF!"])) if random_.random() < 0.1 else number(p, random_.randrange(11)),
            lambda p: boolean(p, random_.randrange(2)),
            lambda p: text(p, random_.choice(["매우 만족", " 보통 ", "a_x000D_&#10;b", "1,5", "12.50"])),
            lambda p: number(p, 0.25 + random_.random() / 2, kit.TIME),
            lambda p: text(p, "모름") if random_.random() < 0.3 else number(p, repr(random_.random())),
        ]
        parts.append(row(r, *(make(f"{letter}{r}") for letter, make in zip(letters, makers, strict=True) if random_.random() > 0.1)))
    merged = f'<mergeCells><mergeCell ref="{letters[0]}{first_row}:{letters[1]}{first_row}"/></mergeCells>'
    return kit.workbook(path, {"S": sheet(*parts, after=merged)}, durations=False)


@pytest.mark.parametrize(("first_row", "first_column"), [(1, 1), (3, 2), (12, 30)])
def test_fast_and_exact_reader_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_row: int, first_column: int) -> None:
    exact, fast = both(survey(tmp_path / "s.xlsx", 1500, first_row=first_row, first_column=first_column), monkeypatch)
    same(exact, fast)
    assert (exact.first_row, exact.first_column) == (first_row, first_column) and exact.cells.height > 1400
    assert "#N/A" in exact.cells["4"].to_list() and exact.dated == {0, 1}


def test_fast_and_exact_reader_agree_on_real_files(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared_data / "surveys" / "kiosk_servqual_2019_googleforms_REDACTED.xlsx"
    for name in ("전체", "IPA"):
        monkeypatch.undo()
        same(*both(path, monkeypatch, name))


def test_cells_equal_what_openpyxl_reads(shared_data: Path) -> None:
    path = shared_data / "surveys" / "kiosk_servqual_2019_googleforms_REDACTED.xlsx"
    found = grid(path, "전체").cells
    expected = openpyxl.load_workbook(path, read_only=True, data_only=True)["전체"]
    numbers = 0
    for ours, theirs in zip(found.iter_rows(), expected.iter_rows(values_only=True), strict=True):
        for mine, cell in itertools.zip_longest(ours, theirs[: found.width]):
            if isinstance(cell, (int, float)):
                numbers += 1
                assert mine is not None and float(mine) == pytest.approx(cell, rel=1e-14)
            elif isinstance(cell, str) and cell.strip():
                assert mine == cell.replace("\r\n", "\n").replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n")
    assert numbers > 10_000


def test_a_large_sheet_goes_through_fastexcel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = survey(tmp_path / "l.xlsx", 6000)
    book = open_file(path)
    monkeypatch.setattr(workbooks.XlsxBook, "_exactly", lambda *_: pytest.fail("a large plain sheet took the slow way"))
    rows = book.sheets()[0].rows
    assert book.grid("S").cells.height == rows == 6001 - 61


def test_far_cells_do_not_cost_their_rectangle(tmp_path: Path) -> None:
    far = grid(kit.workbook(tmp_path / "far.xlsx", {"S": sheet(row(1, number("A1", 1)), row(1048576, number("XFD1048576", 2)))}))
    assert far.cells.shape == (2, 16384) and far.rows is not None and far.rows.to_list() == [1, 1048576]
    assert far.cells["16383"].to_list() == [None, "2"]


def test_limits_of_a_table(tmp_path: Path) -> None:
    path = survey(tmp_path / "s.xlsx", 300)
    with pytest.raises(FileTooLarge) as raised:
        open_file(path, limits=Limits(max_cells=1000)).grid("S")
    assert raised.value.key == "error.file.too_many_cells"
    with pytest.raises(FileTooLarge) as raised:
        open_file(path, limits=Limits(max_bytes=1000))
    assert raised.value.key == "error.file.too_large"


def test_encrypted_ods(shared_data: Path) -> None:
    with pytest.raises(FilePassword):
        open_file(shared_data / "breakers" / "password__calamine__pass_protected.ods")


def test_ods_places_and_types(tmp_path: Path) -> None:
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="S">'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row><table:table-row><table:table-cell/>'
        '<table:table-cell office:value-type="string"><text:p>점수</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="4"/>'
        '<table:table-cell office:value-type="date" office:date-value="2023-07-21"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    )
    import zipfile

    path = tmp_path / "o.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr("content.xml", content)
    found = grid(path)
    assert found.cells.row(0) == ("점수", "4", "2023-07-21", "TRUE")
    assert (found.first_row, found.first_column, found.dated) == (3, 2, {2})


def test_a_zip_that_is_no_workbook_says_what_it_is(tmp_path: Path) -> None:
    import zipfile

    for part, key in (("word/document.xml", "error.file.other_program"), ("data.csv", "error.file.archive")):
        path = tmp_path / "z.xlsx"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(part, "x")
        with pytest.raises(FileUnsupported) as raised:
            open_file(path)
        assert raised.value.key == key


def test_grids_are_text_only(tmp_path: Path) -> None:
    found = grid(survey(tmp_path / "s.xlsx", 50))
    assert set(found.cells.dtypes) == {pl.String} and found.cells.columns == [str(i) for i in range(9)]


def test_every_damage_is_one_named_error(tmp_path: Path) -> None:
    """A good workbook cut or overwritten anywhere: read, or refused with a FileError, nothing else."""
    whole = survey(tmp_path / "s.xlsx", 200).read_bytes()
    random_ = random.Random(11)
    refused = 0
    for trial in range(60):
        data = bytearray(whole)
        if trial % 2:
            del data[random_.randrange(len(data)) :]
        else:
            for _ in range(8):
                data[random_.randrange(len(data))] = random_.randrange(256)
        path = tmp_path / "broken.xlsx"
        path.write_bytes(bytes(data))
        try:
            for found in open_file(path).sheets():
                assert found.rows >= 0
        except FileError as error_:
            assert error_.key.startswith("error.file.")
            refused += 1
    assert refused > 30
