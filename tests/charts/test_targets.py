"""Targets drawn: the goal has its tick on every row, the window covers it, words say what the interval allows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from cxdash.charts import targets as chart
from cxdash.charts import theme
from cxdash.charts.targets import Named
from cxdash.services.targets import Line, TargetInfo, against
from cxdash.stats.figure import Figure
from tests.charts import drawing

DUE = date(2026, 12, 31)


def named(metric: str, goal: float, figure: Figure | None, *, segment: str = "", days: int = 39, number: int = 1) -> Named:
    gap = figure.value - goal if figure is not None and figure.value is not None else None
    return Named(Line(TargetInfo(number, metric, goal, DUE, None, None), figure, gap, against(figure, goal), days), metric, segment)


def points(value: float, half: float, n: int = 400) -> Figure:
    return Figure(value, n, float(n), value - half, value + half, unit="points")


SOME = [
    named("NPS", 45, points(46, 5)),
    named("NPS", 30, points(46, 5), segment="강남 [지점](http://x)"),
    named("NPS", 90, points(46, 5), segment="종로"),
    named("NPS", 50, Figure(None, 7, base="hidden", unit="points"), segment="세종"),
]


def test_every_row_has_its_goal_and_the_window_holds_it() -> None:
    frame = chart.data(SOME, lang="ko", signed=True)
    assert frame["goal"].to_list() == [45.0, 30.0, 90.0, 50.0] and set(frame["goal_tone"]) == {"fourth"}
    assert frame["floor"][0] <= 30 and frame["ceiling"][0] >= 90 and frame["ceiling"].n_unique() == 1
    assert frame["tone"].to_list()[:3] == [theme.ACCENT, theme.GOOD, theme.BAD]
    edge = chart.data([named("CSAT", 60, Figure(75.0, 400, 400.0, 72.0, 78.0))], lang="ko", signed=False)
    assert edge["floor"][0] < 60, "a goal does not stand on the edge"
    whole = chart.data([named("CSAT", 100, Figure(75.0, 400, 400.0, 72.0, 78.0))], lang="ko", signed=False)
    assert whole["ceiling"][0] == 100, "no axis leaves what a share can be"


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "ko",
            ("달성: 구간 전체가 목표 이상", "미달: 구간 전체가 목표 아래", "구간 안: 아직 판단할 수 없음", "목표 45", "표본 부족 (n=7)"),
        ),
        ("en", ("met (interval above)", "not met (interval below)", "in the interval: undecided", "Target 45", "n=7")),
    ],
)
def test_the_words_say_exactly_what_the_interval_allows(lang: str, words: tuple[str, ...]) -> None:
    frame = chart.data(SOME, lang=lang, signed=True)
    met, missed, undecided, aim, few = words
    assert undecided in frame["note"][0] and aim in frame["note"][0]
    assert met in frame["note"][1] and missed in frame["note"][2] and few in frame["note"][3]
    texts = drawing.svg_texts(chart.spec(lang, height=chart.height(frame)), frame)
    assert {"46.0 / 45", "▲ 46.0 / 30", "▼ 46.0 / 90"} <= set(texts)


def test_the_goal_is_drawn_in_its_own_colour() -> None:
    frame = chart.data(SOME[:1], lang="ko", signed=True)
    image = drawing.picture(chart.spec("ko", height=chart.height(frame)), frame)
    wanted = tuple(int(theme.PALETTES["light"][theme.TONES.index("fourth")][i : i + 2], 16) for i in (1, 3, 5))
    found = int((np.abs(np.asarray(image, int) - wanted).max(axis=2) < 12).sum())
    assert found > 30, "the tick at the goal"


def test_said_and_table_hold_the_numbers() -> None:
    said = chart.describe(SOME, lang="ko")
    assert said.startswith("목표 4개: 달성 1, 미달 1, 아직 판단할 수 없음 1, 판단하지 않음 1.") and "미달: NPS · 종로." in said
    table = chart.table([*SOME, named("CSAT", 82.5, None, days=-3)], lang="ko")
    assert table.columns == [
        "지표",
        "대상",
        "목표",
        "실적",
        "95% 하한",
        "95% 상한",
        "응답 수(n)",
        "목표와의 차이",
        "판단",
        "목표일",
        "남은 날",
        "메모",
    ]
    assert table.row(0) == ("NPS", "전체", 45.0, 46.0, 41.0, 51.0, 400, 1.0, "구간 안: 아직 판단할 수 없음", DUE, 39, None)
    assert table.row(3)[3:6] == (None, None, None) and table.row(3)[6:9] == (7, None, "답이 적어 판단하지 않음")
    assert table.row(4) == ("CSAT", "전체", 82.5, None, None, None, 0, None, "지금은 계산할 수 없음", DUE, -3, None)


def test_units_and_days() -> None:
    share = Figure(75.0, 400, 400.0, 72.0, 78.0, unit="percent")
    assert chart.goal_text(82.5, share, "ko") == "82.5%" and chart.goal_text(45.0, points(1, 1), "ko") == "45"
    days = [chart.days_text(named("NPS", 1, None, days=d).line, "ko") for d in (3, 0, -1200)]
    assert days == ["3일 남음", "오늘까지", "1,200일 지남"]
