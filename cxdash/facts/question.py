"""What can be asked of the responses: a filter, and the names a question may group by or count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl

from cxdash.terms import Scale

WAVE, SOURCE = "wave", "source"
PERIODS = ("day", "week", "month", "quarter", "year")  # calendar units of the programme's time zone; weeks are ISO weeks
NONE = "(none)"  # the filter value that means "has no value"


@dataclass(frozen=True)
class Filter:
    """Which responses: AND across keys, OR within a key. Keys are attribute keys, "wave" or "source".

    since/until: local calendar dates of the programme's time zone, both inclusive.
    """

    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class QuestionSpec:
    """A countable question of a programme. Multi-response question Q5 with option 3 is the 0/1 question "Q5#3"."""

    code: str
    scale: Scale


@dataclass(frozen=True)
class LoyaltySpec:
    """Items of the loyalty index: question code -> weight; a respondent needs at least half of the items."""

    items: Mapping[str, float]


class Facts(Protocol):
    """The three additive questions. All frames returned are polars, small, and hold counts and sums only (no ratios).

    Group columns hold text (null = no value), periods a Date (the first day). `weighted` uses the response weight
    and leaves rows without a positive weight out; otherwise every weight is 1.
    """

    def version(self) -> int:
        """The data version (clock) the answers below come from; grows with every import, edit or undo."""
        ...

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        """Columns *by, question, point (Int16; null = not answered), n (Int64), w (Σw), w2 (Σw²)."""
        ...

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        """Sums over the rows that have *all* the `columns` (listwise), each column on 0-100, favourable end high.

        Columns *by, [group when groups > 0: random group 0..groups-1, fixed per response], n, w, w2,
        and per column c: s:c = Σw·x, q:c = Σw·x², s2:c = Σw²·x, q2:c = Σw²·x²; per pair c<d: x:c:d = Σw·x·y.
        `columns` may be question codes or "loyalty" (the respondent's loyalty index).
        """
        ...

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        """One row per response: id plus `columns`; `order` is a column, "-" in front for descending."""
        ...

    def count(self, where: Filter, by: Sequence[str] = ()) -> pl.DataFrame:
        """Columns *by, n: responses (a tally without a question)."""
        ...
