"""Stage scores: the 100-point mean of each stage among those who experienced it, in journey order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

from cxdash.services.catalog import Catalog, StageInfo
from cxdash.services.figures import Summary, change_of, judged, metric_figure, scores_of
from cxdash.services.metric import metric_of
from cxdash.services.view import Scope
from cxdash.stats.adjust import adjust_row
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.means import mean_difference


@dataclass(frozen=True)
class StageScore:
    """items: how many questions the respondent's stage score is the mean of.

    others: against the ratings of all the other stages together; stands_out: its verdict, adjusted over the stages. The respondents are
    the same people, whose ratings go together, so that testing as if they were others errs on the careful side.
    """

    stage: StageInfo
    figure: Figure
    items: int
    change: Difference | None
    verdict: Verdict
    others: Difference | None = None
    stands_out: Verdict = "untested"


def stage_metrics(catalog: Catalog) -> tuple[str, ...]:
    """The metrics of the stages that have a satisfaction question, in journey order."""
    return tuple(f"stage:{stage.code}" for stage in catalog.stages if catalog.stage_questions(stage.code))


def stage_scores(catalog: Catalog, scope: Scope, now: Summary, before: Summary | None) -> tuple[StageScore, ...]:
    """Stages that have a satisfaction question, each with its change against the comparison of the scope, adjusted over the stages.

    now, before: summaries that hold `stage_metrics`.
    """
    apart, told = _against_others(catalog, now), []
    for stage in catalog.stages:
        name = f"stage:{stage.code}"
        figure = metric_figure(name, catalog, now)
        if figure is not None:
            told.append((stage, figure, change_of(scope, name, catalog, now, before), apart[name]))
    changes = adjust_row([change or Difference(None) for _, _, change, _ in told])
    return tuple(
        StageScore(stage, figure, len(catalog.stage_questions(stage.code)), *((d, judged(d)) if change else (None, "untested")), *ends)
        for (stage, figure, change, ends), d in zip(told, changes, strict=True)
    )


def _against_others(catalog: Catalog, now: Summary) -> dict[str, tuple[Difference | None, Verdict]]:
    """Each stage's mean against the mean of all ratings of the others; Holm up to ten stages, BH beyond."""
    found = {name: scores_of(metric, now) for name in stage_metrics(catalog) if (metric := metric_of(catalog, name))}
    if len(found) < 2:
        return dict.fromkeys(found, (None, "untested"))
    whole = reduce(add, found.values())
    raw = [mean_difference(m, whole - m) for m in found.values()]
    told = adjust_row(raw)
    return {name: (d, verdict(d)) for name, d in zip(found, told, strict=True)}
