"""The pages under /auth/ over HTTP: what they let in, what they give away, and what a stranger can make a browser do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from argon2 import PasswordHasher

from cxdash.auth.front import Front
from cxdash.auth.screen import POLICY
from cxdash.config import load_settings
from cxdash.services import accountmail, accounts, passwords, sessions
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from cxdash.store import accounts as store
from cxdash.store.database import writing
from tests import house
from tests.auth.visitor import Browser, notice
from tests.auth.visitor import house as front_of

GOOD, OTHER = "tiger lamp 42", "blue kettle 77"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("home"))
    yield made
    house.close(made)


class Place:
    """A house without accounts, its front, and browsers in front of it."""

    def __init__(self, deps: Deps, **more: str) -> None:
        told = load_settings({"CXDASH_HOME": str(deps.settings.home), "CXDASH_OPEN": "0", **more})
        self.deps = replace(deps, settings=told)
        self.front: Front
        self.front, self.app = front_of(lambda: self.deps)

    def browser(self, base: str = "http://localhost", address: str = "192.0.2.7") -> Browser:
        return Browser(self.app, base, address)

    def first(self, **more: str) -> Browser:
        browser = self.browser()
        answer = browser.send("/auth/first", code=self.front.begin(), email="kim@example.com", password=GOOD, name="김관리", **more)
        assert answer.status_code == 303, notice(answer)
        return browser


@pytest.fixture
def fresh(built: Deps, monkeypatch: pytest.MonkeyPatch) -> Deps:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    with writing(built.engine) as session:
        for row in store.list_accounts(session):
            session.delete(row)
        session.connection().exec_driver_sql("DELETE FROM sign_in_attempt")
    sessions.changed()
    return built


@pytest.fixture
def place(fresh: Deps) -> Place:
    return Place(fresh)


# ---------------------------------------------------------------- the first administrator


def test_only_the_code_of_this_start_makes_the_first_administrator(place: Place) -> None:
    old, code = place.front.begin(), place.front.begin()
    assert old != code and re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){3}", code)
    browser = place.browser()
    assert browser.get("/journey").headers["location"] == "/auth/sign-in?next=/journey"
    assert browser.get("/auth/sign-in").headers["location"] == "/auth/first"
    for wrong in ("", old, "AAAA-AAAA-AAAA-AAAA"):
        answer = browser.send("/auth/first", code=wrong, email="eve@example.com", password=GOOD)
        assert answer.status_code == 403 and notice(answer)
    assert not sessions.peopled(place.deps)
    weak = browser.send("/auth/first", code=code, email="kim@example.com", password="password123")
    assert weak.status_code == 409 and 'value="kim@example.com"' in weak.text and "password123" not in weak.text
    answer = browser.send("/auth/first", code=code.replace("-", " ").lower(), email="kim@example.com", password=GOOD)
    assert answer.status_code == 303 and browser.get("/journey").text == "screen /journey"
    again = place.browser()
    assert again.ask("POST", "/auth/first", data={"code": code}).status_code == 403
    assert again.get("/auth/first").headers["location"] == "/auth/sign-in" and place.front.is_code(code) is False
    assert place.front.begin() == ""  # the next start prints nothing


def test_the_code_cannot_be_guessed(place: Place) -> None:
    code = place.front.begin()
    fields = {"email": "e@example.com", "password": GOOD}
    answers = [place.browser(address=f"192.0.2.{n}").send("/auth/first", code=f"{n}", **fields) for n in range(12)]
    assert [a.status_code for a in answers] == [403] * 10 + [429] * 2
    late = place.browser().send("/auth/first", code=code, email="e@example.com", password=GOOD)
    assert late.status_code == 429 and not sessions.peopled(place.deps)


# ---------------------------------------------------------------- signing in and out


@pytest.mark.parametrize(("base", "name", "secure"), [
    ("http://localhost", "cx_session", False), ("https://cx.example.com", "__Host-cx_session", True),
])  # fmt: skip
def test_the_cookie(place: Place, base: str, name: str, secure: bool) -> None:
    place.first()
    browser = place.browser(base)
    answer = browser.send("/auth/sign-in", email="kim@example.com", password=GOOD)
    found = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{name}="))
    assert "HttpOnly" in found and "SameSite=lax" in found and "Path=/" in found and "Domain" not in found
    assert ("Secure" in found) is secure and "Max-Age" not in found and "expires" not in found.lower()
    assert browser.get("/journey").status_code == 200


def test_over_tls_a_cookie_that_another_host_name_can_set_is_not_looked_at(place: Place) -> None:
    secret = place.first().cookies["cx_session"]
    browser = place.browser("https://cx.example.com")
    browser.cookies.set("cx_session", secret)
    assert browser.get("/journey").status_code == 303
    browser.cookies.set("__Host-cx_session", secret)
    assert browser.get("/journey").status_code == 200


def test_a_session_that_was_there_before_is_not_taken_over(place: Place) -> None:
    place.first()
    browser = place.browser()
    browser.cookies.set("cx_session", "fixed-by-somebody-else")
    browser.send("/auth/sign-in", email="kim@example.com", password=GOOD)
    taken = browser.cookies.get("cx_session", domain="localhost.local")
    assert taken != "fixed-by-somebody-else" and sessions.known(place.deps, "fixed-by-somebody-else") is None
    assert sessions.known(place.deps, taken) is not None


def test_signing_in_again_leaves_the_old_session(place: Place) -> None:
    browser = place.first()
    old = browser.cookies["cx_session"]
    stamp = re.search(r'name="stamp" value="([0-9a-f]+)"', place_page(place, browser))[1]  # type: ignore[index]
    answer = browser.ask("POST", "/auth/sign-in", data={"stamp": stamp, "email": "kim@example.com", "password": GOOD},
                         headers={"origin": browser.base})  # fmt: skip
    assert answer.status_code == 303 and browser.cookies["cx_session"] != old and sessions.known(place.deps, old) is None


def place_page(place: Place, browser: Browser) -> str:
    """The sign-in page as it is for who has a form cookie but no session."""
    other = place.browser()
    other.cookies.set("cx_form", browser.cookies["cx_form"])
    return other.get("/auth/sign-in").text


def test_signing_out_shuts_every_tab_and_a_replayed_cookie(place: Place) -> None:
    browser = place.first()
    secret = browser.cookies["cx_session"]
    assert browser.get("/journey").status_code == 200 and browser.get("/media/x").status_code == 404  # nobody made it
    assert browser.send("/auth/sign-out").headers["location"] == "/auth/sign-in"
    replay = place.browser()
    replay.cookies.set("cx_session", secret)
    for path, status in (("/journey", 303), ("/media/x", 401), ("/", 303)):
        assert replay.get(path).status_code == status
    assert replay.ask("PUT", "/_stcore/upload_file/a/b").status_code == 401


@pytest.mark.parametrize("to", [
    "//evil.example", "https://evil.example/journey", "/\\evil.example", "javascript:alert(1)", "/journey\r\nX: y", "\\\\evil", "journey",
    "/nope",
    "/auth/sign-out", "/%2f/evil.example", "//journey", "/ /evil", "@evil", "/journey/../..//evil.example",
])  # fmt: skip
def test_the_way_back_stays_in_the_house(place: Place, to: str) -> None:
    place.first()
    answer = place.browser().send("/auth/sign-in", email="kim@example.com", password=GOOD, next=to)
    assert answer.status_code == 303 and answer.headers["location"] == "/"


def test_the_way_back_keeps_the_view(place: Place) -> None:
    place.first()
    browser = place.browser()
    away = browser.get("/journey?a=%EC%84%9C%20%26&b=1").headers["location"]
    page = browser.get(away + "&lang=en")
    assert 'name="next" value="/journey?a=%EC%84%9C%20%26&amp;b=1"' in page.text
    answer = browser.send(away, email="kim@example.com", password=GOOD, next="/journey?a=%EC%84%9C%20%26&b=1", lang="en")
    assert answer.headers["location"] == "/journey?a=%EC%84%9C%20%26&b=1&lang=en"


# ---------------------------------------------------------------- strangers


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/sign-out", "/auth/forgot", "/auth/password", "/auth/second", "/auth/first"])
def test_a_form_that_another_page_sends_is_not_looked_at(place: Place, path: str) -> None:
    browser = place.first()
    secret, fields = browser.cookies["cx_session"], {"email": "kim@example.com", "password": GOOD, "code": "1"}
    stamp = place.browser().get("/auth/sign-in").text.partition('name="stamp" value="')[2][:64]  # genuine, but somebody else's
    for data in (fields, {**fields, "stamp": ""}, {**fields, "stamp": stamp}, {**fields, "stamp": "é"}):
        assert browser.ask("POST", path, data=data, headers={"origin": browser.base}).status_code == 403
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://[bad"}, {"sec-fetch-site": "cross-site"}):
        own = re.search(r'name="stamp" value="([0-9a-f]+)"', browser.get("/auth/sign-out").text)[1]  # type: ignore[index]
        assert browser.ask("POST", "/auth/sign-out", data={"stamp": own}, headers=headers).status_code == 403
    assert sessions.known(place.deps, secret) is not None


def test_a_stamp_is_for_one_page_only(place: Place) -> None:
    browser = place.first()
    stamp = re.search(r'name="stamp" value="([0-9a-f]+)"', browser.get("/auth/forgot?x=1").text)
    assert stamp is None  # nothing can be sent there without a mail server
    own = re.search(r'name="stamp" value="([0-9a-f]+)"', browser.get("/auth/sign-out").text)[1]  # type: ignore[index]
    assert browser.ask("POST", "/auth/sign-in", data={"stamp": own}, headers={"origin": browser.base}).status_code == 403


def test_nobody_learns_who_has_an_account(place: Place) -> None:
    place.first()

    def said(email: str) -> str:
        answer = place.browser().send("/auth/sign-in", email=email, password="wrong")
        assert answer.status_code == 401
        return re.sub(r'value="[^"]*"', "", answer.text)

    assert said("kim@example.com") == said("nobody@example.com")


def test_too_many_forms_of_one_address(place: Place) -> None:
    place.first()
    browser = place.browser(address="203.0.113.5")
    answers = [browser.ask("POST", "/auth/sign-in", data={}).status_code for _ in range(40)]
    assert answers[:30] == [403] * 30 and 429 in answers[30:]
    assert place.browser(address="203.0.113.6").send("/auth/sign-in", email="kim@example.com", password=GOOD).status_code == 303


def test_what_was_sent_comes_back_as_text(place: Place) -> None:
    place.first()
    evil = '"><script>alert(1)</script>{{7*7}}'
    answer = place.browser().send("/auth/sign-in", email=evil, password=evil)
    assert "<script" not in answer.text and "&lt;script&gt;" in answer.text and "{{7*7}}" in answer.text
    assert answer.text.count("alert(1)") == 1  # the password does not come back


def test_headers_and_both_languages(place: Place) -> None:
    place.first()
    for path in ("/auth/sign-in", "/auth/forgot", "/auth/password"):
        answer = place.browser().get(path)
        assert answer.headers["cache-control"] == "no-store" and answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-frame-options"] == "DENY" and 'lang="ko"' in answer.text
        assert "<script" not in answer.text and "style=" not in answer.text
    english = place.browser().get("/auth/sign-in", Accept_Language="en-US,en").text
    assert 'lang="en"' in english and "Forgot the password?" in english and not re.search("[가-힣]", english.replace("한국어", ""))
    style = re.search(r'href="(/auth/static/[^"]+)"', english)[1]  # type: ignore[index]
    found = place.browser().get(style)
    assert found.headers["content-type"].startswith("text/css") and "immutable" in found.headers["cache-control"]
    assert place.browser().get("/auth/static/../routes.py").status_code == 404 and place.browser().get("/auth/nope").status_code == 404
    assert "unsafe" not in POLICY and "http" not in POLICY


def test_nothing_secret_is_written_down(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    browser = place.first()
    place.browser().send("/auth/sign-in", email="kim@example.com", password="a wrong one")
    _, token = accounts.invite(place.deps, LOCAL, email="lee@example.com", rights=Rights(RoleName.VIEWER))
    guest = place.browser()
    guest.get(f"/auth/link/{token}")
    guest.send("/auth/password", password=OTHER)
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert not [secret for secret in (GOOD, OTHER, "a wrong one", token, browser.cookies["cx_session"]) if secret in ours]


# ---------------------------------------------------------------- links


def test_an_invitation_from_the_link_to_the_screens(place: Place) -> None:
    admin = place.first()
    _, token = accounts.invite(place.deps, LOCAL, email="lee@example.com", rights=Rights(RoleName.VIEWER), language="en")
    guest = place.browser()
    away = guest.get(f"/auth/link/{token}")
    assert away.headers["location"] == "/auth/password" and away.headers["referrer-policy"] == "no-referrer" and not away.text
    page = guest.get("/auth/password")
    assert "lee@example.com" in page.text and token not in page.text and "Accept the invitation" in page.text
    weak = guest.send("/auth/password", password="lee@example.com")
    assert weak.status_code == 409 and notice(weak)
    answer = guest.send("/auth/password", password=OTHER, name="Lee")
    assert answer.status_code == 303 and guest.get("/journey").status_code == 200
    gone = place.browser()
    gone.get(f"/auth/link/{token}")
    assert gone.get("/auth/password").status_code == 410 and admin.get("/journey").status_code == 200
    for wrong in ("x", "x" * 3000, "%00", "a%0d%0ab"):
        stranger = place.browser()
        stranger.get(f"/auth/link/{wrong}")
        assert stranger.get("/auth/password").status_code == 410


MAIL = {"CXDASH_SMTP_HOST": "127.0.0.1", "CXDASH_SMTP_FROM": "cx@example.com", "CXDASH_SCREENS_URL": "https://cx.example.com"}


def test_a_forgotten_password_is_answered_alike_and_mailed_to_its_owner(fresh: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, str]] = []
    done = threading.Semaphore(0)

    def later(work: object) -> None:
        work()  # type: ignore[operator]
        done.release()

    monkeypatch.setattr(accountmail, "later", later)
    monkeypatch.setattr(accountmail, "send", lambda _settings, **mail: sent.append(mail) or True)
    place = Place(fresh, **MAIL)
    place.first()

    def asked(email: str) -> httpx.Response:
        return place.browser(base="http://evil.example").send("/auth/forgot", email=email)

    def plain(answer: httpx.Response) -> str:
        return re.sub(r'value="[^"]*"', "", answer.text)

    known, unknown = asked("KIM@example.com"), asked("nobody@example.com")
    assert known.status_code == unknown.status_code == 200 and plain(known) == plain(unknown)
    assert [mail["to"] for mail in sent] == ["kim@example.com"]
    assert sent[0]["link"].startswith("https://cx.example.com/auth/link/")  # never the host that was asked for
    guest = place.browser()
    guest.get(sent[0]["link"].removeprefix("https://cx.example.com"))
    assert guest.send("/auth/password", password=OTHER).status_code == 303
    for _ in range(5):
        asked("kim@example.com")
    assert len(sent) <= 4  # nobody's mailbox is filled


def test_without_an_address_of_its_own_the_house_mails_no_links(fresh: Deps) -> None:
    place = Place(fresh, **{k: v for k, v in MAIL.items() if k != "CXDASH_SCREENS_URL"})
    place.first()
    page = place.browser().get("/auth/forgot")
    assert "<form" not in page.text and "관리자에게" in page.text
