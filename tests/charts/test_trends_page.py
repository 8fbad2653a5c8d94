"""The charts of the trends page: several lines, control limits."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from cxdash.charts import limits, lines, theme
from cxdash.services.limits import Limit, Limits, Signal
from cxdash.services.overview import TrendPoint
from cxdash.services.trends import Series
from tests.charts import drawing, samples

HOSTILE = '=HYPERLINK("x")\t<b>매우 긴 이름의 지점과 직원의 친절도</b>\u0000'


def series() -> list[Series]:
    """Three lines; the second ends hidden, the third misses a month."""
    whole = samples.months()
    end = TrendPoint(whole[-1].start, None, samples.nps_of(3, 2, 1), partial=True)
    return [Series("a", 900, tuple(whole), 0), Series("b", 500, (*whole[:-1], end), 6), Series(None, 100, tuple(whole[3:]), 2)]


def judged() -> Limits:
    at = tuple(None if p.figure.value is None or p.partial else Limit(30.0, 12.0, 48.0) for p in samples.months())
    return Limits(at, (Signal("below", 0, 0), Signal("run_above", 3, 6, 8)), 8, "nps")


def valid(spec: theme.Spec, frame: pl.DataFrame) -> None:
    """The schema accepts it."""
    assert drawing.keeps_to_the_schema(spec, {"values": frame.to_dicts()})


def test_lines_keep_colours_by_place_and_never_share_one() -> None:
    assert lines.tones(series()) == [theme.TONES[0], theme.TONES[1], theme.TONES[2]], "places 0 and 6 fall on the same tone"
    alone = lines.tones([series()[2]])
    assert alone == [theme.TONES[2]], "a filter changes no colour"
    assert len(lines.TONES) == len(lines.SHAPES) == len(set(lines.SHAPES)) and theme.MUTED not in lines.TONES


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_line_is_named_at_its_end(lang: str, mode: theme.Mode) -> None:
    names = {"a": "서울", "b": HOSTILE}
    frame = lines.data(series(), grain="month", metric="nps", lang=lang, names=names)
    spec = lines.spec(lang, "nps")
    valid(spec, frame)
    texts = drawing.svg_texts(spec, frame, width=390, mode=mode)
    assert "서울" in texts and any("HYPERLINK" in t for t in texts)
    ends = frame.filter(frame["label"].is_not_null())
    assert len(ends) == 3 and ends["value"].null_count() == 0
    at = sorted(ends["label_at"].to_list())
    assert all(b - a > 3 for a, b in zip(at, at[1:], strict=False)), "labels do not cover each other"


def test_all_lines_share_their_periods_and_gaps_stay_gaps() -> None:
    frame = lines.data(series(), grain="month", metric="nps", lang="ko", names={})
    points = frame.filter(role="point")
    assert points.group_by("series").len()["len"].to_list() == [9, 9, 9]
    third = points.filter(series="(값 없음)")
    assert third["value"].null_count() == 4 and third["value"][0] is None  # three not asked, June empty
    assert frame.filter(role="link").group_by("run").len()["len"].to_list() == [2, 2], "dashed to the last month of two lines"
    assert set(frame["pick"].to_list()) == {"a", "b", "(none)"}


def test_a_hidden_point_of_a_line_gives_away_nothing() -> None:
    frame = lines.data(series(), grain="month", metric="nps", lang="ko", names={"b": "부산"})
    last = frame.filter(series="부산", period="2026년 9월").row(0, named=True)
    assert (last["value"], last["low"], last["high"]) == (None, None, None) and "표본 부족" in last["value_text"]
    table = lines.table(series(), grain="month", metric="nps", lang="ko", names={"b": "부산"})
    assert len(table) == 9 + 9 + 6 and table.columns[0] == "세그먼트"
    said = lines.describe(series(), grain="month", metric="nps", lang="ko", names={"a": "서울", "b": "부산"})
    assert "선 3개" in said and "서울: 2026년 1월 30.0에서 2026년 9월 36.4(n=55)" in said and "부산: 2026년 1월 30.0에서 2026년 8월" in said


def test_limits_stand_beside_the_points_they_belong_to() -> None:
    points, found = samples.months(), judged()
    frame = limits.data(points, found, grain="month", metric="nps", lang="ko")
    rows = {r["period"]: r for r in frame.filter(role="point").to_dicts()}
    assert rows["2026년 6월"]["centre"] is None and rows["2026년 9월"]["centre"] is None and rows["2026년 3월"]["lower"] is None
    assert (rows["2026년 8월"]["centre"], rows["2026년 8월"]["upper"]) == (30.0, 48.0) and rows["2026년 8월"]["line_end"]
    assert rows["2026년 1월"]["ring"] == theme.BAD and rows["2026년 1월"]["outside"]
    assert rows["2026년 8월"]["ring"] == theme.GOOD and not rows["2026년 8월"]["outside"]
    spec = limits.spec("ko", "nps")
    valid(spec, frame)
    assert {"상한 48.0", "중심 30.0", "하한 12.0"} <= set(drawing.svg_texts(spec, frame))


def test_signals_are_sentences_latest_first() -> None:
    told = limits.sentences(samples.months(), judged(), grain="month", lang="ko")
    assert told[0].startswith("2026년 4월부터 2026년 8월까지: 8개 기간 연속 중심선 위")
    assert told[1] == "2026년 1월: 관리한계 아래 (30.0, 한계 12.0 ~ 48.0)"
    table = limits.table(samples.months(), judged(), grain="month", metric="nps", lang="ko")
    assert table.columns[-4:] == ["중심", "관리하한", "관리상한", "신호"] and table["신호"][0] == "관리한계 아래"
    assert table["중심"].to_list()[:4] == [30.0, 30.0, None, 30.0]


def test_without_limits_the_trend_alone() -> None:
    one = [TrendPoint(date(2026, 1, 1), None, samples.nps_of(50, 30, 20)), TrendPoint(date(2026, 2, 1), None, samples.nps_of(40, 30, 30))]
    frame = limits.data(one, Limits(absent="few"), grain="month", metric="nps", lang="en")
    assert frame["centre"].null_count() == len(frame) and limits.sentences(one, Limits(absent="few"), grain="month", lang="en") == []
    assert "Jan" in drawing.svg_texts(limits.spec("en", "nps"), frame)
    assert limits.table(one, Limits(absent="few"), grain="month", metric="nps", lang="en")["Centre"].null_count() == 2


def test_waves_with_limits_and_a_break() -> None:
    points, infos = samples.waves()
    found = Limits((None, None, Limit(10.0, 0.0, 20.0)), (), 8, "nps")
    frame = limits.data(points, found, grain="wave", metric="nps", lang="ko", waves=infos)
    assert frame["centre"].to_list() == [None, None, 10.0]
    split = lines.data([Series("x", 300, tuple(points))], grain="wave", metric="nps", lang="ko", waves=infos)
    assert split["period"].to_list() == ["2025 상반기", "2025 하반기", "2026 상반기"] and split["run"][1] != split["run"][2]
