"""What a respondent may do from their own link: see what is held, change it, withdraw; and that what they agreed to is kept."""

from __future__ import annotations

import json

from sqlalchemy import text as sql

from cxdash.services import audit, metrics, people
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store import contacts, responses, surveys, visits
from cxdash.store.database import reading, writing
from cxdash.survey import document
from tests.respond.people import Person, Site, open_site
from tests.services.answering import add_link, form, invite, open_house

SENT = ({"nps": "2", "all": "5"}, {"gate:ship": "yes"}, {"staff": "6"}, {"ship": "3"}, {"used": ["1", "2"]}, {"why": "<b>느려요</b>"},
        {"age": "20s"})  # fmt: skip


def through(person: Person, token: str | None = None, **answers: str) -> Person:
    """Answers whatever is asked, until the thanks."""
    person.open(token)
    given = {name: value for page in SENT for name, value in page.items()} | answers
    for _ in range(12):
        if person.at.endswith("/done"):
            return person
        person.send({name: value for name, value in given.items() if f'name="{name}"' in person.text})
    raise AssertionError(person.plain)


def mine(person: Person, token: str | None = None) -> Person:
    return person.get(f"/s/{token or person.site.house.token}/mine")


def do(person: Person, what: str, token: str | None = None, **more: str) -> Person:
    path = f"/s/{token or person.site.house.token}/mine"
    body = {"_do": what, "_stamp": person.shown().get("_stamp", ""), **more}
    return person._arrive(path, person.ask("POST", path, data=body))


def stored(site: Site) -> list[dict]:
    with reading(site.deps.engine) as session:
        ids = [i for part in responses.pull(session, program_id=site.house.program_id) for i in part["id"].to_list()]
        rows = responses.documents(session, ids=ids, program_id=site.house.program_id).to_dicts()
    return [{**row, "attributes": json.loads(row["attributes"]), "answers": json.loads(row["answers"])} for row in rows]


def test_the_thanks_lead_to_what_is_held_in_words(site: Site) -> None:
    person = through(site.person())
    assert "내 답변과 개인정보 보기" in person.plain
    mine(person)
    assert person.status == 200
    for words in ("추천", "2 / 10", "느려요", "20대", "매장"):
        assert words in person.plain, words
    assert "&lt;b&gt;느려요&lt;/b&gt;" in person.text and "<b>느려요" not in person.text
    assert "no-store" in person.answer.headers["cache-control"] and "script-src 'self'" in person.answer.headers["content-security-policy"]


def test_nobody_else_sees_it(site: Site) -> None:
    through(site.person())
    stranger = mine(site.person())
    assert "보관 중인 정보가 없습니다" in stranger.plain and "느려요" not in stranger.text
    other = add_link(site.house, "public")
    person = through(site.person())
    assert "보관 중인 정보가 없습니다" in mine(person, other).plain  # the cookie belongs to one link
    for kind in ("kiosk", "interviewer", "mystery", "preview"):
        token = add_link(site.house, kind)
        assert mine(site.person(), token).status == 404, kind
    assert mine(site.person(), "nobody-gave-this-out").status == 404


def test_answers_are_changed_and_are_still_one_response(site: Site) -> None:
    person = through(site.person())
    [before] = stored(site)
    do(mine(person), "correct")
    assert person.shown()["nps"] == "2"  # as it was sent
    assert stored(site) == [before]  # and counts until it is sent again
    through(person, nps="9")
    [after] = stored(site)
    assert (after["id"], after["answers"]["nps"], "why" in after["answers"]) == (before["id"], 9, False)
    assert {k: v for k, v in after["answers"].items() if k not in ("nps", "why")} == {
        k: v for k, v in before["answers"].items() if k not in ("nps", "why")}  # fmt: skip
    assert metrics.metrics(site.deps, LOCAL, program="shop").total.responses == 1


def test_a_closed_link_takes_no_changes_but_everything_can_be_withdrawn(site: Site) -> None:
    person = through(site.person())
    with writing(site.deps.engine) as session:
        surveys.set_state(session, survey_id=site.house.survey_id, state="closed")
    site.desk._forget(site.house.token)
    mine(person)
    assert "답변 고치기" not in person.plain and "철회하고 삭제" in person.plain
    do(person, "correct")
    assert stored(site)[0]["answers"]["nps"] == 2
    do(mine(person), "withdraw", sure="1")
    assert "철회했습니다" in person.plain and stored(site) == []


def test_withdrawing_wants_a_tick_and_a_form_of_ours_and_erases_everything(site: Site) -> None:
    person = through(site.person())
    secret = person.cookies["cx_visit"]
    assert do(mine(person), "withdraw").status == 422 and "먼저 확인란" in person.plain
    forged = site.person()
    forged.cookies = person.cookies
    path = f"/s/{site.house.token}/mine"
    assert forged.ask("POST", path, data={"_do": "withdraw", "sure": "1", "_stamp": "1.forged"}).status_code == 422
    assert len(stored(site)) == 1
    do(mine(person), "withdraw", sure="1")
    assert "철회했습니다" in person.plain and stored(site) == [] and "cx_visit" not in person.cookies
    with reading(site.deps.engine) as session:
        assert visits.by_secret(session, secret=secret) is None
        assert session.execute(sql("SELECT kind, responses FROM erasure")).all() == [("withdrawn", 1)]
    [entry] = audit.entries(site.deps, LOCAL, wanted=audit.Wanted(action="person.withdraw")).entries
    assert entry.role == "respondent" and entry.address == "" and audit.verify(site.deps, LOCAL).broken is None


def test_a_customer_sees_everything_under_their_key_and_is_not_written_to_again(site: Site) -> None:
    tokens = invite(site.house, "C-100293")
    with writing(site.deps.engine) as session:
        rows = [{"key": "C-100293", "name": "김하나", "email": "hana@example.com"}]
        contacts.save_contacts(session, program_id=site.house.program_id, rows=rows)
    token = tokens["C-100293"]
    person = through(site.person(), token)
    elsewhere = mine(site.person(), token)  # a personal link on another device
    assert "hana@example.com" in elsewhere.plain and "김하나" in elsewhere.plain and "부산" in elsewhere.plain and "느려요" in elsewhere.plain
    do(elsewhere, "withdraw", token, sure="1")
    assert "철회했습니다" in elsewhere.plain and stored(site) == []
    assert people.find(site.deps, LOCAL, wanted="hana@example.com") == ()
    with reading(site.deps.engine) as session:
        [left] = contacts.by_keys(session, program_id=site.house.program_id, keys=["C-100293"])
    assert (left.name, left.email, left.attributes) == ("", "", {}) and left.unsubscribed_at is not None
    assert person.open(token).status == 404


def test_what_was_agreed_to_is_kept_with_its_words_and_time(deps: Deps) -> None:
    made = open_house(deps)
    with writing(deps.engine) as session:
        from dataclasses import replace

        asked = replace(form(), consent={"ko": "답변을 1년간 보관합니다.", "en": "Kept for a year."})
        coding = surveys.newest_version(session, survey_id=made.survey_id).coding
        surveys.add_version(session, survey_id=made.survey_id, document=document.to_document(asked), coding=coding)
    site = open_site(deps, made)
    korean, english = site.person(), site.person()
    through(korean)
    english.open(query="?lang=en").send({})
    with reading(deps.engine) as session:
        rows = session.execute(sql("SELECT v.language, t.words, v.consent_at IS NOT NULL AND v.consent_at = v.started_at FROM visit v "
                                   "JOIN consent_text t ON t.hash = v.consent_hash ORDER BY v.id")).all()  # fmt: skip
    assert [tuple(row) for row in rows] == [("ko", "답변을 1년간 보관합니다.", True), ("en", "Kept for a year.", True)]
    assert "답변을 1년간 보관합니다." in mine(korean).plain
    site.desk.end()
