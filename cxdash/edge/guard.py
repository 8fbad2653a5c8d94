"""Nobody without a session gets anything of the screens: pages lead to the sign-in page, downloads, uploads and the stream are refused.

A file is given to the session it was made for and to no other, and a tab takes uploads from its own session only.

An open installation (CXDASH_OPEN, or the demo) asks for no session but lets in this machine only. What counts is the connection itself:
both its ends on the loopback interface, a loopback name in Host, and no header of a proxy. So it is safe whatever the server listens on,
behind a proxy on the same machine, and against a web page that rebinds its own name to 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Hashable, Iterable
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cxdash.edge.answers import answer
from cxdash.edge.files import MEDIA
from cxdash.edge.tabs import standing
from cxdash.services import sessions
from cxdash.services.deps import Deps
from cxdash.services.sessions import COOKIE, COOKIE_TLS, SIGN_IN, Known

UPLOAD = "/_stcore/upload_file/"
KEPT = (MEDIA, UPLOAD)  # of one session's screens
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


class Guard:
    """deps: asked for at a request, since the ring is made before the store is open. pages: the screens by name, home among them.

    tab: whose a tab is, by its id (`Tabs.standing_of`). file: whether a file is somebody's, by its address (`cxdash.edge.files.holds`).
    """

    def __init__(self, app: ASGIApp, *, deps: Callable[[], Deps], pages: Iterable[str], tab: Callable[[str], Hashable | None],
                 file: Callable[[str, Hashable | None], bool], language: str = "ko") -> None:
        self.app = app
        self._deps = deps
        self._tab, self._file = tab, file
        self._screens = frozenset({"/", *(f"/{page}" for page in pages)})
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        screen = scope["type"] == "http" and (scope["path"].rstrip("/") or "/") in self._screens
        kept = scope["type"] == "http" and scope["path"].startswith(KEPT)
        if not (screen or kept or scope["type"] == "websocket"):
            return await self.app(scope, receive, send)
        who, opened = await to_thread.run_sync(self._look, session_cookie(HTTPConnection(scope)))
        if who is not None or (opened and is_local(scope)):
            if kept and not await to_thread.run_sync(self._theirs, scope["path"], standing(who, opened)):
                return await answer(404, scope, self._language)(scope, receive, send)
            return await self.app(scope, receive, send)
        if scope["type"] == "websocket":
            await receive()
            return await send({"type": "websocket.close", "code": 4401})  # before the handshake is accepted: HTTP 403
        await self._refused(scope, opened, screen)(scope, receive, send)

    def _look(self, cookie: str | None) -> tuple[Known | None, bool]:
        """(whose session it is, no session needed)."""
        deps = self._deps()
        return sessions.known(deps, cookie), sessions.is_open(deps)

    def _theirs(self, path: str, stands: Hashable | None) -> bool:
        """Whether the file was made for who asks, or the tab that is to take an upload is theirs."""
        if path.startswith(MEDIA):
            return self._file(path, stands)
        return stands is not None and self._tab(path.removeprefix(UPLOAD).partition("/")[0]) == stands

    def _refused(self, scope: Scope, opened: bool, screen: bool) -> ASGIApp:
        if opened:
            return answer(403, scope, self._language)
        if screen and scope["method"] in ("GET", "HEAD"):
            asked = scope["path"] + (f"?{query}" if (query := scope["query_string"].decode("latin-1")) else "")
            return RedirectResponse(f"{SIGN_IN}?next={quote(asked, safe='/')}", 303, {"Cache-Control": "no-store"})
        return PlainTextResponse("sign in", 401, {"Cache-Control": "no-store"})


def session_cookie(connection: HTTPConnection) -> str | None:
    """The session's cookie; over TLS only the one that no other host name can have set."""
    secure = connection.scope.get("scheme") in ("https", "wss")
    return connection.cookies.get(COOKIE_TLS) or (None if secure else connection.cookies.get(COOKIE))


def is_local(scope: Scope) -> bool:
    """Whether the connection begins and ends on this machine, with no proxy between."""
    headers = Headers(scope=scope)
    ends = [scope.get("client"), scope.get("server")]
    if any(end is None or not is_loopback(end[0]) for end in ends) or any(name in headers for name in _PROXIED):
        return False
    try:
        return (urlsplit(f"//{headers.get('host', '')}").hostname or "") in _LOCAL_NAMES
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
