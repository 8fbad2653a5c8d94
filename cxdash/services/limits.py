"""Control limits of a trend (methods.md section 8): which periods may be judged, by which chart, and what it signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cxdash.services.catalog import Catalog
from cxdash.services.figures import Summary, metric_figure, sample_of
from cxdash.services.metric import Metric, metric_of
from cxdash.stats.bases import may_test
from cxdash.stats.control import BASELINE_MIN, RUN, ControlChart, nps_chart, p_chart, xmr_chart
from cxdash.stats.figure import Figure
from cxdash.stats.net import Net

BASELINE_MOST = 20
LARGE = 1000  # mean base from which Laney's σ_z widens the limits of a share: plain limits would flag almost every period
Kind = Literal["above", "below", "run_above", "run_below"]


@dataclass(frozen=True)
class Limit:
    centre: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Signal:
    """first, last: places of the periods in the trend; for a run of `length` periods on one side its first and last."""

    kind: Kind
    first: int
    last: int
    length: int = 1


@dataclass(frozen=True)
class Limits:
    """at: limits per period of the trend, None where none apply. baseline: how many periods they come from. method: "nps", "p", "laney"
    or "xmr". absent: "few" (under eight periods that may be judged), "split" (several lines), else ""."""

    at: tuple[Limit | None, ...] = ()
    signals: tuple[Signal, ...] = ()
    baseline: int = 0
    method: str = ""
    absent: str = ""


def limits_of(catalog: Catalog, name: str, periods: Sequence[Summary], usable: Sequence[bool], *, start: int = 0) -> Limits:
    """Limits of the periods from `start` on (after the last change of method). usable: False for periods that are not over.

    Judged are periods with 30 answers or more. The baseline is the first half of them, at least 8 and at most 20, so that the latest
    periods do not widen the limits they are held against.
    """
    metric = metric_of(catalog, name)
    figures = [metric_figure(name, catalog, s) or Figure(None, 0) for s in periods]
    places = [i for i, f in enumerate(figures) if i >= start and usable[i] and f.value is not None and may_test(f)]
    if metric is None or len(places) < BASELINE_MIN:
        return Limits(absent="few")
    baseline = max(BASELINE_MIN, min(BASELINE_MOST, len(places) // 2))
    found, method, unit = _chart(metric, [periods[i] for i in places], [figures[i] for i in places], baseline)
    floor = -100.0 if metric.signed else 0.0
    at: list[Limit | None] = [None] * len(periods)
    for i, low, high in zip(places, found.lower, found.upper, strict=True):
        at[i] = Limit(unit * found.centre, max(floor, unit * low), min(100.0, unit * high))
    return Limits(tuple(at), _signals(found, places), baseline, method)


def _chart(metric: Metric, periods: Sequence[Summary], figures: Sequence[Figure], baseline: int) -> tuple[ControlChart, str, float]:
    """The chart, what it is called, and what turns its unit into the metric's."""
    if metric.signed:
        nets = [n for n in (sample_of(metric, s) for s in periods) if isinstance(n, Net)]
        plus, minus = [n.plus * n.n_eff for n in nets], [n.minus * n.n_eff for n in nets]
        return nps_chart([n.n_eff for n in nets], plus, minus, baseline=baseline), "nps", 1.0
    values = [f.value or 0.0 for f in figures]
    if figures[0].unit != "percent":
        return xmr_chart(values, baseline=baseline).chart, "xmr", 1.0
    sizes = [f.n_eff for f in figures]
    hits = [v / 100 * n for v, n in zip(values, sizes, strict=True)]
    if sum(sizes) / len(sizes) >= LARGE:
        wide = p_chart(hits, sizes, baseline=baseline, laney=True)
        if wide.sigma is not None and wide.sigma > 1:
            return wide, "laney", 100.0
    return p_chart(hits, sizes, baseline=baseline), "p", 100.0


def _signals(found: ControlChart, places: Sequence[int]) -> tuple[Signal, ...]:
    """Points outside, then runs, each run told once from its first period to its last."""
    signals = [Signal("above" if found.values[i] > found.upper[i] else "below", places[i], places[i]) for i in found.beyond]
    run: list[int] = []
    for i in found.runs:
        if run and (i != run[-1] + 1 or _above(found, i) != _above(found, run[-1])):
            signals.append(_run(found, run, places))
            run = []
        run.append(i)
    return (*signals, *([_run(found, run, places)] if run else []))


def _above(found: ControlChart, i: int) -> bool:
    return found.values[i] > found.centre


def _run(found: ControlChart, marked: Sequence[int], places: Sequence[int]) -> Signal:
    """marked: from the eighth period of the run to its last."""
    first = marked[0] - RUN + 1
    return Signal("run_above" if _above(found, marked[0]) else "run_below", places[first], places[marked[-1]], marked[-1] - first + 1)
