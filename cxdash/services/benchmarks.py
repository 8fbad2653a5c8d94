"""Benchmarks: our figures beside others': outside figures that users enter, rated competitors, own branches, mystery shoppers.

An outside figure is taken with the doubt that is known of it: with its n the spread of our own answers stands in for that of theirs,
without it is a fixed number, and says so (`cxdash.stats.gaps.benchmark_gap`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cxdash.errors import Conflict
from cxdash.facts.question import MYSTERY, SOURCE, Facts, Filter
from cxdash.services import audit
from cxdash.services.access import check, chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.branches import branch_key
from cxdash.services.catalog import Catalog
from cxdash.services.crosstab import grouping
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, complemented, measured, metric_difference, metric_figure, together
from cxdash.services.metric import metrics_of
from cxdash.services.options import MOST_VALUES
from cxdash.services.rivals import Rival, rivals_of
from cxdash.services.segments import Segment, segment_figures, value_counts
from cxdash.services.stages import stage_metrics
from cxdash.services.targets import FIRST, TargetInfo, save_target, span
from cxdash.services.view import Scope, View
from cxdash.stats.adjust import adjust_row
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.gaps import Benchmark, benchmark_gap, best_benchmark
from cxdash.store import benchmark_tables as tables
from cxdash.store import benchmarks as store
from cxdash.store.database import reading, writing

NAME_MAX, SOURCE_MAX, N_MAX = 80, 200, 1_000_000_000
NOBODY = Summary(0, {}, None)


@dataclass(frozen=True)
class BenchmarkInfo:
    """name: whose figure it is. n: answers behind it, None = not known. source: where it was published. measured: as of when."""

    id: int
    metric: str
    name: str
    value: float
    n: int | None
    source: str
    measured: date


@dataclass(frozen=True)
class Line:
    """A benchmark with our figure under the view. figure None: no longer measured. gap: ours minus theirs, adjusted over all lines.

    best: the highest of its metric.
    """

    benchmark: BenchmarkInfo
    figure: Figure | None
    gap: Difference
    verdict: Verdict
    best: bool


@dataclass(frozen=True)
class Beside:
    """A stage as mystery shoppers and as customers scored it. gap: shoppers minus customers, adjusted over the stages."""

    metric: str
    shoppers: Figure
    customers: Figure
    gap: Difference
    verdict: Verdict


@dataclass(frozen=True)
class Benchmarks:
    """The page. lines: entered benchmarks. rivals: competitors that were rated. by: the attribute of the branches, metric: what of them;
    average: of the selection. shoppers, customers: responses of either kind; beside: the stages, empty without shoppers."""

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int
    metrics: tuple[str, ...]
    keys: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    rivals: tuple[Rival, ...] = ()
    metric: str | None = None
    by: str | None = None
    average: Figure | None = None
    branches: tuple[Segment, ...] = ()
    left_out: int = 0
    shoppers: int = 0
    customers: int = 0
    beside: tuple[Beside, ...] = field(default_factory=tuple)


# ---------------------------------------------------------------- what is entered


def list_benchmarks(deps: Deps, actor: Actor, catalog: Catalog) -> tuple[BenchmarkInfo, ...]:
    """By metric, the highest first."""
    require(actor, Permission.SEE_FIGURES)
    check(actor, catalog)
    with reading(deps.engine) as session:
        return tuple(_info(row) for row in store.list_benchmarks(session, program_id=catalog.id))


def save_benchmark(
    deps: Deps, actor: Actor, *, catalog: Catalog, metric: str, name: str, value: float, n: int | None = None, source: str = "",
    measured: date, benchmark_id: int | None = None,
) -> BenchmarkInfo:  # fmt: skip
    """Keep an outside figure; with `benchmark_id` that one is changed. One of the same metric and name is replaced.

    Conflict with one sentence for a value out of the metric's range, a name that is blank or too long, an n that is no number of answers,
    a date out of reason or to come; NotFound for a metric or benchmark that does not exist.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    low, high = span(catalog, metric)
    if not math.isfinite(value) or not low <= value <= high:
        raise Conflict("bench.range", low=low, high=high)
    if not 0 < len(name.strip()) <= NAME_MAX:
        raise Conflict("bench.name_length", most=NAME_MAX)
    if len(source.strip()) > SOURCE_MAX:
        raise Conflict("bench.source_length", most=SOURCE_MAX)
    if n is not None and not 1 <= n <= N_MAX:
        raise Conflict("bench.n_range")
    if not FIRST <= measured <= catalog.today():
        raise Conflict("bench.date_range", first=FIRST)
    with writing(deps.engine) as session:
        if benchmark_id is not None:
            store.delete(session, program_id=catalog.id, benchmark_id=benchmark_id)
        made = store.save(session, program_id=catalog.id, metric=metric, name=name, value=float(value), n=n, source=source.strip(),
                          measured=measured, by=actor.name)  # fmt: skip
        noted = {"metric": metric, "name": made.name, "value": float(value), "n": n, "measured": measured.isoformat()}
        audit.record(session, actor, "benchmark.save", f"benchmark:{made.id}", after=noted)
        return _info(made)


def delete_benchmark(deps: Deps, actor: Actor, *, catalog: Catalog, benchmark_id: int) -> None:
    """NotFound when somebody else has deleted it."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    with writing(deps.engine) as session:
        store.delete(session, program_id=catalog.id, benchmark_id=benchmark_id)
        audit.record(session, actor, "benchmark.delete", f"benchmark:{benchmark_id}")


def aim(deps: Deps, actor: Actor, *, catalog: Catalog, benchmark_id: int, due: date | None = None, note: str = "") -> TargetInfo:
    """Make a benchmark the target of its metric, by the end of this year where no date is given. Errors as `save_target`."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    with reading(deps.engine) as session:
        found = _info(store.get(session, program_id=catalog.id, benchmark_id=benchmark_id))
    due = due or date(catalog.today().year, 12, 31)
    return save_target(deps, actor, catalog=catalog, metric=found.metric, goal=found.value, due=due, note=note or found.name)


def _info(row: tables.Benchmark) -> BenchmarkInfo:
    return BenchmarkInfo(row.id or 0, row.metric, row.name, row.value, row.n, row.source, row.measured)


# ---------------------------------------------------------------- the page


def benchmarks(deps: Deps, actor: Actor, *, view: View, sizes: Mapping[str, int] | None = None) -> Benchmarks:
    """Everything the page shows. NotFound when the programme does not exist. sizes: as `cxdash.services.segments.segments`."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    scope = replace(scope, before=None)
    entered = list_benchmarks(deps, actor, catalog)
    sizes = value_counts(facts, catalog) if sizes is None else sizes
    keys, metrics = tuple(k for k, n in sizes.items() if 0 < n <= MOST_VALUES and k != SOURCE), metrics_of(catalog)
    responses = int(facts.count(scope.now, weighted=view.weighted)["n"].sum())
    page = Benchmarks(catalog, view, scope, responses, whole.responses, metrics, keys)
    if not responses:
        return replace(page, lines=_lines(catalog, NOBODY, entered))
    metric = view.metric if view.metric in metrics else next(iter(metrics), None)
    asked = list(dict.fromkeys([*(b.metric for b in entered), *([metric] if metric else [])]))
    total = measured(facts, catalog, scope.now, [], asked, weighted=view.weighted).get((), NOBODY)
    by = view.by if view.by in keys else branch_key(catalog, keys)
    branches, left_out = _branches(facts, catalog, scope.now, by, metric, total, view.weighted)
    shoppers, customers, beside = _beside(facts, catalog, scope.now, view.weighted)
    return replace(
        page, lines=_lines(catalog, total, entered), rivals=rivals_of(facts, catalog, scope.now, weighted=view.weighted), metric=metric,
        by=by, average=metric_figure(metric, catalog, total) if metric else None, branches=branches, left_out=left_out,
        shoppers=shoppers, customers=customers, beside=beside,
    )  # fmt: skip


def _lines(catalog: Catalog, total: Summary, entered: Sequence[BenchmarkInfo]) -> tuple[Line, ...]:
    """Every benchmark against our figure of the selection."""
    figures = {name: metric_figure(name, catalog, total) for name in dict.fromkeys(b.metric for b in entered)}
    raw = [_gap(figures[b.metric], b) for b in entered]
    best = {best_benchmark({str(b.id): Benchmark(b.value) for b in entered if b.metric == name}) for name in figures}
    return tuple(
        Line(b, figures[b.metric], d, verdict(d), str(b.id) in best) for b, d in zip(entered, adjust_row(raw), strict=True)
    )


def _gap(figure: Figure | None, benchmark: BenchmarkInfo) -> Difference:
    return Difference(None) if figure is None else benchmark_gap(figure, Benchmark(benchmark.value, benchmark.n))


def _branches(facts: Facts, catalog: Catalog, where: Filter, by: str | None, metric: str | None, total: Summary, weighted: bool
              ) -> tuple[tuple[Segment, ...], int]:
    if by is None or metric is None:
        return (), 0
    return segment_figures(facts, catalog, where, grouping(catalog, by), metric, total, weighted=weighted)


def _beside(facts: Facts, catalog: Catalog, where: Filter, weighted: bool) -> tuple[int, int, tuple[Beside, ...]]:
    """Who has the source "mystery" beside all others. What is hidden of either does not follow from both together."""
    names = stage_metrics(catalog)
    every = replace(where, customers=False)
    groups = {str(g[0]): s for g, s in measured(facts, catalog, every, [SOURCE], names, weighted=weighted).items()}
    shoppers = groups.pop(MYSTERY, None)
    customers = together(groups.values()) if groups else NOBODY
    if shoppers is None or not names:
        return 0, customers.responses, ()
    pairs = []
    for name in names:
        mine, theirs = (metric_figure(name, catalog, s) or Figure(None, 0, base="hidden") for s in (shoppers, customers))
        pairs.append(complemented([mine, theirs]))
    raw = [Difference(None) if None in (a.value, b.value) else metric_difference(name, catalog, shoppers, customers) or Difference(None)
           for name, (a, b) in zip(names, pairs, strict=True)]  # fmt: skip
    told = tuple(Beside(name, a, b, d, verdict(d)) for name, (a, b), d in zip(names, pairs, adjust_row(raw), strict=True))
    return shoppers.responses, customers.responses, told
