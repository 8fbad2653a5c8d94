"""Stage scores: the 100-point mean of each stage among those who experienced it, in journey order."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.facts.question import Facts, Filter
from cxdash.services.catalog import Catalog, QuestionInfo, StageInfo
from cxdash.services.figures import EMPTY, Summary, judged, moments_of
from cxdash.services.view import Scope
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict
from cxdash.stats.counts import Moments
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


def stage_scores(facts: Facts, catalog: Catalog, scope: Scope, now: Summary, before: Summary | None, *,
                 weighted: bool = False) -> tuple[StageScore, ...]:
    """Stages that have a satisfaction question, each with its change against the comparison of the scope.

    now, before: the summaries of the scope, which hold the answers of stages with one item already.
    """
    scores = []
    for stage in catalog.stages:
        items = catalog.stage_questions(stage.code)
        if not items:
            continue
        ask = _Asked(facts, stage, items, weighted)
        one, two = ask.moments(now, scope.now), ask.moments(before, scope.before) if before and scope.before else None
        change = mean_difference(one, two) if two is not None and two.n else None
        scores.append(StageScore(stage, apply_base(score100(one)), len(items), change, judged(change)))
    return tuple(scores)


@dataclass(frozen=True)
class _Asked:
    """One stage's respondents' scores on 0-100: from the counts of its only item, else from the index that facts keeps."""

    facts: Facts
    stage: StageInfo
    items: tuple[QuestionInfo, ...]
    weighted: bool

    def moments(self, summary: Summary, where: Filter) -> Moments:
        scale = self.items[0].scale
        if len(self.items) == 1 and scale is not None:
            width = scale.hi - scale.lo
            return summary.of(self.items[0]).moments().affine(-100.0 * scale.lo / width, 100.0 / width)
        name = f"stage:{self.stage.code}"
        frame = self.facts.moments(where, [], [name], weighted=self.weighted)
        return moments_of(frame.row(0, named=True), name) if frame.height else EMPTY.moments()
