"""The real app in a real browser: fonts, themes, language of the document, policy, and no word to another host."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cxdash import i18n
from tests.serving import Server

READY = "[data-testid='stAppViewContainer'] h1"
# FontFace.status is only "loaded" when the file arrived and was used for text on the page.
LOADED = "async () => { await document.fonts.ready; return [...document.fonts].filter(f => f.family.includes('Pretendard') " \
         "&& f.status === 'loaded').map(f => f.weight) }"


def luminance(colour: str) -> float:
    """WCAG relative luminance of "rgb(r, g, b)"."""
    parts = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_draw_our_font_with_high_contrast(server: Server, page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(server.url)
    page.wait_for_selector(READY)
    page.wait_for_function("() => [...document.fonts].some(f => f.family.includes('Pretendard') && f.status === 'loaded')")
    assert "700" in page.evaluate(LOADED)
    assert page.eval_on_selector(READY, "e => getComputedStyle(e).fontFamily").startswith("Pretendard")
    ink = luminance(page.eval_on_selector(READY, "e => getComputedStyle(e).color"))
    paper = luminance(page.eval_on_selector("[data-testid='stApp']", "e => getComputedStyle(e).backgroundColor"))
    assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) > 7
    assert (paper < 0.1) == (scheme == "dark")


def test_no_deploy_button_and_no_telemetry(server: Server, page: Any) -> None:
    page.goto(server.url)
    page.wait_for_selector(READY)
    assert page.locator("[data-testid='stAppDeployButton']").count() == 0
    page.wait_for_load_state("networkidle")
    assert {host.split(":")[0] for host in page.hosts} == {"127.0.0.1"}


def test_every_element_works_under_the_policy(gallery: Server, page: Any) -> None:
    page.goto(gallery.url)
    page.wait_for_selector("[data-testid='stFileUploader']")
    page.wait_for_function("() => document.querySelectorAll(\"[data-testid='stVegaLiteChart'] svg\").length >= 2")
    assert "인지" in page.locator("[data-testid='stVegaLiteChart'] svg").first.text_content()
    assert page.locator("[data-testid='stDataFrame'] canvas").count() >= 2
    assert page.locator("#raw").inner_text() == "직접 쓴 HTML"
    assert page.locator("[data-testid='stMetricValue']").inner_text() == "39.8"
    with page.expect_download() as download:
        page.locator("[data-testid='stDownloadButton'] button").click()
    assert download.value.suggested_filename == "점수(최종).csv"
    page.locator("[data-testid='stFileUploader'] input[type=file]").set_input_files(
        {"name": "응답.csv", "mimeType": "text/csv", "buffer": b"a,b\n" * 200_000})
    page.get_by_text("올린 크기: 800000").wait_for()
    assert page.locator("[data-testid='stException']").count() == 0


def test_a_large_upload_is_stopped_by_the_setting(gallery: Server, page: Any) -> None:
    page.goto(gallery.url)
    page.locator("[data-testid='stFileUploader'] input[type=file]").set_input_files(
        {"name": "big.csv", "mimeType": "text/csv", "buffer": b"x" * 2_000_000})
    page.get_by_text("File must be 1.0MB or smaller").wait_for()
    assert page.get_by_text("올린 크기: 0").is_visible()


def test_a_failing_callback_shows_a_sentence_and_nothing_of_the_inside(gallery: Server, page: Any) -> None:
    page.goto(gallery.url)
    page.get_by_role("button", name="고장").click()
    page.get_by_text(i18n.text("error.unexpected", "ko")[:20]).wait_for()
    shown = page.locator("body").inner_text()
    assert "hunter2" not in shown and "RuntimeError" not in shown and "Traceback" not in shown
    assert "hunter2" in gallery.said()


def test_an_unknown_page_says_so_and_leads_home(server: Server, page: Any) -> None:
    response = page.goto(f"{server.url}/nowhere")
    assert response.status == 404
    page.get_by_role("link", name="첫 화면으로").click()
    page.wait_for_selector(READY)
