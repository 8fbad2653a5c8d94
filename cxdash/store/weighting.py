"""Population shares that a programme's responses are raked to: at most one set per programme."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from cxdash.store.programs import tick
from cxdash.store.tables import Weighting, now
from cxdash.store.text import clean


def get(session: Session, *, program_id: int) -> Weighting | None:
    return session.get(Weighting, program_id)


def save(
    session: Session, *, program_id: int, targets: Mapping[str, Mapping[str, float]], cap: float | None, per_wave: bool, by: str = ""
) -> int:
    """Replaces the programme's shares (attribute key -> value -> share). Ticks the clock: every weighted figure depends on them."""
    ver = tick(session, program_id=program_id)
    row = session.get(Weighting, program_id) or Weighting(program_id=program_id)
    row.targets = {key: dict(shares) for key, shares in targets.items()}
    row.cap, row.per_wave, row.created_at, row.created_by = cap, per_wave, now(), clean(by)
    session.add(row)
    session.flush()
    return ver


def delete(session: Session, *, program_id: int) -> bool:
    """Whether there were any; then the clock ticks."""
    row = session.get(Weighting, program_id)
    if row is None:
        return False
    tick(session, program_id=program_id)
    session.delete(row)
    session.flush()
    return True
