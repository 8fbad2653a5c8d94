"""Penalty and reward of each driver around the middle: what goes with a bad rating to the left, with a good one to the right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.stats.contrast import Contrast, Contrasts

LEAST, STEP = 5.0, 5.0  # points of the outcome: the axis goes at least so far to either side, in such steps
KINDS: Mapping[str, str] = {
    "basic": "drivers.kind.basic",
    "performance": "drivers.kind.performance",
    "excitement": "drivers.kind.excitement",
    "unclear": "drivers.kind.unclear",
    "neutral": "drivers.kind.neutral",
    "few_cases": "drivers.kind.few_cases",
}
_ENDS: Mapping[str, tuple[str, str]] = {"penalty": (theme.BAD, "drivers.penalty"), "reward": (theme.GOOD, "drivers.reward")}
_TEXTS = ("name", "what", "value_text", "interval", "n_text", "kind", "said")
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "zero": pl.Float64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "floor": pl.Float64(),
    "ceiling": pl.Float64(),
    "tone": pl.Utf8(),
    "strength": pl.Float64(),
    theme.PICK: pl.Utf8(),
    **dict.fromkeys(_TEXTS, pl.Utf8()),
}
Names = Mapping[str, str]


def kind(item: Contrast, lang: str) -> str:
    """Its class in words."""
    return i18n.text(KINDS[item.kind], lang)


def data(found: Contrasts, *, lang: str, names: Names) -> pl.DataFrame:
    """The table of the chart: two rows (penalty, reward) per driver, in the order of the items."""
    known = [x for c in found.items for x in (c.penalty, c.penalty_low, c.reward, c.reward_high) if x is not None and math.isfinite(x)]
    end = max(LEAST, math.ceil(max(map(abs, known), default=0.0) / STEP) * STEP)
    made = [_record(i, c, which, end, lang, names) for i, c in enumerate(found.items) for which in _ENDS]
    return pl.DataFrame(made, schema=SCHEMA)


def _record(i: int, item: Contrast, which: str, end: float, lang: str, names: Names) -> dict[str, object]:
    tone, key = _ENDS[which]
    name, said = labels.plain(names[item.name]), kind(item, lang)
    value, low, high, n = (
        (item.penalty, item.penalty_low, item.penalty_high, item.cases_low)
        if which == "penalty"
        else (item.reward, item.reward_low, item.reward_high, item.cases_high)
    )
    shown = i18n.number(value, lang, 1, signed=True)
    around = i18n.NOTHING if low is None else f"{i18n.number(low, lang, 1, signed=True)} – {i18n.number(high, lang, 1, signed=True)}"
    what = i18n.text(key, lang)
    cases = words.count(n, lang)
    texts = (name, what, shown, around, cases, said, words.point(f"{name}, {what}", shown, around, cases, lang))
    clear = low is not None and high is not None and (low > 0 or high < 0)
    return {
        "key": labels.axis_key(i, labels.wrap(name), said),
        "order": i,
        "zero": 0.0,
        "value": value,
        "low": low,
        "high": high,
        "floor": -end,
        "ceiling": end,
        "tone": tone,
        "strength": 0.8 if clear else 0.3,
        theme.PICK: item.name,
        **dict(zip(_TEXTS, texts, strict=True)),
    }


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    tips = theme.tips(
        ("name", words.column("group", lang)),
        ("what", i18n.text("drivers.column.end", lang)),
        ("value_text", i18n.text("drivers.column.contrast", lang)),
        ("interval", words.column("interval", lang)),
        ("n_text", words.column("n", lang)),
        ("kind", i18n.text("drivers.column.kind", lang)),
    )
    chart = alt.layer(
        base.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=_x("floor"), x2="ceiling:Q", y=rows.y(rows.values_axis())),
        base.mark_bar(aria=False, tooltip=None, height=14).encode(
            x=_x("zero"), x2="value:Q", y=rows.y(), color=theme.tone(), opacity=alt.Opacity("strength:Q", scale=None, legend=None)
        ),
        base.mark_rule(strokeWidth=1.5, aria=False, tooltip=None).encode(
            x=_x("low"), x2="high:Q", y=rows.y(), color=theme.always(theme.INK)
        ),
        base.mark_rule(strokeWidth=1.2, aria=False, tooltip=None).encode(x=_x("zero"), color=theme.always(theme.MUTED)),
        base.transform_filter("datum.tone == 'bad'").mark_bar(opacity=0)
        .encode(x=_x("floor"), x2="zero:Q", y=rows.y(rows.names_axis()), tooltip=tips, description="said:N"),
        base.transform_filter("datum.tone == 'good'").mark_bar(opacity=0)
        .encode(x=_x("zero"), x2="ceiling:Q", y=rows.y(), tooltip=tips, description="said:N"),
        data=alt.NamedData(theme.DATA),
    )  # fmt: skip
    chart.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return theme.finished(chart)


def _x(column: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelPadding=6, labelFlush=False, grid=True, ticks=False, domain=False)
    return alt.X(f"{column}:Q", title=None, scale=alt.Scale(nice=False), axis=axis)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole; two records stand in one row."""
    return rows.height(frame.unique("order", keep="first", maintain_order=True), at_least=120)


def chart(found: Contrasts, *, lang: str, names: Names) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(found, lang=lang, names=names)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(found: Contrasts, *, lang: str, names: Names, outcome: str) -> str:
    """Which drivers are of which class."""
    told = []
    for one, key in KINDS.items():
        those = [labels.plain(names[c.name]) for c in found.items if c.kind == one]
        if those:
            told.append(f"{i18n.text(key, lang)}: {', '.join(those)}")
    return i18n.text("drivers.contrast.said", lang, outcome=labels.plain(outcome), count=len(found.items), classes="; ".join(told))


def table(found: Contrasts, *, lang: str, names: Names) -> pl.DataFrame:
    """Penalty, reward and asymmetry with their intervals, with headers in the user's language."""
    shown = found.items
    columns = {
        "drivers.column.driver": pl.Series([labels.plain(names[c.name]) for c in shown], dtype=pl.Utf8),
        "drivers.column.kind": pl.Series([kind(c, lang) for c in shown], dtype=pl.Utf8),
        **{key: words.rounded([getattr(c, name) for c in shown], 2) for name, key in _COLUMNS.items()},
        "drivers.column.cases_low": pl.Series([c.cases_low for c in shown], dtype=pl.Int64),
        "drivers.column.cases_high": pl.Series([c.cases_high for c in shown], dtype=pl.Int64),
    }
    return pl.DataFrame({i18n.text(key, lang): values for key, values in columns.items()})


_COLUMNS: Mapping[str, str] = {
    "penalty": "drivers.column.penalty",
    "penalty_low": "drivers.column.penalty_low",
    "penalty_high": "drivers.column.penalty_high",
    "reward": "drivers.column.reward",
    "reward_low": "drivers.column.reward_low",
    "reward_high": "drivers.column.reward_high",
    "asymmetry": "drivers.column.asymmetry",
    "asymmetry_low": "drivers.column.asymmetry_low",
    "asymmetry_high": "drivers.column.asymmetry_high",
}
