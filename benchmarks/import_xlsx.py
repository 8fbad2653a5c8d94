"""A survey workbook from file to committed, beside fastexcel's bare read of the same file; its memory; and what another user feels.

python -m benchmarks.import_xlsx [rows] [rounds]     (default 100000 rows x 40 columns, 5 rounds)
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks import children, survey_book
from benchmarks.children import Outcome
from benchmarks.floors import heading
from benchmarks.server import App, Session, serve, told

LIMIT, MEMORY_MB, NEIGHBOUR = 4.0, 1000.0, 2.0
ROUNDS = 5
IDLE_RERUNS = 30
PAUSE = 0.2  # seconds between two reruns of the other user


def check(book: survey_book.Book, told: Outcome) -> None:
    """Every respondent stored, every rating with its n and mean, or the time means nothing."""
    if told.more["inserted"] != book.rows or told.more["problems"]:
        raise SystemExit(f"{told.more['inserted']} of {book.rows} rows stored, {told.more['problems']} problem cells")
    for header, (n, total) in book.valid.items():
        got = told.more["figures"].get(header)
        if got is None or got[0] != n or abs(got[1] - total / n) > 1e-9:
            raise SystemExit(f"{header}: {got}, expected n {n}, mean {total / n}")


def run(rows: int, rounds: int) -> dict[str, float]:
    """Floor and own work in turn. Ratios of median times (a processor that changes its clock makes a best time luck), and megabytes above the floor."""
    book = survey_book.cached(rows)
    print(f"{rows:,} rows x {len(survey_book.HEADERS)} columns, {book.path.stat().st_size / 1e6:.1f} MB")
    floors, owns = [], []
    for _ in range(rounds):
        floors.append(children.run("benchmarks.import_work", "floor", str(book.path)))
        owns.append(children.run("benchmarks.import_work", "own", str(book.path)))
        check(book, owns[-1])
    return report(floors, owns)


def report(floors: list[Outcome], owns: list[Outcome]) -> dict[str, float]:
    found: dict[str, float] = {}
    for kind in ("wall", "cpu"):
        base = [getattr(f.costs["read"], kind) for f in floors]
        parts = {name: [getattr(o.costs[name], kind) for o in owns] for name in ("commit", "inspect")}
        parts["inspect + commit"] = [a + b for a, b in zip(*parts.values(), strict=True)]
        print(f"{kind:<5} fastexcel's bare read{'':<12} {min(base):7.2f} s (median {median(base):6.2f})")
        for name, seen in parts.items():
            found[f"{name} {kind}"] = median(seen) / median(base)
            print(f"{kind:<5} {name:<33} {min(seen):7.2f} s (median {median(seen):6.2f})   ratio {found[f'{name} {kind}']:5.2f}", flush=True)
    floor_mb = min(f.own for f in floors)
    parent, child = max(o.own for o in owns), max(o.child for o in owns)
    found["MB above"] = parent + child - floor_mb
    print(f"memory: floor {floor_mb:.0f} MB; own: parsing process {child:.0f} + application {parent:.0f} MB, "
          f"{found['MB above']:.0f} above the floor (limit {MEMORY_MB:.0f}; peaks added, though they do not fall together)")
    return found


def neighbour(rows: int) -> float:
    """Another user reruns the overview of the demo before and while this file is imported in the same server: ratio of the medians."""
    book = survey_book.cached(rows)
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as home, serve(Path(home)) as app:
        session = Session(app)
        session.rerun("program=demo")
        idle = [_again(session) for _ in range(IDLE_RERUNS)]
        query = urllib.parse.urlencode({"path": str(book.path), "program": "benchmark"})
        state = _asked(app, f"?{query}", "POST")
        busy: list[float] = []
        while state["running"]:
            busy.append(_again(session))
            state = _asked(app)
        session.close()
    if state.get("stored") != rows:
        raise SystemExit(f"the import ended with {state}")
    ratio = median(busy) / median(idle)
    print(f"another user's page: idle {told(idle)}\n{'':>15} importing {told(busy)}   ratio {ratio:.2f} (limit {NEIGHBOUR:g})", flush=True)
    return ratio


def _again(session: Session) -> float:
    time.sleep(PAUSE)
    return session.rerun("program=demo")


def _asked(app: App, query: str = "", method: str = "GET") -> dict[str, object]:
    with urllib.request.urlopen(urllib.request.Request(f"{app.url}/benchmark/import{query}", method=method), timeout=60) as answer:
        return json.loads(answer.read())


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    heading("import: xlsx from file to committed")
    found = run(rows, int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
    slower = neighbour(rows)
    kept = slower <= NEIGHBOUR and found["commit wall"] <= LIMIT and found["MB above"] <= MEMORY_MB
    print(f"commit {found['commit wall']:.2f} x the floor (limit {LIMIT:g}), {found['MB above']:.0f} MB above (limit {MEMORY_MB:.0f}), other pages {slower:.2f} x (limit {NEIGHBOUR:g}): {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
