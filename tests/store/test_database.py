"""Engines and transactions: durability settings, all or nothing, readers beside writers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session

from cxdash.errors import Cancelled, ConfigError, Conflict
from cxdash.store import database, imports, leftovers, programs, responses
from cxdash.store.database import SCHEMA_WRITER, answering, make_engine, reading, upgrade, writing
from cxdash.store.tables import Import
from tests.store.making import a_program, all_of, an_import, frame, load, row

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("mysql://root:geheim@host/db", "store.url.kind"),
        ("duckdb:///x.db", "store.url.kind"),
        ("sqlite://", "store.url.memory"),
        ("sqlite:///:memory:", "store.url.memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "store.url.memory"),
        ("not a url with geheim", "store.url.unreadable"),
    ],
)
def test_an_address_that_cannot_work_is_refused_without_repeating_its_password(url, key):
    with pytest.raises(ConfigError) as caught:
        make_engine(url)
    assert caught.value.key == key and caught.value.fix == "store.url.fix"
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_spelling_of_postgresql_uses_psycopg_and_hides_the_password(url):
    engine = make_engine(url)
    assert engine.dialect.driver == "psycopg" and ":p@" not in repr(engine)


def test_sqlite_keeps_acknowledged_commits_and_checks_keys(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/new/folder/x.db")
    with reading(engine) as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000, "secure_delete": 1}
    engine.dispose()


def test_a_reading_session_cannot_write_and_the_next_writer_can(engine):
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), reading(engine) as session:
        session.execute(text("INSERT INTO program (slug) VALUES ('x')"))
    a_program(engine)


def test_a_block_that_fails_is_rolled_back_whole(engine):
    with pytest.raises(ZeroDivisionError), writing(engine) as session:
        programs.add_program(session, slug="half", name={})
        1 / 0  # noqa: B018
    with reading(engine) as session:
        assert programs.list_programs(session) == []


def test_objects_stay_usable_after_their_session(engine):
    with writing(engine) as session:
        program = programs.add_program(session, slug="air", name={"ko": "항공"})
    assert (program.slug, program.name) == ("air", {"ko": "항공"})
    with reading(engine) as session:
        program = programs.find_program(session, slug_or_id="air")
    assert program.name == {"ko": "항공"}


def test_times_come_back_as_the_same_instant_in_utc(engine):
    program_id, wave_id = a_program(engine)
    seoul = datetime(2026, 1, 1, 8, 59, 59, 999999, tzinfo=timezone(timedelta(hours=9)))
    with writing(engine) as session:
        made = imports.add(session, program_id=program_id, wave_id=wave_id, file_name="a", sha256="0", size=1)
        made.created_at = seoul
    with reading(engine) as session:
        stored = session.get(Import, made.id).created_at
    assert stored == seoul and stored.tzinfo == UTC and stored.day == 31
    with pytest.raises(StatementError, match="without a zone"), writing(engine) as session:
        session.get(Import, made.id).created_at = datetime(2026, 1, 1)  # noqa: DTZ001
        session.flush()


def test_a_reader_sees_one_moment_and_never_waits_for_the_writer(engine):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(row(2)))
    with reading(engine) as reader:
        assert responses.count(reader, program_id=program_id) == 1
        with writing(engine) as writer:
            import_id, ver = an_import(writer, program_id, wave_id, "b"), programs.tick(writer, program_id=program_id)
            responses.insert(
                writer, program_id=program_id, wave_id=wave_id, import_id=import_id, source="import", ver=ver, frame=frame(row(2), row(3))
            )
            with reading(engine) as other:  # the writer has not committed: others read the old state at once
                assert (responses.count(other, program_id=program_id), programs.clock(other, program_id=program_id)) == (1, 1)
        assert (responses.count(reader, program_id=program_id), programs.clock(reader, program_id=program_id)) == (1, 1)
        assert sum(part.height for part in responses.pull(reader, program_id=program_id)) == 1
    with reading(engine) as later:
        assert (responses.count(later, program_id=program_id), programs.clock(later, program_id=program_id)) == (3, 2)


def test_writers_at_once_follow_one_another_with_versions_of_their_own(engine):
    program_id, wave_id = a_program(engine)
    errors: list[BaseException] = []
    begin = threading.Barrier(4)

    def write(number: int) -> None:
        try:
            begin.wait()
            for turn in range(3):
                load(engine, program_id, wave_id, frame(row(2, f"{number}-{turn}"), row(3, "everybody", {"Q": number})), ["Q"])
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    stored = all_of(engine, program_id)
    assert stored.height == 13  # twelve of their own, and one they all spoke about
    with reading(engine) as session:
        assert programs.clock(session, program_id=program_id) == 12
        assert sorted(stored.filter(stored["respondent"] != "everybody")["ver"].to_list()) == list(range(1, 13))


def test_whoever_sees_a_version_sees_all_before_it(engine):
    """A writer that got version 1 and is slow must not commit after version 2."""
    program_id, wave_id = a_program(engine)
    order: list[int] = []

    def second() -> None:
        with writing(engine) as session:
            order.append(programs.tick(session, program_id=program_id))

    with writing(engine) as session:
        first = programs.tick(session, program_id=program_id)
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.4)
        assert thread.is_alive() and order == []  # waits for the clock's row
    thread.join(30)
    assert (first, order) == (1, [2])


def test_a_database_that_stays_locked_is_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    engine = make_engine(f"sqlite:///{tmp_path}/x.db")
    database.upgrade(engine)
    with writing(engine) as first:
        programs.add_program(first, slug="first", name={})
        with pytest.raises(Conflict) as caught, writing(engine) as second:
            programs.add_program(second, slug="second", name={})
    assert (caught.value.key, caught.value.fix, caught.value.params) == ("store.busy", "store.busy.fix", {"seconds": 1})
    engine.dispose()


DIES = """
import os, signal, sys
import polars as pl
from cxdash.store import bulk, programs
from cxdash.store.database import make_engine, writing
from tests.store.making import an_import, frame, row
from cxdash.store import responses
engine, program_id, wave_id = make_engine(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
bulk.SLICE = 50
def on_progress(done, total):
    if done >= 200:
        os.kill(os.getpid(), signal.SIGKILL)
with writing(engine) as session:
    import_id = an_import(session, program_id, wave_id, "died")
    ver = programs.tick(session, program_id=program_id)
    rows = frame(*(row(i, f"k{i}", {"Q": 9}) for i in range(400)))
    responses.insert(session, program_id=program_id, wave_id=wave_id, import_id=import_id, source="import", ver=ver, frame=rows,
                     codes=["Q"], on_progress=on_progress)
"""


def test_kill_9_in_the_middle_of_an_import_leaves_nothing(engine, database_url):
    program_id, wave_id = a_program(engine)
    load(engine, program_id, wave_id, frame(*(row(i, f"k{i}", {"Q": 1}) for i in range(100))), ["Q"])
    before = all_of(engine, program_id)
    done = subprocess.run(
        [sys.executable, "-c", DIES, database_url, str(program_id), str(wave_id)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert all_of(engine, program_id).equals(before)
    with reading(engine) as session:
        assert programs.clock(session, program_id=program_id) == 1
        assert [i.file_name for i in imports.list_imports(session, program_id=program_id)] == ["답변.xlsx"]
    load(engine, program_id, wave_id, frame(row(2, "after")))  # and nobody holds a lock
    assert all_of(engine, program_id).height == 101


def test_cancelling_leaves_nothing(engine, monkeypatch):
    monkeypatch.setattr("cxdash.store.bulk.SLICE", 10)
    program_id, wave_id = a_program(engine)
    seen: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        load(
            engine,
            program_id,
            wave_id,
            frame(*(row(i) for i in range(100))),
            on_progress=lambda done, total: seen.append((done, total)),
            should_stop=lambda: len(seen) >= 3,
        )
    assert seen == [(10, 100), (20, 100), (30, 100)]
    with reading(engine) as session:
        assert responses.count(session, program_id=program_id) == 0
        assert imports.list_imports(session, program_id=program_id) == []


def test_every_transaction_has_its_own_settings(tmp_path: Path) -> None:
    """They are kept on the connection and changed only when the next one wants others."""
    engine = make_engine(f"sqlite:///{tmp_path}/own.db")
    upgrade(engine)

    def held(session: Session) -> tuple[int, int, int]:
        asked = ("busy_timeout", "foreign_keys", "query_only")
        return tuple(session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked)  # type: ignore[return-value]

    for _ in range(2):
        with reading(engine) as session:
            assert held(session) == (30_000, 1, 1)
        with answering(engine, patience=2) as session:
            assert held(session) == (2_000, 1, 0)
        with writing(engine) as session:
            assert held(session) == (30_000, 1, 0)
        assert leftovers.flush(engine)
        with engine.execution_options(**SCHEMA_WRITER).begin() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 0
    engine.dispose()
