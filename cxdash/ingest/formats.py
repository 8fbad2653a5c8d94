"""Which numbers of a workbook are dates: the number format of a cell tells."""

from __future__ import annotations

import re

NUMBER, DATE, DATETIME, TIME, DURATION = "number", "date", "datetime", "time", "duration"

# Formats known by number alone (ECMA-376 part 1, 18.8.30). 27-36 and 50-58 are the East Asian dates, which files written by
# Korean, Japanese and Chinese programs use without spelling them out.
_BUILTIN = (
    dict.fromkeys([14, 15, 16, 17], DATE)
    | dict.fromkeys([18, 19, 20, 21, 45, 47], TIME)
    | {22: DATETIME, 46: DURATION}
    | dict.fromkeys([27, 28, 29, 30, 31, 36, *range(50, 59)], DATE)
    | dict.fromkeys([32, 33, 34, 35], TIME)
)
LOCALE_IDS = frozenset([*range(27, 37), *range(50, 59)])

_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.')  # quoted text, escaped, padded and repeated characters
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKET = re.compile(r"\[[^\]]*\]")
_MERIDIEM = re.compile(r"AM/PM|A/P|오전/오후|上午/下午", re.IGNORECASE)


def kind_of(number: int, code: str | None = None) -> str:
    """The kind of a number format: its own code when the file spells one, else the built-in meaning of its number.

    >>> kind_of(14), kind_of(164, 'yyyy"년" m"월" d"일"'), kind_of(165, '[h]:mm'), kind_of(166, '#,##0.00')
    ('date', 'date', 'duration', 'number')
    """
    if code is None:
        return _BUILTIN.get(number, NUMBER)
    bare = _LITERAL.sub("", code).split(";")[0]
    if _ELAPSED.search(bare):
        return DURATION
    bare = _MERIDIEM.sub("h", _BRACKET.sub("", bare)).lower()
    if "general" in bare or "표준" in bare or "standard" in bare or "@" in bare:
        return NUMBER
    has_date = any(letter in bare for letter in "ydbg") or ("m" in bare and not any(letter in bare for letter in "hs"))
    has_time = any(letter in bare for letter in "hs")
    if has_date:
        return DATETIME if has_time else DATE
    return TIME if has_time else NUMBER
