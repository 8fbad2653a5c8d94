"""Distances of a figure from what was expected, promised, felt, and from others' figures (methods.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Literal

import numpy as np
from scipy.special import ndtr

from cxdash.errors import StatsError
from cxdash.stats.adjust import HOLM_MOST, adjust_differences
from cxdash.stats.bases import judged
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Counts, Moments, Values, floats
from cxdash.stats.figure import Z95, Difference, Figure
from cxdash.stats.journey import Gap, experience_scores
from cxdash.stats.means import score100
from cxdash.stats.paired import paired_moments
from cxdash.stats.shares import box_share

STANDARD = ("negative", "expected", "beyond")  # 부정 · 기대 · 기대 이상
Held = Literal["performance", "emotion", "neither", "untested"]


def gap_of_sums(performance: Values, expectation: Values, n: Values, w: Values, w2: Values, *, points: float = 100.0,
                base_rule: bool = True) -> Gap:
    """`journey.expectation_gap` from how often pairs of scores on 0-100 came together (facts.joint); None = not answered.

    points: width of the scale in its own points (4 of a five-point scale), for `points` of the result.

    >>> g = gap_of_sums([100, 50, None], [50, 50, 75], [2, 2, 9], [2, 2, 9], [2, 2, 9], points=4, base_rule=False)
    >>> g.score100.value, g.points.value, g.test.n
    (25.0, 1.0, 4)
    """
    difference = floats(performance) - floats(expectation)
    test = paired_moments(Moments.from_sums(difference, n, w, w2), base_rule=base_rule)
    own = paired_moments(Moments.from_sums(difference * points / 100.0, n, w, w2), base_rule=base_rule)
    return Gap(own.difference, test.difference, test)


def ranked_gaps(gaps: Mapping[str, Gap]) -> dict[str, tuple[Gap, Difference, Verdict]]:
    """Gaps of a list of factors, the most disappointing first, with the difference on 0-100 adjusted for the number of factors (Holm up to
    ten, BH beyond) and its verdict. Hidden ones come last."""
    adjusted = adjust_differences([g.score100 for g in gaps.values()], "holm" if len(gaps) <= HOLM_MOST else "bh")
    told = {name: (gap, d, verdict(d)) for (name, gap), d in zip(gaps.items(), adjusted, strict=True)}
    return dict(sorted(told.items(), key=lambda item: (item[1][1].value is None, item[1][1].value or 0.0, item[0])))


def standard_shares(counts: Counts, expected_from: float, beyond_from: float) -> dict[str, Figure]:
    """Service standard of a stage: share of answers under `expected_from` (negative), from it (expected), from `beyond_from` on (beyond).

    counts: oriented points, high is favourable; the levels are points of the same scale. Wilson, one base. Raises StatsError (reason
    standard_levels) unless expected_from < beyond_from.

    >>> {k: f.value for k, f in standard_shares(Counts.from_values([1, 3, 3, 5]), 3, 5).items()}
    {'negative': 25.0, 'expected': 50.0, 'beyond': 25.0}
    """
    if not expected_from < beyond_from:
        raise StatsError(reason="standard_levels", expected=expected_from, beyond=beyond_from)
    points = [float(p) for p in counts.points]
    level = [0 if p < expected_from else 1 if p < beyond_from else 2 for p in points]
    return {name: box_share(counts, [p for p, at in zip(points, level, strict=True) if at == i]) for i, name in enumerate(STANDARD)}


@dataclass(frozen=True)
class Experience:
    """Score of a stage: mean of sqrt(performance · emotion) of its respondents, 0-100, beside the means of both among the same people.

    difference: performance minus emotion, paired. held: which of the two holds the score down (significantly lower), neither where they
    cannot be told apart, untested on a small base.
    """

    score: Figure
    performance: Figure
    emotion: Figure
    difference: Difference
    held: Held


def experience(performance: Values, emotion: Values, n: Values | None = None, w: Values | None = None, w2: Values | None = None, *,
               base_rule: bool = True) -> Experience:
    """From respondents' scores on 0-100, or from how often pairs came together (facts.joint) with n, Σw and Σw² of each pair.

    Bipolar emotion (-3..3) is on 0-100 before. A zero on either side is a zero, on purpose. Raises StatsError (out_of_scale).

    >>> e = experience([100, 80, 60, 40, 20], [90, 80, 50, 30, 10], base_rule=False)
    >>> round(e.score.value, 6), e.performance.value, e.emotion.value
    (55.684747, 60.0, 52.0)
    """
    p, e = floats(performance), floats(emotion)
    size = np.ones(p.size) if n is None else floats(n)
    sums = (size, size if w is None else floats(w), size if w2 is None else floats(w2))
    both = ~np.isnan(p) & ~np.isnan(e)
    score = Moments.from_sums(experience_scores(p, e), *sums)
    means = [Moments.from_sums(np.where(both, x, np.nan), *sums) for x in (p, e)]
    difference = paired_moments(Moments.from_sums(p - e, *sums), base_rule=base_rule).difference
    held: Mapping[Verdict, Held] = {"up": "emotion", "down": "performance", "none": "neither", "untested": "untested"}
    return Experience(score100(score), score100(means[0]), score100(means[1]), difference, held[verdict(difference)])


@dataclass(frozen=True)
class Benchmark:
    """An outside figure in the unit of ours. n: answers behind it, None = not known; se: its standard error, where it was published."""

    value: float
    n: int | None = None
    se: float | None = None


def benchmark_gap(own: Figure, benchmark: Benchmark, *, base_rule: bool = True) -> Difference:
    """Ours minus the benchmark with interval. flags say what was taken for its doubt: "benchmark_se" (published), "benchmark_spread" (its n
    with the spread of our own answers), "benchmark_exact" (n not known: taken as a fixed number, so the interval is only ours).

    For two groups of answers at hand use the tests of the figure itself; for the same respondents' rating of a competitor, the paired one.
    Raises StatsError (reason benchmark_n, benchmark_value).

    >>> d = benchmark_gap(Figure(70.0, 400, 400.0, 68.0, 72.0, 1.0, "score100"), Benchmark(75.0))
    >>> d.value, round(d.ci_low, 2), d.significant, d.flags
    (-5.0, -6.96, True, ('benchmark_exact',))
    """
    if benchmark.n is not None and benchmark.n < 1:
        raise StatsError(reason="benchmark_n", n=benchmark.n)
    if not isfinite(benchmark.value) or (benchmark.se is not None and not 0 <= benchmark.se < inf):
        raise StatsError(reason="benchmark_value", value=benchmark.value, se=benchmark.se)
    if own.value is None or own.base == "hidden":
        return judged(None, None, None, None, [(own.n, own.n_eff)], "benchmark", base_rule=base_rule)
    value = own.value - benchmark.value
    flag = "benchmark_exact"
    se = own.se
    if se is not None and benchmark.se is not None:
        se, flag = float(np.hypot(se, benchmark.se)), "benchmark_se"
    elif se is not None and benchmark.n is not None:
        se, flag = se * float(np.sqrt(1 + own.n_eff / benchmark.n)), "benchmark_spread"
    if not se:
        return judged(value, None, None, None, [(own.n, own.n_eff)], "benchmark", base_rule=base_rule)
    bases = [(own.n, own.n_eff), *([(benchmark.n, float(benchmark.n))] if benchmark.n is not None else [])]
    found = judged(value, value - Z95 * se, value + Z95 * se, _p(value / se), bases, "benchmark", base_rule=base_rule)
    return Difference(found.value, found.ci_low, found.ci_high, found.p, None, found.tested, found.significant, "benchmark",
                      (*found.flags, flag))


def _p(z: float) -> float:
    return float(2 * ndtr(-abs(z)))


def best_benchmark(benchmarks: Mapping[str, Benchmark]) -> str | None:
    """The name of the highest (its value may become the target); the first of equals, None without any.

    >>> best_benchmark({"a": Benchmark(70), "b": Benchmark(81.5)})
    'b'
    """
    return max(benchmarks, key=lambda name: benchmarks[name].value) if benchmarks else None
