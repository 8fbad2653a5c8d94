"""Every schema this repository ever had is upgraded with data in it, and says the same afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from cxdash.services import checkup, metrics
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store import dump, responses, schema
from cxdash.store.collect_tables import Contact
from cxdash.store.database import make_engine, reading, upgrade
from tests import house
from tests.running import oldstore

OLD = sorted(script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions())[:-1]


def figures(deps: Deps) -> dict[str, float]:
    total = metrics.metrics(deps, LOCAL, program="old").total
    return {"n": total.responses, "nps": round(total.nps.value, 9), "csat": round(total.csat.value, 9)}


def same(found: dict[str, float]) -> bool:
    return found == {name: round(value, 9) for name, value in oldstore.expected().items()}


def test_the_numbers_of_the_versions_follow_one_another() -> None:
    script = ScriptDirectory.from_config(schema.config())
    assert script.get_heads() == [schema.NEWEST]
    assert [r.down_revision for r in sorted(script.walk_revisions(), key=lambda r: r.revision)] == [None, *OLD]


@pytest.mark.parametrize("version", OLD)
def test_an_older_database_is_upgraded_with_its_data(empty_url: str, version: str, tmp_path: Path) -> None:
    engine = make_engine(empty_url)
    oldstore.make(engine, version)
    engine.dispose()
    deps = house.build(tmp_path / "home", database=empty_url)
    try:
        assert same(figures(deps))
        with reading(deps.engine) as session:
            ids = responses.documents(session, ids=[1], program_id=1)
            assert ids.height == 1
            if version >= "0003":
                contact = session.get(Contact, 1)
                assert (contact.name, contact.email) == (oldstore.NAME, oldstore.EMAIL)
        found = checkup.check(deps, LOCAL)
        bad = [finding for finding in found.findings if finding.level == checkup.BAD]
        assert not bad, bad
        with dump.snapshot(deps.engine) as connection:
            assert dump.counters(connection)["response"] == 5_000
    finally:
        house.close(deps)


def test_a_migration_that_fails_leaves_the_old_state(empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = make_engine(empty_url)
    oldstore.make(engine, OLD[1])
    before = everything(engine)
    calls = {"n": 0}
    from alembic.operations import Operations

    create = Operations.create_table

    def breaks(*args: object, **options: object) -> object:
        calls["n"] += 1
        if calls["n"] == 6:  # in the middle: some tables are there already
            raise RuntimeError("power cut")
        return create(*args, **options)

    monkeypatch.setattr("alembic.operations.Operations.create_table", breaks)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade(engine)
    assert everything(engine) == before
    monkeypatch.undo()
    upgrade(engine)
    engine.dispose()
    deps = house.build(tmp_path / "home", database=empty_url)
    assert same(figures(deps))
    house.close(deps)


def everything(engine: object) -> dict[str, object]:
    with dump.snapshot(engine) as connection:  # type: ignore[arg-type]
        found: dict[str, object] = {shape.name: list(dump.rows(connection, shape)) for shape in dump.shapes(connection)}
        found["version"] = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
