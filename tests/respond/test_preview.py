"""The designer's preview shows what respondents get."""

from __future__ import annotations

import re

import pytest

from cxdash.respond import preview, screen
from cxdash.respond.screen import Chrome
from cxdash.survey import flow, templates
from cxdash.survey.form import Form, text


@pytest.fixture(scope="module")
def form() -> Form:
    return templates.start("cem")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_a_whole_document_that_sends_nothing(form: Form, language: str) -> None:
    wordings = set()
    for index in range(preview.count(form)):
        page = preview.html(form, index, language)
        assert page.startswith(f'<!DOCTYPE html>\n<html lang="{language}">') and page.rstrip().endswith("</html>")
        assert "<script" not in page and "method=\"post\"" not in page and not re.search(r'(?:src|href|action)="(?!#|data:)', page)
        assert ".scale" in page  # the styles are inside
        wordings |= set(re.findall(r'<span class="wording">(.*?)</span>', page))
    shown = " ".join(wordings)
    for question in flow.asked(form):
        words = text(question.wording, language).split("] ")[-1]
        assert words.replace("'", "&#39;").replace("&", "&amp;").replace("&amp;#39;", "&#39;") in shown, question.code


def test_it_is_the_same_form_as_the_respondents(form: Form) -> None:
    page = flow.whole(form)[1]
    real = screen.question_page(form, page, Chrome("ko", "/s/x", ("ko",), text(form.title, "ko")), answers={}, first=False)
    mine = preview.html(form, 2, "ko")

    def questions(html: str) -> str:
        return html[html.index('<div class="questions'):html.index("</form>")]

    assert questions(real) == questions(mine)


def test_places_outside_are_brought_inside_and_customers_see_their_stages(form: Form) -> None:
    assert preview.html(form, -5, "ko") == preview.html(form, 0, "ko")
    assert preview.html(form, 999, "ko") == preview.html(form, preview.count(form) - 1, "ko")
    assert preview.count(form, customer="prospect") < preview.count(form)
    assert "</html>" in preview.html(Form({"ko": "빈 설문"}), 0, "ko") and preview.count(Form()) == 0
