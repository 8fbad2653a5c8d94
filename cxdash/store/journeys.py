"""The customer journey: stages, their touchpoints, and the factors rated there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from sqlalchemy import func, select
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store.tables import Factor, Question, Stage, Touchpoint
from cxdash.store.text import checked_code, listed
from cxdash.terms import plain

Names = Mapping[str, str]


class _Named(Protocol):
    code: str
    name: dict[str, str]


T = TypeVar("T", bound=_Named)


def list_stages(session: Session, *, program_id: int) -> list[Stage]:
    """In journey order, retired ones included."""
    return list(session.scalars(select(Stage).where(col(Stage.program_id) == program_id).order_by(col(Stage.position), col(Stage.id))))


def list_touchpoints(session: Session, *, program_id: int) -> list[Touchpoint]:
    """In journey order."""
    query = select(Touchpoint).join(Stage, col(Stage.id) == col(Touchpoint.stage_id)).where(col(Stage.program_id) == program_id)
    return list(session.scalars(query.order_by(col(Stage.position), col(Stage.id), col(Touchpoint.position), col(Touchpoint.id))))


def list_factors(session: Session, *, program_id: int) -> list[Factor]:
    """In journey order."""
    query = (
        select(Factor)
        .join(Touchpoint, col(Touchpoint.id) == col(Factor.touchpoint_id))
        .join(Stage, col(Stage.id) == col(Touchpoint.stage_id))
    )
    order = (col(Stage.position), col(Stage.id), col(Touchpoint.position), col(Touchpoint.id), col(Factor.position), col(Factor.id))
    return list(session.scalars(query.where(col(Stage.program_id) == program_id).order_by(*order)))


def touchpoints_of(session: Session, *, stage_id: int) -> list[Touchpoint]:
    """Touchpoints of one stage, in order."""
    query = select(Touchpoint).where(col(Touchpoint.stage_id) == stage_id).order_by(col(Touchpoint.position), col(Touchpoint.id))
    return list(session.scalars(query))


def factors_of(session: Session, *, touchpoint_id: int) -> list[Factor]:
    """Factors of one touchpoint, in order."""
    query = select(Factor).where(col(Factor.touchpoint_id) == touchpoint_id).order_by(col(Factor.position), col(Factor.id))
    return list(session.scalars(query))


def add_stage(session: Session, *, program_id: int, code: str, name: Names, position: int | None = None) -> Stage:
    """A new stage, at the end unless `position` says otherwise. Conflict when the code is taken."""
    known = list_stages(session, program_id=program_id)
    made = Stage(program_id=program_id, code=_free(code, known), name=dict(name), position=_next(known) if position is None else position)
    return _added(session, made)


def add_touchpoint(
    session: Session,
    *,
    stage_id: int,
    code: str,
    name: Names,
    domain: str | None = None,
    initiative: str | None = None,
    position: int | None = None,
) -> Touchpoint:
    """A new touchpoint of a stage. Conflict when the stage has the code already."""
    known = list(session.scalars(select(Touchpoint).where(col(Touchpoint.stage_id) == stage_id)))
    at = _next(known) if position is None else position
    return _added(
        session, Touchpoint(stage_id=stage_id, code=_free(code, known), name=dict(name), domain=domain, initiative=initiative, position=at)
    )


def add_factor(session: Session, *, touchpoint_id: int, code: str, name: Names, position: int | None = None) -> Factor:
    """A new factor of a touchpoint. Conflict when the touchpoint has the code already."""
    known = list(session.scalars(select(Factor).where(col(Factor.touchpoint_id) == touchpoint_id)))
    at = _next(known) if position is None else position
    return _added(session, Factor(touchpoint_id=touchpoint_id, code=_free(code, known), name=dict(name), position=at))


def ensure_stage(session: Session, *, program_id: int, code: str, name: Names | str | None = None) -> Stage:
    """The stage with this code, else with this name in any language (blanks and case aside), else a new one at the end.

    A text as `name` stands for both languages; without one the code is the name.
    """
    known = list_stages(session, program_id=program_id)
    return _find(known, code, name) or add_stage(session, program_id=program_id, code=code, name=_names(code, name))


def ensure_touchpoint(session: Session, *, stage_id: int, code: str, name: Names | str | None = None) -> Touchpoint:
    """The touchpoint of this stage by code, else by name, else a new one at its end."""
    known = list(session.scalars(select(Touchpoint).where(col(Touchpoint.stage_id) == stage_id)))
    return _find(known, code, name) or add_touchpoint(session, stage_id=stage_id, code=code, name=_names(code, name))


def find_stage(session: Session, *, program_id: int, code: str) -> Stage:
    """By code, else by name. NotFound lists the codes."""
    known = list_stages(session, program_id=program_id)
    found = _find(known, code, None)
    if found is None:
        raise NotFound("store.stage.unknown", name=code, known=listed(s.code for s in known))
    return found


def retire_stage(session: Session, *, stage_id: int, retired: bool = True) -> None:
    """Hides a stage from the journey; its questions and answers stay."""
    stage = session.get(Stage, stage_id)
    if stage is None:
        raise NotFound("store.stage.unknown", name=str(stage_id), known=listed(()))
    stage.retired = retired
    session.flush()


def questions_of(session: Session, *, stage_id: int) -> int:
    """How many questions point to the stage."""
    return int(session.scalar(select(func.count()).select_from(Question).where(col(Question.stage_id) == stage_id)) or 0)


def _find(known: Iterable[T], code: str, name: Names | str | None) -> T | None:
    known = list(known)
    wanted = {plain(text) for text in (code, *_names(code, name).values())}
    by_code = (thing for thing in known if thing.code == code.strip())
    by_name = (thing for thing in known if wanted & {plain(text) for text in (thing.code, *thing.name.values())})
    return next(by_code, None) or next(by_name, None)


def _names(code: str, name: Names | str | None) -> dict[str, str]:
    if isinstance(name, Mapping):
        return dict(name)
    return {"ko": name or code, "en": name or code}


def _next(known: Iterable[Stage | Touchpoint | Factor]) -> int:
    return max((thing.position for thing in known), default=-1) + 1


def _free(code: str, known: Iterable[_Named]) -> str:
    code = checked_code(code)
    if any(thing.code == code for thing in known):
        raise Conflict("store.journey.exists", code=code)
    return code


def _added(session: Session, thing: T) -> T:
    session.add(thing)
    session.flush()
    return thing
