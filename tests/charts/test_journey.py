"""The charts of the journey page: what is written in them, how they are tinted, and that every number on a tint can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import polars as pl
import pytest

from cxdash.charts import answers, heatmap, journey as scores, labels, theme
from cxdash.export import images
from cxdash.services.catalog import Catalog, QuestionInfo, StageInfo, TouchpointInfo
from cxdash.services.journey import HeatMap, HeatRow
from cxdash.services.segments import Segment
from cxdash.services.touchpoints import Answered, Band, StageDetail, TouchpointScore
from cxdash.services.view import Scope
from cxdash.facts.question import Filter
from cxdash.stats.bases import apply_base
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.shares import share
from cxdash.terms import Direction, Measure, Scale
from tests.charts import samples
from tests.charts.drawing import keeps_to_the_schema, picture, svg_texts
from tests.charts.test_theme import contrast

NAMES = {"a": "강남지점", "b": "강북지점(신설)", "c": "제주"}


def cell(value: str | None, score: float | None, n: int, gap: float = 0.0, verdict: str = "none") -> Segment:
    figure = apply_base(Figure(score, n, float(n), score and score - 3, score and score + 3, 1.5, unit="score100"))
    difference = Difference(gap, p=0.001 if verdict in ("up", "down") else 0.5, tested=True, significant=verdict in ("up", "down"))
    return Segment(value, figure, difference, verdict)  # type: ignore[arg-type]


def heat() -> HeatMap:
    protected = replace(cell(None, 60.0, 200), figure=cell(None, 60.0, 200).figure.hide("hidden_complement"))
    buy, use = StageInfo(1, "buy", {"ko": "구매", "en": "Purchase"}), StageInfo(2, "use", {"ko": "사용"})
    return HeatMap("branch", ("a", "b", "c", None), (
        HeatRow(buy, samples.score(70.0, 900, 1), (cell("a", 81.0, 400, 14.2, "up"), cell("b", 52.0, 300, -22.0, "down"),
                                                   cell("c", 90.0, 20), cell(None, 71.0, 180, 1.3))),
        HeatRow(use, samples.score(60.0, 500, 1), (cell("a", 61.9, 200, 3.1), cell("b", 79.0, 60, 20.0), cell("c", 60.0, 7),
                                                   protected)),
    ), 0)


def drawn(frame: pl.DataFrame, stage: int, column: int) -> dict[str, object]:
    return frame.filter((pl.col("kind") == "cell") & (pl.col("y_order") == stage) & (pl.col("x_order") == column)).row(0, named=True)


def test_tints_follow_the_distance_only_where_it_is_significant() -> None:
    frame = heatmap.data(heat(), lang="ko", names=NAMES)
    up, down = drawn(frame, 0, 1), drawn(frame, 0, 2)
    assert (up["text"], up["tone"], up["opacity"]) == ("81.0 ▲", theme.ACCENT, heatmap.OPACITIES[2])
    assert (down["text"], down["tone"], down["opacity"]) == ("52.0 ▼", theme.BAD, heatmap.OPACITIES[3])
    chance = drawn(frame, 1, 2)  # 19 points above its stage, not significant
    assert (chance["text"], chance["tone"], chance["opacity"]) == ("79.0", theme.ACCENT, heatmap.OPACITIES[1])
    near = drawn(frame, 1, 1)
    assert (near["tone"], near["opacity"]) == (theme.MUTED, heatmap.OPACITIES[0])


def test_small_bases_are_grey_and_hidden_ones_say_why() -> None:
    frame = heatmap.data(heat(), lang="ko", names=NAMES)
    small, hidden, protected = drawn(frame, 0, 3), drawn(frame, 1, 3), drawn(frame, 1, 4)
    assert (small["ink"], small["opacity"], small["text"]) == (theme.MUTED, 0.0, "90.0")
    assert (hidden["text"], hidden["opacity"]) == ("–", 0.0) and "n=7" in str(hidden["value_text"])
    assert protected["text"] == "–" and "보호" in str(protected["note"])
    whole = drawn(frame, 0, 0)
    assert whole["text"] == "70.0" and whole[theme.PICK] is None and whole["opacity"] == 0.0
    assert [drawn(frame, 0, i)[theme.PICK] for i in (1, 4)] == ["a", "(none)"]


@pytest.mark.parametrize(("mode", "tone", "opacity"), [
    *product(theme.PALETTES, (theme.ACCENT, theme.BAD, theme.MUTED), heatmap.OPACITIES),
    *product(theme.PALETTES, (theme.ACCENT, theme.BAD, theme.MUTED), (answers._LEAST, answers._MOST)),
])
def test_numbers_on_tints_can_be_read(mode: theme.Mode, tone: str, opacity: float) -> None:
    palette = theme.PALETTES[mode]
    ground = blended(palette[theme.TONES.index(tone)], theme.config(mode)["background"], opacity)
    assert contrast(palette[theme.TONES.index(theme.INK)], ground) >= 4.5


def blended(top: str, under: str, opacity: float) -> str:
    parts = [round(opacity * int(top[i:i + 2], 16) + (1 - opacity) * int(under[i:i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{p:02x}" for p in parts)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_heat_map_draws_every_name_and_number(lang: str, mode: theme.Mode) -> None:
    frame = heatmap.data(heat(), lang=lang, names=NAMES)
    told = svg_texts(heatmap.spec(lang, frame), frame, width=heatmap.least_width(heat(), lang, NAMES), mode=mode)
    for text in ("81.0 ▲", "52.0 ▼", "70.0", "±0", "≥+15", "≤-15", "강남지점" if lang == "ko" else "Purchase"):
        assert text in told
    assert "".join(labels.wrap("강북지점(신설)", 5)) in "".join(told)


def test_many_values_ask_for_room_and_two_lines_for_height() -> None:
    values = tuple(f"{i}번 지점" for i in range(40))
    wide = HeatMap("b", values, (HeatRow(StageInfo(1, "s", {"ko": "단계"}), samples.score(60, 4000, 1),
                                         tuple(cell(v, 60.0, 100) for v in values)),), 3)
    assert heatmap.least_width(wide, "ko", {}) > 40 * 60
    frame = heatmap.data(wide, lang="ko", names={})
    assert frame.filter(pl.col("kind") == "cell").height == 41
    image = picture(heatmap.spec("ko", frame), frame, width=heatmap.least_width(wide, "ko", {}))
    assert image.width >= 2400 and len(image.getcolors(100_000) or []) > 10


def test_heat_map_in_words_and_as_a_table() -> None:
    said = heatmap.describe(heat(), lang="ko", names=NAMES)
    assert "▲ 구매 강남지점 81.0" in said and "▼ 구매 강북지점(신설) 52.0" in said and "사용 강북지점" not in said
    table = heatmap.table(heat(), lang="ko", names=NAMES)
    assert table.height == 10 and table.columns[:3] == ["경험 단계", "세그먼트", "단계 점수(100점 환산)"]
    first = table.row(1)
    assert first[:6] == ("구매", "강남지점", 81.0, 78.0, 84.0, 400) and first[6] == 14.2
    assert table.row(8)[2] is None and "표본" in table.row(8)[-1]


def asked(
    code: str, points: list[int], scale: Scale, *, n: int = 100, wording: str = "", measure: Measure = Measure.SATISFACTION
) -> Answered:
    question = QuestionInfo(code, measure, {"ko": wording or f"{code} 문항은 어떠셨습니까?"}, scale, "buy")
    upwards = sorted(scale.points, key=scale.oriented)
    bands = tuple(Band(p, p, c, share(float(c), sum(points))) for p, c in zip(upwards, points, strict=True))
    figure = samples.score(72.4, n, 2.0)
    return Answered(question, scale, None, figure, Difference(-3.2, p=0.001, tested=True, significant=True), "down",
                    bands if figure.value is not None else ())


def detail(*direct: Answered, under: tuple[Answered, ...] = ()) -> StageDetail:
    catalog = Catalog(1, "p", {}, "Asia/Seoul", False, (), (), (), (), {}, {})
    place = TouchpointInfo(1, "buy", "buy/till", {"ko": "계산대"})
    touchpoints = (TouchpointScore(place, samples.score(70, 300, 2), 2, None, "untested", under),) if under else ()
    scope = Scope(Filter(), None, "all", None, None, "")
    return StageDetail(catalog, scope, StageInfo(1, "buy", {"ko": "구매"}), 400, direct, touchpoints, ())


REVERSED = Scale(1, 5, Direction.LOW, {1: "매우 만족", 5: "매우 불만"})


def test_the_favourable_end_is_on_the_right_and_parts_fill_the_bar() -> None:
    frame = answers.data(detail(asked("q", [5, 10, 15, 30, 40], REVERSED)), lang="ko")
    parts = frame.filter(pl.col("kind") == "part")
    assert parts["answer"].to_list() == ["5 매우 불만", "4", "3", "2", "1 매우 만족"]
    assert parts["tone"].to_list() == [theme.BAD, theme.BAD, theme.MUTED, theme.ACCENT, theme.ACCENT]
    assert parts["start"][0] == 0 and parts["end"][-1] == pytest.approx(100)
    assert parts["start"].to_list()[1:] == parts["end"].to_list()[:-1]
    assert parts["text"].to_list() == ["5%", "10%", "15%", "30%", "40%"]
    ends = {row["kind"]: row["text"] for row in frame.iter_rows(named=True) if row["kind"] in ("low", "high")}
    assert ends == {"low": "5 매우 불만", "high": "1 매우 만족"}


def test_whole_wordings_scores_and_reasons_are_drawn() -> None:
    long = samples.LONG * 3
    shown = detail(asked("q", [1, 2, 3, 4, 90], Scale(1, 5), wording=long), asked("few", [1, 1, 1, 1, 1], Scale(1, 5), n=7),
                   under=(asked("need", [0, 0, 10, 20, 70], Scale(1, 5), measure=Measure.IMPORTANCE),))
    frame = answers.data(shown, lang="ko")
    told = svg_texts(answers.spec("ko", height=answers.height(frame)), frame, width=360)
    assert long.replace(" ", "") in "".join(told).replace(" ", "")
    assert "단계 전체에 대한 문항" in told and "계산대" in told and any(t.startswith("[중요도]") for t in told)
    assert any("72.4점" in t and "n=100" in t and "▼ -3.2" in t for t in told) and "표본 부족 (n=7)" in told
    assert "90%" in told and "1%" not in told, "a part too narrow for its percentage has none"


@pytest.mark.parametrize(("title", "subtitle"), [("", ""), ("분포", ""), ("문항별 응답 분포 " * 12, ""), ("분포", "전체 기간 " * 40)])
def test_a_title_takes_no_room_from_what_is_drawn_in_pixels(title: str, subtitle: str) -> None:
    frame = answers.data(detail(asked("q", [5, 10, 15, 30, 40], REVERSED)), lang="ko")
    high = answers.height(frame)
    drawn = images.svg(theme.standalone(answers.spec("ko", height=high), frame, title=title, subtitle=subtitle)).decode()
    plot = re.search(r'class="background"[^>]*d="M0,0h[\d.]+v([\d.]+)', drawn)
    assert plot is not None and high <= float(plot[1]) <= high + 2
    assert high >= max(frame["bottom"].drop_nulls())


def test_answers_in_words_and_as_a_table() -> None:
    shown = detail(asked("q", [5, 10, 15, 30, 40], REVERSED), asked("few", [1, 1, 1, 1, 1], Scale(1, 5), n=7))
    assert "1 매우 만족(40.0%)" in answers.describe(shown, lang="ko") and "n=7" in answers.describe(shown, lang="ko")
    table = answers.table(shown, lang="ko")
    assert table.height == 6 and table["비율(%)"].to_list()[:5] == [5.0, 10.0, 15.0, 30.0, 40.0]
    assert table["응답 수(n)"].to_list() == [5, 10, 15, 30, 40, None] and table["보기"][5] == "표본 부족 (n=7)"


def test_stage_rows_say_their_base_and_only_significant_changes() -> None:
    stages = samples.stages()
    frame = scores.data(stages, lang="ko", opened="s3")
    keys = frame["key"].to_list()
    assert "인지 (n=820)" in keys[0].replace("\n", " ") and keys[3].startswith(scores._OPENED)
    assert "▲ 74.9 (+3.1)" in keys[3] and "68.5" in keys[1] and "+0.4" not in keys[1]
    assert frame["hidden"][8] is not None and frame["value"][8] is None
    table = scores.table(stages, lang="ko", first="경험 단계")
    assert table["변화"].to_list()[3] == 3.1 and table.height == 9 and table["변화"][8] is None
    assert "▲ 구매 (+3.1)" in scores.describe(stages, lang="ko")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_specs_keep_to_the_schema_and_name_no_colour(lang: str) -> None:
    frame = heatmap.data(heat(), lang=lang, names=NAMES)
    for spec in (heatmap.spec(lang, frame), answers.spec(lang, height=200), scores.spec(lang)):
        assert keeps_to_the_schema(spec) and "layer" in spec
        assert "#" not in str(spec) and "config" not in spec and "data" not in spec


def test_hostile_names_stay_one_line_of_text() -> None:
    evil = {"ko": "구매\t\n<script>\u2028**x**"}
    wide = replace(heat(), rows=(replace(heat().rows[0], stage=StageInfo(1, "buy", evil)),))
    frame = heatmap.data(wide, lang="ko", names={"a": "a\tb\nc"})
    assert "".join(labels.wrap(labels.plain(evil["ko"]))) in frame["y"][0].replace("\n", "")
    assert all(key.count(labels.TAB) == 2 for key in (*frame["x"], *frame["y"]))
