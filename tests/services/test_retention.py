"""What is no longer kept: told beforehand exactly, let go in small steps, at most by one process, and nothing is lost by a kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from cxdash.errors import Conflict, Refused
from cxdash.services import audit, checkup, collecting, people, retention
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.metrics import metrics
from cxdash.services.retention import Policy, Purged
from cxdash.store import contacts
from cxdash.store.database import reading, writing
from tests import house as houses
from tests.services.answering import House, answer, open_house, opened, visitor
from tests.services.purging import NOW
from tests.store.making import frame, load, row

ROOT = Path(__file__).parents[2]


@pytest.fixture
def writer(deps: Deps) -> Iterator[Writer]:
    made = Writer(deps.engine)
    yield made
    assert made.stop()


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def one(deps: Deps, query: str) -> int:
    with reading(deps.engine) as session:
        return int(session.execute(text(query)).scalar_one() or 0)


def aged(house: House, *, days: int, key: str) -> None:
    with writing(house.deps.engine) as session:
        rows = [{"key": key, "name": "박둘", "email": f"{key}@example.com"}]
        number = contacts.save_contacts(session, program_id=house.program_id, rows=rows)[key]
    with house.deps.engine.begin() as connection:
        at = (NOW - timedelta(days=days)).isoformat(sep=" ").removesuffix("+00:00") + ".000000"
        connection.execute(text("UPDATE contact SET seen_at = :at WHERE id = :id"), {"at": at, "id": number})


def test_what_would_go_is_what_goes(house: House, writer: Writer) -> None:
    deps = house.deps
    for n in range(30):
        answer(house, writer, now=NOW - timedelta(days=10 * n), nps=3 if n % 2 else 10, why=f"말 {n}")
    door = opened(house, now=NOW - timedelta(days=50))
    for n in range(3):
        who = visitor(door, f"{n}" * 22, now=NOW - timedelta(days=50))
        collecting.save_page(RESPONDENT, writer, opened=door, visitor=who, answers={"nps": 1}, at_page="p", reached="", now=NOW
                             - timedelta(days=50 if n else 1)).result(30)  # fmt: skip
    for n, days in enumerate((400, 101, 99)):
        aged(house, days=days, key=f"K{n}")
    assert retention.outlook(deps, LOCAL, program="shop", now=NOW) == retention.Outlook(Policy(), Purged(), None)
    policy = Policy(personal=100, drafts=30, responses=200)
    before = metrics(deps, LOCAL, program="shop").total
    told = retention.outlook(deps, LOCAL, program="shop", policy=policy, now=NOW).would_go
    assert told == Purged(responses=9, personal=10, contacts=2, drafts=2)
    assert retention.purge(deps, LOCAL, now=NOW) == {}  # only looked at: nothing is set
    retention.save_policy(deps, LOCAL, program="shop", policy=policy)
    assert retention.purge(deps, LOCAL, now=NOW, dry=True) == {"shop": told}
    assert retention.purge(deps, LOCAL, now=NOW) == {"shop": told}
    assert retention.outlook(deps, LOCAL, program="shop", now=NOW).would_go == Purged()
    after = metrics(deps, LOCAL, program="shop").total
    assert (before.responses, after.responses) == (30, 21)
    assert after.nps.value == pytest.approx((11 - 10) / 21 * 100)  # 0 to 20, of which the odd ones are detractors
    assert one(deps, "SELECT count(*) FROM response WHERE respondent IS NOT NULL") == 11
    assert one(deps, "SELECT count(*) FROM response WHERE CAST(answers AS VARCHAR) LIKE '%s1:%'") == 5  # odd and not older than 100 days
    assert one(deps, "SELECT sum(responses) FROM erasure WHERE kind = 'expired'") == 9
    assert people.find(deps, LOCAL, wanted="K0") == () and len(people.find(deps, LOCAL, wanted="K2")) == 1
    log = audit.entries(deps, LOCAL, wanted=audit.Wanted(action="purge."))
    assert {e.action: e.after["rows"] for e in log.entries} == {
        "purge.responses": 9, "purge.personal": 10, "purge.contacts": 2, "purge.drafts": 2}  # fmt: skip


def test_who_unsubscribed_is_not_written_to_again_by_being_forgotten(house: House) -> None:
    aged(house, days=400, key="K1")
    with writing(house.deps.engine) as session:
        [known] = contacts.by_keys(session, program_id=house.program_id, keys=["K1"])
        contacts.unsubscribe(session, contact_id=known.id or 0)
    retention.save_policy(house.deps, LOCAL, program="shop", policy=Policy(personal=100))
    assert retention.purge(house.deps, LOCAL, now=NOW) == {"shop": Purged(contacts=1)}
    assert retention.purge(house.deps, LOCAL, now=NOW) == {"shop": Purged()}
    with reading(house.deps.engine) as session:
        [left] = contacts.by_keys(session, program_id=house.program_id, keys=["K1"])
    assert (left.name, left.email, left.unsubscribed_at is not None) == ("", "", True)


def test_it_is_daily_and_one_process_at_a_time(house: House) -> None:
    deps = house.deps
    retention.save_policy(deps, LOCAL, program="shop", policy=Policy(responses=1))
    assert retention.daily(deps, now=NOW) == {"shop": Purged()}
    assert retention.daily(deps, now=NOW + timedelta(hours=23)) is None
    with writing(deps.engine) as session:
        given = {"hold": timedelta(minutes=10), "every": timedelta(hours=24)}
        assert retention.store.claim(session, name="purge", at=NOW + timedelta(days=2), **given)
    assert retention.daily(deps, now=NOW + timedelta(days=2, minutes=5)) is None  # another process has it …
    assert retention.daily(deps, now=NOW + timedelta(days=2, minutes=11)) is not None  # … and was killed
    assert retention.outlook(deps, LOCAL, program="shop").last_done == NOW + timedelta(days=2, minutes=11)


def test_only_administrators_and_only_days(house: House) -> None:
    for role in (RoleName.VIEWER, RoleName.MARKETER, RoleName.ANALYST):
        with pytest.raises(Refused):
            retention.save_policy(house.deps, Actor("x", role), program="shop", policy=Policy())
        with pytest.raises(Refused):
            retention.purge(house.deps, Actor("x", role))
    for days in (0, -1, 36_501):
        with pytest.raises(Conflict):
            retention.save_policy(house.deps, LOCAL, program="shop", policy=Policy(drafts=days))


def test_twenty_kills_in_the_middle_leave_a_whole_state(deps: Deps, tmp_path: Path) -> None:
    house = open_house(deps)
    old, new = NOW - timedelta(days=500), NOW - timedelta(days=5)
    rows = [row(n, f"R{n}", {"nps": n % 11, "why": f"말 {n}"}, at=old if n % 3 else new) for n in range(2, 9_002)]
    load(deps.engine, house.program_id, house.wave_id, frame(*rows), ["nps", "why"])
    retention.save_policy(deps, LOCAL, program="shop", policy=Policy(personal=1, responses=100))
    given = [sys.executable, "-m", "tests.services.purging", deps.engine.url.render_as_string(hide_password=False), str(tmp_path), "20"]
    done = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 5, "too few were killed at work to say anything"
    checked = audit.verify(deps, LOCAL)
    assert checked.broken is None and checked.length > 1
    left, gone = one(deps, "SELECT count(*) FROM response"), one(deps, "SELECT count(*) FROM tombstone")
    assert left + gone == 9_000
    noted = audit.entries(deps, LOCAL, wanted=audit.Wanted(action="purge.responses"), size=100_000).entries
    assert sum(e.after["rows"] for e in noted) == gone == one(deps, "SELECT sum(responses) FROM erasure")
    found = checkup.check(deps, LOCAL)
    assert found.sound, [f for f in found.findings if f.level == checkup.BAD]
    retention.purge(deps, LOCAL, now=NOW)
    assert one(deps, "SELECT count(*) FROM response") == 3_000 == one(deps, "SELECT count(*) FROM response WHERE respondent IS NULL")
    assert metrics(deps, LOCAL, program="shop").total.responses == 3_000
    assert audit.verify(deps, LOCAL).broken is None
    houses.close(houses.build(tmp_path / "again", database=deps.engine.url.render_as_string(hide_password=False)))


def test_a_response_without_a_date_is_as_old_as_its_import(house: House) -> None:
    load(house.deps.engine, house.program_id, house.wave_id, frame(row(2, "A", {"nps": 1}, at=None)), ["nps"])
    retention.save_policy(house.deps, LOCAL, program="shop", policy=Policy(responses=30))
    assert retention.purge(house.deps, LOCAL, now=datetime.now(UTC) + timedelta(days=29)) == {"shop": Purged()}
    assert retention.purge(house.deps, LOCAL, now=datetime.now(UTC) + timedelta(days=31)) == {"shop": Purged(responses=1)}
