"""The loyalty segments in a real browser: what a bar filters, on a screen and on a phone."""

from __future__ import annotations

from typing import Any

from cxdash import i18n
from cxdash.charts.loyaltywords import called
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.loyalty import loyalty
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server


def test_a_bar_filters_and_the_matrix_follows(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/loyalty?by=tier&period=all")
    whole = loyalty(deps, LOCAL, view=View(by="tier", period="all"))
    matrix, bars = screen.alts(page)
    for one in whole.shares:
        assert f"{called(one.name, 'ko')} {i18n.percent(one.figure.value, 'ko', 1)}" in matrix
    vip = next(g for g in whole.groups if g.value == "vip")
    assert f"▲ VIP {called('truly_loyal', 'ko')} {i18n.percent(vip.shares[0].figure.value, 'ko', 1)}" in bars
    mark = page.locator(".st-key-card-loyalty-by [data-testid=stVegaLiteChart] [aria-label^='VIP']").first
    box = mark.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    page.get_by_role("button", name="회원 등급: VIP").first.wait_for(timeout=30_000)
    screen.settle(page)
    assert "f.tier=vip" in page.url
    matrix = screen.alts(page)[0]
    assert all(f"{called(s.name, 'ko')} {i18n.percent(s.figure.value, 'ko', 1)}" in matrix for s in vip.shares), "the same group, alone"
    screen.narrow(page)
    screen.settle(page)
    assert screen.wider(page) <= 0
    screen.assert_sound(page)
