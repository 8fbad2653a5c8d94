"""Targets: figure with its interval against a tick at the goal, one row per target. NPS and what runs from 0 to 100 stand apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.window import window
from cxdash.services.targets import Line, Verdict
from cxdash.stats.figure import Figure
from cxdash.stats.rounding import rounded

VERDICTS: Mapping[Verdict, str] = {
    "met": "targets.verdict.met",
    "missed": "targets.verdict.missed",
    "open": "targets.verdict.open",
    "unknown": "targets.verdict.unknown",
}
_MARKS: Mapping[Verdict, str] = {"met": "up", "missed": "down"}
MARGIN = 1.0  # points between a goal and the edge of the axis
_TICK = "fourth"  # the tone of goals, on every row the same
SCHEMA: Mapping[str, pl.DataType] = {**rows.SCHEMA, "goal": pl.Float64(), "goal_tone": pl.Utf8()}


@dataclass(frozen=True)
class Named:
    """A target with its name on screen: the metric, and the segment it is for ("" = everybody)."""

    line: Line
    metric: str
    segment: str = ""

    @property
    def name(self) -> str:
        return labels.plain(f"{self.metric} · {self.segment}" if self.segment else self.metric)

    @property
    def figure(self) -> Figure:
        return self.line.figure or Figure(None, 0, base="hidden")


def goal_text(goal: float, figure: Figure | None, lang: str) -> str:
    """A goal in the unit of its figure: "45", "82.5%"."""
    text = i18n.number(goal, lang)
    return f"{text}%" if figure is not None and figure.unit == "percent" else text


def verdict_text(line: Line, lang: str) -> str:
    """What the interval says of the goal; that there is no figure any more."""
    return i18n.text("targets.verdict.gone" if line.figure is None else VERDICTS[line.verdict], lang)


def days_text(line: Line, lang: str) -> str:
    """Days left, the day itself, days over."""
    if line.days == 0:
        return i18n.text("targets.days.today", lang)
    key = "targets.days.left" if line.days > 0 else "targets.days.over"
    return i18n.text(key, lang, n=i18n.number(abs(line.days), lang))


def _row(found: Named, lang: str) -> rows.Row:
    line, goal = found.line, goal_text(found.line.target.goal, found.line.figure, lang)
    label = i18n.text("targets.row", lang, name=found.name, due=line.target.due.isoformat())
    aim = i18n.text("targets.aim", lang, goal=goal)
    note = " · ".join(filter(None, [aim, verdict_text(line, lang), words.base(found.figure, lang)]))
    return rows.Row(found.name, label, found.figure, _MARKS.get(line.verdict, "none"), note, beside=f"/ {goal}")


def data(named: Sequence[Named], *, lang: str, signed: bool) -> pl.DataFrame:
    """The table of the chart, one row per target. The window covers every interval and every goal."""
    goals = [Figure(g, 0, ci_low=g - MARGIN, ci_high=g + MARGIN) for g in (n.line.target.goal for n in named)]
    low, high = window([*(n.figure for n in named), *goals], signed=signed)
    frame = rows.data([_row(n, lang) for n in named], lang=lang, signed=signed)
    zero = pl.when((pl.col("order") == 0) & (low < 0 < high)).then(0.0)
    return frame.with_columns(
        floor=pl.lit(low),
        ceiling=pl.lit(high),
        zero=zero.cast(pl.Float64),
        goal=pl.Series([n.line.target.goal for n in named], dtype=pl.Float64),
        goal_tone=pl.lit(_TICK),
    ).select(list(SCHEMA))


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    chart = rows.layers(lang, i18n.text("targets.column.actual", lang))
    x = alt.X("goal:Q", title=None, scale=alt.Scale(zero=False, nice=False))
    y = rows.y()
    tick = alt.Chart().mark_tick(orient="vertical", thickness=3, size=22, opacity=1, aria=False, tooltip=None)
    chart.layer.insert(-1, tick.encode(x=x, y=y, color=theme.tone("goal_tone")))  # under the layer that is pointed at
    return theme.finished(chart)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=110)


def describe(named: Sequence[Named], *, lang: str) -> str:
    """How many goals are met, missed and undecided, and by name those that are decided."""
    of = {v: [n.name for n in named if n.line.verdict == v] for v in VERDICTS}
    told = i18n.text(
        "targets.said", lang, n=len(named), met=len(of["met"]), missed=len(of["missed"]), open=len(of["open"]), unknown=len(of["unknown"])
    )
    for verdict, key in (("met", "targets.said.met"), ("missed", "targets.said.missed")):
        told += " " + i18n.text(key, lang, names=", ".join(of[verdict])) if of[verdict] else ""  # type: ignore[index]
    return told


def table(named: Sequence[Named], *, lang: str) -> pl.DataFrame:
    """The targets as a table with headers in the user's language; numbers rounded as on screen."""

    def column(key: str, values: Sequence[object], kind: type[pl.DataType]) -> pl.Series:
        return pl.Series(i18n.text(key, lang), values, dtype=kind, strict=False)

    lines, everybody = [n.line for n in named], i18n.text("targets.everybody", lang)
    return pl.DataFrame(
        [
            column("targets.column.metric", [n.metric for n in named], pl.String),
            column("targets.column.segment", [n.segment or everybody for n in named], pl.String),
            column("targets.column.goal", [x.target.goal for x in lines], pl.Float64),
            column("targets.column.actual", [rounded(n.figure.value) for n in named], pl.Float64),
            column("targets.column.low", [rounded(n.figure.ci_low) for n in named], pl.Float64),
            column("targets.column.high", [rounded(n.figure.ci_high) for n in named], pl.Float64),
            column("targets.column.n", [n.figure.n for n in named], pl.Int64),
            column("targets.column.gap", [rounded(x.gap) for x in lines], pl.Float64),
            column("targets.column.verdict", [verdict_text(x, lang) for x in lines], pl.String),
            column("targets.column.due", [x.target.due for x in lines], pl.Date),
            column("targets.column.days", [x.days for x in lines], pl.Int64),
            column("targets.note", [x.target.note or None for x in lines], pl.String),
        ]
    )
