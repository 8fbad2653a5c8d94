"""The log of what was done: a chain of hashes that only grows.

The rule. An entry's hash is SHA-256 of the hash before it and the entry itself as JSON with sorted keys. The head keeps the length and the
newest hash under HMAC-SHA-256 with a key derived from CXDASH_SECRET: who can write the database but does not know the secret can neither
change an entry nor cut the end off unnoticed. (Putting back an older copy of the whole database is not noticed by anything inside it.)

Entries are gathered in the session and written when it commits, after everything else of the transaction: the head is the last row that
is locked, so two transactions that both write entries can never wait for each other in a circle. They are in the same transaction as what
they tell of: both are there after a crash, or neither.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, event, func, insert, select, update
from sqlmodel import Session, col

from cxdash.masking import masked, masked_document
from cxdash.store import vault
from cxdash.store.people_tables import Audit, AuditHead
from cxdash.store.tables import now
from cxdash.store.text import clean, dumps

FOREIGN = "log.foreign_seal"  # an entry of ours after a head that was not: here the log was touched
_WAITING = "cxdash_audit"
_LONGEST = 300
_QUIET = {"synchronize_session": False}
_FIELDS = ("id", "at", "who", "account_id", "role", "address", "action", "about", "before", "after")


@dataclass(frozen=True)
class Broken:
    """Where the chain does not hold. why: "entry" (it is not what was written), "link" (the one before it is missing or another),
    "cut" (entries are missing at the end), "seal" (the head was not written by this installation, or its secret is another one)."""

    id: int
    why: str


@dataclass(frozen=True)
class Verified:
    """length: entries read. hash: of the newest. broken: the first fault, or None."""

    length: int
    hash: str
    broken: Broken | None


def add(session: Session, *, action: str, about: str = "", who: str = "", account_id: int | None = None, role: str = "", address: str = "",
        before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """An entry, written at the commit of the session's transaction, and not at all when it rolls back.

    E-mail addresses, telephone and card numbers are hidden in everything except who did it.
    """
    session.info.setdefault(_WAITING, []).append({
        "at": now(), "who": _short(who), "account_id": account_id, "role": _short(role), "address": _short(address),
        "action": _short(action), "about": _short(masked(about)), "before": _small(before), "after": _small(after),
    })  # fmt: skip


def verify(session: Session, *, batch: int = 5000) -> Verified:
    """Walks the whole chain and its head; in a `reading` session it is one moment of the log."""
    at, previous = 0, ""
    for row in _all(session, batch):
        if row.id != at + 1 or row.previous != previous:
            return Verified(at, previous, Broken(at + 1, "link"))
        if _hash(previous, row.model_dump(include=set(_FIELDS))) != row.hash:
            return Verified(at, previous, Broken(at + 1, "entry"))
        if row.action == FOREIGN:
            return Verified(at, previous, Broken(at + 1, "seal"))
        at, previous = at + 1, row.hash
    head = session.get(AuditHead, 1)
    if head is None or not _is_ours(head.length, head.hash, head.seal):
        return Verified(at, previous, Broken(at + 1, "seal"))
    if (head.length, head.hash) != (at, previous):
        return Verified(at, previous, Broken(min(at, head.length) + 1, "cut"))
    return Verified(at, previous, None)


def entries(session: Session, *, since: datetime | None = None, until: datetime | None = None, who: str = "", action: str = "",
            about: str = "", most: int = 50, skip: int = 0) -> list[Audit]:  # fmt: skip
    """The newest first. since <= at < until; who and about hold the text, action begins with it."""
    query = _chosen(select(Audit), since, until, who, action, about)
    return list(session.scalars(query.order_by(col(Audit.id).desc()).limit(most).offset(skip)))


def count(session: Session, *, since: datetime | None = None, until: datetime | None = None, who: str = "", action: str = "",
          about: str = "") -> int:  # fmt: skip
    """How many `entries` finds without a limit."""
    return int(session.scalar(_chosen(select(func.count()).select_from(Audit), since, until, who, action, about)) or 0)


def actions(session: Session) -> list[str]:
    """Every action there is an entry of, sorted."""
    return sorted(session.scalars(select(col(Audit.action)).distinct()))


def _chosen(query: Select[Any], since: datetime | None, until: datetime | None, who: str, action: str, about: str) -> Select[Any]:
    wanted: list[ColumnElement[bool]] = []
    wanted += [col(Audit.at) >= since] if since else []
    wanted += [col(Audit.at) < until] if until else []
    wanted += [func.lower(col(Audit.who)).contains(who.lower(), autoescape=True)] if who else []
    wanted += [col(Audit.action).startswith(action, autoescape=True)] if action else []
    wanted += [func.lower(col(Audit.about)).contains(about.lower(), autoescape=True)] if about else []
    return query.where(*wanted)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    if not session.info.get(_WAITING) or session.in_nested_transaction():
        return
    rows = session.info.pop(_WAITING)
    session.flush()  # whatever else is locked is locked before the head
    head = session.execute(select(AuditHead.length, AuditHead.hash, AuditHead.seal).where(col(AuditHead.id) == 1).with_for_update()).one()
    length, previous, seal = head
    if not _is_ours(length, previous, seal):  # the next seal must not heal what somebody cut
        rows.insert(0, {**rows[0], "who": "", "account_id": None, "role": "", "address": "", "action": FOREIGN, "about": "", "before": None,
                        "after": None})  # fmt: skip
    for row in rows:
        length += 1
        row |= {"id": length, "previous": previous}
        row["hash"] = previous = _hash(previous, row)
    session.execute(insert(Audit), rows, execution_options={"render_nulls": True})
    values = {"length": length, "hash": previous, "seal": _seal(length, previous)}
    session.execute(update(AuditHead).where(col(AuditHead.id) == 1).values(**values), execution_options=_QUIET)


@event.listens_for(Session, "after_rollback")
def _drop(session: Session) -> None:
    session.info.pop(_WAITING, None)


def _all(session: Session, batch: int) -> Iterator[Audit]:
    last = 0
    while rows := list(session.scalars(select(Audit).where(col(Audit.id) > last).order_by(col(Audit.id)).limit(batch))):
        yield from rows
        last = rows[-1].id or 0
        session.expunge_all()


def _hash(previous: str, row: Mapping[str, Any]) -> str:
    record = {name: row[name] for name in _FIELDS} | {"at": row["at"].astimezone(UTC).isoformat(timespec="microseconds")}
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def _seal(length: int, newest: str, secret: str | None = None) -> str:
    return hmac.new(vault.derived("audit head", secret), f"{length}\n{newest}".encode(), hashlib.sha256).hexdigest()


def _is_ours(length: int, newest: str, seal: str) -> bool:
    """Whether the head was sealed with our secret, or with a former one that CXDASH_PERSONAL_KEY still lists."""
    if not length:
        return not seal
    return any(hmac.compare_digest(seal, _seal(length, newest, secret)) for secret in (None, *vault.listed()))


def _short(text: str) -> str:
    return clean(str(text))[:_LONGEST]


def _small(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As it comes back from the database, masked, and never long."""
    return None if document is None else json.loads(dumps(_clipped(masked_document(dict(document)))))


def _clipped(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, dict):
        return {str(key)[:_LONGEST]: _clipped(item) for key, item in list(value.items())[:100]}
    if isinstance(value, Sequence):
        return [_clipped(item) for item in value[:100]]
    return value if value is None or isinstance(value, bool | int | float) else str(value)[:_LONGEST]
