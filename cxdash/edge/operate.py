"""What watches over a server: /healthz (alive), /readyz (can serve), /metrics (figures for Prometheus)."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cxdash import __version__, i18n
from cxdash.config import Settings, load_settings
from cxdash.edge.answers import answer
from cxdash.meters import CONTENT_TYPE, meters
from cxdash.services.deps import Deps
from cxdash.services.health import Readiness, readiness

FRESH = 2.0  # seconds for which an answer of /readyz stands, so that asking often costs nothing
_HOPS = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded", "via")
_QUIET = {"Cache-Control": "no-store"}


def routes(deps: Callable[[], Deps], settings: Settings | None = None) -> list[BaseRoute]:
    """The three addresses. deps: asked for at the first look, since routes are made before the store is open."""
    watch = _Watch(deps, settings)
    meters.gauge("cxdash_info", lambda: [((("version", __version__),), 1)])
    return [
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", watch.readyz, methods=["GET"]),
        Route("/metrics", watch.metrics, methods=["GET"]),
    ]


async def _healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"}, headers=_QUIET)


class _Watch:
    def __init__(self, deps: Callable[[], Deps], settings: Settings | None) -> None:
        self._deps, self._settings = deps, settings
        self._seen: tuple[float, Readiness] | None = None
        self._looking: asyncio.Future[Readiness] | None = None

    async def readyz(self, _request: Request) -> JSONResponse:
        """200 when everything is well, else 503; which part is not, in one word each."""
        found = await self._now()
        status = "ready" if found.ready else "unready"
        words = {"status": status, "database": found.database, "schema": found.schema, "frames": found.frames}
        return JSONResponse(words, 200 if found.ready else 503, headers=_QUIET)

    async def _now(self) -> Readiness:
        if self._seen is not None and time.monotonic() - self._seen[0] < FRESH:
            return self._seen[1]
        if self._looking is None:  # whoever asks meanwhile waits for the same look
            self._looking = asyncio.ensure_future(run_in_threadpool(self._look))
            self._looking.add_done_callback(self._looked)
        return await asyncio.shield(self._looking)

    def _look(self) -> Readiness:
        try:
            return readiness(self._deps())
        except Exception:  # the store cannot be opened at all
            return Readiness()

    def _looked(self, done: asyncio.Future[Readiness]) -> None:
        self._looking = None
        if not done.cancelled():
            self._seen = (time.monotonic(), done.result())

    async def metrics(self, request: Request) -> Response:
        """The figures, for whoever may have them; for others there is no such address."""
        settings = self._settings or load_settings()
        if not _may_read(request, settings.metrics_token):
            return answer(404, request.scope, i18n.language(settings.language))
        return PlainTextResponse(await run_in_threadpool(meters.text), headers={**_QUIET, "Content-Type": CONTENT_TYPE})


def _may_read(request: Request, token: str) -> bool:
    if token:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    if any(hop in request.headers for hop in _HOPS):  # somebody elsewhere, through a proxy on this machine
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
