"""The journey: index over the stages, expectation gap, performance × emotion (methods.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Moments, Values, checked_weights, floats
from cxdash.stats.figure import EPS, HIDDEN, Difference, Figure, base_of, design_flags
from cxdash.stats.paired import Paired, paired

COVERED_MIN = 0.8
SEED, DRAWS = 20260101, 1000


@dataclass(frozen=True)
class JourneyIndex:
    """The index with the share (0..1) of the stage weights that had a score; under .8 the figure is hidden."""

    figure: Figure
    weight_covered: float


def stage_weights(stages: Sequence[str], weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """Weights of the stages, equal when None. Raises StatsError for an unknown, missing, negative or all-zero weight.

    >>> stage_weights(["buy", "use"])
    {'buy': 0.5, 'use': 0.5}
    """
    if weights is None:
        return {s: 1 / len(stages) for s in stages}
    if set(weights) != set(stages):
        raise StatsError(reason="stage_weights", unknown=sorted(set(weights) - set(stages)), missing=sorted(set(stages) - set(weights)))
    checked = checked_weights([weights[s] for s in stages], len(stages))
    if not (checked > 0).any():
        raise StatsError(reason="weights_none")
    return {s: float(w) for s, w in zip(stages, checked / checked.sum(), strict=True)}


def weighted_index(scores: Mapping[str, float | None], weights: Mapping[str, float] | None = None) -> tuple[float | None, float]:
    """J = Σw·S/Σw over the stages that have a score, and the share of the weights they carry.

    >>> j, covered = weighted_index({"aware": 70, "buy": 80, "use": None}, {"aware": 0.5, "buy": 0.25, "use": 0.25})
    >>> round(j, 4), covered
    (73.3333, 0.75)
    """
    share = stage_weights(list(scores), weights) if scores else {}
    known = {s: float(v) for s, v in scores.items() if v is not None}
    covered = sum(share[s] for s in known)
    if covered <= 0:
        return None, 0.0
    return sum(share[s] * v for s, v in known.items()) / covered, covered


def journey_index(stages: Mapping[str, Moments], weights: Mapping[str, float] | None = None,
                  groups: Mapping[str, Sequence[Moments]] | None = None, *, minimum: int = HIDDEN) -> JourneyIndex:
    """Weighted mean of the stages' 100-point means, each among those who experienced the stage.

    stages: stage -> moments of its score on 0-100. Stages with fewer than `minimum` answers (n or n_eff) count as without data;
    the others are renormalised. Hidden (value None, flag "weight_covered") when they carry under .8 of the weights.
    n, n_eff: the smallest base of a stage used. groups: stage -> its moments per random group of respondents (the same groups for
    all stages); they give the interval by the delete-a-group jackknife, which keeps the dependence between stages that share
    respondents: var = (G-1)/G·Σ(J₍g₎ - J̄)², t with G-1 degrees of freedom. Without groups no interval.

    >>> m = Moments.from_values([60.0, 80.0] * 20)
    >>> journey_index({"buy": m, "use": m}).figure.value
    70.0
    """
    used = {s: m for s, m in stages.items() if m.n and min(m.n, m.n_eff) >= minimum - EPS * m.n}
    value, covered = weighted_index({s: m.mean if s in used else None for s, m in stages.items()}, weights)
    if value is None:
        return JourneyIndex(Figure(None, 0, unit="score100", method="jackknife", base="hidden"), 0.0)
    share = stage_weights(list(stages), weights)
    carrying = {s: m for s, m in used.items() if share[s] > 0}
    weakest = min(carrying.values(), key=lambda m: m.n_eff)
    n, n_eff = min(m.n for m in carrying.values()), weakest.n_eff
    se, half = _jackknife(carrying, share, groups)
    low, high = (max(0.0, value - half), min(100.0, value + half)) if half is not None else (None, None)
    missing = max(m.n_missing for m in carrying.values())
    figure = Figure(value, n, n_eff, low, high, se, "score100", "jackknife" if groups else "", missing, base_of(n, n_eff),
                    design_flags(weakest.n, weakest.n_eff))
    return JourneyIndex(figure if covered >= COVERED_MIN - EPS else figure.hide("weight_covered"), covered)


def _jackknife(used: Mapping[str, Moments], share: Mapping[str, float],
               groups: Mapping[str, Sequence[Moments]] | None) -> tuple[float | None, float | None]:
    if groups is None:
        return None, None
    counts = {len(groups.get(s, ())) for s in used}
    if len(counts) != 1 or min(counts) < 2:
        raise StatsError(reason="journey_groups", groups=sorted(counts))
    size = counts.pop()
    mass = sum(share[s] for s in used)
    without = np.zeros(size)
    for stage, m in used.items():
        parts = groups[stage]
        sw = m.sw - np.array([g.sw for g in parts])
        if (sw <= EPS * m.sw).any():  # all answers of a stage in one group: nothing can be said about its spread
            return None, None
        without += share[stage] * (m.swx - np.array([g.swx for g in parts])) / sw
    without /= mass
    se = float(np.sqrt((size - 1) / size * ((without - without.mean()) ** 2).sum()))
    return se, float(stdtrit(size - 1, 0.975)) * se


def journey_bootstrap(scores: npt.NDArray[np.float64], weights: Values | None = None, stage_share: Sequence[float] | None = None, *,
                      draws: int = DRAWS, seed: int = SEED) -> tuple[float, float] | None:
    """Percentile 95 % interval of the journey index by resampling respondents (rows with their weights), where rows are at hand.

    scores: (n, stages) on 0-100, NaN = stage not experienced; stage_share (stages,) default equal. None without any answer.
    The same seed gives the same interval.

    >>> x = np.array([[60.0, 80.0], [70.0, np.nan], [90.0, 70.0]] * 10)
    >>> low, high = journey_bootstrap(x)
    >>> 70 < low < 75 < high < 80
    True
    """
    x = np.asarray(scores, dtype=np.float64)
    w = checked_weights(weights, x.shape[0])
    share = checked_weights(stage_share, x.shape[1])
    there = ~np.isnan(x) & (w > 0)[:, None]
    mass, total = there * w[:, None], np.where(there, x, 0.0) * w[:, None]
    if not there.any():
        return None
    random = np.random.default_rng(seed)
    results = np.full(draws, np.nan)
    for draw in range(draws):
        times = random.multinomial(x.shape[0], np.full(x.shape[0], 1 / x.shape[0]))
        base = times @ mass
        known = (base > 0) & (share > 0)
        if known.any():
            results[draw] = (share[known] * (times @ total)[known] / base[known]).sum() / share[known].sum()
    low, high = np.nanpercentile(results, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Gap:
    """Experienced minus expected: in scale points and on 100 points, with the paired t behind it."""

    points: Difference
    score100: Difference
    test: Paired


def expectation_gap(performance: Values, expectation: Values, lo: float, hi: float, weights: Values | None = None, *,
                    base_rule: bool = True) -> Gap:
    """Mean within-respondent gap on one oriented lo..hi scale (SERVQUAL; Parasuraman, Zeithaml & Berry 1988), paired t.

    Retrospective expectations are coloured by the experience; for drivers prefer performance alone. Raises StatsError for
    unequal lengths or answers outside the scale.

    >>> expectation_gap([7, 6, 5, 4], [7, 7, 7, 5], 1, 7, base_rule=False).points.value
    -1.0
    """
    x, y = floats(performance), floats(expectation)
    for values in (x, y):
        if (values < lo).any() or (values > hi).any():
            raise StatsError(reason="out_of_scale", lo=lo, hi=hi, lowest=float(np.nanmin(values)), highest=float(np.nanmax(values)))
    test = paired(x, y, weights, base_rule=base_rule)
    return Gap(test.difference, _times(test.difference, 100 / (hi - lo)), test)


def _times(d: Difference, factor: float) -> Difference:
    low, high = (None if end is None else end * factor for end in (d.ci_low, d.ci_high))
    return replace(d, value=None if d.value is None else d.value * factor, ci_low=low, ci_high=high)


def experience_scores(performance: Values, emotion: Values) -> Array:
    """XP of each respondent: sqrt(performance · emotion), both on 0-100 -> (n,) on 0-100; NaN where either is missing.

    A zero on either side gives zero, on purpose: a bad feeling ruins a good performance. The mean of the respondents' values is
    the figure (`means.score100`); the root of the product of the means is another number.

    >>> experience_scores([100, 80, 0], [90, 80, 50]).round(2).tolist()
    [94.87, 80.0, 0.0]
    """
    p, e = floats(performance), floats(emotion)
    if p.shape != e.shape:
        raise StatsError(reason="paired_length", first=int(p.size), second=int(e.size))
    for values in (p, e):
        if (values < 0).any() or (values > 100).any():
            raise StatsError(reason="out_of_scale", lo=0, hi=100, lowest=float(np.nanmin(values)), highest=float(np.nanmax(values)))
    return np.sqrt(p * e)
