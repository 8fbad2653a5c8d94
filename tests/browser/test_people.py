"""A person is erased in a real browser: the search finds them, the figures move, the ledger says why, the log has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n, runtime
from cxdash.config import load_settings
from cxdash.services import pins
from cxdash.services.actor import LOCAL
from cxdash.services.commits import Writer
from cxdash.services.view import View
from cxdash.store import contacts
from cxdash.store.database import writing
from tests.browser import screen
from tests.serving import Server
from tests.services.answering import answer, invite, open_house

N = 40


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    """With a programme of 41 respondents, of whom one is a customer with a name, the only detractor; the figure is pinned."""
    made = serve("streamlit")
    deps = runtime.build(load_settings({"CXDASH_HOME": str(made.home), "CXDASH_DEMO": "0"}))
    house, writer = open_house(deps), Writer(deps.engine)
    token = invite(house, "C-100293")["C-100293"]
    with writing(deps.engine) as session:
        contacts.save_contacts(session, program_id=house.program_id, rows=[{"key": "C-100293", "name": "김하나", "email": "hana@example.com"}])
    answer(house, writer, token=token, nps=0, why="다시는 안 갑니다")
    for n in range(N):
        answer(house, writer, nps=10 if n % 2 else 8)
    assert writer.stop()
    pins.pin(deps, LOCAL, view=View(program="shop", period="all"), metric="nps", name="5월 보고")
    return made


def test_erasing_a_person_moves_the_figures_and_the_ledger_says_why(page: Any, server: Server) -> None:
    before, after = (i18n.number(100 * value, "ko", 1) for value in ((N / 2 - 1) / (N + 1), (N / 2) / N))
    overview = f"{server.url}/?program=shop&period=all"
    screen.visit(page, overview)
    assert before in screen.card(page, "nps") and str(N + 1) in screen.card(page, "responses")

    screen.visit(page, f"{server.url}/people?program=shop")
    page.get_by_label("고객 번호 · 이름 · 이메일 · 전화번호").fill("hana@example.com")
    page.get_by_role("button", name="찾기").click()
    page.get_by_text("1명을 찾았습니다").wait_for(timeout=60_000)
    screen.settle(page)
    assert "hana@example.com" not in screen.whole(page) and "김하나" not in screen.whole(page)
    page.get_by_role("button", name="보관 내역").click()
    page.get_by_text("hana@example.com").first.wait_for(timeout=60_000)
    screen.settle(page)
    assert "hana" not in page.url and "C-100293" not in page.url
    page.get_by_role("button", name="삭제 · 익명 처리").click()
    page.get_by_text("모두 삭제: 응답도").click()
    screen.settle(page)
    page.get_by_text("되돌릴 수 없음을 확인했습니다").click()
    screen.settle(page)
    page.get_by_role("button", name="실행").click()
    page.get_by_text("모두 삭제했습니다").wait_for(timeout=60_000)
    screen.settle(page)
    assert "응답 1건 삭제" in screen.whole(page)

    screen.visit(page, overview)
    assert after in screen.card(page, "nps") and before != after
    screen.visit(page, f"{server.url}/ledger?program=shop&period=all")
    told = screen.whole(page)
    assert "5월 보고" in told and before in told and after in told and "개인정보 삭제 요청으로 응답 1건 삭제" in told
    screen.visit(page, f"{server.url}/audit")
    table = page.locator("[data-testid=stDataFrame]").first
    table.wait_for(timeout=60_000)
    screen.settle(page)
    assert "기록" in screen.whole(page) and "hana" not in page.content()
