"""The loyalty matrix: four tiles, satisfied above, staying on the right; each with its share, interval and change.

The tiles are equal, because the cut is fixed: how many are in one is said by its number and its tint, which cannot be mistaken for an
area as in a chart whose lines move with the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import theme, words
from cxdash.charts.loyaltywords import TONES, called, points
from cxdash.services.loyalty import Share

HEIGHT = 320
_PALE, _SPAN = 0.08, 0.40  # opacity of a tile: of nobody, and what a share of all adds
_PLACES = {"truly_loyal": (1, 1), "accessible": (0, 1), "trapped": (1, 0), "high_risk": (0, 0)}  # (stays, satisfied)
_TEXTS = ("name", "value_text", "interval", "n_text", "change", "note", "said")


def data(shares: Sequence[Share], *, lang: str) -> pl.DataFrame:
    """One row per tile."""
    return pl.DataFrame([_tile(one, lang) for one in shares])


def _tile(one: Share, lang: str) -> dict[str, object]:
    figure, (x, y) = one.figure, _PLACES[one.name]
    shown, glyph = figure.value is not None, words.GLYPHS.get(one.verdict, "")
    value, interval = words.value(figure, lang), words.interval(figure, lang)
    texts = (
        called(one.name, lang), value, interval, words.count(figure.n, lang),
        f"{glyph} {points(one.difference, lang)}" if glyph and shown else "", note(one, lang) or i18n.NOTHING,
        words.point(called(one.name, lang), f"{value} {glyph}".strip(), interval, words.count(figure.n, lang), lang),
    )  # fmt: skip
    return {
        "x": float(x), "x2": x + 1.0, "y": float(y), "y2": y + 1.0, "cx": x + 0.5, "cy": y + 0.5,
        "tone": TONES[one.name], "opacity": _PALE + _SPAN * (figure.value or 0.0) / 100, "shown": shown,
        **dict(zip(_TEXTS, texts, strict=True)),
    }  # fmt: skip


def note(one: Share, lang: str) -> str:
    """What the base allows, and the verdict of the change."""
    told = [words.base(one.figure, lang)]
    if one.difference is not None and one.figure.value is not None:
        told.append(words.against(one.difference, one.verdict, lang, i18n.text("chart.what.before", lang)))
    return " · ".join(filter(None, told))


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    x, y = _axis("loyalty.axis.intention", lang, alt.X, "bottom"), _axis("loyalty.axis.attitude", lang, alt.Y, "left")
    middle = {"x": alt.X("cx:Q"), "y": alt.Y("cy:Q")}
    tips = theme.tips(("name", words.column("group", lang)), ("value_text", words.column("share", lang)),
                      ("interval", words.column("interval", lang)), ("n_text", words.column("n", lang)),
                      ("note", words.column("note", lang)))  # fmt: skip
    ink, grey = theme.always(theme.INK), theme.always(theme.MUTED)
    shown, hidden = base.transform_filter("datum.shown"), base.transform_filter("!datum.shown")
    quiet = {"aria": False, "tooltip": None}
    return theme.finished(alt.layer(
        base.mark_rect(cornerRadius=4, xOffset=2, x2Offset=-2, yOffset=-2, y2Offset=2, **quiet).encode(
            x=x, x2="x2:Q", y=y, y2="y2:Q", color=theme.tone(), opacity=alt.Opacity("opacity:Q", scale=None, legend=None)),
        base.mark_text(fontSize=14, fontWeight="bold", dy=-40, **quiet).encode(**middle, text="name:N", color=ink),
        shown.mark_text(fontSize=26, fontWeight="bold", dy=-8, **quiet).encode(**middle, text="value_text:N", color=ink),
        shown.mark_text(fontSize=theme.SIZE, dy=20, **quiet).encode(**middle, text="interval:N", color=ink),
        shown.mark_text(fontSize=theme.SIZE, fontWeight="bold", dy=42, **quiet).encode(**middle, text="change:N", color=ink),
        hidden.mark_text(fontSize=theme.SIZE, dy=-10, **quiet).encode(**middle, text="value_text:N", color=grey),
        base.mark_rect(opacity=0).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", tooltip=tips, description="said:N").properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    ))  # fmt: skip


def _axis(title: str, lang: str, channel: type, orient: Literal["bottom", "left"]) -> alt.X | alt.Y:
    """Words of both halves; the title upright, at the end to which it rises."""
    low, high = i18n.text("loyalty.axis.low", lang), i18n.text("loyalty.axis.high", lang)
    place: dict[str, Any] = {"titleAnchor": "end"}
    if orient == "left":
        place = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleX": -44, "titleY": -10}
    axis = alt.Axis(orient=orient, values=[0.5, 1.5], labelExpr=f"datum.value < 1 ? '{low}' : '{high}'", title=i18n.text(title, lang),
                    titleFontWeight="normal", grid=False, ticks=False, domain=False, labelPadding=6, titlePadding=2, **place)
    return channel("x:Q" if orient == "bottom" else "y:Q", scale=alt.Scale(domain=[0, 2], nice=False), axis=axis)


def spec(lang: str, *, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def chart(shares: Sequence[Share], *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    return theme.with_data(spec(lang), data(shares, lang=lang))


def describe(shares: Sequence[Share], *, lang: str) -> str:
    """The matrix in a sentence or two: every share, and which changed."""
    told = [f"{called(s.name, lang)} {words.value(s.figure, lang)}" for s in shares]
    n = shares[0].figure.n if shares else 0
    said = i18n.text("loyalty.said", lang, parts=", ".join(told), n=words.count(n, lang))
    if all(s.difference is None for s in shares):
        return said
    moved = [f"{words.GLYPHS[s.verdict]} {called(s.name, lang)} {points(s.difference, lang)}" for s in shares if s.verdict in words.GLYPHS]
    return f"{said} " + (i18n.text("loyalty.said_changed", lang, parts=", ".join(moved)) if moved else i18n.text("loyalty.said_same", lang))


def table(shares: Sequence[Share], *, lang: str) -> pl.DataFrame:
    """One row per class: share, interval, base, change and its adjusted p."""
    share = words.column("share", lang)
    plain = words.figure_table([(called(s.name, lang), s.figure, note(s, lang)) for s in shares], words.column("group", lang), share, lang)
    change = words.rounded([None if s.difference is None else s.difference.value for s in shares])
    return plain.insert_column(5, change.alias(i18n.text("loyalty.column.change", lang)))
