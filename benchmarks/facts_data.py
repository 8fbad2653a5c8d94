"""Random responses for the facts benchmarks: 20 questions over seven stages, six attributes, two years of days, weights."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import polars as pl

from cxdash.facts.frame import Part, whole
from cxdash.facts.question import LoyaltySpec, QuestionSpec
from cxdash.facts.schema import FactsSchema
from cxdash.terms import Scale

STAGES = {f"stage:S{s}": tuple(f"Q{q}" for q in range(3 + 2 * s, 5 + 2 * s)) for s in range(7)}
QUESTIONS = [
    QuestionSpec("Q0", Scale(0, 10)),
    *(QuestionSpec(f"Q{i}", Scale(1, 7)) for i in range(1, 12)),
    *(QuestionSpec(f"Q{i}", Scale(1, 5)) for i in range(12, 20)),
]
ATTRIBUTES = {"성별": 2, "연령대": 6, "지역": 17, "등급": 4, "채널": 3, "지점": 60}
SCHEMA = FactsSchema(
    questions=tuple(QUESTIONS),
    attributes=tuple(ATTRIBUTES),
    waves={1: "2024", 2: "2025"},
    loyalty=LoyaltySpec({"Q0": 1 / 3, "Q1": 1 / 3, "Q2": 1 / 3}),
    indices=STAGES,
)
CODES = [q.code for q in QUESTIONS]


def columns(n: int, seed: int = 1) -> pl.DataFrame:
    """Coded responses as the reader of documents leaves them (a `Part`'s frame); a tenth of the answers is missing."""
    r = np.random.default_rng(seed)
    seconds = r.integers(int(datetime(2024, 1, 1).timestamp()), int(datetime(2026, 1, 1).timestamp()), n)
    data: dict[str, object] = {
        "id": np.arange(1, n + 1),
        "ver": np.ones(n, np.int64),
        "import_id": np.ones(n, np.int32),
        "wave_id": r.integers(1, 3, n, dtype=np.int32),
        "source": pl.Series(["import"]).new_from_index(0, n).cast(pl.Categorical),
        "at": (pl.Series(seconds) * 1_000_000).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n),
        "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
    }
    for i, (key, size) in enumerate(ATTRIBUTES.items()):
        names = pl.Series([f"{key}{v}" for v in range(size)], dtype=pl.Categorical)
        data[f"a{i}"] = names.gather(r.integers(0, size, n))
    for i, q in enumerate(QUESTIONS):
        points = pl.Series(r.integers(q.scale.lo, q.scale.hi + 1, n)).cast(pl.Int8)
        data[f"q{i}"] = pl.select(pl.when(pl.Series(r.random(n) >= 0.1)).then(points)).to_series()
    return pl.DataFrame(data)


def frame(n: int) -> pl.DataFrame:
    """The finished frame of `n` responses."""
    return whole(Part(columns(n), 0), SCHEMA)


def documents(n: int, seed: int = 1) -> pl.DataFrame:
    """The same kind of responses as an import hands them to the store: row, respondent, at, weight, attributes, answers (JSON)."""
    made = columns(n, seed)
    keys = list(ATTRIBUTES)
    texts = made.select(pl.col(f"a{i}").cast(pl.String) for i in range(len(keys))).rows()
    points = made.select(f"q{i}" for i in range(len(CODES))).rows()
    return pl.DataFrame(
        {
            "row": made["id"],
            "respondent": pl.Series([None] * n, dtype=pl.String),
            "at": made["at"],
            "weight": made["weight"],
            "attributes": [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in texts],
            "answers": [json.dumps({c: v for c, v in zip(CODES, row, strict=True) if v is not None}) for row in points],
        }
    )
