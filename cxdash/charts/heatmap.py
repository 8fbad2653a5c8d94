"""Stage by segment: a number in every cell, tinted by how far it lies from the stage's own score.

The tint tells the distance from the row's score over the whole selection, not the score itself: how the stages differ from each other
is the business of the chart above it, and within a row it would drown what is asked here. Steps of 5 points up to 15, the same on every
screen, so that a difference of 2 points never looks like one of 20. What does not differ significantly from the row's other values keeps
the palest tint, however far it lies: chance must not catch the eye. ▲▼ mark what does.

Tints are tones at a low opacity, blue above and vermillion below (told apart with every colour blindness), so that the number on them
reads in light and in dark. Small bases are grey and without a tint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import altair as alt
import polars as pl

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.facts.question import NONE
from cxdash.services.journey import HeatMap, HeatRow
from cxdash.services.segments import Segment
from cxdash.stats.figure import Figure

STEP, STEPS = 5.0, 3  # points per class of the tint, classes on either side
OPACITIES = (0.07, 0.18, 0.36, 0.54)  # of the tint, by class; with them the number has a contrast of 4.5 in both modes
ROW, LINE, HEAD, LEGEND = 34, 15, 12, 8  # px: a row of one or two lines, a further line, above the columns' names, above the legend
_NARROW, _WIDE = 5, 12  # syllables of a column
_SYLLABLE = 12  # px
_BETWEEN = 0.06  # of a row is left free between two
_TEXTS = ("stage", "segment", "value_text", "interval", "n_text", "note", "said", "text")
SCHEMA: Mapping[str, pl.DataType] = {
    "kind": pl.Utf8(),
    "x": pl.Utf8(),
    "x_order": pl.Int64(),
    "y": pl.Utf8(),
    "y_order": pl.Int64(),
    "tone": pl.Utf8(),
    "ink": pl.Utf8(),
    "opacity": pl.Float64(),
    "place": pl.Int64(),
    theme.PICK: pl.Utf8(),
    **dict.fromkeys(_TEXTS, pl.Utf8()),
}


def step_of(difference: float) -> int:
    """The class of the tint: -3 … 3, 0 within 2.5 points of the stage's score.

    >>> step_of(2.4), step_of(-2.5), step_of(7.4), step_of(40.0)
    (0, -1, 1, 3)
    """
    nearest = math.floor(abs(difference) / STEP + 0.5)
    return int(math.copysign(min(STEPS, nearest), difference)) if nearest else 0


def syllables(names: Sequence[str]) -> int:
    """Width of a column: wide enough that most names need few lines, and words are not broken."""
    longest = max((labels.width(name) for name in names), default=0.0)
    word = max((labels.width(word) for name in names for word in name.split()), default=0.0)
    return min(_WIDE, max(_NARROW, math.ceil(longest / 3), math.ceil(word)))


def columns(heat: HeatMap, lang: str, names: Mapping[str, str]) -> list[str]:
    """Names of the columns: the whole selection first, then the values."""
    return [i18n.text("journey.heat.whole", lang), *(_named(v, lang, names) for v in heat.values)]


def _named(value: str | None, lang: str, names: Mapping[str, str]) -> str:
    return i18n.text("chart.segment.none", lang) if value is None else labels.plain(names.get(value) or value)


def least_width(heat: HeatMap, lang: str, names: Mapping[str, str]) -> int:
    """Pixels under which the chart must not be squeezed; in a narrower place it scrolls."""
    stages = max((min(labels.WRAP, labels.width(_stage(row, lang))) for row in heat.rows), default=0.0)
    titles = columns(heat, lang, names)
    return round(stages * _SYLLABLE) + 24 + len(titles) * (syllables(titles) * _SYLLABLE + 6)


def _stage(row: HeatRow, lang: str) -> str:
    return labels.plain(labels.localised(row.stage.name, lang, row.stage.code))


def data(heat: HeatMap, *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """One row per cell, the stage's own score first, and one per box of the legend. names: value -> label in the user's language."""
    titles = columns(heat, lang, names)
    heads = labels.heads(titles, syllables(titles))
    found = []
    for y, row in enumerate(heat.rows):
        key = labels.axis_key(y, labels.wrap(_stage(row, lang)))
        whole = _cell(row, None, row.whole, lang, columns(heat, lang, names)[0])
        cells = [_cell(row, cell, cell.figure, lang, _named(cell.value, lang, names)) for cell in row.cells]
        found += [{**c, "x": heads[x], "x_order": x, "y": key, "y_order": y} for x, c in enumerate([whole, *cells])]
    last = {"y": labels.axis_key(len(heat.rows), [""]), "y_order": len(heat.rows), "x": heads[0], "x_order": 0}
    return pl.DataFrame([*found, *({**box, **last} for box in _legend(lang))], schema=SCHEMA)


def _cell(row: HeatRow, cell: Segment | None, figure: Figure, lang: str, name: str) -> dict[str, object]:
    shown, small = figure.value is not None, figure.base == "small"
    glyph = words.GLYPHS.get(cell.verdict, "") if cell is not None and shown else ""
    step = 0 if cell is None or small else _tint(figure, row.whole, significant=bool(glyph))
    value, interval, n = words.value(figure, lang), words.interval(figure, lang), words.count(figure.n, lang)
    stage = _stage(row, lang)
    said = words.point(f"{stage}, {name}", f"{value} {glyph}".strip(), interval, n, lang)
    texts = (stage, name, value, interval, n, _note(figure, cell, lang) or i18n.NOTHING, said,
             f"{value} {glyph}".strip() if shown else i18n.NOTHING)
    return {
        "kind": "cell",
        "tone": theme.MUTED if not step else theme.ACCENT if step > 0 else theme.BAD,
        "ink": theme.INK if shown and not small else theme.MUTED,
        "opacity": 0.0 if cell is None or not shown or small else OPACITIES[abs(step)],
        "place": None,
        theme.PICK: None if cell is None else (NONE if cell.value is None else cell.value),
        **dict(zip(_TEXTS, texts, strict=True)),
    }


def _tint(figure: Figure, whole: Figure, *, significant: bool) -> int:
    """The class of a cell's tint."""
    if figure.value is None or whole.value is None:
        return 0
    step = step_of(figure.value - whole.value)
    return step if significant else max(-1, min(1, step))


def _legend(lang: str) -> list[dict[str, object]]:
    """The boxes of the legend: differences from the stage's score, -15 and less … +15 and more."""
    boxes = []
    for place, step in enumerate(range(-STEPS, STEPS + 1)):
        text = {-STEPS: "≤", STEPS: "≥"}.get(step, "") + i18n.number(step * STEP, lang, 0, signed=True) if step else "±0"
        tone = theme.MUTED if not step else theme.ACCENT if step > 0 else theme.BAD
        boxes.append({"kind": "legend", "tone": tone, "ink": theme.INK, "opacity": OPACITIES[abs(step)], "place": place, "text": text})
    return boxes


def height(frame: pl.DataFrame) -> int:
    """Pixels that let every label stand whole."""
    cells = frame.filter(pl.col("kind") == "cell")
    most = max((_lines(key) for key in cells["y"].unique()), default=1)
    rows = cells["y"].n_unique() + 1  # the legend takes a row
    return HEAD + LEGEND + _lines(cells["x"][0]) * LINE + rows * (ROW + max(0, most - 2) * LINE)


def _lines(key: str) -> int:
    return key.split(labels.TAB)[0].count("\n") + 1


def spec(lang: str, frame: pl.DataFrame) -> theme.Spec:
    """The Vega-Lite document of this table, without the table."""
    return theme.sized(_built(lang, _lines(frame["x"][0])), height(frame))


@lru_cache(maxsize=64)
def _built(lang: str, lines: int) -> str:
    base = alt.Chart()
    cells, boxes = base.transform_filter("datum.kind == 'cell'"), base.transform_filter("datum.kind == 'legend'")
    x, y = _x(lines), _y()
    tips = theme.tips(("stage", words.column("stage", lang)), ("segment", words.column("segment", lang)),
                      ("value_text", words.metric_name("stage", lang)), ("interval", words.column("interval", lang)),
                      ("n_text", words.column("n", lang)), ("note", words.column("note", lang)))
    opacity = alt.Opacity("opacity:Q", scale=None, legend=None)
    left, right = (alt.XValue(alt.expr(f"min(width, 420) / {2 * STEPS + 1} * (datum.place + {end})")) for end in (0, 1))
    middle = alt.XValue(alt.expr(f"min(width, 420) / {2 * STEPS + 1} * (datum.place + 0.5)"))
    grey, ink = theme.tone(), theme.tone("ink")
    return theme.finished(alt.layer(
        cells.mark_rect(cornerRadius=2, aria=False, tooltip=None).encode(x=x, y=y, color=grey, opacity=opacity),
        cells.mark_text(fontSize=theme.SIZE, aria=False, tooltip=None).encode(x=x, y=y, text="text:N", color=ink),
        boxes.mark_rect(x2Offset=-1, yOffset=LEGEND, aria=False, tooltip=None).encode(x=left, x2=right, y=y, color=grey, opacity=opacity),
        boxes.mark_text(fontSize=11, dy=LEGEND, aria=False, tooltip=None).encode(x=middle, y=y, text="text:N", color=ink),
        cells.mark_rect(opacity=0).encode(x=x, y=y, tooltip=tips, description="said:N").properties(name=theme.TARGET),
        data=alt.NamedData(theme.DATA),
    ))


def _x(lines: int) -> alt.X:
    """Names of the columns above the plot; several lines are stacked downwards, so they begin higher."""
    axis = alt.Axis(orient="top", labelExpr=labels.FIRST_PART, labelAngle=0, labelLimit=theme.LABEL_LIMIT, labelOverlap=False,
                    labelFlush=False, labelPadding=8 + (lines - 1) * LINE, labelLineHeight=LINE, labelBaseline="alphabetic", ticks=False,
                    domain=False, grid=False)
    return alt.X("x:N", title=None, sort=alt.EncodingSortField("x_order", op="min"), axis=axis,
                 scale=alt.Scale(type="band", paddingInner=_BETWEEN / 2, paddingOuter=0))


def _y() -> alt.Y:
    lifts = [{"test": f"length({labels.LINES_OF_VALUE}) == {n}", "value": -(n - 1) * LINE / 2} for n in range(2, 13)]
    axis = alt.Axis(orient="left", labelExpr=labels.FIRST_PART, labelLimit=theme.LABEL_LIMIT, labelOverlap=False, labelPadding=8,
                    labelFlush=False, labelLineHeight=LINE, labelOffset={"condition": lifts, "value": 0}, ticks=False, domain=False,
                    grid=False, zindex=1)
    return alt.Y("y:N", title=None, sort=alt.EncodingSortField("y_order", op="min"), axis=axis,
                 scale=alt.Scale(type="band", paddingInner=_BETWEEN, paddingOuter=0))


def chart(heat: HeatMap, *, lang: str, names: Mapping[str, str]) -> alt.TopLevelMixin:
    """The whole chart as an Altair object."""
    frame = data(heat, lang=lang, names=names)
    return theme.with_data(spec(lang, frame), frame)


def describe(heat: HeatMap, *, lang: str, names: Mapping[str, str]) -> str:
    """The chart in a sentence or two: its size, and which cells differ significantly from the rest of their stage."""
    told = i18n.text("journey.heat.said", lang, stages=len(heat.rows), values=len(heat.values))
    apart = [f"{words.GLYPHS[c.verdict]} {_stage(row, lang)} {_named(c.value, lang, names)} {words.value(c.figure, lang)}"
             for row in heat.rows for c in row.cells if c.verdict in words.GLYPHS and c.figure.value is not None]
    if not apart:
        return told + " " + i18n.text("journey.heat.said_alike", lang)
    return told + " " + i18n.text("journey.heat.said_apart", lang, cells=", ".join(apart))


def table(heat: HeatMap, *, lang: str, names: Mapping[str, str]) -> pl.DataFrame:
    """One row per cell, the stage's own score first: score, interval, base, difference from the rest, note."""
    whole = columns(heat, lang, names)[0]
    found: list[tuple[str, str, Figure, Segment | None]] = []
    for row in heat.rows:
        found.append((_stage(row, lang), whole, row.whole, None))
        found += [(_stage(row, lang), _named(c.value, lang, names), c.figure, c) for c in row.cells]
    plain = words.figure_table([(stage, f, _note(f, c, lang)) for stage, _, f, c in found], words.column("stage", lang), "stage", lang)
    rest = [c.rest.value if c is not None and c.rest is not None and f.value is not None else None for _, _, f, c in found]
    return plain.insert_column(1, pl.Series(words.column("segment", lang), [name for _, name, _, _ in found], dtype=pl.Utf8)).insert_column(
        6, words.rounded(rest).alias(i18n.text("journey.column.rest", lang)))


def _note(figure: Figure, cell: Segment | None, lang: str) -> str:
    told = [words.base(figure, lang)]
    if cell is not None and figure.value is not None:
        told.append(words.against(cell.rest, cell.verdict, lang, i18n.text("chart.what.rest", lang)))
    return " · ".join(filter(None, told))
