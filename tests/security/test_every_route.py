"""Every address of both servers, asked in every way: nothing goes out unsealed, nothing leads elsewhere, nothing is changed by a
stranger's form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from cxdash.auth.front import Front
from cxdash.auth import routes as auth
from cxdash.edge import headers as edge, launch, operate
from cxdash.respond import apidoc, routes as respond
from cxdash.respond.desk import Desk
from cxdash.services.deps import Deps
from tests import loops
from tests.security.conftest import METHODS
from tests.services.answering import House
from tests.store.making import all_of

EVIL = "evil.example"
# What lies below routes that share one pattern.
BELOW = ["/share/x", "/s/{token}", "/s/{token}/start", "/s/{token}/p/nps", "/s/{token}/done", "/s/{token}/next", "/s/{token}/card.png",
         "/s/{token}/unsubscribe",
         "/s/-/static/pages.css", "/s/-/static/../../config.py", "/s/{token}/../../etc/passwd", "/media/x", "/_stcore/upload_file/a/b",
         "/static/js/x.js", "/app/static/x.woff2", "/component/x", "/nowhere", "/.env", "/.git/config"]  # fmt: skip
# A respondent's page has what it allows itself: stricter than the screens'.
LOOSE = {"Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy", "Referrer-Policy"}


def addresses(shop: House) -> list[str]:
    """One address for each route, those of the API from its own description."""
    own: list[BaseRoute] = launch.routes(shop.deps.settings)
    paths = [re.sub(r"\{\w+(:\w+)?\}", "x", route.path) for route in own if isinstance(route, Route)]
    paths += [re.sub(r"\{\w+\}", "x", path) for path in apidoc.document()["paths"]]
    paths += [path.replace("{token}", shop.token) for path in BELOW] + ["/", *(f"/{name}" for name in launch.page_names())]
    return sorted(set(paths))


def ask(site: Starlette, method: str, path: str, **given: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=site, client=("203.0.113.5", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="https://cx.test") as client:
            return await client.request(method, path, follow_redirects=False, **given)

    return loops.run(run())


def everywhere(site: Starlette, shop: House, **given: Any) -> Iterator[tuple[str, httpx.Response]]:
    async def run() -> list[tuple[str, httpx.Response]]:
        transport, found = httpx.ASGITransport(app=site, client=("203.0.113.5", 4711)), []
        async with httpx.AsyncClient(transport=transport, base_url="https://cx.test") as client:
            for path in addresses(shop):
                for method in METHODS:
                    asked = client.build_request(method, path, **given)
                    found.append((f"{method} {path}", await client.send(asked, follow_redirects=False)))
        return found

    yield from loops.run(run())


def test_every_answer_is_sealed(site: Starlette, shop: House) -> None:
    seen = 0
    for what, answer in everywhere(site, shop):
        seen += 1
        missing = {name for name, value in edge.SECURITY.items() if name not in LOOSE and answer.headers.get(name) != value}
        policy = answer.headers.get("content-security-policy", "")
        assert not missing and answer.headers["referrer-policy"] in ("same-origin", "no-referrer"), (what, missing)
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy, (what, policy)
        assert answer.headers["strict-transport-security"] == edge.HSTS and answer.headers.get("cache-control"), what
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"]), what
        assert answer.headers.get("access-control-allow-origin") != "*" and "x-powered-by" not in answer.headers, what
        assert "Traceback" not in answer.text and "site-packages" not in answer.text, what
    assert seen > 300


def test_every_cookie_is_guarded(site: Starlette, shop: House) -> None:
    set_ = 0
    for what, answer in everywhere(site, shop):
        for line in answer.headers.get_list("set-cookie"):
            set_ += 1
            parts = {part.strip().partition("=")[0].lower(): part.strip().partition("=")[2].lower() for part in line.split(";")[1:]}
            assert {"httponly", "secure"} <= set(parts) and parts["samesite"] in ("lax", "strict") and "domain" not in parts, (what, line)
    assert set_ > 0


HOSTILE = [f"//{EVIL}", f"https://{EVIL}/", f"/\\{EVIL}", f"\\\\{EVIL}", f"/%09/{EVIL}", f"https:{EVIL}", f"/{EVIL}@x//{EVIL}",
           "javascript:alert(1)", f"/x\r\nLocation: https://{EVIL}"]  # fmt: skip


def own(answer: httpx.Response) -> bool:
    """Whether an answer leads nowhere else: a browser reads its Location as an address of this host."""
    place = answer.headers.get("location")
    if place is None:
        return True
    read = httpx.URL("https://cx.test/a/b").join(place.replace("\\", "/"))
    return read.host == "cx.test" and read.scheme in ("http", "https") and not urlsplit(place).scheme


@pytest.mark.parametrize("to", HOSTILE)
def test_nothing_leads_elsewhere(site: Starlette, shop: House, to: str) -> None:
    doors = ("/auth/sign-in", "/auth/first", "/auth/sign-out", "/auth/second", "/", "/overview", "/imports", f"/s/{shop.token}")
    for path in (*doors, f"/s/{shop.token}/next"):
        for name in ("next", "url", "redirect", "return", "to", "lang"):
            assert own(ask(site, "GET", path, params={name: to})), (path, name)
    for path in (f"//{EVIL}/", f"/overview//{EVIL}", f"/{EVIL}/..", "/overview/%2f%2f" + EVIL):
        assert own(ask(site, "GET", path)), path


def test_the_hosts_word_leads_nobody_elsewhere(site: Starlette, shop: House) -> None:
    headers = {"X-Forwarded-Host": EVIL, "X-Forwarded-For": "6.6.6.6", "Forwarded": f"host={EVIL}"}
    for what, answer in everywhere(site, shop, headers=headers):
        assert own(answer) and EVIL not in answer.text, what


def changing() -> list[str]:
    """The addresses under /auth/ that take a form."""
    own = [route for route in launch.routes() if isinstance(route, Route) and route.path.startswith("/auth")]
    return [route.path for route in own if "POST" in (route.methods or ())]


@pytest.mark.parametrize("path", changing())
@pytest.mark.parametrize("how", ["bare", "origin", "site", "json", "foreign stamp"])
def test_a_form_that_is_not_ours_changes_nothing(site: Starlette, path: str, how: str) -> None:
    fields = {"email": "a@b.example", "password": "x" * 20, "code": "AAAA", "name": "n"}
    headers: dict[str, str] = {}
    if how == "foreign stamp":  # that of another browser
        page = ask(site, "GET", path if path != "/auth/second" else "/auth/sign-in").text
        found = re.search(r'name="stamp" value="([^"]+)"', page)
        fields["stamp"] = found[1] if found else "0" * 64
    if how == "origin":
        headers["Origin"] = f"https://{EVIL}"
    if how == "site":
        headers["Sec-Fetch-Site"] = "cross-site"
    given: dict[str, Any] = {"json": fields} if how == "json" else {"data": fields}
    answer = ask(site, "POST", path, headers=headers, **given)
    assert answer.status_code in (403, 429), (path, how, answer.status_code)
    assert not [line for line in answer.headers.get_list("set-cookie") if "session" in line.split("=")[0]]


def test_a_strangers_form_stores_no_answer(site: Starlette, shop: House) -> None:
    """Respondents' forms carry a signed stamp; a page elsewhere cannot make one."""
    def visits() -> int:
        with shop.deps.engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM visit").scalar() or 0)

    before, answers = visits(), all_of(shop.deps.engine, shop.program_id).height
    for path in [f"/s/{shop.token}{rest}" for rest in ("", "/start", "/p/nps", "/p/p1", "/unsubscribe")]:
        for stamp in (None, "", "0" * 64, "a.b.c"):
            fields = {"nps": "9", "all": "5", "_go": "next", **({"_stamp": stamp} if stamp is not None else {})}
            ask(site, "POST", path, data=fields, headers={"Origin": f"https://{EVIL}", "User-Agent": "Mozilla/5.0 (Windows NT 10.0)"})
    assert visits() == before and all_of(shop.deps.engine, shop.program_id).height == answers


def test_tokens_that_nobody_gave_out_are_all_alike(site: Starlette) -> None:
    """Neither the words nor the length tell how near a guess came; after sixty guesses an address has to wait."""
    told = [ask(site, "GET", f"/s/{guess}") for guess in ("A" * 22, "B" * 22, "a", "x" * 300, "%00", "-" * 22)]
    assert {answer.status_code for answer in told} == {404} and len({re.sub(r"/s/[^\"]*", "", answer.text) for answer in told}) == 1

    async def guess() -> list[int]:
        transport, found = httpx.ASGITransport(app=site, client=("203.0.113.77", 4711)), []
        async with httpx.AsyncClient(transport=transport, base_url="https://cx.test") as client:
            while len(found) < 2_000 and 429 not in found:  # sixty at once, one more each second
                found.append((await client.get(f"/s/guess-{len(found):04}-aaaaaaaaaaaa")).status_code)
        return found

    statuses = loops.run(guess())
    assert statuses[-1] == 429 and set(statuses[:-1]) == {404} and len(statuses) > 60


def test_the_servers_have_no_other_routes(shop: House) -> None:
    """What is walked above is all there is: a new kind of route must be added there."""
    deps: Deps = shop.deps
    kinds = [*operate.routes(lambda: deps), *auth.routes(Front(lambda: deps), ["/"]), *respond.routes(Desk(lambda: deps))]
    assert {type(route) for route in launch.routes(deps.settings)} == {Route} == {type(route) for route in kinds}
    starts = {"/" + route.path.split("/")[1] for route in launch.routes(deps.settings) if isinstance(route, Route)}
    assert starts <= {"/healthz", "/readyz", "/metrics", "/auth", "/s", "/api", "/share"}, starts
