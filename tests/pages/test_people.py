"""The page of personal data and the audit log in both languages: find, see, hand over, correct, erase, keep; every step is in the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cxdash.services import audit, people, retention
from cxdash.services.actor import LOCAL
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.store import contacts, programs
from cxdash.store.database import writing
from tests.pages.conftest import texts
from tests.services.answering import answer, invite, open_house


@pytest.fixture
def shop(deps: Deps) -> Iterator[str]:
    """A programme with one customer who answered and left a comment; the demo programme is nobody's data."""
    house = open_house(deps, slug="shop")
    writer = Writer(deps.engine)
    token = invite(house, "C-100293")["C-100293"]
    with writing(deps.engine) as session:
        contacts.save_contacts(session, program_id=house.program_id, rows=[{"key": "C-100293", "name": "김하나", "email": "hana@example.com"}])
    answer(house, writer, token=token, nps=2, why="[몰래](http://x)")
    assert writer.stop()
    yield "shop"
    with writing(deps.engine) as session:
        programs.delete_program(session, program_id=house.program_id)


def search(test: AppTest, wanted: str) -> AppTest:
    test.text_input(key="w:people:wanted").set_value(wanted)
    return test.button(key="people-go").click().run()


@pytest.mark.parametrize(("lang", "words"), [
    ("ko", ("1명을 찾았습니다", "고객 정보 1", "응답 1", "설문 방문 1")), ("en", ("1 found", "1 customer record", "1 responses", "1 visits"))])
def test_found_masked_then_opened_in_clear(open_page: Callable[..., AppTest], shop: str, lang: str, words: tuple[str, ...]) -> None:
    test = search(open_page("people", lang, program=shop), "hana@example.com")
    assert not test.exception and not test.error
    assert all(word in texts(test) for word in words) and "hana@example" not in texts(test).replace("\\", "")
    test.button(key="person-open-0").click().run()
    assert "김하나" in texts(test) and "hana@example.com" in texts(test).replace("\\", "")
    answers = next(frame.value for frame in test.dataframe if "answers.why" in frame.value.columns)
    assert answers["answers.why"].to_list() == ["[몰래](http://x)"] and answers["answers.nps"].to_list() == ["2"]
    test.button(key="person-close").click().run()
    assert "hana@example.com" not in texts(test).replace("\\", "")


def test_corrected_and_erased(open_page: Callable[..., AppTest], deps: Deps, shop: str) -> None:
    test = search(open_page("people", program=shop), "김하나")
    test.button(key="person-open-0").click().run()
    test.text_input(key="w:people:name").set_value("김한나")
    test.button(key="person-save").click().run()
    assert not test.error and "김한나" in texts(test)
    assert test.button(key="person-erase-go").disabled
    test.radio(key="w:people:keep").set_value(False)
    test.checkbox(key="w:people:sure").check().run()
    test.button(key="person-erase-go").click().run()
    assert not test.exception and [box.value for box in test.success] and "응답 1건 삭제" in test.success[0].value
    assert people.find(deps, LOCAL, wanted="김한나") == ()
    assert "해당하는 사람이 없습니다" in texts(search(test, "C-100293"))


@pytest.mark.parametrize(("lang", "word"), [("ko", "지금 정리하면"), ("en", "Purged now")])
def test_retention_is_tried_before_it_is_saved(open_page: Callable[..., AppTest], deps: Deps, shop: str, lang: str, word: str) -> None:
    test = open_page("people", lang, program=shop)
    test.number_input(key="w:keep:shop:responses").set_value(1).run()
    assert not test.exception and word in texts(test)  # NOON of the house lies months back
    assert retention.outlook(deps, LOCAL, program="shop").policy == retention.Policy()
    test.button(key="keep-save").click().run()
    assert not test.error
    assert retention.outlook(deps, LOCAL, program="shop").policy == retention.Policy(responses=1)


@pytest.mark.parametrize(("lang", "head"), [("ko", "작업"), ("en", "Action")])
def test_the_log_is_filtered_and_checked(open_page: Callable[..., AppTest], deps: Deps, shop: str, lang: str, head: str) -> None:
    people.find(deps, LOCAL, wanted="nobody at all")
    test = open_page("audit", lang)
    assert not test.exception and not test.error
    everything = test.dataframe[0].value
    assert len(everything) == min(audit.PAGE, audit.entries(deps, LOCAL).total) and head in everything.columns
    test.selectbox(key="w:audit:action").set_value("person.find").run()
    assert set(test.dataframe[0].value[head]) == {"person.find"}
    test.text_input(key="w:audit:who").set_value("somebody else").run()
    assert not test.dataframe and [box.value for box in test.info]
