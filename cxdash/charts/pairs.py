"""Two means of the same respondents in rows: what was expected and experienced, performance and emotion.

A hollow ring and a full mark joined by a line; the line takes a colour where the two differ significantly. Hidden rows keep their place and
say why they are empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash.charts import labels, rows, theme, words
from cxdash.charts.window import window
from cxdash.stats.figure import Figure

_TONES: Mapping[str, str] = {"up": theme.GOOD, "down": theme.BAD}
_TEXTS = ("name", "first_text", "second_text", "gap_text", "n_text", "note", "said", "hidden")
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(), "order": pl.Int64(), "first": pl.Float64(), "second": pl.Float64(), "tone": pl.Utf8(), "floor": pl.Float64(),
    "ceiling": pl.Float64(), **dict.fromkeys(_TEXTS, pl.Utf8()),
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One row. verdict: of second minus first ("up", "down", …). beside: what stands at its end, behind an arrow where the verdict is
    about it; gap, note: lines of its tooltip."""

    name: str
    first: Figure
    second: Figure
    verdict: str
    beside: str
    gap: str
    note: str
    arrow: bool = True


@dataclass(frozen=True)
class Titles:
    """What the ring, the full mark and the difference are."""

    first: str
    second: str
    gap: str


def data(pairs: Sequence[Pair], *, lang: str) -> pl.DataFrame:
    """The table of the chart."""
    ends = window([f for p in pairs for f in (p.first, p.second)], signed=False)
    return pl.DataFrame([_record(i, p, lang, ends) for i, p in enumerate(pairs)], schema=SCHEMA)


def _record(i: int, p: Pair, lang: str, ends: tuple[float, float]) -> dict[str, object]:
    shown = p.first.value is not None and p.second.value is not None
    first, second = words.value(p.first, lang), words.value(p.second, lang)
    glyph = words.GLYPHS.get(p.verdict, "") if p.arrow else ""
    name = labels.plain(p.name)
    return {
        "key": labels.axis_key(i, labels.wrap(name), f"{glyph} {p.beside}".strip() if shown else "–"), "order": i,
        "first": p.first.value if shown else None, "second": p.second.value if shown else None,
        "tone": theme.MUTED if p.second.base == "small" else _TONES.get(p.verdict, theme.MUTED), "floor": ends[0], "ceiling": ends[1],
        "name": name, "first_text": first, "second_text": second, "gap_text": p.gap, "n_text": words.count(p.second.n, lang),
        "note": p.note or "–", "said": f"{name}: {first}, {second}. {p.gap} {p.note}".strip(), "hidden": None if shown else second,
    }  # fmt: skip


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=90)


def spec(lang: str, titles: Titles, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_built(lang, titles), height)


@lru_cache(maxsize=32)
def _built(lang: str, titles: Titles) -> str:
    base = alt.Chart()
    quiet = {"aria": False, "tooltip": None}
    tips = theme.tips(("name", words.column("group", lang)), ("first_text", titles.first), ("second_text", titles.second),
                      ("gap_text", titles.gap), ("n_text", words.column("n", lang)), ("note", words.column("note", lang)))  # fmt: skip
    plain = rows.y()
    chart = alt.layer(
        base.mark_rule(opacity=0, **quiet).encode(x=_x("floor"), x2="ceiling:Q", y=rows.y(rows.values_axis())),
        base.mark_rule(strokeWidth=3, opacity=0.55, **quiet).encode(x=_x("first"), x2="second:Q", y=plain, color=theme.tone()),
        base.mark_point(filled=False, size=75, strokeWidth=2, opacity=1, **quiet).encode(x=_x("first"), y=plain,
                                                                                          color=theme.always(theme.MUTED)),
        base.mark_point(filled=True, size=90, opacity=1, **quiet).encode(x=_x("second"), y=plain, color=theme.always(theme.ACCENT)),
        base.transform_filter("isValid(datum.hidden)").mark_text(align="left", dx=4, fontSize=11, **quiet).encode(
            x=alt.value(0), y=plain, text="hidden:N", color=theme.always(theme.MUTED)),
        base.mark_bar(opacity=0).encode(x=_x("floor"), x2="ceiling:Q", y=rows.y(rows.names_axis()), tooltip=tips, description="said:N"),
        data=alt.NamedData(theme.DATA),
    )  # fmt: skip
    chart.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return theme.finished(chart)


def _x(column: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelPadding=6, grid=True, ticks=False, domain=False)
    return alt.X(f"{column}:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=axis)


def chart(pairs: Sequence[Pair], titles: Titles, *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(pairs, lang=lang)
    return theme.with_data(spec(lang, titles, height=height(frame)), frame)
