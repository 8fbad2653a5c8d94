"""Only paths that exist get through: Streamlit answers every unknown one with its app and 200."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from cxdash.edge.answers import answer

STREAM = "/_stcore/stream"
# What the browser half of Streamlit 1.67 asks for. Left out on purpose: /_stcore/metrics (sessions and memory, open to anybody),
# /_stcore/agent/ (the screens as JSON), /component/ (we have no components), /oauth2callback (st.login is not used;
# what stands under /auth/ is ours).
EXACT = frozenset({"/", "/favicon.png", "/_stcore/health", "/_stcore/host-config"})
BELOW = ("/static/", "/app/static/", "/media/", "/_stcore/upload_file/")


class Gate:
    """404 for what is neither a page, a part of Streamlit, nor one of our routes. `home` is the page that lives at /.

    A WebSocket is let through only to Streamlit's stream, and only from a page of this host or of `origins` (full origins such as
    "https://cx.example"): Streamlit itself would also accept pages of any localhost port, and ask an outside service for our address.
    """

    def __init__(self, app: ASGIApp, *, pages: Iterable[str], home: str, routes: Sequence[BaseRoute] = (),
                 origins: Iterable[str] = (), language: str = "ko") -> None:
        self.app = app
        self.pages = frozenset(f"/{page}" for page in pages)
        self.home = f"/{home}"
        self.routes = tuple(routes)
        self.origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            return await self._http(scope, receive, send)
        if scope["type"] == "websocket" and not (scope["path"] == STREAM and self._welcome(Headers(scope=scope))):
            await receive()
            return await send({"type": "websocket.close", "code": 4403})  # before the handshake is accepted: HTTP 403
        await self.app(scope, receive, send)

    def _welcome(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:  # not a browser: no cookies of a victim to ride on
            return True
        try:
            host = urlsplit(origin).netloc
        except ValueError:
            return False
        return (bool(host) and host.lower() == headers.get("host", "").lower()) or origin.rstrip("/").lower() in self.origins

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.rstrip("/") == self.home and scope["method"] in ("GET", "HEAD"):
            # Streamlit serves its default page at / only and calls its own name "not found"; a shared link must not break on that.
            query = quote(scope["query_string"], safe="=&%+,:/;~!*'()[]@?$")
            return await RedirectResponse("/" + (f"?{query}" if query else ""), 307)(scope, receive, send)
        if not self._exists(path, scope):
            return await answer(404, scope, self.language)(scope, receive, send)
        await self.app(scope, receive, send)

    def _exists(self, path: str, scope: Scope) -> bool:
        return (
            path in EXACT
            or (path.rstrip("/") or "/") in self.pages
            or path.startswith(BELOW)
            or any(route.matches(scope)[0] is not Match.NONE for route in self.routes)
        )
