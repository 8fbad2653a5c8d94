"""Submissions of ten answers through the whole stack over 100 connections, on SQLite and PostgreSQL; and beside ten dashboards.

python -m benchmarks.submissions [submissions]     (default 4000)

Floor: a bare Starlette route that validates the same answers and inserts them in groups (benchmarks/bare_submissions.py). The forms were
opened before: what is timed is a filled-in page sent until it is acknowledged; the processor time of the server for each stands beside it,
which other work on the machine disturbs less. Beside the dashboards 600 are sent per second.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.floors import heading
from benchmarks.server import App, paced, serve
from tests import house
from tests.databases import find_binaries, running_server
from tests.respond.crowd import Filled, Line, fill, open_poll, send
from tests.serving import ROOT, environment, free_port

LIMIT, CONNECTIONS, RATE, DASHBOARDS, P99_MS = 0.60, 100, 600, 10, 100.0
SECONDS = 10.0
SAME, SAME_MS = 1.5, 15.0  # "no worse": two runs of the same thing differ by as much on a shared machine
BODY = "&".join(f"q{i}={(i * 3) % 11}" for i in range(10)).encode()


@contextmanager
def running(command: list[str], home: Path, port: int, **variables: str) -> Iterator[int]:
    """A server until it is healthy; gives its process id."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log, env=environment(home, variables))
    try:
        asyncio.run(_healthy(port))
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


async def _healthy(port: int) -> None:
    for _ in range(600):
        line = Line(port)
        try:
            await line.ask("GET", "/healthz")
            return
        except OSError:
            await asyncio.sleep(0.05)
        finally:
            line.close()
    raise RuntimeError("the server did not start")


async def filled(port: int, token: str, n: int) -> list[Filled]:
    """That many opened and filled-in pages."""
    made: list[Filled] = []

    async def one() -> None:
        line = Line(port)
        while len(made) < n:
            made.append(await fill(line, token))
        line.close()

    await asyncio.gather(*(one() for _ in range(20)))
    return made[:n]


async def sent(port: int, pages: list[Filled], *, rate: float | None = None) -> tuple[float, list[float]]:
    """Seconds for all, and the milliseconds of each; rate: begun per second, or as fast as the connections take them."""
    spent: list[float] = []
    left = list(enumerate(pages))
    begun = time.perf_counter()

    async def one() -> None:
        line = Line(port)
        while left:
            place, page = left.pop()
            due = begun + (len(pages) - 1 - place) / rate if rate else 0.0
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            start = max(due, begun)
            if not rate:
                start = time.perf_counter()
            if not await send(line, page):
                raise RuntimeError("not acknowledged")
            spent.append(1000 * (time.perf_counter() - start))
        line.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return time.perf_counter() - begun, spent


def at(spent: list[float], share: float) -> float:
    return sorted(spent)[min(len(spent) - 1, int(share * len(spent)))]


def told(name: str, seconds: float, spent: list[float]) -> float:
    rate = len(spent) / seconds
    print(f"{name:<44} {rate:7.0f}/s   p50 {at(spent, 0.5):6.1f}   p95 {at(spent, 0.95):6.1f}   p99 {at(spent, 0.99):6.1f} ms", flush=True)
    return rate


def timed(name: str, pid: int, port: int, pages: list[Filled]) -> tuple[float, float]:
    """Submissions per second, and the server's processor time for each in microseconds."""
    before = _spent(pid)
    seconds, spent = asyncio.run(sent(port, pages))
    each = 1e6 * (_spent(pid) - before) / len(pages)
    rate = told(name, seconds, spent)
    print(f"{'':<44} {each:7.0f} us of the processor for each", flush=True)
    return rate, each


def _spent(pid: int) -> float:
    """Seconds of the processor that a process has had, as Linux tells it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def on(kind: str, home: Path, n: int, url: Callable[[], str | None]) -> bool:
    """Own and floor on one kind of database, in turn."""
    floor_url = url() or str(home / "bare.db")
    port = free_port()
    with running(["-m", "uvicorn", "benchmarks.bare_submissions:app", "--port", str(port), "--log-level", "warning"], home / "bare", port,
                 BARE_DATABASE=floor_url) as pid:
        pages = [Filled("/answer", BODY, "")] * n
        asyncio.run(sent(port, pages[: n // 4]))
        floor, least = timed(f"floor, {kind}", pid, port, pages)
    own_url = url()
    deps = house.build(home / "own", database=own_url)
    _, token = open_poll(deps)
    house.close(deps)
    port = free_port()
    variables = {"CXDASH_DEMO": "0"} | ({"CXDASH_DATABASE_URL": own_url} if own_url else {})
    with running(["-m", "cxdash", "serve-respond", "--port", str(port)], home / "own", port, **variables) as pid:
        pages = asyncio.run(filled(port, token, n + n // 4))
        asyncio.run(sent(port, pages[n:]))
        own, each = timed(f"serve-respond, {kind}", pid, port, pages[:n])
    kept = "kept" if own >= LIMIT * floor else "NOT kept"
    print(f"{'':<44} ratio {own / floor:5.2f}, by processor time {least / each:5.2f}   limit {LIMIT:g}: {kept}", flush=True)
    return own >= LIMIT * floor


def beside(home: Path) -> list[bool]:
    """600 per second while ten dashboards rerun once a second, and without them: taken by the app's own process, then by serve-respond on
    the same database. The clients share the machine; at a rate it is the waiting that tells, not how many got through."""
    deps = house.build(home, demo=True)
    _, token = open_poll(deps)
    house.close(deps)
    n = int(RATE * SECONDS)
    with serve(home, CXDASH_DEMO="1") as app:
        own = _against(f"app.py, {RATE}/s", app.port, token, n, app)
        port = free_port()
        with running(["-m", "cxdash", "serve-respond", "--port", str(port)], home, port, CXDASH_DEMO="1"):
            apart = _against(f"serve-respond, {RATE}/s", port, token, n, app)
    kept = own[1] <= P99_MS
    print(f"{'':<44} app.py: p99 of submissions: limit {P99_MS:g} ms: {'kept' if kept else 'NOT kept'}", flush=True)
    as_before = apart[1] <= max(SAME * apart[0], apart[0] + SAME_MS)
    print(f"{'':<44} serve-respond: p99 with dashboards as without: limit {SAME:g} x or + {SAME_MS:g} ms: "
          f"{'kept' if as_before else 'NOT kept'}", flush=True)
    return [kept, as_before]


def _against(name: str, port: int, token: str, n: int, app: App) -> tuple[float, float]:
    """The 99th percentile at this port without dashboards, and with them."""
    pages = asyncio.run(filled(port, token, 2 * n + RATE))
    time.sleep(10)  # the rest is imported
    asyncio.run(sent(port, pages[2 * n :], rate=RATE))
    _, alone = asyncio.run(sent(port, pages[:n], rate=RATE))
    told(f"{name}, no dashboards", n / RATE, alone)
    seen: list[float] = []
    views = ["program=demo", "program=demo&period=12m"]
    users = threading.Thread(target=lambda: seen.extend(paced(app, DASHBOARDS, SECONDS + 4, views).spent))
    users.start()
    time.sleep(4)  # all of them are there
    seconds, spent = asyncio.run(sent(port, pages[n : 2 * n], rate=RATE))
    told(f"{name}, beside {DASHBOARDS} dashboards", seconds, spent)
    users.join()
    print(f"{'':<44} dashboards p50 {at(seen, 0.5):.0f} ms", flush=True)
    return at(alone, 0.99), at(spent, 0.99)


def main() -> int:
    heading("submissions of ten answers, 100 connections")
    n = int(sys.argv[1]) if sys.argv[1:] else 4000
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
        kept = [on("SQLite", Path(folder) / "sqlite", n, lambda: None)]
        if binaries := find_binaries():
            with running_server(binaries) as server:
                kept.append(on("PostgreSQL", Path(folder) / "postgres", n, lambda: server.new_database()))
        kept += beside(Path(folder) / "beside")
    return int(not all(kept))


if __name__ == "__main__":
    raise SystemExit(main())
