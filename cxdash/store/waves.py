"""Waves: rounds of collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.tables import Wave
from cxdash.store.text import checked_code, listed
from cxdash.terms import plain


def list_waves(session: Session, *, program_id: int) -> list[Wave]:
    """In the order they were made, unless positions say otherwise."""
    return list(session.scalars(select(Wave).where(col(Wave.program_id) == program_id).order_by(col(Wave.position), col(Wave.id))))


def find_wave(session: Session, *, program_id: int, code: str) -> Wave:
    """By code, else by name in any language (blanks and case aside). NotFound lists the codes."""
    known = list_waves(session, program_id=program_id)
    found = _find(known, code)
    if found is None:
        raise NotFound("store.wave.unknown", name=code, known=listed(w.code for w in known))
    return found


def ensure_wave(
    session: Session,
    *,
    program_id: int,
    code: str,
    name: Mapping[str, str] | None = None,
    starts: date | None = None,
    ends: date | None = None,
) -> Wave:
    """The wave with this code (or name), else a new one after the others. What exists is not changed."""
    known = list_waves(session, program_id=program_id)
    if (found := _find(known, code)) is not None:
        return found
    code = checked_code(code)
    names = dict(name) if name else {"ko": code, "en": code}
    made = Wave(
        program_id=program_id, code=code, name=names, starts=starts, ends=ends, position=max((w.position for w in known), default=-1) + 1
    )
    session.add(made)
    session.flush()
    return made


def _find(known: list[Wave], code: str) -> Wave | None:
    wanted = plain(code)
    by_code = next((w for w in known if w.code == code.strip()), None)
    return by_code or next((w for w in known if wanted in {plain(text) for text in (w.code, *w.name.values())}), None)
