"""The crosstab as tables and in words: letters, small bases, hidden cells, typed files."""

from __future__ import annotations

import io

import openpyxl
import polars as pl
import pytest

from cxdash.charts import crosstab, segments
from cxdash.charts.crosstab import Titles
from cxdash.export.tables import to_csv, to_xlsx
from cxdash.services.crosstab import Cell, Crosstab, Line
from tests.charts import samples

HOSTILE = "=HYPERLINK(\"http://x\") **굵게** | <b>"


def table(*, totals: bool = True) -> Crosstab:
    big, low, small, hidden = samples.nps_of(300, 80, 20), samples.nps_of(20, 15, 15), samples.nps_of(9, 6, 5), samples.nps_of(3, 2, 1)
    kept = samples.nps_of(30, 10, 5).hide("hidden_complement")
    rows = ((Cell(big, "B C"), Cell(low), Cell(small)), (Cell(hidden), Cell(kept), Cell(samples.nps_of(0, 0, 0))))
    sums = (samples.nps_of(329, 101, 40), samples.nps_of(33, 12, 6))
    return Crosstab((Line("서울"), Line(None)), (Line("a"), Line("b"), Line(None, 4)), rows, ("A", "B", ""), sums,
                    (Cell(big, "B"), Cell(low), Cell(small)) if totals else (), samples.nps_of(362, 113, 46) if totals else None)


def titles(first: str = "서울", second: str = "남") -> Titles:
    return Titles("지역", (first, "(값 없음)"), (second, "여", "그 밖의 4개"), "전체")


def test_cells_say_value_base_and_letters() -> None:
    shown = crosstab.shown(table(), titles(), lang="ko")
    assert shown.columns == ["지역", "전체", "남 \\(A\\)", "여 \\(B\\)", "그 밖의 4개"]
    row = shown.row(0)
    assert row[0] == "서울" and row[2].startswith("**70.0**\u00a0:blue[**B\u00a0C**]") and "n=400" in row[2]
    assert row[3].startswith("**10.0**†  \n") and row[4].startswith(":gray[(20.0)]")
    assert [cell.split("]")[0] for cell in shown.row(1)[2:]] == [":gray[–"] * 3 and "n=6" in shown.row(1)[2] and "n=45" in shown.row(1)[3]
    assert "n=" not in shown.row(1)[4], "nobody answered: there is no base to speak of"
    assert shown.row(2)[0] == "**전체**" and "n=521" in shown.row(2)[1]


def test_hidden_values_are_in_no_table() -> None:
    for frame in (crosstab.wide(table(), titles(), lang="ko"), crosstab.listed(table(), titles(), lang="ko", across="성별", value="NPS")):
        text = str(frame.to_dicts())
        assert "33.3" not in text and "55.6" not in text
        assert "45" in text, "the base of a hidden cell stays"


def test_names_of_others_cannot_format_the_page_or_run_in_a_file() -> None:
    shown = crosstab.shown(table(), titles(HOSTILE, HOSTILE), lang="ko")
    assert "**굵게**" not in shown[0, 0] and "\\*\\*굵게\\*\\*" in shown[0, 0] and "**굵게**" not in shown.columns[2]
    listed = crosstab.listed(table(), titles(HOSTILE, HOSTILE), lang="ko", across="성별", value="NPS")
    assert to_csv(listed).decode("utf-8-sig").splitlines()[1].startswith('"\'=HYPERLINK')
    cell = openpyxl.load_workbook(io.BytesIO(to_xlsx({"t": listed}, lang="ko")))["t"]["A2"]
    assert cell.data_type == "s" and cell.quotePrefix


def test_same_names_stay_apart() -> None:
    same = Titles("전체", ("n", "n"), ("n", "전체", "n"), "전체")
    wide = crosstab.wide(table(), same, lang="ko")
    listed = crosstab.listed(table(), same, lang="ko", across="전체", value="전체")
    assert len(set(wide.columns)) == wide.width == 1 + 4 + 5 + 5 + 4 and len(set(listed.columns)) == listed.width == 10
    assert len(set(crosstab.shown(table(), same, lang="ko").columns)) == 5


def test_files_are_typed_with_letters_in_columns_of_their_own() -> None:
    wide = crosstab.wide(table(), titles(), lang="ko")
    assert wide.schema["남 (A)"] == pl.Float64 and wide.schema["남 (A) n"] == pl.Int64
    assert wide["남 (A)"].to_list() == [70.0, None, 70.0] and wide["남 (A) 유의하게 높음"].to_list() == ["B C", None, "B"]
    assert wide["전체"].to_list() == [pytest.approx(61.5, abs=0.1), pytest.approx(52.9, abs=0.1), pytest.approx(60.7, abs=0.1)]
    listed = crosstab.listed(table(), titles(), lang="en", across="Gender", value="NPS")
    first = listed.row(0, named=True)
    assert (first["NPS"], first["Significantly above"], first["Column letter"]) == (70.0, "B C", "A")
    assert first[listed.columns[4]] < 70 < first[listed.columns[5]] and listed.height == 3 * 4


def test_told_in_words() -> None:
    said = crosstab.describe(table(), titles(), lang="ko")
    assert "2행 × 3열" in said and "서울 · 남(70.0, n=400)" in said and "서울 · 여(10.0, n=50)" in said and "2개" in said
    metrics = crosstab.describe(table(totals=False), titles(), lang="en")
    assert "Highest" not in metrics, "different metrics have no highest cell between them"


def test_the_ranking_as_a_table_holds_its_test() -> None:
    frame = segments.compared(samples.segments(), metric="nps", lang="ko", order="ranked")
    plain = segments.table(samples.segments(), metric="nps", lang="ko", order="ranked")
    assert frame.columns[:5] == plain.columns[:5] and frame.columns[-1] == "비고" and frame["세그먼트"].to_list() == plain["세그먼트"].to_list()
    row = frame.row(0, named=True)
    gap = next(s.rest for s in samples.segments() if s.value == row["세그먼트"])
    assert gap is not None and row["나머지와의 차이"] == pytest.approx(gap.value, abs=0.05)
    assert row["차이 95% 하한"] < row["나머지와의 차이"] < row["차이 95% 상한"]
