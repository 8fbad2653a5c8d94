"""The design page in a real browser: nothing is lost by a refresh, a change of page or a second window; a survey gets published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services import designing, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from tests.browser import screen
from tests.serving import Server

SLUG = "2027-고객-경험-조사"
HEADER, ROW = 35, 35  # pixels of the table


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def press(tab: Any, key: str) -> None:
    """The button of a widget key; with a help text Streamlit draws it twice and shows one."""
    tab.locator(f".st-key-{key} button:visible").first.click()
    screen.settle(tab)


def write(tab: Any, label: str, text: str) -> None:
    field = tab.get_by_label(label, exact=True).first
    field.fill(text)
    field.press("Tab")
    screen.settle(tab)


def stages(tab: Any) -> str:
    return str(tab.locator(".st-key-design-stage-list").inner_text())


def framed(tab: Any) -> str:
    """What the respondent's page in the frame says."""
    return str(tab.frame_locator("iframe").locator("main").inner_text())


def cell(tab: Any, card: str, row: int, x: int, text: str) -> None:
    table = tab.locator(f".st-key-{card} [data-testid=stDataFrame] canvas").first
    screen.open_cell(tab, table, x, HEADER + ROW * row + 17)
    tab.keyboard.press("Control+a")
    tab.keyboard.type(text)
    tab.keyboard.press("Enter")
    screen.settle(tab)


def test_template_rename_refresh_publish(page: Any, server: Server, deps: Deps) -> None:
    screen.visit(page, f"{server.url}/design")
    write(page, "설문 이름", "2027 고객 경험 조사")
    press(page, "template-cem")
    assert "4. 구매" in stages(page) and "문항 50개" in screen.whole(page)
    page.locator(".st-key-design-stage-list button", has_text="4. 구매").click()
    screen.settle(page)
    write(page, "한국어 이름", "구매·결제")
    assert "4. 구매·결제" in stages(page) and "구매·결제" in framed(page)
    page.reload()
    screen.settle(page)
    assert page.get_by_label("한국어 이름", exact=True).first.input_value() == "구매·결제"
    screen.menu(page, "경영진 요약")
    screen.menu(page, "조사 설계")
    assert page.get_by_label("한국어 이름", exact=True).first.input_value() == "구매·결제"
    cell(page, "card-design-factors", 0, 300, "직원의 친절")
    assert "직원의 친절에 얼마나 만족하셨습니까?" in framed(page), "the question follows the factor's name"
    form = surveys.draft(deps, LOCAL, program=SLUG, code="cem").form
    assert form.stage_of["BUY"].touchpoints[0].factors[0].name["ko"] == "직원의 친절"
    press(page, "design-undo")
    assert "직원의 친절" not in framed(page)
    page.get_by_text("⑤ 게시").click()
    screen.settle(page)
    press(page, "design-publish")
    assert "버전 1을 게시했습니다" in screen.whole(page)
    info = designing.head(deps, LOCAL, program=SLUG, code="cem")
    assert info is not None and (info.state, info.version) == ("published", 1)
    published = surveys.published(deps, LOCAL, program=SLUG, code="cem")
    assert published is not None and published.stage_of["BUY"].name["ko"] == "구매·결제"
    screen.assert_sound(page)


def test_two_windows_keep_both_changes(page: Any, other: Any, server: Server, deps: Deps) -> None:
    slug, code = designing.begin(deps, LOCAL, program=None, title={"ko": "두 창", "en": "Two"}, template="csm")
    address = f"{server.url}/design?program={slug}&survey={code}&step=journey&place="
    screen.visit(page, address + "BUY")
    screen.visit(other, address + "USE")
    write(other, "한국어 이름", "이용")
    write(page, "한국어 이름", "계약")
    assert i18n.text("design.notice.merged", "ko", by="local") in screen.whole(page)
    assert "계약" in stages(page) and "이용" in stages(page)
    screen.visit(other, address + "USE")
    assert "계약" in stages(other)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_narrow_and_dark(page: Any, server: Server, deps: Deps, lang: str) -> None:
    slug, code = designing.begin(deps, LOCAL, program=None, title={"ko": f"Narrow {lang}", "en": f"Narrow {lang}"}, template="cem")
    screen.narrow(page)
    screen.visit(page, f"{server.url}/design?lang={lang}&program=demo")
    assert screen.wider(page) <= 0
    for step in ("journey", "questions", "texts", "preview", "release"):
        screen.visit(page, f"{server.url}/design?lang={lang}&program={slug}&survey={code}&step={step}&place=BUY")
        assert screen.wider(page) <= 0, step
        screen.assert_sound(page)
