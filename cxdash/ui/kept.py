"""Results of services that the screens keep: what `st.cache_data` does, without its copies.

Streamlit packs what it keeps and unpacks it for every run, looks at the function's signature and hashes every argument: a sixth of what a
page costs that has nothing to compute. Here the arguments are the key as they are, and everybody gets the same object. The services'
results are not changed by anybody, which a test watches over while it draws every page (tests/pages/test_kept.py).
"""

from __future__ import annotations

import inspect
import threading
import time
import weakref
from collections.abc import Callable, Hashable, MutableMapping
from concurrent.futures import Future
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, cast

from cachetools import LRUCache, TTLCache

P = ParamSpec("P")
T = TypeVar("T")
_all: weakref.WeakSet[Kept[Any, Any]] = weakref.WeakSet()


class Kept(Generic[P, T]):
    """A function whose results are kept by its arguments, those apart whose names begin with an underscore. Arguments are given by place.
    Safe from any thread: of several who ask the same at once, one computes. An error is nobody's result."""

    def __init__(self, ask: Callable[P, T], most: int, seconds: float | None) -> None:
        update_wrapper(self, ask)
        self._ask = ask
        self._places = [place for place, name in enumerate(inspect.signature(ask).parameters) if not name.startswith("_")]
        self._found: MutableMapping[Hashable, T]
        self._found = LRUCache(most) if seconds is None else TTLCache(most, seconds, timer=lambda: time.monotonic())
        self._asked: dict[Hashable, Future[T]] = {}
        self._lock = threading.Lock()
        _all.add(self)

    def __call__(self, *args: P.args, **_none: P.kwargs) -> T:
        key = tuple([args[place] for place in self._places])
        while True:
            with self._lock:
                try:
                    return self._found[key]
                except KeyError:
                    asked = self._asked.get(key)
                if asked is None:
                    mine: Future[T] = Future()
                    self._asked[key] = mine
                    break
            if asked.exception() is None:  # waits for it
                return asked.result()
        return self._computed(key, mine, args)

    def _computed(self, key: Hashable, mine: Future[T], args: tuple[Any, ...]) -> T:
        try:
            result = cast(Callable[..., T], self._ask)(*args)
        except BaseException as error:  # a run that Streamlit ends in the middle too: whoever waits computes it himself
            self._end(key, mine)
            mine.set_exception(error)
            raise
        with self._lock:
            if self._asked.get(key) is mine:  # not if it was cleared meanwhile
                self._found[key] = result
                del self._asked[key]
        mine.set_result(result)
        return result

    def _end(self, key: Hashable, mine: Future[T]) -> None:
        with self._lock:
            if self._asked.get(key) is mine:
                del self._asked[key]

    def clear(self) -> None:
        """Keeps nothing of what was asked before."""
        with self._lock:
            self._found.clear()
            self._asked.clear()


def kept(*, most: int, ttl: float | None = None) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """most: results kept, those longest unused go first. ttl: seconds for which a result is good; without it, for good."""
    return lambda ask: Kept(ask, most, ttl)


def clear() -> None:
    """Nothing is kept any more."""
    for one in list(_all):
        one.clear()
