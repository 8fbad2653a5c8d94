"""Careless responses out, weights on: every number moves on every page, a chip takes each off again. Shares typed into the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services import quality, weighting
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

ALL = View(period="all")


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def wanted(deps: Deps, view: View) -> dict[str, str]:
    result = overview(deps, LOCAL, view=view)
    told = {c.metric: c.figure for c in result.cards if c.figure is not None}
    return {**{m: i18n.percent(f.value, "ko") if f.unit == "percent" else i18n.number(f.value, "ko", 1) for m, f in told.items()},
            "responses": i18n.number(result.responses, "ko")}


def test_the_quality_switch_moves_every_number_and_its_chip_restores_them(page: Any, server: Server, deps: Deps) -> None:
    found = quality.quality(deps, LOCAL, view=ALL)
    assert found.careless > 20
    screen.visit(page, f"{server.url}/quality?period=all")
    page.locator(".st-key-quality-switch label", has_text="의심 응답 제외").click()
    screen.settle(page)
    kept = i18n.number(found.responses - found.careless, "ko")
    assert "clean=1" in page.url and kept in screen.counted(page)
    screen.menu(page, "경영진 요약")
    clean, every = wanted(deps, View(period="all", clean=True)), wanted(deps, ALL)
    assert screen.cards(page) == clean and clean["nps"] != every["nps"] and clean["responses"] == kept
    page.get_by_role("button", name="의심 응답 제외 ✕").click()
    screen.settle(page)
    assert screen.cards(page) == every and "clean" not in page.url
    page.locator(".st-key-filters button").first.click()
    page.locator("[data-testid=stPopoverBody] label", has_text="의심 응답 제외").click()
    screen.settle(page)
    assert screen.cards(page) == clean
    screen.assert_sound(page)


def test_shares_are_typed_saved_and_switched_on(page: Any, server: Server, deps: Deps) -> None:
    weighting.remove_weighting(deps, LOCAL, program=None)
    screen.visit(page, f"{server.url}/weights?period=all")
    before = wanted(deps, View(period="all", weighted=True))
    page.locator("[data-testid=stMultiSelect] input").click()
    page.locator("[role=option]", has_text="성별").first.click()
    screen.settle(page)
    page.keyboard.press("Escape")
    grid = page.locator(".st-key-card-weights-shares [data-testid=stDataFrame]").first
    for row, share in enumerate(("30", "70")):
        screen.open_cell(page, grid, grid.bounding_box()["width"] * 5 / 6, 33 + 17 + 35 * row)
        page.keyboard.press("Control+a")
        page.keyboard.type(share, delay=40)
        page.keyboard.press("Enter")
        screen.settle(page)
    screen.settle(page)
    page.locator(".st-key-weights-save-now button").click()
    screen.settle(page)
    saved = weighting.weights(deps, LOCAL, view=ALL).saved
    assert saved is not None and saved.shares == {"gender": {"female": 30.0, "male": 70.0}}
    assert "저장됨" in screen.whole(page)
    screen.visit(page, f"{server.url}/?period=all&weighted=1")
    weighted = wanted(deps, View(period="all", weighted=True))
    assert screen.cards(page) == weighted and weighted["nps"] != before["nps"]
    page.get_by_role("button", name="가중치 적용 ✕").click()
    screen.settle(page)
    assert screen.cards(page) == wanted(deps, ALL) and "weighted" not in page.url


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_narrow_and_dark(page: Any, server: Server, lang: str) -> None:
    screen.narrow(page)
    for path in ("quality", "weights"):
        screen.visit(page, f"{server.url}/{path}?lang={lang}&period=all&clean=1")
        assert screen.wider(page) <= 0, path
        screen.assert_sound(page)
        if lang == "en":
            assert not [c for c in screen.whole(page) if "가" <= c <= "힣"], "Korean on an English page"
