"""The drivers page in a real browser: the level is switched and the link shows it, a driver is clicked and moved."""

from __future__ import annotations

from typing import Any

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.drivers import drivers_page, moved
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server


def bars(tab: Any, name: str) -> Any:
    """What can be clicked of the shares, by the beginning of its words."""
    return tab.locator(f".st-key-card-drivers [data-testid=stVegaLiteChart] .role-mark path[aria-label^='{name}']").last


def test_the_level_is_switched_and_a_link_shows_the_same(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, server.url)
    screen.menu(page, "로열티 동인")
    assert "‘배달’" in screen.whole(page)
    page.locator(".st-key-w-drivers-level button", has_text="경험요소").click()
    page.get_by_text("배달 › 약속 시간 준수").first.wait_for(state="attached", timeout=60_000)
    screen.settle(page)
    assert "level=factor" in page.url
    result = drivers_page(deps, LOCAL, view=View(level="factor"))
    assert result.now is not None
    found = result.now.main.found
    alt = screen.alts(page)[0]
    assert f"동인 {len(found.drivers)}개(n={i18n.number(found.n, 'ko')})" in alt
    assert f"배달 › 약속 시간 준수 {i18n.percent(100 * found.driver('question:f_on_time').share, 'ko')}" in alt  # type: ignore[union-attr]

    screen.narrow(other, dark=False)
    screen.visit(other, page.url)
    assert screen.alts(other)[0] == alt and screen.wider(other) <= 0
    screen.assert_sound(other)
    page.go_back()
    screen.settle(page)
    assert "level" not in page.url and "배달 › 약속 시간 준수" not in screen.alts(page)[0], "Back returns to the stages"


def test_a_clicked_driver_is_moved_and_the_outcome_goes_with_it(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/drivers?period=all")
    box = bars(page, "사용").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    page.wait_for_url(lambda url: "open=stage" in url, timeout=60_000)
    screen.settle(page)
    result = drivers_page(deps, LOCAL, view=View(period="all"))
    assert result.now is not None
    value = page.locator(".st-key-card-driver [data-testid=stMetricValue]")
    told = moved(result.now.main, "stage:use", 5.0)
    assert told is not None and value.inner_text() == i18n.number(told.after, "ko", 1)
    handle = page.locator(".st-key-card-driver input[type=range]")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    page.wait_for_url(lambda url: "step=8" in url, timeout=60_000)
    screen.settle(page)
    more = moved(result.now.main, "stage:use", 8.0)
    assert more is not None and more.change > told.change and value.inner_text() == i18n.number(more.after, "ko", 1)
    words = screen.whole(page)
    assert "‘사용’ 점수가 +8점 다르면" in words and "효과를 뜻하지 않습니다" in words
    assert f"+{i18n.number(more.change, 'ko', 1)}점" in words
    screen.assert_sound(page)
