"""What a programme's own rules say about its responses: population shares to rake to, and what looks careless."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DUPLICATE, STRAIGHT, SPEEDER, EMPTY = "duplicate", "straight", "speeder", "empty"
KINDS = (DUPLICATE, STRAIGHT, SPEEDER, EMPTY)  # of careless responses
CARELESS = "careless"  # the filter key whose values are kinds


@dataclass(frozen=True)
class WeightSpec:
    """targets: attribute key -> value -> share (adding up to 1). cap: the most by which a weight is multiplied, None = no limit.

    per_wave: every wave is raked by itself; otherwise all responses at once.
    """

    targets: Mapping[str, Mapping[str, float]]
    cap: float | None = None
    per_wave: bool = False


@dataclass(frozen=True)
class QualitySpec:
    """on: the kinds that `Filter.clean` leaves out. least: answered ratings from which equal answers say something.

    speed: share of the wave's median duration under which a response is a speeder. duration: the attribute that holds how long
    answering took, None when there is none.
    """

    on: tuple[str, ...] = KINDS
    least: Mapping[str, int] = field(default_factory=lambda: {DUPLICATE: 5, STRAIGHT: 5})
    speed: float = 1 / 3
    duration: str | None = None
