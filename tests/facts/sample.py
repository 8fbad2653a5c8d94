"""Made-up responses with names no engine likes, and sources to serve them from."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import STORED, parts, whole
from cxdash.facts.question import LoyaltySpec, QuestionSpec
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Direction, Scale

RATINGS = {
    "NPS": Scale(0, 10),
    "만족.도": Scale(1, 5),
    'q "거꾸로" #1': Scale(1, 7, Direction.LOW),
    "weight": Scale(1, 5),
    "week": Scale(-3, 3),
    "Loyal": Scale(1, 4),
    "loyal": Scale(0, 1),
    "점수": Scale(0, 100),
    "loyalty": Scale(1, 5),
}
ATTRIBUTES = ("성별", "지 역", "id", "wave", "a.b", "A.b", "n", "point", "비어 있음")
SCHEMA = FactsSchema(
    questions=tuple(QuestionSpec(code, scale) for code, scale in RATINGS.items()),
    attributes=ATTRIBUTES,
    waves={7: "2025 상반기", 3: "2024 하반기"},
    multi={"Q5": 3, "이유": 12},
    loyalty=LoyaltySpec({"NPS": 0.5, "만족.도": 0.25, 'q "거꾸로" #1': 0.25}),
    indices={"stage:구매": ("만족.도", 'q "거꾸로" #1', "week"), "stage:설치": ("점수",), "stage:없음": ()},
)
BORDERS = [
    datetime(2025, 3, 2, 15, 30),
    datetime(2025, 3, 2, 14, 59, 59, 999999),
    datetime(2024, 12, 29, 15),
    datetime(2024, 12, 29, 14, 59),
    datetime(2024, 12, 31, 15),
    datetime(2025, 6, 30, 15),
    datetime(2024, 2, 28, 15),
    datetime(2021, 1, 2, 15),
]
Row = dict[str, Any]


def response(number: int, *, ver: int = 1, seed: int = 0) -> Row:
    """One stored response, documents as Python objects."""
    r = random.Random(f"{seed} {number}")
    values = {
        "성별": ["남", "여"],
        "지 역": ["서울", "부산", "제주", "남"],
        "id": ["1", "2"],
        "wave": ["x", "y"],
        "a.b": ["가,나", 'a"b', "$x"],
        "A.b": ["p", "q"],
        "n": ["n1", "n2"],
        "point": ["왼쪽", "오른쪽"],
    }
    attributes = {key: r.choice(some) for key, some in values.items() if r.random() < 0.85}
    answers: dict[str, Any] = {code: r.randint(s.lo, s.hi) for code, s in RATINGS.items() if r.random() < 0.8}
    if r.random() < 0.7:
        answers["Q5"] = r.sample([1, 2, 3], r.randint(0, 3))
    if r.random() < 0.5:
        answers["이유"] = r.sample(range(1, 13), 2)
    answers["의견"] = '좋아요 "만족"\n😀'
    at = r.choice([None, *BORDERS, *(datetime(2024, 11, 1) + timedelta(hours=r.randint(0, 9000)) for _ in range(12))])
    return {
        "id": number,
        "ver": ver,
        "wave_id": r.choice([3, 7, 7, 99]),
        "import_id": r.choice([None, 1, 2]),
        "source": r.choice(["import", "form"]),
        "at": at and at.replace(tzinfo=UTC),
        "weight": r.choice([None, 0.0, 0.5, 1.0, 1.25, 2.0]),
        "attributes": attributes,
        "answers": answers,
        "person": r.choice([None, *range(-30, 30)]),
    }


def responses(n: int = 500, **options: Any) -> list[Row]:
    return [response(number, **options) for number in range(1, n + 1)]


def stored(rows: list[Row]) -> pl.DataFrame:
    """As the store hands them over: documents as text."""
    texts = [row | {key: _text(row[key]) for key in ("attributes", "answers")} for row in rows]
    return pl.DataFrame(texts, schema=STORED)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)


def polars_facts(rows: list[Row], schema: FactsSchema = SCHEMA) -> FrameFacts:
    return FrameFacts(whole(parts([stored(rows)], schema), schema), schema, 1)


class FakeSource:
    """A store in memory that can be changed; counts what is asked of it."""

    def __init__(self, rows: list[Row], schema: FactsSchema = SCHEMA, identity: str = "test") -> None:
        self.rows = {row["id"]: row for row in rows}
        self.gone: dict[int, int] = {}
        self.now, self.kind, self.identity = 1, schema, identity
        self.pulled: list[int] = []

    def clock(self) -> int:
        return self.now

    @contextmanager
    def read(self) -> Iterator[FakeSource]:
        yield self

    def schema(self) -> FactsSchema:
        return self.kind

    def pull(self, since: int) -> Iterator[pl.DataFrame]:
        self.pulled.append(since)
        changed = [row for row in self.rows.values() if row["ver"] > since]
        for start in range(0, len(changed), 64):
            yield stored(changed[start : start + 64])

    def erased(self, since: int) -> list[int]:
        return [number for number, ver in self.gone.items() if ver > since]

    def size(self) -> int:
        return len(self.rows)

    def put(self, *rows: Row) -> None:
        """An import: new rows, and known ids with new values."""
        self.now += 1
        self.rows |= {row["id"]: row | {"ver": self.now} for row in rows}

    def erase(self, *numbers: int) -> None:
        """An undo or an erasure."""
        self.now += 1
        for number in numbers:
            del self.rows[number]
            self.gone[number] = self.now

    def change(self, **schema: Any) -> None:
        self.now += 1
        self.kind = replace(self.kind, **schema)
