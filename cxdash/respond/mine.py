"""The page /s/TOKEN/mine: what is held about a respondent, changing it, withdrawing. Plain forms, signed like a questionnaire's."""

from __future__ import annotations

from datetime import UTC, datetime

from cxdash import i18n
from cxdash.respond.desk import Desk
from cxdash.respond.screen import Chrome, Notice, draw, friendly_page, notice_of
from cxdash.respond.way import Way
from cxdash.services.mine import Mine, Part, may

ABOUT = "mine"  # what the page's forms are signed for
_FIELDS = {"key": "respond.mine.key", "name": "respond.mine.name", "email": "respond.mine.email", "language": "respond.mine.language"}
_SAID = {
    "title": "respond.mine.title", "about": "respond.mine.about", "contact": "respond.mine.contact", "survey": "respond.mine.survey",
    "draft": "respond.mine.draft", "consented": "respond.mine.consented", "correct": "respond.mine.correct",
    "correct_about": "respond.mine.correct_about", "withdraw": "respond.mine.withdraw", "withdraw_about": "respond.mine.withdraw_about",
    "sure": "respond.mine.sure", "withdraw_go": "respond.mine.withdraw_go",
    "empty_part": "respond.mine.empty_part",
}  # fmt: skip


def is_offered(way: Way) -> bool:
    return may(way.kind)


def page(desk: Desk, way: Way, chrome: Chrome, mine: Mine, *, notice: Notice | None = None) -> str:
    """Everything in words, and the two forms."""
    lang = way.language
    told = {name: _language(value, lang) if name == "language" else value for name, value in mine.contact.items()}
    known = [(i18n.text(_FIELDS[name], lang), value) for name, value in told.items()]
    return draw(
        "mine.html", chrome, said={name: i18n.text(key, lang) for name, key in _SAID.items()}, notice=notice_of(notice, lang),
        known=[*known, *mine.attributes.items()], parts_held=[_part(part, lang, mine.timezone) for part in mine.parts],
        correctable=mine.correctable, stamp=desk.signer.stamp(*way.about(ABOUT), at=datetime.now(UTC)),
    )  # fmt: skip


def nothing(chrome: Chrome) -> str:
    heading, about = (i18n.text(key, chrome.language) for key in ("respond.mine.nothing.title", "respond.mine.nothing.text"))
    return friendly_page(chrome, tone="closed", heading=heading, lines=[about])


def withdrawn(chrome: Chrome) -> str:
    heading, about = (i18n.text(key, chrome.language) for key in ("respond.mine.withdrawn.title", "respond.mine.withdrawn.text"))
    return friendly_page(chrome, tone="done", heading=heading, lines=[about])


def _part(part: Part, lang: str, zone: str) -> dict[str, object]:
    return {
        "at": i18n.datetime(part.at, lang, zone) if part.at else "", "finished": part.finished, "answers": part.answers,
        "consent": part.consent, "consent_at": i18n.datetime(part.consent_at, lang, zone) if part.consent_at else "",
    }  # fmt: skip


def _language(code: str, lang: str) -> str:
    return i18n.text(f"common.language.{code}", lang) if code in i18n.LANGUAGES else code
