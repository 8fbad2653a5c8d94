"""Security headers on every answer, whoever made it, and the last catch of an unhandled error."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxdash.edge.answers import answer

log = logging.getLogger(__name__)

# The one inline script of Streamlit's index.html (window.prerenderReady). A test recomputes it from the installed package.
INLINE_SCRIPT = "sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA="

# No 'unsafe-eval': Vega runs through its expression interpreter. Styles are written inline by Streamlit's CSS-in-JS; the data table
# draws images from data: and blob:; its workers are blobs. Nothing comes from another host, nobody may frame us.
POLICY = "; ".join((
    "default-src 'none'",
    f"script-src 'self' '{INLINE_SCRIPT}'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "media-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
))

SECURITY = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), bluetooth=(), serial=(), midi=(), "
                          "accelerometer=(), gyroscope=(), magnetometer=(), display-capture=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Robots-Tag": "noindex, nofollow",
}
# What a route of ours may decide for itself.
OWN = ("Content-Security-Policy", "X-Frame-Options", "Cross-Origin-Resource-Policy", "Referrer-Policy")
HSTS = "max-age=31536000"


class Headers:
    """Outermost middleware. An error that nobody handled becomes a logged 500 page here, because the one that Starlette would
    send from outside this ring carries none of the headers."""

    def __init__(self, app: ASGIApp, language: str = "ko") -> None:
        self.app = app
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _sealed(message.get("headers", ()), secure=scope.get("scheme") == "https")
            await send(message)

        try:
            await self.app(scope, receive, sealed)
        except Exception:
            log.exception("unhandled error at %s", scope["path"])
            if started:  # half an answer is out: break the connection rather than let it look whole
                raise
            await answer(500, scope, self.language)(scope, receive, sealed)


def _raw(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


_LEFT_TO_ROUTES = _raw((name, value) for name, value in SECURITY.items() if name in OWN)
_FIXED = _raw((name, value) for name, value in SECURITY.items() if name not in OWN)
_NAMES = frozenset(name for name, _ in _FIXED) | {b"strict-transport-security"}
_HSTS = _raw([("Strict-Transport-Security", HSTS)])
_KEPT_PRIVATE = (b"cache-control", b"private, no-cache")
_OPEN_TO_ALL = (b"access-control-allow-origin", b"*")  # Streamlit's static files are nobody else's


_added: dict[tuple[bool, tuple[bytes, ...]], list[tuple[bytes, bytes]]] = {}
_ADDED_MOST = 200
_TAKEN_OUT = _NAMES | {_OPEN_TO_ALL[0]}


def _sealed(headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours, encoded once: this is on the way of every request. Most answers have the names that others had
    before, of which nothing is taken out, so what is added to them is known."""
    given = list(headers)
    like = (secure, tuple([name for name, _ in given]))
    added = _added.get(like)
    if added is not None:
        return given + added
    made = _put_together(given, secure=secure)
    if made[: len(given)] == given and _TAKEN_OUT.isdisjoint(like[1]) and len(_added) < _ADDED_MOST:
        _added[like] = made[len(given) :]
    return made


def _put_together(headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> list[tuple[bytes, bytes]]:
    given = [(name.lower(), value) for name, value in headers]
    own = {name for name, _ in given}
    kept = [one for one in given if one[0] not in _NAMES and one != _OPEN_TO_ALL]
    kept += [one for one in _LEFT_TO_ROUTES if one[0] not in own]
    kept += _FIXED
    if b"cache-control" not in own:
        kept.append(_KEPT_PRIVATE)
    return kept + _HSTS if secure else kept
