"""The overview (경영진 요약): are we better, where, for whom, is it real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cxdash.facts.question import WAVE, Facts, attribute_name
from cxdash.services.access import chosen, extent
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import Group, Summary, both_sides, change_of, judged, measured, metric_figure, recommend_instead
from cxdash.services.metric import HEADLINES, headlines_of
from cxdash.services.segments import Segment, segment_figures
from cxdash.services.stages import StageScore, stage_metrics, stage_scores
from cxdash.services.view import Bounds, Scope, View
from cxdash.stats.compare import Verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.nps import nps_classes
from cxdash.stats.rounding import largest_remainder


@dataclass(frozen=True)
class Card:
    """One headline: figure, change against the comparison and its verdict.

    absent: key of the sentence that says why there is no figure, with its parameters, else "".
    """

    metric: str
    figure: Figure | None
    before: Figure | None = None
    change: Difference | None = None
    verdict: Verdict = "untested"
    absent: str = ""
    absent_params: Mapping[str, object] | None = None
    instead: tuple[tuple[str, Figure], ...] = ()  # what is offered in place of an NPS that may not be computed
    spark: tuple[float | None, ...] = ()  # the metric over the periods of the trend, without those that are not over


@dataclass(frozen=True)
class TrendPoint:
    start: date | None
    wave: str | None
    figure: Figure
    partial: bool = False
    breaks: str = ""


@dataclass(frozen=True)
class Mix:
    """Promoters, passives, detractors: counts and whole percentages that add up to 100."""

    promoters: int
    passives: int
    detractors: int
    percents: tuple[int, int, int]


@dataclass(frozen=True)
class Overview:
    catalog: Catalog
    view: View
    scope: Scope
    bounds: Bounds
    responses: int
    total: int  # responses of the programme before any filter
    cards: tuple[Card, ...]
    metric: str  # the metric that trend and segments show (the view's, or the first there is)
    metrics: tuple[str, ...]  # metrics this programme has
    mix: Mix | None
    trend: tuple[TrendPoint, ...]
    grain: str
    stages: tuple[StageScore, ...]
    by: str | None
    segments: tuple[Segment, ...]
    segments_left_out: int  # values beyond the number that is shown
    version: int
    weights: bool  # the programme has weights to switch on


def overview(deps: Deps, actor: Actor, *, view: View) -> Overview:
    """Everything the page shows, every part under the view's filters. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    days = whole.bounds
    wanted = [*HEADLINES, *stage_metrics(catalog)]
    refused = [catalog.recommend_refused] if catalog.recommend_refused else []
    sides = both_sides(facts, catalog, scope, [], wanted, weighted=view.weighted, also=refused)
    now, before = sides[0][()], (sides[1] or {}).get(())
    metrics = headlines_of(catalog)
    metric = view.metric if view.metric in metrics or not metrics else metrics[0]
    grain = grain_of(view, scope, days)
    by = _attribute(view, catalog)
    trends = _trends(facts, catalog, scope, metrics, grain, days, view.weighted)
    segments, left_out = (
        segment_figures(facts, catalog, scope.now, attribute_name(by), metric, now, weighted=view.weighted) if by and metrics else ((), 0)
    )
    return Overview(
        catalog=catalog,
        view=view,
        scope=scope,
        bounds=days,
        responses=now.responses,
        total=whole.responses,
        cards=tuple(replace(_card(m, catalog, scope, now, before), spark=_spark(trends.get(m, ()))) for m in HEADLINES),
        metric=metric,
        metrics=metrics,
        mix=_mix(catalog, now),
        trend=trends.get(metric, ()),
        grain=grain,
        stages=stage_scores(catalog, scope, now, before),
        by=by,
        segments=segments,
        segments_left_out=left_out,
        version=facts.version(),
        weights=whole.weights,
    )


def has_weights(facts: Facts) -> bool:
    """Whether any response of the programme carries a weight."""
    return extent(facts).weights


def _card(metric: str, catalog: Catalog, scope: Scope, now: Summary, before: Summary | None) -> Card:
    figure = metric_figure(metric, catalog, now)
    if figure is None:
        return _absent(metric, catalog, now)
    if before is None:
        return Card(metric, figure)
    change = change_of(scope, metric, catalog, now, before)
    return Card(metric, figure, metric_figure(metric, catalog, before), change, judged(change))


def _absent(metric: str, catalog: Catalog, now: Summary) -> Card:
    refused = catalog.recommend_refused if metric == "nps" else None
    if refused is None or refused.scale is None:
        return Card(metric, None, absent=f"overview.absent.{metric}")
    return Card(metric, None, absent="overview.nps_refused", absent_params={"lo": refused.scale.lo, "hi": refused.scale.hi},
                instead=recommend_instead(refused, now))


def _mix(catalog: Catalog, now: Summary) -> Mix | None:
    counts = now.of(catalog.behind("nps"))
    figure = metric_figure("nps", catalog, now)
    if figure is None or figure.value is None:
        return None
    parts = nps_classes(counts)
    shares = [part.value or 0.0 for part in (parts.promoters, parts.passives, parts.detractors)]
    promoters, detractors = counts.where(lambda p: p >= 9).size, counts.where(lambda p: p <= 6).size
    whole = [int(p) for p in largest_remainder(shares)]
    return Mix(promoters, counts.size - promoters - detractors, detractors, (whole[0], whole[1], whole[2]))


def grain_of(view: View, scope: Scope, days: Bounds) -> str:
    """Unit of a trend: the view's, else waves where there are no dates, else what gives a readable number of points."""
    if view.grain != "auto":
        return view.grain
    if days.first is None or days.last is None:
        return "wave"
    span = ((scope.until or days.last) - (scope.since or days.first)).days + 1
    return "week" if span <= 100 else "month" if span <= 1000 else "quarter"


def _attribute(view: View, catalog: Catalog) -> str | None:
    keys = [a.key for a in catalog.attributes]
    return view.by if view.by in keys else (keys[0] if keys else None)


def _trends(facts: Facts, catalog: Catalog, scope: Scope, metrics: Sequence[str], grain: str, days: Bounds,
            weighted: bool) -> dict[str, tuple[TrendPoint, ...]]:
    """Every headline over time, from one count."""
    groups = measured(facts, catalog, scope.now, [grain], metrics, weighted=weighted) if metrics else {}
    return {m: _trend(catalog, scope, m, grain, days, groups) for m in metrics}


def _trend(catalog: Catalog, scope: Scope, metric: str, grain: str, days: Bounds,
           groups: Mapping[Group, Summary]) -> tuple[TrendPoint, ...]:
    figures = {group: figure for group, s in groups.items() if (figure := metric_figure(metric, catalog, s)) is not None}
    if grain == WAVE:
        return tuple(TrendPoint(None, w.code, figures[(w.code,)], breaks=w.breaks) for w in catalog.waves if (w.code,) in figures)
    last = scope.until or days.last
    dated = sorted(((g[0], f) for g, f in figures.items() if isinstance(g[0], date)), key=lambda point: point[0])
    return tuple(TrendPoint(start, None, f, partial=partial(start, grain, scope.since, last)) for start, f in dated)


def _spark(points: Sequence[TrendPoint]) -> tuple[float | None, ...]:
    return tuple(p.figure.value for p in points if not p.partial)


def partial(start: date, grain: str, since: date | None, last: date | None) -> bool:
    """Whether a calendar period is not over: the selection begins after the period's first day or ends before its last."""
    days = {"week": 7, "month": 31, "quarter": 92}[grain]
    following = start + timedelta(days=days)
    end = following if grain == "week" else following.replace(day=1)
    return (since is not None and since > start) or (last is not None and last < end - timedelta(days=1))
