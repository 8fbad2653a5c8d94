"""First page after a cold start: from the start of the process to the overview delivered over the websocket, 1M responses stored in SQLite.

python -m benchmarks.cold_start [responses] [rounds]     (default 1000000 and 3; building the database takes minutes)

Floor: the same app with a thousand responses, which starts, imports everything and draws the same page.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import facts_cold
from benchmarks.floors import heading
from benchmarks.server import Session, serve

LIMIT_SECONDS = 5.0
FEW = 1000


def first_page(home: Path, responses: int) -> tuple[float, float, float]:
    """Seconds until the server answers and until the page has arrived with all its responses counted; the server's processor seconds by then."""
    begun = time.perf_counter()
    with serve(home, CXDASH_DEMO="0") as app:
        answers = time.perf_counter() - begun
        session = Session(app)
        session.rerun("program=big&period=all")
        page, cpu = time.perf_counter() - begun, app.cpu()
        shown = session.shown()
        session.close()
    if f"{responses:,}" not in shown:
        raise SystemExit(f"{responses:,} responses are not on the page")
    return answers, page, cpu


def snapshot(home: Path, program_id: int) -> None:
    """Leaves the copy that the app writes in the background a minute after its start."""
    facts_cold.fresh("first_answers", home, program_id, save=True)


def run(n: int, rounds: int, folder: Path) -> dict[str, float]:
    homes = {"floor": folder / "few", "own": folder / "many"}
    made = {}
    for name, size in (("floor", FEW), ("own", n)):
        homes[name].mkdir()
        made[name] = facts_cold.build(homes[name], size)
    seen: dict[str, list[tuple[float, float, float]]] = {"floor": [], "without": [], "with": []}
    for _ in range(rounds):
        seen["floor"].append(first_page(homes["floor"], FEW))
        shutil.rmtree(homes["own"] / "snapshots", ignore_errors=True)
        seen["without"].append(first_page(homes["own"], n))
        shutil.rmtree(homes["own"] / "snapshots", ignore_errors=True)
        snapshot(homes["own"], made["own"])
        seen["with"].append(first_page(homes["own"], n))
    best = {name: min(page for _, page, _ in times) for name, times in seen.items()}
    for name, title in (("floor", f"floor: {FEW:,} responses"), ("without", f"{n:,} responses, no snapshot"), ("with", f"{n:,} responses, snapshot")):
        print(f"{title:<36} server answers {min(a for a, _, _ in seen[name]):6.2f} s   page {best[name]:6.2f} s   "
              f"processor {min(c for _, _, c in seen[name]):6.2f} s   "
              f"{best[name] / best['floor']:5.2f} x the floor", flush=True)
    return best


def main() -> int:
    n, rounds = int(sys.argv[1]) if sys.argv[1:] else 1_000_000, int(sys.argv[2]) if sys.argv[2:] else 3
    heading("cold start: process to page")
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
        best = run(n, rounds, Path(folder))
    kept = best["with"] <= LIMIT_SECONDS
    print(f"with a snapshot {best['with']:.2f} s, without {best['without']:.2f} s, limit {LIMIT_SECONDS:g} s: {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    raise SystemExit(main())
