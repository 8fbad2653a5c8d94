"""The text of a cell as it is compared: one spelling for the many ways a spreadsheet writes the same thing.

`norm` and its polars twin `norm_expr` must agree on every string (a property test holds them together).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite

import polars as pl

# One class for both engines: Python's \s and Rust's \s differ in the separators U+001C..U+001F.
_BLANKS = "[\\x09-\\x0d\\x1c-\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}]+"
_GONE = "(?:[\\x00-\\x08\\x0e-\\x1b\\x7f\\x{ad}\\x{180e}\\x{200b}-\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2064}\\x{feff}])"
_CARRIAGE = "_x000[dD]_"  # how OOXML writes a carriage return that a reader did not decode


def _py(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\u{int(m[1], 16):04x}", pattern))


_PY_BLANKS, _PY_GONE, _PY_CARRIAGE = _py(_BLANKS), _py(_GONE), re.compile(_CARRIAGE)


def norm(text: str) -> str:
    """`text` with full-width forms made plain (NFKC), invisible characters removed, runs of blanks made one, trimmed.

    >>> norm(" ５ 점\\u200b "), norm("매우\\u00a0\\u00a0만족_x000D_\\n")
    ('5 점', '매우 만족')
    """
    text = _PY_CARRIAGE.sub(" ", unicodedata.normalize("NFKC", text))
    return _PY_BLANKS.sub(" ", _PY_GONE.sub("", text)).strip(" ")


def norm_expr(expr: pl.Expr) -> pl.Expr:
    """`norm` for a whole column of text (null stays null)."""
    plain = expr.str.normalize("NFKC").str.replace_all(_CARRIAGE, " ")
    return plain.str.replace_all(_GONE, "").str.replace_all(_BLANKS, " ").str.strip_chars(" ")


def norm_series(text: pl.Series) -> pl.Series:
    """`norm` for a column, without the work where no cell needs it (most columns hold nothing but ASCII and Hangul)."""
    odd = text.str.contains(r"[^ -~가-힣]|^ | $|  |_x000").any()
    return text.to_frame("v").select(norm_expr(pl.col("v")))["v"] if odd else text


_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"'})


@lru_cache(maxsize=65536)
def key(text: str) -> str:
    """`norm`, case folding and plain quotes: two texts with one key are the same answer."""
    return norm(text).translate(_QUOTES).casefold()


_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-"})
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3}")
_COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+")
_SURELY_DECIMAL = re.compile(r"[+-]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,}))")  # thousands come in threes, and not after a nought


@lru_cache(maxsize=65536)
def number(text: str, *, comma: bool = False) -> float | None:
    """The number a cell holds ("４", "4.0", "1,234", "−2", "'5", "1.2E+05"), or None. `comma`: "0,85" is 0.85, and "1,234" 1.234.

    >>> number("1,234.5"), number("−2"), number("5점"), number("1,2"), number("0,85", comma=True)
    (1234.5, -2.0, None, None, 0.85)
    """
    plain = norm(text).translate(_MINUS).removeprefix("'").replace(" ", "") if len(text) < 64 else ""
    if not plain.isascii():
        return None
    if comma and _COMMA_DECIMAL.fullmatch(plain):
        return float(plain.replace(",", "."))
    if _NUMBER.fullmatch(plain):
        return float(plain.replace(",", ""))
    if _SCIENTIFIC.fullmatch(plain):
        value = float(plain)
        return value if isfinite(value) else None
    return None


def decimal_commas(texts: Iterable[str]) -> bool:
    """Whether commas in the numbers of a column are decimal: one of them can be nothing else, and none stands before a point.

    >>> decimal_commas(["0,850", "1,234"]), decimal_commas(["1,234", "2,000"]), decimal_commas(["0,85", "1,234.5"])
    (True, False, False)
    """
    plain = [norm(text) for text in texts]
    return any(_SURELY_DECIMAL.fullmatch(text) for text in plain) and not any("," in text and "." in text for text in plain)


def whole(text: str) -> int | None:
    """The integer a cell holds, or None for anything else ("4.5", "4점")."""
    value = number(text)
    return int(value) if value is not None and abs(value) < 1e15 and value == int(value) else None


ERRORS = frozenset(
    {"#n/a", "#na", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#error!", "#spill!", "#calc!", "#getting_data"}
)


def is_error(text: str) -> bool:
    """True for the text of a spreadsheet error cell ("#N/A", "#REF!" …)."""
    return text.startswith("#") and key(text) in ERRORS
