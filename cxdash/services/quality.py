"""Data quality (응답 품질): what looks careless, how much it moves the headlines, and which cells of the files could not be used.

Nothing is deleted: careless responses are counted, listed, and left out of every figure only while the view says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cxdash.facts.question import Facts, Filter
from cxdash.facts.specs import CARELESS, DUPLICATE, EMPTY, KINDS, SPEEDER, STRAIGHT, QualitySpec
from cxdash.facts.store_source import duration_of, quality_spec
from cxdash.services import audit
from cxdash.services.access import catalog_of, chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import measured, metric_figure
from cxdash.services.metric import headlines_of
from cxdash.services.view import Scope, View
from cxdash.stats.figure import Figure
from cxdash.store import imports, questions, responses
from cxdash.store import quality as store
from cxdash.store.database import reading, writing

PAGE = 25  # responses on a page of the list
EXPORT_MAX = 100_000  # responses of a download
LEAST = (3, 30)  # answered ratings that a rule may ask for
SPEED = (0.1, 0.9)  # share of the median duration


@dataclass(frozen=True)
class Kind:
    """How many responses look careless in one way. on: the switch leaves them out. known: the data can tell (speeders need times)."""

    kind: str
    n: int
    on: bool
    known: bool = True


@dataclass(frozen=True)
class Effect:
    """A headline with every response and without the careless ones. moved: without - with; the same people are in both, so not tested."""

    metric: str
    every: Figure
    clean: Figure

    @property
    def moved(self) -> float | None:
        return None if self.every.value is None or self.clean.value is None else self.clean.value - self.every.value


@dataclass(frozen=True)
class Unused:
    """Cells of one column of an import that could not be used: missing values already. beyond: those off the scale."""

    import_id: int
    file_name: str
    column: str
    n: int
    beyond: int


@dataclass(frozen=True)
class Quality:
    """responses: under the view's filters, careless ones and mystery shoppers' included; careless: those that the switch leaves out.

    timed: responses of the programme that say how long they took; median: of those, in the unit of the data.
    """

    catalog: Catalog
    view: View
    scope: Scope
    responses: int
    careless: int
    total: int
    rules: QualitySpec
    kinds: tuple[Kind, ...]
    effects: tuple[Effect, ...]
    cells: tuple[Unused, ...]
    timed: int
    median: float | None

    @property
    def shown(self) -> int:
        """Responses that the figures of this view stand on."""
        return self.responses - self.careless if self.view.clean else self.responses


def quality(deps: Deps, actor: Actor, *, view: View) -> Quality:
    """Everything the page shows but the list, under the view's filters. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    own, scope = replace(scope.now, clean=False), scope.everybody
    every = replace(scope.now, clean=False)
    rules, cells = _stored(deps, catalog)
    timed, median = facts.durations()
    kinds = tuple(Kind(k, _n(facts, _marked(every, (k,))), k in rules.on, k != SPEEDER or timed > 0) for k in KINDS)
    total = whole.responses + whole.shoppers
    return Quality(catalog, view, scope, _n(facts, every), _n(facts, _marked(every, rules.on)), total, rules, kinds,
                   _effects(facts, catalog, own, view.weighted), cells, timed, median)


def _stored(deps: Deps, catalog: Catalog) -> tuple[QualitySpec, tuple[Unused, ...]]:
    with reading(deps.engine) as session:
        duration = duration_of(questions.list_questions(session, program_id=catalog.id))
        rules = quality_spec(store.rules(session, program_id=catalog.id), duration)
        cells = store.unused_cells(session, program_id=catalog.id)
    return rules, tuple(Unused(*map(row.get, ("import_id", "file_name", "column", "n", "beyond"))) for row in cells.iter_rows(named=True))


def _marked(where: Filter, kinds: tuple[str, ...]) -> Filter:
    return replace(where, equals={**where.equals, CARELESS: kinds})


def _n(facts: Facts, where: Filter) -> int:
    return int(facts.count(where)["n"].sum())


def _effects(facts: Facts, catalog: Catalog, every: Filter, weighted: bool) -> tuple[Effect, ...]:
    names = headlines_of(catalog)
    sides = [measured(facts, catalog, w, [], names, weighted=weighted)[()] for w in (every, replace(every, clean=True))]
    found = [(name, *(metric_figure(name, catalog, side) for side in sides)) for name in names]
    return tuple(Effect(name, a, b) for name, a, b in found if a is not None and b is not None)


@dataclass(frozen=True)
class Marked:
    """A careless response: what it is known by and why it is here. row: of the file it came from last."""

    id: int
    kinds: tuple[str, ...]
    respondent: str | None
    at: datetime | None
    wave: str
    source: str
    import_id: int | None
    file_name: str
    row: int | None


@dataclass(frozen=True)
class MarkedPage:
    rows: tuple[Marked, ...]
    total: int
    number: int  # from 1
    size: int = PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def marked(deps: Deps, actor: Actor, *, view: View, kind: str | None = None, number: int = 1, size: int = PAGE) -> MarkedPage:
    """Careless responses of one kind (None: of any) under the view, newest first. The last page is shown for a number beyond it."""
    require(actor, Permission.SEE_RESPONSES)
    catalog, facts, _, scope = chosen(deps, actor, view)
    where = _marked(replace(scope.everybody.now, clean=False), (kind,) if kind in KINDS else KINDS)
    total = _n(facts, where)
    number = min(max(1, number), max(1, -(-total // size)))
    found = facts.rows(where, [f"{CARELESS}:{k}" for k in KINDS], limit=size, offset=(number - 1) * size)
    why = {row["id"]: tuple(k for k in KINDS if row[f"{CARELESS}:{k}"]) for row in found.iter_rows(named=True)}
    rows = _listed(deps, catalog, why)
    if not actor.may(Permission.SEE_PERSONAL):
        rows = [replace(row, respondent=None) for row in rows]
    return MarkedPage(tuple(rows), total, number, size)


def export_marked(deps: Deps, actor: Actor, *, view: View, kind: str | None = None) -> tuple[Marked, ...]:
    """All of them, for a file. The audit log notes it."""
    found = marked(deps, actor, view=view, kind=kind, size=EXPORT_MAX).rows
    audit.exported(deps, actor, what="careless", about=f"program:{catalog_of(deps, actor, view.program).slug}", rows=len(found))
    return found


def _listed(deps: Deps, catalog: Catalog, why: Mapping[int, tuple[str, ...]]) -> list[Marked]:
    waves = {w.id: w.code for w in catalog.waves}
    with reading(deps.engine) as session:
        frame = responses.documents(session, ids=list(why), program_id=catalog.id)
        files = {i: imports.get(session, import_id=i).file_name for i in frame["import_id"].drop_nulls().unique().to_list()}
    return [
        Marked(r["id"], why[r["id"]], r["respondent"], r["at"], waves.get(r["wave_id"], ""), r["source"], r["import_id"],
               files.get(r["import_id"], ""), r["row"])
        for r in frame.iter_rows(named=True)
    ]


def save_rules(deps: Deps, actor: Actor, *, program: str | None, on: tuple[str, ...], least: Mapping[str, int], speed: float) -> bool:
    """Which kinds the switch leaves out, and from where on they begin; numbers outside LEAST and SPEED are brought inside.

    Returns whether anything changed: only then the data version moves.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    catalog = catalog_of(deps, actor, program)
    old = _stored(deps, catalog)[0]
    new = QualitySpec(
        on=tuple(kind for kind in KINDS if kind in on),
        least={kind: _within(int(least.get(kind, old.least[kind])), LEAST) for kind in (DUPLICATE, STRAIGHT)},
        speed=_within(float(speed), SPEED),
        duration=old.duration,
    )
    if new == old:
        return False
    with writing(deps.engine) as session:
        store.save(session, program_id=catalog.id, rules=_document(new))
        audit.record(session, actor, "careless.save", f"program:{catalog.id}", after=_document(new))
    return True


def _document(spec: QualitySpec) -> dict[str, Any]:
    more: dict[str, dict[str, Any]] = {DUPLICATE: {"least": spec.least[DUPLICATE]}, STRAIGHT: {"least": spec.least[STRAIGHT]},
                                       SPEEDER: {"speed": spec.speed}, EMPTY: {}}
    return {kind: {"on": kind in spec.on, **more[kind]} for kind in KINDS}


def _within(value: Any, span: tuple[Any, Any]) -> Any:
    return min(max(value, span[0]), span[1])
