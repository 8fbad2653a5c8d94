"""Saved views: a page with its filters under a name, for everybody who may see the programme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxdash.services import audit
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
    """By name."""
    require(actor, Permission.SEE_FIGURES)
    with reading(deps.engine) as session:
        return [SavedView(v.name, v.page, {k: tuple(map(str, vs)) for k, vs in v.query.items()})
                for v in views.list_views(session, program_id=catalog.id)]


def save_view(deps: Deps, actor: Actor, *, catalog: Catalog, name: str, page: str, query: Mapping[str, Sequence[str]]) -> None:
    """Keep the view under the name; one of that name is replaced. InvalidName when the name is empty or too long."""
    require(actor, Permission.SAVE_VIEWS)
    with writing(deps.engine) as session:
        views.save(session, program_id=catalog.id, name=name.strip()[:NAME_MAX], page=page, query={k: list(v) for k, v in query.items()})
        audit.record(session, actor, "view.save", f"program:{catalog.id}", after={"name": name.strip()[:NAME_MAX]})


def delete_view(deps: Deps, actor: Actor, *, catalog: Catalog, name: str) -> None:
    """NotFound when somebody else has deleted it."""
    require(actor, Permission.SAVE_VIEWS)
    with writing(deps.engine) as session:
        views.delete(session, program_id=catalog.id, name=name)
        audit.record(session, actor, "view.delete", f"program:{catalog.id}", before={"name": name})
