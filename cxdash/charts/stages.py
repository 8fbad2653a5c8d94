"""Stage scores in journey order: 100-point means with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.services.stages import StageScore

HEIGHT = 220


def _rows(stages: Sequence[StageScore], lang: str) -> list[rows.Row]:
    return [_row(s, lang) for s in stages]


def _row(score: StageScore, lang: str) -> rows.Row:
    name = labels.plain(labels.localised(score.stage.name, lang, score.stage.code))
    notes = [words.base(score.figure, lang)]
    if score.change is not None and score.figure.value is not None:
        notes.append(words.against(score.change, score.verdict, lang, i18n.text("chart.what.before", lang)))
    return rows.Row(name, name, score.figure, score.verdict, " · ".join(filter(None, notes)), score.stage.code)


def data(stages: Sequence[StageScore], *, lang: str) -> pl.DataFrame:
    """The table of the chart, one row per stage in journey order; stages under the minimum base keep their row."""
    return rows.data(_rows(stages, lang), lang=lang, signed=False)


@lru_cache(maxsize=16)
def _built(lang: str) -> str:
    return theme.finished(rows.layers(lang, "stage"))


def spec(lang: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame, *, at_least: int = HEIGHT) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=at_least)


def chart(stages: Sequence[StageScore], *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(stages, lang=lang)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(stages: Sequence[StageScore], *, lang: str) -> str:
    """The chart in a sentence: best and weakest stage."""
    found = _rows(stages, lang)
    ends = rows.extremes(found)
    if ends is None:
        return i18n.text("chart.stages.said_few", lang, count=len(found))
    best, worst = ends
    return i18n.text("chart.stages.said", lang, count=len(found), best=best.name, best_value=words.value(best.figure, lang),
                     best_n=words.count(best.figure.n, lang), worst=worst.name, worst_value=words.value(worst.figure, lang),
                     worst_n=words.count(worst.figure.n, lang))


def table(stages: Sequence[StageScore], *, lang: str) -> pl.DataFrame:
    """The chart as a table with headers in the user's language."""
    return words.figure_table([(r.name, r.figure, r.note) for r in _rows(stages, lang)], words.column("stage", lang), "stage", lang)
