"""Priorities (중요도–만족도): how important each stage, touchpoint or factor is, how well it does, and so what to look at first.

Importance is what respondents say it is, where they were asked, and what goes with an outcome (the share of a driver) beside it; the two
answer different questions, so each chart says which one it shows. The lines between high and low come from all the answers of the period,
before any segment is filtered, or were frozen: lines of the selection itself would find weaknesses in every segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from cxdash.facts.question import WAVE, Facts, Filter, question_name
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.drivers import MOST, Level, candidates_of, column_of, levels_of, outcomes_of, side_of
from cxdash.services.places import items_at, partner
from cxdash.services.sums import Sums, both_sums, changes_of, sums_of
from cxdash.services.view import CROSSHAIRS, Scope, View
from cxdash.services.yardsticks import Frozen, Importance, Yardsticks, chart_name, list_yardsticks
from cxdash.stats.bases import apply_base, may_test
from cxdash.stats.compare import Verdict
from cxdash.stats.counts import Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.importance import Drivers
from cxdash.stats.ipa import Crosshair, Placement, Quadrant, Whisker, ipa, placed
from cxdash.stats.means import score100
from cxdash.terms import Measure

MIDDLE = 50.0  # of a scale on 0-100
Unplaced = Literal["hidden", "small", "not_asked", "not_driver"]


@dataclass(frozen=True)
class Derived:
    """Importance out of the answers: shares of the explained part of an outcome. found: None where there is nothing to analyse.

    too_many: candidates beyond what one analysis takes.
    """

    outcome: str | None
    level: Level | None
    found: Drivers | None = None
    too_many: int = 0

    @property
    def shares(self) -> dict[str, Whisker]:
        """Item -> percent with interval; empty where the answers do not carry an analysis."""
        told = self.found.drivers if self.found is not None else ()
        return {d.name: Whisker(100 * d.share, _percent(d.share_low), _percent(d.share_high)) for d in told}


@dataclass(frozen=True)
class Point:
    """One item. stated: None where importance was not asked. unplaced: why it is not on the chart, "" where it is.

    change: of performance against the comparison; before: its quadrant there, by the same lines, where importance was stated.
    """

    name: str
    performance: Figure
    stated: Figure | None
    unplaced: Unplaced | Literal[""]
    change: Difference | None
    verdict: Verdict
    before: Quadrant | None


@dataclass(frozen=True)
class Priorities:
    """The page. level, importance: None where there are no two items, or nothing that says how important they are.

    importances: which there are. crosshair: how the lines were drawn; chart: under which name they are frozen; frozen: those that are.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int  # responses of the programme before any filter
    levels: tuple[Level, ...]
    importances: tuple[Importance, ...]
    outcomes: tuple[str, ...]
    level: Level | None = None
    importance: Importance | None = None
    outcome: str | None = None
    points: tuple[Point, ...] = ()
    placement: Placement | None = None
    crosshair: str = ""
    chart: str = ""
    frozen: Frozen | None = None
    derived: Derived | None = None


@dataclass(frozen=True)
class _Counted:
    """Moments of every column asked for: of the selection, its comparison, and of all answers of the period."""

    names: tuple[str, ...]
    stated: Mapping[str, str]  # item -> column of its stated importance
    now: Sums
    before: Sums | None
    whole: Sums
    shares: Mapping[str, Whisker] = field(default_factory=dict)


def plan_of(catalog: Catalog, view: View) -> tuple[tuple[Level, ...], Level | None, tuple[Importance, ...], Importance | None, str | None]:
    """Levels and the one shown, importances and the one shown, outcome: of the view, else the first that the programme has.

    Importance that was asked comes first; the other is a click away.
    """
    levels = levels_of(catalog, "")
    level = next((known for known in levels if known == view.level), levels[0] if levels else None)
    outcomes = outcomes_of(catalog)
    outcome = view.outcome if view.outcome in outcomes else (outcomes[0] if outcomes else None)
    names = candidates_of(catalog, level, "") if level else ()
    offered: tuple[Importance, ...] = ("stated",) if len(stated_columns(catalog, names)) >= 2 else ()
    if outcome is not None and level is not None and len(candidates_of(catalog, level, outcome)) >= 2:
        offered = (*offered, "derived")
    shown = next((known for known in offered if known == view.importance), offered[0] if offered else None)
    return levels, level, offered, shown, outcome


def stated_columns(catalog: Catalog, names: Sequence[str]) -> dict[str, str]:
    """Item -> column of facts with the importance that respondents gave it; without those that were not asked."""
    found: dict[str, str] = {}
    for name in names:
        kind, _, code = name.partition(":")
        if kind == "question":
            asked = partner(catalog, catalog.question(code), Measure.IMPORTANCE)
            if asked is not None:
                found[name] = question_name(asked.code)
        elif items_at(catalog, Measure.IMPORTANCE, name):
            found[name] = f"{Measure.IMPORTANCE}:{name}"
    return found


def derived_importance(deps: Deps, actor: Actor, *, view: View) -> Derived:
    """The drivers behind the derived importance of the view's level and outcome: the long part, to be kept by itself."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    _, level, importances, _, outcome = plan_of(catalog, view)
    if level is None or outcome is None or "derived" not in importances:
        return Derived(outcome, level)
    names = candidates_of(catalog, level, outcome)
    if len(names) > MOST:
        return Derived(outcome, level, too_many=len(names))
    return Derived(outcome, level, side_of(facts, catalog, scope.now, outcome, names, weighted=view.weighted).main.found)


def priorities(deps: Deps, actor: Actor, *, view: View, derived: Derived | None = None) -> Priorities:
    """Everything the page shows. derived: the answer of `derived_importance` where the caller keeps it; asked here where it is needed."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, extent, scope = chosen(deps, actor, view)
    levels, level, importances, importance, outcome = plan_of(catalog, view)
    responses = int(facts.count(scope.now, weighted=view.weighted)["n"].sum())
    about = (levels, importances, outcomes_of(catalog), level, importance, outcome)
    page = Priorities(catalog, view, scope, responses, extent.responses, *about)
    if level is None or importance is None:
        return page
    if importance == "derived" and derived is None:
        derived = derived_importance(deps, actor, view=view)
    counted = _counted(facts, catalog, scope, level, derived.shares if derived and importance == "derived" else {}, weighted=view.weighted)
    kept = list_yardsticks(deps, actor, catalog)
    return _placed(replace(page, derived=derived if importance == "derived" else None), counted, kept)


def _counted(facts: Facts, catalog: Catalog, scope: Scope, level: Level, shares: Mapping[str, Whisker], *, weighted: bool) -> _Counted:
    names = candidates_of(catalog, level, "")
    stated = stated_columns(catalog, names)
    columns = [*(column_of(name) for name in names), *stated.values()]
    now, before = both_sums(facts, scope, columns, weighted=weighted)
    everybody = everybody_of(scope.now)
    whole = now if everybody == scope.now else sums_of(facts, everybody, columns, weighted=weighted)
    if not any(m.n for m in whole.values()):  # all answers may have to keep silent where a part of them need not (cxdash.facts.scoped)
        whole = now
    return _Counted(names, stated, now, before, whole, shares)


def everybody_of(where: Filter) -> Filter:
    """The same period, before any segment is filtered; a wave is a period."""
    return replace(where, equals={k: v for k, v in where.equals.items() if k == WAVE})


def _placed(page: Priorities, counted: _Counted, kept: Yardsticks) -> Priorities:
    derived = page.importance == "derived"
    figures = {name: _figure(counted.now[column_of(name)]) for name in counted.names}
    stated = {name: _figure(counted.now[column]) for name, column in counted.stated.items()}
    why = {name: _unplaced(name, figures[name], counted.shares if derived else stated) for name in counted.names}
    chart = chart_name(str(page.level), "derived" if derived else "stated", page.outcome)
    frozen = kept.crosshairs.get(chart)
    how = _how(page.view, frozen)
    on = [name for name in counted.names if not why[name]]
    lines = frozen.lines if how == "frozen" and frozen else _lines(how, on, counted, derived=derived)
    importance = {n: counted.shares[n] if derived else _whisker(stated[n]) for n in on}
    placement = placed(importance, {n: _whisker(figures[n]) for n in on}, crosshair=lines) if on else None
    earlier = {} if derived or placement is None else _before(counted, placement.crosshair)
    moved = changes_of(page.scope, *_moments(counted))
    points = tuple(
        Point(name, figures[name], stated.get(name), why[name], change, told, earlier.get(name))
        for name, (change, told) in zip(counted.names, moved, strict=True)
    )
    return replace(page, points=points, placement=placement, crosshair=how, chart=chart, frozen=frozen)


def _moments(counted: _Counted) -> tuple[list[Moments], list[Moments] | None]:
    columns = [column_of(name) for name in counted.names]
    return [counted.now[c] for c in columns], None if counted.before is None else [counted.before[c] for c in columns]


def _how(view: View, frozen: Frozen | None) -> str:
    """How the lines are drawn: as the view says, frozen where there is such a crosshair, else by the items."""
    if view.crosshair in CROSSHAIRS and (view.crosshair != "frozen" or frozen is not None):
        return str(view.crosshair)
    return "frozen" if frozen is not None else "items"


def _unplaced(name: str, performance: Figure, importance: Mapping[str, Figure] | Mapping[str, Whisker]) -> Unplaced | Literal[""]:
    if performance.value is None:
        return "hidden"
    found = importance.get(name)
    if found is None:
        return "not_asked" if not importance or isinstance(next(iter(importance.values())), Figure) else "not_driver"
    if found.value is None:
        return "hidden"
    return "" if may_test(performance) and (isinstance(found, Whisker) or may_test(found)) else "small"


def _lines(how: str, on: Sequence[str], counted: _Counted, *, derived: bool) -> Crosshair | None:
    """Means of the items among everybody of the period, or the middle of the scales. Shares have no middle but the equal one."""
    if not on:
        return None
    equal = 100.0 / len(counted.shares) if derived else None
    if how == "middle":
        return Crosshair(MIDDLE if equal is None else equal, MIDDLE)
    performance = _mean([counted.whole[column_of(name)] for name in on])
    return Crosshair(_mean([counted.whole[counted.stated[name]] for name in on]) if equal is None else equal, performance)


def _mean(moments: Sequence[Moments]) -> float:
    """Of the items' means, each weighing the same."""
    known = [m.mean for m in moments if m.mean is not None]
    return sum(known) / len(known) if known else MIDDLE


def _before(counted: _Counted, lines: Crosshair) -> dict[str, Quadrant]:
    """Quadrants in what is compared with, by the lines of now, of the items with a base there."""
    if counted.before is None:
        return {}
    both = {n: (_figure(counted.before[c]), _figure(counted.before[column_of(n)])) for n, c in counted.stated.items()}
    known = {n: pair for n, pair in both.items() if all(f.value is not None and may_test(f) for f in pair)}
    if not known:
        return {}
    importance, performance = ({n: float(pair[i].value or 0.0) for n, pair in known.items()} for i in (0, 1))
    return dict(ipa(importance, performance, importance_cut=lines.importance, performance_cut=lines.performance).quadrants)


def _figure(scores: Moments) -> Figure:
    return apply_base(score100(scores))


def _whisker(figure: Figure) -> Whisker:
    return Whisker(float(figure.value or 0.0), figure.ci_low, figure.ci_high)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
