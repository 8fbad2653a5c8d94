from __future__ import annotations

import io
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.errors import CxError
from cxdash.export import tables
from cxdash.export.names import sheet_names
from cxdash.export.tables import to_csv, to_xlsx
from tests.export import reading

FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+82-10-1234-5678",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "\ufeff=1",
    "\u200b=1",
    '=HYPERLINK("http://x","y")',
    "= 1",
    "=",
    "-",
    "−1",
    "\x00=1",
    "﹢1",
]
PLAIN = [
    "매우 만족",
    "1=1",
    "a@b.kr",
    "3-5회",
    "#N/A",
    "#REF!",
    "TRUE",
    "00123",
    "1e5",
    "2026-03-01",
    "<b>&amp;\"'",
    "둘째\n줄",
    " 앞뒤 ",
    "_x0041_",
    "_x005F_",
    "😀👨‍👩‍👧",
    "한",
    "\u0085",
]


def frame(texts: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"의견": texts}, schema={"의견": pl.Utf8})


def shown(text: str) -> str:
    """What a workbook gives back: line ends as LF, control characters as pictures."""
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\x00" not in text else text
    out = "".join(chr(0x2400 + ord(c)) if ord(c) < 32 and c not in "\t\n\r" else "\ufffd" if c in "\ufffe\uffff" else c for c in text)
    return out.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_inert_in_both_files(text: str) -> None:
    cell = reading.cells(to_xlsx({"s": frame([text])}, lang="ko"))[1][0]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", shown(text), True)
    assert reading.csv_rows(to_csv(frame([text])))[1][0].startswith("'")


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_is_the_same_text_in_both_files(text: str) -> None:
    content = to_xlsx({"s": frame([text])}, lang="ko")
    assert reading.rows(content)[1] == [text]
    cell = reading.cells(content)[1][0]
    assert cell.data_type == "s" and not cell.quotePrefix
    assert reading.csv_rows(to_csv(frame([text])))[1] == [text]


def test_no_cell_of_any_sheet_is_a_formula_even_in_headers_and_sheet_names() -> None:
    hostile = pl.DataFrame({"=1+1": ["=2"], "@x": ["+3"], "#N/A": ["-"]})
    content = to_xlsx({"=1+1": hostile, "+x": hostile}, lang="ko", notes=[("=1", "=2")])
    kinds = {cell.data_type for sheet in reading.workbook(content) for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s"}
    assert reading.csv_rows(to_csv(hostile))[0] == ["'=1+1", "'@x", "#N/A"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), min_size=1, max_size=12))
def test_any_text_survives_the_workbook_as_inert_text(texts: list[str]) -> None:
    content = to_xlsx({"s": frame(texts)}, lang="ko")
    found = [
        row[0] for row in python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)[1:]
    ]
    assert found == [shown(t) for t in texts]
    assert {c.data_type for row in reading.cells(content)[1:] for c in row} == {"s"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), min_size=1, max_size=12))
def test_any_text_survives_csv_but_for_the_apostrophe(texts: list[str]) -> None:
    found = [row[0] for row in reading.csv_rows(to_csv(frame(texts)))[1:]]
    pictures = [
        "".join(chr(0x2400 + ord(c)) if ord(c) < 32 and c not in "\t\n\r" else "\ufffd" if c in "\ufffe\uffff" else c for c in t)
        for t in texts
    ]
    for given_, got in zip(pictures, found, strict=True):
        assert got == given_ or got == "'" + given_
        assert got[0] not in "=+-@＝＋－＠\t\r\n"


def typed() -> pl.DataFrame:
    seoul = pl.Series([datetime(2026, 3, 1, 0, 30, tzinfo=ZoneInfo("Asia/Seoul")), None], dtype=pl.Datetime("us", "Asia/Seoul"))
    return pl.DataFrame(
        {
            "정수": pl.Series([-5, None], dtype=pl.Int16),
            "실수": [-2.5e-9, float("nan")],
            "참": [True, None],
            "날짜": [date(2026, 3, 1), date(1899, 12, 1)],
            "시각": seoul,
            "때": [time(13, 45), None],
            "긴 수": [2**60, -7],
            "분류": pl.Series(["가", None], dtype=pl.Categorical),
            "목록": [["=a", "b"], None],
            "0": pl.Series([1.25, None], dtype=pl.Decimal(10, 2)),
            "빈": pl.Series([None, None]),
        }
    )


def test_cells_are_typed() -> None:
    header, first, second = reading.rows(to_xlsx({"s": typed()}, lang="ko"))
    assert header == typed().columns
    assert first == [
        -5,
        -2.5e-9,
        True,
        datetime(2026, 3, 1),
        datetime(2026, 3, 1, 0, 30),
        time(13, 45),
        str(2**60),
        "가",
        "=a; b",
        1.25,
        None,
    ]
    assert second == [None, None, None, "1899-12-01", None, None, -7, None, None, None, None]
    row = reading.cells(to_xlsx({"s": typed()}, lang="ko"))[1]
    assert [c.number_format for c in row[3:6]] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss"]


def test_numbers_of_numeric_columns_stay_numbers_in_csv() -> None:
    header, first, second = reading.csv_rows(to_csv(typed()))
    assert first[:5] == ["-5", "-2.5e-9", "true", "2026-03-01", "2026-03-01 00:30:00"]
    assert second[:2] == ["", ""] and first[8] == "'=a; b"
    assert reading.csv_rows(to_csv(frame(["-5"])))[1] == ["'-5"]


def test_csv_is_what_korean_excel_opens() -> None:
    content = to_csv(pl.DataFrame({"점수": [1], "의견": ['그는 "좋다", 했다']}))
    assert content == '\ufeff"점수","의견"\r\n1,"그는 ""좋다"", 했다"\r\n'.encode()


def test_the_header_is_frozen_bold_filtered_and_wide_enough() -> None:
    content = to_xlsx({"결과": pl.DataFrame({"매우 긴 문항의 머리글입니다": [1, 2], "b": ["가" * 500, None]})}, lang="ko")
    sheet = reading.workbook(content).worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["A1"].font.bold, sheet.dimensions) == ("A2", "A1:B3", True, "A1:B3")
    assert 28 <= sheet.column_dimensions["A"].width <= 40 and sheet.column_dimensions["B"].width == 60


def test_sheet_names_are_legal_short_and_unlike() -> None:
    wanted = ["2026/상반기", "2026:상반기", "", "History", "가" * 40, "가" * 40, "😀" * 20, "'x'", "Nps", "nps", "a\x00b"]
    names = sheet_names(wanted, "ko")
    assert len({n.casefold() for n in names}) == len(wanted)
    assert all(1 <= len(n.encode("utf-16-le")) // 2 <= 31 and not set(n) & set("[]:*?/\\") and n.casefold() != "history" for n in names)
    assert reading.workbook(to_xlsx({w or " ": frame(["x"]) for w in wanted}, lang="ko")).sheetnames == sheet_names(
        [w or " " for w in dict.fromkeys(wanted)], "ko"
    )


@pytest.mark.parametrize("text", ["가" * 40_000, "😀" * 20_000, "=" + "a" * 32_767])
def test_texts_longer_than_a_cell_are_cut_and_told_about(text: str) -> None:
    content = to_xlsx({"의견": frame([text, "짧음", "a" * 32_767])}, lang="ko")
    book = reading.workbook(content)
    got = reading.rows(content)
    assert (
        len(got[1][0].encode("utf-16-le")) // 2 <= 32_767
        and got[1][0].startswith(text[:30_000][:15_000])
        and f"{len(text):,}" in got[1][0][-30:]
    )
    assert got[3][0] == "a" * 32_767
    assert book.sheetnames[-1] == "내보내기 안내" and "1개" in str(book.worksheets[-1]["B2"].value)


def test_more_rows_than_a_sheet_holds_go_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_MAX", 3)
    content = to_xlsx({"응답": pl.DataFrame({"n": range(7)})}, lang="ko")
    assert reading.workbook(content).sheetnames == ["응답", "응답 (2)", "응답 (3)"]
    assert [r[0] for s in range(3) for r in reading.rows(content, s)[1:]] == list(range(7))


def test_an_empty_table_and_a_table_without_columns_make_files() -> None:
    assert reading.rows(to_xlsx({"s": frame([])}, lang="en")) == [["의견"]]
    assert reading.workbook(to_xlsx({"s": pl.DataFrame()}, lang="en")).sheetnames == ["s"]
    assert reading.csv_rows(to_csv(frame([]))) == [["의견"]]


def test_too_many_columns_are_refused_in_words() -> None:
    with pytest.raises(CxError) as caught:
        to_xlsx({"s": pl.DataFrame({str(i): [0] for i in range(tables.COLUMNS_MAX + 1)})}, lang="ko")
    assert caught.value.key == "export.too_wide"


def test_batches_join_without_a_seam() -> None:
    n = 45_000
    content = to_xlsx({"s": pl.DataFrame({"n": range(n), "t": [f"={i}" for i in range(n)]})}, lang="ko")
    got = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(got) == n + 1 and all(row == [float(i), f"={i}"] for i, row in enumerate(got[1:]))
