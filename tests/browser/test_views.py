"""Saved views and comparisons in a browser: kept under a name, opened elsewhere in another language, deleted; compared with the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

NAME = "매장 <b>CSAT</b> *월간*"


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def drawer(tab: Any, name: str) -> None:
    tab.locator(f".st-key-{name} button:visible").first.click()
    screen.settle(tab)


def test_a_view_is_kept_opened_elsewhere_and_deleted(page: Any, server: Server, other: Any) -> None:
    screen.visit(page, f"{server.url}/?f.channel=store&metric=csat&vs=rest")
    want = screen.cards(page)
    drawer(page, "views")
    page.get_by_label("지금 보기의 이름").fill(NAME)
    page.get_by_role("button", name="지금 보기 저장").click()
    screen.settle(page)
    screen.narrow(other, dark=False)
    screen.visit(other, f"{server.url}/trends?lang=en")
    drawer(other, "views")
    other.get_by_role("button", name=NAME, exact=True).click()
    other.wait_for_selector("h1:has-text('Executive summary')", timeout=60_000)
    screen.settle(other)
    assert {"f.channel=store", "metric=csat", "vs=rest", "lang=en"} <= set(other.url.partition("?")[2].split("&"))
    assert screen.cards(other) == want
    drawer(other, "views")
    other.get_by_role("button", name=f"Delete {NAME}").click()
    screen.settle(other)
    screen.visit(page, f"{server.url}/journey")
    drawer(page, "views")
    assert "아직 저장한 보기가 없습니다." in page.locator("body").inner_text()


def test_compared_with_the_rest(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/?f.channel=store")
    drawer(page, "compare")
    page.get_by_text("나머지 응답", exact=True).click()
    screen.settle(page)
    assert "vs=rest" in page.url and "비교: 나머지 응답" in screen.whole(page)
    card = overview(deps, LOCAL, view=View(equals={"channel": ("store",)}, compare="rest")).cards[0]
    assert card.change is not None
    assert i18n.number(card.change.value, "ko", 1, signed=True) in page.locator(".st-key-card-nps [data-testid=stMetricDelta]").inner_text()
    page.keyboard.press("Escape")
    screen.settle(page)
    screen.back(page)
    assert "vs=rest" not in page.url and "비교: 나머지 응답" not in screen.whole(page)


def test_a_click_on_a_chart_filters_and_its_chip_takes_it_off(page: Any, server: Server) -> None:
    screen.visit(page, f"{server.url}/?by=customer")
    before = screen.cards(page)
    plot = page.locator(".st-key-card-segments .vega-embed svg, .st-key-card-segments .vega-embed canvas").first
    box = plot.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    page.wait_for_function("() => location.search.includes('f.customer=')", timeout=60_000)
    screen.settle(page)
    assert screen.cards(page) != before
    page.locator('[class*="st-key-chip-"] button').first.click()
    page.wait_for_function("() => !location.search.includes('f.customer=')", timeout=60_000)
    screen.settle(page)
    assert screen.cards(page) == before
