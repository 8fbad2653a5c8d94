"""What if (만약에): the change of the outcome that goes with a change of a driver's mean. An association, never an effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.drivers import percentiles
from cxdash.stats.importance import Drivers


@dataclass(frozen=True)
class WhatIf:
    """The associated change of the outcome's mean, in its units, among the n people who rated the drivers of the model.

    change with interval: the other drivers staying as they are. alone with interval (one step only): the others moving along as they
    usually do. overall: change spread over everybody with an outcome, where it is known how many rated. before, after: the outcome's mean
    (after: cut at the scale). clear: the interval leaves out 0. beyond: drivers whose mean would leave the scale.
    """

    steps: Mapping[str, float]
    n: int
    change: float
    low: float | None
    high: float | None
    clear: bool
    alone: float | None
    alone_low: float | None
    alone_high: float | None
    before: float
    after: float
    overall: float | None = None
    beyond: tuple[str, ...] = ()


def what_if(found: Drivers, steps: Mapping[str, float], *, lo: float = 0.0, hi: float = 100.0, everybody: int | None = None) -> WhatIf:
    """Move the means of drivers by `steps` (in their units) among the people who rated them: Σ slope·step, its interval from the same
    samples as the importances. lo, hi: the scale of drivers and outcome. everybody: how many have an outcome, rated or not.

    Raises StatsError (reason whatif_refused, whatif_unknown).

    >>> from cxdash.stats.drivers import drivers_of_rows
    >>> x = np.tile([20.0, 40.0, 60.0, 80.0], 50)
    >>> found = drivers_of_rows(x / 2 + np.tile([0.0, 4.0, 4.0, 0.0], 50), {"a": x}, draws=200)
    >>> w = what_if(found, {"a": 10.0})
    >>> round(w.change, 6), w.clear, w.before, round(w.after, 6)
    (5.0, True, 27.0, 32.0)
    """
    if found.state == "refused" or found.outcome_mean is None:
        raise StatsError(reason="whatif_refused")
    known = {d.name: d for d in found.drivers}
    unknown = sorted(set(steps) - set(known))
    if unknown or not steps:
        raise StatsError(reason="whatif_unknown", unknown=unknown, drivers=sorted(known))
    change = sum(known[name].slope * step for name, step in steps.items())
    low, high = _interval(found, steps, "slopes")
    alone = alone_low = alone_high = None
    if len(steps) == 1:
        (name, step), = steps.items()
        alone = known[name].alone * step
        alone_low, alone_high = _interval(found, steps, "alone")
    beyond = tuple(name for name, step in steps.items() if not lo - 1e-9 <= known[name].mean + step <= hi + 1e-9)
    return WhatIf(
        dict(steps), found.n, change, low, high, low is not None and high is not None and (low > 0 or high < 0), alone, alone_low,
        alone_high, found.outcome_mean, min(hi, max(lo, found.outcome_mean + change)),
        change * found.n / everybody if everybody else None, beyond,
    )


def _interval(found: Drivers, steps: Mapping[str, float], which: str) -> tuple[float | None, float | None]:
    if found.replicates is None:
        return None, None
    drawn = getattr(found.replicates, which)
    moved = drawn @ np.array([steps.get(name, 0.0) for name in found.replicates.names])
    low, high = percentiles(moved)
    return float(low), float(high)
