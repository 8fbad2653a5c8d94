"""Shares of drivers in one selection against another: the difference of each with its interval around zero."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.drivers import share
from cxdash.stats.compare import verdict
from cxdash.stats.figure import Difference
from cxdash.stats.importance import Drivers

LEAST, STEP = 10.0, 5.0  # percentage points
_SHAPES: Mapping[str, str] = {"up": "triangle-up", "down": "triangle-down"}
VERDICTS: Mapping[str, str] = {"up": "drivers.change.up", "down": "drivers.change.down", "none": "drivers.change.none"}
Names = Mapping[str, str]
Changes = Mapping[str, Difference]


def points(x: float | None, lang: str) -> str:
    """Percentage points with their sign."""
    return i18n.NOTHING if x is None else f"{i18n.number(x, lang, 1, signed=True)}%p"


def told(change: Difference, lang: str) -> str:
    return i18n.text(VERDICTS[verdict(change)], lang)


def data(changes: Changes, now: Drivers, other: Drivers, *, lang: str, names: Names) -> pl.DataFrame:
    """The table of the chart (columns of `rows`), in the order of the shares now."""
    ends = [abs(x) for d in changes.values() for x in (d.value, d.ci_low, d.ci_high) if x is not None and math.isfinite(x)]
    end = max(LEAST, math.ceil(max(ends, default=0.0) / STEP) * STEP)
    shown = [d.name for d in now.drivers if d.name in changes]
    return pl.DataFrame([_record(i, n, changes[n], now, other, end, lang, names) for i, n in enumerate(shown)], schema=rows.SCHEMA)


def _record(
    i: int, driver: str, change: Difference, now: Drivers, other: Drivers, end: float, lang: str, names: Names
) -> dict[str, object]:
    name, found, value = labels.plain(names[driver]), verdict(change), points(change.value, lang)
    glyph = words.GLYPHS.get(found, "")
    around = i18n.NOTHING if change.ci_low is None else f"{points(change.ci_low, lang)} – {points(change.ci_high, lang)}"
    here, there = (share(d.share, lang) if d else i18n.NOTHING for d in (now.driver(driver), other.driver(driver)))
    sizes = f"{words.count(now.n, lang)} / {words.count(other.n, lang)}"
    return {
        "key": labels.axis_key(i, labels.wrap(name), f"{glyph} {value}".strip()),
        "order": i,
        "value": change.value,
        "low": change.ci_low,
        "high": change.ci_high,
        "tone": theme.ACCENT if glyph else theme.MUTED,  # a larger share is neither good nor bad
        "shape": _SHAPES.get(found, "circle"),
        "small": False,
        "floor": -end,
        "ceiling": end,
        "zero": 0.0 if i == 0 else None,
        theme.PICK: driver,
        "name": name,
        "value_text": value,
        "interval": around,
        "n_text": sizes,
        "note": f"{here} / {there} · {told(change, lang)}",
        "said": words.point(name, f"{value} {glyph}".strip(), around, sizes, lang),
    }


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    return theme.finished(rows.layers(lang, i18n.text("drivers.column.change", lang)))


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=120)


def chart(changes: Changes, now: Drivers, other: Drivers, *, lang: str, names: Names) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(changes, now, other, lang=lang, names=names)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(changes: Changes, *, lang: str, names: Names) -> str:
    """Whose share differs, or that none does."""
    different = [f"{labels.plain(names[n])} {points(d.value, lang)}" for n, d in changes.items() if d.significant]
    key = "drivers.change.said" if different else "drivers.change.said_none"
    return i18n.text(key, lang, count=len(changes), names=", ".join(different))


def table(changes: Changes, now: Drivers, other: Drivers, *, lang: str, names: Names) -> pl.DataFrame:
    """Both shares and their difference as numbers."""
    shown = [d for d in now.drivers if d.name in changes]
    there = [other.driver(d.name) for d in shown]
    gaps = [changes[d.name] for d in shown]
    columns: dict[str, pl.Series] = {
        "drivers.column.driver": pl.Series([labels.plain(names[d.name]) for d in shown], dtype=pl.Utf8),
        "drivers.column.share_now": words.rounded([100 * d.share for d in shown]),
        "drivers.column.share_other": words.rounded([None if d is None else 100 * d.share for d in there]),
        "drivers.column.change": words.rounded([g.value for g in gaps]),
        "drivers.column.change_low": words.rounded([g.ci_low for g in gaps]),
        "drivers.column.change_high": words.rounded([g.ci_high for g in gaps]),
        "drivers.column.p": words.rounded([g.p_adjusted for g in gaps], 4),
        "drivers.column.verdict": pl.Series([told(g, lang) for g in gaps], dtype=pl.Utf8),
        "drivers.column.n_now": pl.Series([now.n] * len(shown), dtype=pl.Int64),
        "drivers.column.n_other": pl.Series([other.n] * len(shown), dtype=pl.Int64),
    }
    return pl.DataFrame({i18n.text(key, lang): values for key, values in columns.items()})
