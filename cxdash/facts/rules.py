"""Which questions stand behind a programme's derived scores. One rule, for the frame that computes them and the screens that name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from cxdash.terms import Measure

LOYALTY_MEASURES = (Measure.OVERALL, Measure.REPURCHASE, Measure.RECOMMEND)
STAGE_MEASURES = (Measure.SATISFACTION, Measure.PERFORMANCE)
EXPERIENCED = "experienced"  # how it was: rated as performance, or where that was not asked as satisfaction
PLACED = (EXPERIENCED, Measure.IMPORTANCE, Measure.EXPECTATION, Measure.EMOTION)  # what stages and touchpoints have an index of
KINDS = {"initiative": ("active", "passive"), "domain": ("product", "people", "communication")}  # of touchpoints, compared with each other
_DURATION = re.compile(
    r"소요\s*시간|응답\s*(소요\s*)?시간|걸린\s*시간|duration|time[\s_]*(taken|spent|to[\s_]*complete)|interview[\s_]*time", re.IGNORECASE
)


class Rating(Protocol):
    """A rating as the store or a catalogue knows it."""

    @property
    def code(self) -> str: ...
    @property
    def measure(self) -> str: ...
    @property
    def touchpoint_id(self) -> int | None: ...
    @property
    def factor_id(self) -> int | None: ...


R = TypeVar("R", bound=Rating)


def stage_items(ratings: Iterable[R]) -> tuple[R, ...]:
    """What a stage's score is the mean of, from the ratings of that stage: its one satisfaction item about the whole stage, else all of
    its satisfaction items."""
    items = [q for q in ratings if q.measure in STAGE_MEASURES]
    whole = [q for q in items if q.touchpoint_id is None and q.factor_id is None]
    return tuple(whole if len(whole) == 1 else items)


def touchpoint_items(ratings: Iterable[R]) -> tuple[R, ...]:
    """What a touchpoint's score is the mean of: its one satisfaction item about the whole of it, else all of them."""
    items = [q for q in ratings if q.measure in STAGE_MEASURES]
    whole = [q for q in items if q.factor_id is None]
    return tuple(whole if len(whole) == 1 else items)


def placed_items(ratings: Iterable[R], what: str, *, stage: bool) -> tuple[R, ...]:
    """What the index "WHAT:stage:…" or "WHAT:touchpoint:…" is the mean of, from the ratings of that place: its one item about the whole of
    it, else all of its items. what: one of PLACED."""
    here = list(ratings)
    if what == EXPERIENCED:
        performed = {(q.touchpoint_id, q.factor_id) for q in here if q.measure == Measure.PERFORMANCE}
        there = [(q, (q.touchpoint_id, q.factor_id) in performed) for q in here]
        items = [q for q, asked in there if q.measure == (Measure.PERFORMANCE if asked else Measure.SATISFACTION)]
    else:
        items = [q for q in here if q.measure == what]
    whole = [q for q in items if q.factor_id is None and (q.touchpoint_id is None or not stage)]
    return tuple(whole if len(whole) == 1 else items)


def kind_name(part: str, kind: str) -> str:
    """The index over all touchpoints of one kind: "initiative:active", "domain:people"."""
    return f"{part}:{kind}"


def touchpoint_name(stage: str, touchpoint: str) -> str:
    """The index of a touchpoint; its own code is known within its stage only."""
    return f"touchpoint:{stage}/{touchpoint}"


def default_loyalty(ratings: Sequence[Rating]) -> dict[str, float]:
    """Item -> weight of a programme that chose none: its first overall, repurchase and recommend items, equally, if it has two of them."""
    by_measure: dict[str, str] = {}
    for question in ratings:
        by_measure.setdefault(str(question.measure), question.code)
    items = [by_measure[measure] for measure in LOYALTY_MEASURES if measure in by_measure]
    return dict.fromkeys(items, 1 / len(items)) if len(items) >= 2 else {}


def is_duration(name: str) -> bool:
    """Whether an attribute is called as if it held how long answering took.

    >>> is_duration("설문 소요 시간(초)"), is_duration("Duration (in seconds)"), is_duration("시간대")
    (True, True, False)
    """
    return _DURATION.search(name) is not None
