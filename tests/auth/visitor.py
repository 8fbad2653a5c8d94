"""Browsers for tests of the pages under /auth/: cookies, forms with their stamp, and what stands in front in the real app."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cxdash.auth import routes
from cxdash.auth.front import Front
from cxdash.edge.guard import Guard
from cxdash.edge.headers import Headers
from cxdash.services.deps import Deps
from tests import loops

SCREENS = ("/", "/journey", "/users")


files: dict[str, object] = {}  # address -> whose it is
tabs: dict[str, object] = {}  # tab -> whose it is


def _holds(path: str, holder: object) -> bool:
    return path in files and files[path] == holder


def house(deps: Callable[[], Deps]) -> tuple[Front, Starlette]:
    """Our pages and stand-ins for Streamlit's, behind the real guard and headers. Whose files and tabs are: `files`, `tabs`."""
    front = Front(deps)

    async def screen(request: Request) -> Response:
        return PlainTextResponse(f"screen {request.url.path}")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("stream")
        await socket.close()

    theirs = [Route(path, screen) for path in (*SCREENS, "/media/{rest:path}", "/_stcore/health", "/s/x")]
    theirs += [Route("/_stcore/upload_file/{rest:path}", screen, methods=["PUT"])]
    guard = Middleware(Guard, deps=deps, pages=[path.strip("/") for path in SCREENS if path != "/"], tab=tabs.get, file=_holds)
    ring = [Middleware(Headers), guard]
    return front, Starlette(routes=[*routes.routes(front, SCREENS), WebSocketRoute("/_stcore/stream", stream), *theirs], middleware=ring)


class Browser:
    """Keeps its cookies between requests. address: where it sits."""

    def __init__(self, app: Any, base: str = "http://localhost", address: str = "127.0.0.1") -> None:
        self.app, self.base, self.address = app, base, address
        self.cookies = httpx.Cookies()

    def ask(self, method: str, path: str, *, data: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> httpx.Response:
        async def asking() -> httpx.Response:
            ends = httpx.ASGITransport(app=self.app, client=(self.address, 50_000))
            async with httpx.AsyncClient(transport=ends, base_url=self.base, cookies=self.cookies) as client:
                answer = await client.request(method, path, data=data, headers=headers)
                self.cookies = client.cookies
                return answer

        return loops.run(asking())

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, path: str, *, origin: str | None = "", **fields: str) -> httpx.Response:
        """Opens the page, takes its stamp, and sends the form as a browser would."""
        page = self.get(path)
        stamp = re.search(r'name="stamp" value="([0-9a-f]+)"', page.text)
        own = {"origin": self.base} if origin == "" else {"origin": origin} if origin else {}
        return self.ask("POST", path.partition("?")[0], data={"stamp": stamp[1] if stamp else "", **fields}, headers=own)


def notice(answer: httpx.Response) -> str:
    found = re.search(r'<p class="notice[^>]*>([^<]*)<', answer.text)
    return html.unescape(found[1]) if found else ""
