"""Every request gets a number, is counted, and, if asked for, becomes one line of the log."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxdash.logs import masked, request_id
from cxdash.meters import meters

log = logging.getLogger("cxdash.access")
HEADER = "X-Request-ID"
_RAW_HEADER = HEADER.lower().encode()
_FORM = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Beginnings of paths -> what they are called in figures; the first that fits. Pages come after them, then "other".
_KINDS = (
    ("/s/-/static/", "respond_static"), ("/s/", "respond"), ("/api/", "api"), ("/healthz", "operate"), ("/readyz", "operate"),
    ("/metrics", "operate"), ("/_stcore/upload_file/", "upload"), ("/_stcore/", "streamlit"), ("/media/", "download"),
    ("/static/", "static"), ("/app/static/", "static"), ("/favicon", "static"), ("/account", "account"), ("/auth", "account"),
)  # fmt: skip


class _Ids:
    """Random ids, drawn many at a time: the system's source lets go of the interpreter, and beside busy threads it comes back late."""

    _TOGETHER = 256

    def __init__(self) -> None:
        self._left: list[str] = []

    def __call__(self) -> str:
        try:
            return self._left.pop()  # one step, so that two threads cannot get the same
        except IndexError:
            drawn = os.urandom(8 * self._TOGETHER).hex()
            self._left += [drawn[at : at + 16] for at in range(16, len(drawn), 16)]
            return drawn[:16]


class Trace:
    """Outside everything but the proxy's word. An id that came with the request is kept when it is well-formed, so that the lines of the
    proxy and ours tell of the same request; it goes back in X-Request-ID."""

    def __init__(self, app: ASGIApp, *, pages: Iterable[str] = ()) -> None:
        self.app = app
        self._pages = frozenset(("/", *(f"/{page}" for page in pages)))
        self._open = 0
        self._ids = _Ids()
        meters.gauge("cxdash_streams", lambda: [((), self._open)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        given = b""
        for name, value in scope["headers"]:
            if name == _RAW_HEADER:
                given = value
                break
        own = text if given and _FORM.fullmatch(text := given.decode("latin-1")) else self._ids()
        mark = request_id.set(own)
        try:
            if scope["type"] == "websocket":
                await self._stream(scope, receive, send)
            else:
                await self._asked(scope, receive, send, own)
        finally:
            request_id.reset(mark)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open -= 1

    async def _asked(self, scope: Scope, receive: Receive, send: Send, own: str) -> None:
        began, status = time.perf_counter(), 500

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_RAW_HEADER, own.encode())]
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        path, kind = scope["path"], self.kind(scope["path"])
        method = scope["method"] if scope["method"] in _METHODS else "other"
        meters.add("cxdash_requests_total", kind=kind, method=method, status=str(status))
        meters.took("cxdash_request_seconds", seconds, kind=kind)
        if log.isEnabledFor(logging.INFO):
            shown, ms = _printable(masked(path)), round(seconds * 1000, 1)
            said = {"method": method, "path": shown, "status": status, "ms": ms, "kind": kind}
            log.info("%s %s %s %s ms", method, shown, status, ms, extra=said)

    def kind(self, path: str) -> str:
        """What an address is called in figures: one of a short list, whatever was asked for."""
        if path.startswith("/s/") and not path.startswith("/s/-/"):  # the most frequent
            return "respond"
        found = next((kind for start, kind in _KINDS if path.startswith(start)), None)
        return found or ("page" if (path.rstrip("/") or "/") in self._pages else "other")


def _printable(path: str) -> str:
    """A path has whatever bytes its sender liked; a line of the log has none that could pretend to be another line."""
    return "".join(c if c.isprintable() else "?" for c in path[:200])
