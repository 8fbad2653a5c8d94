"""Publishing in a real browser: the QR code on the screen leads to the survey, an answer moves the live numbers, it all fits a phone."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.services import collecting
from cxdash.services.actor import RESPONDENT
from cxdash.services.commits import Writer
from tests import qrcodes
from tests.browser import screen
from tests.browser.test_accessibility import SERIOUS, THEIRS
from tests.serving import Server
from tests.services.answering import ANSWERS, House, open_house, opened, visitor

HERE = "/publish?program=shop&survey=s&section="


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit", env={"CXDASH_DEMO": "0"})


@pytest.fixture(scope="module")
def shop(server: Server) -> House:
    return open_house(runtime.build(load_settings({"CXDASH_HOME": str(server.home), "CXDASH_DEMO": "0"})))


def decoded(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as picture:
        return qrcodes.decoded(picture)


def answer(shop: House) -> None:
    now = datetime.now(UTC)
    writer, door = Writer(shop.deps.engine), opened(shop, now=now)
    who = visitor(door, now=now)
    sent = collecting.finish(RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers=ANSWERS, now=now)
    assert sent.result(30).state == "finished" and writer.stop()


def test_the_code_on_the_screen_and_on_the_poster_lead_to_the_survey(page: Any, server: Server, shop: House) -> None:
    screen.visit(page, f"{server.url}{HERE}links")
    address = f"{server.url}/s/{shop.token}"
    assert page.locator(".st-key-card-publish-link code").inner_text().strip() == address
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".st-key-card-publish-link [data-testid=stCode] button").click()
    page.wait_for_function("async wanted => await navigator.clipboard.readText() === wanted", arg=address)
    shown = page.locator(".st-key-card-publish-link img").first
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=shown.element_handle())
    assert decoded(shown.screenshot()) == address
    picture = page.locator(".cx-messenger img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert picture == 1200, "the picture that messengers fetch"
    with page.expect_download() as started:
        page.locator(".st-key-get-poster button").click()
    poster = pypdfium2.PdfDocument(started.value.path())
    assert "들려주세요" in poster[0].get_textpage().get_text_range()
    printed = io.BytesIO()
    poster[0].render(scale=2).to_pil().save(printed, "PNG")
    found = decoded(printed.getvalue())
    assert found == address
    screen.assert_sound(page)
    answered = page.goto(found)
    assert answered.status == 200 and "만족도 조사" in page.title() + page.locator("body").inner_text()


def test_an_answer_shows_by_itself(page: Any, server: Server, shop: House) -> None:
    screen.visit(page, f"{server.url}{HERE}status")
    number = page.locator(".st-key-card-count-finished [data-testid=stMetricValue]")
    before = int(number.inner_text())
    page.evaluate("document.querySelector('.stMain h1').dataset.same = 'yes'")
    answer(shop)
    page.wait_for_function(
        "n => document.querySelector('.st-key-card-count-finished [data-testid=stMetricValue]').innerText.trim() === n",
        arg=str(before + 1), timeout=60_000,
    )  # fmt: skip
    assert page.evaluate("document.querySelector('.stMain h1').dataset.same") == "yes", "the page was not drawn anew"
    screen.assert_sound(page)


@pytest.mark.parametrize("section", ["status", "links", "round", "sample", "people"])
def test_a_phone_shows_it_whole(page: Any, server: Server, shop: House, section: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    screen.visit(page, f"{server.url}{HERE}{section}&lang=en")
    assert screen.wider(page) <= 0
    screen.assert_sound(page)
    found = Axe().run(page, context=THEIRS).response["violations"]
    wrong = [(v["id"], node["html"][:200]) for v in found if v["impact"] in SERIOUS for node in v["nodes"]]
    assert not wrong, wrong
