"""Nothing that was acknowledged is lost, and nothing is stored twice: whole servers are killed while respondents send without pause."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import polars as pl
import pytest

from cxdash.services.deps import Deps
from cxdash.store import bulk, responses, visits
from cxdash.store.database import reading
from tests import house, loops
from tests.databases import database_url, migrated, postgres  # noqa: F401
from tests.respond.crowd import Crowd, Line, open_poll
from tests.serving import ROOT, environment, free_port

KILLS, RESPONDENTS = 20, 12
SECONDS = 240


@pytest.fixture
def deps(database_url: str, tmp_path: Path) -> Iterator[Deps]:  # noqa: F811
    made = house.build(tmp_path / "home", database=database_url)
    yield made
    house.close(made)


def everything(deps: Deps, program_id: int) -> pl.DataFrame:
    with reading(deps.engine) as session:
        return pl.concat([part.select("id", "answers") for part in responses.pull(session, program_id=program_id)])


@asynccontextmanager
async def server(deps: Deps, port: int, log: Path) -> AsyncIterator[asyncio.StreamReader]:
    """Gives the process ids of the serving child, one after another."""
    variables = {"CXDASH_DATABASE_URL": deps.settings.database_url, "CXDASH_DEMO": "0"}
    with log.open("wb") as out:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.respond.forked", str(port), cwd=ROOT, stdout=subprocess.PIPE, stderr=out, start_new_session=True,
            env=environment(deps.settings.home, variables),
        )  # fmt: skip
    try:
        yield parent.stdout
    finally:
        os.killpg(parent.pid, signal.SIGKILL)
        await parent.wait()


async def healthy(port: int) -> None:
    while True:
        line = Line(port)
        try:
            await line.ask("GET", "/healthz")
            return
        except OSError:
            await asyncio.sleep(0.02)
        finally:
            line.close()


async def killed(deps: Deps, crowd: Crowd, log: Path) -> list[int]:
    """The number of acknowledged answers at each kill."""
    dice, seen = random.Random(41), []
    async with server(deps, crowd.port, log) as children:
        people = [asyncio.create_task(crowd.respondent()) for _ in range(RESPONDENTS)]
        for _ in range(KILLS):
            child = int(await children.readline())
            await healthy(crowd.port)
            before = len(crowd.thanked)
            while len(crowd.thanked) == before:  # a process that has just started needs a moment; it is killed in the middle of the work
                await asyncio.sleep(0.005)
            await asyncio.sleep(dice.uniform(0.0, 0.2))
            os.kill(child, signal.SIGKILL)
            seen.append(len(crowd.thanked))
        await healthy(crowd.port)
        crowd.going = False
        await asyncio.gather(*people)  # whoever was interrupted sends the same answers again
    return seen


def test_a_server_killed_twenty_times(deps: Deps, tmp_path: Path) -> None:
    program_id, token = open_poll(deps)
    crowd = Crowd(free_port(), token)
    seen = loops.run(asyncio.wait_for(killed(deps, crowd, tmp_path / "log"), SECONDS))
    stored = everything(deps, program_id)
    with reading(deps.engine) as session:
        found = [visits.by_secret(session, secret=secret) for secret in crowd.thanked]
        sent = bulk.fetch(session, bulk.table("visit").select())
    ids = [visit.response_id for visit in found]
    assert len(seen) == KILLS and seen[-1] > seen[0]
    assert len(crowd.thanked) == len(set(crowd.thanked)) and None not in ids
    assert len(set(ids)) == len(ids) and set(ids) <= set(stored["id"])
    assert sent["response_id"].drop_nulls().sort().to_list() == stored["id"].sort().to_list()  # one response per visit, and no other
    assert stored["answers"].str.json_decode(dtype=pl.Struct({"q3": pl.Int64, "q9": pl.Int64})).struct.unnest().unique().rows() == [(9, 5)]
