"""Mails on their way. A mail is claimed, and the claim committed, before it is sent: whatever crashes, none goes out twice.

What was claimed and never heard of again may have gone out or not; it is given up ("unsure"), and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import Session, col

from cxdash.store import links, surveys
from cxdash.store.collect_tables import Contact, Invitation, Mail, MailSetting
from cxdash.store.tables import now
from cxdash.store.text import clean

WAITING, SENDING, SENT, FAILED, CANCELLED = "waiting", "sending", "sent", "failed", "cancelled"
INVITE, REMINDER = "invite", "reminder"
UNSURE = "unsure"
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


def again(session: Session, *, mail_id: int, to: str, subject: str, body: str) -> None:
    """A mail that failed or was cancelled is due once more."""
    mail = session.get(Mail, mail_id)
    if mail is None or mail.state not in (FAILED, CANCELLED):
        return
    mail.to, mail.subject, mail.body = clean(to), clean(subject), clean(body)
    mail.state, mail.tries, mail.error, mail.next_at = WAITING, 0, "", now()
    session.flush()


def claim(session: Session, *, at: datetime, most: int = 1, hold: timedelta = timedelta(minutes=10)) -> list[Mail]:
    """Takes mails that are due, the oldest first: they are "sending" until `sent` or `failed`, or given up as unsure after `hold`.

    Who must not be written to any more (unsubscribed, answered, written to by another survey, the link closed) is left out: the mail is
    cancelled with the reason. The contact counts as written to from now on, so that two processes do not write to one at the same time.
    """
    lost = update(Mail).where(col(Mail.state) == SENDING, col(Mail.next_at) <= at).values(state=FAILED, error=UNSURE, body="")
    session.execute(lost, execution_options=_QUIET)
    due = select(Mail).where(col(Mail.state) == WAITING, col(Mail.next_at) <= at).order_by(col(Mail.next_at), col(Mail.id))
    taken: list[Mail] = []
    while len(taken) < most:
        mail = session.scalars(due.limit(1).with_for_update(skip_locked=True)).first()
        if mail is None:
            break
        contact = session.get(Contact, mail.contact_id, with_for_update=True, populate_existing=True)
        if contact is None or (why := _why_not(session, mail, contact, at)):
            mail.state, mail.subject, mail.body, mail.error = CANCELLED, "", "", why if contact else ""
        else:
            mail.state, mail.next_at, mail.tries = SENDING, at + hold, mail.tries + 1
            contact.last_contacted_at = at
            taken.append(mail)
        session.flush()
    return taken


def _why_not(session: Session, mail: Mail, contact: Contact, at: datetime) -> str:
    """Why the mail must not go out now: unsubscribed, answered, closed, capped; "" when it may."""
    if contact.unsubscribed_at is not None:
        return "unsubscribed"
    if mail.invitation_id is None:
        return ""
    invitation = session.get(Invitation, mail.invitation_id, populate_existing=True)
    door = links.door_of_link(session, link_id=invitation.link_id, invitation_id=invitation.id) if invitation else None
    if invitation is None or door is None or door.state != links.OPEN or door.survey_state != surveys.PUBLISHED:
        return "closed"
    if invitation.finished_at is not None:
        return "answered"
    if door.closes_at is not None and door.closes_at <= at:
        return "closed"
    setting = settings_of(session, program_id=mail.program_id)
    days = setting.cap_days if mail.kind == INVITE else setting.remind_days
    last = contact.last_contacted_at
    return "capped" if days and last is not None and last > at - timedelta(days=days) else ""


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
    """It did not go out. again: worth another try, after 1, 4, 16 … minutes, at most MOST_TRIES times.

    Unless it may have gone out after all (`UNSURE`), the contact was not written to.
    """
    mail = session.get(Mail, mail_id)
    if mail is None:
        return
    mail.error = clean(error)[:500]
    if again and mail.tries < MOST_TRIES:
        mail.state, mail.next_at = WAITING, at + timedelta(minutes=4 ** max(mail.tries - 1, 0))
    else:
        mail.state, mail.body = FAILED, ""
    session.flush()
    if error != UNSURE:
        _recount(session, mail.contact_id)


def release(session: Session, *, mail_id: int, at: datetime) -> None:
    """It was claimed, and the server would take no mail at all: it waits again, and this was no try."""
    mail = session.get(Mail, mail_id)
    if mail is not None and mail.state == SENDING:
        mail.state, mail.next_at, mail.tries = WAITING, at, max(0, mail.tries - 1)
        session.flush()
        _recount(session, mail.contact_id)


def _recount(session: Session, contact_id: int) -> None:
    """When the contact was last written to, from what went out."""
    mailed = session.scalar(select(func.max(Mail.sent_at)).where(col(Mail.contact_id) == contact_id, col(Mail.state) == SENT))
    mine = col(Invitation.contact_id) == contact_id
    known = [mailed, *session.execute(select(func.max(Invitation.sent_at), func.max(Invitation.reminded_at)).where(mine)).one()]
    newest = max((one for one in known if one is not None), default=None)
    session.execute(update(Contact).where(col(Contact.id) == contact_id).values(last_contacted_at=newest), execution_options=_QUIET)


def cancel(session: Session, *, link_id: int) -> int:
    """Takes back what waits of a personal link; returns how many."""
    waiting = update(Mail).where(col(Mail.state) == WAITING, _of(link_id)).values(state=CANCELLED, subject="", body="", error="stopped")
    return int(session.execute(waiting, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def next_due(session: Session) -> datetime | None:
    """When the next mail is due; None when none waits."""
    return session.scalar(select(func.min(Mail.next_at)).where(col(Mail.state) == WAITING))


def states(session: Session, *, program_id: int, link_id: int | None = None) -> dict[str, int]:
    """State -> mails, of the programme or of one personal link."""
    query = select(Mail.state, func.count()).where(col(Mail.program_id) == program_id).group_by(col(Mail.state))
    return {row.state: row[1] for row in session.execute(query if link_id is None else query.where(_of(link_id)))}


def failures(session: Session, *, program_id: int, link_id: int | None = None, most: int = 100) -> list[Mail]:
    """Mails given up, the newest first."""
    query = select(Mail).where(col(Mail.program_id) == program_id, col(Mail.state) == FAILED)
    query = query if link_id is None else query.where(_of(link_id))
    return list(session.scalars(query.order_by(col(Mail.id).desc()).limit(most)))


def _of(link_id: int) -> Any:
    return col(Mail.invitation_id).in_(select(Invitation.id).where(col(Invitation.link_id) == link_id))


def settings_of(session: Session, *, program_id: int) -> MailSetting:
    """The programme's, or the defaults."""
    return session.get(MailSetting, program_id) or MailSetting(program_id=program_id)


def save_settings(session: Session, *, program_id: int, **changes: Any) -> MailSetting:
    """Sets cap_days, remind_days or words. TypeError for anything else."""
    if unknown := changes.keys() - {"cap_days", "remind_days", "words"}:
        raise TypeError(f"mail settings have no {sorted(unknown)}")
    found = session.get(MailSetting, program_id)
    if found is None:
        found = MailSetting(program_id=program_id)
        session.add(found)
    for field, value in changes.items():
        setattr(found, field, value)
    session.flush()
    return found
