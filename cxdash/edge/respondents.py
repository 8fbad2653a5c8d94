"""`cxdash serve-respond`: the respondents' addresses alone, without Streamlit, in as many processes as one likes on one database."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from cxdash import logs, runtime
from cxdash.config import load_settings, settled
from cxdash.edge import operate
from cxdash.edge.answers import answer
from cxdash.edge.door import Door
from cxdash.edge.forwarded import Forwarded
from cxdash.edge.headers import Headers
from cxdash.edge.limits import BodyLimit
from cxdash.edge.trace import Trace
from cxdash.meters import meters
from cxdash.respond import screen
from cxdash.respond.desk import Desk
from cxdash.respond.routes import Respondents, routes
from cxdash.services.deps import Deps

FACTORY = "cxdash.edge.respondents:make"
_SELDOM = 20_000  # objects made before the collector looks at them (else 700)
_METERS = "CXDASH_METERS_FOLDER"  # of the workers of one port; set by `serve`, not by people


def make() -> ASGIApp:
    """The application, for an ASGI server (`uvicorn --factory cxdash.edge.respondents:make`). ConfigError when settings cannot work."""
    settings = settled(load_settings())
    logs.begin(as_json=settings.log_format == "json", access=settings.access_log, hidden=settings.secrets)

    def deps() -> Deps:
        return runtime.start(demo=False)

    desk = Desk(deps)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        desk.begin()
        if folder := os.environ.get(_METERS):
            meters.share(Path(folder))
        screen.warm()
        gc.collect()
        gc.freeze()  # what was imported is never garbage; the collector need not walk it while somebody waits
        gc.set_threshold(_SELDOM)  # an answer makes some hundred objects and leaves no circles behind
        yield
        desk.end()

    async def nothing_else(request: Request) -> Response:
        return answer(404, request.scope, settings.language)

    rest = Starlette(routes=[*operate.routes(deps, settings), *routes(desk), Route("/{rest:path}", nothing_else)], lifespan=lifespan)
    within = BodyLimit(Door(rest, respondents=Respondents(desk)), language=settings.language)
    return Forwarded(Trace(Headers(within, language=settings.language)), trusted=settings.trusted_proxies)


def serve(host: str, port: int, workers: int) -> None:
    """Runs until it is told to stop. The server itself writes nothing about requests (their paths hold personal tokens) and believes no
    proxy: both are the ring's."""
    import uvicorn

    with tempfile.TemporaryDirectory(prefix="cxdash-meters-") as folder:
        if workers > 1:
            os.environ[_METERS] = folder
        uvicorn.run(
            FACTORY, factory=True, host=host, port=port, workers=workers, access_log=False, proxy_headers=False, server_header=False,
            log_level="warning", timeout_graceful_shutdown=20,
        )  # fmt: skip
