"""The door: a password, the second factor, the first administrator. Whoever passes gets a new session, never one that was there before.

Failures are counted before the password is looked at, so that a hundred guesses at the same moment are a hundred failures; who comes in is
excused. They count for the account from one source, for the account from everywhere, and for the source; after the free ones each doubles
the wait. An account that does not exist is counted, waited for and answered like any other.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.services import audit, mailtext, passwords, totp
from cxdash.services.actor import Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.sessions import KEPT, Where, actor_of, changed, pending
from cxdash.store import accounts, sessions as store, vault
from cxdash.store.account_tables import Account
from cxdash.store.database import Collision, reading, writing
from cxdash.store.tokens import new_token

IN, SECOND, WRONG, WAIT = "in", "second", "wrong", "wait"
STATES = (IN, SECOND, WRONG, WAIT)
PASSWORD, COMPANY = "password", "oidc"
NAME_MAX = 80
_FIRST, _MOST, _FORGET = timedelta(seconds=10), timedelta(minutes=15), timedelta(days=1)
_FREE_PAIR, _FREE_ACCOUNT, _FREE_SOURCE, _FREE_SECOND = 5, 25, 40, 5
_TRIES = 8  # at the second factor in one session


@dataclass(frozen=True)
class Outcome:
    """state: in, second (the second factor is asked for), wrong, wait (too many failures; `wait` says how long). secret: the new cookie."""

    state: str
    secret: str = ""
    wait: timedelta = timedelta(0)


def sign_in(deps: Deps, *, email: str, password: str, where: Where) -> Outcome:
    """A session for the right password of an active account; the same answer in the same time for everybody else."""
    email = accounts.plain_email(email)[: mailtext.MOST_EMAIL]
    whom = _whom(email, where.address)
    if wait := _counted(deps, whom):
        return Outcome(WAIT, wait=wait)
    with reading(deps.engine) as session:
        found = accounts.find_email(session, email=email)
    stored = found.password_hash if found is not None and found.state == accounts.ACTIVE else None
    right = passwords.fits(stored, password)
    with writing(deps.engine) as session:
        account = accounts.find_email(session, email=email)
        if not right or account is None or account.state != accounts.ACTIVE or account.password_hash != stored:
            _note_failure(session, account, where)
            return Outcome(WRONG)
        _excuse(session, whom)
        if passwords.is_dated(account.password_hash or ""):
            account.password_hash = passwords.hashed(password)
        outcome = opened(session, account, where, via=PASSWORD)
    changed()
    return outcome


def second(deps: Deps, *, secret: str | None, code: str, where: Where) -> Outcome:
    """A session for a code of the authenticator app that was not used before, or for a recovery code."""
    who = pending(deps, secret)
    if who is None:
        return Outcome(WRONG)
    whom = [(f"second:{who.account_id}", _FREE_SECOND)]
    if wait := _counted(deps, whom):
        return Outcome(WAIT, wait=wait)
    with writing(deps.engine) as session:
        account = accounts.get_account(session, account_id=who.account_id)
        if not store.count_try(session, session_id=who.session_id, most=_TRIES):
            store.end_session(session, session_id=who.session_id, at=datetime.now(UTC))
            return Outcome(WRONG)
        if not takes(session, account, code):
            _note_failure(session, account, where)
            return Outcome(WRONG)
        store.cleared(session, whom=[_hashed(name) for name, _free in whom])
        store.end_session(session, session_id=who.session_id, at=datetime.now(UTC))
        session.refresh(account)
        outcome = opened(session, account, where, via=PASSWORD, complete=True)
    changed()
    return outcome


def takes(session: Session, account: Account, code: str) -> bool:
    """Whether this code of the second factor, or recovery code, is right; it is used up."""
    plain, number = totp.plain_code(code), account.id or 0
    if len(plain) == totp.DIGITS and plain.isdigit():
        if not account.totp_secret:
            return False
        step = totp.matching_step(vault.unseal(account.totp_secret), plain, seconds=time.time(), after=account.totp_step)
        return step is not None and accounts.take_step(session, account_id=number, step=step)
    return accounts.use_code(session, account_id=number, code=plain, at=datetime.now(UTC))


def first(deps: Deps, *, email: str, name: str, password: str, language: str, where: Where) -> Outcome:
    """The first administrator. Conflict when there is an account already, or the address or the password will not do."""
    email, name = checked_email(email), checked_name(name)
    passwords.check(password, email=email, name=name)
    stored = passwords.hashed(password)
    with writing(deps.engine) as session:
        accounts.hold(session)
        if accounts.any_account(session):
            raise Conflict("signin.first.done")
        account = accounts.add_account(
            session, email=email, name=name, role=str(RoleName.ADMIN), language=language, password_hash=stored
        )  # fmt: skip
        audit.record(session, actor_of(account, where.address), "account.first", f"account:{account.id}")
        outcome = opened(session, account, where, via=PASSWORD)
    changed()
    return outcome


def opened(session: Session, account: Account, where: Where, *, via: str, complete: bool | None = None) -> Outcome:
    """A new session of an account, in the caller's transaction; call `changed` after it. complete: None asks for the second factor
    where the account has one."""
    now, secret = datetime.now(UTC), new_token() + new_token()
    whole = not account.totp_on if complete is None else complete
    store.tidy(session, before=now - KEPT)
    store.add_session(
        session, account_id=account.id or 0, secret=secret, at=now, complete=whole, via=via, address=where.address, agent=where.agent
    )  # fmt: skip
    if whole:
        account.signed_in_at = now
        audit.record(session, actor_of(account, where.address), "session.begin", f"account:{account.id}", after={"via": via})
    session.add(account)
    session.flush()
    return Outcome(IN if whole else SECOND, secret)


def checked_email(email: str) -> str:
    """The address in its one spelling. Conflict when it is none."""
    found = accounts.plain_email(email)
    if not mailtext.is_email(found):
        raise Conflict("signin.email.wrong")
    return found


def checked_name(name: str) -> str:
    """A name in one line. Conflict when it is too long."""
    found = mailtext.plain(name)
    if len(found) > NAME_MAX:
        raise Conflict("signin.name.long", n=NAME_MAX)
    return found


# ---------------------------------------------------------------- counting


def _whom(email: str, address: str) -> list[tuple[str, int]]:
    """(who is counted, how many failures are free). This machine is no source: it is a proxy that does not name its visitors."""
    near = _network(address)
    pair = [(f"pair:{email}:{near}", _FREE_PAIR), (f"source:{near}", _FREE_SOURCE)] if near else [(f"pair:{email}", _FREE_PAIR)]
    return [*pair, (f"account:{email}", _FREE_ACCOUNT)]


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if found.is_loopback:
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False).network_address) if found.version == 6 else str(found)


def _hashed(who: str) -> str:
    return hmac.digest(vault.derived("sign-in attempts"), who.encode("utf-8", "replace"), "sha256").hex()[:40]


def _counted(deps: Deps, whom: list[tuple[str, int]]) -> timedelta:
    """Counts one failure for all of them, or says how long they have to wait."""
    def count() -> timedelta:
        now = datetime.now(UTC)
        with writing(deps.engine) as session:
            if wait := store.waits(session, whom=[_hashed(name) for name, _free in whom], at=now):
                return wait
            for name, free in sorted(whom):
                store.failed(session, who=_hashed(name), at=now, free=free, first=_FIRST, most=_MOST, forget=_FORGET)
        return timedelta(0)

    return _again(count)


@contextmanager
def recount(deps: Deps, who: str, free: int = _FREE_SECOND) -> Iterator[None]:
    """Around a check of something secret by somebody who is inside: a failure (any Conflict) counts, a success forgets those before.

    Conflict "signin.wait" without the check when there were too many.
    """
    whom = [(who, free)]
    if wait := _counted(deps, whom):
        raise Conflict("signin.wait", n=math.ceil(wait.total_seconds() / 60))
    yield
    with writing(deps.engine) as session:
        store.cleared(session, whom=[_hashed(who)])


def _again(work: Callable[[], timedelta]) -> timedelta:
    """Once more when somebody else began to count the same at the same moment."""
    try:
        return work()
    except Collision:
        return work()


def _excuse(session: Session, whom: list[tuple[str, int]]) -> None:
    """The one that was counted in advance was none; the account begins anew."""
    store.cleared(session, whom=[_hashed(name) for name, _free in whom if not name.startswith("source:")])
    for name, free in whom:
        if name.startswith("source:"):
            store.excused(session, who=_hashed(name), free=free)


def _note_failure(session: Session, account: Account | None, where: Where) -> None:
    nobody = Actor("", RoleName.RESPONDENT, address=where.address)
    audit.record(session, nobody, "session.refused", f"account:{account.id}" if account else "account:unknown")
