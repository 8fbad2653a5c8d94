"""Stage scores: the 100-point mean of each stage among those who experienced it, in journey order."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.facts.question import Facts, Filter
from cxdash.services.catalog import Catalog, StageInfo
from cxdash.services.figures import judged, moments_of
from cxdash.services.view import Scope
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.means import mean_difference, score100


@dataclass(frozen=True)
class StageScore:
    """items: how many questions the respondent's stage score is the mean of."""

    stage: StageInfo
    figure: Figure
    items: int
    change: Difference | None
    verdict: Verdict


def stage_scores(facts: Facts, catalog: Catalog, scope: Scope, *, weighted: bool = False) -> tuple[StageScore, ...]:
    """Stages that have a satisfaction question, each with its change against the comparison of the scope."""
    asked = [(stage, len(catalog.stage_questions(stage.code))) for stage in catalog.stages if catalog.stage_questions(stage.code)]
    return tuple(_score(facts, stage, items, scope, weighted) for stage, items in asked)


def _score(facts: Facts, stage: StageInfo, items: int, scope: Scope, weighted: bool) -> StageScore:
    now = _moments(facts, stage, scope.now, weighted)
    before = _moments(facts, stage, scope.before, weighted) if scope.before else None
    change = mean_difference(now, before) if before is not None and before.n else None
    return StageScore(stage, apply_base(score100(now)), items, change, judged(change))


def _moments(facts: Facts, stage: StageInfo, where: Filter, weighted: bool) -> Moments:
    name = f"stage:{stage.code}"
    frame = facts.moments(where, [], [name], weighted=weighted)
    return moments_of(frame.row(0, named=True), name) if frame.height else Counts.from_tally([], []).moments()
