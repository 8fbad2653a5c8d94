"""A respondent's way through the pages, without a script: answered, gone back, resumed, changed language, sent once."""

from __future__ import annotations

import json
from dataclasses import replace


from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from cxdash.store import responses, visits
from cxdash.store.database import reading
from cxdash.store.tokens import digest, new_token
from cxdash.survey.form import text
from tests.respond.people import Person, Site
from tests.services.answering import add_link, invite


def stored(site: Site) -> list[dict]:
    with reading(site.deps.engine) as session:
        ids = [i for part in responses.pull(session, program_id=site.house.program_id) for i in part["id"].to_list()]
        rows = responses.documents(session, ids=ids, program_id=site.house.program_id).to_dicts()
    return [{**row, "attributes": json.loads(row["attributes"]), "answers": json.loads(row["answers"])} for row in rows]


def visit(person: Person) -> object:
    with reading(person.site.deps.engine) as session:
        return visits.by_secret(session, secret=person.cookies["cx_visit"])


def through(person: Person, token: str | None = None, **answers: str) -> Person:
    """Answers everything from the first page to the thanks."""
    person.open(token)
    for fields in ({"nps": "9", "all": "5"}, {"gate:ship": "yes"}, {"staff": "6"}, {"ship": "3"}, {"used": ["1", "2"]}, {"age": "20s"}):
        person.send({name: answers.get(name, value) for name, value in fields.items()})
    return person


def test_every_page_is_answered_and_the_response_is_what_was_sent(site: Site) -> None:
    person = through(site.person())
    assert person.at.endswith("/done") and person.status == 200 and "응답이 저장되었습니다" in person.plain and "감사합니다" in person.plain
    [row] = stored(site)
    assert row["answers"] == {"nps": 9, "all": 5, "staff": 6, "ship": 3, "used": [1, 2]}
    assert row["attributes"].pop("duration").isdigit()
    assert row["attributes"] == {"branch": "강남", "channel": "qr", "age": "20s", "language": "ko", "device": "phone"}
    assert row["source"] == "survey" and metrics.metrics(site.deps, LOCAL, program="shop").total.responses == 1
    assert visit(person).state == "finished" and "127.0.0.1" not in repr(row) + repr(visit(person).model_dump())


def test_the_progress_grows_and_a_stage_not_experienced_is_left_out(site: Site) -> None:
    person, seen = site.person().open(), []
    for fields in ({"nps": "9"}, {"gate:ship": "no"}, {"staff": "6"}, {}):
        seen.append(int(person.text.split('<progress max="100" value="')[1].split('"')[0]))
        person.send(fields)
    assert seen == sorted(set(seen)) and person.at.endswith("/p/ask-3")
    person.send({"age": "30s"})
    assert "ship" not in stored(site)[0]["answers"]


def test_a_wrong_page_comes_back_with_the_reason_beside_the_question_and_nothing_lost(site: Site) -> None:
    person = site.person().open().send({"nps": "11", "all": "4"})
    assert person.status == 422 and person.shown()["all"] == "4"
    field = person.text[person.text.index('id="q-nps"'):person.text.index('id="q-all"')]
    assert 'aria-describedby="q-nps-error"' in field and 'id="q-nps-error">0에서 10 사이의 값을 골라 주세요.' in field
    assert 'aria-invalid="true"' in field and "autofocus" in field and 'href="#q-nps"' in person.text
    person.send({"nps": None})
    assert person.status == 422 and "이 문항에 답해 주세요." in person.plain and not stored(site)
    person.send({"nps": "7", "hack": "1"})
    assert person.status == 422 and "이 화면에 없는 항목입니다: hack" in person.plain and person.shown()["nps"] == "7"
    assert person.send({"nps": "7"}).at.endswith("/p/gates-1")


def test_back_keeps_what_was_answered_on_both_pages(site: Site) -> None:
    person = site.person().open().send({"nps": "3", "all": "2"}).send({"gate:ship": "yes"})
    person.send({"staff": "5"}, go="back")
    assert person.at.endswith("/p/gates-1") and person.shown()["gate:ship"] == "yes"
    person.send({}, go="back")
    assert (person.shown()["nps"], person.shown()["all"]) == ("3", "2")
    person.send({}).send({})
    assert person.shown()["staff"] == "5"


def test_an_unfinished_visit_goes_on_where_it_was_left_in_the_same_browser_only(site: Site) -> None:
    person = site.person().open().send({"nps": "8", "all": "4"})
    again = replace(site.person(), cookies=person.cookies).open()
    assert "/p/gates-1" in again.at and "이어집니다" in again.plain
    assert site.person().open().at.endswith(site.house.token)
    cookie = site.person().open().answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and f"Path=/s/{site.house.token}" in cookie
    assert visit(person).state == "started" and visit(person).answers == {"nps": 8, "all": 4}


def test_a_cookie_from_an_earlier_release_is_good(site: Site) -> None:
    """It has no time in front of its secret."""
    person = site.person()
    person.cookies.set("cx_visit", new_token(), domain="cx.test", path="/s")
    person.open().send({"nps": "7", "all": "4"})
    assert visit(person).state == "started" and "cx_visit" not in str(person.answer.headers.get("set-cookie"))
    assert "/p/" in person.open().at and "resumed" in person.at
    assert visit(person).key == "v-" + digest("visit " + person.cookies["cx_visit"])[:32]


def test_a_personal_link_goes_on_on_another_device_and_is_used_up(site: Site) -> None:
    token = invite(site.house, "C-1")["C-1"]
    phone = site.person().open(token).send({"nps": "10"})
    assert "set-cookie" not in phone.answer.headers
    laptop = site.person(**{"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"}).open(token)
    assert "/p/gates-1" in laptop.at
    for fields in ({"gate:ship": "no"}, {"staff": "6"}, {}, {}):
        laptop.send(fields)
    [row] = stored(site)
    assert row["respondent"] == "C-1" and row["attributes"]["branch"] == "부산"
    assert "이미 응답해 주셨습니다" in phone.open(token).plain and len(stored(site)) == 1


def test_the_language_comes_from_the_link_then_the_browser_and_a_switch_keeps_answers(site: Site) -> None:
    english = {"accept-language": "en-GB,en;q=0.9,ko;q=0.5"}
    assert '<html lang="en">' in site.person(**english).open().text
    assert '<html lang="ko">' in site.person(**english).open(query="?lang=ko").text
    person = site.person().open()
    person.send({"all": "4", "_lang": "en"})
    assert person.status == 200 and '<html lang="en">' in person.text and person.shown()["all"] == "4" and "추천 (en)" in person.plain
    person.send({"nps": "9"})
    assert '<html lang="en">' in person.text and person.at.endswith("/p/gates-1")
    assert '<html lang="en">' in person.open().text
    assert visit(person).language == "en" and visit(person).answers == {"nps": 9, "all": 4}


def test_sending_twice_going_back_after_it_and_two_tabs_make_one_response(site: Site) -> None:
    person = site.person().open()
    for fields in ({"nps": "9"}, {"gate:ship": "no"}, {"staff": "6"}, {}):
        person.send(fields)
    last, tab = (person.action(), person.shown()), replace(person)
    assert person.send({"age": "20s"}).at.endswith("/done")
    twice = person.ask("POST", last[0], data={**last[1], "_go": "next", "age": "30s"})
    assert twice.status_code in (200, 303) and tab.send({"age": "30s"}).status == 200
    assert "이미 응답해 주셨습니다" in tab.plain and "이미 응답해 주셨습니다" in person.get(f"/s/{site.house.token}/p/ask-1").plain
    [row] = stored(site)
    assert row["attributes"]["age"] == "20s"


def test_an_answer_taken_back_in_another_tab_is_asked_for_before_the_end(site: Site) -> None:
    person = site.person().open().send({"nps": "9"}).send({"gate:ship": "no"})
    other = replace(person).get(f"/s/{site.house.token}/p/gates-1").send({"gate:ship": "yes"})
    assert other.at.endswith("/p/stage-buy")
    person.get(f"/s/{site.house.token}/p/ask-3")
    assert person.at.split("?")[0].endswith("/p/stage-buy")  # the stage that opened has a required question before the last page


def test_a_condition_on_the_same_page_or_an_earlier_one_is_kept_by_the_server(site: Site) -> None:
    person = site.person().open().send({"nps": "2"}).send({"gate:ship": "no"}).send({"staff": "6"})
    assert "의견" in person.plain
    person.send({"why": "  배송이 늦어요\x00 ", "used": []}).send({"age": "20s"})
    assert stored(site)[0]["answers"]["why"] == "배송이 늦어요"


def test_a_kiosk_starts_over_and_an_interviewer_goes_on_with_the_next(site: Site) -> None:
    for kind, source in (("kiosk", "survey"), ("interviewer", "interviewer"), ("mystery", "mystery")):
        token = add_link(site.house, kind)
        person = through(site.person(), token)
        assert ('http-equiv="refresh"' in person.text) == (kind == "kiosk") and f'href="/s/{token}/next"' in person.text
        person.get(f"/s/{token}/next")
        assert person.at == f"/s/{token}" and "nps" not in person.shown()
        through(person, token, nps="1")
        found = [row for row in stored(site) if row["source"] == source]
        assert sorted(row["answers"]["nps"] for row in found[-2:]) == [1, 9]
    assert len(stored(site)) == 6
    assert site.person().get(f"/s/{site.house.token}/next").status == 200


def test_a_preview_link_stores_nothing(site: Site) -> None:
    token = add_link(site.house, "preview")
    person = site.person().open(token).send({"nps": "4"})
    assert person.send({}, go="back").shown()["nps"] == "4"
    person.send({}).send({"gate:ship": "no"}).send({"staff": "2"}).send({}).send({"age": "20s"})
    assert "/done" in person.at and "답변은 저장하지 않았습니다" in person.plain and not stored(site)


def test_the_words_of_the_form_are_the_words_of_the_page(site: Site) -> None:
    opened = site.person().open()
    form = opened.plain
    assert "추천" in form and "전반" in form and text({"ko": "만족도 조사"}, "ko") in form
    assert opened.text.count('type="radio"') == 11 + 5
