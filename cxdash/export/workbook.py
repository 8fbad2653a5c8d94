"""The whole view as an Excel workbook: one sheet per table, numbers as numbers, charts as pictures beside their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cxdash import i18n
from cxdash.charts import words
from cxdash.export.images import png
from cxdash.export.pictures import Box, Picture, mix_picture, segments_picture, stages_picture, trend_picture
from cxdash.export.report import Report, base_words, filter_words, sentences, verdict_of_all
from cxdash.export.tables import Sheet, to_xlsx
from cxdash.services.findings import Finding, judged_stages
from cxdash.stats.compare import Verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.rounding import rounded

_WIDE, _TALL, _STRIP = 190.0, 90.0, 14.0  # mm of a picture: width, height, height of the single bar
_ROW = 6.2  # mm a row of a picture may take
_UNITS = {"points": "report.unit.points", "percent": "report.unit.percent", "score100": "report.unit.score100",
          "mean": "report.unit.mean", "count": "report.unit.count"}
_VERDICTS: dict[Verdict, str] = {"up": "report.verdict.up", "down": "report.verdict.down", "none": "report.verdict.none",
                                 "untested": "report.verdict.untested"}


@dataclass(frozen=True)
class Line:
    """One row of a table of figures: its name, the figure, what it was, and how it differs from the other side."""

    name: str
    figure: Figure
    before: Figure | None = None
    change: Difference | None = None
    verdict: Verdict = "untested"
    note: str = ""


def workbook(report: Report) -> bytes:
    """Sheets: what the view is, findings, headlines, trend, stages, parts of the NPS, segments. Those without content are left out.

    Values are rounded as the screen shows them (one decimal); hidden figures are empty cells and say why in the note.
    """
    lang = report.lang
    sheets = {"report.sheet.view": about(report), "report.findings": found(report), "report.sheet.cards": cards(report)}
    for key, table, picture in (
        ("report.sheet.trend", _table(trend_of(report)), trend_of(report)),
        ("report.sheet.stages", stages(report), stages_of(report)),
        ("report.sheet.mix", _table(mix_of(report)), mix_of(report)),
        ("report.sheet.segments", segments(report), segments_of(report)),
    ):
        if picture is not None and table is not None:
            sheets[key] = Sheet(table, picture=png(picture.document))
    return to_xlsx({i18n.text(key, lang): table for key, table in sheets.items()}, lang=lang)


def _table(picture: Picture | None) -> pl.DataFrame | None:
    return None if picture is None else picture.table


def trend_of(report: Report) -> Picture | None:
    return trend_picture(report.result, report.called, report.lang, Box(_WIDE, _TALL))


def stages_of(report: Report) -> Picture | None:
    return stages_picture(report.result, report.lang, _room(len(report.result.stages)))


def mix_of(report: Report) -> Picture | None:
    return mix_picture(report.result, report.lang, Box(_WIDE / 2, _STRIP))


def segments_of(report: Report) -> Picture | None:
    return segments_picture(report.result, report.called, report.lang, _room(len(report.result.segments)))


def _room(rows: int) -> Box:
    """A picture in a workbook may be as tall as its rows ask."""
    return Box(_WIDE, max(_TALL, 20 + _ROW * rows))


def about(report: Report) -> Sheet:
    """What the view is: programme, period, filters in full, comparison, bases, version of the data, method."""
    lang, result = report.lang, report.result
    told = [
        (i18n.text("report.sheet.program", lang), report.program),
        (i18n.text("report.sheet.made", lang), i18n.date(report.made, lang)),
        *filter_words(report, whole=True),
        (i18n.text("report.sheet.responses", lang), i18n.number(result.responses, lang)),
        (i18n.text("report.sheet.total", lang), i18n.number(result.total, lang)),
        (i18n.text("report.sheet.metric", lang), report.called.metric_title),
        *([(i18n.text("report.sheet.by", lang), report.called.by)] if result.by else []),
        (i18n.text("report.sheet.version", lang), i18n.number(result.version, lang)),
        *([(i18n.text("report.sheet.ledger", lang), report.ledger_note)] if report.ledger_note else []),
        (i18n.text("report.sheet.method", lang), i18n.text("report.method_weighted" if result.view.weighted else "report.method", lang)),
    ]
    item, text = i18n.text("report.sheet.item", lang), i18n.text("report.sheet.text", lang)
    frame = pl.DataFrame({item: [name for name, _ in told], text: [said for _, said in told]}, schema={item: pl.Utf8, text: pl.Utf8})
    return Sheet(frame, wrapped=frozenset({text}))


def found(report: Report) -> Sheet:
    """Every significant difference, also those that the page has no room for; one row says so where there is none."""
    lang = report.lang
    column = i18n.text("report.findings", lang)
    every = report.findings.found
    if not every:
        nothing = verdict_of_all(report)
        return Sheet(pl.DataFrame({column: [i18n.said(nothing, lang) if nothing else ""]}), wrapped=frozenset({column}))
    told = [i18n.said(s.text, lang) for s in sentences(report, every)]
    lines = [_line_of(f) for f in every]
    frame = _changes(lines, lang).insert_column(0, pl.Series(column, told, dtype=pl.Utf8))
    return Sheet(frame, wrapped=frozenset({column}))


def _line_of(finding: Finding) -> Line:
    return Line("", finding.figure, finding.before, finding.difference, finding.verdict)


def cards(report: Report) -> pl.DataFrame:
    """Headlines: value, unit, interval, base, what it was, change with interval, p and verdict; then the number of responses."""
    lang, result = report.lang, report.result
    lines = []
    for card in result.cards:
        name = i18n.text(f"overview.metric.{card.metric}", lang)
        if card.figure is None:
            note = i18n.text(card.absent, lang, **dict(card.absent_params or {}))
            lines.append(Line(name, Figure(None, 0), note=note))
        else:
            note = words.hidden(card.figure, lang) if card.figure.value is None else base_words(card.figure, lang)
            lines.append(Line(name, card.figure, card.before, card.change, card.verdict, note))
    lines.append(Line(i18n.text("overview.metric.responses", lang), Figure(float(result.responses), result.responses, unit="count")))
    frame = _changes(lines, lang, units=True)
    return frame.insert_column(0, pl.Series(i18n.text("report.column.metric", lang), [x.name for x in lines])).with_columns(
        pl.Series(words.column("note", lang), [x.note for x in lines], dtype=pl.Utf8))


def stages(report: Report) -> pl.DataFrame | None:
    """Stage scores in journey order with their changes."""
    picture = stages_of(report)
    if picture is None:
        return None
    judged = judged_stages(report.result.stages)
    return _with_changes(picture.table, [Line("", s.figure, None, s.change, s.verdict) for s in judged], report.lang)


def segments(report: Report) -> pl.DataFrame | None:
    """The metric per segment with its difference from the rest."""
    picture = segments_of(report)
    if picture is None:
        return None
    return _with_changes(picture.table, [Line("", s.figure, None, s.rest, s.verdict) for s in report.result.segments], report.lang)


def _with_changes(table: pl.DataFrame, lines: Sequence[Line], lang: str) -> pl.DataFrame:
    """A chart's table with the differences in front of its note."""
    changes = _changes(lines, lang).select(_column(name, lang) for name in ("change", "change_low", "change_high", "p", "verdict"))
    note = words.column("note", lang)
    return pl.concat([table.drop(note), changes, table.select(note)], how="horizontal")


def _changes(lines: Sequence[Line], lang: str, *, units: bool = False) -> pl.DataFrame:
    """Figures and differences as typed columns. Differences of hidden figures are not told."""
    figures = [x.figure if x.figure.value is not None else Figure(None, x.figure.n) for x in lines]
    befores = [x.before or Figure(None, 0) for x in lines]
    gaps = [x.change if x.change is not None and x.figure.value is not None else Difference(None) for x in lines]
    said = [None if d.value is None else i18n.text(_VERDICTS[x.verdict], lang) for x, d in zip(lines, gaps, strict=True)]
    unit = [i18n.text(_UNITS[f.unit], lang) if f.value is not None else None for f in figures]
    return pl.DataFrame({
        _column("value", lang): _numbers([f.value for f in figures]),
        **({_column("unit", lang): pl.Series(unit, dtype=pl.Utf8)} if units else {}),
        words.column("low", lang): _numbers([f.ci_low for f in figures]),
        words.column("high", lang): _numbers([f.ci_high for f in figures]),
        words.column("n", lang): pl.Series([f.n for f in figures], dtype=pl.Int64),
        _column("before", lang): _numbers([f.value for f in befores]),
        _column("change", lang): _numbers([d.value for d in gaps]),
        _column("change_low", lang): _numbers([d.ci_low for d in gaps]),
        _column("change_high", lang): _numbers([d.ci_high for d in gaps]),
        _column("p", lang): _numbers([d.p if d.p_adjusted is None else d.p_adjusted for d in gaps], 4),
        _column("verdict", lang): pl.Series(said, dtype=pl.Utf8),
    })


_COLUMNS = {
    "value": "report.column.value", "unit": "report.column.unit", "before": "report.column.before", "change": "report.column.change",
    "change_low": "report.column.change_low", "change_high": "report.column.change_high", "p": "report.column.p",
    "verdict": "report.column.verdict",
}


def _column(name: str, lang: str) -> str:
    return i18n.text(_COLUMNS[name], lang)


def _numbers(values: Sequence[float | None], digits: int = 1) -> pl.Series:
    """Rounded as the labels are."""
    return pl.Series([rounded(v, digits) for v in values], dtype=pl.Float64)
