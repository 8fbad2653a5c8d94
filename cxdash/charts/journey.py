"""Scores along the journey in rows: stages, or the touchpoints of one stage, each with its base and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.stages import HEIGHT
from cxdash.services.stages import StageScore
from cxdash.services.touchpoints import TouchpointScore
from cxdash.stats.figure import Difference, Figure

Scores = Sequence[StageScore | TouchpointScore]
_OPENED = "▸ "


def name_of(score: StageScore | TouchpointScore, lang: str) -> str:
    """What the stage or touchpoint is called."""
    if isinstance(score, StageScore):
        return labels.plain(labels.localised(score.stage.name, lang, score.stage.code))
    return labels.plain(labels.localised(score.touchpoint.name, lang, score.touchpoint.key))


def _rows(scores: Scores, lang: str, opened: str | None) -> list[rows.Row]:
    return [_row(score, lang, opened) for score in scores if score.figure is not None]


def _row(score: StageScore | TouchpointScore, lang: str, opened: str | None) -> rows.Row:
    figure = score.figure or Figure(None, 0)
    name = name_of(score, lang)
    code = score.stage.code if isinstance(score, StageScore) else None
    label = i18n.text("journey.row", lang, name=name, n=words.count(figure.n, lang))
    change = score.change if score.verdict in words.GLYPHS and figure.value is not None else None
    beside = f"({i18n.number(change.value, lang, 1, signed=True)})" if change is not None else ""
    mark = _OPENED if code and code == opened else ""
    return rows.Row(name, mark + label, figure, score.verdict, note(figure, score, lang), code, beside)


def note(figure: Figure, score: StageScore | TouchpointScore, lang: str) -> str:
    """What the base allows, the change with its verdict, and of how many questions the score is the mean."""
    told = [words.base(figure, lang)]
    if score.change is not None and figure.value is not None:
        told.append(words.against(score.change, score.verdict, lang, i18n.text("chart.what.before", lang)))
    if score.items > 1:
        told.append(i18n.text("journey.items", lang, n=score.items))
    return " · ".join(filter(None, told))


def data(scores: Scores, *, lang: str, opened: str | None = None) -> pl.DataFrame:
    """The table of the chart, one row per stage or touchpoint in journey order; those under the minimum base keep their row.

    opened: code of the stage that is open. Touchpoints that no question asks for are left out.
    """
    return rows.data(_rows(scores, lang, opened), lang=lang, signed=False)


@lru_cache(maxsize=16)
def _built(lang: str) -> str:
    return theme.finished(rows.layers(lang, "stage"))


def spec(lang: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame, *, at_least: int = 0) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=at_least)


def describe(scores: Scores, *, lang: str) -> str:
    """The chart in a sentence or two: highest and lowest, and what changed significantly."""
    found = _rows(scores, lang, None)
    ends = rows.extremes(found)
    if ends is None:
        return i18n.text("journey.said_few", lang, count=len(found))
    best, worst = ends
    told = i18n.text("journey.said", lang, count=len(found), best=best.name, best_value=words.value(best.figure, lang),
                     best_n=words.count(best.figure.n, lang), worst=worst.name, worst_value=words.value(worst.figure, lang),
                     worst_n=words.count(worst.figure.n, lang))
    moved = [f"{words.GLYPHS[r.verdict]} {r.name} {r.beside}" for r in found if r.beside]
    return told + (" " + i18n.text("journey.said_moved", lang, names=", ".join(moved)) if moved else "")


def table(scores: Scores, *, lang: str, first: str) -> pl.DataFrame:
    """The chart as a table with headers in the user's language: score, interval, base, change with its interval, verdict.

    first: header of the names' column.
    """
    found = [(name_of(s, lang), s, s.figure) for s in scores if s.figure is not None]
    changes = [s.change if s.change is not None and f.value is not None else Difference(None) for _, s, f in found]
    return words.figure_table([(name, f, note(f, s, lang)) for name, s, f in found], first, "stage", lang).with_columns(
        words.rounded([c.value for c in changes]).alias(i18n.text("journey.column.change", lang)),
        words.rounded([c.ci_low for c in changes]).alias(i18n.text("journey.column.change_low", lang)),
        words.rounded([c.ci_high for c in changes]).alias(i18n.text("journey.column.change_high", lang)),
    )
