"""Why a figure moved: per segment two bars from zero, what the mix did and what the scores did, the two totals on top.

Each bar is named at the right; one that is not significant is pale. Rows follow the size of what they contribute together; the segments
that stand together come last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.differences import interval, reach, signed
from cxdash.services.compare import Cause, Why
from cxdash.stats.compare import verdict
from cxdash.stats.decompose import Decomposition
from cxdash.stats.figure import Difference

ROW, LINE, AXIS = 50, 15, 40
_TONES: Mapping[str, str] = {"mix": "fourth", "score": theme.ACCENT}
_KEYS: Mapping[str, str] = {"mix": "compare.mix", "score": "compare.score"}
EFFECTS: Mapping[str, str] = {
    "up": "compare.effect.clear",
    "down": "compare.effect.clear",
    "none": "compare.effect.none",
    "untested": "compare.verdict.untested",
}
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "effect": pl.Utf8(),
    "zero": pl.Float64(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "tone": pl.Utf8(),
    "strength": pl.Float64(),
    "label": pl.Utf8(),
    "floor": pl.Float64(),
    "ceiling": pl.Float64(),
    "name": pl.Utf8(),
    "what": pl.Utf8(),
    "value_text": pl.Utf8(),
    "interval": pl.Utf8(),
    "n_text": pl.Utf8(),
    "note": pl.Utf8(),
    "said": pl.Utf8(),
    theme.PICK: pl.Utf8(),
}


def called(cause: Cause, names: Mapping[str, str], lang: str, pooled: int) -> str:
    """The name of a segment; of those that stand together how many they are."""
    if cause.others:
        return i18n.text("compare.others", lang, n=pooled)
    return i18n.text("chart.segment.none", lang) if cause.value is None else labels.plain(names.get(cause.value) or cause.value)


def ranked(causes: Sequence[Cause]) -> list[Cause]:
    """Largest contribution first, the others last."""
    return sorted(causes, key=lambda c: (c.others, -abs((c.part.mix.value or 0.0) + (c.part.score.value or 0.0))))


def data(why: Why, *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """The table of the chart: two rows (mix, score) per segment, those of the whole first. names: value -> label."""
    found = why.found
    if found is None:
        return pl.DataFrame(schema=SCHEMA)
    causes = ranked(why.causes)
    effects = [found.mix, found.score, *(e for c in causes for e in (c.part.mix, c.part.score))]
    end = reach(effects)
    whole = i18n.text("compare.whole", lang)
    rows = [_record(0, whole, [whole], effect, d, end, lang, "", None) for effect, d in (("mix", found.mix), ("score", found.score))]
    for i, cause in enumerate(causes, start=1):
        name, part = called(cause, names, lang, why.pooled), cause.part
        sizes = i18n.text("compare.sizes", lang, a=words.count(part.n_now, lang), b=words.count(part.n_before, lang))
        beside = [*labels.wrap(name, 10), *_moved(cause, lang)]
        pick = None if cause.others or cause.value is None else cause.value
        rows += [_record(i, name, beside, effect, d, end, lang, sizes, pick) for effect, d in (("mix", part.mix), ("score", part.score))]
    return pl.DataFrame(rows, schema=SCHEMA)


def _moved(cause: Cause, lang: str) -> list[str]:
    """Share and score before and now, in two short lines."""
    part = cause.part
    shares = [i18n.percent(100 * share, lang, 0) for share in (part.share_before, part.share_now)]
    scores = [i18n.number(score, lang, 1) for score in (part.score_before, part.score_now)]
    return [
        i18n.text("compare.moved_share", lang, before=shares[0], now=shares[1]),
        i18n.text("compare.moved_score", lang, before=scores[0], now=scores[1]),
    ]


def _record(
    i: int, name: str, lines: Sequence[str], effect: str, d: Difference, end: float, lang: str, sizes: str, pick: str | None
) -> dict[str, object]:
    what, value, told = i18n.text(_KEYS[effect], lang), d.value or 0.0, verdict(d)
    glyph = words.GLYPHS.get(told, "")
    text = f"{what} {signed(d.value, lang)} {glyph}".strip()
    return {
        "key": labels.axis_key(i, lines),
        "order": i,
        "effect": effect,
        "zero": 0.0,
        "value": value,
        "low": d.ci_low,
        "high": d.ci_high,
        "tone": _TONES[effect],
        "strength": 0.9 if told in ("up", "down") else 0.4,
        "label": text,
        "floor": -end,
        "ceiling": end,
        "name": name,
        "what": what,
        "value_text": signed(d.value, lang),
        "interval": interval(d, lang),
        "n_text": sizes or i18n.NOTHING,
        "note": i18n.text(EFFECTS[told], lang),
        "said": words.point(f"{name}, {what}", signed(d.value, lang), interval(d, lang), sizes or i18n.NOTHING, lang),
        theme.PICK: pick,
    }


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    base = alt.Chart()
    order = alt.EncodingSortField("order", op="min")
    y = alt.Y("key:N", title=None, sort=order, scale=alt.Scale(paddingInner=0.25), axis=rows.names_axis())
    offset = alt.YOffset("effect:N", sort=["mix", "score"], scale=alt.Scale(paddingInner=0.1))
    tips = theme.tips(
        ("name", words.column("group", lang)),
        ("what", i18n.text("compare.column.effect", lang)),
        ("value_text", i18n.text("compare.column.contribution", lang)),
        ("interval", words.column("interval", lang)),
        ("n_text", words.column("n", lang)),
        ("note", words.column("note", lang)),
    )
    place = {"y": y, "yOffset": offset}
    text = base.mark_text(align="left", dx=8, fontSize=11, aria=False, baseline="middle").encode(
        x=alt.XValue(alt.expr("width")), text="label:N", color=theme.tone(), **place
    )
    chart = alt.layer(
        base.mark_rule(opacity=0, aria=False, tooltip=None).encode(x=_x("floor"), x2="ceiling:Q", y=y),
        base.mark_bar(aria=False, tooltip=None).encode(
            x=_x("zero"), x2="value:Q", color=theme.tone(), opacity=alt.Opacity("strength:Q", scale=None, legend=None), **place
        ),
        base.mark_rule(strokeWidth=1.5, opacity=0.8, aria=False, tooltip=None).encode(
            x=_x("low"), x2="high:Q", color=theme.always(theme.MUTED), **place
        ),
        base.mark_rule(strokeWidth=1.2, aria=False, tooltip=None).encode(x=_x("zero"), color=theme.always(theme.MUTED)),
        text,
        base.mark_bar(opacity=0)
        .encode(x=_x("floor"), x2="ceiling:Q", tooltip=tips, description="said:N", **place)
        .properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    )
    return theme.finished(chart)


def _x(column: str) -> alt.X:
    axis = alt.Axis(tickCount=5, labelPadding=6, labelFlush=False, grid=True, ticks=False, domain=False)
    return alt.X(f"{column}:Q", title=None, scale=alt.Scale(zero=False, nice=False), axis=axis)


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label and both bars of a row stand."""
    lines = [key.split(labels.TAB)[0].count("\n") + 1 for key in frame["key"]]
    return AXIS + max(ROW, LINE * max(lines, default=1) + 8) * max(1, frame["key"].n_unique())


def chart(why: Why, *, lang: str, names: Mapping[str, str]) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(why, lang=lang, names=names)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def sentence(found: Decomposition, *, lang: str, metric: str) -> str:
    """Of the whole change so much is mix and so much is score, each with its verdict."""

    def told(d: Difference) -> str:
        return i18n.text(EFFECTS[verdict(d)], lang)

    return i18n.text(
        "compare.why.said",
        lang,
        metric=labels.plain(metric),
        change=signed(found.change, lang),
        mix=signed(found.mix.value, lang),
        score=signed(found.score.value, lang),
        mix_told=told(found.mix),
        score_told=told(found.score),
    )


def table(why: Why, *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """Shares, scores and contributions per segment, the whole last; contributions unrounded, so that they add up in the file too."""
    found = why.found
    if found is None:
        return pl.DataFrame()
    causes = ranked(why.causes)
    parts = [c.part for c in causes]
    mix, score = [p.mix.value or 0.0 for p in parts], [p.score.value or 0.0 for p in parts]
    whole_n = [sum(p.n_now for p in parts), sum(p.n_before for p in parts)]
    columns: dict[str, list[object]] = {
        "compare.column.segment": [*(called(c, names, lang, why.pooled) for c in causes), i18n.text("compare.whole", lang)],
        "compare.column.n_now": [*(p.n_now for p in parts), whole_n[0]],
        "compare.column.n_before": [*(p.n_before for p in parts), whole_n[1]],
        "compare.column.share_now": [*(100 * p.share_now for p in parts), 100.0],
        "compare.column.share_before": [*(100 * p.share_before for p in parts), 100.0],
        "compare.column.score_now": [*(p.score_now for p in parts), found.now],
        "compare.column.score_before": [*(p.score_before for p in parts), found.before],
        "compare.column.mix": [*mix, found.mix.value],
        "compare.column.score": [*score, found.score.value],
        "compare.column.sum": [*(m + s for m, s in zip(mix, score, strict=True)), found.change],
        "compare.column.mix_told": [i18n.text(EFFECTS[verdict(d)], lang) for d in (*(p.mix for p in parts), found.mix)],
        "compare.column.score_told": [i18n.text(EFFECTS[verdict(d)], lang) for d in (*(p.score for p in parts), found.score)],
    }
    return pl.DataFrame({i18n.text(key, lang): values for key, values in columns.items()}, strict=False)
