"""Pictures of the loyalty segments and of distances from others: what is written in them, and what is hidden."""

from __future__ import annotations

import polars as pl
import pytest

from cxdash.charts import benchgaps, loyalty, loyaltybars, loyaltymoves, theme
from cxdash.charts.benchgaps import Gap
from cxdash.services.loyalty import CLASSES, Group, Origin, Share
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.movement import movement
from cxdash.stats.shares import share
from tests.charts import drawing

HOSTILE = "<b>[링크](http://x)</b>\u202e=1+1"


def shares(parts: tuple[int, ...] = (50, 20, 10, 40), verdicts: tuple[str, ...] = ("up", "none", "untested", "down")) -> tuple[Share, ...]:
    n = sum(parts)
    changes = [Difference(4.25 if v == "up" else -6.0, tested=v != "untested", significant=v in ("up", "down")) for v in verdicts]
    told = zip(CLASSES, parts, changes, verdicts, strict=True)
    return tuple(Share(name, share(x, n), change, v) for name, x, change, v in told)  # type: ignore[arg-type]


def hidden(n: int = 6) -> tuple[Share, ...]:
    return tuple(Share(name, Figure(None, n, base="hidden")) for name in CLASSES)


def group(value: str | None, found: tuple[Share, ...], n: int) -> Group:
    return Group(value, n, found)


@pytest.mark.parametrize("width", [300, 900])
def test_the_matrix_says_share_interval_and_only_significant_changes(width: int) -> None:
    texts = drawing.svg_texts(loyalty.spec("ko"), loyalty.data(shares(), lang="ko"), width=width)
    assert {"진정 충성", "접근 가능", "갇힌 고객", "이탈 위험", "41.7%", "16.7%", "8.3%", "33.3%"} <= set(texts)
    assert "▲ +4.3%p" in texts and "▼ -6.0%p" in texts and sum("%p" in t for t in texts) == 2
    assert {"↑ 전반적 만족도", "재구매 의향 →"} <= set(texts) and texts.count("75 이상") == 2


def test_tiles_stand_where_their_names_say() -> None:
    rows = {r["name"]: (r["x"], r["y"]) for r in loyalty.data(shares(), lang="en").to_dicts()}
    assert rows == {"Truly loyal": (1.0, 1.0), "Accessible": (0.0, 1.0), "Trapped": (1.0, 0.0), "High risk": (0.0, 0.0)}


def test_a_hidden_matrix_tells_why_and_nothing_else() -> None:
    texts = drawing.svg_texts(loyalty.spec("ko"), loyalty.data(hidden(), lang="ko"))
    assert texts.count("표본 부족 (n=6)") == 4 and not any("%" in t for t in texts)
    table = loyalty.table(hidden(), lang="ko")
    assert table["비율(%)"].null_count() == 4
    assert "%p" not in loyalty.describe(hidden(), lang="ko")


def test_the_sentence_names_what_changed() -> None:
    said = loyalty.describe(shares(), lang="ko")
    assert said.startswith("진정 충성 41.7%, 접근 가능 16.7%, 갇힌 고객 8.3%, 이탈 위험 33.3% (분류한 응답 120건).")
    assert said.endswith("유의한 변화: ▲ 진정 충성 +4.3%p, ▼ 이탈 위험 -6.0%p.")
    assert loyalty.table(shares(), lang="ko")["변화(%p)"].to_list() == [4.3, -6.0, -6.0, -6.0]


def test_bars_of_a_value_are_the_whole_and_can_be_clicked() -> None:
    groups = [group("vip", shares(), 120), group(None, hidden(), 6), group(HOSTILE, shares((30, 30, 30, 30)), 120)]
    frame = loyaltybars.data(groups, lang="ko", names={"vip": "VIP"})
    parts = frame.filter(pl.col("kind") == "part")
    assert parts.group_by("order").agg((pl.col("end") - pl.col("start")).sum().round(6))["end"].to_list() == [100.0, 100.0]
    assert frame.filter(pl.col("kind") == "whole")[theme.PICK].to_list() == ["vip", "(none)", HOSTILE]
    spec = loyaltybars.spec("ko", height=loyaltybars.height(frame))
    texts = drawing.svg_texts(spec, frame, width=700)
    assert {"VIP (n=120)", "42%▲", "33%▼", "진정 충성", "이탈 위험"} <= set(texts) and "표본 부족 (n=6)" in texts
    layers = {layer.get("name") for layer in spec["layer"]}
    assert theme.TARGET in layers


def test_the_bars_sentence_and_table_say_who_differs() -> None:
    groups = [group("a", shares(), 120), group("b", shares((10, 40, 40, 30), ("none",) * 4), 120)]
    said = loyaltybars.describe(groups, lang="en", names={"a": "A", "b": "B"})
    assert "highest in A (41.7%) and lowest in B (8.3%)" in said
    assert "▲ A Truly loyal 41.7%" in said and " B " not in said.split("rest:")[1]
    table = loyaltybars.table(groups, lang="en", names={})
    assert table.height == 8 and table.columns[1] == "Loyalty segment"


def test_transitions_and_net_change() -> None:
    found = movement([0] * 60 + [1] * 40 + [3] * 30 + [2] * 4, [0] * 50 + [1] * 10 + [0] * 20 + [1] * 20 + [3] * 30 + [2] * 4)
    origins = [
        Origin(name, int(found.table[i].sum()), tuple(share(int(x), int(found.table[i].sum())) for x in found.table[i]) if i != 2
               else (Figure(None, 4, base="hidden"),) * 4) for i, name in enumerate(CLASSES)
    ]  # fmt: skip
    frame = loyaltymoves.data(origins, lang="ko")
    texts = drawing.svg_texts(loyaltymoves.spec("ko", frame), frame, width=700)
    assert {"진정 충성 (n=60)", "83%", "17%", "50%", "100%"} <= set(texts) and texts.count("–") == 4
    net = loyaltymoves.net_data(found.moves, lang="ko")
    texts = drawing.svg_texts(loyaltymoves.net_spec("ko", net), net, width=700)
    gain = found.moves[0].difference.value
    assert any(f"{gain:.1f} %p" in t for t in texts) and any("44.8% → 52.2%" in t for t in texts)
    table = loyaltymoves.net_table(found.moves, lang="ko")
    assert table["유입(명)"].to_list() == [20, 10, 0, 0] and table["이탈(명)"].to_list() == [10, 20, 0, 0]
    assert loyaltymoves.table(origins, lang="ko").height == 16


def test_distances_say_both_sides_and_hide_what_is_hidden() -> None:
    ahead = Gap("NPS · A", "45.0 / 40.0", Difference(5.0, 1.0, 9.0, 0.01, 0.02, True, True), "up", 400, 45.0, 40.0, "메모")
    none = Gap(HOSTILE, "표본 부족", Difference(None), "untested", 4, None, 70.0)
    frame = benchgaps.data([ahead, none], lang="ko")
    texts = drawing.svg_texts(benchgaps.spec("ko", height=benchgaps.height(frame)), frame, width=700)
    assert "▲ 5.0" in texts and any(t.startswith("NPS · A") for t in texts) and "표본 부족 (n=4)" in texts
    assert benchgaps.describe([ahead, none], lang="ko") == "유의하게 앞선 곳: NPS · A +5.0."
    assert benchgaps.describe([none], lang="en") == "No significant difference in 1 comparisons."
    table = benchgaps.table([ahead, none], lang="ko")
    assert table["차이"].to_list() == [5.0, None] and table["상대"].to_list() == [40.0, 70.0]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_pictures_can_be_painted(mode: theme.Mode) -> None:
    frame = loyaltybars.data([group("a", shares(), 120)], lang="en", names={})
    bars = loyaltybars.spec("en", height=loyaltybars.height(frame))
    for spec, data in ((loyalty.spec("en"), loyalty.data(shares(), lang="en")), (bars, frame)):
        assert drawing.picture(spec, data, mode=mode).size[0] >= 390
