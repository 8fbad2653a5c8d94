"""Respondents go in by the front door: past the list of routes and the catches of a framework, whose work the ring does already."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cxdash.respond import assets

_THEIRS = "/s/"


class Door:
    """`respondents` answers everything under /s/ but the files of their pages; `app` answers the rest."""

    def __init__(self, app: ASGIApp, *, respondents: ASGIApp) -> None:
        self.app = app
        self._respondents = respondents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_theirs = scope["type"] == "http" and scope["path"].startswith(_THEIRS) and not scope["path"].startswith(assets.AT)
        await (self._respondents if is_theirs else self.app)(scope, receive, send)
