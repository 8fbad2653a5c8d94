"""What the database itself can say about its state, for `cxdash check`. Reads everything, changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, MetaData, func, select, text
from sqlmodel import Session

from cxdash.store import schema, sealedby
from cxdash.store.database import reading
from cxdash.store.sealedby import SealedBy

MOST = 10  # faults of a kind that are named


@dataclass(frozen=True)
class Orphans:
    """n rows of `table` whose `column` names a row of `parent` that is not there."""

    table: str
    column: str
    parent: str
    n: int


@dataclass(frozen=True)
class Soundness:
    """faults: what the database says against its own files, in its words. ahead: programmes with responses newer than their clock, which
    no screen would ever see. documents: responses whose documents are not JSON. size: bytes. sealed: None when that could not be asked."""

    version: str | None
    newest: str
    faults: tuple[str, ...]
    orphans: tuple[Orphans, ...]
    ahead: int
    documents: int
    size: int
    sealed: SealedBy | None = None


def look(engine: Engine) -> Soundness:
    """One moment of the database. Raises what its driver raises when it cannot even be read."""
    with reading(engine) as session:
        connection = session.connection()
        version = schema.current(connection)
        sqlite = connection.dialect.name == "sqlite"
        faults = _sqlite_faults(connection) if sqlite else _postgresql_faults(connection)
        size = _SQLITE_SIZE if sqlite else "SELECT pg_database_size(current_database())"
        whole = version == schema.NEWEST and not faults
        return Soundness(
            version, schema.NEWEST, faults, _orphans(connection) if not faults else (), _ahead(session) if whole else 0,
            _documents(connection) if whole else 0, int(connection.exec_driver_sql(size).scalar() or 0),
            sealedby.look(session) if whole else None,
        )  # fmt: skip


_SQLITE_SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"


def _sqlite_faults(connection: Connection) -> tuple[str, ...]:
    said = [str(line) for (line,) in connection.exec_driver_sql(f"PRAGMA integrity_check({MOST})")]
    return () if said == ["ok"] else tuple(said)


def _postgresql_faults(connection: Connection) -> tuple[str, ...]:
    """Indexes and constraints that the server itself does not rely on: left by an interrupted repair."""
    broken = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
    unproved = "SELECT conname::text FROM pg_constraint WHERE NOT convalidated"
    return tuple(str(name) for query in (broken, unproved) for (name,) in connection.exec_driver_sql(query))[:MOST]


def _orphans(connection: Connection) -> tuple[Orphans, ...]:
    """Rows without their parent, by every key of every table as the database has them. On PostgreSQL this reads what the server promises;
    a promise can be broken by a damaged index or a superuser."""
    found = MetaData()
    found.reflect(connection)
    lost = []
    for table in found.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table.alias("cxdash_parent")
            missing = ~select(parent.c[key.column.name]).where(parent.c[key.column.name] == key.parent).exists()
            n = connection.scalar(select(func.count()).select_from(table).where(key.parent.is_not(None), missing)) or 0
            lost += [Orphans(table.name, key.parent.name, key.column.table.name, n)] if n else []
    return tuple(lost)


def _ahead(session: Session) -> int:
    query = "SELECT count(DISTINCT r.program_id) FROM response r JOIN clock c ON c.program_id = r.program_id WHERE r.ver > c.ver"
    return int(session.scalar(text(query)) or 0)


def _documents(connection: Connection) -> int:
    if connection.dialect.name != "sqlite":  # its JSON type takes nothing else
        return 0
    query = "SELECT count(*) FROM response WHERE NOT (json_valid(answers) AND json_valid(attributes))"
    return int(connection.exec_driver_sql(query).scalar() or 0)
