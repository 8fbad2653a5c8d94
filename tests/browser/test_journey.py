"""The journey in a real browser: a stage opens by a click and by its link, a cell filters, narrow and dark it stays whole."""

from __future__ import annotations

from typing import Any

import pytest

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.journey import journey
from cxdash.services.view import View
from tests.browser import screen
from tests.browser.test_overview import CONTRAST
from tests.serving import Server


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


def test_a_click_opens_a_stage_back_closes_it_and_the_link_repeats_it(page: Any, server: Server, deps: Deps, other: Any) -> None:
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

    screen.visit(other, link)
    assert "배송 기사 방문" in " ".join(screen.alts(other) + [screen.whole(other)]) and len(screen.alts(other)) == 4
    screen.assert_sound(other)
    click(other, "journey", "배달")
    assert "open=" not in other.url, "a second click closes the stage"


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
def test_narrow_and_dark(page: Any, server: Server, lang: str) -> None:
    screen.narrow(page)
    screen.visit(page, f"{server.url}/journey?lang={lang}&by=branch&open=delivery")
    assert screen.wider(page) <= 0
    screen.assert_sound(page)
    poor = page.evaluate(CONTRAST)
    assert not poor, poor
    place = page.locator(".st-key-scroll-heat")
    assert place.evaluate("e => e.scrollWidth > e.clientWidth"), "many values scroll"
    assert place.locator("input").count(), "a place that scrolls takes the keyboard's focus"
    if lang == "en":
        assert not [c for c in screen.whole(page) if "가" <= c <= "힣"], "Korean on an English page"
