"""Priorities, expectation gaps, service standards, experience scores and kinds of touchpoints, as their pages ask for them.

python -m benchmarks.priorities [responses …]     (default 100000 1000000)

Fourteen factors at seven stages, each with satisfaction, importance and expectation, an emotion per stage. Every round is a filter nobody
has asked for before. The floor of a figure is what its counts cost by hand in polars: the filter, then one aggregation of the same columns.
Seconds of the processor are printed beside those of the clock, because they hardly change when other work runs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl

from benchmarks.floors import heading, resident_mb
from cxdash.config import load_settings
from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import Part, whole
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.store_source import StoreSource
from cxdash.services import gaps as service
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.priorities import _counted, priorities
from cxdash.services.view import Scope, View
from cxdash.services.yardsticks import Standard
from cxdash.store import journeys, programs, questions, waves
from cxdash.store.database import make_engine, upgrade, writing
from cxdash.store.tables import Question, now

LIMIT_MS = 150.0  # own time of one figure at a million
LIMIT_AT = 1_000_000
ROUNDS = 5
STAGES, FACTORS, REGIONS = 7, 2, 17
KINDS = (("product", "active"), ("people", "passive"), ("communication", "active"), ("people", "active"))
WHERE = Filter({"region": tuple(f"r{i}" for i in range(16))})  # all of 17 but one
MEASURES = {"satisfaction": "SAT", "importance": "IMP", "expectation": "EXP"}


@dataclass(frozen=True)
class House:
    """A programme in a small store whose facts answer from a large frame."""

    deps: Deps
    catalog: Catalog
    facts: FrameFacts
    frame: pl.DataFrame


def programme(home: Path) -> tuple[Deps, FactsSchema]:
    """The journey and its questions, without responses."""
    engine = make_engine(f"sqlite:///{home / 'cxdash.db'}")
    upgrade(engine)
    with writing(engine) as session:
        made = programs.add_program(session, slug="big", name={"ko": "큰 조사"})
        program_id = made.id or 0
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
    with StoreSource(engine, program_id).read() as reading:
        schema = reading.schema()
    settings = load_settings({"CXDASH_HOME": str(home), "CXDASH_DEMO": "0"})
    return Deps(engine=engine, facts=lambda _: None, settings=settings), schema  # type: ignore[arg-type,return-value]


def _rating(code: str, measure: str, lo: int, hi: int, **place: int | None) -> Question:
    return Question(program_id=0, code=code, measure=measure, lo=lo, hi=hi, wording={"ko": code}, **place)


def frame(n: int, schema: FactsSchema, seed: int = 1) -> pl.DataFrame:
    """Responses whose ratings hang together; a tenth of the answers is missing."""
    r = np.random.default_rng(seed)
    mood = r.normal(0, 0.5, n)
    data: dict[str, object] = {
        "id": np.arange(1, n + 1), "ver": np.ones(n, np.int64), "import_id": np.ones(n, np.int32), "wave_id": np.ones(n, np.int32),
        "source": pl.Series(["import"]).new_from_index(0, n).cast(pl.Categorical),
        "at": pl.Series(np.full(n, 1_740_000_000_000_000)).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n), "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
        "person": r.integers(0, 2**62, n),
        "a0": pl.Series([f"r{i}" for i in range(REGIONS)], dtype=pl.Categorical).gather(r.integers(0, REGIONS, n)),
    }  # fmt: skip
    for i, q in enumerate(schema.questions):
        middle, width = (q.scale.lo + q.scale.hi) / 2, (q.scale.hi - q.scale.lo) / 4
        point = np.clip(np.round(middle + width * (0.4 + mood + r.normal(0, 0.9, n))), q.scale.lo, q.scale.hi)
        data[f"q{i}"] = pl.Series(point).cast(pl.Int8).set(pl.Series(r.random(n) < 0.1), None)
    return whole(Part(pl.DataFrame(data), 0), schema)


def build(home: Path, n: int) -> House:
    deps, schema = programme(home)
    made = frame(n, schema)
    facts = FrameFacts(made, schema, 1)
    deps = replace(deps, facts=lambda _: facts)  # type: ignore[arg-type,return-value]
    return House(deps, catalog_of(deps, LOCAL, "big"), facts, made)


def scope() -> Scope:
    return Scope(WHERE, None, "all", None, None, "")


def figures(house: House) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Figure -> (its counts by hand, the figure as its page asks for it)."""
    facts, catalog, at = house.facts, house.catalog, scope()
    standards = {s.code: Standard(s.code, 50.0, 90.0, now(), "") for s in catalog.stages}
    pairs = [(_column(house, q.code), _column(house, e.code)) for q, e in service.expected_pairs(catalog)]
    stages = [([_column(house, f"S{s}F{f}.SAT") for f in range(FACTORS)], _column(house, f"S{s}.EMO")) for s in range(STAGES)]
    rated = [_column(house, q.code) for q in catalog.ratings if q.code.endswith((".SAT", ".IMP"))]
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


def _column(house: House, code: str) -> str:
    return house.facts.schema.ratings[code][0]


def _chosen(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    keep = pl.col("a0").cast(pl.String).is_in(WHERE.equals["region"])
    return frame.lazy().filter(keep).select(list(columns)).collect()


def check(house: House) -> None:
    """The page's figures are those of the rows."""
    found = service._factors(house.facts, house.catalog, scope(), weighted=False)
    for g in found:
        a, b = _column(house, g.question.code), _column(house, g.expectation.code)
        by_hand = _chosen(house.frame, [a, b]).drop_nulls().select((pl.col(a) - pl.col(b)).cast(pl.Int32).mean() * 25).item()
        if g.difference.value is None or abs(g.difference.value - by_hand) > 1e-9:
            raise SystemExit(f"{g.question.code}: {g.difference.value}, by hand {by_hand}")
    page = priorities(house.deps, LOCAL, view=View("big", period="all", level="factor", equals={"region": WHERE.equals["region"]}))
    if page.placement is None or len(page.placement.items) != STAGES * FACTORS:
        raise SystemExit("not all factors are placed")


def milliseconds(work: Callable[[], object], forget: Callable[[], None], rounds: int) -> SimpleNamespace:
    clock, processor = [], []
    for _ in range(rounds):
        forget()
        begun, used = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - begun))
        processor.append(1000 * (time.process_time() - used))
    return SimpleNamespace(best=min(clock), median=float(np.median(clock)), processor=min(processor))


def run(n: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Figure -> its best own time, milliseconds."""
    told = {}
    with tempfile.TemporaryDirectory() as home:
        house = build(Path(home), n)
        check(house)
        assert house.facts._selections is not None
        print(f"\n{n:,} responses, process {resident_mb():.0f} MB")
        for name, (floor, own) in figures(house).items():
            by_hand = milliseconds(floor, lambda: None, rounds)
            found = milliseconds(own, house.facts._selections.forget, rounds)
            told[name] = found.best
            print(f"  {name:<34} floor {by_hand.best:7.1f} ms   own {found.best:7.1f} ms (median {found.median:7.1f}, processor "
                  f"{found.processor:7.1f})   ratio {found.best / by_hand.best:5.2f}", flush=True)  # fmt: skip
        house.deps.engine.dispose()
    return told


if __name__ == "__main__":
    heading("priorities and gaps: 14 factors, 7 stages")
    sizes = [int(size) for size in sys.argv[1:]] or [100_000, 1_000_000]
    taken = {size: run(size) for size in sizes}
    over = {name: ms for name, ms in taken.get(LIMIT_AT, {}).items() if ms > LIMIT_MS}
    if LIMIT_AT in taken:
        print(f"{LIMIT_AT:,}: every figure within {LIMIT_MS:g} ms: {'no, ' + ', '.join(over) if over else 'kept'}")
    raise SystemExit(int(bool(over)))
