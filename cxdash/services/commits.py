"""The writer: answers wait in a queue and are committed many at a time, and nobody is thanked before the commit.

One thread per process. SQLite lets one writer at a time in and pays one fsync per commit, so groups are what makes it quick
(four thousand answers a second instead of nine hundred); under PostgreSQL several processes write side by side.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar

from sqlalchemy import Engine

from cxdash.errors import CxError, Unavailable
from cxdash.meters import meters
from cxdash.services.submissions import Item, Outcome, store
from cxdash.store.database import Collision, answering

log = logging.getLogger(__name__)
GROUP = 200  # most items of one transaction
WAITING = 5_000  # most items in the queue: some seconds of work; whoever comes then is asked to try again
PATIENCE = 5.0  # seconds that a locked database is waited for
PACE = 0.015  # seconds between two commits while items come together; whoever comes alone waits for nobody
ENOUGH = 80  # waiting items that a commit is worth at once: while it is made, the next as many are read
_TRIES = 3  # of one item that another process stored at the same moment


@dataclass(frozen=True, slots=True)
class _Ticket:
    """loop: of the future when somebody awaits it, else a thread may wait for it."""

    item: Item
    future: Future[Outcome] | asyncio.Future[Outcome]
    loop: asyncio.AbstractEventLoop | None = None

    def goes(self) -> bool:
        """Whether it is to be stored: a thread may have given up. Who awaited it and hangs up does not take the answer back."""
        return self.loop is not None or self.future.set_running_or_notify_cancel()  # type: ignore[union-attr]


class Writer:
    """Stores items in the order they come. Safe from any thread; make one per process and `stop` it at its end."""

    def __init__(self, engine: Engine, *, group: int = GROUP, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._engine, self._group, self._patience, self._most = engine, group, patience, waiting
        self._queue: SimpleQueue[_Ticket | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._enough = threading.Event()
        self._last, self._came = 0.0, 0  # when the last group was done, and how many it was
        self.is_storing = False  # at this moment

    def submit(self, item: Item) -> Future[Outcome]:
        """The outcome comes when the item is committed. A CxError comes instead when it is not: Unavailable when the database cannot
        take it now, or too many wait; trying the same item again is then right, and stores it once.
        """
        future: Future[Outcome] = Future()
        if not self._take(_Ticket(item, future)):
            future.set_exception(_too_many())
        return future

    @cached_property
    def awaited(self) -> Awaited:
        """The same writer for those who await the outcome in a loop."""
        return Awaited(self)

    def settled(self, outcome: Outcome) -> Future[Outcome]:
        """An outcome that needs no commit."""
        future: Future[Outcome] = Future()
        future.set_result(outcome)
        return future

    def _take(self, ticket: _Ticket) -> bool:
        with self._lock:  # nothing gets into the queue behind the end mark
            if self._stopped or self._queue.qsize() >= self._most:
                return False
            self._queue.put(ticket)
            if self._queue.qsize() >= ENOUGH and not self._enough.is_set():
                self._enough.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cxdash-writer", daemon=True)
                self._thread.start()
        return True

    @property
    def waiting(self) -> int:
        """About how many items wait."""
        return self._queue.qsize()

    def stop(self, timeout: float | None = 30.0) -> bool:
        """Takes nothing more, commits what waits, and ends the thread. True when that was done within `timeout` seconds."""
        with self._lock:
            first, self._stopped = not self._stopped, True
            thread = self._thread
        if thread is None:
            return True
        if first:
            self._queue.put(None)
            self._enough.set()
        thread.join(timeout)
        return not thread.is_alive()

    def _run(self) -> None:
        open_ = True
        while open_:
            tickets, open_ = self._next()
            mine = [ticket for ticket in tickets if ticket.goes()]
            if mine:
                self.is_storing = True
                try:
                    self._commit(mine)
                finally:
                    self.is_storing = False
            self._last, self._came = time.monotonic(), len(mine)

    def _next(self) -> tuple[list[_Ticket], bool]:
        """The next group, and whether more may follow. Waits for the first item, and for others only when the last group was of several:
        a commit costs the same for one and for forty, and what it costs is taken from those who serve the next forty."""
        tickets: list[_Ticket] = []
        ticket = self._queue.get()
        self._enough.clear()
        left = self._last + PACE - time.monotonic() if self._came > 1 and not self._stopped else 0.0
        if left > 0 and self._queue.qsize() < ENOUGH:
            self._enough.wait(left)
        while ticket is not None:
            tickets.append(ticket)
            if len(tickets) >= self._group:
                return tickets, True
            try:
                ticket = self._queue.get_nowait()
            except Empty:
                return tickets, True
        return tickets, False

    def _commit(self, tickets: Sequence[_Ticket]) -> None:
        """One transaction for all; when something is wrong with one of them, one for each, so that the others are stored."""
        try:
            outcomes = self._stored([ticket.item for ticket in tickets])
        except Unavailable as error:
            _tell(tickets, [error] * len(tickets))
        except Exception as error:
            trouble = error if len(tickets) == 1 else None
            for ticket in tickets:
                _tell([ticket], [self._stored_alone(ticket, trouble)])
        else:
            _tell(tickets, outcomes)

    def _stored_alone(self, ticket: _Ticket, trouble: Exception | None = None) -> Outcome | CxError:
        for _ in range(_TRIES):
            if trouble is not None and not isinstance(trouble, Collision):
                break
            try:
                return self._stored([ticket.item])[0]
            except Exception as error:
                trouble = error
        if isinstance(trouble, CxError):
            return trouble
        log.error("an answer could not be stored", exc_info=trouble)
        return CxError("error.unexpected")

    def _stored(self, items: list[Item]) -> list[Outcome]:
        with answering(self._engine, patience=self._patience, is_direct=True) as session:
            return store(session, items)


class Awaited:
    """A writer whose futures belong to the running loop, which is woken once for all items of a group."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def submit(self, item: Item) -> asyncio.Future[Outcome]:
        """As `Writer.submit`. Giving up does not take the item back."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        if not self._writer._take(_Ticket(item, future, loop)):
            future.set_exception(_too_many())
        return future

    def settled(self, outcome: Outcome) -> asyncio.Future[Outcome]:
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        future.set_result(outcome)
        return future


_Waits = TypeVar("_Waits", covariant=True)


class Taker(Protocol[_Waits]):
    """Who takes items: a writer, for threads or for a loop."""

    def submit(self, item: Item) -> _Waits: ...

    def settled(self, outcome: Outcome) -> _Waits: ...


def _too_many() -> Unavailable:
    return Unavailable("store.unavailable.busy", fix="store.busy.fix")


def _state(outcome: Outcome) -> str:
    return "repeated" if outcome.repeated else outcome.state


def _tell(tickets: Sequence[_Ticket], outcomes: Sequence[Outcome | CxError]) -> None:
    """Everybody what became of theirs."""
    for state, n in Counter(_state(outcome) for outcome in outcomes if isinstance(outcome, Outcome)).items():
        meters.add("cxdash_submissions_total", n, state=state)
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Outcome], Outcome | CxError]]] = {}
    for ticket, outcome in zip(tickets, outcomes, strict=True):
        if ticket.loop is not None:
            by_loop.setdefault(ticket.loop, []).append((ticket.future, outcome))  # type: ignore[arg-type]
        elif isinstance(outcome, Exception):
            ticket.future.set_exception(outcome)
        else:
            ticket.future.set_result(outcome)
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, pairs)
        except RuntimeError:  # the loop has ended: nobody waits any more
            log.debug("a group was stored after its loop had ended")


def _settle(pairs: Sequence[tuple[asyncio.Future[Outcome], Outcome | CxError]]) -> None:
    for future, outcome in pairs:
        if future.done():  # hung up
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
