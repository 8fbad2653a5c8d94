"""Connections in a real browser, against the running app: a key made on the screen sends responses, which are counted and told on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cxdash import runtime
from cxdash.config import load_settings
from tests.browser import screen
from tests.respond.test_webhooks import genuine, receiving
from tests.serving import Server
from tests.services.answering import ANSWERS, open_house

SOON = 5.0  # seconds until a new answer is in the numbers


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    made = serve_here("uvicorn", env={"CXDASH_DEMO": "0", "CXDASH_WEBHOOK_PRIVATE": "1"})
    open_house(runtime.build(load_settings({"CXDASH_HOME": str(made.home), "CXDASH_DEMO": "0"})))
    return made


def made_key(page: Any, server: Server, name: str) -> str:
    screen.visit(page, f"{server.url}/machines?program=shop&lang=en")
    page.locator(".st-key-key-add button").click()
    field = page.locator(".st-key-key-form input").first
    field.fill(name)
    field.press("Tab")
    screen.settle(page)
    page.get_by_role("button", name="Read figures").click()
    screen.settle(page)
    page.locator(".st-key-key-make button").click()
    page.wait_for_selector(".st-key-key-new code", timeout=60_000)
    return str(page.locator(".st-key-key-new code").inner_text()).strip()


def test_from_a_key_on_the_screen_to_a_number_and_a_webhook(page: Any, server: Server) -> None:
    key = made_key(page, server, "CRM")
    with receiving() as other:
        page.locator(".st-key-hook-add button").click()
        field = page.locator(".st-key-hook-form input")
        field.fill(other.url)
        field.press("Tab")
        screen.settle(page)
        page.locator(".st-key-hook-make button").click()
        page.get_by_role("button", name="Signing secret").click()
        secret = str(page.locator("[data-testid=stPopoverBody] code").inner_text()).strip()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Send a test").click()
        page.wait_for_selector("text=It was taken (HTTP 204).", timeout=60_000)
        client = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {key}"})
        sent = [client.post("/responses", json={"answers": dict(ANSWERS)}, headers={"Idempotency-Key": f"n{n}"}) for n in range(12)]
        assert {a.status_code for a in sent} == {201} and not client.cookies
        began, n = time.monotonic(), 0
        while n < 12 and time.monotonic() - began < SOON:
            n = client.get("/metrics", params={"metric": "nps"}).json()["metrics"][0]["figure"]["n"]
        assert n == 12
        deadline = time.monotonic() + 30
        while len(other.got) < 13 and time.monotonic() < deadline:
            time.sleep(0.1)
    events = [json.loads(body)["event"] for _, body in other.got]
    assert events.count("test") == 1 and events.count("response.finished") == 12
    assert all(genuine(headers["cxdash-signature"], body, secret) for headers, body in other.got)
    screen.visit(page, f"{server.url}/machines?program=shop&lang=en")
    assert "Deliveries: 12" in page.inner_text(".st-key-card-hooks") and "Last used" in page.inner_text(".st-key-card-keys")
    assert key not in page.content()
    page.get_by_role("button", name="Revoke").first.click()
    page.get_by_role("button", name="Revoke now").click()
    page.wait_for_selector("text=Revoked keys: 1", timeout=60_000)
    assert client.get("/metrics").status_code == 401


def test_what_the_ring_says_to_machines_is_json_too(server: Server) -> None:
    wrong = [
        (httpx.post(f"{server.url}/api/v1/responses", content=b"x" * 300_000), 413), (httpx.get(f"{server.url}/api/v2"), 404),
        (httpx.get(f"{server.url}/api/"), 404), (httpx.delete(f"{server.url}/api/v1/metrics"), 405),
        (httpx.get(f"{server.url}/api/v1/metrics"), 401), (httpx.options(f"{server.url}/api/v1/responses"), 405),
    ]  # fmt: skip
    for answer, status in wrong:
        assert (answer.status_code, answer.json()["status"]) == (status, status) and not answer.cookies
        assert answer.headers["content-type"] == "application/problem+json" and answer.headers["x-content-type-options"] == "nosniff"
    head = httpx.head(f"{server.url}/api/v1/openapi.json")
    assert head.status_code == 200 and not head.content


@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits(page: Any, server: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    screen.visit(page, f"{server.url}/machines?program=shop")
    page.locator(".st-key-key-add button").click()
    screen.settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not [word for word in screen.BROKEN if word in page.inner_text(".stMainBlockContainer")]
