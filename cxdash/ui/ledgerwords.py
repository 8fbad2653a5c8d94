"""Pins in words: the selection a pin meant, the sentence that says what moved it, the table of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from cxdash import i18n
from cxdash.facts.question import Filter
from cxdash.services.ledger import DIGITS, Changes, Entry
from cxdash.services.options import Options
from cxdash.services.pins import PinInfo
from cxdash.stats.figure import Figure
from cxdash.stats.rounding import rounded
from cxdash.ui import names

_RULES: Mapping[str, str] = {
    "definition": "ledger.why.definition",
    "weighting": "ledger.why.weighting",
    "quality": "ledger.why.quality",
}
_PARTS: tuple[tuple[str, str], ...] = (
    ("added", "ledger.part.added"),
    ("updated", "ledger.part.updated"),
    ("removed", "ledger.part.removed"),
    ("left", "ledger.part.left"),
    ("gone", "ledger.part.gone"),
    ("entered", "ledger.part.entered"),
)
ERASED: Mapping[str, str] = {
    "erased": "people.cause.erased",
    "anonymised": "people.cause.anonymised",
    "withdrawn": "people.cause.withdrawn",
    "expired": "people.cause.expired",
}
STATES: Mapping[str, str] = {
    "same": "ledger.state.same",
    "moved": "ledger.state.moved",
    "hidden": "ledger.state.hidden",
    "impossible": "ledger.state.impossible",
}


def value(figure: Figure | None, lang: str) -> str:
    """A figure in its unit; a dash where there is none."""
    if figure is None or figure.value is None:
        return i18n.NOTHING
    return i18n.percent(figure.value, lang, DIGITS) if figure.unit == "percent" else i18n.number(figure.value, lang, DIGITS)


def difference(entry: Entry, lang: str) -> str:
    """Now minus then, signed, in points; a dash where it cannot be told."""
    unit = "%p" if entry.difference is not None and entry.pin.figure.unit == "percent" else ""
    return i18n.number(entry.difference, lang, DIGITS, signed=True) + unit


def sentence(entry: Entry, lang: str) -> str:
    """What became of the figure and why: "41.2였고 지금 40.8: 응답 37건이 추가되었습니다"."""
    why, then, now = _why(entry, lang), value(entry.pin.figure, lang), value(entry.now, lang)
    if entry.state == "impossible":
        return i18n.text("ledger.impossible", lang, why=why)
    if entry.state == "hidden":
        return i18n.text("ledger.hidden", lang, n=entry.now.n if entry.now else 0, why=why)
    if entry.state == "moved":
        key = "ledger.moved_percent" if entry.pin.figure.unit == "percent" else "ledger.moved"
        return i18n.text(key, lang, then=then, now=now, why=why)
    if entry.changes or entry.rules:
        return i18n.text("ledger.same", lang, now=now, why=why)
    return i18n.text("ledger.unmoved", lang)


def _why(entry: Entry, lang: str) -> str:
    if entry.state == "impossible":
        return i18n.text("ledger.why.lost", lang)
    told = [_responses(entry.changes, lang)] if entry.changes else []
    told += [i18n.text(_RULES[rule], lang) for rule in entry.rules]
    return ". ".join(told) or i18n.text("ledger.why.settings", lang)


def _responses(changes: Changes, lang: str) -> str:
    parts = [i18n.text(key, lang, n=n) for name, key in _PARTS if (n := getattr(changes, name))]
    return i18n.text("ledger.why.responses", lang, parts=", ".join(parts))


def selection(options: Options, pin: PinInfo, lang: str) -> str:
    """The pinned filter in words, dates first: "2026년 1월 1일 – 3월 31일 · 지점: 강남, 종로 · 가중치 적용"."""
    told = [_span(pin.where, lang)]
    told += [
        f"{names.title(options, key)}: {', '.join(names.label(options, key, v) for v in values)}"
        for key, values in pin.where.equals.items()
    ]
    told += [i18n.text("ledger.weighted", lang)] if pin.weighted else []
    told += [i18n.text("ledger.clean", lang)] if pin.where.clean else []
    return " · ".join(told)


def _span(where: Filter, lang: str) -> str:
    since, until = i18n.date(where.since, lang), i18n.date(where.until, lang)
    if where.since is None and where.until is None:
        return i18n.text("ledger.everything", lang)
    if where.until is None:
        return i18n.text("ledger.since", lang, since=since)
    return (
        i18n.text("ledger.until", lang, until=until) if where.since is None else i18n.text("ledger.between", lang, since=since, until=until)
    )


def frame(options: Options, entries: Sequence[Entry], lang: str) -> pl.DataFrame:
    """One row per pin, headers in the user's language; figures rounded as on screen."""
    pins, tz = [e.pin for e in entries], options.catalog.timezone
    texts = {
        "ledger.column.name": [p.name for p in pins],
        "ledger.column.metric": [names.metric(options.catalog, p.metric) for p in pins],
        "ledger.column.filter": [selection(options, p, lang) for p in pins],
        "ledger.column.at": [i18n.datetime(p.at, lang, tz) for p in pins],
        "ledger.column.by": [p.by for p in pins],
    }
    then, now = [p.figure for p in pins], [e.now for e in entries]
    numbers = {
        "ledger.column.then": [rounded(f.value, DIGITS) for f in then],
        "ledger.column.then_low": [rounded(f.ci_low, DIGITS) for f in then],
        "ledger.column.then_high": [rounded(f.ci_high, DIGITS) for f in then],
        "ledger.column.then_n": [f.n for f in then],
        "ledger.column.now": [rounded(f.value, DIGITS) if f else None for f in now],
        "ledger.column.now_low": [rounded(f.ci_low, DIGITS) if f else None for f in now],
        "ledger.column.now_high": [rounded(f.ci_high, DIGITS) if f else None for f in now],
        "ledger.column.now_n": [f.n if f else None for f in now],
        "ledger.column.difference": [rounded(e.difference, DIGITS) for e in entries],
    }
    whole = ("ledger.column.then_n", "ledger.column.now_n")
    return pl.DataFrame(
        [pl.Series(i18n.text(k, lang), v, dtype=pl.String) for k, v in texts.items()]
        + [pl.Series(i18n.text(k, lang), v, dtype=pl.Int64 if k in whole else pl.Float64) for k, v in numbers.items()]
        + [pl.Series(i18n.text("ledger.column.why", lang), [sentence(e, lang) for e in entries], dtype=pl.String)]
    )
