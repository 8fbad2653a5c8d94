"""The figures of a view for machines: those of the screens, any number of metrics at once, by an attribute or over time when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cxdash.facts.question import SOURCE, STAGE, TOUCHPOINT, WAVE, Facts
from cxdash.services.access import catalog_of, extent, facts_of, scope_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.crosstab import grouping
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, both_sides, change_of, measured, metric_figure
from cxdash.services.intake import Fault
from cxdash.services.metric import headlines_of, metrics_of
from cxdash.services.options import MOST_VALUES
from cxdash.services.overview import TrendPoint, grain_of, partial
from cxdash.services.segments import Segment, segment_figures, value_counts
from cxdash.services.stages import stage_metrics
from cxdash.services.view import COMPARISONS, GRAINS, PRESETS, Bounds, Scope, View
from cxdash.stats.figure import Difference, Figure

MOST_METRICS = 50  # of one request
MOST_VALUES_SENT = 200  # of one filter
TEXT_MAX = 200
SWITCH = ("0", "1")
_WORDS = {"period": PRESETS, "vs": COMPARISONS, "grain": GRAINS, "weighted": SWITCH, "clean": SWITCH}
_DAYS = ("since", "until", "vs.since", "vs.until")
PARAMETERS = ("program", "metric", "by", *_WORDS, *_DAYS)  # and f.KEY, v.KEY


@dataclass(frozen=True)
class Measured:
    """One metric of the selection. before, change: None without a comparison. segments: by value of `by`; trend: by `grain`."""

    metric: str
    figure: Figure
    before: Figure | None = None
    change: Difference | None = None
    segments: tuple[Segment, ...] = ()
    trend: tuple[TrendPoint, ...] = ()


@dataclass(frozen=True)
class Readout:
    """left_out: values of `by` beyond the number that is shown (the smallest ones). version: of the data."""

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int
    version: int
    measured: tuple[Measured, ...]
    by: str | None
    grain: str | None
    left_out: int


def readout(
    deps: Deps, actor: Actor, *, program: str, query: Mapping[str, Sequence[str]]
) -> Readout | tuple[Fault, ...]:
    """The figures under the parameters of a screen's address, or everything that is wrong with the parameters.

    Where a screen leaves out what it cannot read, so that an old link still opens, a machine is told. metric: repeated; without it the
    headlines and stages. NotFound when the programme does not exist.
    """
    require(actor, Permission.SEE_FIGURES)
    catalog = catalog_of(deps, actor, program)
    facts = facts_of(deps, actor, catalog)
    faults = _faults(facts, catalog, query)
    if faults:
        return tuple(faults)
    view = View.from_query({**query, "program": [program]})
    whole = extent(facts)
    scope = scope_of(facts, view, catalog, whole.bounds)
    wanted = tuple(dict.fromkeys(query.get("metric", ()))) or (*headlines_of(catalog), *stage_metrics(catalog))
    sides = both_sides(facts, catalog, scope, [], wanted, weighted=view.weighted)
    now, before = sides[0][()], (sides[1] or {}).get(())
    segments, left_out = _segments(facts, catalog, scope, view, wanted, now)
    grain = grain_of(view, scope, whole.bounds) if "grain" in query else None
    trends = _trends(facts, catalog, scope, view, wanted, grain, whole.bounds) if grain else {}
    found = tuple(
        Measured(m, figure, before and metric_figure(m, catalog, before), change_of(scope, m, catalog, now, before), segments.get(m, ()),
                 trends.get(m, ()))
        for m in wanted if (figure := metric_figure(m, catalog, now)) is not None
    )  # fmt: skip
    return Readout(
        catalog, view, scope, now.responses, whole.responses, facts.version(), found, view.by, grain, left_out
    )


def _segments(
    facts: Facts, catalog: Catalog, scope: Scope, view: View, wanted: Sequence[str], now: Summary
) -> tuple[dict[str, tuple[Segment, ...]], int]:
    if view.by is None:
        return {}, 0
    by, left_out = grouping(catalog, view.by), 0
    found: dict[str, tuple[Segment, ...]] = {}
    for metric in wanted:
        found[metric], left_out = segment_figures(facts, catalog, scope.now, by, metric, now, weighted=view.weighted)
    return found, left_out


def _trends(
    facts: Facts, catalog: Catalog, scope: Scope, view: View, wanted: Sequence[str], grain: str, days: Bounds
) -> dict[str, tuple[TrendPoint, ...]]:
    groups = measured(facts, catalog, scope.now, [grain], wanted, weighted=view.weighted)
    last = scope.until or days.last
    found: dict[str, tuple[TrendPoint, ...]] = {}
    for metric in wanted:
        told = {group[0]: figure for group, s in groups.items() if (figure := metric_figure(metric, catalog, s)) is not None}
        if grain == WAVE:
            points = [TrendPoint(None, w.code, told[w.code], breaks=w.breaks) for w in catalog.waves if w.code in told]
        else:
            dated = sorted(((start, f) for start, f in told.items() if isinstance(start, date)), key=lambda point: point[0])
            points = [TrendPoint(start, None, f, partial=partial(start, grain, scope.since, last)) for start, f in dated]
        found[metric] = tuple(points)
    return found


# ---------------------------------------------------------------- what a machine asked


def _faults(facts: Facts, catalog: Catalog, query: Mapping[str, Sequence[str]]) -> list[Fault]:
    sizes = value_counts(facts, catalog) if query.get("by") else {}
    names = {*(catalog.name_of(a) for a in catalog.attributes), WAVE, SOURCE, STAGE, TOUCHPOINT}
    return [fault for name, values in query.items() for fault in _parameter(catalog, names, sizes, name, values)]


def _parameter(catalog: Catalog, names: set[str], sizes: Mapping[str, int], name: str, values: Sequence[str]) -> list[Fault]:
    if any(not value or len(value) > TEXT_MAX for value in values):
        return [Fault(name, "api.problem.text")]
    if name.startswith(("f.", "v.")):
        if name[2:] not in names:
            return [Fault(name[:80], "api.problem.unknown_parameter", {"known": ", ".join(sorted(f"{name[:2]}{n}" for n in names))})]
        return [Fault(name, "api.problem.many", {"most": MOST_VALUES_SENT})] if len(values) > MOST_VALUES_SENT else []
    if name not in PARAMETERS:
        return [Fault(name[:80], "api.problem.unknown_parameter", {"known": ", ".join((*PARAMETERS, "f.KEY", "v.KEY"))})]
    if name == "metric":
        return _metric(catalog, values)
    if len(values) > 1:
        return [Fault(name, "api.problem.once")]
    return _single(catalog, sizes, name, values[0])


def _metric(catalog: Catalog, values: Sequence[str]) -> list[Fault]:
    known = metrics_of(catalog)
    if len(values) > MOST_METRICS:
        return [Fault("metric", "api.problem.many", {"most": MOST_METRICS})]
    if any(value not in known for value in values):
        return [Fault("metric", "api.problem.unknown_value", {"known": ", ".join(known) or "–"})]
    return []


def _single(catalog: Catalog, sizes: Mapping[str, int], name: str, value: str) -> list[Fault]:
    if name in _WORDS and value not in _WORDS[name]:
        return [Fault(name, "api.problem.unknown_value", {"known": ", ".join(_WORDS[name])})]
    if name in _DAYS and not _is_day(value):
        return [Fault(name, "api.problem.day")]
    if name == "by" and not 0 < sizes.get(value, 0) <= MOST_VALUES:
        return [Fault(name, "api.problem.unknown_value", {"known": ", ".join(k for k, n in sizes.items() if 0 < n <= MOST_VALUES) or "–"})]
    return []


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
