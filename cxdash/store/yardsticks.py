"""What figures are judged against: frozen crosshairs and service standards, each kept under its kind and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.store.tables import Yardstick, now
from cxdash.store.text import checked_code, clean


def listed(session: Session, *, program_id: int) -> list[Yardstick]:
    """All of the programme, by kind and name."""
    query = select(Yardstick).where(col(Yardstick.program_id) == program_id).order_by(col(Yardstick.kind), col(Yardstick.name))
    return list(session.scalars(query))


def save(session: Session, *, program_id: int, kind: str, name: str, document: Mapping[str, Any], by: str = "") -> Yardstick:
    """Sets one; what had this kind and name is replaced. Conflict for a name that is blank or longer than 200 characters."""
    name = checked_code(name)
    row = session.get(Yardstick, (program_id, kind, name)) or Yardstick(program_id=program_id, kind=kind, name=name)
    row.document, row.created_at, row.created_by = dict(document), now(), clean(by)
    session.add(row)
    session.flush()
    return row


def delete(session: Session, *, program_id: int, kind: str, name: str) -> bool:
    """Whether there was one."""
    row = session.get(Yardstick, (program_id, kind, name))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True
