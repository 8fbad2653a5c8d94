"""`cxdash serve-respond`: several processes on one database, without Streamlit, stopped without losing what waits."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from tests import house
from tests.respond.people import PHONE, Person, Site
from tests.respond.test_visit import through
from tests.serving import ROOT, START_SECONDS, environment, free_port
from tests.services.answering import open_house


class _Net(Person):
    """A person on the real network."""

    url = ""

    def ask(self, method: str, path: str, **given: object) -> httpx.Response:
        with httpx.Client(base_url=self.url, cookies=self.cookies, timeout=60) as client:
            headers = {**self.headers, **given.pop("headers", {})}  # type: ignore[dict-item]
            answer = client.request(method, path, headers=headers, follow_redirects=False, **given)  # type: ignore[arg-type]
            self.cookies = client.cookies
            return answer


def test_two_processes_serve_one_database_and_only_respondents(tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home")
    shop, port = open_house(deps), free_port()
    run = [sys.executable, "-m", "cxdash", "serve-respond", "--workers", "2", "--port", str(port)]
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(run, cwd=ROOT, env=environment(tmp_path / "home"), stdout=log, stderr=subprocess.STDOUT)
    try:
        _Net.url = f"http://127.0.0.1:{port}"
        _wait(process, _Net.url, tmp_path / "log")
        site = Site(shop, None, None)  # type: ignore[arg-type]
        for _ in range(6):
            assert through(_Net(site, {"user-agent": PHONE, "accept-language": "ko"})).at.endswith("/done")
        assert metrics.metrics(deps, LOCAL, program="shop").total.responses == 6
        root = httpx.get(_Net.url + "/")
        assert root.status_code == 404 and root.headers["x-content-type-options"] == "nosniff" and "server" not in root.headers
        assert httpx.get(_Net.url + "/api/v1/programs").status_code == 401
        assert httpx.post(f"{_Net.url}/s/{shop.token}", content=b"x" * 300_000).status_code == 413
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        log.close()
        house.close(deps)
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert shop.token not in said and "streamlit" not in said.lower()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url + "/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8")[-3000:])
