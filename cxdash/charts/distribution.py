"""How the answers to one question spread over its points: small bars for the mapping screen and the question list."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.stats.rounding import largest_remainder
from cxdash.terms import Scale

HEIGHT = 110
BINS_FROM = 22  # scales with so many points (0-100) are shown in classes of ten points
_LINE, _GAP = 15, 7
SCHEMA: Mapping[str, pl.DataType] = {
    "key": pl.Utf8(),
    "order": pl.Int64(),
    "name": pl.Utf8(),
    "n": pl.Int64(),
    "n_text": pl.Utf8(),
    "share": pl.Utf8(),
    "said": pl.Utf8(),
    "tone": pl.Utf8(),
    "points": pl.Int64(),
}


def labelled(scale: Scale) -> bool:
    """Whether the points have words of their own; then bars lie in rows, so that the words stand whole."""
    return any(labels.plain(text) not in ("", str(point)) for point, text in scale.labels.items())


def _classes(scale: Scale, counts: Mapping[int, int]) -> list[tuple[str, int]]:
    if len(scale.points) < BINS_FROM:
        return [(_name(scale, p), int(counts.get(p, 0))) for p in scale.points]
    starts = range(scale.lo, scale.hi, 10)
    ends = [scale.hi if start + 10 >= scale.hi else start + 9 for start in starts]
    return [(f"{a}–{b}", sum(int(n) for p, n in counts.items() if a <= p <= b)) for a, b in zip(starts, ends, strict=True)]


def _name(scale: Scale, point: int) -> str:
    text = labels.plain(scale.labels.get(point, ""))
    return str(point) if text in ("", str(point)) else f"{point} {text}"


def data(scale: Scale, counts: Mapping[int, int], *, lang: str) -> pl.DataFrame:
    """One row per point from the lowest printed code up; shares are of the valid answers. Codes outside the scale are left out."""
    found = _classes(scale, counts)
    total = sum(n for _, n in found)
    shares = largest_remainder([100 * n / total for _, n in found], 1) if total else [None] * len(found)
    in_rows = labelled(scale)
    rows = [_row(i, name, n, share, in_rows, lang) for i, ((name, n), share) in enumerate(zip(found, shares, strict=True))]
    return pl.DataFrame([{**row, "points": len(rows)} for row in rows], schema=SCHEMA)


def _row(i: int, name: str, n: int, share: float | None, in_rows: bool, lang: str) -> dict[str, object]:
    count, percent = words.count(n, lang), i18n.percent(share, lang)
    lines = labels.wrap(name) if in_rows else [name]
    return {
        "key": labels.axis_key(i, lines, f"{percent} ({count})"),
        "order": i,
        "name": name,
        "n": n,
        "n_text": count,
        "share": percent,
        "said": i18n.text("chart.distribution.point", lang, name=name, percent=percent, n=count),
        "tone": theme.ACCENT,
    }


def height(frame: pl.DataFrame, *, at_least: int = 0) -> int:
    """Pixels for a labelled scale's rows."""
    most = max((key.split(labels.TAB)[0].count("\n") + 1 for key in frame["key"]), default=1)
    return max(at_least, 8 + frame.height * (most * _LINE + _GAP))


@lru_cache(maxsize=64)
def _built(lang: str, rows_wanted: bool) -> str:
    tips = theme.tips(("name", words.column("point", lang)), ("n_text", words.column("n", lang)), ("share", words.column("share", lang)))
    base = alt.Chart()
    return theme.finished((_in_rows if rows_wanted else _in_columns)(base, tips))


def _in_rows(base: alt.Chart, tips: list[alt.Tooltip]) -> alt.LayerChart | alt.FacetChart:
    x = alt.X("n:Q", title=None, axis=None, scale=alt.Scale(zero=True, nice=False))
    bar = base.mark_bar(cornerRadiusEnd=2).encode(
        x=x, y=_rows_axis("left", labels.FIRST_PART), color=theme.tone(), tooltip=tips, description="said:N"
    )
    other = base.mark_tick(opacity=0, aria=False).encode(x=x, y=_rows_axis("right", labels.SECOND_PART))
    both = alt.layer(bar, other, data=alt.NamedData(theme.DATA))
    both.resolve = alt.Resolve(axis=alt.AxisResolveMap(y="independent"))
    return both


def _rows_axis(orient: Literal["left", "right"], words_of_key: str) -> alt.Y:
    axis = alt.Axis(
        orient=orient,
        labelExpr=words_of_key,
        labelLimit=theme.LABEL_LIMIT,
        labelOverlap=False,
        labelFlush=False,
        labelPadding=6,
        ticks=False,
        domain=False,
        grid=False,
    )
    return alt.Y("key:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=axis)


def _in_columns(base: alt.Chart, tips: list[alt.Tooltip]) -> alt.LayerChart | alt.FacetChart:
    axis = alt.Axis(
        labelAngle=0,
        labelExpr=labels.FIRST_PART,
        labelOverlap="greedy",
        labelFlush=False,
        labelLimit=theme.LABEL_LIMIT,
        labelPadding=6,
        ticks=False,
        domain=False,
    )
    x = alt.X("key:N", title=None, sort=alt.EncodingSortField("order", op="min"), axis=axis, scale=alt.Scale(type="band"))
    y = alt.Y("n:Q", title=None, axis=None, scale=alt.Scale(zero=True, nice=False))
    bar = base.mark_bar(cornerRadiusEnd=2).encode(x=x, y=y, color=theme.tone(), tooltip=tips, description="said:N")
    text = (
        base.transform_filter("width / datum.points > 30")
        .mark_text(baseline="bottom", dy=-2, fontSize=11, aria=False)
        .encode(x=x, y=y, text="n_text:N", color=theme.always(theme.MUTED))
    )
    return alt.layer(bar, text, data=alt.NamedData(theme.DATA))


def spec(lang: str, *, in_rows: bool, height: int = HEIGHT) -> theme.Spec:
    """The Vega-Lite document without its data. in_rows: `labelled(scale)`."""
    return theme.sized(_built(lang, in_rows), height)


def chart(scale: Scale, counts: Mapping[int, int], *, lang: str) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame, in_rows = data(scale, counts, lang=lang), labelled(scale)
    return theme.with_data(spec(lang, in_rows=in_rows, height=height(frame) if in_rows else HEIGHT), frame)


def describe(scale: Scale, counts: Mapping[int, int], *, lang: str) -> str:
    """The chart in a sentence: answers and the most frequent point."""
    found = _classes(scale, counts)
    total = sum(n for _, n in found)
    if not total:
        return i18n.text("chart.distribution.said_nothing", lang)
    name, n = max(found, key=lambda c: c[1])
    return i18n.text("chart.distribution.said", lang, n=words.count(total, lang), name=name, percent=i18n.percent(100 * n / total, lang))


def table(scale: Scale, counts: Mapping[int, int], *, lang: str) -> pl.DataFrame:
    """The chart as a table with headers in the user's language; shares in percent with one decimal that add up to 100."""
    found = _classes(scale, counts)
    total = sum(n for _, n in found)
    shares = largest_remainder([100 * n / total for _, n in found], 1) if total else [None] * len(found)
    return pl.DataFrame(
        {
            words.column("point", lang): pl.Series([name for name, _ in found], dtype=pl.Utf8),
            words.column("n", lang): pl.Series([n for _, n in found], dtype=pl.Int64),
            words.column("share", lang): pl.Series(shares, dtype=pl.Float64),
        }
    )
