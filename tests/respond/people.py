"""Respondents without a network: a browser of sorts (cookies, forms) in front of the real application and store."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from cxdash.edge.headers import Headers
from cxdash.edge.limits import BodyLimit
from cxdash.respond.desk import Desk
from cxdash.respond.routes import routes
from cxdash.services.deps import Deps
from tests import loops
from tests.services.answering import House, open_house

PHONE = "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
_INPUT = re.compile(r"<(?:input|button)\b[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')


@dataclass
class Site:
    """The respondents' addresses of a house, with the ring around them."""

    house: House
    desk: Desk
    app: Starlette

    @property
    def deps(self) -> Deps:
        return self.house.deps

    def person(self, **headers: str) -> Person:
        return Person(self, headers={"user-agent": PHONE, "accept-language": "ko-KR,ko;q=0.9", **headers})


def open_site(deps: Deps, house: House | None = None) -> Site:
    desk = Desk(lambda: deps)
    app = Starlette(routes=[*routes(desk), Route("/", lambda _request: None)], middleware=[Middleware(Headers), Middleware(BodyLimit)])
    return Site(house or open_house(deps), desk, app)


@dataclass
class Person:
    """Follows redirections by hand, so that a test sees each answer. text: of the last page."""

    site: Site
    headers: Mapping[str, str]
    address: str = "127.0.0.1"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    text: str = ""
    at: str = ""
    status: int = 0
    answer: httpx.Response | None = None

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.site.app, raise_app_exceptions=True, client=(self.address, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://cx.test", cookies=self.cookies, timeout=60) as client:
                headers = {**self.headers, **given.pop("headers", {})}
                answer = await client.request(method, path, headers=headers, follow_redirects=False, **given)
                self.cookies = client.cookies
                return answer

        return loops.run(run())

    def get(self, path: str) -> Person:
        return self._arrive(path, self.ask("GET", path))

    def open(self, token: str | None = None, query: str = "") -> Person:
        return self.get(f"/s/{token or self.site.house.token}{query}")

    def send(self, fields: Mapping[str, str | Sequence[str]] | None = None, *, go: str = "next", **more: Any) -> Person:
        """Sends the form of the page with these answers beside its hidden fields; a field that is not given keeps what the page shows."""
        given = {**self.shown(), **(fields or {}), **more}
        path = self.action()
        body = {name: value for name, value in given.items() if value is not None}
        return self._arrive(path, self.ask("POST", path, data={"_go": go, **body}))

    def _arrive(self, path: str, answer: httpx.Response) -> Person:
        for _ in range(5):
            if answer.status_code not in (301, 302, 303, 307):
                break
            path = answer.headers["location"]
            answer = self.ask("GET", path)
        self.text, self.at, self.status, self.answer = answer.text, path, answer.status_code, answer
        return self

    def action(self) -> str:
        return html.unescape(re.search(r'<form id="form"[^>]* action="([^"]+)"', self.text)[1])

    def shown(self) -> dict[str, str | list[str]]:
        """What the form would send untouched: hidden fields, checked boxes, texts."""
        found: dict[str, list[str]] = {}
        for tag in _INPUT.findall(self.text):
            a = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
            if tag.startswith("<button") or not a.get("name") or (a.get("type") in ("radio", "checkbox") and "checked" not in a):
                continue
            found.setdefault(a["name"], []).append(a.get("value", ""))
        for name, value in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', self.text, re.S):
            found.setdefault(name, []).append(html.unescape(value))
        return {name: values[0] if len(values) == 1 else values for name, values in found.items()}

    @property
    def plain(self) -> str:
        """The page as it is read, tags left out."""
        body = re.sub(r"<(script|style|head).*?</\1>", " ", self.text, flags=re.S)
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))
