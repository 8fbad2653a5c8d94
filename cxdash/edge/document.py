"""The page says which language it is in, so that a screen reader reads Korean as Korean."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxdash import i18n

_STREAMLIT = b'<html lang="en"'  # of its index page; every code of ours has two letters too, so lengths stay


class Document:
    """Puts the language of the address (else the installation's) into Streamlit's index page."""

    def __init__(self, app: ASGIApp, *, pages: Iterable[str], language: str = "ko") -> None:
        self.app = app
        self.paths = {"/", *(f"/{page}" for page in pages)}
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["path"].rstrip("/") or "/") not in self.paths:
            return await self.app(scope, receive, send)
        wanted = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        said = _STREAMLIT.replace(b"en", i18n.language(wanted, self.language).encode())
        plain = [
            (name, value) for name, value in scope["headers"] if name != b"accept-encoding"
        ]  # the page is small; packed it cannot be read

        async def translated(message: Message) -> None:
            if message["type"] == "http.response.body" and _STREAMLIT in message.get("body", b""):
                message = {**message, "body": message["body"].replace(_STREAMLIT, said, 1)}
            await send(message)

        await self.app({**scope, "headers": plain}, receive, translated)
