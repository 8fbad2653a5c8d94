"""Who is inside: a row per browser that signed in, found by the hash of its cookie; and how often somebody knocked in vain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, or_, select, update
from sqlmodel import Session, col

from cxdash.store.account_tables import Account, AccountSession, SignInAttempt
from cxdash.store.text import clean
from cxdash.store.tokens import digest

_QUIET = {"synchronize_session": False}
_LONGEST = 200


def add_session(
    session: Session, *, account_id: int, secret: str, at: datetime, complete: bool, via: str, address: str = "", agent: str = ""
) -> AccountSession:
    """A browser that signed in. secret: its cookie, kept as a hash only."""
    made = AccountSession(
        account_id=account_id, id_hash=digest(secret), complete=complete, via=via, address=clean(address)[:_LONGEST],
        agent=clean(agent)[:_LONGEST], created_at=at, seen_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def find_session(session: Session, *, secret: str) -> tuple[AccountSession, Account] | None:
    """The session of a cookie, ended ones too, with its account; one query by a unique index."""
    query = (
        select(AccountSession, Account).join(Account, col(Account.id) == col(AccountSession.account_id))
        .where(col(AccountSession.id_hash) == digest(secret))
    )  # fmt: skip
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


_SESSION, _ACCOUNT = AccountSession.__table__.c, Account.__table__.c  # type: ignore[attr-defined]
_INSIDE = (
    select(
        _SESSION.id.label("session_id"), _SESSION.complete, _SESSION.created_at, _SESSION.seen_at, _SESSION.ended_at,
        *(_ACCOUNT[name] for name in ("id", "email", "name", "role", "programs", "rows", "grants", "state", "language")),
        _ACCOUNT.password_hash.is_not(None).label("local"), _ACCOUNT.totp_on,
    )
    .join_from(AccountSession.__table__, Account.__table__, _ACCOUNT.id == _SESSION.account_id)  # type: ignore[attr-defined]
    .where(_SESSION.id_hash == bindparam("id_hash"))
)  # fmt: skip


def inside(session: Session, *, secret: str) -> Row[Any] | None:
    """As `find_session`, in one row of plain values (`id` is the account's, `session_id` the session's): this is asked at every rerun of
    every page, and objects would take four times as long."""
    return session.connection().execute(_INSIDE, {"id_hash": digest(secret)}).first()


def seen(session: Session, *, session_id: int, at: datetime) -> None:
    query = update(AccountSession).where(col(AccountSession.id) == session_id, col(AccountSession.seen_at) < at).values(seen_at=at)
    session.execute(query, execution_options=_QUIET)


def count_try(session: Session, *, session_id: int, most: int) -> bool:
    """One more try at the second factor; False when there were too many."""
    query = update(AccountSession).where(col(AccountSession.id) == session_id, col(AccountSession.tries) < most)
    done = session.execute(query.values(tries=col(AccountSession.tries) + 1), execution_options=_QUIET)
    return done.rowcount == 1  # type: ignore[attr-defined]


def end_session(session: Session, *, session_id: int, at: datetime, account_id: int | None = None) -> bool:
    """From now on its cookie opens nothing. account_id: only when it is that account's. False when there was nothing to end."""
    query = update(AccountSession).where(col(AccountSession.id) == session_id, col(AccountSession.ended_at).is_(None))
    if account_id is not None:
        query = query.where(col(AccountSession.account_id) == account_id)
    return session.execute(query.values(ended_at=at), execution_options=_QUIET).rowcount == 1  # type: ignore[attr-defined]


def end_sessions(session: Session, *, account_id: int, at: datetime, but: int | None = None) -> int:
    """Ends all sessions of an account except `but`. Returns how many."""
    query = update(AccountSession).where(col(AccountSession.account_id) == account_id, col(AccountSession.ended_at).is_(None))
    if but is not None:
        query = query.where(col(AccountSession.id) != but)
    return int(session.execute(query.values(ended_at=at), execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def open_sessions(
    session: Session, *, seen_after: datetime, made_after: datetime, account_id: int | None = None
) -> list[AccountSession]:
    """Those that open something now, the newest first."""
    query = select(AccountSession).where(
        col(AccountSession.ended_at).is_(None), col(AccountSession.complete).is_(True), col(AccountSession.seen_at) > seen_after,
        col(AccountSession.created_at) > made_after,
    )  # fmt: skip
    if account_id is not None:
        query = query.where(col(AccountSession.account_id) == account_id)
    return list(session.scalars(query.order_by(col(AccountSession.seen_at).desc(), col(AccountSession.id).desc())))


def tidy(session: Session, *, before: datetime) -> int:
    """Drops sessions that ended or were last seen before that, and attempts as old. Returns how many sessions."""
    old = or_(col(AccountSession.ended_at) < before, col(AccountSession.seen_at) < before)
    dropped = session.execute(delete(AccountSession).where(old), execution_options=_QUIET)
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.last_at) < before), execution_options=_QUIET)
    return int(dropped.rowcount)  # type: ignore[attr-defined]


# ---------------------------------------------------------------- in vain


def waits(session: Session, *, whom: Iterable[str], at: datetime) -> timedelta:
    """How long those in `whom` have to wait from now: the longest, or nothing."""
    query = select(SignInAttempt.until).where(col(SignInAttempt.who).in_(tuple(whom)), col(SignInAttempt.until) > at)
    return max((until - at for until in session.scalars(query) if until is not None), default=timedelta(0))


def failed(session: Session, *, who: str, at: datetime, free: int, first: timedelta, most: timedelta, forget: timedelta) -> None:
    """Counts a failure. After `free` of them each doubles the wait, from `first` to `most`; after `forget` without one they
    are forgotten."""
    found = session.get(SignInAttempt, who, with_for_update=True)
    if found is None:
        found = SignInAttempt(who=who, failures=0, last_at=at)
    failures = 1 if at - found.last_at > forget else found.failures + 1
    over = failures - free
    found.failures, found.last_at = failures, at
    found.until = at + min(most, first * 2 ** min(over - 1, 30)) if over > 0 else None
    session.add(found)
    session.flush()


def cleared(session: Session, *, whom: Iterable[str]) -> None:
    """Somebody came in: nothing counts against them any more."""
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.who).in_(tuple(whom))), execution_options=_QUIET)


def excused(session: Session, *, who: str, free: int) -> None:
    """Takes one failure back that was counted in advance."""
    found = session.get(SignInAttempt, who, with_for_update=True)
    if found is not None:
        found.failures = max(0, found.failures - 1)
        found.until = found.until if found.failures > free else None
        session.flush()
