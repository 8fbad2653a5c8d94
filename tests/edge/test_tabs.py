"""The real app with accounts: what each role's tab is told over the socket, whose a file is, and tabs that are shut from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from cxdash import i18n, runtime
from cxdash.config import load_settings
from cxdash.services import accounts, sessions
from cxdash.services.accounts import Rights
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.deps import Deps
from cxdash.services.sessions import COOKIE
from tests import signing
from tests.edge.talk import Tab, offers, run_page
from tests.serving import Server

NUMBERS = {"arrow_vega_lite_chart", "arrow_data_frame", "metric"}
XLSX, CSV = i18n.text("responses.xlsx", "ko"), i18n.text("responses.csv", "ko")


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("uvicorn", env={"CXDASH_OPEN": "0", "CXDASH_DEMO": "1"})


@pytest.fixture(scope="module")
def deps(server: Server) -> Deps:
    """The same store, as another process sees it: what is changed here, the server is not told."""
    return runtime.build(load_settings({"CXDASH_HOME": str(server.home), "CXDASH_OPEN": "0"}))


@pytest.fixture
def tab(server: Server) -> Iterator[Callable[[str], Tab]]:
    opened: list[Tab] = []

    def open_(secret: str) -> Tab:
        opened.append(Tab(server.ws, cookie=f"{COOKIE}={secret}"))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


def fetch(server: Server, address: str, secret: str, method: str = "GET") -> int:
    cookies = {COOKIE: secret} if secret else {}
    return httpx.request(method, server.url + address, cookies=cookies, timeout=60).status_code


def words(messages: list[object]) -> str:
    return "".join(str(m) for m in messages).replace("\\", "")


def change(deps: Deps, email: str, role: RoleName) -> None:
    number = next(one.id for one in accounts.list_accounts(deps, LOCAL) if one.email == email)
    accounts.change_rights(deps, LOCAL, account_id=number, rights=Rights(role))


def test_a_socket_is_for_who_is_signed_in(server: Server, deps: Deps) -> None:
    ended = signing.signed_in(deps, "admin", email="ended@example.com")
    sessions.sign_out(deps, ended)
    for cookie in ("", f"{COOKIE}=made-up", f"{COOKIE}={ended}"):
        with pytest.raises(InvalidStatus) as refused:
            Tab(server.ws, cookie=cookie)
        assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus):
        run_page(server.ws)


def test_the_socket_tells_a_role_what_is_its_own(deps: Deps, tab: Callable[[str], Tab]) -> None:
    """Deep links past the menu: another role's page is not even known, and none of its words or numbers come."""
    signing.signed_in(deps, "viewer", email="ended@example.com")
    admin = tab(signing.signed_in(deps, "admin", email="boss@example.com"))
    viewer = tab(signing.signed_in(deps, "viewer", email="low@example.com"))
    assert "ended@example.com" in words(admin.run("users")) and set(offers(admin.run("responses"))) >= {XLSX, CSV}
    for page in ("users", "responses", "audit", "imports", "people", "design", "publish", "machines"):
        told = viewer.run(page)
        assert "ended@example.com" not in words(told) and not {XLSX, CSV} & set(offers(told)), page
        assert "page_not_found" in [m.WhichOneof("type") for m in told], page
    elsewhere = tab(signing.signed_in(deps, "analyst", email="other@example.com", programs=["nowhere"]))
    told = elsewhere.run("responses", "program=demo") + elsewhere.run("", "program=demo")
    drawn = {str(m.delta.new_element.WhichOneof("type")) for m in told if m.WhichOneof("type") == "delta"}
    assert not drawn & NUMBERS and "(n=" not in words(told), drawn
    assert NUMBERS & {str(m.delta.new_element.WhichOneof("type")) for m in viewer.run("") if m.WhichOneof("type") == "delta"}


def test_a_file_is_given_to_the_session_it_was_made_for(server: Server, deps: Deps, tab: Callable[[str], Tab]) -> None:
    mine = signing.signed_in(deps, "analyst", email="mine@example.com")
    again = signing.signed_in(deps, "analyst", email="mine@example.com")
    admin, viewer = signing.signed_in(deps, "admin"), signing.signed_in(deps, "viewer")
    own = tab(mine)
    offered = offers(own.run("responses"))[CSV]
    address = own.download(offered)
    assert address.startswith("/media/") and fetch(server, address, mine) == fetch(server, address, mine, "HEAD") == 200
    others = {"again": again, "admin": admin, "viewer": viewer, "nobody": ""}
    tried = {who: fetch(server, address, secret) for who, secret in others.items()}
    assert tried == {"again": 404, "admin": 404, "viewer": 404, "nobody": 401}
    stranger = tab(viewer)
    stranger.run("")
    asked = stranger.download(offered)  # of what it was never offered: made for its owner, if at all
    assert not asked or fetch(server, asked, viewer) == 404
    upload = f"/_stcore/upload_file/{own.id}/f1"
    assert own.id and [fetch(server, upload, secret, "DELETE") for secret in (viewer, admin, "")] == [404, 404, 401]
    assert fetch(server, upload, mine, "DELETE") == 403  # let through: it is Streamlit that misses its own stamp here
    sessions.sign_out(deps, mine)
    own.finished()  # unasked: the tab is told that its session is over
    assert own.download(offered) == "" and fetch(server, address, mine) == 401


def test_an_open_tab_follows_what_another_process_changes(server: Server, deps: Deps, tab: Callable[[str], Tab]) -> None:
    secret = signing.signed_in(deps, "analyst", email="moved@example.com")
    open_ = tab(secret)
    first = open_.run("responses")
    address = open_.download(offers(first)[XLSX])
    assert fetch(server, address, secret) == 200
    change(deps, "moved@example.com", RoleName.VIEWER)
    told = open_.finished()  # nobody clicked
    assert not {XLSX, CSV} & set(offers(told)) and CSV not in words(told)
    assert open_.download(offers(first)[XLSX]) == "" and fetch(server, address, secret) == 404
    sessions.sign_out(deps, secret)
    told = open_.finished()
    assert "/auth/sign-in" in words(told) and "NPS" not in words(told)
