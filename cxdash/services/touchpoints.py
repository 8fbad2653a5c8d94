"""One stage opened: its touchpoints with their scores, and how the questions under each were answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, FactorInfo, QuestionInfo, StageInfo, TouchpointInfo
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, both_sides, change_of, judged, metric_figure
from cxdash.services.view import Scope, View
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.shares import share_of
from cxdash.terms import Scale

CLASSES_FROM, CLASS = 22, 10  # scales with so many points (0-100) are told in classes of ten points


@dataclass(frozen=True)
class Band:
    """Answers at the printed points first..last (mostly one point): how many, and their share of all answers (weighted where asked)."""

    first: int
    last: int
    n: int
    share: Figure


@dataclass(frozen=True)
class Answered:
    """A question of the stage: its 100-point mean and its answers from the unfavourable end up (none under the minimum base)."""

    question: QuestionInfo
    scale: Scale
    factor: FactorInfo | None
    figure: Figure
    change: Difference | None
    verdict: Verdict
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class TouchpointScore:
    """items: how many questions the respondent's score is the mean of; figure None when no satisfaction question asks for it."""

    touchpoint: TouchpointInfo
    figure: Figure | None
    items: int
    change: Difference | None
    verdict: Verdict
    questions: tuple[Answered, ...]


@dataclass(frozen=True)
class StageDetail:
    """direct: questions about the stage itself. unasked: touchpoints without any question."""

    catalog: Catalog
    scope: Scope
    stage: StageInfo
    responses: int
    direct: tuple[Answered, ...]
    touchpoints: tuple[TouchpointScore, ...]
    unasked: tuple[TouchpointInfo, ...]

    @property
    def questions(self) -> tuple[Answered, ...]:
        return (*self.direct, *(q for t in self.touchpoints for q in t.questions))


def stage_detail(deps: Deps, actor: Actor, *, view: View, stage: str) -> StageDetail | None:
    """The stage under the view's filters; None when the programme does not have it (an old link)."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    found = next((s for s in catalog.stages if s.code == stage), None)
    if found is None:
        return None
    places = {t.id: t for t in catalog.touchpoints if t.stage == stage}
    asked = [(q, _place(catalog, q)) for q in catalog.ratings]
    asked = [(q, place) for q, place in asked if place in places or (place is None and q.stage == stage)]
    names = [*(f"touchpoint:{t.key}" for t in places.values()), *(f"question:{q.code}" for q, _ in asked)]
    sides = both_sides(facts, catalog, scope, [], names, weighted=view.weighted)
    counted = _Counted(catalog, scope, sides[0][()], (sides[1] or {}).get(()))
    used = {place for _, place in asked}
    return StageDetail(
        catalog=catalog,
        scope=scope,
        stage=found,
        responses=counted.now.responses,
        direct=tuple(counted.answered(q) for q, place in asked if place is None),
        touchpoints=tuple(counted.touchpoint(t, [q for q, place in asked if place == t.id]) for t in places.values() if t.id in used),
        unasked=tuple(t for t in places.values() if t.id not in used),
    )


def _place(catalog: Catalog, question: QuestionInfo) -> int | None:
    """The touchpoint a question is about: its own, else its factor's."""
    if question.touchpoint_id is not None or question.factor_id is None:
        return question.touchpoint_id
    return next((f.touchpoint_id for f in catalog.factors if f.id == question.factor_id), None)


@dataclass(frozen=True)
class _Counted:
    """Both sides of the comparison, counted."""

    catalog: Catalog
    scope: Scope
    now: Summary
    before: Summary | None

    def touchpoint(self, found: TouchpointInfo, questions: list[QuestionInfo]) -> TouchpointScore:
        name = f"touchpoint:{found.key}"
        change = change_of(self.scope, name, self.catalog, self.now, self.before)
        return TouchpointScore(found, metric_figure(name, self.catalog, self.now), len(self.catalog.touchpoint_questions(found.key)),
                               change, judged(change), tuple(self.answered(q) for q in questions))

    def answered(self, question: QuestionInfo) -> Answered:
        assert question.scale is not None
        name = f"question:{question.code}"
        figure = metric_figure(name, self.catalog, self.now) or Figure(None, 0)
        change = change_of(self.scope, name, self.catalog, self.now, self.before)
        factor = next((f for f in self.catalog.factors if f.id == question.factor_id), None)
        bands = tuple(_bands(self.now.of(question), question.scale)) if figure.value is not None else ()
        return Answered(question, question.scale, factor, figure, change, judged(change), bands)


def _bands(counts: Counts, scale: Scale) -> Iterator[Band]:
    """Shares of the points of a scale from the unfavourable end up. counts: oriented."""
    step = CLASS if len(scale.points) >= CLASSES_FROM else 1
    starts = [p for p in range(scale.lo, scale.hi + 1, step) if step == 1 or p < scale.hi]
    for i, low in enumerate(starts):
        high = scale.hi if i == len(starts) - 1 else low + step - 1
        chosen = (counts.points >= low) & (counts.points <= high)
        ends = sorted((int(scale.oriented(low)), int(scale.oriented(high))))
        yield Band(ends[0], ends[1], int(counts.n[chosen].sum()), apply_base(share_of(counts, chosen)))
