"""The respondent's pages in a real browser at the width of a phone, served by app.py beside the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from cxdash.services import metrics, questionnaire
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store import links, programs, surveys, waves
from cxdash.store.database import writing
from cxdash.store.surveys import Cell
from cxdash.survey import document
from cxdash.survey.form import Condition, Form, FormQuestion, FormSettings, FormStage, Option
from cxdash.terms import Scale
from tests import house
from tests.serving import Server
from tests.services.answering import House, add_link, invite, open_house, texts

SERIOUS = {"serious", "critical"}
PHONE = {"viewport": {"width": 390, "height": 780}, "locale": "ko-KR", "has_touch": True, "is_mobile": True}


@dataclass(frozen=True)
class Place:
    server: Server
    house: House
    token: str  # of the survey made for taps

    @property
    def deps(self) -> Deps:
        return self.house.deps

    def url(self, token: str | None = None) -> str:
        return f"{self.server.url}/s/{token or self.token}"

    def responses(self, program: str = "taps") -> int:
        return metrics.metrics(self.deps, LOCAL, program=program).total.responses


def taps() -> Form:
    """A welcome page, a page of one question, a page with a condition on itself, a stage with a long name, a last page."""
    asked = (
        FormQuestion("nps", "rating", "recommend", texts("친구에게 추천하시겠습니까?"), scale=Scale(0, 10), required=True,
                     labels={"ko": {0: "전혀 추천하지 않겠다", 10: "반드시 추천하겠다"}, "en": {0: "Not at all likely", 10: "Extremely likely"}}),
        FormQuestion("staff", "rating", "satisfaction", texts("직원 응대에 만족하십니까?"), scale=Scale(1, 7), stage="buy"),
        FormQuestion("why", "text", "comment", texts("무엇이 아쉬우셨나요?"), stage="buy", show_if=Condition("staff", "at_most", (3,))),
        FormQuestion("used", "multi", "multi", texts("이용하신 것은?"), options=(Option(1, texts("앱")), Option(2, texts("매장")))),
        FormQuestion("age", "choice", "attribute", texts("연령대"), options=(Option("20s", texts("20대")), Option("30s", texts("30대")))),
        FormQuestion("visits", "number", "attribute", texts("방문 횟수"), scale=Scale(0, 100)),
    )  # fmt: skip
    words = {"intro": texts("더 나은 경험을 드리고자 의견을 듣습니다."), "consent": texts("응답은 통계 목적으로만 쓰입니다."), "thanks": texts("고맙습니다")}
    return Form(texts("방문 경험 조사"), stages=(FormStage("buy", texts("구매")),), questions=asked, settings=FormSettings(customer=False), **words)


def publish(deps: Deps, slug: str, form: Form, quota: tuple[Cell, ...] = ()) -> str:
    with writing(deps.engine) as session:
        program = programs.add_program(session, slug=slug, name=texts(slug))
        wave = waves.ensure_wave(session, program_id=program.id, code="2026-1")
        programs.tick(session, program_id=program.id)
        survey = surveys.add_survey(session, program_id=program.id, code="s", name=form.title, draft=document.to_document(form))
        coding = questionnaire.register(session, program_id=program.id, form=form, renamed={}, before={})
        surveys.add_version(session, survey_id=survey.id, document=document.to_document(form), coding=coding)
        surveys.save_round(session, survey_id=survey.id, wave_id=wave.id, quota=quota)
        return links.add_link(session, survey_id=survey.id, wave_id=wave.id, kind="public").token


@pytest.fixture(scope="module")
def place(serve_here: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home: Path = tmp_path_factory.mktemp("home")
    deps = house.build(home)
    shop, token = open_house(deps), publish(deps, "taps", taps())
    yield Place(serve_here("uvicorn", home=home, env={"CXDASH_DEMO": "0"}), shop, token)
    house.close(deps)


def start(tab: Any, url: str) -> None:
    tab.goto(url)
    tab.get_by_role("button", name="동의하고 시작하기").click()
    tab.wait_for_url("**/p/ask-1*")


def test_a_survey_is_answered_without_a_script_and_is_in_the_numbers(place: Place, chromium: Any) -> None:
    context = chromium.new_context(**{**PHONE, "viewport": {"width": 360, "height": 740}}, java_script_enabled=False)
    tab, hosts, sizes = context.new_page(), set(), []
    context.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    tab.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[k] for k in ("responseBodySize", "responseHeadersSize"))))
    before = place.responses()
    tab.goto(place.url())
    tab.wait_for_load_state("networkidle")
    assert sum(sizes) <= 40 * 1024, sizes
    tab.get_by_role("button", name="동의하고 시작하기").click()
    boxes = [one.bounding_box() for one in tab.locator("label.point").all()]
    assert len(boxes) == 11 and all(b["width"] >= 24 and b["height"] >= 24 for b in boxes) and boxes[-1]["x"] + boxes[-1]["width"] <= 360
    ends = tab.locator("p.ends > span:not(.away)")
    assert ends.first.bounding_box()["x"] < 60 and ends.last.bounding_box()["x"] + ends.last.bounding_box()["width"] > 300
    tab.get_by_role("button", name="다음").click()
    assert "이 문항에 답해 주세요." in tab.locator("#q-nps").inner_text()
    assert tab.locator("#q-nps input").first.evaluate("one => document.activeElement === one")  # focus on the first error
    tab.get_by_role("radio", name="9", exact=True).check()
    tab.get_by_role("button", name="다음").click()
    assert tab.locator("#q-why").is_visible()  # without a script a conditional question is simply there
    tab.locator("#q-staff").get_by_role("radio", name="2", exact=True).check()
    tab.locator("#q-why textarea").fill("줄이 길었어요")
    tab.get_by_role("button", name="이전").click()
    assert tab.locator("#q-nps input[value='9']").is_checked()
    tab.get_by_role("button", name="다음").click()
    assert tab.locator("#q-why textarea").input_value() == "줄이 길었어요"
    tab.get_by_role("button", name="다음").click()
    tab.get_by_role("checkbox", name="매장").check()
    tab.get_by_role("button", name="다음").click()
    tab.get_by_role("radio", name="20대").check()
    tab.get_by_role("button", name="제출하기").click()
    assert tab.get_by_role("heading", name="응답이 저장되었습니다").is_visible() and "고맙습니다" in tab.inner_text("main")
    tab.go_back()
    assert "이미 응답해 주셨습니다" in tab.inner_text("main")
    context.close()
    assert place.responses() == before + 1 and hosts == {f"127.0.0.1:{place.server.port}"}


def test_with_the_script_a_tap_goes_on_and_a_broken_line_loses_nothing(place: Place, chromium: Any) -> None:
    context = chromium.new_context(**PHONE)
    tab, complaints = context.new_page(), []
    tab.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    before = place.responses()
    start(tab, place.url())
    tab.locator("label.point").nth(3).tap()
    tab.wait_for_url("**/p/stage-buy*")  # a page of one question: the tap went on
    assert not tab.locator("#q-why").is_visible()
    tab.locator("#q-staff label.point").nth(1).tap()
    assert tab.locator("#q-why").is_visible()
    tab.locator("#q-staff label.point").nth(6).tap()
    assert not tab.locator("#q-why").is_visible()
    context.set_offline(True)
    tab.get_by_role("button", name="다음").click()
    tab.get_by_role("alert").get_by_text("인터넷 연결이 끊겼습니다").wait_for()
    assert tab.locator("#q-staff input[value='7']").is_checked()
    context.set_offline(False)
    tab.wait_for_url("**/p/ask-2*", timeout=60_000)  # sent again by itself

    state = context.storage_state()  # the browser is closed and opened again
    context.close()
    context = chromium.new_context(**PHONE, storage_state=state)
    tab = context.new_page()
    tab.goto(place.url())
    assert "/p/ask-2" in tab.url and tab.get_by_role("status").get_by_text("이어집니다").is_visible()
    context.set_offline(True)
    tab.get_by_role("checkbox", name="앱").tap()
    tab.get_by_role("button", name="다음").click()
    tab.get_by_role("alert").wait_for()
    state = context.storage_state()
    context.close()  # and closed while what was sent is still on the way
    context = chromium.new_context(**PHONE, storage_state=state)
    tab = context.new_page()
    tab.goto(place.url())
    tab.get_by_text("보내지 못한 답변을 불러왔습니다").wait_for()
    assert tab.locator("#q-used input[value='1']").is_checked()
    tab.get_by_role("button", name="다음").click()
    tab.get_by_role("button", name="제출하기").wait_for()
    tab.get_by_role("button", name="English").click()
    tab.get_by_role("button", name="Submit").wait_for()
    tab.get_by_role("button", name="Submit").dblclick()
    tab.get_by_role("heading", name="Your answers are saved").wait_for()
    assert tab.evaluate("Object.keys(localStorage).length") == 0
    context.close()
    assert place.responses() == before + 1 and not complaints


def test_the_keyboard_alone_answers_and_arrows_do_not_go_on(place: Place, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR")
    tab = context.new_page()
    start(tab, place.url())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.name") == "nps":
            break
    tab.keyboard.press("Space")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_timeout(500)
    assert "/p/ask-1" in tab.url and tab.locator("#q-nps input:checked").get_attribute("value") == "2"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/p/stage-buy*")
    context.close()


def test_nothing_serious_on_any_page_in_light_and_dark(place: Place, chromium: Any) -> None:
    now = datetime.now(UTC)
    full = publish(place.deps, "full", taps(), quota=(Cell({}, 0),))
    used = invite(place.house, "C-9")["C-9"]
    friendly = {
        "설문을 찾을 수 없습니다": "nothing", "설문이 종료되었습니다": add_link(place.house, "public", closes_at=now - timedelta(hours=2)),
        "아직 시작 전입니다": add_link(place.house, "public", opens_at=now + timedelta(days=3)), "응답이 모두 모였습니다": full,
        "설문 메일을 그만 받으시겠습니까?": f"{used}/unsubscribe",
    }  # fmt: skip
    wrong: list[str] = []
    for scheme in ("light", "dark"):
        context = chromium.new_context(**PHONE, color_scheme=scheme)
        tab = context.new_page()

        def look(name: str, tab: Any = tab, scheme: str = scheme) -> None:
            assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
            found = Axe().run(tab).response["violations"]
            wrong.extend(f"{scheme} {name}: {v['id']} {n['html'][:160]}" for v in found if v["impact"] in SERIOUS for n in v["nodes"])

        for heading, token in friendly.items():
            tab.goto(place.url(token))
            assert tab.get_by_role("heading", level=1).inner_text() == heading
            look(heading)
        tab.goto(place.url())
        look("welcome")
        tab.get_by_role("button", name="동의하고 시작하기").click()
        tab.wait_for_url("**/p/ask-1*")
        tab.get_by_role("button", name="다음").click()
        tab.get_by_role("alert").wait_for()
        look("errors")
        tab.locator("label.point").nth(0).tap()
        tab.wait_for_url("**/p/stage-buy*")
        tab.locator("#q-staff label.point").nth(0).tap()
        look("stage")
        tab.get_by_role("button", name="다음").click()
        tab.wait_for_url("**/p/ask-2*")
        look("multi")
        tab.get_by_role("button", name="다음").click()
        tab.wait_for_url("**/p/ask-3*")
        tab.locator("#q-visits input").fill("많이")
        tab.get_by_role("button", name="제출하기").click()
        tab.get_by_text("숫자로 적어 주세요.").wait_for()
        look("last")
        tab.evaluate("document.documentElement.style.fontSize = '200%'")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390  # large text
        tab.locator("#q-visits input").fill("3")
        tab.get_by_role("button", name="제출하기").click()
        tab.wait_for_url("**/done*")
        look("thanks")
        tab.goto(place.url())
        look("used")
        kiosk = add_link(place.house, "kiosk")
        tab.goto(place.url(kiosk))
        look("kiosk")
        context.close()
    assert not wrong, "\n".join(wrong)
