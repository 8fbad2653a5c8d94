"""The window of a value axis: wide enough not to dramatise, and never cutting an interval.

Rule (the same on every screen): the window covers every interval shown, in steps of 20 points, and spans at least 60 of the
200 NPS points or 40 of the 100 points of shares and scores. It never leaves the figure's range. A window of shares or scores
that comes within 20 points of zero begins at zero; a window of NPS within 20 points of zero reaches it and shows the zero line.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from cxdash.stats.figure import Figure

STEP = 20.0


def window(figures: Iterable[Figure], *, signed: bool) -> tuple[float, float]:
    """(low, high) of the axis for figures in -100..100 (signed: NPS) or 0..100. Hidden figures do not count.

    >>> window([Figure(52.0, 200, ci_low=46.0, ci_high=58.0)], signed=False)
    (40.0, 80.0)
    """
    ends = [x for f in figures if f.value is not None for x in (f.ci_low, f.value, f.ci_high) if x is not None and math.isfinite(x)]
    floor, ceiling, span = (-100.0, 100.0, 60.0) if signed else (0.0, 100.0, 40.0)
    if not ends:
        return (floor, ceiling)
    low, high = math.floor(min(ends) / STEP) * STEP, math.ceil(max(ends) / STEP) * STEP
    low, high = _reach_zero(low, high)
    while high - low < span:  # grow on the side where the data lie nearer to the edge
        if (min(ends) - low <= high - max(ends) and low > floor) or high >= ceiling:
            low -= STEP
        else:
            high += STEP
    return max(floor, low), min(ceiling, high)


def _reach_zero(low: float, high: float) -> tuple[float, float]:
    return (0.0 if 0 < low <= STEP else low, 0.0 if -STEP <= high < 0 else high)
