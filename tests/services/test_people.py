"""A person is found in every place, handed over whole, corrected, and goes from everything: rows, the frame in memory, the copy on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import audit, collecting, ledger, people, pins, responses
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, Permission, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.metrics import metrics
from cxdash.services.access import catalog_of
from cxdash.services.view import View
from cxdash.store import contacts, webhooks
from cxdash.store import responses as stored
from cxdash.store.database import reading, writing
from cxdash.store.tables import Base
from tests.services import making
from tests.services.answering import House, answer, invite, open_house, opened, visitor

WHY = "김하나 010-1234-5678로 연락 주세요"


@pytest.fixture
def writer(deps: Deps) -> Iterator[Writer]:
    made = Writer(deps.engine)
    yield made
    assert made.stop()


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def everything(deps: Deps, *, but: str = "audit") -> str:
    """All that stands in the database, in clear or sealed."""
    with deps.engine.connect() as connection:
        tables = [name for name in Base.metadata.tables if not name.startswith(but)]
        return "\n".join(str(tuple(row)) for name in tables for row in connection.execute(text(f'SELECT * FROM "{name}"')))


def hana(house: House, writer: Writer) -> int:
    """A customer who was invited, wrote a comment, was told of to a webhook, and stands in an imported file too. Returns the response."""
    deps = house.deps
    with writing(deps.engine) as session:
        webhooks.add_webhook(session, program_id=house.program_id, url="https://example.org/hook")
    token = invite(house, "C1", "C2")["C1"]
    with writing(deps.engine) as session:
        rows = [{"key": "C1", "name": "김하나", "email": "hana@example.com"}]
        contacts.save_contacts(session, program_id=house.program_id, rows=rows)
    done = answer(house, writer, token=token, nps=2, why=WHY)
    for n in range(40):
        answer(house, writer, nps=10, all=5 if n % 2 else 4)
    return done.response_id or 0


def the_one(deps: Deps, wanted: str) -> people.Found:
    found = list(people.find(deps, LOCAL, wanted=wanted))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("wanted", ["C1", "김 하나", "HANA@example.com"])
def test_a_customer_is_found_by_key_name_and_address_and_shown_masked(house: House, writer: Writer, wanted: str) -> None:
    hana(house, writer)
    found = the_one(house.deps, wanted)
    counts = found.counts
    assert (found.program, counts.contacts, counts.responses, counts.visits, counts.invitations) == ("shop", 1, 1, 1, 1)
    assert found.counts.deliveries == 1
    assert "하나" not in found.name and "hana@" not in found.email and "C1" != found.key


def test_everything_is_handed_over_in_clear(house: House, writer: Writer) -> None:
    number = hana(house, writer)
    held = people.held(house.deps, LOCAL, who=the_one(house.deps, "C1").who, purpose="person.handover")
    assert held.contact == {**held.contact, "key": "C1", "name": "김하나", "email": "hana@example.com"}
    [response] = held.tables["responses"]
    assert (response["id"], response["answers"]["why"], response["answers"]["nps"]) == (number, WHY, 2)
    assert held.tables["visits"][0]["state"] == "finished" and held.tables["invitations"][0]["finished_at"]


def test_erasing_takes_every_trace_and_moves_the_figures(house: House, writer: Writer) -> None:
    deps = house.deps
    number = hana(house, writer)
    before = metrics(deps, LOCAL, program="shop").total
    deps.facts(house.program_id).save()  # a copy on disk
    assert list(Path(deps.settings.home).rglob("*.snapshot"))
    gone = people.erase(deps, LOCAL, who=the_one(deps, "C1").who, keep=False)
    assert (gone.responses, gone.contacts, gone.visits, gone.kept) == (1, 1, 1, 0)
    assert not list(Path(deps.settings.home).rglob("*.snapshot"))
    after = metrics(deps, LOCAL, program="shop").total
    assert (before.responses, after.responses) == (41, 40)
    assert before.nps.value == pytest.approx((40 - 1) / 41 * 100) and after.nps.value == pytest.approx(100)
    assert deps.fixed(house.program_id).rows(catalogued(), [], limit=100)["id"].to_list().count(number) == 0
    left = everything(deps)
    assert "'C1'" not in left and "하나" not in left and "example.com" not in left
    assert people.find(deps, LOCAL, wanted="hana@example.com") == ()
    assert len(people.find(deps, LOCAL, wanted="C2")) == 1  # the other one stays
    with pytest.raises(NotFound):
        people.held(deps, LOCAL, who=people.Who(house.program_id, None, "C1"))


def catalogued():
    from cxdash.facts.question import Filter

    return Filter()


def test_anonymising_keeps_score_and_segment_and_nothing_that_leads_back(house: House, writer: Writer) -> None:
    deps = house.deps
    number = hana(house, writer)
    before = making.told(metrics(deps, LOCAL, program="shop", by="branch"))
    gone = people.erase(deps, LOCAL, who=the_one(deps, "C1").who, keep=True)
    assert (gone.responses, gone.kept, gone.contacts) == (0, 1, 1)
    assert making.told(metrics(deps, LOCAL, program="shop", by="branch")) == before
    left = everything(deps)
    assert "'C1'" not in left and "하나" not in left
    assert people.find(deps, LOCAL, wanted="C1") == ()
    with reading(deps.engine) as session:
        row = stored.documents(session, ids=[number]).row(0, named=True)
    assert row["respondent"] is None and "why" not in row["answers"] and '"nps"' in row["answers"] and "부산" in row["attributes"]


def test_the_ledger_says_that_a_figure_moved_by_an_erasure(house: House, writer: Writer) -> None:
    deps = house.deps
    hana(house, writer)
    made = pins.pin(deps, LOCAL, view=View(program="shop"), metric="nps", name="5월 보고")
    people.erase(deps, LOCAL, who=the_one(deps, "C1").who, keep=False)
    [entry] = ledger.entries(deps, LOCAL, catalog=catalog_of(deps, LOCAL, "shop"), pins=[made])
    assert entry.state == "moved" and entry.changes.removed == 1
    assert [(c.erased, c.removed) for c in entry.causes if c.erased] == [("erased", 1)]


def test_imports_are_part_of_it_and_a_number_is_found_in_any_spelling(deps: Deps, tmp_path: Path) -> None:
    rows = making.rows(30)
    rows[0][2] = "010-1234-5678"  # somebody used an attribute for telephone numbers
    rows[1][0] = "lee@example.com"
    rows[2][3] = "박둘리 010-9999-8888"  # in a cell that cannot be used
    making.bring(deps, making.write(tmp_path / "a.csv", rows))
    making.bring(deps, making.write(tmp_path / "b.csv", [r[:7] + ["다시 왔어요"] + r[8:] for r in rows[:2]]), force=True)
    assert the_one(deps, "01012345678").counts.responses == 1
    lee = the_one(deps, "LEE@example.com")
    assert (lee.counts.responses, lee.counts.layers) == (1, 2)
    [told] = [people.held(deps, LOCAL, who=lee.who).tables["imports"]]
    assert {row["file"] for row in told} == {"a.csv", "b.csv"} and "다시 왔어요" in {row["answers"].get("why") for row in told}
    cell = the_one(deps, "박둘리")
    assert cell.counts.problems == 1
    people.erase(deps, LOCAL, who=cell.who, keep=False)
    people.erase(deps, LOCAL, who=lee.who, keep=True)
    left = everything(deps)
    assert "박둘리" not in left and people.find(deps, LOCAL, wanted="lee@example.com") == ()
    assert making.figures(deps).total.responses == 30


def test_a_draft_that_was_never_sent_goes_too(house: House, writer: Writer) -> None:
    door = opened(house, invite(house, "C7")["C7"])
    who = visitor(door, "d" * 22)
    draft = {"nps": 1, "why": "비밀"}
    collecting.save_page(RESPONDENT, writer, opened=door, visitor=who, answers=draft, at_page="p", reached="nps").result(30)
    held = people.held(house.deps, LOCAL, who=the_one(house.deps, "C7").who)
    assert held.tables["visits"][0]["answers"]["why"] == "비밀"
    people.erase(house.deps, LOCAL, who=held.who, keep=True)
    assert people.find(house.deps, LOCAL, wanted="C7") == ()
    assert collecting.resume(house.deps, RESPONDENT, secret="d" * 22) is None


def test_correcting_changes_what_is_found_and_who_is_written_to(house: House, writer: Writer) -> None:
    number = hana(house, writer)
    who = the_one(house.deps, "C1").who
    with pytest.raises(Conflict):
        people.correct(house.deps, LOCAL, who=who, contact={"email": "no address"})
    people.correct(house.deps, LOCAL, who=who, contact={"name": "김한나", "email": "hanna@example.com"}, attributes={number: {"branch": "대구"}})
    assert people.find(house.deps, LOCAL, wanted="hana@example.com") == ()
    held = people.held(house.deps, LOCAL, who=the_one(house.deps, "김한나").who)
    assert held.contact["email"] == "hanna@example.com" and held.tables["responses"][0]["attributes"]["branch"] == "대구"
    assert {g.value for g in metrics(house.deps, LOCAL, program="shop", by="branch").groups} >= {"대구"}


def test_every_step_is_in_the_log_without_a_word_of_the_person(house: House, writer: Writer) -> None:
    hana(house, writer)
    who = the_one(house.deps, "hana@example.com").who
    people.held(house.deps, LOCAL, who=who)
    people.erase(house.deps, LOCAL, who=who, keep=False)
    log = audit.entries(house.deps, LOCAL, wanted=audit.Wanted(action="person."))
    assert [e.action for e in log.entries] == ["person.erase", "person.see", "person.find"]
    assert log.entries[0].before["responses"] == 1
    assert not any(word in str(log) for word in ("C1", "하나", "example.com"))
    assert audit.verify(house.deps, LOCAL).broken is None


def test_only_those_who_may_and_only_in_their_programmes(house: House, writer: Writer) -> None:
    hana(house, writer)
    who = the_one(house.deps, "C1").who
    for role in (RoleName.VIEWER, RoleName.MARKETER, RoleName.ANALYST, RoleName.RESPONDENT):
        for call in (lambda a: people.find(house.deps, a, wanted="C1"), lambda a: people.held(house.deps, a, who=who),
                     lambda a: people.erase(house.deps, a, who=who, keep=True), lambda a: people.correct(house.deps, a, who=who)):
            with pytest.raises(Refused):
                call(Actor("x", role))
    elsewhere = Actor("x", RoleName.ADMIN, programs=("other",))
    assert people.find(house.deps, elsewhere, wanted="C1") == ()
    with pytest.raises(NotFound):
        people.erase(house.deps, elsewhere, who=who, keep=False)


def test_who_may_not_see_it_finds_it_masked_on_screen_and_in_exports(deps: Deps, tmp_path: Path) -> None:
    rows = making.rows(30)
    rows[0][2], rows[0][7] = "010-1234-5678", "hana@example.com 으로 답 주세요"
    making.bring(deps, making.write(tmp_path / "a.csv", rows))
    view = View(program="가게")
    analyst = Actor("a", RoleName.ANALYST, grants=frozenset({Permission.SEE_COMMENTS}))
    shown = str(responses.page(deps, analyst, view=view).rows) + str(responses.export_frame(deps, analyst, view=view)[1].to_dicts())
    assert "1234" not in shown and "example.com" not in shown and "답 주세요" in shown and "C1'" not in shown
    whole = str(responses.page(deps, LOCAL, view=view).rows)
    assert "010-1234-5678" in whole and "hana@example.com" in whole
