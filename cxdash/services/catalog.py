"""What a programme consists of, as plain frozen data: every figure and every screen starts from a `Catalog`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session

from cxdash.errors import NotFound
from cxdash.facts.question import SOURCE, STAGE, TOUCHPOINT, WAVE, attribute_name
from cxdash.facts.specs import CARELESS
from cxdash.facts.rules import STAGE_MEASURES, default_loyalty, stage_items, touchpoint_items
from cxdash.store import journeys, programs, questions, tables, waves
from cxdash.store.text import listed
from cxdash.terms import Direction, Measure, Scale, plain

T = TypeVar("T")
Text = Mapping[str, str]  # language -> text


@dataclass(frozen=True)
class StageInfo:
    id: int
    code: str
    name: Text


@dataclass(frozen=True)
class TouchpointInfo:
    """key: "STAGE/CODE", what filters and indices call it."""

    id: int
    stage: str
    key: str
    name: Text
    domain: str | None = None
    initiative: str | None = None


@dataclass(frozen=True)
class FactorInfo:
    id: int
    touchpoint_id: int
    code: str
    name: Text


@dataclass(frozen=True)
class QuestionInfo:
    """A question. scale is set for ratings; options for multi-response (numbered from 1)."""

    code: str
    measure: Measure
    wording: Text
    scale: Scale | None = None
    stage: str | None = None
    touchpoint_id: int | None = None
    factor_id: int | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """The names facts counts this question under: itself, or one 0/1 name per option of a multi-response."""
        if self.scale is not None:
            return (self.code,)
        return tuple(f"{self.code}#{i}" for i in range(1, len(self.options) + 1))


@dataclass(frozen=True)
class AttributeInfo:
    key: str
    wording: Text
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # language -> value -> label
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaveInfo:
    id: int
    code: str
    name: Text
    breaks: str = ""


@dataclass(frozen=True)
class Catalog:
    """One programme: its journey, questions, attributes and waves (in order), and which question is behind which figure."""

    id: int
    slug: str
    name: Text
    timezone: str
    demo: bool
    stages: tuple[StageInfo, ...]
    questions: tuple[QuestionInfo, ...]
    attributes: tuple[AttributeInfo, ...]
    waves: tuple[WaveInfo, ...]
    loyalty: Mapping[str, float]
    primary: Mapping[str, str]
    touchpoints: tuple[TouchpointInfo, ...] = ()
    factors: tuple[FactorInfo, ...] = ()
    hidden: tuple[str, ...] = ()  # keys of attributes that name a person, and are left out here

    def today(self) -> date:
        """The day it is in the programme's time zone."""
        return datetime.now(ZoneInfo(self.timezone)).date()

    @cached_property
    def ratings(self) -> tuple[QuestionInfo, ...]:
        return tuple(q for q in self.questions if q.scale is not None)

    def question(self, name: str) -> QuestionInfo:
        """By code, else by wording or a header it came under. NotFound lists the codes."""
        return _named(name, self.questions, lambda q: (q.code, *q.wording.values(), *q.headers), "service.question_not_found",
                      [q.code for q in self.questions])

    def attribute(self, name: str) -> AttributeInfo:
        return _named(
            name,
            self.attributes,
            lambda a: (a.key, attribute_name(a.key), *a.wording.values(), *a.headers),
            "service.attribute_not_found",
            [a.key for a in self.attributes],
        )

    def behind(self, figure: str) -> QuestionInfo | None:
        """The question behind "nps", "csat" or "effort": the programme's choice, else the first that fits."""
        return self._behind.get(figure)

    @cached_property
    def _behind(self) -> Mapping[str, QuestionInfo | None]:
        found: dict[str, QuestionInfo | None] = {}
        for figure in ("nps", "csat", "effort"):
            fits = [q for q in self.ratings if _fits(figure, q)]
            found[figure] = next((q for q in fits if q.code == self.primary.get(figure)), fits[0] if fits else None)
        return found

    @cached_property
    def recommend_refused(self) -> QuestionInfo | None:
        """A recommend item that NPS may not be computed from, when there is no proper one."""
        if self.behind("nps") is not None:
            return None
        return next((q for q in self.ratings if q.measure is Measure.RECOMMEND), None)

    @cached_property
    def loyalty_items(self) -> Mapping[str, float]:
        """Items and weights of the loyalty index; empty when fewer than two of its items are asked."""
        return self.loyalty or default_loyalty(self.ratings)

    def stage_questions(self, stage: str) -> tuple[QuestionInfo, ...]:
        """Satisfaction items of a stage: the item about the whole stage when there is one, else all of its items."""
        return stage_items(q for q in self.ratings if q.stage == stage)

    def touchpoint_questions(self, key: str) -> tuple[QuestionInfo, ...]:
        """Satisfaction items of a touchpoint: the item about the whole of it when there is one, else all of its items."""
        found = next((t for t in self.touchpoints if t.key == key), None)
        return touchpoint_items(q for q in self.ratings if found is not None and q.touchpoint_id == found.id)

    def rated(self, question: QuestionInfo) -> bool:
        """Whether an answer to it shows that its stage or touchpoint was experienced."""
        return question.scale is not None and question.measure in STAGE_MEASURES

    def name_of(self, attribute: AttributeInfo) -> str:
        """What filters and links call an attribute: its key, spelled out ("a:wave") where that means something else there."""
        taken = attribute.key in (WAVE, SOURCE, STAGE, TOUCHPOINT, CARELESS) or attribute.key.startswith(attribute_name(""))
        return attribute_name(attribute.key) if taken else attribute.key

    def named(self, name: str) -> AttributeInfo | None:
        """The attribute behind a name of `name_of`."""
        return next((a for a in self.attributes if self.name_of(a) == name), None)


def _fits(figure: str, question: QuestionInfo) -> bool:
    if question.scale is None:
        return False
    match figure:
        case "nps":
            return question.measure is Measure.RECOMMEND and question.scale.is_nps
        case "csat":
            return question.measure is Measure.OVERALL
        case "effort":
            return question.measure is Measure.EFFORT
    return False


def _named(name: str, things: Sequence[T], names: Callable[[T], Iterable[str]], key: str, known: list[str]) -> T:
    wanted = plain(name)
    for thing in things:
        if getattr(thing, "code", getattr(thing, "key", None)) == name:
            return thing
    for thing in things:
        if wanted in {plain(text) for text in names(thing)}:
            return thing
    raise NotFound(key, name=name, known=", ".join(known))


def _question(row: tables.Question, stages: Mapping[int, str]) -> QuestionInfo:
    scale = None
    if row.lo is not None and row.hi is not None:
        printed = next(iter(row.labels.values()), {})
        scale = Scale(row.lo, row.hi, Direction(row.direction), {int(k): v for k, v in printed.items()})
    return QuestionInfo(
        code=row.code, measure=Measure(row.measure), wording=row.wording, scale=scale, stage=stages.get(row.stage_id or 0),
        touchpoint_id=row.touchpoint_id, factor_id=row.factor_id, labels=row.labels, options=tuple(row.options), headers=tuple(row.headers),
    )


def natural(text: str) -> list[object]:
    """Sort key under which "2회" comes before "10회" and 2017 before 2019."""
    return [int(part) if part.isdigit() else part.casefold() for part in re.split(r"(\d+)", text)]


def find(session: Session, name: str) -> tables.Program | None:
    """The programme with this slug, else with this name in any language (blanks and case aside), or None."""
    rows = programs.list_programs(session)
    wanted = plain(name)
    by_slug = next((row for row in rows if row.slug == name), None)
    return by_slug or next((row for row in rows if wanted in {plain(row.slug), *(plain(text) for text in row.name.values())}), None)


def load_catalog(session: Session, program: str | int) -> Catalog:
    """The programme called `program` (slug, name, or its id as a number). NotFound lists those that exist."""
    row = find(session, program) if isinstance(program, str) else programs.find_program(session, slug_or_id=program)
    if row is None:
        raise NotFound("service.program_not_found", name=program, known=listed(p.slug for p in programs.list_programs(session)))
    assert row.id is not None
    stages = journeys.list_stages(session, program_id=row.id)
    by_id = {s.id: s.code for s in stages if s.id is not None}
    rows = questions.list_questions(session, program_id=row.id)
    ordered = sorted(waves.list_waves(session, program_id=row.id), key=lambda w: (str(w.starts or ""), natural(w.code)))
    return Catalog(
        id=row.id, slug=row.slug, name=row.name, timezone=row.timezone, demo=row.demo,
        stages=tuple(StageInfo(s.id or 0, s.code, s.name) for s in stages if not s.retired),
        questions=tuple(_question(q, by_id) for q in rows if q.measure != Measure.ATTRIBUTE),
        attributes=tuple(AttributeInfo(q.code, q.wording, q.labels, tuple(q.headers)) for q in rows if q.measure == Measure.ATTRIBUTE),
        waves=tuple(WaveInfo(w.id or 0, w.code, w.name, w.breaks) for w in ordered),
        loyalty=row.loyalty, primary=row.primary,
        touchpoints=tuple(TouchpointInfo(t.id or 0, by_id[t.stage_id], f"{by_id[t.stage_id]}/{t.code}", t.name, t.domain, t.initiative)
                          for t in journeys.list_touchpoints(session, program_id=row.id)),
        factors=tuple(FactorInfo(f.id or 0, f.touchpoint_id, f.code, f.name) for f in journeys.list_factors(session, program_id=row.id)),
    )
