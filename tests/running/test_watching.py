"""Alive, ready, figures, log lines, and whose word about visitors is believed."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from sqlalchemy import text
from streamlit.logger import init_uvicorn_logs

from cxdash import logs
from cxdash.config import load_settings
from cxdash.edge import operate
from cxdash.edge.forwarded import Forwarded
from cxdash.edge.headers import Headers
from cxdash.edge.trace import Trace
from cxdash.meters import KNOWN, Meters, meters
from cxdash.services.deps import Deps
from cxdash.services.health import readiness
from tests import house, loops
from tests.services.making import bring, figures, rows, write

TOKEN = "Zk3vT9-personal-token-of-a-customer"
LINE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?[0-9.e+]+|\+Inf|NaN)$')


async def who(request: Request) -> JSONResponse:
    logging.getLogger("cxdash.test").warning("looked at")
    return JSONResponse({"client": request.client.host if request.client else "", "scheme": request.url.scheme})


async def fails(_request: Request) -> PlainTextResponse:
    raise RuntimeError("the inside")


def app(*, trusted: str = "127.0.0.1, ::1", deps: Any = None, **settings: str) -> Starlette:
    read = load_settings({f"CXDASH_{name.upper()}": value for name, value in settings.items()})
    routes = [Route("/who", who), Route("/fails", fails), Route("/s/{token}/p/q1", who), *operate.routes(deps or (lambda: None), read)]
    ring = [Middleware(Forwarded, trusted=trusted), Middleware(Trace, pages=["imports"]), Middleware(Headers)]
    return Starlette(routes=routes, middleware=ring)


def ask(asked: Starlette, path: str = "/who", *, peer: str = "127.0.0.1", headers: Any = None, method: str = "GET") -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=asked, client=(peer, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://cx.test") as client:
            return await client.request(method, path, headers=headers)

    return loops.run(run())


# ---------------------------------------------------------------- the proxy's word


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9:5123", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what stands before the first stranger was said by the stranger
        ("127.0.0.1", "6.6.6.6, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "unknown, nonsense", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, <script>", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("203.0.113.9", "6.6.6.6", "203.0.113.9"),  # a stranger says it is somebody else
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "6.6.6.6", "10.1.2.3"),
    ],
)
def test_the_visitor_behind_trusted_proxies(peer: str, forwarded: str, seen: str) -> None:
    told = ask(app(), peer=peer, headers={"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https"}).json()
    assert told["client"] == seen
    assert told["scheme"] == ("https" if peer in ("127.0.0.1", "::ffff:127.0.0.1") else "http")


def test_several_headers_are_one_list_and_two_schemes_are_none() -> None:
    given = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.9"),
             ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http")]
    assert ask(app(), headers=given).json() == {"client": "203.0.113.9", "scheme": "http"}
    assert ask(app(), headers={"X-Forwarded-Proto": "gopher"}).json()["scheme"] == "http"


def test_a_network_may_be_trusted_and_nobody_may() -> None:
    headers = {"X-Forwarded-For": "203.0.113.9"}
    assert ask(app(trusted="172.30.77.0/24"), peer="172.30.77.5", headers=headers).json()["client"] == "203.0.113.9"
    assert ask(app(trusted="172.30.77.0/24"), peer="127.0.0.1", headers=headers).json()["client"] == "127.0.0.1"
    assert ask(app(trusted=""), headers=headers).json()["client"] == "127.0.0.1"
    assert load_settings({"CXDASH_TRUSTED_PROXIES": "none"}).trusted_proxies == ""


# ---------------------------------------------------------------- numbers of requests, lines


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    out, root = io.StringIO(), logging.getLogger()
    before, levels = list(root.handlers), {n: logging.getLogger(n).level for n in ("cxdash", "cxdash.access", "uvicorn.access")}
    handler = logs.begin(as_json=True, access=True, hidden=("hunter2-secret", "pw"), stream=out)
    yield out
    root.removeHandler(handler)
    for old in before:
        if old not in root.handlers:
            root.addHandler(old)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_request_has_a_number_that_its_lines_carry(written: io.StringIO) -> None:
    answer = ask(app(), headers={"X-Request-ID": "abc-12345678"})
    assert answer.headers["x-request-id"] == "abc-12345678"
    found = lines(written)
    assert {line["request"] for line in found} == {"abc-12345678"}
    assert {line["logger"] for line in found} == {"cxdash.test", "cxdash.access"}
    said = next(line for line in found if line["logger"] == "cxdash.access")
    assert (said["method"], said["path"], said["status"], said["kind"]) == ("GET", "/who", 200, "other") and said["ms"] >= 0


@pytest.mark.parametrize("given", ["short", "x" * 65, "line\tbreak-12345678", '"}{"level":"error', "gap in 12345678", "한글한글한글한글"])
def test_a_number_that_is_not_well_formed_is_made_anew(given: str) -> None:
    answer = ask(app(), headers={"X-Request-ID": given.encode()})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


def test_an_error_has_its_number_and_a_trace_in_the_log_only(written: io.StringIO) -> None:
    answer = ask(app(), "/fails", headers={"X-Request-ID": "abc-12345678"})
    assert answer.status_code == 500 and answer.headers["x-request-id"] == "abc-12345678" and "inside" not in answer.text
    failed = next(line for line in lines(written) if line["level"] == "error")
    assert failed["request"] == "abc-12345678" and "the inside" in failed["trace"]
    assert [line["status"] for line in lines(written) if line["logger"] == "cxdash.access"] == [500]


def test_the_server_writes_no_line_of_its_own_per_request_even_after_streamlit_has_seen_to_its_loggers(written: io.StringIO) -> None:
    init_uvicorn_logs()
    logs.adopt()
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "203.0.113.9:1", "GET", "/healthz", "1.1", 200)
    assert written.getvalue() == ""


def test_tokens_and_secrets_never_stand_in_a_line(written: io.StringIO) -> None:
    ask(app(), f"/s/{TOKEN}/p/q1?answer={TOKEN}")
    access = logging.getLogger("uvicorn.access")
    access.setLevel(logging.INFO)
    access.info('%s - "%s %s HTTP/%s" %d', "203.0.113.9:1", "GET", f"/s/{TOKEN}?x=1", "1.1", 200)
    logging.getLogger("cxdash.test").warning("cannot connect to postgresql://u:hunter2-secret@h/d as pw")
    try:
        raise RuntimeError("hunter2-secret")
    except RuntimeError:
        logging.getLogger("cxdash.test").exception("failed")
    said = written.getvalue()
    assert TOKEN not in said and "hunter2-secret" not in said and "203.0.113.9" not in said
    assert '"path": "/s/-/p/q1"' in said and "GET /s/- HTTP" in said and "as pw" in said  # too short to be struck out everywhere


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/s/abc", "/s/-"), ("/s/abc/p/q1", "/s/-/p/q1"), ("/s/-/static/pages.css", "/s/-/static/pages.css"), ("/imports", "/imports"),
        ("/auth/reset/" + "a" * 22, "/auth/reset/-"), ("/media/" + "f" * 40 + ".csv", "/media/-"), ("/x\ny", "/x?y"),
        ("/" + "한" * 30, "/-"),
    ],
)  # fmt: skip
def test_what_a_path_shows(path: str, shown: str) -> None:
    from cxdash.edge.trace import _printable

    assert _printable(logs.masked(path)) == shown


# ---------------------------------------------------------------- figures


def parsed(body: str) -> dict[str, float]:
    """Every series of an exposition; fails on a line that Prometheus could not read."""
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in body.splitlines():
        if line.startswith("#"):
            typed.add(line.split()[2])
            continue
        match = LINE.match(line)
        assert match, line
        assert any(match[1] == name or match[1].startswith(f"{name}_") for name in typed), line
        key = match[1] + (f"{{{match[2]}}}" if match[2] else "")
        assert key not in found, f"twice: {key}"
        found[key] = float(match[3])
    return found


def test_figures_of_requests_name_no_path() -> None:
    site = app()
    before = parsed(meters.text()).get('cxdash_requests_total{kind="respond",method="GET",status="200"}', 0)
    for n in range(3):
        ask(site, f"/s/{TOKEN}{n}/p/q1")
    ask(site, f"/{TOKEN}", method="BREW")
    body = ask(site, "/metrics").text
    found = parsed(body)
    assert found['cxdash_requests_total{kind="respond",method="GET",status="200"}'] == before + 3
    assert found['cxdash_requests_total{kind="other",method="other",status="404"}'] >= 1
    assert found['cxdash_request_seconds_count{kind="respond"}'] == found['cxdash_request_seconds_bucket{kind="respond",le="+Inf"}'] >= 3
    assert found["cxdash_memory_bytes"] > 10_000_000 and TOKEN not in body
    assert {line.split()[2] for line in body.splitlines() if line.startswith("# TYPE")} <= set(KNOWN)


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200), ("::1", {}, 200), ("203.0.113.9", {}, 404), ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404), ("127.0.0.1", {"Via": "1.1 proxy"}, 404),
        ("10.0.0.2", {"Forwarded": "for=1"}, 404),
    ],
)  # fmt: skip
def test_without_a_token_only_this_machine_reads_the_figures(peer: str, headers: dict[str, str], status: int) -> None:
    assert ask(app(), "/metrics", peer=peer, headers=headers).status_code == status


T20 = "t" * 20


@pytest.mark.parametrize(
    ("given", "status"), [(f"Bearer {T20}", 200), (f"bearer {T20}", 200), ("Bearer x", 404), (f"Basic {T20}", 404), ("", 404)]
)
def test_with_a_token_whoever_has_it_reads_them(given: str, status: int) -> None:
    site = app(metrics_token="t" * 20)
    assert ask(site, "/metrics", peer="203.0.113.9", headers={"Authorization": given} if given else {}).status_code == status
    assert ask(site, "/metrics").status_code == 404


def test_processes_of_one_port_answer_for_each_other(tmp_path: Path) -> None:
    one = Meters()
    one.add("cxdash_submissions_total", 3, state="finished")
    (tmp_path / "1.json").write_text(json.dumps([["cxdash_submissions_total", [["state", "finished"]], 4.0]]))
    (tmp_path / "2.json").write_text("half of i")
    one._folder = tmp_path
    one.gauge("cxdash_streams", lambda: [((), 2)])
    found = parsed(one.text())
    assert found['cxdash_submissions_total{state="finished"}'] == 7
    assert [name for name in found if name.startswith("cxdash_streams{process=")]
    with pytest.raises(KeyError):
        one.add("cxdash_something_else")


# ---------------------------------------------------------------- ready


@pytest.fixture
def deps(database_url: str, tmp_path: Path) -> Iterator[Deps]:
    made = house.build(tmp_path / "home", database=database_url)
    yield made
    house.close(made)


def test_ready_says_which_part_is_not(deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operate, "FRESH", -1.0)
    site = app(deps=lambda: deps)
    bring(deps, write(tmp_path / "a.csv", rows(20)))
    assert figures(deps).total.responses == 20
    facts = deps.loaded()[0]
    bring(deps, write(tmp_path / "b.csv", rows(20, first=100)))
    assert facts.height == 20  # type: ignore[attr-defined]
    answer = ask(site, "/readyz", peer="203.0.113.9")
    assert answer.status_code == 200 and answer.json() == {"status": "ready", "database": "ok", "schema": "ok", "frames": "ok"}
    assert facts.height == 40  # type: ignore[attr-defined]  # the look brought it up to date
    with deps.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    answer = ask(site, "/readyz")
    assert answer.status_code == 503 and answer.json()["schema"] == "failed" and answer.json()["database"] == "ok"
    assert ask(site, "/healthz").status_code == 200


def test_a_frame_that_cannot_follow_is_not_ready(deps: Deps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(deps, write(tmp_path / "a.csv", rows(20)))
    figures(deps)

    def broken(*_: object) -> int:
        raise RuntimeError("no memory")

    monkeypatch.setattr(type(deps.loaded()[0]), "version", broken)
    assert readiness(deps).frames == "failed"


def test_a_database_that_is_away_is_not_ready() -> None:
    def away() -> Deps:
        raise OSError("no route to host")

    answer = ask(app(deps=away), "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unready", "database": "failed", "schema": "failed", "frames": "failed"}
