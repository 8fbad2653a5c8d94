"""The store as a source of facts: what a programme's tables say its responses may hold, and the responses themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine
from sqlmodel import Session

from cxdash.facts.question import LoyaltySpec, QuestionSpec
from cxdash.facts.rules import (
    KINDS as OF_TOUCHPOINTS, PLACED, STAGE_MEASURES, default_loyalty, is_duration, kind_name, placed_items, stage_items, touchpoint_items,
    touchpoint_name,
)  # fmt: skip
from cxdash.facts.schema import FactsSchema
from cxdash.facts.specs import DUPLICATE, KINDS, SPEEDER, STRAIGHT, QualitySpec, WeightSpec
from cxdash.store import journeys, programs, quality, questions, responses, waves, weighting
from cxdash.store.database import reading
from cxdash.store.tables import Question, Touchpoint
from cxdash.terms import Direction, Measure, Scale

BATCH = 50_000  # responses fetched and parsed at a time


class StoreSource:
    """A `Source` over one programme. NotFound from the first use on when the programme does not exist."""

    def __init__(self, engine: Engine, program_id: int) -> None:
        self._engine, self._id = engine, program_id
        with reading(engine) as session:
            program = programs.find_program(session, slug_or_id=program_id)
            made = program.created_at.isoformat()
        self._identity = hashlib.sha256(f"{_place(engine)}\n{program_id}\n{made}".encode()).hexdigest()

    @property
    def identity(self) -> str:
        return self._identity

    def clock(self) -> int:
        with reading(self._engine) as session:
            return programs.clock(session, program_id=self._id)

    @contextmanager
    def read(self) -> Iterator[StoreReading]:
        with reading(self._engine) as session:
            yield StoreReading(session, self._id, self._identity)


class StoreReading:
    """A `Reading` in one transaction of the store."""

    def __init__(self, session: Session, program_id: int, identity: str) -> None:
        self._session, self._id, self._seed = session, program_id, int(identity[:16], 16)

    def clock(self) -> int:
        return programs.clock(self._session, program_id=self._id)

    def schema(self) -> FactsSchema:
        program = programs.find_program(self._session, slug_or_id=self._id)
        asked = questions.list_questions(self._session, program_id=self._id)
        ordered = waves.list_waves(self._session, program_id=self._id)
        stages = {s.id: s.code for s in journeys.list_stages(self._session, program_id=self._id)}
        touched = journeys.list_touchpoints(self._session, program_id=self._id)
        ratings = [q for q in asked if _scale(q) is not None]
        staged = {f"stage:{code}": [q for q in ratings if q.stage_id == key] for key, code in stages.items()}
        pointed = {touchpoint_name(stages[t.stage_id], t.code): [q for q in ratings if q.touchpoint_id == t.id] for t in touched}
        return FactsSchema(
            questions=tuple(QuestionSpec(q.code, scale) for q in ratings if (scale := _scale(q))),
            attributes=tuple(q.code for q in asked if q.measure == Measure.ATTRIBUTE),
            waves={wave.id: wave.code for wave in ordered if wave.id is not None},
            multi={q.code: len(q.options) for q in asked if q.measure == Measure.MULTI and q.options},
            loyalty=LoyaltySpec(dict(program.loyalty) or default_loyalty(ratings)),
            timezone=program.timezone,
            indices={name: tuple(q.code for q in stage_items(items)) for name, items in staged.items()}
            | {name: tuple(q.code for q in touchpoint_items(items)) for name, items in pointed.items()}
            | _placed(staged, pointed)
            | _by_kind(touched, pointed, stages),
            reached={name: tuple(q.code for q in items if q.measure in STAGE_MEASURES) for name, items in (staged | pointed).items()},
            weighting=weight_spec(self._session, self._id, {q.code for q in asked if q.measure == Measure.ATTRIBUTE}),
            quality=quality_spec(quality.rules(self._session, program_id=self._id), duration_of(asked)),
        )

    def pull(self, since: int) -> Iterator[pl.DataFrame]:
        """Of a respondent's key only a number comes along, the same for the same key of this programme and no other."""
        for rows in responses.pull(self._session, program_id=self._id, since=since, batch=BATCH):
            key = pl.col("respondent")
            yield rows.with_columns(pl.when(key.is_not_null()).then(key.hash(self._seed).reinterpret(signed=True)).alias("person"))

    def erased(self, since: int) -> list[int]:
        return responses.erased(self._session, program_id=self._id, since=since)

    def size(self) -> int:
        return responses.count(self._session, program_id=self._id)


def _placed(staged: Mapping[str, list[Question]], pointed: Mapping[str, list[Question]]) -> dict[str, tuple[str, ...]]:
    """How each place was experienced, how important it is, what was expected of it and felt; only what was asked."""
    found = {}
    for what in PLACED:
        for places, stage in ((staged, True), (pointed, False)):
            for name, ratings in places.items():
                if items := placed_items(ratings, what, stage=stage):
                    found[f"{what}:{name}"] = tuple(q.code for q in items)
    return found


def _by_kind(
    touched: Iterable[Touchpoint], pointed: Mapping[str, list[Question]], stages: Mapping[int | None, str],
) -> dict[str, tuple[str, ...]]:
    """All satisfaction items of active touchpoints, of passive ones, of each domain."""
    found: dict[str, tuple[str, ...]] = {}
    for touchpoint in touched:
        items = touchpoint_items(pointed[touchpoint_name(stages[touchpoint.stage_id], touchpoint.code)])
        for part, kinds in OF_TOUCHPOINTS.items():
            if (kind := getattr(touchpoint, part)) in kinds and items:
                name = kind_name(part, kind)
                found[name] = (*found.get(name, ()), *(q.code for q in items))
    return found


def _scale(question: Question) -> Scale | None:
    if question.lo is None or question.hi is None or question.measure in (Measure.ATTRIBUTE, Measure.MULTI, Measure.COMMENT):
        return None
    return Scale(question.lo, question.hi, Direction(question.direction))


def weight_spec(session: Session, program_id: int, attributes: Set[str]) -> WeightSpec | None:
    """The saved population shares; None without any, or when an attribute they are about is gone."""
    row = weighting.get(session, program_id=program_id)
    if row is None or not row.targets or not row.targets.keys() <= attributes:
        return None
    return WeightSpec(row.targets, row.cap, row.per_wave)


def quality_spec(rules: Mapping[str, Any], duration: str | None) -> QualitySpec:
    """Saved rules over the defaults: kind -> {"on": bool, "least": int (duplicate, straight), "speed": share (speeder)}."""
    standard = QualitySpec()
    of = {kind: rules.get(kind, {}) for kind in KINDS}
    return QualitySpec(
        on=tuple(kind for kind in KINDS if of[kind].get("on", kind in standard.on)),
        least={kind: int(of[kind].get("least", standard.least[kind])) for kind in (DUPLICATE, STRAIGHT)},
        speed=float(of[SPEEDER].get("speed", standard.speed)),
        duration=duration,
    )


def duration_of(asked: Iterable[Question]) -> str | None:
    """The attribute that by its name says how long answering took."""
    found = (q for q in asked if q.measure == Measure.ATTRIBUTE)
    return next((q.code for q in found if any(is_duration(text) for text in (q.code, *q.wording.values(), *q.headers))), None)


def _place(engine: Engine) -> str:
    """Where the database is, without its password."""
    url = engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        return f"sqlite:{Path(url.database).resolve()}"
    return f"{url.get_backend_name()}:{url.host}:{url.port}:{url.database}"
