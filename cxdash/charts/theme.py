"""One look for all charts: colours by meaning, label habits, the two modes of a picture that stands alone.

In the app Streamlit's own theme leads (font, text and grid colours, palette), so a spec names no colour at all: it names a
*tone*, and the tones are places in the theme's categorical palette. The same spec is therefore right in light and in dark
without knowing which is on. Text drawn inside a plot takes the tone "muted", the only one that reads on both backgrounds.
A picture that stands alone (PNG, SVG) has no such theme; `standalone` brings the same palettes along.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Literal

import altair as alt
import polars as pl

from cxdash.charts.labels import wrap
from cxdash.config import FONT

Spec = dict[str, Any]
Mode = Literal["light", "dark"]

# Tones in the order of theme.chartCategoricalColors in .streamlit/config.toml; a test holds both together.
# INK is the colour of the page's text, for numbers that stand on a tinted cell.
ACCENT, BAD, GOOD, MUTED, INK = "accent", "bad", "good", "muted", "ink"
TONES = (ACCENT, BAD, GOOD, "fourth", "fifth", "sixth", MUTED, INK)
PALETTES: Mapping[Mode, tuple[str, ...]] = {
    "light": ("#0072b2", "#d55e00", "#008f68", "#b5578c", "#6b4e00", "#3a8fc4", "#5b6673", "#17202b"),
    "dark": ("#56b4e9", "#f0803c", "#3fc79c", "#e08dbd", "#e6b422", "#8fb8d8", "#9aa6b3", "#e6ebf1"),
}
_INK: Mapping[Mode, Mapping[str, str]] = {
    "light": {"background": "#ffffff", "text": "#17202b", "faint": "#d5dce4"},
    "dark": {"background": "#11161d", "text": "#e6ebf1", "faint": "#313d4b"},
}

UP, DOWN = "▲", "▼"  # beside every colour that says better or worse
SIZE = 12  # px of labels; Streamlit's own labels are as large
LABEL_LIMIT = 420  # px; labels are wrapped, never cut
PICK, TARGET = "pick", "target"  # the column and the layer of what a click chooses
DATA = "data"  # name of the table in a built chart; the app sends it apart from the spec


def tone_scale() -> alt.Scale:
    """Tone -> the theme's colour. `range: category` is looked up in the theme by the browser."""
    return alt.Scale(domain=list(TONES), range="category")


def tone(field: str = "tone") -> alt.Color:
    """Colour taken from a column of tones."""
    return alt.Color(f"{field}:N", scale=tone_scale(), legend=None)


def always(name: str) -> alt.ColorDatum:
    """One tone for a whole layer; a layer beside it brings the scale (`tone`), which layers share."""
    return alt.ColorDatum(name, type="nominal")


def tips(*columns: tuple[str, str]) -> list[alt.Tooltip]:
    """Tooltip lines (column of ready text, title in the user's language)."""
    return [alt.Tooltip(f"{column}:N", title=title) for column, title in columns]


def finished(chart: alt.TopLevelMixin) -> str:
    """The spec as the app sends it, in JSON (a cache must not hand out what a caller can change): no data, no theme.

    Not checked against the schema here (that takes most of a second); the tests do.
    """
    with alt.theme.enable("none"):
        spec = chart.to_dict(validate=False)
    spec.pop("data", None)
    return json.dumps(spec)


def sized(built: str, height: int) -> Spec:
    """A finished spec at a height, as wide as its place."""
    return {**json.loads(built), "height": height, "width": "container"}


def pickable(spec: Spec) -> Spec:
    """The spec with clicks reported: the layer named TARGET tells the "pick" of the row that was clicked.

    The table needs a column "pick"; rows without one are no targets.
    """
    return {**spec, "params": [{"name": PICK, "select": {"type": "point", "fields": [PICK], "toggle": False}, "views": [TARGET]}]}


def with_data(spec: Spec, frame: pl.DataFrame) -> alt.TopLevelMixin:
    """The Altair chart of a spec and its table."""
    return alt.Chart.from_dict({**copy.deepcopy(spec), "data": {"values": frame.to_dicts()}})


def config(mode: Mode) -> Spec:
    """Vega-Lite configuration of a standalone picture; the same sizes and colours the app's theme has."""
    ink = _INK[mode]
    words = {
        "labelColor": ink["text"],
        "titleColor": ink["text"],
        "labelFontSize": SIZE,
        "titleFontSize": SIZE,
        "labelFontWeight": "normal",
        "titleFontWeight": "normal",
    }
    return {
        "font": FONT,
        "background": ink["background"],
        "autosize": {"type": "fit", "contains": "padding"},
        "axis": {
            **words,
            "gridColor": ink["faint"],
            "domainColor": ink["faint"],
            "tickColor": ink["faint"],
            "ticks": False,
            "domain": False,
            "labelPadding": 8,
        },
        "axisDiscrete": {"grid": False},
        "axisXBand": {"grid": False},
        "legend": words,
        "title": {
            "color": ink["text"],
            "subtitleColor": ink["text"],
            "anchor": "start",
            "fontSize": 16,
            "subtitleFontSize": SIZE,
            "offset": 14,
            "fontWeight": "bold",
        },
        "range": {"category": list(PALETTES[mode])},
        "view": {"stroke": None},
        "text": {"color": ink["text"], "fontSize": SIZE},
    }


def standalone(
    spec: Spec,
    frame: pl.DataFrame,
    *,
    mode: Mode = "light",
    width: int = 720,
    height: int | None = None,
    title: str = "",
    subtitle: str = "",
) -> Spec:
    """A whole Vega-Lite document for a picture: spec, table, theme, and the title that the page would have shown above it."""
    document = {**copy.deepcopy(spec), "$schema": alt.SCHEMA_URL, "width": width, "data": {"values": frame.to_dicts()}}
    document["config"] = {**config(mode), **document.get("config", {})}
    document["padding"] = {"left": 12, "right": 16, "top": 12, "bottom": 12}
    document["height"] = (height or spec["height"]) + 24  # the padding counts within it
    if title:
        above, below = wrap(title, max(8, width // 18)), wrap(subtitle, max(8, width // 13)) if subtitle else []
        document["title"] = {"text": above, "subtitle": below}
        document["height"] += 18 * len(above) + 14 * max(1, len(below)) + 12  # and so does the title: what is drawn in pixels is not cut
    return document
