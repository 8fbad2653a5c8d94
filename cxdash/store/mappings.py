"""Saved mappings: what the columns of a layout mean, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.tables import SavedMapping, now
from cxdash.store.text import checked_code, listed


def save(session: Session, *, name: str, document: Mapping[str, Any], fingerprint: str = "", program_id: int | None = None) -> SavedMapping:
    """Saves under the name; a mapping of that name is replaced."""
    name = checked_code(name)
    found = session.scalars(select(SavedMapping).where(col(SavedMapping.name) == name)).first() or SavedMapping(name=name)
    found.document, found.fingerprint, found.program_id, found.created_at = dict(document), fingerprint, program_id, now()
    session.add(found)
    session.flush()
    return found


def list_mappings(session: Session, *, program_id: int | None = None) -> list[SavedMapping]:
    """By name; with `program_id` those of the programme and those of none."""
    query = select(SavedMapping).order_by(SavedMapping.name)
    if program_id is not None:
        query = query.where((col(SavedMapping.program_id) == program_id) | col(SavedMapping.program_id).is_(None))
    return list(session.scalars(query))


def get(session: Session, *, name: str) -> SavedMapping:
    """By name. NotFound lists the names."""
    found = session.scalars(select(SavedMapping).where(col(SavedMapping.name) == name)).first()
    if found is None:
        known = session.scalars(select(SavedMapping.name).order_by(SavedMapping.name))
        raise NotFound("store.mapping.unknown", name=name, known=listed(known))
    return found


def by_fingerprint(session: Session, *, fingerprint: str, program_id: int | None = None) -> SavedMapping | None:
    """The newest mapping of this layout; with `program_id` the programme's own before one of no programme, and no other's."""
    if not fingerprint:
        return None
    query = select(SavedMapping).where(col(SavedMapping.fingerprint) == fingerprint)
    order = [col(SavedMapping.created_at).desc(), col(SavedMapping.id).desc()]
    if program_id is not None:
        query = query.where((col(SavedMapping.program_id) == program_id) | col(SavedMapping.program_id).is_(None))
        order.insert(0, col(SavedMapping.program_id).is_(None))
    return session.scalars(query.order_by(*order)).first()


def delete(session: Session, *, name: str) -> None:
    session.delete(get(session, name=name))
    session.flush()
