"""The writer: what is acknowledged is committed, exactly once, and nobody suffers for another's item."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, text

from cxdash.errors import Conflict, CxError, Unavailable
from cxdash.services import commits, submissions
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.submissions import Finish, Post, Said, Save, Seen, Visitor
from cxdash.store import keyed, keys, programs, webhooks
from cxdash.store.database import reading, writing
from cxdash.store.tokens import digest
from tests import house as houses
from tests.services.answering import NOON, House, open_house
from tests.serving import ROOT

CODES = ("nps", "why")


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def who(house: House, name: str) -> Visitor:
    return Visitor(digest(name), f"v-{name}", 1, 1, None, "ko", "phone", NOON)


def item(house: House, name: str, nps: int = 9) -> Finish:
    said = Said(house.program_id, house.wave_id, "survey", {"branch": "강남"}, {"nps": nps, "why": "\0좋아요"}, CODES, NOON)
    return Finish(who(house, name), said, {"nps": nps}, "why")


def found(house: House) -> Counter[str]:
    """Respondent -> responses."""
    with reading(house.deps.engine) as session:
        kept = list(session.execute(text("SELECT respondent FROM response")).scalars())
        told = keyed.told(session, kept)
        return Counter(told[key] for key in kept)


def one(house: House, query: str) -> int:
    with reading(house.deps.engine) as session:
        return session.execute(text(query)).scalar_one()


def test_many_visits_are_one_transaction_and_one_tick(house: House) -> None:
    before, began = one(house, "SELECT ver FROM clock"), []
    writer, gate = Writer(house.deps.engine), threading.Event()
    event.listen(house.deps.engine, "commit", lambda _connection: began.append(1))
    whole = writer._next
    writer._next = lambda: (gate.wait(30), whole())[1]  # type: ignore[method-assign]  # until all of them are in the queue
    sent = [writer.submit(item(house, f"n{i}")) for i in range(150)]
    gate.set()
    outcomes = [future.result(60) for future in sent]
    assert len({o.response_id for o in outcomes}) == 150 and all(o.state == "finished" and not o.repeated for o in outcomes)
    assert len(began) == 1 and one(house, "SELECT ver FROM clock") == before + 1
    assert found(house) == Counter({f"v-n{i}": 1 for i in range(150)})
    assert writer.stop()


def test_enough_items_wait_for_no_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commits, "PACE", 3_600.0)
    writer, gate = Writer(house.deps.engine), threading.Event()
    whole = writer._next
    writer._next = lambda: (gate.wait(30), whole())[1]  # type: ignore[method-assign]
    first = [writer.submit(item(house, f"first{i}")) for i in range(2)]
    gate.set()
    assert all(future.result(60).state == "finished" for future in first)  # a group of several: the next one waits for others
    then = [writer.submit(item(house, f"then{i}")) for i in range(commits.ENOUGH + 1)]
    assert len({future.result(60).response_id for future in then}) == commits.ENOUGH + 1
    assert writer.stop()


def test_the_same_visit_twice_in_one_group_is_one_response(house: House) -> None:
    items = [item(house, "a"), item(house, "a", 1), Save(who(house, "a"), {"nps": 2}, "p", "nps", NOON), item(house, "b")]
    with writing(house.deps.engine) as session:
        outcomes = submissions.store(session, items)
    assert [(o.state, o.repeated) for o in outcomes] == [("finished", False), ("finished", True), ("finished", True), ("finished", False)]
    assert len({o.response_id for o in outcomes[:3]}) == 1 and found(house) == Counter({"v-a": 1, "v-b": 1})


def test_an_item_that_cannot_be_stored_fails_alone(house: House) -> None:
    writer = Writer(house.deps.engine)
    good = [writer.submit(item(house, f"g{i}")) for i in range(5)]
    lost = writer.submit(replace(item(house, "x"), said=replace(item(house, "x").said, program_id=999)))
    odd = writer.submit(replace(item(house, "y"), visitor=replace(who(house, "y"), link_id=999)))
    nan = writer.submit(item(house, "z", float("nan")))  # type: ignore[arg-type]
    good += [writer.submit(item(house, f"h{i}")) for i in range(5)]
    assert all(future.result(60).state == "finished" for future in good)
    for future in (lost, odd, nan):
        assert isinstance(future.exception(60), CxError)
    assert len(found(house)) == 10 and one(house, "SELECT count(*) FROM visit") == 10
    assert writer.stop()


def test_stop_commits_what_waits_and_takes_nothing_more(house: House) -> None:
    writer = Writer(house.deps.engine, group=7)
    sent = [writer.submit(item(house, f"n{i}")) for i in range(40)]
    assert writer.stop(60) and all(future.done() for future in sent)
    assert len(found(house)) == 40
    assert isinstance(writer.submit(item(house, "late")).exception(1), Unavailable) and writer.stop()


def test_when_too_many_wait_the_next_is_asked_to_try_again(house: House) -> None:
    writer, gate = Writer(house.deps.engine, waiting=3), threading.Event()
    whole = writer._next
    writer._next = lambda: (gate.wait(30), whole())[1]  # type: ignore[method-assign]
    sent = [writer.submit(item(house, f"n{i}")) for i in range(4)]
    error = sent[3].exception(1)
    assert isinstance(error, Unavailable) and error.key == "store.unavailable.busy"
    gate.set()
    assert [future.result(60).state for future in sent[:3]] == ["finished"] * 3
    assert writer.submit(item(house, "n3")).result(60).state == "finished" and writer.stop()


def test_a_locked_database_is_said_and_trying_again_stores_it_once(house: House) -> None:
    writer = Writer(house.deps.engine, patience=0.3)
    with writing(house.deps.engine) as session:
        programs.tick(session, program_id=house.program_id)  # on both databases: nobody else may store a response meanwhile
        error = writer.submit(item(house, "a")).exception(30)
        assert isinstance(error, Unavailable) and error.key == "store.unavailable.locked"
    assert writer.submit(item(house, "a")).result(60).repeated is False
    assert writer.submit(item(house, "a")).result(60).repeated is True
    assert found(house) == Counter({"v-a": 1}) and writer.stop()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE])
def test_a_full_disk_is_said_and_nothing_is_half_stored(tmp_path: Path, code: int) -> None:
    house = open_house(houses.build(tmp_path / "home"))
    writer, full = Writer(house.deps.engine), threading.Event()

    def commit(_connection: object) -> None:
        if full.is_set():
            raise _driver_error(code)

    full.set()
    event.listen(house.deps.engine, "commit", commit)
    error = writer.submit(item(house, "a")).exception(30)
    assert isinstance(error, CxError) and found(house) == Counter()
    full.clear()
    assert writer.submit(item(house, "a")).result(30).repeated is False and found(house) == Counter({"v-a": 1})
    assert writer.stop()
    houses.close(house.deps)


def _driver_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = code
    return error


def test_a_small_disk_really_fills(tmp_path: Path) -> None:
    """max_page_count makes SQLite say SQLITE_FULL as a full disk does."""
    house = open_house(houses.build(tmp_path / "home"))
    pages = one(house, "PRAGMA page_count")

    @event.listens_for(house.deps.engine, "begin")
    def small(connection: object) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")  # type: ignore[attr-defined]

    writer = Writer(house.deps.engine)
    acknowledged, refused = [], []
    for i in range(60):
        big = item(house, f"n{i}")
        future = writer.submit(replace(big, said=replace(big.said, answers={"nps": 9, "why": "가" * 2000})))
        (refused if future.exception(30) else acknowledged).append((f"v-n{i}", future.exception()))
    assert acknowledged and {error.key for _, error in refused} == {"store.unavailable.full"}
    assert found(house) == Counter({name: 1 for name, _ in acknowledged}) and writer.stop()
    houses.close(house.deps)


def test_idempotency_keys_and_webhooks(house: House) -> None:
    with writing(house.deps.engine) as session:
        key, _ = keys.add_key(session, program_id=house.program_id, name="till", scopes=["responses"])
        hook = webhooks.add_webhook(session, program_id=house.program_id, url="https://example.com")
    said = Said(house.program_id, house.wave_id, "api", {}, {"nps": 3}, CODES, NOON, "r-1")
    post, writer = Post(said, (key.id, "order-1", "a" * 64)), Writer(house.deps.engine)
    first, again = writer.submit(post).result(30), writer.submit(replace(post, said=replace(said, respondent="r-2"))).result(30)
    assert (first.repeated, again.repeated, again.response_id) == (False, True, first.response_id)
    with writing(house.deps.engine) as session:  # both in one group
        twice = submissions.store(session, [Post(replace(said, respondent=f"s-{i}"), (key.id, "order-2", "b" * 64)) for i in range(2)])
    assert [o.repeated for o in twice] == [False, True] and twice[0].response_id == twice[1].response_id
    error = writer.submit(replace(post, request=(key.id, "order-1", "c" * 64))).exception(30)
    assert isinstance(error, Conflict) and error.key == "service.collect.other_body"
    plain = writer.submit(Post(replace(said, respondent="r-9"))).result(30)
    assert found(house) == Counter({"r-1": 1, "s-0": 1, "r-9": 1})
    with reading(house.deps.engine) as session:
        told = [delivery.response_id for delivery in webhooks.log(session, webhook_id=hook.id)]
    assert sorted(told) == sorted([first.response_id, twice[0].response_id, plain.response_id]) and writer.stop()


def test_writers_of_two_processes_store_side_by_side(house: House) -> None:
    """Two writers with overlapping visits: every visit once, and both are told the same response."""
    writers = [Writer(house.deps.engine, group=10) for _ in range(2)]
    sent = [[writer.submit(item(house, f"n{i}")) for i in range(120)] for writer in writers]
    ids = [[future.result(120).response_id for future in part] for part in sent]
    assert ids[0] == ids[1] and found(house) == Counter({f"v-n{i}": 1 for i in range(120)})
    assert all(writer.stop() for writer in writers)


# argv: home, database, name of the round. Prints every acknowledged response; killed while it does.
LOAD = """
import sys, threading
from pathlib import Path
from tests import house
from tests.services.answering import House
from tests.services.test_commits import item
from cxdash.services.commits import Writer
home, database, name = sys.argv[1:]
deps = house.build(Path(home), database=database)
here, writer, out = House(deps, 1, 1, 1, ""), Writer(deps.engine), threading.Lock()
def respond(part):
    number = 0
    while True:
        number += 1
        who = f"{name}-{part}-{number}"
        done = writer.submit(item(here, who)).result(60)
        with out:
            print(f"v-{who} {done.response_id}", flush=True)
for part in range(8):
    threading.Thread(target=respond, args=(part,)).start()
"""


def test_kill_9_under_load_loses_nothing_acknowledged_and_doubles_nothing(database_url: str, tmp_path: Path) -> None:
    house = open_house(houses.build(tmp_path / "home", database=database_url))
    acknowledged: dict[str, str] = {}
    for number in range(3):
        child = subprocess.Popen([sys.executable, "-c", LOAD, str(tmp_path / "home"), database_url, f"r{number}"], cwd=ROOT, text=True,
                                 stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(60 + 45 * number)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
        child.wait()
        told = [line.split() for line in lines if line.endswith("\n")]
        assert len(told) >= 60
        acknowledged |= dict(told)
    with reading(house.deps.engine) as session:
        rows = session.execute(text("SELECT respondent, id FROM response")).all()
        told = keyed.told(session, [who for who, _ in rows])
        stored = [(told[who], str(key)) for who, key in rows]
        pairs = session.execute(text("SELECT v.key, v.response_id, v.state FROM visit v")).all()
    assert len(stored) == len(dict(stored)) and acknowledged.items() <= dict(stored).items()
    assert {(key, str(response)) for key, response, _ in pairs} == set(stored) and {state for _, _, state in pairs} == {"finished"}
    houses.close(house.deps)


def test_the_writer_survives_a_database_that_goes_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    if house.deps.engine.dialect.name != "postgresql":
        pytest.skip("a file does not go away under an open connection")
    writer = Writer(house.deps.engine)
    assert writer.submit(item(house, "a")).result(30).state == "finished"
    whole, cut = submissions.store, threading.Event()

    def interrupted(session: object, items: object) -> object:
        outcomes = whole(session, items)  # type: ignore[arg-type]
        if not cut.is_set():
            cut.set()
            with house.deps.engine.connect() as other:
                others = "pid <> pg_backend_pid() AND datname = current_database()"
                other.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
            time.sleep(0.2)
        return outcomes

    monkeypatch.setattr(commits, "store", interrupted)
    error = writer.submit(item(house, "b")).exception(30)
    assert isinstance(error, Unavailable) and error.key == "store.unavailable.gone"
    assert writer.submit(item(house, "b")).result(30).repeated is False
    assert found(house) == Counter({"v-a": 1, "v-b": 1}) and writer.stop()


def test_looks_do_not_tick_the_clock(house: House) -> None:
    before, writer = one(house, "SELECT ver FROM clock"), Writer(house.deps.engine)
    assert writer.submit(Seen(1, None, datetime.now(UTC))).result(30).state == "seen"
    assert one(house, "SELECT ver FROM clock") == before and one(house, "SELECT opened FROM link") == 1 and writer.stop()
