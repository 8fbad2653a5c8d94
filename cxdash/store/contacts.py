"""Contacts and their invitations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store import bulk, keyed, vault
from cxdash.store.collect_tables import Contact, Invitation, InvitationToken, Mail
from cxdash.store.tables import now
from cxdash.store.text import clean, listed
from cxdash.store.tokens import digest, new_token

SLICE = 2000
_QUIET = {"synchronize_session": False}


def save_contacts(
    session: Session, *, program_id: int, rows: Iterable[Mapping[str, Any]], personal: keyed.Personal = ()
) -> dict[str, int]:  # fmt: skip
    """Adds or updates by key; returns key -> id, in the order given.

    rows: key, and name, email, language, attributes where known. A key twice counts once, the last row's values. An unsubscribed
    contact stays unsubscribed. personal: attributes that are sealed.
    """
    asked = {str(row["key"]): row for row in rows}
    kept = keyed.kept_keys(session, list(asked))
    given = {kept[key]: row for key, row in asked.items() if key in kept}
    known = {c.key: c for c in by_keys(session, program_id=program_id, keys=list(given))}
    box = keyed.box(session)
    fields = {key: _merged(row, known.get(key), box, personal) for key, row in given.items()}
    new = [{"program_id": program_id, "key": key, **values} for key, values in fields.items() if key not in known]
    for start in range(0, len(new), SLICE):
        session.execute(insert(Contact), new[start : start + SLICE], execution_options={"render_nulls": True})
    changed = [{"b_id": known[key].id, **{f"b_{n}": v for n, v in values.items()}} for key, values in fields.items() if key in known]
    if changed:
        table = bulk.table("contact")
        query = update(table).where(table.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in _FIELDS})
        session.connection().execute(query, changed)
        session.expire_all()
    mine = col(Contact.program_id) == program_id
    query_ids = select(Contact.key, Contact.id).where(mine, bulk.among(session, col(Contact.key), list(given)))
    ids = {key: found for key, found in session.execute(query_ids)}  # noqa: C416  # a result is no mapping
    return {key: ids[kept[key]] or 0 for key in asked if key in kept}


_FIELDS = ("name", "name_hash", "email", "email_hash", "language", "attributes", "seen_at")


def _merged(row: Mapping[str, Any], old: Contact | None, box: keyed.Box, personal: keyed.Personal) -> dict[str, Any]:
    """What is given over what is known."""
    known = old or Contact(program_id=0, key="")
    attributes = {clean(str(k)): clean(str(v)) for k, v in (row.get("attributes") or {}).items()}
    own = {name: clean(str(row.get(name) or getattr(known, name))) for name in ("name", "email")}
    return {
        **own,
        **{f"{name}_hash": vault.hashed(box.index, name, text) for name, text in own.items()},
        "language": row.get("language") or known.language,
        "attributes": {**known.attributes, **box.attributes(attributes, personal)},
        "seen_at": now(),
    }


def by_keys(session: Session, *, program_id: int, keys: Sequence[str]) -> list[Contact]:
    """Those that exist, in the order they were made."""
    kept = list(keyed.kept_keys(session, keys).values())
    query = select(Contact).where(col(Contact.program_id) == program_id, bulk.among(session, col(Contact.key), kept))
    return list(session.scalars(query.order_by(col(Contact.id))))


def list_contacts(session: Session, *, program_id: int) -> list[Contact]:
    """In the order they were made."""
    return list(session.scalars(select(Contact).where(col(Contact.program_id) == program_id).order_by(col(Contact.id))))


def get_contact(session: Session, *, program_id: int, contact_id: int) -> Contact:
    """NotFound when the programme has no such contact."""
    found = session.get(Contact, contact_id)
    if found is None or found.program_id != program_id:
        raise NotFound("store.contact.unknown", name=str(contact_id), known=listed(()))
    return found


def correct(session: Session, *, contact_id: int, values: Mapping[str, str]) -> None:
    """Sets name, email or language of a contact; mails that wait go to the new address."""
    index = vault.index_key(session)
    contact = session.get(Contact, contact_id)
    if contact is None:
        return
    for name in ("name", "email"):
        if name in values:
            setattr(contact, name, clean(values[name]))
            setattr(contact, f"{name}_hash", vault.hashed(index, name, values[name]))
    if "language" in values:
        contact.language = values["language"] or None
    if "email" in values:
        waiting = select(Mail).where(col(Mail.contact_id) == contact_id, col(Mail.state) == "waiting")
        for mail in session.scalars(waiting):
            mail.to = clean(values["email"])
    session.flush()


def delete_contacts(session: Session, *, program_id: int, ids: Sequence[int]) -> int:
    """With their invitations and mails; what they answered stays, without a way back to them but the key. Returns how many."""
    query = delete(Contact).where(col(Contact.program_id) == program_id, bulk.among(session, col(Contact.id), list(ids)))
    return int(session.execute(query, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def unsubscribe(session: Session, *, contact_id: int, at: datetime | None = None) -> None:
    """No more mails: those waiting are cancelled. The first time is kept."""
    when = at or now()
    query = update(Contact).where(col(Contact.id) == contact_id, col(Contact.unsubscribed_at).is_(None)).values(unsubscribed_at=when)
    session.execute(query, execution_options=_QUIET)
    waiting = update(Mail).where(col(Mail.contact_id) == contact_id, col(Mail.state) == "waiting")
    session.execute(waiting.values(state="cancelled", subject="", body=""), execution_options=_QUIET)


def contact_of(session: Session, *, token: str) -> Contact | None:
    """Whom a personal token belongs to."""
    query = select(Contact).join(Invitation, col(Invitation.contact_id) == col(Contact.id))
    query = query.join(InvitationToken, col(InvitationToken.invitation_id) == col(Invitation.id))
    return session.scalars(query.where(col(InvitationToken.token_hash) == digest(token))).first()


def invite(session: Session, *, link_id: int, contact_ids: Sequence[int]) -> dict[int, int]:
    """Contact -> its invitation by this link, made where there is none."""
    known = {i.contact_id: i.id or 0 for i in list_invitations(session, link_id=link_id)}
    new = [key for key in dict.fromkeys(contact_ids) if key not in known]
    for start in range(0, len(new), SLICE):
        rows = [{"link_id": link_id, "contact_id": key, "created_at": now()} for key in new[start : start + SLICE]]
        session.execute(insert(Invitation), rows)
    known |= {i.contact_id: i.id or 0 for i in list_invitations(session, link_id=link_id)} if new else {}
    return {key: known[key] for key in dict.fromkeys(contact_ids)}


def issue(session: Session, *, invitation_ids: Sequence[int]) -> dict[int, str]:
    """Invitation -> a new token, which exists in clear only here. Tokens given out before keep working."""
    tokens = {key: new_token() for key in dict.fromkeys(invitation_ids)}
    rows = [{"token_hash": digest(token), "invitation_id": key, "created_at": now()} for key, token in tokens.items()]
    for start in range(0, len(rows), SLICE):
        session.execute(insert(InvitationToken), rows[start : start + SLICE])
    return tokens


def list_invitations(session: Session, *, link_id: int) -> list[Invitation]:
    """In the order they were made."""
    return list(session.scalars(select(Invitation).where(col(Invitation.link_id) == link_id).order_by(col(Invitation.id))))


def invited(session: Session, *, link_id: int) -> list[tuple[Invitation, Contact]]:
    """Invitations with whom they are for, in the order they were made."""
    query = select(Invitation, Contact).join(Contact, col(Contact.id) == col(Invitation.contact_id))
    found = session.execute(query.where(col(Invitation.link_id) == link_id).order_by(col(Invitation.id)))
    return [(invitation, contact) for invitation, contact in found]


def to_remind(session: Session, *, link_id: int, sent_before: datetime, contacted_before: datetime) -> list[tuple[Invitation, Contact]]:
    """Who was invited, has not answered, may be written to, and was not written to lately."""
    query = (
        select(Invitation, Contact)
        .join(Contact, col(Contact.id) == col(Invitation.contact_id))
        .where(
            col(Invitation.link_id) == link_id,
            col(Invitation.finished_at).is_(None),
            col(Invitation.sent_at) <= sent_before,
            col(Contact.unsubscribed_at).is_(None),
            col(Contact.email) != "",
            col(Contact.last_contacted_at).is_(None) | (col(Contact.last_contacted_at) <= contacted_before),
        )
        .order_by(col(Invitation.id))
    )
    return [(invitation, contact) for invitation, contact in session.execute(query)]
