"""A survey file in a real browser: upload, mapping, storing, dashboard, the same file again, undo; and files that are no surveys."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxdash import i18n
from cxdash.ui.maptable import WIDTHS
from tests.browser import forms, screen
from tests.serving import Server

MAPPING, RESULT = ".st-key-import-actions", ".st-key-import-result"
LONG = 120_000


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    """A house without the demo; the first thing it is asked is a deep link."""
    return serve_here("streamlit", env={"CXDASH_DEMO": "0"})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return forms.answers()


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory, table: pd.DataFrame) -> Path:
    return forms.write(tmp_path_factory.mktemp("forms") / "2026년 고객 만족도(응답).xlsx", table)


def upload(tab: Any, file: object) -> None:
    tab.set_input_files("[data-testid=stFileUploader] input", file)


def columns(tab: Any) -> dict[str, list[str]]:
    """The mapping table as a screen reader has it: header -> its cells. It is drawn a moment after the page has settled."""
    tab.wait_for_function("() => document.querySelectorAll('[data-testid=stDataFrame] table tr').length > 1", timeout=LONG)
    rows = tab.evaluate(
        "[...document.querySelectorAll('[data-testid=stDataFrame] table tr')].map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    return {row[1]: row for row in rows[1:] if len(row) > 3}


def type_into(tab: Any, header: str, column: str, text: str) -> None:
    """Edit a cell of the mapping table: its place follows from the widths in the head of the accessible table."""
    tab.wait_for_function(  # after a change of language it is drawn anew a moment later
        "c => [...document.querySelectorAll('[data-testid=stDataFrame] table tr > *')].some(e => e.innerText.trim() === c)",
        arg=column,
        timeout=LONG,
    )
    rows = tab.evaluate(
        "[...document.querySelectorAll('[data-testid=stDataFrame] table tr')].map(r => [...r.cells].map(c => c.innerText.trim()))"
    )
    row, place = [r[1] if len(r) > 1 else "" for r in rows].index(header), rows[0].index(column)
    widths = list(WIDTHS.values())
    x = sum(widths[:place]) + widths[place] / 2
    screen.open_cell(tab, tab.locator("[data-testid=stDataFrame] canvas").first, x, 35 * row + 17)
    tab.wait_for_timeout(700)
    tab.keyboard.type(text)
    tab.wait_for_timeout(700)  # a list of choices follows what is typed
    tab.keyboard.press("Enter")
    screen.settle(tab)


def test_deep_links_after_a_cold_start_lead_somewhere(page: Any, server: Server) -> None:
    screen.visit(page, f"{server.url}/responses")
    assert page.locator("h1").inner_text() == "응답" and "아직 조사 프로그램이 없습니다" in screen.whole(page)
    page.get_by_role("button", name="설문 파일 가져오기").click()
    page.wait_for_selector("[data-testid=stFileUploader]", timeout=60_000)
    screen.settle(page)
    assert page.locator("h1").inner_text() == "가져오기" and page.url.endswith("/imports")
    assert "per file" not in screen.whole(page) and "Upload" not in screen.whole(page)


def test_from_the_file_to_the_dashboard_and_back(page: Any, server: Server, workbook: Path, table: pd.DataFrame) -> None:
    screen.visit(page, f"{server.url}/imports")
    upload(page, str(workbook))
    page.wait_for_selector(MAPPING, timeout=LONG)
    screen.settle(page)
    found = columns(page)
    assert [found[h][2] for h in (forms.GENDER, forms.RECOMMEND, forms.HEARD, forms.COMMENT, forms.PHONE)] == [
        "attribute",
        "rating",
        "multi",
        "comment",
        "personal",
    ]
    assert found[forms.RECOMMEND][3:5] == ["recommend", "0–10"] and found[forms.OVERALL][3] == "overall"
    assert all(found[h][3] == "satisfaction" and found[h][6] for h in (forms.BUY, forms.DELIVER, forms.REPAIR))
    assert "개인정보" in screen.whole(page) and forms.PHONE in screen.whole(page)

    type_into(page, forms.OVERALL, "경험 단계", "고려")
    type_into(page, forms.REPAIR, "좋은 쪽", "낮을")
    edited = columns(page)
    assert edited[forms.OVERALL][6] == "고려" and edited[forms.REPAIR][5] == "low", "the second edit must not lose the first"
    assert edited[forms.REPAIR][9] != found[forms.REPAIR][9], "the figures follow at once"
    screen.speak(page, "English")
    screen.menu(page, "Responses")
    screen.menu(page, "Imports")
    assert columns(page) == edited, "edits outlive language and page"
    screen.speak(page, "한국어")
    type_into(page, forms.REPAIR, "좋은 쪽", "높을")
    type_into(page, forms.OVERALL, "경험 단계", found[forms.OVERALL][6])

    page.locator(".st-key-import-commit button").click()
    page.wait_for_selector(RESULT, timeout=LONG)
    screen.settle(page)
    assert f"응답 {len(table)}건을 저장했습니다" in screen.whole(page)
    page.locator(".st-key-import-dashboard button").click()
    page.wait_for_selector(".st-key-card-nps", timeout=60_000)
    screen.settle(page)
    assert screen.card(page, "nps") == i18n.number(forms.nps(table), "ko", 1)
    assert screen.card(page, "csat") == i18n.percent(forms.top2(table, forms.OVERALL), "ko")
    assert screen.card(page, "responses") == str(len(table))

    women = table[table[forms.GENDER] == "여성"]
    page.locator(".st-key-filters button").first.click()
    page.locator("[data-testid=stMultiSelect]", has_text=forms.GENDER).locator("input").click()
    page.locator("[role=option]", has_text="여성").click()
    screen.settle(page)
    assert screen.card(page, "nps") == i18n.number(forms.nps(women), "ko", 1) and screen.card(page, "responses") == str(len(women))
    screen.assert_sound(page)


def test_the_same_file_is_recognised_and_the_import_undone(page: Any, server: Server, workbook: Path) -> None:
    screen.visit(page, f"{server.url}/imports")
    upload(page, str(workbook))
    page.wait_for_selector(MAPPING, timeout=LONG)
    screen.settle(page)
    assert "같은 파일을 이미 가져왔습니다" in screen.whole(page) and "이미 아는 형식입니다" in screen.whole(page)
    page.locator(".st-key-import-commit button").click()
    page.wait_for_selector("[data-testid=stAlert]:has-text('이미')", timeout=LONG)
    screen.settle(page)
    assert page.locator(MAPPING).count() == 1 and page.locator(RESULT).count() == 0, "nothing is stored twice unasked"
    page.locator(".st-key-import-back button").click()
    page.wait_for_selector("[data-testid=stFileUploader]", timeout=60_000)
    screen.settle(page)
    page.get_by_role("button", name="되돌리기").first.click()
    page.locator("[data-testid=stPopoverBody] button", has_text="되돌리기").click()
    screen.settle(page)
    assert "되돌림" in screen.whole(page)
    screen.menu(page, "경영진 요약")
    screen.assert_sound(page)
    assert page.locator(".st-key-card-nps [data-testid=stMetricValue]").count() == 0, "its responses are gone"


HOSTILE = {
    "빈 파일.xlsx": b"",
    "사진.xlsx": b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(4000),
    "photo.png": b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(4000),
    "난수.xls": random.Random(3).randbytes(20_000),
    "깨진 압축.xlsx": b"PK\x03\x04" + random.Random(4).randbytes(5000),
    "<script>alert(1)</script>.csv": random.Random(5).randbytes(9000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_survey_is_refused_in_words(page: Any, server: Server, name: str) -> None:
    screen.visit(page, f"{server.url}/imports")
    upload(page, {"name": name, "mimeType": "application/octet-stream", "buffer": HOSTILE[name]})
    page.wait_for_selector("[data-testid=stAlert]", timeout=LONG)
    screen.settle(page)
    said = page.locator("[data-testid=stAlert]").first.inner_text()
    assert sum("가" <= c <= "힣" for c in said) > 10 and "예상하지 못한" not in said, said
    screen.assert_sound(page)
    assert page.locator("[data-testid=stFileUploader]").count() == 1, "the next file can be chosen at once"


def test_a_locked_workbook_is_named_so(page: Any, server: Server, shared_data: Path) -> None:
    locked = next((shared_data / "breakers").glob("password__*.xlsx"))
    screen.visit(page, f"{server.url}/imports")
    upload(page, str(locked))
    page.wait_for_selector("[data-testid=stAlert]", timeout=LONG)
    assert "암호" in page.locator("[data-testid=stAlert]").first.inner_text()
