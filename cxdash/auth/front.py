"""What all who sign in at this process share: the store, the code of the first start, and how often one address may knock."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread

from cxdash.respond.limits import Limits
from cxdash.services import sessions
from cxdash.services.deps import Deps

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
_GROUPS, _GROUP = 4, 4  # 31**16: 79 bits
_TRIES, _PER_SECOND = 10.0, 1 / 30  # at the code, by everybody together
_AT_ONCE = 8  # sign-ins at the same moment: the screens keep threads of their own
_PER_MINUTE = 600  # forms sent to this process, by everybody together


class Front:
    """deps: asked for at the first request, since the routes are made before the store is open."""

    def __init__(self, deps: Callable[[], Deps]) -> None:
        self._deps = deps
        self._code = ""
        self._lock = threading.Lock()
        self._workers: CapacityLimiter | None = None
        self.limits = Limits(_PER_MINUTE)

    @property
    def deps(self) -> Deps:
        return self._deps()

    def begin(self) -> str:
        """At every start: a new code while there is no account and none can do without one; "" otherwise."""
        with self._lock:
            needed = not sessions.is_open(self.deps) and not sessions.peopled(self.deps)
            self._code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)) if needed else ""
            return self._code

    def is_code(self, given: str) -> bool | None:
        """Whether this is the code of this start; None when too many were tried."""
        if not self.limits.take(("first code",), (_TRIES, _PER_SECOND)):
            return None
        plain = "".join(c for c in given.upper() if c.isalnum())
        with self._lock:
            wanted = self._code.replace("-", "")
        return bool(wanted) and hmac.compare_digest(plain.encode(), wanted.encode())

    def used(self) -> None:
        """The code has made an administrator."""
        with self._lock:
            self._code = ""

    async def work(self, ask: Callable[[], Any]) -> Any:
        """Something that takes its time, in a thread of our own few."""
        if self._workers is None:
            self._workers = CapacityLimiter(_AT_ONCE)
        return await to_thread.run_sync(ask, limiter=self._workers)
