"""Importance-performance analysis (Martilla & James 1977): four quadrants around a crosshair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cxdash.errors import StatsError

Quadrant = Literal["concentrate_here", "keep_up", "low_priority", "possible_overkill"]


@dataclass(frozen=True)
class Ipa:
    """Crosshair as (importance, performance) and the quadrant of every item; ties go to the high side."""

    importance_cut: float
    performance_cut: float
    quadrants: Mapping[str, Quadrant]


def ipa(importance: Mapping[str, float], performance: Mapping[str, float], *, importance_cut: float | None = None,
        performance_cut: float | None = None) -> Ipa:
    """Quadrant per item. Cuts default to the mean of the items; freeze them in tracking, as one more item moves a mean cut.

    Raises StatsError when the two do not name the same items, or there are none.

    >>> ipa({"a": 3, "b": 1}, {"a": 50, "b": 90}).quadrants
    {'a': 'concentrate_here', 'b': 'possible_overkill'}
    """
    if not importance or set(importance) != set(performance):
        raise StatsError(reason="ipa_items", only_importance=sorted(set(importance) - set(performance)),
                         only_performance=sorted(set(performance) - set(importance)))
    x = sum(importance.values()) / len(importance) if importance_cut is None else importance_cut
    y = sum(performance.values()) / len(performance) if performance_cut is None else performance_cut
    return Ipa(x, y, {item: _quadrant(importance[item] >= x, performance[item] >= y) for item in importance})


def _quadrant(important: bool, good: bool) -> Quadrant:
    if important:
        return "keep_up" if good else "concentrate_here"
    return "possible_overkill" if good else "low_priority"
