"""Who of a programme's contacts may be invited to a survey in a wave, and how far those stand who were."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlmodel import Session, col

from cxdash.store import bulk, keyed, vault
from cxdash.store.collect_tables import Contact, Invitation, Link, Mail
from cxdash.store.outbox import CANCELLED

READY, NO_EMAIL, INVITED, UNSUBSCRIBED, CAPPED = "ready", "no_email", "invited", "unsubscribed", "capped"
_QUIET = {"synchronize_session": False}


def _standing(survey_id: int, wave_id: int, contacted_before: datetime) -> ColumnElement[str]:
    """What a contact is for a survey in a wave. Somebody whose mail was cancelled before it went out may be invited again."""
    mailed = select(Mail.id).where(col(Mail.invitation_id) == col(Invitation.id), col(Mail.state) != CANCELLED).exists()
    here = (
        select(Invitation.id)
        .join(Link, col(Link.id) == col(Invitation.link_id))
        .where(
            col(Invitation.contact_id) == col(Contact.id),
            col(Link.survey_id) == survey_id,
            col(Link.wave_id) == wave_id,
            or_(col(Invitation.sent_at).is_not(None), col(Invitation.finished_at).is_not(None), mailed),
        )
        .correlate(Contact)
        .exists()
    )
    return case(
        (here, INVITED),
        (col(Contact.unsubscribed_at).is_not(None), UNSUBSCRIBED),
        (col(Contact.last_contacted_at) > contacted_before, CAPPED),
        (col(Contact.email) == "", NO_EMAIL),
        else_=READY,
    )


def standings(session: Session, *, program_id: int, survey_id: int, wave_id: int, contacted_before: datetime) -> dict[str, int]:
    """ready, no_email, invited, unsubscribed, capped -> contacts."""
    what = _standing(survey_id, wave_id, contacted_before).label("standing")
    query = select(what, func.count()).where(col(Contact.program_id) == program_id).group_by(what)
    return {standing: n for standing, n in session.execute(query)}  # noqa: C416  # a result is no mapping


def to_invite(
    session: Session, *, program_id: int, survey_id: int, wave_id: int, contacted_before: datetime, mail: bool, most: int
) -> list[Contact]:
    """Contacts that may be invited now, in the order they were made, at most `most`. mail: only those with an address."""
    what = _standing(survey_id, wave_id, contacted_before)
    query = select(Contact).where(col(Contact.program_id) == program_id, what.in_((READY,) if mail else (READY, NO_EMAIL)))
    return list(session.scalars(query.order_by(col(Contact.id)).limit(most).with_for_update()))


def mark_contacted(session: Session, *, invitations: Sequence[int], contacts: Sequence[int], at: datetime, reminder: bool = False) -> None:
    """Their links were handed to a mailing tool: that counts as written to."""
    mine = bulk.among(session, col(Invitation.id), list(invitations))
    values = {"reminded_at": at} if reminder else {"sent_at": at}
    session.execute(update(Invitation).where(mine).values(**values), execution_options=_QUIET)
    who = bulk.among(session, col(Contact.id), list(contacts))
    session.execute(update(Contact).where(who).values(last_contacted_at=at), execution_options=_QUIET)


def mails_of(session: Session, *, invitations: Sequence[int]) -> list[Mail]:
    """Every mail of these invitations."""
    return list(session.scalars(select(Mail).where(bulk.among(session, col(Mail.invitation_id), list(invitations)))))


def progress(session: Session, *, link_id: int) -> dict[str, int]:
    """invited, sent, opened, finished, reminded -> invitations of a personal link. Whoever answered has opened it."""
    fields = {"invited": Invitation.id, "sent": Invitation.sent_at, "opened": func.coalesce(Invitation.opened_at, Invitation.finished_at),
              "finished": Invitation.finished_at, "reminded": Invitation.reminded_at}  # fmt: skip
    counted = (func.count(field).label(name) for name, field in fields.items())  # type: ignore[arg-type]
    return dict(session.execute(select(*counted).where(col(Invitation.link_id) == link_id)).mappings().one())


def counts(session: Session, *, program_id: int) -> dict[str, int]:
    """all, email, unsubscribed -> contacts."""
    query = select(func.count(), func.sum(case((col(Contact.email) != "", 1), else_=0)), func.count(col(Contact.unsubscribed_at)))
    total, email, out = session.execute(query.select_from(Contact).where(col(Contact.program_id) == program_id)).one()
    return {"all": total, "email": int(email or 0), "unsubscribed": out}


def page(session: Session, *, program_id: int, search: str = "", most: int = 50) -> list[Contact]:
    """The newest contacts, or those whose key, name or address the text is (they are sealed, so parts of them cannot be looked for)."""
    query: Any = select(Contact).where(col(Contact.program_id) == program_id)
    if search:
        box = keyed.box(session)
        hashes = [col(getattr(Contact, f"{kind}_hash")) == vault.hashed(box.index, kind, search) for kind in ("name", "email")]
        query = query.where(or_(col(Contact.key).in_([box.key(search), vault.pseudonym(box.index, search)]), *hashes))
    return list(session.scalars(query.order_by(col(Contact.id).desc()).limit(most)))
