"""One request under /auth/, read: fields, cookies, language, where it comes from; and what keeps strangers from sending our forms."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from cxdash import i18n
from cxdash.config import LANGUAGES, Settings
from cxdash.services.sessions import COOKIE, COOKIE_TLS, Where
from cxdash.store import vault

FORM, LINK, WAY = "cx_form", "cx_link", "cx_way"  # the cookie that binds forms, of a link that sets a password, of the way to the company
HOST = "__Host-"
_FIELDS, _FIELD = 30, 2_000  # fields, and characters of one
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Whale", "Whale"), ("Firefox", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """form: the fields of a POST. given: the language that was asked for, "" when none was. binding: of this browser's forms."""

    settings: Settings
    path: str
    base: str
    secure: bool
    session: str
    binding: str
    link: str
    way: str
    given: str
    language: str
    next: str
    where: Where
    ours: bool
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        return self.form.get(name, "")

    @property
    def stamp(self) -> str:
        """What a form must carry to be taken from this browser."""
        return hmac.digest(vault.derived("sign-in forms"), f"{self.binding}\0{self.path}".encode(), "sha256").hex()

    @property
    def is_genuine(self) -> bool:
        """Whether the form is ours, sent by the browser it was given to, from a page of ours."""
        return self.ours and bool(self.binding) and hmac.compare_digest(self.one("stamp").encode(), self.stamp.encode())

    @property
    def back(self) -> str:
        """Our own address, for others: the one that is set, else the one that was asked."""
        return self.settings.screens_url or self.base


async def read(request: Request, settings: Settings, screens: frozenset[str]) -> Asked:
    """The request. A browser without a binding gets a new one by `keep`."""
    secure = request.url.scheme == "https"
    form = await _fields(request) if request.method == "POST" else {}
    given = form.get("lang") or request.query_params.get("lang", "")
    given = given if given in LANGUAGES else ""
    cookies = request.cookies
    binding = cookies.get((HOST if secure else "") + FORM, "")
    return Asked(
        settings=settings,
        path=request.url.path,
        base=f"{request.url.scheme}://{request.headers.get('host', '')}",
        secure=secure,
        session=cookies.get(COOKIE_TLS if secure else COOKIE, ""),
        binding=binding if re.fullmatch(r"[\w-]{20,60}", binding) else secrets.token_urlsafe(24),
        link=cookies.get((HOST if secure else "") + LINK, ""),
        way=cookies.get((HOST if secure else "") + WAY, ""),
        given=given,
        language=given or i18n.language(request.headers.get("accept-language", "")[:200], settings.language),
        next=own_path(form.get("next") or request.query_params.get("next", ""), screens),
        where=Where(request.client.host if request.client else "", agent(request.headers.get("user-agent", ""))),
        ours=_from_us(request, settings),
        query=dict(request.query_params),
        form=form,
    )


def keep(response: Response, asked: Asked, name: str, value: str, *, seconds: int | None = None) -> None:
    """Sets one of our cookies; over TLS so that no other host name can have set it. An empty value takes it away."""
    full = (HOST if asked.secure else "") + name.removeprefix(HOST)
    if value:
        response.set_cookie(full, value, max_age=seconds, path="/", secure=asked.secure, httponly=True, samesite="lax")
    else:
        response.delete_cookie(full, path="/", secure=asked.secure, httponly=True, samesite="lax")


def own_path(text: str, screens: frozenset[str]) -> str:
    """Where to go after signing in: a screen of ours with its query, else the first one. Nothing leads to another host.

    >>> own_path("/journey?a=1", frozenset({"/", "/journey"})), own_path("//evil.example", frozenset({"/"}))
    ('/journey?a=1', '/')
    """
    if len(text) > _FIELD or not re.fullmatch(r"/[^\\\x00-\x20\x7f]*", text) or text.startswith("//"):
        return "/"
    path, question, query = text.partition("#")[0].partition("?")
    return f"{path}{question}{query}" if (path.rstrip("/") or "/") in screens else "/"


def agent(header: str) -> str:
    """The kind of browser and machine, no more.

    >>> agent("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
    'Chrome · Windows'
    """
    browser = next((name for mark, name in _BROWSERS if mark in header), "")
    system = next((name for mark, name in _SYSTEMS if mark in header), "")
    return " · ".join(part for part in (browser, system) if part)


def _from_us(request: Request, settings: Settings) -> bool:
    """Whether a page of ours sent it, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    hosts = {request.headers.get("host", "").lower(), urlsplit(settings.screens_url).netloc.lower()} - {""}
    try:
        return urlsplit(origin).netloc.lower() in hosts
    except ValueError:
        return False


async def _fields(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return {}
    try:
        body = (await request.body()).decode("latin-1")
        found = parse_qs(body, keep_blank_values=True, max_num_fields=_FIELDS, errors="replace")
    except (ValueError, ClientDisconnect):
        return {}
    return {name: values[0][:_FIELD] for name, values in found.items()}
