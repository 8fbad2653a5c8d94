"""The segments page in a real browser: what is chosen, what a click filters, what a copied link shows."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.segments import Segments, segments
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

TABLE = "[data-testid=stTableStyledTable]"
ROWS = f"() => [...document.querySelectorAll('{TABLE} tbody tr')].map(r => [...r.children].map(c => c.innerText))"


def choose(tab: Any, field: str, title: str) -> None:
    """Type into a searchable list and take what it finds."""
    box = tab.locator(f".st-key-w-segments-{field} input")
    box.click()
    box.fill(title)
    tab.locator("[role=option]", has_text=title).first.click()
    screen.settle(tab)


def table(tab: Any) -> list[list[str]]:
    """The crosstab in text, which is shown when it is asked for."""
    switch = tab.locator(".st-key-w-crosstab-text")
    switch.wait_for(timeout=60_000)
    if not switch.locator("input").is_checked():
        switch.locator("label").click()
    tab.locator(TABLE).wait_for(timeout=60_000)
    screen.settle(tab)
    return [list(row) for row in tab.evaluate(ROWS)]


def wanted(deps: Deps, view: View) -> tuple[Segments, list[list[str]]]:
    """The cells as a reader sees them, from the service."""
    result = segments(deps, LOCAL, view=view)
    assert result.table is not None and result.table.total is not None
    found = []
    for row, total in zip(result.table.cells, result.table.row_totals, strict=True):
        found.append([_said(f) for f in (total, *(c.figure for c in row))])
    found.append([_said(f) for f in (result.table.total, *(c.figure for c in result.table.column_totals))])
    return result, found


def _said(figure: Any) -> tuple[str, str]:
    value = i18n.NOTHING if figure.value is None else i18n.percent(figure.value, "ko", 1)
    return value, f"n={i18n.number(figure.n, 'ko')}" if figure.n else ""


def _seen(cell: str) -> tuple[str, str]:
    value, _, n = cell.partition("\n")
    return value.strip("()").split("\N{NO-BREAK SPACE}")[0].rstrip("†").strip("()"), n


def test_choose_click_and_send_the_link(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, server.url)
    screen.menu(page, "세그먼트")
    choose(page, "metric", "만족도 (CSAT)")
    choose(page, "by", "회원 등급")
    choose(page, "across", "채널")
    view = View(metric="csat", by="tier", across="channel")
    result, cells = wanted(deps, view)
    shown = table(page)
    assert [[_seen(c) for c in row[1:]] for row in shown] == cells
    alt, _crosstab = screen.alts(page)
    assert f"세그먼트 {len(result.segments)}개" in alt
    before = screen.counted(page)

    target = next(s for s in result.segments if s.value == "vip")
    marks = page.locator(".st-key-card-segments [data-testid=stVegaLiteChart] .role-mark path[aria-label*='VIP']")
    box = marks.last.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    page.get_by_role("button", name="회원 등급: VIP").first.wait_for(timeout=30_000)
    screen.settle(page)
    assert "f.tier=vip" in page.url and "metric=csat" in page.url and "across=channel" in page.url
    _, filtered = wanted(deps, View(metric="csat", by="tier", across="channel", equals={"tier": ("vip",)}))
    after = [[_seen(c) for c in row[1:]] for row in table(page)]
    assert after == filtered and len(after) == 2
    assert after[0][0] == _said(target.figure), "the segment is the same number, alone"
    assert screen.counted(page) != before and "비교할 나머지가 없습니다" in screen.whole(page)

    screen.narrow(other, dark=False)
    screen.visit(other, page.url)
    assert table(other) == table(page) and screen.counted(other) == screen.counted(page)
    assert screen.wider(other) <= 0, "the table scrolls in its card, not the page"
    other.get_by_role("button", name="회원 등급: VIP").first.click()
    screen.settle(other)
    assert table(other) == shown and "f.tier" not in other.url
    screen.assert_sound(other)
    page.go_back()
    screen.settle(page)
    assert table(page) == shown, "Back returns to the table before the click"


def test_the_workbook_is_the_table_on_screen(page: Any, server: Server) -> None:
    screen.visit(page, f"{server.url}/segments?by=channel&across=tier&metric=csat&period=all")
    shown = table(page)
    page.locator(".st-key-more-crosstab button").first.click()
    with page.expect_download(timeout=60_000) as waiting:
        page.locator(".st-key-get-crosstab-xlsx button").click()
    with open(waiting.value.path(), "rb") as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    header, *rows = list(book["교차표"].iter_rows(values_only=True))
    letters = 0
    for row, cells in zip(rows, shown, strict=True):
        assert row[0] == cells[0]
        columns = [i for i, name in enumerate(header) if i and f"{name} n" in header]
        for place, cell in zip(columns, cells[1:], strict=True):
            value, n = _seen(cell)
            assert value == (i18n.NOTHING if row[place] is None else i18n.percent(row[place], "ko", 1))
            assert n == f"n={i18n.number(row[place + 1], 'ko')}"
            if header[place] != "전체":
                marks = cell.split("\n")[0].split("\N{NO-BREAK SPACE}")[1:]
                assert (row[place + 4] or "").split() == marks
                letters += len(marks)
    assert letters, "a table without a letter would prove nothing"
    assert {"교차표", "목록", "안내"} & set(book.sheetnames) and len(book.sheetnames) == 3
    page.keyboard.press("Escape")
    screen.settle(page)
    cell = page.locator(".st-key-card-crosstab [data-testid=stVegaLiteChart] [aria-label^='직영매장, VIP']").first
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("button", name="회원 등급: VIP").first.wait_for(timeout=30_000)
    screen.settle(page)
    assert "f.tier=vip" in page.url and "f.channel=" in page.url, "a cell filters by its row and its column"
