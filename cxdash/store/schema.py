"""The schema's version: Alembic, configured here instead of in a file.

A new migration, from a checkout, against a database at the previous version:
    from alembic import command; command.revision(schema.config(connection), "what changes", autogenerate=True)
"""

from __future__ import annotations

from pathlib import Path

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from cxdash.errors import ConfigError
from cxdash.store import account_tables, benchmark_tables, collect_tables, people_tables, share_tables  # noqa: F401  # all the tables

if TYPE_CHECKING:  # Alembic takes a fifth of a second to import, and most starts have nothing to migrate
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
NEWEST = max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))  # the head: numbers grow, one after another
_LOCK = 0x63786461  # any constant of ours: the key of PostgreSQL's advisory lock


def config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def is_newest(connection: Connection) -> bool:
    """Whether nothing is to be done. Takes no lock, so that a start does not wait for somebody's long import."""
    return current(connection) == NEWEST


def alone(connection: Connection) -> None:
    """Until the transaction ends no other process changes the schema (a SQLite transaction of ours is alone anyway)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def upgrade(engine: Engine) -> bool:
    """To the newest version, in one transaction, one process at a time; True when the database was empty before.

    `engine` begins SQLite transactions IMMEDIATE, with foreign keys off.
    """
    with engine.begin() as connection:
        alone(connection)
        before = current(connection)
        if before == NEWEST:
            return False
        upgrade_here(connection)
    return before is None


def upgrade_here(connection: Connection) -> None:
    """To the newest version, in the connection's transaction."""
    _migrate(connection, current(connection))
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"a row is without its parent: {tuple(broken)}")


def rebuild(connection: Connection, version: str) -> None:
    """Tables of an older (or this) version where there are none, or only empty ones. ConfigError for a version this code does not know."""
    from alembic import command

    before = current(connection)
    if before == version:
        return
    if version not in _known():
        raise ConfigError("store.schema.newer", fix="store.schema.newer.fix", version=version)
    if before is not None:
        command.downgrade(config(connection), "base")
    command.upgrade(config(connection), version)


def current(connection: Connection) -> str | None:
    """What Alembic's own table says; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _migrate(connection: Connection, current: str | None) -> None:
    from alembic import command

    if current is not None and current not in _known():
        raise ConfigError("store.schema.newer", fix="store.schema.newer.fix", version=current)
    command.upgrade(config(connection), "head")


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
