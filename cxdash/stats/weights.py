"""Response weights: checks, normalisation, what they cost (Kish), and raking (rim weights) to known margins.

Kish (1965): n_eff = (Σw)²/Σw², deff = n/n_eff = 1 + CV²(w). Raking: iterative proportional fitting (Deming & Stephan 1940), tested
against R survey 4.1.1 rake(epsilon=1e-12).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.counts import Array, Values, checked_weights, floats, kish_n_eff
from cxdash.stats.figure import design_flags

TOLERANCE, ITERATIONS = 1e-6, 200  # largest margin error as a share of the total; IPF rounds before it is an error
TRIM = 5.0  # times the mean weight
RATIO_LOW, RATIO_HIGH = 0.7, 1.5  # 가중값 배율: weighted / unweighted share of a margin outside these is warned of


@dataclass(frozen=True)
class Kish:
    """n rows with a positive weight, effective base, design effect (1 = none), highest / lowest weight; None when n = 0."""

    n: int
    n_eff: float
    deff: float | None
    ratio: float | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raked:
    """weights (n,) with mean 1. margin_ratio: variable -> value -> target share / share before raking.

    flags: "weighted", "deff_high", "deff_block", "margin_ratio" (one outside 0.7-1.5), "trimmed", "trim_incomplete" (margins
    cannot be met with all weights under the limit; they are met without it).
    """

    weights: Array
    iterations: int
    max_error: float
    kish: Kish
    margin_ratio: Mapping[str, Mapping[str, float]]
    flags: tuple[str, ...] = ()


def kish(weights: Values) -> Kish:
    """Effective base and design effect; rows of weight 0 do not count. Raises StatsError for negative or missing weights.

    >>> k = kish([1, 1, 2])
    >>> round(k.n_eff, 4), k.deff, k.ratio
    (2.6667, 1.125, 2.0)
    """
    raw = floats(weights)
    w = checked_weights(raw, raw.size)
    w = w[w > 0]
    n_eff = kish_n_eff(w.size, float(w.sum()), float((w * w).sum()))
    if not w.size:
        return Kish(0, 0.0, None, None)
    return Kish(int(w.size), n_eff, w.size / n_eff, float(w.max() / w.min()), design_flags(int(w.size), n_eff))


def normalise(weights: Values, valid: npt.NDArray[np.bool_] | None = None) -> Array:
    """Weights scaled to mean 1 among the rows with a positive weight (and valid, when given); others become 0.

    Raises StatsError for negative or missing weights, or when none is positive (reason weights_none).

    >>> normalise([2, 4, 0]).round(4).tolist()
    [0.6667, 1.3333, 0.0]
    """
    raw = floats(weights)
    w = checked_weights(raw, raw.size)
    if valid is not None:
        w = np.where(valid, w, 0.0)
    used = w > 0
    if not used.any():
        raise StatsError(reason="weights_none")
    return w / w[used].mean()


@dataclass(frozen=True)
class RakedCells:
    """factors (cells,): what the base weights of a cell are multiplied by, mean 1 over the rows. The rest as in `Raked`."""

    factors: Array
    iterations: int
    max_error: float
    kish: Kish
    margin_ratio: Mapping[str, Mapping[str, float]]
    flags: tuple[str, ...] = ()


def rake_cells(variables: Mapping[str, Sequence[str | None]], targets: Mapping[str, Mapping[str, float]], mass: Values, *, n: Values,
               squares: Values, low: Values, high: Values, trim: float | None = TRIM) -> RakedCells:
    """`rake` of rows that were counted before: one entry per combination of the variables' values.

    variables: name -> (cells,) values. mass, squares: Σ and Σ² of the base weights in a cell; n: its rows; low, high: its lowest and
    highest base weight (all n, 1 and 1 without base weights). The weight of a row is its base weight times the factor of its cell; `trim`
    limits the factor, which with equal base weights is the weight (bounded calibration, Deville & Särndal 1992).
    Raises StatsError as `rake`.

    >>> r = rake_cells({"sex": ["M", "F"]}, {"sex": {"M": 0.5, "F": 0.5}}, [3, 1], n=[3, 1], squares=[3, 1], low=[1, 1], high=[1, 1])
    >>> r.factors.round(4).tolist(), round(r.kish.deff, 4), r.kish.ratio
    ([0.6667, 2.0], 1.3333, 3.0)
    """
    before, rows = floats(mass), floats(n)
    first = rake(variables, targets, before, trim=None)
    factors, rounds, error = _factors(first, before), first.iterations, first.max_error
    flags = [f for f in first.flags if f == "margin_ratio"]
    if trim is not None and factors.max() > trim * (1 + 1e-6):
        cut = factors
        for _ in range(50):
            again = rake(variables, targets, np.minimum(cut, trim) * before, trim=None)
            cut, rounds = _factors(again, before), rounds + again.iterations
            if cut.max() <= trim * (1 + 1e-6):
                factors, error = cut, again.max_error
                break
        flags.append("trimmed" if factors is cut else "trim_incomplete")
    total, square = float((factors * before).sum()), float((factors * factors * floats(squares)).sum())
    size, n_eff = int(rows.sum()), kish_n_eff(int(rows.sum()), total, square)
    spread = float((factors * floats(high)).max() / (factors * floats(low)).min())
    summary = Kish(size, n_eff, size / n_eff, spread, design_flags(size, n_eff))
    return RakedCells(factors, rounds, error, summary, first.margin_ratio, (*summary.flags, *flags))


def _factors(raked: Raked, before: Array) -> Array:
    """What the masses of cells were multiplied by, so that their sum stays."""
    return raked.weights * (before.sum() / raked.weights.sum()) / before


@dataclass(frozen=True)
class _Cells:
    """Respondents of one combination of all rake variables share one raking factor."""

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    codes: npt.NDArray[np.int64]  # (cells, variables)
    of_row: npt.NDArray[np.int64]  # (n,)
    targets: tuple[Array, ...]


def rake(variables: Mapping[str, Sequence[str | None]], targets: Mapping[str, Mapping[str, float]], base: Values | None = None, *,
         trim: float | None = TRIM) -> Raked:
    """Weights that give every variable its target shares.

    variables: name -> (n,) values; targets: name -> value -> share (adding up to 1); base: design weights (ones). IPF until the largest
    margin error is under 1e-6; weights over `trim` × mean are cut there and the margins raked again, until both hold.
    Raises StatsError: rake_variables, rake_missing (a respondent without a value), rake_targets (value without target or a share
    that is not positive), rake_empty (target without respondents), rake_sum (shares do not add up to 1), rake_not_converged;
    parameters name what is wrong.

    >>> r = rake({"sex": ["M", "M", "M", "F"]}, {"sex": {"M": 0.5, "F": 0.5}})
    >>> r.weights.round(4).tolist(), round(r.kish.deff, 4)
    ([0.6667, 0.6667, 0.6667, 2.0], 1.3333)
    """
    if not targets or set(variables) != set(targets):
        raise StatsError(reason="rake_variables", given=sorted(variables), targets=sorted(targets))
    n = len(next(iter(variables.values())))
    start = checked_weights(base, n)
    if n == 0 or (start <= 0).any():
        raise StatsError(reason="weights_none" if n == 0 else "rake_zero_weight")
    cells = _cells(variables, targets, n)
    weights, rounds, error = _fit(cells, start)
    flags: list[str] = []
    if trim is not None and weights.max() > trim * (1 + 1e-6):
        cut, rounds, cut_error, met = _trimmed(cells, weights, trim, rounds)
        if met:  # else cutting again and again drives some weights to nothing and others beyond what they were
            weights, error = cut, cut_error
        flags.append("trimmed" if met else "trim_incomplete")
    summary, ratios = kish(weights), _margin_ratios(cells, start)
    if any(not RATIO_LOW <= r <= RATIO_HIGH for by_value in ratios.values() for r in by_value.values()):
        flags.append("margin_ratio")
    return Raked(weights, rounds, error, summary, ratios, (*summary.flags, *flags))


def _cells(variables: Mapping[str, Sequence[str | None]], targets: Mapping[str, Mapping[str, float]], n: int) -> _Cells:
    codes, levels, shares = [], [], []
    for name, wanted in targets.items():
        values = list(variables[name])
        if len(values) != n:
            raise StatsError(reason="rake_length", variable=name, expected=n, found=len(values))
        missing = sum(v is None or v != v for v in values)
        if missing:
            raise StatsError(reason="rake_missing", variable=name, rows=missing)
        unplanned = sorted({str(v) for v in values} - set(wanted)) + sorted(v for v, s in wanted.items() if not s > 0)
        if unplanned:
            raise StatsError(reason="rake_targets", variable=name, values=unplanned)
        empty = sorted(set(wanted) - {str(v) for v in values})
        if empty:
            raise StatsError(reason="rake_empty", variable=name, values=empty)
        total = sum(wanted.values())
        if abs(total - 1) > TOLERANCE:
            raise StatsError(reason="rake_sum", variable=name, total=total)
        index = {value: i for i, value in enumerate(wanted)}
        codes.append([index[str(v)] for v in values])
        levels.append(tuple(wanted))
        shares.append(np.array(list(wanted.values())) / total)
    cells, of_row = np.unique(np.array(codes, dtype=np.int64).T, axis=0, return_inverse=True)
    return _Cells(tuple(targets), tuple(levels), cells, of_row.ravel(), tuple(shares))


def _fit(cells: _Cells, start: Array) -> tuple[Array, int, float]:
    """IPF on cell totals: (weights with mean 1, rounds, largest margin error)."""
    before = np.bincount(cells.of_row, weights=start, minlength=len(cells.codes))
    mass = before / before.sum()
    rounds, error = 0, np.inf
    while rounds < ITERATIONS and not error < TOLERANCE * 1e-6:  # on to the limit of precision: rounds are cheap, the promise is 1e-6
        rounds += 1
        for column, wanted in enumerate(cells.targets):
            now = np.bincount(cells.codes[:, column], weights=mass, minlength=wanted.size)
            mass = mass * (wanted / now)[cells.codes[:, column]]
        error = max(_margin_error(cells, mass, column) for column in range(len(cells.targets)))
    if not error < TOLERANCE:  # NaN as well
        raise StatsError(reason="rake_not_converged", iterations=ITERATIONS, error=float(error))
    weights = start * (mass / before)[cells.of_row]
    return weights / weights.mean(), rounds, float(error)


def _margin_error(cells: _Cells, mass: Array, column: int) -> float:
    wanted = cells.targets[column]
    return float(np.abs(np.bincount(cells.codes[:, column], weights=mass, minlength=wanted.size) - wanted).max())


def _trimmed(cells: _Cells, weights: Array, trim: float, rounds: int) -> tuple[Array, int, float, bool]:
    error = 0.0
    for _ in range(50):
        weights, more, error = _fit(cells, np.minimum(weights, trim))
        rounds += more
        if weights.max() <= trim * (1 + 1e-6):
            return weights, rounds, error, True
    return weights, rounds, error, False


def _margin_ratios(cells: _Cells, start: Array) -> dict[str, dict[str, float]]:
    before = np.bincount(cells.of_row, weights=start, minlength=len(cells.codes))
    ratios = {}
    for column, (name, values) in enumerate(zip(cells.names, cells.levels, strict=True)):
        have = np.bincount(cells.codes[:, column], weights=before / before.sum(), minlength=len(values))
        ratios[name] = {v: float(t / h) for v, t, h in zip(values, cells.targets[column], have, strict=True)}
    return ratios
