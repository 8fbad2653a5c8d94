"""The journey (고객 여정): every stage's score, the index over them, and how the segments of one attribute experience each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import polars as pl

from cxdash.facts.question import Facts, Filter, attribute_name, question_name
from cxdash.facts.scoped import GuardedFacts
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, QuestionInfo, StageInfo, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import both_sides, complemented, moments_of
from cxdash.services.metric import metric_of
from cxdash.services.segments import Segment
from cxdash.services.stages import StageScore, stage_metrics, stage_scores
from cxdash.services.view import Scope, View
from cxdash.stats.adjust import adjust_row
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import verdict
from cxdash.stats.counts import Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.journey import JourneyIndex, journey_index
from cxdash.stats.means import mean_difference, score100
from cxdash.terms import Scale

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
    catalog, facts, whole, scope = chosen(deps, actor, view)
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
        heat=_heat(facts, catalog, scope.now, view, stages),
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


def _heat(facts: Facts, catalog: Catalog, where: Filter, view: View, stages: tuple[StageScore, ...]) -> HeatMap | None:
    """Every stage by the view's attribute (the first where it names none): a question or two to facts for all cells."""
    attribute = next((a for a in catalog.attributes if a.key == view.by), next(iter(catalog.attributes), None))
    if attribute is None or not stages:
        return None
    name = attribute_name(attribute.key)
    sizes = {row[name]: int(row["n"]) for row in facts.count(where, [name]).iter_rows(named=True)}
    scores = _by_stage(facts, catalog, where, name, stages, weighted=view.weighted)
    silent = {g[0] for g in facts.withheld(where, [name])} if isinstance(facts, GuardedFacts) else set()
    printed = {value: i for i, value in enumerate(next(iter(attribute.labels.values()), {}))}
    largest = sorted(sizes, key=lambda value: -sizes[value])[:SHOWN]
    shown = sorted(largest, key=lambda v: (v is None, printed.get(str(v), len(printed)), natural(str(v))))
    left_out = [value for value in sizes if value not in largest]
    rows = tuple(HeatRow(s.stage, s.figure, _cells(scores[s.stage.code], shown, left_out, silent)) for s in stages)
    return HeatMap(attribute.key, tuple(None if v is None else str(v) for v in shown), rows, len(left_out))


def _by_stage(facts: Facts, catalog: Catalog, where: Filter, by: str, stages: tuple[StageScore, ...], *,
              weighted: bool) -> dict[str, dict[object, Moments]]:
    """Stage -> value of the attribute -> moments of the respondents' scores on 0-100."""
    scales = {}
    columns = {}
    for score in stages:
        metric = metric_of(catalog, f"stage:{score.stage.code}")
        name = _column(catalog, f"stage:{score.stage.code}")
        columns[name] = score.stage.code
        if metric is not None and metric.question is not None and metric.question.scale is not None:
            scales[name] = metric.question.scale
    found: dict[str, dict[object, Moments]] = {code: {} for code in columns.values()}
    single = _of_counts(facts.tally(where, [by], list(scales), weighted=weighted), by, scales) if scales else []
    several = [name for name in columns if name not in scales]
    summed = facts.sums(where, [by], several, weighted=weighted).iter_rows(named=True) if several else ()
    for row in (*single, *summed):
        sums = Moments(int(row["n"]), row["w"], row["w2"], row["s"], row["q"], row["s2"], row["q2"])
        found[columns[row["column"]]][row[by]] = sums
    return found


def _of_counts(tally: pl.DataFrame, by: str, scales: Mapping[str, Scale]) -> list[dict[str, Any]]:
    """The rows `facts.sums` would give for single ratings. Counting points is several times quicker than summing them, and a thousand
    cells are too many to be counted one by one."""
    score = [{"question": name, "point": p, "x": scale.score100(p)} for name, scale in scales.items() for p in scale.points]
    points = pl.DataFrame(score, schema={"question": pl.String, "point": pl.Int16, "x": pl.Float64})
    x, w, w2 = pl.col("x"), pl.col("w"), pl.col("w2")
    sums = [pl.col("n").sum(), w.sum(), w2.sum(), (w * x).sum().alias("s"), (w * x * x).sum().alias("q"), (w2 * x).sum().alias("s2"),
            (w2 * x * x).sum().alias("q2")]
    counted = tally.join(points, on=["question", "point"]).group_by(by, "question").agg(*sums)
    return counted.rename({"question": "column"}).to_dicts()


def _cells(scores: dict[object, Moments], shown: list[object], left_out: list[object], silent: set[object]) -> tuple[Segment, ...]:
    """One row: base rule, complementary suppression (the row's total is shown), each value against the rest, adjusted over the row.

    A respondent rates several stages, so columns add up to nothing that could give a hidden cell away.
    """
    total = reduce(add, scores.values(), Moments.zero())
    of = {value: scores.get(value, Moments.zero()) for value in (*shown, *left_out)}
    own = {v: _figure(of[v]).hide("hidden_complement") if v in silent else _figure(of[v]) for v in of}
    figures = complemented([own[v] for v in shown], left_out=[own[v] for v in left_out])
    raw = [mean_difference(of[v], total - of[v]) if f.value is not None else Difference(None) for v, f in zip(shown, figures, strict=True)]
    judged = adjust_row(raw)
    return tuple(Segment(None if v is None else str(v), f, d, verdict(d)) for v, f, d in zip(shown, figures, judged, strict=True))


def _figure(scores: Moments) -> Figure:
    return apply_base(score100(scores))
