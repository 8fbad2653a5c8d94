"""What pages without Streamlit are drawn with: templates that escape everything, and a style under a name made of its content."""

from __future__ import annotations

import gzip
import hashlib
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response


def templates(folder: Path) -> Environment:
    """The templates of a package's folder. A name that is not given is an error, not a blank."""
    return Environment(
        loader=FileSystemLoader(folder / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        auto_reload=False,
    )  # fmt: skip


class Style:
    """static/<stem>.css of a package's folder, read and compressed once, kept by browsers for ever."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._path, self._stem = folder / "static" / f"{stem}.css", stem

    @cached_property
    def _made(self) -> tuple[str, bytes, bytes]:
        body = self._path.read_bytes()
        return f"{self._stem}-{hashlib.sha256(body).hexdigest()[:8]}.css", body, gzip.compress(body, 9, mtime=0)

    @property
    def name(self) -> str:
        return self._made[0]

    async def answer(self, request: Request) -> Response:
        """The style by its hashed name; 404 for any other."""
        name, body, packed = self._made
        if request.path_params["name"] != name:
            return Response(status_code=404)
        small = "gzip" in request.headers.get("accept-encoding", "").lower()
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        return Response(packed if small else body, headers=headers | ({"Content-Encoding": "gzip"} if small else {}), media_type="text/css")
