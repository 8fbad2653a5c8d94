"""The workbook of a view, opened again: every cell against the service's result, pictures beside their tables, nothing that runs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from cxdash import i18n
from cxdash.export.workbook import workbook
from cxdash.services.actor import LOCAL
from cxdash.services.findings import Findings, judged_stages
from cxdash.services.overview import Overview, overview
from cxdash.services.view import View
from cxdash.stats.figure import Figure
from tests import house
from tests.export import reporting

SHEETS = ["조건", "핵심 결과", "주요 지표", "추이", "경험 단계", "추천 구성", "세그먼트"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Overview]:
    deps = house.build(tmp_path_factory.mktemp("book"), demo=True)
    yield overview(deps, LOCAL, view=View(by="branch"))
    house.close(deps)


def book(told: Any) -> dict[str, Worksheet]:
    made = openpyxl.load_workbook(io.BytesIO(workbook(told)))
    return {name: made[name] for name in made.sheetnames}


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def shown(x: float | None) -> float | None:
    """As the screen rounds it."""
    return None if x is None else float(i18n.number(x, "en", 1).replace(",", ""))


def same(row: dict[str, Any], figure: Figure, value: str = "값") -> None:
    assert (row[value], row["95% 하한"], row["95% 상한"], row["응답 수(n)"]) == (
        shown(figure.value), shown(figure.ci_low), shown(figure.ci_high), figure.n)


@pytest.fixture(scope="module")
def sheets(base: Overview) -> dict[str, Worksheet]:
    return book(reporting.report(base))


def test_a_sheet_per_table(sheets: dict[str, Worksheet]) -> None:
    assert list(sheets) == SHEETS
    for name, sheet in sheets.items():
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == sheet.dimensions, name
        assert len(sheet._images) == (name in SHEETS[3:]), name


def test_headlines(base: Overview, sheets: dict[str, Worksheet]) -> None:
    *rows, last = table(sheets["주요 지표"])
    for row, card in zip(rows, base.cards, strict=True):
        assert card.figure is not None and card.change is not None and card.before is not None
        same(row, card.figure)
        assert (row["비교 값"], row["차이"]) == (shown(card.before.value), shown(card.change.value))
        assert (row["차이 95% 하한"], row["차이 95% 상한"]) == (shown(card.change.ci_low), shown(card.change.ci_high))
        assert row["p값(보정 포함)"] == pytest.approx(card.change.p, abs=6e-5)
        assert row["판정"] == {"up": "유의하게 높음", "down": "유의하게 낮음", "none": "뚜렷한 차이 없음"}[card.verdict]
        assert row["단위"] == {"points": "점(−100~100)", "percent": "%", "score100": "점(0~100)"}[card.figure.unit]
    assert (last["지표"], last["값"], last["응답 수(n)"]) == ("응답 수", base.responses, base.responses)


def test_stages_and_segments(base: Overview, sheets: dict[str, Worksheet]) -> None:
    stages = judged_stages(base.stages)
    for row, score in zip(table(sheets["경험 단계"]), stages, strict=True):
        assert row["경험 단계"] == score.stage.name["ko"] and score.change is not None
        same(row, score.figure, "단계 점수(100점 환산)")
        assert row["차이"] == shown(score.change.value) and row["p값(보정 포함)"] == pytest.approx(score.change.p_adjusted, abs=6e-5)
    labels = base.catalog.attribute("branch").labels["ko"]
    hidden = 0
    for row, segment in zip(table(sheets["세그먼트"]), base.segments, strict=True):
        assert row["세그먼트"] == ("(값 없음)" if segment.value is None else labels[segment.value])
        if segment.figure.value is None:
            hidden += 1
            assert [row[c] for c in ("NPS(순추천지수)", "95% 하한", "95% 상한", "차이", "p값(보정 포함)", "판정")] == [None] * 6
            assert "표본 부족" in row["비고"] or "비공개" in row["비고"]
        else:
            same(row, segment.figure, "NPS(순추천지수)")
            assert segment.rest is not None and row["차이"] == shown(segment.rest.value)
    assert hidden, "the demo has branches that are too small"


def test_trend_and_parts(base: Overview, sheets: dict[str, Worksheet]) -> None:
    rows = table(sheets["추이"])
    assert [r["기간"] for r in rows] == [i18n.period(base.grain, p.start, "ko") for p in base.trend if p.start]
    for row, point in zip(rows, base.trend, strict=True):
        same(row, point.figure, "NPS(순추천지수)")
    parts = table(sheets["추천 구성"])
    assert base.mix is not None
    assert [(r["비율(%)"], r["응답 수(n)"]) for r in parts] == list(
        zip(base.mix.percents, (base.mix.promoters, base.mix.passives, base.mix.detractors), strict=True))


def test_every_finding_also_those_the_page_has_no_room_for(base: Overview) -> None:
    told = reporting.edges(base)["29 stages, 30 branches"]
    assert told.findings.left_out > 0
    rows = table(book(told)["핵심 결과"])
    assert len(rows) == len(told.findings.found)
    for row, finding in zip(rows, told.findings.found, strict=True):
        same(row, finding.figure)
        assert row["차이"] == shown(finding.difference.value) and "니다" in row["핵심 결과"]
    (nothing,) = table(book(replace(told, findings=Findings((), 3)))["핵심 결과"])
    assert nothing["핵심 결과"].startswith("뚜렷한 변화가 없습니다")


def test_the_view_in_full(base: Overview) -> None:
    told = reporting.report(base, filters=(("지점", tuple(f"지점 {i}" for i in range(30))),), ledger_note="41.2였고 지금 40.8")
    rows = {r["항목"]: r["내용"] for r in table(book(told)["조건"])}
    assert rows["필터"] == "지점: " + ", ".join(f"지점 {i}" for i in range(30)), "no value is left out here"
    assert rows["조사 프로그램"] == told.program and rows["작성일"] == "2026년 11월 22일" and rows["수치 이력"] == "41.2였고 지금 40.8"
    assert rows["응답 수"] == i18n.number(base.responses, "ko") and rows["데이터 버전"] == str(base.version)


def test_nothing_in_it_runs(base: Overview) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    told = reporting.report(base, program=evil, filters=((evil, (evil,)),), period="+1", against="@x", ledger_note="-1+1",
                            values={s.value: evil for s in base.segments if s.value})
    made = book(told)
    assert any(c.value == evil for row in made["세그먼트"].iter_rows() for c in row)
    for sheet in made.values():
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None
                assert not (isinstance(cell.value, str) and cell.value[:1] in "=+-@" and cell.value != "–") or cell.quotePrefix, cell.value


@pytest.mark.parametrize("name", ["no NPS", "one wave", "hidden", "hostile"])
def test_what_is_not_there_has_no_sheet(base: Overview, name: str) -> None:
    told = reporting.edges(base)[name]
    names = list(book(told))
    assert names[:3] == SHEETS[:3]
    assert ("추천 구성" in names) == (told.result.mix is not None) and ("추이" in names) == (len(told.result.trend) > 1)
    assert ("경험 단계" in names) == bool(told.result.stages) and ("세그먼트" in names) == bool(told.result.segments)


def test_english(base: Overview) -> None:
    made = book(reporting.report(base, "en", filters=(), period="May"))
    assert list(made) == ["View", "Key findings", "Headlines", "Trend", "Stages", "Promoters", "Segments"]
    texts = [str(c.value) for sheet in made.values() for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [t for t in texts if any("가" <= c <= "힣" for c in t)]
