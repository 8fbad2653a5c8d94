"""The style and the script of the respondent's pages: read and compressed once, named by their content, kept by browsers for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from cxdash.config import PACKAGE

FOLDER = PACKAGE / "respond" / "static"
AT = "/s/-/static/"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
NAMES = ("pages.css", "pages.js")


@dataclass(frozen=True)
class _Asset:
    name: str
    type: str
    body: bytes
    packed: bytes


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def address(name: str) -> str:
    """Where a page finds it: /s/-/static/pages-1a2b3c4d.css."""
    return AT + next(file for file, asset in _all().items() if asset.name == name)


@lru_cache(maxsize=1)
def _all() -> dict[str, _Asset]:
    found = {}
    for name in NAMES:
        body = source(name).encode()
        stem, ending = name.rsplit(".", 1)
        file = f"{stem}-{hashlib.sha256(body).hexdigest()[:8]}.{ending}"
        found[file] = _Asset(name, _TYPES[ending], body, gzip.compress(body, 9, mtime=0))
    return found


def takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")


async def serve(request: Request) -> Response:
    """A file by its hashed name; 404 for any other, also for one of an older version."""
    asset = _all().get(request.path_params["name"])
    if asset is None:
        return Response(status_code=404)
    packed = takes_gzip(request)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.packed if packed else asset.body, media_type=asset.type, headers=headers)
