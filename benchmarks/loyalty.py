"""Loyalty segments and benchmarks as their pages ask for them: the matrix, the bars by an attribute, movement of the same customers,
rated competitors, branches, mystery shoppers.

python -m benchmarks.loyalty [responses …]     (default 100000 1000000)

Two waves of half the responses each, four fifths of whose customers answered in both; seven stages. Every round is a filter nobody has
asked for before. The floor of a figure is what its counts cost by hand in polars: the filter, then one aggregation of the same columns
(for movement the join of both waves). Seconds of the processor are printed beside those of the clock.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.floors import heading, resident_mb
from benchmarks.priorities import LIMIT_AT, LIMIT_MS, REGIONS, ROUNDS, milliseconds
from cxdash.config import load_settings
from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import Part, whole
from cxdash.facts.question import WAVE, Filter, question_name
from cxdash.facts.schema import FactsSchema
from cxdash.facts.store_source import StoreSource
from cxdash.services import benchmarks as outside
from cxdash.services import loyalty as service
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import measured
from cxdash.services.rivals import rivals_of
from cxdash.services.segments import segment_figures
from cxdash.services.view import Scope, View
from cxdash.store import journeys, programs, questions, waves
from cxdash.store.database import make_engine, upgrade, writing
from cxdash.store.tables import Question

STAGES = 7
REGION = {"region": tuple(f"r{i}" for i in range(REGIONS - 1))}  # all of 17 but one
WHERE = Filter(REGION)
BEFORE, AFTER = (Filter({**REGION, WAVE: (code,)}) for code in ("1", "2"))
MOVED = Scope(AFTER, BEFORE, "all", None, None, "segment")
AXES = ("overall", "again")


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
        program = programs.add_program(session, slug="big", name={"ko": "큰 조사"}).id or 0
        for code in ("1", "2"):
            waves.ensure_wave(session, program_id=program, code=code)
        asked = [_rating("recommend", "recommend", 0, 10), _rating("overall", "overall", 1, 5), _rating("again", "repurchase", 1, 7)]
        for s in range(STAGES):
            stage = journeys.add_stage(session, program_id=program, code=f"S{s}", name={"ko": f"단계 {s}"}).id
            asked.append(_rating(f"S{s}.SAT", "satisfaction", 1, 5, stage))
        asked.append(_rating("S0.A", "competitor", 1, 5, asked[3].stage_id))
        asked.append(Question(program_id=0, code="region", measure="attribute"))
        questions.save_questions(session, program_id=program, questions=asked)
    with StoreSource(engine, program).read() as reading:
        schema = reading.schema()
    settings = load_settings({"CXDASH_HOME": str(home), "CXDASH_DEMO": "0"})
    return Deps(engine=engine, facts=lambda _: None, settings=settings), schema  # type: ignore[arg-type,return-value]


def _rating(code: str, measure: str, lo: int, hi: int, stage: int | None = None) -> Question:
    return Question(program_id=0, code=code, measure=measure, lo=lo, hi=hi, stage_id=stage, wording={"ko": f"경쟁사 {code} 만족"})


def frame(n: int, schema: FactsSchema, seed: int = 1) -> pl.DataFrame:
    """Responses whose ratings hang together; a tenth of the answers is missing, a twentieth came from mystery shoppers."""
    r = np.random.default_rng(seed)
    half = n // 2
    person = np.concatenate([np.arange(half), r.permutation(np.arange(half // 5, half // 5 + n - half))])
    numbers = r.integers(-(2**62), 2**62, int(person.max()) + 1)
    mood = r.normal(0, 0.5, len(numbers))[person] + r.normal(0, 0.3, n)
    data: dict[str, object] = {
        "id": np.arange(1, n + 1), "ver": np.ones(n, np.int64), "import_id": np.ones(n, np.int32),
        "wave_id": np.repeat(np.array([1, 2], np.int32), [half, n - half]),
        "source": pl.Series(["web", "mystery"], dtype=pl.Categorical).gather((r.random(n) < 0.05).astype(np.uint32)),
        "at": pl.Series(1_740_000_000_000_000 + np.arange(n) * 1_000_000).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n), "person": numbers[person], "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
        "a0": pl.Series([f"r{i}" for i in range(REGIONS)], dtype=pl.Categorical).gather((person % REGIONS).astype(np.uint32)),
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


def figures(house: House) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Figure -> (its counts by hand, the figure as its page asks for it)."""
    facts, catalog = house.facts, house.catalog
    asked = tuple(question_name(code) for code in AXES)
    axes = [_column(house, code) for code in AXES]
    stages = [_column(house, f"S{s}.SAT") for s in range(STAGES)]
    sums = [pl.all().exclude("source", "a0").sum(), (pl.all().exclude("source", "a0").cast(pl.Int32) ** 2).sum().name.suffix("²")]
    chosen = partial(_chosen, house.frame)

    def by_region() -> object:
        total = service._counted(facts, WHERE, [], asked, False)[()]
        return service._by(facts, catalog, WHERE, "region", asked, total, False)

    def branches() -> object:
        total = measured(facts, catalog, WHERE, [], ["csat"])[()]
        return segment_figures(facts, catalog, WHERE, "a:region", "csat", total)

    def joined() -> object:
        sides = [chosen(["person", *axes], WAVE_ID == wave) for wave in (1, 2)]
        return sides[0].join(sides[1], on="person").group_by(pl.all().exclude("person")).len()

    return {
        "the matrix with its change": (
            lambda: [chosen(axes, WAVE_ID == wave).group_by(axes).len() for wave in (1, 2)],
            lambda: service._against(facts, MOVED, asked, service._counted(facts, AFTER, [], asked, False)[()], False),
        ),
        "the classes by 16 regions": (lambda: chosen([*axes, "a0"]).group_by([*axes, "a0"]).len(), by_region),
        "movement of the same customers": (joined, lambda: service._moves(facts, catalog, MOVED, asked, False)),
        "the same, weighted": (joined, lambda: service._moves(facts, catalog, MOVED, asked, True)),
        "a rated competitor, paired": (
            lambda: chosen([stages[0], _column(house, "S0.A")]).group_by(pl.all()).len(), lambda: rivals_of(facts, catalog, WHERE)
        ),
        "16 branches": (lambda: chosen([axes[0], "a0"]).group_by([axes[0], "a0"]).len(), branches),
        "mystery shoppers, 7 stages": (
            lambda: chosen([*stages, "source"]).group_by("source").agg(sums), lambda: outside._beside(facts, catalog, WHERE, False)
        ),
    }  # fmt: skip


WAVE_ID = pl.col("wave_id")


def _column(house: House, code: str) -> str:
    return house.facts.schema.ratings[code][0]


def _chosen(frame: pl.DataFrame, columns: Sequence[str], also: pl.Expr | None = None) -> pl.DataFrame:
    keep = pl.col("a0").cast(pl.String).is_in(list(REGION["region"]))
    return frame.lazy().filter(keep if also is None else keep & also).select(list(columns)).collect()


def check(house: House) -> None:
    """The page's movement is that of the rows."""
    view = service.of_waves(View("big", equals=dict(REGION)), "1", "2")
    found = service.loyalty(house.deps, LOCAL, view=view).moves.movement
    axes = [_column(house, code) for code in AXES]
    high = [(pl.col(axes[0]) >= 4).alias("s"), (pl.col(axes[1]) >= 6).alias("r")]  # 75 of 100 on five and seven points
    sides = [_chosen(house.frame, ["person", *axes], WAVE_ID == wave).drop_nulls().select("person", *high) for wave in (1, 2)]
    both = sides[0].join(sides[1], on="person")
    stayed = both.filter((pl.col("s") == pl.col("s_right")) & (pl.col("r") == pl.col("r_right"))).height
    if found is None or found.n != both.height or int(np.trace(found.table)) != stayed:
        raise SystemExit(f"{found and found.n} customers linked, by hand {both.height}, of whom {stayed} stayed")


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
            told[name] = found.processor
            print(f"  {name:<32} floor {by_hand.best:7.1f} ms   own {found.best:7.1f} ms (median {found.median:7.1f}, processor "
                  f"{found.processor:7.1f})   ratio {found.best / by_hand.best:5.2f}", flush=True)  # fmt: skip
        house.deps.engine.dispose()
    return told


if __name__ == "__main__":
    heading("loyalty segments and benchmarks: two waves, 16 regions, 7 stages")
    sizes = [int(size) for size in sys.argv[1:]] or [100_000, 1_000_000]
    taken = {size: run(size) for size in sizes}
    over = {name: ms for name, ms in taken.get(LIMIT_AT, {}).items() if ms > LIMIT_MS}
    if LIMIT_AT in taken:
        print(f"{LIMIT_AT:,}: every figure within {LIMIT_MS:g} ms of the processor: {'no, ' + ', '.join(over) if over else 'kept'}")
    raise SystemExit(int(bool(over)))
