"""Labels of charts: wrapped rather than cut or turned, unique keys for axes, short words for periods."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from babel.dates import format_date

WRAP = 16  # characters of Korean text in a line
_NARROW = 0.56  # width of a Latin letter or digit against a Korean syllable
TAB = "\t"  # parts of an axis key; label text never holds one
FIRST_PART = "split(split(datum.label, '\\t')[0], '\\n')"  # Vega expressions over an axis key
LINES_OF_VALUE = "split(split(datum.value, '\\t')[0], '\\n')"
SECOND_PART = "split(datum.label, '\\t')[1]"


def plain(text: str) -> str:
    """Text fit for a label: control characters and runs of blanks become one blank."""
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    return re.sub(r"\s+", " ", clean).strip()


def width(text: str) -> float:
    """Width in Korean syllables.

    >>> width("가나"), round(width("ab"), 2)
    (2.0, 1.12)
    """
    return float(sum(_advance(c) for c in text))


def _advance(char: str) -> float:
    if unicodedata.combining(char):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(char) in "WF" else _NARROW


def wrap(text: str, limit: float = WRAP) -> list[str]:
    """Lines of at most `limit` syllables, broken at blanks, inside a word only when the word alone is longer. Nothing is lost.

    >>> wrap("매장 직원의 친절도와 전문성에 대한 만족", 10)
    ['매장 직원의', '친절도와 전문성에', '대한 만족']
    """
    found: list[str] = []
    for word in plain(text).split(" "):
        if found and width(f"{found[-1]} {word}") <= limit:
            found[-1] = f"{found[-1]} {word}"
        else:
            found.extend(_pieces(word, limit))
    return found or [""]


def _pieces(word: str, limit: float) -> list[str]:
    pieces, used = [""], 0.0
    for char in word:
        if pieces[-1] and used + _advance(char) > limit:
            pieces.append("")
            used = 0.0
        pieces[-1] += char
        used += _advance(char)
    return pieces


def axis_key(order: int, label_lines: Sequence[str], beside: str = "") -> str:
    """The value of an axis: label, text on the other side, order. Unique even where two labels are the same words."""
    return TAB.join(("\n".join(label_lines), plain(beside), str(order)))


def heads(titles: Sequence[str], syllables: int) -> list[str]:
    """Axis keys of columns: equally many lines each, filled from above, so that every name stands on the plot."""
    wrapped = [wrap(title, syllables) for title in titles]
    most = max(map(len, wrapped))
    return [axis_key(i, [*[""] * (most - len(lines)), *lines]) for i, lines in enumerate(wrapped)]


def localised(text: Mapping[str, str], lang: str, default: str = "") -> str:
    """A name in the user's language, else in any that it has, else `default`."""
    return text.get(lang) or next((t for t in text.values() if t), default)


def tick(kind: str, first: date, lang: str) -> list[str]:
    """Axis words of a period in two short lines, unit above year: ["3월", "2026년"], ["3.16–22", "2026년 12주"]."""
    ko = lang == "ko"
    year = f"{first.year}년" if ko else str(first.year)
    if kind == "day":
        return [format_date(first, "M월 d일" if ko else "MMM d", locale=lang), year]
    if kind == "week":
        iso_year, week, weekday = first.isocalendar()
        monday = first - timedelta(days=weekday - 1)
        return [_days(monday, monday + timedelta(days=6), lang), f"{iso_year}년 {week}주" if ko else f"W{week} {iso_year}"]
    if kind == "month":
        return [format_date(first, "M월" if ko else "MMM", locale=lang), year]
    if kind == "quarter":
        quarter = (first.month + 2) // 3
        return [f"{quarter}분기" if ko else f"Q{quarter}", year]
    return [year]


def _days(first: date, last: date, lang: str) -> str:
    same = first.month == last.month
    if lang == "ko":
        return f"{first.month}.{first.day}–{'' if same else f'{last.month}.'}{last.day}"
    return f"{format_date(first, 'MMM d', locale=lang)}–{last.day if same else format_date(last, 'MMM d', locale=lang)}"
