"""The database is locked, its disk is full, or PostgreSQL is restarted, while respondents send without pause: nobody sees anything but
thanks, or "try again" with the answers still on the screen; whoever was thanked is stored exactly once."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import polars as pl
import pytest
import uvicorn
from sqlalchemy import event, make_url
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cxdash.edge.headers import Headers
from cxdash.edge.limits import BodyLimit
from cxdash.respond.desk import Desk
from cxdash.respond.routes import routes
from cxdash.services.deps import Deps
from cxdash.store import bulk, responses
from cxdash.store.database import reading
from cxdash.store.tokens import dated_digest
from tests import house, loops
from tests.databases import Server, find_binaries, running_server
from tests.respond.crowd import Filled, Line, fill, open_poll
from tests.serving import free_port

RESPONDENTS, SECONDS = 12, 120
_CHECKED = re.compile(r'<input\b[^>]*name="(q\d)"[^>]*value="(\d+)"[^>]*\bchecked')


@dataclass
class Crowd:
    """Respondents that send one questionnaire after another, and again what was not taken. odd: what nobody should ever see."""

    port: int
    token: str
    thanked: list[str] = field(default_factory=list)
    asked_again: int = 0
    odd: list[str] = field(default_factory=list)
    going: bool = True

    async def respondent(self, number: int) -> None:
        line, filled, turn = Line(self.port), None, 0
        while self.going or filled is not None:
            if filled is None:
                filled = await self._filled(line, {f"q{i}": (number + turn + i) % 11 for i in range(10)})
                turn += 1
            elif await self._sent(line, filled):
                filled = None
        line.close()

    async def _filled(self, line: Line, answers: dict[str, int]) -> Filled | None:
        try:
            return await fill(line, self.token, answers)
        except ConnectionError as error:  # the first page is drawn from what is known of the link
            self.odd.append(f"no page: {error}")
            return None

    async def _sent(self, line: Line, filled: Filled) -> bool:
        answer = await line.ask("POST", filled.path, filled.body, filled.cookie)
        if answer.status == 303 and "/done" in answer.head:
            self.thanked.append(filled.secret)
            return True
        given = {name: values[0] for name, values in parse_qs(filled.body.decode()).items() if name.startswith("q")}
        if answer.status != 503 or dict(_CHECKED.findall(answer.body)) != given or "retry-after" not in answer.head.lower():
            self.odd.append(f"{answer.status} {answer.head[:200]} {answer.body[:200]}")
            return True
        self.asked_again += 1
        await asyncio.sleep(0.05)
        return False


@contextmanager
def served(desk: Desk) -> Iterator[int]:
    """The respondents' addresses on a port, in a thread of this process."""
    app = Starlette(routes=routes(desk), middleware=[Middleware(Headers), Middleware(BodyLimit)])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(30)
        desk.end()


async def through(crowd: Crowd, begin: Callable[[], None], end: Callable[[], None], times: int) -> None:
    """Everybody is thanked before, is asked to try again meanwhile, and is thanked after it."""
    people = [asyncio.create_task(crowd.respondent(number)) for number in range(RESPONDENTS)]

    async def until(so_far: Callable[[], int]) -> None:
        goal = so_far() + RESPONDENTS
        while so_far() < goal and not crowd.odd:
            await asyncio.sleep(0.01)

    await until(lambda: len(crowd.thanked))
    for _ in range(times):
        await asyncio.to_thread(begin)
        await until(lambda: crowd.asked_again)
        await asyncio.to_thread(end)
        await until(lambda: len(crowd.thanked))
    crowd.going = False
    await asyncio.gather(*people)


def endured(deps: Deps, begin: Callable[[], None], end: Callable[[], None], times: int = 1) -> None:
    """Lets it happen, and checks what everybody saw and what is stored."""
    program_id, token = open_poll(deps)
    desk = Desk(lambda: deps)
    desk.writer._patience = 0.3
    with served(desk) as port:
        crowd = Crowd(port, token)
        loops.run(asyncio.wait_for(through(crowd, begin, end, times), SECONDS))
    assert not crowd.odd, crowd.odd[:3]
    assert crowd.asked_again >= RESPONDENTS * times and len(crowd.thanked) >= RESPONDENTS * (times + 1)
    with reading(deps.engine) as session:
        visits = bulk.fetch(session, bulk.table("visit").select())
        stored = pl.concat([part.select("id", "answers") for part in responses.pull(session, program_id=program_id)])
    assert len(set(crowd.thanked)) == len(crowd.thanked) == stored.height
    done = visits.filter(pl.col("state") == "finished")
    assert set(done["secret_hash"]) == {dated_digest(secret) for secret in crowd.thanked}
    assert done["response_id"].sort().to_list() == stored["id"].sort().to_list()
    assert stored["answers"].str.json_decode(dtype=pl.Struct({"q0": pl.Int64, "q9": pl.Int64})).struct.unnest().select(
        ((pl.col("q0") + 9) % 11 == pl.col("q9")).all()
    ).item()  # fmt: skip


def test_locked(deps: Deps) -> None:
    held: list[sqlite3.Connection] = []

    def lock() -> None:
        held.append(sqlite3.connect(make_url(str(deps.engine.url)).database, isolation_level=None, check_same_thread=False, timeout=30))
        held[-1].execute("BEGIN IMMEDIATE")

    def free() -> None:
        held[-1].execute("ROLLBACK")
        held[-1].close()

    endured(deps, lock, free, times=2)


def test_full(deps: Deps) -> None:
    """max_page_count makes SQLite say SQLITE_FULL as a full disk does."""
    room = threading.Event()
    room.set()

    @event.listens_for(deps.engine, "begin")
    def small(connection: object) -> None:
        pages = 1_000_000 if room.is_set() else 1  # one: as many as there are
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

    endured(deps, room.clear, room.set)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """Not the one of the other tests: it is stopped."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries (initdb, postgres) on this machine")
    with running_server(binaries) as server:
        yield server


def test_postgres_restarted(own_server: Server, tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", database=own_server.new_database())
    endured(deps, own_server.stop, own_server.start, times=2)
    house.close(deps)
