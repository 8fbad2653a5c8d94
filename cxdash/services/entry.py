"""Links that set a password once: an invitation, or a reset. Only a hash of the token is kept; it expires, and is used up by the
password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.services import audit, passwords
from cxdash.services.deps import Deps
from cxdash.services.sessions import Where, actor_of, changed
from cxdash.services.signin import PASSWORD, Outcome, checked_name, opened
from cxdash.store import accounts, sessions as store
from cxdash.store.account_tables import Account
from cxdash.store.database import reading, writing
from cxdash.store.tokens import new_token

INVITE, RESET = "invite", "reset"
LASTS = {INVITE: timedelta(days=7), RESET: timedelta(hours=1)}
BY_ADMIN = timedelta(days=1)  # a reset that somebody hands over
PATH = "/auth/link/"
TOKEN_MAX = 100


@dataclass(frozen=True)
class Entry:
    """What a link opens. kind: invite, reset."""

    kind: str
    email: str
    name: str
    language: str


def look(deps: Deps, *, token: str) -> Entry | None:
    """What a token opens at this moment; None for one that is unknown, used or too old."""
    if not token or len(token) > TOKEN_MAX:
        return None
    with reading(deps.engine) as session:
        found = accounts.find_token(session, token=token, at=datetime.now(UTC))
    if found is None or found[1].state == accounts.DISABLED:
        return None
    return Entry(found[0].kind, found[1].email, found[1].name, found[1].language)


def accept(deps: Deps, *, token: str, password: str, name: str = "", language: str = "", where: Where) -> Outcome:
    """Sets the password and opens a session; all others of the account end. Conflict: the link is no good, or the password will not do."""
    entry = look(deps, token=token)
    if entry is None:
        raise Conflict("signin.link.gone")
    name = checked_name(name) or entry.name
    passwords.check(password, email=entry.email, name=name)
    stored, now = passwords.hashed(password), datetime.now(UTC)
    with writing(deps.engine) as session:
        found = accounts.find_token(session, token=token, at=now)
        if found is None or not accounts.use_token(session, token_id=found[0].id or 0, at=now):
            raise Conflict("signin.link.gone")
        account = found[1]
        accounts.change(
            session, account, password_hash=stored, state=accounts.ACTIVE, name=name, language=account.language or language
        )  # fmt: skip
        store.end_sessions(session, account_id=account.id or 0, at=now)
        audit.record(session, actor_of(account, where.address), f"account.{'accept' if entry.kind == INVITE else 'reset'}",
                     f"account:{account.id}")  # fmt: skip
        outcome = opened(session, account, where, via=PASSWORD)
    changed()
    return outcome


def reset_token(deps: Deps, *, email: str) -> tuple[str, str, str] | None:
    """(address, language, token) of somebody who asked for a reset; None for who has no password here."""
    with writing(deps.engine) as session:
        account = accounts.find_email(session, email=email)
        if account is None or account.state != accounts.ACTIVE or account.password_hash is None:
            return None
        token = made(session, account, kind=RESET, lasts=LASTS[RESET])
        audit.record(session, actor_of(account), "account.reset_asked", f"account:{account.id}")
        return account.email, account.language, token


def made(session: Session, account: Account, *, kind: str, lasts: timedelta, by: str = "") -> str:
    """A new token, in clear only here; older links of the account open nothing any more."""
    token = new_token()
    accounts.add_token(session, account_id=account.id or 0, kind=kind, token=token, expires_at=datetime.now(UTC) + lasts, by=by)
    return token
