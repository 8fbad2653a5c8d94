"""What one cell looks like at a glance: blank, a number, a date, a text; and the quick profile of a grid's columns.

Only used to find where a table lies, so a sample of rows is enough; nothing here decides what a column means.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Literal

import polars as pl

Kind = Literal["blank", "number", "date", "text"]

HEAD_ROWS = 40  # a header that begins later than this is not looked for
TAIL_ROWS = 30
SAMPLE_ROWS = 120
LOW_CARDINALITY = 0.5  # distinct / filled in the sample

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+|\d)(e[+-]?\d+)?\s*%?", re.IGNORECASE)
_DATE = re.compile(
    r"(19|20)\d{2}\s*[-./년]\s*\d{1,2}\s*[-./월]\s*\d{1,2}"
    r"|\d{1,2}\s*[-./]\s*\d{1,2}\s*[-./]\s*(\d{4}|\d{2})\b|\d{1,2}:\d{2}(:\d{2})?(\s*[ap]m)?$",
    re.IGNORECASE,
)


@lru_cache(maxsize=65536)
def squeeze(text: str | None) -> str:
    """NFKC, trimmed, inner runs of blanks (line breaks too) made one."""
    return " ".join(unicodedata.normalize("NFKC", text).split()) if text else ""


@lru_cache(maxsize=65536)
def kind(text: str | None) -> Kind:
    """What a cell looks like.

    >>> [kind(x) for x in (None, "  ", "3.5", "1,200", "12%", "2024. 3. 1", "1-1", "매우 만족")]
    ['blank', 'blank', 'number', 'number', 'number', 'date', 'text', 'text']
    """
    if text is None:
        return "blank"
    body = text.strip()
    if not body:
        return "blank"
    if not body.isascii():
        body = unicodedata.normalize("NFKC", body)
    if len(body) > 40:
        return "text"
    if _NUMBER.fullmatch(body):
        return "number"
    return "date" if _DATE.match(body) else "text"


def number(text: str | None) -> float | None:
    """The number a cell shows ("1,200" -> 1200, "12%" -> 12), or None."""
    if kind(text) != "number":
        return None
    value = float(unicodedata.normalize("NFKC", text or "").strip().rstrip("% ").replace(",", ""))
    return value if isfinite(value) else None


@dataclass(frozen=True)
class Body:
    """One column as the sampled rows show it."""

    filled: int
    numbers: int
    dates: int
    counts: Counter[str]

    @property
    def typed(self) -> Kind | None:
        """ "number" or "date" when at least four fifths of the filled cells are that, "text" otherwise, None when nothing is filled."""
        if not self.filled:
            return None
        if self.numbers >= 0.8 * self.filled:
            return "number"
        return "date" if self.dates >= 0.8 * self.filled else "text"

    @property
    def repeats(self) -> bool:
        """Values come again and again, so a text that never comes is telling."""
        return self.filled >= 4 and len(self.counts) <= LOW_CARDINALITY * self.filled


def body_of(texts: list[str | None]) -> Body:
    kinds = Counter(kind(t) for t in texts)
    return Body(len(texts) - kinds["blank"], kinds["number"], kinds["date"], Counter(squeeze(t) for t in texts if t and t.strip()))


def sample(frame: pl.DataFrame, start: int) -> tuple[list[int], pl.DataFrame]:
    """At most SAMPLE_ROWS rows from `start` on, evenly spread: their indices and the rows."""
    height = frame.height - start
    step = max(1, height // SAMPLE_ROWS)
    picks = list(range(start, frame.height, step))[:SAMPLE_ROWS]
    return picks, frame[picks]


def by_column(frame: pl.DataFrame) -> list[list[str | None]]:
    return [s.to_list() for s in frame.get_columns()]


def letter(index: int) -> str:
    """Spreadsheet letter of a 0-based column: 0 -> A, 27 -> AB."""
    out = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        out = chr(65 + rest) + out
    return out
