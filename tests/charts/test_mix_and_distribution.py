from __future__ import annotations

import re

import pytest

from cxdash.charts import distribution, mix, theme
from cxdash.export import images
from cxdash.services.overview import Mix
from cxdash.terms import Scale
from tests.charts import drawing, samples

LIKERT = Scale(1, 5, labels={1: "매우 불만족", 2: "불만족", 3: "보통", 4: "만족", 5: "매우 만족"})


def test_the_mix_names_each_part_with_share_and_count() -> None:
    frame = mix.data(samples.mix(), lang="ko")
    assert frame.select("start", "end").rows() == [(0, 58), (58, 85), (85, 100)]
    assert drawing.svg_texts(mix.spec("ko"), frame) == ["■ 추천 58% (1,234명)", "■ 중립 27% (567명)", "■ 비추천 15% (321명)"]
    assert drawing.svg_texts(mix.spec("ko"), frame, width=360) == ["■ 추천 58%", "■ 중립 27%", "■ 비추천 15%"]
    assert mix.describe(samples.mix(), lang="ko").endswith("전체 응답 2,122건.")
    assert mix.table(samples.mix(), lang="ko")["비율(%)"].sum() == 100


def test_the_bar_stays_within_its_height() -> None:
    drawn = images.svg(theme.standalone(mix.spec("ko"), mix.data(samples.mix(), lang="ko"))).decode()
    ends = [float(y) + float(h) for y, h in re.findall(r"M[\d.]+,([\d.]+)h[\d.]+.*?v([\d.]+)", drawn)]
    assert ends and max(ends) <= mix.HEIGHT


def test_a_part_of_zero_is_named_and_takes_no_room() -> None:
    frame = mix.data(Mix(0, 0, 12, (0, 0, 100)), lang="en")
    assert frame["end"].to_list() == [0, 0, 100] and "■ Promoters 0% (0)" in drawing.svg_texts(mix.spec("en"), frame)


@pytest.mark.parametrize("scale", [Scale(0, 10), Scale(-3, 3), Scale(1, 4), LIKERT, Scale(0, 100)])
def test_a_distribution_counts_every_answer_once(scale: Scale) -> None:
    counts = {p: 3 * i + 1 for i, p in enumerate(scale.points)}
    frame = distribution.data(scale, counts, lang="ko")
    assert frame["n"].sum() == sum(counts.values())
    assert abs(sum(distribution.table(scale, counts, lang="ko")["비율(%)"]) - 100) < 1e-9
    in_rows = distribution.labelled(scale)
    texts = drawing.svg_texts(distribution.spec("ko", in_rows=in_rows), frame, width=390)
    assert texts[0] == str(scale.lo) or "매우 불만족" in "".join(texts) or "0–9" in texts
    assert in_rows is (scale is LIKERT)


def test_a_scale_of_labels_shows_them_with_shares() -> None:
    frame = distribution.data(LIKERT, {1: 1, 4: 1, 5: 2, 9: 50}, lang="ko")
    texts = drawing.svg_texts(distribution.spec("ko", in_rows=True, height=distribution.height(frame)), frame, width=360)
    assert {"1 매우 불만족", "25.0% (1)", "50.0% (2)", "0.0% (0)"} <= set(texts)
    assert distribution.describe(LIKERT, {1: 1, 4: 1, 5: 2}, lang="ko") == "응답 4건 중 5 매우 만족 응답이 50.0%로 가장 많습니다."


def test_no_answers_make_an_empty_chart_and_say_so() -> None:
    frame = distribution.data(LIKERT, {}, lang="ko")
    assert frame["share"].to_list() == ["–"] * 5 and distribution.describe(LIKERT, {}, lang="ko") == "응답이 없습니다."
    assert distribution.chart(LIKERT, {}, lang="en").to_dict()
