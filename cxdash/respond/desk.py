"""What all respondents of this process share: the store, the writer, the signer, the limits, and what their links opened a moment ago."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread

from cxdash.errors import CxError, Unavailable
from cxdash.meters import meters
from cxdash.respond.courier import Courier
from cxdash.respond.limits import Limits
from cxdash.respond.signing import Signer
from cxdash.services import collecting, mine
from cxdash.services.actor import RESPONDENT
from cxdash.services.collecting import Opened, Resumed
from cxdash.services.commits import Awaited, Writer
from cxdash.services.deps import Deps
from cxdash.services.mine import Mine
from cxdash.services.submissions import Outcome
from cxdash.survey.form import Form

log = logging.getLogger(__name__)
FRESH = 1.0  # seconds for which what a shared link opens is taken as known; the quota is decided at the commit anyway
STALE = 3600.0  # seconds for which it serves to show a page while the database is away
SWITCH = 0.0005  # seconds that a thread may keep the interpreter when others want it (else 5 ms); an answer is handed over some ten times
COURTESY, LOOK = 0.03, 0.001  # seconds that whoever draws a page waits for a group of answers, and between two looks
READERS = 8  # reads at the same moment; more would only wait for the interpreter
LOOKS = 1.0  # seconds for which looks at first pages are gathered
_LOOKS_MOST = 1_000  # of them counted at once; nobody is kept from answering by a flood of looks
_KEPT = 2_000
_TIDY = 600.0  # seconds between two looks for visits that were given up


class Desk:
    """deps: asked for at the first request, since the routes are made before the store is open."""

    def __init__(self, deps: Callable[[], Deps]) -> None:
        self._deps = deps
        self._lock = threading.Lock()
        self._made: tuple[Writer, Signer, Limits] | None = None
        self._doors: OrderedDict[str, tuple[float, Opened]] = OrderedDict()
        self._readers: CapacityLimiter | None = None
        self._looks: list[Opened] = []
        self._ended = threading.Event()
        self._courier = Courier(deps)

    @property
    def deps(self) -> Deps:
        return self._deps()

    @property
    def public_url(self) -> str:
        """Where respondents reach this installation, as the settings say; "" where they do not."""
        return self._deps().settings.public_url.rstrip("/")

    @property
    def writer(self) -> Writer:
        return self._parts()[0]

    @property
    def taker(self) -> Awaited:
        """The writer, for a request that waits."""
        return self._parts()[0].awaited

    @property
    def signer(self) -> Signer:
        return self._parts()[1]

    @property
    def limits(self) -> Limits:
        return self._parts()[2]

    def _parts(self) -> tuple[Writer, Signer, Limits]:
        if self._made is None:
            with self._lock:
                if self._made is None:
                    deps = self._deps()
                    self._made = Writer(deps.engine), Signer(deps.settings.secret), Limits(deps.settings.respond_per_minute)
        return self._made

    def make_way(self) -> None:
        """For whoever computes in this process and can wait: while a group of answers is stored, the interpreter is the writer's, and the
        loop's. It asks for the interpreter a dozen times for a group, and beside a busy thread gets it a millisecond later each time."""
        writer = self._made[0] if self._made is not None else None
        if writer is None or not writer.is_storing:
            return
        end = time.monotonic() + COURTESY
        while writer.is_storing and time.monotonic() < end:
            time.sleep(LOOK)

    def begin(self) -> None:
        """Opens for the day; from now on visits that nobody goes on with are marked, and webhooks are told."""
        writer = self._parts()[0]
        sys.setswitchinterval(SWITCH)
        meters.gauge("cxdash_submissions_waiting", lambda: [((), writer.waiting)])
        self._courier.begin()
        threading.Thread(target=self._tidy, name="cxdash-partials", daemon=True).start()

    def end(self) -> None:
        """Takes nothing more, and commits what waits."""
        self._ended.set()
        self._count()
        if self._made is not None:
            self._made[0].stop()
        self._courier.end()

    def _tidy(self) -> None:
        while not self._ended.wait(_TIDY):
            try:
                collecting.mark_partials(self.deps, RESPONDENT)
            except Exception:
                log.warning("visits that were given up could not be marked; tried again later", exc_info=True)

    # ---------------------------------------------------------------- reading

    async def open(self, token: str) -> Opened:
        """What stands behind a token; for a shared link as it was up to a second ago. Unavailable when the database is away."""
        known = self._doors.get(token)
        if known is not None and time.monotonic() - known[0] < FRESH:
            return known[1]
        if known is not None:  # one looks again; the others take what is known meanwhile
            self._doors[token] = (time.monotonic(), known[1])
        try:
            found: Opened = await self._read(lambda: collecting.open_link(self.deps, RESPONDENT, token=token))
        except Unavailable:
            if known is not None and time.monotonic() - known[0] < STALE:
                return known[1]
            raise
        if found.door is not None and found.door.invitation_id is None:
            with self._lock:
                self._doors[token] = (time.monotonic(), found)
                self._doors.move_to_end(token)
                if len(self._doors) > _KEPT:
                    self._doors.popitem(last=False)
        return found

    async def resume(self, secret: str) -> Resumed | None:
        """The visit of a cookie. Unavailable when the database is away."""
        return await self._read(lambda: collecting.resume(self.deps, RESPONDENT, secret=secret))

    async def unsubscribe(self, token: str) -> bool:
        return await self._read(lambda: collecting.unsubscribe(self.deps, RESPONDENT, token=token))

    async def agreed(self, form: Form, language: str) -> str:
        """The hash of the words of consent, kept by now."""
        if not any(form.consent.values()):
            return ""
        return str(await self._read(lambda: mine.agreed(self.deps, RESPONDENT, form=form, language=language)))

    async def mine(self, token: str, secret: str, language: str) -> Mine | None:
        return await self._read(lambda: mine.see(self.deps, RESPONDENT, token=token, secret=secret, language=language))

    async def withdraw(self, token: str, secret: str) -> bool:
        done = await self._read(lambda: mine.withdraw(self.deps, RESPONDENT, token=token, secret=secret))
        self._forget(token)
        return done is not None

    async def reopen(self, token: str, secret: str) -> bool:
        done = await self._read(lambda: mine.reopen(self.deps, RESPONDENT, token=token, secret=secret))
        self._forget(token)
        return bool(done)

    def _forget(self, token: str) -> None:
        with self._lock:
            self._doors.pop(token, None)

    async def _read(self, ask: Callable[[], Any]) -> Any:
        if self._readers is None:
            self._readers = CapacityLimiter(READERS)
        try:
            return await to_thread.run_sync(ask, limiter=self._readers)
        except Unavailable:
            raise
        except Exception as error:  # locked for long, gone, or a driver's own complaint: whoever waits is told to try again
            log.warning("a respondent's page could not be read", exc_info=not isinstance(error, CxError))
            raise Unavailable("store.unavailable.gone", fix="store.busy.fix") from error

    # ---------------------------------------------------------------- writing

    def saw(self, opened: Opened) -> None:
        """A first page was asked for; counted with others a little later, since nobody waits for it."""
        with self._lock:
            self._looks.append(opened)
            if len(self._looks) > 1:
                return
        later = threading.Timer(LOOKS, self._count)
        later.daemon = True
        later.start()

    def _count(self) -> None:
        with self._lock:
            looks, self._looks = self._looks, []
        for opened in looks[:_LOOKS_MOST]:
            collecting.seen(RESPONDENT, self.writer, opened=opened)

    async def committed(self, future: asyncio.Future[Outcome]) -> Outcome:
        """The outcome, after the commit; the loop serves others meanwhile. Whoever hangs up does not take the answer back: it is the
        writer's."""
        return await future
