"""kill -9 in the middle of migrations and backups: twenty times on each database, and every time all of it or nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cxdash.services import backup, checkup
from cxdash.services.actor import LOCAL
from cxdash.store import dump, schema
from cxdash.store.database import make_engine
from tests.databases import KINDS, Server
from tests.running import oldstore
from tests.running.test_backup import bare
from tests.serving import ROOT, environment
import contextlib

KILLS = 10  # of each kind of work
OLD = "0002"


class Workers:
    """Children of a process in which everything is imported."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "workers.log").open("wb")
        run = [sys.executable, "-m", "tests.running.forked"]
        self._parent = subprocess.Popen(
            run, cwd=ROOT, env=environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True)

    def work(self, *words: object, kill_after: float | None = None) -> int:
        """Its exit code, -9 when it was killed before it was done."""
        assert self._parent.stdin is not None and self._parent.stdout is not None
        self._parent.stdin.write(" ".join(map(str, words)) + "\n")
        self._parent.stdin.flush()
        child = int(self._parent.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return int(self._parent.stdout.readline())

    def end(self) -> None:
        self._parent.stdin.close()  # type: ignore[union-attr]
        self._parent.wait(30)
        self._log.close()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path)
    yield made
    made.end()


class Old:
    """Databases of an older version with data, as many as are needed."""

    def __init__(self, kind: str, folder: Path, request: pytest.FixtureRequest) -> None:
        self._server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
        self._folder, self._made = folder, []  # type: ignore[var-annotated]
        self._template = self._server.new_database() if self._server else f"sqlite:///{folder}/template.db"
        engine = make_engine(self._template)
        oldstore.make(engine, OLD)
        engine.dispose()

    def new(self) -> str:
        if self._server is not None:
            self._made.append(self._server.new_database(make_url(self._template).database))
        else:
            path = self._folder / f"{len(self._made)}.db"
            shutil.copy(self._folder / "template.db", path)
            self._made.append(f"sqlite:///{path}")
        return self._made[-1]

    def end(self) -> None:
        if self._server is not None:
            for url in [*self._made, self._template]:
                self._server.drop_database(url)


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    made = Old(request.param, tmp_path, request)
    yield made
    made.end()


def state(url: str, home: Path) -> tuple[str | None, int]:
    """Version and rows of responses; the check passes."""
    deps = bare(url, home)
    try:
        found = checkup.check(deps, LOCAL)
        assert found.sound, [f for f in found.findings if f.level == checkup.BAD]
        with dump.snapshot(deps.engine) as connection:
            n = connection.exec_driver_sql("SELECT count(*) FROM response").scalar()
            return dump.revision(connection), int(n or 0)
    finally:
        deps.engine.dispose()


def test_migrations_and_backups_killed_twenty_times(old: Old, workers: Workers, tmp_path: Path) -> None:
    dice, home, n = random.Random(7), tmp_path / "home", len(oldstore.SCORES)
    url = old.new()
    began = time.monotonic()
    assert workers.work("upgrade", url) == 0
    whole = time.monotonic() - began
    assert state(url, home) == (schema.NEWEST, n)
    killed, url = 0, old.new()
    for _ in range(KILLS):
        killed += workers.work("upgrade", url, kill_after=dice.uniform(0.05, 0.95) * whole) == -signal.SIGKILL
        version, rows = state(url, home)
        assert rows == n and version in (OLD, schema.NEWEST)  # nothing between the two
        if version == schema.NEWEST:
            url = old.new()
    assert workers.work("upgrade", url) == 0 and state(url, home) == (schema.NEWEST, n)  # no lock, no half of it stands in the way
    path = tmp_path / "b.backup"
    began = time.monotonic()
    assert workers.work("backup", url, home, path) == 0
    whole = time.monotonic() - began
    for _ in range(KILLS):
        killed += workers.work("backup", url, home, path, kill_after=dice.uniform(0.05, 0.95) * whole) == -signal.SIGKILL
        with backup.opened(path) as (archive, contents):  # the one before, or the new one, never half of one
            backup.verify(archive, contents, path.name)
    assert state(url, home) == (schema.NEWEST, n)
    assert killed >= KILLS, "too few were killed before they were done"
