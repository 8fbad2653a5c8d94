"""Keys of machines, and the idempotency keys their requests came with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.collect_tables import ApiKey, ApiRequest
from cxdash.store.tables import now
from cxdash.store.text import checked_code, clean, listed
from cxdash.store.tokens import digest

_QUIET = {"synchronize_session": False}
_START = "cx_"


@dataclass(frozen=True)
class Before:
    """An earlier request with the same idempotency key. response_id: None when the response was erased since."""

    body_hash: str
    response_id: int | None


def add_key(session: Session, *, program_id: int, name: str, scopes: Sequence[str], rate: int = 600, by: str = "") -> tuple[ApiKey, str]:
    """A new key, in clear only here: "cx_" and 256 random bits."""
    key = _START + secrets.token_urlsafe(32)
    made = ApiKey(
        program_id=program_id, name=checked_code(name), prefix=key[:8], key_hash=digest(key), scopes=list(scopes), rate=rate,
        created_by=clean(by),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made, key


def find_key(session: Session, *, key: str) -> ApiKey | None:
    """The key when it exists and was not revoked."""
    query = select(ApiKey).where(col(ApiKey.key_hash) == digest(key), col(ApiKey.revoked_at).is_(None))
    return session.scalars(query).first()


def list_keys(session: Session, *, program_id: int) -> list[ApiKey]:
    """Revoked ones too, in the order they were made."""
    return list(session.scalars(select(ApiKey).where(col(ApiKey.program_id) == program_id).order_by(col(ApiKey.id))))


def revoke(session: Session, *, program_id: int, key_id: int) -> None:
    """From now on it opens nothing. NotFound when the programme has no such key."""
    found = session.get(ApiKey, key_id)
    if found is None or found.program_id != program_id:
        raise NotFound("store.key.unknown", name=str(key_id), known=listed(()))
    found.revoked_at = found.revoked_at or now()
    session.flush()


def used(session: Session, *, key_id: int, at: datetime) -> None:
    """Remembers when the key was last used."""
    session.execute(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=at), execution_options=_QUIET)


def earlier(session: Session, *, requests: Sequence[tuple[int, str]]) -> Mapping[tuple[int, str], Before]:
    """(key, idempotency key) -> what came with it before."""
    wanted = set(requests)
    query = select(ApiRequest).where(
        col(ApiRequest.api_key_id).in_({key for key, _ in wanted}), col(ApiRequest.key).in_({word for _, word in wanted})
    )
    found = {(r.api_key_id, r.key): Before(r.body_hash, r.response_id) for r in session.scalars(query)}
    return {pair: before for pair, before in found.items() if pair in wanted}


def remember(session: Session, *, rows: Sequence[tuple[int, str, str, int]]) -> None:
    """(key, idempotency key, hash of the body, response). Collision when another process stored one of them at the same moment."""
    if rows:
        named = ("api_key_id", "key", "body_hash", "response_id")
        session.execute(insert(ApiRequest), [{**dict(zip(named, row, strict=True)), "created_at": now()} for row in rows])


def forget(session: Session, *, before: datetime) -> int:
    """Drops idempotency keys older than that. Returns how many."""
    query = delete(ApiRequest).where(col(ApiRequest.created_at) < before)
    return int(session.execute(query, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]
