"""The crosstab as a picture that can be clicked and kept: a value with its letters in every cell, the number of answers below it.

A cell that beats another one of its row is tinted; the others are not, however high they are: chance must not catch the eye. Small bases
are grey, in brackets and without a tint. A cell's "pick" is "i,j": the line and the column, -1 for a total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.charts.crosstab import CAUTION, Titles, headers, unique
from cxdash.services.crosstab import Cell, Crosstab

TOTAL = -1
ROW, LINE, HEAD = 42, 15, 12  # px: a row, a further line of a name, above the columns' names
_SYLLABLE, _COLUMN = 12, 7  # px of a syllable, syllables of a column at least
_TINT = 0.16
_TEXTS = ("row", "column", "value_text", "interval", "n_text", "letters", "note", "said", "text", "below")
SCHEMA: Mapping[str, pl.DataType] = {
    "x": pl.Utf8(), "x_order": pl.Int64(), "y": pl.Utf8(), "y_order": pl.Int64(), "tone": pl.Utf8(), "ink": pl.Utf8(),
    "opacity": pl.Float64(), "weight": pl.Utf8(), theme.PICK: pl.Utf8(), **dict.fromkeys(_TEXTS, pl.Utf8()),
}  # fmt: skip


def data(table: Crosstab, titles: Titles, *, lang: str) -> pl.DataFrame:
    """One row per cell, totals among them."""
    names, titled = _rows(table, titles), _columns(table, titles)
    heads = labels.heads(titled, _syllables(titled))
    found: list[dict[str, object]] = []
    for i, (name, cells) in enumerate(zip(names, _cells(table), strict=True)):
        at = i if i < len(table.rows) else TOTAL
        place = {"y": labels.axis_key(i, labels.wrap(name)), "y_order": i}
        for j, cell in enumerate(cells):
            where = {"x": heads[j], "x_order": j, theme.PICK: f"{at},{j - 1}"}
            found.append({**place, **where, **_said(name, titled[j], cell, lang)})
    return pl.DataFrame(found, schema=SCHEMA)


def _rows(table: Crosstab, titles: Titles) -> list[str]:
    return [*map(labels.plain, titles.rows), *([labels.plain(titles.total)] if table.total is not None else [])]


def _columns(table: Crosstab, titles: Titles) -> list[str]:
    return unique([labels.plain(titles.total), *headers(table, titles)])


def _cells(table: Crosstab) -> list[list[Cell]]:
    """Rows of cells, their total first; the row of totals last."""
    rows = [[Cell(total), *cells] for total, cells in zip(table.row_totals, table.cells, strict=True)]
    return [*rows, [Cell(table.total), *table.column_totals]] if table.total is not None else rows


def _said(row: str, column: str, cell: Cell, lang: str) -> dict[str, object]:
    figure, shown = cell.figure, cell.figure.value is not None
    value, interval, n = words.value(figure, lang), words.interval(figure, lang), words.count(figure.n, lang)
    small = figure.base == "small"
    mark = CAUTION if figure.base == "caution" else ""
    text = (f"({value})" if small else f"{value}{mark} {cell.letters}".rstrip()) if shown else i18n.NOTHING
    note = words.base(figure, lang) or i18n.NOTHING
    texts = (row, column, value, interval, n, cell.letters or i18n.NOTHING, note,
             words.point(f"{row}, {column}", value, interval, n, lang),
             text, f"n={n}" if figure.n else "")  # fmt: skip
    return {
        "tone": theme.ACCENT, "ink": theme.INK if shown and not small else theme.MUTED,
        "opacity": _TINT if cell.letters and shown and not small else 0.0, "weight": "bold" if shown and not small else "normal",
        **dict(zip(_TEXTS, texts, strict=True)),
    }  # fmt: skip


def _syllables(heads: Sequence[str]) -> int:
    return max(_COLUMN, *(min(labels.WRAP, round(max(labels.width(word) for word in head.split() or [""]))) for head in heads))


def least_width(table: Crosstab, titles: Titles) -> int:
    """Pixels under which the picture must not be squeezed; in a narrower place it scrolls."""
    heads, names = _columns(table, titles), _rows(table, titles)
    return round(_names_width(names)) + 24 + len(heads) * (_syllables(heads) * _SYLLABLE + 6)


def _names_width(names: Sequence[str]) -> float:
    return max(min(labels.WRAP, labels.width(name)) for name in names) * _SYLLABLE


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    most = max((_lines(key) for key in frame["y"].unique()), default=1)
    return HEAD + _head_lines(frame) * LINE + frame["y"].n_unique() * (ROW + max(0, most - 2) * LINE)


def _lines(key: str) -> int:
    return key.split(labels.TAB)[0].count("\n") + 1


def _head_lines(frame: pl.DataFrame) -> int:
    return max(_lines(key) for key in frame["x"].drop_nulls().unique())


def spec(lang: str, frame: pl.DataFrame, *, value: str) -> theme.Spec:
    """The Vega-Lite document of this table, without the table. value: what the numbers are, for the tooltip."""
    return theme.sized(_built(lang, _head_lines(frame), value), height(frame))


@lru_cache(maxsize=64)
def _built(lang: str, lines: int, value: str) -> str:
    cells = alt.Chart()
    x, y, ink = _x(lines), _y(), theme.tone("ink")
    tips = theme.tips(("row", i18n.text("segments.column.row", lang)), ("column", i18n.text("segments.column.column", lang)),
                      ("value_text", value), ("interval", words.column("interval", lang)), ("n_text", words.column("n", lang)),
                      ("letters", i18n.text("segments.column.letters", lang)), ("note", words.column("note", lang)))  # fmt: skip
    quiet = {"aria": False, "tooltip": None}
    bold, plain = (cells.transform_filter(f"datum.weight == '{w}'") for w in ("bold", "normal"))
    return theme.finished(alt.layer(
        cells.mark_rect(cornerRadius=2, **quiet).encode(
            x=x, y=y, color=theme.tone(), opacity=alt.Opacity("opacity:Q", scale=None, legend=None)),
        bold.mark_text(fontSize=theme.SIZE, fontWeight="bold", dy=-7, **quiet).encode(x=x, y=y, text="text:N", color=ink),
        plain.mark_text(fontSize=theme.SIZE, dy=-7, **quiet).encode(x=x, y=y, text="text:N", color=ink),
        cells.mark_text(fontSize=11, dy=10, **quiet).encode(x=x, y=y, text="below:N", color=theme.always(theme.MUTED)),
        cells.mark_rect(opacity=0).encode(x=x, y=y, tooltip=tips, description="said:N").properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    ))  # fmt: skip


def _x(lines: int) -> alt.X:
    axis = alt.Axis(orient="top", labelExpr=labels.FIRST_PART, labelAngle=0, labelLimit=theme.LABEL_LIMIT, labelOverlap=False,
                    labelFlush=False, labelPadding=8 + (lines - 1) * LINE, labelLineHeight=LINE, labelBaseline="alphabetic", ticks=False,
                    domain=False, grid=False)  # fmt: skip
    return alt.X("x:N", title=None, sort=alt.EncodingSortField("x_order", op="min"), axis=axis,
                 scale=alt.Scale(type="band", paddingInner=0.03, paddingOuter=0))  # fmt: skip


def _y() -> alt.Y:
    lifts = [{"test": f"length({labels.LINES_OF_VALUE}) == {n}", "value": -(n - 1) * LINE / 2} for n in range(2, 13)]
    axis = alt.Axis(orient="left", labelExpr=labels.FIRST_PART, labelLimit=theme.LABEL_LIMIT, labelOverlap=False, labelPadding=8,
                    labelFlush=False, labelLineHeight=LINE, labelOffset={"condition": lifts, "value": 0}, ticks=False, domain=False,
                    grid=False, zindex=1)  # fmt: skip
    return alt.Y("y:N", title=None, sort=alt.EncodingSortField("y_order", op="min"), axis=axis,
                 scale=alt.Scale(type="band", paddingInner=0.06, paddingOuter=0))  # fmt: skip


def chart(table: Crosstab, titles: Titles, *, lang: str, value: str) -> alt.TopLevelMixin:
    """The whole picture as an Altair object."""
    frame = data(table, titles, lang=lang)
    return theme.with_data(spec(lang, frame, value=value), frame)
