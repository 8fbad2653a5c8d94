"""The start commands of the image and the units, behind the Caddyfile of deploy/ with real TLS: sign-in, stream, upload, respondents, and
what the servers learn of their visitors. Skipped where there is no Caddy; an error where CXDASH_REQUIRE_BROWSER=1 asks for all (CI)."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cxdash import runtime
from cxdash.config import ROOT, load_settings
from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store import vault
from tests import house
from tests.browser import screen
from tests.conftest import REQUIRE_BROWSER
from tests.respond.people import PHONE, Person, Site
from tests.respond.test_visit import through
from tests.running.test_deploy import instructions
from tests.serving import START_SECONDS, environment, free_port
from tests.services.answering import House, open_house
from tests.services.making import rows, write

SECRET = "kX3-9vQz_72LmPaTe0RwYbUo81HsDcFn"
METRICS = "metrics-token-of-the-operator"
PASSWORD = "오늘은 비가 와서 우산을 썼다 1987"
SOMEBODY = "127.0.0.2"  # a visitor with an address of its own
LIAR = "198.51.100.66"
PATIENCE = 120_000


@dataclass
class Front:
    """The proxy's address, the two servers behind it, what all of them wrote, and the store."""

    url: str
    screens: str
    respondents: str
    logs: dict[str, Path]
    shop: House

    @property
    def deps(self) -> Deps:
        return self.shop.deps

    def said(self, name: str) -> str:
        return self.logs[name].read_text(encoding="utf-8", errors="replace")

    def client(self, **options: Any) -> httpx.Client:
        """A visitor from SOMEBODY who believes the test's certificate."""
        transport = httpx.HTTPTransport(verify=False, local_address=SOMEBODY)
        return httpx.Client(base_url=self.url, transport=transport, timeout=60, **options)


def caddy() -> str:
    found = shutil.which("caddy")
    if found is None:
        reason = "no Caddy on this machine: the servers were not tried behind a proxy"
        if os.environ.get(REQUIRE_BROWSER) == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return found


def placed(words: list[str], port: int) -> list[str]:
    """A start command of the image, here: this environment's programs, this machine only, another port."""
    found = [("127.0.0.1" if word == "0.0.0.0" else str(port) if word.isdigit() and len(word) == 4 else word) for word in words]
    return [sys.executable, "-m", *found] if found[0] == "uvicorn" else [sys.executable, *found[1:]]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    program, folder = caddy(), tmp_path_factory.mktemp("front")
    proxy, screens, respondents = free_port(), free_port(), free_port()
    deps = runtime.build(load_settings({"CXDASH_HOME": str(folder / "home"), "CXDASH_SECRET": SECRET, "CXDASH_DEMO": "0"}))
    shop = open_house(deps)
    url = f"https://localhost:{proxy}"
    settings = environment(folder / "home", {
        "CXDASH_ENV": "production", "CXDASH_SECRET": SECRET, "CXDASH_DEMO": "false", "CXDASH_OPEN": "", "CXDASH_PUBLIC_URL": url,
        "CXDASH_SCREENS_URL": url, "CXDASH_LOG_FORMAT": "json", "CXDASH_ACCESS_LOG": "true", "CXDASH_METRICS_TOKEN": METRICS,
    })  # fmt: skip
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    wrapper = folder / "Caddyfile"
    ours = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert ours.count("\n{\n") == 1
    wrapper.write_text(ours.replace("\n{\n", "\n{\n\tskip_install_trust\n\tlocal_certs\n\tadmin off\n\tauto_https disable_redirects\n", 1))
    places = {"SITE": url, "SCREENS": f"127.0.0.1:{screens}", "RESPONDENTS": f"127.0.0.1:{respondents}"}
    caddys = {**os.environ, **places, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    runs = {  # the commands of the image and of compose.yaml
        "screens": (placed(json.loads(dict(instructions())["CMD"]), screens), settings | {"CXDASH_RESPOND": "false"}),
        "respondents": (placed(services["respond"]["command"], respondents), settings),
        "proxy": ([program, "run", "--config", str(wrapper), "--adapter", "caddyfile"], caddys),
    }
    logs, processes = {name: folder / f"{name}.log" for name in runs}, []
    try:
        for name, (words, env) in runs.items():
            with logs[name].open("wb") as out:
                processes.append(subprocess.Popen(words, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT))
        made = Front(url, f"http://127.0.0.1:{screens}", f"http://127.0.0.1:{respondents}", logs, shop)
        _wait(made, processes)
        yield made
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        house.close(deps)
        vault.use(load_settings({}))


def _wait(front: Front, processes: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 2 * START_SECONDS
    wanted = [f"{front.screens}/readyz", f"{front.respondents}/readyz", f"{front.url}/healthz"]
    while wanted and time.monotonic() < deadline and all(process.poll() is None for process in processes):
        try:
            if httpx.get(wanted[0], timeout=5, verify=False).status_code == 200:
                wanted.pop(0)
                continue
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    if wanted:
        raise RuntimeError("\n".join(f"{name}: {front.said(name)[-2000:]}" for name in front.logs))


def stamp(page: str) -> str:
    return re.search(r'name="stamp" value="([^"]+)"', page)[1]


@pytest.fixture(scope="module")
def inside(front: Front) -> httpx.Client:
    """The first administrator, made with the code from the terminal, who says to come from somewhere else."""
    code = re.search(r"코드를 입력하세요: (\S+)", front.said("screens"))[1]
    client = front.client(headers={"X-Forwarded-For": LIAR, "X-Forwarded-Proto": "http", "Accept-Language": "ko"})
    page = client.get("/auth/first")
    assert page.status_code == 200
    fields = {"stamp": stamp(page.text), "code": code, "email": "first@example.com", "name": "첫 관리자", "password": PASSWORD}
    answer = client.post("/auth/first", data=fields, headers={"Origin": front.url})
    assert answer.status_code == 303, answer.text[-2000:]
    return client


def test_who_is_not_signed_in_sees_the_sign_in_page_only(front: Front) -> None:
    with front.client() as stranger:
        answer = stranger.get("/imports?x=1")
        assert answer.status_code == 303 and answer.headers["location"].startswith("/auth/")
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert [stranger.get(path).status_code for path in ("/metrics", "/readyz")] == [404, 404]  # for the inside only
        assert stranger.get("/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{front.screens}/readyz").json()["status"] == "ready"


def test_signing_in_gives_a_cookie_for_tls_only_and_the_true_address_is_kept(front: Front, inside: httpx.Client) -> None:
    [cookie] = [c for c in inside.cookies.jar if c.name.startswith("__Host-") and "session" in c.name]
    assert cookie.secure and cookie.path == "/" and cookie.has_nonstandard_attr("HttpOnly")
    assert inside.get("/").status_code == 200
    with front.deps.engine.connect() as connection:
        addresses = set(connection.execute(text("SELECT address FROM account_session UNION SELECT address FROM audit")).scalars()) - {""}
    assert addresses == {SOMEBODY}  # neither the proxy's nor what the visitor claimed


def cookie_of(client: httpx.Client) -> str:
    return "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)


def stream(front: Front, cookie: str, origin: str) -> list[str]:
    """Kinds of messages of one run of the first page over the proxy's websocket."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"Cookie": cookie} if cookie else {}
    url, found = front.url.replace("https", "wss") + "/_stcore/stream", []
    with connect(  # type: ignore
        url, origin=origin, subprotocols=["streamlit"], max_size=None, ssl=context, additional_headers=headers, open_timeout=60
    ) as socket:
        ask = BackMsg()
        ask.rerun_script.query_string = ""
        socket.send(ask.SerializeToString())
        while not found or found[-1] != "script_finished":
            message = ForwardMsg()
            message.ParseFromString(socket.recv(120))  # type: ignore[arg-type]
            found.append(str(message.WhichOneof("type")))
    return found


def test_the_stream_passes_for_those_who_are_signed_in(front: Front, inside: httpx.Client) -> None:
    assert "navigation" in stream(front, cookie_of(inside), front.url)
    for cookie, origin in (("", front.url), (cookie_of(inside), "https://evil.example")):
        with pytest.raises(InvalidStatus) as caught:
            stream(front, cookie, origin)
        assert caught.value.response.status_code == 403


def test_a_file_is_uploaded_through_the_proxy(front: Front, inside: httpx.Client, chromium: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "만족도.csv", rows(300))
    context = chromium.new_context(locale="ko-KR", ignore_https_errors=True)
    jar = [{"name": c.name, "value": c.value, "url": front.url, "secure": True, "httpOnly": True} for c in inside.cookies.jar]
    context.add_cookies(jar)
    tab = context.new_page()
    try:
        screen.visit(tab, f"{front.url}/imports")
        tab.set_input_files("[data-testid=stFileUploader] input", path)
        tab.wait_for_function("() => document.querySelectorAll('[data-testid=stDataFrame] table tr').length > 1", timeout=PATIENCE)
        assert "고객번호" in tab.locator("[data-testid=stDataFrame] table").first.inner_text()
    finally:
        context.close()


class Visitor(Person):
    """A respondent who comes through the proxy."""

    front: Front

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        with self.front.client(cookies=self.cookies) as client:
            headers = {**self.headers, "X-Forwarded-For": LIAR, **given.pop("headers", {})}
            answer = client.request(method, path, headers=headers, follow_redirects=False, **given)
            self.cookies = client.cookies
            return answer


def test_respondents_answer_through_the_proxy(front: Front) -> None:
    Visitor.front = front
    before = metrics.metrics(front.deps, LOCAL, program="shop").total.responses
    visitor = Visitor(Site(front.shop, None, None), {"user-agent": PHONE, "accept-language": "ko"})  # type: ignore[arg-type]
    assert through(visitor).at.endswith("/done") and visitor.status == 200
    assert metrics.metrics(front.deps, LOCAL, program="shop").total.responses == before + 1
    assert all(cookie.secure for cookie in visitor.cookies.jar)  # they saw that it is TLS, though the servers behind speak plain
    with front.client() as client:
        assert client.get("/api/v1/programs").status_code == 401
        assert client.post(f"/s/{front.shop.token}", content=b"x" * 300_000).status_code == 413
    assert httpx.get(f"{front.screens}/s/{front.shop.token}").status_code == 404  # the screens' process serves none of it here


def test_the_lines_of_proxy_and_servers_tell_of_the_same_requests_and_of_no_secret(front: Front, inside: httpx.Client) -> None:
    number = inside.get("/auth/sign-in").headers["x-request-id"]

    def told() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in front.said("screens").splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("request") == number and line["logger"] == "cxdash.access"]

    ends = time.monotonic() + START_SECONDS
    while not (said := told()) and time.monotonic() < ends:  # the line is written after the answer was sent
        time.sleep(0.05)
    assert re.fullmatch(r"[0-9a-f-]{36}", number) and [line["path"] for line in said] == ["/auth/sign-in"]
    cookies = [c.value for c in inside.cookies.jar]
    for name in front.logs:
        written = front.said(name)
        hidden = [front.shop.token, SECRET, METRICS, PASSWORD, "first@example.com", *cookies]
        hidden += [SOMEBODY, LIAR] if name != "proxy" else []
        assert not [word for word in hidden if word in written], name


def test_a_server_that_is_away_is_an_error_without_the_address_in_the_log(front: Front) -> None:
    """Caddy's own words about a request that went wrong."""
    with front.client() as client, pytest.raises(httpx.HTTPError):
        client.post(f"/s/{front.shop.token}/start", content=_breaking(), headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert front.shop.token not in front.said("proxy")


def _breaking() -> Iterator[bytes]:
    yield b"a=1&"
    raise httpx.WriteError("the phone lost its network")


def test_the_operator_reads_the_figures_of_both(front: Front) -> None:
    headers = {"Authorization": f"Bearer {METRICS}"}
    screens, respondents = (httpx.get(f"{url}/metrics", headers=headers).text for url in (front.screens, front.respondents))
    assert "cxdash_reruns_total" in screens and 'cxdash_requests_total{kind="account"' in screens
    assert 'cxdash_memory_bytes{process="' in respondents  # two workers, each with its own
    assert httpx.get(f"{front.screens}/metrics").status_code == 404
