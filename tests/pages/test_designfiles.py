"""The files of the design page, in both languages: a workbook taken, one with mistakes, an XLSForm, and a programme as one file."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.export.questionnaire import to_xlsx
from cxdash.services import definition, designing, programs, surveys
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.survey.definition import dumps
from cxdash.survey.form import Form
from tests import house
from tests.pages.conftest import texts

PROGRAM = "조사-하나"


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    house.parse_here(monkeypatch)


@pytest.fixture
def survey(deps: Deps) -> Iterator[tuple[str, str]]:
    found = designing.begin(deps, LOCAL, program=None, title={"ko": "조사 하나", "en": "One"}, template="csm")
    yield found
    for info in list(programs.list_programs(deps, LOCAL)):
        if not info.demo:
            programs.remove_program(deps, LOCAL, program=info.slug, confirm=info.slug)


def opened(open_page: Callable[..., AppTest], drawer: str, lang: str, **address: str) -> AppTest:
    test = open_page("design", lang, **address)
    test.session_state[drawer] = True
    return test.run()


def given(test: AppTest, name: str, content: bytes) -> AppTest:
    test.file_uploader[0].set_value((name, content, "application/octet-stream"))
    return test.run()


def edited(form: Form, lang: str, *edits: tuple[str, str, object]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(form, lang)))
    for sheet, place, value in edits:
        book[sheet][place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_edited_workbook_becomes_the_draft_and_can_be_undone(
    open_page: Callable[..., AppTest], deps: Deps, survey: tuple[str, str], lang: str
) -> None:
    program, code = survey
    before = surveys.draft(deps, LOCAL, program=program, code=code).form
    test = opened(open_page, "design-files", lang, program=program, survey=code)
    sheet, row = ("문항" if lang == "ko" else "Questions"), len(before.questions) + 2
    words = ("주관식", "의견") if lang == "ko" else ("Open text", "Comment")
    content = edited(before, lang, *((sheet, f"{c}{row}", t) for c, t in zip("ABCG", ("extra", *words, "더?"), strict=True)))
    test = given(test, "my [file].xlsx", content)
    assert not test.exception and not test.error
    said = plain(test)
    live = sum(before.is_live(q) for q in before.questions) + 1
    assert i18n.text("sheet.card.would", lang, questions=live, stages=4) in said
    assert f"{i18n.text('form.change.added', lang)} 1" in said
    assert surveys.draft(deps, LOCAL, program=program, code=code).form == before  # nothing yet
    test.button(key="design-files-take").click().run()
    after = surveys.draft(deps, LOCAL, program=program, code=code).form
    assert after.questions[:-1] == before.questions and after.questions[-1].code == "extra"
    assert [e.value for e in test.success] == [i18n.markdown("sheet.card.done", lang, name="my [file].xlsx")]
    test.button(key="design-undo").click().run()
    assert surveys.draft(deps, LOCAL, program=program, code=code).form == before


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_mistakes_are_listed_with_their_places_and_nothing_can_be_taken(
    open_page: Callable[..., AppTest], deps: Deps, survey: tuple[str, str], lang: str
) -> None:
    program, code = survey
    form = surveys.draft(deps, LOCAL, program=program, code=code).form
    test = opened(open_page, "design-files", lang, program=program, survey=code)
    sheet = "문항" if lang == "ko" else "Questions"
    test = given(test, "x.xlsx", edited(form, lang, (sheet, "B3", "stars"), (sheet, "C4", "![x](http://evil.example)")))
    assert not test.exception
    assert [e.value for e in test.error] == [i18n.markdown("sheet.card.faults", lang, name="x.xlsx", n=2)]
    said = plain(test)
    heading = "유형" if lang == "ko" else "Kind"
    assert i18n.text("sheet.at.cell", lang, sheet=sheet, row="3", column="B", heading=heading) in said
    assert "![x](http" not in texts(test) and "http://" not in texts(test)
    assert "design-files-take" not in [str(b.key) for b in test.button]


def test_an_xlsform_begins_a_survey_and_says_what_it_left_out(
    open_page: Callable[..., AppTest], deps: Deps, survey: tuple[str, str]
) -> None:
    program, _code = survey
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label"], ["geopoint", "where", "어디"], ["text", "why", "왜요?"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    test = opened(open_page, "design-from-file", "ko", program=program)
    test = given(test, "field form.xlsx", out.getvalue())
    assert not test.exception and not test.error
    assert i18n.text("sheet.xls.type", "ko", type="geopoint") in plain(test)
    test.button(key="design-file-begin").click().run()
    assert not test.exception
    made = surveys.draft(deps, LOCAL, program=program, code="field-form").form
    assert [(q.code, q.wording) for q in made.questions] == [("why", {"ko": "왜요?"})]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_programme_comes_in_under_a_free_name(open_page: Callable[..., AppTest], deps: Deps, survey: tuple[str, str], lang: str) -> None:
    program, code = survey
    content = dumps(definition.export(deps, LOCAL, program=program)).encode()
    test = opened(open_page, "design-from-file", lang, program=program)
    test.file_uploader[1].set_value(("p.json", content, "application/json"))
    test.run()
    assert not test.exception and not test.error
    name = next(field for field in test.text_input if "design:files:program" in str(field.key))
    assert name.value == "조사 하나 2"
    test.button(key="design-program-bring").click().run()
    assert not test.exception
    assert surveys.draft(deps, LOCAL, program="조사-하나-2", code=code).form == surveys.draft(deps, LOCAL, program=program, code=code).form
    broken = opened(open_page, "design-from-file", lang, program=program)
    broken.file_uploader[1].set_value(("p.json", b'{"kind": "cxdash.program", "format": 1, "program": {"code": "x", "colour": 1}}', "a/b"))
    broken.run()
    assert [e.value.split("\n")[0] for e in broken.error] and "colour" in broken.error[0].value and not broken.exception
