"""Which column is a date, how its days are written, and the instants it holds.

A format is a word of FORMATS: the order of day, month and year (separators, AM/PM marks in both languages, seconds and time
zones are read in any of them), or what a bare number counts. It is decided over the whole column, never cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from cxdash.ingest import clean, missing
from cxdash.ingest.dateread import FORMATS, instants
from cxdash.ingest.plan import Said

__all__ = ["FORMATS", "FIRST_YEAR", "SHOWN", "DateGuess", "guess", "parse", "latest"]
FIRST_YEAR = 1990
READABLE = 0.9
SHOWN = {
    "ymd": "2025-07-20",
    "mdy": "07/20/2025",
    "dmy": "20/07/2025",
    "named": "20 Jul 2025",
    "yyyymmdd": "20250720",
    "yymmdd": "250720",
    "excel1900": "45858",
    "excel1904": "44396",
    "unix": "1752969600",
    "unixms": "1752969600000",
}  # 20 July 2025 in every format, for messages
_NAMED = re.compile(
    r"날짜|일자|일시|시각|시간|타임스탬프|응답일|작성일|제출|접수|등록일|방문일|구매일|조사일|완료|일$|\bdate|\btime|timestamp|submitted|completed|started|created|recorded"
    r"|\bday\b|when\b|_at$|\bat$"
)
_BIRTH = re.compile(r"생년|생일|출생|birth|\bdob\b")
_ISO_LIKE = re.compile(r"\d{4}-\d\d?-\d\d?")
_SHAPES = (
    ("ymd", re.compile(r"(?:19|20)\d{2}\s*[-/.년]")),
    ("compact", re.compile(r"(?:19|20)\d{6}(?:\d{4}(?:\d{2})?)?")),
    ("parts", re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*(?:\d{4}|\d{2})\b")),
    ("named", re.compile(r"(?i).*\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b.*\d.*")),
    ("number", re.compile(r"\d+(?:\.\d+)?")),
)


@dataclass(frozen=True)
class DateGuess:
    """format: one of FORMATS. questions: what to ask (day or month first …); alternatives: the other formats that fit as well."""

    format: str
    certainty: float
    reason: Said
    questions: tuple[Said, ...] = ()
    alternatives: tuple[str, ...] = ()


def latest() -> datetime:
    """The latest instant believed: a year from now."""
    return datetime.now(UTC) + timedelta(days=366)


def guess(values: Sequence[tuple[str, int]], header: str, typed: bool = False) -> DateGuess | None:
    """The date format of a column, or None when it does not hold dates between 1990 and a year from now.

    values: (cell text, count). typed: the cells were dates in the file already (they arrive as ISO text).
    A birth date is no date of a response: None.
    """
    texts = [(clean.norm(text), count) for text, count in values if not missing.says_nothing(text) and not clean.is_error(text)]
    if not texts or _BIRTH.search(clean.key(header)):
        return None
    shapes: dict[str, int] = {}
    for text, count in texts:
        shape = next(
            (name for name, pattern in _SHAPES if (pattern.fullmatch if name in ("compact", "number") else pattern.match)(text)), ""
        )
        shapes[shape] = shapes.get(shape, 0) + count
    shape = max(shapes, key=lambda name: shapes[name])
    total = sum(shapes.values())
    if not shape or shapes[shape] + (shapes.get("named", 0) if shape == "parts" else 0) < READABLE * total:
        return None
    named = bool(_NAMED.search(clean.key(header)))
    candidates = _candidates(shape, named)
    column = pl.Series("v", [text for text, _ in texts], dtype=pl.Utf8)
    counts = pl.Series("n", [count for _, count in texts], dtype=pl.Int64)
    shares = {name: _share(column, counts, name) for name in candidates}
    fitting = [name for name in candidates if shares[name] >= READABLE]
    return _choose(fitting, shares, shape, named, typed, texts, header) if fitting else None


def _candidates(shape: str, named: bool) -> tuple[str, ...]:
    if shape == "parts":
        return ("mdy", "dmy", "ymd")
    if shape == "number":
        return ("excel1900", "excel1904", "unix", "unixms", "yymmdd") if named else ("excel1900", "excel1904")
    return {"ymd": ("ymd",), "compact": ("yyyymmdd",), "named": ("named",)}[shape]


def _share(column: pl.Series, counts: pl.Series, format: str) -> float:
    at = instants(column, format, "UTC")
    fine = (at.dt.year() >= FIRST_YEAR) & (at < latest())
    return float((counts * fine.fill_null(False).cast(pl.Int64)).sum()) / float(counts.sum())


def _choose(
    fitting: list[str], shares: dict[str, float], shape: str, named: bool, typed: bool, texts: Sequence[tuple[str, int]], header: str
) -> DateGuess | None:
    example = {"example": texts[0][0]}
    if shape in ("ymd", "named"):
        iso = typed or bool(_ISO_LIKE.match(texts[0][0]))
        return DateGuess(
            fitting[0],
            0.99 if typed else 0.97,
            Said("scale.date.typed" if typed else "scale.date.iso" if iso else "scale.date.written", example),
        )
    if shape == "compact":
        return DateGuess("yyyymmdd", 0.95 if named else 0.75, Said("scale.date.compact", example))
    if shape == "number":
        return _serial(fitting, texts, named, example)
    return _order(fitting, shares, texts, header, example)


def _serial(fitting: list[str], texts: Sequence[tuple[str, int]], named: bool, example: dict[str, str]) -> DateGuess | None:
    """Bare numbers: a date only when the header says so, or when they carry a time of day and only one count of days fits."""
    fractions = sum("." in text for text, _ in texts) >= 0.5 * len(texts)
    if not named and not fractions:
        return None
    if named and all(len(text) == 6 for text, _ in texts) and "yymmdd" in fitting:
        return DateGuess("yymmdd", 0.7, Said("scale.date.compact", example))
    format = fitting[0]
    both = format == "excel1900" and "excel1904" in fitting
    sure = (0.9 if named else 0.55) - (0.05 if both else 0.0)
    return DateGuess(
        format,
        sure,
        Said("scale.date.serial", {**example, "epoch": format.removeprefix("excel")})
        if format.startswith("excel")
        else Said("scale.date.unix", example),
        alternatives=("excel1904",) if both else (),
    )


def _order(
    fitting: list[str], shares: dict[str, float], texts: Sequence[tuple[str, int]], header: str, example: dict[str, str]
) -> DateGuess:
    """Day or month first: a part above 12 decides; else the part that varies more is the day, and the user is asked."""
    four = [name for name in fitting if name != "ymd"]
    split = [pieces for text, _ in texts if len(pieces := re.split(r"\s*[-/.]\s*", text)) >= 3]  # others are slips among dates
    parts = [{pieces[i][:2] for pieces in split} for i in (0, 1, 2)]
    if "ymd" in fitting:  # "25-07-20": the year has two digits and may stand at either end
        asked = (Said("scale.date.ask.order", {**example, "formats": " · ".join(SHOWN[name] for name in fitting)}),) if four else ()
        korean = bool(re.search("[가-힣]", header + texts[0][0]))
        if korean or not four or len(parts[2]) > len(parts[0]):
            return DateGuess("ymd", 0.65 if four else 0.85, Said("scale.date.written", example), asked, tuple(four))
        return DateGuess(
            four[0],
            0.6,
            Said("scale.date.order", {**example, "order": SHOWN[four[0]]}),
            asked,
            tuple(name for name in fitting if name != four[0]),
        )
    best = max(four or fitting, key=lambda name: (shares[name], name == "mdy"))
    rival = [name for name in four if name != best and shares[name] >= shares[best] - 1e-9]
    if not rival:
        return DateGuess(best, 0.95, Said("scale.date.order", {**example, "order": SHOWN[best]}))
    clock = any(re.search(r"(?i)[ap]m\b", text) for text, _ in texts)
    dotted = "." in texts[0][0].split(" ")[0]
    best = "dmy" if dotted or (len(parts[0]) > 2 * len(parts[1]) and not clock) else "mdy"
    other = "mdy" if best == "dmy" else "dmy"
    return DateGuess(
        best,
        0.6,
        Said("scale.date.order", {**example, "order": SHOWN[best]}),
        (Said("scale.date.ask.order", {**example, "formats": f"{SHOWN['mdy']} · {SHOWN['dmy']}"}),),
        (other,),
    )


def parse(series: pl.Series, format: str, timezone: str) -> pl.Series:
    """The instants of a column as Datetime(us, UTC); null where a cell cannot be read in this format.

    Cells that name an offset or a zone are taken at their word; all others are local times of `timezone`. A local time that
    the clock skipped (summer time) is read an hour later, one that it repeated as the first of the two.
    """
    return instants(series, format, timezone)
