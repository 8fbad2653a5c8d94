from __future__ import annotations

import json

import polars as pl
import pytest

from cxdash import i18n
from cxdash.export.problems import problems_xlsx
from tests.export import reading

WORDS = {"t.range": "{value}은(는) 0–10 밖입니다", "t.date": "날짜를 읽을 수 없습니다"}


@pytest.fixture(autouse=True)
def reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    real = i18n.catalogue
    monkeypatch.setattr(i18n, "catalogue", lambda lang: {**real(lang), **WORDS})


def problems() -> pl.DataFrame:
    rows = [(7, "추천", "11", "t.range", json.dumps({"value": "11"}), False), (7, "응답일", "어제", "t.date", "{}", True),
            (9, "추천", "=9", "t.range", json.dumps({"value": "=9"}), False), (12, "", "", "t.date", "", True)]
    return pl.DataFrame(rows, schema=["row", "column", "value", "reason", "params", "whole_row"], orient="row")


def originals() -> pl.DataFrame:
    return pl.DataFrame({"row": [7, 9, 12], "응답일": ["어제", "2026-01-02", None], "추천": ["11", "=9", None], "사유": ["a", "b", "c"]})


def test_the_list_has_every_problem_in_words() -> None:
    got = reading.rows(problems_xlsx(problems(), lang="ko"))
    assert got[0] == ["원본 행 번호", "열", "값", "사유", "처리 범위"]
    assert got[1:] == [[7, "추천", "11", "11은(는) 0–10 밖입니다", "해당 칸만"], [7, "응답일", "어제", "날짜를 읽을 수 없습니다", "행 전체 제외"],
                       [9, "추천", "=9", "=9은(는) 0–10 밖입니다", "해당 칸만"], [12, None, None, "날짜를 읽을 수 없습니다", "행 전체 제외"]]


def test_the_reason_stands_beside_each_row_and_bad_cells_are_marked() -> None:
    content = problems_xlsx(problems(), lang="ko", originals=originals())
    header, *rows = reading.rows(content)
    assert header == ["원본 행 번호", "사유", "응답일", "추천", "사유 (2)"]
    assert rows == [[7, "추천: 11은(는) 0–10 밖입니다\n응답일: 날짜를 읽을 수 없습니다", "어제", "11", "a"], [9, "추천: =9은(는) 0–10 밖입니다", "2026-01-02", "=9", "b"],
                    [12, "날짜를 읽을 수 없습니다", None, None, "c"]]
    marked = {(c.row, c.column) for row in reading.cells(content)[1:] for c in row if c.fill.fgColor.rgb == "FFFBE3D2"}
    assert marked == {(2, 3), (2, 4), (3, 4)}
    assert reading.cells(content)[2][3].data_type == "s" and reading.cells(content)[2][3].quotePrefix


def test_no_problems_and_broken_parameters_still_make_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(reading.rows(problems_xlsx(problems().head(0), lang="en"))) == 1
    broken = problems().with_columns(params=pl.lit("{nonsense"), reason=pl.lit("t.date"))
    assert {r[3] for r in reading.rows(problems_xlsx(broken, lang="ko"))[1:]} == {"날짜를 읽을 수 없습니다"}
