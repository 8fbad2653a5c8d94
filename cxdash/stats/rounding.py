"""Rounding for display only; figures keep their full precision (methods.md section 10, trap 8)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import inf, isfinite

from cxdash.errors import StatsError


def _decimal(value: float, digits: int) -> Decimal:
    # what binary fractions leave far behind the last digit shown must not decide a tie: 100·(0.575 - 0.45) is 12.5
    return Decimal(repr(round(value, digits + 9)))


def half_away(value: float, digits: int = 0) -> float:
    """Round halves away from zero, as people expect; Python's round() takes them to the even digit. Never -0.

    >>> half_away(12.5), half_away(-17.5), half_away(0.285, 2), half_away(-0.2)
    (13.0, -18.0, 0.29, 0.0)
    """
    if not isfinite(value):
        return value
    return float(_decimal(value, digits).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)) + 0.0


def rounded(value: float | None, digits: int = 1) -> float | None:
    """`half_away` of what is known."""
    return None if value is None else half_away(value, digits)


def largest_remainder(values: Sequence[float], digits: int = 0) -> list[float]:
    """Percentages rounded so that they add up to their own rounded total: cut down, then the largest remainders get one unit more.

    Equal remainders: the earlier category first. Raises StatsError for negative, missing and infinite values.

    >>> largest_remainder([12.5, 57.5, 30.0]), largest_remainder([])
    ([13.0, 57.0, 30.0], [])
    """
    if any(not 0 <= v < inf for v in values):
        raise StatsError(reason="rounding_negative")
    unit = Decimal(1).scaleb(-digits)
    exact = [_decimal(v, digits) for v in values]
    cut = [v.quantize(unit, rounding=ROUND_FLOOR) for v in exact]
    goal = _decimal(float(sum(values)), digits).quantize(unit, rounding=ROUND_HALF_UP)
    missing = int((goal - sum(cut, Decimal(0))) / unit)
    order = sorted(range(len(cut)), key=lambda i: cut[i] - exact[i])
    for i in order[:missing]:
        cut[i] += unit
    return [float(v) for v in cut]
