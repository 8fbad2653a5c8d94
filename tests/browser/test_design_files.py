"""A questionnaire through Excel in a real browser: downloaded, edited, uploaded with a mistake and without, and there after a refresh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.browser import screen
from tests.serving import Server

CARD = ".st-key-design-files"


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit", env={"CXDASH_DEMO": "0"})


def upload(tab: Any, path: Path) -> None:
    tab.set_input_files(f"{CARD} [data-testid=stFileUploader] input", str(path))
    tab.wait_for_selector(f"{CARD} [data-testid=stFileUploaderFile], {CARD} [data-testid=stFileChip]", timeout=60_000)
    screen.settle(tab)


def test_a_workbook_goes_out_is_edited_and_comes_in(page: Any, server: Server, tmp_path: Path) -> None:
    screen.visit(page, f"{server.url}/design")
    page.get_by_label("설문 이름").fill("엑셀 조사")
    page.keyboard.press("Enter")
    screen.settle(page)
    page.locator(".st-key-card-template-csm button:visible").first.click()
    page.wait_for_selector(CARD, timeout=60_000)
    screen.settle(page)
    page.locator(f"{CARD} summary").click()
    page.wait_for_selector(".st-key-design-get-ko button", timeout=60_000)
    with page.expect_download() as waiting:
        page.locator(".st-key-design-get-ko button:visible").first.click()
    file = tmp_path / "설문.xlsx"
    waiting.value.save_as(file)
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[:5] == ["안내", "여정", "문항", "선택지·척도", "설정"]
    heads = [cell.value for cell in book["여정"][1]]
    place = heads.index("이름 (한국어)") + 1
    book["여정"].cell(2, place).value, book["여정"].cell(2, heads.index("대상 고객") + 1).value = "장만하기", "아무나"
    book.save(file)

    upload(page, file)
    page.wait_for_selector("text=고칠 곳이 1군데", timeout=60_000)
    assert "‘여정’ 시트 2행" in screen.whole(page) and not page.locator(".st-key-design-files-take").count()
    assert "장만하기" not in screen.whole(page)

    book["여정"].cell(2, heads.index("대상 고객") + 1).value = "모두"
    book.save(tmp_path / "고친 설문.xlsx")
    upload(page, tmp_path / "고친 설문.xlsx")
    page.locator(".st-key-design-files-take button:visible").click()
    page.wait_for_selector("text=내용으로 초안을 바꾸었습니다", timeout=60_000)
    screen.settle(page)
    page.reload()
    page.wait_for_selector(CARD, timeout=60_000)
    screen.settle(page)
    assert page.get_by_text("장만하기").count()
