"""The dashboard in a real browser, on the demo: its numbers are the service's, under every filter, language and width."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pandas as pd
import pytest

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.overview import Overview, overview
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

CHOSEN = View(equals={"channel": ("store",)})


def wanted(deps: Deps, view: View, lang: str = "ko") -> dict[str, str]:
    result = overview(deps, LOCAL, view=view)
    return {**{c.metric: _value(c.metric, result, lang) for c in result.cards}, "responses": i18n.number(result.responses, lang)}


def _value(metric: str, result: Overview, lang: str) -> str:
    figure = next(c.figure for c in result.cards if c.metric == metric)
    assert figure is not None
    return i18n.percent(figure.value, lang) if figure.unit == "percent" else i18n.number(figure.value, lang, 1)


def test_first_start_shows_the_demo_on_one_screen(page: Any, server: Server, deps: Deps) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    screen.visit(page, server.url)
    assert screen.cards(page) == wanted(deps, View())
    assert page.title().startswith("경영진 요약")
    assert "예시 데이터" in screen.whole(page)
    # it must fit 1440x900; charts take their height when they are drawn
    page.wait_for_function("() => document.querySelector('.stMain').scrollHeight <= 900", timeout=60_000)
    said = screen.alts(page)
    assert len(said) == 4 and all(any("가" <= c <= "힣" for c in alt) for alt in said)
    names = [b.inner_text() for b in page.get_by_role("button", name="표와 내려받기").all()]
    assert len(names) == len(set(names)) == 4, "every chart's drawer has a name of its own for a screen reader"
    screen.assert_sound(page)
    assert not errors, errors


def test_a_filter_moves_every_number_and_the_link_repeats_it(page: Any, server: Server, deps: Deps, other: Any) -> None:
    screen.visit(page, server.url)
    before, charts = screen.cards(page), screen.alts(page)
    page.locator(".st-key-filters button").first.click()
    page.locator("[data-testid=stMultiSelect]", has_text="채널").locator("input").click()
    page.locator("[role=option]", has_text="직영매장").click()
    screen.settle(page)
    want = wanted(deps, CHOSEN)
    assert screen.cards(page) == want
    assert all(want[m] != before[m] for m in screen.METRICS)
    assert all(new != old for new, old in zip(screen.alts(page), charts, strict=True))
    assert want["responses"] in screen.counted(page)
    link = page.url
    assert "f.channel=store" in link
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    screen.menu(page, "응답")
    assert want["responses"] in screen.counted(page)

    screen.visit(other, link)
    assert screen.cards(other) == want
    other.get_by_role("button", name="채널: 직영매장").first.click()
    screen.settle(other)
    assert screen.cards(other) == before and "f.channel" not in other.url
    other.go_back()
    screen.settle(other)
    assert screen.cards(other) == want, "Back returns to the filtered view"


def test_language_keeps_page_filters_and_numbers(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/?f.channel=store&metric=csat")
    before = screen.cards(page)
    screen.speak(page, "English")
    assert page.locator("h1").inner_text() == "Executive summary"
    assert screen.cards(page) == before == wanted(deps, CHOSEN, "en")
    assert "f.channel=store" in page.url and "metric=csat" in page.url
    assert not [c for c in screen.whole(page) if "가" <= c <= "힣"], "Korean on an English page"
    screen.menu(page, "Responses")
    assert "lang=en" in page.url and before["responses"] in screen.counted(page)
    screen.back_to(page, "Executive summary")
    screen.back_to(page, "경영진 요약")
    assert screen.cards(page) == before


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_narrow_and_dark(page: Any, server: Server, lang: str) -> None:
    screen.narrow(page)
    for path in ("/", "/responses", "/imports"):
        screen.visit(page, f"{server.url}{path}?lang={lang}&by=branch")
        assert screen.wider(page) <= 0, path
        screen.assert_sound(page)
        poor = page.evaluate(CONTRAST)
        assert not poor, f"{path}: {poor}"
        if path == "/":
            boxes = [page.locator(f".st-key-card-{m}").bounding_box() for m in screen.METRICS]
            assert all(box["width"] >= 150 and box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const f = c.slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const over = (top, under) => { const a = top.length > 3 ? top[3] : 1; return [0, 1, 2].map(i => top[i] * a + under[i] * (1 - a)); };
  const ground = e => { const all = []; for (let n = e; n; n = n.parentElement) all.push(parse(getComputedStyle(n).backgroundColor));
    return all.reverse().filter(c => c.length > 2).reduce((under, c) => over(c, under), [255, 255, 255]); };
  const poor = [];
  for (const e of document.querySelectorAll('.stMain p, .stMain label, .stMain h1, [data-testid=stMetricValue]')) {
    if (!e.innerText?.trim() || !e.getClientRects().length) continue;
    const under = ground(e), text = over(parse(getComputedStyle(e).color), under);
    const [a, b] = [light(text), light(under)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < 4) poor.push(`${ratio.toFixed(1)} ${e.innerText.slice(0, 30)}`);
  }
  return poor; }"""


def test_downloads_hold_what_the_screen_says(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/responses?f.channel=store")
    n = overview(deps, LOCAL, view=CHOSEN).responses
    assert i18n.number(n, "ko") in screen.counted(page)
    book = openpyxl.load_workbook(io.BytesIO(fetched(page, page.get_by_role("button", name="Excel"))), read_only=True)
    assert sum(1 for _ in book.active.iter_rows(values_only=True)) == n + 1
    text = fetched(page, page.get_by_role("button", name="CSV"))
    assert text.startswith(b"\xef\xbb\xbf")
    assert set(pd.read_csv(io.BytesIO(text))["channel"]) == {"store"}
    screen.visit(page, server.url)
    page.locator(".st-key-more-trend button").first.click()
    picture = fetched(page, page.locator(".st-key-get-trend-png button"))
    assert picture.startswith(b"\x89PNG") and len(picture) > 10_000


def fetched(page: Any, button: Any) -> bytes:
    with page.expect_download(timeout=60_000) as waiting:
        button.click()
    with open(waiting.value.path(), "rb") as file:
        return file.read()


def test_unknown_filters_and_programmes(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/?f.branch=no%20such")
    assert "맞는 응답이 없습니다" in screen.whole(page)
    page.get_by_role("button", name="필터와 기간 모두 해제").click()
    screen.settle(page)
    assert screen.cards(page) == wanted(deps, replace(View(), period="all"))
    screen.visit(page, f"{server.url}/?program=nobody")
    screen.assert_sound(page)
    assert "nobody" in screen.whole(page)
