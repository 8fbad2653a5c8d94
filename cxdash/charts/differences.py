"""Differences of several metrics around a zero line: dot, interval, and beside it what was found.

All metrics share one axis in points (NPS points, percentage points, points of 0-100), wide enough not to dramatise: at least ten
points to either side of zero, and as far to the left as to the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.services.compare import Row
from cxdash.stats.figure import Difference, Figure

LEAST, STEP = 10.0, 5.0
_SHAPES: Mapping[str, str] = {"up": "triangle-up", "down": "triangle-down"}
_TONES: Mapping[str, str] = {"up": theme.GOOD, "down": theme.BAD, "none": theme.ACCENT}
_VERDICTS: Mapping[str, str] = {
    "up": "compare.verdict.up",
    "down": "compare.verdict.down",
    "none": "compare.verdict.none",
    "untested": "compare.verdict.untested",
}


def reach(differences: Iterable[Difference]) -> float:
    """How far the axis goes to either side of zero."""
    ends = [abs(x) for d in differences for x in (d.value, d.ci_low, d.ci_high) if x is not None and math.isfinite(x)]
    return max(LEAST, math.ceil(max(ends, default=0.0) / STEP) * STEP)


def signed(x: float | None, lang: str) -> str:
    return i18n.number(x, lang, 1, signed=True)


def interval(d: Difference, lang: str) -> str:
    """95 % interval of a difference."""
    return i18n.NOTHING if d.ci_low is None or d.ci_high is None else f"{signed(d.ci_low, lang)} – {signed(d.ci_high, lang)}"


def verdict(row: Row, lang: str) -> str:
    """What was found, in words; where nothing was tested, why."""
    if row.verdict != "untested":
        return i18n.text(_VERDICTS[row.verdict], lang)
    hidden = next((words.hidden(f, lang) for f in (row.now, row.before) if f.value is None), "")
    if hidden:
        return hidden
    return i18n.text("compare.verdict.overlap" if "overlap" in row.change.flags else _VERDICTS["untested"], lang)


def data(found: Sequence[Row], *, lang: str, name: Callable[[str], str]) -> pl.DataFrame:
    """The table of the chart (columns of `rows`), one row per metric. name: metric -> its name."""
    end = reach(r.change for r in found)
    return pl.DataFrame([_record(i, r, lang, name(r.metric), end) for i, r in enumerate(found)], schema=rows.SCHEMA)


def _record(i: int, row: Row, lang: str, name: str, end: float) -> dict[str, object]:
    change, plain = row.change, labels.plain(name)
    value = signed(change.value, lang)
    glyph = words.GLYPHS.get(row.verdict, "")
    sizes = i18n.text("compare.sizes", lang, a=words.count(row.now.n, lang), b=words.count(row.before.n, lang))
    note = i18n.text("compare.both", lang, a=words.value(row.now, lang), b=words.value(row.before, lang), verdict=verdict(row, lang))
    said = words.point(plain, f"{value} {glyph}".strip(), interval(change, lang), sizes, lang)
    shown = change.value is not None
    return {
        "key": labels.axis_key(i, labels.wrap(plain), f"{glyph} {value}".strip() if shown else i18n.NOTHING),
        "order": i,
        "value": change.value,
        "low": change.ci_low,
        "high": change.ci_high,
        "tone": _TONES.get(row.verdict, theme.MUTED),
        "shape": _SHAPES.get(row.verdict, "circle"),
        "small": row.verdict == "untested",
        "floor": -end,
        "ceiling": end,
        "average": None,
        "zero": 0.0 if i == 0 else None,
        theme.PICK: row.metric,
        "name": plain,
        "value_text": value,
        "interval": interval(change, lang),
        "n_text": sizes,
        "note": note,
        "said": said,
        "hidden": None if shown else verdict(row, lang),
        "average_text": None,
    }


@lru_cache(maxsize=8)
def _built(lang: str) -> str:
    return theme.finished(rows.layers(lang, i18n.text("compare.column.change", lang)))


def spec(lang: str, *, height: int) -> theme.Spec:
    """The Vega-Lite document without its data; depends on nothing but the arguments."""
    return theme.sized(_built(lang), height)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return rows.height(frame, at_least=160)


def chart(found: Sequence[Row], *, lang: str, name: Callable[[str], str]) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(found, lang=lang, name=name)
    return theme.with_data(spec(lang, height=height(frame)), frame)


def describe(found: Sequence[Row], *, lang: str, name: Callable[[str], str]) -> str:
    """How many metrics differ, and which."""
    tested = [r for r in found if r.verdict != "untested"]
    different = [
        f"{words.GLYPHS[r.verdict]} {labels.plain(name(r.metric))} {signed(r.change.value, lang)}" for r in tested if r.verdict != "none"
    ]
    key = "compare.said" if different else "compare.said_none"
    return i18n.text(key, lang, n=len(found), tested=len(tested), different=len(different), names=", ".join(different))


def table(found: Sequence[Row], *, lang: str, name: Callable[[str], str]) -> pl.DataFrame:
    """Both sides and the difference as numbers, with headers in the user's language; hidden ones are empty."""

    def figures(side: str, pick: Callable[[Row], Figure]) -> dict[str, pl.Series]:
        shown = [pick(r) for r in found]
        return {
            i18n.text("compare.column.value", lang, side=side): words.rounded([f.value for f in shown]),
            i18n.text("compare.column.low", lang, side=side): words.rounded([f.ci_low if f.value is not None else None for f in shown]),
            i18n.text("compare.column.high", lang, side=side): words.rounded([f.ci_high if f.value is not None else None for f in shown]),
            i18n.text("compare.column.n", lang, side=side): pl.Series([f.n for f in shown], dtype=pl.Int64),
        }

    changes = [r.change for r in found]
    return pl.DataFrame(
        {
            i18n.text("compare.column.metric", lang): pl.Series([labels.plain(name(r.metric)) for r in found], dtype=pl.Utf8),
            **figures("A", lambda r: r.now),
            **figures("B", lambda r: r.before),
            i18n.text("compare.column.change", lang): words.rounded([d.value for d in changes]),
            i18n.text("compare.column.change_low", lang): words.rounded([d.ci_low for d in changes]),
            i18n.text("compare.column.change_high", lang): words.rounded([d.ci_high for d in changes]),
            i18n.text("compare.column.p", lang): pl.Series(
                [None if d.p_adjusted is None else round(d.p_adjusted, 4) for d in changes], dtype=pl.Float64
            ),
            i18n.text("compare.column.verdict", lang): pl.Series([verdict(r, lang) for r in found], dtype=pl.Utf8),
        }
    )


def lines(found: Sequence[Row], *, lang: str, name: Callable[[str], str]) -> pl.DataFrame:
    """The table to read on the page: both sides with interval and n, the difference with its interval, what was found."""

    def side(figure: Figure) -> str:
        if figure.value is None:
            return words.hidden(figure, lang)
        n = words.count(figure.n, lang)
        return i18n.text("compare.side", lang, value=words.value(figure, lang), interval=words.interval(figure, lang), n=n)

    def change(row: Row) -> str:
        if row.change.value is None:
            return i18n.NOTHING
        return (
            f"{signed(row.change.value, lang)} ({interval(row.change, lang)})"
            if row.change.ci_low is not None
            else signed(row.change.value, lang)
        )

    def told(row: Row) -> str:
        return f"{words.GLYPHS.get(row.verdict, '')} {verdict(row, lang)}".strip()

    columns = {
        i18n.text("compare.column.metric", lang): [labels.plain(name(r.metric)) for r in found],
        "A": [side(r.now) for r in found],
        "B": [side(r.before) for r in found],
        i18n.text("compare.column.change", lang): [change(r) for r in found],
        i18n.text("compare.column.verdict", lang): [told(r) for r in found],
    }
    return pl.DataFrame({title: pl.Series(values, dtype=pl.Utf8) for title, values in columns.items()})
