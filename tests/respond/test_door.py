"""What a link says when it cannot be answered, what an attacker gets, and what stays on the screen when the database is away."""

from __future__ import annotations

import io
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import make_url

from cxdash.respond import steps
from cxdash.respond.limits import ADDRESS, VISITOR, Buckets, Limits
from cxdash.respond.signing import VALID, Signer
from cxdash.services import publishing
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store import contacts, links, surveys
from cxdash.store.database import reading, writing
from cxdash.store.surveys import Cell
from tests.respond.people import PHONE, Person, Site, open_site
from tests.respond.test_visit import stored, through
from tests.services.answering import add_link, invite, open_house

NOW = datetime.now(UTC)


def friendly(person: Person) -> str:
    """The heading of a friendly page, which has no form to fill in."""
    assert "data-page" not in person.text and 'name="viewport"' in person.text
    return re.search(r"<h1>(.+?)</h1>", person.text)[1]


def test_links_that_cannot_be_answered_say_so(site: Site) -> None:
    person = site.person()
    assert (friendly(person.open("nothing")), person.status) == ("설문을 찾을 수 없습니다", 404)
    soon = add_link(site.house, "public", opens_at=datetime(2099, 5, 1, 0, 0, tzinfo=UTC))
    assert friendly(person.open(soon)) == "아직 시작 전입니다" and "2099년 5월 1일 오전 9:00부터" in person.plain
    over = add_link(site.house, "public", closes_at=NOW - timedelta(hours=2))
    assert (friendly(person.open(over)), person.status) == ("설문이 종료되었습니다", 410)
    with writing(site.deps.engine) as session:
        links.update_link(session, link_id=links.door_of(session, token=over).link_id, closes_at=None, state="closed")
    site.desk._doors.clear()
    assert friendly(person.open(over)) == "설문이 종료되었습니다"
    english = site.person(**{"accept-language": "en"})
    assert friendly(english.open("nothing")) == "Survey not found" and friendly(english.open(over)) == "This survey is closed"


@pytest.mark.parametrize("path", ["", "/x", "/p/", "/p/a/b", "/-/static/none.css", "/../x"])
def test_other_paths_are_a_friendly_404(site: Site, path: str) -> None:
    person = site.person().get(f"/s/{site.house.token}/nothing{path}")
    assert (person.status, friendly(person)) == (404, "설문을 찾을 수 없습니다")
    assert person.ask("DELETE", f"/s/{site.house.token}/nothing").status_code == 404


def test_a_full_quota_is_said_before_and_after_the_questions(deps: Deps) -> None:
    site = open_site(deps, open_house(deps, quota=(Cell({}, 2),)))
    late = site.person().open().send({"nps": "9"}).send({"gate:ship": "no"}).send({"staff": "6"}).send({})
    through(site.person())
    through(site.person())
    late.send({"age": "20s"})
    assert friendly(late) == "시간 내 주셔서 감사합니다" and late.status == 200 and len(stored(site)) == 2
    assert friendly(late.open()) == "시간 내 주셔서 감사합니다"
    site.desk._doors.clear()
    new = site.person().open()
    assert (friendly(new), new.status) == ("응답이 모두 모였습니다", 410)
    site.desk.end()


def test_who_began_before_the_closing_time_may_finish_within_the_hour(site: Site) -> None:
    token = add_link(site.house, "public", closes_at=NOW + timedelta(hours=1))
    person = site.person().open(token).send({"nps": "9"})
    with writing(site.deps.engine) as session:
        link = links.door_of(session, token=token).link_id
        links.update_link(session, link_id=link, closes_at=datetime.now(UTC))
    site.desk._doors.clear()
    assert friendly(site.person().open(token)) == "설문이 종료되었습니다"
    person.send({"gate:ship": "no"}).send({"staff": "6"}).send({}).send({"age": "20s"})
    assert person.at.endswith("/done") and len(stored(site)) == 1


def test_every_answer_carries_the_headers_and_the_first_view_is_small(site: Site) -> None:
    person = site.person().open()
    page = person.answer
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe-inline" not in policy and "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin" and page.headers["cache-control"] == "no-store"
    assert " style=" not in page.text and not re.search(r"<script(?![^>]*src=)", page.text)
    assert " on" not in re.sub(r">[^<]*<", "><", page.text).replace('class="on"', "")
    found = re.findall(r'(?:href|src)="(/s/-/[^"]+)"', page.text)
    assets = [person.ask("GET", path) for path in found]
    assert len(assets) == 2 and all("immutable" in one.headers["cache-control"] for one in assets)
    wire = sum(int(one.headers["content-length"]) for one in [page, *assets])
    assert wire < 40_000, wire
    outside = set(re.findall(r"https?://[^\s\"'<)]+", page.text + "".join(one.text for one in assets)))
    assert {one.split("/s/")[0] for one in outside} <= {"http://cx.test"}


def test_messengers_are_told_the_address_of_the_settings(deps: Deps) -> None:
    site = open_site(replace(deps, settings=replace(deps.settings, public_url="https://survey.example.com/")), open_house(deps))
    text = site.person().open().text
    wanted = f"https://survey.example.com/s/{site.house.token}"
    assert f'og:url" content="{wanted}"' in text and f'og:image" content="{wanted}/card.png?lang=ko"' in text
    assert "http://cx.test" not in text, "the Host header is whatever the one who asks says"
    site.desk.end()


def test_a_wave_greets_and_thanks_in_words_of_its_own(site: Site) -> None:
    here = {"program": "shop", "code": "s", "wave": "2026-1"}
    begun = site.person().open().send({"nps": "9"})
    texts = {"consent": {"ko": "이번 차수의 동의 <b>문구</b>"}, "thanks": {"ko": "이번 차수 고맙습니다", "en": "Thanks from this wave"}}
    publishing.save_texts(site.deps, LOCAL, **here, texts=texts)
    site.desk._doors.clear()
    new = site.person().open()
    assert "이번 차수의 동의 &lt;b&gt;문구&lt;/b&gt;" in new.text and "동의하고 시작하기" in new.plain
    for fields in ({"gate:ship": "no"}, {"staff": "6"}, {}, {"age": "20s"}):
        begun.send(fields)
    assert "이번 차수 고맙습니다" in begun.plain, "who began before reads the words of now"
    assert "Thanks from this wave" in through(site.person(**{"accept-language": "en"}).open().send({})).plain
    with reading(site.deps.engine) as session:
        assert surveys.newest_version(session, survey_id=site.house.survey_id).number == 1


def test_messengers_find_a_title_and_a_picture(site: Site) -> None:
    person = site.person().open()
    assert '<meta property="og:title" content="만족도 조사">' in person.text
    url = re.search(r'og:image" content="http://cx.test([^"]+)"', person.text)[1].replace("&amp;", "&")
    card = person.ask("GET", url)
    assert Image.open(io.BytesIO(card.content)).size == (1200, 630) and len(card.content) < 100_000
    assert card.headers["cross-origin-resource-policy"] == "cross-origin"
    site.person(**{"user-agent": "facebookexternalhit/1.1; kakaotalk-scrap/1.0"}).open()
    through(site.person())
    site.desk.end()
    with reading(site.deps.engine) as session:
        after = links.get_link(session, links.door_of(session, token=site.house.token).link_id).opened
    assert after == 2  # two people; the machine's look does not count


def test_hostile_texts_stay_texts(deps: Deps) -> None:
    site = open_site(deps)
    evil = '"><script>alert(1)</script>'
    person = site.person().open().send({"nps": evil, evil: evil})
    assert person.status == 422 and "<script>alert" not in person.text
    person = site.person().open(query="?lang=%22%3E%3Cscript%3E")
    assert "<script>alert" not in person.text and "%22%3E" not in person.text
    person = site.person(host='cx.test"><script>alert(1)</script>').open()
    assert "<script>alert" not in person.text
    site.desk.end()


# ---------------------------------------------------------------- forgery and floods


def test_a_forged_or_foreign_form_is_shown_again_and_stores_nothing(site: Site) -> None:
    victim = site.person().open()
    path, fields = victim.action(), {**victim.shown(), "nps": "9", "_go": "next"}
    other = site.person().open()
    assert other.ask("POST", path, data=fields).status_code == 409  # another visitor's signature
    blank = site.person()
    answer = blank.ask("POST", path, data={"nps": "9", "all": "5"})
    assert answer.status_code == 409 and 'value="9" checked' in answer.text and "쿠키" in answer.text
    blank.text = answer.text
    assert blank.send({}).at.endswith("/p/gates-1")  # pressed once more, with the cookie it got
    broken = {**fields, "_stamp": fields["_stamp"][:-1] + ("A" if fields["_stamp"][-1] != "A" else "B")}
    assert victim.ask("POST", path, data=broken).status_code == 409
    token = add_link(site.house, "public")
    assert victim.ask("POST", path.replace(site.house.token, token), data=fields).status_code == 409
    assert not stored(site)


def test_stamps_have_their_time_and_their_subject() -> None:
    signer = Signer("s" * 40)
    stamp = signer.stamp("link", "visit", "page", at=NOW)
    assert signer.issued(stamp, "link", "visit", "page", now=NOW) == NOW.replace(microsecond=0)
    for about in (("link", "visit", "other"), ("link", "visitpage", ""), ("link", "visit")):
        assert signer.issued(stamp, *about, now=NOW) is None
    assert signer.issued(stamp, "link", "visit", "page", now=NOW + VALID + timedelta(seconds=2)) is None
    assert signer.issued(stamp, "link", "visit", "page", now=NOW - timedelta(hours=1)) is None
    assert Signer("t" * 40).issued(stamp, "link", "visit", "page", now=NOW) is None
    for wrong in ("", ".", "x.y", "²." + stamp, stamp + "é"):
        assert signer.issued(wrong, "link", "visit", "page", now=NOW) is None
    sealed = signer.seal({"nps": 9, "why": "좋아요" * 3000, "used": [1]})
    assert signer.unseal(sealed)["nps"] == 9 and signer.unseal(sealed[:-1] + "x") == {} and signer.unseal("") == {}


def test_the_honeypot_and_bodies_that_are_no_form(site: Site) -> None:
    person = site.person().open().send({"nps": "9", "_homepage": "http://spam.example"})
    assert person.status == 422 and "자동 입력" in person.plain and person.shown()["nps"] == "9"
    assert person.send({}).at.endswith("/p/gates-1")
    path = person.action()
    assert person.ask("POST", path, json={"nps": 9}).status_code == 400
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert person.ask("POST", path, content=b"a=1&" * 3000, headers=form).status_code == 400
    assert person.ask("POST", path, data={"why": "x" * 300_000}).status_code == 413
    assert not stored(site)


def test_limits_are_by_visitor_and_by_link_with_an_address_and_an_office_passes() -> None:
    clock = [0.0]
    limits = Limits(6000, clock=lambda: clock[0])
    assert sum(limits.allow("link", "one", "203.0.113.5") for _ in range(100)) == VISITOR[0]
    assert sum(limits.allow("link", f"v{n}", "203.0.113.5") for n in range(400)) == 400  # an office behind one address
    assert sum(limits.allow("link", f"w{n}", "203.0.113.5") for n in range(2000)) == ADDRESS[0] - 440
    assert sum(limits.allow("link", f"x{n}", "127.0.0.1") for n in range(2000)) == 2000  # a proxy that does not name its visitors
    clock[0] += 10
    assert sum(limits.allow("link", "one", "203.0.113.5") for _ in range(100)) == 20
    assert sum(limits.allow("link", f"y{n}", f"2001:db8::{n:x}") for n in range(1000)) == ADDRESS[0]  # one /64
    assert sum(limits.allow("link", f"z{n}", f"10.{n >> 8}.{n & 255}.1") for n in range(9000)) < 6000  # the link's own
    assert sum(limits.allow_stranger("198.51.100.7") for _ in range(100)) == 60
    buckets = Buckets(lambda: clock[0])
    assert [buckets.take(("a",), (1, 0.5)) for _ in range(2)] == [True, False]


def test_who_sends_too_much_keeps_the_answers_on_the_screen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxdash.respond.limits.VISITOR", (3, 0.001))
    person = site.person().open()
    for _ in range(3):
        person.send({"nps": "77"})
    person.send({"nps": "9"})
    assert person.status == 429 and person.answer.headers["retry-after"] and person.shown()["nps"] == "9"
    assert site.person().open().send({"nps": "9"}).status == 200


def test_only_hashes_of_tokens_and_secrets_are_stored(site: Site) -> None:
    token = invite(site.house, "C-1")["C-1"]
    person = through(site.person().open(token), token)
    public = through(site.person())
    site.desk.end()
    path = make_url(str(site.deps.engine.url)).database
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    stored_bytes = Path(path).read_bytes()
    assert person.at.endswith("/done") and token.encode() not in stored_bytes and public.cookies["cx_visit"].encode() not in stored_bytes


def test_a_mail_is_stopped_by_its_link_and_by_the_mail_program(site: Site) -> None:
    tokens = invite(site.house, "C-1", "C-2")
    person = site.person().get(f"/s/{tokens['C-1']}/unsubscribe")
    assert "그만 받으시겠습니까" in person.plain
    person.send({})
    assert "메일 수신을 중단했습니다" in person.plain
    one_click = person.ask("POST", f"/s/{tokens['C-2']}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    with reading(site.deps.engine) as session:
        assert all(contacts.contact_of(session, token=token).unsubscribed_at for token in tokens.values())
    assert site.person().get(f"/s/{site.house.token}/unsubscribe").status == 404


# ---------------------------------------------------------------- the database is away


def test_a_locked_database_leaves_the_answers_on_the_screen_and_once_free_stores_them_once(site: Site) -> None:
    person = site.person().open()
    site.desk.writer._patience = 0.3
    lock = sqlite3.connect(make_url(str(site.deps.engine.url)).database, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    person.send({"nps": "9", "all": "5"})
    assert person.status == 503 and "답변은 화면에 그대로" in person.plain and person.answer.headers["retry-after"]
    assert (person.shown()["nps"], person.shown()["all"]) == ("9", "5")
    lock.execute("ROLLBACK")
    lock.close()
    person.send({}).send({"gate:ship": "no"}).send({"staff": "6"}).send({}).send({"age": "20s"})
    assert person.at.endswith("/done") and len(stored(site)) == 1


def test_a_database_that_is_gone_leaves_the_answers_on_the_screen(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.person().open().send({"nps": "9"})

    def gone(*_: object, **__: object) -> None:
        raise ConnectionError("the server went away")

    with monkeypatch.context() as patch:
        patch.setattr(site.deps.engine.pool, "connect", gone)
        person.send({"gate:ship": "yes"})
        # what is known of the link draws the page of a visit that nothing is known of: here only the echo of what was sent can be kept
        assert person.status == 503 and 'name="gate:ship" value="yes"' in person.text
        assert site.person().get("/s/never-seen").status == 503
    site.desk._doors.clear()
    with monkeypatch.context() as patch:
        patch.setattr(site.deps.engine.pool, "connect", gone)
        person.get(f"/s/{site.house.token}")
        assert person.status == 503 and "다시 시도" in person.plain
    person.open().send({"gate:ship": "no"})
    assert person.at.endswith("/p/stage-buy")


def test_what_nobody_thought_of_keeps_what_was_sent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person = site.person().open()

    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "sent", broken)
        person.send({"nps": "9", "all": "5"})
    assert person.status == 500 and "다시 보내기" in person.plain and "a fault of ours" not in person.text
    assert (person.shown()["nps"], person.shown()["all"]) == ("9", "5")
    assert person.send({}).at.endswith("/p/gates-1")  # the button of that page sends everything again


def test_the_script_is_told_where_to_go(site: Site) -> None:
    person = site.person().open()
    said = person.ask("POST", person.action(), data={**person.shown(), "nps": "9"}, headers={"x-cx": "1"})
    assert said.json() == {"go": f"/s/{site.house.token}/p/gates-1"}
    assert person.ask("POST", person.action(), data={"nps": "77"}, headers={"x-cx": "1"}).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(("agent", "device"), [
    (PHONE, "phone"), ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) KAKAOTALK 10.1", "phone"),
    ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X)", "tablet"), ("Mozilla/5.0 (Linux; Android 13; SM-X700)", "tablet"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "desktop"), ("fridge/1.0", "other"),
])  # fmt: skip
def test_the_class_of_the_device_is_recorded(site: Site, agent: str, device: str) -> None:
    through(site.person(**{"user-agent": agent}))
    assert stored(site)[0]["attributes"]["device"] == device


def test_a_new_version_meets_a_page_that_was_open(site: Site) -> None:
    person = site.person().open()
    with writing(site.deps.engine) as session:
        old = surveys.newest_version(session, survey_id=site.house.survey_id)
        surveys.add_version(session, survey_id=site.house.survey_id, document=old.document, coding=old.coding)
    site.desk._doors.clear()
    person.send({"nps": "9"})
    assert person.status == 409 and person.shown()["nps"] == "9" and "한 번 더" in person.plain
    assert person.send({}).at.endswith("/p/gates-1")
    assert replace(person).open().at.split("?")[0].endswith("/p/gates-1")
