"""One request of a respondent, read: token, cookies, language, device class, address (for the limits only), and the fields sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from cxdash.config import LANGUAGES

VISIT, TRIAL = "cx_visit", "cx_trial"  # cookies, each under the path of its link: two surveys on one phone do not meet
SCRIPTED = "x-cx"  # header of requests made by pages.js, which wants JSON instead of a redirection
FIELDS_MAX = 2_000
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
_TABLET = re.compile(r"ipad|tablet|kindle|silk|playbook|android(?!.*mobile)|sm-t\d|sm-x\d", re.I)
_PHONE = re.compile(r"mobi|iphone|ipod|android|phone|kakaotalk", re.I)
_DESKTOP = re.compile(r"windows nt|macintosh|x11|cros|linux", re.I)
_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|preview|facebookexternalhit|kakaotalk-scrap|slack|telegram|whatsapp|twitter|discord|skype|daum|yeti|"
    r"linkexpand|embed|curl|wget|python|headless(?!chrome)|scrap",
    re.I,
)


@dataclass(frozen=True)
class Asked:
    """raw: fields of the form, names to values; empty for a GET. readable: the body was a form at all."""

    token: str
    base: str
    secret: str
    trial: str
    wanted: str
    accepted: str
    agent: str
    mobile: str
    address: str
    secure: bool
    scripted: bool
    raw: Mapping[str, list[str]] = field(default_factory=dict)
    readable: bool = True

    @property
    def path(self) -> str:
        return f"/s/{self.token}"

    def one(self, name: str) -> str:
        """The first value sent under a name of ours, or nothing."""
        return (self.raw.get(name) or [""])[0]

    @property
    def language(self) -> str:
        """Asked for by the switch, by the form, or by the address; "" when by none of them."""
        given = (self.one("_lang"), self.one("_language"), self.wanted)
        return next((one for one in given if one in LANGUAGES), "")

    @property
    def device(self) -> str:
        if self.mobile == "?1" or (_PHONE.search(self.agent) and not _TABLET.search(self.agent)):
            return "phone"
        if _TABLET.search(self.agent):
            return "tablet"
        return "desktop" if _DESKTOP.search(self.agent) else "other"

    @property
    def is_machine(self) -> bool:
        """A messenger or a search engine looks at the link; nobody opened it."""
        return not self.agent or bool(_MACHINE.search(self.agent))


async def read(request: Request) -> Asked:
    """The request; of a POST with its fields. The size of bodies is limited by the ring around us."""
    headers, cookies = request.headers, request.cookies
    secret = cookies.get(VISIT, "")
    raw, readable = await _fields(request) if request.method == "POST" else ({}, True)
    return Asked(
        token=request.path_params.get("token", ""),
        base=f"{request.url.scheme}://{headers.get('host', '')}",
        secret=secret if _SECRET.fullmatch(secret) else "",
        trial=cookies.get(TRIAL, ""),
        wanted=request.query_params.get("lang", ""),
        accepted=headers.get("accept-language", "")[:200],
        agent=headers.get("user-agent", "")[:400],
        mobile=headers.get("sec-ch-ua-mobile", ""),
        address=request.client.host if request.client else "",
        secure=request.url.scheme == "https",
        scripted=headers.get(SCRIPTED) == "1",
        raw=raw,
        readable=readable,
    )


async def _fields(request: Request) -> tuple[dict[str, list[str]], bool]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        body = await request.body()
        if kind != "application/x-www-form-urlencoded":
            return {}, False
        return parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="replace"), True
    except (ValueError, ClientDisconnect):  # too many fields, or nobody is there any more
        return {}, False
