from __future__ import annotations

import re

import pytest

from cxdash.charts import rows, segments, stages, theme
from cxdash.export import images
from cxdash.services.segments import Segment
from cxdash.stats.figure import Difference
from tests.charts import drawing, samples

AVERAGE = samples.nps_of(208, 128, 120)


def test_stages_keep_journey_order_and_hidden_ones_their_row() -> None:
    frame = stages.data(samples.stages(), lang="ko")
    assert frame["name"].to_list() == ["인지", "탐색", "구매 검토", "구매", "배송", "설치", "사용", "사후 서비스", "폐기"]
    texts = drawing.svg_texts(stages.spec("ko"), frame, width=390)
    assert [t for t in texts if t in frame["name"].to_list()] == frame["name"].to_list()
    assert {"표본 부족 (n=6)", "71.2", "▲ 74.9", "▼ 58.3"} <= set(texts)
    assert "40.0" not in str(frame.row(8, named=True)["said"])


def test_small_bases_are_grey_and_hollow_and_not_ranked() -> None:
    frame = stages.data(samples.stages(), lang="ko")
    after = frame.row(7, named=True)
    assert (after["tone"], after["small"]) == (theme.MUTED, True) and "참고용" in after["note"]
    said = stages.describe(samples.stages(), lang="ko")
    assert "사용" in said and "배송" in said and "사후 서비스" not in said  # 52.4 on 22 answers is not the weakest stage


def test_better_and_worse_are_told_by_shape_glyph_and_words() -> None:
    frame = segments.data(samples.segments(), metric="nps", lang="ko", average=AVERAGE)
    up, down = frame.row(0, named=True), frame.row(1, named=True)
    assert (up["shape"], up["tone"], down["shape"], down["tone"]) == ("triangle-up", theme.GOOD, "triangle-down", theme.BAD)
    assert "유의하게 높음" in up["note"] and "유의하게 낮음" in down["note"] and "▲" in up["said"]


def test_segments_carry_their_base_and_the_average_is_named() -> None:
    frame = segments.data(samples.segments(), metric="nps", lang="ko", average=AVERAGE)
    texts = drawing.svg_texts(segments.spec("ko", "nps"), frame)
    assert {"서울 (n=100)", "제주 (n=20)", "세종 (n=6)", "(값 없음) (n=130)", "전체 19.3", "표본 부족 (n=6)"} <= set(texts)


def test_a_figure_hidden_for_its_neighbour_is_not_called_small() -> None:
    figure = samples.nps_of(30, 10, 5).hide("hidden_complement")
    frame = segments.data([Segment("가", figure, Difference(None), "untested")], metric="nps", lang="ko")
    assert frame["value"].to_list() == [None] and "소표본 보호" in frame["hidden"][0]


def test_ranked_order_puts_small_and_hidden_last() -> None:
    frame = segments.data(samples.segments(12), metric="nps", lang="ko", order="ranked")
    values = [v for v, small in zip(frame["value"], frame["small"], strict=True) if v is not None and not small]
    assert values == sorted(values, reverse=True) and frame["name"].to_list()[-2:] == ["제주", "세종"]


@pytest.mark.parametrize("count", [1, 2, 30, 40])
def test_every_label_stands_whole_and_apart(count: int) -> None:
    found = samples.segments(30)[:count] if count < 30 else samples.segments(count)
    frame = segments.data(found, metric="nps", lang="ko", names={"서울": samples.LONG})
    high = segments.height(frame)
    drawn = images.svg(theme.standalone(segments.spec("ko", "nps", height=high), frame, width=390)).decode()
    assert "…" not in drawn
    whole = "".join(re.findall(r">([^<>]+)</(?:text|tspan)>", drawn))
    assert samples.LONG.replace(" ", "") in whole.replace(" ", "")
    assert high >= count * rows.LINE


def test_names_from_a_file_are_text_and_nothing_else() -> None:
    hostile = ["<script>alert(1)</script>", "a\tb\nc", "\u202eabc", "datum.value", "'); x('", "가" * 200]
    found = [Segment(v, samples.nps_of(50, 30, 20), None, "untested") for v in [*hostile, *hostile[:1]]]
    frame = segments.data(found, metric="nps", lang="ko")
    texts = drawing.svg_texts(segments.spec("ko", "nps", height=segments.height(frame)), frame)
    assert "<script>alert(1)</script>" in "".join(texts).replace(" ", "") and "a b c (n=100)" in texts
    assert frame["key"].n_unique() == len(found)


def test_the_table_has_what_the_chart_has() -> None:
    table = segments.table(samples.segments(), metric="nps", lang="en")
    assert table.columns == ["Segment", "NPS", "95% low", "95% high", "Responses (n)", "Note"]
    assert table.row(0)[:2] == ("서울", 60.0) and table.row(4)[1:5] == (None, None, None, 6)
    assert table["Segment"].to_list()[-1] == "(no value)"
    assert stages.table(samples.stages(), lang="ko").columns[0] == "경험 단계"


def test_words_for_segments() -> None:
    said = segments.describe(samples.segments(), metric="nps", lang="ko")
    assert "▲ 서울" in said and "▼ 부산" in said and "60.0" in said and "n=100" in said
    assert "비교할 만큼" in segments.describe(samples.segments()[3:5], metric="nps", lang="ko")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_empty_results_still_make_charts(lang: str) -> None:
    assert stages.chart([], lang=lang).to_dict() and segments.chart([], metric="nps", lang=lang).to_dict()
    assert stages.describe([], lang=lang) and segments.describe([], metric="csat", lang=lang)
    assert drawing.svg_texts(segments.spec(lang, "nps"), segments.data([], metric="nps", lang=lang)) is not None
