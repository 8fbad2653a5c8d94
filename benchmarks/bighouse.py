"""A programme in a small store whose facts answer from a large frame, and the figures of a page timed beside their counts by hand.

Every round is a filter nobody has asked for before. Seconds of the processor are printed beside those of the clock.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sqlmodel import Session

from benchmarks.floors import Spent, heading, resident_mb, spent
from cxdash.config import load_settings
from cxdash.facts.answers import FrameFacts
from cxdash.facts.frame import Part, whole
from cxdash.facts.schema import FactsSchema
from cxdash.facts.store_source import StoreSource
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.store import programs
from cxdash.store.database import make_engine, upgrade, writing

LIMIT_MS = 150.0  # own time of one figure at a million
LIMIT_AT = 1_000_000
ROUNDS = 5
REGIONS = 17
REGION = {"region": tuple(f"r{i}" for i in range(REGIONS - 1))}  # what is asked for: all but one
Work = Callable[[], object]


@dataclass(frozen=True)
class House:
    """The programme "big"."""

    deps: Deps
    catalog: Catalog
    facts: FrameFacts
    frame: pl.DataFrame

    def column(self, code: str) -> str:
        """The column of the frame that holds a question's ratings."""
        return self.facts.schema.ratings[code][0]


def build(home: Path, ask: Callable[[Session, int], None], answers: Callable[[FactsSchema], dict[str, object]]) -> House:
    """ask: puts waves, journey and questions into the store, given the programme's number; answers: the columns of the frame."""
    engine = make_engine(f"sqlite:///{home / 'cxdash.db'}")
    upgrade(engine)
    with writing(engine) as session:
        program = programs.add_program(session, slug="big", name={"ko": "큰 조사"}).id or 0
        ask(session, program)
    with StoreSource(engine, program).read() as reading:
        schema = reading.schema()
    frame = whole(Part(pl.DataFrame(answers(schema)), 0), schema)
    facts = FrameFacts(frame, schema, 1)
    settings = load_settings({"CXDASH_HOME": str(home), "CXDASH_DEMO": "0"})
    deps = Deps(engine=engine, facts=lambda _: facts, settings=settings)  # type: ignore[arg-type,return-value]
    return House(deps, catalog_of(deps, LOCAL, "big"), facts, frame)


def rated(schema: FactsSchema, mood: np.ndarray, r: np.random.Generator) -> dict[str, object]:
    """Ratings of every question that hang together by a mood per response; a tenth of the answers is missing."""
    told: dict[str, object] = {}
    for i, q in enumerate(schema.questions):
        middle, width = (q.scale.lo + q.scale.hi) / 2, (q.scale.hi - q.scale.lo) / 4
        point = np.clip(np.round(middle + width * (0.4 + mood + r.normal(0, 0.9, len(mood)))), q.scale.lo, q.scale.hi)
        told[f"q{i}"] = pl.Series(point).cast(pl.Int8).set(pl.Series(r.random(len(mood)) < 0.1), None)
    return told


def run(make: Callable[[Path], House], check: Callable[[House], None], figures: Callable[[House], Mapping[str, tuple[Work, Work]]],
        rounds: int) -> dict[str, Spent]:
    """figures: name -> (its counts by hand, the figure as its page asks for it). What the latter takes, after `check` has passed."""
    told = {}
    with tempfile.TemporaryDirectory() as home:
        house = make(Path(home))
        check(house)
        assert house.facts._selections is not None
        print(f"\n{house.frame.height:,} responses, process {resident_mb():.0f} MB")
        for name, (floor, own) in figures(house).items():
            by_hand = 1000 * spent(floor, rounds).best
            told[name] = found = spent(own, rounds, before=house.facts._selections.forget)
            print(f"  {name:<34} floor {by_hand:7.1f} ms   own {1000 * found.best:7.1f} ms (median {1000 * found.median:7.1f}, processor "
                  f"{1000 * found.processor:7.1f})   ratio {1000 * found.best / by_hand:5.2f}", flush=True)  # fmt: skip
        house.deps.engine.dispose()
    return told


def judged(title: str, run: Callable[[int], Mapping[str, float]], what: str = "") -> int:
    """Runs the sizes of the command line; the exit code says whether every figure keeps the limit. what: whose milliseconds `run` tells."""
    heading(title)
    sizes = [int(size) for size in sys.argv[1:]] or [100_000, LIMIT_AT]
    taken = {size: run(size) for size in sizes}
    over = [name for name, ms in taken.get(LIMIT_AT, {}).items() if ms > LIMIT_MS]
    if LIMIT_AT in taken:
        print(f"{LIMIT_AT:,}: every figure within {LIMIT_MS:g} ms{what}: {'no, ' + ', '.join(over) if over else 'kept'}")
    return int(bool(over))
