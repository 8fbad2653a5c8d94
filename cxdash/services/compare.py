"""Compare (비교): two selections side by side, every metric with its difference, and why the difference is there (왜 움직였나)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cxdash.facts.question import STAGE, TOUCHPOINT, Facts, Filter, attribute_name
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import AttributeInfo, Catalog, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import EMPTY, Summary, both_sides, boxes, change_of, complemented, judged, metric_figure, sample_of
from cxdash.services.metric import HEADLINES, MORE, metric_of, metrics_of
from cxdash.services.options import Options
from cxdash.services.stages import stage_metrics
from cxdash.services.view import Bounds, Scope, View, resolve
from cxdash.stats.adjust import adjust_row
from cxdash.stats.ces import EASY_FROM
from cxdash.stats.compare import Verdict
from cxdash.stats.counts import Moments
from cxdash.stats.decompose import OTHERS, Decomposition, Part, decompose, net_scores, pool_small, share_scores
from cxdash.stats.figure import Difference, Figure

SEGMENTS = 10  # of a decomposition; further ones stand together


@dataclass(frozen=True)
class Row:
    """One metric of both sides and now minus before; tested only where the sides share no respondents, p adjusted over the list."""

    metric: str
    now: Figure
    before: Figure
    change: Difference
    verdict: Verdict


@dataclass(frozen=True)
class Cause:
    """What one segment contributes. value None: no value of the attribute; others: the segments that stand together."""

    value: str | None
    part: Part
    others: bool = False


@dataclass(frozen=True)
class Why:
    """The change of one metric split by one attribute. absent: "hidden" (a side under the minimum base), "attribute" (nothing to
    split by), "one" (a single segment is left), else "". pooled: how many values stand together."""

    metric: str
    by: str | None
    found: Decomposition | None
    causes: tuple[Cause, ...] = ()
    pooled: int = 0
    absent: str = ""


@dataclass(frozen=True)
class Compared:
    """rows: headlines, secure, effort and stages in journey order; details: touchpoints and single ratings. before_responses None and
    no rows: there is no other side."""

    catalog: Catalog
    view: View
    scope: Scope
    bounds: Bounds
    responses: int
    before_responses: int | None
    total: int
    rows: tuple[Row, ...]
    details: tuple[Row, ...]
    why: Why | None
    metrics: tuple[str, ...]
    attributes: tuple[AttributeInfo, ...]
    version: int


def compare(deps: Deps, actor: Actor, *, view: View) -> Compared:
    """Both sides of the view's comparison. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    every = metrics_of(catalog)
    main = [m for m in (*HEADLINES, *MORE, *stage_metrics(catalog)) if m in every]
    more = [m for m in every if m not in main and not _only_item(catalog, m)]
    sides = both_sides(facts, catalog, scope, [], [*main, *more], weighted=view.weighted)
    now, before = sides[0][()], None if sides[1] is None else sides[1].get(())
    attributes = splittable(catalog, scope)
    metric = view.metric if view.metric in every else next(iter(main), None)
    split = metric is not None and before is not None and now.responses > 0
    return Compared(
        catalog=catalog,
        view=view,
        scope=scope,
        bounds=whole.bounds,
        responses=now.responses,
        before_responses=None if scope.before is None else before.responses if before else 0,
        total=whole.responses,
        rows=_rows(scope, catalog, main, now, before),
        details=_rows(scope, catalog, more, now, before),
        why=_why(facts, catalog, scope, view, metric, attributes) if split and metric is not None else None,
        metrics=every,
        attributes=attributes,
        version=facts.version(),
    )


def _only_item(catalog: Catalog, name: str) -> bool:
    """A touchpoint of one item is that item, which is listed itself."""
    metric = metric_of(catalog, name)
    return name.startswith("touchpoint:") and metric is not None and metric.index is None


def splittable(catalog: Catalog, scope: Scope) -> tuple[AttributeInfo, ...]:
    """The attributes by which a change can be split: not those that tell the two sides apart, nor those filtered to one value."""
    other = scope.before.equals if scope.before else {}
    fixed = {k for k in {*scope.now.equals, *other} if scope.now.equals.get(k) != other.get(k) or len(scope.now.equals[k]) == 1}
    return tuple(a for a in catalog.attributes if catalog.name_of(a) not in fixed)


def _rows(scope: Scope, catalog: Catalog, names: Sequence[str], now: Summary, before: Summary | None) -> tuple[Row, ...]:
    if before is None:
        return ()
    pairs = [_sides(scope, metric_figure(m, catalog, now), metric_figure(m, catalog, before)) for m in names]
    raw = [change_of(scope, m, catalog, now, before) or Difference(None) for m in names]
    told = [d if None not in (a.value, b.value) else Difference(None, flags=("base_hidden",)) for d, (a, b) in zip(raw, pairs, strict=True)]
    adjusted = adjust_row(told)
    return tuple(Row(m, a, b, d, judged(d)) for m, (a, b), d in zip(names, pairs, adjusted, strict=True))


def _sides(scope: Scope, now: Figure | None, before: Figure | None) -> tuple[Figure, Figure]:
    """Both figures; against the rest one that is hidden takes the other with it, as the whole is a click away."""
    one, two = now or Figure(None, 0), before or Figure(None, 0)
    if scope.rest and one.n and two.n:
        one, two = complemented([one, two])
    return one, two


def respondent_scores(name: str, catalog: Catalog, summary: Summary) -> Moments:
    """The moments whose mean is the metric: -100/0/100 for NPS, 0/100 for shares, 0-100 for scores."""
    metric = metric_of(catalog, name)
    if metric is None:
        return Moments.zero()
    counts = summary.of(metric.question)
    match metric.kind:
        case "nps":
            return net_scores(counts)
        case "secure":
            return share_scores(summary.secure or EMPTY, 1)
        case "effort":
            return share_scores(counts, EASY_FROM)
        case "csat":
            assert metric.question is not None and metric.question.scale is not None
            return share_scores(counts, metric.question.scale.hi - boxes(metric.question.scale) + 1)
    scores = sample_of(metric, summary)
    assert isinstance(scores, Moments), "what is no share and no NPS is a mean"
    return scores


def _why(facts: Facts, catalog: Catalog, scope: Scope, view: View, metric: str, attributes: Sequence[AttributeInfo]) -> Why:
    keys = [a.key for a in attributes]
    by = view.by if view.by in keys else next(iter(keys), None)
    if by is None:
        return Why(metric, None, None, absent="attribute")
    sides = both_sides(facts, catalog, scope, [attribute_name(by)], [metric], weighted=view.weighted)
    if any(s.withheld for side in sides for s in (side or {}).values()):
        return Why(metric, by, None, absent="hidden")
    now, before = ({group: respondent_scores(metric, catalog, s) for group, s in (side or {}).items()} for side in sides)
    found = pool_small(now, before, most=SEGMENTS)
    if not all(any(m.n for m in side.values()) for side in (found.now, found.before)):
        return Why(metric, by, None, absent="hidden")
    split = decompose(found.now, found.before, independent=scope.apart)
    if split.mix.value is None:
        return Why(metric, by, None, absent="hidden")
    if len(split.parts) < 2:
        return Why(metric, by, None, absent="one", pooled=len(found.pooled))
    return Why(metric, by, split, _causes(split), len(found.pooled))


def _causes(split: Decomposition) -> tuple[Cause, ...]:
    """In natural order of the values, "no value" and the others last."""
    ordered = sorted(
        ((k, p) for k, p in split.parts.items() if k != OTHERS and isinstance(k, tuple)),
        key=lambda item: (item[0][0] is None, natural(str(item[0][0]))),
    )
    rest = [Cause(None, split.parts[OTHERS], others=True)] if OTHERS in split.parts else []
    return (*(Cause(None if k[0] is None else str(k[0]), p) for k, p in ordered), *rest)


def offers(view: View, options: Options, bounds: Bounds) -> Mapping[str, View]:
    """Kind of comparison -> a view near this one that has it; for a page that has nothing to compare with."""
    catalog = options.catalog
    keys = [k for k, values in options.values.items() if len(values) > 1 and catalog.named(k) is not None and k not in (STAGE, TOUCHPOINT)]
    candidates = {
        "previous": [replace(view, compare="previous", period=p) for p in (view.period, "6m", "90d", "30d", "wave")],
        "period": [_halves(view, catalog, bounds)],
    }
    chosen = next((k for k in keys if view.equals.get(k)), None)
    if chosen is not None or keys:
        key = chosen or keys[0]
        own = view.equals.get(key) or options.values[key][:1]
        other = next((v for v in options.values[key] if v not in own), None)
        here = view.filtered(key, *own)
        candidates["rest"] = [replace(here, compare="rest")]
        candidates["segment"] = [replace(here, compare="segment", against={key: (other,)})] if other else []
    found = {}
    for kind, views in candidates.items():
        fit = next((v for v in views if v is not None and resolve(v, catalog, bounds).before is not None), None)
        if fit is not None:
            found[kind] = fit
    return found


def _halves(view: View, catalog: Catalog, bounds: Bounds) -> View | None:
    """The same days a year earlier where there are answers from then, else the later half against the earlier."""
    if bounds.first is None or bounds.last is None or bounds.days < 2:
        return None
    now: Filter = resolve(view, catalog, bounds).now
    since, until = now.since or bounds.first, now.until or bounds.last
    year = timedelta(days=364)  # whole weeks: the same weekdays
    if since - year >= bounds.first and until - since < year:
        return replace(view, compare="period", against_since=since - year, against_until=until - year)
    middle = bounds.first + (bounds.last - bounds.first) / 2
    return replace(
        view,
        period="custom",
        since=middle + timedelta(days=1),
        until=bounds.last,
        compare="period",
        against_since=bounds.first,
        against_until=middle,
    )
