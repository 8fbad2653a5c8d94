"""The charts of a view for paper: each drawn for the box it gets, so that every row is whole and letters are alike.

Boxes are in millimetres. A chart is drawn in pixels of its own and scaled into its box: fewer rows get larger letters, up to
`LARGEST`; many rows get smaller ones, and labels in fewer lines. Nothing is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import polars as pl

from cxdash import i18n
from cxdash.charts import labels, mix, rows, segments, stages, theme, trend
from cxdash.charts.theme import Spec
from cxdash.services.findings import judged_stages
from cxdash.services.overview import Overview

MM = 72 / 25.4  # points of a millimetre
LARGEST = 0.62  # points per pixel: labels of 12 px in 7.4 pt
PADDING = 24  # px that standalone adds to the height
_TALLEST = 46  # px of a row: few rows are not stretched over their box
_WRAPS = (labels.WRAP, 22, 28, 34)  # characters in a line of a label, the one that leaves letters largest is taken
_PLOT = 170  # px that labels must leave for the plot and its values
_LINE = rows.LINE + 1


@dataclass(frozen=True)
class Box:
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A chart: whole Vega-Lite document, size on paper in mm, title, what its marks mean, text alternative, table."""

    name: str
    title: str
    document: Spec
    width: float
    height: float
    said: str
    table: pl.DataFrame
    legend: str = ""


@dataclass(frozen=True)
class Called:
    """Names in the reader's language that only the screen knows. metric: as charts take it; metric_title: in titles.

    values: label per value of the attribute that the segments are made of.
    """

    metric: str
    metric_title: str
    by: str
    values: dict[str, str]


def trend_picture(result: Overview, called: Called, lang: str, box: Box) -> Picture | None:
    """The metric over time; None where there are not two periods."""
    if len(result.trend) < 2:
        return None
    given = {"grain": result.grain, "metric": called.metric, "waves": result.catalog.waves, "lang": lang}
    frame = trend.data(result.trend, **given)
    width, height = box.width * MM / LARGEST, box.height * MM / LARGEST
    document = theme.standalone(trend.spec(lang, called.metric), frame, width=int(width), height=int(height) - PADDING)
    return Picture("trend", i18n.text("overview.trend", lang, metric=called.metric_title), document, box.width, box.height,
                   trend.describe(result.trend, **given), trend.table(result.trend, **given))


def mix_picture(result: Overview, lang: str, box: Box) -> Picture | None:
    """Promoters, passives, detractors; None without an NPS that may be shown."""
    if result.mix is None:
        return None
    scale = LARGEST * 0.94  # three labels stand beside each other
    document = theme.standalone(mix.spec(lang), mix.data(result.mix, lang=lang), width=int(box.width * MM / scale),
                                height=int(box.height * MM / scale) - PADDING)
    document["padding"] = {"left": 0, "right": 0, "top": 2, "bottom": 2}
    return Picture("mix", i18n.text("overview.mix", lang), document, box.width, box.height, mix.describe(result.mix, lang=lang),
                   mix.table(result.mix, lang=lang))


def stages_picture(result: Overview, lang: str, box: Box) -> Picture | None:
    """Stage scores in journey order, with the verdicts of a row of tests; None without stages."""
    if not result.stages:
        return None
    judged = judged_stages(result.stages)
    legend = i18n.text("overview.stages_key", lang) if result.scope.before else ""
    blank = Picture("stages", i18n.text("overview.stages", lang), {}, 0, 0, stages.describe(judged, lang=lang),
                    stages.table(judged, lang=lang), legend)
    return _in_rows(blank, stages.spec(lang), stages.data(judged, lang=lang), box)


def segments_picture(result: Overview, called: Called, lang: str, box: Box) -> Picture | None:
    """The metric by the values of the attribute; None without one."""
    if result.by is None or not result.segments:
        return None
    given = {"metric": called.metric, "lang": lang, "names": called.values}
    average = next((c.figure for c in result.cards if c.metric == result.metric), None)
    blank = Picture("segments", f"{called.by} · {called.metric_title}", {}, 0, 0, segments.describe(result.segments, **given),
                    segments.table(result.segments, **given), i18n.text("overview.segments_key", lang))
    frame = segments.data(result.segments, average=average, **given)
    return _in_rows(blank, segments.spec(lang, called.metric), frame, box)


def fits(frame_rows: int, box: Box, *, smallest: float = 0.5) -> bool:
    """Whether so many rows of one line each stand in the box in letters of at least `smallest` points per pixel."""
    return box.height * MM / smallest >= rows.AXIS + PADDING + frame_rows * (rows.LINE + rows.GAP)


def _in_rows(blank: Picture, spec: Spec, frame: pl.DataFrame, box: Box) -> Picture:
    """Rows drawn as large as the box allows, labels in as many lines as leave them largest."""
    tries = [(_scale(wrapped, box), -limit) for limit in _WRAPS for wrapped in [_wrapped(frame, limit)]]
    scale, limit = max(tries)
    wrapped = _wrapped(frame, -limit)
    height = min(box.height * MM / scale, max(_least(wrapped), rows.AXIS + PADDING + _TALLEST * frame.height))
    document = theme.standalone(spec, wrapped, width=int(box.width * MM / scale), height=int(height) - PADDING)
    document["padding"] = {"left": 0, "right": 6, "top": 12, "bottom": 4}
    return replace(blank, document=document, width=box.width, height=math.floor(height * scale / MM * 10) / 10)


def _scale(frame: pl.DataFrame, box: Box) -> float:
    """Points per pixel at which rows do not touch and labels leave room for the plot."""
    return min(LARGEST, box.height * MM / _least(frame), box.width * MM / (_widest(frame) + _PLOT))


def _least(frame: pl.DataFrame) -> float:
    """Pixels below which labels would touch: a row is as high as the most lines of any label, for rows are of one height."""
    lines = max((key.split(labels.TAB)[0].count("\n") + 1 for key in frame["key"]), default=1)
    return rows.AXIS + PADDING + frame.height * (lines * _LINE + 2)


def _widest(frame: pl.DataFrame) -> float:
    """Pixels of the longest line of a label."""
    return max((labels.width(line) * theme.SIZE for key in frame["key"] for line in key.split(labels.TAB)[0].split("\n")), default=0.0)


def _wrapped(frame: pl.DataFrame, limit: int) -> pl.DataFrame:
    """The table with its labels broken anew."""
    def again(key: str) -> str:
        label, *rest = key.split(labels.TAB)
        return labels.TAB.join(("\n".join(labels.wrap(label, limit)), *rest))

    return frame.with_columns(pl.Series("key", [again(key) for key in frame["key"]], dtype=pl.Utf8))
