"""docs/permissions.md, table of pages, tried as each role; and two scopes that take turns in one process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, i18n, runtime
from cxdash.services import overview, sessions
from cxdash.services.actor import Actor, RoleName, rows_of
from cxdash.services.deps import Deps
from cxdash.services.view import View
from cxdash.ui import kept, state
from tests import signing
from tests.pages.conftest import texts

COLUMNS = ("viewer", "marketer", "analyst", "admin", "rows")
PAGES = {
    cells[0]: dict(zip(COLUMNS, cells[2:7], strict=True))
    for line in (config.ROOT / "docs" / "permissions.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \w+ \| /", line) and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 7
}
REFUSED = i18n.text("error.refused", "ko")


@pytest.fixture
def shut(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deps]:
    """The house with accounts asked for."""
    made = signing.closed(deps)
    monkeypatch.setattr(runtime, "_deps", made)
    yield made


def run(name: str) -> AppTest:
    return AppTest.from_file(str(config.PAGES / f"{name}.py"), default_timeout=60).run()


def test_the_table_names_every_page() -> None:
    assert set(PAGES) == {path.stem for path in config.PAGES.glob("*.py")}


@pytest.mark.parametrize("role", COLUMNS)
def test_the_menu_offers_what_the_table_says(shut: Deps, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    from cxdash.ui.navigation import offered

    scope: dict[str, Any] = {"rows": rows_of({"tier": ("vip",)})} if role == "rows" else {}
    monkeypatch.setattr(state, "actor", lambda: Actor("x", RoleName("admin" if role == "rows" else role), **scope))
    monkeypatch.setattr(state, "is_open", lambda: False)
    assert {item.name for item in offered()} == {page for page, cells in PAGES.items() if cells[role] != "–"}


@pytest.mark.parametrize("role", ["viewer", "marketer", "analyst"])
def test_a_page_that_is_not_offered_tells_nothing(shut: Deps, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    signing.use(monkeypatch, signing.signed_in(shut, role))
    for page, cells in PAGES.items():
        if cells[role] == "–":
            test = run(page)
            assert not test.exception and [e.value for e in test.error] == [REFUSED], page
            assert not test.dataframe and not test.metric and not test.button, page


def test_signed_out_there_is_nothing(shut: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = signing.signed_in(shut, "admin", email="gone@example.com")
    signing.use(monkeypatch, secret)
    assert run("overview").metric or "NPS" in texts(run("overview"))
    sessions.sign_out(shut, secret)
    sessions.changed()
    for page in ("overview", "responses", "audit"):
        test = run(page)
        assert not test.exception and not test.metric and not test.dataframe and "NPS" not in texts(test), page


def test_two_scopes_take_turns_and_never_meet(shut: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caches are not cleared between them: what one has seen must not be shown to the other."""
    kept.clear()
    view = View(program="demo", period="all")
    segments = overview.overview(shut, Actor("a", RoleName.ADMIN), view=replace(view, by="tier")).segments
    largest = sorted((s for s in segments if s.value is not None), key=lambda s: -s.figure.n)[:2]
    secrets: dict[str | None, str] = {
        s.value: signing.signed_in(shut, "analyst", email=f"{i}@example.com", rows={"tier": [str(s.value)]}) for i, s in enumerate(largest)
    }
    secrets[None] = signing.signed_in(shut, "analyst", email="all@example.com")
    want = {}
    for value in secrets:
        rows = rows_of({"tier": (str(value),)}) if value else ()
        found = overview.overview(shut, Actor("x", RoleName.ANALYST, rows=rows), view=view)
        want[value] = i18n.text("filter.count", "ko", n=i18n.number(found.responses, "ko"), total=i18n.number(found.total, "ko"))
    assert len(set(want.values())) == 3
    for value in [*secrets, *reversed(secrets), *secrets]:
        signing.use(monkeypatch, secrets[value])
        test = AppTest.from_file(str(config.PAGES / "overview.py"), default_timeout=60)
        test.query_params["period"] = "all"
        said = texts(test.run())
        assert not test.exception and want[value] in said.replace("\\", "")
        assert not any(w in said.replace("\\", "") for v, w in want.items() if v != value)


def test_what_a_tab_keeps_goes_with_the_person_and_the_rights() -> None:
    """A tab can come back with another cookie: what the former one had in it (a list of links, somebody's data) is not there any more."""
    def script() -> None:
        import streamlit as st

        from cxdash.services.actor import Actor, RoleName
        from cxdash.ui import state

        number, role = st.query_params["who"].split()
        state.belongs((int(number), Actor("x", RoleName(role)).sight) if number != "0" else None)
        st.write(state.remember("list of links", st.query_params["who"]))

    test = AppTest.from_function(script)
    shown = []
    for who in ("1 analyst", "1 analyst", "1 viewer", "2 viewer", "0 viewer", "2 viewer", "2 viewer"):
        test.query_params["who"] = who
        shown.append(test.run().markdown[0].value)
        assert not test.exception
    assert shown == ["1 analyst", "1 analyst", "1 viewer", "2 viewer", "0 viewer", "2 viewer", "2 viewer"]
    test.session_state["page:list of links"] = "kept"
    assert test.run().markdown[0].value == "kept"
