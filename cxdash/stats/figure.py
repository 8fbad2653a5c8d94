"""The frozen results every statistic returns, and the base rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

HIDDEN, SMALL, CAUTION = 10, 30, 100  # methods.md section 8
Z95 = 1.959963984540054  # two-sided 95 %
LEVEL = 0.05
DEFF_WARN, DEFF_BLOCK = 1.5, 2.0  # design effect of the weights: warn above, no significance test above
EPS = 1e-9  # a base of 10 equal weights of 0.1 must count as 10, whatever binary fractions make of it
Base = Literal["hidden", "small", "caution", "ok"]
Unit = Literal["points", "percent", "score100", "mean", "count"]  # NPS points ±100; percent; score 0..100; scale points; events


@dataclass(frozen=True)
class Figure:
    """A number with its base and its doubt. None = undefined or hidden, never 0.

    value, ci_low, ci_high: in `unit`. n: unweighted valid answers. n_eff: Kish. base: what the base allows.
    flags: "zero_variance", "weighted", "deff_high" (design effect over 1.5), "deff_block" (over 2), "hidden_complement",
    "weight_missing" …
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
    flags say why it was not tested: "base_hidden", "base_small", "deff_block", "zero_variance", "undefined", "overlap".
    """

    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    tested: bool = False
    significant: bool = False
    method: str = ""
    flags: tuple[str, ...] = ()

    def overlapping(self) -> Difference:
        """The distance alone: the same people are on both sides, so it is told and not tested."""
        return Difference(self.value, flags=("overlap",))


def base_of(n: int, n_eff: float | None = None) -> Base:
    """What a base of n answers (effective n_eff when weighted) allows: hidden < 10 <= small < 30 <= caution < 100 <= ok.

    >>> base_of(9), base_of(10), base_of(40, 25.2), base_of(400)
    ('hidden', 'small', 'small', 'ok')
    """
    size = n if n_eff is None else min(n, n_eff)
    size += EPS * max(1, n)
    return "hidden" if size < HIDDEN else "small" if size < SMALL else "caution" if size < CAUTION else "ok"


def design_flags(n: int, n_eff: float) -> tuple[str, ...]:
    """Flags for what unequal weights cost: nothing when all weights are equal.

    >>> design_flags(100, 100.0), design_flags(100, 45.0)
    ((), ('weighted', 'deff_high', 'deff_block'))
    """
    if n == 0 or n_eff >= n:
        return ()
    deff = n / n_eff
    return ("weighted", *(["deff_high"] if deff > DEFF_WARN else []), *(["deff_block"] if deff > DEFF_BLOCK else []))
