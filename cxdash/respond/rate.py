"""How often a key may ask: a bucket of tokens per key, in this process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 10_000  # keys remembered; one that was forgotten begins with a full bucket


class Rate:
    """Each key's bucket holds a minute's worth of requests and fills up evenly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()  # key -> tokens, when

    def take(self, key: int, per_minute: int) -> float:
        """Seconds to wait before the next request may be made; 0.0 when this one may."""
        with self._lock:
            at = self._clock()
            tokens, since = self._buckets.pop(key, (float(per_minute), at))
            tokens = min(float(per_minute), tokens + (at - since) * per_minute / 60)
            wait = 0.0 if tokens >= 1 else (1 - tokens) * 60 / per_minute
            self._buckets[key] = (tokens - 1 if not wait else tokens, at)
            if len(self._buckets) > KEPT:
                self._buckets.popitem(last=False)
            return wait
