"""Trend of one figure: line with its 95 % band, broken where the method changed or nothing may be shown.

No line is drawn across a break or a hidden period; a period that is not over is hollow and reached by a dashed line; calendar
periods without answers keep their place on the axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.charts.window import window
from cxdash.services.catalog import WaveInfo
from cxdash.services.overview import TrendPoint
from cxdash.stats.figure import Figure

HEIGHT = 220
FILL_MAX = 400  # calendar gaps are filled up to so many periods
_TEXTS = ("period", "value_text", "interval", "n_text", "note", "said")
SCHEMA: Mapping[str, pl.DataType] = {
    "role": pl.Utf8(),
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "run": pl.Int64(),
    "alone": pl.Boolean(),
    "partial": pl.Boolean(),
    "small": pl.Boolean(),
    "breaks": pl.Utf8(),
    "floor": pl.Float64(),
    "ceiling": pl.Float64(),
    "zero": pl.Float64(),
    "tone": pl.Utf8(),
    **dict.fromkeys(_TEXTS, pl.Utf8()),
}


@dataclass(frozen=True)
class Step:
    """One place on the axis: a point of the result, or a calendar period in which nobody answered."""

    name: str
    lines: list[str]
    figure: Figure
    partial: bool
    breaks: str


def steps(points: Sequence[TrendPoint], *, grain: str, lang: str, waves: Sequence[WaveInfo] = ()) -> list[Step]:
    """The points in order with their words; calendar gaps filled with empty periods."""
    if grain == "wave":
        names = {w.code: labels.localised(w.name, lang, w.code) for w in waves}
        return [_step(names.get(p.wave or "", p.wave or ""), None, p, lang) for p in points]
    known = {p.start: p for p in points if p.start is not None}
    days = _calendar(sorted(known), grain)
    return [
        _step(i18n.period(grain, day, lang), labels.tick(grain, day, lang), known.get(day) or TrendPoint(day, None, Figure(None, 0)), lang)
        for day in days
    ]


def _step(name: str, lines: list[str] | None, point: TrendPoint, lang: str) -> Step:
    return Step(labels.plain(name), lines or labels.wrap(name, 10), point.figure, point.partial, labels.plain(point.breaks))


def places(points: Sequence[TrendPoint], *, grain: str) -> list[int]:
    """Where each point stands among the `steps`, which have the empty periods between them too."""
    if grain == "wave":
        return list(range(len(points)))
    at = {day: i for i, day in enumerate(_calendar(sorted(p.start for p in points if p.start), grain))}
    return [at[p.start] for p in points if p.start]


def _calendar(days: list[date], grain: str) -> list[date]:
    """Every period from the first to the last, or only the given ones where that would be too many."""
    if not days:
        return []
    filled = [days[0]]
    while filled[-1] < days[-1] and len(filled) <= FILL_MAX:
        filled.append(_next(filled[-1], grain))
    return filled if set(days) <= set(filled) else days


def _next(day: date, grain: str) -> date:
    if grain in ("day", "week"):
        return day + timedelta(days=7 if grain == "week" else 1)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def data(points: Sequence[TrendPoint], *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = ()) -> pl.DataFrame:
    """The table of the chart: one row per period (role "point"), and two rows per dashed line to a partial period (role "link")."""
    found = steps(points, grain=grain, lang=lang, waves=waves)
    low, high = window([s.figure for s in found], signed=metric == "nps")
    runs = runs_of(found)
    rows = [row_of(i, s, runs, lang, (low, high)) for i, s in enumerate(found)]
    links = [{**rows[j], "role": "link", "run": i} for i, s in enumerate(found) if linked(found, i) for j in (i - 1, i)]
    return pl.DataFrame([*rows, *links], schema=SCHEMA)


def runs_of(found: Sequence[Step]) -> list[int]:
    """Number of the unbroken stretch each step belongs to. Hidden and partial steps, and breaks, end a stretch."""
    runs, run = [], 0
    for i, step in enumerate(found):
        apart = i > 0 and (
            step.breaks or step.partial or found[i - 1].partial or step.figure.value is None or found[i - 1].figure.value is None
        )
        run += bool(apart)
        runs.append(run)
    return runs


def linked(found: Sequence[Step], i: int) -> bool:
    """Whether a dashed line leads from the step before to this one."""
    if i == 0 or found[i].breaks or found[i].figure.value is None or found[i - 1].figure.value is None:
        return False
    return found[i].partial or found[i - 1].partial


def row_of(i: int, step: Step, runs: Sequence[int], lang: str, axis: tuple[float, float]) -> dict[str, object]:
    figure = step.figure
    shown = figure.value is not None
    note = note_of(step, lang)
    texts = [step.name, words.value(figure, lang), words.interval(figure, lang), words.count(figure.n, lang), note]
    return {
        "role": "point",
        "key": labels.axis_key(i, step.lines),
        "order": i,
        "value": figure.value,
        "low": figure.ci_low if shown else None,
        "high": figure.ci_high if shown else None,
        "run": runs[i],
        "alone": shown and runs.count(runs[i]) == 1,
        "partial": step.partial,
        "small": figure.base == "small",
        "breaks": step.breaks or None,
        "floor": axis[0],
        "ceiling": axis[1],
        "zero": 0.0 if i == 0 and axis[0] < 0 < axis[1] else None,
        "tone": theme.MUTED if figure.base == "small" else theme.ACCENT,
        **dict(zip(_TEXTS, [*texts, words.point(*texts[:4], lang)], strict=True)),
    }


def note_of(step: Step, lang: str) -> str:
    notes = [i18n.text("chart.trend.partial", lang)] if step.partial else []
    if step.breaks:
        notes.append(i18n.text("chart.trend.break", lang, reason=step.breaks))
    if said := words.base(step.figure, lang):
        notes.append(said)
    return " · ".join(notes) or i18n.NOTHING


@lru_cache(maxsize=64)
def _built(lang: str, metric: str) -> str:
    return theme.finished(alt.layer(*layers(lang, metric), data=alt.NamedData(theme.DATA)))


def tips(lang: str, metric: str) -> list[alt.Tooltip]:
    """Tooltip lines of a point."""
    return theme.tips(
        ("period", i18n.text("chart.column.period", lang)),
        ("value_text", words.metric_name(metric, lang)),
        ("interval", i18n.text("chart.column.interval", lang)),
        ("n_text", i18n.text("chart.column.n", lang)),
        ("note", i18n.text("chart.column.note", lang)),
    )


def layers(lang: str, metric: str) -> list[alt.Chart]:
    """The drawing over the columns of `data`, for charts that add to it."""
    x, y = x_axis(), y_axis("value")
    point = alt.Chart().transform_filter("datum.role == 'point'")
    runs = {"x": x, "detail": "run:N"}
    shown = tips(lang, metric)
    return [
        point.mark_rule(opacity=0.7, aria=False, tooltip=None).encode(y=y_axis("zero"), color=theme.always(theme.MUTED)),
        point.mark_area(opacity=0.16, aria=False, tooltip=None, line=False).encode(
            y=y_axis("low"), y2="high:Q", color=theme.always(theme.ACCENT), **runs
        ),
        point.transform_filter("datum.alone")
        .mark_rule(opacity=0.35, strokeWidth=5, aria=False, tooltip=None)
        .encode(x=x, y=y_axis("low"), y2="high:Q", color=theme.tone()),
        point.mark_line(strokeWidth=2.5, aria=False, tooltip=None, strokeJoin="round").encode(
            y=y, color=theme.always(theme.ACCENT), **runs
        ),
        alt.Chart()
        .transform_filter("datum.role == 'link'")
        .mark_line(strokeWidth=2, strokeDash=[4, 4], aria=False, tooltip=None)
        .encode(y=y, color=theme.always(theme.ACCENT), **runs),
        *_points(point, x, y, shown),
        *breaks_of(point, x, shown),
    ]


def x_axis() -> alt.X:
    """Periods in their order, labels in two lines, left out where they would meet."""
    return alt.X(
        "key:N",
        sort=alt.EncodingSortField("order", op="min"),
        title=None,
        scale=alt.Scale(type="band"),
        axis=alt.Axis(
            labelAngle=0,
            labelExpr=labels.FIRST_PART,
            labelOverlap="greedy",
            labelLimit=theme.LABEL_LIMIT,
            labelFlush=False,
            labelPadding=8,
            ticks=False,
            labelSeparation=6,
        ),
    )


def _ticks() -> alt.Axis:
    return alt.Axis(tickCount=5, labelPadding=8, labelLimit=80, labelFlush=False, ticks=False, domain=False)


def y_axis(column: str) -> alt.Y:
    return alt.Y(f"{column}:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=_ticks())


def _points(point: alt.Chart, x: alt.X, y: alt.Y, tips: list[alt.Tooltip]) -> list[alt.Chart]:
    """Full points, hollow ones for partial periods and small bases, and over the whole height an invisible target for the pointer."""
    hollow = "datum.partial || datum.small"
    return [
        point.transform_filter(f"!({hollow})")
        .mark_point(filled=True, size=46, opacity=1, aria=False)
        .encode(x=x, y=y, color=theme.tone(), tooltip=tips),
        point.transform_filter(hollow)
        .mark_point(filled=False, size=52, strokeWidth=2, opacity=1, aria=False)
        .encode(x=x, y=y, color=theme.tone(), tooltip=tips),
        point.mark_rule(strokeWidth=18, opacity=0).encode(
            x=x, y=y_axis("floor"), y2="ceiling:Q", tooltip=tips, description=alt.Description("said:N")
        ),
    ]


def breaks_of(point: alt.Chart, x: alt.X, tips: list[alt.Tooltip]) -> list[alt.Chart]:
    """A dotted line between two periods where the method changed, with the reason at its top."""
    broken = point.transform_filter("datum.breaks")
    edge = x.copy()
    edge["bandPosition"] = 0
    return [
        broken.mark_rule(strokeDash=[2, 3], strokeWidth=1.5, aria=False).encode(x=edge, color=theme.always(theme.MUTED), tooltip=tips),
        broken.mark_text(align="left", baseline="top", dx=4, fontSize=11, limit=160, aria=False).encode(
            x=edge, y=alt.value(0), text="breaks:N", color=theme.always(theme.MUTED), tooltip=tips
        ),
    ]


def spec(lang: str, metric: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang, metric), height)


def chart(
    points: Sequence[TrendPoint], *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = (), height: int = HEIGHT
) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    return theme.with_data(spec(lang, metric, height=height), data(points, grain=grain, metric=metric, lang=lang, waves=waves))


def describe(points: Sequence[TrendPoint], *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = ()) -> str:
    """The chart in one or two sentences: first and last, highest and lowest."""
    shown = [s for s in steps(points, grain=grain, lang=lang, waves=waves) if s.figure.value is not None]
    name = words.metric_name(metric, lang)
    if not shown:
        return i18n.text("chart.trend.said_nothing", lang, metric=name)
    first, last = shown[0], shown[-1]
    best, worst = max(shown, key=_value), min(shown, key=_value)
    if len(shown) == 1:
        return i18n.text(
            "chart.trend.said_one",
            lang,
            metric=name,
            period=first.name,
            value=words.value(first.figure, lang),
            n=words.count(first.figure.n, lang),
        )
    return i18n.text(
        "chart.trend.said",
        lang,
        metric=name,
        first=first.name,
        first_value=words.value(first.figure, lang),
        last=last.name,
        last_value=words.value(last.figure, lang),
        n=words.count(last.figure.n, lang),
        best=best.name,
        best_value=words.value(best.figure, lang),
        worst=worst.name,
        worst_value=words.value(worst.figure, lang),
    )


def _value(step: Step) -> float:
    return step.figure.value or 0.0


def table(points: Sequence[TrendPoint], *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = ()) -> pl.DataFrame:
    """The chart as a table with headers in the user's language; numbers stay numbers, hidden ones are empty."""
    found = steps(points, grain=grain, lang=lang, waves=waves)
    return words.figure_table([(s.name, s.figure, note_of(s, lang)) for s in found], words.column("period", lang), metric, lang)
