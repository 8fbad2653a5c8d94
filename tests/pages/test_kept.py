"""What the screens keep: asked once for the same arguments, never older than was said, and changed by nobody."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config
from cxdash.services.deps import Deps
from cxdash.ui import cache, kept


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [50.0]
    monkeypatch.setattr(kept.time, "monotonic", lambda: at[0])
    return at


def counting(**how: Any) -> tuple[Callable[..., Any], list[tuple[Any, ...]]]:
    asked: list[tuple[Any, ...]] = []

    def ask(actor: str, version: int, _deps: object = None) -> list[object]:
        asked.append((actor, version))
        if version < 0:
            raise ValueError(version)
        return [actor, version]

    return kept.kept(**how)(ask), asked


def test_the_same_is_asked_once_whatever_is_handed_along() -> None:
    found, asked = counting(most=4)
    one = found("a", 1, object())
    assert found("a", 1, object()) is one and found("a", 2, None) != one and found("b", 1, None) == ["b", 1]
    assert asked == [("a", 1), ("a", 2), ("b", 1)]
    found.clear()
    assert found("a", 1, None) == one and len(asked) == 4


def test_the_longest_unused_goes_first() -> None:
    found, asked = counting(most=2)
    for who in ("a", "b", "a", "c", "a", "b"):
        found(who, 1, None)
    assert asked == [("a", 1), ("b", 1), ("c", 1), ("b", 1)]


def test_nothing_is_older_than_was_said(clock: list[float]) -> None:
    found, asked = counting(most=4, ttl=0.5)
    for seconds in (0.0, 0.4, 0.6, 1.0, 1.2):
        clock[0] = 50.0 + seconds
        found("a", 1, None)
    assert len(asked) == 3


def test_an_error_is_nobodys_result() -> None:
    found, asked = counting(most=4)
    for _ in range(2):
        with pytest.raises(ValueError, match="-1"):
            found("a", -1, None)
    assert len(asked) == 2


class Slow:
    """Computes when it is let go; the first time it may fail."""

    def __init__(self, *, fails: bool) -> None:
        self.begun, self.go, self.asked, self._fails = threading.Event(), threading.Event(), 0, fails

    def __call__(self, key: str) -> str:
        self.asked += 1
        number = self.asked
        self.begun.set()
        assert self.go.wait(30)
        if number == 1 and self._fails:
            raise KeyboardInterrupt  # as when a run is ended in the middle
        return f"{key} {number}"

    def asked_by(self, pool: ThreadPoolExecutor, found: Callable[[str], str]) -> Future[str]:
        """Somebody has asked, and waits."""
        first = pool.submit(found, "k")
        assert self.begun.wait(30)
        return first


def test_of_several_at_once_one_computes_and_after_its_error_the_next() -> None:
    slow = Slow(fails=True)
    found = kept.kept(most=4)(slow)
    with ThreadPoolExecutor(6) as pool:
        first = slow.asked_by(pool, found)
        others = [pool.submit(found, "k") for _ in range(5)]
        slow.go.set()
        assert isinstance(first.exception(30), KeyboardInterrupt)
        assert {other.result(30) for other in others} == {"k 2"} and slow.asked == 2


def test_what_was_asked_before_it_was_cleared_is_not_kept() -> None:
    slow = Slow(fails=False)
    found = kept.kept(most=4)(slow)
    with ThreadPoolExecutor(1) as pool:
        old = slow.asked_by(pool, found)
        kept.clear()
        slow.go.set()
        assert old.result(30) == "k 1"
    assert found("k") == "k 2" and found("k") == "k 2"


def test_nobody_changes_what_is_kept(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page in both languages, twice: what was kept is afterwards what it was when it was made."""
    made: list[tuple[str, object, bytes]] = []
    seen: set[tuple[str, int]] = set()
    pictures = {"_paper", "_poster"}  # a page being painted; bytes, which nobody can change
    told = kept.Kept.__call__

    def noted(self: kept.Kept[..., Any], *args: Any) -> Any:
        result = told(self, *args)
        if (self.__name__, id(result)) not in seen and self.__name__ not in pictures:
            seen.add((self.__name__, id(result)))
            made.append((self.__name__, result, pickle.dumps(result)))
        return result

    monkeypatch.setattr(kept.Kept, "__call__", noted)
    kept.clear()
    for page in sorted(Path(config.PAGES).glob("*.py")):
        for lang in ("ko", "en"):
            for _ in range(2):
                test = AppTest.from_file(str(page), default_timeout=120)
                test.query_params["lang"] = lang
                assert not test.run().exception, (page.name, lang)
    keeping = {one.__name__ for one in kept._all if one.__module__ == cache.__name__}
    assert {name for name, _, _ in made} == keeping - pictures and len(keeping) > 9
    changed = [name for name, result, before in made if repr(pickle.loads(before)) != repr(result)]  # noqa: S301
    assert not changed
