"""The trends page in a real browser: choices are in the link, a click on a line filters by it, downloads say what the screen says."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.trends import trends
from cxdash.services.view import View
from tests.browser import screen
from tests.browser.test_overview import fetched
from tests.serving import Server


def test_limits_splits_and_the_link(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, f"{server.url}/trends")
    screen.assert_sound(page)
    page.locator(".st-key-trends-longer button").click()
    screen.settle(page)
    assert "period=all" in page.url
    result = trends(deps, LOCAL, view=View(period="all", grain="month"))
    last = result.series[0].points[-1].figure
    assert i18n.number(last.value, "ko", 1) in screen.alts(page)[0]
    limit = next(x for x in reversed(result.limits.at) if x)
    for number in (limit.centre, limit.lower, limit.upper):
        assert i18n.number(number, "ko", 1) in page.locator(".st-key-card-trends [data-testid=stVegaLiteChart] svg").first.text_content()
    page.locator(".st-key-trends-choice [data-testid=stSelectbox]").nth(1).click()
    page.locator("[role=option]", has_text="회원 등급").click()
    screen.settle(page)
    link = page.url
    assert "by=tier" in link
    drawn = page.locator(".st-key-card-trends [data-testid=stVegaLiteChart] svg").first.text_content()
    assert all(name in drawn for name in ("VIP", "골드", "실버", "일반"))
    screen.narrow(other)
    screen.visit(other, link)
    assert screen.alts(other) == screen.alts(page) and screen.wider(other) <= 0
    page.go_back()
    screen.settle(page)
    assert "by=tier" not in page.url


def test_the_workbook_holds_every_period_and_its_limits(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/trends?period=all&grain=month")
    page.locator(".st-key-more-trends button").first.click()
    screen.settle(page)
    book = openpyxl.load_workbook(io.BytesIO(fetched(page, page.locator(".st-key-get-trends-xlsx button"))), read_only=True)
    rows = [row for row in book.active.iter_rows(values_only=True) if row[0] is not None]
    result = trends(deps, LOCAL, view=View(period="all", grain="month"))
    figures = [p.figure for p in result.series[0].points]
    assert len(rows) == len(figures) + 1 and "관리상한" in rows[0]
    for row, figure in zip(rows[1:], figures, strict=True):
        assert row[4] == figure.n and (row[1] is None) == (figure.value is None)
        assert figure.value is None or row[1] == pytest.approx(figure.value, abs=0.051)
