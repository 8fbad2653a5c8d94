"""Whoever draws a page lets a group of answers go first, and not for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cxdash.respond import desk as desks
from cxdash.respond.desk import Desk
from cxdash.services.commits import Writer
from cxdash.services.deps import Deps
from cxdash.ui import state


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only sleeping moves."""
    naps: list[float] = []
    monkeypatch.setattr(desks.time, "monotonic", lambda: sum(naps))
    monkeypatch.setattr(desks.time, "sleep", naps.append)
    return naps


def test_nobody_waits_while_nothing_is_stored(deps: Deps, slept: list[float]) -> None:
    desk = Desk(lambda: deps)
    desk.make_way()  # before anybody has answered
    assert not desk.writer.is_storing
    desk.make_way()
    assert slept == []


def test_a_group_goes_first_and_a_page_goes_on_all_the_same(deps: Deps, slept: list[float]) -> None:
    desk = Desk(lambda: deps)
    desk.writer.is_storing = True
    desk.make_way()
    assert desks.COURTESY <= sum(slept) < desks.COURTESY + 2 * desks.LOOK
    naps = len(slept)

    def ended(seconds: float) -> None:
        slept.append(seconds)
        desk.writer.is_storing = len(slept) < naps + 3

    desks.time.sleep = ended  # type: ignore[assignment]
    desk.make_way()
    assert len(slept) == naps + 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_says_when_it_stores_also_after_an_error(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, seen, done = Writer(deps.engine), [], threading.Event()

    def failing(_tickets: object) -> None:
        seen.append(writer.is_storing)
        writer._stopped = True
        done.set()
        raise SystemExit  # ends the thread without a word

    monkeypatch.setattr(writer, "_commit", failing)
    writer.submit(object())  # type: ignore[arg-type]
    assert done.wait(30)
    assert writer._thread is not None
    writer._thread.join(30)
    assert seen == [True] and writer.is_storing is False


def test_a_page_makes_way_wherever_it_asks_for_something() -> None:
    made: list[int] = []
    make: Callable[[], int] = lambda: len(made)  # noqa: E731
    with state.run(lambda: made.append(1)):
        assert [state.once("a", make), state.once("a", make), state.once("b", make)] == [1, 1, 3]
    assert state.once("a", make) == 3 and len(made) == 3
