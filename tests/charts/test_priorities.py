"""Priorities and gaps drawn: every item has its mark and number, names cover nothing, pictures stand alone, hostile names stay text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cxdash.charts import gaps as lines
from cxdash.charts import pairs, priorities as chart, reasons, rows, standards, theme
from cxdash.charts.priorities import Axes
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import StageInfo
from cxdash.services.deps import Deps
from cxdash.services.gaps import Gaps, StageStandard, gaps
from cxdash.services.priorities import Priorities, priorities
from cxdash.services.view import View
from cxdash.stats.counts import Counts
from cxdash.stats.gaps import standard_shares
from tests import house
from tests.charts import drawing
from tests.services import measured

HOSTILE = '<b>[x](http://x)</b>\n"구매" › 아주 긴 이름을 가진 경험요소로서 서른 자를 훌쩍 넘는 것'
AXES = Axes("만족도", "응답 중요도", False)


@pytest.fixture(scope="module")
def deps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("charts") / "home")
    measured.build(made)
    yield made
    house.close(made)


@pytest.fixture(scope="module")
def page(deps: Deps) -> Priorities:
    return priorities(deps, LOCAL, view=View(measured.SLUG, "all", level="factor"))


@pytest.fixture(scope="module")
def found(deps: Deps) -> Gaps:
    return gaps(deps, LOCAL, view=View(measured.SLUG, "all"))


def called(page: Priorities, **names: str) -> dict[str, str]:
    return {p.name: names.get(p.name.partition(":")[2].partition(".")[0], p.name.partition(":")[2]) for p in page.points}


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_quadrants_are_drawn_with_numbers_names_and_corners(page: Priorities, lang: str) -> None:
    names = called(page, wait=HOSTILE)
    frame = chart.data(page, names, lang=lang, percent=False, opened="question:wait.SAT")
    assert page.placement is not None and frame[theme.PICK].to_list() == [p.item for p in page.placement.items]
    assert frame["opened"].to_list() == [True, *[False] * 5]
    assert frame["hollow"].to_list() == [bool(p.borderline) for p in page.placement.items]
    row = frame.row(0, named=True)
    assert row["tone"] == theme.BAD and (row["left"] < row["x_low"]) and (row["right"] > row["line_x"]) and row["bottom"] < row["line_y"]
    wide = drawing.svg_texts(chart.spec(lang, AXES), frame, width=900)
    assert {chart.quadrant_name(q, lang) for q in chart.QUADRANTS} <= set(wide)
    assert any(text.startswith("3 ease") for text in wide), wide
    narrow = drawing.svg_texts(chart.spec(lang, AXES), frame, width=330)
    assert {"1", "2", "3", "4", "5", "6"} <= set(narrow) and not any("ease" in text for text in narrow)
    chart.chart(page, names, lang=lang, axes=AXES).to_dict()  # checked against the schema
    said = chart.describe(page, names, lang=lang)
    assert "wait" not in said and "구매" in said and "\n" not in said


def test_names_cover_neither_marks_nor_each_other(page: Priorities) -> None:
    assert page.placement is not None
    items = page.placement.items
    xs, ys = (40.0, 80.0), (50.0, 90.0)
    sides = chart._sides(items, {p.item: "가나다라마바사" for p in items}, xs, ys)
    assert set(sides) == {p.item for p in items} and set(sides.values()) <= {*chart._SIDES, "none"}
    crowd = chart._sides(items * 1, {p.item: "가" * 60 for p in items}, xs, ys)
    assert list(crowd.values()).count("none") >= 1  # a name that fits nowhere is left to its number


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_reasons_say_both_values_against_the_lines(page: Priorities, lang: str) -> None:
    table = reasons.reasons(page, called(page), lang=lang, axes=AXES, beside={})
    full = reasons.table(page, called(page), lang=lang, axes=AXES, beside={}, beside_title="x")
    assert len(table) == len(full) == 7 and "x" not in full.columns
    assert page.placement is not None
    first, cross = page.placement.items[0], page.placement.crosshair
    told = table.row(0)[-1]
    for value in (first.importance.value, first.performance.value, cross.importance, cross.performance):
        assert chart.score(value, lang) in told
    assert full.row(0)[0] == 1 and full.row(6)[0] is None


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_gaps_experience_and_kinds_are_drawn(found: Gaps, lang: str) -> None:
    names = {g.question.code: HOSTILE if g.question.code == "wait.SAT" else g.question.code for g in found.factors}
    frame = pairs.data(lines.gap_pairs(found.factors, names, lang=lang), lang=lang)
    texts = drawing.svg_texts(pairs.spec(lang, lines.gap_titles(lang), height=pairs.height(frame)), frame)
    assert any(text.startswith("▼ -18") for text in texts) and any(text.startswith("▲ +10") for text in texts)
    assert frame["floor"][0] <= frame["first"].min() and frame["ceiling"][0] >= frame["second"].max()  # type: ignore[operator]
    table = lines.gap_table(found.factors, names, lang=lang)
    assert table.row(0)[3] == pytest.approx(-18.1) and table["n" if "n" in table.columns else table.columns[6]].to_list()[0] == 803
    felt = pairs.data(lines.experience_pairs(found.stages, lang=lang), lang=lang)
    words = drawing.svg_texts(pairs.spec(lang, lines.experience_titles(lang), height=pairs.height(felt)), felt)
    assert not any("▼" in w or "▲" in w for w in words) and felt["first"].to_list()[3] is None
    assert len(lines.experience_table(found.stages, lang=lang)) == 4 and lines.experience_describe(found.stages, lang=lang)
    for kinds in found.kinds:
        data = rows.data(lines.kind_rows(kinds, lang=lang), lang=lang, signed=False)
        assert drawing.svg_texts(lines.kind_spec(lang, data), data)
        assert len(lines.pair_table(kinds, lang=lang)) == len(kinds.pairs) and len(lines.kind_table(kinds, lang=lang)) == len(kinds.scores)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_standard_is_one_bar_that_fills_the_width(lang: str) -> None:
    def stage(code: str, counts: Counts) -> StageStandard:
        shares: dict[str, Any] = dict(standard_shares(counts, 50, 100))
        if counts.size < 10:
            shares = {name: figure.hide() for name, figure in shares.items()}
        return StageStandard(StageInfo(1, code, {"ko": HOSTILE}), (), None, shares, None, "untested")

    some = [stage("a", Counts.from_values([0] * 10 + [50] * 25 + [100] * 5)), stage("b", Counts.from_values([0, 50, 100]))]
    frame = standards.data(some, lang=lang)
    assert frame["end"].to_list() == pytest.approx([25.0, 87.5, 100.0, 0.0]) and frame["hidden"].to_list()[3] is not None
    texts = drawing.svg_texts(standards.spec(lang, height=standards.height(frame)), frame)
    assert {"25%", "62%", "13%"} <= set(texts) or {"25%", "63%", "12%"} <= set(texts)  # whole percentages add up to 100
    table = standards.table(some, lang=lang)
    assert len(table) == 2 and table.row(1)[2] is None and "25" in standards.describe(some, lang=lang)
    standards.chart(some, lang=lang).to_dict()
