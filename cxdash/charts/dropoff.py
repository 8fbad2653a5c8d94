"""Where people stop: one bar per question at which visits ended, in the order asked; how many of those who came as far on the right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.services.fieldwork import Stop

MOST = 15  # bars; the questions where most people stop
_LONGEST = 60  # characters of a question


@dataclass(frozen=True)
class Named:
    """A stop with what its question is called on screen."""

    stop: Stop
    name: str

    @property
    def label(self) -> str:
        text = labels.plain(self.name)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def shown(named: Sequence[Named]) -> tuple[Named, ...]:
    """The questions where most people stop, in the order asked."""
    most = sorted(named, key=lambda n: -n.stop.stopped)[:MOST]
    kept = {id(n) for n in most}
    return tuple(n for n in named if id(n) in kept)


def share(stop: Stop) -> float | None:
    """Percent of those who came as far."""
    return 100 * stop.stopped / stop.reached if stop.reached > 0 else None


def _value(stop: Stop, lang: str) -> str:
    return i18n.text("publish.stops.value", lang, n=i18n.number(stop.stopped, lang), share=i18n.percent(share(stop), lang))


def data(named: Sequence[Named], *, lang: str) -> pl.DataFrame:
    """The table of the chart."""
    found = []
    for i, one in enumerate(shown(named)):
        text = _value(one.stop, lang)
        said = i18n.text("publish.stops.point", lang, name=one.label, value=text, reached=i18n.number(one.stop.reached, lang))
        found.append(
            {
                "key": labels.axis_key(i, labels.wrap(one.label), text),
                "order": i,
                "zero": 0,
                "stopped": one.stop.stopped,
                "tone": theme.ACCENT,
                "name": one.label,
                "value_text": text,
                "reached": i18n.number(one.stop.reached, lang),
                "said": said,
            }
        )
    return pl.DataFrame(found)


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    tips = theme.tips(
        ("name", i18n.text("publish.column.question", lang)),
        ("value_text", i18n.text("publish.column.stopped", lang)),
        ("reached", i18n.text("publish.column.reached", lang)),
    )
    axis = alt.Axis(tickCount=4, tickMinStep=1, format=",d", grid=True, ticks=False, domain=False, labelPadding=6)
    x = alt.X("stopped:Q", title=None, scale=alt.Scale(domainMin=0, nice=True), axis=axis)
    chart = alt.layer(
        base.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=alt.X("zero:Q", title=None), y=rows.y(rows.values_axis())),
        base.mark_bar(cornerRadiusEnd=2, height={"band": 0.55}).encode(
            x=x, y=rows.y(rows.names_axis()), color=theme.tone(), tooltip=tips, description="said:N"
        ),
        data=alt.NamedData(theme.DATA),
    )
    chart.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return theme.finished(chart)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    lines = [key.split(labels.TAB)[0].count("\n") + 1 for key in frame["key"]]
    step = max(((a + b) / 2 for a, b in pairwise([*lines, 1])), default=1.0) * rows.LINE + rows.GAP + 4
    return max(110, rows.AXIS + math.ceil(max(1, len(lines)) * step))


def describe(named: Sequence[Named], *, lang: str) -> str:
    """How many stopped, and where most of them did."""
    if not named:
        return i18n.text("publish.stops.none", lang)
    worst = max(named, key=lambda n: n.stop.stopped)
    total = sum(n.stop.stopped for n in named)
    return i18n.text("publish.stops.said", lang, n=i18n.number(total, lang), name=worst.label, value=_value(worst.stop, lang))


def table(named: Sequence[Named], *, lang: str) -> pl.DataFrame:
    """Every question where somebody stopped, with headers in the user's language."""
    return pl.DataFrame(
        {
            i18n.text("publish.column.question", lang): pl.Series([labels.plain(n.name) for n in named], dtype=pl.String),
            i18n.text("publish.column.reached", lang): pl.Series([n.stop.reached for n in named], dtype=pl.Int64),
            i18n.text("publish.column.stopped", lang): pl.Series([n.stop.stopped for n in named], dtype=pl.Int64),
            i18n.text("publish.column.share", lang): words.rounded([share(n.stop) for n in named]),
        }
    )
