"""docs/permissions.md, tables of routes, tried over HTTP and the socket: signed out, an ended session, every role and scope, every key."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from cxdash.config import ROOT
from cxdash.edge import gate, guard, launch
from cxdash.respond import apidoc
from cxdash.services import machines, sessions
from cxdash.services.actor import LOCAL
from cxdash.store import programs
from cxdash.store.database import writing
from tests import loops, signing
from tests.respond.machines import ANSWERS
from tests.services.answering import House

PAGES = "(every page above)"
ROWS = [[cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]  # fmt: skip
TABLE = [row for row in ROWS if len(row) == 6 and row[1] in ("GET", "POST", "PUT", "DELETE", "socket")]
CALLS = [row for row in ROWS if len(row) == 8 and re.match(r"`(GET|POST) /", row[0])]
ACCOUNTS: dict[str, dict[str, Any]] = {
    "viewer": {}, "marketer": {}, "analyst": {}, "admin": {},
    "elsewhere": {"role": "admin", "programs": ["nowhere"]}, "some rows": {"role": "analyst", "rows": {"branch": ["강남"]}},
}  # fmt: skip


@pytest.fixture(scope="module")
def cookies(shop: House) -> dict[str, list[str]]:
    """Column -> the cookies that are tried in it."""
    over = [signing.signed_in(shop.deps, role, email=f"over-{role}@example.com") for role in ("viewer", "admin")]
    for secret in over:
        sessions.sign_out(shop.deps, secret)
    inside = [signing.signed_in(shop.deps, given.get("role", name), email=f"{i}@example.com", programs=given.get("programs"),
                                rows=given.get("rows")) for i, (name, given) in enumerate(ACCOUNTS.items())]  # fmt: skip
    return {"out": [""], "over": [*over, "made-up", "x" * 4000], "account": inside}


numbers = itertools.count()


async def told(site: Starlette, method: str, path: str, cookie: str, **given: Any) -> int:
    """The status; each asks from an address of its own, for who knocks often has to wait."""
    headers = {"Cookie": f"__Host-cx_session={cookie}"} if cookie else {}
    n = next(numbers)
    transport = httpx.ASGITransport(app=site, client=(f"203.0.{n // 250}.{n % 250 + 1}", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="https://cx.test") as client:
        return (await client.request(method, path, headers=headers | given.pop("headers", {}), **given)).status_code


async def socket(site: Starlette, path: str, cookie: str, origin: str = "https://cx.test") -> str:
    """"open", or 403: closed before it was accepted."""
    named = {"host": "cx.test", "origin": origin} | ({"cookie": f"__Host-cx_session={cookie}"} if cookie else {})
    scope = {"type": "websocket", "path": path, "query_string": b"", "scheme": "wss", "client": ("203.0.113.5", 4711), "subprotocols": [],
             "server": ("cx.test", 443), "headers": [(k.encode(), v.encode()) for k, v in named.items()]}  # fmt: skip
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await site(scope, receive, send)  # type: ignore[arg-type]
    return "open" if sent[0] == "websocket.accept" else "403"


def paths(written: str) -> list[str]:
    """What is asked for a row of the table."""
    if written == PAGES:
        return ["/", *(f"/{name}" for name in launch.page_names() if name != launch.HOME)]
    return [re.sub(r"\{\w+(:path)?\}", "nothing-of-that-name", written.strip("`"))]


def cells() -> Iterator[tuple[str, str, str, str]]:
    for row in TABLE:
        for path in paths(row[0]):
            yield from ((path, row[1], column, want) for column, want in zip(("out", "over", "account"), row[2:5], strict=True))


def test_every_cell(site: Starlette, cookies: dict[str, list[str]]) -> None:
    async def run() -> list[tuple[Any, ...]]:
        wrong = []
        for path, method, column, want in cells():
            for i, cookie in enumerate(cookies[column]):
                got = await socket(site, path, cookie) if method == "socket" else str(await told(site, method, path, cookie))
                if got != want:
                    wrong.append((method, path, column, i, want, got))
        return wrong

    assert len(list(cells())) > 150
    assert not loops.run(run())


def test_no_route_is_unlisted(shop: House) -> None:
    listed = {(row[0].strip("`"), row[1]) for row in TABLE}
    own = set()
    for route in launch.routes(shop.deps.settings):
        assert isinstance(route, Route)
        own |= {(route.path, method) for method in (route.methods or {"GET"}) - {"HEAD"}}
    assert own <= listed, sorted(own - listed)
    of_streamlit = {*gate.EXACT - {"/"}, *gate.BELOW, gate.STREAM, *guard.KEPT}
    missing = [start for start in of_streamlit if not any(path.startswith(start) for path, _ in listed)]
    assert not missing
    described = {f"{method.upper()} {path}" for path, found in apidoc.document()["paths"].items() for method in found}
    assert described == {row[0].strip("`").replace("/programs/shop", "/programs/{code}") for row in CALLS}


def test_the_socket_is_for_pages_of_this_host(site: Starlette, cookies: dict[str, list[str]]) -> None:
    [inside, *_] = cookies["account"]

    async def run() -> list[str]:
        return [await socket(site, *asked) for asked in (
            ("/_stcore/stream", inside), ("/_stcore/stream", inside, "https://evil.example"), ("/_stcore/stream", inside, "null"),
            ("/", inside), ("/_stcore/stream/", inside), ("/journey/_stcore/stream", inside),
        )]  # fmt: skip

    assert loops.run(run()) == ["open", "403", "403", "403", "403", "403"]


def test_every_key(site: Starlette, shop: House, cookies: dict[str, list[str]]) -> None:
    """The calls of machines: without a key, with a session, and with every key that is not the right one."""
    def key(*scopes: str, program: str = "shop") -> str:
        return machines.create_key(shop.deps, LOCAL, program=program, name="k", scopes=scopes)[1]

    with writing(shop.deps.engine) as session:
        programs.add_program(session, slug="other", name={"ko": "다른"})

    async def run(call: str, scope: str) -> list[int]:
        method, path = call.split()
        body = {"json": {"program": "shop", "answers": dict(ANSWERS)}} if method == "POST" else {}
        rest = [s for s in machines.SCOPES if s != scope]
        right = key(scope) if scope in machines.SCOPES else key(*machines.SCOPES)
        revoked = key(*machines.SCOPES)
        number = machines.list_keys(shop.deps, LOCAL, program="shop")[-1].id
        machines.revoke_key(shop.deps, LOCAL, program="shop", key_id=number)
        other = key(*machines.SCOPES, program="other")
        found = [await told(site, method, f"/api/v1{path}", "", **body)]
        found += [max([await told(site, method, f"/api/v1{path}", cookie, **body) for cookie in cookies["account"]])]
        for one in (revoked, key(*rest), other, right):
            found.append(await told(site, method, f"/api/v1{path}", "", headers={"Authorization": f"Bearer {one}"}, **body))
        return found

    assert {row[1] for row in CALLS} == {*machines.SCOPES, "none"}
    for row in CALLS:
        found = loops.run(run(row[0].strip("`"), row[1]))
        assert [str(status) for status in found] == [want.replace("its own", "200") for want in row[2:]], row[0]
