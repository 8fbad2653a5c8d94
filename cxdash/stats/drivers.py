"""Key drivers of an outcome: importance with its doubt, direction, and when to say nothing (methods.md section 5).

Importance is LMG up to 15 drivers and Johnson's relative weights above (and beside). It is never negative and has no direction, so the
direction is that of the plain correlation. Everything comes from `Cross`, so respondents need not be at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, floats
from cxdash.stats.cross import DRAWS, SEED, Cross, correlations
from cxdash.stats.figure import EPS
from cxdash.stats.importance import (
    EXPLAINS, LOST_MOST, R_HIGH, Direction, Driver, Drivers, Dropped, Method, Reason, Replicates, ShareDifference, State, needed,
    state_of,
)
from cxdash.stats.relative import johnson_and_betas
from cxdash.stats.shapley import EXACT_MOST, TOLERANCE, lmg

ALPHA = 0.05


def drivers(cross: Cross, outcome: str, *, dropped: Sequence[Dropped] = (), draws: int = DRAWS, seed: int = SEED,
            base_rule: bool = True) -> Drivers:
    """Drivers of `outcome` among the other columns of `cross`.

    dropped: candidates the caller left out already (nobody rated them). draws: samples of the bootstrap, 0 = none. The same seed gives the
    same intervals. base_rule=False leaves the arithmetic bare (checks against other software). Tested against R relaimpo and rwa.
    Raises StatsError (reason outcome_unknown, drivers_twice).

    >>> x = np.random.default_rng(1).normal(size=(300, 3))
    >>> rows = {"a": x[:, 0], "b": x[:, 1], "y": 2 * x[:, 0] + x[:, 1] + x[:, 2]}
    >>> found = drivers(Cross.from_rows(rows), "y", draws=200)
    >>> found.state, [d.name for d in found.drivers], found.tied("a", "b")
    ('shown', ['a', 'b'], False)
    """
    if outcome not in cross.names:
        raise StatsError(reason="outcome_unknown", outcome=outcome, columns=list(cross.names))
    if len(set(cross.names)) < len(cross.names):
        raise StatsError(reason="drivers_twice", columns=list(cross.names))
    candidates = [name for name in cross.names if name != outcome]
    varying = bool(cross.size) and float(np.diag(cross.covariance)[cross.names.index(outcome)]) > 0
    kept, out = independent(cross, candidates)
    gone = (*dropped, *out)
    need = needed(len(kept))
    base = min(cross.size, cross.n_eff)
    reason = _refusal(base, need, cross.lost_share, varying, bool(kept), base_rule)
    method: Method = "lmg" if len(kept) <= EXACT_MOST else "johnson"
    if reason:
        return Drivers(outcome, method, "refused", reason, need, cross.size, cross.n_eff, cross.lost, cross.lost_share, dropped=gone)
    return _fitted(cross.pick([*kept, outcome]), outcome, method, state_of(base), need, gone, draws, seed)


def drivers_of_rows(outcome: Values, candidates: Mapping[str, Values], weights: Values | None = None, *, draws: int = DRAWS,
                    seed: int = SEED, base_rule: bool = True) -> Drivers:
    """`drivers` of respondents at hand: None/NaN = missing (listwise), weight 0 = absent. Candidates nobody rated are dropped first.

    >>> found = drivers_of_rows([1, 2, 3, 4], {"a": [1, 2, 2, 4], "b": [None] * 4, "c": [5, 5, 5, 5]}, base_rule=False, draws=0)
    >>> [d.name for d in found.drivers], [(d.name, d.reason) for d in found.dropped]
    (['a'], [('b', 'missing'), ('c', 'constant')])
    """
    y = floats(outcome)
    given = {name: floats(values) for name, values in candidates.items()}
    rated = {name: x for name, x in given.items() if not np.isnan(x).all()}
    name = next(text for text in ("outcome", *(f"outcome {i}" for i in range(len(given) + 1))) if text not in given)
    gone = [Dropped(n, "missing") for n in given if n not in rated]
    columns: dict[str, Values] = {**rated, name: y}
    asked = ~np.isnan(y)  # who did not answer the outcome was not lost by the drivers
    w = None if weights is None else floats(weights)[asked]
    cross = Cross.from_rows({n: v[asked] if len(v) == len(asked) else v for n, v in columns.items()}, w)  # type: ignore[call-overload]
    return drivers(cross, name, dropped=gone, draws=draws, seed=seed, base_rule=base_rule)


def independent(cross: Cross, candidates: Sequence[str]) -> tuple[list[str], list[Dropped]]:
    """The candidates that say something of their own, in their order, and those that do not: constant, the same as an earlier one, or a
    combination of earlier ones. A singular matrix is never inverted.

    >>> c = Cross.from_rows({"a": [1, 2, 4, 3], "b": [2, 4, 8, 6], "c": [1, 1, 1, 1]})
    >>> independent(c, ["a", "b", "c"])[1]
    [Dropped(name='b', reason='duplicate', of='a'), Dropped(name='c', reason='constant', of=None)]
    """
    if not cross.size:
        return list(candidates), []
    at = [cross.names.index(name) for name in candidates]
    r = correlations(cross.covariance[np.ix_(at, at)])
    left, kept, out = r.copy(), [], []
    for i, name in enumerate(candidates):
        if r[i, i] == 0:
            out.append(Dropped(name, "constant"))
        elif left[i, i] <= TOLERANCE:
            twin = next((candidates[j] for j in kept if abs(r[i, j]) > 1 - TOLERANCE), None)
            out.append(Dropped(name, "duplicate" if twin else "aliased", twin))
        else:
            left -= np.outer(left[:, i], left[i]) / left[i, i]
            kept.append(i)
    return [candidates[i] for i in kept], out


def _refusal(base: float, need: int, lost: float, varying: bool, any_left: bool, base_rule: bool) -> Reason:
    if base_rule and base + EPS * need < need:
        return "few_answers"
    if not varying:
        return "outcome_constant"
    if not any_left:
        return "no_drivers"
    return "many_lost" if base_rule and lost > LOST_MOST else ""


def _fitted(cross: Cross, outcome: str, method: Method, state: State, need: int, gone: tuple[Dropped, ...], draws: int,
            seed: int) -> Drivers:
    names = cross.names[:-1]
    r = correlations(cross.covariance)
    relative, beta = johnson_and_betas(r)
    r2 = float(beta @ r[:-1, -1])
    weight = lmg(r) if method == "lmg" else relative
    drawn = _replicates(cross, method, draws, seed) if draws else None
    replicates, rxy = drawn if drawn is not None and len(drawn[0].r2) else (None, None)
    apart = {} if replicates is None else _differences(names, weight / r2, replicates.shares)
    ends = _intervals("weight", replicates and replicates.shares * replicates.r2[:, None], len(names))
    ends_of_share, ends_of_r = _intervals("share", replicates and replicates.shares, len(names)), _intervals("r", rxy, len(names))
    facts = _facts(cross, r, beta)
    order = sorted(range(len(names)), key=lambda j: (-weight[j], j))
    found = [
        Driver(
            name=names[j], weight=float(weight[j]), **ends[j], share=float(weight[j] / r2), **ends_of_share[j],
            rank=_rank(names[j], apart) if state == "ranked" and replicates else None,
            **ends_of_r[j], direction=_direction(float(r[j, -1]), ends_of_r[j]["r_low"], ends_of_r[j]["r_high"]),
            relative=float(relative[j] / r2), **facts[j],
        )
        for j in order
    ]
    of_r2 = _intervals("r2", replicates and replicates.r2[:, None], 1)[0]
    return Drivers(outcome, method, state, "", need, cross.size, cross.n_eff, cross.lost, cross.lost_share, float(cross.means[-1]), r2,
                   **of_r2, explains=r2 >= EXPLAINS, drivers=tuple(found), dropped=gone, differences=apart, replicates=replicates)


def _facts(cross: Cross, r: Array, beta: Array) -> list[dict]:
    """What the classical regression says of each driver."""
    inverse = np.diag(np.linalg.inv(r[:-1, :-1]))
    spread = np.sqrt(np.diag(cross.covariance))
    names = cross.names
    return [
        {
            "r": float(r[j, -1]), "beta": float(beta[j]), "slope": float(beta[j] * spread[-1] / spread[j]),
            "alone": float(r[j, -1] * spread[-1] / spread[j]), "vif": float(inverse[j]),
            "first": float(r[j, -1] ** 2), "last": float(beta[j] ** 2 / inverse[j]), "mean": float(cross.means[j]),
            "suppressor": bool(r[j, -1] * beta[j] < 0),
            "twins": tuple(names[i] for i in range(len(beta)) if i != j and abs(r[i, j]) > R_HIGH),
        }
        for j in range(len(beta))
    ]


def _replicates(cross: Cross, method: Method, draws: int, seed: int) -> tuple[Replicates, Array]:
    """And the correlations with the outcome (draws, p). Samples in which nothing of the outcome is explained are left out."""
    _, cov = cross.resampled(draws, seed)
    r = correlations(cov)
    relative, beta = johnson_and_betas(r)
    r2 = (beta * r[:, :-1, -1]).sum(axis=1)
    good = r2 > TOLERANCE
    r, r2, cov, beta = r[good], r2[good], cov[good], beta[good]
    weight = lmg(r) if method == "lmg" else relative[good]
    spread = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    scale = np.divide(spread[:, -1:], spread[:, :-1], out=np.zeros_like(beta), where=spread[:, :-1] > 0)
    rxy = r[:, :-1, -1]
    return Replicates(cross.names[:-1], weight / weight.sum(axis=1, keepdims=True), beta * scale, rxy * scale, r2), rxy


def share_changes(first: Drivers, second: Drivers) -> dict[str, ShareDifference]:
    """Share of each common driver in the first model minus that in the second, with interval and p. The two must not share respondents.

    >>> rng = np.random.default_rng(1)
    >>> def asked(effect):
    ...     x = rng.normal(size=(400, 2))
    ...     return drivers_of_rows(x @ [1, effect] + rng.normal(size=400), {"a": x[:, 0], "b": x[:, 1]}, draws=200)
    >>> found = share_changes(asked(0.1), asked(1.0))
    >>> {name: d.tied for name, d in found.items()}
    {'a': False, 'b': False}
    """
    if first.replicates is None or second.replicates is None:
        return {}
    a, b = ({d.name: d.share for d in found.drivers} for found in (first, second))
    draws = min(len(first.replicates.shares), len(second.replicates.shares))
    told = {}
    for name in (name for name in a if name in b):
        one = first.replicates.shares[:draws, first.replicates.names.index(name)]
        # backwards: both models drew the same groups in the same order, which must not tie them together
        other = second.replicates.shares[:draws, second.replicates.names.index(name)][::-1]
        low, high = percentiles(one - other)
        told[name] = ShareDifference(a[name] - b[name], float(low), float(high), _p(one - other))
    return told


def _p(drawn: Array) -> float:
    """Two-sided: twice the part of the samples beyond 0, themselves counted in, so that it is never 0 (Davison & Hinkley 1997, 4.2)."""
    beyond = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (len(drawn) + 1))


def percentiles(values: Array) -> tuple[Array, Array]:
    """Ends of the 95 % percentile interval along the first axis."""
    low, high = np.quantile(values, [ALPHA / 2, 1 - ALPHA / 2], axis=0)
    return low, high


def _intervals(name: str, values: Array | None, columns: int) -> list[dict[str, float | None]]:
    """Of each column of the samples."""
    low, high = ([None] * columns,) * 2 if values is None else (ends.tolist() for ends in percentiles(values))
    return [{f"{name}_low": a, f"{name}_high": b} for a, b in zip(low, high, strict=True)]


def _direction(r: float, low: float | None, high: float | None) -> Direction:
    if low is not None and high is not None and low <= 0 <= high:
        return "unclear"
    return "up" if r > 0 else "down" if r < 0 else "unclear"


def _differences(names: Sequence[str], share: Array, drawn: Array) -> dict[tuple[str, str], ShareDifference]:
    first, second = np.triu_indices(len(names), 1)
    if not len(first):
        return {}
    low, high = percentiles(drawn[:, first] - drawn[:, second])
    return {(names[i], names[j]): ShareDifference(float(share[i] - share[j]), float(low[at]), float(high[at]))
            for at, (i, j) in enumerate(zip(first, second, strict=True))}


def _rank(name: str, apart: Mapping[tuple[str, str], ShareDifference]) -> int:
    """1 + how many are clearly stronger."""
    return 1 + sum(not d.tied and ((a == name and d.value < 0) or (b == name and d.value > 0)) for (a, b), d in apart.items())
