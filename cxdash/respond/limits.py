"""How much one visitor, one link, and one link from one address may send. An office or a kiosk shares one address, so that limit is wide,
and an address of this machine says nothing at all: it is a proxy that does not name its visitors.

Counted in this process only; several processes allow as many times more. An address is not kept: what is counted under is a keyed hash
of it with a key that dies with the process.
"""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

VISITOR = (40, 2.0)  # at once, and per second from then on
ADDRESS = (600, 20.0)
STRANGERS = (60, 1.0)  # tokens that nobody gave out, from one address: a guess has one chance in 2**128, this only saves work
KNOCKS = (30, 0.5)  # forms of the sign-in pages from one address; an office has one address, and nobody signs in twice a second
_KEPT = 50_000  # buckets; the one longest not used goes first


class Buckets:
    """Token buckets by name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: tuple[str, ...], limit: tuple[float, float]) -> bool:
        """Takes one from the bucket; False when it is empty."""
        most, rate = limit
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(name, (most, now))
            left = min(most, left + (now - then) * rate)
            self._left[name] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > _KEPT:
                self._left.popitem(last=False)
        return left >= 1


class Limits:
    """per_minute: what one link may take from everybody together."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = (float(per_minute), per_minute / 60)
        self._buckets = Buckets(clock)
        self._key = secrets.token_bytes(16)

    def allow(self, link: str, visitor: str, address: str) -> bool:
        """One more submission; visitor: whatever tells visitors apart, "" for one who is new. The visitor is asked first: who is stopped
        there uses nothing up of what is the link's."""
        if visitor and not self._buckets.take(("visitor", link, visitor), VISITOR):
            return False
        near = self._named(address)
        if near and not self._buckets.take(("address", link, near), ADDRESS):
            return False
        return self._buckets.take(("link", link), self._link)

    def take(self, name: tuple[str, ...], limit: tuple[float, float]) -> bool:
        """One from a bucket of the caller's own; limit: at once, and per second from then on."""
        return self._buckets.take(name, limit)

    def allow_knock(self, address: str) -> bool:
        """One more form of somebody who wants to sign in."""
        near = self._named(address)
        return not near or self._buckets.take(("knock", near), KNOCKS)

    def allow_stranger(self, address: str) -> bool:
        """One more token that opens nothing."""
        near = self._named(address)
        return not near or self._buckets.take(("stranger", near), STRANGERS)

    def _named(self, address: str) -> str:
        found = _packed(address.split("%")[0])
        if not found or found[0] == 127 and len(found) == 4 or found == _LOOPBACK:
            return ""
        near = found if len(found) == 4 else found[:8]  # one household or host has a /64
        return hashlib.blake2b(near, key=self._key, digest_size=12).hexdigest()


_LOOPBACK = bytes(15) + b"\1"
_MAPPED = bytes(10) + b"\xff\xff"  # an IPv4 address in IPv6 clothes


def _packed(address: str) -> bytes:
    """The bytes of an address, four or sixteen; none when it is no address."""
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        found = socket.inet_pton(socket.AF_INET6, address)
    except (OSError, ValueError):
        return b""
    return found[12:] if found.startswith(_MAPPED) else found
