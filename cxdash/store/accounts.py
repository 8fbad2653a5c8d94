"""Accounts, the links that set their passwords, their recovery codes, and who they are for a company's sign-in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store.account_tables import Account, AccountToken, OidcIdentity, RecoveryCode
from cxdash.store.tables import now
from cxdash.store.text import clean
from cxdash.store.tokens import digest

ACTIVE, INVITED, DISABLED = "active", "invited", "disabled"
STATES = (ACTIVE, INVITED, DISABLED)
LOCAL, OIDC = "local", "oidc"
ADMIN = "admin"
_QUIET = {"synchronize_session": False}


def plain_email(email: str) -> str:
    """The one spelling of an address.

    >>> plain_email(" Kim@Example.COM ")
    'kim@example.com'
    """
    return clean(unicodedata.normalize("NFKC", email)).strip().casefold()


def hold(session: Session) -> None:
    """Until the transaction ends nobody else adds or changes accounts: what is counted now stays true. (SQLite has one writer anyway.)"""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE"))


def add_account(
    session: Session, *, email: str, role: str, name: str = "", programs: Sequence[str] | None = None,
    rows: Mapping[str, Sequence[str]] | None = None, grants: Iterable[str] = (), state: str = ACTIVE, origin: str = LOCAL,
    language: str = "", password_hash: str | None = None,
) -> Account:  # fmt: skip
    """A new account. Conflict when there is one with this address."""
    address = plain_email(email)
    if find_email(session, email=address) is not None:
        raise Conflict("signin.exists", email=address)
    made = Account(
        email=address, name=clean(name), role=role, programs=None if programs is None else list(programs), rows=_lists(rows or {}),
        grants=sorted(grants), state=state, origin=origin, language=language, password_hash=password_hash,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find_email(session: Session, *, email: str) -> Account | None:
    return session.scalars(select(Account).where(col(Account.email) == plain_email(email))).first()


def get_account(session: Session, *, account_id: int) -> Account:
    """NotFound when there is none of that number."""
    found = session.get(Account, account_id)
    if found is None:
        raise NotFound("signin.unknown", name=str(account_id))
    return found


def list_accounts(session: Session) -> list[Account]:
    return list(session.scalars(select(Account).order_by(col(Account.email))))


def any_account(session: Session) -> bool:
    return session.scalars(select(Account.id).limit(1)).first() is not None


def whole_admins(session: Session) -> set[int]:
    """Who can manage accounts: active administrators who see everything."""
    query = select(Account).where(col(Account.role) == ADMIN, col(Account.state) == ACTIVE)
    return {row.id or 0 for row in session.scalars(query) if row.programs is None and not row.rows}


def change(session: Session, account: Account, **values: Any) -> None:
    """Sets columns of an account, and when it was changed."""
    for name, value in values.items():
        setattr(account, name, _lists(value) if name == "rows" else value)
    account.updated_at = now()
    session.add(account)
    session.flush()


def take_step(session: Session, *, account_id: int, step: int) -> bool:
    """Uses a code of the second factor up: False when it, or a newer one, was used before, also at this very moment."""
    query = update(Account).where(col(Account.id) == account_id, col(Account.totp_step) < step).values(totp_step=step)
    return session.execute(query, execution_options=_QUIET).rowcount == 1  # type: ignore[attr-defined]


def _lists(rows: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {clean(key): sorted({clean(value) for value in values}) for key, values in sorted(rows.items())}


# ---------------------------------------------------------------- links that set a password


def add_token(session: Session, *, account_id: int, kind: str, token: str, expires_at: datetime, by: str = "") -> AccountToken:
    """A new link; those of the same account made before open nothing any more."""
    drop_tokens(session, account_id=account_id)
    made = AccountToken(account_id=account_id, kind=kind, token_hash=digest(token), expires_at=expires_at, created_by=clean(by))
    session.add(made)
    session.flush()
    return made


def find_token(session: Session, *, token: str, at: datetime) -> tuple[AccountToken, Account] | None:
    """What a token opens at that moment, with whose it is."""
    query = (
        select(AccountToken, Account).join(Account, col(Account.id) == col(AccountToken.account_id))
        .where(col(AccountToken.token_hash) == digest(token), col(AccountToken.used_at).is_(None), col(AccountToken.expires_at) > at)
    )  # fmt: skip
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def use_token(session: Session, *, token_id: int, at: datetime) -> bool:
    """Uses a token up; False when somebody did at the same moment."""
    query = update(AccountToken).where(col(AccountToken.id) == token_id, col(AccountToken.used_at).is_(None)).values(used_at=at)
    return session.execute(query, execution_options=_QUIET).rowcount == 1  # type: ignore[attr-defined]


def drop_tokens(session: Session, *, account_id: int) -> None:
    session.execute(delete(AccountToken).where(col(AccountToken.account_id) == account_id), execution_options=_QUIET)


def open_tokens(session: Session, *, at: datetime) -> dict[int, AccountToken]:
    """Account -> its link that still opens something."""
    query = select(AccountToken).where(col(AccountToken.used_at).is_(None), col(AccountToken.expires_at) > at)
    return {row.account_id: row for row in session.scalars(query)}


# ---------------------------------------------------------------- recovery codes


def set_codes(session: Session, *, account_id: int, codes: Iterable[str]) -> None:
    """These codes instead of those before."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id), execution_options=_QUIET)
    session.add_all([RecoveryCode(account_id=account_id, code_hash=digest(f"{account_id}:{code}")) for code in codes])
    session.flush()


def use_code(session: Session, *, account_id: int, code: str, at: datetime) -> bool:
    """Uses a code up; False when there is none such, or not any more."""
    query = (
        update(RecoveryCode)
        .where(col(RecoveryCode.account_id) == account_id, col(RecoveryCode.code_hash) == digest(f"{account_id}:{code}"))
        .where(col(RecoveryCode.used_at).is_(None)).values(used_at=at)
    )  # fmt: skip
    return session.execute(query, execution_options=_QUIET).rowcount == 1  # type: ignore[attr-defined]


def codes_left(session: Session, *, account_id: int) -> int:
    query = select(func.count()).where(col(RecoveryCode.account_id) == account_id, col(RecoveryCode.used_at).is_(None))
    return int(session.scalars(query).one())


# ---------------------------------------------------------------- a company's sign-in


def find_identity(session: Session, *, issuer: str, subject: str) -> Account | None:
    query = (
        select(Account).join(OidcIdentity, col(OidcIdentity.account_id) == col(Account.id))
        .where(col(OidcIdentity.issuer) == issuer, col(OidcIdentity.subject) == subject)
    )  # fmt: skip
    return session.scalars(query).first()


def add_identity(session: Session, *, account_id: int, issuer: str, subject: str) -> None:
    """Collision when it belongs to an account already."""
    session.add(OidcIdentity(account_id=account_id, issuer=clean(issuer), subject=clean(subject)))
    session.flush()
