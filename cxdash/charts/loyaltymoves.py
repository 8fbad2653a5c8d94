"""The same customers in two selections: what became of each class, and by how much every class grew or shrank."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, rows, theme, words
from cxdash.charts.loyaltywords import TONES, called, classes, points
from cxdash.services.loyalty import Origin
from cxdash.stats.figure import Figure
from cxdash.stats.movement import Move

CELL, HEAD, LINE = 40, 12, 15  # px: a row, above the columns' names, a line of them
_PALE, _SPAN = 0.05, 0.45
_SYLLABLES = 6  # of a column


def data(origins: Sequence[Origin], *, lang: str) -> pl.DataFrame:
    """One row per cell: who was in the class of the row, and is in that of the column."""
    heads = labels.heads(list(classes(lang).values()), _SYLLABLES)
    found = []
    for y, origin in enumerate(origins):
        row = i18n.text("chart.segment.label", lang, name=called(origin.name, lang), n=words.count(origin.n, lang))
        key = labels.axis_key(y, labels.wrap(row))
        for x, (target, figure) in enumerate(zip(origins, origin.to, strict=True)):
            shown, value, interval = figure.value is not None, words.value(figure, lang), words.interval(figure, lang)
            way = i18n.text("loyalty.moves.way", lang, before=called(origin.name, lang), after=called(target.name, lang))
            found.append({
                "x": heads[x], "x_order": x, "y": key, "y_order": y, "tone": TONES[target.name],
                "opacity": _PALE + _SPAN * figure.value / 100 if figure.value is not None else 0.0,
                "ink": theme.INK if shown and figure.base != "small" else theme.MUTED, "weight": "bold" if x == y else "normal",
                "text": i18n.percent(figure.value, lang, 0) if shown else i18n.NOTHING, "way": way, "value_text": value,
                "interval": interval, "n_text": words.count(figure.n, lang), "note": words.base(figure, lang) or i18n.NOTHING,
                "said": words.point(way, value, interval, words.count(figure.n, lang), lang),
            })  # fmt: skip
    return pl.DataFrame(found)


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    return HEAD + _lines(frame["x"][0]) * LINE + frame["y"].n_unique() * CELL


def _lines(key: str) -> int:
    return key.split(labels.TAB)[0].count("\n") + 1


@lru_cache(maxsize=16)
def _built(lang: str, lines: int) -> str:
    cells = alt.Chart()
    top = alt.Axis(orient="top", labelExpr=labels.FIRST_PART, labelAngle=0, labelLimit=theme.LABEL_LIMIT, labelOverlap=False,
                   labelFlush=False, labelPadding=8 + (lines - 1) * LINE, labelLineHeight=LINE, labelBaseline="alphabetic", ticks=False,
                   domain=False, grid=False)  # fmt: skip
    x = alt.X("x:N", title=None, sort=alt.EncodingSortField("x_order", op="min"), axis=top,
              scale=alt.Scale(type="band", paddingInner=0.03, paddingOuter=0))  # fmt: skip
    y = alt.Y("y:N", title=None, sort=alt.EncodingSortField("y_order", op="min"), axis=rows.names_axis(),
              scale=alt.Scale(type="band", paddingInner=0.06, paddingOuter=0))  # fmt: skip
    tips = theme.tips(("way", i18n.text("loyalty.moves.column", lang)), ("value_text", words.column("share", lang)),
                      ("interval", words.column("interval", lang)), ("n_text", words.column("n", lang)),
                      ("note", words.column("note", lang)))  # fmt: skip
    quiet, ink = {"aria": False, "tooltip": None}, theme.tone("ink")
    layers = [cells.mark_rect(cornerRadius=2, **quiet).encode(
        x=x, y=y, color=theme.tone(), opacity=alt.Opacity("opacity:Q", scale=None, legend=None))]  # fmt: skip
    for weight in ("bold", "normal"):
        part = cells.transform_filter(f"datum.weight == '{weight}'")
        layers.append(part.mark_text(fontSize=13, fontWeight=weight, **quiet).encode(x=x, y=y, text="text:N", color=ink))
    layers.append(cells.mark_rect(opacity=0).encode(x=x, y=y, tooltip=tips, description="said:N").properties(name=theme.TARGET))
    return theme.finished(alt.layer(*layers, data=alt.NamedData(theme.DATA)))


def spec(lang: str, frame: pl.DataFrame) -> theme.Spec:
    """The Vega-Lite document of this table, without the table."""
    return theme.sized(_built(lang, _lines(frame["x"][0])), height(frame))


def chart(origins: Sequence[Origin], *, lang: str) -> alt.TopLevelMixin:
    """The whole picture as an Altair object."""
    frame = data(origins, lang=lang)
    return theme.with_data(spec(lang, frame), frame)


def describe(moves: Sequence[Move], n: int, *, lang: str) -> str:
    """What grew and what shrank among the same customers."""
    moved = [f"{words.GLYPHS[m.verdict]} {called(m.name, lang)} {points(m.difference, lang)}" for m in moves if m.verdict in words.GLYPHS]
    told = i18n.text("loyalty.moves.said", lang, n=words.count(n, lang))
    return f"{told} " + (i18n.text("loyalty.said_changed", lang, parts=", ".join(moved)) if moved else i18n.text("loyalty.said_same", lang))


def table(origins: Sequence[Origin], *, lang: str) -> pl.DataFrame:
    """One row per cell of the transition table."""
    every = [(o, target.name, f) for o in origins for target, f in zip(origins, o.to, strict=True)]
    plain = words.figure_table([(called(o.name, lang), f, words.base(f, lang)) for o, _, f in every],
                               i18n.text("loyalty.moves.before", lang), words.column("share", lang), lang)  # fmt: skip
    after = pl.Series(i18n.text("loyalty.moves.after", lang), [called(name, lang) for _, name, _ in every], dtype=pl.Utf8)
    return plain.insert_column(1, after)


# ---------------------------------------------------------------- net movement


def net_data(moves: Sequence[Move], *, lang: str) -> pl.DataFrame:
    """One row per class: its share now minus before among the same customers, percentage points, with the paired interval."""
    return rows.data([_net(m, lang) for m in moves], lang=lang, signed=True)


def _net(move: Move, lang: str) -> rows.Row:
    d, name = move.difference, called(move.name, lang)
    figure = Figure(d.value, move.after.n, move.after.n_eff, d.ci_low, d.ci_high, unit="points", base=move.after.base)
    sides = i18n.text("loyalty.moves.sides", lang, before=words.value(move.before, lang), after=words.value(move.after, lang))
    flow = i18n.text("loyalty.moves.flow", lang, came=words.count(move.came, lang), left=words.count(move.left, lang))
    verdict = words.against(d, move.verdict, lang, i18n.text("loyalty.moves.before", lang))
    return rows.Row(name, f"{name} {sides}", figure, move.verdict, " · ".join((flow, verdict)), None, "%p")


@lru_cache(maxsize=8)
def _net_built(lang: str) -> str:
    return theme.finished(rows.layers(lang, i18n.text("loyalty.column.change", lang)))


def net_spec(lang: str, frame: pl.DataFrame) -> theme.Spec:
    """The Vega-Lite document without its data."""
    return theme.sized(_net_built(lang), rows.height(frame))


def net_table(moves: Sequence[Move], *, lang: str) -> pl.DataFrame:
    """One row per class: shares before and now, difference with interval and adjusted p, who came and who left."""
    def told(key: str, values: Sequence[float | None], digits: int = 1) -> pl.Series:
        return words.rounded(values, digits).alias(i18n.text(key, lang))

    def people(key: str, values: Sequence[int]) -> pl.Series:
        return pl.Series(i18n.text(key, lang), values, dtype=pl.Int64)

    names = pl.Series(i18n.text("loyalty.column.class", lang), [called(m.name, lang) for m in moves], dtype=pl.Utf8)
    return pl.DataFrame([
        names, told("loyalty.moves.before", [m.before.value for m in moves]), told("loyalty.moves.after", [m.after.value for m in moves]),
        told("loyalty.column.change", [m.difference.value for m in moves]),
        words.rounded([m.difference.ci_low for m in moves]).alias(words.column("low", lang)),
        words.rounded([m.difference.ci_high for m in moves]).alias(words.column("high", lang)),
        told("segments.column.p", [m.difference.p_adjusted for m in moves], 4),
        people("loyalty.moves.came", [m.came for m in moves]), people("loyalty.moves.left", [m.left for m in moves]),
        people(words.COLUMN_KEYS["n"], [m.after.n for m in moves]),
    ])  # fmt: skip
