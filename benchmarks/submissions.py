"""Submissions of ten answers through the whole stack over 100 connections, on SQLite and PostgreSQL; and beside ten dashboards.

python -m benchmarks.submissions [submissions]     (default 4000)

Floor: a bare Starlette route that validates the same answers and inserts them in groups (benchmarks/bare_submissions.py). The forms were
opened before: what is timed is a filled-in page sent until it is acknowledged. Beside the dashboards 600 are sent per second.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.floors import heading
from benchmarks.server import paced, serve
from tests import house
from tests.databases import find_binaries, running_server
from tests.respond.crowd import Filled, Line, fill, open_poll, send
from tests.serving import ROOT, environment, free_port

LIMIT, CONNECTIONS, RATE, DASHBOARDS, P99_MS = 0.60, 100, 600, 10, 100.0
SECONDS = 10.0
BODY = "&".join(f"q{i}={(i * 3) % 11}" for i in range(10)).encode()


@contextmanager
def running(command: list[str], home: Path, port: int, **variables: str) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log, env=environment(home, variables))
    try:
        asyncio.run(_healthy(port))
        yield
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


def on(kind: str, home: Path, n: int, url: Callable[[], str | None]) -> bool:
    """Own and floor on one kind of database, in turn."""
    floor_url = url() or str(home / "bare.db")
    port = free_port()
    with running(["-m", "uvicorn", "benchmarks.bare_submissions:app", "--port", str(port), "--log-level", "warning"], home / "bare", port,
                 BARE_DATABASE=floor_url):
        pages = [Filled("/answer", BODY, "")] * n
        asyncio.run(sent(port, pages[: n // 4]))
        floor = told(f"floor, {kind}", *asyncio.run(sent(port, pages)))
    own_url = url()
    deps = house.build(home / "own", database=own_url)
    _, token = open_poll(deps)
    house.close(deps)
    port = free_port()
    variables = {"CXDASH_DEMO": "0"} | ({"CXDASH_DATABASE_URL": own_url} if own_url else {})
    with running(["-m", "cxdash", "serve-respond", "--port", str(port)], home / "own", port, **variables):
        pages = asyncio.run(filled(port, token, n + n // 4))
        asyncio.run(sent(port, pages[n:]))
        own = told(f"serve-respond, {kind}", *asyncio.run(sent(port, pages[:n])))
    print(f"{'':<44} ratio {own / floor:5.2f}   limit {LIMIT:g}: {'kept' if own >= LIMIT * floor else 'NOT kept'}", flush=True)
    return own >= LIMIT * floor


def beside(home: Path) -> bool:
    """600 per second in the app's own process while ten dashboards rerun once a second; the same without them."""
    deps = house.build(home, demo=True)
    _, token = open_poll(deps)
    house.close(deps)
    n = int(RATE * SECONDS)
    with serve(home, CXDASH_DEMO="1") as app:
        pages = asyncio.run(filled(app.port, token, 2 * n))
        time.sleep(10)  # the rest is imported
        told(f"app.py, {RATE}/s, no dashboards", *asyncio.run(sent(app.port, pages[:n], rate=RATE)))
        seen: list[float] = []
        users = threading.Thread(target=lambda: seen.extend(paced(app, DASHBOARDS, SECONDS + 4, ["program=demo", "program=demo&period=12m"]).spent))
        users.start()
        time.sleep(4)  # all of them are there
        seconds, spent = asyncio.run(sent(app.port, pages[n:], rate=RATE))
        told(f"app.py, {RATE}/s, beside {DASHBOARDS} dashboards", seconds, spent)
        users.join()
    print(f"{'':<44} dashboards p50 {at(seen, 0.5):.0f} ms   p99 of submissions: limit {P99_MS:g} ms: "
          f"{'kept' if at(spent, 0.99) <= P99_MS else 'NOT kept'}", flush=True)
    return at(spent, 0.99) <= P99_MS


def main() -> int:
    heading("submissions of ten answers, 100 connections")
    n = int(sys.argv[1]) if sys.argv[1:] else 4000
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
        kept = [on("SQLite", Path(folder) / "sqlite", n, lambda: None)]
        if binaries := find_binaries():
            with running_server(binaries) as server:
                kept.append(on("PostgreSQL", Path(folder) / "postgres", n, lambda: server.new_database()))
        kept.append(beside(Path(folder) / "beside"))
    return int(not all(kept))


if __name__ == "__main__":
    raise SystemExit(main())
