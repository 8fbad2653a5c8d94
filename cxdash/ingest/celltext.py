"""Cell values as the text a person sees: numbers without tails or exponents, dates in ISO form, durations in hours."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from cxdash.ingest import formats

EPOCH_1900, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466  # the day after 9999-12-31
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def number_text(value: float) -> str:
    """Decimal text of a number as a spreadsheet shows it: 15 significant digits (whole numbers in full), no exponent, no ".0" tail.

    >>> number_text(4.0), number_text(3292879998.0), number_text(0.2847177143), number_text(0.1 + 0.2), number_text(1e-7)
    ('4', '3292879998', '0.2847177143', '0.3', '0.0000001')
    """
    text = repr(value)
    if text.endswith(".0"):
        return "0" if text == "-0.0" else text[:-2]
    if value.is_integer():
        return _without_exponent(text)
    if len(text) > 16:  # fewer digits are shown as they are
        text = f"{value:.15g}"
    if "e" in text:
        return _without_exponent(text)
    return text


def _without_exponent(text: str) -> str:
    mantissa, exponent = text.split("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits, point = whole + fraction, len(whole) + int(exponent)
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def serial_text(value: float, kind: str, *, epoch_1904: bool) -> str | None:
    """A spreadsheet serial as ISO text ("2023-07-21 18:25:06", times "18:25:06", durations "27:30:00"); None when it is no date."""
    if kind == formats.DURATION:
        return duration_text(_span(value)) if abs(value) < _LAST_SERIAL else None
    if not 0 <= value < _LAST_SERIAL:
        return None
    if value < 1 and (kind == formats.TIME or value > 0):
        return duration_text(_span(value))
    moment = moment_of(value, epoch_1904=epoch_1904)
    return moment_text(moment) if moment else None


def _span(serial: float) -> timedelta:
    return timedelta(milliseconds=round(serial * 86_400_000))


def moment_of(serial: float, *, epoch_1904: bool) -> datetime | None:
    """The date and time of a serial, to the millisecond. In the 1900 epoch day 60 (1900-02-29) never was: days before it are one later."""
    if epoch_1904:
        epoch = EPOCH_1904
    else:
        epoch = EPOCH_1900 if serial >= 60 else EPOCH_1900 + timedelta(days=1)
    try:
        return epoch + _span(serial)
    except OverflowError:
        return None


def moment_text(moment: datetime) -> str:
    text = moment.replace(tzinfo=None).isoformat(" ", timespec="milliseconds")
    return text.removesuffix(".000")


def duration_text(span: timedelta) -> str:
    """Hours, minutes, seconds; hours may pass 24.

    >>> duration_text(timedelta(hours=27, minutes=5)), duration_text(timedelta(hours=9))
    ('27:05:00', '09:00:00')
    """
    milliseconds = round(abs(span) / timedelta(milliseconds=1))
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" + (f".{rest:03d}" if rest else "")
    return "-" + text if span < timedelta(0) else text


def value_text(value: object) -> str | None:
    """Text of a typed Python value as a spreadsheet or statistics reader returns it; None for blanks."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return unescape(value) if value.strip() else None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number_text(value) if value == value else None
    return _moment_or_span(value)


def _moment_or_span(value: object) -> str:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"  # a column without any time of day loses its midnights later
    if isinstance(value, time):
        return duration_text(timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond))
    if isinstance(value, timedelta):
        return duration_text(value)
    return str(value)


def unescape(text: str) -> str:
    """Resolve the _x000D_ escapes of OOXML strings and keep one kind of line break."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        if any("\ud800" <= letter <= "\udfff" for letter in text):  # halves of a pair escaped one by one, or a lone half
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
