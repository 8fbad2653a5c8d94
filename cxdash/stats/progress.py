"""How far a long computation is, told to whoever listens; nobody does unless somebody asks, and then it costs nothing.

>>> heard = []
>>> with listening(heard.append):
...     for done in range(1, 5):
...         tell(done / 4)
>>> heard
[0.25, 0.5, 0.75, 1.0]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

STEPS = 20  # told of one computation at most
_listener: ContextVar[Callable[[float], None] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(hear: Callable[[float], None]) -> Iterator[None]:
    """Within, `hear` is told the share that is done, 0..1, in this thread; a listener that fails stops the computation."""
    before = _listener.set(hear)
    try:
        yield
    finally:
        _listener.reset(before)


def tell(done: float) -> None:
    """That this share is done."""
    hear = _listener.get()
    if hear is not None:
        hear(done)


def counted(done: int, of: int) -> None:
    """`tell` of steps that are many: some `STEPS` times in all.

    >>> heard = []
    >>> with listening(heard.append):
    ...     for i in range(1, 1001):
    ...         counted(i, 1000)
    >>> len(heard), heard[0], heard[-1]
    (20, 0.05, 1.0)
    """
    if done == of or done * STEPS // of > (done - 1) * STEPS // of:
        tell(done / of)
