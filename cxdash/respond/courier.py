"""The thread that carries webhooks: what is due is claimed, sent and reported. Several processes may each have one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cxdash.errors import CxError
from cxdash.respond import outside
from cxdash.services import hooks
from cxdash.services.deps import Deps
from cxdash.services.hooks import Parcel, Receipt

log = logging.getLogger(__name__)
EVERY = 2.0  # seconds between two looks
TIDY = 3600.0  # seconds between two looks for what is over: old lines of the log, old idempotency keys
FIRST = 60.0  # seconds after the start until the first of them
SIDE_BY_SIDE = 4  # a slow receiver does not hold up the others


class Courier:
    """One per process: `begin` when the store is open, `end` before it closes. deps: asked for by its thread."""

    def __init__(self, deps: Callable[[], Deps], *, every: float = EVERY, send: Callable[[Parcel], Receipt] | None = None) -> None:
        self._deps, self._every, self._send = deps, every, send or self._outside
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Starts the thread; a second time changes nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="cxdash-courier", daemon=True)
            self._thread.start()

    def end(self, timeout: float = 5.0) -> None:
        """Takes no more. A parcel under way that takes longer than `timeout` is sent again by whoever comes next."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def round(self) -> int:
        """Carries what is due now; returns how many parcels there were."""
        deps = self._deps()
        if not hooks.waiting(deps):
            return 0
        parcels = hooks.claim(deps)
        with ThreadPoolExecutor(SIDE_BY_SIDE, "cxdash-webhook") as side_by_side:
            list(side_by_side.map(self._carry, parcels))
        return len(parcels)

    def _run(self) -> None:
        tidied = time.monotonic() - TIDY + FIRST  # a process that is often started anew must come to it too
        while not self._ended.wait(self._every):
            try:
                if time.monotonic() - tidied > TIDY:
                    tidied = time.monotonic()
                    hooks.tidy(self._deps())
                while self.round() and not self._ended.is_set():
                    pass
            except CxError as error:
                log.warning("webhooks wait: %s", error)
            except Exception:
                log.exception("webhooks could not be carried; tried again in a moment")

    def _carry(self, parcel: Parcel) -> None:
        try:
            receipt = self._send(parcel) if parcel.body is not None else Receipt(None, "api.delivery.erased")
        except Exception:
            log.exception("a webhook could not be sent")
            receipt = Receipt(None, "api.delivery.unreachable")
        hooks.report(self._deps(), parcel, receipt)

    def _outside(self, parcel: Parcel) -> Receipt:
        return outside.send(parcel, private=self._deps().settings.webhook_private)
