"""What an analysis of drivers says: frozen results, and the rule of how many answers allow which words (methods.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cxdash.stats.counts import Array
from cxdash.stats.figure import EPS

LEAST, LEAST_EACH = 100, 10  # answers under which nothing is said: 100, and 10 per driver
EXPLORATORY, RANKED = 200, 500  # from here it is no longer exploratory; from here ranks are claimed
LOST_MOST = 0.2  # part of the answers that a missing driver may cost
EXPLAINS = 0.1  # R² under this: these drivers do not explain the outcome
VIF_HIGH, R_HIGH = 10.0, 0.9  # too much in common with the other drivers

Method = Literal["lmg", "johnson"]
State = Literal["refused", "exploratory", "shown", "ranked"]
Reason = Literal["", "few_answers", "many_lost", "outcome_constant", "no_drivers"]
DropReason = Literal["missing", "constant", "duplicate", "aliased"]
Direction = Literal["up", "down", "unclear"]


@dataclass(frozen=True)
class Dropped:
    """A candidate that cannot be a driver: nobody rated it, all ratings equal, the same as `of`, or a combination of others."""

    name: str
    reason: DropReason
    of: str | None = None


@dataclass(frozen=True)
class Driver:
    """weight: part of R²; share = weight/R² (0..1) with its interval. rank: 1 + how many are clearly stronger, None where not claimed.

    r: zero-order correlation with interval; direction is its sign, "unclear" where the interval covers 0. beta: standardised
    coefficient beside the others; slope: the same in units of the outcome per unit of the driver; alone: the slope without the others.
    vif: variance inflation (over 10: too much in common with the others). first, last: R² alone, and added to all others. relative:
    Johnson's share. mean: of the ratings.
    suppressor: r and beta have different signs. twins: drivers that correlate over .9 with it.
    """

    name: str
    weight: float
    weight_low: float | None
    weight_high: float | None
    share: float
    share_low: float | None
    share_high: float | None
    rank: int | None
    r: float
    r_low: float | None
    r_high: float | None
    direction: Direction
    beta: float
    slope: float
    alone: float
    vif: float
    first: float
    last: float
    relative: float
    mean: float
    suppressor: bool
    twins: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShareDifference:
    """Share of one driver minus that of another, 0..1; tied ("동률") where the interval covers 0. p: two-sided, where one was asked for."""

    value: float
    low: float
    high: float
    p: float | None = None

    @property
    def tied(self) -> bool:
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True, eq=False)
class Replicates:
    """What the samples of the bootstrap gave, in the order of `names`: shares, slopes, alone (simple slopes) (draws, p); r2 (draws,)."""

    names: tuple[str, ...]
    shares: Array
    slopes: Array
    alone: Array
    r2: Array


@dataclass(frozen=True, eq=False)
class Drivers:
    """The answer, drivers by weight, largest first; empty when refused.

    state: refused under max(100, 10 per driver) answers (`reason` says why, `need` how many it takes), exploratory under 200, ranked
    from 500; n and n_eff both count. lost: answers left out because a driver is missing. explains: R² is at least .10.
    """

    outcome: str
    method: Method
    state: State
    reason: Reason
    need: int
    n: int
    n_eff: float
    lost: int
    lost_share: float
    outcome_mean: float | None = None
    r2: float | None = None
    r2_low: float | None = None
    r2_high: float | None = None
    explains: bool = False
    drivers: tuple[Driver, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    differences: Mapping[tuple[str, str], ShareDifference] = field(default_factory=dict)
    replicates: Replicates | None = None

    def tied(self, a: str, b: str) -> bool:
        """Whether two drivers' shares cannot be told apart (also when there was no bootstrap)."""
        found = self.differences.get((a, b)) or self.differences.get((b, a))
        return found is None or found.tied

    def driver(self, name: str) -> Driver | None:
        return next((d for d in self.drivers if d.name == name), None)


def needed(drivers: int) -> int:
    """Answers that a model of so many drivers takes.

    >>> needed(3), needed(15)
    (100, 150)
    """
    return max(LEAST, LEAST_EACH * drivers)


def state_of(base: float) -> State:
    """What may be said on a base that is large enough to say anything.

    >>> state_of(150), state_of(200), state_of(499.9999999999)
    ('exploratory', 'shown', 'ranked')
    """
    size = base * (1 + EPS)
    return "exploratory" if size < EXPLORATORY else "shown" if size < RANKED else "ranked"
