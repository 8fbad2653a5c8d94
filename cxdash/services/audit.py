"""Who did what, when, from where: written beside what was done, read by administrators, checked by `cxdash check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import audit as store
from cxdash.store.audit import Broken, Verified
from cxdash.store.database import reading, writing

__all__ = ["Broken", "Entry", "Log", "Verified", "Wanted", "entries", "export", "exported", "record", "verify"]
PAGE = 50
MOST_EXPORT = 100_000


@dataclass(frozen=True)
class Wanted:
    """What of the log: since <= at < until (UTC); who and about hold the text; action begins with it."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    action: str = ""
    about: str = ""


@dataclass(frozen=True)
class Entry:
    """One thing that was done. action: a dotted word such as "import.commit"; about: such as "program:3"."""

    id: int
    at: datetime
    who: str
    account_id: int | None
    role: str
    address: str
    action: str
    about: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Log:
    """total: entries that are wanted. actions: every action there is, to choose from."""

    entries: tuple[Entry, ...]
    total: int
    actions: tuple[str, ...]


def record(session: Session, actor: Actor, action: str, about: object, before: Mapping[str, Any] | None = None,
           after: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Notes what the actor does, in the session's transaction: kept when it commits, gone when it rolls back.

    before, after: small objects of numbers, codes and settings; never a person's name, address, key or words.
    """
    store.add(session, action=action, about=str(about), who=actor.name, account_id=actor.account_id, role=str(actor.role),
              address=actor.address, before=before, after=after)  # fmt: skip


def entries(deps: Deps, actor: Actor, *, wanted: Wanted = Wanted(), page: int = 1, size: int = PAGE) -> Log:
    """A page of the log, the newest entries first. size: at most 100,000, for an export."""
    require(actor, Permission.SEE_AUDIT)
    size = max(1, min(size, MOST_EXPORT))
    chosen = vars(wanted)
    with reading(deps.engine) as session:
        rows = store.entries(session, **chosen, most=size, skip=(max(page, 1) - 1) * size)
        found = tuple(Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__}) for row in rows)
        return Log(found, store.count(session, **chosen), tuple(store.actions(session)))


def export(deps: Deps, actor: Actor, *, wanted: Wanted = Wanted()) -> tuple[Entry, ...]:
    """What is wanted, for a file; that it was taken is an entry too, which the file does not hold yet."""
    found = entries(deps, actor, wanted=wanted, size=MOST_EXPORT).entries
    exported(deps, actor, what="audit", about="audit", rows=len(found))
    return found


def exported(deps: Deps, actor: Actor, *, what: str, about: str, **counts: int | str) -> None:
    """Notes that something leaves the house as a file. what: responses, careless, problems, audit, report. counts: how much; no names.
    What may be taken was decided before: it is a step of what hands it out."""
    with writing(deps.engine) as session:
        record(session, actor, f"take.{what}", about, after=counts)


def verify(deps: Deps, actor: Actor) -> Verified:
    """Whether every entry is what was written and none is missing; names the first that is not."""
    require(actor, Permission.SEE_AUDIT)
    with reading(deps.engine) as session:
        return store.verify(session)
