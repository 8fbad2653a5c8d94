"""Pins: a reported figure kept with its filter and data version, so that the ledger can say what has become of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict, NotFound
from cxdash.facts.question import IMPORT, Facts, Filter
from cxdash.facts.scoped import GuardedFacts
from cxdash.services import audit
from cxdash.services.access import check, chosen, covers, facts_of
from cxdash.services.actor import Actor, Permission, Rows, require, rows_of
from cxdash.services.catalog import Catalog, QuestionInfo
from cxdash.services.deps import Deps
from cxdash.services.figures import measured, metric_figure
from cxdash.services.metric import metric_of
from cxdash.services.view import View
from cxdash.stats.figure import Figure
from cxdash.store import pins as store
from cxdash.store import tables
from cxdash.store.database import reading, writing

NAME_MAX = 80


@dataclass(frozen=True)
class PinInfo:
    """A figure as it was reported. where: the filter it meant, with fixed dates. query: the view it was read in, without its programme.

    responses, last_id, last_import, basis: see `cxdash.store.tables.Pin`.
    """

    id: int
    name: str
    metric: str
    page: str
    query: Mapping[str, tuple[str, ...]]
    where: Filter
    weighted: bool
    version: int
    figure: Figure
    at: datetime
    by: str
    responses: int
    last_id: int
    last_import: int
    basis: Mapping[str, Any]
    rows: Rows = ()  # attribute -> the values its maker could see

    def view(self, program: str | None) -> View:
        """The view that shows the pinned selection today: its dates are those of the pin."""
        dated = self.where.since is not None or self.where.until is not None
        return replace(
            View.from_query(self.query),
            program=program,
            metric=self.metric,
            equals=dict(self.where.equals),
            clean=self.where.clean,
            weighted=self.weighted,
            period="custom" if dated else "all",
            since=self.where.since,
            until=self.where.until,
        )


def pin(deps: Deps, actor: Actor, *, view: View, metric: str, name: str, page: str = "") -> PinInfo:
    """Keep the metric's figure under the view as it is now. Conflict without a name, and where too few answers stand behind it."""
    require(actor, Permission.SAVE_VIEWS)
    named, at = _name(name), datetime.now(UTC)
    catalog, facts, _, scope = chosen(deps, actor, view)
    where = scope.now
    summary = measured(facts, catalog, where, [], [metric], weighted=view.weighted)[()]
    figure = metric_figure(metric, catalog, summary)
    if figure is None:
        raise NotFound("ledger.no_metric")
    if figure.value is None:
        raise Conflict("ledger.too_few", n=figure.n)
    newest = facts.rows(Filter(), [], limit=1, order="-id")["id"].to_list()
    imports = facts.count(Filter(), [IMPORT])[IMPORT].drop_nulls().to_list()
    with writing(deps.engine) as session:
        made = store.add(
            session,
            tables.Pin(
                program_id=catalog.id,
                name=named,
                metric=metric,
                page=page,
                weighted=view.weighted,
                version=facts.version(),
                view={k: v for k, v in view.to_query().items() if k != "program"},
                wheres=document(where),
                rows={k: list(vs) for k, vs in actor.rows},
                responses=held(facts, where),
                last_id=max(newest, default=0),
                last_import=max(imports, default=0),
                basis=basis_of(catalog, metric, store.rules(session, program_id=catalog.id)),
                value=figure.value,
                ci_low=figure.ci_low,
                ci_high=figure.ci_high,
                n=figure.n,
                unit=figure.unit,
                created_at=at,
                created_by=actor.name,
            ),
        )
        audit.record(session, actor, "pin.add", f"pin:{made.id}", after={"metric": metric, "version": made.version, "n": made.n})
        return _info(made)


def list_pins(deps: Deps, actor: Actor, *, catalog: Catalog, limit: int, offset: int = 0) -> tuple[tuple[PinInfo, ...], int]:
    """Newest first, and how many there are altogether."""
    require(actor, Permission.SEE_FIGURES)
    facts = facts_of(deps, actor, catalog)
    with reading(deps.engine) as session:
        if not actor.rows and not isinstance(facts, GuardedFacts):
            found = store.list_pins(session, program_id=catalog.id, limit=limit, offset=offset)
            return tuple(_info(row) for row in found), store.count(session, program_id=catalog.id)
        every = [_info(row) for row in store.list_pins(session, program_id=catalog.id)]
    own = shown_to(actor, catalog, facts, every)
    return tuple(own[offset : offset + limit]), len(own)


def shown_to(actor: Actor, catalog: Catalog, facts: Facts, pins: Sequence[PinInfo]) -> list[PinInfo]:
    """The pins whose every response lies within the actor's rows, and which tell of no few people to who sees no single answers."""
    found = [p for p in pins if covers(actor, catalog, p.rows, p.where.equals)]
    if not isinstance(facts, GuardedFacts):
        return found
    return [p for p in found if possible(lambda p=p: facts.apart(p.where), absent=False)]


def possible(ask: Callable[[], bool], *, absent: bool) -> bool:
    """The answer, `absent` where the programme no longer has what is asked about."""
    try:
        return ask()
    except NotFound:
        return absent


def rename_pin(deps: Deps, actor: Actor, *, catalog: Catalog, pin_id: int, name: str) -> None:
    """NotFound when somebody else has deleted it; Conflict without a name."""
    require(actor, Permission.SAVE_VIEWS)
    with writing(deps.engine) as session:
        _own(session, actor, catalog, pin_id)
        store.rename(session, program_id=catalog.id, pin_id=pin_id, name=_name(name))
        audit.record(session, actor, "pin.rename", f"pin:{pin_id}", after={"name": _name(name)})


def delete_pin(deps: Deps, actor: Actor, *, catalog: Catalog, pin_id: int) -> None:
    """NotFound when somebody else has deleted it."""
    require(actor, Permission.SAVE_VIEWS)
    with writing(deps.engine) as session:
        _own(session, actor, catalog, pin_id)
        store.delete(session, program_id=catalog.id, pin_id=pin_id)
        audit.record(session, actor, "pin.delete", f"pin:{pin_id}")


def _own(session: Session, actor: Actor, catalog: Catalog, pin_id: int) -> None:
    """NotFound when the programme has no such pin for this actor."""
    check(actor, catalog)
    found = _info(store.get(session, program_id=catalog.id, pin_id=pin_id))
    if not covers(actor, catalog, found.rows, found.where.equals):
        raise NotFound("ledger.unknown")


def held(facts: Facts, where: Filter) -> int:
    """How many responses the filter selects."""
    return int(facts.count(where)["n"].sum())


def basis_of(catalog: Catalog, metric: str, rules: store.Rules) -> dict[str, Any]:
    """What a figure is made of besides responses, comparable: "definition" (None: not measured), "weighting", "quality"."""
    return {"definition": _definition(catalog, metric), "weighting": _digest(rules.weighting), "quality": _digest(rules.quality)}


def _definition(catalog: Catalog, metric: str) -> list[Any] | None:
    """The questions behind a metric with their scales, and weights in an index; None when the programme does not measure it."""
    found = metric_of(catalog, metric)
    if found is None:
        return None
    if found.question is not None:
        return [_asked(found.question)]
    if found.index is not None:
        items = catalog.stage_questions if found.index.startswith("stage:") else catalog.touchpoint_questions
        return [_asked(q) for q in items(found.index.partition(":")[2])]
    weights = catalog.loyalty_items
    return [[*_asked(q), float(weights[q.code])] for q in catalog.ratings if q.code in weights]


def _asked(question: QuestionInfo) -> list[Any]:
    scale = question.scale
    return [question.code, scale and scale.lo, scale and scale.hi, str(scale.direction) if scale else None]


def _digest(document: Mapping[str, Any] | None) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def document(where: Filter) -> dict[str, Any]:
    """A filter as JSON."""
    return {
        "equals": {k: list(v) for k, v in where.equals.items()},
        "clean": where.clean,
        "since": where.since and where.since.isoformat(),
        "until": where.until and where.until.isoformat(),
        **({"customers": True} if where.customers else {}),
    }


def _name(name: str) -> str:
    if not (kept := name.strip()[:NAME_MAX]):
        raise Conflict("ledger.name_missing")
    return kept


def _info(row: tables.Pin) -> PinInfo:
    said = row.wheres
    since, until = (date.fromisoformat(said[end]) if said.get(end) else None for end in ("since", "until"))
    where = Filter({k: tuple(map(str, vs)) for k, vs in said.get("equals", {}).items()}, since, until, bool(said.get("clean")),
                   customers=bool(said.get("customers")))  # fmt: skip
    figure = Figure(row.value, row.n, float(row.n), row.ci_low, row.ci_high, unit=row.unit)  # type: ignore[arg-type]
    return PinInfo(
        row.id or 0,
        row.name,
        row.metric,
        row.page,
        {k: tuple(map(str, vs)) for k, vs in row.view.items()},
        where,
        row.weighted,
        row.version,
        figure,
        row.created_at,
        row.created_by,
        row.responses,
        row.last_id,
        row.last_import,
        row.basis,
        rows_of({k: tuple(map(str, vs)) for k, vs in row.rows.items()}),
    )
