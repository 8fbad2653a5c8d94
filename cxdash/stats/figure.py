"""The frozen results every statistic returns, and the base rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

HIDDEN, SMALL, CAUTION = 10, 30, 100  # methods.md section 8
Base = Literal["hidden", "small", "caution", "ok"]
Unit = Literal["points", "percent", "score100", "mean", "count"]  # NPS points -100..100; percent 0..100; score 0..100; scale points; responses


@dataclass(frozen=True)
class Figure:
    """A number with its base and its doubt. None = undefined or hidden, never 0.

    value, ci_low, ci_high: in `unit`. n: unweighted valid answers. n_eff: Kish. base: what the base allows.
    flags: "zero_variance", "weighted", "hidden_complement", "weight_missing" …
    """

    value: float | None
    n: int
    n_eff: float = 0.0
    ci_low: float | None = None
    ci_high: float | None = None
    se: float | None = None
    unit: Unit = "percent"
    method: str = ""
    n_missing: int = 0
    base: Base = "ok"
    flags: tuple[str, ...] = ()

    def hide(self, *flags: str) -> Figure:
        """The same figure with its value and interval taken out; the base stays visible."""
        return replace(self, value=None, ci_low=None, ci_high=None, se=None, base="hidden", flags=(*self.flags, *flags))


@dataclass(frozen=True)
class Difference:
    """`a - b` with interval, two-sided p and whether it is significant at 5 %.

    tested is False where a base is too small (n_eff under 30) or the figures may not be compared; then p is None.
    p_adjusted carries the Holm or BH value when the difference is one of several.
    """

    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    tested: bool = False
    significant: bool = False
    method: str = ""


def base_of(n: int, n_eff: float | None = None) -> Base:
    """What a base of n answers (effective n_eff when weighted) allows: hidden < 10 <= small < 30 <= caution < 100 <= ok."""
    size = n if n_eff is None else min(n, n_eff)
    return "hidden" if size < HIDDEN else "small" if size < SMALL else "caution" if size < CAUTION else "ok"
