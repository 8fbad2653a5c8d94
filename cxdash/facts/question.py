"""What can be asked of the responses: a filter, and the names a question may group by or count.

Names. `by` takes attribute keys, "wave", "source", "import_id" and the periods; `questions` takes question codes, options of a
multi-response question ("Q5#3") and "secure"; `columns` of moments takes the same, "loyalty", "stage:CODE" and "touchpoint:STAGE/CODE",
these two with "experienced:", "importance:", "expectation:" or "emotion:" in front where it was asked, "initiative:active", "domain:people"
(all touchpoints of a kind; `cxdash.facts.rules`), and each of these with "low:" or "high:" in front.
Keys and codes can be any text: where one is spelled like a word of this module ("wave", "week", "loyalty" …) the word wins, and the
explicit spelling `attribute_name(key)` / `question_name(code)` ("a:wave", "q:loyalty") always means the programme's own. Group columns
come first in every answer, in the order of `by` and under the names given there; only a name that is also a count column of that answer
("n", "w", "point" …) becomes "a:n".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import polars as pl

from cxdash.facts.specs import WeightSpec
from cxdash.terms import Scale

if TYPE_CHECKING:
    from cxdash.facts.weighting import Raking

WAVE, SOURCE = "wave", "source"
IMPORT = "import_id"  # a group only: the number of the import that spoke last about a response, null where it came otherwise
STAGE, TOUCHPOINT = "stage", "touchpoint"  # filter keys only: who rated at least one item of it
PERIODS = ("day", "week", "month", "quarter", "year")  # calendar units of the programme's time zone; weeks are ISO weeks
SECURE, LOYALTY = "secure", "loyalty"
LOW, HIGH = "low:", "high:"  # in front of a column of moments: whether it is in the lowest third, or the highest sixth, of its scale
MYSTERY = "mystery"  # the source of what mystery shoppers answered: they are no customers
NONE = "(none)"  # the filter value that means "has no value"


@dataclass(frozen=True)
class Filter:
    """Which responses: AND across keys, OR within a key (a key without values matches nothing). Keys are attribute keys, "wave", "source",
    "stage" and "touchpoint", whose values are the codes of what a respondent must have rated, and "careless", whose values are kinds of
    careless response (`cxdash.facts.specs.KINDS`).

    since/until: local calendar dates of the programme's time zone, both inclusive. clean: without the responses that look careless.
    customers: without what mystery shoppers answered, unless the filter names sources: then it says itself which.
    after: only those that came or changed after this data version. beyond: only those with a higher id, which is to say that came later.
    """

    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    clean: bool = False
    after: int | None = None
    beyond: int | None = None
    customers: bool = False


@dataclass(frozen=True)
class QuestionSpec:
    """A countable question of a programme. Multi-response question Q5 with option 3 is the 0/1 question "Q5#3"."""

    code: str
    scale: Scale


@dataclass(frozen=True)
class LoyaltySpec:
    """Items of the loyalty index: question code -> weight; a respondent needs at least half of the items."""

    items: Mapping[str, float]


def attribute_name(key: str) -> str:
    """The name of an attribute that no other word can be taken for."""
    return f"a:{key}"


def question_name(code: str) -> str:
    """The name of a question (or an option of one) that no other word can be taken for."""
    return f"q:{code}"


def pair_name(first: str, second: str) -> str:
    """The column of moments that holds Σw·x·y of two columns, in the order they were asked for.

    Colons and backslashes inside the names are escaped, so that no two pairs share a column.

    >>> pair_name("Q1", "Q2"), pair_name("a:b", "c") != pair_name("a", "b:c")
    ('x:Q1:Q2', True)
    """
    return f"x:{_escaped(first)}:{_escaped(second)}"


@lru_cache(maxsize=1024)  # thirty columns make five hundred pairs
def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace(":", "\\:")


class Facts(Protocol):
    """The additive questions. All frames returned are polars, small, and hold counts and sums only (no ratios).

    Group columns hold text (null = no value), periods a Date (the first day; null = no date), "import_id" whole numbers. `weighted`
    uses the response weight and leaves rows without a positive weight out; otherwise every weight is 1. Rows of an answer are ordered by
    their keys (dates by time, texts in a fixed order of the engine), null last.
    A group without responses has no row; without `by`, count and moments always have their one row.
    NotFound "facts.unknown" for a name the programme does not have; a *value* it does not have just matches nothing.
    """

    def version(self) -> int:
        """The data version (clock) the answers below come from; grows with every import, edit or undo."""
        ...

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        """Columns *by, question, point (Int16; null = not answered), n (Int64), w (Σw), w2 (Σw²). Points nobody chose have no row."""
        ...

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        """Sums over the rows that have *all* the `columns` (listwise), each column on 0-100, favourable end high.

        Columns *by, [group when groups > 0: random group 0..groups-1, fixed per response], n, w, w2,
        and per column c: s:c = Σw·x, q:c = Σw·x², s2:c = Σw²·x, q2:c = Σw²·x²; per pair, c before d in `columns`:
        pair_name(c, d) = "x:c:d" = Σw·x·y. Unweighted sums of questions are exact, whatever the order of the rows.
        `columns` may be question codes, "loyalty" (the respondent's loyalty index), "stage:CODE" or "touchpoint:STAGE/CODE": the
        respondent's mean over the answered satisfaction items of the stage or touchpoint (`cxdash.facts.store_source` says which).
        "low:NAME" and "high:NAME" are 100 for who rated NAME at or under a third of its scale (2 of 5, 3 of 7), or at or over five sixths
        (5 of 5, 6 of 7), else 0; missing where NAME is.
        """
        ...

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        """How often values of a few columns (named as in moments) came together: rows *by, v0, v1 … (0-100, favourable end high; null =
        missing), n, w, w2. Combinations that did not occur have no row."""
        ...

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        """Customers with a response in both selections: how often the values of their latest response in `first` (v0, v1 …) came together
        with those of their latest in `second` (u0, u1 …), named and scaled as in joint. Rows *v, *u, n, w, w2; weights are those of
        the second response. Who answered without a key under which they could come again is nobody's pair."""
        ...

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        """Who has which of the `columns` and of `also` (named as in moments, at most 62 together): rows mask (Int64, bit i is set where
        column i has a value, `also` after `columns`), n, w, w2, flat (how many of the n gave one and the same score, on 0-100, to all
        the `columns` they have, two or more). Masks nobody has have no row."""
        ...

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        """As moments, but every column over the responses that have *it*: rows *by, column, n, w, w2, s, q, s2, q2 (0-100).

        A group has one row per column, with n = 0 where nobody has it. One pass for all the columns.
        """
        ...

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        """One row per response: id plus `columns`; `order` is a column, "-" in front for descending; ties by id, null last.

        Columns: ver, import_id, wave, source, at (UTC), day, weight, attributes (text), questions (points), "loyalty", "secure"; and where
        the filter asks for care, "careless:KIND".
        Comments are not kept here: ask the store for the documents of the ids.
        """
        ...

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        """Columns *by, n, n_unweighted: responses, and how many of them have no positive weight.

        A weighted question leaves the n_unweighted ones out; with `weighted` they are left out here too (n_unweighted is 0).
        """
        ...

    def under(self, weighting: WeightSpec | None) -> Facts:
        """The same data with other population shares: what weighted questions would answer if these were saved."""
        ...

    def rakings(self) -> tuple[Raking, ...]:
        """How the raking of this data went, one per wave or one for all; empty without population shares."""
        ...

    def durations(self) -> tuple[int, float | None]:
        """How many responses say how long answering took, and the median (in the unit of the data; clock times in seconds)."""
        ...
