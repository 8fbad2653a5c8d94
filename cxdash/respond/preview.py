"""A page as respondents see it, for the designer's preview: the same templates, with the styles inside and nothing that can be sent
(its form has the method dialog, which does nothing outside of one)."""

from __future__ import annotations

from cxdash.respond import screen
from cxdash.respond.screen import Chrome
from cxdash.respond.way import has_welcome
from cxdash.survey import flow
from cxdash.survey.form import Form, text
from cxdash.terms import CUSTOMER


def count(form: Form, *, customer: str | None = None) -> int:
    """How many pages the preview has, the welcome page included."""
    return int(has_welcome(form)) + len(flow.whole(form, customer=customer))


def html(form: Form, page_index: int, language: str, customer: str | None = None) -> str:
    """A whole document for a frame (srcdoc): page 0 is the welcome page when the form has one. Indices outside are brought inside.

    Every question is shown, as to somebody who experienced every stage and meets every condition; customer: "existing" or "prospect" to
    see only their stages.
    """
    chrome = Chrome(language, languages=form.languages, title=text(form.title, language), inline=True)
    pages = flow.whole(form, customer=customer)
    welcome = has_welcome(form)
    place = max(0, min(page_index, int(welcome) + len(pages) - 1)) - int(welcome)
    if place < 0 or not pages:
        return screen.welcome_page(form, chrome)
    known = {CUSTOMER: customer} if customer else {}
    return screen.question_page(form, pages[place], chrome, answers=known, first=place == 0, last=place == len(pages) - 1)
