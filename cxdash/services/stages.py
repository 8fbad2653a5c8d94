"""Stage scores: the 100-point mean of each stage among those who experienced it, in journey order."""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.services.catalog import Catalog, StageInfo
from cxdash.services.figures import Summary, change_of, judged, metric_figure
from cxdash.services.view import Scope
from cxdash.stats.compare import Verdict
from cxdash.stats.figure import Difference, Figure


@dataclass(frozen=True)
class StageScore:
    """items: how many questions the respondent's stage score is the mean of."""

    stage: StageInfo
    figure: Figure
    items: int
    change: Difference | None
    verdict: Verdict


def stage_metrics(catalog: Catalog) -> tuple[str, ...]:
    """The metrics of the stages that have a satisfaction question, in journey order."""
    return tuple(f"stage:{stage.code}" for stage in catalog.stages if catalog.stage_questions(stage.code))


def stage_scores(catalog: Catalog, scope: Scope, now: Summary, before: Summary | None) -> tuple[StageScore, ...]:
    """Stages that have a satisfaction question, each with its change against the comparison of the scope.

    now, before: summaries that hold `stage_metrics`.
    """
    scores = []
    for stage in catalog.stages:
        name = f"stage:{stage.code}"
        figure = metric_figure(name, catalog, now)
        if figure is None:
            continue
        change = change_of(scope, name, catalog, now, before)
        scores.append(StageScore(stage, figure, len(catalog.stage_questions(stage.code)), change, judged(change)))
    return tuple(scores)
