"""What several tests of services compute by hand: adjusted p values and intervals of shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scipy import stats


def holm(p: Sequence[float | None]) -> list[Any]:
    """Straight from Holm (1979): the i-th smallest times what is left, never less than the one before. None: not tested, and stays so."""
    order = sorted((x, i) for i, x in enumerate(p) if x is not None)
    out: list[float | None] = [None] * len(p)
    top = 0.0
    for rank, (x, i) in enumerate(order):
        top = max(top, min(1.0, (len(order) - rank) * x))
        out[i] = top
    return out


def wilson(x: int, n: int) -> tuple[float, float]:
    """In percent."""
    found = stats.binomtest(x, n).proportion_ci(method="wilson")
    return 100 * found.low, 100 * found.high
