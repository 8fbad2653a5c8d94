"""The ledger in a real browser: a figure is pinned on screen, a file comes by the service, and the page says what moved it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from cxdash import i18n
from cxdash.services import pins
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.view import View
from tests import house
from tests.browser import screen
from tests.browser.test_overview import CONTRAST
from tests.serving import Server

PROGRAM = "조사"
COLUMNS = ["고객번호", "응답일시", "지점", "추천하실 의향은 몇 점입니까? (0~10점)"]


def answers(first: int, n: int, seed: int) -> list[list[Any]]:
    chance = Random(seed)
    return [
        [f"C{i:04}", f"2026-03-{i % 28 + 1:02d} 10:00:00", chance.choice(["강남", "종로"]), chance.choice([10, 9, 9, 8, 6, 3])]
        for i in range(first, first + n)
    ]


def write(path: Path, rows: list[list[Any]]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def nps(rows: list[list[Any]]) -> str:
    last = {row[0]: row[3] for row in rows if row[2] == "강남"}.values()
    return i18n.number(100 * (sum(v >= 9 for v in last) - sum(v <= 6 for v in last)) / len(last), "ko", 1)


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def test_pin_then_a_late_file_then_the_ledger_says_what_moved(page: Any, server: Server, deps: Deps, tmp_path: Path) -> None:
    first, late = answers(1, 160, 5), answers(161, 74, 2)
    house.bring(deps, write(tmp_path / "처음.csv", first), program=PROGRAM, wave="1")
    url = f"{server.url}/ledger?program={quote(PROGRAM)}&period=all&f.{quote('지점')}={quote('강남')}"
    screen.visit(page, url)
    assert "아직 고정한 수치가 없습니다" in screen.whole(page)
    name = page.locator(".st-key-card-pin input[type=text]").last
    name.fill("이사회 보고")
    page.locator(".st-key-pin-save button").click()
    screen.settle(page)
    then = nps(first)
    assert "고정한 수치 1건" in screen.whole(page) and "이사회 보고" in screen.whole(page) and "변하지 않음" in screen.whole(page)
    assert "지점: 강남" in screen.whole(page) and f"{then}" in screen.whole(page)

    house.bring(deps, write(tmp_path / "뒤늦은 응답.csv", late), program=PROGRAM, wave="1")
    screen.visit(page, url)
    now, n = nps([*first, *late]), sum(row[2] == "강남" for row in late)
    assert then != now
    sentence = f"{then}{i18n.particle(then, '이었고', '였고')} 지금 {now}: 응답 {n}건이 추가되었습니다"
    assert sentence in screen.whole(page), screen.whole(page)
    screen.assert_sound(page)

    page.get_by_role("button", name="뒤늦은 응답.csv").click()
    page.wait_for_selector("h1:has-text('가져오기')", timeout=60_000)
    screen.settle(page)
    assert "뒤늦은 응답.csv" in screen.whole(page)
    screen.back_to(page, "수치 이력")
    page.get_by_role("button", name="이 보기 열기").click()
    page.wait_for_selector("h1:has-text('경영진 요약')", timeout=60_000)
    screen.settle(page)
    assert screen.card(page, "nps") == now and "f.%EC%A7%80%EC%A0%90=" in page.url, "the pinned selection, as it is today"


def test_narrow_and_dark(page: Any, server: Server, deps: Deps) -> None:
    pins.pin(deps, LOCAL, view=View(program="demo", period="90d", equals={"channel": ("store", "online")}), metric="csat", name="보고" * 40)
    screen.narrow(page)
    for lang in ("ko", "en"):
        screen.visit(page, f"{server.url}/ledger?program=demo&lang={lang}")
        assert "보고보고" in screen.whole(page) and screen.wider(page) <= 0
        screen.assert_sound(page)
        assert not page.evaluate(CONTRAST)
