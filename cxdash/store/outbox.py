"""Mails on their way. A mail is claimed before it is sent, so that two processes do not send it twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from cxdash.store.collect_tables import Contact, Invitation, Mail
from cxdash.store.tables import now
from cxdash.store.text import clean

WAITING, SENDING, SENT, FAILED, CANCELLED = "waiting", "sending", "sent", "failed", "cancelled"
INVITE, REMINDER = "invite", "reminder"
MOST_TRIES = 5
_QUIET = {"synchronize_session": False}


def queue(session: Session, *, program_id: int, mails: Iterable[Mapping[str, Any]]) -> int:
    """Mails to send: contact_id, invitation_id, kind, number, to, subject, body. Returns how many.

    Collision when an invitation has a mail of this kind and number already: it was asked for twice at the same moment.
    """
    rows = [
        {**one, "program_id": program_id, "to": clean(one["to"]), "subject": clean(one["subject"]), "body": clean(one["body"]),
         "state": WAITING, "tries": 0, "error": "", "created_at": now(), "next_at": now()}
        for one in mails
    ]  # fmt: skip
    if rows:
        session.execute(insert(Mail), rows)
    return len(rows)


def claim(session: Session, *, at: datetime, most: int = 20, hold: timedelta = timedelta(minutes=10)) -> list[Mail]:
    """Takes mails that are due, the oldest first: they are "sending" until `sent` or `failed`, or due again after `hold`."""
    due = select(Mail.id).where(col(Mail.state).in_((WAITING, SENDING)), col(Mail.next_at) <= at).order_by(col(Mail.next_at), col(Mail.id))
    ids = list(session.scalars(due.limit(most).with_for_update(skip_locked=True)))
    taken = update(Mail).where(col(Mail.id).in_(ids)).values(state=SENDING, next_at=at + hold, tries=Mail.tries + 1)
    session.execute(taken, execution_options=_QUIET)
    return list(session.scalars(select(Mail).where(col(Mail.id).in_(ids)).order_by(col(Mail.id))))


def sent(session: Session, *, mail_id: int, at: datetime) -> None:
    """It went out: subject and body (with the personal token) are emptied, contact and invitation remember when."""
    mail = session.get(Mail, mail_id)
    if mail is None:
        return
    mail.state, mail.sent_at, mail.subject, mail.body, mail.error = SENT, at, "", "", ""
    session.execute(update(Contact).where(col(Contact.id) == mail.contact_id).values(last_contacted_at=at), execution_options=_QUIET)
    if mail.invitation_id is not None:
        when = {"sent_at": at} if mail.kind == INVITE else {"reminded_at": at}
        session.execute(update(Invitation).where(col(Invitation.id) == mail.invitation_id).values(**when), execution_options=_QUIET)
    session.flush()


def failed(session: Session, *, mail_id: int, at: datetime, error: str, again: bool) -> None:
    """It did not go out. again: worth another try, after 1, 4, 16 … minutes, at most MOST_TRIES times."""
    mail = session.get(Mail, mail_id)
    if mail is None:
        return
    mail.error = clean(error)[:500]
    if again and mail.tries < MOST_TRIES:
        mail.state, mail.next_at = WAITING, at + timedelta(minutes=4 ** max(mail.tries - 1, 0))
    else:
        mail.state, mail.body = FAILED, ""
    session.flush()


def states(session: Session, *, program_id: int) -> dict[str, int]:
    """State -> mails."""
    query = select(Mail.state, func.count()).where(col(Mail.program_id) == program_id).group_by(col(Mail.state))
    return {row.state: row[1] for row in session.execute(query)}


def failures(session: Session, *, program_id: int, most: int = 100) -> list[Mail]:
    """Mails given up, the newest first."""
    query = select(Mail).where(col(Mail.program_id) == program_id, col(Mail.state) == FAILED)
    return list(session.scalars(query.order_by(col(Mail.id).desc()).limit(most)))
