"""The executive page (경영진 보고서) as a document: every word and every chart of one view, ready to be set on a landscape A4 page.

`document` makes the JSON that `cxdash.export.pdf` sets; `sentences` the findings in words; `file_name` what a download is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cxdash import i18n
from cxdash.charts import labels, theme, words
from cxdash.export.images import svg
from cxdash.export.pictures import Box, Called, Picture, fits, mix_picture, segments_picture, stages_picture, trend_picture
from cxdash.services.findings import Finding, Findings
from cxdash.services.overview import Card, Overview
from cxdash.stats.figure import Difference, Figure

_TONES = {"up": theme.GOOD, "down": theme.BAD}
_NAME, _LABEL, _VALUES, _KEYS = 120, 40, 4, 6  # characters of a name, of a label, values of a filter, filters on the page
_WORD = 24  # letters without a blank after which a line may break
_IN_TIME = ("previous_period", "previous_wave", "period")
BODY, WIDTH, GAP, TITLE = 130.5, 275.0, 6.0, 6.0  # mm: height and width below the cards, between blocks, a block's title
TOP = 47.0  # mm of the upper row where there are two; of its head and of each finding where it holds findings alone
HEAD, EACH = 14.0, 7.0
MIX = Box(76.0, 12.5)


@dataclass(frozen=True)
class Report:
    """A view ready to be put on paper. Texts are plain, in the language `lang`.

    filters: title of each filter and its values. against: what it is compared with, "" for nothing. made: the day, in the
    programme's time zone. ledger_note: what has happened to figures that were reported before, "" for nothing.
    """

    result: Overview
    findings: Findings
    called: Called
    lang: str
    program: str
    period: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    against: str
    made: date
    ledger_note: str = ""


@dataclass(frozen=True)
class Sentence:
    """A finding in words. detail: interval of the difference and base."""

    verdict: str
    text: i18n.Message
    detail: i18n.Message


def sentences(report: Report, found: Sequence[Finding] | None = None) -> list[Sentence]:
    """Each finding (default: those that the page shows) in words."""
    return [Sentence(f.verdict, _sentence(report, f), _detail(f, report.lang)) for f in (report.findings.shown if found is None else found)]


def verdict_of_all(report: Report) -> i18n.Message | None:
    """What is said where no finding is, or how many more there are than the page shows; None otherwise."""
    told = report.findings
    if not told.found:
        return i18n.Message("report.nothing", {"n": told.tests}) if told.tests else i18n.Message("report.untested")
    return i18n.Message("report.more", {"n": told.left_out}) if told.left_out else None


def document(report: Report) -> str:
    """The page as JSON. Charts are SVG; drawing them is nearly all of the work."""
    return json.dumps(_page(report), ensure_ascii=False)


def file_name(report: Report, kind: str) -> str:
    """What a download is called: programme, kind of document and day, without what file systems refuse."""
    said = f"{report.program}_{i18n.text('report.title', report.lang)}_{report.made.isoformat()}"
    legal = re.sub(r'[\\/:*?"<>|]+', "-", labels.plain(said)).strip(" .")
    day = f"_{report.made.isoformat()}"
    return (legal if len(legal) <= _NAME else legal[: _NAME - len(day)] + day) + f".{kind}"


def _page(report: Report) -> dict[str, Any]:
    lang, result = report.lang, report.result
    badge = i18n.text("report.demo", lang)
    return {
        "lang": lang,
        "colours": dict(zip(theme.TONES, theme.PALETTES["light"], strict=True)),
        "title": i18n.text("report.title", lang),
        "program": _soft(report.program, _NAME),
        "badge": badge if result.catalog.demo and badge not in report.program else "",
        "facts": [
            i18n.text("report.base", lang, n=i18n.number(result.responses, lang), total=i18n.number(result.total, lang)),
            i18n.text("report.made", lang, day=i18n.date(report.made, lang), version=i18n.number(result.version, lang)),
        ],
        "filter": [{"name": name, "text": text} for name, text in filter_words(report)],
        "cards": [*(_card(report, c) for c in result.cards), _responses(report)],
        "mix": _drawn(mix_picture(result, lang, MIX)),
        "blocks": [{k: v if k != "picture" else _drawn(v) for k, v in block.items()} for block in blocks(report)],
        "method": i18n.text("report.method_weighted" if result.view.weighted else "report.method", lang),
        "ledger": _soft(report.ledger_note, 300),
    }


def filter_words(report: Report, *, whole: bool = False) -> list[tuple[str, str]]:
    """The filter bar in words: period, filters, comparison, weights, careless responses. whole: every value, however many."""
    lang, view = report.lang, report.result.view
    chosen = [_filter(title, values, lang, whole) for title, values in report.filters]
    shown = chosen if whole else chosen[:_KEYS]
    if more := len(chosen) - len(shown):
        shown = [*shown, i18n.text("report.more_filters", lang, n=more)]
    return [
        (i18n.text("report.period", lang), _soft(report.period)),
        (i18n.text("report.filters", lang), " · ".join(shown) or i18n.text("report.none", lang)),
        (i18n.text("report.against", lang), _soft(report.against) or i18n.text("report.none", lang)),
        (i18n.text("report.weights", lang), i18n.text("report.weighted" if view.weighted else "report.unweighted", lang)),
        (i18n.text("report.careless", lang), i18n.text("report.careless_out" if view.clean else "report.careless_in", lang)),
    ]


def _filter(title: str, values: Sequence[str], lang: str, whole: bool) -> str:
    if whole:
        return f"{title}: {', '.join(values)}"
    said = ", ".join(_soft(v, _LABEL) for v in values[:_VALUES])
    more = f" {i18n.text('report.more_values', lang, n=len(values) - _VALUES)}" if len(values) > _VALUES else ""
    return f"{_soft(title, _LABEL)}: {said}{more}"


def _soft(text: str, most: int = 400) -> str:
    """Text of one line that can be broken everywhere it must: endless words get places to break that nobody sees."""
    plain = labels.plain(text)
    cut = plain if len(plain) <= most else plain[: most - 1] + "…"
    return re.sub(rf"([!-~]{{{_WORD}}})(?=[!-~])", "\\1\u200b", cut)


# ---------------------------------------------------------------- cards


def _card(report: Report, card: Card) -> dict[str, str]:
    lang = report.lang
    name = i18n.text(f"overview.metric.{card.metric}", lang)
    if card.figure is None:
        return {"name": name, "note": _absent(card, lang)}
    if card.figure.value is None:
        return {"name": name, "note": words.hidden(card.figure, lang)}
    return {"name": name, "value": words.value(card.figure, lang), "base": base_words(card.figure, lang), **_changed(report, card)}


def _absent(card: Card, lang: str) -> str:
    told = [i18n.text(card.absent, lang, **dict(card.absent_params or {}))]
    told += [i18n.text(f"overview.instead.{kind}", lang, value=words.value(figure, lang), n=i18n.number(figure.n, lang))
             for kind, figure in card.instead if figure.value is not None]
    return " ".join(told)


def base_words(figure: Figure, lang: str) -> str:
    """Interval and base of a figure, with a warning where the base is small."""
    n = i18n.number(figure.n, lang)
    if figure.ci_low is None or "zero_variance" in figure.flags:
        said = i18n.text("overview.base_only", lang, n=n)
    else:
        said = i18n.text("overview.base", lang, low=i18n.number(figure.ci_low, lang, 1), high=i18n.number(figure.ci_high, lang, 1), n=n)
    warning = {"small": "overview.base_small", "caution": "overview.base_caution"}.get(figure.base)
    return f"{said} · {i18n.text(warning, lang)}" if warning else said


def _changed(report: Report, card: Card) -> dict[str, str]:
    lang = report.lang
    if card.change is None or card.figure is None:
        return {}
    if card.verdict == "untested":
        return {"change": i18n.text("overview.change.untested", lang)}
    said = amount(card.change, card.figure, lang)
    if card.verdict == "none":
        return {"change": i18n.text("overview.change.none", lang, change=said)}
    text = f"{words.GLYPHS[card.verdict]} {i18n.text('overview.change.significant', lang, change=said)}"
    return {"change": text, "tone": _TONES[card.verdict]}


def amount(change: Difference, figure: Figure, lang: str) -> str:
    """A difference with its sign, in percentage points where the figure is a percentage."""
    return i18n.number(change.value, lang, 1, signed=True) + ("%p" if figure.unit == "percent" else "")


def _responses(report: Report) -> dict[str, str]:
    result, lang = report.result, report.lang
    return {"name": i18n.text("overview.metric.responses", lang), "value": i18n.number(result.responses, lang),
            "base": i18n.text("overview.of_total", lang, total=i18n.number(result.total, lang)),
            **({"change": i18n.text("overview.weighted", lang)} if result.view.weighted else {})}


# ---------------------------------------------------------------- findings


def _sentence(report: Report, finding: Finding) -> i18n.Message:
    lang, figure, change = report.lang, finding.figure, finding.difference
    unit = i18n.text("report.percent_points" if figure.unit == "percent" else "report.points", lang)
    said = {
        "name": _soft(_named(report, finding), _NAME),
        "value": words.value(figure, lang),
        "gap": i18n.number(abs(change.value or 0.0), lang, 1) + unit,
    }
    up = finding.verdict == "up"
    if finding.kind == "segment":
        said |= {"by": _soft(report.called.by, _LABEL), "metric": report.called.metric_title}
        return i18n.Message("report.segment_up" if up else "report.segment_down", said)
    if report.result.scope.comparison in _IN_TIME:
        return i18n.Message("report.rose" if up else "report.fell", said)
    return i18n.Message("report.higher" if up else "report.lower", said)


def _detail(finding: Finding, lang: str) -> i18n.Message:
    change = finding.difference
    low, high = (i18n.number(x, lang, 1, signed=True) for x in (change.ci_low, change.ci_high))
    return i18n.Message("report.detail", {"low": low, "high": high, "n": i18n.number(finding.figure.n, lang)})


def _named(report: Report, finding: Finding) -> str:
    lang = report.lang
    if finding.kind == "headline":
        return i18n.text(f"overview.metric.{finding.metric}", lang)
    if finding.kind == "segment":
        value = finding.subject
        return i18n.text("chart.segment.none", lang) if value is None else report.called.values.get(value, value)
    stage = next((s.stage for s in report.result.stages if s.stage.code == finding.subject), None)
    return i18n.text("report.stage", lang, name=labels.localised(stage.name, lang, stage.code) if stage else finding.subject or "")


# ---------------------------------------------------------------- blocks


def blocks(report: Report) -> list[dict[str, Any]]:
    """Findings and charts with their places (mm below the cards): two rows of two, or columns of full height where rows are many."""
    if len(report.result.segments) == 1:  # a filter on the attribute itself: one row says what the card says
        report = replace(report, result=replace(report.result, segments=()))
    result = report.result
    many = Box(WIDTH / 2, BODY - _top(report) - GAP - TITLE)
    wide = fits(len(result.stages), many) and fits(len(result.segments), many)
    return _rows(report) if wide else _columns(report)


def _top(report: Report) -> float:
    """Height of the upper row: findings without a trend beside them take what they need."""
    return TOP if len(report.result.trend) > 1 else HEAD + EACH * max(1, len(report.findings.shown))


def _rows(report: Report) -> list[dict[str, Any]]:
    result, lang, called = report.result, report.lang, report.called
    top, split = _top(report), 106.0 if len(result.trend) > 1 else WIDTH
    upper = [_findings(report, 0, 0, split, top)]
    if split < WIDTH:
        upper.append(_block(trend_picture(result, called, lang, Box(WIDTH - split - GAP, top - TITLE)), split + GAP, 0))
    both = bool(result.stages) and bool(result.segments)
    room = Box((WIDTH - GAP) / 2 if both else WIDTH, BODY - top - GAP - TITLE)
    found = [stages_picture(result, lang, room), segments_picture(result, called, lang, room)]
    lower = [_block(p, i * (room.width + GAP), top + GAP) for i, p in enumerate(p for p in found if p is not None)]
    return [*upper, *lower]


def _columns(report: Report) -> list[dict[str, Any]]:
    result, lang, called = report.result, report.lang, report.called
    both = bool(result.stages) and bool(result.segments)
    first = 83.0 if both else 112.0
    width = (WIDTH - first - GAP * (2 if both else 1)) / (2 if both else 1)
    room = Box(width, BODY - TITLE)
    tall = 52.0 if len(result.trend) > 1 else 0.0
    left = [_findings(report, 0, 0, first, BODY - (tall + GAP if tall else 0))]
    if tall:
        left.append(_block(trend_picture(result, called, lang, Box(first, tall - TITLE)), 0, BODY - tall))
    found = [p for p in (stages_picture(result, lang, room), segments_picture(result, called, lang, room)) if p is not None]
    return [*left, *(_block(p, first + GAP + i * (width + GAP), 0) for i, p in enumerate(found))]


def _findings(report: Report, x: float, y: float, width: float, height: float) -> dict[str, Any]:
    lang, verdict = report.lang, verdict_of_all(report)
    items = [
        {"tone": _TONES[s.verdict], "glyph": words.GLYPHS[s.verdict], "text": i18n.said(s.text, lang), "detail": i18n.said(s.detail, lang)}
        for s in sentences(report)
    ]
    return {"x": x, "y": y, "width": width, "height": height, "title": i18n.text("report.findings", lang), "legend": "",
            "items": items, "verdict": i18n.said(verdict, lang) if verdict else ""}


def _block(picture: Picture | None, x: float, y: float) -> dict[str, Any]:
    assert picture is not None
    return {"x": x, "y": y, "width": picture.width, "title": _soft(picture.title, _NAME), "legend": picture.legend, "picture": picture}


def _drawn(picture: Picture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {"title": _soft(picture.title, _NAME), "svg": svg(picture.document).decode("utf-8"), "said": picture.said,
            "width": picture.width, "height": picture.height}
