"""One signed POST to somebody else's address: resolved once, checked, and connected to exactly that; no redirects, no proxies, no cookies.

A webhook's address is typed in by a user, so it must not become a way into the own network (SSRF): a name that stands for any private,
loopback or link-local address is refused, and what was checked is what is connected to, so that a second answer of the DNS changes nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from cxdash import __version__
from cxdash.errors import Conflict
from cxdash.services.hooks import Parcel, Receipt, checked_url, signature

log = logging.getLogger(__name__)
SECONDS = 10.0  # for everything: connecting, sending, the first line of the answer
ANSWER_MAX = 16 * 1024  # of the answer is read; nobody looks at it
SIGNATURE, DELIVERY, EVENT = "Cxdash-Signature", "Cxdash-Delivery", "Cxdash-Event"
Resolve = Callable[[str, int], Sequence[str]]
_WRAPPED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))


class _Refused(Exception):
    """Nothing was sent; its text is the key of the reason."""


def send(parcel: Parcel, *, private: bool = False, resolve: Resolve | None = None, context: ssl.SSLContext | None = None) -> Receipt:
    """Sends it and waits at most SECONDS. Only an answer 2xx counts as taken. private: the own network, and http, are allowed."""
    assert parcel.body is not None
    try:
        checked_url(parcel.url, private=private)
        return _post(parcel, parcel.body, _addresses(parcel.url, private, resolve or _resolved), context or ssl.create_default_context())
    except Conflict as error:
        return Receipt(None, error.key)
    except _Refused as error:
        return Receipt(None, str(error))
    except ssl.SSLError:
        return Receipt(None, "api.delivery.certificate")
    except TimeoutError:
        return Receipt(None, "api.delivery.slow")
    except (OSError, http.client.HTTPException, ValueError):
        return Receipt(None, "api.delivery.unreachable")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large; an IPv4 address wrapped in IPv6 is looked at as what it stands for.

    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "64:ff9b::a00:1", "fe80::1%eth0")]
    [True, False, False, False, False, False]
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in net for net in _WRAPPED):  # NAT64, 6to4, Teredo: they lead to an IPv4 address that this does not check
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _resolved(host: str, port: int) -> Sequence[str]:
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _addresses(url: str, private: bool, resolve: Resolve) -> Sequence[str]:
    parts = urlsplit(url)
    try:
        found = list(dict.fromkeys(resolve(parts.hostname or "", parts.port or _port(parts.scheme))))
    except (OSError, UnicodeError):
        raise _Refused("api.delivery.no_name") from None
    if not found:
        raise _Refused("api.delivery.no_name")
    if not private and not all(is_public(address) for address in found):
        raise _Refused("api.delivery.private")
    return found


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _post(parcel: Parcel, body: bytes, addresses: Sequence[str], context: ssl.SSLContext) -> Receipt:
    parts = urlsplit(parcel.url)
    connection = _Pinned(parts.hostname or "", parts.port or _port(parts.scheme), addresses, context if parts.scheme == "https" else None)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json", "User-Agent": f"cxdash/{__version__}", "Connection": "close", EVENT: parcel.event,
        DELIVERY: str(parcel.id), SIGNATURE: signature(parcel.secret, int(time.time()), body),
    }  # fmt: skip
    late = threading.Timer(SECONDS, connection.cut)  # a timeout of the socket begins anew with every byte that drips in
    late.daemon = True
    late.start()
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        answer.read(ANSWER_MAX)
        return Receipt(answer.status) if 200 <= answer.status < 300 else Receipt(answer.status, "api.delivery.status")
    except (OSError, http.client.HTTPException):
        if connection.was_cut:
            raise TimeoutError from None
        raise
    finally:
        late.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to addresses that were checked before; the name is used for TLS and the Host header only."""

    def __init__(self, host: str, port: int, addresses: Sequence[str], context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._addresses, self._context, self.was_cut = addresses, context, False
        if context is not None:
            self.default_port = 443  # no port in the Host header

    def connect(self) -> None:
        trouble: OSError | None = None
        for address in self._addresses:
            try:
                plain = socket.create_connection((address, self.port), self.timeout)
            except OSError as error:
                trouble = error
                continue
            self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain
            return
        raise trouble or OSError("no address")

    def cut(self) -> None:
        """From another thread: ends whatever is being waited for."""
        self.was_cut = True
        if (open_ := self.sock) is not None:
            with contextlib.suppress(OSError):
                open_.shutdown(socket.SHUT_RDWR)
