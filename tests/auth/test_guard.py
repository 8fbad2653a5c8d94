"""Who gets anything of the screens: with a session, and in an open installation from this very machine only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cxdash.edge.guard import is_local
from cxdash.edge.tabs import standing
from cxdash.services import accounts, sessions
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from tests import house, loops
from tests.auth import visitor
from tests.auth.visitor import Browser
from tests.auth.visitor import house as front_of
from tests.signing import closed, signed_in

KEPT = (("GET", "/media/abc.csv"), ("PUT", "/_stcore/upload_file/s/f"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("home"))
    yield made
    house.close(made)


def socket(app: Any, *, cookie: str = "", client: tuple[str, int] = ("127.0.0.1", 5), **headers: str) -> list[str]:
    """What a WebSocket to Streamlit's stream gets: the types of messages."""
    named = {"host": "localhost:8501", **headers} | ({"cookie": f"cx_session={cookie}"} if cookie else {})
    scope = {"type": "websocket", "path": "/_stcore/stream", "query_string": b"", "scheme": "ws", "client": client, "subprotocols": [],
             "server": ("127.0.0.1", 8501), "headers": [(k.encode(), v.encode()) for k, v in named.items()]}  # fmt: skip
    got: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        got.append(message["type"])

    loops.run(app(scope, receive, send))
    return got


def test_without_a_session_only_what_is_nobodys(built: Deps) -> None:
    _front, app = front_of(lambda: closed(built))
    for cookie in ("", "made-up", "x" * 5000):
        browser = Browser(app)
        if cookie:
            browser.cookies.set("cx_session", cookie)
        for path in ("/", "/journey", "/journey/", "/users?program=x"):
            answer = browser.get(path)
            assert answer.status_code == 303 and answer.headers["location"].startswith("/auth/sign-in?next=/") and not answer.text, path
        assert browser.ask("POST", "/journey").status_code == 401
        assert [browser.ask(*asked).status_code for asked in KEPT] == [401, 401]
        assert [browser.get(path).status_code for path in ("/_stcore/health", "/s/x")] == [200, 200]
        assert socket(app, cookie=cookie) == ["websocket.close"]


def test_with_a_session_everything_until_it_ends(built: Deps) -> None:
    deps = closed(built)
    _front, app = front_of(lambda: deps)
    secret = signed_in(deps, "viewer")
    belong(deps, secret)
    browser = Browser(app, address="203.0.113.9")
    browser.cookies.set("cx_session", secret)
    assert browser.get("/journey").text == "screen /journey" and [browser.ask(*asked).status_code for asked in KEPT] == [200, 200]
    assert socket(app, cookie=secret, client=("203.0.113.9", 1))[:2] == ["websocket.accept", "websocket.send"]
    sessions.sign_out(deps, secret)  # at once, though it was known a moment ago
    assert browser.get("/journey").status_code == 303 and [browser.ask(*asked).status_code for asked in KEPT] == [401, 401]
    assert socket(app, cookie=secret) == ["websocket.close"]


def belong(deps: Deps, secret: str | None) -> None:
    """The file and the tab of `KEPT` are those of this cookie; None: of an open house."""
    whose = standing(sessions.known(deps, secret), secret is None)
    visitor.files["/media/abc.csv"] = visitor.tabs["s"] = whose


def test_files_and_uploads_are_of_one_session_with_its_rights(built: Deps) -> None:
    """Not of another person, not of another session of the same one, not of the same session with another role."""
    deps = closed(built)
    _front, app = front_of(lambda: deps)
    mine, again = signed_in(deps, "analyst", email="own@example.com"), signed_in(deps, "analyst", email="own@example.com")
    twin = signed_in(deps, "analyst", email="twin@example.com")
    belong(deps, mine)
    tried = {}
    for secret in (mine, again, twin, signed_in(deps, "viewer", email="low@example.com"), signed_in(deps, "admin")):
        browser = Browser(app, address="203.0.113.9")
        browser.cookies.set("cx_session", secret)
        assert browser.get("/journey").status_code == 200
        tried[secret] = [browser.ask(*asked).status_code for asked in KEPT] + [browser.ask("HEAD", "/media/abc.csv").status_code]
        assert browser.get("/media/never-made.csv").status_code == browser.get("/media/../abc.csv").status_code == 404
    assert tried.pop(mine) == [200, 200, 200] and set(map(tuple, tried.values())) == {(404, 404, 404)}
    number = next(one.id for one in accounts.list_accounts(deps, LOCAL) if one.email == "own@example.com")
    accounts.change_rights(deps, LOCAL, account_id=number, rights=accounts.Rights(RoleName.VIEWER))
    browser = Browser(app, address="203.0.113.9")
    browser.cookies.set("cx_session", mine)
    assert browser.get("/journey").status_code == 200 and [browser.ask(*asked).status_code for asked in KEPT] == [404, 404]


def scope(**changes: Any) -> dict[str, Any]:
    headers = {"host": "localhost:8501", **changes.pop("headers", {})}
    return {"type": "http", "client": ("127.0.0.1", 4), "server": ("127.0.0.1", 8501),
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()], **changes}  # fmt: skip


@pytest.mark.parametrize("changes", [
    {}, {"client": ("::1", 4), "server": ("::1", 8501)}, {"headers": {"host": "127.0.0.1"}}, {"headers": {"host": "[::1]:8501"}},
    {"client": ("::ffff:127.0.0.1", 4)}, {"headers": {"host": "LOCALHOST:80"}},
])  # fmt: skip
def test_this_machine(changes: dict[str, Any]) -> None:
    assert is_local(scope(**changes))


@pytest.mark.parametrize("changes", [
    {"client": ("192.168.0.7", 4)}, {"server": ("192.168.0.2", 8501)}, {"client": None}, {"server": None}, {"client": ("testclient", 4)},
    {"headers": {"x-forwarded-for": "127.0.0.1"}}, {"headers": {"x-real-ip": "127.0.0.1"}}, {"headers": {"forwarded": "for=127.0.0.1"}},
    {"headers": {"via": "1.1 caddy"}}, {"headers": {"x-forwarded-proto": "http"}}, {"headers": {"host": "cx.example.com"}},
    {"headers": {"host": "localhost.evil.example"}}, {"headers": {"host": ""}}, {"headers": {"host": "[bad"}},
    {"headers": {"host": "evil@"}},
])  # fmt: skip
def test_not_this_machine(changes: dict[str, Any]) -> None:
    assert not is_local(scope(**changes))


def test_an_open_house_lets_in_this_machine_only_and_only_without_accounts(tmp_path_factory: pytest.TempPathFactory) -> None:
    deps = house.build(tmp_path_factory.mktemp("open"))
    opened = replace(deps, settings=replace(deps.settings, open=True))
    front, app = front_of(lambda: opened)
    own = "http://127.0.0.1:8501"
    belong(opened, None)
    here, there, rebound = Browser(app, own), Browser(app, own, address="192.0.2.7"), Browser(app, "http://evil.example")
    assert here.get("/journey").status_code == 200 and here.ask("PUT", "/_stcore/upload_file/s/f").status_code == 200
    assert socket(app)[0] == "websocket.accept" and front.begin() == ""
    for stranger in (there, rebound):
        assert [stranger.get(path).status_code for path in ("/journey", "/", "/media/x")] == [403] * 3
        assert stranger.get("/s/x").status_code == 200
    assert socket(app, client=("192.0.2.7", 1)) == ["websocket.close"]
    assert socket(app, **{"x-forwarded-for": "127.0.0.1"}) == ["websocket.close"]
    assert here.get("/auth/first").headers["location"] == "/" and here.get("/auth/sign-in").headers["location"] == "/"
    signed_in(opened)
    assert here.get("/journey").status_code == 303 and socket(app) == ["websocket.close"]
    house.close(deps)
