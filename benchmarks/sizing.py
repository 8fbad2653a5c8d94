"""What a server needs: sizes on disk, memory, start, backup and restore, for a number of responses of 20 questions each.

python -m benchmarks.sizing [responses …]     (default 100000 and 1000000; building the larger database takes minutes)

Times are wall-clock and belong to the machine and its load; memory and sizes belong to the data.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks import facts_cold
from benchmarks.cold_start import first_page, snapshot
from benchmarks.floors import heading
from benchmarks.server import ROOT, Session, serve

MEGA = 1e6


def memory(home: Path) -> float:
    """Resident megabytes of the app with an open overview over everything."""
    with serve(home, CXDASH_DEMO="0") as app:
        session = Session(app)
        session.rerun("program=big&period=all")
        text = httpx.get(f"{app.url}/metrics", timeout=30).text
        session.close()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith("cxdash_memory_bytes "))) / MEGA


def command(home: Path, *words: str) -> tuple[float, float]:
    """Seconds and the most resident megabytes of a command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CXDASH_")}
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "cxdash", *words], cwd=ROOT, env={**kept, "CXDASH_HOME": str(home)},
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{words} ended with {status}")
    return time.perf_counter() - begun, used.ru_maxrss * 1024 / MEGA


def run(n: int, folder: Path) -> None:
    home, file = folder / "home", folder / "b.backup"
    home.mkdir()
    program_id = facts_cold.build(home, n)
    snapshot(home, program_id)
    database = (home / "cxdash.db").stat().st_size / MEGA
    copy = sum(path.stat().st_size for path in (home / "snapshots").iterdir()) / MEGA
    _answers, page, cpu = first_page(home, n)
    print(f"{n:>9,}  database {database:,.0f} MB  snapshot {copy:,.0f} MB  memory {memory(home):,.0f} MB  "
          f"first page {page:.1f} s ({cpu:.1f} s processor)",
          flush=True)
    for words, where in (("backup", home), ("restore", folder / "new"), ("check", folder / "new")):
        seconds, peak = command(where, words, *([str(file)] if words != "check" else []))
        size = f"  file {file.stat().st_size / MEGA:,.0f} MB" if words == "backup" else ""
        print(f"{'':>9}  {words} {seconds:.1f} s  memory {peak:,.0f} MB{size}", flush=True)


def main() -> int:
    heading("sizing")
    for n in [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
            run(n, Path(folder))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
