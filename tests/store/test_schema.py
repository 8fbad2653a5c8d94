"""The migrations make exactly the tables that the models describe, also when two processes start at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from cxdash.errors import ConfigError
from cxdash.store import schema
from cxdash.store.database import make_engine, upgrade
from cxdash.store.tables import Base
from tests.store.making import a_program

ROOT = Path(__file__).parents[2]
START = "import sys; from cxdash.store.database import make_engine, upgrade; upgrade(make_engine(sys.argv[1]))"


def test_migrations_from_empty_make_the_tables_of_the_models(empty_url):
    engine = make_engine(empty_url)
    upgrade(engine)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
    names = set(inspect(engine).get_table_names())
    assert names - {"sqlite_sequence"} == {*Base.metadata.tables, "alembic_version"}
    engine.dispose()


def test_foreign_keys_and_what_they_do_are_those_of_the_models(engine):
    found = inspect(engine)
    for name, table in Base.metadata.tables.items():
        stored = {(k["constrained_columns"][0], k["referred_table"], k["options"].get("ondelete")) for k in found.get_foreign_keys(name)}
        assert stored == {(k.parent.name, k.column.table.name, k.ondelete) for k in table.foreign_keys}, name


def test_upgrading_again_changes_nothing_and_keeps_the_data(engine):
    program_id, _ = a_program(engine)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT slug FROM program WHERE id = :id"), {"id": program_id}).scalar() == "air"


def test_a_migration_can_be_taken_back(empty_url):
    engine = make_engine(empty_url)
    upgrade(engine)
    with engine.execution_options(cxdash_mode="schema").begin() as connection:
        command.downgrade(schema.config(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    upgrade(engine)
    a_program(engine)
    engine.dispose()


def test_processes_that_start_at_once_all_come_up(empty_url):
    started = [subprocess.Popen([sys.executable, "-c", START, empty_url], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0], errors
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    a_program(engine)
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_by_name(engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError) as caught:
        upgrade(engine)
    assert (caught.value.key, caught.value.params) == ("store.schema.newer", {"version": "9999"})


def test_a_migration_that_breaks_leaves_nothing(empty_url, monkeypatch):
    def breaks(*_args: object, **_options: object) -> None:
        raise RuntimeError("power cut")

    engine = make_engine(empty_url)
    monkeypatch.setattr("alembic.operations.Operations.create_index", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == []
    monkeypatch.undo()
    upgrade(engine)
    a_program(engine)
    engine.dispose()
