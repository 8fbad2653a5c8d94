"""The log only grows, holds together, and says where it does not."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from cxdash.config import load_settings
from cxdash.services import audit as service
from cxdash.services.actor import LOCAL
from cxdash.store import audit, vault
from cxdash.store.database import make_engine, reading, writing

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from cxdash.services import audit
from cxdash.services.actor import LOCAL
from cxdash.store.database import make_engine, writing
engine = make_engine(sys.argv[1])
for n in range(25):
    with writing(engine) as session:
        audit.record(session, LOCAL, "test.write", f"{sys.argv[2]}:{n}", after={"n": n})
        audit.record(session, LOCAL, "test.again", f"{sys.argv[2]}:{n}")
"""


def note(engine: Engine, n: int = 1, **values: object) -> None:
    for i in range(n):
        with writing(engine) as session:
            audit.add(session, action="thing.change", about=f"thing:{i}", who="김영희", role="admin", address="10.0.0.1", **values)


def verified(engine: Engine) -> audit.Verified:
    with reading(engine) as session:
        return audit.verify(session)


def meddle(engine: Engine, *statements: str) -> None:
    """As somebody who may do anything in the database, and first takes the triggers away."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("DROP FUNCTION cxdash_only_more() CASCADE"))
        for statement in statements:
            connection.execute(text(statement))


def test_entries_are_chained_and_verify(engine):
    assert verified(engine) == audit.Verified(0, "", None)
    note(engine, 3, before={"name": "옛 이름", "n": 1.5, "on": True, "none": None}, after={"list": [1, "둘"]})
    found = verified(engine)
    with reading(engine) as session:
        rows = audit.entries(session)
    assert [row.id for row in rows] == [3, 2, 1]
    assert (found.length, found.hash, found.broken) == (3, rows[0].hash, None)
    assert rows[0].previous == rows[1].hash and rows[-1].previous == ""
    assert rows[0].before == {"name": "옛 이름", "n": 1.5, "on": True, "none": None} and rows[0].after == {"list": [1, "둘"]}
    assert (rows[0].who, rows[0].role, rows[0].address) == ("김영희", "admin", "10.0.0.1")


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit", "DELETE FROM audit_head", "TRUNCATE audit"])
def test_the_database_itself_refuses_to_change_the_log(engine, statement):
    if engine.dialect.name == "sqlite" and statement.startswith("TRUNCATE"):
        pytest.skip("SQLite has no TRUNCATE")
    note(engine, 2)
    with pytest.raises(DBAPIError, match="only grow"), engine.begin() as connection:
        connection.execute(text(statement))
    assert verified(engine).length == 2


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["UPDATE audit SET who = 'nobody' WHERE id = 2"], (2, "entry")),
        (["UPDATE audit SET about = 'thing:9' WHERE id = 4"], (4, "entry")),
        (["DELETE FROM audit WHERE id = 3"], (3, "link")),
        (["DELETE FROM audit WHERE id = 4"], (4, "cut")),
        (["DELETE FROM audit WHERE id > 2", "UPDATE audit_head SET length = 2, hash = (SELECT hash FROM audit WHERE id = 2)"], (3, "seal")),
        (["DELETE FROM audit", "UPDATE audit_head SET length = 0, hash = ''"], (1, "seal")),
        (["DELETE FROM audit_head"], (5, "seal")),
    ],
)
def test_meddling_is_told_with_its_place(engine, statements, broken):
    note(engine, 4)
    meddle(engine, *statements)
    found = verified(engine).broken
    assert found is not None and (found.id, found.why) == broken


def test_the_next_entry_does_not_heal_what_was_cut(engine):
    note(engine, 4)
    meddle(engine, "DELETE FROM audit WHERE id > 2", "UPDATE audit_head SET length = 2, hash = (SELECT hash FROM audit WHERE id = 2)")
    note(engine, 2)
    found = verified(engine).broken
    assert found is not None and (found.id, found.why) == (3, "seal")
    with reading(engine) as session:
        assert [row.action for row in audit.entries(session)] == [*["thing.change"] * 2, audit.FOREIGN, *["thing.change"] * 2]


def test_a_changed_secret_is_told_unless_the_former_one_is_still_listed(engine):
    note(engine, 2)
    former = load_settings({})
    try:
        vault.use(dataclasses.replace(former, secret="another secret that is long enough for it"))
        assert verified(engine).broken is not None
        vault.use(dataclasses.replace(former, secret="another secret that is long enough for it", personal_key=former.secret))
        assert verified(engine).broken is None
        note(engine)
        vault.use(dataclasses.replace(former, secret="another secret that is long enough for it"))
        assert (verified(engine).length, verified(engine).broken) == (3, None)
    finally:
        vault.use(former)


def test_nothing_is_noted_of_what_was_rolled_back(engine):
    with pytest.raises(RuntimeError), writing(engine) as session:
        audit.add(session, action="thing.change")
        raise RuntimeError
    note(engine)
    assert verified(engine).length == 1


def test_processes_that_write_at_once_make_one_chain(database_url):
    started = [subprocess.Popen([sys.executable, "-c", WRITER, database_url, str(n)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
               for n in range(3)]
    errors = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors
    engine = make_engine(database_url)
    assert (verified(engine).length, verified(engine).broken) == (150, None)
    with reading(engine) as session:
        assert audit.count(session, action="test.write") == 75
        assert audit.actions(session) == ["test.again", "test.write"]
    engine.dispose()


def test_personal_values_do_not_come_in(engine):
    with writing(engine) as session:
        service.record(session, LOCAL, "mail.send", "to kim@example.com", before={"phone": "010-1234-5678", "rrn": ["900101-1234567"]},
                       after={"kim@example.com": {"n": 3, "text": "+82 10 1234 5678 / 4111-1111-1111-1111"}})  # fmt: skip
    with reading(engine) as session:
        (row,) = audit.entries(session)
    assert row.about == "to ***"
    assert row.before == {"phone": "***", "rrn": ["***"]}
    assert row.after == {"***": {"n": 3, "text": "*** / ***"}}
    assert verified(engine).broken is None
