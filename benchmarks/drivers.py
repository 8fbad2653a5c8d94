"""Drivers as a page asks for them, 15 candidates with 1,000 bootstrap replicates, beside the bare cross-product of the same matrix.

python -m benchmarks.drivers [responses …]     (default 10000 100000 1000000; ten million with 10000000)

Every round is a filter nobody has asked for: who rated what, the cross-moments of a thousand random groups, the exact LMG of all 32,768
subsets for the answers and for each replicate. The floor is `X.T @ X` of the complete rows in numpy, float64, without any statistics.
The first question of new data is told apart: it makes what is kept of the data. Seconds of the processor are printed beside those of the clock, because they hardly change when other work runs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import polars as pl

from benchmarks.floors import Spent, heading, peak_mb, resident_mb, spent
from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import Part, whole
from cxdash.facts.question import Filter, LoyaltySpec, QuestionSpec
from cxdash.facts.schema import FactsSchema
from cxdash.services.crossing import crossed_ends, crossed_moments
from cxdash.stats.contrast import Contrasts, contrasts
from cxdash.stats.cross import Cross
from cxdash.stats.drivers import drivers
from cxdash.stats.importance import Drivers
from cxdash.stats.paths import paths
from cxdash.terms import Scale

CANDIDATES, DRAWS = 15, 1000
LIMIT_SECONDS = {1_000_000: 2.0}  # of the drivers …
CONTRAST_SECONDS = {1_000_000: 0.15}  # … and of the contrast
ROUNDS, FEWER = 5, 2  # of large sizes: their rounds differ little
LARGE = 5_000_000
MEMORY_MB = 8_000  # at any size
NAMES = [f"D{i}" for i in range(CANDIDATES)]
OUTCOMES = {"R": Scale(0, 10), "S": Scale(1, 7), "P": Scale(1, 7)}
SCHEMA = FactsSchema(
    questions=(*(QuestionSpec(code, scale) for code, scale in OUTCOMES.items()), *(QuestionSpec(code, Scale(1, 7)) for code in NAMES)),
    attributes=("지역",),
    waves={1: "2025"},
    loyalty=LoyaltySpec(dict.fromkeys(OUTCOMES, 1 / 3)),
)
WHERE = Filter({"지역": tuple(f"지역{i}" for i in range(16))})  # all of 17 but one


def frame(n: int, seed: int = 1) -> pl.DataFrame:
    """Responses whose ratings hang together, and a loyalty index that they move; in a hundredth a candidate is missing."""
    r = np.random.default_rng(seed)
    mood = r.normal(0, 0.7, n)
    data: dict[str, object] = {
        "id": np.arange(1, n + 1), "ver": np.ones(n, np.int64), "import_id": np.ones(n, np.int32), "wave_id": np.ones(n, np.int32),
        "source": pl.Series(["import"]).new_from_index(0, n).cast(pl.Categorical),
        "at": pl.Series(np.full(n, 1_740_000_000_000_000)).cast(pl.Datetime("us", "UTC")),
        "weight": r.choice([0.5, 0.75, 1.0, 1.25, 1.5], n), "seed": r.integers(0, 2**31 - 1, n, dtype=np.int32),
        "a0": pl.Series([f"지역{i}" for i in range(17)], dtype=pl.Categorical).gather(r.integers(0, 17, n)),
    }
    moved = np.zeros(n)
    for i in range(CANDIDATES):
        point = np.clip(np.round(4.5 + mood + r.normal(0, 1, n)), 1, 7)
        moved += point * (0.25 - 0.01 * i)
        rated = pl.Series(point).cast(pl.Int8)
        data[f"q{len(OUTCOMES) + i}"] = rated.set(pl.Series(r.random(n) < 0.01 / CANDIDATES), None)
    moved = (moved - moved.mean()) / moved.std()
    for i, scale in enumerate(OUTCOMES.values()):
        middle, width = (scale.lo + scale.hi) / 2, (scale.hi - scale.lo) / 5
        data[f"q{i}"] = pl.Series(np.clip(np.round(middle + width * (moved + r.normal(0, 1, n))), scale.lo, scale.hi)).cast(pl.Int8)
    return whole(Part(pl.DataFrame(data), 0), SCHEMA)


def cross_of(facts: FrameFacts, columns: list[str], *, weighted: bool = False) -> Cross:
    """The answer of facts as moments of statistics, as the service asks for it."""
    return crossed_moments(facts, WHERE, {name: name for name in columns}, weighted=weighted)


def ask(facts: FrameFacts, *, weighted: bool = False) -> Drivers:
    """What the page does under a filter that nobody asked for."""
    assert facts._selections is not None
    facts._selections.forget()
    rated = facts.rated(WHERE, NAMES, also=["loyalty"], weighted=weighted).filter(pl.col("mask") >= 1 << CANDIDATES)
    path = paths(NAMES, rated["mask"].to_numpy() & ((1 << CANDIDATES) - 1), rated["n"].to_numpy()).main
    return drivers(cross_of(facts, [*path.drivers, "loyalty"], weighted=weighted), "loyalty", draws=DRAWS)


def ask_contrasts(facts: FrameFacts, *, weighted: bool = False) -> Contrasts:
    """The penalty-reward contrast of the same candidates, under a filter that nobody asked for."""
    assert facts._selections is not None
    facts._selections.forget()
    names = {name: name for name in NAMES}
    cross = crossed_ends(facts, WHERE, names, ("loyalty", "loyalty"), n=facts.frame.shape[0], weighted=weighted)
    return contrasts(cross, "loyalty", NAMES, draws=DRAWS)


def floor_of(facts: FrameFacts) -> tuple[Callable[[], np.ndarray], np.ndarray]:
    """The cross-product of the complete rows, and the rows."""
    native = facts.frame.to_native()
    rows = native.filter(pl.col("a0").is_in(list(WHERE.equals["지역"])))
    rows = rows.select([f"q{len(OUTCOMES) + i}" for i in range(CANDIDATES)] + ["loyalty"]).drop_nulls()
    x = rows.select(pl.all().cast(pl.Float64)).to_numpy()
    return lambda: x.T @ x, x


def check(found: Drivers, x: np.ndarray) -> None:
    """The page's R² and shares are those of the rows."""
    r = np.corrcoef(x.T)
    r2 = 1 - 1 / np.linalg.inv(r)[-1, -1]
    if found.r2 is None or found.n != len(x) or abs(found.r2 - r2) > 1e-9 or abs(sum(d.share for d in found.drivers) - 1) > 1e-9:
        raise SystemExit(f"R² {found.r2} of {found.n}, by hand {r2} of {len(x)}")
    if found.replicates is None or found.replicates.shares.shape != (DRAWS, CANDIDATES):
        raise SystemExit("the bootstrap is missing")


def measured(name: str, work: Callable[[], object], rounds: int = ROUNDS) -> Spent:
    found = spent(work, rounds)
    print(f"  {name:<46} {found.best:7.3f} s (median {found.median:7.3f})   processor {found.processor:7.3f} s", flush=True)
    return found


def run(n: int, rounds: int = ROUNDS) -> tuple[Spent, Spent]:
    """The drivers and the contrast."""
    facts = FrameFacts(frame(n), SCHEMA, 1)
    floor, x = floor_of(facts)
    first = spent(partial(ask, facts), 1)
    found = ask(facts)
    check(found, x)
    del x
    print(f"\n{n:,} responses, {found.n:,} complete rows, {found.method} of {len(found.drivers)}, process {resident_mb():.0f} MB")
    print(f"  {'drivers, first question of the data':<46} {first.best:7.3f} s {'':16}   processor {first.processor:7.3f} s", flush=True)
    measured("floor: X.T @ X", floor, rounds)
    own = measured("drivers, 1,000 replicates", partial(ask, facts), rounds)
    measured("drivers, weighted", partial(ask, facts, weighted=True), rounds)
    cross = cross_of(facts, [*NAMES, "loyalty"])
    measured("  of it: statistics", partial(drivers, cross, "loyalty", draws=DRAWS), rounds)
    contrast = measured("penalty-reward contrast, 1,000 replicates", partial(ask_contrasts, facts), rounds)
    measured("penalty-reward contrast, weighted", partial(ask_contrasts, facts, weighted=True), rounds)
    measured("joint counts of two ratings by region", partial(facts.joint, WHERE, ["지역"], ["S", "P"]), rounds)
    return own, contrast


def kept(name: str, size: int, seconds: Spent, limit: float | None) -> bool:
    """Whether the limit is, and said."""
    if limit is not None:
        print(f"{size:,}, {name}: {seconds.best:.2f} s, limit {limit:g} s: {'kept' if seconds.best <= limit else 'NOT kept'}")
    return limit is None or seconds.best <= limit


if __name__ == "__main__":
    heading("drivers: 15 candidates, 1,000 replicates")
    sizes = [int(size) for size in sys.argv[1:]] or [10_000, 100_000, 1_000_000]
    taken = {size: run(size, FEWER if size >= LARGE else ROUNDS) for size in sizes}
    for (less, (before, _)), (more, (after, _)) in pairwise(taken.items()):
        print(f"{less:,} to {more:,} responses: {after.best / before.best:.1f} times the seconds of the drivers")
    print(f"most memory held: {peak_mb():,.0f} MB, limit {MEMORY_MB:,} MB")
    told = [
        kept(name, size, seconds, limits.get(size))
        for size, both in taken.items()
        for name, seconds, limits in zip(("drivers", "contrast"), both, (LIMIT_SECONDS, CONTRAST_SECONDS), strict=True)
    ]
    raise SystemExit(int(not all(told) or peak_mb() > MEMORY_MB))
