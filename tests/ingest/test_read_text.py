"""Delimited text: encodings by plausibility, delimiters, quotes, ragged rows, places."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from cxdash.errors import FileDamaged, FileError, FileNoTable, FileTooLarge, FileUnsupported
from cxdash.ingest.delimited import find_delimiter
from cxdash.ingest.encoding import decode, guess
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid
from cxdash.ingest.read import open_file

KOREAN = '응답번호,만족도,의견\n1,매우 만족,"직원이 친절하고, 빨라요"\n2,보통,뷔페 쫄깃한 떡볶이\n3,불만족,\n'


def grid(path: Path, data: bytes | str, name: str = "설문.csv", encoding: str = "utf-8", limits: Limits | None = None) -> Grid:
    file = path / "f.csv"
    file.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    book = open_file(file, name, limits=limits)
    return book.grid(book.names()[0])


@pytest.mark.parametrize(
    ("encoding", "mark", "told"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp949", b"", "cp949"),
        ("euc_kr", b"", "cp949"),
    ],
)
def test_korean_in_every_encoding(tmp_path: Path, encoding: str, mark: bytes, told: str) -> None:
    text = KOREAN if encoding != "euc_kr" else KOREAN.replace("쫄깃한", "맛있는")
    found = grid(tmp_path, mark + text.encode(encoding))
    assert found.encoding == told and found.cells.shape == (4, 3) and found.sheet == "설문"
    assert found.cells.row(1) == ("1", "매우 만족", "직원이 친절하고, 빨라요") and found.cells.row(3) == ("3", "불만족", None)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Müller,Köln,äußerst zufrieden", "cp1252"),
        ("It’s “fine” – café", "cp1252"),
        ("don’t know,It’s “fine” – café", "mac_roman"),
        ("È VERO PERCHÉ,Très bien,Año", "cp1252"),
        ("Beyoncé’s naïve", "cp1252"),
        ("とても満足,やや不満,東京都", "cp932"),
        ("とても満足,やや不満,東京都", "euc_jp"),
        ("非常满意,一般,北京市", "gb18030"),
        ("A형,만족\nB형,불만족", "cp949"),
        ("예,아니오", "cp949"),
        ("성별\n남\n여", "cp949"),
        ("★★★★☆ 좋음", "cp949"),
        ("SK텔레콤,TV를 봤다", "cp949"),
    ],
)
def test_plausible_text_wins_over_the_first_decoder_that_does_not_fail(text: str, encoding: str) -> None:
    assert guess(text.encode(encoding))[0] == encoding


def test_one_western_letter_at_the_end_of_a_long_ascii_file(tmp_path: Path) -> None:
    data = b"id,comment\n" + b"1,all fine here\n" * 100_000 + "2,voilà le café’s menu\n".encode("cp1252")
    found = grid(tmp_path, data)
    assert found.encoding == "cp1252" and found.cells.row(-1) == ("2", "voilà le café’s menu")


def test_bytes_that_do_not_fit_are_told(tmp_path: Path) -> None:
    found = grid(tmp_path, ("이름,점수\n" + "만족,5\n" * 200).encode() + b"\xff\xfe,3\n")
    assert found.encoding == "utf-8" and [note.key for note in found.notes] == ["error.note.replaced"]


@pytest.mark.parametrize("name", ["suwon_social_survey_2017_cp949.csv", "suwon_social_survey_2019_cp949.csv"])
def test_suwon_is_cp949(shared_data: Path, name: str) -> None:
    found = decode((shared_data / "surveys" / name).read_bytes())
    assert found.encoding == "cp949" and found.notes == ()


def test_star_wars_is_western(shared_data: Path) -> None:
    path = shared_data / "surveys" / "fte_star_wars_surveymonkey_2header.csv"
    book = open_file(path)
    found = book.grid(book.names()[0])
    assert found.encoding == "cp1252" and found.cells.shape == (1188, 38)
    assert found.cells.row(2)[0] == "3292879998"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b,c\n1,2,3\n", ","),
        ("a;b;c\n1,5;2,5;3\n2,5;1;1\n", ";"),
        ("a\tb\n1,5\t2\n2,5\t3\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("의견\n좋아요, 정말\n그냥\n별로, 다음엔 안 감\n", ""),
        ('a,b\n"x;y;z",1\n"p;q;r",2\n', ","),
        ("설문 결과\n\n이름,점수,의견\nA,1,x\nB,2,y\nC,3,z\n", ","),
    ],
)
def test_delimiters(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_separator_line_names_the_delimiter_and_counts_as_a_row(tmp_path: Path) -> None:
    found = grid(tmp_path, "sep=;\r\na;b\r\n1,2;3\r\n")
    assert (found.delimiter, found.first_row, found.cells.rows()) == (";", 2, [("a", "b"), ("1,2", "3")])


def test_quotes_line_breaks_and_blank_rows_keep_their_row_numbers(tmp_path: Path) -> None:
    found = grid(tmp_path, 'id,의견\r\n1,"첫 줄\r\n둘째 ""줄"""\r\n\r\n,  \r\n2,끝\r\n')
    assert found.cells.rows() == [("id", "의견"), ("1", '첫 줄\n둘째 "줄"'), ("2", "끝")]
    assert found.rows is not None and found.rows.to_list() == [1, 2, 5]


@pytest.mark.parametrize("data", [b"a,b\r1,2\r3,4\r", b"a,b\n1,2\n3,4", b"\n\n a,b\n1,2\n3,4\n"])
def test_line_ends(tmp_path: Path, data: bytes) -> None:
    found = grid(tmp_path, data)
    assert found.cells.height == 3 and found.cells.row(2) == ("3", "4")
    assert found.first_row == (3 if data.startswith(b"\n") else 1)


def test_ragged_rows_keep_every_cell(tmp_path: Path) -> None:
    found = grid(tmp_path, "a,b,c\n1,2\n3,4,5,6\n7,8,9\n")
    assert found.cells.rows() == [("a", "b", "c", None), ("1", "2", None, None), ("3", "4", "5", "6"), ("7", "8", "9", None)]


def test_a_stray_quote_does_not_swallow_lines(tmp_path: Path) -> None:
    text = "id,의견\n" + "".join(f'{i},5" 화면\n' for i in range(1, 40))
    assert grid(tmp_path, text).cells.row(39) == ("39", '5" 화면')
    open_quote = 'id,의견\n1,"열린 따옴표\n' + "".join(f"{i},좋음\n" for i in range(2, 600))
    found = grid(tmp_path, open_quote)
    assert found.cells.height == 600 and [note.key for note in found.notes] == ["error.note.quotes"]


def test_the_quick_and_the_careful_reader_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(3)
    pool = ["", "1", "매우 만족", '"a,b"', '"줄\n바꿈"', '"따옴""표"', " 3 ", "  ", '""']
    text = "".join(",".join(random_.choice(pool) for _ in range(6)) + random_.choice(["\n", "\r\n"]) for _ in range(400))
    text = "h1,h2,h3,h4,h5,h6\n" + text
    quick = grid(tmp_path, text)
    monkeypatch.setattr("cxdash.ingest.delimited._quickly", lambda *_: None)
    careful = grid(tmp_path, text)
    assert quick.cells.equals(careful.cells) and str(quick.rows) == str(careful.rows)


def test_nulls_in_text_and_binary_garbage(tmp_path: Path) -> None:
    found = grid(tmp_path, b"a,b\n1,\x002\n" + b"3,4\n" * 100)
    assert found.cells.row(1) == ("1", "2") and found.notes[0].key == "error.note.nulls"
    with pytest.raises(FileUnsupported) as raised:
        grid(tmp_path, random.Random(1).randbytes(20_000))
    assert raised.value.key == "error.file.binary"


@pytest.mark.parametrize(
    ("data", "name", "kind", "key"),
    [
        (b"", "a.csv", FileNoTable, "error.file.empty"),
        (b" \r\n\r\n ", "a.csv", FileNoTable, "error.file.empty"),
        (b",,\n,,\n", "a.csv", FileNoTable, "error.file.empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.xlsx", FileUnsupported, "error.file.other_program"),
        (b"%PDF-1.7\n", "a.csv", FileUnsupported, "error.file.other_program"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", FileUnsupported, "error.file.html"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "a.xls", FileUnsupported, "error.file.xml2003"),
        (b'{"a": [1, 2]}', "a.json", FileUnsupported, "error.file.no_table_format"),
        (b"\x1f\x8b\x08\0" + b"x" * 50, "a.csv.gz", FileUnsupported, "error.file.archive"),
        (b"\x09\x04\x06\x00\x00\x04\x10\x00", "a.xls", FileUnsupported, "error.file.old_excel"),
        (b"Not found: report.xls", "a.xls", FileDamaged, "error.file.not_workbook"),
    ],
)
def test_what_is_no_table_gets_its_own_sentence(tmp_path: Path, data: bytes, name: str, kind: type[FileError], key: str) -> None:
    with pytest.raises(kind) as raised:
        grid(tmp_path, data, name)
    assert raised.value.key == key and raised.value.fix.startswith("error.file.fix.")


def test_a_text_table_under_a_workbook_name_is_read(tmp_path: Path) -> None:
    assert grid(tmp_path, "번호\t점수\n1\t5\n2\t4\n", "결과.xls", "utf-16").cells.rows() == [("번호", "점수"), ("1", "5"), ("2", "4")]


def test_wide_files_and_the_limit_of_columns(tmp_path: Path) -> None:
    line = ",".join(map(str, range(10_000)))
    assert grid(tmp_path, f"{line}\n{line}\n").cells.shape == (2, 10_000)
    with pytest.raises(FileTooLarge) as raised:
        grid(tmp_path, f"{line}\n{line}\n", limits=Limits(max_columns=9_999))
    assert raised.value.key == "error.file.too_many_columns"


def test_aligned_figures_are_columns(shared_data: Path) -> None:
    book = open_file(shared_data / "surveys" / "cdnow_master.txt")
    found = book.grid(book.names()[0]).cells
    assert found.shape == (69_660, 4) and found.row(1) == ("00001", "19970101", "1", "11.77")


def test_a_large_file_is_read_quickly(tmp_path: Path) -> None:
    """200,000 rows: by polars, an order of magnitude under what row by row would take."""
    row = "1,2,3,4,5,매우 만족,보통,2023-07-21 10:00:00,서울특별시,0.123456\n"
    data = ("a,b,c,d,e,f,g,h,i,j\n" + row * 200_000).encode("cp949")
    began = time.process_time()
    found = grid(tmp_path, data)
    assert found.encoding == "cp949" and found.cells.height == 200_001
    assert time.process_time() - began < 6
