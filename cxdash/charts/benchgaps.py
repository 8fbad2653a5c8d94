"""Distances from others: one row each, ours minus theirs with its interval, on an axis whose zero means alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.stats.compare import Verdict
from cxdash.stats.figure import Difference, Figure


@dataclass(frozen=True)
class Gap:
    """name: what is compared; sides: both values in words. ours, theirs: figures or plain values, None where there is no such side.

    note: what was taken for the doubt of theirs, and the verdict.
    """

    name: str
    sides: str
    difference: Difference
    verdict: Verdict
    n: int
    ours: float | None = None
    theirs: float | None = None
    note: str = ""
    pick: str | None = None
    small: bool = False

    @property
    def figure(self) -> Figure:
        """The distance as the rows draw it."""
        d = self.difference
        base = "hidden" if d.value is None else "small" if self.small else "ok"
        return Figure(d.value, self.n, float(self.n), d.ci_low, d.ci_high, unit="points", base=base)  # type: ignore[arg-type]


def _row(gap: Gap) -> rows.Row:
    name = labels.plain(gap.name)
    return rows.Row(name, f"{name} {gap.sides}".strip(), gap.figure, gap.verdict, gap.note, gap.pick)


def data(gaps: Sequence[Gap], *, lang: str) -> pl.DataFrame:
    """One row per gap."""
    return rows.data([_row(gap) for gap in gaps], lang=lang, signed=True)


def height(frame: pl.DataFrame, *, at_least: int = 110) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=at_least)


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    return theme.finished(rows.layers(lang, i18n.text("bench.column.gap", lang)))


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def chart(gaps: Sequence[Gap], *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(gaps, lang=lang)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(gaps: Sequence[Gap], *, lang: str) -> str:
    """Where we are significantly ahead and behind."""
    told = []
    for side, key in (("up", "bench.said.ahead"), ("down", "bench.said.behind")):
        names = [f"{labels.plain(g.name)} {i18n.number(g.difference.value, lang, 1, signed=True)}" for g in gaps if g.verdict == side]
        if names:
            told.append(i18n.text(key, lang, names=", ".join(names)))
    return " ".join(told) or i18n.text("bench.said.alike", lang, n=len(gaps))


def table(gaps: Sequence[Gap], *, lang: str) -> pl.DataFrame:
    """One row per gap: ours, theirs, distance with interval and adjusted p, base, note."""
    differences = [g.difference for g in gaps]
    return pl.DataFrame([
        pl.Series(words.column("group", lang), [labels.plain(g.name) for g in gaps], dtype=pl.Utf8),
        words.rounded([g.ours for g in gaps]).alias(i18n.text("bench.column.ours", lang)),
        words.rounded([g.theirs for g in gaps]).alias(i18n.text("bench.column.theirs", lang)),
        words.rounded([d.value for d in differences]).alias(i18n.text("bench.column.gap", lang)),
        words.rounded([d.ci_low for d in differences]).alias(words.column("low", lang)),
        words.rounded([d.ci_high for d in differences]).alias(words.column("high", lang)),
        words.rounded([d.p_adjusted for d in differences], 4).alias(i18n.text("segments.column.p", lang)),
        pl.Series(words.column("n", lang), [g.n for g in gaps], dtype=pl.Int64),
        pl.Series(words.column("note", lang), [g.note for g in gaps], dtype=pl.Utf8),
    ])  # fmt: skip
