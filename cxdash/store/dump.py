"""Every table out and in, row by row, the same on SQLite and PostgreSQL: what a backup is made of.

Tables are taken as the database has them, not as this code's models do, so that a backup can be made of an older schema before it is
upgraded, and brought back into it. Values travel as plain ones: documents as the stored text, times as microseconds since 1970 in
UTC, days as YYYY-MM-DD. Numbers that are never given out twice go along (`counters`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON, Boolean, Connection, Date, DateTime, Engine, Float, Integer, LargeBinary, MetaData, Numeric, Table, inspect, text,
)  # fmt: skip
from sqlalchemy.exc import NoSuchTableError

from cxdash.errors import ConfigError, Conflict
from cxdash.store import schema
from cxdash.store.database import SCHEMA_WRITER, reading

BATCH = 20_000
_OWN = {"alembic_version", "sqlite_sequence"}
_SEEDED = {"audit_head", "keyring"}  # tables in which a migration itself puts a row
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: tuple[tuple[type[Any], str], ...] = (
    (Boolean, "bool"), (Integer, "int"), (Float, "float"), (Numeric, "float"), (JSON, "document"), (DateTime, "time"), (Date, "day"),
    (LargeBinary, "bytes"),
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """A table: its columns with the kind of value (int, float, bool, text, document, time, day, bytes), and its key."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One moment of the whole database, beside writers. ConfigError when there are no tables yet."""
    with reading(engine) as session:
        connection = session.connection(execution_options={"stream_results": True, "max_row_buffer": BATCH})
        if revision(connection) is None:
            raise ConfigError("care.nothing", fix="care.nothing.fix")
        yield connection


def revision(connection: Connection) -> str | None:
    return schema.current(connection)


def shapes(connection: Connection) -> list[Shape]:
    """Every table, parents before their children."""
    return [_shape(table) for table in _tables(connection)]


def _tables(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in _OWN]


def _shape(table: Table) -> Shape:
    columns = tuple((c.name, next((kind for sort, kind in _KINDS if isinstance(c.type, sort)), "text")) for c in table.columns)
    return Shape(table.name, columns, tuple(c.name for c in table.primary_key.columns))


def rows(connection: Connection, shape: Shape) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in lists of at most BATCH, in the order of the key."""
    quote = connection.dialect.identifier_preparer.quote
    chosen = ", ".join(_out(connection, quote(name), kind) for name, kind in shape.columns)
    order = f" ORDER BY {', '.join(map(quote, shape.key))}" if shape.key else ""
    result = connection.exec_driver_sql(f"SELECT {chosen} FROM {quote(shape.name)}{order}")
    for part in result.partitions(BATCH):
        yield [tuple(row) for row in part]


def _out(connection: Connection, column: str, kind: str) -> str:
    """The expression that gives a plain value."""
    if connection.dialect.name == "sqlite":
        return f"CAST({column} AS TEXT)" if kind == "document" else f"{_MICROSECONDS.format(column)}" if kind == "time" else column
    if kind in ("document", "day"):
        return f"{column}::text"
    return f"(extract(epoch FROM {column}) * 1000000)::bigint" if kind == "time" else column


# SQLite keeps a time as text with six digits of a second; its own functions know only three.
_MICROSECONDS = "CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) * 1000000 + CAST(substr({0} || '000000', 21, 6) AS INTEGER)"


def counters(connection: Connection) -> dict[str, int]:
    """Table -> the highest number its key has ever had, where the database keeps that."""
    if connection.dialect.name == "sqlite":
        if not inspect(connection).has_table("sqlite_sequence"):
            return {}
        return {str(name): int(last) for name, last in connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")}
    found = {}
    for name, sequence in _sequences(connection):
        last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()
        if called:
            found[name] = int(last)
    return found


def _sequences(connection: Connection) -> list[tuple[str, str]]:
    """Tables whose key `id` comes from a sequence, and that sequence's name as SQL writes it."""
    quote = connection.dialect.identifier_preparer.quote
    found = []
    for table in _tables(connection):
        if [c.name for c in table.primary_key.columns] == ["id"]:
            asked = text("SELECT pg_get_serial_sequence(:name, 'id')")
            if sequence := connection.scalar(asked, {"name": quote(table.name)}):
                found.append((table.name, str(sequence)))
    return found


def is_empty(connection: Connection) -> bool:
    """Whether nobody has put anything in: no tables, or none with a row but those that migrations make."""
    quote = connection.dialect.identifier_preparer.quote
    names = [table.name for table in _tables(connection) if table.name not in _SEEDED]
    return not any(connection.exec_driver_sql(f"SELECT 1 FROM {quote(name)} LIMIT 1").first() for name in names)


@contextmanager
def filling(engine: Engine, revision: str) -> Iterator[Connection]:
    """A transaction on an empty database whose schema is made to be `revision`; at its end counters and keys are checked, the schema is
    upgraded to this code's, and all of it is committed, or nothing. Conflict "care.not_empty" when there is something in it already.
    """
    with engine.execution_options(**SCHEMA_WRITER).begin() as connection:
        schema.alone(connection)
        if not is_empty(connection):
            raise Conflict("care.not_empty", fix="care.not_empty.fix")
        schema.rebuild(connection, revision)
        yield connection
        schema.upgrade_here(connection)


def fill(connection: Connection, shape: Shape, part: Sequence[Sequence[Any]]) -> None:
    """Adds rows that `rows` gave; a row whose key a migration has made already takes the given values. Conflict "care.shape" when the
    table has other columns."""
    try:
        here = _shape(Table(shape.name, MetaData(), autoload_with=connection, resolve_fks=False))
    except NoSuchTableError as error:
        raise Conflict("care.shape", table=shape.name) from error
    if set(here.columns) != set(shape.columns):
        raise Conflict("care.shape", table=shape.name)
    if part:
        (_into_sqlite if connection.dialect.name == "sqlite" else _into_postgresql)(connection, shape, part)


def _into_sqlite(connection: Connection, shape: Shape, part: Sequence[Sequence[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    times = [i for i, (_name, kind) in enumerate(shape.columns) if kind == "time"]
    names, marks = ", ".join(quote(name) for name, _kind in shape.columns), ", ".join("?" * len(shape.columns))
    verb = "INSERT OR REPLACE" if shape.name in _SEEDED else "INSERT"
    cursor = connection.connection.cursor()
    cursor.executemany(f"{verb} INTO {quote(shape.name)} ({names}) VALUES ({marks})", [_with(row, times, _sqlite_time) for row in part])
    cursor.close()


def _into_postgresql(connection: Connection, shape: Shape, part: Sequence[Sequence[Any]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    times = [i for i, (_name, kind) in enumerate(shape.columns) if kind == "time"]
    names = ", ".join(quote(name) for name, _kind in shape.columns)
    cursor = connection.connection.cursor()
    if shape.name in _SEEDED:
        key = ", ".join(map(quote, shape.key))
        new = ", ".join(f"{quote(name)} = EXCLUDED.{quote(name)}" for name, _kind in shape.columns if name not in shape.key)
        marks = ", ".join(["%s"] * len(shape.columns))
        statement = f"INSERT INTO {quote(shape.name)} ({names}) VALUES ({marks}) ON CONFLICT ({key}) DO UPDATE SET {new}"
        cursor.executemany(statement, [_with(row, times, _instant) for row in part])
    else:
        with cursor.copy(f"COPY {quote(shape.name)} ({names}) FROM STDIN") as copy:
            for row in part:
                copy.write_row(_with(row, times, _instant))
    cursor.close()


def _with(row: Sequence[Any], places: Sequence[int], change: Any) -> list[Any]:
    given = list(row)
    for i in places:
        if given[i] is not None:
            given[i] = change(given[i])
    return given


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _sqlite_time(microseconds: int) -> str:
    return f"{_instant(microseconds):%Y-%m-%d %H:%M:%S.%f}"


def count_on(connection: Connection, highest: Mapping[str, int]) -> None:
    """From here on keys are given out above `highest` and above what is stored."""
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name == "sqlite":
        kept = [str(name) for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")]
        for name in kept:
            most = max(highest.get(name, 0), connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {quote(name)}").scalar() or 0)
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, most))
        return
    for name, sequence in _sequences(connection):
        most = max(highest.get(name, 0), connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {quote(name)}").scalar() or 0)
        if most:
            connection.execute(text("SELECT setval(:sequence, :most)"), {"sequence": sequence, "most": most})
