"""Programmes and their clocks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import UpdateBase, bindparam, delete, select, text, update
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store import direct
from cxdash.store.collect_tables import Link, Survey, Visit
from cxdash.store.tables import Clock, Import, Layer, Problem, Program, Response, Tombstone
from cxdash.store.text import checked_code, listed

_CHANGEABLE = frozenset({"slug", "name", "timezone", "demo", "loyalty", "primary"})


def list_programs(session: Session) -> list[Program]:
    """All programmes, the demo last, else in the order they were made."""
    return list(session.scalars(select(Program).order_by(col(Program.demo), col(Program.id))))


def find_program(session: Session, *, slug_or_id: str | int) -> Program:
    """By slug, else by id (a number or its digits). NotFound lists the slugs that exist."""
    found = session.scalars(select(Program).where(col(Program.slug) == str(slug_or_id))).first() if isinstance(slug_or_id, str) else None
    if found is None and str(slug_or_id).isdecimal() and int(slug_or_id) < 2**31:
        found = session.get(Program, int(slug_or_id))
    if found is None:
        known = session.scalars(select(Program.slug).order_by(Program.slug))
        raise NotFound("store.program.unknown", name=str(slug_or_id), known=listed(known))
    return found


def add_program(
    session: Session,
    *,
    slug: str,
    name: Mapping[str, str],
    timezone: str = "Asia/Seoul",
    demo: bool = False,
    loyalty: Mapping[str, float] | None = None,
    primary: Mapping[str, str] | None = None,
) -> Program:
    """A new programme with its clock at 0. Conflict when the slug is taken."""
    slug = checked_code(slug)
    _free(session, slug)
    made = Program(slug=slug, name=dict(name), timezone=timezone, demo=demo, loyalty=dict(loyalty or {}), primary=dict(primary or {}))
    session.add(made)
    session.flush()
    session.add(Clock(program_id=made.id, ver=0))
    session.flush()
    return made


def update_program(session: Session, *, program_id: int, **changes: Any) -> Program:
    """Sets slug, name, timezone, demo, loyalty or primary. Ticks the clock: figures depend on these. TypeError for other names."""
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"a programme has no {sorted(unknown)}; it has {sorted(_CHANGEABLE)}")
    program = find_program(session, slug_or_id=program_id)
    if "slug" in changes and changes["slug"] != program.slug:
        changes["slug"] = checked_code(changes["slug"])
        _free(session, changes["slug"])
    for field, value in changes.items():
        setattr(program, field, dict(value) if isinstance(value, Mapping) else value)
    tick(session, program_id=program_id)
    session.flush()
    return program


def delete_program(session: Session, *, program_id: int) -> None:
    """The programme and everything of it. The big tables are emptied first: cascading row by row is slower."""
    program = find_program(session, slug_or_id=program_id)
    responses = select(Response.id).where(col(Response.program_id) == program_id)
    imports = select(Import.id).where(col(Import.program_id) == program_id)
    surveys = select(Survey.id).where(col(Survey.program_id) == program_id)
    links = select(Link.id).where(col(Link.survey_id).in_(surveys))
    session.execute(delete(Visit).where(col(Visit.link_id).in_(links)))
    session.execute(delete(Layer).where(col(Layer.response_id).in_(responses)))
    session.execute(delete(Problem).where(col(Problem.import_id).in_(imports)))
    for table in (Response, Tombstone):
        session.execute(delete(table).where(col(table.program_id) == program_id))
    session.delete(program)
    session.flush()


def clock(session: Session, *, program_id: int) -> int:
    """The data version: 0 before the first response, then growing. NotFound when the programme does not exist."""
    ver = session.scalar(select(Clock.ver).where(col(Clock.program_id) == program_id))
    if ver is None:
        raise NotFound("store.program.unknown", name=str(program_id), known=listed(p.slug for p in list_programs(session)))
    return int(ver)


def clock_of(session: Session, *, slug: str) -> tuple[int, int] | None:
    """Id and data version of the programme with this slug, in one question; None when there is none."""
    both = select(Program.id, Clock.ver).join(Clock, col(Clock.program_id) == col(Program.id))
    row = session.execute(both.where(col(Program.slug) == slug)).one_or_none()
    return None if row is None else (int(row[0] or 0), int(row[1]))


def tick(session: Session, *, program_id: int) -> int:
    """Bumps the clock and returns the new version.

    The clock's row stays locked until the transaction ends, so that a programme's writers follow one another
    and nobody sees version n + 1 before n. Call it first in every transaction that changes responses.
    """
    found = direct.rows(session, *ticking(program_id))
    return int(found[0][0]) if found else clock(session, program_id=program_id)


def ticking(program_id: int) -> direct.Asked:
    """What `tick` asks."""
    return _ticked(), {"program": program_id}


@lru_cache
def _ticked() -> UpdateBase:
    """Made once: every group of answers asks for it."""
    clocks = Clock.__table__  # type: ignore[attr-defined]
    return update(clocks).where(clocks.c.program_id == bindparam("program")).values(ver=clocks.c.ver + text("1")).returning(clocks.c.ver)


def _free(session: Session, slug: str) -> None:
    if session.scalar(select(Program.id).where(col(Program.slug) == slug)) is not None:
        raise Conflict("store.program.exists", name=slug)
