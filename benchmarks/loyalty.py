"""Loyalty segments and benchmarks as their pages ask for them: the matrix, the bars by an attribute, movement of the same customers,
rated competitors, branches, mystery shoppers.

python -m benchmarks.loyalty [responses …]     (default 100000 1000000)

Two waves of half the responses each, four fifths of whose customers answered in both; seven stages. Every round is a filter nobody has
asked for before. The floor of a figure is what its counts cost by hand in polars: the filter, then one aggregation of the same columns
(for movement the join of both waves). Seconds of the processor are printed beside those of the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl
from sqlmodel import Session

from benchmarks import bighouse
from benchmarks.bighouse import REGION, REGIONS, ROUNDS, House, Work, rated
from cxdash.facts.question import WAVE, Filter, question_name
from cxdash.facts.schema import FactsSchema
from cxdash.services import benchmarks as outside
from cxdash.services import loyalty as service
from cxdash.services.actor import LOCAL
from cxdash.services.figures import measured
from cxdash.services.rivals import rivals_of
from cxdash.services.segments import segment_figures
from cxdash.services.view import Scope, View
from cxdash.store import journeys, questions, waves
from cxdash.store.tables import Question

STAGES = 7
WHERE = Filter(REGION)
BEFORE, AFTER = (Filter({**REGION, WAVE: (code,)}) for code in ("1", "2"))
MOVED = Scope(AFTER, BEFORE, "all", None, None, "segment")
AXES = ("overall", "again")
WAVE_ID = pl.col("wave_id")


def ask(session: Session, program: int) -> None:
    """The journey and its questions, without responses."""
    for code in ("1", "2"):
        waves.ensure_wave(session, program_id=program, code=code)
    asked = [_rating("recommend", "recommend", 0, 10), _rating("overall", "overall", 1, 5), _rating("again", "repurchase", 1, 7)]
    for s in range(STAGES):
        stage = journeys.add_stage(session, program_id=program, code=f"S{s}", name={"ko": f"단계 {s}"}).id
        asked.append(_rating(f"S{s}.SAT", "satisfaction", 1, 5, stage))
    asked.append(_rating("S0.A", "competitor", 1, 5, asked[3].stage_id))
    asked.append(Question(program_id=0, code="region", measure="attribute"))
    questions.save_questions(session, program_id=program, questions=asked)


def _rating(code: str, measure: str, lo: int, hi: int, stage: int | None = None) -> Question:
    return Question(program_id=0, code=code, measure=measure, lo=lo, hi=hi, stage_id=stage, wording={"ko": f"경쟁사 {code} 만족"})


def answers(schema: FactsSchema, *, n: int, seed: int = 1) -> dict[str, object]:
    """Responses of two waves whose ratings hang together; a twentieth came from mystery shoppers."""
    r = np.random.default_rng(seed)
    half = n // 2
    person = np.concatenate([np.arange(half), r.permutation(np.arange(half // 5, half // 5 + n - half))])
    numbers = r.integers(-(2**62), 2**62, int(person.max()) + 1)
    mood = r.normal(0, 0.5, len(numbers))[person] + r.normal(0, 0.3, n)
    return {
        "id": np.arange(1, n + 1), "ver": np.ones(n, np.int64), "import_id": np.ones(n, np.int32),
        "wave_id": np.repeat(np.array([1, 2], np.int32), [half, n - half]),
        "source": pl.Series(["web", "mystery"], dtype=pl.Categorical).gather((r.random(n) < 0.05).astype(np.uint32)),
        "at": pl.Series(1_740_000_000_000_000 + np.arange(n) * 1_000_000).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n), "person": numbers[person], "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
        "a0": pl.Series([f"r{i}" for i in range(REGIONS)], dtype=pl.Categorical).gather((person % REGIONS).astype(np.uint32)),
        **rated(schema, mood, r),
    }  # fmt: skip


def figures(house: House) -> dict[str, tuple[Work, Work]]:
    """Figure -> (its counts by hand, the figure as its page asks for it)."""
    facts, catalog = house.facts, house.catalog
    asked = tuple(question_name(code) for code in AXES)
    axes = [house.column(code) for code in AXES]
    stages = [house.column(f"S{s}.SAT") for s in range(STAGES)]
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
            lambda: chosen([stages[0], house.column("S0.A")]).group_by(pl.all()).len(), lambda: rivals_of(facts, catalog, WHERE)
        ),
        "16 branches": (lambda: chosen([axes[0], "a0"]).group_by([axes[0], "a0"]).len(), branches),
        "mystery shoppers, 7 stages": (
            lambda: chosen([*stages, "source"]).group_by("source").agg(sums), lambda: outside._beside(facts, catalog, WHERE, False)
        ),
    }  # fmt: skip


def _chosen(frame: pl.DataFrame, columns: Sequence[str], also: pl.Expr | None = None) -> pl.DataFrame:
    keep = pl.col("a0").cast(pl.String).is_in(list(REGION["region"]))
    return frame.lazy().filter(keep if also is None else keep & also).select(list(columns)).collect()


def check(house: House) -> None:
    """The page's movement is that of the customers' rows: mystery shoppers are none."""
    view = service.of_waves(View("big", equals=dict(REGION)), "1", "2")
    found = service.loyalty(house.deps, LOCAL, view=view).moves.movement
    axes = [house.column(code) for code in AXES]
    high = [(pl.col(axes[0]) >= 4).alias("s"), (pl.col(axes[1]) >= 6).alias("r")]  # 75 of 100 on five and seven points
    customers = pl.col("source").cast(pl.String) != "mystery"
    sides = [_chosen(house.frame, ["person", *axes], customers & (WAVE_ID == wave)).drop_nulls().select("person", *high) for wave in (1, 2)]
    both = sides[0].join(sides[1], on="person")
    stayed = both.filter((pl.col("s") == pl.col("s_right")) & (pl.col("r") == pl.col("r_right"))).height
    if found is None or found.n != both.height or int(np.trace(found.table)) != stayed:
        raise SystemExit(f"{found and found.n} customers linked, by hand {both.height}, of whom {stayed} stayed")


def run(n: int, rounds: int = ROUNDS) -> dict[str, float]:
    """Figure -> its own time of the processor, milliseconds."""
    found = bighouse.run(partial(bighouse.build, ask=ask, answers=partial(answers, n=n)), check, figures, rounds)
    return {name: 1000 * spent.processor for name, spent in found.items()}


if __name__ == "__main__":
    raise SystemExit(bighouse.judged("loyalty segments and benchmarks: two waves, 16 regions, 7 stages", run, " of the processor"))
