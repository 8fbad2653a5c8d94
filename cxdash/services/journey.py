"""The journey (고객 여정): every stage's score, the index over them, and how the segments of one attribute experience each stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from cxdash.facts.question import Facts, Filter, attribute_name, question_name
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo, StageInfo, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import (
    Summary, both_sides, complemented, measured, metric_difference, metric_figure, moments_of, without,
)
from cxdash.services.metric import metric_of
from cxdash.services.programs import catalog_of, extent
from cxdash.services.segments import Segment
from cxdash.services.stages import StageScore, stage_metrics, stage_scores
from cxdash.services.view import Scope, View, resolve
from cxdash.stats.adjust import adjust_differences
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import verdict
from cxdash.stats.counts import Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.journey import JourneyIndex, journey_index

SHOWN = 40  # values of an attribute beside each other; the smallest are left out
GROUPS = 30  # random groups of respondents behind the interval of the index


@dataclass(frozen=True)
class StageScale:
    """Stages that were asked on one scale. ends: lowest and highest printed point; None where a stage's items have several scales."""

    ends: tuple[int, int] | None
    stages: tuple[StageInfo, ...]


@dataclass(frozen=True)
class HeatRow:
    """One stage over the values of the attribute, each value against the other values together."""

    stage: StageInfo
    whole: Figure
    cells: tuple[Segment, ...]


@dataclass(frozen=True)
class HeatMap:
    """by: key of the attribute. values: in the order printed on the questionnaire. left_out: values beyond those shown."""

    by: str
    values: tuple[str | None, ...]
    rows: tuple[HeatRow, ...]
    left_out: int


@dataclass(frozen=True)
class Journey:
    """stages: those with a satisfaction question, in journey order. unmeasured: the others. index: None with fewer than two stages."""

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int  # responses of the programme before any filter
    stages: tuple[StageScore, ...]
    unmeasured: tuple[StageInfo, ...]
    scales: tuple[StageScale, ...]
    index: JourneyIndex | None
    heat: HeatMap | None
    version: int


def journey(deps: Deps, actor: Actor, *, view: View) -> Journey:
    """Everything the page shows of the whole journey, under the view's filters. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog = catalog_of(deps, view.program)
    facts = deps.fixed(catalog.id)
    whole = extent(facts)
    scope = resolve(view, catalog, whole.bounds)
    sides = both_sides(facts, catalog, scope, [], stage_metrics(catalog), weighted=view.weighted)
    now, before = sides[0][()], (sides[1] or {}).get(())
    stages = stage_scores(catalog, scope, now, before)
    measured_codes = {score.stage.code for score in stages}
    return Journey(
        catalog=catalog,
        view=view,
        scope=scope,
        responses=now.responses,
        total=whole.responses,
        stages=stages,
        unmeasured=tuple(s for s in catalog.stages if s.code not in measured_codes),
        scales=stage_scales(catalog, tuple(score.stage for score in stages)),
        index=_index(facts, catalog, scope.now, weighted=view.weighted),
        heat=_heat(facts, catalog, scope.now, view, stages, now),
        version=facts.version(),
    )


def stage_scales(catalog: Catalog, stages: tuple[StageInfo, ...]) -> tuple[StageScale, ...]:
    """The stages by the scale they were asked on, in the order in which the scales first occur."""
    found: dict[tuple[int, int] | None, list[StageInfo]] = {}
    for stage in stages:
        ends = {(q.scale.lo, q.scale.hi) for q in catalog.stage_questions(stage.code) if q.scale is not None}
        found.setdefault(ends.pop() if len(ends) == 1 else None, []).append(stage)
    return tuple(StageScale(ends, tuple(members)) for ends, members in found.items())


def _index(facts: Facts, catalog: Catalog, where: Filter, *, weighted: bool) -> JourneyIndex | None:
    """The mean of the stage scores, each stage weighing the same; its interval knows that stages share respondents."""
    names = stage_metrics(catalog)
    if len(names) < 2:
        return None
    groups = {name: _parts(facts, where, _column(catalog, name), weighted=weighted) for name in names}
    found = journey_index({name: reduce(add, parts) for name, parts in groups.items()}, groups=groups)
    return replace(found, figure=apply_base(found.figure))


def _column(catalog: Catalog, name: str) -> str:
    """What facts calls the respondents' scores of a stage."""
    metric = metric_of(catalog, name)
    question: QuestionInfo | None = metric.question if metric else None
    return question_name(question.code) if question else name


def _parts(facts: Facts, where: Filter, column: str, *, weighted: bool) -> list[Moments]:
    """Moments of a column per random group; a group without answers is there too."""
    frame = facts.moments(where, [], [column], weighted=weighted, groups=GROUPS)
    found = {int(row["group"]): moments_of(row, column) for row in frame.iter_rows(named=True)}
    return [found.get(i) or Moments.zero() for i in range(GROUPS)]


def _heat(facts: Facts, catalog: Catalog, where: Filter, view: View, stages: tuple[StageScore, ...], total: Summary) -> HeatMap | None:
    """Every stage by the view's attribute (the first where it names none): one question to facts for all cells."""
    attribute = next((a for a in catalog.attributes if a.key == view.by), next(iter(catalog.attributes), None))
    if attribute is None or not stages:
        return None
    name = attribute_name(attribute.key)
    groups = {g[0]: s for g, s in measured(facts, catalog, where, [name], stage_metrics(catalog), weighted=view.weighted).items()}
    printed = {value: i for i, value in enumerate(next(iter(attribute.labels.values()), {}))}
    largest = sorted(groups, key=lambda value: -groups[value].responses)[:SHOWN]
    shown = sorted(largest, key=lambda v: (v is None, printed.get(str(v), len(printed)), natural(str(v))))
    left_out = [s for value, s in groups.items() if value not in largest]
    sides = [(None if v is None else str(v), groups[v], without(total, groups[v])) for v in shown]
    rows = tuple(HeatRow(s.stage, s.figure, _cells(catalog, s.stage, sides, left_out)) for s in stages)
    return HeatMap(attribute.key, tuple(value for value, _, _ in sides), rows, len(left_out))


def _cells(catalog: Catalog, stage: StageInfo, sides: list[tuple[str | None, Summary, Summary]],
           left_out: list[Summary]) -> tuple[Segment, ...]:
    """One row: base rule, complementary suppression (the row's total is shown), each value against the rest, adjusted over the row.

    sides: value, its summary, that of all the others. A respondent rates several stages, so columns add up to nothing that could give
    a hidden cell away.
    """
    name = f"stage:{stage.code}"
    figures = complemented([_figure(name, catalog, s) for _, s, _ in sides], left_out=[_figure(name, catalog, s) for s in left_out])
    raw = [metric_difference(name, catalog, s, rest) or Difference(None) for _, s, rest in sides]
    told = [d if f.value is not None else Difference(None) for f, d in zip(figures, raw, strict=True)]
    judged = adjust_differences(told, "holm" if len(told) <= 10 else "bh")
    return tuple(Segment(value, f, d, verdict(d)) for (value, _, _), f, d in zip(sides, figures, judged, strict=True))


def _figure(name: str, catalog: Catalog, summary: Summary) -> Figure:
    return metric_figure(name, catalog, summary) or Figure(None, 0)
