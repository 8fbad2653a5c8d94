"""The one door to a programme's data: what an actor may not know of is not found, what it may not see is not in the facts it gets.

Services take programmes, catalogues and facts from here and nowhere else (tests/services/test_access.py reads their source). A programme
outside the actor's scope is answered like one that does not exist, so programmes cannot be guessed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sqlmodel import Session

from cxdash.errors import NotFound, Refused
from cxdash.facts.question import SOURCE, WAVE, Facts, Filter, attribute_name
from cxdash.facts.scoped import GuardedFacts, RowFacts
from cxdash.services.actor import Actor, Permission, Rows
from cxdash.services.catalog import Catalog, find, load_catalog
from cxdash.services.deps import Deps
from cxdash.services.personal import personal_attributes
from cxdash.services.view import Bounds, Scope, View, resolve
from cxdash.stats.figure import HIDDEN
from cxdash.store import programs, tables
from cxdash.store.database import reading
from cxdash.store.text import listed

# ---------------------------------------------------------------- programmes


def programs_of(session: Session, actor: Actor) -> list[tables.Program]:
    """The programmes the actor may know of, the demo last, else in the order they were made."""
    return [row for row in programs.list_programs(session) if actor.sees(row.slug)]


def program_of(session: Session, actor: Actor, program: str | int) -> tables.Program:
    """By slug or id. NotFound lists the actor's own programmes."""
    try:
        row = programs.find_program(session, slug_or_id=program)
    except NotFound:
        row = None
    return _seen(session, actor, row, "store.program.unknown", program)


def named(session: Session, actor: Actor, program: str) -> tables.Program:
    """By slug, else by a name in any language. NotFound lists the actor's own programmes."""
    return _seen(session, actor, find(session, program), "service.program_not_found", program)


def place_of(session: Session, actor: Actor, program: str) -> tables.Program | None:
    """Where somebody wants to put something: the programme, or None where it would be a new one. NotFound where that may not be made."""
    row = find(session, program)
    return row if row is None and actor.programs is None else _seen(session, actor, row, "service.program_not_found", program)


def _seen(session: Session, actor: Actor, row: tables.Program | None, key: str, program: str | int) -> tables.Program:
    if row is None or not actor.sees(row.slug):
        raise NotFound(key, name=str(program), known=listed(p.slug for p in programs_of(session, actor)))
    return row


def check(actor: Actor, catalog: Catalog) -> None:
    """For services that are handed a catalogue: NotFound when its programme is not the actor's."""
    if not actor.sees(catalog.slug):
        raise NotFound("service.program_not_found", name=catalog.slug, known=listed(actor.programs or ()))


def check_new(actor: Actor) -> None:
    """Before a programme is made, or something is done to all: who may see certain ones only would not see it. Refused."""
    if actor.programs is not None or actor.rows:
        raise Refused("error.refused.scope", role=str(actor.role), permission="program")


def check_whole(actor: Actor) -> None:
    """Before something is told that is about all rows of a programme and cannot be narrowed. Refused to who sees only some."""
    if actor.rows:
        raise Refused("error.refused.scope", role=str(actor.role), permission="rows")


def catalog_of(deps: Deps, actor: Actor, program: str | None, *, whole: bool = False) -> Catalog:
    """The programme's catalogue; without a name the first of the actor's list. NotFound when there is none.

    Attributes that name a person are left out: nothing is filtered by them, broken down by them, or lists their values. whole: with them,
    for what takes answers in or hands single ones out. Read once per data version: whatever changes it moves the version.
    """
    with reading(deps.engine) as session:
        if program is None:
            rows = sorted(programs_of(session, actor), key=lambda p: (p.demo, -(p.id or 0)))
            if not rows:
                raise NotFound("service.no_program")
            program = rows[0].slug
        at = programs.clock_of(session, slug=program) if actor.sees(program) else None
        if at is None:  # called by its name, or not there
            found = load_catalog(session, named(session, actor, program).id or 0)
            return found if whole else _impersonal(found)
        known = deps.catalogs.get(program)
        if known is None or known[0] != at:
            found = load_catalog(session, program)
            known = deps.catalogs[program] = (at, found, _impersonal(found))
        return known[1 if whole else 2]


def _impersonal(catalog: Catalog) -> Catalog:
    hidden = personal_attributes(catalog)
    return replace(catalog, attributes=tuple(a for a in catalog.attributes if a.key not in hidden), hidden=tuple(sorted(hidden)))


# ---------------------------------------------------------------- facts


def facts_of(deps: Deps, actor: Actor, catalog: Catalog) -> Facts:
    """One version of a programme's data: the actor's rows of it, and nothing that tells of a few people to who may not see single ones."""
    check(actor, catalog)
    facts = within(deps.fixed(catalog.id), catalog, actor.rows)
    return facts if actor.may(Permission.SEE_RESPONSES) else GuardedFacts(facts, HIDDEN)


def sizes_of(deps: Deps, actor: Actor, catalog: Catalog) -> Facts:
    """As `facts_of`, for planning: what is told of them are numbers of responses, which the rule of subtraction leaves alone."""
    check(actor, catalog)
    return within(deps.fixed(catalog.id), catalog, actor.rows)


def within(facts: Facts, catalog: Catalog, rows: Rows) -> Facts:
    """The facts of these rows. An attribute that the programme does not have lets nothing through."""
    return RowFacts(facts, _filter(catalog, rows)) if rows else facts


def _filter(catalog: Catalog, rows: Rows) -> dict[str, tuple[str, ...]]:
    keys = {key: attribute_name(key) for key in (*(a.key for a in catalog.attributes), *catalog.hidden)}
    known = {WAVE: WAVE, SOURCE: SOURCE} | keys
    found = {known[key]: values for key, values in rows if key in known}
    return found if len(found) == len(rows) else {WAVE: ()}


@dataclass(frozen=True)
class Extent:
    """What a programme holds before any filter. responses: without those of mystery shoppers. weights: whether any carries one."""

    bounds: Bounds
    responses: int
    weights: bool
    shoppers: int = 0


def extent(facts: Facts) -> Extent:
    """Days, responses and weights of a programme, from one question to facts."""
    counted = facts.count(Filter(), ["day"])
    days, n = counted["day"].drop_nulls(), int(counted["n"].sum())
    span = Bounds(days.min(), days.max()) if len(days) else Bounds(None, None)  # type: ignore[arg-type]
    own = int(facts.count(Filter(customers=True))["n"].sum())
    return Extent(span, own, n > int(counted["n_unweighted"].sum()), n - own)


class Chosen(NamedTuple):
    """What a view is about: the programme, its facts as the actor may see them, what they hold, and what the view selects."""

    catalog: Catalog
    facts: Facts
    whole: Extent
    scope: Scope


def chosen(deps: Deps, actor: Actor, view: View) -> Chosen:
    """The beginning of every service of a view. NotFound when the programme does not exist, for this actor.

    Who sees no single answers chooses whole months, and is compared with nothing that may not speak.
    """
    catalog = catalog_of(deps, actor, view.program)
    facts = facts_of(deps, actor, catalog)
    whole = extent(facts)
    return Chosen(catalog, facts, whole, scope_of(facts, view, catalog, whole.bounds))


def scope_of(facts: Facts, view: View, catalog: Catalog, bounds: Bounds) -> Scope:
    """`resolve` under the rule of subtraction, where the facts obey it."""
    if not isinstance(facts, GuardedFacts):
        return resolve(view, catalog, bounds)
    scope = resolve(_months(view), catalog, bounds)
    if scope.before is not None and not facts.apart(scope.before):
        scope = replace(scope, before=None, comparison="")
    return replace(scope, withheld=not facts.apart(scope.now))


def span_of(facts: Facts, since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """The dates as they may be chosen in these facts."""
    return whole_months(since, until) if isinstance(facts, GuardedFacts) else (since, until)


def _months(view: View) -> View:
    """Periods one day apart would tell of that day: chosen ones are widened to whole months."""
    first, last = whole_months(view.since, view.until)
    other_first, other_last = whole_months(view.against_since, view.against_until)
    return replace(view, since=first, until=last, against_since=other_first, against_until=other_last)


def whole_months(since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """The span widened to whole months.

    >>> whole_months(date(2026, 2, 10), date(2026, 2, 11))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    """
    return since and since.replace(day=1), until and until.replace(day=monthrange(until.year, until.month)[1])


# ---------------------------------------------------------------- what others have left behind


def covers(actor: Actor, catalog: Catalog, rows: Rows, equals: Mapping[str, Iterable[str]]) -> bool:
    """Whether everything that was counted under `rows` and the filter `equals` lies within the actor's own rows.

    So that a pinned figure or a saved view is shown to whoever could have made it, and to nobody else.
    """
    filtered = {a.key: tuple(equals[catalog.name_of(a)]) for a in catalog.attributes if catalog.name_of(a) in equals}
    keys = {a.key for a in catalog.attributes}
    made = [dict(rows), filtered, {k: tuple(v) for k, v in equals.items() if k in (WAVE, SOURCE) and k not in keys}]
    return all(any(key in part and set(part[key]) <= set(allowed) for part in made) for key, allowed in actor.rows)
