"""Results of services that the screens keep, without copies.

Streamlit's own cache packs what it keeps and unpacks it for every run, looks at the function's signature and hashes every argument: a sixth
of what a page costs that has nothing to compute. Here the arguments are the key as they are, and everybody gets the same object. The
services' results are not changed by anybody, which a test watches over while it draws every page (tests/pages/test_kept.py).
"""

from __future__ import annotations

import inspect
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

from cachetools import LRUCache, TTLCache, cached

P = ParamSpec("P")
T = TypeVar("T")
_all: weakref.WeakSet[Kept[Any, Any]] = weakref.WeakSet()


class Kept(Generic[P, T]):
    """A function whose results are kept by its arguments, those apart whose names begin with an underscore. Arguments are given by place.
    Safe from any thread: of several who ask the same at once, one computes. An error is nobody's result."""

    def __init__(self, ask: Callable[P, T], most: int, seconds: float | None) -> None:
        update_wrapper(self, ask)
        places = [place for place, name in enumerate(inspect.signature(ask).parameters) if not name.startswith("_")]
        self._cleared = 0  # times; part of every key, so that what was asked before is not found when it is done after

        def key(*args: Any) -> Hashable:
            return (self._cleared, *[args[place] for place in places])

        found = LRUCache(most) if seconds is None else TTLCache(most, seconds, timer=time.monotonic)
        self._told = cached(found, key=key, condition=threading.Condition())(ask)
        _all.add(self)

    def __call__(self, *args: P.args, **_none: P.kwargs) -> T:
        result: T = self._told(*args)
        return result

    def clear(self) -> None:
        """Keeps nothing of what was asked before."""
        self._cleared += 1
        self._told.cache_clear()


def kept(*, most: int, ttl: float | None = None) -> Callable[[Callable[P, T]], Kept[P, T]]:
    """most: results kept, those longest unused go first. ttl: seconds for which a result is good; without it, for good."""
    return lambda ask: Kept(ask, most, ttl)


def clear() -> None:
    """Nothing is kept any more."""
    for one in list(_all):
        one.clear()
