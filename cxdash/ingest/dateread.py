"""Text to instants, a column at a time. Every format is one regular expression for the days; times and zones are common to all."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from cxdash.ingest.clean import norm_series

FORMATS = ("ymd", "mdy", "dmy", "named", "yyyymmdd", "yymmdd", "excel1900", "excel1904", "unix", "unixms")

_TIME = (
    r"(?:[T\s,]*(?:\(?[월화수목금토일]\)?(?:요일)?\s*)?(?P<am>오전|오후|AM|PM|am|pm"
    r"|[aApP]\.[mM]\.)?\s*(?P<H>\d{1,2})\s*[:시]\s*(?P<M>\d{1,2})?\s*분?\s*:?\s*(?:(?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?\s*초?)?"
    r"\s*(?P<pm>오전|오후|AM|PM|am|pm|[aApP]\.[mM]\.)?)?"
)
_ZONE = r"\s*(?P<z>Z|(?:GMT|UTC)?\s*[+-]\d{1,2}(?::?\d{2})?|[A-Z]{2,5})?\s*(?:\([^()]*\))?$"
_DAY_TAIL = r"\s*일?\s*[.,]?\s*(?:\(?[월화수목금토일]\)?(?:요일)?)?"
_SEP = r"\s*[-/.]\s*"
_DAYS = {
    "ymd": r"^'?(?P<y>\d{4}|\d{2})\s*[-/.년]\s*(?P<m>\d{1,2})\s*[-/.월]\s*(?P<d>\d{1,2})" + _DAY_TAIL,
    "mdy": rf"^'?(?P<m>\d{{1,2}}){_SEP}(?P<d>\d{{1,2}}){_SEP}(?P<y>\d{{4}}|\d{{2}})\.?,?",
    "dmy": rf"^'?(?P<d>\d{{1,2}}){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<y>\d{{4}}|\d{{2}})\.?,?",
    "yyyymmdd": r"^'?(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:(?P<h2>\d{2})(?P<m2>\d{2})(?P<s2>\d{2})?)?",
    "yymmdd": r"^'?(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})",
}
_MONTHS = {
    name: f"{i:02d}" for i, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)
}
_NAMED = (
    r"(?i)(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?[\s\-.]*(?:of\s+)?(?P<n1>[a-z]{3})[a-z]*[\s,\-.]*(?P<y1>\d{4}|\d{2})\b"
    r"|(?P<n2>[a-z]{3})[a-z]*\.?[\s\-]+(?P<d2>\d{1,2})(?:st|nd|rd|th)?[\s,\-]+(?P<y2>\d{4}))"
    r"(?:\s+at\b|,)?\s*(?P<rest>.*)$"
)
# Offsets in minutes of the zone names that exports use. Names that mean several zones (IST, CST in Asia) get
# their commonest survey meaning.
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "KST": 540,
    "JST": 540,
    "EST": -300,
    "EDT": -240,
    "CST": -360,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "HST": -600,
    "WET": 0,
    "BST": 60,
    "WEST": 60,
    "CET": 60,
    "CEST": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "IST": 330,
    "SGT": 480,
    "HKT": 480,
    "AEST": 600,
    "AEDT": 660,
    "ACST": 570,
    "AWST": 480,
    "NZST": 720,
    "NZDT": 780,
}
_STATED = re.compile(r"[(\[]\s*(?:(?:GMT|UTC)\s*(?:([+-])\s*(\d{1,2})(?::?00)?)?|(KST|JST))\s*[)\]]", re.IGNORECASE)
_UTC = pl.Datetime("us", "UTC")
_EPOCHS = {"excel1900": "1899-12-30", "excel1904": "1904-01-01"}


def instants(series: pl.Series, format: str, timezone: str) -> pl.Series:
    """See dates.parse. Raises ValueError for a format that is not in FORMATS."""
    if format not in FORMATS:
        raise ValueError(f"date format {format!r} is not one of {', '.join(FORMATS)}")
    text = norm_series(series.cast(pl.Utf8))
    if format in _EPOCHS or format.startswith("unix"):
        return _counted(text, format, timezone)
    quick = _quick(text, format, timezone) if format in _DAYS else pl.Series("t", [None], dtype=_UTC).new_from_index(0, len(text))
    rest = (quick.is_null() & text.is_not_null()).arg_true()
    if not len(rest):
        return quick
    frame = text.gather(rest).to_frame("v")
    if format == "named":
        frame = frame.select(_unnamed())
    slow = _assemble(frame, _DAYS["ymd" if format == "named" else format] + _TIME + _ZONE, timezone)
    return quick.scatter(rest, slow)


def stated_zone(header: str, timezone: str) -> str:
    """The zone that a header gives its times: "Submit Date (UTC)", "응답일시(GMT+9)"; else `timezone`.

    >>> stated_zone("Submit Date (UTC)", "Asia/Seoul"), stated_zone("응답일시 (GMT+9)", "UTC"), stated_zone("응답일시", "Asia/Seoul")
    ('UTC', 'Etc/GMT-9', 'Asia/Seoul')
    """
    found = _STATED.search(header)
    if found is None:
        return timezone
    hours = 9 if found[3] else int(f"{found[1]}{found[2]}") if found[1] else 0
    return f"Etc/GMT{-hours:+d}" if hours and abs(hours) <= 12 else "UTC" if not hours else timezone  # POSIX counts west of Greenwich


def _quick(text: pl.Series, format: str, timezone: str) -> pl.Series:
    """The cells written exactly like the first one, read with one fixed template; null for all others."""
    sample = next((value for value in text.head(50) if value), "")
    found = _matchers()[format].match(sample)
    template, offset = _template(sample, found) if found else (None, None)
    if template is None:
        return pl.Series("t", [None], dtype=_UTC).new_from_index(0, len(text))
    if "%p" in template:
        text = text.str.replace_many(["오전", "오후"], ["AM", "PM"])
    if "%H" in template or "%I" in template:
        naive = text.str.to_datetime(template, strict=False, exact=True, cache=False, time_unit="us")
    else:
        naive = text.str.to_date(template, strict=False, exact=True, cache=False).cast(pl.Datetime("us"))
    naive = naive.set((naive.dt.year() < 1000).fill_null(False), None)  # "%Y" also takes "23" for a year; the expression below knows better
    if offset is None:
        return _local(naive, timezone).alias("t")
    return naive.dt.offset_by(f"{-offset}m").dt.replace_time_zone("UTC").alias("t")


@lru_cache(maxsize=1)
def _matchers() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(days + _TIME + _ZONE) for name, days in _DAYS.items()}


def _template(sample: str, found: re.Match[str]) -> tuple[str | None, int | None]:
    """A strptime template of the sample and its offset in minutes; (None, None) where a template would read too much or too little."""
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    half = "am" in groups or "pm" in groups
    if len(groups["y"]) != 4 or ("am" in groups and "pm" in groups) or "." in groups.get("am", groups.get("pm", "")):
        return None, None
    offset = pl.select(pl.lit(groups.get("z"), dtype=pl.Utf8).alias("z")).select(_offset()).item() if "z" in groups else None
    if "z" in groups and offset is None:
        return None, None
    codes = {
        "y": "%Y",
        "m": "%m",
        "d": "%d",
        "H": "%I" if half else "%H",
        "M": "%M",
        "S": "%S",
        "f": "%f",
        "am": "%p",
        "pm": "%p",
        "h2": "%H",
        "m2": "%M",
        "s2": "%S",
    }
    out, at = "", 0
    for name, (start, end) in sorted(((name, found.span(name)) for name in groups if name in codes), key=lambda item: item[1]):
        out += sample[at:start].replace("%", "%%") + codes[name]
        at = end
    out += sample[at:].replace("%", "%%")
    return out.replace(".%f", "%.f"), offset


def _unnamed() -> pl.Expr:
    """ "Jul 21, 2023 6:25 PM" as "2023-07-21 6:25 PM" (a weekday or other words before the date are dropped)."""
    bare = pl.col("v").str.replace(r"(?i)^\s*(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", "")
    part = bare.str.extract_groups(_NAMED)
    month = pl.coalesce(part.struct.field("n1"), part.struct.field("n2")).str.to_lowercase().replace_strict(_MONTHS, default=None)
    day, year = pl.coalesce(part.struct.field("d1"), part.struct.field("d2")), pl.coalesce(part.struct.field("y1"), part.struct.field("y2"))
    return (year + "-" + month + "-" + day + " " + part.struct.field("rest")).alias("v")


def _assemble(frame: pl.DataFrame, pattern: str, timezone: str) -> pl.Series:
    part = frame.select(pl.col("v").str.extract_groups(pattern).alias("p")).unnest("p")
    for name in ("am", "H", "M", "S", "f", "pm", "h2", "m2", "s2", "z"):
        if name not in part.columns:
            part = part.with_columns(pl.lit(None, dtype=pl.Utf8).alias(name))
    number = {name: pl.col(name).cast(pl.Int32, strict=False) for name in ("y", "m", "d")}
    year = (
        pl.when(pl.col("y").str.len_bytes() == 2)
        .then(number["y"] + pl.when(number["y"] < 70).then(2000).otherwise(1900))
        .otherwise(number["y"])
    )
    hour, half = (
        pl.coalesce("H", "h2").cast(pl.Int32, strict=False).fill_null(0),
        pl.coalesce("am", "pm").str.to_lowercase().str.slice(0, 2).str.replace_all(".", "", literal=True),
    )
    late, early = half.is_in(["오후", "pm", "p"]), half.is_in(["오전", "am", "a"])
    hour = pl.when(late & (hour < 12)).then(hour + 12).when(early & (hour == 12)).then(0).otherwise(hour)
    minute, second = (pl.coalesce(a, b).cast(pl.Int32, strict=False).fill_null(0) for a, b in (("M", "m2"), ("S", "s2")))
    micro = pl.col("f").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int32, strict=False).fill_null(0)
    fine = (
        number["m"].is_between(1, 12)
        & number["d"].is_between(1, 31)
        & (hour < 24)
        & (minute < 60)
        & (second < 60)
        & year.is_between(1, 9999)
    )
    clean_day = [pl.when(fine).then(value) for value in (year, number["m"], number["d"], hour, minute, second, micro)]
    text = pl.format(
        "{}-{}-{}", *(value.cast(pl.Utf8).str.pad_start(width, "0") for value, width in zip(clean_day[:3], (4, 2, 2), strict=True))
    )
    day = text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    naive = day + pl.duration(hours=clean_day[3], minutes=clean_day[4], seconds=clean_day[5], microseconds=clean_day[6])
    table = part.select(naive.alias("t"), _offset().alias("o"), pl.col("z").is_not_null().alias("zoned"))
    if not table["zoned"].any():
        return _local(table["t"], timezone)
    absolute = table.select((pl.col("t") - pl.duration(minutes=pl.col("o"))).dt.replace_time_zone("UTC"))["t"]
    local = _local(table["t"], timezone)
    return pl.select(pl.when(table["zoned"]).then(absolute).otherwise(local)).to_series().alias("t")


def _offset() -> pl.Expr:
    """Minutes east of UTC of the zone part; null (so no instant) for a name that is not known."""
    zone = pl.col("z").str.replace_all(" ", "", literal=True)
    digits = zone.str.extract_groups(r"^(?:GMT|UTC)?(?P<s>[+-])(?P<h>\d{1,2}):?(?P<m>\d{2})?$")
    sign = pl.when(digits.struct.field("s") == "-").then(-1).otherwise(1)
    minutes = digits.struct.field("h").cast(pl.Int32, strict=False) * 60 + digits.struct.field("m").cast(pl.Int32, strict=False).fill_null(
        0
    )
    return pl.coalesce(sign * minutes, zone.replace_strict(_ZONES, default=None, return_dtype=pl.Int32))


def _counted(text: pl.Series, format: str, timezone: str) -> pl.Series:
    """Numbers that count days since an epoch of Excel, or seconds or milliseconds since 1970 (these are UTC)."""
    value = text.str.strip_prefix("'").str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
    unit = 86_400_000_000 if format in _EPOCHS else 1_000_000 if format == "unix" else 1_000
    value = value.set(value.is_nan() | value.is_infinite() | (value.abs() * unit > 2.5e17), None)
    if format in _EPOCHS:
        value = (value * 86_400_000).round() / 86_400_000  # a serial keeps milliseconds; the rest is floating-point dust
    micro = (value * unit).round().cast(pl.Int64, strict=False)
    if format not in _EPOCHS:
        return micro.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    start = pl.select(pl.lit(_EPOCHS[format]).str.to_datetime("%Y-%m-%d", time_unit="us")).item()
    return _local(pl.select(pl.lit(start).cast(pl.Datetime("us")) + micro.cast(pl.Duration("us"))).to_series(), timezone)


def _local(naive: pl.Series, timezone: str) -> pl.Series:
    """Local times of `timezone` as instants (see dates.parse for skipped and repeated hours)."""
    zoned = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    if zoned.null_count() > naive.null_count():
        later = naive.dt.offset_by("1h").dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        zoned = pl.select(pl.coalesce(zoned, later)).to_series()
    return zoned.dt.convert_time_zone("UTC")
