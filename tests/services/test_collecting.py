"""A respondent's way: opened, kept page by page, gone on with elsewhere, finished once, counted at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from cxdash.errors import Conflict, Refused
from cxdash.services import collecting, metrics
from cxdash.services.actor import LOCAL, RESPONDENT, Actor, RoleName
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.store import contacts, links, responses, surveys, visits
from cxdash.store.database import reading, writing
from cxdash.store.surveys import Cell
from tests.services.answering import ANSWERS, NOON, House, add_link, answer, invite, open_house, opened, visitor


@pytest.fixture
def writer(deps: Deps) -> Iterator[Writer]:
    made = Writer(deps.engine)
    yield made
    assert made.stop()


@pytest.fixture
def house(deps: Deps) -> House:
    return open_house(deps)


def stored(house: House) -> list[dict]:
    """All responses of the programme, documents read."""
    with reading(house.deps.engine) as session:
        ids = [i for part in responses.pull(session, program_id=house.program_id) for i in part["id"].to_list()]
        rows = responses.documents(session, ids=ids, program_id=house.program_id).to_dicts()
    return [{**row, "attributes": json.loads(row["attributes"]), "answers": json.loads(row["answers"])} for row in rows]


def count(house: House, table: str) -> int:
    with reading(house.deps.engine) as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def test_a_finished_visit_is_one_response_coded_as_imports_are(house: House, writer: Writer) -> None:
    door = opened(house)
    who = visitor(door, "f" * 22, device="fridge")
    later = NOON + timedelta(seconds=90)
    done = collecting.finish(RESPONDENT, writer, opened=door, visitor=who, version=door.version, now=later,
                             answers={**ANSWERS, "gate:ship": "no", "ship": 7, "why": "숨은 답"}).result(30)
    [row] = stored(house)
    assert (done.state, done.response_id, done.repeated) == ("finished", row["id"], False)
    assert row["answers"] == {"nps": 9, "all": 5, "staff": 6, "used": [1, 2]}  # not experienced, and hidden: not there
    assert row["attributes"] == {"branch": "강남", "channel": "qr", "age": "20s", "language": "ko", "device": "other", "duration": "90"}
    assert (row["source"], row["respondent"], row["at"], row["wave_id"]) == ("survey", who.key, later, house.wave_id)
    with reading(house.deps.engine) as session:
        kept = visits.by_secret(session, secret="f" * 22)
    assert (kept.state, kept.seconds, kept.answers, kept.response_id) == ("finished", 90, {}, row["id"])


def test_a_new_answer_is_in_the_numbers_at_once(house: House, writer: Writer) -> None:
    view = View(program="shop")
    assert overview(house.deps, LOCAL, view=view).total == 0
    for n in range(30):
        answer(house, writer, nps=10 if n < 20 else 3, all=5 if n < 15 else 2, staff=6 if n % 2 else 3)
    found = metrics.metrics(house.deps, LOCAL, program="shop").total
    assert found.responses == 30 and found.nps.value == pytest.approx((20 - 10) / 30 * 100)
    assert found.csat.value == pytest.approx(50)
    shown = {s.stage.code: s.figure for s in overview(house.deps, LOCAL, view=view).stages}
    assert shown["buy"].n == 30 and shown["buy"].value == pytest.approx(((6 - 1) + (3 - 1)) / 2 / 6 * 100)
    assert "ship" not in shown or shown["ship"].n == 0  # nobody experienced it: not missing, not there
    answer(house, writer, nps=0)
    assert metrics.metrics(house.deps, LOCAL, program="shop").total.responses == 31
    assert {s.code for s in catalog_of(house.deps, "shop").stages} == {"buy", "ship"}


def test_the_second_call_returns_the_same_response(house: House, writer: Writer) -> None:
    door = opened(house)
    who = visitor(door)
    send = {"opened": door, "visitor": who, "version": door.version, "now": NOON}
    first = collecting.finish(RESPONDENT, writer, answers=ANSWERS, **send).result(30)
    again = collecting.finish(RESPONDENT, writer, answers={**ANSWERS, "nps": 0}, **send).result(30)
    late = collecting.save_page(RESPONDENT, writer, opened=door, visitor=who, answers={"nps": 1}, at_page="x", reached="nps").result(30)
    assert (again.response_id, again.repeated, late.state, late.response_id) == (first.response_id, True, "finished", first.response_id)
    assert [row["answers"]["nps"] for row in stored(house)] == [9]
    with reading(house.deps.engine) as session:
        assert session.execute(text("SELECT ver FROM clock WHERE program_id = :p"), {"p": house.program_id}).scalar_one() >= 1


def test_two_threads_finish_the_same_visit(house: House) -> None:
    """Two processes, as far as the database can tell: each has a writer of its own."""
    door = opened(house)
    who = visitor(door)
    writers, outcomes, begin = [Writer(house.deps.engine) for _ in range(4)], [], threading.Barrier(4)

    def send(writer: Writer) -> None:
        begin.wait()
        outcomes.append(
            collecting.finish(RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers=ANSWERS, now=NOON).result(60)
        )

    threads = [threading.Thread(target=send, args=(writer,)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 4 and len({o.response_id for o in outcomes}) == 1
    assert sorted(o.repeated for o in outcomes) == [False, True, True, True]
    assert len(stored(house)) == 1 and count(house, "visit") == 1
    assert all(writer.stop() for writer in writers)


def test_the_draft_is_kept_after_every_page_and_gone_on_with(house: House, writer: Writer) -> None:
    door, secret = opened(house), collecting.new_secret()
    assert collecting.resume(house.deps, RESPONDENT, secret=secret) is None
    who = visitor(door, secret)
    save = {"opened": door, "visitor": who}
    collecting.save_page(RESPONDENT, writer, answers={"nps": 3}, at_page="stage-buy", reached="all", now=NOON, **save).result(30)
    collecting.save_page(RESPONDENT, writer, answers={"nps": 3, "staff": 2}, at_page="gates-1", reached="staff", **save).result(30)
    back = collecting.resume(house.deps, RESPONDENT, secret=secret)
    assert (back.state, back.answers, back.at_page, back.visitor) == ("started", {"nps": 3, "staff": 2}, "gates-1", who)
    assert collecting.resume(house.deps, RESPONDENT, secret="another") is None
    done = collecting.finish(RESPONDENT, writer, opened=door, visitor=back.visitor, version=back.version,
                             answers={**back.answers, "gate:ship": "no", "why": "느려요"}).result(30)
    assert collecting.resume(house.deps, RESPONDENT, secret=secret).response_id == done.response_id
    assert stored(house)[0]["answers"] == {"nps": 3, "staff": 2, "why": "느려요"} and count(house, "visit") == 1


def test_partial_visits_are_marked_kept_and_can_be_finished(house: House, writer: Writer) -> None:
    door, secret = opened(house), collecting.new_secret()
    who = visitor(door, secret)
    collecting.save_page(RESPONDENT, writer, opened=door, visitor=who, answers={"nps": 3}, at_page="p", reached="all", now=NOON).result(30)
    answer(house, writer)
    hours = timedelta(hours=1)
    assert collecting.mark_partials(house.deps, RESPONDENT, older_than=2 * hours, now=NOON + hours) == 0
    assert collecting.mark_partials(house.deps, RESPONDENT, older_than=2 * hours, now=NOON + 3 * hours) == 1
    back = collecting.resume(house.deps, RESPONDENT, secret=secret)
    assert (back.state, back.answers) == ("partial", {"nps": 3})
    with reading(house.deps.engine) as session:
        assert visits.stops(session, survey_id=house.survey_id) == [("all", 1)]
        assert {state: n for _, state, n in visits.counts(session, survey_id=house.survey_id)} == {"partial": 1, "finished": 1}
    answer(house, writer, secret=secret)
    assert collecting.resume(house.deps, RESPONDENT, secret=secret).state == "finished" and len(stored(house)) == 2


def test_a_personal_link_is_one_visit_on_every_device_and_answered_once(house: House, writer: Writer) -> None:
    token = invite(house, "C-7", language="en")["C-7"]
    door = opened(house, token)
    assert (door.state, door.languages, door.attributes) == ("open", ("en", "ko"), {"branch": "부산"})
    phone, laptop = visitor(door), visitor(door)
    collecting.save_page(RESPONDENT, writer, opened=door, visitor=phone, answers={"nps": 8}, at_page="p", reached="nps").result(30)
    there = collecting.resume(house.deps, RESPONDENT, token=token)
    assert there.answers == {"nps": 8} and opened(house, token).visit.answers == {"nps": 8}
    done = collecting.finish(RESPONDENT, writer, opened=door, visitor=laptop, version=door.version, answers=ANSWERS).result(30)
    again = collecting.finish(RESPONDENT, writer, opened=door, visitor=phone, version=door.version, answers=ANSWERS).result(30)
    assert (done.repeated, again.repeated, again.response_id) == (False, True, done.response_id)
    assert opened(house, token).state == "used" and [row["respondent"] for row in stored(house)] == ["C-7"]
    with reading(house.deps.engine) as session:
        [contact] = contacts.list_contacts(session, program_id=house.program_id)
        link = next(i for i in links.list_links(session, survey_id=house.survey_id) if i.kind == "personal")
        [invitation] = contacts.list_invitations(session, link_id=link.id)
    assert invitation.response_id == done.response_id and invitation.finished_at is not None and contact.unsubscribed_at is None


def test_a_new_token_for_a_reminder_leaves_the_first_one_working(house: House, writer: Writer) -> None:
    first = invite(house, "C-7")["C-7"]
    with writing(house.deps.engine) as session:
        link = next(i for i in links.list_links(session, survey_id=house.survey_id) if i.kind == "personal")
        [invitation] = contacts.list_invitations(session, link_id=link.id)
        second = contacts.issue(session, invitation_ids=[invitation.id])[invitation.id]
    answer(house, writer, token=second)
    assert opened(house, first).state == opened(house, second).state == "used"
    assert collecting.unsubscribe(house.deps, RESPONDENT, token=first) and not collecting.unsubscribe(house.deps, RESPONDENT, token="x")
    with reading(house.deps.engine) as session:
        assert contacts.list_contacts(session, program_id=house.program_id)[0].unsubscribed_at is not None


def test_every_door_says_its_state(house: House, writer: Writer) -> None:
    hour = timedelta(hours=1)
    timed = add_link(house, "channel", opens_at=NOON + hour, closes_at=NOON + 3 * hour)
    found = [opened(house, timed, NOON + n * hour).state for n in (0, 1, 2, 3)]
    assert found == ["not_yet", "open", "open", "closed"]
    assert opened(house, "nobody's").state == "unknown" and opened(house, "").door is None
    late = opened(house, timed, NOON + 3 * hour)
    began = visitor(opened(house, timed, NOON + 2 * hour), now=NOON + 2 * hour)
    assert collecting.may_finish(late, began, now=NOON + 3 * hour + timedelta(minutes=59))
    assert not collecting.may_finish(late, began, now=NOON + 4 * hour)
    with writing(house.deps.engine) as session:
        surveys.set_state(session, survey_id=house.survey_id, state="closed")
    assert opened(house).state == "closed" and not collecting.may_finish(opened(house), began, now=NOON)


def test_a_quota_is_kept_at_open_and_at_the_end(deps: Deps, writer: Writer) -> None:
    house = open_house(deps, quota=(Cell({"branch": "강남"}, 3), Cell({"age": "30s"}, 1)))
    busan = add_link(house, "channel", attributes={"branch": "부산"})
    for _ in range(2):
        assert answer(house, writer).state == "finished"
    door = opened(house)
    waiting = [visitor(door) for _ in range(2)]
    sent = [collecting.finish(RESPONDENT, writer, opened=door, visitor=w, version=door.version, answers=ANSWERS) for w in waiting]
    assert sorted(one.result(30).state for one in sent) == ["finished", "over"]
    assert opened(house).state == "full" and opened(house, busan).state == "open"
    assert answer(house, writer, token=busan, age="30s").state == "finished"
    over = answer(house, writer, token=busan, secret="s" * 22, age="30s")
    assert (over.state, over.response_id) == ("over", None)
    assert collecting.resume(deps, RESPONDENT, secret="s" * 22).answers["age"] == "30s"  # kept, in case the quota is raised
    assert answer(house, writer, token=busan).state == "finished" and len(stored(house)) == 5
    with writing(deps.engine) as session:
        surveys.save_round(session, survey_id=house.survey_id, wave_id=house.wave_id, quota=[Cell({"age": "30s"}, 2)])
    assert answer(house, writer, token=busan, secret="s" * 22, age="30s").state == "finished" and len(stored(house)) == 6


def test_required_and_empty_are_refused_before_the_queue(house: House, writer: Writer) -> None:
    with pytest.raises(Conflict) as caught:
        answer(house, writer, **{"gate:ship": "yes"})
    assert (caught.value.key, caught.value.params) == ("service.collect.incomplete", {"fields": "ship"})
    assert count(house, "visit") == 0


def test_a_preview_shows_the_draft_and_stores_nothing(house: House, writer: Writer) -> None:
    token = add_link(house, "preview")
    door = opened(house, token)
    assert (door.state, door.version.id) == ("open", None)
    assert answer(house, writer, token=token).state == "finished"
    assert (count(house, "visit"), count(house, "response")) == (0, 0)


def test_interviewers_and_mystery_shoppers_have_their_own_source(house: House, writer: Writer) -> None:
    for kind in ("interviewer", "mystery"):
        answer(house, writer, token=add_link(house, kind))
    assert [row["source"] for row in stored(house)] == ["interviewer", "mystery"]


def test_looks_are_counted(house: House, writer: Writer) -> None:
    token = invite(house, "C-1")["C-1"]
    for door in (opened(house), opened(house), opened(house, token)):
        collecting.seen(RESPONDENT, writer, opened=door, now=NOON)
    writer.stop()
    with reading(house.deps.engine) as session:
        assert [link.opened for link in links.list_links(session, survey_id=house.survey_id)] == [2, 1]


def test_respondents_see_nothing_else_and_viewers_do_not_respond(house: House, writer: Writer) -> None:
    with pytest.raises(Refused):
        overview(house.deps, RESPONDENT, view=View(program="shop"))
    with pytest.raises(Refused):
        collecting.open_link(house.deps, Actor("eve", RoleName.VIEWER), token=house.token)


def test_an_erased_response_leaves_nothing_of_its_answers_in_the_visit(house: House, writer: Writer) -> None:
    done = answer(house, writer, secret="e" * 22)
    with writing(house.deps.engine) as session:
        responses.erase(session, ids=[done.response_id], ver=99, program_id=house.program_id)
    back = collecting.resume(house.deps, RESPONDENT, secret="e" * 22)
    assert (back.state, back.response_id, back.answers) == ("finished", None, {})
