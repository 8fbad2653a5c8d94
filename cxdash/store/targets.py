"""Targets: a goal for a figure by a date."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import NotFound
from cxdash.store.tables import Target
from cxdash.store.text import clean


def save(
    session: Session,
    *,
    program_id: int,
    figure: str,
    goal: float,
    due: date,
    stage_id: int | None = None,
    attribute: str | None = None,
    value: str | None = None,
    note: str | None = None,
) -> Target:
    """Sets the goal and its note; the goal for the same figure, stage, segment and date is replaced."""
    wanted = (due, stage_id, attribute, value)
    known = list_targets(session, program_id=program_id, figure=figure)
    target = next((t for t in known if (t.due, t.stage_id, t.attribute, t.value) == wanted), None)
    target = target or Target(program_id=program_id, figure=figure, due=due, goal=goal, stage_id=stage_id, attribute=attribute, value=value)
    target.goal, target.note = goal, clean(note) if note else None
    session.add(target)
    session.flush()
    return target


def list_targets(session: Session, *, program_id: int, figure: str | None = None) -> list[Target]:
    """By date; with `figure` only its goals."""
    query = select(Target).where(col(Target.program_id) == program_id).order_by(col(Target.due), col(Target.id))
    return list(session.scalars(query if figure is None else query.where(col(Target.figure) == figure)))


def delete(session: Session, *, program_id: int, target_id: int) -> None:
    """NotFound when the programme has no such target."""
    found = session.get(Target, target_id)
    if found is None or found.program_id != program_id:
        raise NotFound("store.target.unknown", name=str(target_id))
    session.delete(found)
    session.flush()
