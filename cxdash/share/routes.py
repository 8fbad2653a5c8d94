"""The addresses under /share/. An address that never was, is over or was revoked is answered with one and the same page.

Frozen links show what was kept. Live ones are drawn anew at most once a minute, whoever opens them, one drawing at a time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from cxdash import i18n
from cxdash.errors import Conflict, CxError, NotFound, Refused
from cxdash.services import shares
from cxdash.services.deps import Deps
from cxdash.services.shares import Opened
from cxdash.share import screen

SECONDS = 60.0  # that a drawing of a live link is shown again
KEPT = 64  # drawings
FORM_MAX = 2_000  # bytes of a sent password


def routes(deps: Callable[[], Deps]) -> list[BaseRoute]:
    """Everything under /share/. deps: asked at a request, when the store is open."""
    desk = Desk(deps)
    return [
        Route("/share/-/static/{name}", screen.style, methods=["GET"]),
        Route("/share/{token}", desk.show, methods=["GET"]),
        Route("/share/{token}", desk.unlock, methods=["POST"]),
    ]


class Desk:
    """Opens links. Safe from several requests at once."""

    def __init__(self, deps: Callable[[], Deps], *, seconds: float = SECONDS) -> None:
        self._deps, self._seconds = deps, seconds
        self._drawing = threading.Lock()
        self._drawn: OrderedDict[int, tuple[float, Mapping[str, Any]]] = OrderedDict()

    async def show(self, request: Request) -> Response:
        return await to_thread.run_sync(self._answer, request, None)

    async def unlock(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=5, max_part_size=FORM_MAX) as form:
            given = form.get("password", "")
        return await to_thread.run_sync(self._answer, request, given if isinstance(given, str) else "")

    def _answer(self, request: Request, password: str | None) -> Response:
        token, lang = request.path_params["token"], i18n.language(request.headers.get("accept-language"), self._deps().settings.language)
        try:
            wanted, lang = shares.asks_password(self._deps(), token=token)
            if wanted and password is None:
                return screen.ask(lang)
            found = shares.opened(self._deps(), token=token, password=password or "", address=request.client.host if request.client else "")
            return screen.view(found, self._shown(found))
        except NotFound:
            return screen.gone(lang)
        except (Refused, Conflict) as error:
            return screen.ask(lang, i18n.said(error, lang), status=403 if isinstance(error, Refused) else 429)
        except CxError as error:
            return screen.failed(lang, i18n.said(error, lang))

    def _shown(self, found: Opened) -> Mapping[str, Any]:
        if not found.live:
            return found.shown or {}
        with self._drawing:
            at, kept = self._drawn.get(found.id, (0.0, {}))
            if not kept or time.monotonic() - at >= self._seconds:
                from cxdash.export.shared import drawn  # the charts' painter: only live links wait for it

                kept = drawn(self._deps(), found.reader, found.view, found.language)
                self._drawn[found.id] = (time.monotonic(), kept)
            self._drawn.move_to_end(found.id)
            while len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
            return kept
