"""Responses with every kind of carelessness in them, and what is right about them, worked out row by row with pandas and Python."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from cxdash.facts.frame import parts, whole
from cxdash.facts.question import LoyaltySpec, QuestionSpec
from cxdash.facts.ruled import RuledFacts
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import KINDS, QualitySpec, WeightSpec
from cxdash.stats.weights import rake
from cxdash.terms import Direction, Scale
from tests.facts.sample import Row, stored

CODES = ("s1", "s2", "s3", "s4", "s5", "s6")
SCHEMA = FactsSchema(
    questions=(QuestionSpec("nps", Scale(0, 10)), *(QuestionSpec(c, Scale(1, 5, Direction(("high", "low")[c == "s3"]))) for c in CODES)),
    attributes=("성별", "지 역", "소요시간"),
    waves={1: "1차", 2: "2차"},
    multi={"왜": 2},
    loyalty=LoyaltySpec({"nps": 0.5, "s1": 0.5}),
    quality=QualitySpec(duration="소요시간"),
)
TARGETS = {"성별": {"남": 0.3, "여": 0.7}, "지 역": {"서울": 0.5, "부산": 0.3, "제주": 0.2}}


def answers(n: int = 400, *, weights: bool = True, seed: int = 3) -> list[Row]:
    """Times to the second or bare dates; durations as numbers, clock times, words; rows stored twice, some of them but for one answer."""
    r = random.Random(seed)
    made: list[Row] = []
    for number in range(1, n + 1):
        if made and r.random() < 0.12:
            again = {**made[-r.randint(1, min(5, len(made)))], "id": number}
            if r.random() < 0.4:
                again["answers"] = {**again["answers"], "s6": r.randint(1, 5)}
            made.append(again)
            continue
        made.append(_one(r, number, weights))
    return made


def _one(r: random.Random, number: int, weights: bool) -> Row:
    seoul = datetime(2026, 1, 5, tzinfo=ZoneInfo("Asia/Seoul")) + timedelta(days=r.randint(0, 3))
    at = r.choice([None, seoul, seoul, seoul + timedelta(seconds=r.randint(1, 80_000))])
    said: dict[str, Any] = {}
    kind = r.random()
    if kind < 0.2:
        said = dict.fromkeys(r.sample(CODES, r.randint(3, 6)), r.randint(1, 5))
    elif kind < 0.9:
        said = {c: r.randint(1, 5) for c in CODES if r.random() < 0.9}
    if r.random() < 0.5 and kind < 0.95:
        said["nps"] = r.randint(0, 10)
    if r.random() < 0.3:
        said["왜"] = r.sample([1, 2], r.randint(0, 2))
    attributes = {"성별": r.choice(["남", "여"]), "지 역": r.choice(["서울", "서울", "서울", "부산", "제주", "독도"]),
                  "소요시간": r.choice(["30", "95", "1:40", "2분 5초", "0:00:20", "700", "모름"])}
    kept = {key: value for key, value in attributes.items() if r.random() < 0.93}
    wave = r.choice([1, 2, 2])
    weight = r.choice([None, 0.0, 0.4, 1.0, 2.5]) if weights and wave == 1 else None
    return {"id": number, "ver": 1, "wave_id": wave, "import_id": None, "source": "import", "at": at and at.astimezone(UTC),
            "weight": weight, "attributes": kept, "answers": said}


def ruled(rows: list[Row], schema: FactsSchema = SCHEMA, **changes: Any) -> RuledFacts:
    kind = replace(schema, **changes)
    return RuledFacts(whole(parts([stored(rows)], kind), kind), kind, 1)


SECONDS = {"30": 30.0, "95": 95.0, "1:40": 100.0, "2분 5초": 125.0, "0:00:20": 20.0, "700": 700.0}


def careless(rows: Sequence[Row], spec: QualitySpec = SCHEMA.quality) -> dict[str, set[int]]:
    """Kind -> ids."""
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    took = pd.DataFrame([(r["id"], r["wave_id"], SECONDS.get(r["attributes"].get("소요시간"))) for r in rows], columns=["id", "wave", "s"])
    took["limit"] = took.groupby("wave")["s"].transform("median") * spec.speed
    found["speeder"] = set(took[took["s"] < took["limit"]]["id"])
    seen: set[Any] = set()
    for r in sorted(rows, key=lambda r: r["id"]):
        points = [r["answers"].get(c) for c in CODES]
        given = [p for p in points if p is not None]
        ratings = len(given) + ("nps" in r["answers"])
        straight = len(given) >= spec.least["straight"] and len(set(given)) == 1
        if straight:
            found["straight"].add(r["id"])
        if ratings == 0:
            found["empty"].add(r["id"])
        if r["at"] is None or ratings < spec.least["duplicate"]:
            continue
        local = r["at"].astimezone(ZoneInfo(SCHEMA.timezone))
        if straight and (local.hour, local.minute, local.second) == (0, 0, 0):
            continue
        chosen = {k: tuple(sorted(v)) if isinstance(v, list) else v for k, v in r["answers"].items()}
        key = (r["wave_id"], r["at"], frozenset(r["attributes"].items()), frozenset(chosen.items()))
        if key in seen:
            found["duplicate"].add(r["id"])
        seen.add(key)
    return found


def weights_of(rows: Sequence[Row], spec: WeightSpec) -> dict[int, float | None]:
    """Id -> weight, raked row by row by stats.weights; None: no weight. `cap` works only without imported weights."""
    table = pd.DataFrame([{"id": r["id"], "wave": r["wave_id"], "given": r["weight"] or np.nan, **{
        k: r["attributes"].get(k) for k in spec.targets}} for r in rows])
    table["base"] = [g / table[table["wave"] == w]["given"].mean() if table[table["wave"] == w]["given"].notna().any() else 1.0
                     for g, w in zip(table["given"], table["wave"], strict=True)]
    known = table["base"].notna()
    for key, shares in spec.targets.items():
        known &= table[key].isin(list(shares))
    table["weight"] = table["base"]
    for _, part in table[known].groupby("wave" if spec.per_wave else lambda _: 0):
        base = part["base"].to_numpy()
        told = rake({k: part[k].tolist() for k in spec.targets}, spec.targets, base, trim=spec.cap)
        table.loc[part.index, "weight"] = told.weights * base.sum() / told.weights.sum()
    return {int(i): None if pd.isna(w) else float(w) for i, w in zip(table["id"], table["weight"], strict=True)}
