"""The schema's version: Alembic, configured here instead of in a file.

A new migration, from a checkout, against a database at the previous version:
    from alembic import command; command.revision(schema.config(connection), "what changes", autogenerate=True)
"""

from __future__ import annotations

from pathlib import Path

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from cxdash.errors import ConfigError
from cxdash.store import account_tables, collect_tables, people_tables  # noqa: F401  # whoever sees the metadata sees these tables too

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
    return _current(connection) == NEWEST


def upgrade(engine: Engine) -> bool:
    """To the newest version, in one transaction, one process at a time; True when the database was empty before.

    `engine` begins SQLite transactions IMMEDIATE, with foreign keys off.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        current = _current(connection)
        if current == NEWEST:
            return False
        _migrate(connection, current)
        if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"a migration left a row without its parent: {tuple(broken)}")
    return current is None


def _current(connection: Connection) -> str | None:
    """What Alembic's own table says; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _migrate(connection: Connection, current: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    made = config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(made).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError("store.schema.newer", fix="store.schema.newer.fix", version=current)
    command.upgrade(made, "head")
