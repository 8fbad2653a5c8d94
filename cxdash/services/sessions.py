"""Who is inside. A session is a row of the database; the cookie holds its random id, the row only a hash of it.

Asked at every rerun and request. What was found is known for a second at most, and forgotten at once when this process ends or changes
anything: then the next question reads the row again, so that ending a session or changing a role is effective with the next rerun.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cxdash.errors import CxError, NotFound
from cxdash.services import audit
from cxdash.services.actor import GRANTS, Actor, Permission, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.store import accounts, sessions as store
from cxdash.store.database import answering, reading, writing
from cxdash.store.tokens import digest

log = logging.getLogger(__name__)
COOKIE, COOKIE_TLS = "cx_session", "__Host-cx_session"  # the second over TLS: browsers let nobody but this very host set it
SIGN_IN = "/auth/sign-in"
FRESH = 1.0  # seconds for which what was found is taken as known
PENDING = timedelta(minutes=10)  # to give the second factor
NOTED = timedelta(seconds=60)  # how exactly the last use of a session is kept
KEPT = timedelta(days=90)  # how long ended sessions stay, to be looked at
SECRET_MAX = 100  # characters of a cookie that could be ours
_MOST = 10_000


@dataclass(frozen=True)
class Where:
    """Where somebody signs in from. agent: the kind of browser, such as "Chrome · Windows"."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Known:
    """Whom a cookie stands for. complete: False while the second factor is asked for. local: it has a password of ours."""

    session_id: int
    account_id: int
    email: str
    name: str
    language: str
    actor: Actor
    complete: bool
    local: bool
    totp: bool


@dataclass(frozen=True)
class SessionInfo:
    """An open session as it can be listed. mine: the one that asks."""

    id: int
    address: str
    agent: str
    via: str
    created_at: datetime
    seen_at: datetime
    mine: bool


_lock = threading.Lock()
_kept: OrderedDict[tuple[int, str], tuple[float, Known | None]] = OrderedDict()
_era = 0  # grows with every change: what was read before it must not be kept after it
_peopled: dict[int, tuple[float, bool]] = {}


def changed() -> None:
    """After anything about accounts or sessions was committed here."""
    global _era
    with _lock:
        _era += 1
        _kept.clear()
        _peopled.clear()


def is_open(deps: Deps) -> bool:
    """Whether whoever sits at this machine needs no account: asked for by the settings, and nobody has made an account yet."""
    return deps.settings.opens and not peopled(deps)


def peopled(deps: Deps) -> bool:
    """Whether there is any account."""
    with _lock:
        era = _era
        found = _peopled.get(id(deps.engine))
    if found is not None and time.monotonic() - found[0] < FRESH:
        return found[1]
    with reading(deps.engine) as session:
        now = accounts.any_account(session)
    with _lock:
        if era == _era:
            _peopled[id(deps.engine)] = (time.monotonic(), now)
    return now


def known(deps: Deps, secret: str | None, *, fresh: bool = False) -> Known | None:
    """Whom a cookie stands for at this moment; None for one that is unknown, ended, too old, not complete, or of a disabled account.

    fresh: the row is read now, whatever was found a moment ago.
    """
    found = _found(deps, secret, fresh)
    return found if found is not None and found.complete else None


def looked_up(deps: Deps, secrets: Iterable[str | None]) -> dict[str | None, Known | None]:
    """Whom each of these cookies stands for, read now. Looking is no use of a session: it does not keep an idle one open."""
    asked = {secret for secret in secrets if secret and len(secret) <= SECRET_MAX}
    now, found = datetime.now(UTC), {}
    if asked:
        with reading(deps.engine) as session:
            rows = {secret: store.inside(session, secret=secret) for secret in asked}
        found = {secret: _known(row) for secret, row in rows.items() if row is not None and row.complete and _lives(deps, row, now)}
    return {secret: found.get(secret) for secret in secrets}


def pending(deps: Deps, secret: str | None) -> Known | None:
    """Who gave the password and is asked for the second factor."""
    found = _found(deps, secret, True)
    return found if found is not None and not found.complete else None


def _found(deps: Deps, secret: str | None, fresh: bool) -> Known | None:
    if not secret or len(secret) > SECRET_MAX:
        return None
    key = (id(deps.engine), digest(secret))
    with _lock:
        era, kept = _era, _kept.get(key)
    if not fresh and kept is not None and time.monotonic() - kept[0] < FRESH:
        return kept[1]
    found = _read(deps, secret)
    with _lock:
        if era == _era:
            _kept[key] = (time.monotonic(), found)
            _kept.move_to_end(key)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return found


def _read(deps: Deps, secret: str) -> Known | None:
    now = datetime.now(UTC)
    with reading(deps.engine) as session:
        row = store.inside(session, secret=secret)
    if row is None or not _lives(deps, row, now):
        return None
    if row.complete and now - row.seen_at > NOTED:
        _note(deps, row.session_id, now)
    return _known(row)


def _known(row: Any) -> Known:
    return Known(row.session_id, row.id, row.email, row.name, row.language, actor_of(row), row.complete, bool(row.local), row.totp_on)


def _lives(deps: Deps, row: Any, now: datetime) -> bool:
    idle, longest = limits(deps)
    if not row.complete:
        idle = longest = PENDING
    return row.ended_at is None and row.state == accounts.ACTIVE and now - row.seen_at < idle and now - row.created_at < longest


def limits(deps: Deps) -> tuple[timedelta, timedelta]:
    """How long a session may be idle, and how long it may last at all."""
    return timedelta(minutes=deps.settings.session_idle_minutes), timedelta(hours=deps.settings.session_hours)


def _note(deps: Deps, session_id: int, now: datetime) -> None:
    try:
        with answering(deps.engine, patience=1) as session:
            store.seen(session, session_id=session_id, at=now)
    except CxError:  # a busy database: the next request notes it
        log.info("the use of a session was not noted")


def actor_of(account: Any, address: str = "") -> Actor:
    """On whose behalf an account (a row or an object of it) acts."""
    given = {grant.value: grant for grant in GRANTS}
    return Actor(
        name=account.name or account.email,
        role=RoleName(account.role),
        programs=None if account.programs is None else tuple(account.programs),
        rows=rows_of({key: tuple(values) for key, values in account.rows.items()}),
        account_id=account.id,
        address=address,
        grants=frozenset[Permission](given[grant] for grant in account.grants if grant in given),
    )


# ---------------------------------------------------------------- one's own sessions


def own_sessions(deps: Deps, who: Known) -> tuple[SessionInfo, ...]:
    """The open sessions of whom asks, the one used last first."""
    return listed(deps, who.account_id, who.session_id)


def listed(deps: Deps, account_id: int, mine: int | None = None) -> tuple[SessionInfo, ...]:
    """The open sessions of an account, the one used last first; for who may see them."""
    idle, longest = limits(deps)
    now = datetime.now(UTC)
    with reading(deps.engine) as session:
        rows = store.open_sessions(session, account_id=account_id, seen_after=now - idle, made_after=now - longest)
    return tuple(SessionInfo(r.id or 0, r.address, r.agent, r.via, r.created_at, r.seen_at, r.id == mine) for r in rows)


def end_own(deps: Deps, who: Known, *, session_id: int) -> None:
    """Ends one of one's own sessions, also this very one. NotFound when it is somebody else's, or over."""
    with writing(deps.engine) as session:
        if not store.end_session(session, session_id=session_id, account_id=who.account_id, at=datetime.now(UTC)):
            raise NotFound("signin.session.unknown")
        audit.record(session, who.actor, "session.end", f"account:{who.account_id}")
    changed()


def end_others(deps: Deps, who: Known) -> int:
    """Ends all one's own sessions but this one. Returns how many."""
    with writing(deps.engine) as session:
        n = store.end_sessions(session, account_id=who.account_id, at=datetime.now(UTC), but=who.session_id)
        audit.record(session, who.actor, "session.end", f"account:{who.account_id}", after={"ended": n})
    changed()
    return n


def sign_out(deps: Deps, secret: str | None) -> None:
    """Ends the session of a cookie, whatever its state; nothing when there is none."""
    if not secret or len(secret) > SECRET_MAX:
        return
    with writing(deps.engine) as session:
        row = store.find_session(session, secret=secret)
        if row is not None and store.end_session(session, session_id=row[0].id or 0, at=datetime.now(UTC)):
            audit.record(session, actor_of(row[1], row[0].address), "session.sign_out", f"account:{row[1].id}")
    changed()
