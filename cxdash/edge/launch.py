"""What app.py hands to st.App: settings in force, our routes, the ring of middleware, and the warm-up before the first visitor."""

from __future__ import annotations

import gc
import hashlib
import hmac
import importlib
import logging
import os
import pkgutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import config as streamlit_config
from streamlit import file_util
from streamlit.runtime import runtime as streamlit_runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cxdash import config, i18n, logs
from cxdash.auth import routes as sign_in
from cxdash.auth.front import Front
from cxdash.config import Settings
from cxdash.edge import files, opening, operate
from cxdash.edge.assets import Assets
from cxdash.edge.document import Document
from cxdash.edge.door import Door
from cxdash.edge.forwarded import Forwarded
from cxdash.edge.gate import Gate
from cxdash.edge.guard import Guard
from cxdash.edge.headers import Headers
from cxdash.edge.limits import BodyLimit
from cxdash.edge.tabs import Tabs
from cxdash.edge.trace import Trace
from cxdash.edge.turns import Turns
from cxdash.errors import ConfigError, CxError
from cxdash.meters import meters
from cxdash.respond import routes as respondents, screen
from cxdash.respond.desk import Desk
from cxdash.share import routes as share
from cxdash.services import postman, programs
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.retention import Janitor
from cxdash.services.sessions import Known
from cxdash.services.view import View

log = logging.getLogger(__name__)

HOME = "overview"  # the page at /; the shell marks the same one as default
_FIRST = ("ui.overview", "ui.navigation", "ui.style", "ui.errors")  # what the page at / needs; the rest follows once it has been served
_LATER = (
    "openpyxl",
    "alembic.command",
    "babel.dates",
    "streamlit.elements.arrow",
    "streamlit.elements.widgets.data_editor",
)
PATIENCE = 5.0  # seconds from the start to the rest of the imports, which share the interpreter with the first visitor
_OURS = ("services", "charts", "export", "ui")
_alone = threading.Lock()
_complete = threading.Event()
_turns = Turns()
_tidied = 0.0
TOGETHER = 0.05  # seconds; Streamlit's own are 0.01
TIDY = 20.0  # seconds between two walks of the collector over everything, while pages are drawn
SENT = 0.3  # seconds after which a page that was drawn is with its visitor


def page_names() -> list[str]:
    """The screens by the name in their URL: pages/imports.py is /imports."""
    return sorted(path.stem for path in config.PAGES.glob("*.py"))


def prepare(launcher: str) -> Settings:
    """Put .streamlit/config.toml and the settings in force, before st.App exists. `launcher` is the path of app.py.

    `streamlit run app.py` looks for .streamlit beside app.py; under another ASGI server Streamlit would look beside the shell, so it
    is told the launcher here (1.67 has no public way). Settings that cannot work end the process with one sentence.
    """
    if streamlit_config._main_script_path is None:
        streamlit_config._main_script_path = os.path.abspath(launcher)
    try:
        settings = config.settled(config.load_settings())
        if streamlit_config.get_option("server.baseUrlPath"):
            raise ConfigError("common.config.base_path", name="server.baseUrlPath")
    except ConfigError as error:
        raise SystemExit(f"cxdash: {i18n.said(error, _console_language())}") from None
    settings = opening.narrowed(settings, _console_language())
    logs.begin(as_json=settings.log_format == "json", access=settings.access_log, hidden=settings.secrets)
    streamlit_config.set_option("server.maxUploadSize", settings.max_upload_mb)
    if settings.secret != config.DEVELOPMENT_SECRET:  # otherwise Streamlit makes a random one at each start
        key = hmac.new(settings.secret.encode(), b"streamlit cookies", hashlib.sha256).hexdigest()
        streamlit_config.set_option("server.cookieSecret", key)
    return settings


def _console_language() -> str:
    return i18n.language(os.environ.get("CXDASH_LANGUAGE") or os.environ.get("LANG"), "ko")


def routes(settings: Settings | None = None) -> list[BaseRoute]:
    """Our own HTTP routes, those of respondents and machines included unless the settings say that another process serves them. A new
    one needs no entry elsewhere: the gate asks this list."""
    screens = ["/", *(f"/{page}" for page in page_names())]
    own = [*operate.routes(_started, settings), *share.routes(_started), *sign_in.routes(_front, screens)]
    return [*own, *respondents.routes(_desk)] if settings is None or settings.respond else own


def _started() -> Deps:
    return importlib.import_module("cxdash.runtime").start()


_desk = Desk(_started)
make_way = _desk.make_way
_front = Front(_started)
_tabs = Tabs(_started)


def middleware(settings: Settings, own: list[BaseRoute]) -> list[Middleware]:
    """The ring, outermost first."""
    lang = settings.language
    origins = streamlit_config.get_option("server.corsAllowedOrigins")
    theirs = next((end for route in own if isinstance(end := getattr(route, "endpoint", None), respondents.Respondents)), None)
    return [
        Middleware(Forwarded, trusted=settings.trusted_proxies),
        Middleware(Trace, pages=page_names()),
        Middleware(Headers, language=lang),
        *([Middleware(Door, respondents=BodyLimit(theirs, language=lang))] if theirs else []),
        Middleware(Gate, pages=page_names(), home=HOME, routes=own, origins=origins, language=lang),
        Middleware(Guard, deps=_started, pages=page_names(), tab=_tabs.standing_of, file=files.holds, language=lang),
        Middleware(BodyLimit, language=lang),
        Middleware(Document, pages=page_names(), language=lang),
        Middleware(Assets, folder=file_util.get_static_dir(), language=lang),
    ]


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Before the first visitor: no page can run without the shell, the store is open, what the first page needs is there and the
    collector is frozen. What the other pages need is imported a little later, or by the first of them that is asked for."""
    _close_old_pages()
    files.install(_tabs.standing_of)
    _send_together()
    try:
        # The store opens and the answers are read while altair and our screens are imported: half a second with a million of them.
        with ThreadPoolExecutor(1, "cxdash-start") as beside:
            runtime = importlib.import_module("cxdash.runtime")
            warmed = beside.submit(lambda: _warm(runtime.start()))
            for name in ("streamlit.elements.vega_charts", *(f"cxdash.{name}" for name in _FIRST)):
                importlib.import_module(name)
            warmed.result()
    except CxError as error:
        log.error("%s", i18n.said(error, _console_language()))  # a sentence for the operator; uvicorn adds the traceback
        raise
    _freeze()
    rest = threading.Timer(PATIENCE, _import_rest)
    rest.daemon = True
    rest.start()
    logs.adopt()
    meters.gauge("cxdash_frame_rows", lambda: [((), sum(getattr(facts, "height", 0) for facts in runtime.start().loaded()))])
    if runtime.start().settings.respond:
        _desk.begin()
    _tabs.begin()
    opening.announce(_front, _console_language())
    postman.begin(runtime.start())  # nothing without a mail server
    janitor = Janitor(runtime.start()).start()
    yield
    rest.cancel()
    _tabs.end()
    _desk.end()
    postman.end()
    janitor.stop()
    if stop := getattr(runtime, "stop", None):
        stop()


def _freeze() -> None:
    """A walk of the collector over these imports locks the interpreter for 45-180 ms, and every session waits. Frozen objects are not
    walked: with a walk after every run, reruns of ten sessions fall from 1.3 s to 21 ms (benchmarks/). The first time nothing is
    collected before: app.py has kept the collector off, and a walk over all the imports costs 0.2 s; the second time makes up for it."""
    if gc.isenabled():
        gc.unfreeze()
        gc.collect()
    gc.freeze()
    gc.enable()


def _send_together() -> None:
    """What a script has drawn goes to its browser every `TOGETHER` seconds. The browser goes through the whole page for each lot it
    gets: in lots of 10 ms a page of drivers costs it 530 ms of its processor, in lots of 50 ms 380 (benchmarks/clicks.py)."""
    streamlit_runtime.MESSAGE_FLUSH_INTERVAL_SECS = TOGETHER


def _warm(deps: Deps) -> None:
    """What the first visitor would wait for and what would otherwise be made after the collector is frozen: words, the first overview."""
    for lang in config.LANGUAGES:
        i18n.catalogue(lang)
    if any(programs.list_programs(deps, LOCAL)):
        overview(deps, LOCAL, view=View())


def script_error(error: Exception) -> bool:
    """What a script, a callback or a fragment raised and nobody caught: our sentence instead of Streamlit's English one."""
    from cxdash.ui import errors  # after the runtime has started: ui holds the caches

    with errors.guarded():
        raise error
    return True


def _close_old_pages() -> None:
    """Until st.navigation has been called once in a process, Streamlit would run a script of a pages/ folder beside the shell
    directly for a deep link, past whatever the shell checks. There is no such folder; this is the second lock."""
    speaker = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    before, speaker.disabled = speaker.disabled, True  # it warns that no session runs; that is the point
    try:
        st.navigation([st.Page(_nothing, title="-", url_path="none")])
    finally:
        speaker.disabled = before


def _nothing() -> None:
    """A page that is never shown."""


def drawn_for(who: Known | None) -> None:
    """At the start of every run: whom it has found."""
    if (run := get_script_run_ctx()) is not None:
        _tabs.drawn(run.session_id, who)


@contextmanager
def one_by_one() -> Iterator[None]:
    """Around every page: they are drawn in turn; until the rest has been imported, strictly one at a time.

    Altair and narwhals look into sys.modules for pandas, and half of it there breaks a chart; so nobody may draw while somebody else's
    table, or the rest of the imports, brings pandas in (0.6 s, which the first visitor does not need to wait for).
    """
    if _complete.is_set():
        with _turns.taken():
            yield
            _tidy()
        return
    with _alone:
        yield


def _tidy() -> None:
    """A little later, when the page is on its way. Streamlit would do it after every run (runner.postScriptGC): over what ten sessions and
    their caches hold it takes 27 ms with the interpreter locked, a quarter of all time when they are drawn once a second. Once in a while
    serves as well; Python collects by itself besides."""
    global _tidied
    now = time.monotonic()
    if now - _tidied >= TIDY:  # one page is drawn at a time
        _tidied = now
        later = threading.Timer(SENT, gc.collect)
        later.daemon = True
        later.start()


def _import_rest() -> None:
    with _alone:
        importlib.import_module("pandas")
    _complete.set()
    screen.warm()
    for name in _LATER:
        importlib.import_module(name)
    for floor in _OURS:
        package = importlib.import_module(f"cxdash.{floor}")
        for module in pkgutil.walk_packages(package.__path__, f"cxdash.{floor}."):
            try:
                importlib.import_module(module.name)
            except ImportError:  # the screens that need it will say so; the others work
                log.exception("%s cannot be imported", module.name)
    logs.adopt()
    _freeze()
