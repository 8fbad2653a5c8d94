"""Importance against performance: every item with both intervals around the crosshair, numbered by priority.

Performance runs to the right and importance upwards, so that what to look at first stands in the upper left corner. A hollow mark is
borderline: one of its intervals crosses a line. Names stand where they cover no other one; in a narrow place only the numbers do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.services.priorities import Priorities
from cxdash.stats.ipa import ORDER, Placed, Quadrant, Whisker

HEIGHT = 460
NARROW = 520  # px of the plot under which only numbers stand beside the marks
_PLOT = (760.0, 400.0)  # px for which labels are placed
_SYLLABLE, _LINE, _MARK = 12.0, 15.0, 5.0
_SIDES = ("above_right", "above_left", "below_right", "below_left")
_TONES: Mapping[Quadrant, str] = {
    "concentrate_here": theme.BAD, "keep_up": theme.GOOD, "low_priority": theme.MUTED, "possible_overkill": theme.ACCENT,
}  # fmt: skip
QUADRANTS: Mapping[Quadrant, str] = {
    "concentrate_here": "priorities.quadrant.concentrate_here", "keep_up": "priorities.quadrant.keep_up",
    "low_priority": "priorities.quadrant.low_priority", "possible_overkill": "priorities.quadrant.possible_overkill",
}  # fmt: skip
UNPLACED: Mapping[str, str] = {
    "hidden": "priorities.unplaced.hidden", "small": "priorities.unplaced.small", "not_asked": "priorities.unplaced.not_asked",
    "not_driver": "priorities.unplaced.not_driver",
}  # fmt: skip
_NUMBERS = ("x", "x_low", "x_high", "y", "y_low", "y_high", "line_x", "line_y", "left", "right", "bottom", "top")
_TEXTS = ("tone", "side", "name", "number", "label", "quadrant", "x_text", "x_interval", "y_text", "y_interval", "note", "said")
SCHEMA: Mapping[str, pl.DataType] = {
    **dict.fromkeys(_NUMBERS, pl.Float64()), **dict.fromkeys(_TEXTS, pl.Utf8()), "hollow": pl.Boolean(), theme.PICK: pl.Utf8(),
    "opened": pl.Boolean(),
}  # fmt: skip


@dataclass(frozen=True)
class Axes:
    """What the two axes show, in the user's language. percent: importance is a share of what is explained."""

    performance: str
    importance: str
    percent: bool


def quadrant_name(quadrant: Quadrant, lang: str) -> str:
    """집중 개선 · 유지 강화 · 점진 개선 · 과잉 지양."""
    return i18n.text(QUADRANTS[quadrant], lang)


def score(value: float | None, lang: str, *, percent: bool = False) -> str:
    """A value of an axis as it is written."""
    return i18n.percent(value, lang, 1) if percent else i18n.number(value, lang, 1)


def span(whisker: Whisker, lang: str, *, percent: bool = False) -> str:
    """The interval of a value, or a dash."""
    if whisker.low is None or whisker.high is None:
        return i18n.NOTHING
    return f"{score(whisker.low, lang, percent=percent)} – {score(whisker.high, lang, percent=percent)}"


def data(page: Priorities, names: Mapping[str, str], *, lang: str, percent: bool, opened: str | None = None) -> pl.DataFrame:
    """One row per item on the chart. names: item -> its name on screen."""
    placement = page.placement
    if placement is None:
        return pl.DataFrame(schema=SCHEMA)
    lines = placement.crosshair
    xs = _window([p.performance for p in placement.items], lines.performance)
    ys = _window([p.importance for p in placement.items], lines.importance)
    called = {p.item: labels.plain(names.get(p.item, p.item)) for p in placement.items}
    sides = _sides(placement.items, called, xs, ys)
    frame = {"line_x": lines.performance, "line_y": lines.importance, "left": xs[0], "right": xs[1], "bottom": ys[0], "top": ys[1]}
    found = [
        {**_mark(p, called[p.item], lang, percent), **frame, "side": sides[p.item], "opened": p.item == opened} for p in placement.items
    ]
    return pl.DataFrame(found, schema=SCHEMA)


def _mark(p: Placed, name: str, lang: str, percent: bool) -> dict[str, Any]:
    x, y = score(p.performance.value, lang), score(p.importance.value, lang, percent=percent)
    quadrant, note = quadrant_name(p.quadrant, lang), border(p, lang) or i18n.NOTHING
    return {
        "x": p.performance.value, "x_low": p.performance.low, "x_high": p.performance.high,
        "y": p.importance.value, "y_low": p.importance.low, "y_high": p.importance.high,
        "tone": _TONES[p.quadrant], "hollow": bool(p.borderline), "name": name, "number": str(p.priority),
        "label": f"{p.priority} {name}", "quadrant": quadrant, "x_text": x, "x_interval": span(p.performance, lang), "y_text": y,
        "y_interval": span(p.importance, lang, percent=percent), "note": note, theme.PICK: p.item,
        "said": i18n.text("priorities.chart.point", lang, number=p.priority, name=name, quadrant=quadrant, x=x, y=y),
    }  # fmt: skip


def border(p: Placed, lang: str) -> str:
    """Which lines an item's intervals cross, in words; "" where it surely lies in its quadrant."""
    axes = {"importance": "priorities.axis.importance", "performance": "priorities.axis.performance"}
    told = " · ".join(i18n.text(axes[axis], lang) for axis in p.borderline)
    return i18n.text("priorities.border", lang, axes=told) if told else ""


def _window(values: Sequence[Whisker], line: float) -> tuple[float, float]:
    """Covers every value, interval and the line, in steps of five, with room at both ends; never beyond 0..100."""
    ends = [end for w in values for end in (w.low, w.value, w.high) if end is not None] + [line]
    room = max(2.0, 0.06 * (max(ends) - min(ends)))
    return max(0.0, 5 * math.floor((min(ends) - room) / 5)), min(100.0, 5 * math.ceil((max(ends) + room) / 5))


def _sides(items: Sequence[Placed], names: Mapping[str, str], xs: tuple[float, float], ys: tuple[float, float]) -> dict[str, str]:
    """Where each name stands beside its mark so that it covers neither a mark nor another name; "none" where there is no such place."""
    at = {p.item: (_px(p.performance.value, xs, _PLOT[0]), _PLOT[1] - _px(p.importance.value, ys, _PLOT[1])) for p in items}
    taken = [(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in at.values()]
    found: dict[str, str] = {}
    for p in items:
        x, y = at[p.item]
        wide = _SYLLABLE * labels.width(f"{p.priority} {names[p.item]}")
        right, left, above, below = (x + 6, x + 6 + wide), (x - 6 - wide, x - 6), (y - 5 - _LINE, y - 5), (y + 5, y + 5 + _LINE)
        places = {
            "above_right": (right[0], above[0], right[1], above[1]), "above_left": (left[0], above[0], left[1], above[1]),
            "below_right": (right[0], below[0], right[1], below[1]), "below_left": (left[0], below[0], left[1], below[1]),
        }  # fmt: skip
        found[p.item] = next((side for side in _SIDES if _fits(places[side], taken)), "none")
        if found[p.item] != "none":
            taken.append(places[found[p.item]])
    return found


def _px(value: float, ends: tuple[float, float], size: float) -> float:
    return (value - ends[0]) / ((ends[1] - ends[0]) or 1.0) * size


Box = tuple[float, float, float, float]


def _fits(box: Box, taken: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    if left < 0 or right > _PLOT[0] or top < _LINE or bottom > _PLOT[1] - _LINE:  # names of the quadrants stand at the edges
        return False
    return not any(left < r and l < right and top < b and t < bottom for l, t, r, b in taken)  # noqa: E741


def spec(lang: str, axes: Axes, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang, axes), height)


@lru_cache(maxsize=64)
def _built(lang: str, axes: Axes) -> str:
    base = alt.Chart()
    tips = theme.tips(
        ("name", words.column("group", lang)), ("quadrant", i18n.text("priorities.column.quadrant", lang)),
        ("x_text", axes.performance), ("x_interval", words.column("interval", lang)), ("y_text", axes.importance),
        ("y_interval", words.column("interval", lang)), ("note", words.column("note", lang)),
    )  # fmt: skip
    quiet = {"aria": False, "tooltip": None}
    x, y = _x("x", axes.performance), _y("y", axes.importance)
    first = base.transform_filter("datum.number == '1'")
    whisker = {"strokeWidth": 2, "opacity": 0.4, "strokeCap": "round", **quiet}
    marks = {"x": x, "y": y, "color": theme.tone()}
    return theme.finished(alt.layer(
        first.mark_rect(opacity=0, **quiet).encode(x=_x("left", axes.performance), x2="right:Q", y=_y("bottom", axes.importance),
                                                   y2="top:Q"),
        first.mark_rule(strokeDash=[5, 3], strokeWidth=1.5, **quiet).encode(x=_x("line_x", axes.performance),
                                                                            color=theme.always(theme.MUTED)),
        first.mark_rule(strokeDash=[5, 3], strokeWidth=1.5, **quiet).encode(y=_y("line_y", axes.importance),
                                                                            color=theme.always(theme.MUTED)),
        *_corners(first, lang),
        base.mark_rule(**whisker).encode(x=_x("x_low", axes.performance), x2="x_high:Q", y=y, color=theme.tone()),
        base.mark_rule(**whisker).encode(x=x, y=_y("y_low", axes.importance), y2="y_high:Q", color=theme.tone()),
        base.transform_filter("datum.opened").mark_point(size=420, strokeWidth=2, opacity=1, **quiet).encode(**marks),
        base.transform_filter("!datum.hollow").mark_point(filled=True, size=130, opacity=1, **quiet).encode(**marks),
        base.transform_filter("datum.hollow").mark_point(filled=False, size=110, strokeWidth=2.5, opacity=1, **quiet).encode(**marks),
        *_names(base, x, y),
        base.mark_point(opacity=0, filled=True, size=900).encode(x=x, y=y, tooltip=tips, description="said:N").properties(
            name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    ))  # fmt: skip


def _corners(first: alt.Chart, lang: str) -> list[alt.Chart]:
    """The names of the quadrants in their corners."""
    right, bottom = alt.XValue(alt.expr("width")), alt.YValue(alt.expr("height"))
    corners: dict[Quadrant, tuple[Any, Any, str, str]] = {
        "concentrate_here": (alt.value(0), alt.value(0), "left", "top"), "keep_up": (right, alt.value(0), "right", "top"),
        "low_priority": (alt.value(0), bottom, "left", "bottom"), "possible_overkill": (right, bottom, "right", "bottom"),
    }  # fmt: skip
    return [
        first.mark_text(align=align, baseline=baseline, dx=5 if align == "left" else -5, dy=5 if baseline == "top" else -5, fontSize=12,
                        fontWeight="bold", text=quadrant_name(name, lang), aria=False, tooltip=None).encode(
            x=x, y=y, color=theme.always(_TONES[name]))
        for name, (x, y, align, baseline) in corners.items()
    ]  # fmt: skip


def _names(base: alt.Chart, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The name beside its mark, between the whiskers, where the plot is wide enough; else the number alone."""
    up, down = {"dy": -5, "baseline": "bottom"}, {"dy": 5, "baseline": "top"}
    right, left = {"align": "left", "dx": 6}, {"align": "right", "dx": -6}
    places: dict[str, dict[str, Any]] = {
        "above_right": {**up, **right}, "above_left": {**up, **left}, "below_right": {**down, **right}, "below_left": {**down, **left},
    }  # fmt: skip
    ink = theme.always(theme.INK)
    wide = [
        base.transform_filter(f"width >= {NARROW} && datum.side == '{side}'").mark_text(
            fontSize=theme.SIZE, aria=False, tooltip=None, **place).encode(x=x, y=y, text="label:N", color=ink)
        for side, place in places.items()
    ]  # fmt: skip
    alone = base.transform_filter(f"width < {NARROW} || datum.side == 'none'")
    return [*wide, alone.mark_text(fontSize=theme.SIZE, fontWeight="bold", aria=False, tooltip=None, **places["above_right"]).encode(
        x=x, y=y, text="number:N", color=ink)]  # fmt: skip


def _x(column: str, title: str) -> alt.X:
    axis = alt.Axis(tickCount=6, labelPadding=6, grid=False, ticks=False, domain=True, title=title, titlePadding=8)
    return alt.X(f"{column}:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)


def _y(column: str, title: str) -> alt.Y:
    axis = alt.Axis(tickCount=6, labelPadding=6, grid=False, ticks=False, domain=True, title=title, titlePadding=8)
    return alt.Y(f"{column}:Q", scale=alt.Scale(zero=False, nice=False), axis=axis)


def describe(page: Priorities, names: Mapping[str, str], *, lang: str) -> str:
    """What lies in each quadrant, by priority, in a sentence each."""
    if page.placement is None:
        return i18n.text("priorities.chart.nothing", lang)
    told = []
    for quadrant in ORDER:
        here = [labels.plain(names.get(p.item, p.item)) + ("*" if p.borderline else "") for p in page.placement.items
                if p.quadrant == quadrant]  # fmt: skip
        told.append(i18n.text("priorities.chart.said", lang, quadrant=quadrant_name(quadrant, lang), names=", ".join(here) or i18n.NOTHING))
    unsure = any(p.borderline for p in page.placement.items)
    return " ".join([*told, *([i18n.text("priorities.chart.star", lang)] if unsure else [])])


def chart(page: Priorities, names: Mapping[str, str], *, lang: str, axes: Axes) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    return theme.with_data(spec(lang, axes), data(page, names, lang=lang, percent=axes.percent))
