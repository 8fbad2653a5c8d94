"""Drivers: which stages, touchpoints or factors go with loyalty, how surely, and for whom; refused where the answers do not carry it.

Names of drivers and outcomes are those of `cxdash.services.metric` ("stage:CODE", "touchpoint:STAGE/CODE", "question:CODE", "loyalty").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from cxdash.facts.question import LOYALTY, Facts, Filter, question_name
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.crossing import alpha_of, crossed_ends, crossed_moments
from cxdash.services.deps import Deps
from cxdash.services.view import LEVELS, Scope, View
from cxdash.stats.adjust import adjust_row
from cxdash.stats.contrast import Contrasts, contrasts
from cxdash.stats.drivers import drivers, share_changes
from cxdash.stats.figure import Difference
from cxdash.stats.importance import LOST_MOST, Drivers, Dropped, needed
from cxdash.stats.paths import PathModel, Paths, path_of, paths
from cxdash.stats.reliability import Alpha
from cxdash.stats.whatif import WhatIf, what_if
from cxdash.terms import Measure

Ints = npt.NDArray[np.int64]
Level = Literal["stage", "touchpoint", "factor"]
OUTCOMES = (Measure.RECOMMEND, Measure.OVERALL, Measure.REPURCHASE)
MOST = 60  # candidates of one analysis
AGAINST = ("segment", "period")  # comparisons that make a second model: the user chose them


@dataclass(frozen=True)
class Model:
    """One model: who is in it, and what it says."""

    path: PathModel
    found: Drivers


@dataclass(frozen=True)
class Side:
    """One selection. asked: who has the outcome. paths: which models there may be. main: the drivers and people that most answers are in.

    flat: part (0..1) of the main model's people who rated everything the same. The models of `paths.apart`, about the drivers that the main
    one leaves out, are made on demand (`driver_model`).
    """

    asked: int
    paths: Paths
    flat: float
    main: Model


@dataclass(frozen=True)
class DriversPage:
    """outcome, level: None where the programme has none. too_many: candidates beyond the limit; then nothing is computed.

    other: the model of the segment or period compared with, of the same drivers where its answers allow it; changes: share now minus share
    there, in percentage points, where the drivers are the same and nobody is in both.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int
    outcomes: tuple[str, ...]
    levels: tuple[Level, ...]
    outcome: str | None = None
    level: Level | None = None
    candidates: tuple[str, ...] = ()
    too_many: int = 0
    now: Side | None = None
    other: Side | None = None
    changes: Mapping[str, Difference] = field(default_factory=dict)


def outcomes_of(catalog: Catalog) -> tuple[str, ...]:
    """The loyalty index, and the first 0-10 recommend, overall and repurchase item."""
    found = [LOYALTY] if catalog.loyalty_items else []
    for measure in OUTCOMES:
        items = [q for q in catalog.ratings if q.measure is measure and (measure is not Measure.RECOMMEND or (q.scale and q.scale.is_nps))]
        found += [f"question:{q.code}" for q in items[:1]]
    return tuple(found)


def candidates_of(catalog: Catalog, level: Level, outcome: str) -> tuple[str, ...]:
    """What may drive the outcome at this level, in journey order; nothing that contains one of the outcome's own items."""
    if level == "stage":
        names = [f"stage:{s.code}" for s in catalog.stages]
    elif level == "touchpoint":
        names = [f"touchpoint:{t.key}" for s in catalog.stages for t in catalog.touchpoints if t.stage == s.code]
    else:
        order = {s.code: i for i, s in enumerate(catalog.stages)}
        every = [q for q in catalog.ratings if catalog.rated(q) and q.stage in order]
        rated = [q for q in every if q.touchpoint_id is not None or q.factor_id is not None] or every
        names = [f"question:{q.code}" for q in sorted(rated, key=lambda q: order[str(q.stage)])]
    own = _items(catalog, outcome)
    return tuple(name for name in names if (items := _items(catalog, name)) and not items & own)


def levels_of(catalog: Catalog, outcome: str) -> tuple[Level, ...]:
    """The levels at which there is something to compare."""
    return tuple(level for level in LEVELS if len(candidates_of(catalog, level, outcome)) >= 2)


def drivers_page(deps: Deps, actor: Actor, *, view: View) -> DriversPage:
    """Everything the page shows. An outcome or level the programme does not have becomes the first it has. NotFound as `chosen`."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    responses = int(facts.count(scope.now, weighted=view.weighted)["n"].sum())
    begun = _begun(catalog, view)
    page = (catalog, view, scope, responses, whole.responses, *begun[:2])
    _, _, about, at, names = begun
    if about is None or at is None or len(names) > MOST:
        return DriversPage(*page, about, at, names, len(names) if len(names) > MOST else 0)
    now = side_of(facts, catalog, scope.now, about, names, weighted=view.weighted)
    other = None
    if view.compare in AGAINST and scope.before is not None:
        other = side_of(facts, catalog, scope.before, about, names, weighted=view.weighted, like=now.main.path.drivers)
    changes = _changes(now, other) if other and scope.apart and _alike(now, other) else {}
    return DriversPage(*page, about, at, names, 0, now, other, changes)


def _begun(catalog: Catalog, view: View) -> tuple[tuple[str, ...], tuple[Level, ...], str | None, Level | None, tuple[str, ...]]:
    outcomes = outcomes_of(catalog)
    about = view.outcome if view.outcome in outcomes else (outcomes[0] if outcomes else None)
    levels = levels_of(catalog, about) if about else ()
    at = next((known for known in levels if known == view.level), levels[0] if levels else None)
    return outcomes, levels, about, at, candidates_of(catalog, at, about) if about and at else ()


def _alike(now: Side, other: Side) -> bool:
    """Shares can be compared only between models of the same drivers."""
    return {d.name for d in now.main.found.drivers} == {d.name for d in other.main.found.drivers}


def _changes(now: Side, other: Side) -> dict[str, Difference]:
    found = share_changes(now.main.found, other.main.found)
    raw = [Difference(100 * d.value, 100 * d.low, 100 * d.high, d.p, tested=True, method="bootstrap") for d in found.values()]
    return dict(zip(found, adjust_row(raw), strict=True))


def side_of(facts: Facts, catalog: Catalog, where: Filter, outcome: str, names: Sequence[str], *, weighted: bool = False,
            like: Sequence[str] = ()) -> Side:
    """The main model of one selection; that of the drivers `like` where enough people rated them."""
    rated = _rated(facts, catalog, where, outcome, names, weighted)
    same = path_of(names, rated.masks, rated.n, like, stages=stages_of(catalog, names))
    fits = bool(like) and same.n >= needed(len(like)) and same.lost_share <= LOST_MOST
    path = same if fits else rated.paths.main
    inside = sum(1 << names.index(name) for name in path.drivers)
    complete = rated.masks & inside == inside
    n, flat = int(rated.n[complete].sum()), int(rated.flat[complete].sum())
    gone = tuple(Dropped(name, "missing") for name in rated.paths.unrated)
    model = _model(facts, where, path, outcome, gone, weighted)
    return Side(int(rated.n.sum()), rated.paths, flat / n if n else 0.0, model)


def driver_model(deps: Deps, actor: Actor, *, view: View, about: str) -> Model | None:
    """The model of a driver that the main one leaves out, among those who rated it; the main one where it has it; None where none has."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    _, _, wanted, _, names = _begun(catalog, view)
    if wanted is None or about not in names or len(names) > MOST:
        return None
    planned = _rated(facts, catalog, scope.now, wanted, names, view.weighted).paths
    models = sorted((planned.main, *planned.apart), key=lambda m: (m.about != about, m is not planned.main))
    path = planned.main if about in planned.main.drivers else next((m for m in models if about in m.drivers), None)
    return None if path is None else _model(facts, scope.now, path, wanted, (), view.weighted)


@dataclass(frozen=True, eq=False)
class _Rated:
    """Patterns of who rated which candidates, among those with the outcome."""

    masks: Ints
    n: Ints
    flat: Ints
    paths: Paths


def _rated(facts: Facts, catalog: Catalog, where: Filter, outcome: str, names: Sequence[str], weighted: bool) -> _Rated:
    asked = facts.rated(where, [column_of(name) for name in names], also=[column_of(outcome)], weighted=weighted)
    bit = 1 << len(names)
    told = asked.filter(pl.col("mask") >= bit)
    masks, n, flat = told["mask"].to_numpy() - bit, told["n"].to_numpy(), told["flat"].to_numpy()
    return _Rated(masks, n, flat, paths(names, masks, n, stages=stages_of(catalog, names)))


def _model(facts: Facts, where: Filter, path: PathModel, outcome: str, gone: tuple[Dropped, ...], weighted: bool) -> Model:
    named = {name: column_of(name) for name in (*path.drivers, outcome)}
    cross = crossed_moments(facts, where, named, weighted=weighted, lost=path.base - path.n)
    return Model(path, drivers(cross, outcome, dropped=gone))


def stages_of(catalog: Catalog, names: Sequence[str]) -> dict[str, str]:
    """What is experienced or not: the stage of a factor; a stage or touchpoint by itself, whose score is there when any item is rated."""
    stage = {f"question:{q.code}": f"stage:{q.stage}" for q in catalog.ratings if q.stage}
    return {name: stage.get(name, name) for name in names}


def moved(model: Model, driver: str, step: float, *, asked: int | None = None) -> WhatIf | None:
    """What goes with moving a driver's mean by `step` (of 100 points) among those who rated it; None where the model may not speak.

    asked: how many have the outcome (`Side.asked`), to spread the change over them.
    """
    return what_if(model.found, {driver: step}, everybody=asked) if model.found.driver(driver) else None


def contrasts_page(deps: Deps, actor: Actor, *, view: View) -> Contrasts | None:
    """Penalty and reward of the drivers of the main model; None where there is nothing to analyse."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    _, _, about, at, names = _begun(catalog, view)
    if about is None or at is None or len(names) > MOST:
        return None
    main = _rated(facts, catalog, scope.now, about, names, view.weighted).paths.main
    items = {name: column_of(name) for name in main.drivers}
    cross = crossed_ends(facts, scope.now, items, (about, column_of(about)), n=main.n, weighted=view.weighted, lost=main.base - main.n)
    return contrasts(cross, about, main.drivers)


def reliabilities(deps: Deps, actor: Actor, *, view: View) -> dict[str, Alpha]:
    """Alpha of the loyalty index ("loyalty") and of the satisfaction items of each stage that has two or more ("stage:CODE")."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    items = {LOYALTY: list(catalog.loyalty_items)} if catalog.loyalty_items else {}
    items |= {f"stage:{s.code}": [q.code for q in catalog.ratings if q.stage == s.code and catalog.rated(q)] for s in catalog.stages}
    return {name: alpha_of(facts, scope.now, [question_name(c) for c in codes], weighted=view.weighted)
            for name, codes in items.items() if len(codes) >= 2}


def column_of(name: str) -> str:
    """The column of facts.moments behind a driver or an outcome."""
    return question_name(name.removeprefix("question:")) if name.startswith("question:") else name


def _items(catalog: Catalog, name: str) -> frozenset[str]:
    """The codes of the questions behind a driver or an outcome."""
    kind, _, code = name.partition(":")
    if name == LOYALTY:
        return frozenset(catalog.loyalty_items)
    if kind == "question":
        return frozenset([code])
    return frozenset(q.code for q in (catalog.stage_questions(code) if kind == "stage" else catalog.touchpoint_questions(code)))
