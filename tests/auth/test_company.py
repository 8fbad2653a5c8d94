"""A company's sign-in against a provider that really signs and really asks for PKCE: accounts, roles, and everything that must not hold."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cxdash.config import load_settings
from cxdash.errors import Conflict
from cxdash.services import accounts, audit, company, sessions
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from tests import house, issuer
from tests.auth.visitor import Browser
from tests.auth.visitor import house as front_of
from tests.issuer import Issuer


@pytest.fixture(scope="module")
def provider() -> Iterator[Issuer]:
    with issuer.running() as made:
        yield made


@pytest.fixture
def at(provider: Issuer) -> Issuer:
    """The provider as it is by itself."""
    plain = Issuer(provider.url)
    for name in ("person", "told", "lies", "forged", "refuses"):
        setattr(provider, name, getattr(plain, name))
    provider.asked.clear()
    return provider


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("home"))
    yield made
    house.close(made)


class Place:
    """A house whose settings name the provider; every test has addresses of its own in it."""

    def __init__(self, deps: Deps, at: Issuer, **more: str) -> None:
        told = load_settings({"CXDASH_HOME": str(deps.settings.home), "CXDASH_OPEN": "0", **at.settings(**more)})
        self.deps = replace(deps, settings=told)
        _front, self.app = front_of(lambda: self.deps)

    def browser(self) -> Browser:
        return Browser(self.app)

    def cross(self, browser: Browser, path: str = "/auth/company") -> httpx.Response:
        """To the provider and back, as a browser goes."""
        away = browser.get(path)
        assert away.status_code == 303, away.text
        there = httpx.get(away.headers["location"])
        return browser.get(there.headers["location"].removeprefix("http://localhost"))

    def who(self, browser: Browser) -> sessions.Known | None:
        return sessions.known(self.deps, browser.cookies.get("cx_session"))


@pytest.fixture
def place(built: Deps, at: Issuer) -> Place:
    return Place(built, at)


def person(at: Issuer, name: str, *groups: str, **more: Any) -> None:
    plain = {"sub": f"sub-{name}", "email": f"{name}@acme.example", "email_verified": True, "name": name.title()}
    at.person = {**plain, "groups": list(groups), **more}


def test_groups_give_the_role_and_the_address_the_way_back(place: Place, at: Issuer) -> None:
    person(at, "han", "everybody", "cx-team")
    browser = place.browser()
    answer = place.cross(browser, "/auth/company?next=%2Fjourney%3Fa%3D1")
    assert answer.status_code == 303 and answer.headers["location"] == "/journey?a=1"
    who = place.who(browser)
    assert who is not None and (who.email, who.name, who.actor.role, who.local) == ("han@acme.example", "Han", RoleName.ANALYST, False)
    given = at.asked[-1]
    assert given["redirect_uri"] == "http://localhost/auth/company/back" and len(given["nonce"]) > 20 and len(given["state"]) > 20
    assert not browser.cookies.get("cx_way") and browser.get("/journey").text == "screen /journey"


def test_a_changed_group_counts_at_the_next_sign_in_and_none_lets_nobody_in(place: Place, at: Issuer) -> None:
    person(at, "joo", "cx-team")
    place.cross(place.browser())
    person(at, "joo", "cx-team", "cx-admins")
    browser = place.browser()
    place.cross(browser)
    assert place.who(browser).actor.role is RoleName.ADMIN  # type: ignore[union-attr]
    person(at, "joo", "others")
    stopped = place.browser()
    refused = place.cross(stopped)
    assert refused.status_code == 403 and "그룹에 속해 있지 않습니다" in refused.text and place.who(stopped) is None
    person(at, "nobody")
    assert place.cross(place.browser()).status_code == 403
    assert "nobody@acme.example" not in {one.email for one in accounts.list_accounts(place.deps, LOCAL)}


def test_groups_take_no_house_its_last_administrator(at: Issuer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    deps = house.build(tmp_path)
    place = Place(deps, at)
    enter_as(place, at, "only", "cx-admins")
    with caplog.at_level(logging.WARNING, "cxdash.services.company"):
        kept = enter_as(place, at, "only", "cx-team")
    assert kept is not None and kept.actor.role is RoleName.ADMIN and "last administrator" in caplog.text and "only@" not in caplog.text
    told = [entry for entry in audit.entries(deps, LOCAL).entries if entry.action == "account.last_admin"]
    assert len(told) == 1 and told[0].after == {"role": "admin", "groups": "analyst"}
    assert enter_as(place, at, "only") is None  # of no group any more: not let in, but nothing is taken away
    assert [one.rights.role for one in accounts.list_accounts(deps, LOCAL)] == [RoleName.ADMIN]
    enter_as(place, at, "next", "cx-admins")
    followed = enter_as(place, at, "only", "cx-team")  # now there is another one
    assert followed is not None and followed.actor.role is RoleName.ANALYST
    house.close(deps)


def enter_as(place: Place, at: Issuer, name: str, *groups: str) -> sessions.Known | None:
    person(at, name, *groups)
    browser = place.browser()
    place.cross(browser)
    return place.who(browser)


def test_userinfo_tells_what_the_token_leaves_out(place: Place, at: Issuer) -> None:
    at.person, at.told = {"sub": "sub-min"}, {"email": "min@acme.example", "email_verified": True, "groups": "cx-team"}
    browser = place.browser()
    place.cross(browser)
    assert place.who(browser).email == "min@acme.example"  # type: ignore[union-attr]


def test_anybody_and_another_claim(built: Deps, at: Issuer) -> None:
    place = Place(built, at, CXDASH_OIDC_ROLES="boss=admin;*=viewer", CXDASH_OIDC_GROUPS_CLAIM="roles")
    person(at, "seo", roles=["boss"])
    browser = place.browser()
    place.cross(browser)
    assert place.who(browser).actor.role is RoleName.ADMIN  # type: ignore[union-attr]
    person(at, "ryu", "boss")
    browser = place.browser()
    place.cross(browser)
    assert place.who(browser).actor.role is RoleName.VIEWER  # type: ignore[union-attr]


def test_only_some_domains_may_come_in(built: Deps, at: Issuer) -> None:
    place = Place(built, at, CXDASH_OIDC_DOMAINS="acme.example")
    person(at, "eve", "cx-admins", email="eve@evil.example")
    refused = place.cross(place.browser())
    assert refused.status_code == 403 and "evil.example" in refused.text


def test_an_invited_colleague_comes_in_this_way_and_keeps_the_given_role(place: Place, at: Issuer) -> None:
    accounts.invite(place.deps, LOCAL, email="oh@acme.example", rights=Rights(RoleName.MARKETER, ("air",)))
    person(at, "oh", "cx-admins")
    browser = place.browser()
    place.cross(browser)
    who = place.who(browser)
    assert who is not None and (who.actor.role, who.actor.programs) == (RoleName.MARKETER, ("air",))


def test_an_address_that_nobody_checked_takes_no_account_over(built: Deps, place: Place, at: Issuer) -> None:
    accounts.invite(place.deps, LOCAL, email="boss@acme.example", rights=Rights(RoleName.ADMIN))
    person(at, "boss", "cx-team", email_verified=False)
    refused = place.cross(place.browser())
    assert refused.status_code == 403 and "확인하지 않았습니다" in refused.text
    vouched = Place(built, at, CXDASH_OIDC_DOMAINS="acme.example")  # the company's own domain: its word is believed
    browser = vouched.browser()
    vouched.cross(browser)
    assert vouched.who(browser).actor.role is RoleName.ADMIN  # type: ignore[union-attr]


def test_a_disabled_account_stays_out(place: Place, at: Issuer) -> None:
    person(at, "yun", "cx-team")
    browser = place.browser()
    place.cross(browser)
    number = place.who(browser).account_id  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        accounts.reset(place.deps, LOCAL, account_id=number)  # a password here would outlive the company's account
    accounts.disable(place.deps, LOCAL, account_id=number)
    assert place.who(browser) is None and place.cross(place.browser()).status_code == 403


@pytest.mark.parametrize("lies", [
    {"nonce": "another visit"}, {"aud": "another app"}, {"iss": "https://evil.example"}, {"exp": 1}, {"aud": ["cxdash", "x"], "azp": "x"},
    {"iat": 32503680000},
], ids=lambda lies: "+".join(lies))  # fmt: skip
def test_a_token_that_is_not_for_this_visit_is_refused(place: Place, at: Issuer, lies: dict[str, Any]) -> None:
    person(at, "kang", "cx-admins")
    at.lies = lies
    browser = place.browser()
    assert place.cross(browser).status_code in (403, 503) and place.who(browser) is None


def test_a_signature_of_another_key_is_refused_and_a_new_key_is_learnt(place: Place, at: Issuer) -> None:
    person(at, "choi", "cx-team")
    at.forged = True
    browser = place.browser()
    assert place.cross(browser).status_code == 403 and place.who(browser) is None
    at.forged = False
    place.cross(browser)
    assert place.who(browser) is not None
    at.rotate()
    other = place.browser()
    place.cross(other)
    assert place.who(other) is not None


def test_the_way_back_is_this_browsers_and_once(place: Place, at: Issuer) -> None:
    person(at, "song", "cx-team")
    victim, thief = place.browser(), place.browser()
    back = httpx.get(thief.get("/auth/company").headers["location"]).headers["location"].removeprefix("http://localhost")
    assert victim.get(back).status_code == 403 and place.who(victim) is None  # a link that would sign the victim in as the thief
    victim.get("/auth/company")
    assert victim.get(back).status_code == 403 and place.who(victim) is None
    assert thief.get(back).status_code == 303
    assert thief.get(back).status_code == 403


def test_a_code_without_its_verifier_is_worth_nothing(place: Place, at: Issuer) -> None:
    person(at, "moon", "cx-team")
    way = company.begin(place.deps.settings, back="http://localhost/auth/company/back")
    code = parse_qs(urlsplit(httpx.get(way.address).headers["location"]).query)["code"][0]
    with pytest.raises(Exception, match="signin.company.failed"):
        company.finish(place.deps.settings, code=code, nonce=way.nonce, verifier="x" * 64, back="http://localhost/auth/company/back")


def test_who_changes_their_mind_is_told_so(place: Place, at: Issuer) -> None:
    at.refuses = True
    refused = place.cross(place.browser())
    assert refused.status_code == 403 and "/auth/sign-in" in refused.text


def test_an_issuer_that_is_away_is_a_sentence(built: Deps, at: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    place = Place(built, at, CXDASH_OIDC_ISSUER="http://127.0.0.1:9")
    answer = place.browser().get("/auth/company")
    assert answer.status_code == 503 and "연결할 수 없습니다" in answer.text and issuer.SECRET not in caplog.text


def test_the_door_offers_it_by_name(built: Deps, at: Issuer) -> None:
    place = Place(built, at, CXDASH_OIDC_NAME="Acme <b>")
    accounts.invite(place.deps, LOCAL, email="any@acme.example", rights=Rights(RoleName.VIEWER))
    page = place.browser().get("/auth/sign-in?next=/journey&lang=en").text
    assert "Sign in with Acme &lt;b&gt;" in page and 'href="/auth/company?next=%2Fjourney&amp;lang=en"' in page
