"""Dot and whisker in rows, one per stage or segment: label on the left, value on the right, interval between.

Rows rather than columns, because Korean names stay upright and whole at any width. Hidden rows keep their place and say why
they are empty. Shape and glyph say better or worse beside the colour; small bases are hollow and grey.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.charts.window import window
from cxdash.stats.figure import Figure

LINE, GAP, AXIS = 15, 8, 44  # px: a line of label, space between rows, what the axis below and the average above take
LINES_MAX = 12  # of a label; a name of 200 characters has no more
_SHAPES = ("circle", "triangle-up", "triangle-down")
_TONES: Mapping[str, str] = {"up": theme.GOOD, "down": theme.BAD}
_TEXTS = ("name", "value_text", "interval", "n_text", "note", "said", "hidden", "average_text")
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "tone": pl.Utf8(),
    "shape": pl.Utf8(),
    "small": pl.Boolean(),
    "floor": pl.Float64(),
    "ceiling": pl.Float64(),
    "average": pl.Float64(),
    "zero": pl.Float64(),
    theme.PICK: pl.Utf8(),
    **dict.fromkeys(_TEXTS, pl.Utf8()),
}


@dataclass(frozen=True)
class Row:
    """One row to draw. label: text of the axis (may differ from the name); note: last line of the tooltip; pick: what a click
    on it chooses; beside: a few words after the value."""

    name: str
    label: str
    figure: Figure
    verdict: str
    note: str
    pick: str | None = None
    beside: str = ""


def data(rows: Sequence[Row], *, lang: str, signed: bool, average: Figure | None = None) -> pl.DataFrame:
    """The table of the chart. The axis window covers every interval and the average line."""
    axis = window([r.figure for r in rows] + ([average] if average is not None else []), signed=signed)
    return pl.DataFrame([_record(i, r, lang, axis, average) for i, r in enumerate(rows)], schema=SCHEMA)


def _record(i: int, row: Row, lang: str, axis: tuple[float, float], average: Figure | None) -> dict[str, object]:
    figure, shown = row.figure, row.figure.value is not None
    small = figure.base == "small"
    value, interval, n = words.value(figure, lang), words.interval(figure, lang), words.count(figure.n, lang)
    glyph = words.GLYPHS.get(row.verdict, "") if shown else ""
    drawn = i == 0 and average is not None and average.value is not None  # one line for the whole chart
    middle = i18n.text("chart.segments.average", lang, value=words.value(average, lang)) if average is not None and drawn else None
    texts = (
        row.name,
        value,
        interval,
        n,
        row.note or i18n.NOTHING,
        words.point(row.name, f"{value} {glyph}".strip(), interval, n, lang),
        None if shown else value,
        middle,
    )
    return {
        "key": labels.axis_key(i, labels.wrap(row.label), f"{glyph} {value} {row.beside}".strip() if shown else i18n.NOTHING),
        "order": i,
        "value": figure.value,
        "low": figure.ci_low if shown else None,
        "high": figure.ci_high if shown else None,
        "tone": theme.MUTED if small else _TONES.get(row.verdict, theme.ACCENT),
        "shape": {"up": _SHAPES[1], "down": _SHAPES[2]}.get(row.verdict, _SHAPES[0]),
        "small": small,
        theme.PICK: row.pick,
        "floor": axis[0],
        "ceiling": axis[1],
        "average": average.value if average is not None and drawn else None,
        "zero": 0.0 if i == 0 and axis[0] < 0 < axis[1] else None,
        **dict(zip(_TEXTS, texts, strict=True)),
    }


def height(frame: pl.DataFrame, *, at_least: int = 0) -> int:
    """Pixels that let every label of the table stand whole: two neighbours need half the lines of each."""
    lines = [key.split(labels.TAB)[0].count("\n") + 1 for key in frame["key"]]
    step = max(((a + b) / 2 for a, b in pairwise([*lines, 1])), default=1.0) * LINE + GAP
    return max(at_least, AXIS + math.ceil(max(1, len(lines)) * step))


def layers(lang: str, metric: str) -> alt.LayerChart | alt.FacetChart:
    """The chart over the columns of `data`."""
    base = alt.Chart()
    plain = y()
    tips = theme.tips(
        ("name", words.column("group", lang)),
        ("value_text", words.metric_name(metric, lang)),
        ("interval", words.column("interval", lang)),
        ("n_text", words.column("n", lang)),
        ("note", words.column("note", lang)),
    )
    marks = {
        "x": _x("value"),
        "y": plain,
        "color": theme.tone(),
        "shape": alt.Shape("shape:N", scale=alt.Scale(domain=_SHAPES, range=_SHAPES), legend=None),
        "tooltip": tips,
    }
    chart = alt.layer(
        base.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=_x("floor"), x2="ceiling:Q", y=y(values_axis())),
        base.mark_rule(opacity=0.7, aria=False, tooltip=None).encode(x=_x("zero"), color=theme.always(theme.MUTED)),
        base.mark_rule(strokeDash=[5, 3], strokeWidth=1.5, aria=False, tooltip=None).encode(
            x=_x("average"), color=theme.always(theme.MUTED)
        ),
        base.mark_rule(strokeWidth=3, opacity=0.45, aria=False, strokeCap="round", tooltip=None).encode(
            x=_x("low"), x2="high:Q", y=plain, color=theme.tone()
        ),
        base.transform_filter("!datum.small").mark_point(filled=True, size=80, opacity=1, aria=False).encode(**marks),
        base.transform_filter("datum.small").mark_point(filled=False, size=70, strokeWidth=2, opacity=1, aria=False).encode(**marks),
        base.transform_filter("isValid(datum.average)")
        .mark_text(baseline="bottom", dy=-3, fontSize=11, aria=False)
        .encode(x=_x("average"), y=alt.value(0), text="average_text:N", color=theme.always(theme.MUTED)),
        base.transform_filter("isValid(datum.hidden)")
        .mark_text(align="left", dx=4, fontSize=11, aria=False)
        .encode(x=alt.value(0), y=plain, text="hidden:N", color=theme.always(theme.MUTED)),
        base.mark_bar(opacity=0)
        .encode(x=_x("floor"), x2="ceiling:Q", y=y(names_axis()), tooltip=tips, description="said:N")
        .properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    )
    chart.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return chart


def _x(column: str) -> alt.X:
    return alt.X(f"{column}:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=_ticks())


def _ticks() -> alt.Axis:
    return alt.Axis(tickCount=5, labelPadding=6, labelLimit=80, labelFlush=False, grid=True, ticks=False, domain=False)


def y(axis: alt.Axis | None = None) -> alt.Y:
    """The rows by their order; without an axis for a layer over one that has it."""
    return alt.Y("key:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=axis)


def names_axis() -> alt.Axis:
    """Names. Lines of a label are stacked downwards from its middle, so a label of several lines is lifted by half of them."""
    lifts = [{"test": f"length({labels.LINES_OF_VALUE}) == {n}", "value": -(n - 1) * LINE / 2} for n in range(2, LINES_MAX + 1)]
    return _axis("left", labels.FIRST_PART, labelOffset={"condition": lifts, "value": 0}, labelLineHeight=LINE)


def values_axis() -> alt.Axis:
    """Values."""
    return _axis("right", labels.SECOND_PART)


def _axis(orient: Literal["left", "right"], expression: str, **more: Any) -> alt.Axis:
    return alt.Axis(
        orient=orient,
        labelExpr=expression,
        labelLimit=theme.LABEL_LIMIT,
        labelOverlap=False,
        labelAngle=0,
        labelPadding=8,
        ticks=False,
        domain=False,
        grid=False,
        labelFlush=False,
        **more,
    )


def extremes(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """Highest and lowest row whose base allows a ranking (30 answers); None when fewer than two do."""
    ranked = [r for r in rows if r.figure.value is not None and r.figure.base != "small"]
    if len(ranked) < 2:
        return None
    return max(ranked, key=_value), min(ranked, key=_value)


def _value(row: Row) -> float:
    return row.figure.value or 0.0
