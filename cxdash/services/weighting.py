"""Weights (가중치): population shares given by hand, what raking to them does, and what it costs (methods.md, section 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from cxdash.errors import Conflict
from cxdash.facts.question import Facts, Filter, attribute_name
from cxdash.facts.specs import WeightSpec
from cxdash.facts.store_source import weight_spec
from cxdash.facts.weighting import Raking
from cxdash.services import audit
from cxdash.services.access import catalog_of, check_whole, chosen, extent, facts_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import AttributeInfo, Catalog, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import measured, metric_figure
from cxdash.services.metric import headlines_of
from cxdash.services.view import Scope, View
from cxdash.stats.figure import Figure
from cxdash.stats.weights import TRIM
from cxdash.store import weighting as store
from cxdash.store.database import reading, writing

MOST_VALUES = 40  # an attribute with more identifies rather than groups
MOST_ATTRIBUTES = 6
ROUNDING = 0.05  # what rounding to one decimal may add to the sum, per value
CAPS = (1.5, 20.0)
_REFUSED = {"rake_empty": "weights.refused.empty", "rake_not_converged": "weights.refused.together"}
Percents = Mapping[str, Mapping[str, float]]  # attribute key -> value -> share in percent


@dataclass(frozen=True)
class Plan:
    """What the user asks for. cap: the most a weight is multiplied by, None = no limit."""

    shares: Percents
    cap: float | None = TRIM
    per_wave: bool = False


@dataclass(frozen=True)
class Margin:
    """An attribute that can be raked to: values in order with how many have them; nobody: how many have none."""

    key: str
    counts: Mapping[str, int]
    nobody: int

    def sample(self, value: str) -> float:
        """Percent of those who have a value."""
        return 100.0 * self.counts[value] / max(1, sum(self.counts.values()))


@dataclass(frozen=True)
class Line:
    """One value of a margin, in percent. ratio: target / share before (가중값 배율)."""

    key: str
    value: str
    before: float
    after: float
    target: float
    ratio: float


@dataclass(frozen=True)
class Outcome:
    """How one raking went. wave: code, None = all responses at once. kept: responses that keep the weight they came with.

    deff: design effect; ratio: highest / lowest weight. refused: the sentence that says why there are no weights, with `params`.
    """

    wave: str | None
    n: int
    kept: int
    n_eff: float | None = None
    deff: float | None = None
    ratio: float | None = None
    iterations: int = 0
    lines: tuple[Line, ...] = ()
    flags: tuple[str, ...] = ()
    refused: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def problem(self) -> Conflict:
        """Why there are no weights, as a sentence: attribute and values in its parameters."""
        return Conflict(self.refused, **self.params)


@dataclass(frozen=True)
class Effect:
    metric: str
    plain: Figure
    weighted: Figure


@dataclass(frozen=True)
class Weights:
    """saved: the programme's plan. outcomes, effects: of the plan that was tried, else of the saved one, else of the imported weights.

    imported: responses that came with a weight of their own. stale: the saved shares are about an attribute that is gone.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    total: int
    margins: tuple[Margin, ...]
    saved: Plan | None
    saved_at: datetime | None
    saved_by: str
    stale: bool
    imported: int
    outcomes: tuple[Outcome, ...]
    effects: tuple[Effect, ...]


def weights(deps: Deps, actor: Actor, *, view: View, plan: Plan | None = None) -> Weights:
    """The page. plan: shares to try without saving them. Conflict says what is wrong with them, in one sentence."""
    require(actor, Permission.SEE_FIGURES)
    check_whole(actor)
    catalog, facts, _, scope = chosen(deps, actor, view)
    whole = extent(facts.under(None))
    with reading(deps.engine) as session:
        row = store.get(session, program_id=catalog.id)
        spec = weight_spec(session, catalog.id, {a.key for a in catalog.attributes})
    saved = Plan(_percents(row.targets), row.cap, row.per_wave) if row else None
    margins = _margins(facts, catalog)
    imported = _imported(facts)
    tried = facts.under(checked(plan, margins) if plan else spec)
    return Weights(
        catalog, view, scope, int(facts.count(scope.now)["n"].sum()), whole.responses, margins, saved,
        row.created_at if row else None, row.created_by if row else "", row is not None and spec is None,
        imported, _outcomes(tried.rakings(), catalog), _effects(tried, catalog, scope.now) if plan or spec or imported else (),
    )


def _percents(targets: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {key: {value: round(100 * share, 6) for value, share in shares.items()} for key, shares in targets.items()}


def _imported(facts: Facts) -> int:
    counted = facts.under(None).count(Filter())
    return int(counted["n"].sum() - counted["n_unweighted"].sum())


def _margins(facts: Facts, catalog: Catalog) -> tuple[Margin, ...]:
    found = [_margin(facts, attribute) for attribute in catalog.attributes]
    return tuple(m for m in found if 2 <= len(m.counts) <= MOST_VALUES)


def _margin(facts: Facts, attribute: AttributeInfo) -> Margin:
    """Values in the order they are printed in, others in natural order behind."""
    counted = facts.count(Filter(customers=True), [attribute_name(attribute.key)]).select(pl.nth(0).cast(pl.String).alias("value"), "n")
    n = {value: size for value, size in counted.iter_rows() if value is not None}
    printed = [v for v in next(iter(attribute.labels.values()), {}) if v in n]
    ordered = [*printed, *sorted(n.keys() - set(printed), key=natural)]
    return Margin(attribute.key, {v: n[v] for v in ordered}, int(counted["n"].sum()) - sum(n.values()))


def checked(plan: Plan, margins: Sequence[Margin]) -> WeightSpec:
    """The plan as shares that add up to 1. Conflict with the first thing that is wrong: attributes, shares, sums."""
    known = {m.key: m for m in margins}
    if not plan.shares:
        raise Conflict("weights.problem.none")
    if len(plan.shares) > MOST_ATTRIBUTES:
        raise Conflict("weights.problem.many", most=MOST_ATTRIBUTES)
    for key, shares in plan.shares.items():
        if key not in known:
            raise Conflict("weights.problem.attribute", attribute=key)
        _check(known[key], shares)
    cap = None if plan.cap is None else min(max(float(plan.cap), CAPS[0]), CAPS[1])
    targets = {key: {value: p / sum(shares.values()) for value, p in shares.items()} for key, shares in plan.shares.items()}
    return WeightSpec(targets, cap, plan.per_wave)


def _check(margin: Margin, shares: Mapping[str, float]) -> None:
    absent = [value for value in margin.counts if value not in shares]
    if absent:
        raise Conflict("weights.problem.missing", attribute=margin.key, values=absent)
    strangers = [value for value in shares if value not in margin.counts]
    if strangers:
        raise Conflict("weights.problem.nobody", attribute=margin.key, values=strangers)
    wrong = [value for value, share in shares.items() if not 0 < share < 100]
    if wrong:
        raise Conflict("weights.problem.range", attribute=margin.key, values=wrong)
    total = sum(shares.values())
    if abs(total - 100) > ROUNDING * len(shares) + 1e-9:
        raise Conflict("weights.problem.sum", attribute=margin.key, total=round(total, 2))


def _outcomes(rakings: Sequence[Raking], catalog: Catalog) -> tuple[Outcome, ...]:
    waves = {w.id: w.code for w in catalog.waves}
    order = list(waves)
    placed = sorted(rakings, key=lambda r: order.index(r.wave_id) if r.wave_id in order else len(order))
    return tuple(_outcome(r, None if r.wave_id is None else waves.get(r.wave_id, str(r.wave_id))) for r in placed)


def _outcome(raking: Raking, wave: str | None) -> Outcome:
    found = raking.result
    if found is None:
        params = {"attribute": raking.params.get("variable", ""), "values": raking.params.get("values", ())}
        return Outcome(wave, raking.n, raking.kept, refused=_REFUSED.get(raking.refused, "weights.refused.nobody"), params=params)
    lines = tuple(
        Line(key, value, 100 * raking.before[key][value], 100 * raking.after[key][value], 100 * ratio * raking.before[key][value], ratio)
        for key, ratios in found.margin_ratio.items() for value, ratio in ratios.items()
    )
    return Outcome(wave, raking.n, raking.kept, found.kish.n_eff, found.kish.deff, found.kish.ratio, found.iterations, lines, found.flags)


def _effects(facts: Facts, catalog: Catalog, where: Filter) -> tuple[Effect, ...]:
    names = headlines_of(catalog)
    sides = [measured(facts, catalog, where, [], names, weighted=weighted)[()] for weighted in (False, True)]
    found = [(name, *(metric_figure(name, catalog, side) for side in sides)) for name in names]
    return tuple(Effect(name, a, b) for name, a, b in found if a is not None and b is not None)


def save_weighting(deps: Deps, actor: Actor, *, program: str | None, plan: Plan) -> None:
    """Every weighted figure of the programme stands on these shares from now on. Conflict when they cannot be met."""
    require(actor, Permission.MANAGE_PROGRAM)
    catalog = catalog_of(deps, actor, program)
    facts = facts_of(deps, actor, catalog)
    spec = checked(plan, _margins(facts, catalog))
    refused = next((o for o in _outcomes(facts.under(spec).rakings(), catalog) if o.refused), None)
    if refused is not None:
        raise refused.problem
    with writing(deps.engine) as session:
        store.save(session, program_id=catalog.id, targets=spec.targets, cap=spec.cap, per_wave=spec.per_wave, by=actor.name)
        audit.record(session, actor, "weighting.save", f"program:{catalog.id}", after={"attributes": list(spec.targets), "cap": spec.cap})


def remove_weighting(deps: Deps, actor: Actor, *, program: str | None) -> bool:
    """Back to the weights that responses came with, if any. Whether there was anything to remove."""
    require(actor, Permission.MANAGE_PROGRAM)
    catalog = catalog_of(deps, actor, program)
    with writing(deps.engine) as session:
        audit.record(session, actor, "weighting.remove", f"program:{catalog.id}")
        return store.delete(session, program_id=catalog.id)
