"""The respondent's use cases, without HTTP: open a link, keep the draft, come back to it, finish once.

Nobody's address is known here, and none is kept: of the device only its class, of the way here only the link.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session

from cxdash.errors import Conflict, NotFound
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.commits import Taker, Writer
from cxdash.services.deps import Deps
from cxdash.services.personal import registry_of
from cxdash.services.questionnaire import coded, governed
from cxdash.services.submissions import Finish, Outcome, Said, Save, Seen, Visitor
from cxdash.store import contacts, links, surveys, visits
from cxdash.store.collect_tables import Visit
from cxdash.store.database import answering, reading
from cxdash.store.links import Door
from cxdash.store.surveys import Cell
from cxdash.store.text import dumps
from cxdash.store.tokens import dated_digest, dated_token
from cxdash.survey import document, flow
from cxdash.survey.form import Form
from cxdash.survey.form import worded as said_by

OPEN, NOT_YET, CLOSED, FULL, UNKNOWN, USED = "open", "not_yet", "closed", "full", "unknown", "used"
GRACE = timedelta(hours=1)  # who began before the closing time may finish
PARTIAL_AFTER = timedelta(hours=24)
_Waits = TypeVar("_Waits")
DEVICES = ("phone", "tablet", "desktop", "other")


@dataclass(frozen=True)
class Version:
    """A published form. id: None for a preview of the draft."""

    id: int | None
    number: int
    form: Form
    coding: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Resumed:
    """A visit as it was left. state: started, partial, finished, over. answers: by field; empty when finished."""

    state: str
    answers: Mapping[str, Any]
    at_page: str
    language: str
    visitor: Visitor
    response_id: int | None
    version: Version


@dataclass(frozen=True)
class Opened:
    """What stands behind a token now. state: open, not_yet, closed, full, unknown, used (a personal link already answered).

    door and version are None only when unknown. languages: those offered, the preferred of a known contact first. visit: what a
    personal link left unfinished (or finished).
    """

    state: str
    door: Door | None = None
    version: Version | None = None
    languages: tuple[str, ...] = ()
    visit: Resumed | None = None

    @property
    def kind(self) -> str:
        return self.door.kind if self.door else ""

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """What the link (and the contact) already says of the respondent, channel included."""
        return attributes_of(self.door) if self.door else {}

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The quota."""
        return surveys.cells(self.door.quota) if self.door else ()


def open_link(deps: Deps, actor: Actor, *, token: str, now: datetime | None = None) -> Opened:
    """What the token opens at this moment. Never an error for a strange token: state "unknown"."""
    require(actor, Permission.RESPOND)
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        door = links.door_of(session, token=token)
        if door is None or (door.version_id is None and door.kind != links.PREVIEW):
            return Opened(UNKNOWN)
        row = visits.by_invitation(session, invitation_id=door.invitation_id) if door.invitation_id is not None else None
        version = worded(_newest(deps.engine, session, door), door)
        visit = _resumed(deps.engine, session, row) if row else None
        room = surveys.counted(session, round_ids=[door.round_id])[door.round_id] if door.quota else {}
    return Opened(_state(door, visit, room, at), door, version, _languages(door, version.form), visit)


def resume(deps: Deps, actor: Actor, *, secret: str | None = None, token: str | None = None) -> Resumed | None:
    """The visit of a cookie's secret, or of a personal token, on any device; None when there is none (yet)."""
    require(actor, Permission.RESPOND)
    with reading(deps.engine) as session:
        row = visits.by_secret(session, secret=secret) if secret else None
        row = row or (visits.by_token(session, token=token) if token else None)
        return _resumed(deps.engine, session, row) if row else None


def start_visit(actor: Actor, *, opened: Opened, secret: str, language: str, device: str, now: datetime | None = None) -> Visitor:
    """Who a new visit is. Nothing is stored before the first page is sent: a crawler or a messenger's preview leaves no visit.

    secret: of the cookie (`new_secret`); the key is made of it, so that sending the first page twice makes one visit.
    """
    require(actor, Permission.RESPOND)
    if opened.door is None or opened.version is None:
        raise NotFound("service.collect.unknown")
    return Visitor(
        secret_hash=dated_digest(secret),
        key="v-" + dated_digest(secret, "visit ")[:32],
        version_id=opened.version.id or 0,
        link_id=opened.door.link_id,
        invitation_id=opened.door.invitation_id,
        language=language if language in opened.languages else (opened.languages or ("ko",))[0],
        device=device if device in DEVICES else DEVICES[-1],
        started_at=now or datetime.now(UTC),
    )


def new_secret() -> str:
    """The secret of a new visit's cookie: 128 random bits, after the time it is made."""
    return dated_token(datetime.now(UTC))


def seen(actor: Actor, writer: Writer, *, opened: Opened, now: datetime | None = None) -> None:
    """Counts a look at the first page. Nobody waits for it, and it may be lost when the database is busy."""
    require(actor, Permission.RESPOND)
    if opened.door is not None and opened.kind != links.PREVIEW:
        writer.submit(Seen(opened.door.link_id, opened.door.invitation_id, now or datetime.now(UTC)))


def save_page(
    actor: Actor, writer: Taker[_Waits], *, opened: Opened, visitor: Visitor, answers: Mapping[str, Any], at_page: str, reached: str,
    now: datetime | None = None,
) -> _Waits:  # fmt: skip
    """Keeps the draft after a page. answers: all answers so far, by field. at_page: the page to go on with. reached: last question shown.

    The future has state "started", or "finished" with its response when the visit was finished before (then nothing changed).
    """
    require(actor, Permission.RESPOND)
    if opened.kind == links.PREVIEW:
        return writer.settled(Outcome("started", key=visitor.key))
    return writer.submit(Save(visitor, dict(answers), at_page, reached, now or datetime.now(UTC)))


def finish(
    actor: Actor, writer: Taker[_Waits], *, opened: Opened, visitor: Visitor, version: Version, answers: Mapping[str, Any],
    reached: str = "", now: datetime | None = None,
) -> _Waits:  # fmt: skip
    """Sends the answers. The future has the response's id after its commit; a second call has the same id, and `repeated`.

    version: of the visit (`Resumed.version`) or the newest (`Opened.version`). answers: by field; what does not apply is left out
    here. State "over": the quota is full, the answers stay in the visit and make no response. Conflict "service.collect.incomplete"
    names required fields without an answer, "service.collect.empty" when nothing was answered.
    """
    require(actor, Permission.RESPOND)
    door = opened.door
    if door is None:
        raise NotFound("service.collect.unknown")
    form = version.form
    layout = flow.layout(form, answers)
    if missing := layout.unanswered(answers):
        raise Conflict("service.collect.incomplete", fields=", ".join(missing))
    attributes, documents = coded(form, layout.kept(answers), version.coding)
    if not attributes and not documents:
        raise Conflict("service.collect.empty")
    if opened.kind == links.PREVIEW:
        return writer.settled(Outcome("finished", key=visitor.key))
    at = now or datetime.now(UTC)
    known = {**opened.attributes, "language": visitor.language, "device": visitor.device}
    known["duration"] = str(max(0, round((at - visitor.started_at).total_seconds())))
    said = Said(
        door.program_id, door.wave_id, door.source, {**known, **attributes}, documents, governed(form, {*known, *attributes}), at,
        door.contact_key, registry_of(form),
    )  # fmt: skip
    return writer.submit(Finish(visitor, said, dict(answers), reached, door.round_id, opened.cells))


def mark_partials(deps: Deps, actor: Actor, *, older_than: timedelta = PARTIAL_AFTER, now: datetime | None = None) -> int:
    """Marks visits as partial that nobody went on with for so long; they keep their answers and can still be finished. How many."""
    require(actor, Permission.RESPOND)
    before, total = (now or datetime.now(UTC)) - older_than, 0
    while True:  # a thousand at a time: answers do not wait for it
        with answering(deps.engine, patience=5) as session:
            done = visits.mark_partial(session, before=before)
        total += done
        if not done:
            return total


def unsubscribe(deps: Deps, actor: Actor, *, token: str, now: datetime | None = None) -> bool:
    """No more mails to whom the personal token belongs. False for a token nobody gave out. A second time changes nothing."""
    require(actor, Permission.RESPOND)
    with answering(deps.engine, patience=5) as session:
        contact = contacts.contact_of(session, token=token)
        if contact is not None:
            contacts.unsubscribe(session, contact_id=contact.id or 0, at=now)
    return contact is not None


def attributes_of(door: Door) -> dict[str, str]:
    """What a link and its contact say of the respondent."""
    return {**door.attributes, **({"channel": door.channel} if door.channel else {})}


# ---------------------------------------------------------------- what a door says


def _state(door: Door, visit: Resumed | None, room: Mapping[str, int], at: datetime) -> str:
    if visit is not None and visit.state == visits.FINISHED:
        return USED
    if door.kind == links.PREVIEW:
        return OPEN
    if door.opens_at is not None and at < door.opens_at:
        return NOT_YET
    if door.state != links.OPEN or door.survey_state != surveys.PUBLISHED or (door.closes_at is not None and at >= door.closes_at):
        return CLOSED
    mine = attributes_of(door)
    full = any(cell.holds(mine) and room.get(cell.segment, 0) >= cell.n for cell in surveys.cells(door.quota))
    return FULL if full else OPEN


def may_finish(opened: Opened, visitor: Visitor, *, now: datetime | None = None) -> bool:
    """Whether a visit that began may go on: the link is open, or closed by the clock less than an hour ago. The quota decides at the end.
    """
    if opened.state in (OPEN, FULL):
        return True
    door, at = opened.door, now or datetime.now(UTC)
    if opened.state != CLOSED or door is None or door.closes_at is None:
        return False
    if door.state != links.OPEN or door.survey_state != surveys.PUBLISHED:  # closed by hand
        return False
    return visitor.started_at < door.closes_at and at < door.closes_at + GRACE


def _languages(door: Door, form: Form) -> tuple[str, ...]:
    offered = [language for language in door.languages or form.languages if language in form.languages] or list(form.languages)
    return tuple(sorted(offered, key=lambda language: language != door.contact_language)) if door.contact_language else tuple(offered)


# ---------------------------------------------------------------- published forms, kept: they never change

_kept: WeakKeyDictionary[Engine, dict[int, Version]] = WeakKeyDictionary()
_keeping = threading.Lock()
_KEPT = 64


def _newest(engine: Engine, session: Session, door: Door) -> Version:
    if door.kind == links.PREVIEW:
        draft = surveys.get_survey(session, door.survey_id).draft
        return Version(None, 0, document.from_document(draft))
    assert door.version_id is not None
    return version_of(engine, session, door.version_id)


def version_of(engine: Engine, session: Session, version_id: int) -> Version:
    """A published form, read once per process. NotFound when there is none."""
    with _keeping:
        kept = _kept.setdefault(engine, {})
        if version_id in kept:
            return kept[version_id]
    row = surveys.get_version(session, version_id)
    made = Version(version_id, row.number, document.from_document(row.document), row.coding)
    with _keeping:
        if len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[version_id] = made
    return made


_spoken: dict[tuple[int, str], tuple[Version, Version]] = {}


def worded(version: Version, door: Door | None) -> Version:
    """The version in the words of the round it is asked in; a preview shows the questionnaire's own. Made once per version and words."""
    if door is None or not door.texts or door.kind == links.PREVIEW:
        return version
    key = (id(version), dumps(door.texts))
    held = _spoken.get(key)
    if held is None or held[0] is not version:
        with _keeping:
            if len(_spoken) >= _KEPT:
                _spoken.pop(next(iter(_spoken)))
            held = _spoken[key] = (version, replace(version, form=said_by(version.form, door.texts)))
    return held[1]


def _resumed(engine: Engine, session: Session, row: Visit) -> Resumed:
    visitor = Visitor(
        row.secret_hash, row.key, row.survey_version_id, row.link_id, row.invitation_id, row.language, row.device, row.started_at
    )
    version = version_of(engine, session, row.survey_version_id)
    return Resumed(row.state, row.answers, row.at_page, row.language, visitor, row.response_id, version)
