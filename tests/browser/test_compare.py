"""The compare page in a real browser: a kind of comparison by one click, why it moved for the metric that was clicked, the same link."""

from __future__ import annotations

from typing import Any


from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.compare import compare
from cxdash.services.deps import Deps
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

ROW = """[...document.querySelectorAll(".st-key-card-differences path[aria-label]")].find(e => e.ariaLabel.startsWith("만족도 (CSAT)"))"""


def test_from_nothing_to_a_cause(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, f"{server.url}/compare?period=all")
    assert "비교할 대상이 없습니다" in screen.whole(page)
    page.locator(".st-key-offer-segment button").click()
    screen.settle(page)
    screen.assert_sound(page)
    assert "vs=segment" in page.url
    result = compare(
        deps, LOCAL, view=View(period="all", compare="segment", equals={"customer": ("existing",)}, against={"customer": ("prospect",)})
    )
    nps = next(r for r in result.rows if r.metric == "nps")
    assert f"NPS {i18n.number(nps.change.value, 'ko', 1, signed=True)}" in screen.alts(page)[0]
    assert result.why is not None and result.why.found is not None
    said = page.locator(".st-key-card-why").inner_text()
    for effect in (result.why.found.mix, result.why.found.score):
        assert i18n.number(effect.value, "ko", 1, signed=True) in said

    page.wait_for_function(f"() => {ROW} !== undefined")
    x, y = page.evaluate(f"(() => {{ const b = {ROW}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()")
    page.mouse.click(x, y)  # a click on a metric asks why it moved
    screen.settle(page)
    assert "metric=csat" in page.url and "만족도 (CSAT) " in page.locator(".st-key-card-why h5").inner_text()
    link, want = page.url, page.locator(".st-key-card-why h5").inner_text()
    screen.narrow(other)
    screen.visit(other, link)
    assert other.locator(".st-key-card-why h5").inner_text() == want and screen.wider(other) <= 0


def test_english_and_details(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/compare?lang=en&by=branch")
    assert not [c for c in screen.whole(page) if "가" <= c <= "힣"], "Korean on an English page"
    page.locator(".st-key-compare-details summary").click()
    screen.settle(page)
    result = compare(deps, LOCAL, view=View(by="branch"))
    assert len(screen.alts(page)) == 3 and f"Of {len(result.details)} metrics" in screen.alts(page)[-1]
    screen.assert_sound(page)
