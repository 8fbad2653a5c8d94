"""Questions and attributes: what the codes in a response's documents mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store.tables import Question
from cxdash.store.text import checked_code, listed
from cxdash.terms import Direction, Measure

_KINDS = {Measure.COMMENT: "comment", Measure.MULTI: "multi", Measure.ATTRIBUTE: "attribute"}


def list_questions(session: Session, *, program_id: int) -> list[Question]:
    """Questions and attributes in questionnaire order."""
    return list(
        session.scalars(select(Question).where(col(Question.program_id) == program_id).order_by(col(Question.position), col(Question.id)))
    )


def find_question(session: Session, *, program_id: int, code: str) -> Question:
    """By code. NotFound lists the codes that exist."""
    found = session.scalars(select(Question).where(col(Question.program_id) == program_id, col(Question.code) == code)).first()
    if found is None:
        known = session.scalars(select(Question.code).where(col(Question.program_id) == program_id).order_by(col(Question.position)))
        raise NotFound("store.question.unknown", name=code, known=listed(known))
    return found


def save_questions(session: Session, *, program_id: int, questions: Iterable[Question]) -> list[Question]:
    """Adds what is new and extends what is known, by code; returns the stored ones in the order given.

    `questions`: unsaved `Question(code=, measure=, lo=, …)`; program_id and, for new ones, position are set here.
    Known ones: a new measure of the same kind, stage, touchpoint or factor replaces the old; wording is replaced per language; labels
    and options are only added to; headers go in front. Stored answers must keep their meaning, so Conflict when the
    kind ("store.question.kind"), the scale ("store.question.scale"), its direction ("store.question.direction") or the number of a
    multi-response option ("store.question.option") would change. Nothing is saved then once the transaction rolls back.
    """
    known = {q.code: q for q in list_questions(session, program_id=program_id)}
    position = max((q.position for q in known.values()), default=-1) + 1
    saved = []
    for given in questions:
        code = checked_code(given.code)
        if code in known:
            _extend(known[code], given)
        else:
            known[code] = _new(given, code, program_id, position)
            session.add(known[code])
            position += 1
        saved.append(known[code])
    session.flush()
    return saved


def number_options(stored: Sequence[str], texts: Iterable[str]) -> dict[str, int]:
    """Option text -> number for a multi-response question: stored options keep theirs, new ones follow. Numbers begin at 1.

    >>> number_options(["앱", "매장"], ["매장", "전화"])
    {'앱': 1, '매장': 2, '전화': 3}
    """
    numbers = {text: number for number, text in enumerate(stored, 1) if text}
    following = len(stored) + 1
    for text in texts:
        if text not in numbers:
            numbers[text] = following
            following += 1
    return numbers


def _new(given: Question, code: str, program_id: int, position: int) -> Question:
    values = given.model_dump(exclude={"id", "program_id", "position", "code"})
    return Question(**values, program_id=program_id, position=position, code=code)


def _kind(measure: str) -> str:
    return _KINDS.get(Measure(measure), "rating")


def _extend(stored: Question, given: Question) -> None:
    _check(stored, given)
    stored.measure = given.measure
    for field in ("stage_id", "touchpoint_id", "factor_id"):
        if getattr(given, field) is not None:
            setattr(stored, field, getattr(given, field))
    stored.wording = {**stored.wording, **{language: text for language, text in given.wording.items() if text}}
    languages = [*stored.labels, *(language for language in given.labels if language not in stored.labels)]
    stored.labels = {language: {**given.labels.get(language, {}), **stored.labels.get(language, {})} for language in languages}
    stored.options = _options(stored, given)
    stored.headers = list(dict.fromkeys([*given.headers, *stored.headers]))
    if stored.lo is None:
        stored.lo, stored.hi, stored.direction = given.lo, given.hi, given.direction


def _check(stored: Question, given: Question) -> None:
    if _kind(stored.measure) != _kind(given.measure):
        measures = {"stored": Measure(stored.measure), "given": Measure(given.measure)}
        raise Conflict("store.question.kind", fix="store.question.fix", code=stored.code, **measures)
    if stored.lo is None or given.lo is None:
        return
    if (stored.lo, stored.hi) != (given.lo, given.hi):
        scales = {"stored": f"{stored.lo}–{stored.hi}", "given": f"{given.lo}–{given.hi}"}
        raise Conflict("store.question.scale", fix="store.question.fix", code=stored.code, **scales)
    if stored.direction != given.direction:
        ends = {"stored": Direction(stored.direction), "given": Direction(given.direction)}
        raise Conflict("store.question.direction", fix="store.question.fix", code=stored.code, **ends)


def _options(stored: Question, given: Question) -> list[str]:
    """Stored options with the new ones behind. An option's number is its place; a blank place says nothing."""
    merged = list(stored.options)
    for place, text in enumerate(given.options):
        if place >= len(merged):
            merged.append(text)
        elif text and merged[place] and merged[place] != text:
            raise Conflict(
                "store.question.option", fix="store.question.fix", code=stored.code, number=place + 1, stored=merged[place], given=text
            )
        else:
            merged[place] = merged[place] or text
    return merged
