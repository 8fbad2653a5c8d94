"""Signing in, in a real browser against the running app: the first start, two tabs, a changed role, the second factor."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxdash.services import accounts, entry, profile, sessions, totp
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from cxdash.services.sessions import Where
from tests.browser import screen
from tests.serving import Server

GOOD, OTHER = "tiger lamp 42", "blue kettle 77"


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve("streamlit", env={"CXDASH_OPEN": "0", "CXDASH_DEMO": "1"})


@pytest.fixture(scope="module")
def lee(beside: Deps) -> str:
    """A colleague; made in whichever order the tests run."""
    _, token = accounts.invite(beside, LOCAL, email="lee@example.com", rights=Rights(RoleName.VIEWER), name="이마케")
    entry.accept(beside, token=token, password=OTHER, where=Where())
    return "lee@example.com"


def code_of(server: Server) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := re.search(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}", server.said()):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(server.said()[-2000:])


def enter(page: Any, server: Server, email: str, password: str, path: str = "/") -> None:
    page.goto(server.url + path)
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.click("button")


def test_the_first_start_makes_an_administrator_who_invites(page: Any, other: Any, serve: Callable[..., Server]) -> None:
    server = serve("uvicorn", env={"CXDASH_OPEN": "0", "CXDASH_DEMO": "1"})
    page.goto(f"{server.url}/journey?period=all")
    assert "/auth/first?next=" in page.url and page.locator(".stApp").count() == 0
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    for code, password in (("AAAA-AAAA-AAAA-AAAA", GOOD), (code_of(server), GOOD)):
        page.fill("[name=code]", code)
        page.fill("[name=email]", "kim@example.com")
        page.fill("[name=name]", "김관리")
        page.fill("[name=password]", password)
        page.click("button")
    page.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    screen.settle(page)
    assert page.url == f"{server.url}/journey?period=all" and "김관리" in page.inner_text("[data-testid=stSidebar]")
    screen.visit(page, f"{server.url}/users?lang=en")
    page.locator(".st-key-user-invite button").click()
    page.wait_for_selector(".st-key-card-invite input", timeout=60_000)
    screen.settle(page)  # a field filled while it is still being drawn forgets what was filled in
    field = page.locator(".st-key-card-invite input").first
    field.fill("park@example.com")
    field.press("Tab")
    screen.settle(page)
    page.locator(".st-key-invite-go button").click()
    page.wait_for_selector(".st-key-card-link code, [data-testid=stAlert]", timeout=60_000)
    assert page.locator("[data-testid=stAlert]").count() == 0, page.inner_text(".stMain")
    link = str(page.locator(".st-key-card-link code").inner_text()).strip()
    other.goto(link)
    assert other.url == f"{server.url}/auth/password" and "park@example.com" in other.inner_text("main")
    other.fill("[name=password]", OTHER)
    other.click("button")
    other.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    assert "사용자" not in other.inner_text("[data-testid=stSidebarNav]")
    clean(server)


def test_signing_out_in_one_tab_shuts_the_other(page: Any, server: Server, lee: str) -> None:
    enter(page, server, lee, OTHER, "/auth/sign-in?next=/journey")
    page.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    screen.settle(page)
    kept = page.context.cookies()
    other = page.context.new_page()
    screen.visit(other, f"{server.url}/segments")
    other.locator(".st-key-sign-out button").click()
    other.wait_for_selector(".st-key-sign-in", timeout=60_000)
    page.wait_for_selector(".st-key-sign-in", timeout=60_000)  # nobody clicked here
    screen.settle(page)
    assert page.locator("[data-testid=stMetricValue]").count() == 0 and page.locator("[data-testid=stSidebarNav]").count() == 0
    page.context.add_cookies(kept)  # replayed
    page.goto(f"{server.url}/journey")
    assert "/auth/sign-in" in page.url
    assert page.request.get(f"{server.url}/media/x").status == 401


def test_a_changed_role_shows_in_an_open_tab(page: Any, server: Server, deps: Deps, lee: str) -> None:
    number = next(one.id for one in accounts.list_accounts(deps, LOCAL) if one.email == lee)
    enter(page, server, lee, OTHER, "/auth/sign-in")
    page.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    screen.settle(page)
    assert "가져오기" not in page.inner_text("[data-testid=stSidebarNav]")
    accounts.change_rights(deps, LOCAL, account_id=number, rights=Rights(RoleName.ANALYST))
    page.wait_for_selector("[data-testid=stSidebarNav] >> text=가져오기", timeout=60_000)
    accounts.disable(deps, LOCAL, account_id=number)
    page.wait_for_selector(".st-key-sign-in", timeout=60_000)
    accounts.enable(deps, LOCAL, account_id=number)
    accounts.change_rights(deps, LOCAL, account_id=number, rights=Rights(RoleName.VIEWER))


def test_the_second_factor(page: Any, server: Server, deps: Deps) -> None:
    _, token = accounts.invite(deps, LOCAL, email="two@example.com", rights=Rights(RoleName.VIEWER))
    outcome = entry.accept(deps, token=token, password=OTHER, where=Where())
    who = sessions.known(deps, outcome.secret)
    assert who is not None
    secret = profile.begin_second(deps, who).secret
    now = totp.step_of(time.time())
    profile.confirm_second(deps, who, code=totp.code_at(secret, now - 1))  # an older code: the present one is still good
    enter(page, server, "two@example.com", OTHER, "/auth/sign-in?next=/journey")
    assert "/auth/second" in page.url
    page.goto(f"{server.url}/journey")
    assert "/auth/sign-in" in page.url  # half a session opens nothing
    page.goto(f"{server.url}/auth/second?next=/journey")
    page.fill("[name=code]", totp.code_at(secret, max(now, totp.step_of(time.time()))))
    page.click("button")
    page.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    assert page.url == f"{server.url}/journey"


@pytest.fixture(autouse=True, scope="module")
def log_is_clean(server: Server) -> Any:
    """Nothing secret stands in the server's log after all of it."""
    yield
    clean(server)


def clean(server: Server) -> None:
    said = Path(server.log).read_text(encoding="utf-8", errors="replace")
    assert GOOD not in said and OTHER not in said and not re.search(r"/auth/link/\w", said)
