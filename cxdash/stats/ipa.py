"""Importance-performance analysis (Martilla & James 1977): four quadrants around a crosshair, with the doubt about which one it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from cxdash.errors import StatsError

Quadrant = Literal["concentrate_here", "keep_up", "low_priority", "possible_overkill"]
Axis = Literal["importance", "performance"]
ORDER: tuple[Quadrant, ...] = ("concentrate_here", "keep_up", "low_priority", "possible_overkill")  # what to look at first


@dataclass(frozen=True)
class Ipa:
    """Crosshair as (importance, performance) and the quadrant of every item; ties go to the high side."""

    importance_cut: float
    performance_cut: float
    quadrants: Mapping[str, Quadrant]


def ipa(importance: Mapping[str, float], performance: Mapping[str, float], *, importance_cut: float | None = None,
        performance_cut: float | None = None) -> Ipa:
    """Quadrant per item. Cuts default to the mean of the items; freeze them in tracking, as one more item moves a mean cut.

    Raises StatsError when the two do not name the same items, there are none, or a value is missing or infinite.

    >>> ipa({"a": 3, "b": 1}, {"a": 50, "b": 90}).quadrants
    {'a': 'concentrate_here', 'b': 'possible_overkill'}
    """
    if not importance or set(importance) != set(performance):
        raise StatsError(reason="ipa_items", only_importance=sorted(set(importance) - set(performance)),
                         only_performance=sorted(set(performance) - set(importance)))
    x = sum(importance.values()) / len(importance) if importance_cut is None else importance_cut
    y = sum(performance.values()) / len(performance) if performance_cut is None else performance_cut
    if not all(map(isfinite, (x, y, *importance.values(), *performance.values()))):
        raise StatsError(reason="ipa_values")
    return Ipa(x, y, {item: _quadrant(_reaches(importance[item], x), _reaches(performance[item], y)) for item in importance})


def _reaches(value: float, line: float) -> bool:
    """Ties count as high, also where the mean of equal values misses them by rounding."""
    return value >= line - 1e-9 * max(1.0, abs(line))


def _quadrant(important: bool, good: bool) -> Quadrant:
    if important:
        return "keep_up" if good else "concentrate_here"
    return "possible_overkill" if good else "low_priority"


@dataclass(frozen=True)
class Whisker:
    """A value with its interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None

    def crosses(self, line: float) -> bool:
        """The interval has the line inside it: on which side the item lies is not known."""
        return self.low is not None and self.high is not None and self.low < line <= self.high


@dataclass(frozen=True)
class Crosshair:
    """Where the lines are, and of which items they are the mean, so that a chart with other items can say that it was frozen before."""

    importance: float
    performance: float
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Placed:
    """An item of the chart. borderline ("경계"): the axes whose line its interval crosses. priority: 1 first.

    shortfall: how far performance lies under the line, 0 above it. urgency = importance x shortfall orders the items of a quadrant.
    """

    item: str
    importance: Whisker
    performance: Whisker
    quadrant: Quadrant
    borderline: tuple[Axis, ...]
    shortfall: float
    urgency: float
    priority: int


@dataclass(frozen=True)
class Placement:
    """The chart: items by priority. moved: items of the crosshair that are not on the chart and the other way round (it is frozen)."""

    crosshair: Crosshair
    items: tuple[Placed, ...]
    moved: tuple[str, ...] = ()


def placed(importance: Mapping[str, Whisker], performance: Mapping[str, Whisker], *, crosshair: Crosshair | None = None,
           target: float | None = None) -> Placement:
    """Items in their quadrants with borderline state and order of priority.

    crosshair: one frozen before; otherwise the means of the items, with `target` for performance where one is set. Priority: 집중 개선,
    유지 강화, 점진 개선, 과잉 지양; within one those that are surely in it first, then by urgency, then by importance. Errors as `ipa`.

    >>> p = placed({"a": Whisker(.6, .5, .7), "b": Whisker(.4, .3, .55)}, {"a": Whisker(60), "b": Whisker(80)}, target=75)
    >>> [(i.item, i.quadrant, i.borderline, i.priority) for i in p.items]
    [('a', 'concentrate_here', (), 1), ('b', 'possible_overkill', ('importance',), 2)]
    """
    cuts = {"importance_cut": crosshair.importance, "performance_cut": crosshair.performance} if crosshair else {"performance_cut": target}
    found = ipa({k: w.value for k, w in importance.items()}, {k: w.value for k, w in performance.items()}, **cuts)
    lines = crosshair or Crosshair(found.importance_cut, found.performance_cut, tuple(importance))
    told = [_placed(item, importance[item], performance[item], found.quadrants[item], lines) for item in importance]
    told.sort(key=lambda p: (ORDER.index(p.quadrant), bool(p.borderline), -p.urgency, -p.importance.value, p.item))
    moved = tuple(sorted(set(lines.items) ^ set(importance))) if lines.items else ()
    return Placement(lines, _numbered(told), moved)


def _placed(item: str, importance: Whisker, performance: Whisker, quadrant: Quadrant, lines: Crosshair) -> Placed:
    axes: list[Axis] = []
    if importance.crosses(lines.importance):
        axes.append("importance")
    if performance.crosses(lines.performance):
        axes.append("performance")
    shortfall = max(0.0, lines.performance - performance.value)
    return Placed(item, importance, performance, quadrant, tuple(axes), shortfall, importance.value * shortfall, 0)


def _numbered(items: Sequence[Placed]) -> tuple[Placed, ...]:
    return tuple(Placed(p.item, p.importance, p.performance, p.quadrant, p.borderline, p.shortfall, p.urgency, i)
                 for i, p in enumerate(items, 1))
