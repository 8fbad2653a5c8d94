"""Links to a survey in a wave, and what stands behind a token: link, invitation, newest version, times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, text, update
from sqlalchemy.sql import Select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.collect_tables import Contact, Invitation, InvitationToken, Link, Round, Survey, SurveyVersion, Visit
from cxdash.store.tables import Program
from cxdash.store.surveys import ensure_round
from cxdash.store.text import clean, listed
from cxdash.store.tokens import digest, new_token

PUBLIC, CHANNEL, PERSONAL, KIOSK = "public", "channel", "personal", "kiosk"
INTERVIEWER, MYSTERY, PREVIEW = "interviewer", "mystery", "preview"
KINDS = (PUBLIC, CHANNEL, PERSONAL, KIOSK, INTERVIEWER, MYSTERY, PREVIEW)
OPEN, CLOSED = "open", "closed"
_SOURCES = {INTERVIEWER: "interviewer", MYSTERY: "mystery"}
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Door:
    """What a token opens, in one row. version_id: of the newest version, None before the first. contact_key: of a personal token.

    opens_at, closes_at, languages: the link's own, else the round's. texts: what the round says in its own words, by part and language.
    """

    link_id: int
    kind: str
    label: str
    state: str
    source: str
    channel: str | None
    attributes: Mapping[str, str]
    opens_at: datetime | None
    closes_at: datetime | None
    languages: tuple[str, ...] | None
    round_id: int
    quota: tuple[Mapping[str, Any], ...]
    survey_id: int
    survey_state: str
    wave_id: int
    program_id: int
    timezone: str
    version_id: int | None
    version: int | None
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    invitation_id: int | None = None
    contact_id: int | None = None
    contact_key: str | None = None
    contact_language: str | None = None


def add_link(
    session: Session,
    *,
    survey_id: int,
    wave_id: int,
    kind: str,
    label: str = "",
    attributes: Mapping[str, str] | None = None,
    channel: str | None = None,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
    languages: Sequence[str] | None = None,
) -> Link:
    """A new open link with its token (`Link.token`; a personal one has none, its invitations do). Its round is made when missing."""
    if kind not in KINDS:
        raise ValueError(f"a link is one of {KINDS}, not {kind!r}")
    ensure_round(session, survey_id=survey_id, wave_id=wave_id)
    token = None if kind == PERSONAL else new_token()
    made = Link(
        survey_id=survey_id, wave_id=wave_id, kind=kind, label=clean(label), attributes=dict(attributes or {}), channel=channel or None,
        token=token, token_hash=token and digest(token), opens_at=opens_at, closes_at=closes_at,
        languages=list(languages) if languages else None, source=_SOURCES.get(kind, "survey"),
    )
    session.add(made)
    session.flush()
    return made


def list_links(session: Session, *, survey_id: int, wave_id: int | None = None) -> list[Link]:
    """In the order they were made."""
    query = select(Link).where(col(Link.survey_id) == survey_id).order_by(col(Link.id))
    return list(session.scalars(query if wave_id is None else query.where(col(Link.wave_id) == wave_id)))


def get_link(session: Session, link_id: int) -> Link:
    """By id; NotFound when there is none."""
    found = session.get(Link, link_id)
    if found is None:
        raise NotFound("store.link.unknown", name=str(link_id), known=listed(()))
    return found


def update_link(session: Session, *, link_id: int, **changes: Any) -> Link:
    """Sets label, attributes, channel, opens_at, closes_at, languages or state. TypeError for anything else."""
    if unknown := changes.keys() - {"label", "attributes", "channel", "opens_at", "closes_at", "languages", "state"}:
        raise TypeError(f"a link's {sorted(unknown)} cannot be changed")
    found = get_link(session, link_id)
    for name, value in changes.items():
        setattr(found, name, dict(value) if isinstance(value, Mapping) else value)
    session.flush()
    return found


def delete_link(session: Session, *, link_id: int) -> None:
    """The link with its visits and invitations; its responses stay."""
    session.execute(delete(Visit).where(col(Visit.link_id) == link_id), execution_options=_QUIET)
    session.delete(get_link(session, link_id))
    session.flush()


def invited_counts(session: Session, *, survey_id: int, wave_id: int) -> dict[int, tuple[int, int, int]]:
    """Personal link -> (invitations, those sent by mail, those opened)."""
    query = select(Link.id, func.count(), func.count(Invitation.sent_at), func.count(Invitation.opened_at))
    query = query.join(Invitation, col(Invitation.link_id) == col(Link.id)).group_by(col(Link.id))
    query = query.where(col(Link.survey_id) == survey_id, col(Link.wave_id) == wave_id)
    return {link_id: (n, sent, opened) for link_id, n, sent, opened in session.execute(query)}


def waiting_by(session: Session, *, survey_id: int, wave_id: int, key: str | None = None) -> dict[str | None, int]:
    """Value of an attribute (what a link fills in leads over the contact's own) -> invited people who have not answered and may be written
    to. None: those without it; without a key everybody is there."""
    value = literal(None) if key is None else col(Contact.attributes)[key].as_string()
    query = (
        select(col(Link.id), value.label("held"), func.count())
        .join(Invitation, col(Invitation.link_id) == col(Link.id))
        .join(Contact, col(Contact.id) == col(Invitation.contact_id))
        .where(col(Link.survey_id) == survey_id, col(Link.wave_id) == wave_id, col(Invitation.finished_at).is_(None))
        .where(col(Contact.unsubscribed_at).is_(None), col(Contact.email) != "")
        .group_by(col(Link.id), text("held"))
    )
    filled = {x.id: x.attributes.get(key) for x in list_links(session, survey_id=survey_id, wave_id=wave_id)} if key is not None else {}
    found: dict[str | None, int] = {}
    for link_id, held, n in session.execute(query):
        called = filled.get(link_id) or held or None
        found[called] = found.get(called, 0) + n
    return found


def bump_opened(session: Session, times: Mapping[int, int]) -> None:
    """Link -> how many more times its first page was asked for. In the order of ids, so that two writers do not lock each other out."""
    for link_id, more in sorted(times.items()):
        session.execute(update(Link).where(col(Link.id) == link_id).values(opened=Link.opened + more), execution_options=_QUIET)


def door_of(session: Session, *, token: str) -> Door | None:
    """What the token opens: of a link, or a personal one. None when nobody gave it out."""
    hashed = digest(token)
    holder = select(InvitationToken.invitation_id).where(col(InvitationToken.token_hash) == hashed).scalar_subquery()
    return _door(session, _doors().where(col(Link.token_hash) == hashed)) or _personal(session, holder)


def door_of_link(session: Session, *, link_id: int, invitation_id: int | None = None) -> Door | None:
    """What stands behind a visit's link and invitation."""
    if invitation_id is not None:
        return _personal(session, invitation_id)
    return _door(session, _doors().where(col(Link.id) == link_id))


_COLUMNS = (
    col(Link.id).label("link_id"), Link.kind, Link.label, Link.state, Link.source, Link.channel, Link.attributes, Link.opens_at,
    Link.closes_at, Link.languages, Link.survey_id, Link.wave_id, col(Round.id).label("round_id"), Round.quota,
    col(Round.opens_at).label("round_opens"), col(Round.closes_at).label("round_closes"), col(Round.languages).label("round_languages"),
    Round.texts,
    col(Survey.state).label("survey_state"), Survey.program_id, Program.timezone,
)  # fmt: skip
_CONTACT = (
    col(Invitation.id).label("invitation_id"), col(Contact.id).label("contact_id"), col(Contact.key).label("contact_key"),
    col(Contact.language).label("contact_language"), col(Contact.attributes).label("contact_attributes"),
)  # fmt: skip


def _doors() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Round, (col(Round.survey_id) == col(Link.survey_id)) & (col(Round.wave_id) == col(Link.wave_id)))
        .join(Survey, col(Survey.id) == col(Link.survey_id))
        .join(Program, col(Program.id) == col(Survey.program_id))
    )


def _personal(session: Session, invitation: Any) -> Door | None:
    query = _doors().add_columns(*_CONTACT).join(Invitation, col(Invitation.link_id) == col(Link.id))
    query = query.join(Contact, col(Contact.id) == col(Invitation.contact_id))
    return _door(session, query.where(col(Invitation.id) == invitation))


def _door(session: Session, query: Select[Any]) -> Door | None:
    row = session.execute(query).mappings().first()
    if row is None:
        return None
    found = dict(row)
    opens, closes, languages = found.pop("round_opens"), found.pop("round_closes"), found.pop("round_languages")
    found["opens_at"], found["closes_at"] = found["opens_at"] or opens, found["closes_at"] or closes
    found["languages"] = tuple(found["languages"] or languages or ()) or None
    found["quota"] = tuple(found["quota"])
    found["texts"] = found["texts"] or {}
    found["attributes"] = {**found.pop("contact_attributes", {}), **found["attributes"]}
    newest = select(SurveyVersion.id, SurveyVersion.number).where(col(SurveyVersion.survey_id) == found["survey_id"])
    version = session.execute(newest.order_by(col(SurveyVersion.number).desc()).limit(1)).first()
    return Door(**found, version_id=version and version[0], version=version and version[1])
