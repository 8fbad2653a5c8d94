"""Out and in again: every value of every table, every figure, on both databases and from one to the other; and what is refused."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cxdash import cli, ownsecret
from cxdash.errors import Conflict, CxError, FileDamaged, FileError, FilePassword, Refused
from cxdash.services import audit, backup, checkup, ledger, pins, programs, rotation, strongbox
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.view import View
from cxdash.store import contacts, database, dump, schema, sealing, vault
from cxdash.store.database import make_engine, writing
from tests import house
from tests.databases import Server
from tests.running import oldstore
from tests.services.making import bring, figures, rows, told, write

PASSPHRASE = "correct horse battery staple"


def everything(engine: Any) -> dict[str, list[Any]]:
    """Every value of every table, in the form it travels in."""
    with dump.snapshot(engine) as connection:
        return {s.name: [dict(zip([c for c, _k in s.columns], row, strict=True)) for part in dump.rows(connection, s) for row in part]
                for s in dump.shapes(connection)}  # fmt: skip


def bare(url: str, home: Path) -> Deps:
    """As `runtime.as_it_is`: nothing is made or upgraded."""
    from cxdash.config import load_settings

    home.mkdir(parents=True, exist_ok=True)
    settings = load_settings({"CXDASH_HOME": str(home), "CXDASH_DATABASE_URL": url, "CXDASH_DEMO": "0"})
    return Deps(make_engine(url), lambda _program: None, settings)  # type: ignore[arg-type, return-value]


@pytest.fixture
def full(empty_url: str, tmp_path: Path) -> Iterator[Deps]:
    """A store with a row in every table, hostile texts, and a programme that was imported."""
    engine = make_engine(empty_url)
    oldstore.make(engine, schema.NEWEST)
    engine.dispose()
    deps = house.build(tmp_path / "home", database=empty_url)
    bring(deps, write(tmp_path / "a.csv", rows(60)))
    with writing(deps.engine) as session:
        audit.record(session, LOCAL, "test.made", "store", after={"n": 1})
    yield deps
    house.close(deps)


def pinned(deps: Deps, folder: Path) -> None:
    """Reported figures, and an import after them, so that the ledger has something to say."""
    view = View(program="가게")
    for metric in overview(deps, LOCAL, view=view).metrics:
        pins.pin(deps, LOCAL, view=view, metric=metric, name=metric)
    bring(deps, write(folder / "later.csv", rows(20, first=300)))


def screens(deps: Deps) -> tuple[str, str]:
    """Every number of the first screen (headlines, mix, trend, stages, segments) and of the ledger; the figures of the command line too."""
    view = View(program="가게")
    seen = overview(deps, LOCAL, view=view)
    parts = (seen.responses, seen.total, seen.cards, seen.metrics, seen.mix, seen.trend, seen.stages, seen.segments, told(figures(deps)))
    kept, _ = pins.list_pins(deps, LOCAL, catalog=seen.catalog, limit=100)
    return repr(parts), repr(ledger.entries(deps, LOCAL, catalog=seen.catalog, pins=kept))


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of the kind that the test names."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/other.db"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.new_database()
    yield url
    server.drop_database(url)


@pytest.mark.parametrize("other_url", ["sqlite", "postgresql"], indirect=True)
def test_everything_comes_back_in_either_database(full: Deps, other_url: str, tmp_path: Path) -> None:
    pinned(full, tmp_path)
    before, shown, old = everything(full.engine), screens(full), told(figures(full, program="old"))
    assert "moved" in shown[1] and len(shown[0]) > 3_000  # there is something to compare
    made = backup.back_up(full, LOCAL, tmp_path / "b.backup", passphrase=PASSPHRASE)
    assert made.rows == sum(map(len, before.values())) and made.sealed and (tmp_path / "b.backup").stat().st_mode & 0o077 == 0
    assert oldstore.NAME.encode() not in (tmp_path / "b.backup").read_bytes() and b"response" not in (tmp_path / "b.backup").read_bytes()
    bare_deps = bare(other_url, tmp_path / "home2")
    done = backup.restore(bare_deps, LOCAL, tmp_path / "b.backup", passphrase=PASSPHRASE)
    assert (done.schema, done.rows) == (schema.NEWEST, made.rows)
    after = everything(bare_deps.engine)
    assert [row["action"] for row in after["audit"][-1:]] == ["backup.restore"]  # the only thing that was added
    after["audit"], after["audit_head"] = after["audit"][: len(before["audit"])], before["audit_head"]
    assert after == before
    with dump.snapshot(full.engine) as one, dump.snapshot(bare_deps.engine) as two:
        common = set(dump.counters(one)) & set(dump.counters(two))
        assert "response" in common
        assert {k: dump.counters(one)[k] for k in common} == {k: dump.counters(two)[k] for k in common}
    bare_deps.engine.dispose()
    again = house.build(tmp_path / "home2", database=other_url)
    assert screens(again) == shown and told(figures(again, program="old")) == old
    assert checkup.check(again, LOCAL).sound
    bring(again, write(tmp_path / "b.csv", rows(10, first=500)))  # and work goes on
    assert figures(again).total.responses == 90
    house.close(again)


def test_a_backup_is_one_moment_while_others_write(database_url: str, tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", database=database_url)
    bring(deps, write(tmp_path / "a.csv", rows(40)))
    before, n = everything(deps.engine), {"imports": 0}

    def write_meanwhile(_table: str, _rows: int) -> None:
        if n["imports"] < 3:  # after each of the first tables a whole import is committed
            n["imports"] += 1
            bring(deps, write(tmp_path / f"{n['imports']}.csv", rows(20, first=1000 * n["imports"], seed=n["imports"])))

    backup.back_up(deps, LOCAL, tmp_path / "b.backup", tell=write_meanwhile)
    assert n["imports"] == 3 and figures(deps).total.responses == 100
    house.close(deps)
    other = bare(f"sqlite:///{tmp_path}/other.db", tmp_path / "home2")
    backup.restore(other, LOCAL, tmp_path / "b.backup")
    found = everything(other.engine)
    assert len(found["response"]) == 40
    for store in (found, before):
        del store["audit"], store["audit_head"]
    assert found == before
    other.engine.dispose()


def test_an_older_backup_is_upgraded_as_it_comes_in(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/old.db")
    oldstore.make(engine, "0002")
    engine.dispose()
    old = bare(f"sqlite:///{tmp_path}/old.db", tmp_path / "home")
    made = backup.back_up(old, LOCAL, tmp_path / "b.backup")  # a backup before an upgrade does not upgrade
    assert made.schema == "0002"
    old.engine.dispose()
    new = bare(f"sqlite:///{tmp_path}/new.db", tmp_path / "home2")
    assert backup.restore(new, LOCAL, tmp_path / "b.backup").schema == "0002"
    new.engine.dispose()
    deps = house.build(tmp_path / "home2", database=f"sqlite:///{tmp_path}/new.db")
    total = figures(deps, program="old").total
    assert total.responses == oldstore.expected()["n"] and total.nps.value == pytest.approx(oldstore.expected()["nps"], abs=1e-9)
    house.close(deps)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Deps, Path]]:
    """A store and its backup, not sealed."""
    deps = house.build(tmp_path / "home")
    bring(deps, write(tmp_path / "a.csv", rows(30)))
    backup.back_up(deps, LOCAL, tmp_path / "b.backup")
    yield deps, tmp_path / "b.backup"
    house.close(deps)


def rewritten(path: Path, change: Any) -> Path:
    """The same archive with its manifest changed."""
    made = path.with_suffix(".changed")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "manifest.json":
                manifest = json.loads(data)
                change(manifest)
                data = json.dumps(manifest).encode()
            new.writestr(name, data)
    return made


def refused(path: Path, home: Path, passphrase: str = "") -> CxError:
    target = bare(f"sqlite:///{home}/x.db", home)
    try:
        with pytest.raises(CxError) as caught:
            backup.restore(target, LOCAL, path, passphrase=passphrase)
        with target.engine.connect() as connection:
            assert schema.current(connection) is None  # nothing was made
    finally:
        target.engine.dispose()
    return caught.value


def test_a_store_with_something_in_it_is_not_touched(small: tuple[Deps, Path]) -> None:
    deps, path = small
    before = everything(deps.engine)
    with pytest.raises(Conflict) as caught:
        backup.restore(deps, LOCAL, path)
    assert caught.value.key == "care.not_empty" and everything(deps.engine) == before


def test_an_empty_store_of_this_version_takes_a_backup(small: tuple[Deps, Path], empty_url: str, tmp_path: Path) -> None:
    target = bare(empty_url, tmp_path / "home2")
    database.upgrade(target.engine)
    assert backup.restore(target, LOCAL, small[1]).rows > 30
    target.engine.dispose()


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_damaged_file_is_refused_with_one_sentence(small: tuple[Deps, Path], where: float, tmp_path: Path) -> None:
    data = bytearray(small[1].read_bytes())
    at = int(len(data) * where)
    data[at:at + 8] = bytes(b ^ 0x55 for b in data[at:at + 8])
    (tmp_path / "d.backup").write_bytes(data)
    error = refused(tmp_path / "d.backup", tmp_path / "home2")
    assert isinstance(error, FileError)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello" * 100, strongbox.MAGIC, strongbox.MAGIC + b"{}\n" + b"x" * 100])
def test_what_is_no_backup_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "n.backup").write_bytes(content)
    assert isinstance(refused(tmp_path / "n.backup", tmp_path / "home2", PASSPHRASE), FileDamaged)


def test_a_cut_off_file_is_refused(small: tuple[Deps, Path], tmp_path: Path) -> None:
    (tmp_path / "c.backup").write_bytes(small[1].read_bytes()[:-400])
    assert isinstance(refused(tmp_path / "c.backup", tmp_path / "home2"), FileDamaged)


def test_a_newer_form_and_a_newer_schema_are_refused_by_name(small: tuple[Deps, Path], tmp_path: Path) -> None:
    assert refused(rewritten(small[1], lambda m: m.update(format=99)), tmp_path / "h2").key == "care.newer"
    assert refused(rewritten(small[1], lambda m: m.update(schema="9999")), tmp_path / "h3").key == "store.schema.newer"


def test_a_part_that_is_not_what_was_written_is_found_before_anything_is_changed(small: tuple[Deps, Path], tmp_path: Path) -> None:
    def other(manifest: dict[str, Any]) -> None:
        manifest["tables"][-1]["parts"] = [{"name": "tables/none", "rows": 1, "sha256": "0" * 64}]

    assert isinstance(refused(rewritten(small[1], other), tmp_path / "h2"), FileDamaged)


def test_sealed_means_sealed(small: tuple[Deps, Path], tmp_path: Path) -> None:
    deps, _ = small
    path = tmp_path / "s.backup"
    with pytest.raises(Conflict):
        backup.back_up(deps, LOCAL, path, passphrase="short")
    assert not path.exists()
    backup.back_up(deps, LOCAL, path, passphrase=PASSPHRASE)
    assert isinstance(refused(path, tmp_path / "h2"), FilePassword)
    assert isinstance(refused(path, tmp_path / "h3", PASSPHRASE + "!"), FilePassword)
    with pytest.raises(Conflict):
        backup.back_up(deps, LOCAL, path)  # nothing is written over


COST = {"n": 1 << 4, "r": 8, "p": 1}  # for tests of the form only


def sealed(clear: bytes) -> bytes:
    out = io.BytesIO()
    sealing = strongbox.Sealing(out, PASSPHRASE, cost=COST)
    for start in range(0, len(clear), 300_000):
        sealing.write(clear[start:start + 300_000])
    sealing.finish()
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, strongbox.PIECE - 1, strongbox.PIECE, strongbox.PIECE + 1, 2 * strongbox.PIECE + 7])
def test_pieces_come_back_from_any_place(size: int) -> None:
    clear = bytes(i * 7 % 251 for i in range(size))
    opened = io.BufferedReader(strongbox.Opened(io.BytesIO(sealed(clear)), PASSPHRASE, "x"))
    assert opened.read() == clear
    for at in (0, size // 2, max(0, size - 3)):
        opened.seek(at)
        assert opened.read(5) == clear[at:at + 5]


def test_pieces_cannot_be_exchanged_left_out_or_cut() -> None:
    whole = sealed(bytes(3 * strongbox.PIECE))
    head, step = whole.index(b"}\n") + 2, strongbox.PIECE + 16
    pieces = [whole[head + i * step:head + (i + 1) * step] for i in range(3)]
    first, second, third = pieces
    for changed in (pieces[:2], [first, third, second], [first, third], [*pieces, third], [first, second, third[:-1]]):
        with pytest.raises((FileDamaged, FilePassword)):
            strongbox.Opened(io.BytesIO(whole[:head] + b"".join(changed)), PASSPHRASE, "x").readall()
    with pytest.raises((FileDamaged, FilePassword)):
        strongbox.Opened(io.BytesIO(whole.replace(b'"n": 16', b'"n": 32', 1)), PASSPHRASE, "x")


def test_a_file_that_asks_for_all_the_memory_is_refused() -> None:
    whole = sealed(b"x").replace(b'"n": 16', b'"n": 1099511627776', 1)
    with pytest.raises(FileDamaged):
        strongbox.Opened(io.BytesIO(whole), PASSPHRASE, "x")


@pytest.mark.parametrize("role", [RoleName.VIEWER, RoleName.MARKETER, RoleName.ANALYST, RoleName.RESPONDENT])
def test_only_administrators(small: tuple[Deps, Path], role: RoleName, tmp_path: Path) -> None:
    deps, path = small
    actor = Actor("x", role)
    calls = (
        lambda: backup.back_up(deps, actor, tmp_path / "y"), lambda: backup.restore(deps, actor, path), lambda: checkup.check(deps, actor)
    )
    for call in calls:
        with pytest.raises(Refused):
            call()


def test_the_tables_that_migrations_put_rows_in_are_known(empty_url: str) -> None:
    engine = make_engine(empty_url)
    database.upgrade(engine)
    assert {name for name, found in everything(engine).items() if found} == dump._SEEDED
    engine.dispose()


# ---------------------------------------------------------------- the commands


def run(monkeypatch: pytest.MonkeyPatch, home: Path, *words: str, **variables: str) -> tuple[int, str, str]:
    monkeypatch.setenv("CXDASH_HOME", str(home))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out, err = io.StringIO(), io.StringIO()
    code = cli.main([*words, "--language", "en"], out, err)
    return code, out.getvalue(), err.getvalue()


def test_the_commands(small: tuple[Deps, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deps, _ = small
    home, new, path = deps.settings.home, tmp_path / "new", str(tmp_path / "c.backup")
    secret = {"CXDASH_BACKUP_PASSPHRASE": "a-long-passphrase-for-tests"}
    code, out, _err = run(monkeypatch, home, "backup", path, "--encrypt", "--json", **secret)
    assert code == 0 and json.loads(out)["sealed"] and json.loads(out)["schema"] == schema.NEWEST
    assert run(monkeypatch, home, "backup", path)[0] == cli.STATE
    assert run(monkeypatch, new, "check")[0] == cli.SETTINGS  # there is no database yet
    assert not (new / "cxdash.db").exists()
    shutil.copy(home / ownsecret.FILE, new / ownsecret.FILE)  # keys are in no backup
    code, out, err = run(monkeypatch, new, "restore", path, **secret)
    assert code == 0 and "Restored" in err
    code, out, err = run(monkeypatch, new, "check", "--json")
    assert code == 0 and json.loads(out)["sound"] and {f["level"] for f in json.loads(out)["findings"]} == {"good", "note"}
    assert run(monkeypatch, new, "restore", path)[0] == cli.STATE
    monkeypatch.delenv("CXDASH_BACKUP_PASSPHRASE")
    assert run(monkeypatch, tmp_path / "third", "restore", path)[0] == cli.SETTINGS
    (tmp_path / "word").write_text("a-long-passphrase-for-tests\n")
    assert run(monkeypatch, tmp_path / "third", "restore", path, "--passphrase-file", str(tmp_path / "word"))[0] == 0
    code, out, _err = run(monkeypatch, tmp_path / "third", "check")
    assert code == cli.UNSOUND and "CXDASH_PERSONAL_KEY" in out  # a server with a key of its own
    assert [p.slug for p in programs.list_programs(deps, LOCAL)]
    assert [row["action"] for row in everything(deps.engine)["audit"]].count("backup.make") == 2  # that of the fixture, and the command's


def broken(change: str, deps: Deps) -> set[str]:
    raw = sqlite3.connect(deps.settings.home / "cxdash.db", timeout=30)  # past everything that guards it
    raw.executescript(change)
    raw.close()
    found = checkup.check(deps, LOCAL)
    assert not found.sound
    return {finding.key for finding in found.findings if finding.level == checkup.BAD}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("DELETE FROM wave", "care.check.orphans"),
        ("UPDATE response SET ver = 99 WHERE id = 1", "care.check.ahead"),
        ("UPDATE response SET answers = '{nothing' WHERE id = 1", "care.check.documents"),
        ("UPDATE alembic_version SET version_num = '9999'", "care.check.schema_newer"),
        ("DROP TRIGGER audit_no_update; UPDATE audit SET who = 'somebody else' WHERE id = 1", "care.check.audit_entry"),
        ("DROP TRIGGER audit_no_delete; DELETE FROM audit", "care.check.audit_cut"),
    ],
)
def test_check_names_what_is_broken(small: tuple[Deps, Path], change: str, key: str) -> None:
    assert key in broken(change, small[0])


def test_check_says_whether_the_key_of_personal_data_fits(small: tuple[Deps, Path]) -> None:
    deps, _ = small
    with writing(deps.engine) as session:
        contacts.save_contacts(session, program_id=1, rows=[{"key": "C1", "name": "김하나"}])
    own, new = deps.settings.secret, "a new key that is long enough for its purpose"

    def keys_of(key: str) -> dict[str, str]:
        vault.use(dataclasses.replace(deps.settings, personal_key=key))
        return {f.key: f.level for f in checkup.check(deps, LOCAL).findings if ".personal_" in f.key}

    try:
        assert keys_of("") == {"care.check.personal_good": "good"}
        assert keys_of(new) == {"care.check.personal_wrong": "bad"}
        told = {"care.check.personal_former": "note", "care.check.personal_good": "good"}
        assert keys_of(f"{new},{own}") == told  # until everything is sealed anew
        with writing(deps.engine) as session:
            assert sealing.reseal_keyring(session)
        assert keys_of(f"{new},{own}") == told
        assert keys_of(new) == {"care.check.personal_lost": "bad"}
        vault.use(dataclasses.replace(deps.settings, personal_key=f"{new},{own}"))
        rotation.rotate(deps, LOCAL)
        assert keys_of(new) == {"care.check.personal_good": "good"}
        production = dataclasses.replace(deps.settings, env="production", personal_key="")
        assert "care.check.personal_none" in {f.key for f in checkup.check(dataclasses.replace(deps, settings=production), LOCAL).findings}
    finally:
        vault.use(deps.settings)


def test_check_names_a_damaged_file(small: tuple[Deps, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deps, _ = small
    with deps.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    house.close(deps)
    path = deps.settings.home / "cxdash.db"
    with path.open("r+b") as file:  # every page but the first: what is in them no longer holds together
        for page in range(1, int(pages)):
            file.seek(page * 16_384)
            file.write(b"\xa5" * 200)
    code, out, err = run(monkeypatch, deps.settings.home, "check")
    assert code == cli.UNSOUND and "bad\t" in out and "Traceback" not in err


def test_check_tells_of_a_schema_that_the_next_start_upgrades(small: tuple[Deps, Path]) -> None:
    deps, _ = small
    with deps.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    found = checkup.check(deps, LOCAL)
    assert found.sound and "care.check.schema_older" in {f.key for f in found.findings if f.level == checkup.NOTE}


def test_check_tells_of_a_snapshot_that_cannot_be_read(small: tuple[Deps, Path]) -> None:
    deps, _ = small
    folder = deps.settings.home / "snapshots"
    folder.mkdir(exist_ok=True)
    (folder / "program-77.snapshot").write_bytes(b"half of it")
    found = checkup.check(deps, LOCAL)
    assert found.sound and "care.check.snapshot" in {f.key for f in found.findings if f.level == checkup.NOTE}
