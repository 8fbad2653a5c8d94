"""Where people stop, drawn: a bar per question in the order asked, words and table say the same."""

from __future__ import annotations

import pytest

from cxdash.charts import dropoff as chart
from cxdash.charts import theme
from cxdash.charts.dropoff import Named
from cxdash.services.fieldwork import Stop
from tests.charts import drawing

SOME = [
    Named(Stop("nps", None, 8, 512), "추천하시겠습니까?"),
    Named(Stop("all", None, 36, 504), "전반적으로 [얼마나](http://x) **만족**하십니까?\n" + "아주 긴 문항 " * 20),
    Named(Stop("ship", None, 4, 468), "배송"),
]


def test_bars_in_the_order_asked() -> None:
    frame = chart.data(SOME, lang="ko")
    assert frame["stopped"].to_list() == [8, 36, 4] and frame["order"].to_list() == [0, 1, 2]
    assert frame["value_text"].to_list() == ["8명 (1.6%)", "36명 (7.1%)", "4명 (0.9%)"]
    assert all(len(name) <= 60 and "\n" not in name for name in frame["name"])
    many = [Named(Stop(f"q{i}", None, i, 1000), f"문항 {i}") for i in range(40)]
    assert chart.data(many, lang="ko")["stopped"].to_list() == list(range(25, 40)), "the most, in the order asked"
    assert chart.table(many, lang="ko").height == 40, "the table has them all"


@pytest.mark.parametrize(("lang", "worst"), [("ko", "36명 (7.1%)"), ("en", "36 (7.1%)")])
@pytest.mark.parametrize("mode", theme.PALETTES)
def test_the_drawing_says_every_number(lang: str, worst: str, mode: theme.Mode) -> None:
    frame = chart.data(SOME, lang=lang)
    texts = drawing.svg_texts(chart.spec(lang, height=chart.height(frame)), frame, mode=mode)
    assert set(frame["value_text"]) <= set(texts) and "배송" in texts and worst in texts
    assert worst in chart.describe(SOME, lang=lang) and "48" in chart.describe(SOME, lang=lang)
    assert chart.table(SOME, lang=lang).row(1)[1:] == (504, 36, 7.1)


def test_nobody_stopped() -> None:
    assert chart.describe([], lang="ko") == "아직 중간에 멈춘 응답자가 없습니다."
    assert chart.table([], lang="en").height == 0


def test_the_bars_are_as_long_as_their_numbers() -> None:
    frame = chart.data([Named(Stop("a", None, 10, 100), "가"), Named(Stop("b", None, 40, 90), "나")], lang="ko")
    picture = drawing.picture(chart.spec("ko", height=chart.height(frame)), frame, width=600)
    blue = tuple(int(theme.PALETTES["light"][0][i : i + 2], 16) for i in (1, 3, 5))
    rows = [sum(picture.getpixel((x, y)) == blue for x in range(picture.width)) for y in range(picture.height)]
    lengths = sorted({n for n in rows if n > 20})
    assert lengths and max(lengths) / min(lengths) == pytest.approx(4, rel=0.1)
