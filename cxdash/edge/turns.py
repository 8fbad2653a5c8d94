"""Pages are drawn in turn: few at a time, so that whoever waits for the interpreter waits for few.

A page is work for one interpreter, so ten drawn at once are done no sooner than one after the other, and half of them later. But every
thread that computes takes its share of the interpreter: beside ten of them the server's own loop, which takes respondents' answers and
hands every drawn part to its browser, gets an eleventh of it; beside one it gets what it needs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST = 1  # pages that have begun lately
LATELY = 0.5  # seconds; a page that takes longer waits for something else than the interpreter, or is rare: nobody waits for its end


class Turns:
    """In the order of asking. Safe from any thread."""

    def __init__(self, most: int = MOST, lately: float = LATELY, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._lately, self._clock = most, lately, clock
        self._changed = threading.Condition()
        self._line: deque[object] = deque()
        self._begun: dict[object, float] = {}

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One's turn, for as long as the block lasts."""
        mine = object()
        with self._changed:
            self._line.append(mine)
            while self._line[0] is not mine or (left := self._left()) > 0:
                self._changed.wait(left if self._line[0] is mine else None)
            self._line.popleft()
            self._begun[mine] = self._clock()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._begun[mine]
                self._changed.notify_all()

    def _left(self) -> float:
        """Seconds until the next may begin, if nobody ends before."""
        now = self._clock()
        lately = sorted(began + self._lately - now for began in self._begun.values() if began + self._lately > now)
        return 0.0 if len(lately) < self._most else lately[-self._most]
