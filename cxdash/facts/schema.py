"""What a programme's responses may hold, and the columns of the frame that hold it.

The frame's columns have plain names of our own (a0, q3, m2_1 …), numbered in the order of the schema: attribute keys and question
codes are any text of any length, differ in case only, contain dots and quotes, and no engine agrees with another on those.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import polars as pl

from cxdash.errors import NotFound
from cxdash.facts.question import IMPORT, LOYALTY, PERIODS, SECURE, SOURCE, WAVE, LoyaltySpec, QuestionSpec
from cxdash.facts.specs import CARELESS, KINDS, QualitySpec, WeightSpec
from cxdash.terms import Scale

FORMAT = 2  # of the frame; raised when a column is added or changes its meaning, so that old snapshots are rebuilt
YES_NO = Scale(0, 1)
ROW_COLUMNS = ("id", "ver", "import_id", WAVE, SOURCE, "at", "day", "weight", LOYALTY, SECURE)
KNOWN_MAX = 40  # names listed in an error


@dataclass(frozen=True)
class FactsSchema:
    """questions: the ratings. multi: code -> number of options. waves: id -> code, in their order. timezone: IANA name.

    indices: name -> question codes whose mean (0-100, over the answered ones) is a column of moments, such as "stage:…".
    reached: name of a stage or touchpoint, spelled as in `indices` -> the questions of which an answer shows that it was experienced.
    weighting: population shares that the weights are raked to, None = imported weights. quality: what looks careless.
    """

    questions: tuple[QuestionSpec, ...] = ()
    attributes: tuple[str, ...] = ()
    waves: Mapping[int, str] = field(default_factory=dict)
    multi: Mapping[str, int] = field(default_factory=dict)
    loyalty: LoyaltySpec = LoyaltySpec({})
    timezone: str = "Asia/Seoul"
    indices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weighting: WeightSpec | None = None
    quality: QualitySpec = QualitySpec()

    @cached_property
    def careless(self) -> dict[str, str]:
        """Kind of careless response -> its column."""
        return {kind: f"c_{kind}" for kind in KINDS}

    @cached_property
    def ratings(self) -> dict[str, tuple[str, Scale]]:
        """Question code -> its column and scale."""
        return {q.code: (f"q{i}", q.scale) for i, q in enumerate(self.questions)}

    @cached_property
    def options(self) -> dict[str, tuple[str, Scale]]:
        """"Q5#3" -> its column and scale."""
        return {f"{code}#{n}": (f"m{i}_{n}", YES_NO) for i, (code, count) in enumerate(self.multi.items()) for n in range(1, count + 1)}

    @cached_property
    def groups(self) -> dict[str, str]:
        """Attribute key -> its column."""
        return {key: f"a{i}" for i, key in enumerate(self.attributes)}

    @cached_property
    def rows_key(self) -> str:
        """Changes when the documents must be read again: other questions, scales, options or attributes."""
        return _digest([FORMAT, [[q.code, q.scale.lo, q.scale.hi] for q in self.questions], self.attributes, list(self.multi.items())])

    @cached_property
    def derived_key(self) -> str:
        """Changes when only the computed columns must be made again: loyalty items, directions, wave codes, time zone.

        Raked weights and careless responses hang on all responses together: they are computed from a frame when asked for,
        and kept in none.
        """
        directions = [str(q.scale.direction) for q in self.questions]
        return _digest([FORMAT, directions, sorted(self.loyalty.items.items()), sorted(self.waves.items()), self.timezone])

    def question(self, name: str) -> tuple[str, Scale]:
        """Column and scale behind a name of `questions`."""
        explicit = name[2:] if name.startswith("q:") else None
        if explicit is not None and (found := self.ratings.get(explicit) or self.options.get(explicit)):
            return found
        if name == SECURE:
            return SECURE, YES_NO
        if found := self.ratings.get(name) or self.options.get(name):
            return found
        raise _unknown(name, [*self.ratings, *self.options, SECURE])

    def measured(self, name: str) -> tuple[str, Scale | None] | list[tuple[str, Scale]]:
        """What is behind a name of moments' `columns`: column and scale (no scale: on 0-100 already), or several of them to average."""
        if name == LOYALTY:
            return LOYALTY, None
        if name in self.indices:
            return [self.ratings[code] for code in self.indices[name]]
        try:
            return self.question(name)
        except NotFound:
            raise _unknown(name, [*self.ratings, *self.options, *self.indices, LOYALTY, SECURE]) from None

    def attribute(self, name: str) -> str:
        """Column behind a filter key."""
        if name.startswith("a:") and name[2:] in self.groups:
            return self.groups[name[2:]]
        if name in (WAVE, SOURCE):
            return name
        if name in self.groups:
            return self.groups[name]
        raise _unknown(name, [*self.groups, WAVE, SOURCE])

    def group(self, name: str) -> str:
        """Column, or name of the period, behind a name of `by`."""
        if name in PERIODS or name == IMPORT:
            return name
        try:
            return self.attribute(name)
        except NotFound:
            raise _unknown(name, [*self.groups, WAVE, SOURCE, IMPORT, *PERIODS]) from None

    def shown(self, name: str) -> str:
        """Column behind a name of rows' `columns`."""
        if name in ROW_COLUMNS:
            return name
        if name.startswith(f"{CARELESS}:") and (kind := name.partition(":")[2]) in self.careless:
            return self.careless[kind]
        for find in (self.attribute, lambda n: self.question(n)[0]):
            try:
                return find(name)
            except NotFound:
                continue
        raise _unknown(name, [*ROW_COLUMNS, *self.groups, *self.ratings, *self.options])


class Reading(Protocol):
    """One moment of a programme's responses: what its methods say fits together."""

    def clock(self) -> int:
        """The data version. Grows with every change of responses, questions, waves or the loyalty index."""
        ...

    def schema(self) -> FactsSchema: ...

    def pull(self, since: int) -> Iterator[pl.DataFrame]:
        """Responses with ver > since, in batches: id, ver, wave_id, import_id (Int64), source (Utf8), at (Datetime, UTC), weight
        (Float64), person (Int64, the same number for the same customer, null where the answer is nobody's), attributes, answers (Utf8,
        JSON objects)."""
        ...

    def erased(self, since: int) -> list[int]:
        """Ids of responses erased with ver > since (ids that never were in a frame are fine)."""
        ...

    def size(self) -> int:
        """How many responses there are."""
        ...


class Source(Protocol):
    """Where a programme's responses come from."""

    @property
    def identity(self) -> str:
        """Tells this programme of this database from every other: a snapshot of another one must not be taken for it."""
        ...

    def clock(self) -> int:
        """As `Reading.clock`; asked before every question, so it must be quick."""
        ...

    def read(self) -> AbstractContextManager[Reading]: ...


def _unknown(name: str, known: list[str]) -> NotFound:
    return NotFound("facts.unknown", name=name, known=", ".join(known[:KNOWN_MAX]) + (" …" if len(known) > KNOWN_MAX else ""))


def _digest(document: object) -> str:
    return hashlib.sha256(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:32]
