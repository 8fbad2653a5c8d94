"""After an erasure nothing of the person is left: not in clear and not sealed, in no table and in no file under the house's folder.

What is personal is sealed, so looking for a name in clear would find nothing before either. What is looked for is therefore what was
stored: every sealed text, hash and random name that came into the database with the person.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from cxdash.services import history, leftovers, mine, people, responses, retention
from cxdash.services import audit as log
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.retention import Policy
from cxdash.services.view import View
from cxdash.store import contacts, imports, keyed, webhooks
from cxdash.store.collect_tables import Mail
from cxdash.store.database import reading, writing
from cxdash.store.tables import Base
from tests.services import making
from tests.services.answering import House, answer, invite, open_house

CLEAR = ("김하나", "hana@example.com", "010-1234-5678", "CUSTOMER-4711", "내선")
_TRACE = re.compile(r"s1:[0-9a-f]{8}:[A-Za-z0-9+/=]+|k1:[A-Za-z0-9_-]{22,}|p:[0-9a-f]{40}|\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b")
KEPT = ("audit", "keyring", "consent_text", "import", "alembic")  # hold nothing of a person: the log by a test of its own


def traces(deps: Deps) -> set[str]:
    """Everything in the database that stands for somebody."""
    tables = [name for name in Base.metadata.tables if not name.startswith(KEPT)]
    with deps.engine.connect() as connection:
        return {one for name in tables for row in connection.execute(text(f'SELECT * FROM "{name}"')) for one in _TRACE.findall(str(row))}


def on_disk(deps: Deps) -> bytes:
    """Every file of the house: the database with its log beside it, copies, scratch."""
    paths = set(Path(deps.settings.home).rglob("*"))
    if deps.engine.dialect.name == "sqlite":
        database = Path(deps.engine.url.database or "")
        paths |= set(database.parent.glob(database.name + "*"))
    return b"\n".join(path.read_bytes() for path in sorted(paths) if path.is_file())


def crowd(house: House, writer: Writer) -> None:
    for n in range(12):
        answer(house, writer, nps=10 - n % 5, why=f"말 {n}")


def hana(house: House, writer: Writer, folder: Path) -> str:
    """A customer in every place there is: list, mail, invitation, visit, answer, webhook, two imports, a cell that could not be used."""
    with writing(house.deps.engine) as session:
        webhooks.add_webhook(session, program_id=house.program_id, url="https://example.org/hook")
    token = invite(house, "CUSTOMER-4711")["CUSTOMER-4711"]
    with writing(house.deps.engine) as session:
        rows = [{"key": "CUSTOMER-4711", "name": CLEAR[0], "email": CLEAR[1], "attributes": {"phone": CLEAR[2]}}]
        [number] = contacts.save_contacts(session, program_id=house.program_id, rows=rows).values()
        session.add(Mail(program_id=house.program_id, contact_id=number, kind="invite", to=CLEAR[1], subject="초대", body="본문", state="sent"))
    answer(house, writer, token=token, nps=2, why=f"{CLEAR[0]} {CLEAR[2]}")
    given = making.mapping({"header": "전반", "scale": {"lo": 1, "hi": 5}})
    data = making.rows(3, first=900)
    data[0][0], data[0][2], data[0][3], data[0][7] = "CUSTOMER-4711", CLEAR[2], f"{CLEAR[0]} 점수 없음", "다시 씁니다"
    making.bring(house.deps, making.write(folder / "a.csv", data), program="shop", wave="2026-1", chosen=given)
    making.bring(house.deps, making.write(folder / "b.csv", data[:1]), program="shop", wave="2026-1", chosen=given)
    return token


@pytest.mark.parametrize("way", ["erase", "withdraw", "expire"])
def test_no_table_and_no_file_holds_a_trace(deps: Deps, tmp_path: Path, way: str) -> None:
    house, writer = open_house(deps), Writer(deps.engine)
    crowd(house, writer)
    before = traces(deps)
    token = hana(house, writer, tmp_path)
    assert writer.stop()
    deps.facts(house.program_id).save()
    with reading(deps.engine) as session:
        own = set(keyed.kept_keys(session, ["CUSTOMER-4711"]).values())
    hers = traces(deps) - before
    strangers = {one for one in hers if _of_strangers(deps, one)}
    hers -= strangers
    held = on_disk(deps)
    assert len(hers) >= 12 and own <= hers
    if deps.engine.dialect.name == "sqlite":
        assert not {one for one in hers if one.encode() not in held}  # so that what follows means something
    assert not any(word.encode() in held for word in CLEAR)
    if way == "erase":
        for found in people.find(deps, LOCAL, wanted="CUSTOMER-4711"):
            people.erase(deps, LOCAL, who=found.who, keep=False)
    elif way == "withdraw":
        assert mine.withdraw(deps, RESPONDENT, token=token, secret="") is not None
        hers -= own  # the bare key stays, so that nobody writes to them again
    else:
        retention.save_policy(deps, LOCAL, program="shop", policy=Policy(personal=1, drafts=1))
        with writing(deps.engine) as session:
            session.execute(text("UPDATE contact SET seen_at = '2020-01-01 00:00:00.000000'"))
            session.execute(text("UPDATE response SET at = '2020-01-01 00:00:00.000000'"))
        assert retention.daily(deps) is not None
    assert not traces(deps) & hers
    left = on_disk(deps)
    assert not {one for one in hers if one.encode() in left}
    assert not any(word.encode() in left for word in CLEAR)


def _of_strangers(deps: Deps, trace: str) -> bool:
    """Of the other rows of the files, who stay."""
    with reading(deps.engine) as session:
        others = set(keyed.kept_keys(session, ["C901", "C902"]).values())
        rows = session.execute(text("SELECT respondent, attributes, answers FROM response")).all()
    return any(trace in str(row) for row in rows if row[0] in others)


def test_uploads_that_nobody_finished_are_swept(deps: Deps) -> None:
    scratch = deps.settings.home / leftovers.SCRATCH
    (scratch / "cxdash-import-x").mkdir(parents=True)
    old, new, inside = scratch / "upload-a.csv", scratch / "upload-b.csv", scratch / "cxdash-import-x" / "rows.parquet"
    for path in (old, new, inside):
        path.write_text(CLEAR[0])
    for path in (old, inside, inside.parent):
        os.utime(path, (time.time() - 2 * leftovers.DAY,) * 2)
    assert leftovers.sweep(deps.settings.home) == 3
    assert [path.name for path in scratch.iterdir()] == ["upload-b.csv"]
    os.utime(new, (time.time() - 2 * leftovers.HOUR,) * 2)
    leftovers.after_erasing(deps)
    assert not list(scratch.iterdir())


def test_whatever_leaves_as_a_file_is_one_line_of_the_log_without_a_word_of_anybody(deps: Deps, tmp_path: Path) -> None:
    data = making.rows(30)
    data[2][3] = "박둘리 010-9999-8888"
    done = making.bring(deps, making.write(tmp_path / "a.csv", data))
    frame = responses.export_frame(deps, LOCAL, view=View(program="가게"))[1]
    history.export_problems(deps, LOCAL, import_id=done.id)
    log.exported(deps, LOCAL, what="report", about="program:가게", kind="pdf")
    log.export(deps, LOCAL)
    found = log.entries(deps, LOCAL, wanted=log.Wanted(action="take.")).entries
    with reading(deps.engine) as session:
        problems = imports.count_problems(session, done.id)
    assert [(one.action, one.after) for one in reversed(found)][:3] == [
        ("take.responses", {"rows": frame.height}), ("take.problems", {"rows": problems}), ("take.report", {"kind": "pdf"})]  # fmt: skip
    assert found[0].action == "take.audit" and found[0].after["rows"] >= 3
    assert not any(word in str(found) for word in ("박둘리", "9999", "C1"))
