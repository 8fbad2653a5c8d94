"""Trend of one figure with its control limits: centre, three-sigma limits as steps, a ring on every period that signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import theme, trend, words
from cxdash.services.catalog import WaveInfo
from cxdash.services.limits import Limits, Signal
from cxdash.services.overview import TrendPoint

HEIGHT = 360
_OUTSIDE = ("above", "below")
_TONES: Mapping[str, str] = {"above": theme.GOOD, "run_above": theme.GOOD, "below": theme.BAD, "run_below": theme.BAD}
_SAID: Mapping[str, str] = {
    "above": "trends.signal.above",
    "below": "trends.signal.below",
    "run_above": "trends.signal.run_above",
    "run_below": "trends.signal.run_below",
}
SCHEMA: Mapping[str, pl.DataType] = {
    "centre": pl.Float64(),
    "lower": pl.Float64(),
    "upper": pl.Float64(),
    "ring": pl.Utf8(),
    "outside": pl.Boolean(),
    "line_end": pl.Boolean(),
    "centre_text": pl.Utf8(),
    "lower_text": pl.Utf8(),
    "upper_text": pl.Utf8(),
}


def data(
    points: Sequence[TrendPoint], limits: Limits, *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = ()
) -> pl.DataFrame:
    """The table of `trend.data` with limits and signals beside every point."""
    frame = trend.data(points, grain=grain, metric=metric, lang=lang, waves=waves)
    places = trend.places(points, grain=grain)
    rings = {i: kind for s in limits.signals for i in range(s.first, s.last + 1) for kind in [s.kind] if limits.at[i]}
    rings |= {s.first: s.kind for s in limits.signals if s.kind in _OUTSIDE}
    last = max((i for i, limit in enumerate(limits.at) if limit), default=-1)
    added = {places[i]: _beside(points[i], limits, i, rings.get(i), i == last, lang) for i in range(len(points)) if limits.at}
    rows = [added.get(order, {}) if role == "point" else {} for order, role in zip(frame["order"], frame["role"], strict=True)]
    return frame.hstack(pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA))


def _beside(point: TrendPoint, limits: Limits, i: int, kind: str | None, last: bool, lang: str) -> dict[str, object]:
    limit = limits.at[i]
    if limit is None:
        return {}
    parts = {"centre": limit.centre, "lower": limit.lower, "upper": limit.upper}
    shown = {name: words.amount(value, point.figure, lang) for name, value in parts.items()}
    said = {
        "centre_text": i18n.text("trends.centre", lang, value=shown["centre"]),
        "lower_text": i18n.text("trends.lower", lang, value=shown["lower"]),
        "upper_text": i18n.text("trends.upper", lang, value=shown["upper"]),
    }
    return {**parts, **said, "ring": _TONES[kind] if kind else None, "outside": kind in _OUTSIDE, "line_end": last}


@lru_cache(maxsize=64)
def _built(lang: str, metric: str) -> str:
    x = trend.x_axis()
    point = alt.Chart().transform_filter("datum.role == 'point'")
    limited = point.transform_filter("isValid(datum.centre)")
    ring = point.transform_filter("isValid(datum.ring)").mark_point(filled=False, size=260, strokeWidth=2.5, opacity=1, aria=False)
    chart = alt.layer(
        *(_line(limited, x, name, [6, 4]) for name in ("lower", "upper")),
        _line(limited, x, "centre", [1, 0]),
        *trend.layers(lang, metric),
        ring.transform_filter("datum.outside").encode(x=x, y=trend.y_axis("value"), color=theme.tone("ring")),
        ring.transform_filter("!datum.outside").encode(
            x=x, y=trend.y_axis("value"), color=theme.tone("ring"), size=alt.value(130), opacity=alt.value(0.7)
        ),
        *(_end(limited, name) for name in ("lower", "centre", "upper")),
        data=alt.NamedData(theme.DATA),
    )
    return theme.finished(chart)


def _line(limited: alt.Chart, x: alt.X, column: str, dash: list[int]) -> alt.Chart:
    mark = limited.mark_line(interpolate="step", strokeWidth=1.2, strokeDash=dash, opacity=0.8, aria=False, tooltip=None)
    return mark.encode(x=x, y=trend.y_axis(column), color=theme.always(theme.MUTED))


def _end(limited: alt.Chart, column: str) -> alt.Chart:
    mark = limited.transform_filter("datum.line_end").mark_text(align="left", dx=6, fontSize=11, aria=False)
    return mark.encode(x=alt.XValue(alt.expr("width")), y=trend.y_axis(column), text=f"{column}_text:N", color=theme.always(theme.MUTED))


def spec(lang: str, metric: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang, metric), height)


def sentences(points: Sequence[TrendPoint], limits: Limits, *, grain: str, lang: str, waves: Sequence[WaveInfo] = ()) -> list[str]:
    """One sentence per signal, latest first."""
    steps, places = trend.steps(points, grain=grain, lang=lang, waves=waves), trend.places(points, grain=grain)

    def said(signal: Signal) -> str:
        limit, figure = limits.at[signal.first], points[signal.first].figure
        low, high = (None, None) if limit is None else (limit.lower, limit.upper)
        return i18n.text(
            _SAID[signal.kind],
            lang,
            period=steps[places[signal.first]].name,
            last=steps[places[signal.last]].name,
            n=signal.length,
            value=words.value(figure, lang),
            low=words.amount(low, figure, lang),
            high=words.amount(high, figure, lang),
        )

    return [said(s) for s in sorted(limits.signals, key=lambda s: -s.last)]


def table(
    points: Sequence[TrendPoint], limits: Limits, *, grain: str, metric: str, lang: str, waves: Sequence[WaveInfo] = ()
) -> pl.DataFrame:
    """The trend as a table, with centre, limits and what each period signals."""
    plain = trend.table(points, grain=grain, metric=metric, lang=lang, waves=waves)
    places = trend.places(points, grain=grain)
    at = {place: limit for place, limit in zip(places, limits.at, strict=False) if limit}
    marked: dict[int, list[str]] = {}
    for signal in limits.signals:
        key = {"above": "trends.outside_above", "below": "trends.outside_below"}.get(signal.kind, "trends.in_run")
        for i in range(signal.first, signal.last + 1):
            if limits.at[i]:
                marked.setdefault(places[i], []).append(i18n.text(key, lang))
    columns = {
        i18n.text("trends.column.centre", lang): [at[i].centre if i in at else None for i in range(len(plain))],
        i18n.text("trends.column.lower", lang): [at[i].lower if i in at else None for i in range(len(plain))],
        i18n.text("trends.column.upper", lang): [at[i].upper if i in at else None for i in range(len(plain))],
    }
    rounded = [words.rounded(values).alias(name) for name, values in columns.items()]
    signs = pl.Series(i18n.text("trends.column.signal", lang), [", ".join(marked.get(i, [])) for i in range(len(plain))], dtype=pl.Utf8)
    return plain.hstack([*rounded, signs])
