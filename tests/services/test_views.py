"""Saved views: kept per programme, replaced by name, refused without a name, and gone with their programme."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cxdash.errors import CxError, NotFound, Refused
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.services.views import delete_view, list_views, save_view
from tests import house


def test_views_of_a_programme(tmp_path: Path) -> None:
    deps = house.build(tmp_path, demo=True)
    catalog = catalog_of(deps, "demo")
    view = View("demo", equals={"channel": ("store", "dealer")}, metric="stage:use", compare="rest", clean=True)
    reader = Actor("reader", RoleName.VIEWER)
    save_view(deps, reader, catalog=catalog, name="  월간  ", page="journey", query=view.to_query())
    (kept,) = list_views(deps, LOCAL, catalog=catalog)
    assert (kept.name, kept.page) == ("월간", "journey") and View.from_query(kept.query) == view
    save_view(deps, LOCAL, catalog=catalog, name="월간", page="trends", query={})
    assert [(v.name, v.page, dict(v.query)) for v in list_views(deps, LOCAL, catalog=catalog)] == [("월간", "trends", {})]
    assert list_views(deps, LOCAL, catalog=replace(catalog, id=catalog.id + 1)) == []
    with pytest.raises(CxError):
        save_view(deps, LOCAL, catalog=catalog, name="   ", page="", query={})
    delete_view(deps, LOCAL, catalog=catalog, name="월간")
    with pytest.raises(NotFound):
        delete_view(deps, LOCAL, catalog=catalog, name="월간")
    assert list_views(deps, reader, catalog=catalog) == []
    house.close(deps)


def test_permission_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxdash.services import actor as actors

    deps = house.build(tmp_path, demo=True)
    catalog = catalog_of(deps, "demo")
    monkeypatch.setitem(actors._ALLOWED, RoleName.VIEWER, frozenset())
    reader = Actor("reader", RoleName.VIEWER)
    for ask in (
        lambda: list_views(deps, reader, catalog=catalog),
        lambda: save_view(deps, reader, catalog=catalog, name="x", page="", query={}),
        lambda: delete_view(deps, reader, catalog=catalog, name="x"),
    ):
        with pytest.raises(Refused):
            ask()
    house.close(deps)
