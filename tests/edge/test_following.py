"""What open tabs are told when sessions change in another process: two engines on one database, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxdash.edge import files
from cxdash.edge.tabs import OPEN, Tabs
from cxdash.services import accounts, sessions
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from cxdash.store import sessions as store
from cxdash.store.database import make_engine, writing
from cxdash.store.tokens import new_token
from tests import house, loops, signing
from tests.databases import database_url, empty_url, migrated, postgres  # noqa: F401 - fixtures


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Deps]:  # noqa: F811
    made = signing.closed(house.build(tmp_path / "home", database=database_url))
    yield made
    house.close(made)


@pytest.fixture
def there(here: Deps) -> Iterator[Deps]:
    """The same store in another process: its own connections, and nothing of what this one keeps in mind."""
    other = replace(here, engine=make_engine(here.engine.url.render_as_string(hide_password=False)))
    yield other
    other.engine.dispose()


class Screen:
    """A tab as Streamlit lists it."""

    def __init__(self, name: str, cookie: str | None) -> None:
        self.drawn: list[Any] = []
        self.cookie = cookie
        self.client = SimpleNamespace(client_context=SimpleNamespace(cookies={sessions.COOKIE: cookie} if cookie else {}))
        self.session = SimpleNamespace(id=name, request_rerun=self.drawn.append, _client_state="as it was")


def test_tabs_follow_what_another_process_changes(here: Deps, there: Deps) -> None:
    mine = signing.signed_in(here, "analyst", email="a@example.com")
    theirs = signing.signed_in(here, "viewer", email="b@example.com")
    tabs, screens = Tabs(lambda: here), [Screen("1", mine), Screen("2", mine), Screen("3", theirs)]

    def draw(*which: Screen) -> None:
        for one in which:
            tabs.drawn(one.session.id, sessions.known(here, one.cookie, fresh=True))

    def look() -> list[int]:
        before = [len(one.drawn) for one in screens]
        loops.run(tabs.look(screens))
        told = [len(one.drawn) - n for one, n in zip(screens, before, strict=True)]
        draw(*(one for one, n in zip(screens, told, strict=True) if n))
        return told

    number = {one.email: one.id for one in accounts.list_accounts(here, LOCAL)}
    assert look() == [0, 0, 0]  # not drawn yet
    draw(*screens)
    accounts.change_rights(there, LOCAL, account_id=number["a@example.com"], rights=Rights(RoleName.MARKETER))
    assert look() == [1, 1, 0]  # it had been drawn, and not been looked at
    assert look() == [0, 0, 0]
    accounts.change_rights(there, LOCAL, account_id=number["a@example.com"], rights=Rights(RoleName.VIEWER))
    assert look() == [1, 1, 0] and look() == [0, 0, 0] and screens[0].drawn == ["as it was"] * 2
    accounts.change_rights(there, LOCAL, account_id=number["b@example.com"], rights=Rights(RoleName.VIEWER, rows={"branch": ("x",)}))
    assert look() == [0, 0, 1]
    screens.append(Screen("4", mine))
    draw(screens[3])
    sessions.sign_out(there, mine)
    assert look() == [1, 1, 0, 1] and look() == [0, 0, 0, 0]
    accounts.disable(there, LOCAL, account_id=number["b@example.com"])
    assert look() == [0, 0, 1, 0]


def test_a_look_keeps_no_idle_session_open(here: Deps) -> None:
    secret, long_ago = new_token(), datetime.now(UTC) - timedelta(minutes=here.settings.session_idle_minutes - 1)
    signing.signed_in(here, "viewer", email="a@example.com")
    with writing(here.engine) as session:
        number = next(one.id for one in accounts.list_accounts(here, LOCAL))
        store.add_session(session, account_id=number, secret=secret, at=long_ago, complete=True, via="password")
    screen, tabs = Screen("1", secret), Tabs(lambda: here)
    tabs._drawn["1"] = tabs._standings([secret])[secret]
    loops.run(tabs.look([screen]))
    assert not screen.drawn
    with here.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM account_session WHERE seen_at > created_at").scalar()
    assert rows == 0
    hasty = replace(here, settings=replace(here.settings, session_idle_minutes=here.settings.session_idle_minutes - 2))
    tabs._deps = lambda: hasty
    loops.run(tabs.look([screen]))
    assert len(screen.drawn) == 1


def test_an_open_house_needs_no_session_until_there_is_an_account(here: Deps) -> None:
    opened = replace(here, settings=replace(here.settings, open=True))
    screen, tabs = Screen("1", None), Tabs(lambda: opened)
    tabs.drawn("1", None)
    loops.run(tabs.look([screen]))
    assert not screen.drawn and tabs._drawn == {"1": OPEN}
    signing.signed_in(opened)
    loops.run(tabs.look([screen]))
    assert len(screen.drawn) == 1
    loops.run(tabs.look([]))
    assert tabs._drawn == {}  # closed


class Kept:
    """A storage of files as Streamlit's."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def load_and_get_id(self, data: bytes, mimetype: str, kind: Any, filename: str | None = None) -> str:
        self.files[data.decode()] = data
        return data.decode()

    def get_url(self, name: str) -> str:
        return f"/media/{name}.csv"

    def delete_file(self, name: str) -> None:
        del self.files[name]


def test_a_file_is_whose_session_it_was_made_in(monkeypatch: pytest.MonkeyPatch) -> None:
    whose: dict[str, Any] = {"a": "A", "b": "B"}
    held = files.OwnFiles(Kept(), lambda tab, fresh=False: whose.get(tab))

    def tab(name: str) -> None:
        for module in ("cxdash.edge.files", "streamlit.runtime.media_file_manager"):
            monkeypatch.setattr(f"{module}._get_session_id", lambda: name)

    tab("a")
    own = held.add(b"own", "text/csv", "1", is_for_static_download=True)
    both = held.add(b"both", "text/csv", "2")
    offer = held.add_deferred(lambda: b"made", "text/csv", "3")
    tab("b")
    assert held.add(b"both", "text/csv", "2") == both
    assert [[held.holds(url, who) for who in ("A", "B", None)] for url in (own, both)] == [[True, False, False], [True, True, False]]
    assert not held.holds("/media/none.csv", "A") and not held.holds("/media/../own.csv", "A")
    made = held.execute_deferred(offer)  # asked for by b, and still a's
    assert held.holds(made, "A") and not held.holds(made, "B")
    whose["a"] = "A with another role"
    with pytest.raises(files.MediaFileStorageError):
        held.execute_deferred(offer)
    assert not held.holds(own, whose["a"])
    whose.pop("a")
    with pytest.raises(files.MediaFileStorageError):
        held.execute_deferred(offer)
    tab("gone")
    nobodys = held.add(b"nobody", "text/csv", "9")
    assert not any(held.holds(nobodys, who) for who in ("A", "B", None))


def test_a_file_made_on_request_waits_for_its_fetching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others' scripts that end meanwhile would sweep it away; after a minute they do, and nothing is left of who held it."""
    held, now = files.OwnFiles(Kept(), lambda tab, fresh=False: "A"), [0.0]
    monkeypatch.setattr(files.time, "monotonic", lambda: now[0])
    made = held.execute_deferred(held.add_deferred(lambda: b"made", "text/csv", "1"))
    for _ in range(3):
        held.remove_orphaned_files()
    assert held.holds(made, "A")
    now[0] = files.KEPT + 1
    for _ in range(3):
        held.remove_orphaned_files()
    assert not held.holds(made, "A") and not held._holders and not held._made
