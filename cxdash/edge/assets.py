"""Streamlit's scripts and styles, compressed once and kept; our fonts, cacheable.

Streamlit serves its bundle uncompressed (2.6 MB for the first page; gzip makes it about 1 MB), since compressing on every request
would cost more than it saves. Here each file is compressed once per process, in a thread, when it is first asked for.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxdash.edge.answers import answer

BUNDLE, OWN = "/static/", "/app/static/"
FOREVER = "public, max-age=31536000, immutable"  # names carry a hash (bundle) or a version (fonts)
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Assets:
    """`folder` is Streamlit's static folder, the one that holds index.html."""

    def __init__(self, app: ASGIApp, *, folder: str, language: str = "ko") -> None:
        self.app = app
        self.bundle = Path(folder).resolve() / "static"
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith((BUNDLE, OWN)):
            return await self.app(scope, receive, send)
        if scope["path"].startswith(OWN):
            return await self.app(scope, receive, _cached(send))
        file = _inside(self.bundle, scope["path"].removeprefix(BUNDLE))
        if file is None:  # Streamlit would answer with its index page and 200
            return await answer(404, scope, self.language)(scope, receive, send)
        if file.suffix in _TYPES and scope["method"] in ("GET", "HEAD") and _accepts_gzip(scope):
            body = await to_thread.run_sync(_gzipped, file)
            headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding", "Cache-Control": FOREVER, "Content-Type": _TYPES[file.suffix]}
            response = Response(b"" if scope["method"] == "HEAD" else body, headers=headers)
            response.headers["Content-Length"] = str(len(body))
            return await response(scope, receive, send)
        await self.app(scope, receive, send)


def _inside(folder: Path, name: str) -> Path | None:
    """The file of that name if it really lies in the folder (no .., no absolute path, no NUL)."""
    try:
        file = (folder / name).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None
    except (OSError, ValueError):
        return None


def _accepts_gzip(scope: Scope) -> bool:
    wanted = Headers(scope=scope).get("accept-encoding", "").replace(" ", "").lower().split(",")
    return "gzip" in wanted and "range" not in Headers(scope=scope)


@lru_cache(maxsize=512)  # the bundle has about 360 files, 8 MB compressed if a browser ever asked for all of them
def _gzipped(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


def _cached(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in (200, 206, 304):
            MutableHeaders(scope=message)["Cache-Control"] = FOREVER
        await send(message)
    return sender


mimetypes.add_type("font/woff2", ".woff2")  # slim systems have no table of types
