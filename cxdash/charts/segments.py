"""Segments of one attribute: each value's figure with its interval, the selection's average, and who differs from the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.facts.question import NONE
from cxdash.services.segments import Segment
from cxdash.stats.figure import Figure

HEIGHT = 220
Order = Literal["natural", "ranked"]


def _rows(segments: Sequence[Segment], lang: str, names: Mapping[str, str], order: Order) -> list[rows.Row]:
    found = [_row(s, lang, names) for s in segments]
    return found if order == "natural" else sorted(found, key=_rank)


def _rank(row: rows.Row) -> tuple[int, float]:
    """Highest first among those whose base allows it; small bases and hidden ones below, in their own order."""
    if row.figure.value is None:
        return (2, 0.0)
    return (1, 0.0) if row.figure.base == "small" else (0, -row.figure.value)


def _row(segment: Segment, lang: str, names: Mapping[str, str]) -> rows.Row:
    name = i18n.text("chart.segment.none", lang) if segment.value is None else labels.plain(names.get(segment.value) or segment.value)
    label = i18n.text("chart.segment.label", lang, name=name, n=words.count(segment.figure.n, lang))
    notes = [words.base(segment.figure, lang)]
    if segment.figure.value is not None:
        notes.append(words.against(segment.rest, segment.verdict, lang, i18n.text("chart.what.rest", lang)))
    return rows.Row(name, label, segment.figure, segment.verdict, " · ".join(filter(None, notes)), segment.value or NONE)


def data(
    segments: Sequence[Segment],
    *,
    metric: str,
    lang: str,
    average: Figure | None = None,
    names: Mapping[str, str] | None = None,
    order: Order = "natural",
) -> pl.DataFrame:
    """The table of the chart, one row per value. names: value -> label in the user's language; average: figure of the whole selection."""
    return rows.data(_rows(segments, lang, names or {}, order), lang=lang, signed=metric == "nps", average=average)


@lru_cache(maxsize=64)
def _built(lang: str, metric: str) -> str:
    return theme.finished(rows.layers(lang, metric))


def spec(lang: str, metric: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang, metric), height)


def height(frame: pl.DataFrame, *, at_least: int = HEIGHT) -> int:
    """Pixels that let every label stand whole; give it to `spec` where the place may scroll."""
    return rows.height(frame, at_least=at_least)


def chart(
    segments: Sequence[Segment],
    *,
    metric: str,
    lang: str,
    average: Figure | None = None,
    names: Mapping[str, str] | None = None,
    order: Order = "natural",
) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(segments, metric=metric, lang=lang, average=average, names=names, order=order)
    return theme.with_data(spec(lang, metric, height=height(frame)), frame)


def describe(segments: Sequence[Segment], *, metric: str, lang: str, names: Mapping[str, str] | None = None) -> str:
    """The chart in a sentence or two: highest and lowest, and which values differ significantly from the rest."""
    found = _rows(segments, lang, names or {}, "natural")
    ends, metric_name = rows.extremes(found), words.metric_name(metric, lang)
    if ends is None:
        return i18n.text("chart.segments.said_few", lang, metric=metric_name, count=len(found))
    best, worst = ends
    told = i18n.text(
        "chart.segments.said",
        lang,
        metric=metric_name,
        count=len(found),
        best=best.name,
        best_value=words.value(best.figure, lang),
        best_n=words.count(best.figure.n, lang),
        worst=worst.name,
        worst_value=words.value(worst.figure, lang),
        worst_n=words.count(worst.figure.n, lang),
    )
    different = [f"{words.GLYPHS[r.verdict]} {r.name}" for r in found if r.verdict in words.GLYPHS and r.figure.value is not None]
    if not different:
        return told + " " + i18n.text("chart.segments.said_alike", lang)
    return told + " " + i18n.text("chart.segments.said_different", lang, names=", ".join(different))


def table(
    segments: Sequence[Segment], *, metric: str, lang: str, names: Mapping[str, str] | None = None, order: Order = "natural"
) -> pl.DataFrame:
    """The chart as a table with headers in the user's language."""
    found = _rows(segments, lang, names or {}, order)
    return words.figure_table([(r.name, r.figure, r.note) for r in found], words.column("segment", lang), metric, lang)


def compared(
    segments: Sequence[Segment], *, metric: str, lang: str, names: Mapping[str, str] | None = None, order: Order = "natural"
) -> pl.DataFrame:
    """`table` with the difference from the rest, its interval and its adjusted p, for those who want to check the verdict."""
    by_name = table(segments, metric=metric, lang=lang, names=names, order=order)
    ranked = segments if order == "natural" else sorted(segments, key=lambda s: _rank(_row(s, lang, names or {})))
    rests = [s.rest for s in ranked]
    gaps = {
        i18n.text("segments.column.gap", lang): [None if d is None else d.value for d in rests],
        i18n.text("segments.column.gap_low", lang): [None if d is None else d.ci_low for d in rests],
        i18n.text("segments.column.gap_high", lang): [None if d is None else d.ci_high for d in rests],
    }
    p = words.rounded([None if d is None else d.p_adjusted for d in rests], 4)
    found = by_name.with_columns(*(words.rounded(v).alias(name) for name, v in gaps.items()), p.alias(i18n.text("segments.column.p", lang)))
    note = words.column("note", lang)
    return found.select(*(c for c in found.columns if c != note), note)
