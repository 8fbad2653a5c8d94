"""Priorities, expectation gaps, service standards, experience scores and kinds of touchpoints, as their pages ask for them.

python -m benchmarks.priorities [responses …]     (default 100000 1000000)

Fourteen factors at seven stages, each with satisfaction, importance and expectation, an emotion per stage. Every round is a filter nobody
has asked for before. The floor of a figure is what its counts cost by hand in polars: the filter, then one aggregation of the same columns.
Seconds of the processor are printed beside those of the clock, because they hardly change when other work runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl
from sqlmodel import Session

from benchmarks import bighouse
from benchmarks.bighouse import REGION, REGIONS, ROUNDS, House, Work, rated
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.services import gaps as service
from cxdash.services.actor import LOCAL
from cxdash.services.priorities import _counted, priorities
from cxdash.services.view import Scope, View
from cxdash.services.yardsticks import Standard
from cxdash.store import journeys, questions, waves
from cxdash.store.tables import Question, now

STAGES, FACTORS = 7, 2
KINDS = (("product", "active"), ("people", "passive"), ("communication", "active"), ("people", "active"))
WHERE = Filter(REGION)
MEASURES = {"satisfaction": "SAT", "importance": "IMP", "expectation": "EXP"}


def ask(session: Session, program_id: int) -> None:
    """The journey and its questions, without responses."""
    waves.ensure_wave(session, program_id=program_id, code="1")
    asked = [_rating("recommend", "recommend", 0, 10), _rating("overall", "overall", 1, 5), _rating("repurchase", "repurchase", 1, 5)]
    for s in range(STAGES):
        stage = journeys.add_stage(session, program_id=program_id, code=f"S{s}", name={"ko": f"단계 {s}"})
        domain, initiative = KINDS[s % len(KINDS)]
        touchpoint = journeys.add_touchpoint(session, stage_id=stage.id or 0, code="T", name={"ko": "접점"}, domain=domain,
                                             initiative=initiative)  # fmt: skip
        for f in range(FACTORS):
            factor = journeys.add_factor(session, touchpoint_id=touchpoint.id or 0, code=f"F{f}", name={"ko": f"요소 {f}"})
            place = {"stage_id": stage.id, "touchpoint_id": touchpoint.id, "factor_id": factor.id}
            asked += [_rating(f"S{s}F{f}.{end}", measure, 1, 5, **place) for measure, end in MEASURES.items()]
        asked.append(_rating(f"S{s}.EMO", "emotion", -3, 3, stage_id=stage.id))
    asked.append(Question(program_id=0, code="region", measure="attribute"))
    questions.save_questions(session, program_id=program_id, questions=asked)


def _rating(code: str, measure: str, lo: int, hi: int, **place: int | None) -> Question:
    return Question(program_id=0, code=code, measure=measure, lo=lo, hi=hi, wording={"ko": code}, **place)


def answers(schema: FactsSchema, *, n: int, seed: int = 1) -> dict[str, object]:
    """Responses of one wave whose ratings hang together."""
    r = np.random.default_rng(seed)
    mood = r.normal(0, 0.5, n)
    return {
        "id": np.arange(1, n + 1), "ver": np.ones(n, np.int64), "import_id": np.ones(n, np.int32), "wave_id": np.ones(n, np.int32),
        "source": pl.Series(["import"]).new_from_index(0, n).cast(pl.Categorical),
        "at": pl.Series(np.full(n, 1_740_000_000_000_000)).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n), "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
        "person": r.integers(0, 2**62, n),
        "a0": pl.Series([f"r{i}" for i in range(REGIONS)], dtype=pl.Categorical).gather(r.integers(0, REGIONS, n)),
        **rated(schema, mood, r),
    }  # fmt: skip


def scope() -> Scope:
    return Scope(WHERE, None, "all", None, None, "")


def figures(house: House) -> dict[str, tuple[Work, Work]]:
    """Figure -> (its counts by hand, the figure as its page asks for it)."""
    facts, catalog, at = house.facts, house.catalog, scope()
    standards = {s.code: Standard(s.code, 50.0, 90.0, now(), "") for s in catalog.stages}
    pairs = [(house.column(q.code), house.column(e.code)) for q, e in service.expected_pairs(catalog)]
    stages = [([house.column(f"S{s}F{f}.SAT") for f in range(FACTORS)], house.column(f"S{s}.EMO")) for s in range(STAGES)]
    rated = [house.column(q.code) for q in catalog.ratings if q.code.endswith((".SAT", ".IMP"))]
    means = [pl.mean_horizontal(columns).alias(f"m{i}") for i, (columns, _) in enumerate(stages)]
    kinds = [pl.mean_horizontal([c for i, (cs, _) in enumerate(stages) for c in cs if KINDS[i % 4][1] == k]) for k in ("active", "passive")]
    chosen = partial(_chosen, house.frame)
    return {
        "priorities, stated, 14 factors": (
            lambda: chosen(rated).select(pl.all().sum(), (pl.all().cast(pl.Int32) ** 2).sum().name.suffix("²")),
            lambda: _counted(facts, catalog, at, "factor", {}, weighted=False),
        ),
        "expectation gaps, 14 factors": (
            lambda: [chosen(pair).group_by(pair).len() for pair in pairs], lambda: service._factors(facts, catalog, at, weighted=False)
        ),
        "service standards, 7 stages": (
            lambda: [chosen(columns).select(mean).group_by(pl.all()).len() for (columns, _), mean in zip(stages, means, strict=True)],
            lambda: service._standards(facts, catalog, at, standards, weighted=False),
        ),
        "performance × emotion, 7 stages": (
            lambda: [chosen([*cs, e]).select(mean, e).group_by(pl.all()).len() for (cs, e), mean in zip(stages, means, strict=True)],
            lambda: service._stages(facts, catalog, at, weighted=False),
        ),
        "active and passive touchpoints": (
            lambda: chosen([c for columns, _ in stages for c in columns]).select(a=kinds[0], b=kinds[1]).group_by("a", "b").len(),
            lambda: service._kinds(facts, catalog, at, "initiative", weighted=False),
        ),
        "three domains of touchpoints": (
            lambda: chosen([c for columns, _ in stages for c in columns]).select(a=kinds[0], b=kinds[1]).group_by("a", "b").len(),
            lambda: service._kinds(facts, catalog, at, "domain", weighted=False),
        ),
    }  # fmt: skip


def _chosen(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    keep = pl.col("a0").cast(pl.String).is_in(list(REGION["region"]))
    return frame.lazy().filter(keep).select(list(columns)).collect()


def check(house: House) -> None:
    """The page's figures are those of the rows."""
    found = service._factors(house.facts, house.catalog, scope(), weighted=False)
    for g in found:
        a, b = house.column(g.question.code), house.column(g.expectation.code)
        by_hand = _chosen(house.frame, [a, b]).drop_nulls().select((pl.col(a) - pl.col(b)).cast(pl.Int32).mean() * 25).item()
        if g.difference.value is None or abs(g.difference.value - by_hand) > 1e-9:
            raise SystemExit(f"{g.question.code}: {g.difference.value}, by hand {by_hand}")
    page = priorities(house.deps, LOCAL, view=View("big", period="all", level="factor", equals=REGION))
    if page.placement is None or len(page.placement.items) != STAGES * FACTORS:
        raise SystemExit("not all factors are placed")


def run(n: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Figure -> its best own time, milliseconds."""
    found = bighouse.run(partial(bighouse.build, ask=ask, answers=partial(answers, n=n)), check, figures, rounds)
    return {name: 1000 * spent.best for name, spent in found.items()}


if __name__ == "__main__":
    raise SystemExit(bighouse.judged("priorities and gaps: 14 factors, 7 stages", run))
