"""Links to a view for people without an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.share_tables import Share
from cxdash.store.text import checked_code, clean
from cxdash.store.tokens import digest, new_token


def add(session: Session, share: Share) -> str:
    """Keeps the link; returns its token, in clear only here. Conflict when the name is blank or too long."""
    token = new_token()
    share.token_hash, share.name, share.created_by = digest(token), checked_code(share.name), clean(share.created_by)
    session.add(share)
    session.flush()
    return token


def list_shares(session: Session, *, program_id: int) -> Sequence[Share]:
    """Newest first."""
    return session.scalars(select(Share).where(col(Share.program_id) == program_id).order_by(col(Share.id).desc())).all()


def find(session: Session, *, token: str) -> Share | None:
    return session.scalars(select(Share).where(col(Share.token_hash) == digest(token))).first()


def get(session: Session, *, program_id: int, share_id: int) -> Share:
    """NotFound when the programme has no such link."""
    found = session.get(Share, share_id)
    if found is None or found.program_id != program_id:
        raise NotFound("shared.unknown")
    return found


def revoke(session: Session, share: Share, *, at: datetime, by: str) -> bool:
    """From the next opening on it shows nothing, and what it showed is gone. False when it was revoked already."""
    if share.revoked_at is not None:
        return False
    share.revoked_at, share.revoked_by, share.shown = at, clean(by), None
    session.flush()
    return True


def note_opened(session: Session, share: Share, *, at: datetime) -> None:
    share.opened, share.opened_at, share.tries = share.opened + 1, at, 0
    session.flush()


def note_wrong(session: Session, share: Share, *, at: datetime) -> None:
    """A wrong password."""
    share.tries, share.tried_at = share.tries + 1, at
    session.flush()
