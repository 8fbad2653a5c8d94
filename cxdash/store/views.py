"""Saved views: a page with its filters under a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.tables import SavedView
from cxdash.store.text import checked_code, listed


def save(session: Session, *, program_id: int, name: str, page: str, query: Mapping[str, Any]) -> SavedView:
    """Saves under the name; the programme's view of that name is replaced."""
    name = checked_code(name)
    found = session.scalars(select(SavedView).where(col(SavedView.program_id) == program_id, col(SavedView.name) == name)).first()
    found = found or SavedView(program_id=program_id, name=name)
    found.page, found.query = page, dict(query)
    session.add(found)
    session.flush()
    return found


def list_views(session: Session, *, program_id: int) -> list[SavedView]:
    """By name."""
    return list(session.scalars(select(SavedView).where(col(SavedView.program_id) == program_id).order_by(SavedView.name)))


def get(session: Session, *, program_id: int, name: str) -> SavedView:
    """By name. NotFound lists the names."""
    known = list_views(session, program_id=program_id)
    found = next((view for view in known if view.name == name), None)
    if found is None:
        raise NotFound("store.view.unknown", name=name, known=listed(view.name for view in known))
    return found


def delete(session: Session, *, program_id: int, name: str) -> None:
    session.delete(get(session, program_id=program_id, name=name))
    session.flush()
