"""Pages are drawn in turn."""

from __future__ import annotations

import threading

import pytest

from cxdash.edge.turns import Turns

SOON = 30.0


def test_one_after_the_other_in_the_order_of_asking() -> None:
    turns, drawn, at_once, most = Turns(), [], [0], [0]
    asked = [threading.Event() for _ in range(8)]

    def page(number: int) -> None:
        asked[number].set()
        with turns.taken():
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
            drawn.append(number)
            at_once[0] -= 1

    threads = []
    with turns.taken():
        for number in range(8):
            threads.append(threading.Thread(target=page, args=(number,)))
            threads[-1].start()
            assert asked[number].wait(SOON)
            waiting(turns, number + 1)
    for thread in threads:
        thread.join(SOON)
    assert drawn == list(range(8)) and most == [1]


def test_nobody_waits_for_the_end_of_a_long_page() -> None:
    now = [0.0]
    turns, entered, end = Turns(1, lately=5.0, clock=lambda: now[0]), threading.Event(), threading.Event()

    def long_page() -> None:
        with turns.taken():
            entered.set()
            end.wait(SOON)

    thread = threading.Thread(target=long_page)
    thread.start()
    assert entered.wait(SOON)
    now[0] = 5.0
    with turns.taken():
        assert thread.is_alive()
    end.set()
    thread.join(SOON)


def test_a_page_that_fails_gives_its_turn_back() -> None:
    turns = Turns(clock=lambda: 0.0)  # time stands still: only an end lets the next one in
    for _ in range(3):
        with pytest.raises(RuntimeError), turns.taken():
            raise RuntimeError
    with turns.taken():
        pass


def waiting(turns: Turns, n: int) -> None:
    """Until so many stand in line."""
    with turns._changed:
        pass
    pause = threading.Event()
    while len(turns._line) < n:
        pause.wait(0.001)
