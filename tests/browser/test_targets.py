"""Targets in a real browser: a goal is set on screen, drawn with its tick, judged by the interval, and gone when deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services import targets as service
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from tests.browser import screen
from tests.browser.test_overview import CONTRAST
from tests.serving import Server


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def test_a_goal_is_set_judged_and_deleted(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/targets?period=all")
    assert "아직 목표가 없습니다" in screen.whole(page)
    page.locator(".st-key-target-add button").click()
    screen.settle(page)
    goal = page.locator(".st-key-card-target-editor input[type=number]")
    goal.fill("101")
    page.locator(".st-key-target-save button").click()
    screen.settle(page)
    assert "목표는 -100에서 100 사이의 값이어야 합니다" in screen.whole(page)
    goal.fill("-20")
    goal.press("Enter")  # not Tab: the next field opens its calendar over the button
    screen.settle(page)  # the sentence has gone, and the button stands still
    page.locator(".st-key-target-save button").click()
    screen.settle(page)
    (line,) = service.targets(deps, LOCAL, view=View(period="all")).lines
    assert (line.target.metric, line.target.goal, line.verdict) == ("nps", -20.0, "met") and line.figure is not None
    shown = screen.whole(page)
    assert "달성: 구간 전체가 목표 이상" in shown and "목표 -20" in shown
    assert i18n.number(line.figure.value, "ko", 1) in shown and i18n.number(line.figure.n, "ko") in shown
    (alt,) = screen.alts(page)
    assert "목표 1개: 달성 1, 미달 0" in alt
    screen.assert_sound(page)
    page.locator(f".st-key-target-drop-{line.target.id} button").first.click()
    page.locator(f".st-key-target-delete-{line.target.id} button").click()
    screen.settle(page)
    assert "아직 목표가 없습니다" in screen.whole(page)
    assert service.list_targets(deps, LOCAL, catalog_of(deps, "demo")) == ()


def test_narrow_and_dark(page: Any, server: Server, deps: Deps) -> None:
    catalog = catalog_of(deps, "demo")
    for metric, goal, segment in (("nps", 45, None), ("csat", 82.5, "store"), ("loyalty", 60, "online")):
        service.save_target(
            deps,
            LOCAL,
            catalog=catalog,
            metric=metric,
            goal=goal,
            due=service.LAST,
            attribute="channel" if segment else None,
            value=segment,
        )
    screen.narrow(page)
    for lang in ("ko", "en"):
        screen.visit(page, f"{server.url}/targets?lang={lang}")
        assert screen.wider(page) <= 0 and len(screen.alts(page)) == 2
        screen.assert_sound(page)
        assert not page.evaluate(CONTRAST)
