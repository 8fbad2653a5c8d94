"""Several tests at once: Holm within a row of comparisons, Benjamini-Hochberg for scans over a whole table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.figure import LEVEL, Difference

Adjustment = Literal["holm", "bh"]
HOLM_MOST = 10  # tests of one row; beyond, Holm finds next to nothing (methods.md section 8)


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Holm (1979) step-down p values, in the order given: max over j ≤ i of (m - j + 1)·p₍ⱼ₎, at most 1. Equal to R p.adjust.

    None (not tested) stays None and does not count as a test. Raises StatsError (reason p_range) outside 0..1.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    return _adjusted(p, "holm")


def bh(p: Sequence[float | None]) -> list[float | None]:
    """Benjamini & Hochberg (1995) step-up p values: min over j ≥ i of (m/j)·p₍ⱼ₎, at most 1. Equal to R p.adjust. None as in `holm`.

    >>> bh([0.01, None, 0.04, 0.03])
    [0.03, None, 0.04, 0.04]
    """
    return _adjusted(p, "bh")


def _adjusted(p: Sequence[float | None], how: Adjustment) -> list[float | None]:
    tested = [i for i, value in enumerate(p) if value is not None]
    raw = np.array([p[i] for i in tested], dtype=np.float64)
    if not ((raw >= 0) & (raw <= 1)).all():
        raise StatsError(reason="p_range")
    m = raw.size
    order = np.argsort(raw, kind="stable")
    ranks = np.arange(1, m + 1)
    if how == "holm":
        stepped = np.maximum.accumulate((m - ranks + 1) * raw[order])
    else:
        stepped = np.minimum.accumulate((m / ranks * raw[order])[::-1])[::-1]
    result: list[float | None] = [None] * len(p)
    for position, value in zip(order, np.minimum(stepped, 1.0), strict=True):
        result[tested[position]] = float(value)
    return result


def adjust_differences(differences: Sequence[Difference], how: Adjustment = "holm") -> list[Difference]:
    """The same differences with p_adjusted, and `significant` decided by it. Untested ones stay as they are.

    >>> pair = [Difference(3.0, p=0.03, tested=True, significant=True), Difference(1.0, p=0.2, tested=True)]
    >>> [(d.p_adjusted, d.significant) for d in adjust_differences(pair)]
    [(0.06, False), (0.2, False)]
    """
    values = _adjusted([d.p if d.tested else None for d in differences], how)
    return [d if p is None else replace(d, p_adjusted=p, significant=p < LEVEL) for d, p in zip(differences, values, strict=True)]


def adjust_row(differences: Sequence[Difference]) -> list[Difference]:
    """`adjust_differences` by the rule of the screens: Holm up to ten tests of one row, BH beyond."""
    return adjust_differences(differences, method_of(len(differences)))


def method_of(tests: int) -> Adjustment:
    """How so many tests of one row are adjusted.

    >>> method_of(10), method_of(11)
    ('holm', 'bh')
    """
    return "holm" if tests <= HOLM_MOST else "bh"
