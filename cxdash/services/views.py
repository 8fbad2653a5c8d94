"""Saved views: a page with its filters under a name, for everybody who may see the programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from cxdash.services import audit
from cxdash.errors import NotFound
from cxdash.services.access import check
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.store import views
from cxdash.store.database import reading, writing

NAME_MAX = 80


@dataclass(frozen=True)
class SavedView:
    """query: the address's parameters, without language and programme."""

    name: str
    page: str
    query: Mapping[str, tuple[str, ...]]


def list_views(deps: Deps, actor: Actor, *, catalog: Catalog) -> list[SavedView]:
    """By name; those that name values outside the actor's rows are left out."""
    require(actor, Permission.SEE_FIGURES)
    check(actor, catalog)
    with reading(deps.engine) as session:
        found = [SavedView(v.name, v.page, {k: tuple(map(str, vs)) for k, vs in v.query.items()})
                 for v in views.list_views(session, program_id=catalog.id)]
    return [view for view in found if _fits(actor, catalog, view.query)]


def _fits(actor: Actor, catalog: Catalog, query: Mapping[str, Sequence[str]]) -> bool:
    """Whether the view names no value of an attribute that the actor does not see. What it shows is everybody's own rows anyway."""
    names = {a.key: catalog.name_of(a) for a in catalog.attributes}
    asked = {key: {v for mark in ("f.", "v.") for v in query.get(mark + names.get(key, key), ())} for key, _ in actor.rows}
    return all(asked[key] <= set(allowed) for key, allowed in actor.rows)


def _own(session: Session, actor: Actor, catalog: Catalog, name: str) -> None:
    """Before the view of that name is replaced or deleted. NotFound where the actor does not see it."""
    held = next((v for v in views.list_views(session, program_id=catalog.id) if v.name == name), None)
    if held is not None and not _fits(actor, catalog, held.query):
        raise NotFound("store.view.unknown", name=name, known="")


def save_view(deps: Deps, actor: Actor, *, catalog: Catalog, name: str, page: str, query: Mapping[str, Sequence[str]]) -> None:
    """Keep the view under the name; one of that name is replaced. InvalidName when the name is empty or too long."""
    require(actor, Permission.SAVE_VIEWS)
    check(actor, catalog)
    with writing(deps.engine) as session:
        _own(session, actor, catalog, name.strip()[:NAME_MAX])
        views.save(session, program_id=catalog.id, name=name.strip()[:NAME_MAX], page=page, query={k: list(v) for k, v in query.items()})
        audit.record(session, actor, "view.save", f"program:{catalog.id}", after={"name": name.strip()[:NAME_MAX]})


def delete_view(deps: Deps, actor: Actor, *, catalog: Catalog, name: str) -> None:
    """NotFound when somebody else has deleted it."""
    require(actor, Permission.SAVE_VIEWS)
    check(actor, catalog)
    with writing(deps.engine) as session:
        _own(session, actor, catalog, name)
        views.delete(session, program_id=catalog.id, name=name)
        audit.record(session, actor, "view.delete", f"program:{catalog.id}", before={"name": name})
