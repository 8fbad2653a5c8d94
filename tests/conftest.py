"""Fixtures for every test: strict messages, the shared survey files, the running app, a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cxdash import config, i18n, runtime
from cxdash.store import vault
from tests import serving

CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync"]
REQUIRE_BROWSER = "CXDASH_REQUIRE_BROWSER"
DESKTOP = {"width": 1440, "height": 900}
PATIENCE = 60_000  # milliseconds that a test waits for the screen: a busy two-core machine takes its time
# When the page last said something to the server and last heard from it: tests/browser/screen.settle asks.
HEARING = """(() => {
  const talk = window.cxTalk = { said: 0, heard: 0 }, known = new WeakSet(), send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...what) {
    if (!known.has(this)) { known.add(this); this.addEventListener('message', () => { talk.heard = performance.now(); }); }
    talk.said = performance.now();
    return send.apply(this, what);
  };
})()"""
STORED = "cookies,local_storage,indexeddb,file_systems,service_workers,cache_storage"  # all that a site can keep but the caches


# Folders by how long their files take, longest first; all others follow.
LONG = ("browser", "benchmarks", "acceptance", "edge", "pages", "respond")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files begin first: of several processes that take file after file, none is then left alone with a long one at the end.
    (xdist would begin with those of many tests, which are the quick ones: --no-loadscope-reorder keeps it from that.)"""
    rank = {folder: place for place, folder in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.parent.name, len(rank)))


@pytest.fixture(autouse=True)
def strict_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message without a text, or a placeholder without a value, fails the test that meets it."""
    monkeypatch.setattr(i18n, "strict", True)


@pytest.fixture(scope="session", autouse=True)
def nobodys_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a test that names none, also in processes it starts: empty, whatever this machine keeps in the project's own folder."""
    folder = tmp_path_factory.mktemp("nobody") / "home"
    with pytest.MonkeyPatch.context() as mine:
        mine.setitem(config.DEFAULTS, "home", str(folder))  # type: ignore[arg-type]
        mine.setenv("CXDASH_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def own_house(monkeypatch: pytest.MonkeyPatch, nobodys_home: Path) -> Iterator[None]:
    """The process's house and its keys are after a test what they were before: a command run in a test sets both. Nor does a test keep
    anything in the home of nobody: the next one would find it."""
    monkeypatch.setattr(runtime, "_deps", runtime._deps)
    monkeypatch.setattr(vault, "_settings", vault._settings)
    yield
    found = nobodys_home.exists()
    shutil.rmtree(nobodys_home, ignore_errors=True)  # only the test that did it is told
    assert not found


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
    yield from _servers(tmp_path_factory)


@pytest.fixture(scope="module")
def serve_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., serving.Server]]:
    """As `serve`, but stopped at the end of the module: a server needs 300 MB."""
    yield from _servers(tmp_path_factory)


def _servers(folders: pytest.TempPathFactory) -> Iterator[Callable[..., serving.Server]]:
    servers: list[serving.Server] = []

    def start(launcher: str = "streamlit", **options: Any) -> serving.Server:
        servers.append(serving.start(launcher, options.pop("home", None) or folders.mktemp("home"), **options))
        return servers[-1]

    try:
        yield start
    finally:
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


class Profile:
    """A browser profile with one tab, kept for the whole run: in a new tab Chromium compiles Streamlit's scripts again, four seconds of a
    core. Between two visitors everything that a site can keep is forgotten."""

    def __init__(self, browser: Any) -> None:
        self.context = browser.new_context(locale="ko-KR", viewport=DESKTOP, timezone_id="Asia/Seoul")
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(HEARING)
        self.tab: Any = None

    @contextmanager
    def visitor(self) -> Iterator[Any]:
        """The tab: empty, 1440x900, light. Fails on a request to another host and on a broken policy."""
        tab = self.tab = self.tab or self.context.new_page()
        tab.set_viewport_size(DESKTOP)
        tab.emulate_media(color_scheme="light")
        tab.mouse.move(0, 0)
        hosts: set[str] = set()
        complaints: list[str] = []
        tab.hosts = hosts

        def asked(request: Any) -> None:
            if "://" in request.url:
                hosts.add(request.url.split("/")[2])

        def said(message: Any) -> None:
            if _policy(message.text):
                complaints.append(message.text)

        self.context.on("request", asked)
        tab.on("websocket", asked)
        tab.on("console", said)
        try:
            yield tab
        finally:
            self.context.remove_listener("request", asked)
            tab.remove_listener("websocket", asked)
            tab.remove_listener("console", said)
            elsewhere = sorted(host for host in hosts if host.split(":")[0] not in ("127.0.0.1", "localhost"))
            self._forget(tab, sorted(hosts.difference(elsewhere)))
        assert not elsewhere, f"requests left this machine: {elsewhere}"
        assert not complaints, complaints

    def _forget(self, tab: Any, hosts: list[str]) -> None:
        for opened in [p for p in self.context.pages if p != tab]:
            opened.close()
        try:
            for host in hosts:  # a page of the same site, so that Chromium keeps the tab's process, and one that asks for nothing more
                tab.goto(f"http://{host}/healthz", wait_until="commit")
                tab.evaluate("sessionStorage.clear()")
            devtools = self.context.new_cdp_session(tab)
            for host in hosts:
                devtools.send("Storage.clearDataForOrigin", {"origin": f"http://{host}", "storageTypes": STORED})
            devtools.detach()
        except Exception:  # crashed, closed, or the server has gone: with the whole profile nothing is left either
            self.context.close()
            return
        self.context.clear_cookies()
        self.context.clear_permissions()


@pytest.fixture(scope="session")
def profiles(chromium: Any) -> Iterator[Callable[[str], Profile]]:
    kept: dict[str, Profile] = {}

    def profile(name: str) -> Profile:
        if name not in kept:
            kept[name] = Profile(chromium)
            kept[name].context.on("close", lambda _: kept.pop(name, None))
        return kept[name]

    yield profile
    for made in list(kept.values()):
        made.context.close()


@pytest.fixture
def page(profiles: Callable[[str], Profile]) -> Iterator[Any]:
    """A tab without cookies or storage, Korean, 1440x900, light, that fails its test on a request to another host or a broken policy."""
    with profiles("page").visitor() as tab:
        yield tab


@pytest.fixture
def other(profiles: Callable[[str], Profile]) -> Iterator[Any]:
    """The tab of somebody else, who shares no cookie or storage with `page`; otherwise as `page`."""
    with profiles("other").visitor() as tab:
        yield tab


def _policy(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text or "Cross-Origin-Embedder-Policy" in text
