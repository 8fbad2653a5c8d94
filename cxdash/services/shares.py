"""Shared links: one view of one programme for people without an account, read only, until a day or until it is revoked.

A frozen link shows what was drawn when it was made; a live one is drawn anew for `reader`, who sees no comments and no single answers,
obeys the rule of subtraction, and never sees rows that its maker could not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.services import audit, passwords
from cxdash.services.access import catalog_of, check, covers, program_of
from cxdash.services.actor import Actor, Permission, RoleName, Rows, require, rows_of
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.store import programs
from cxdash.store import shares as store
from cxdash.store.database import reading, writing
from cxdash.store.share_tables import Share

DAYS = (7, 1, 30, 90)  # how long a link may live, the first by default
NAME_MAX = 80
PASSWORD_LEAST, PASSWORD_MOST = 8, 128
FREE, LONGEST = 5, 60  # wrong passwords without a wait; the longest wait in minutes
MOST = 100  # links of a programme that are open at once
TOKEN_MAX = 64
State = Literal["open", "expired", "revoked"]


@dataclass(frozen=True)
class ShareInfo:
    """A link without its token, which nobody can look up again. name: what it is called; query: the view, without its programme."""

    id: int
    name: str
    query: Mapping[str, tuple[str, ...]]
    live: bool
    language: str
    password: bool
    state: State
    created_at: datetime
    created_by: str
    expires_at: datetime
    opened: int
    opened_at: datetime | None


@dataclass(frozen=True)
class Opened:
    """A link that may be shown. reader: on whose behalf a live one is drawn. shown: what a frozen one shows."""

    id: int
    name: str
    live: bool
    language: str
    view: View
    reader: Actor
    shown: Mapping[str, Any] | None
    expires_at: datetime


def reader_of(program: str, rows: Rows, address: str = "") -> Actor:
    """Whoever has the link: a viewer of one programme without any grant."""
    return Actor("shared link", RoleName.VIEWER, (program,), rows, address=address)


def create(
    deps: Deps, actor: Actor, *, view: View, name: str, live: bool, days: int, language: str, password: str = "",
    draw: Callable[[Actor, View, str], Mapping[str, Any]] | None = None, now: datetime | None = None,
) -> tuple[ShareInfo, str]:  # fmt: skip
    """A new link to the executive view; returns its token, in clear only here. draw: makes what a frozen link shows, for its reader.

    Conflict: no name, a span that is not offered, a password too short or too long, too many links.
    """
    require(actor, Permission.SHARE)
    at = now or datetime.now(UTC)
    if not name.strip():
        raise Conflict("shared.nameless")
    if days not in DAYS:
        raise Conflict("shared.days", known=", ".join(map(str, sorted(DAYS))))
    if password and not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise Conflict("shared.password.length", least=PASSWORD_LEAST, most=PASSWORD_MOST)
    catalog = catalog_of(deps, actor, view.program)
    view = replace(view, program=catalog.slug)
    shown = None
    if not live:
        assert draw is not None, "a frozen link is drawn when it is made"
        shown = dict(draw(reader_of(catalog.slug, actor.rows), view, language))
    kept = passwords.hashed(password) if password else None
    with writing(deps.engine) as session:
        program_of(session, actor, catalog.id)
        if sum(_state(row, at) == "open" for row in store.list_shares(session, program_id=catalog.id)) >= MOST:
            raise Conflict("shared.many", most=MOST)
        row = Share(
            program_id=catalog.id, name=name.strip()[:NAME_MAX], page="overview",
            query={k: v for k, v in view.to_query().items() if k != "program"}, rows={k: list(vs) for k, vs in actor.rows}, live=live,
            language=language, password_hash=kept, shown=shown, created_at=at, created_by=actor.name, expires_at=at + timedelta(days=days),
        )  # fmt: skip
        token = store.add(session, row)
        audit.record(session, actor, "share.create", f"share:{row.id}",
                     after={"program": catalog.slug, "live": live, "days": days, "password": bool(password)})  # fmt: skip
        return _info(row, at), token


def list_shares(deps: Deps, actor: Actor, *, catalog: Catalog, now: datetime | None = None) -> tuple[ShareInfo, ...]:
    """Newest first; of links to rows that the actor does not see nothing is told."""
    require(actor, Permission.SHARE)
    check(actor, catalog)
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        rows = store.list_shares(session, program_id=catalog.id)
        return tuple(_info(row, at) for row in rows if _covered(actor, catalog, row))


def revoke(deps: Deps, actor: Actor, *, catalog: Catalog, share_id: int, now: datetime | None = None) -> None:
    """From the next opening on it shows nothing; a second time changes nothing. NotFound when the programme has no such link."""
    require(actor, Permission.SHARE)
    check(actor, catalog)
    with writing(deps.engine) as session:
        row = store.get(session, program_id=catalog.id, share_id=share_id)
        if not _covered(actor, catalog, row):
            raise NotFound("shared.unknown")
        if store.revoke(session, row, at=now or datetime.now(UTC), by=actor.name):
            audit.record(session, actor, "share.revoke", f"share:{share_id}", before={"program": catalog.slug})


def asks_password(deps: Deps, *, token: str, now: datetime | None = None) -> tuple[bool, str]:
    """Whether a password is wanted before the link shows anything, and the language of its page. NotFound as in `opened`."""
    with reading(deps.engine) as session:
        row = _live(session, token, now or datetime.now(UTC))
        return row.password_hash is not None, row.language


def opened(deps: Deps, *, token: str, password: str = "", address: str = "", now: datetime | None = None) -> Opened:
    """What the link shows. Every opening is in the log, a refused one too. There is no actor before this: the token is the right.

    NotFound, the same for a link that never was, is over or was revoked. Refused for a wrong password; Conflict when it was wrong too often
    and has to wait.
    """
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        row = _live(session, token, at)
        number, kept = row.id or 0, row.password_hash
        if kept is not None and (wait := _wait(row, at)) > 0:
            raise Conflict("shared.wait", minutes=wait)
    right = kept is None or passwords.fits(kept, password)
    with writing(deps.engine) as session:
        row = _live(session, token, at)
        owner = programs.find_program(session, slug_or_id=row.program_id)
        reader = reader_of(owner.slug, rows_of({k: tuple(map(str, vs)) for k, vs in row.rows.items()}), address)
        if not right:
            store.note_wrong(session, row, at=at)
            audit.record(session, reader, "share.refused", f"share:{number}")
        else:
            store.note_opened(session, row, at=at)
            audit.record(session, reader, "share.open", f"share:{number}")
            query = {k: [str(v) for v in vs] for k, vs in row.query.items()} | {"program": [owner.slug]}
            return Opened(number, row.name, row.live, row.language, View.from_query(query), reader, row.shown, row.expires_at)
    raise Refused("shared.wrong")


def _live(session: Session, token: str, at: datetime) -> Share:
    row = store.find(session, token=token) if token and len(token) <= TOKEN_MAX else None
    if row is None or _state(row, at) != "open":
        raise NotFound("shared.gone")
    return row


def _wait(row: Share, at: datetime) -> int:
    """Minutes until the next password is looked at: none for the first ones, then twice as long each time."""
    if row.tries < FREE or row.tried_at is None:
        return 0
    until = row.tried_at + timedelta(minutes=min(LONGEST, 2 ** (row.tries - FREE)))
    return max(0, -int((at - until).total_seconds() // 60))


def _state(row: Share, at: datetime) -> State:
    return "revoked" if row.revoked_at is not None else "expired" if row.expires_at <= at else "open"


def _covered(actor: Actor, catalog: Catalog, row: Share) -> bool:
    rows = rows_of({k: tuple(map(str, vs)) for k, vs in row.rows.items()})
    return covers(actor, catalog, rows, {k.removeprefix("f."): vs for k, vs in row.query.items() if k.startswith("f.")})


def _info(row: Share, at: datetime) -> ShareInfo:
    return ShareInfo(
        row.id or 0, row.name, {k: tuple(map(str, vs)) for k, vs in row.query.items()}, row.live, row.language,
        row.password_hash is not None, _state(row, at), row.created_at, row.created_by, row.expires_at, row.opened, row.opened_at,
    )  # fmt: skip
