"""Surveys of a programme: drafts that nobody overwrites by accident, versions that never change, waves in which they collect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.services import audit
from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.questionnaire import apart, ensure_attributes, register
from cxdash.store import links, programs, questions, surveys, waves
from cxdash.store.collect_tables import Survey
from cxdash.store.database import Collision, reading, writing
from cxdash.store.surveys import Cell
from cxdash.store.tables import Program
from cxdash.survey import document
from cxdash.survey.changes import Change, compare
from cxdash.survey.check import ERROR, check
from cxdash.survey.form import Form


@dataclass(frozen=True)
class SurveyInfo:
    """state: draft, published, closed. version: of the newest published form, 0 before the first."""

    id: int
    code: str
    name: Mapping[str, str]
    state: str
    rev: int
    version: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True)
class Draft:
    """The form being edited; `info.rev` goes back with the next save."""

    info: SurveyInfo
    form: Form


@dataclass(frozen=True)
class Published:
    """breaks: changes that broke the trend. renamed: questions that got a new code because their answers mean something else now."""

    version: int
    wave: str | None
    breaks: tuple[Change, ...]
    renamed: Mapping[str, str]


def list_surveys(deps: Deps, actor: Actor, *, program: str) -> tuple[SurveyInfo, ...]:
    """In the order they were made."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        heads = surveys.list_heads(session, program_id=owner.id or 0)
        return tuple(
            SurveyInfo(h.id, h.code, h.name, h.state, h.draft_rev, h.version, h.updated_at, h.updated_by) for h in heads
        )


def create(deps: Deps, actor: Actor, *, program: str, code: str, form: Form) -> SurveyInfo:
    """A new survey whose draft is the form. Conflict when the code is taken, or the programme is the demo."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        owner = _own(session, actor, program)
        row = surveys.add_survey(
            session, program_id=owner.id or 0, code=code, name=form.title, draft=document.to_document(form), by=actor.name
        )
        audit.record(session, actor, "survey.create", f"survey:{row.id}", after={"program": owner.slug, "code": code})
        return _info(session, row)


def draft(deps: Deps, actor: Actor, *, program: str, code: str) -> Draft:
    """The draft as it was last saved."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        row = _find(session, actor, program, code)
        return Draft(_info(session, row), document.from_document(row.draft))


def save(deps: Deps, actor: Actor, *, program: str, code: str, rev: int, form: Form) -> int:
    """Keeps the draft when nobody saved since revision `rev`; returns the new revision. Conflict says who did, and keeps theirs."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        return surveys.save_draft(
            session, survey_id=row.id or 0, rev=rev, draft=document.to_document(form), name=form.title, by=actor.name
        )


def published(deps: Deps, actor: Actor, *, program: str, code: str) -> Form | None:
    """The newest published form, or None."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        newest = surveys.newest_version(session, survey_id=_find(session, actor, program, code).id or 0)
        return document.from_document(newest.document) if newest else None


def changes(deps: Deps, actor: Actor, *, program: str, code: str) -> tuple[Change, ...]:
    """What publishing the draft would change against the newest version; nothing before the first."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        row = _find(session, actor, program, code)
        newest = surveys.newest_version(session, survey_id=row.id or 0)
        return compare(document.from_document(newest.document), document.from_document(row.draft)) if newest else ()


def publish(
    deps: Deps, actor: Actor, *, program: str, code: str, rev: int, wave: str | None = None, reason: str = "", most_tries: int = 3
) -> Published:
    """Makes the draft of revision `rev` the next version, and the programme knows its journey and questions from then on.

    wave: where it collects next, made when missing. When the draft breaks the trend (compare) a wave must be named that the version
    before has not collected in: it gets the break marker, with `reason` or else the codes of the changed questions.
    Conflict: the draft was saved meanwhile, it has faults ("service.survey.faulty"), or the wave does not fit.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    for attempt in range(most_tries):
        try:
            with writing(deps.engine) as session:
                done = _publish(session, actor, program, code, rev, wave, reason)
                audit.record(session, actor, "survey.publish", f"survey:{code}", after={"program": program, "rev": rev})
                return done
        except Collision:  # another publication or import made the same row at the same moment
            if attempt + 1 == most_tries:
                raise Conflict("service.import.busy") from None
    raise AssertionError


def close(deps: Deps, actor: Actor, *, program: str, code: str) -> None:
    """No link of the survey is answered any more."""
    _set_state(deps, actor, program, code, surveys.CLOSED)


def reopen(deps: Deps, actor: Actor, *, program: str, code: str) -> None:
    """Closed links are answered again. Conflict when it was never published."""
    _set_state(deps, actor, program, code, surveys.PUBLISHED)


def delete(deps: Deps, actor: Actor, *, program: str, code: str) -> None:
    """The survey with its links and visits. Responses stay with the programme."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        surveys.delete_survey(session, survey_id=_find(session, actor, program, code).id or 0)
        audit.record(session, actor, "survey.delete", f"survey:{code}", before={"program": program})


def set_round(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, opens_at: datetime | None = None, closes_at: datetime | None = None,
    quota: Sequence[Cell] = (), languages: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """When, how much and in which languages the survey collects in a wave; the wave is made when missing."""
    require(actor, Permission.MANAGE_PROGRAM)
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise Conflict("service.survey.times")
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        programs.tick(session, program_id=row.program_id)  # finishing visits wait: the counters are counted anew
        made = waves.ensure_wave(session, program_id=row.program_id, code=wave)
        surveys.save_round(
            session, survey_id=row.id or 0, wave_id=made.id or 0, opens_at=opens_at, closes_at=closes_at, quota=quota, languages=languages
        )
        audit.record(session, actor, "survey.round", f"survey:{row.id}", after={"wave": wave, "quota": len(quota)})


def add_link(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, kind: str, label: str = "",
    attributes: Mapping[str, str] | None = None, channel: str | None = None, **times: Any,
) -> tuple[int, str | None]:  # fmt: skip
    """(id, token) of a new link; attributes it fills become attributes of the programme. times: opens_at, closes_at, languages."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        programs.tick(session, program_id=row.program_id)
        ensure_attributes(session, program_id=row.program_id, keys=[*(attributes or {})])
        made = waves.ensure_wave(session, program_id=row.program_id, code=wave)
        link = links.add_link(
            session, survey_id=row.id or 0, wave_id=made.id or 0, kind=kind, label=label, attributes=attributes, channel=channel, **times
        )
        return link.id or 0, link.token


# ---------------------------------------------------------------- inside

_OTHER_ANSWERS = ("labels", "option_meaning")  # breaks after which the same stored number would mean something else



def _publish(session: Session, actor: Actor, program: str, code: str, rev: int, wave: str | None, reason: str) -> Published:
    row = _find(session, actor, program, code)
    programs.tick(session, program_id=row.program_id)  # taken first: imports and publications follow one another
    session.refresh(row)
    if row.draft_rev != rev:
        raise Conflict("store.survey.changed", fix="store.survey.changed.fix", by=row.updated_by or "–", rev=row.draft_rev)
    form = document.from_document(row.draft)
    if faults := [issue for issue in check(form) if issue.level == ERROR]:
        raise Conflict("service.survey.faulty", n=len(faults))
    newest = surveys.newest_version(session, survey_id=row.id or 0)
    breaks = tuple(c for c in compare(document.from_document(newest.document), form) if not c.harmless) if newest else ()
    stored = questions.list_questions(session, program_id=row.program_id)
    moved = {c.question for c in breaks if c.kind in _OTHER_ANSWERS}
    form, renamed = apart(form, stored, number=newest.number + 1 if newest else 1, moved=moved)
    marked = _mark(session, row, wave, breaks, reason)
    coding = register(session, program_id=row.program_id, form=form, renamed=renamed, before=newest.coding if newest else {})
    made = surveys.add_version(
        session, survey_id=row.id or 0, document=document.to_document(form), coding=coding,
        breaks=[{"kind": str(c.kind), "question": c.question} for c in breaks], by=actor.name,
    )  # fmt: skip
    if renamed:
        draft = document.to_document(form)
        surveys.save_draft(session, survey_id=row.id or 0, rev=rev, draft=draft, name=form.title, by=actor.name)
    return Published(made.number, marked, breaks, renamed)


def _mark(session: Session, row: Survey, wave: str | None, breaks: Sequence[Change], reason: str) -> str | None:
    """The wave of a publication; with the break marker when the trend breaks."""
    if wave is None:
        if breaks:
            raise Conflict("service.survey.break_needs_wave", fix="service.survey.break_needs_wave.fix")
        return None
    made = waves.ensure_wave(session, program_id=row.program_id, code=wave)
    if breaks:
        if surveys.responses_of(session, survey_id=row.id or 0, wave_id=made.id or 0):
            raise Conflict("service.survey.break_in_wave", fix="service.survey.break_needs_wave.fix", wave=made.code)
        made.breaks = reason.strip() or ", ".join(dict.fromkeys(c.question for c in breaks if c.question)) or "v"
    surveys.ensure_round(session, survey_id=row.id or 0, wave_id=made.id or 0)
    return made.code


def _set_state(deps: Deps, actor: Actor, program: str, code: str, state: str) -> None:
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        if surveys.newest_version(session, survey_id=row.id or 0) is None:
            raise Conflict("service.survey.never_published")
        surveys.set_state(session, survey_id=row.id or 0, state=state)
        audit.record(session, actor, "survey.state", f"survey:{row.id}", after={"state": state})


def _own(session: Session, actor: Actor, program: str) -> Program:
    owner = program_of(session, actor, program)
    if owner.demo:
        raise Conflict("service.import.demo")
    return owner


def _find(session: Session, actor: Actor, program: str, code: str) -> Survey:
    owner = program_of(session, actor, program)
    return surveys.find_survey(session, program_id=owner.id or 0, code=code)


def _info(session: Session, row: Survey) -> SurveyInfo:
    newest = surveys.newest_version(session, survey_id=row.id or 0)
    return SurveyInfo(
        row.id or 0, row.code, row.name, row.state, row.draft_rev, newest.number if newest else 0, row.updated_at, row.updated_by
    )
