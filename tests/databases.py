"""Databases for tests: SQLite files, and a PostgreSQL server that the test run starts itself.

For a conftest: from tests.databases import database_url, empty_url, engine, migrated, postgres  # noqa: F401
Tests that ask for `engine` then run once on each kind of database.
"""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, make_url

from cxdash.config import load_settings
from cxdash.store import database, vault

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL whose superuser needs no password on the loopback address. stop, start: of the same one, on the same port."""

    url: str
    version: str
    stop: Callable[[], None]
    start: Callable[[], None]

    def new_database(self, template: str | None = "template0") -> str:
        """The URL of a fresh database, empty or a copy of `template` (without file_copy's two checkpoints: twice as fast when small)."""
        name = f"t_{uuid.uuid4().hex}"
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        admin.dispose()
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def drop_database(self, url: str) -> None:
        admin = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")
        admin.dispose()


def find_binaries() -> Path | None:
    """The folder of initdb and postgres: the newest of Debian's, else what pg_config or PATH name."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(Path(path).parent.name), reverse=True)
    if shutil.which("pg_config"):
        folders.append(subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False).stdout.strip())
    if found := shutil.which("initdb"):
        folders.append(str(Path(found).parent))
    return next((Path(f) for f in folders if f and (Path(f) / "initdb").exists() and (Path(f) / "postgres").exists()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses to be root. None = as we are."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody")


def _how_to_run(folder: Path, user: pwd.struct_passwd | None) -> dict[str, Any]:
    def demote() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)

    return {"preexec_fn": demote, "cwd": folder, "env": {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder)}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="cxdash-pg-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def running_server(binaries: Path) -> Iterator[Server]:
    """A server in a temporary folder, on a free port of the loopback address; stopped at the end of the block."""
    with _folder() as folder, (folder / "log").open("w") as log:
        user = _unprivileged()
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        how, data, port = _how_to_run(folder, user), folder / "data", _free_port()
        initdb = [binaries / "initdb", "-D", data, "-U", "cxdash", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]
        subprocess.run(initdb, check=True, stdout=log, stderr=log, **how)
        settings = ("fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", f"port={port}")
        options = [part for setting in settings for part in ("-c", setting)]
        processes: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            processes.append(subprocess.Popen([binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, **how))
            _wait(processes[-1], port, folder / "log")

        def stop() -> None:
            processes[-1].send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
            try:
                processes[-1].wait(10)
            except subprocess.TimeoutExpired:
                processes[-1].kill()
                processes[-1].wait()

        try:
            start()
            url = f"postgresql+psycopg://cxdash@127.0.0.1:{port}/postgres"
            yield Server(url, _wait(processes[-1], port, folder / "log"), stop, start)
        finally:
            if processes:
                stop()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(host="127.0.0.1", port=port, user="cxdash", dbname="postgres", connect_timeout=5) as connection:
                return str(connection.info.server_version)
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-500:]}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for this test run; tests that need it skip where there are no binaries."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL binaries (initdb, postgres) on this machine")
    with running_server(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def migrated() -> dict[str, str]:
    """Kind of database -> URL of a migrated, empty one that others are copied from. Filled as they are needed."""
    return {}


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, once per kind of database."""
    vault.use(load_settings({"CXDASH_HOME": str(tmp_path)}))
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.fixture(params=KINDS)
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a migrated, empty database, once per kind: for tests that open it from several processes."""
    vault.use(load_settings({"CXDASH_HOME": str(tmp_path)}))  # a test before may have left the keys of its own house
    if request.param == "sqlite":
        template = migrated.setdefault("sqlite", str(tmp_path_factory.getbasetemp() / "migrated.db"))
        if not Path(template).exists():
            _migrate(f"sqlite:///{template}")
        shutil.copy(template, tmp_path / "store.db")
        yield f"sqlite:///{tmp_path}/store.db"
        return
    server: Server = request.getfixturevalue("postgres")
    if "postgresql" not in migrated:
        migrated["postgresql"] = server.new_database()
        _migrate(migrated["postgresql"])
    url = server.new_database(make_url(migrated["postgresql"]).database)
    yield url
    server.drop_database(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a migrated, empty database, once per kind of database."""
    made = database.make_engine(database_url)
    yield made
    made.dispose()


def _migrate(url: str) -> None:
    made = database.make_engine(url)
    database.upgrade(made)
    made.dispose()
