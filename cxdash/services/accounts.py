"""Accounts as administrators keep them: list, invite, change, disable, reset, end sessions. Somebody can always keep accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from cxdash.config import LANGUAGES
from cxdash.errors import Conflict
from cxdash.services import audit, entry, passwords
from cxdash.services.actor import GRANTS, Actor, Permission, RoleName, require
from cxdash.services.deps import Deps
from cxdash.services.sessions import SessionInfo, changed, limits, listed
from cxdash.services.signin import checked_email, checked_name
from cxdash.store import accounts as store, sessions
from cxdash.store.account_tables import Account
from cxdash.store.database import reading, writing

ROLES = (RoleName.VIEWER, RoleName.MARKETER, RoleName.ANALYST, RoleName.ADMIN)
STATES = store.STATES


@dataclass(frozen=True)
class Rights:
    """What an account may do and see. programs: slugs, None for all. rows: attribute -> values it may see. grants: on top of the role."""

    role: RoleName
    programs: tuple[str, ...] | None = None
    rows: Mapping[str, tuple[str, ...]] | None = None
    grants: frozenset[Permission] = frozenset()


@dataclass(frozen=True)
class AccountInfo:
    """An account as it can be listed. sessions: open ones. invited_until: while its invitation can be taken up.
    local: it has a password."""

    id: int
    email: str
    name: str
    state: str
    rights: Rights
    origin: str
    language: str
    local: bool
    totp: bool
    created_at: datetime
    signed_in_at: datetime | None
    sessions: int
    invited_until: datetime | None


def list_accounts(deps: Deps, actor: Actor) -> tuple[AccountInfo, ...]:
    """Everybody, by address."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    idle, longest = limits(deps)
    now = datetime.now(UTC)
    with reading(deps.engine) as session:
        inside = [s.account_id for s in sessions.open_sessions(session, seen_after=now - idle, made_after=now - longest)]
        tokens = store.open_tokens(session, at=now)
        rows = store.list_accounts(session)
    return tuple(_info(row, inside.count(row.id or 0), tokens.get(row.id or 0)) for row in rows)


def invite(deps: Deps, actor: Actor, *, email: str, rights: Rights, name: str = "", language: str = "") -> tuple[AccountInfo, str]:
    """A new account and the token of its invitation, in clear only here. Somebody invited but not here yet gets a new link and new rights.

    Conflict: no address, an account that is in use already, rights that do not exist.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    email, name, language = checked_email(email), checked_name(name), _language(language)
    with _changing(deps) as session:
        account = store.find_email(session, email=email)
        if account is not None and account.state != store.INVITED:
            raise Conflict("signin.exists", email=email)
        if account is None:
            account = store.add_account(session, email=email, name=name, role=str(rights.role), state=store.INVITED, language=language)
        store.change(session, account, **_columns(rights))
        token = entry.made(session, account, kind=entry.INVITE, lasts=entry.LASTS[entry.INVITE], by=actor.name)
        audit.record(session, actor, "account.invite", f"account:{account.id}", after=_told(account))
        return _info(account, 0, None), token


def change_rights(deps: Deps, actor: Actor, *, account_id: int, rights: Rights) -> AccountInfo:
    """Effective with the next rerun of every open tab. Conflict when nobody could keep accounts any more."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps) as session:
        account = store.get_account(session, account_id=account_id)
        before = _told(account)
        store.change(session, account, **_columns(rights))
        audit.record(session, actor, "account.change", f"account:{account_id}", before=before, after=_told(account))
        return _info(account, 0, None)


def disable(deps: Deps, actor: Actor, *, account_id: int) -> None:
    """It opens nothing any more, and its sessions end at once; what it made stays."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps) as session:
        account = store.get_account(session, account_id=account_id)
        store.change(session, account, state=store.DISABLED)
        store.drop_tokens(session, account_id=account_id)
        sessions.end_sessions(session, account_id=account_id, at=datetime.now(UTC))
        audit.record(session, actor, "account.disable", f"account:{account_id}")


def enable(deps: Deps, actor: Actor, *, account_id: int) -> None:
    """As before; an account that never had a password, and is not a company's, waits for a new invitation."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps) as session:
        account = store.get_account(session, account_id=account_id)
        ready = account.password_hash is not None or account.origin == store.OIDC
        store.change(session, account, state=store.ACTIVE if ready else store.INVITED)
        audit.record(session, actor, "account.enable", f"account:{account_id}")


def reset(deps: Deps, actor: Actor, *, account_id: int) -> str:
    """The token of a link that sets a new password, good for a day. The old one opens nothing any more and every session ends."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps, keeps=False) as session:
        account = store.get_account(session, account_id=account_id)
        if account.state == store.DISABLED:
            raise Conflict("signin.disabled")
        if account.origin == store.OIDC:  # who leaves the company must not keep a way in of our own
            raise Conflict("signin.company.reset")
        if account.state == store.ACTIVE:
            store.change(session, account, password_hash=passwords.NOBODYS)
        kind = entry.INVITE if account.state == store.INVITED else entry.RESET
        token = entry.made(session, account, kind=kind, lasts=entry.LASTS[kind] if kind == entry.INVITE else entry.BY_ADMIN, by=actor.name)
        sessions.end_sessions(session, account_id=account_id, at=datetime.now(UTC))
        audit.record(session, actor, "account.reset_made", f"account:{account_id}")
        return token


def drop_second(deps: Deps, actor: Actor, *, account_id: int) -> None:
    """Somebody lost telephone and codes: the password alone opens until a new second factor is set up."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps, keeps=False) as session:
        account = store.get_account(session, account_id=account_id)
        store.change(session, account, totp_on=False, totp_secret=None)
        store.set_codes(session, account_id=account_id, codes=())
        audit.record(session, actor, "account.second_off", f"account:{account_id}")


def end_sessions(deps: Deps, actor: Actor, *, account_id: int) -> int:
    """Ends all sessions of an account at once. Returns how many."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    with _changing(deps, keeps=False) as session:
        n = sessions.end_sessions(session, account_id=account_id, at=datetime.now(UTC))
        audit.record(session, actor, "session.end", f"account:{account_id}", after={"ended": n})
        return n


def sessions_of(deps: Deps, actor: Actor, *, account_id: int) -> tuple[SessionInfo, ...]:
    """The open sessions of an account."""
    require(actor, Permission.MANAGE_ACCOUNTS)
    return listed(deps, account_id)


@contextmanager
def _changing(deps: Deps, *, keeps: bool = True) -> Iterator[Session]:
    """A transaction in which no other changes accounts. keeps: Conflict when it would take the last one away who can keep accounts."""
    with writing(deps.engine) as session:
        store.hold(session)
        before = store.whole_admins(session) if keeps else set()
        yield session
        if before and not store.whole_admins(session):
            raise Conflict("signin.last_admin")
    changed()


def _columns(rights: Rights) -> dict[str, Any]:
    if rights.role not in ROLES or not rights.grants <= GRANTS:
        raise Conflict("signin.rights")
    rows = {key: list(values) for key, values in (rights.rows or {}).items() if values}
    programs = None if rights.programs is None else sorted(set(rights.programs))
    return {"role": str(rights.role), "programs": programs, "rows": rows, "grants": sorted(str(grant) for grant in rights.grants)}


def _language(language: str) -> str:
    return language if language in LANGUAGES else ""


def _told(account: Account) -> dict[str, Any]:
    return {"role": account.role, "programs": account.programs, "rows": sorted(account.rows), "grants": account.grants}


def _info(row: Account, inside: int, token: Any) -> AccountInfo:
    programs = None if row.programs is None else tuple(row.programs)
    given = frozenset(grant for grant in GRANTS if str(grant) in row.grants)
    rights = Rights(RoleName(row.role), programs, {key: tuple(values) for key, values in row.rows.items()}, given)
    return AccountInfo(
        row.id or 0, row.email, row.name, row.state, rights, row.origin, row.language, row.password_hash is not None, row.totp_on,
        row.created_at, row.signed_in_at, inside, token.expires_at if token is not None else None,
    )  # fmt: skip

