"""The pictures of docs/gallery.md: `python -m tests.gallery [name …]` starts the app with a home of its own and takes these anew, or all.

Screens of the demo, and a survey along nine stages that has links, a quota and answers, made here. Each screen is taken in Korean and
light at 1440 px, in English and dark at 1440 px, and in Korean on a phone; the respondents' pages on a phone, Korean light and English
dark. Pictures keep 128 colours, which is what makes them small.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.services import collecting, designing, hooks, machines, pins, publishing, surveys, targets
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.services.publishing import NewLink
from cxdash.services.view import View
from cxdash.store.surveys import Cell
from cxdash.survey import edit
from cxdash.survey.flow import asked, whole
from cxdash.survey.form import GATE, Form
from tests import serving
from tests.browser import screen
from tests.conftest import CHROMIUM_ARGS

OUT = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
COLOURS, TALLEST = 128, 2600
NAMES = {"ko": "2027 고객 경험 조사", "en": "Customer experience 2027"}
DEMO = (
    *("overview", "journey", "segments", "trends", "compare", "drivers", "priorities", "gaps", "loyalty", "benchmarks", "report"),
    *("ledger", "targets", "weights", "quality", "imports", "responses"),
)
SHOWN = {"trends": "&period=all", "journey": "&by=channel"}  # what shows more of the screen than its first view


@dataclass(frozen=True)
class Made:
    """The survey of the pictures. tokens: by what the link is for."""

    slug: str
    code: str
    tokens: dict[str, str]


def made(deps: Deps) -> Made:
    """A survey along nine stages, published in a wave with links, quota and answers."""
    slug, code = designing.begin(deps, LOCAL, program=None, title=NAMES, template="cem")
    seen = designing.sketch(deps, LOCAL, program=slug, code=code)
    renamed = partial(edit.change_stage, code="BUY", name={"ko": "구매·결제", "en": "Purchase"})
    seen = designing.change(deps, LOCAL, seen=seen, edit=renamed).sketch
    surveys.publish(deps, LOCAL, program=slug, code=code, rev=seen.info.rev)
    here, now = {"program": slug, "code": code, "wave": "2027-1"}, datetime.now(UTC)
    quota = [Cell({"gender": sex, "age": age}, 40) for age in ("20s", "30s") for sex in ("female", "male")]
    surveys.set_round(deps, LOCAL, **here, opens_at=now - timedelta(days=6), closes_at=now + timedelta(days=15), quota=quota)
    publishing.add_links(deps, LOCAL, **here, made=[
        NewLink("", "public"), NewLink("강남점 계산대", channel="QR", attributes={"지점": "강남점"}),
        NewLink("부산점 계산대", channel="QR", attributes={"지점": "부산점"}), NewLink("카카오 알림", channel="카카오톡"),
        NewLink("강남점 단말", "kiosk", "매장", {"지점": "강남점"}),
    ])  # fmt: skip
    board = publishing.board(deps, LOCAL, **here)
    _answer(deps, [link.token or "" for link in board.links[:4]], now)
    machines.create_key(deps, LOCAL, program=slug, name="콜센터 시스템", scopes=("responses:write",))
    hooks.add_hook(deps, LOCAL, program=slug, url="https://crm.example.com/hooks/cx")
    return Made(slug, code, {link.kind: link.token or "" for link in board.links})


def _answer(deps: Deps, tokens: Sequence[str], now: datetime) -> None:
    dice, writer = random.Random(7), Writer(deps.engine)
    for i in range(90):
        at = now - timedelta(hours=1 + i)
        door = collecting.open_link(deps, RESPONDENT, token=tokens[min(3, dice.randrange(6))], now=at)
        assert door.version is not None
        who = collecting.start_visit(RESPONDENT, opened=door, secret=collecting.new_secret(), language="ko", device="phone", now=at)
        collecting.seen(RESPONDENT, writer, opened=door, now=at)
        given = _answers(door.version.form, dice)
        if i % 7 == 3:
            some = dict(list(given.items())[: dice.randrange(2, 9)])
            sent = collecting.save_page(
                RESPONDENT, writer, opened=door, visitor=who, answers=some, at_page="x", reached=list(some)[-1], now=at
            )
        else:
            sent = collecting.finish(
                RESPONDENT, writer, opened=door, visitor=who, version=door.version, answers=given, now=at + timedelta(minutes=3)
            )
        sent.result(60)
    assert writer.stop()


def _answers(form: Form, dice: random.Random) -> dict[str, Any]:
    given: dict[str, Any] = {field: dice.choice(("yes", "no")) for page in whole(form) for field in page.fields if field.startswith(GATE)}
    for question in asked(form):
        if question.kind == "rating" and question.scale:
            given[question.code] = max(question.scale.lo, question.scale.hi - dice.choice((0, 0, 1, 1, 2, 4)))
        elif question.kind == "choice":
            given[question.code] = str(dice.choice(question.options).value)
    return given


def reported(deps: Deps) -> None:
    """Figures that were reported; the demo has none."""
    for metric, name in (("nps", "3분기 경영회의 NPS"), ("csat", "3분기 CSAT")):
        pins.pin(deps, LOCAL, view=View(program="demo"), metric=metric, name=name)


def aimed(deps: Deps) -> None:
    """Targets; the demo has none."""
    catalog, due = catalog_of(deps, LOCAL, "demo"), date(datetime.now(UTC).year, 12, 31)
    for metric, goal in (("nps", 36.0), ("csat", 70.0), (f"stage:{catalog.stages[-2].code}", 70.0)):
        targets.save_target(deps, LOCAL, catalog=catalog, metric=metric, goal=goal, due=due)


BEFORE = {"ledger": reported, "targets": aimed}  # what is made for a screen when its turn comes


@contextmanager
def running() -> Iterator[tuple[str, Deps]]:
    with tempfile.TemporaryDirectory(prefix="cxdash-gallery-") as folder:
        server = serving.start("streamlit", Path(folder))
        try:
            yield server.url, runtime.build(load_settings({"CXDASH_HOME": folder, "CXDASH_DEMO": "1"}))
        finally:
            server.stop()


def keep(name: str, picture: bytes) -> None:
    """Few colours and no metadata: a tenth of the bytes, and nobody sees it."""
    with Image.open(BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(OUT / f"{name}.png", optimize=True)


def shoot(browser: Any, url: str, name: str) -> None:
    """A screen in its three ways."""
    ways = (("ko", WIDE, "light", ""), ("dark_en", WIDE, "dark", "lang=en"), ("mobile_ko", PHONE, "light", ""))
    for way, size, scheme, query in ways:
        context = browser.new_context(viewport=size, color_scheme=scheme, locale="ko-KR", timezone_id="Asia/Seoul")
        tab = context.new_page()
        screen.visit(tab, url + ("&" if "?" in url else "?") + query)
        tab.wait_for_timeout(1500)
        height = int(tab.evaluate("document.querySelector('.stMain').scrollHeight"))
        tab.set_viewport_size({"width": size["width"], "height": min(TALLEST, height + 20)})
        tab.wait_for_timeout(900)
        keep(f"{name}_{way}", tab.screenshot())
        print(name, way, height, screen.wider(tab), flush=True)
        context.close()


def respond(browser: Any, url: str, tokens: dict[str, str]) -> None:
    """What a respondent meets: the welcome page, gates, a stage, the general questions, the thanks."""
    for way, scheme, locale in (("ko", "light", "ko-KR"), ("dark_en", "dark", "en-US")):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme, locale=locale, is_mobile=True, has_touch=True)
        tab = context.new_page()

        def take(part: str, tab: Any = tab, way: str = way) -> None:
            tab.wait_for_timeout(250)
            keep(f"respond_{part}_{way}", tab.screenshot())

        def on(tab: Any = tab) -> None:
            at = tab.url
            for field in tab.locator("fieldset").all():
                boxes = field.locator("input[type=radio]")
                if boxes.count() and tab.url == at:
                    boxes.nth(max(0, boxes.count() - 2)).check(force=True)
            tab.wait_for_timeout(600)  # a page of one question goes on by itself
            if tab.url == at:
                tab.locator("form button").last.click()
            tab.wait_for_url(lambda now: now != at)

        tab.goto(f"{url}/s/{tokens['public']}")
        take("welcome")
        tab.locator("form button").last.click()
        tab.wait_for_url("**/p/**")
        for part, page in (("gates", "gates-1"), ("stage", "stage-BUY"), ("general", "ask-2")):
            while f"/p/{page}" not in tab.url:
                on()
            take(part)
        while not tab.url.split("?")[0].endswith("/done"):
            on()
        take("thanks")
        context.close()


def main(wanted: Sequence[str]) -> None:
    with running() as (url, deps), sync_playwright() as driver:
        survey = made(deps)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=CHROMIUM_ARGS)
        here = f"program={survey.slug}&survey={survey.code}"
        screens = {
            "design": f"/design?{here}&step=journey&place=BUY", "questions": f"/design?{here}&step=questions&place=BUY",
            "publish": f"/publish?{here}&section=links", "status": f"/publish?{here}&section=status",
            "wave": f"/publish?{here}&section=round", "machines": f"/machines?program={survey.slug}",
        } | {name: f"/{'' if name == 'overview' else name}?program=demo{SHOWN.get(name, '')}" for name in DEMO}  # fmt: skip
        for name in wanted or [*screens, "respond"]:
            if name in BEFORE:
                BEFORE[name](deps)
            if name == "respond":
                respond(browser, url, survey.tokens)
            else:
                shoot(browser, url + screens[name], name)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
