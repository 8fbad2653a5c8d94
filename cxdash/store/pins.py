"""Pinned figures, and what the store can say of why one has moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.imports import UNDONE
from cxdash.store.tables import Import, Pin, QualityRules, Tombstone, Weighting
from cxdash.store.text import checked_code, clean


@dataclass(frozen=True)
class Rules:
    """What figures depend on besides the responses; None where the programme has none."""

    weighting: dict[str, Any] | None
    quality: dict[str, Any] | None


def add(session: Session, pin: Pin) -> Pin:
    """Keeps a pin; its id is set. Conflict when its name is blank or too long."""
    pin.name, pin.created_by = checked_code(pin.name), clean(pin.created_by)
    session.add(pin)
    session.flush()
    return pin


def list_pins(session: Session, *, program_id: int, limit: int | None = None, offset: int = 0) -> list[Pin]:
    """Newest first."""
    query = select(Pin).where(col(Pin.program_id) == program_id).order_by(col(Pin.id).desc())
    return list(session.scalars(query.limit(limit).offset(offset)))


def count(session: Session, *, program_id: int) -> int:
    return int(session.scalar(select(func.count()).select_from(Pin).where(col(Pin.program_id) == program_id)) or 0)


def get(session: Session, *, program_id: int, pin_id: int) -> Pin:
    """NotFound when the programme has no such pin (any more)."""
    found = session.get(Pin, pin_id)
    if found is None or found.program_id != program_id:
        raise NotFound("ledger.unknown")
    return found


def rename(session: Session, *, program_id: int, pin_id: int, name: str) -> None:
    """NotFound; Conflict when the name is blank or too long."""
    get(session, program_id=program_id, pin_id=pin_id).name = checked_code(name)
    session.flush()


def delete(session: Session, *, program_id: int, pin_id: int) -> None:
    session.delete(get(session, program_id=program_id, pin_id=pin_id))
    session.flush()


def removed_since(session: Session, *, program_id: int, version: int, last_id: int) -> int:
    """How many of the responses up to `last_id` were erased or undone after the version."""
    gone = (col(Tombstone.program_id) == program_id, col(Tombstone.ver) > version, col(Tombstone.response_id) <= last_id)
    return int(session.scalar(select(func.count()).select_from(Tombstone).where(*gone)) or 0)


def rules(session: Session, *, program_id: int) -> Rules:
    """The programme's weighting and quality rules as they are now."""
    weighting, quality = session.get(Weighting, program_id), session.get(QualityRules, program_id)
    return Rules(
        {"targets": weighting.targets, "cap": weighting.cap, "per_wave": weighting.per_wave} if weighting is not None else None,
        dict(quality.rules) if quality is not None else None,
    )


def imports_behind(session: Session, *, program_id: int, ids: Iterable[int], undone_since: datetime) -> list[Import]:
    """These imports, and those taken back since then; oldest first."""
    undone = (col(Import.state) == UNDONE) & (col(Import.undone_at) >= undone_since)
    wanted = or_(col(Import.id).in_(list(ids)), undone)
    return list(session.scalars(select(Import).where(col(Import.program_id) == program_id, wanted).order_by(col(Import.id))))
