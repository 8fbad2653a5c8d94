"""How much one visitor, one link, and one link from one address may send. An office or a kiosk shares one address, so that limit is wide,
and an address of this machine says nothing at all: it is a proxy that does not name its visitors.

Counted in this process only; several processes allow as many times more. An address is not kept: what is counted under is a keyed hash
of it with a key that dies with the process.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

VISITOR = (40, 2.0)  # at once, and per second from then on
ADDRESS = (600, 20.0)
STRANGERS = (60, 1.0)  # tokens that nobody gave out, from one address: a guess has one chance in 2**128, this only saves work
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

    def allow_stranger(self, address: str) -> bool:
        """One more token that opens nothing."""
        near = self._named(address)
        return not near or self._buckets.take(("stranger", near), STRANGERS)

    def _named(self, address: str) -> str:
        try:
            found = ipaddress.ip_address(address.split("%")[0])
        except ValueError:
            return ""
        if found.is_loopback:
            return ""
        if found.version == 6:  # one household or host has a /64
            found = ipaddress.ip_network((found, 64), strict=False).network_address
        return hashlib.blake2b(found.packed, key=self._key, digest_size=12).hexdigest()
