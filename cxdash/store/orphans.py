"""Questions, stages and touchpoints that nothing speaks of any more after an import was taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from typing import Any

from sqlalchemy import exists, or_, select
from sqlmodel import Session, col

from cxdash.store.benchmark_tables import Benchmark
from cxdash.store.collect_tables import Contact, Link, Round, Survey, SurveyVersion
from cxdash.store.tables import Import, Layer, Pin, Question, Response, Stage, Target, Touchpoint, Weighting, Yardstick

DONE = "done"


def governed(session: Session, *, program_id: int, besides: int) -> set[str]:
    """Codes that another import of the programme governs, which was not taken back."""
    query = select(Import.codes).where(col(Import.program_id) == program_id, col(Import.id) != besides, col(Import.state) == DONE)
    return {code for codes in session.scalars(query) for code in codes}


def asked(session: Session, *, program_id: int) -> tuple[set[str], set[str]]:
    """(codes of questions, codes of stages) in any questionnaire of the programme, draft or published."""
    drafts = session.scalars(select(Survey.draft).where(col(Survey.program_id) == program_id))
    versions = session.scalars(
        select(SurveyVersion.document)
        .join(Survey, col(Survey.id) == col(SurveyVersion.survey_id))
        .where(col(Survey.program_id) == program_id)
    )
    questions: set[str] = set()
    stages: set[str] = set()
    for document in (*drafts, *versions):
        questions |= {str(q.get("code")) for q in document.get("questions", ())}
        stages |= {str(s.get("code")) for s in document.get("stages", ())}
    return questions, stages


def mentioned(session: Session, *, program_id: int) -> str:
    """All else that may name a question, a stage or an attribute, as one text: targets, benchmarks, yardsticks, pins, weighting, quota,
    links."""
    told: list[Any] = [(t.figure, t.attribute) for t in session.scalars(select(Target).where(col(Target.program_id) == program_id))]
    told += list(session.scalars(select(Benchmark.metric).where(col(Benchmark.program_id) == program_id)))
    told += [(p.metric, p.view, p.wheres) for p in session.scalars(select(Pin).where(col(Pin.program_id) == program_id))]
    told += [w.targets for w in session.scalars(select(Weighting).where(col(Weighting.program_id) == program_id))]
    told += [(y.name, y.document) for y in session.scalars(select(Yardstick).where(col(Yardstick.program_id) == program_id))]
    mine = select(Survey.id).where(col(Survey.program_id) == program_id)
    told += list(session.scalars(select(Round.quota).where(col(Round.survey_id).in_(mine))))
    told += list(session.scalars(select(Link.attributes).where(col(Link.survey_id).in_(mine))))
    return json.dumps(told, ensure_ascii=False, default=str)


def has_contacts(session: Session, *, program_id: int) -> bool:
    """Whether customers are kept, whose attributes nobody reads here."""
    return bool(session.scalar(select(exists().where(col(Contact.program_id) == program_id))))


def answered(session: Session, *, program_id: int, codes: Iterable[str]) -> set[str]:
    """Those of the codes that a response has which a form or a machine spoke about. What only imports said, their codes tell."""
    spoken = or_(
        col(Response.import_id).is_(None),
        exists().where(col(Layer.response_id) == col(Response.id), col(Layer.import_id).is_(None)),
    )
    here = select(col(Response.id)).where(col(Response.program_id) == program_id, spoken)
    if session.scalar(here.limit(1)) is None:
        return set()
    found = set()
    for code in codes:
        has = or_(*(column[code].as_string().is_not(None) for column in (Response.answers, Response.attributes)))  # type: ignore[index]
        if session.scalar(here.where(has).limit(1)) is not None:
            found.add(code)
    return found


def drop(session: Session, *, program_id: int, codes: Set[str], stages: Set[str]) -> int:
    """Deletes the questions, and the touchpoints and stages that only they stood at. stages: codes that stay. How many questions."""
    gone = list(session.scalars(select(Question).where(col(Question.program_id) == program_id, col(Question.code).in_(list(codes)))))
    left = {(q.stage_id, q.touchpoint_id) for q in session.scalars(select(Question).where(col(Question.program_id) == program_id))
            if q.code not in codes}  # fmt: skip
    for question in gone:
        session.delete(question)
    session.flush()
    aimed = {t.stage_id for t in session.scalars(select(Target).where(col(Target.program_id) == program_id))}
    empty = {q.stage_id for q in gone if q.stage_id is not None} - {stage for stage, _ in left} - aimed
    bare = {q.touchpoint_id for q in gone if q.touchpoint_id}
    for touchpoint in session.scalars(select(Touchpoint).where(col(Touchpoint.id).in_(bare))):
        stage = session.get(Stage, touchpoint.stage_id)
        if touchpoint.id not in {t for _, t in left} and stage is not None and stage.code not in stages:
            session.delete(touchpoint)
    session.flush()
    for stage in session.scalars(select(Stage).where(col(Stage.id).in_(empty))):
        if stage.code not in stages:
            session.delete(stage)
    session.flush()
    return len(gone)
