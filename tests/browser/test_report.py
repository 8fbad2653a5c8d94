"""The executive page in a real browser: both files are downloaded, opened, and hold the service's numbers."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from pypdf import PdfReader

from cxdash import i18n
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server

PAPER = 180_000  # the page is set and drawn beside the first run: nothing hurries it on a busy machine


def fetched(page: Any, kind: str) -> tuple[str, bytes]:
    with page.expect_download(timeout=60_000) as waiting:
        page.locator(f".st-key-get-report-{kind} button").click()
    with open(waiting.value.path(), "rb") as file:
        return waiting.value.suggested_filename, file.read()


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_both_files_hold_the_view(page: Any, server: Server, deps: Deps, lang: str) -> None:
    screen.visit(page, f"{server.url}/report?f.channel=store&by=branch&lang={lang}")
    picture = page.locator(".st-key-report-page img")
    picture.wait_for(timeout=PAPER)
    screen.settle(page)  # the run that brought the paper also renews the files behind the buttons
    assert picture.evaluate("async i => { await i.decode(); return i.naturalWidth; }") == 1460
    assert i18n.text("report.title", lang).lower() in str(picture.get_attribute("alt")).lower()
    result = overview(deps, LOCAL, view=View(equals={"channel": ("store",)}, by="branch"))
    day = datetime.now(ZoneInfo(result.catalog.timezone)).date().isoformat()

    name, content = fetched(page, "pdf")
    assert name.endswith(f"_{day}.pdf") and i18n.text("report.title", lang) in name
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 1 and reader.pages[0].mediabox.width > reader.pages[0].mediabox.height
    text = "".join(reader.pages[0].extract_text().split())
    for card in result.cards:
        assert card.figure is not None
        assert i18n.number(card.figure.value, lang, 1) in text and i18n.number(card.figure.n, lang) in text

    name, content = fetched(page, "xlsx")
    assert name.endswith(f"_{day}.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book.worksheets[2].iter_rows(values_only=True))[1:]
    assert [r[1] for r in rows[:3]] == [float(i18n.number(c.figure.value, "en", 1)) for c in result.cards if c.figure]
    assert rows[3][1] == result.responses
    assert sum(len(sheet._images) for sheet in book.worksheets) == 4
    screen.assert_sound(page)


def test_narrow_and_dark(page: Any, server: Server) -> None:
    screen.narrow(page)
    screen.visit(page, f"{server.url}/report")
    page.locator(".st-key-report-page img").wait_for(timeout=PAPER)
    assert screen.wider(page) <= 0
    screen.assert_sound(page)
    box = page.locator(".st-key-report-page img").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
