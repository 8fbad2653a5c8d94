"""In a browser: a shared link from the button to the revoked page, and two people of different scopes with one address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services.actor import Actor, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.sessions import COOKIE
from cxdash.services.view import View
from tests import signing
from tests.browser import screen
from tests.serving import Server


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit", env={"CXDASH_OPEN": "0", "CXDASH_DEMO": "1"})


def come_in(tab: Any, server: Server, secret: str) -> None:
    tab.context.add_cookies([{"name": COOKIE, "value": secret, "url": server.url, "httpOnly": True, "sameSite": "Lax"}])


def test_a_link_is_made_opened_without_an_account_and_revoked(page: Any, other: Any, server: Server, deps: Deps) -> None:
    come_in(page, server, signing.signed_in(deps, "marketer", email="mkt@example.com"))
    screen.visit(page, f"{server.url}/?f.channel=store")
    want = re.search(r"-?\d+\.\d", screen.card(page, "nps").replace("−", "-"))
    page.locator(".st-key-share button:visible").first.click()
    page.get_by_label("이름", exact=True).fill("9월 <b>보고</b>")
    page.get_by_role("button", name="링크 만들기").click()
    page.wait_for_selector("[data-testid=stCode]", timeout=90_000)
    address = page.locator("[data-testid=stCode]").inner_text().strip()
    assert address.startswith(f"{server.url}/share/")
    other.set_viewport_size({"width": 390, "height": 844})
    other.goto(address)
    assert want and want[0] in other.locator(".card").first.inner_text().replace("−", "-")
    assert "9월 <b>보고</b>" in other.locator("h1").inner_text() and "매장" in other.locator(".filter").inner_text()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    assert other.locator("img").evaluate_all("all => all.every(one => one.complete && one.naturalWidth > 0)")
    other.goto(f"{server.url}/")
    assert "/auth/" in other.url  # a link opens nothing else
    page.get_by_role("button", name="회수").first.click()
    page.wait_for_selector("text=회수됨", timeout=60_000)
    other.goto(address)
    assert "열 수 없는 링크입니다" in other.locator("h1").inner_text()


def test_two_scopes_with_one_address(page: Any, other: Any, server: Server, deps: Deps) -> None:
    view, rows = View(period="all"), {tab: {"channel": [value]} for tab, value in ((page, "store"), (other, "online"))}
    said = {}
    for number, (tab, allowed) in enumerate(rows.items()):
        come_in(tab, server, signing.signed_in(deps, "analyst", email=f"scope{number}@example.com", rows=allowed))
        actor = Actor("x", RoleName.ANALYST, rows=rows_of({k: tuple(v) for k, v in allowed.items()}))
        said[tab] = i18n.number(overview(deps, actor, view=view).responses, "ko")
    assert len(set(said.values())) == 2 and "0" not in said.values()
    for tab in (page, other, page, other):
        screen.visit(tab, f"{server.url}/?period=all")
        assert f"응답 {said[tab]}건 / 전체 {said[tab]}건" in screen.whole(tab)
    screen.visit(other, f"{server.url}/?period=all&f.channel=store")  # the address of somebody who sees more
    assert "담당 범위의 응답만 보입니다" in screen.whole(other) and f"응답 {said[page]}건" not in screen.whole(other)
