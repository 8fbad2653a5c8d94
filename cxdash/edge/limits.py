"""A cap on request bodies, because neither Starlette nor uvicorn has one: a 300 MB POST to any route would be read into memory."""

from __future__ import annotations

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
        declared = self._declared(scope)
        if declared > self.limit:
            return await self._refuse(scope, receive, send)
        if declared >= 0:  # the server gives no more than was declared (HTTP/1.1, 6.3)
            return await self.app(scope, receive, send)
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
        """-1 when nothing is declared, or when the body comes in chunks whatever is declared beside it."""
        length = -1
        for name, value in scope["headers"]:
            if name == b"transfer-encoding":
                return -1
            if name == b"content-length":
                length = int(value) if value.isdigit() else self.limit + 1
        return length

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(413, scope, self.language)
        response.headers["Connection"] = "close"  # do not read the rest of it
        await response(scope, receive, send)
