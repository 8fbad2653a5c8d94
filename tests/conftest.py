"""Fixtures for every test: strict messages, the shared survey files, the running app, a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxdash import i18n
from tests import serving

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]
REQUIRE_BROWSER = "CXDASH_REQUIRE_BROWSER"


@pytest.fixture(autouse=True)
def strict_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message without a text, or a placeholder without a value, fails the test that meets it."""
    monkeypatch.setattr(i18n, "strict", True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real survey files (CXDASH_SHARED_DATA, default ../shared/data); the test skips without it."""
    folder = Path(os.environ.get("CXDASH_SHARED_DATA") or serving.ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the shared survey files are not here ({folder.name}); set CXDASH_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., serving.Server]]:
    """serve("streamlit" | "uvicorn", env=…, cwd=…, app=…) -> a running app with a home of its own. All are stopped at the end."""
    servers: list[serving.Server] = []

    def start(launcher: str = "streamlit", **options: Any) -> serving.Server:
        servers.append(serving.start(launcher, options.pop("home", None) or tmp_path_factory.mktemp("home"), **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The system's Chromium under Playwright. Without one the tests skip, saying so; with CXDASH_REQUIRE_BROWSER=1 they fail."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = "no Chromium on this machine: the browser tests did not run"
        if os.environ.get(REQUIRE_BROWSER) == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A fresh browser context and page, Korean, 1440x900, that fails its test on a request to another host or a broken policy."""
    context = chromium.new_context(locale="ko-KR", viewport={"width": 1440, "height": 900}, timezone_id="Asia/Seoul")
    tab = context.new_page()
    tab.hosts, tab.complaints = set(), []
    context.on("request", lambda request: tab.hosts.add(request.url.split("/")[2]) if "://" in request.url else None)
    tab.on("websocket", lambda socket: tab.hosts.add(socket.url.split("/")[2]))
    tab.on("console", lambda message: tab.complaints.append(message.text) if _policy(message.text) else None)
    yield tab
    hosts = {host.split(":")[0] for host in tab.hosts}
    complaints = list(tab.complaints)
    context.close()
    assert hosts <= {"127.0.0.1", "localhost"}, f"requests left this machine: {sorted(hosts)}"
    assert not complaints, complaints


def _policy(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text or "Cross-Origin-Embedder-Policy" in text
