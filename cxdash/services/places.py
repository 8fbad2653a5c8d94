"""Stages, touchpoints and factors as places where something was asked: which questions rate the same thing in different measures."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxdash.facts.rules import KINDS, placed_items
from cxdash.services.catalog import Catalog, QuestionInfo, TouchpointInfo
from cxdash.terms import Measure, plain

# Words that say in which measure something is rated; what is left of a wording is what it is about.
_MEASURED = re.compile(
    r"얼마나|중요(도|하|한|성)?|만족(도|하|스럽)?|기대(수준|치|하|했)?|실행\s*(수준|도)?|경험\s*수준|수준|정도|감정|느낌|느끼|평가|"
    r"\b(importan\w*|satisf\w*|expect\w*|perform\w*|experienced?|emotion\w*|feel\w*|felt|rating|level)\b|"
    r"\b(how|is|was|were|are|did|do|you|your|with)\b"
)
_OPEN = re.compile(r"[^\w가-힣]+|(?<=[가-힣])(하셨나요|하신가요|하십니까|셨나요|신가요|나요|한가요|은|는|이|가|을|를|의|에|도)(?=\W|$)")
_LAST = re.compile(r"[\W_]?[A-Za-z0-9]+$")  # the last part of a code: "Q1_IMP", "1-2"


def place_of(question: QuestionInfo) -> tuple[str | None, int | None, int | None]:
    """Stage, touchpoint and factor of a question: what asks about the same thing has the same."""
    return question.stage, question.touchpoint_id, question.factor_id


def partner(catalog: Catalog, question: QuestionInfo, measure: Measure) -> QuestionInfo | None:
    """The one question that asks the same thing in another measure; None where there is none, or where it is not clear which.

    The same factor, touchpoint or stage. Where several are asked there, or nobody said where: the same wording without the words of
    the measure, or the same code up to its last part ("12-1" expected, "12-2" experienced).
    """
    here = [q for q in catalog.ratings if q.measure is measure and place_of(q) == place_of(question)]
    rivals = [q for q in catalog.ratings if q.measure is question.measure and place_of(q) == place_of(question)]
    if len(here) == len(rivals) == 1 and question.stage is not None:
        return here[0]
    for told in (_subjects, _stems):
        same = [q for q in here if told(q) & told(question)]
        if len(same) == 1 and sum(bool(told(q) & told(same[0])) for q in rivals) == 1:
            return same[0]
    return None


def _subjects(question: QuestionInfo) -> frozenset[str]:
    return frozenset(left for text in question.wording.values() if (left := _OPEN.sub("", _MEASURED.sub("", plain(text)))))


def _stems(question: QuestionInfo) -> frozenset[str]:
    stem = _LAST.sub("", question.code)
    return frozenset([stem] if stem else [])


def items_at(catalog: Catalog, what: str, place: str) -> tuple[QuestionInfo, ...]:
    """The questions behind the index "WHAT:PLACE" of facts. place: "stage:CODE" or "touchpoint:STAGE/CODE"."""
    kind, _, code = place.partition(":")
    if kind == "stage":
        return placed_items((q for q in catalog.ratings if q.stage == code), what, stage=True)
    at = next((t.id for t in catalog.touchpoints if t.key == code), None)
    return placed_items((q for q in catalog.ratings if at is not None and q.touchpoint_id == at), what, stage=False)


def experienced(catalog: Catalog) -> tuple[QuestionInfo, ...]:
    """The questions that say how something was: rated as performance, else as satisfaction where performance was not asked there."""
    found: list[QuestionInfo] = []
    asked = {place_of(q) for q in catalog.ratings if q.measure is Measure.PERFORMANCE}
    for question in catalog.ratings:
        if question.measure is Measure.PERFORMANCE or (question.measure is Measure.SATISFACTION and place_of(question) not in asked):
            found.append(question)
    return tuple(found)


def asks(catalog: Catalog, measure: Measure) -> bool:
    """Whether any rating of the programme is of this measure."""
    return any(q.measure is measure for q in catalog.ratings)


def in_order(catalog: Catalog, questions: Iterable[QuestionInfo]) -> tuple[QuestionInfo, ...]:
    """In journey order; what belongs to no stage comes last."""
    order = {s.code: i for i, s in enumerate(catalog.stages)}
    return tuple(sorted(questions, key=lambda q: order.get(str(q.stage), len(order))))


def touchpoint_of(catalog: Catalog, question: QuestionInfo) -> TouchpointInfo | None:
    return next((t for t in catalog.touchpoints if t.id == question.touchpoint_id), None)


def kinds_measured(catalog: Catalog, part: str) -> dict[str, int]:
    """Kind of touchpoint ("active" …) -> how many touchpoints of it have a satisfaction question. part: "initiative" or "domain"."""
    sizes = dict.fromkeys(KINDS[part], 0)
    for touchpoint in catalog.touchpoints:
        kind = getattr(touchpoint, part)
        if kind in sizes and catalog.touchpoint_questions(touchpoint.key):
            sizes[kind] += 1
    return {kind: n for kind, n in sizes.items() if n}
