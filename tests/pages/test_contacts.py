"""Customers, personal links and mails on the publish page, in both languages: a list is uploaded, links are made, mails go out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import runtime
from cxdash.services import contacts as service
from cxdash.services import postman
from cxdash.services.actor import LOCAL, Actor, Permission, RoleName
from cxdash.services.deps import Deps
from cxdash.store import contacts
from cxdash.store.database import writing
from cxdash.ui import state
from tests import house as houses
from tests.pages.conftest import texts
from tests.services import mailserver
from tests.services.answering import House, open_house, opened
from tests.services.mailserver import Box, with_server

ADDRESS = {"program": "shop", "survey": "s", "section": "people"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house of its own with a published survey and no mail server; expanders and popovers stand open."""
    made = open_house(houses.build(tmp_path / "home"))
    monkeypatch.setattr(runtime, "_deps", made.deps)
    for kind in (ExpanderContainer, PopoverContainer):
        monkeypatch.setattr(kind, "open", property(lambda _: True, lambda _s, _v: None))
    yield made
    houses.close(made.deps)


@pytest.fixture
def box(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    with mailserver.running() as made:
        deps = with_server(house.deps, made)
        deps = dataclasses.replace(deps, settings=dataclasses.replace(deps.settings, public_url="https://survey.example.com"))
        monkeypatch.setattr(runtime, "_deps", deps)
        yield made


@pytest.fixture
def deps(house: House) -> Deps:
    return runtime._deps or house.deps


def add(house: House, n: int) -> None:
    rows = [{"key": f"C{i}", "name": f"김고객{i}", "email": f"c{i}@example.com" if i else "", "language": "ko"} for i in range(n)]
    with writing(house.deps.engine) as session:
        contacts.save_contacts(session, program_id=house.program_id, rows=rows)


def numbers(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


@pytest.mark.parametrize(
    ("lang", "words"),
    [("ko", ("고객", "이메일 있음", "지금 초대할 수 있는 고객")), ("en", ("Customers", "With e-mail", "Can be invited now"))],
)
def test_the_numbers_and_nothing_of_a_person(house, open_page: Callable[..., AppTest], lang, words):
    add(house, 3)
    test = open_page("publish", lang=lang, **ADDRESS)
    assert not test.exception and not test.error
    shown = numbers(test)
    assert [shown[word] for word in words] == ["3", "2", "3"]
    frames = "".join(str(frame.value) for frame in test.dataframe)
    assert "C2" in frames and "c***@…" in frames and "김**" in frames
    assert "example.com" not in texts(test) + frames and "김고객" not in texts(test) + frames
    assert "CXDASH" not in texts(test)  # no server: a sentence for the marketer


def test_without_customers_and_with_a_list_to_store(house, open_page):
    test = open_page("publish", **ADDRESS)
    assert "아직 올린 고객이 없습니다" in texts(test)
    given = Path(house.deps.settings.home) / "list.csv"
    given.write_text("고객번호,이름,이메일,지점\nC1,김하나,hana@example.com,강남\n,이둘,dul@example.com,부산\n", encoding="utf-8")
    test.session_state["page:mail:list"] = service.look(house.deps, LOCAL, given, name="목록.csv")
    test.run()
    said = texts(test).replace("\\", "")
    assert "저장할 고객 1명: 새 고객 1명, 갱신 0명" in said and "저장하지 않을 칸이 1개" in said
    problems = next(frame.value for frame in test.dataframe if "문제" in frame.value.columns)
    assert problems.to_dict("records") == [{"행": 3, "열": "A (고객번호)", "문제": "고객번호가 비어 있습니다"}]
    test.selectbox(key="w:mail:role:key").set_value(-1).run()
    assert "고객번호 열을 골라 주세요" in texts(test) + "".join(e.value for e in test.error)
    test.selectbox(key="w:mail:role:key").set_value(0).run()
    test.button(key="contact-save").click().run()
    assert not test.exception and numbers(test)["고객"] == "1"


def test_links_as_excel_once(house, open_page):
    add(house, 2)
    with writing(house.deps.engine) as session:
        contacts.save_contacts(
            session, program_id=house.program_id, rows=[{"key": "=1+1", "name": "=cmd|'/c calc'!A1", "attributes": {"이름": "@x"}}]
        )
    test = open_page("publish", **ADDRESS)
    test.button(key="link-export").click().run()
    assert not test.exception and "개인 링크 3개를 만들었습니다" in texts(test)
    n, name, content = test.session_state["page:mail:file"]
    assert (n, name) == (3, "개인링크-2026-1.xlsx")
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == ["고객번호", "이름", "이메일", "언어", "개인 링크", "수신거부 링크", "이름 (2)"]
    hostile = rows[3]
    assert [hostile[i].value for i in (0, 1, 6)] == ["=1+1", "=cmd|'/c calc'!A1", "@x"]
    assert all(cell.data_type == "s" for cell in hostile if cell.value) and hostile[1].quotePrefix  # text, never a formula
    assert opened(house, rows[1][4].value.rpartition("/s/")[2], datetime.now(UTC)).state == "open"
    test.button(key="link-close").click().run()
    assert (
        not any(button.key == "link-close" for button in test.button)
        and numbers(test)["초대함"] == "3"
        and test.button(key="link-export").disabled
    )


def test_lists_are_offered_to_whoever_may_see_who_is_in_them(house, open_page, monkeypatch):
    add(house, 2)
    for grants, offered in ((frozenset(), False), (frozenset({Permission.SEE_PERSONAL}), True)):
        monkeypatch.setattr(state, "actor", lambda grants=grants: Actor("m", RoleName.MARKETER, grants=grants))
        test = open_page("publish", **ADDRESS)
        assert not test.exception and ("link-export" in {button.key for button in test.button}) is offered
        assert ("개인정보 열람 권한이 있는" in texts(test)) is not offered
        if offered:  # made, and then the permission was taken away
            test.button(key="link-export").click().run()
            monkeypatch.setattr(state, "actor", lambda: Actor("m", RoleName.MARKETER))
            assert "개인 링크 2개를 만들었습니다" not in texts(test.run())


def test_mails_go_out_and_failures_are_told(house, box, open_page):
    add(house, 4)
    box.refuse["c2@example.com"] = "550 no"
    test = open_page("publish", **ADDRESS)
    assert numbers(test)["지금 초대할 수 있는 고객"] == "4" and not test.warning
    test.button(key="mail-invite-go").click().run()
    assert not test.exception and not test.error
    assert postman.deliver(runtime._deps).sent == 2
    test.run()
    assert numbers(test)["초대함"] == "2" and "보낸 메일 2통, 취소 0통, 실패 1통" in texts(test)
    failed = next(frame.value for frame in test.dataframe if "이유" in frame.value.columns)
    assert failed.to_dict("records") == [{"고객번호": "C2", "메일": "초대", "이유": "받는 주소 거부(550)", "시도": 1}]
    box.refuse.clear()
    test.button(key="mail-again").click().run()
    assert postman.deliver(runtime._deps).sent == 1 and len(box.letters) == 3
    assert "https://survey.example.com/s/" in box.letters[0][2].get_body(("plain",)).get_content()


def test_texts_intervals_and_a_test_mail(house, box, open_page):
    add(house, 1)
    test = open_page("publish", lang="en", **ADDRESS)
    at = "w:mail:text:shop:invite:en"
    assert "{link}" in test.text_area(key=f"{at}:body").value and "{unsubscribe}" in test.text_area(key=f"{at}:body").value
    test.text_area(key=f"{at}:body").set_value("no link").run()
    test.button(key="mail-words-save").click().run()
    assert any("placeholder link" in error.value for error in test.error)
    test.text_area(key=f"{at}:body").set_value("Hi {name}: {link} / {unsubscribe}").run()
    test.text_input(key=f"{at}:subject").set_value("Short question").run()
    test.button(key="mail-words-save").click().run()
    test.text_input(key="w:mail:test").set_value("me@example.com").run()
    test.button(key="mail-test-go").click().run()
    assert not test.exception and not test.error
    assert box.to == ["me@example.com"] and box.letters[0][2]["Subject"] == "Short question"
    test.number_input(key="w:mail:cap").set_value(90).run()
    test.button(key="mail-days-save").click().run()
    assert service.people(house.deps, LOCAL, program="shop").cap_days == 90


def test_a_server_that_refuses_is_a_sentence(house, box, open_page, monkeypatch):
    add(house, 2)
    away = dataclasses.replace(runtime._deps, settings=dataclasses.replace(runtime._deps.settings, smtp_port=1))
    monkeypatch.setattr(runtime, "_deps", away)
    test = open_page("publish", **ADDRESS)
    test.text_input(key="w:mail:test").set_value("me@example.com").run()
    test.button(key="mail-test-go").click().run()
    assert not test.exception and any("연결할 수 없습니다" in error.value for error in test.error)
