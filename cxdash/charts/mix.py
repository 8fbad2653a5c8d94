"""Promoters, passives, detractors: one bar of the whole, each part named above it with its percentage and count."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import theme, words
from cxdash.services.overview import Mix

HEIGHT = 60
Place = Literal["left", "center", "right"]
_PARTS: tuple[tuple[str, str, Place], ...] = (
    ("chart.mix.promoters", theme.GOOD, "left"),
    ("chart.mix.passives", theme.MUTED, "center"),
    ("chart.mix.detractors", theme.BAD, "right"),
)
_FITTING = "width < 400 ? datum.short : datum.label"  # without the count where three labels would not fit beside each other
_ALIGN: dict[Place, str] = {"left": "0", "center": "width / 2", "right": "width"}


def _parts(mix: Mix, lang: str) -> list[tuple[str, int, int]]:
    counts = (mix.promoters, mix.passives, mix.detractors)
    return [(i18n.text(key, lang), n, p) for (key, _, _), n, p in zip(_PARTS, counts, mix.percents, strict=True)]


def data(mix: Mix, *, lang: str) -> pl.DataFrame:
    """Three rows: the part's place on the bar (0-100, whole percentages), tone, label."""
    ends = [sum(mix.percents[:i]) for i in range(4)]
    rows = []
    for i, (name, n, share) in enumerate(_parts(mix, lang)):
        label = i18n.text("chart.mix.label", lang, name=name, percent=i18n.percent(share, lang, 0), n=words.count(n, lang))
        rows.append(
            {
                "name": name,
                "start": ends[i],
                "end": ends[i + 1],
                "tone": _PARTS[i][1],
                "place": _PARTS[i][2],
                "label": f"■ {label}",
                "short": f"■ {name} {i18n.percent(share, lang, 0)}",
                "share": i18n.percent(share, lang, 0),
                "n_text": words.count(n, lang),
                "said": label,
            }
        )
    return pl.DataFrame(rows)


@lru_cache(maxsize=16)
def _built(lang: str) -> str:
    base = alt.Chart()
    x = alt.X("start:Q", title=None, scale=alt.Scale(domain=[0, 100], nice=False), axis=None)
    tips = theme.tips(("name", words.column("group", lang)), ("share", words.column("share", lang)), ("n_text", words.column("n", lang)))
    bar = base.mark_rect(cornerRadius=2, xOffset=1, x2Offset=-1).encode(
        x=x, x2="end:Q", y=alt.value(24), y2=alt.YValue(alt.expr("height")), color=theme.tone(), tooltip=tips, description="said:N"
    )
    texts = [
        base.transform_filter(f"datum.place == '{place}'")
        .transform_calculate(shown=_FITTING)
        .mark_text(align=place, baseline="top", fontSize=theme.SIZE, aria=False)
        .encode(x=alt.XValue(alt.expr(where)), y=alt.value(2), text="shown:N", color=theme.tone())
        for place, where in _ALIGN.items()
    ]
    return theme.finished(alt.layer(bar, *texts, data=alt.NamedData(theme.DATA)))


def spec(lang: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def chart(mix: Mix, *, lang: str, height: int = HEIGHT) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    return theme.with_data(spec(lang, height=height), data(mix, lang=lang))


def describe(mix: Mix, *, lang: str) -> str:
    """The bar in a sentence."""
    said = [
        i18n.text("chart.mix.label", lang, name=name, percent=i18n.percent(p, lang, 0), n=words.count(n, lang))
        for name, n, p in _parts(mix, lang)
    ]
    return i18n.text("chart.mix.said", lang, parts=", ".join(said), n=words.count(mix.promoters + mix.passives + mix.detractors, lang))


def table(mix: Mix, *, lang: str) -> pl.DataFrame:
    """The bar as a table with headers in the user's language; shares in whole percent that add up to 100."""
    parts = _parts(mix, lang)
    return pl.DataFrame(
        {
            words.column("group", lang): [p[0] for p in parts],
            words.column("share", lang): pl.Series([p[2] for p in parts], dtype=pl.Int64),
            words.column("n", lang): pl.Series([p[1] for p in parts], dtype=pl.Int64),
        }
    )
