"""Engines, transactions and the schema's version, for SQLite and PostgreSQL.

SQLite: WAL, so that readers never wait for the writer. `synchronous=FULL`: in WAL mode NORMAL may lose the last
commits at a power cut (sqlite.org/pragma.html#pragma_synchronous), and an import or an answer that was acknowledged
must survive one; the price is one fsync per commit. Writers begin IMMEDIATE: a transaction that reads first
and then wants to write would fail at once when another wrote meanwhile, instead of waiting its turn.
`secure_delete`: an erased person's bytes are overwritten, not left in free pages.
PostgreSQL: readers get one snapshot (repeatable read), writers read committed behind the programme's clock row.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from cxdash.errors import ConfigError, Conflict, Unavailable
from cxdash.store import direct, schema
from cxdash.store.text import dumps

BUSY_SECONDS = 30
_GOOD = 1.0  # seconds after its last use for which a connection to PostgreSQL is not asked whether it still is one
_PAGE_BYTES = 16_384  # a response has 0.3 to 2 KB: with 4096 a fifth of the file stays empty and an import takes a fifth longer
_MODE, _PATIENCE = "cxdash_mode", "cxdash_patience"
HELD = "cxdash_held"  # in the info of a pooled connection: its settings as `_begin` left them; who changes one takes this out
SCHEMA_WRITER = {_MODE: "schema"}  # execution options of a connection that builds tables
_LOCKED, _FULL, _GONE = "store.unavailable.locked", "store.unavailable.full", "store.unavailable.gone"
Collision = IntegrityError  # what a writer meets when another made the same thing at the same moment: look again, and retry


def make_engine(url: str) -> Engine:
    """The engine of `sqlite:///path` or `postgresql://user:password@host/name` (postgres:// and +psycopg too).

    A missing folder of a SQLite file is created. ConfigError: another kind of database, an address that cannot be read, or
    a SQLite database in memory (its data would die with the process, and every thread would see another one).
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    engine = create_engine(
        address, json_serializer=dumps, pool_pre_ping=True, connect_args={"options": "-c timezone=UTC", "application_name": "cxdash"}
    )
    _ping_seldom(engine)
    return engine


def _ping_seldom(engine: Engine) -> None:
    """A connection that was good a moment ago is taken for good: groups of answers follow each other, and a ping goes there and back."""
    left: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
    ping = engine.dialect.do_ping

    def pinged(connection: Any) -> bool:
        return time.monotonic() - left.get(connection, -_GOOD) < _GOOD or ping(connection)

    def returned(connection: Any, _record: object) -> None:
        if connection is not None:
            left[connection] = time.monotonic()

    engine.dialect.do_ping = pinged  # type: ignore[method-assign, assignment]
    event.listen(engine, "checkin", returned)


def upgrade(engine: Engine) -> bool:
    """Brings the schema to this code's version; True when the database was new.

    Safe when several processes start at once: one works, the others wait. ConfigError when the database was made by a newer
    version of cxdash.
    """
    with _busy():
        with engine.execution_options(**{_MODE: "read"}).connect() as connection:
            if schema.is_newest(connection):
                return False
        return schema.upgrade(engine.execution_options(**SCHEMA_WRITER))


def is_newest(engine: Engine) -> bool:
    """Whether the database has this code's schema; raises what connecting raises."""
    with engine.execution_options(**{_MODE: "read", _PATIENCE: 1000}).connect() as connection:
        return schema.is_newest(connection)


@contextmanager
def opening() -> Iterator[None]:
    """For a first look at the database: what its driver or its folder says against it becomes one ConfigError."""
    try:
        yield
    except (DBAPIError, OSError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error.strerror or error).strip()
        detail = said.splitlines()[0] if said else type(error).__name__
        raise ConfigError("service.database.unreachable", fix="service.database.unreachable.fix", detail=detail) from error


def exists(url: str) -> bool:
    """Whether there is a database file at a SQLite address; a server is asked when it is used (True)."""
    address = _address(url)
    return address.get_backend_name() != "sqlite" or Path(address.database or "").exists()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one moment of the database and cannot write. Objects stay usable after it closes."""
    options: dict[str, Any] = {_MODE: "read"}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _busy(), Session(engine.execution_options(**options), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose block is one transaction: committed at its end, rolled back whole on any error. It begins with its first statement.

    Conflict "store.busy" when another writer of a SQLite database held it for more than 30 seconds.
    """
    with _busy(), Session(engine.execution_options(**{_MODE: "write"}), expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def answering(engine: Engine, *, patience: float, is_direct: bool = False) -> Iterator[Session]:
    """As `writing`, for somebody who waits in front of a page: Unavailable when the database is locked for longer than `patience`
    seconds, full, or gone. After it nothing is committed, unless the connection broke in the commit itself: then only a later look tells.
    is_direct: the first statement is one of cxdash.store.direct, which sends the settings along.
    """
    options: dict[str, Any] = {_MODE: "write", _PATIENCE: max(1, round(patience * 1000))}
    try:
        with Session(engine.execution_options(**options), expire_on_commit=False) as session, session.begin():
            if engine.dialect.name == "postgresql":
                first = _ANSWERING.format(options[_PATIENCE])
                if is_direct:
                    session.info[direct.FIRST] = first
                else:
                    session.connection().exec_driver_sql(first)
            yield session
    except Exception as error:
        if why := _why(error):
            raise Unavailable(why, fix="store.busy.fix") from error
        raise


# A plan made while a table was small is kept for the connection; a scan of the whole table must not be in it when the table has grown.
_ANSWERING = "SELECT set_config('lock_timeout', '{}', true), set_config('enable_seqscan', 'off', true)"


@contextmanager
def available() -> Iterator[None]:
    """Around a read that somebody waits for: a database that is locked, full or gone is Unavailable."""
    try:
        yield
    except Exception as error:
        if why := _why(error):
            raise Unavailable(why, fix="store.busy.fix") from error
        raise


def _why(error: Exception) -> str | None:
    """The message for a database that is locked, full or gone, else None. The bulk path meets the driver's own errors."""
    if isinstance(error, PoolTimeout):
        return _LOCKED
    said = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(said, sqlite3.Error):
        return _SQLITE_WHY.get(getattr(said, "sqlite_errorcode", 0) & 0xFF)
    if not type(said).__module__.startswith("psycopg"):
        return None
    state = str(getattr(said, "sqlstate", None) or "")
    if not state:  # not the server's word: the connection broke
        return _GONE if any(kind.__name__ == "OperationalError" for kind in type(said).__mro__) else None
    return _GONE if state == _TOO_MANY else _POSTGRES_WHY.get(state[:2])


_TOO_MANY = "53300"  # connections
_POSTGRES_WHY = {"40": _LOCKED, "55": _LOCKED, "53": _FULL, "08": _GONE, "57": _GONE, "58": _GONE}  # classes of SQLSTATE
_SQLITE_WHY = {
    sqlite3.SQLITE_BUSY: _LOCKED, sqlite3.SQLITE_LOCKED: _LOCKED, sqlite3.SQLITE_FULL: _FULL, sqlite3.SQLITE_NOMEM: _FULL,
    sqlite3.SQLITE_IOERR: _GONE, sqlite3.SQLITE_CANTOPEN: _GONE, sqlite3.SQLITE_READONLY: _GONE, sqlite3.SQLITE_NOTADB: _GONE,
}  # fmt: skip


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigError("store.url.unreadable", fix="store.url.fix") from None  # the text may hold a password: not repeated
    kind = address.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise ConfigError("store.url.kind", fix="store.url.fix", kind=kind)
    if not address.database or address.database == ":memory:" or "mode=memory" in url:
        raise ConfigError("store.url.memory", fix="store.url.fix")
    return address


def _sqlite(address: URL) -> Engine:
    if address.database and not address.database.startswith("file:"):
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(address, json_serializer=dumps, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # no BEGIN behind our back: `_begin` says which
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # heeded by a new file only
    _use_wal(connection)
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "cache_size=-65536", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turns a new file to WAL. SQLite does not always wait for its turn here, so two first starts at once retry."""
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    mode = options.get(_MODE)
    # "schema": a table may be rebuilt, and dropping the old one must not cascade into its children
    wanted = {
        "busy_timeout": str(options.get(_PATIENCE, BUSY_SECONDS * 1000)),
        "foreign_keys": "OFF" if mode == "schema" else "ON",
        "query_only": "ON" if mode == "read" else "OFF",
    }
    held = connection.info.setdefault(HELD, {})  # of the driver's connection, which keeps them from one transaction to the next
    driver = connection.connection.driver_connection
    for name, value in wanted.items():
        if held.get(name) != value:
            driver.execute(f"PRAGMA {name}={value}")  # never fails
            held[name] = value
    connection.exec_driver_sql("BEGIN IMMEDIATE" if mode in ("write", "schema") else "BEGIN")


@contextmanager
def _busy() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig):
            raise Conflict("store.busy", fix="store.busy.fix", seconds=BUSY_SECONDS) from error
        raise


def ping(engine: Engine) -> None:
    """Asks the database for nothing; raises what connecting raises. For health checks."""
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
