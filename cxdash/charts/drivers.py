"""Drivers in rows: the share of what is explained as a bar from zero with its interval, the mean rating under the name, ties beside it.

A share has no direction; a driver that goes the other way has the tone of "bad" and says so. Pale where nothing may be concluded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.stats.importance import VIF_HIGH, Driver, Drivers

LEAST, STEP = 20.0, 10.0  # per cent: the axis goes at least so far, in such steps
_TONES: Mapping[str, str] = {"up": theme.ACCENT, "down": theme.BAD, "unclear": theme.MUTED}
DIRECTIONS: Mapping[str, str] = {"up": "drivers.direction.up", "down": "drivers.direction.down", "unclear": "drivers.direction.unclear"}
_TEXTS = ("name", "value_text", "interval", "mean_text", "r_text", "note", "said")
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "zero": pl.Float64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "ceiling": pl.Float64(),
    "tone": pl.Utf8(),
    "strength": pl.Float64(),
    theme.PICK: pl.Utf8(),
    **dict.fromkeys(_TEXTS, pl.Utf8()),
}
Names = Mapping[str, str]


def share(x: float | None, lang: str) -> str:
    """A share of 0..1 in per cent."""
    return i18n.percent(None if x is None else 100 * x, lang, 1)


def interval(low: float | None, high: float | None, lang: str) -> str:
    return i18n.NOTHING if low is None or high is None else f"{share(low, lang)} – {share(high, lang)}"


def ties(found: Drivers, name: str) -> list[str]:
    """Drivers whose share cannot be told from that of `name`, strongest first; empty without a bootstrap."""
    if not found.differences:
        return []
    return [d.name for d in found.drivers if d.name != name and found.tied(name, d.name)]


def standing(found: Drivers, driver: Driver, lang: str) -> str:
    """Its place and whether it shares it, in a few words: "2위 동률", where places are claimed; else only that it is tied."""
    same = ties(found, driver.name)
    if driver.rank is None or not found.explains:
        return i18n.text("drivers.tied", lang) if same else ""
    return i18n.text("drivers.rank_tied" if same else "drivers.rank", lang, n=driver.rank)


def data(found: Drivers, *, lang: str, names: Names, opened: str | None = None) -> pl.DataFrame:
    """The table of the chart, strongest driver first. names: driver -> what it is called; opened: the one that stands out."""
    ends = [100 * (d.share_high if d.share_high is not None else d.share) for d in found.drivers]
    ceiling = min(100.0, max(LEAST, math.ceil(max(ends, default=0.0) / STEP) * STEP))
    return pl.DataFrame([_record(i, found, d, lang, names, ceiling, opened) for i, d in enumerate(found.drivers)], schema=SCHEMA)


def _record(i: int, found: Drivers, driver: Driver, lang: str, names: Names, ceiling: float, opened: str | None) -> dict[str, object]:
    name = labels.plain(names[driver.name])
    value, around = share(driver.share, lang), interval(driver.share_low, driver.share_high, lang)
    place, mean = standing(found, driver, lang), i18n.text("drivers.mean", lang, value=i18n.number(driver.mean, lang, 1))
    texts = (
        name,
        value,
        around,
        mean,
        f"{i18n.number(driver.r, lang, 2)} · {i18n.text(DIRECTIONS[driver.direction], lang)}",
        " · ".join(notes(found, driver, lang, names)) or i18n.NOTHING,
        words.point(name, f"{value} {place}".strip(), around, words.count(found.n, lang), lang),
    )
    sound = found.explains and found.state in ("shown", "ranked")
    return {
        "key": labels.axis_key(i, [*labels.wrap(name), mean], f"{value} {place}".strip()),
        "order": i,
        "zero": 0.0,
        "value": 100 * driver.share,
        "low": None if driver.share_low is None else 100 * driver.share_low,
        "high": None if driver.share_high is None else 100 * driver.share_high,
        "ceiling": ceiling,
        "tone": _TONES[driver.direction] if sound else theme.MUTED,
        "strength": 0.95 if driver.name == opened else 0.6,
        theme.PICK: driver.name,
        **dict(zip(_TEXTS, texts, strict=True)),
    }


def notes(found: Drivers, driver: Driver, lang: str, names: Names) -> list[str]:
    """What must be known beside the share: ties, the other way, suppression, too much in common."""
    same = [labels.plain(names[n]) for n in ties(found, driver.name)]
    told = [i18n.text("drivers.note.tied", lang, names=", ".join(same))] if same else []
    if driver.direction == "down":
        told.append(i18n.text("drivers.note.down", lang))
    if driver.suppressor:
        told.append(i18n.text("drivers.note.suppressor", lang))
    if driver.twins:
        told.append(i18n.text("drivers.note.twins", lang, names=", ".join(labels.plain(names[n]) for n in driver.twins)))
    elif driver.vif > VIF_HIGH:
        told.append(i18n.text("drivers.note.vif", lang))
    return told


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    tips = theme.tips(
        ("name", words.column("group", lang)),
        ("value_text", i18n.text("drivers.column.share", lang)),
        ("interval", words.column("interval", lang)),
        ("mean_text", i18n.text("drivers.column.mean", lang)),
        ("r_text", i18n.text("drivers.column.r", lang)),
        ("note", words.column("note", lang)),
    )
    strength = alt.Opacity("strength:Q", scale=None, legend=None)
    chart = alt.layer(
        base.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=_x("zero"), x2="ceiling:Q", y=rows.y(rows.values_axis())),
        base.mark_bar(aria=False, tooltip=None, height=14).encode(
            x=_x("zero"), x2="value:Q", y=rows.y(), color=theme.tone(), opacity=strength
        ),
        base.mark_rule(strokeWidth=1.5, aria=False, tooltip=None).encode(
            x=_x("low"), x2="high:Q", y=rows.y(), color=theme.always(theme.INK)
        ),
        base.mark_bar(opacity=0)
        .encode(x=_x("zero"), x2="ceiling:Q", y=rows.y(rows.names_axis()), tooltip=tips, description="said:N")
        .properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    )
    chart.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return theme.finished(chart)


def _x(column: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelPadding=6, labelFlush=False, grid=True, ticks=False, domain=False, labelExpr="datum.label + '%'")
    return alt.X(f"{column}:Q", title=None, scale=alt.Scale(nice=False), axis=axis)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=120)


def chart(found: Drivers, *, lang: str, names: Names) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(found, lang=lang, names=names)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(found: Drivers, *, lang: str, names: Names, outcome: str) -> str:
    """The chart in a sentence: how many drivers explain how much of what, and the shares."""
    shown = [f"{labels.plain(names[d.name])} {f'{share(d.share, lang)} {standing(found, d, lang)}'.strip()}" for d in found.drivers]
    r2 = share(found.r2, lang)
    return i18n.text("drivers.said", lang, outcome=labels.plain(outcome), count=len(shown), r2=r2, n=found.n, shares=", ".join(shown))


def table(found: Drivers, *, lang: str, names: Names) -> pl.DataFrame:
    """All that the analysis says of each driver, with headers in the user's language; shares in per cent."""
    shown = found.drivers
    columns: dict[str, pl.Series] = {
        "drivers.column.driver": _text([labels.plain(names[d.name]) for d in shown]),
        "drivers.column.share": words.rounded([100 * d.share for d in shown], 1),
        "drivers.column.share_low": words.rounded([None if d.share_low is None else 100 * d.share_low for d in shown], 1),
        "drivers.column.share_high": words.rounded([None if d.share_high is None else 100 * d.share_high for d in shown], 1),
        "drivers.column.rank": pl.Series([d.rank if found.explains else None for d in shown], dtype=pl.Int64),
        "drivers.column.tied": _text([", ".join(labels.plain(names[n]) for n in ties(found, d.name)) for d in shown]),
        "drivers.column.mean": words.rounded([d.mean for d in shown], 1),
        "drivers.column.r": words.rounded([d.r for d in shown], 3),
        "drivers.column.r_low": words.rounded([d.r_low for d in shown], 3),
        "drivers.column.r_high": words.rounded([d.r_high for d in shown], 3),
        "drivers.column.direction": _text([i18n.text(DIRECTIONS[d.direction], lang) for d in shown]),
        "drivers.column.beta": words.rounded([d.beta for d in shown], 3),
        "drivers.column.vif": words.rounded([d.vif for d in shown], 2),
        "drivers.column.suppressor": _text([i18n.text("drivers.yes", lang) if d.suppressor else "" for d in shown]),
        "drivers.column.relative": words.rounded([100 * d.relative for d in shown], 1),
        "drivers.column.first": words.rounded([d.first for d in shown], 3),
        "drivers.column.last": words.rounded([d.last for d in shown], 3),
        "chart.column.n": pl.Series([found.n] * len(shown), dtype=pl.Int64),
    }
    return pl.DataFrame({i18n.text(key, lang): values for key, values in columns.items()})


def _text(values: Sequence[str]) -> pl.Series:
    return pl.Series(values, dtype=pl.Utf8)
