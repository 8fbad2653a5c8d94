"""Where a respondent stands: what the link allows now, which visit is theirs, what they have answered, which page comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.respond.asked import Asked
from cxdash.respond.desk import Desk
from cxdash.services import collecting
from cxdash.services.actor import RESPONDENT
from cxdash.services.collecting import Opened, Resumed, Version
from cxdash.services.submissions import Visitor
from cxdash.survey import flow
from cxdash.survey.flow import Layout, Page
from cxdash.survey.form import Form

KIOSK, PREVIEW = "kiosk", "preview"
REPEATED = (KIOSK, "interviewer", "mystery", PREVIEW)  # one device, many respondents
OVER = "over"
WELCOME = "start"  # what the form of the welcome page is about


@dataclass(frozen=True)
class Way:
    """state: open, not_yet, closed, full, unknown, used, over. new: the visit's secret was just made and has to go out as a cookie.

    answers: so far, by field. visit: None before the first page was sent.
    """

    asked: Asked
    state: str
    opened: Opened
    language: str
    languages: tuple[str, ...] = ()
    version: Version | None = None
    visitor: Visitor | None = None
    visit: Resumed | None = None
    secret: str = ""
    new: bool = False
    answers: Mapping[str, Any] = ()  # type: ignore[assignment]
    door_opens: datetime | None = None
    issued: datetime | None = None  # when the form that was sent was made; None: not looked at yet, or not sent

    @property
    def form(self) -> Form:
        assert self.version is not None
        return self.version.form

    @property
    def kind(self) -> str:
        return self.opened.kind

    @property
    def is_trial(self) -> bool:
        return self.kind == PREVIEW

    @property
    def is_personal(self) -> bool:
        return self.opened.door is not None and self.opened.door.invitation_id is not None

    @property
    def seed(self) -> str:
        return self.visitor.key if self.visitor else ""

    @cached_property
    def layout(self) -> Layout:
        return flow.layout(self.form, self.answers)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return self.layout.pages(self.seed)

    @property
    def is_welcomed(self) -> bool:
        """The welcome page was passed, or there is none."""
        return self.visit is not None or bool(self.is_trial and self.asked.trial) or not has_welcome(self.form)

    def page(self, key: str) -> Page | None:
        place = self.layout.places.get(key)
        return None if place is None else self.pages[place]

    def after(self, key: str) -> Page | None:
        return self._at(self.layout.places.get(key, -1) + 1)

    def before(self, key: str) -> Page | None:
        return self._at(self.layout.places.get(key, 0) - 1)

    def _at(self, place: int) -> Page | None:
        return self.pages[place] if 0 <= place < len(self.pages) else None

    def after_these(self, key: str, answers: Mapping[str, Any]) -> Page | None:
        """The page that comes when these are the answers."""
        found = flow.layout(self.form, answers)
        return self.after(key) if found is self.layout else self.with_answers(answers).after(key)

    @property
    def current(self) -> Page | None:
        """The page to go on with: where the visit was left, else the first."""
        left = self.page(self.visit.at_page) if self.visit else None
        return self._held_up(left) or left or (self.pages[0] if self.pages else None)

    def _held_up(self, page: Page | None) -> Page | None:
        """The first page before `page` with a required field that has no answer."""
        missing = set(flow.unanswered(self.form, self.answers)) if page is not None else set()
        for earlier in self.pages:
            if page is None or earlier.key == page.key:
                return None
            if missing & set(earlier.fields):
                return earlier
        return None

    def may_see(self, page: Page) -> bool:
        return self._held_up(page) is None

    def about(self, page: str) -> tuple[str, ...]:
        """What a form is signed for."""
        return self.asked.token, self.secret, page, str(self.version.number if self.version else 0)

    def with_answers(self, answers: Mapping[str, Any]) -> Way:
        return replace(self, answers=answers)

    def started(self, at: datetime) -> Way:
        """For a new visit: it began when its form was made."""
        assert self.visitor is not None
        return self if self.visit or self.visitor.started_at == at else replace(self, visitor=replace(self.visitor, started_at=at))


def has_welcome(form: Form) -> bool:
    return any(form.intro.values()) or any(form.consent.values())


async def enter(desk: Desk, asked: Asked) -> Way:
    """What this respondent may do here now. Unavailable when the database is away and nothing is known of the link."""
    opened = await desk.open(asked.token)
    if opened.door is None or opened.version is None:
        return Way(asked, collecting.UNKNOWN, opened, language_of(asked, opened))
    personal = opened.door.invitation_id is not None
    if personal:
        secret, visit = desk.signer.secret_of(asked.token), opened.visit
    else:
        secret = asked.secret or collecting.new_secret()
        visit = await desk.resume(secret) if asked.secret and opened.kind != PREVIEW else None
        visit = visit if visit is not None and visit.visitor.link_id == opened.door.link_id else None
    return _way(desk, asked, opened, visit, secret, new=not personal and not asked.secret)


async def at_once(desk: Desk, asked: Asked, page: str) -> Way | None:
    """The way of a questionnaire of one page that is sent, without reading the visit: there is no draft that could matter, and the writer
    lets no visit finish twice. None for everything else, and for a form that was not made for this."""
    if not asked.secret or asked.one("_go") != "next" or asked.one("_lang"):
        return None
    opened = await desk.open(asked.token)
    if opened.door is None or opened.version is None or opened.state != collecting.OPEN:
        return None
    form = opened.version.form
    if opened.door.invitation_id is not None or opened.kind == PREVIEW or has_welcome(form) or not flow.is_one_page(form):
        return None
    about = (asked.token, asked.secret, page, str(opened.version.number))
    issued = desk.signer.issued(asked.one("_stamp"), *about, now=datetime.now(UTC))
    return _way(desk, asked, opened, None, asked.secret, new=False, issued=issued) if issued else None


def without_reading(desk: Desk, asked: Asked, opened: Opened) -> Way:
    """The way while the database is away: the link as it was known, and no visit."""
    secret = desk.signer.secret_of(asked.token) if opened.door and opened.door.invitation_id is not None else asked.secret
    return _way(desk, asked, opened, None, secret or collecting.new_secret(), new=False)


def _way(
    desk: Desk, asked: Asked, opened: Opened, visit: Resumed | None, secret: str, *, new: bool, issued: datetime | None = None
) -> Way:  # fmt: skip
    language = language_of(asked, opened, visit)
    if visit is not None:
        visitor = replace(visit.visitor, language=language)
        version, answers = collecting.worded(visit.version, opened.door), visit.answers
    else:
        visitor = collecting.start_visit(RESPONDENT, opened=opened, secret=secret, language=language, device=asked.device, now=issued)
        version, answers = opened.version, _known(opened)
    assert version is not None
    if opened.kind == PREVIEW and asked.trial:
        answers = desk.signer.unseal(asked.trial) or answers
    return Way(
        asked, _state(opened, visit, visitor), opened, language, _offered(opened.languages), version, visitor, visit, secret, new, answers,
        opened.door.opens_at if opened.door else None, issued,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _offered(languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in LANGUAGES if one in languages)


def _state(opened: Opened, visit: Resumed | None, visitor: Visitor) -> str:
    if visit is not None and visit.state == "finished":
        return collecting.USED
    if visit is not None and visit.state == OVER:
        return OVER
    if visit is not None and collecting.may_finish(opened, visitor, now=datetime.now(UTC)):
        return collecting.OPEN
    return opened.state


def _known(opened: Opened) -> dict[str, str]:
    """What the link already says and the form asks too: filled in beforehand."""
    assert opened.version is not None
    if not opened.attributes:
        return {}
    by_code = opened.version.form.by_code
    return {
        key: value
        for key, value in opened.attributes.items()
        if key in by_code and by_code[key].kind == "choice" and value in by_code[key].values
    }


def language_of(asked: Asked, opened: Opened, visit: Resumed | None = None) -> str:
    """From the address or the switch, then as the visit began, then the contact's, then the browser's."""
    offered = opened.languages or LANGUAGES
    known = opened.door.contact_language if opened.door else None
    for one in (asked.language, visit.language if visit else "", known or ""):
        if one in offered:
            return one
    first = offered[0]
    spoken = i18n.language(asked.accepted, first)
    return spoken if spoken in offered else first
