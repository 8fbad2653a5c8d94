"""A realistic Korean survey workbook of any size, written as raw XML the way Excel writes it (cell references, shared strings, a date
style), and the numbers that must come out of it.

40 columns: respondent key, date and time, five attributes, 15 ratings 1-5 (9 = no answer, blanks), 15 ratings 0-10 (99 = no answer,
blanks), a choice of several, a comment (two fifths written) and a weight.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import polars as pl

FORMAT = 4  # of the cached file: a change of what is written raises it
PART = 20_000
ATTRIBUTES = {
    "성별": ["남성", "여성"], "연령대": ["20대", "30대", "40대", "50대", "60대 이상"],
    "거주 지역": ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "강원", "충북", "충남", "전북", "전남", "경북", "경남", "제주"],
    "회원 등급": ["일반", "실버", "골드", "VIP"], "이용 지점": [f"{n}호점" for n in range(1, 61)],
}
STAGES = ["매장 접근", "상담", "구매", "배송", "설치"]
ASPECTS = ["직원의 친절도", "안내의 정확성", "처리의 신속성"]
FIVE = [f"{stage} 단계에서 {aspect}에 얼마나 만족하십니까? (1~5점)" for stage in STAGES for aspect in ASPECTS]
TEN = ["우리 회사를 주변에 추천할 의향이 얼마나 있으십니까? (0~10점)", *(f"{stage}의 {what} 점수 (0~10점)" for stage in (*STAGES, "사용", "AS") for what in ("품질", "편의성"))]
CHANNELS = ["매장", "홈페이지", "모바일 앱", "전화 상담", "방문 설치"]
WORDS = ["직원이", "매우", "친절하게", "안내해", "주셔서", "좋았습니다", "배송이", "늦어", "아쉬웠지만", "설치", "기사님이", "다시", "이용하고", "싶어요", "가격이", "비싼", "편입니다"]
HEADERS = ["응답자 ID", "응답 일시", *ATTRIBUTES, *FIVE, *TEN, "이용하신 채널을 모두 골라 주세요", "더 하고 싶은 말씀을 적어 주세요", "가중치"]


@dataclass(frozen=True)
class Book:
    """A written workbook. valid: header of a rating -> its number of valid answers and their sum."""

    path: Path
    rows: int
    valid: dict[str, tuple[int, int]]


def cached(rows: int) -> Book:
    """The workbook of that many responses in the system's temporary folder, written once."""
    folder = Path(tempfile.gettempdir()) / f"cxdash-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"survey-{FORMAT}-{rows}.xlsx"
    table = answers(rows)
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        write(table, part)
        part.rename(path)
    return Book(path, rows, {h: _valid(table[h]) for h in (*FIVE, *TEN)})


def answers(rows: int, seed: int = 1) -> pl.DataFrame:
    """The cells: text columns as String, numbers as Int64 or Float64, empty cells null, the date as an Excel serial."""
    r = np.random.default_rng(seed)
    data: dict[str, pl.Series] = {
        "응답자 ID": pl.Series([f"R{n:07d}" for n in range(1, rows + 1)]),
        "응답 일시": pl.Series(45292 + np.sort(r.integers(0, 730 * 86400, rows)) / 86400),  # 2024-01-01 and on
    }
    for header, values in ATTRIBUTES.items():
        data[header] = pl.Series(values).gather(r.integers(0, len(values), rows))
    for headers, lo, hi, gone in ((FIVE, 1, 5, 9), (TEN, 0, 10, 99)):
        for header in headers:
            points, fate = pl.Series(r.integers(lo, hi + 1, rows)), r.random(rows)
            data[header] = pl.select(pl.when(pl.lit(pl.Series(fate < 0.04))).then(None).when(pl.lit(pl.Series(fate < 0.08))).then(gone).otherwise(points)).to_series()
    combined = pl.Series([", ".join(c for i, c in enumerate(CHANNELS) if mask >> i & 1) or None for mask in range(2 ** len(CHANNELS))])
    data[HEADERS[-3]] = combined.gather(r.integers(0, len(combined), rows))
    data[HEADERS[-2]] = _comments(r, rows)
    data[HEADERS[-1]] = pl.Series(np.round(r.uniform(0.4, 2.2, rows), 4))
    return pl.DataFrame({header: data[header] for header in HEADERS})


def _comments(r: np.random.Generator, rows: int) -> pl.Series:
    words = pl.Series(WORDS)
    sentence = pl.select(pl.concat_str([pl.lit(words.gather(r.integers(0, len(words), rows))) for _ in range(9)], separator=" ")).to_series()
    return pl.select(pl.when(pl.lit(pl.Series(r.random(rows) < 0.4))).then(pl.lit(sentence))).to_series()


def _valid(column: pl.Series) -> tuple[int, int]:
    kept = column.filter(column != (9 if column.name in FIVE else 99)).drop_nulls()
    return len(kept), int(kept.sum())


def write(table: pl.DataFrame, path: Path) -> None:
    """The table as one sheet with a header row."""
    by_row = table.select(pl.concat_list(pl.col(pl.String)).alias("t")).explode("t")["t"]  # numbered in the order of the cells, as Excel does
    texts = pl.concat([pl.Series("t", HEADERS), by_row])
    distinct = texts.drop_nulls().unique(maintain_order=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in _FIXED.items():
            archive.writestr(name, text)
        with archive.open("xl/sharedStrings.xml", "w") as out:
            out.write(f'{_XML}<sst xmlns="{_MAIN}" count="{texts.count()}" uniqueCount="{len(distinct)}">'.encode())
            out.write("".join(f"<si><t>{escape(text)}</t></si>" for text in distinct).encode() + b"</sst>")
        numbers = pl.Enum(distinct)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as out:
            corner = f"{_letters(table.width - 1)}{table.height + 1}"
            out.write(f'{_XML}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{corner}"/><sheetData>'.encode())
            out.write(_rows(pl.DataFrame({h: [h] for h in HEADERS}), 1, numbers))
            for start in range(0, table.height, PART):
                out.write(_rows(table.slice(start, PART), start + 2, numbers))
            out.write(b"</sheetData></worksheet>")


def _rows(table: pl.DataFrame, first: int, numbers: pl.Enum) -> bytes:
    numbered = table.with_columns(pl.int_range(first, first + table.height).cast(pl.String).alias("#"))
    cells: list[pl.Expr] = [pl.lit('<row r="'), pl.col("#"), pl.lit('">')]
    for at, (name, kind) in enumerate(table.schema.items()):
        style = ' t="s"' if kind == pl.String else ' s="1"' if name == "응답 일시" else ""
        value = pl.col(name).cast(numbers).to_physical() if kind == pl.String else pl.col(name)
        cell = pl.concat_str(pl.lit(f'<c r="{_letters(at)}'), pl.col("#"), pl.lit(f'"{style}><v>'), value.cast(pl.String), pl.lit("</v></c>"))
        cells.append(cell.fill_null(""))
    return "".join(numbered.select(pl.concat_str(*cells, pl.lit("</row>")).alias("r"))["r"]).encode()


def _letters(index: int) -> str:
    return (chr(64 + index // 26) if index >= 26 else "") + chr(65 + index % 26)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_FIXED = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACK}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACK}/relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="응답" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACK}/relationships"><Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_REL}/styles" Target="styles.xml"/><Relationship Id="rId3" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="맑은 고딕"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
