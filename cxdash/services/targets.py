"""Targets (목표): a goal for a metric by a date, for everybody or for one value of an attribute, and what the figures say of it.

A goal is judged by the interval, not by the value: met when the whole interval lies at or above it, missed when the whole of it lies
below, open when it contains the goal. Where the answers allow no test (under 30, or a design effect over 2) nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from cxdash.errors import Conflict, NotFound
from cxdash.facts.question import WAVE, Facts, Filter, attribute_name
from cxdash.services import audit
from cxdash.services.access import check, chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import Group, Summary, complemented, measured, metric_figure
from cxdash.services.metric import metric_of, metrics_of
from cxdash.services.view import Bounds, Scope, View
from cxdash.stats.bases import may_test
from cxdash.stats.figure import Figure
from cxdash.store import tables
from cxdash.store import targets as store
from cxdash.store.database import reading, writing
from cxdash.store.text import CODE_MAX

Verdict = Literal["met", "missed", "open", "unknown"]
NOTE_MAX = 500  # characters
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)  # of a target's date: what lies outside is a slip of the finger


@dataclass(frozen=True)
class TargetInfo:
    """attribute, value: the segment it is for; both None for everybody. note: who agreed on it, and why; "" where nobody said."""

    id: int
    metric: str
    goal: float
    due: date
    attribute: str | None = None
    value: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Line:
    """A target with its figure under the view. figure None: no longer measured. gap: figure minus goal. days: left until it is due."""

    target: TargetInfo
    figure: Figure | None
    gap: float | None
    verdict: Verdict
    days: int


@dataclass(frozen=True)
class Targets:
    """lines: those to come first, by date; then those that are over, the latest first. total: responses before any filter."""

    catalog: Catalog
    scope: Scope
    responses: int
    total: int
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    today: date


def span(catalog: Catalog, metric: str) -> tuple[float, float]:
    """Lowest and highest goal that makes sense: -100..100 for NPS, 0..100 for shares and 100-point scores. NotFound for other names."""
    found = metric_of(catalog, metric)
    if found is None:
        raise NotFound("targets.no_metric")
    return (-100.0, 100.0) if found.signed else (0.0, 100.0)


def list_targets(deps: Deps, actor: Actor, catalog: Catalog) -> tuple[TargetInfo, ...]:
    """By date; without those of segments outside the actor's rows."""
    require(actor, Permission.SEE_FIGURES)
    check(actor, catalog)
    allowed = dict(actor.rows)
    with reading(deps.engine) as session:
        found = [_info(row) for row in store.list_targets(session, program_id=catalog.id)]
    return tuple(t for t in found if t.attribute not in allowed or t.value in allowed[t.attribute])


def save_target(
    deps: Deps,
    actor: Actor,
    *,
    catalog: Catalog,
    metric: str,
    goal: float,
    due: date,
    attribute: str | None = None,
    value: str | None = None,
    note: str = "",
    target_id: int | None = None,
) -> TargetInfo:
    """Set a goal; with `target_id` that one is changed. A goal for the same metric, segment and date is replaced.

    Conflict with one sentence for a goal out of range, a date out of reason, a segment without its value, a note that is too long;
    NotFound for a metric, attribute or target that does not exist.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    low, high = span(catalog, metric)
    if not math.isfinite(goal) or not low <= goal <= high:
        raise Conflict("targets.range", low=low, high=high)
    if not FIRST <= due <= LAST:
        raise Conflict("targets.date", first=FIRST, last=LAST)
    key = catalog.attribute(attribute).key if attribute else None
    if (key is None) != (value is None) or (value is not None and not 0 < len(value) <= CODE_MAX):
        raise Conflict("targets.segment")
    if len(note.strip()) > NOTE_MAX:
        raise Conflict("targets.note_long", most=NOTE_MAX)
    with writing(deps.engine) as session:
        if target_id is not None:
            store.delete(session, program_id=catalog.id, target_id=target_id)
        made = store.save(
            session, program_id=catalog.id, figure=metric, goal=float(goal), due=due, attribute=key, value=value, note=note.strip()
        )
        noted = {"metric": metric, "goal": float(goal), "due": due.isoformat()}
        audit.record(session, actor, "target.save", f"target:{made.id}", after=noted)
        return _info(made)


def delete_target(deps: Deps, actor: Actor, *, catalog: Catalog, target_id: int) -> None:
    """NotFound when somebody else has deleted it."""
    require(actor, Permission.MANAGE_PROGRAM)
    check(actor, catalog)
    with writing(deps.engine) as session:
        store.delete(session, program_id=catalog.id, target_id=target_id)
        audit.record(session, actor, "target.delete", f"target:{target_id}")


def against(figure: Figure | None, goal: float) -> Verdict:
    """What the figure's 95 % interval says of a goal; both in the figure's unit.

    >>> interval = Figure(46.0, 400, 400.0, 41.0, 51.0, unit="points")
    >>> against(interval, 45), against(interval, 41), against(interval, 52), against(None, 45)
    ('open', 'met', 'missed', 'unknown')
    """
    if figure is None or figure.value is None or figure.ci_low is None or figure.ci_high is None or not may_test(figure):
        return "unknown"
    if figure.ci_low >= goal:
        return "met"
    return "missed" if figure.ci_high < goal else "open"


def target_of(targets: Sequence[TargetInfo], metric: str, *, catalog: Catalog, scope: Scope, bounds: Bounds) -> TargetInfo | None:
    """The target that a card of this metric shows: the one with the nearest date not before the end of the period shown.

    A segment's target counts only where the view filters exactly that one value of that one attribute (besides waves); it then leads
    over the target for everybody. None where there is none.
    """
    end = scope.until or bounds.last or date.min
    coming = sorted((t for t in targets if t.metric == metric and t.due >= end), key=lambda t: t.due)
    segment = _segment(catalog, scope.now)
    own = [t for t in coming if segment is not None and (t.attribute, t.value) == segment]
    return next(iter(own or [t for t in coming if t.attribute is None]), None)


def _segment(catalog: Catalog, where: Filter) -> tuple[str, str] | None:
    """The only segment a filter asks for: attribute key and value."""
    chosen = {k: v for k, v in where.equals.items() if k != WAVE}
    if len(chosen) != 1:
        return None
    ((name, values),) = chosen.items()
    attribute = catalog.named(name)
    return (attribute.key, values[0]) if attribute is not None and len(values) == 1 else None


def targets(deps: Deps, actor: Actor, *, view: View, today: date | None = None) -> Targets:
    """Every target with its figure under the view's period and filters. One question to facts per attribute."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    scope = replace(scope, before=None)
    today = today or catalog.today()
    found = list_targets(deps, actor, catalog)
    figures = _figures(facts, catalog, scope.now, found, weighted=view.weighted)
    lines = [_line(t, figures.get(t.id), today) for t in found]
    coming, over = [x for x in lines if x.days >= 0], [x for x in lines if x.days < 0]
    return Targets(
        catalog, scope, int(facts.count(scope.now)["n"].sum()), whole.responses, metrics_of(catalog), (*coming, *reversed(over)), today
    )


def _line(target: TargetInfo, figure: Figure | None, today: date) -> Line:
    gap = figure.value - target.goal if figure is not None and figure.value is not None else None
    return Line(target, figure, gap, against(figure, target.goal), (target.due - today).days)


def _figures(facts: Facts, catalog: Catalog, where: Filter, found: Sequence[TargetInfo], *, weighted: bool) -> dict[int, Figure]:
    """Target id -> its figure; without those that are no longer measured, or whose attribute is gone."""
    keys = {a.key for a in catalog.attributes}
    told: dict[int, Figure] = {}
    for attribute in dict.fromkeys(t.attribute for t in found):
        if attribute is not None and attribute not in keys:
            continue
        some = [t for t in found if t.attribute == attribute]
        by = [] if attribute is None else [attribute_name(attribute)]
        groups = measured(facts, catalog, where, by, {t.metric for t in some}, weighted=weighted)
        for metric in dict.fromkeys(t.metric for t in some):
            told |= _shown(catalog, metric, groups, [t for t in some if t.metric == metric])
    return told


def _shown(catalog: Catalog, metric: str, groups: dict[Group, Summary], some: Sequence[TargetInfo]) -> dict[int, Figure]:
    """The metric's figures of these segments; a second one is hidden too where a hidden one would follow from the total."""
    if metric_of(catalog, metric) is None:
        return {}
    if some[0].attribute is None:
        figure = metric_figure(metric, catalog, groups[()])
        return {t.id: figure for t in some} if figure is not None else {}
    nobody = Figure(None, 0, base="hidden")
    every = {g[0]: metric_figure(metric, catalog, s) or nobody for g, s in groups.items()}
    told = dict(zip(every, complemented(list(every.values())), strict=True))  # as the segments page hides them
    return {t.id: told.get(t.value, nobody) for t in some}


def _info(row: tables.Target) -> TargetInfo:
    return TargetInfo(row.id or 0, row.figure, row.goal, row.due, row.attribute, row.value, row.note or "")
