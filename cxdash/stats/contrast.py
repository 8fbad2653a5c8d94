"""Penalty-reward contrast (Brandt 1987; Mikulić & Prebežac 2008): what a bad rating costs and a good one earns (methods.md section 5).

y ~ Σ p·1(low) + r·1(high), the middle is the reference. Low is at or under a third of the scale, high at or over five sixths: 2 and 5 of 5
points, 3 and 6 of 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, floats
from cxdash.stats.cross import DRAWS, SEED, Cross, correlations
from cxdash.stats.drivers import independent, percentiles
from cxdash.stats.importance import LOST_MOST, Reason, State, needed, state_of
from cxdash.stats.relative import betas

LOW, HIGH = "low:", "high:"  # in front of an item: its columns in `Cross`, 100 = yes
LOW_MOST, HIGH_LEAST = 1 / 3 + 1e-9, 5 / 6 - 1e-9  # of the scale
CASES = 30  # that a contrast must stand on
CUT = 0.2  # asymmetry beyond which an item is basic or exciting
Kind = Literal["basic", "performance", "excitement", "unclear", "neutral", "few_cases"]


@dataclass(frozen=True)
class Contrast:
    """penalty: outcome of those who rate it low minus the middle (≤ 0 expected), reward: of those who rate it high (≥ 0); intervals 95 %.

    asymmetry: IA = (r - |p|)/(r + |p|) with the wrong signs taken as 0, -1 (only dissatisfies) … 1 (only delights); None where both are.
    kind: basic (IA under -.2) or excitement (over .2) where the interval of IA is on one side of 0, performance (between) where penalty and
    reward are both significant, neutral where neither is, unclear otherwise, few_cases under 30 low or high. flags: "penalty_sign",
    "reward_sign".
    """

    name: str
    cases_low: int
    cases_high: int
    penalty: float | None
    penalty_low: float | None
    penalty_high: float | None
    reward: float | None
    reward_low: float | None
    reward_high: float | None
    asymmetry: float | None
    asymmetry_low: float | None
    asymmetry_high: float | None
    kind: Kind
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Slope:
    """What a column is worth; of each sample; and the interval."""

    value: float
    drawn: Array | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Contrasts:
    """All items of one model. intercept: the outcome where everything is in the middle. Empty when refused, as `Drivers`."""

    outcome: str
    state: State
    reason: Reason
    need: int
    n: int
    n_eff: float
    intercept: float | None = None
    r2: float | None = None
    items: tuple[Contrast, ...] = ()


def contrasts(cross: Cross, outcome: str, items: Sequence[str], *, draws: int = DRAWS, seed: int = SEED,
              base_rule: bool = True) -> Contrasts:
    """Contrasts of `items` from a `Cross` with the columns "low:NAME" and "high:NAME" (0 or 100) of each, and the outcome.

    base_rule=False leaves the arithmetic bare (checks against other software). Raises StatsError (reason outcome_unknown,
    drivers_unknown).
    """
    columns = [end + item for item in items for end in (LOW, HIGH)]
    absent = [name for name in columns if name not in cross.names]
    if outcome not in cross.names or absent:
        raise StatsError(reason="outcome_unknown" if outcome not in cross.names else "drivers_unknown", outcome=outcome, unknown=absent)
    need, base = needed(len(items)), min(cross.size, cross.n_eff)
    varying = bool(cross.size) and float(cross.pick([outcome]).covariance[0, 0]) > 0
    reason = _refusal(base, need, varying, cross.lost_share, base_rule)
    if reason:
        return Contrasts(outcome, "refused", reason, need, cross.size, cross.n_eff)
    cases = {name: int(round(base * share / 100)) for name, share in zip(cross.names, cross.means, strict=True) if name in columns}
    enough = [name for name in columns if cases[name] >= (CASES if base_rule else 1)]
    used, _ = independent(cross, enough)
    model = cross.pick([*used, outcome])
    slopes = _slopes(model.covariance) if used else np.zeros(0)
    drawn = _slopes(model.resampled(draws, seed)[1]) if used and draws else None
    told = {name: _Slope(float(slopes[i])) for i, name in enumerate(used)}
    if drawn is not None and len(drawn):
        low, high = percentiles(drawn)
        told = {name: _Slope(s.value, drawn[:, i], float(low[i]), float(high[i])) for i, (name, s) in enumerate(told.items())}
    found = tuple(_contrast(item, cases, told) for item in items)
    middle = float(model.means[-1] - slopes @ model.means[:-1] / 100)
    return Contrasts(outcome, state_of(base), "", need, cross.size, cross.n_eff, middle, _r2(model), found)


def contrasts_of_rows(outcome: Values, items: Mapping[str, tuple[Values, float, float]], weights: Values | None = None, *,
                      draws: int = DRAWS, seed: int = SEED, base_rule: bool = True) -> Contrasts:
    """`contrasts` of respondents at hand. items: name -> (ratings, lowest, highest point of the scale), favourable end high.

    >>> y, x = [2, 3, 5, 6, 6, 7], [1, 2, 3, 4, 5, 5]
    >>> c = contrasts_of_rows(y, {"a": (x, 1, 5)}, base_rule=False, draws=0)
    >>> round(c.intercept, 9), round(c.items[0].penalty, 9), round(c.items[0].reward, 9), round(c.items[0].asymmetry, 6)
    (5.5, -3.0, 1.0, -0.5)
    """
    columns: dict[str, Values] = {}
    for name, (values, lo, hi) in items.items():
        points = floats(values)
        share = (points - lo) / (hi - lo)
        if (share < 0).any() or (share > 1).any():
            raise StatsError(reason="out_of_scale", lo=lo, hi=hi, lowest=float(np.nanmin(points)), highest=float(np.nanmax(points)))
        gone = np.isnan(share)
        columns[LOW + name] = np.where(gone, np.nan, 100.0 * (share <= LOW_MOST))
        columns[HIGH + name] = np.where(gone, np.nan, 100.0 * (share >= HIGH_LEAST))
    y = next(text for text in ("outcome", *(f"outcome {i}" for i in range(len(columns) + 1))) if text not in columns)
    return contrasts(Cross.from_rows({**columns, y: outcome}, weights), y, list(items), draws=draws, seed=seed, base_rule=base_rule)


def _refusal(base: float, need: int, varying: bool, lost: float, base_rule: bool) -> Reason:
    if base_rule and base < need * (1 - 1e-9):
        return "few_answers"
    if not varying:
        return "outcome_constant"
    return "many_lost" if base_rule and lost > LOST_MOST else ""


def _slopes(cov: Array) -> Array:
    """What 0 to 100 of each column is worth (…, k)."""
    return 100.0 * betas(cov)


def _r2(model: Cross) -> float:
    if len(model.names) < 2:
        return 0.0
    r = correlations(model.covariance)
    return float(betas(r) @ r[:-1, -1])


def _contrast(item: str, cases: Mapping[str, int], told: Mapping[str, _Slope]) -> Contrast:
    low, high = LOW + item, HIGH + item
    if low not in told or high not in told:
        return Contrast(item, cases[low], cases[high], *[None] * 9, kind="few_cases")
    p, r = told[low], told[high]
    flags = (*(["penalty_sign"] if p.value > 0 else []), *(["reward_sign"] if r.value < 0 else []))
    asymmetry = float(_asymmetry(np.array([p.value]), np.array([r.value]))[0])
    own = None if np.isnan(asymmetry) else asymmetry
    ends = [(s.low, s.high) for s in (p, r) if s.low is not None and s.high is not None]
    around: tuple[float | None, float | None] = (None, None)
    if p.drawn is not None and r.drawn is not None and own is not None:
        drawn = _asymmetry(p.drawn, r.drawn)
        drawn = drawn[~np.isnan(drawn)]
        around = tuple(map(float, percentiles(drawn))) if len(drawn) else around  # type: ignore[assignment]
    kind = _kind(own, around, ends) if ends else "unclear"
    return Contrast(item, cases[low], cases[high], p.value, p.low, p.high, r.value, r.low, r.high, own, *around, kind=kind, flags=flags)


def _asymmetry(p: Array, r: Array) -> Array:
    """IA with wrong signs taken as 0; NaN where both contrasts are."""
    dissatisfies, delights = np.maximum(0.0, -p), np.maximum(0.0, r)
    reach = dissatisfies + delights
    return np.divide(delights - dissatisfies, reach, out=np.full_like(reach, np.nan), where=reach > 0)


def _kind(asymmetry: float | None, around: tuple[float | None, float | None], ends: Sequence[tuple[float, float]]) -> Kind:
    significant = [low > 0 or high < 0 for low, high in ends]
    if not any(significant):
        return "neutral"
    low, high = around
    if asymmetry is None or low is None or high is None:
        return "unclear"
    if asymmetry < -CUT and high < 0:
        return "basic"
    if asymmetry > CUT and low > 0:
        return "excitement"
    return "performance" if abs(asymmetry) <= CUT and all(significant) else "unclear"
