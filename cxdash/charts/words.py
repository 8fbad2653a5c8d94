"""Figures in words for tooltips, labels, text alternatives and table views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import polars as pl

from cxdash import i18n
from cxdash.charts.theme import DOWN, UP
from cxdash.stats import rounding
from cxdash.stats.figure import Difference, Figure

METRIC_KEYS: Mapping[str, str] = {
    "nps": "chart.metric.nps", "csat": "chart.metric.csat", "loyalty": "chart.metric.loyalty", "stage": "chart.metric.stage",
    "secure": "chart.metric.secure", "effort": "chart.metric.effort",
}
GLYPHS: Mapping[str, str] = {"up": UP, "down": DOWN}


def metric_name(metric: str, lang: str) -> str:
    """The figure's name on charts: NPS, 고객만족도(상위 2점) … What is no headline comes with a name already (ui.names.metric)."""
    return i18n.text(METRIC_KEYS[metric], lang) if metric in METRIC_KEYS else metric


def value(figure: Figure, lang: str) -> str:
    """The value with one decimal and its unit, or the reason why it is not shown."""
    if figure.value is None:
        return hidden(figure, lang)
    return amount(figure.value, figure, lang)


def amount(x: float | None, figure: Figure, lang: str) -> str:
    """A number in the figure's unit."""
    return _amount(x, figure.unit, lang)


@lru_cache(maxsize=8192)  # the same figures are drawn again at every rerun, and formatting is most of the work
def _amount(x: float | None, unit: str, lang: str) -> str:
    digits = 2 if unit == "mean" else 1
    return i18n.percent(x, lang, digits) if unit == "percent" else i18n.number(x, lang, digits)


def hidden(figure: Figure, lang: str) -> str:
    """Why a figure is not shown: too few answers, or it would give away a neighbour that has too few."""
    if figure.n == 0:
        return i18n.text("chart.hidden.none", lang)
    if "hidden_complement" in figure.flags:
        return i18n.text("chart.hidden.complement", lang, n=i18n.number(figure.n, lang))
    return i18n.text("chart.hidden.small", lang, n=i18n.number(figure.n, lang))


def interval(figure: Figure, lang: str) -> str:
    """95 % interval as "12.3 – 45.6", or a dash."""
    if figure.value is None or figure.ci_low is None or figure.ci_high is None:
        return i18n.NOTHING
    return f"{amount(figure.ci_low, figure, lang)} – {amount(figure.ci_high, figure, lang)}"


@lru_cache(maxsize=8192)
def count(n: int, lang: str) -> str:
    """A number of answers."""
    return i18n.number(n, lang)


@lru_cache(maxsize=8192)
def point(name: str, value: str, interval: str, n: str, lang: str) -> str:
    """One figure in a sentence, for screen readers."""
    return i18n.text("chart.said.point", lang, name=name, value=value, interval=interval, n=n)


def against(change: Difference | None, verdict: str, lang: str, what: str) -> str:
    """Verdict of a difference in words; `what` names the other side ("나머지", "비교 기간")."""
    if change is None or change.value is None or verdict == "untested":
        return i18n.text("chart.verdict.untested", lang)
    gap = i18n.number(change.value, lang, 1, signed=True)
    if verdict == "up":
        return i18n.text("chart.verdict.up", lang, what=what, gap=gap)
    if verdict == "down":
        return i18n.text("chart.verdict.down", lang, what=what, gap=gap)
    return i18n.text("chart.verdict.none", lang, what=what, gap=gap)


def base(figure: Figure, lang: str) -> str:
    """What the base allows, in words; empty when it is large enough."""
    if figure.base == "hidden" or figure.value is None:
        return hidden(figure, lang)
    if figure.base == "small":
        return i18n.text("chart.base.small", lang)
    return i18n.text("chart.base.caution", lang) if figure.base == "caution" else ""


COLUMN_KEYS: Mapping[str, str] = {
    "period": "chart.column.period", "interval": "chart.column.interval", "n": "chart.column.n", "note": "chart.column.note",
    "low": "chart.column.low", "high": "chart.column.high", "segment": "chart.column.segment", "stage": "chart.column.stage",
    "group": "chart.column.group", "share": "chart.column.share", "point": "chart.column.point",
}


def column(name: str, lang: str) -> str:
    """The header of a column."""
    return i18n.text(COLUMN_KEYS[name], lang)


def figure_table(rows: Sequence[tuple[str, Figure, str]], first: str, metric: str, lang: str) -> pl.DataFrame:
    """Table view of figures: name, value, interval ends, n and a note. Values are rounded as shown, not as text."""
    shown = [f if f.value is not None else Figure(None, f.n) for _, f, _ in rows]
    return pl.DataFrame({
        first: pl.Series([r[0] for r in rows], dtype=pl.Utf8),
        metric_name(metric, lang): rounded([f.value for f in shown]),
        column("low", lang): rounded([f.ci_low for f in shown]),
        column("high", lang): rounded([f.ci_high for f in shown]),
        column("n", lang): pl.Series([f.n for f in shown], dtype=pl.Int64),
        column("note", lang): pl.Series([r[2] for r in rows], dtype=pl.Utf8),
    })


def rounded(values: Sequence[float | None], digits: int = 1) -> pl.Series:
    """Rounded half up, as the labels are."""
    return pl.Series([rounding.rounded(v, digits) for v in values], dtype=pl.Float64)
