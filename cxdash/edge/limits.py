"""A cap on request bodies, because neither Starlette nor uvicorn has one: a 300 MB POST to any route would be read into memory."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxdash.edge.answers import answer

DEFAULT = 256 * 1024  # a filled questionnaire with long comments is about 20 KB
UPLOADS = "/_stcore/upload_file/"  # Streamlit enforces server.maxUploadSize there, for declared and for streamed sizes


class _TooLarge(Exception):
    pass


class BodyLimit:
    """413 for a body over `limit` bytes, declared by Content-Length or counted as it arrives in chunks."""

    def __init__(self, app: ASGIApp, *, limit: int = DEFAULT, language: str = "ko") -> None:
        self.app = app
        self.limit = limit
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UPLOADS):
            return await self.app(scope, receive, send)
        if self._declared(scope) > self.limit:
            return await self._refuse(scope, receive, send)
        read, started = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send)

    def _declared(self, scope: Scope) -> int:
        text = Headers(scope=scope).get("content-length", "0")
        return int(text) if text.isascii() and text.isdigit() else self.limit + 1

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(413, scope, self.language)
        response.headers["Connection"] = "close"  # do not read the rest of it
        await response(scope, receive, send)
