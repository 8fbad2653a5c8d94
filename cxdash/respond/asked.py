"""One request of a respondent, read: token, cookies, language, device class, address (for the limits only), and the fields sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import Receive, Scope

from cxdash.config import LANGUAGES

VISIT, TRIAL = "cx_visit", "cx_trial"  # cookies, each under the path of its link: two surveys on one phone do not meet
SCRIPTED = b"x-cx"  # header of requests made by pages.js, which wants JSON instead of a redirection
FIELDS_MAX = 2_000
FORM = "application/x-www-form-urlencoded"
_VISIT = re.compile(rf"(?:^|;)\s*{VISIT}=\"?([A-Za-z0-9_-]{{22}}|[A-Za-z0-9_-]{{34}})\"?\s*(?:;|$)")
_TABLET = re.compile(r"ipad|tablet|kindle|silk|playbook|android(?!.*mobile)|sm-t\d|sm-x\d", re.I)
_PHONE = re.compile(r"mobi|iphone|ipod|android|phone|kakaotalk", re.I)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros|linux", re.I)
_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|preview|facebookexternalhit|kakaotalk-scrap|slack|telegram|whatsapp|twitter|discord|skype|daum|yeti|"
    r"linkexpand|embed|curl|wget|python|headless(?!chrome)|scrap",
    re.I,
)


class Asked:
    """token, page: of the address. raw: fields of the form, names to values; empty for a GET. readable: the body was a form at all.

    What a header says is read when somebody asks: sending answers needs little of it.
    """

    def __init__(
        self, scope: Scope, token: str = "", page: str = "", raw: Mapping[str, list[str]] | None = None, readable: bool = True
    ) -> None:  # fmt: skip
        self.token, self.page, self.raw, self.readable = token, page, raw or {}, readable
        self.method: str = scope["method"]
        self.at: str = scope["path"]
        self._scope = scope
        self._secret: str | None = None
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))  # of two the first counts

    def header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    @cached_property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True))

    @property
    def secret(self) -> str:
        if self._secret is None:
            found = _VISIT.search(self._cookies)
            self._secret = found[1] if found else ""
        return self._secret

    @property
    def trial(self) -> str:
        return cookie_parser(self._cookies).get(TRIAL, "")

    @property
    def _cookies(self) -> str:
        return "; ".join(value.decode("latin-1") for name, value in self._scope["headers"] if name == b"cookie")

    @property
    def base(self) -> str:
        return f"{self._scope.get('scheme', 'http')}://{self.header(b'host')}"

    @property
    def wanted(self) -> str:
        return self.query.get("lang", "") if self._scope["query_string"] else ""

    @property
    def accepted(self) -> str:
        return self.header(b"accept-language")[:200]

    @property
    def agent(self) -> str:
        return self.header(b"user-agent")[:400]

    @property
    def mobile(self) -> str:
        return self.header(b"sec-ch-ua-mobile")

    @property
    def address(self) -> str:
        client = self._scope.get("client")
        return client[0] if client else ""

    @property
    def secure(self) -> bool:
        return bool(self._scope.get("scheme") == "https")

    @property
    def scripted(self) -> bool:
        return self._headers.get(SCRIPTED) == b"1"

    @property
    def takes_gzip(self) -> bool:
        return "gzip" in self.header(b"accept-encoding").replace(" ", "").lower().split(",")

    @property
    def path(self) -> str:
        return f"/s/{self.token}"

    def one(self, name: str) -> str:
        """The first value sent under a name of ours, or nothing."""
        return (self.raw.get(name) or [""])[0]

    @property
    def language(self) -> str:
        """Asked for by the switch, by the form, or by the address; "" when by none of them."""
        raw = self.raw
        for name in ("_lang", "_language"):
            if name in raw and raw[name][0] in LANGUAGES:
                return raw[name][0]
        return self.wanted if self.wanted in LANGUAGES else ""

    @property
    def device(self) -> str:
        return _device(self.agent, self.mobile)

    @property
    def is_machine(self) -> bool:
        """A messenger or a search engine looks at the link; nobody opened it."""
        return not self.agent or bool(_MACHINE.search(self.agent))


@lru_cache(maxsize=512)
def _device(agent: str, mobile: str) -> str:
    if mobile == "?1" or (_PHONE.search(agent) and not _TABLET.search(agent)):
        return "phone"
    if _TABLET.search(agent):
        return "tablet"
    return "desktop" if _DESKTOP.search(agent) else "other"


async def read(scope: Scope, receive: Receive, token: str = "", page: str = "") -> Asked:
    """The request; of a POST with its fields. The size of bodies is limited by the ring around us."""
    if scope["method"] != "POST":
        return Asked(scope, token, page)
    asked = Asked(scope, token, page)
    kind = asked.header(b"content-type").partition(";")[0].strip().lower()
    try:
        body = await _body(receive)
        asked.raw, asked.readable = (fields(body.decode("latin-1")), True) if kind == FORM else ({}, False)
    except (ValueError, ClientDisconnect):  # too many fields, or nobody is there any more
        asked.raw, asked.readable = {}, False
    return asked


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def fields(text: str) -> dict[str, list[str]]:
    """A form as browsers send it, names to values, blank ones too. ValueError for more fields than any form of ours has.

    >>> fields("q1=9&why=%EC%A2%8B+%EC%95%84&q1=8&_go")
    {'q1': ['9', '8'], 'why': ['좋 아'], '_go': ['']}
    """
    if text.count("&") >= FIELDS_MAX:
        raise ValueError("too many fields")
    pairs = [part.partition("=") for part in text.split("&") if part]
    if "%" in text or "+" in text:
        pairs = [(unquote_plus(name, errors="replace"), "", unquote_plus(value, errors="replace")) for name, _, value in pairs]
    found = {name: [value] for name, _, value in pairs}
    if len(found) < len(pairs):  # some names came several times
        found = {name: [] for name in found}
        for name, _, value in pairs:
            found[name].append(value)
    return found
