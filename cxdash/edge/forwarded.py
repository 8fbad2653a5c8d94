"""Who asks, and over what, when a proxy stands in front: X-Forwarded-For and -Proto, believed from trusted proxies only."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


class Forwarded:
    """Puts the visitor's address and scheme into the scope. trusted: addresses and networks, separated by commas; "" trusts nobody.

    The list of X-Forwarded-For is read from its end, where the nearest proxy wrote: the first address that is not a trusted proxy is
    the visitor; what stands before it was said by the visitor and proves nothing. A list that cannot be read changes nothing.
    """

    def __init__(self, app: ASGIApp, *, trusted: str = "") -> None:
        self.app = app
        self._networks = [ipaddress.ip_network(part.strip(), strict=False) for part in trusted.split(",") if part.strip()]
        self._nearest = ("", False)  # the proxy that asks for everybody; no visitor's address is kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client") and self._trusts(scope["client"][0]):
            self._nearest = (scope["client"][0], True)
            if told := self._told(scope):
                scope = {**scope, **told}
        await self.app(scope, receive, send)

    def _told(self, scope: Scope) -> dict[str, object]:
        lists, schemes = [], []
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                lists.append(value.decode("latin-1"))
            elif name == b"x-forwarded-proto":
                schemes.append(value.decode("latin-1").strip().lower())
        told: dict[str, object] = {}
        if not lists and not schemes:
            return told
        chain = [part.strip() for text in lists for part in text.split(",")]
        if visitor := self._visitor(chain):
            told["client"] = (visitor, 0)
        if len(schemes) == 1 and schemes[0] in _SCHEMES:
            plain = _SCHEMES[schemes[0]]
            told["scheme"] = plain if scope["type"] == "http" else plain.replace("http", "ws")
        return told

    def _visitor(self, chain: Sequence[str]) -> str:
        found = ""
        for said in reversed(chain):
            address = _address(said)
            if address is None:
                return found
            found = str(address)
            if not self._trusts(found):
                return found
        return found

    def _trusts(self, host: str) -> bool:
        if not self._networks:
            return False
        if self._nearest[0] == host:
            return self._nearest[1]
        address = _address(host)
        return address is not None and any(address.version == network.version and address in network for network in self._networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address with or without a port; an IPv4 address in IPv6 clothes is the IPv4 address."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
