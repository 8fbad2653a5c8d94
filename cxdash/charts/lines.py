"""Several lines over time, at most six, each named at its end in its own colour.

Gaps, breaks and periods that are not over are drawn as in `trend`; intervals stand in the tooltip, as six bands would hide each other.
A value keeps its colour as long as its place among the values of the attribute is the same, whatever the filter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, trend, words
from cxdash.charts.window import window
from cxdash.facts.question import NONE
from cxdash.services.catalog import WaveInfo
from cxdash.services.overview import TrendPoint
from cxdash.services.trends import Series
from cxdash.stats.figure import Figure

HEIGHT = 360
TONES = theme.TONES[:6]
SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")  # beside the tones, for those who cannot tell them apart
_LINE, _AXIS, _WRAP = 15, 50, 10  # px of a label's line, px below the plot, syllables in a label's line
SCHEMA: Mapping[str, pl.DataType] = {
    **trend.SCHEMA,
    "series": pl.Utf8(),
    "label": pl.Utf8(),
    "label_at": pl.Float64(),
    "shape": pl.Utf8(),
    theme.PICK: pl.Utf8(),
}


def tones(series: Sequence[Series]) -> list[str]:
    """A tone per line: by the place of its value; where two would have the same the later takes the next that is free."""
    found: list[str] = []
    for line in series:
        order = [TONES[(line.place + i) % len(TONES)] for i in range(len(TONES))]
        found.append(next((t for t in order if t not in found), order[0]))
    return found


def called(series: Series, names: Mapping[str, str], lang: str) -> str:
    """The name of a line."""
    return i18n.text("chart.segment.none", lang) if series.value is None else labels.plain(names.get(series.value) or series.value)


def _filled(series: Sequence[Series], grain: str, waves: Sequence[WaveInfo]) -> list[list[TrendPoint]]:
    """Every line with a point in every period that any of them has."""
    every = {p.wave if grain == "wave" else p.start: p for s in series for p in s.points}
    order = [w.code for w in waves if w.code in every] if grain == "wave" else sorted(day for day in every if isinstance(day, date))
    return [[_point(line, key, every[key]) for key in order] for line in series]


def _point(line: Series, key: date | str, other: TrendPoint) -> TrendPoint:
    own = next((p for p in line.points if key in (p.start, p.wave)), None)
    return own or TrendPoint(other.start, other.wave, Figure(None, 0), other.partial, other.breaks)


def data(
    series: Sequence[Series],
    *,
    grain: str,
    metric: str,
    lang: str,
    names: Mapping[str, str] | None = None,
    waves: Sequence[WaveInfo] = (),
    height: int = HEIGHT,
) -> pl.DataFrame:
    """The table of the chart: per line what `trend.data` has of one; on the last shown point of a line its label and where it stands.

    names: value -> label in the user's language; height: of the chart, so that labels keep apart.
    """
    found = [trend.steps(points, grain=grain, lang=lang, waves=waves) for points in _filled(series, grain, waves)]
    axis = window([s.figure for steps in found for s in steps], signed=metric == "nps")
    ends = [next((i for i in reversed(range(len(steps))) if steps[i].figure.value is not None), None) for steps in found]
    titles = [called(s, names or {}, lang) for s in series]
    wrapped = [labels.wrap(title, _WRAP) for title in titles]
    at = _apart(
        [None if e is None else steps[e].figure.value for steps, e in zip(found, ends, strict=True)],
        [len(lines) for lines in wrapped],
        axis,
        height,
    )
    rows: list[dict[str, object]] = []
    for number, (line, steps, tone) in enumerate(zip(series, found, tones(series), strict=True)):
        runs = trend.runs_of(steps)
        own = [
            trend.row_of(i, s, runs, lang, axis)
            | {"series": titles[number], theme.PICK: line.value or NONE, "tone": tone, "shape": SHAPES[TONES.index(tone)]}
            for i, s in enumerate(steps)
        ]
        for row in own:
            row["run"] = f"{number}:{row['run']}"
            row["said"] = f"{titles[number]}, {row['said']}"
        links = [
            {**own[j], "role": "link", "run": f"{number}:{i}"} for i in range(len(steps)) if trend.linked(steps, i) for j in (i - 1, i)
        ]
        if (end := ends[number]) is not None:
            own[end] |= {"label": "\n".join(wrapped[number]), "label_at": at[number]}
        rows += own + links
    return pl.DataFrame(rows, schema={**SCHEMA, "run": pl.Utf8()})


def _apart(values: Sequence[float | None], lines: Sequence[int], axis: tuple[float, float], height: int) -> list[float | None]:
    """Where labels stand, in units of the axis: beside their line's end, pushed apart where they would cover each other."""
    unit = (axis[1] - axis[0]) / max(1, height - _AXIS) * _LINE
    order = sorted((i for i, v in enumerate(values) if v is not None), key=lambda i: values[i] or 0.0)
    at: list[float | None] = list(values)
    edge = axis[0]
    for i in order:  # upwards, each over the one below
        at[i] = max(at[i] or 0.0, edge + lines[i] * unit / 2)
        edge = (at[i] or 0.0) + lines[i] * unit / 2
    edge = max(axis[1], axis[0] + sum(lines[i] for i in order) * unit)
    for i in reversed(order):  # and back under the upper end
        at[i] = min(at[i] or 0.0, edge - lines[i] * unit / 2)
        edge = (at[i] or 0.0) - lines[i] * unit / 2
    return at


@lru_cache(maxsize=64)
def _built(lang: str, metric: str) -> str:
    x, y = trend.x_axis(), trend.y_axis("value")
    point = alt.Chart().transform_filter("datum.role == 'point'")
    run = {"x": x, "y": y, "detail": "run:N", "color": theme.tone()}
    tips = [*theme.tips(("series", words.column("segment", lang))), *trend.tips(lang, metric)]
    hollow = "datum.partial || datum.small"
    dot = {"x": x, "y": y, "color": theme.tone(), "shape": alt.Shape("shape:N", scale=alt.Scale(domain=SHAPES, range=SHAPES), legend=None)}
    label = point.transform_filter("isValid(datum.label)")
    chart = alt.layer(
        point.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=x, y=trend.y_axis("floor"), y2="ceiling:Q"),
        point.mark_rule(opacity=0.7, aria=False, tooltip=None).encode(y=trend.y_axis("zero"), color=theme.always(theme.MUTED)),
        point.mark_line(strokeWidth=2.2, aria=False, tooltip=None, strokeJoin="round").encode(**run),
        alt.Chart()
        .transform_filter("datum.role == 'link'")
        .mark_line(strokeWidth=1.8, strokeDash=[4, 4], aria=False, tooltip=None)
        .encode(**run),
        point.transform_filter(f"!({hollow})").mark_point(filled=True, size=44, opacity=1, aria=False, tooltip=None).encode(**dot),
        point.transform_filter(hollow)
        .mark_point(filled=False, size=48, strokeWidth=1.8, opacity=1, aria=False, tooltip=None)
        .encode(**dot),
        label.mark_text(
            align="left", dx=8, fontSize=theme.SIZE, fontWeight="bold", lineBreak="\n", lineHeight=_LINE, aria=False, baseline="middle"
        ).encode(x=alt.XValue(alt.expr("width")), y=trend.y_axis("label_at"), text="label:N", color=theme.tone()),
        *trend.breaks_of(point, x, tips),
        point.mark_point(filled=True, size=260, opacity=0)
        .encode(x=x, y=y, tooltip=tips, description=alt.Description("said:N"))
        .properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    )
    return theme.finished(chart)


def spec(lang: str, metric: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang, metric), height)


def chart(
    series: Sequence[Series],
    *,
    grain: str,
    metric: str,
    lang: str,
    names: Mapping[str, str] | None = None,
    waves: Sequence[WaveInfo] = (),
    height: int = HEIGHT,
) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(series, grain=grain, metric=metric, lang=lang, names=names, waves=waves, height=height)
    return theme.with_data(spec(lang, metric, height=height), frame)


def describe(
    series: Sequence[Series], *, grain: str, metric: str, lang: str, names: Mapping[str, str] | None = None, waves: Sequence[WaveInfo] = ()
) -> str:
    """A sentence per line: its first and last shown period."""
    said = [i18n.text("trends.said_lines", lang, metric=words.metric_name(metric, lang), n=len(series))]
    for line in series:
        shown = [s for s in trend.steps(line.points, grain=grain, lang=lang, waves=waves) if s.figure.value is not None]
        name = called(line, names or {}, lang)
        if not shown:
            said.append(i18n.text("trends.said_line_hidden", lang, name=name))
            continue
        first, last = shown[0], shown[-1]
        said.append(
            i18n.text(
                "trends.said_line",
                lang,
                name=name,
                first=first.name,
                first_value=words.value(first.figure, lang),
                last=last.name,
                last_value=words.value(last.figure, lang),
                n=words.count(last.figure.n, lang),
            )
        )
    return " ".join(said)


def table(
    series: Sequence[Series], *, grain: str, metric: str, lang: str, names: Mapping[str, str] | None = None, waves: Sequence[WaveInfo] = ()
) -> pl.DataFrame:
    """One row per line and period, with headers in the user's language."""
    parts = []
    for line in series:
        rows = trend.table(line.points, grain=grain, metric=metric, lang=lang, waves=waves)
        name = pl.Series(words.column("segment", lang), [called(line, names or {}, lang)] * len(rows), dtype=pl.Utf8)
        parts.append(rows.insert_column(0, name))
    return pl.concat(parts) if parts else pl.DataFrame()
