"""Segments: any metric by the values of an attribute, each against the rest of the selection, or two attributes crossed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cxdash.facts.question import SOURCE, WAVE, Facts, Filter
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.crosstab import Crosstab, Value, crossed, grouping, in_order, profiled
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, complemented, measured, metric_difference, metric_figure, together, without
from cxdash.services.metric import asked_for, headlines_of, metrics_of
from cxdash.services.options import MOST_VALUES
from cxdash.services.stages import stage_metrics
from cxdash.services.view import Scope, View
from cxdash.stats.adjust import adjust_row
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure

SHOWN = 40


@dataclass(frozen=True)
class Segment:
    """One value of an attribute against the rest of the selection (never against a total that contains it)."""

    value: str | None
    figure: Figure
    rest: Difference | None
    verdict: Verdict


@dataclass(frozen=True)
class Segments:
    """The page. metric, by: None where the programme has nothing to measure or to divide by; then there are no figures.

    by, across: names that filters take (`Catalog.name_of`, "wave", "source"). table: the two attributes crossed; profile: without
    `across`, the headlines and stages by the values of `by`. too_many: an attribute asked for that has too many values to group by.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int  # responses of the programme before any filter
    metrics: tuple[str, ...]
    keys: tuple[str, ...]  # what can be divided by
    metric: str | None = None
    by: str | None = None
    across: str | None = None
    average: Figure | None = None
    segments: tuple[Segment, ...] = ()
    left_out: int = 0
    table: Crosstab | None = None
    profile: Crosstab | None = None
    too_many: str | None = None


def segments(deps: Deps, actor: Actor, *, view: View, sizes: Mapping[str, int] | None = None) -> Segments:
    """Everything the page shows, from one set of counts. NotFound when the programme does not exist.

    sizes: how many values each attribute has in the whole programme, where the caller knows; counted otherwise.
    """
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    sizes = value_counts(facts, catalog) if sizes is None else sizes
    keys, metrics = tuple(k for k, n in sizes.items() if 0 < n <= MOST_VALUES), metrics_of(catalog)
    refused = next((k for k in (view.by, view.across) if k is not None and sizes.get(k, 0) > MOST_VALUES), None)
    by = _divided_by(view, keys, sizes)
    found = Segments(catalog, view, scope, 0, whole.responses, metrics, keys, too_many=refused)
    if not metrics or by is None:
        return _with(found, responses=int(facts.count(scope.now, weighted=view.weighted)["n"].sum()))
    metric = view.metric if view.metric in metrics else metrics[0]
    across = view.across if view.across in keys and view.across != by else None
    counted = _with(found, metric=metric, by=by, across=across)
    return _crossed(facts, counted) if across else _single(facts, counted)


def value_counts(facts: Facts, catalog: Catalog) -> dict[str, int]:
    """How many values every attribute, the wave and the source have in the whole programme."""
    names = (*(catalog.name_of(a) for a in catalog.attributes), WAVE, SOURCE)
    return {name: facts.count(Filter(), [grouping(catalog, name)]).height for name in names}


def _with(found: Segments, **changes: object) -> Segments:
    return replace(found, **changes)  # type: ignore[arg-type]


def _divided_by(view: View, keys: Sequence[str], sizes: Mapping[str, int]) -> str | None:
    """The attribute of the view, else the first that tells groups apart."""
    if view.by in keys:
        return view.by
    return next((k for k in keys if sizes[k] > 1), keys[0] if keys else None)


def _single(facts: Facts, page: Segments) -> Segments:
    """One attribute: ranked segments and, from the same counts, headlines and stages by its values."""
    catalog, metric, by = page.catalog, str(page.metric), grouping(page.catalog, str(page.by))
    others = (*headlines_of(catalog), *stage_metrics(catalog))
    counts = measured(facts, catalog, page.scope.now, [by], (metric, *others), weighted=page.view.weighted)
    groups = {_text(g[0]): s for g, s in counts.items()}
    total = together(groups.values())
    judged, left_out = _judged(catalog, by, metric, {v: narrowed(catalog, metric, s) for v, s in groups.items()},
                               narrowed(catalog, metric, total))
    profile = profiled(catalog, by, others, groups, total, most=SHOWN) if groups else None
    return _with(page, responses=total.responses, average=metric_figure(metric, catalog, total), segments=judged, left_out=left_out,
                 profile=profile)


def _crossed(facts: Facts, page: Segments) -> Segments:
    """Two attributes: the table, and the segments as its row totals, so that chart and table hide the same."""
    catalog, metric = page.catalog, str(page.metric)
    by, across = (grouping(catalog, str(k)) for k in (page.by, page.across))
    counts = measured(facts, catalog, page.scope.now, [by, across], [metric], weighted=page.view.weighted)
    cells = {(_text(g[0]), _text(g[1])): s for g, s in counts.items()}
    total = together(cells.values())
    if not cells:
        return _with(page, average=metric_figure(metric, catalog, total))
    table = crossed(catalog, metric, by, across, cells, rows=SHOWN)
    shown = [(line.value, together(s for (row, _), s in cells.items() if row == line.value), figure)
             for line, figure in zip(table.rows, table.row_totals, strict=True) if not line.others]
    left_out = sum(line.others for line in table.rows)
    return _with(page, responses=total.responses, average=table.total, segments=_against_rest(catalog, metric, shown, total),
                 left_out=left_out, table=table)


def _text(value: object) -> Value:
    return None if value is None else str(value)


def segment_figures(facts: Facts, catalog: Catalog, where: Filter, by: str, metric: str, total: Summary, *,
                    weighted: bool = False) -> tuple[tuple[Segment, ...], int]:
    """The metric per value of `by`, in the natural order of the values, and how many values are left out (the smallest).

    Each is tested against the others together; p values are adjusted (Holm up to ten values, BH beyond). A value under the
    minimum base is hidden, and with it a second one where the total would give it away.
    """
    groups = measured(facts, catalog, where, [by], [metric], weighted=weighted)
    return _judged(catalog, by, metric, {_text(g[0]): s for g, s in groups.items()}, total)


def narrowed(catalog: Catalog, metric: str, summary: Summary) -> Summary:
    """Only what this metric needs of a summary that holds others too: the rest of a value is then taken once and not for each."""
    asked = asked_for(catalog, [metric])
    return Summary(
        summary.responses,
        {q.code: summary.of(q) for q in asked.questions if q.code in summary.counts},
        summary.loyalty if asked.loyalty else None,
        summary.secure if asked.secure else None,
        {name: summary.indices[name] for name in asked.indices if name in summary.indices},
        summary.withheld,
    )


def _judged(catalog: Catalog, by: str, metric: str, groups: Mapping[Value, Summary], total: Summary) -> tuple[tuple[Segment, ...], int]:
    largest = sorted(groups, key=lambda value: -groups[value].responses)[:SHOWN]
    ordered = in_order(catalog, by, largest)
    left_out = [value for value in groups if value not in set(largest)]
    shown, rest = ([metric_figure(metric, catalog, groups[v]) or Figure(None, 0) for v in values] for values in (ordered, left_out))
    figures = complemented(shown, left_out=rest)
    told = [(v, groups[v], f) for v, f in zip(ordered, figures, strict=True)]
    return _against_rest(catalog, metric, told, total), len(left_out)


def _against_rest(catalog: Catalog, metric: str, told: Sequence[tuple[Value, Summary, Figure]], total: Summary) -> tuple[Segment, ...]:
    """Each value against the others together; hidden ones are not compared."""
    whole = narrowed(catalog, metric, total)
    rests = [Difference(None) if f.value is None else metric_difference(metric, catalog, s, without(whole, s)) or Difference(None)
             for _, s, f in told]
    judged = adjust_row(rests)
    return tuple(Segment(value, f, d, verdict(d)) for (value, _, f), d in zip(told, judged, strict=True))
