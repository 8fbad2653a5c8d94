"""Cold start with 1M responses stored in SQLite: a new process until its first answer, without and with a snapshot.

python -m benchmarks.facts_cold [responses]     (default 1000000; building the database takes about a minute)

Floors, in processes of their own: fetching the same rows through sqlite3 and parsing nothing; reading the frame's Parquet bare.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.floors import heading, peak_mb

LIMIT_SECONDS = 5.0
ROUNDS = 3


def build(home: Path, n: int) -> int:
    """A database with a programme of `n` responses; its id."""
    from benchmarks import facts_data as data
    from cxdash.store import imports, programs, questions, responses, waves
    from cxdash.store.database import make_engine, upgrade, writing
    from cxdash.store.tables import Question

    engine = make_engine(url(home))
    upgrade(engine)
    with writing(engine) as session:
        program = programs.add_program(session, slug="big", name={"ko": "큰 조사"}, loyalty=dict(data.SCHEMA.loyalty.items))
        asked = [Question(code=q.code, measure="other", lo=q.scale.lo, hi=q.scale.hi) for q in data.QUESTIONS]
        questions.save_questions(
            session, program_id=program.id, questions=[*asked, *(Question(code=k, measure="attribute") for k in data.ATTRIBUTES)]
        )
        made = [waves.ensure_wave(session, program_id=program.id, code=str(year)) for year in (2024, 2025)]
        program_id, wave_ids = program.id, [wave.id for wave in made]
    step = 100_000
    for part in range(0, n, step):
        with writing(engine) as session:
            ver = programs.tick(session, program_id=program_id)
            wave_id = wave_ids[part // step % 2]
            done = imports.add(session, program_id=program_id, wave_id=wave_id, file_name=f"{part}.csv", sha256=str(part), size=1)
            responses.insert(
                session,
                program_id=program_id,
                wave_id=wave_id,
                import_id=done.id,
                source="import",
                ver=ver,
                frame=data.documents(min(step, n - part), seed=part),
            )
    return program_id


def url(home: Path) -> str:
    return f"sqlite:///{home / 'cxdash.db'}"


def first_answers(home: Path, program_id: int, save: bool) -> dict[str, Any]:
    """What a fresh process does until its first and second answer. `save` writes the snapshot afterwards, as the background would."""
    from benchmarks.facts_data import CODES
    from cxdash.facts.question import Filter
    from cxdash.facts.registry import Registry
    from cxdash.store.database import make_engine

    facts = Registry(make_engine(url(home)), SimpleNamespace(home=home, facts_url="memory://")).facts(program_id)
    facts._plan_saving = lambda: None  # the copy is measured by itself
    begun = time.perf_counter()
    n = facts.count(Filter())["n"].item()
    first = time.perf_counter()
    facts.tally(Filter(), ["month"], CODES)
    second = time.perf_counter()
    memory = peak_mb()
    if save:
        facts.save()
    took = time.perf_counter()
    facts.close()
    return {"n": n, "first": first - begun, "tally": second - first, "save": took - second, "peak": memory}


def fetch_only(home: Path, _program_id: int, _save: bool) -> dict[str, Any]:
    import sqlite3

    begun = time.perf_counter()
    cursor = sqlite3.connect(home / "cxdash.db").execute(
        "SELECT id, wave_id, import_id, at, source, weight, attributes, answers, ver FROM response ORDER BY ver, id"
    )
    n = 0
    while rows := cursor.fetchmany(50_000):
        n += len(rows)
    return {"n": n, "first": time.perf_counter() - begun, "peak": peak_mb()}


def parquet_only(home: Path, _program_id: int, _save: bool) -> dict[str, Any]:
    import io

    import polars as pl

    begun = time.perf_counter()
    data = next((home / "snapshots").iterdir()).read_bytes()
    frame = pl.read_parquet(io.BytesIO(data[data.index(b"PAR1") :]))
    return {"n": len(frame), "first": time.perf_counter() - begun, "peak": peak_mb()}


WORK = {"first_answers": first_answers, "fetch_only": fetch_only, "parquet_only": parquet_only}


def fresh(work: str, home: Path, program_id: int, save: bool = False) -> dict[str, Any]:
    """The work in a new process; `process` is its whole time, start and imports included."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.facts_cold", work, str(home), str(program_id), str(int(save))],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) | {"process": time.perf_counter() - begun}


def told(name: str, seen: list[dict[str, Any]]) -> float:
    best = min(seen, key=lambda s: s["first"])
    rest = f"   then 20 questions by month {best['tally']:.2f} s" if "tally" in best else ""
    print(
        f"{name:<44} first answer {best['first']:6.2f} s   whole process {min(s['process'] for s in seen):6.2f} s   "
        f"most memory {best['peak']:6.0f} MB{rest}",
        flush=True,
    )
    return best["first"]


def run(n: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        begun = time.perf_counter()
        program_id = build(home, n)
        size = sum(path.stat().st_size for path in home.glob("cxdash.db*")) / 1e6
        print(
            f"{n:,} responses stored in {time.perf_counter() - begun:.0f} s, {size:.0f} MB   ({datetime.now(UTC):%Y-%m-%d})", flush=True
        )
        floor = told("floor: fetch the rows, parse nothing", [fresh("fetch_only", home, program_id) for _ in range(ROUNDS)])
        seen = []
        for _ in range(ROUNDS):
            shutil.rmtree(home / "snapshots", ignore_errors=True)
            seen.append(fresh("first_answers", home, program_id))
        without = told("without a snapshot", seen)
        shutil.rmtree(home / "snapshots", ignore_errors=True)
        saved = fresh("first_answers", home, program_id, save=True)
        snapshot = next((home / "snapshots").iterdir())
        print(f"snapshot {snapshot.stat().st_size / 1e6:.0f} MB, written in {saved['save']:.2f} s (in the background)")
        bare = told("floor: read the Parquet", [fresh("parquet_only", home, program_id) for _ in range(ROUNDS)])
        seen = [fresh("first_answers", home, program_id) for _ in range(ROUNDS)]
        quick = told("with a snapshot", seen)
    print(f"ratio to the floor: without {without / floor:.2f}, with {quick / bare:.2f}")
    ok = quick <= LIMIT_SECONDS
    print(
        f"first answer with a snapshot {quick:.2f} s, limit {LIMIT_SECONDS:g} s: {'kept' if ok else 'NOT kept'}; without {without:.2f} s"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in WORK:
        print(json.dumps(WORK[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1")))
    else:
        heading("facts: cold start")
        raise SystemExit(run(int(sys.argv[1]) if sys.argv[1:] else 1_000_000))
