from __future__ import annotations

from datetime import date

import pytest

from cxdash.charts import theme, trend
from cxdash.services.overview import TrendPoint
from tests.charts import drawing, samples


def points_of(lang: str = "ko") -> list[dict[str, object]]:
    frame = trend.data(samples.months(), grain="month", metric="nps", lang=lang)
    return [r for r in frame.to_dicts() if r["role"] == "point"]


def test_a_month_without_answers_keeps_its_place_and_breaks_the_line() -> None:
    rows = points_of()
    assert [r["period"] for r in rows] == [f"2026년 {m}월" for m in range(1, 10)]
    march, june = rows[2], rows[5]
    assert march["value"] is None and march["value_text"] == "표본 부족 (n=7)" and june["value_text"] == "응답 없음"
    runs = [r["run"] for r in rows if r["value"] is not None]
    assert runs[0] == runs[1] != runs[2] == runs[3] != runs[4] == runs[5] != runs[6]


def test_a_hidden_period_gives_away_nothing() -> None:
    march = points_of()[2]
    assert (march["value"], march["low"], march["high"], march["interval"]) == (None, None, None, "–")


def test_the_partial_period_is_reached_by_a_dashed_line_only() -> None:
    frame = trend.data(samples.months(), grain="month", metric="nps", lang="ko")
    links = frame.filter(role="link")["period"].to_list()
    assert links == ["2026년 8월", "2026년 9월"]
    last = points_of()[-1]
    assert last["partial"] and last["alone"] and "아직 끝나지 않은 기간" in str(last["note"])


def test_no_line_crosses_a_break_of_method() -> None:
    points, infos = samples.waves()
    frame = trend.data(points, grain="wave", metric="nps", lang="ko", waves=infos)
    assert frame["period"].to_list() == ["2025 상반기", "2025 하반기", "2026 상반기"]
    assert frame["run"][0] == frame["run"][1] != frame["run"][2] and frame["breaks"][2] == "조사 채널 변경"
    texts = drawing.svg_texts(trend.spec("ko", "nps"), frame)
    assert {"2025 상반기", "2026 상반기", "조사 채널 변경"} <= set(texts)


def test_waves_of_the_same_name_stay_two_places() -> None:
    points, infos = samples.waves()
    same = [type(w)(w.id, w.code, {"ko": "정기 조사"}) for w in infos]
    frame = trend.data(points, grain="wave", metric="nps", lang="ko", waves=same)
    assert frame["key"].n_unique() == 3
    assert drawing.svg_texts(trend.spec("ko", "nps"), frame).count("정기 조사") == 3


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_draws_at_phone_width_in_both_modes(lang: str, mode: theme.Mode) -> None:
    frame = trend.data(samples.months(), grain="month", metric="nps", lang=lang)
    texts = drawing.svg_texts(trend.spec(lang, "nps"), frame, width=390, mode=mode)
    assert ("1월" if lang == "ko" else "Jan") in texts
    picture = drawing.picture(trend.spec(lang, "nps"), frame, mode=mode)
    assert len(picture.getcolors(1 << 20) or []) > 20


def test_the_spec_depends_on_its_arguments_only_and_callers_cannot_spoil_it() -> None:
    spec = trend.spec("ko", "nps")
    spec["layer"].clear()
    assert trend.spec("ko", "nps")["layer"] and trend.spec("ko", "csat", height=180)["height"] == 180
    assert "data" not in trend.spec("ko", "nps") and "config" not in trend.spec("ko", "nps")
    assert "#" not in str(trend.spec("ko", "nps"))  # colours belong to the theme


def test_weeks_without_end_do_not_fill_the_axis() -> None:
    far = [TrendPoint(date(1900, 1, 1), None, samples.nps_of(50, 30, 20)), TrendPoint(date(2026, 3, 16), None, samples.nps_of(50, 30, 20))]
    assert trend.data(far, grain="week", metric="nps", lang="ko").height == 2


def test_one_point_and_no_point() -> None:
    one = samples.months()[:1]
    assert drawing.svg_texts(trend.spec("ko", "nps"), trend.data(one, grain="month", metric="nps", lang="ko"))
    assert "비교할 다른 기간이 없습니다" in trend.describe(one, grain="month", metric="nps", lang="ko")
    empty = trend.data([], grain="month", metric="nps", lang="ko")
    assert empty.is_empty() and trend.chart([], grain="month", metric="nps", lang="ko").to_dict()
    assert "없습니다" in trend.describe([], grain="month", metric="nps", lang="ko")


def test_the_words_and_the_table_say_the_same_numbers() -> None:
    said = trend.describe(samples.months(), grain="month", metric="nps", lang="ko")
    assert all(part in said for part in ("2026년 1월 30.0", "2026년 9월 36.4", "최고 2026년 4월 45.0", "최저 2026년 7월 20.0"))
    table = trend.table(samples.months(), grain="month", metric="nps", lang="ko")
    assert table.columns == ["기간", "NPS(순추천지수)", "95% 하한", "95% 상한", "응답 수(n)", "비고"]
    assert table.row(0)[:5] == ("2026년 1월", 30.0, 14.1, 44.2, 100)
    assert table.row(2)[1:5] == (None, None, None, 7) and table.row(2)[5] == "표본 부족 (n=7)"
