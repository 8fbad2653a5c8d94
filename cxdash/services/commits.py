"""The writer: answers wait in a queue and are committed many at a time, and nobody is thanked before the commit.

One thread per process. SQLite lets one writer at a time in and pays one fsync per commit, so groups are what makes it quick
(four thousand answers a second instead of nine hundred); under PostgreSQL several processes write side by side.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy import Engine

from cxdash.errors import CxError, Unavailable
from cxdash.meters import meters
from cxdash.services.submissions import Item, Outcome, store
from cxdash.store.database import Collision, answering

log = logging.getLogger(__name__)
GROUP = 200  # most items of one transaction
WAITING = 5_000  # most items in the queue: some seconds of work; whoever comes then is asked to try again
PATIENCE = 5.0  # seconds that a locked database is waited for
_TRIES = 3  # of one item that another process stored at the same moment


@dataclass(frozen=True)
class _Ticket:
    item: Item
    future: Future[Outcome]


def _done(ticket: _Ticket, outcome: Outcome) -> None:
    meters.add("cxdash_submissions_total", state="repeated" if outcome.repeated else outcome.state)
    ticket.future.set_result(outcome)


class Writer:
    """Stores items in the order they come. Safe from any thread; make one per process and `stop` it at its end."""

    def __init__(self, engine: Engine, *, group: int = GROUP, waiting: int = WAITING, patience: float = PATIENCE) -> None:
        self._engine, self._group, self._patience = engine, group, patience
        self._queue: queue.Queue[_Ticket | None] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def submit(self, item: Item) -> Future[Outcome]:
        """The outcome comes when the item is committed. A CxError comes instead when it is not: Unavailable when the database cannot
        take it now, or too many wait; trying the same item again is then right, and stores it once.
        """
        future: Future[Outcome] = Future()
        with self._lock:  # nothing gets into the queue behind the end mark
            try:
                if self._stopped:
                    raise queue.Full
                self._queue.put_nowait(_Ticket(item, future))
            except queue.Full:
                future.set_exception(Unavailable("store.unavailable.busy", fix="store.busy.fix"))
                return future
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cxdash-writer", daemon=True)
                self._thread.start()
        return future

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
            self._queue.put(None)  # may wait for a place: the thread makes one
        thread.join(timeout)
        return not thread.is_alive()

    def _run(self) -> None:
        open_ = True
        while open_:
            tickets, open_ = self._next()
            mine = [ticket for ticket in tickets if ticket.future.set_running_or_notify_cancel()]
            if mine:
                self._commit(mine)

    def _next(self) -> tuple[list[_Ticket], bool]:
        """The next group, and whether more may follow. Waits for the first item only."""
        tickets: list[_Ticket] = []
        ticket = self._queue.get()
        while ticket is not None:
            tickets.append(ticket)
            if len(tickets) >= self._group:
                return tickets, True
            try:
                ticket = self._queue.get_nowait()
            except queue.Empty:
                return tickets, True
        return tickets, False

    def _commit(self, tickets: Sequence[_Ticket]) -> None:
        """One transaction for all; when something is wrong with one of them, one for each, so that the others are stored."""
        try:
            outcomes = self._stored([ticket.item for ticket in tickets])
        except Unavailable as error:
            for ticket in tickets:
                ticket.future.set_exception(error)
        except Exception as error:
            if len(tickets) > 1:
                for ticket in tickets:
                    self._commit_one(ticket)
            else:
                self._commit_one(tickets[0], error)
        else:
            for ticket, outcome in zip(tickets, outcomes, strict=True):
                _done(ticket, outcome)

    def _commit_one(self, ticket: _Ticket, trouble: Exception | None = None) -> None:
        for _ in range(_TRIES):
            if trouble is not None and not isinstance(trouble, Collision):
                break
            try:
                _done(ticket, self._stored([ticket.item])[0])
                return
            except Exception as error:
                trouble = error
        if not isinstance(trouble, CxError):
            log.error("an answer could not be stored", exc_info=trouble)
            trouble = CxError("error.unexpected")
        ticket.future.set_exception(trouble)

    def _stored(self, items: list[Item]) -> list[Outcome]:
        with answering(self._engine, patience=self._patience) as session:
            return store(session, items)
