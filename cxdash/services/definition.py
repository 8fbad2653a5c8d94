"""Sharing a programme between installations: its definition out as one file, and in as a new programme, whole or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from sqlmodel import Session

from cxdash.errors import Conflict, FileTooLarge
from cxdash.services import audit
from cxdash.services.access import check_new, program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.programs import DEMO
from cxdash.services.register import slug_of
from cxdash.services.yardsticks import CROSSHAIR, STANDARD
from cxdash.store import benchmarks, journeys, programs, questions, surveys, tables, waves, yardsticks
from cxdash.store.database import Collision, reading, writing
from cxdash.survey import document
from cxdash.survey.definition import Asked, Definition, Factor, Round, Stage, Touchpoint, loads
from cxdash.survey.measuredby import Crosshair, Outside, Standard, strangers

MOST_MB = 20  # of a file; a real programme's is a fifth of one

@dataclass(frozen=True)
class Brought:
    """What an import made: the slug of the new programme, and how much of each."""

    program: str
    stages: int
    questions: int
    waves: int
    surveys: int


def export(deps: Deps, actor: Actor, *, program: str) -> Definition:
    """The programme's journey, questions, figures, waves without answers, the drafts of its surveys, and what its figures are held against.

    Nothing about respondents.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        row = program_of(session, actor, program)
        number = row.id or 0
        journey = _Journey(session, number)
        asked = tuple(journey.asked(question) for question in questions.list_questions(session, program_id=number))
        known = {question.code for question in asked}
        return Definition(
            row.slug, row.name, row.timezone,
            {code: float(weight) for code, weight in row.loyalty.items() if code in known},
            {figure: code for figure, code in row.primary.items() if code in known},
            tuple(journey.stages), asked,
            tuple(Round(w.code, w.name, w.starts, w.ends, w.breaks) for w in waves.list_waves(session, program_id=number)),
            {s.code: document.from_document(s.draft) for s in surveys.list_surveys(session, program_id=number)},
            *_against(session, number, known, journey.stages),
        )  # fmt: skip


def load(actor: Actor, path: Path) -> Definition:
    """The definition in a file. FileError when it is too large or cannot be read as one (with the place of the first fault)."""
    require(actor, Permission.MANAGE_PROGRAM)
    if path.stat().st_size > MOST_MB << 20:
        raise FileTooLarge("sheet.program.large", most=MOST_MB)
    return loads(path.read_text(encoding="utf-8-sig", errors="replace"))


def free_name(deps: Deps, actor: Actor, definition: Definition) -> str:
    """The name the programme can have here: its own when it is free, else with a number behind it."""
    require(actor, Permission.MANAGE_PROGRAM)
    check_new(actor)
    with reading(deps.engine) as session:
        taken = {row.slug for row in programs.list_programs(session)} | {DEMO}
    own = definition.name.get("ko") or next(iter(definition.name.values()), "") or definition.code
    if definition.code not in taken:
        return own
    return next(name for number in range(2, len(taken) + 3) if slug_of(name := f"{own} {number}") not in taken)


def bring(deps: Deps, actor: Actor, definition: Definition, *, name: str = "") -> Brought:
    """A new programme of the definition, called `name` or else as in the file.

    Conflict when a programme of that code exists (nothing is merged or overwritten), or the time zone is unknown.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    check_new(actor)
    if definition.timezone not in available_timezones():
        raise Conflict("sheet.program.timezone", found=definition.timezone)
    own = name.strip()
    slug = definition.code if not own or own in {definition.code, *definition.name.values()} else slug_of(own)
    names = dict(definition.name) if slug == definition.code else {"ko": own, "en": own}
    try:
        with writing(deps.engine) as session:
            if slug == DEMO or any(row.slug == slug for row in programs.list_programs(session)):
                raise Conflict("sheet.program.exists", fix="sheet.program.exists.fix", name=slug)
            _store(session, actor, definition, slug, names)
            audit.record(session, actor, "program.add", f"program:{slug}", after={"surveys": len(definition.surveys)})
    except Collision:  # made by somebody else at the same moment
        raise Conflict("sheet.program.exists", fix="sheet.program.exists.fix", name=slug) from None
    return Brought(slug, len(definition.stages), len(definition.questions), len(definition.waves), len(definition.surveys))


# ---------------------------------------------------------------- out


class _Journey:
    """The stages of a programme with all below them, and which codes an id stands for."""

    def __init__(self, session: Session, program_id: int) -> None:
        self._codes: dict[tuple[str, int | None], str | None] = {}
        self.stages = [self._stage(session, row) for row in journeys.list_stages(session, program_id=program_id)]

    def _stage(self, session: Session, row: tables.Stage) -> Stage:
        self._codes["stage", row.id] = row.code
        inner = tuple(self._touchpoint(session, one) for one in journeys.touchpoints_of(session, stage_id=row.id or 0))
        return Stage(row.code, row.name, row.retired, inner)

    def _touchpoint(self, session: Session, row: tables.Touchpoint) -> Touchpoint:
        self._codes["touchpoint", row.id] = row.code
        factors = journeys.factors_of(session, touchpoint_id=row.id or 0)
        self._codes |= {("factor", one.id): one.code for one in factors}
        return Touchpoint(row.code, row.name, row.domain, row.initiative, tuple(Factor(one.code, one.name) for one in factors))

    def asked(self, row: tables.Question) -> Asked:
        places = (("stage", row.stage_id), ("touchpoint", row.touchpoint_id), ("factor", row.factor_id))
        return Asked(
            row.code, row.measure, row.wording, *(self._codes.get(place) for place in places), row.lo, row.hi, row.direction, row.labels,
            tuple(row.options), tuple(row.headers),
        )


def _against(
    session: Session, program_id: int, questions: Collection[str], stages: Sequence[Stage],
) -> tuple[tuple[Outside, ...], tuple[Standard, ...], tuple[Crosshair, ...]]:
    """Without what is about something that the programme has no more: another installation would refuse it."""
    entered = benchmarks.list_benchmarks(session, program_id=program_id)
    outside = [Outside(b.metric, b.name, b.value, b.n, b.source, b.measured) for b in entered]
    rows = yardsticks.listed(session, program_id=program_id)
    standards = [Standard(r.name, r.document["expected"], r.document["beyond"]) for r in rows if r.kind == STANDARD]
    touchpoints = {f"{stage.code}/{touchpoint.code}" for stage in stages for touchpoint in stage.touchpoints}
    codes = {stage.code for stage in stages}
    gone = {found for _, found in strangers(outside, standards, stages=codes, touchpoints=touchpoints, questions=questions)}
    crosshairs = [Crosshair(r.name, r.document["importance"], r.document["performance"], tuple(r.document["items"]))
                  for r in rows if r.kind == CROSSHAIR]  # fmt: skip
    return tuple(b for b in outside if b.metric not in gone), tuple(s for s in standards if s.stage not in gone), tuple(crosshairs)


# ---------------------------------------------------------------- in


def _store(session: Session, actor: Actor, definition: Definition, slug: str, names: Mapping[str, str]) -> None:
    row = programs.add_program(
        session, slug=slug, name=names, timezone=definition.timezone, loyalty=definition.loyalty, primary=definition.primary
    )
    number = row.id or 0
    ids = _places(session, number, definition.stages)
    questions.save_questions(session, program_id=number, questions=[_question(one, ids) for one in definition.questions])
    for wave in definition.waves:
        made = waves.ensure_wave(session, program_id=number, code=wave.code, name=wave.name or None, starts=wave.starts, ends=wave.ends)
        made.breaks = wave.breaks
    for code, form in definition.surveys.items():
        surveys.add_survey(session, program_id=number, code=code, name=form.title, draft=document.to_document(form), by=actor.name)
    for one in definition.benchmarks:
        benchmarks.save(session, program_id=number, metric=one.metric, name=one.name, value=one.value, n=one.n, source=one.source,
                        measured=one.measured, by=actor.name)  # fmt: skip
    for level in definition.standards:
        levels = {"expected": level.expected, "beyond": level.beyond}
        yardsticks.save(session, program_id=number, kind=STANDARD, name=level.stage, document=levels, by=actor.name)
    for lines in definition.crosshairs:
        kept = {"importance": lines.importance, "performance": lines.performance, "items": list(lines.items)}
        yardsticks.save(session, program_id=number, kind=CROSSHAIR, name=lines.chart, document=kept, by=actor.name)
    session.flush()


def _places(session: Session, program_id: int, stages: Iterable[Stage]) -> dict[tuple[str, ...], int]:
    """Ids of stages, touchpoints and factors by their path of codes."""
    ids: dict[tuple[str, ...], int] = {}
    for stage in stages:
        row = journeys.add_stage(session, program_id=program_id, code=stage.code, name=dict(stage.name))
        row.retired = stage.retired
        ids[stage.code,] = row.id or 0
        for touchpoint in stage.touchpoints:
            path = (stage.code, touchpoint.code)
            ids[path] = journeys.add_touchpoint(
                session, stage_id=ids[stage.code,], code=touchpoint.code, name=dict(touchpoint.name), domain=touchpoint.domain,
                initiative=touchpoint.initiative,
            ).id or 0  # fmt: skip
            for factor in touchpoint.factors:
                made = journeys.add_factor(session, touchpoint_id=ids[path], code=factor.code, name=dict(factor.name))
                ids[*path, factor.code] = made.id or 0
    return ids


def _question(asked: Asked, ids: Mapping[tuple[str, ...], int]) -> tables.Question:
    path = tuple(code for code in (asked.stage, asked.touchpoint, asked.factor) if code)
    return tables.Question(
        program_id=0, code=asked.code, measure=asked.measure, wording=dict(asked.wording), lo=asked.lo, hi=asked.hi,
        direction=asked.direction, labels={language: dict(texts) for language, texts in asked.labels.items()}, options=list(asked.options),
        headers=list(asked.headers), stage_id=ids.get(path[:1]), touchpoint_id=ids.get(path[:2]) if path[1:] else None,
        factor_id=ids.get(path) if path[2:] else None,
    )  # fmt: skip
