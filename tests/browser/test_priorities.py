"""The priorities page in a real browser: a mark in its quadrant is clicked, its reasons open, the link repeats them on a phone."""

from __future__ import annotations

from typing import Any

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.priorities import priorities
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server


def test_a_click_in_a_quadrant_tells_the_reasons_and_the_link_repeats_them(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, f"{server.url}/priorities?level=factor")
    found = priorities(deps, LOCAL, view=View(level="factor"))
    assert found.placement is not None
    item = next(p for p in found.placement.items if p.quadrant == "low_priority")
    name = "AS › 처리 속도" if item.item == "question:f_repair_fast" else "AS › 수리 결과"
    card = page.locator(".st-key-card-priority")
    assert name not in card.inner_text()
    mark = page.locator(f'[class*="st-key-chart-priorities"] svg path[aria-label^="{item.priority}순위"]').first
    mark.scroll_into_view_if_needed()
    mark.click(force=True)
    page.wait_for_url(lambda url: "open=question" in url, timeout=60_000)
    screen.settle(page)
    told = card.inner_text()
    assert name in told and "점진 개선" in told and i18n.number(item.performance.value, "ko", 1) in told
    assert i18n.percent(item.importance.value, "ko", 1) in told
    screen.assert_sound(page)

    screen.narrow(other)
    screen.visit(other, page.url)
    assert name in other.locator(".st-key-card-priority").inner_text() and screen.wider(other) <= 0
    screen.assert_sound(other)
