"""Webhooks: what a receiver gets and can check, retries, the log, and that no address of the own network is ever called."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.respond import outside
from cxdash.respond.courier import Courier
from cxdash.services import hooks
from cxdash.services.actor import LOCAL, RESPONDENT
from cxdash.services.hooks import DeliveryInfo, HookInfo, Parcel, Receipt
from cxdash.store import programs, responses
from cxdash.store.database import writing
from tests import house as houses
from tests.databases import database_url, migrated, postgres  # noqa: F401
from tests.respond.machines import Desk, open_desk
from tests.services.answering import answer
from tests.serving import ROOT


@dataclass
class Receiver:
    """A server of somebody else. answers: statuses of the next answers, then 204."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    delay: float = 0.0


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            time.sleep(made.delay)
            self.send_response(made.answers.pop(0) if made.answers else 204)
            self.send_header("Location", made.url)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Receiver(f"http://127.0.0.1:{server.server_address[1]}/in?x=1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:  # noqa: F811
    """A house that may call the own network, or nobody could receive here; once on SQLite, once on PostgreSQL."""
    built = houses.build(tmp_path / "home", database=database_url)
    made = open_desk(replace(built, settings=replace(built.settings, webhook_private=True)))
    yield made
    made.writer.stop()
    houses.close(built)


def told(desk: Desk, hook: HookInfo) -> tuple[DeliveryInfo, ...]:
    return hooks.hook_log(desk.deps, LOCAL, program="shop", hook_id=hook.id)


def carrier(desk: Desk) -> Courier:
    return Courier(lambda: desk.deps)


def later(desk: Desk, seconds: float) -> Courier:
    """A courier whose clock is ahead."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)

    class Ahead(Courier):
        def round(self) -> int:
            parcels = hooks.claim(desk.deps, now=at)
            for parcel in parcels:
                hooks.report(desk.deps, parcel, outside.send(parcel, private=True), now=at)
            return len(parcels)

    return Ahead(lambda: desk.deps)


def genuine(header: str, body: bytes, secret: str) -> bool:
    """What docs/api.md tells a receiver to do."""
    code = re.search("```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.S)
    space: dict[str, Any] = {}
    exec(code[1], space)  # type: ignore[index]
    return space["genuine"](header, body, secret)


# ---------------------------------------------------------------- what is sent


def test_a_finished_response_is_told_and_signed(desk: Desk) -> None:
    with receiving() as other:
        hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        sent = desk.send(respondent="C-1", attributes={"branch": "강남"}).json()
        assert carrier(desk).round() == 1 and carrier(desk).round() == 0
    headers, body = other.got[0]
    signed = headers["cxdash-signature"]
    assert genuine(signed, body, hook.secret) and not genuine(signed, body + b" ", hook.secret) and not genuine(signed, body, "other")
    assert headers["content-type"] == "application/json" and "cookie" not in headers
    found = json.loads(body)
    assert (found["event"], found["program"], headers["cxdash-event"]) == ("response.finished", "shop", "response.finished")
    assert str(found["delivery"]) == headers["cxdash-delivery"]
    said = found["response"]
    assert (said["id"], said["respondent"], said["wave"], said["source"]) == (sent["id"], "C-1", "2026-1", "api")
    assert said["answers"] == {"nps": 9, "all": 5, "staff": 6, "used": [1, 2]} and said["attributes"] == {"branch": "강남", "age": "20s"}
    line = told(desk, hook)[0]
    assert (line.state, line.status, line.tries, line.error) == ("sent", 204, 1, "") and line.sent_at is not None


def test_a_respondents_page_tells_too_and_the_same_response_once(desk: Desk) -> None:
    with receiving() as other:
        hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        answer(desk.house, desk.writer)
        desk.send(respondent="C-1")
        desk.send(respondent="C-1", answers={"nps": 2, "gate:ship": "no"})
        assert carrier(desk).round() == 2
    assert len(other.got) == 2 and len(told(desk, hook)) == 2


def test_refused_deliveries_are_tried_again_with_growing_pauses(desk: Desk) -> None:
    with receiving() as other:
        other.answers = [500, 302, 404]
        hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        desk.send()
        pauses = []
        for ahead in (1, 12, 60, 230):
            assert later(desk, ahead).round() == 1
            line = told(desk, hook)[0]
            pauses.append(round((line.next_at - datetime.now(UTC)).total_seconds() - ahead, -1))
            assert later(desk, ahead + 5).round() == 0  # not before its time
    assert [len({headers["cxdash-delivery"] for headers, _ in other.got}), len(other.got)] == [1, 4]
    assert pauses[:3] == [10, 40, 160] and (line.state, line.status, line.tries) == ("sent", 204, 4)


def test_after_eight_tries_it_is_given_up(desk: Desk) -> None:
    hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url="http://127.0.0.1:9/in")
    desk.send()
    for n in range(8):
        assert later(desk, 10 * 4**9 * (n + 1)).round() == 1
    line = told(desk, hook)[0]
    assert (line.state, line.tries, line.status, line.error) == ("failed", 8, None, "api.delivery.unreachable")
    assert later(desk, 1e9).round() == 0


def test_off_is_quiet_and_an_erased_response_says_nothing(desk: Desk) -> None:
    with receiving() as other:
        hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        number = desk.send().json()["id"]
        hooks.switch_hook(desk.deps, LOCAL, program="shop", hook_id=hook.id, on=False)
        desk.send()
        assert carrier(desk).round() == 0 and other.got == []
        with writing(desk.deps.engine) as session:
            responses.erase(session, ids=[number], ver=programs.tick(session, program_id=desk.house.program_id))
        hooks.switch_hook(desk.deps, LOCAL, program="shop", hook_id=hook.id, on=True)
        assert carrier(desk).round() == 1 and other.got == []
    assert [(line.state, line.error) for line in told(desk, hook)] == [("failed", "api.delivery.erased")]


def test_what_is_over_is_forgotten(desk: Desk) -> None:
    hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url="http://127.0.0.1:9/in")
    first = desk.send("w1").json()["id"]
    desk.send("w2")
    parcels = hooks.claim(desk.deps)
    hooks.report(desk.deps, parcels[0], Receipt(204))
    hooks.tidy(desk.deps, now=datetime.now(UTC) + timedelta(days=6))
    assert len(told(desk, hook)) == 2 and desk.send("w1").json()["id"] == first
    hooks.tidy(desk.deps, now=datetime.now(UTC) + timedelta(days=31))
    assert [line.state for line in told(desk, hook)] == ["waiting"], "what was not taken yet stays"
    assert desk.send("w1", respondent="C-1").status_code == 201  # the word is free again


def test_two_couriers_make_each_delivery_once(desk: Desk) -> None:
    with receiving() as other:
        hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        for _ in range(15):
            desk.send()
        running = [Courier(lambda: desk.deps, every=0.02) for _ in range(2)]
        for one in running:
            one.begin()
        deadline = time.monotonic() + 30
        while len(other.got) < 15 and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        for one in running:
            one.end()
    told_of = [json.loads(body)["response"]["id"] for _, body in other.got]
    assert len(told_of) == len(set(told_of)) == 15


def test_a_test_event(desk: Desk) -> None:
    with receiving() as other:
        hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url=other.url)
        other.answers = [204, 503]
        send = lambda parcel: outside.send(parcel, private=True)  # noqa: E731
        results = [hooks.test_hook(desk.deps, LOCAL, program="shop", hook_id=hook.id, send=send) for _ in range(2)]
    assert results == [Receipt(204), Receipt(503, "api.delivery.status")]
    assert json.loads(other.got[0][1])["event"] == "test" and told(desk, hook) == ()


def test_a_receiver_that_drips_is_cut_off(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        def drip() -> None:
            there, _ = server.accept()
            with there:
                for _ in range(100):
                    try:
                        there.sendall(b"H")
                    except OSError:
                        return
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        receipt = outside.send(Parcel(1, url, "s", "test", b"{}"), private=True)
    assert receipt == Receipt(None, "api.delivery.slow") and time.monotonic() - began < 3


# ---------------------------------------------------------------- where nothing is sent

PARCEL = Parcel(1, "https://hooks.example/in", "s", "test", b"{}")
OWN = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
       "::1", "::", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "::7f00:1"]  # fmt: skip


@pytest.mark.parametrize("address", OWN)
def test_addresses_of_the_own_network_are_never_called(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it was called"))
    for found in ([address], ["93.184.216.34", address]):
        assert outside.send(PARCEL, resolve=lambda *_, found=found: found) == Receipt(None, "api.delivery.private")


def test_what_was_checked_is_what_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name may stand for another address a moment later: it is not asked again."""
    called: list[Any] = []

    def connect(address: Any, *_: object) -> socket.socket:
        called.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the name was asked again"))
    assert outside.send(PARCEL, resolve=lambda *_: ["93.184.216.34"]).error == "api.delivery.unreachable"
    assert called == [("93.184.216.34", 443)]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://localhost/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/"])
def test_spellings_of_this_machine(url: str) -> None:
    assert outside.send(replace(PARCEL, url=url)).error in ("api.delivery.private", "api.hook.https", "api.delivery.no_name")


@pytest.mark.parametrize(("url", "key"), [
    ("http://hooks.example/", "api.hook.https"), ("ftp://hooks.example/", "api.hook.https"), ("hooks.example", "api.hook.url"),
    ("https://u:p@hooks.example/", "api.hook.url"), ("https:///x", "api.hook.url"), ("https://hooks.example:99999/", "api.hook.url"),
    ("https://hooks.example/#x", "api.hook.url"), ("https://hooks.example/a b", "api.hook.url"), ("https://h.example\\@x/", "api.hook.url"),
    ("https://" + "a" * 70 + ".example/", "api.hook.url"), ("https://h.example/" + "a" * 1000, "api.hook.url"), ("", "api.hook.url"),
    ("https://[::1", "api.hook.url"), ("https://h.example/\r\nX: y", "api.hook.url"),
])
def test_addresses_that_are_not_taken(url: str, key: str) -> None:
    with pytest.raises(Conflict) as refused:
        hooks.checked_url(url, private=False)
    assert refused.value.key == key


def test_only_who_manages_the_programme(desk: Desk) -> None:
    hook = hooks.add_hook(desk.deps, LOCAL, program="shop", url="https://hooks.example/in")
    for call in (
        lambda: hooks.list_hooks(desk.deps, RESPONDENT, program="shop"),
        lambda: hooks.add_hook(desk.deps, RESPONDENT, program="shop", url="https://h.example"),
        lambda: hooks.delete_hook(desk.deps, RESPONDENT, program="shop", hook_id=hook.id),
    ):
        with pytest.raises(Refused):
            call()
    with pytest.raises(Conflict):
        hooks.add_hook(desk.deps, LOCAL, program="shop", url="https://hooks.example/in")
    hooks.delete_hook(desk.deps, LOCAL, program="shop", hook_id=hook.id)
    with pytest.raises(NotFound):
        hooks.switch_hook(desk.deps, LOCAL, program="shop", hook_id=hook.id, on=True)
