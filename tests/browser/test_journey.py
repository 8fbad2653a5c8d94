"""The journey in a real browser: a stage opens by a click and by its link, a cell filters, narrow and dark it stays whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n, runtime
from cxdash.config import load_settings
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.journey import journey
from cxdash.services.view import View
from tests.browser import screen
from tests.browser.test_overview import CONTRAST
from tests.serving import Server


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve("streamlit")


@pytest.fixture(scope="module")
def deps(server: Server) -> Deps:
    """The server's own data, read by a second process."""
    return runtime.build(load_settings({"CXDASH_HOME": str(server.home), "CXDASH_DEMO": "0"}))


def click(tab: Any, chart: str, said: str) -> None:
    """Click the mark whose description begins with `said`."""
    mark = tab.locator(f'[class*="st-key-chart-{chart}"] svg path[aria-label^="{said}"]').first
    mark.scroll_into_view_if_needed()
    mark.click(force=True)
    screen.settle(tab)


def index(deps: Deps, view: View) -> str:
    found = journey(deps, LOCAL, view=view).index
    assert found is not None
    return i18n.number(found.figure.value, "ko", 1)


def test_a_click_opens_a_stage_back_closes_it_and_the_link_repeats_it(page: Any, server: Server, deps: Deps, chromium: Any) -> None:
    screen.visit(page, server.url)
    screen.menu(page, "고객 여정")
    assert screen.card(page, "index") == index(deps, View())
    assert not page.locator(".st-key-card-stage").count()
    click(page, "journey", "배달")
    assert "open=delivery" in page.url and "약속 시간 준수" in " ".join(screen.alts(page))
    assert page.locator(".st-key-stage-title strong").inner_text() == "배달: 접점과 문항"
    link = page.url
    page.go_back()
    screen.settle(page)
    assert "open=" not in page.url and not page.locator(".st-key-card-stage").count()

    other = chromium.new_context(locale="ko-KR", viewport={"width": 1440, "height": 900}).new_page()
    screen.visit(other, link)
    assert "배송 기사 방문" in " ".join(screen.alts(other) + [screen.whole(other)]) and len(screen.alts(other)) == 4
    screen.assert_sound(other)
    click(other, "journey", "배달")
    assert "open=" not in other.url, "a second click closes the stage"
    other.context.close()


def test_a_cell_filters_by_its_value(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/journey?by=channel&open=use")
    click(page, "heat", "AS, 콜센터")
    want = View(equals={"channel": ("callcenter",)}, by="channel")
    assert "f.channel=callcenter" in page.url and "open=use" in page.url
    found = journey(deps, LOCAL, view=want)
    assert i18n.number(found.responses, "ko") in screen.counted(page)
    page.go_back()
    screen.settle(page)
    assert "f.channel" not in page.url and screen.card(page, "index") == index(deps, View())


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_narrow_and_dark(chromium: Any, server: Server, lang: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    tab = context.new_page()
    screen.visit(tab, f"{server.url}/journey?lang={lang}&by=branch&open=delivery")
    assert screen.wider(tab) <= 0
    screen.assert_sound(tab)
    poor = tab.evaluate(CONTRAST)
    assert not poor, poor
    place = tab.locator(".st-key-scroll-heat")
    assert place.evaluate("e => e.scrollWidth > e.clientWidth"), "many values scroll"
    assert place.locator("input").count(), "a place that scrolls takes the keyboard's focus"
    if lang == "en":
        assert not [c for c in screen.whole(tab) if "가" <= c <= "힣"], "Korean on an English page"
    context.close()
