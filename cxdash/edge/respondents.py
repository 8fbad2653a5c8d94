"""`cxdash serve-respond`: the respondents' addresses alone, without Streamlit, in as many processes as one likes on one database."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.edge.answers import answer
from cxdash.edge.headers import Headers
from cxdash.edge.limits import BodyLimit
from cxdash.respond import screen
from cxdash.respond.desk import Desk
from cxdash.respond.routes import routes

FACTORY = "cxdash.edge.respondents:make"


def make() -> Starlette:
    """The application, for an ASGI server (`uvicorn --factory cxdash.edge.respondents:make`). ConfigError when settings cannot work."""
    settings = load_settings()
    desk = Desk(lambda: runtime.start(demo=False))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        desk.begin()
        screen.warm()
        gc.collect()
        gc.freeze()  # what was imported is never garbage; the collector need not walk it while somebody waits
        yield
        desk.end()

    async def nothing_else(request: Request) -> Response:
        return answer(404, request.scope, settings.language)

    return Starlette(
        routes=[Route("/healthz", _healthz), *routes(desk), Route("/{rest:path}", nothing_else)],
        middleware=[Middleware(Headers, language=settings.language), Middleware(BodyLimit, language=settings.language)],
        lifespan=lifespan,
    )


def serve(host: str, port: int, workers: int) -> None:
    """Runs until it is told to stop. Nothing is written about requests: their paths hold personal tokens."""
    import uvicorn

    uvicorn.run(
        FACTORY, factory=True, host=host, port=port, workers=workers, access_log=False, server_header=False, log_level="warning",
        timeout_graceful_shutdown=20,
    )  # fmt: skip


async def _healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


