"""What a long computation tells of itself."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cxdash.stats import shapley
from cxdash.stats.drivers import drivers_of_rows
from cxdash.stats.progress import STEPS, counted, listening, tell

RANDOM = np.random.default_rng(4)


def test_replicates_are_told_while_they_are_done_and_change_nothing() -> None:
    rows = {f"D{i}": RANDOM.normal(size=400) for i in range(12)}
    y = sum(rows.values()) + RANDOM.normal(size=400)
    heard: list[float] = []
    with listening(heard.append):
        told = drivers_of_rows(y, rows, draws=300)
    assert heard == sorted(heard) and heard[-1] == 1.0 and 5 <= len(heard) <= STEPS + 1 and 0 < heard[0] < 0.5
    assert [d.share_low for d in told.drivers] == [d.share_low for d in drivers_of_rows(y, rows, draws=300).drivers]


def test_quick_work_tells_nothing_and_nobody_has_to_listen() -> None:
    heard: list[float] = []
    with listening(heard.append):
        shapley.lmg(np.eye(4))
        other = threading.Thread(target=tell, args=(0.5,))
        other.start()
        other.join()
    tell(0.5)
    assert heard == [], "another thread's work is not this listener's"


def test_a_listener_within_another_and_one_that_fails() -> None:
    outer: list[float] = []
    inner: list[float] = []
    with listening(outer.append):
        with listening(inner.append):
            tell(0.1)
        tell(0.2)
    assert (outer, inner) == ([0.2], [0.1])
    with pytest.raises(RuntimeError), listening(lambda _: (_ for _ in ()).throw(RuntimeError("stopped"))):
        counted(1, 1)
    tell(0.3)
    assert outer == [0.2]
