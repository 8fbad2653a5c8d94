"""The words every floor shares: roles of a column, measures, scales.

The vocabulary stands below all floors (beside `errors`), so that a file's column, a stored question and a figure mean
the same thing by the same name. Nothing here computes a statistic or touches a file, a table or a screen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

RATING_MIN, RATING_MAX = -128, 127  # answers are kept as 8-bit integers


class Role(StrEnum):
    """What a column of a file is."""

    DATE = "date"
    RESPONDENT = "respondent"
    ATTRIBUTE = "attribute"
    RATING = "rating"
    MULTI = "multi"
    COMMENT = "comment"
    WEIGHT = "weight"
    PERSONAL = "personal"
    IGNORE = "ignore"


class Measure(StrEnum):
    """What a question measures (product.md, 측정 항목)."""

    RECOMMEND = "recommend"
    SATISFACTION = "satisfaction"
    OVERALL = "overall"
    REPURCHASE = "repurchase"
    SWITCHING = "switching"
    IMPORTANCE = "importance"
    EXPECTATION = "expectation"
    PERFORMANCE = "performance"
    EMOTION = "emotion"
    EFFORT = "effort"
    COMPETITOR = "competitor"
    OTHER = "other"  # a rating that none of the figures above may use (agreement items, frequencies …)
    COMMENT = "comment"
    MULTI = "multi"
    ATTRIBUTE = "attribute"


class Direction(StrEnum):
    """Which end of a scale is the favourable one. Stored codes are never flipped; figures are."""

    HIGH = "high"
    LOW = "low"


# Attributes every programme may have; their values are fixed words where listed.
CHANNEL = "channel"
CUSTOMER = "customer"
CUSTOMER_VALUES = ("existing", "prospect")


@dataclass(frozen=True)
class Scale:
    """Integer points `lo`..`hi` as printed on the questionnaire, with the favourable end and optional labels.

    >>> Scale(0, 10).is_nps, Scale(1, 10).is_nps
    (True, False)
    >>> Scale(1, 5, Direction.LOW).score100(1)
    100.0
    """

    lo: int
    hi: int
    direction: Direction = Direction.HIGH
    labels: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not RATING_MIN <= self.lo < self.hi <= RATING_MAX:
            raise ValueError(f"a scale runs from lo to a higher hi within {RATING_MIN}..{RATING_MAX}, not {self.lo}..{self.hi}")

    @property
    def points(self) -> range:
        return range(self.lo, self.hi + 1)

    @property
    def is_nps(self) -> bool:
        """True only for the 11-point 0-10 item that NPS is defined on, high end favourable."""
        return (self.lo, self.hi, self.direction) == (0, 10, Direction.HIGH)

    def oriented(self, point: float) -> float:
        """The point counted from the unfavourable end, on the same lo..hi range (1..5 reversed: 1 -> 5)."""
        return point if self.direction is Direction.HIGH else self.lo + self.hi - point

    def score100(self, point: float) -> float:
        """The point on 0-100, 100 the favourable end."""
        return 100.0 * (self.oriented(point) - self.lo) / (self.hi - self.lo)

    def to_json(self) -> dict[str, object]:
        return {
            "lo": self.lo,
            "hi": self.hi,
            "direction": str(self.direction),
            "labels": {str(k): v for k, v in sorted(self.labels.items())},
        }

    @classmethod
    def from_json(cls, doc: Mapping[str, object]) -> Scale:
        labels = doc.get("labels") or {}
        return cls(
            int(doc["lo"]),
            int(doc["hi"]),
            Direction(str(doc.get("direction", "high"))),  # type: ignore[call-overload]
            {int(k): str(v) for k, v in labels.items()},
        )  # type: ignore[attr-defined]


def plain(text: str) -> str:
    """Text as people compare it: full-width folded, case folded, blanks collapsed.

    >>> plain("  ＮＰＳ  점수 ")
    'nps 점수'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
