"""Pages drawn: the questionnaire, its welcome, and the friendly pages. Everything put in is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import Environment

from cxdash import config, drawn, i18n
from cxdash.config import PACKAGE
from cxdash.respond import assets
from cxdash.respond.fields import Field, of_page
from cxdash.survey import flow, length
from cxdash.survey.answers import Problem
from cxdash.survey.flow import Page
from cxdash.survey.form import Form, text

WORDS = (
    "respond.skip", "respond.language", "respond.start", "respond.agree", "respond.next", "respond.back", "respond.submit",
    "respond.required", "respond.progress", "respond.consent", "respond.gates.title", "respond.gates.help",
    "respond.preview", "respond.offline", "respond.kept_here", "respond.sending", "respond.ends",
    "respond.errors.title",
)  # fmt: skip


@dataclass(frozen=True)
class Notice:
    """A sentence above the page. tone: error (read out at once) or info."""

    key: str
    tone: str = "error"
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Chrome:
    """What is around every page. url and card: for messengers, absolute. refresh: (seconds, address) of a kiosk.

    inline: styles within the page and no script, for a preview in a frame.
    """

    language: str
    path: str = ""
    languages: Sequence[str] = ()
    title: str = ""
    about: str = ""
    url: str = ""
    card: str = ""
    kiosk: bool = False
    trial: bool = False
    refresh: tuple[int, str] | None = None
    inline: bool = False


@dataclass(frozen=True)
class Sent:
    """What goes back into a page that was refused. raw None: the answers of the visit are shown."""

    raw: Mapping[str, Sequence[str]] | None = None
    errors: Mapping[str, Problem] = field(default_factory=dict)
    notice: Notice | None = None


@lru_cache(maxsize=1)
def _templates() -> Environment:
    made = drawn.templates(PACKAGE / "respond")
    made.globals["asset"] = assets.address
    return made


def warm() -> None:
    """Compiles the templates and reads the words, before the first respondent."""
    for name in _templates().list_templates(extensions=["html"]):
        _templates().get_template(name)
    for language in config.LANGUAGES:
        words(language)


@lru_cache(maxsize=8)
def words(language: str) -> Mapping[str, str]:
    """Template words by the rest of their key, dots as underscores."""
    return {key.partition(".")[2].replace(".", "_"): i18n.text(key, language) for key in WORDS}


def draw(template: str, chrome: Chrome, **more: object) -> str:
    names = {one: i18n.text(f"common.language.{one}", one) for one in chrome.languages}
    styles = assets.source("pages.css") if chrome.inline else ""
    return _templates().get_template(template).render(c=chrome, w=words(chrome.language), languages=names, styles=styles, **more)


def question_page(
    form: Form, page: Page, chrome: Chrome, *, answers: Mapping[str, object], stamp: str = "", sent: Sent | None = None,
    first: bool = False, last: bool = False,
) -> str:  # fmt: skip
    """A page of the questionnaire. first: there is nothing to go back to. last: sending it finishes."""
    sent = sent or Sent()
    fields = of_page(form, page, chrome.language, answers, sent.raw, sent.errors)
    strange = [i18n.said(problem, chrome.language) for name, problem in sent.errors.items() if name not in page.fields]
    return draw(
        "page.html",
        chrome,
        page=page,
        heading=heading(form, page, chrome.language),
        fields=fields,
        wrong=[one for one in fields if one.error],
        strange=strange,
        notice=notice_of(sent.notice, chrome.language),
        percent=percent(form, page),
        stamp=stamp,
        first=first,
        last=last,
        advances=not last and len(fields) == 1 and fields[0].kind in ("rating", "choice", "gate"),
    )


def welcome_page(form: Form, chrome: Chrome, *, stamp: str = "", notice: Notice | None = None) -> str:
    """The title, what it is about, how long it takes, and what happens to the answers."""
    consent = text(form.consent, chrome.language)
    return draw(
        "welcome.html",
        chrome,
        intro=text(form.intro, chrome.language),
        consent=consent,
        minutes=how_long(form, chrome.language),
        stamp=stamp,
        notice=notice_of(notice, chrome.language),
    )


def friendly_page(chrome: Chrome, *, tone: str, heading: str, lines: Sequence[str], action: tuple[str, str] | None = None,
                  posts: Mapping[str, Sequence[str]] | None = None, to: str = "", aside: tuple[str, str] | None = None) -> str:  # fmt: skip
    """A page that says one thing. tone: done, wait, closed, problem. action: (words, address) of a link, or of a button that sends `posts`
    to `to`. aside: (words, address) of a small link below."""
    return draw("friendly.html", chrome, tone=tone, heading=heading, lines=lines, action=action, posts=posts, to=to, aside=aside)


def heading(form: Form, page: Page, language: str) -> str:
    if page.kind == "gates":
        return i18n.text("respond.gates.title", language)
    stage = form.stage_of.get(page.stage or "")
    return text(stage.name, language, stage.code) if stage else ""


def percent(form: Form, page: Page) -> int:
    return round(100 * flow.progress(form, page).share)


def how_long(form: Form, language: str) -> str:
    """ "약 3분"."""
    return i18n.text("respond.minutes", language, n=length.usual(form))


def notice_of(notice: Notice | None, language: str) -> dict[str, str] | None:
    """As the templates take it."""
    return {"tone": notice.tone, "text": i18n.text(notice.key, language, **notice.params)} if notice else None


__all__ = ["Chrome", "Field", "Notice", "Sent", "draw", "friendly_page", "how_long", "question_page", "warm", "welcome_page"]
