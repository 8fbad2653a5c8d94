"""Counts of events and mentions: exact Poisson rates, praise share, multi-response shares (methods.md sections 4 and 10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import chdtri

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts, Values, checked_weights
from cxdash.stats.figure import Figure, base_of
from cxdash.stats.shares import share, share_of


def poisson_rate(events: int, exposure: int, per: float = 100) -> Figure:
    """Events per `per` respondents with the exact (Garwood 1936) interval: χ²(.025; 2x)/2 … χ²(.975; 2x+2)/2. n = respondents.

    A person may mention more than once, so the rate can exceed `per`. Tested against R poisson.test. Raises StatsError for negatives.

    >>> f = poisson_rate(12, 100)
    >>> f.value, round(f.ci_low, 3), round(f.ci_high, 3)
    (12.0, 6.201, 20.962)
    """
    if events < 0 or exposure < 0 or per <= 0:
        raise StatsError(reason="rate_range", events=events, exposure=exposure)
    if exposure == 0:
        return Figure(None, 0, unit="count", method="poisson_exact", base="hidden")
    low = float(chdtri(2 * events, 0.975)) / 2 if events else 0.0
    high = float(chdtri(2 * events + 2, 0.025)) / 2
    times = per / exposure
    return Figure(events * times, exposure, float(exposure), low * times, high * times, events**0.5 * times, "count", "poisson_exact",
                  base=base_of(exposure))


def praise_share(praise: int, blame: int) -> Figure:
    """칭찬 among praise and blame, percent, Wilson; shown with both counts beside it. None when neither was said.

    >>> praise_share(15, 5).value
    75.0
    """
    return share(praise, praise + blame)


@dataclass(frozen=True)
class MultiResponse:
    """A multi-response question. respondents: option -> % of those who chose anything (Wilson); may add up to over 100.

    mentions: option -> % of all mentions (no interval: mentions of one person are not independent).
    """

    respondents: Mapping[str, Figure]
    mentions: Mapping[str, float | None]
    n: int
    n_mentions: int


def multi_response(rows: Sequence[Collection[str] | None], options: Sequence[str] | None = None,
                   weights: Values | None = None) -> MultiResponse:
    """Shares of a multi-response question from the options each respondent chose. Blank (None or nothing chosen) is missing.

    options: order and completeness of the result; default every option chosen, sorted. Raises StatsError for an option not listed.

    >>> m = multi_response([["A", "B"], ["A"], ["B", "C"], []])
    >>> m.n, {o: round(f.value, 2) for o, f in m.respondents.items()}, m.mentions
    (3, {'A': 66.67, 'B': 66.67, 'C': 33.33}, {'A': 40.0, 'B': 40.0, 'C': 20.0})
    """
    chosen = [frozenset(r) if r else None for r in rows]
    found = sorted(set().union(*(c for c in chosen if c)))
    order = list(found if options is None else options)
    if not set(found) <= set(order):
        raise StatsError(reason="option_unknown", values=sorted(set(found) - set(order)))
    w = checked_weights(weights, len(chosen))
    by_option = {o: Counts.from_values([None if c is None else float(o in c) for c in chosen], w) for o in order}
    mass = {o: float(c.w[c.points == 1].sum()) for o, c in by_option.items()}
    total = sum(mass.values())
    figures = {o: share_of(c, c.points == 1) for o, c in by_option.items()}
    n = next(iter(by_option.values())).size if by_option else 0
    n_mentions = sum(int(c.n[c.points == 1].sum()) for c in by_option.values())
    return MultiResponse(figures, {o: 100 * m / total if total else None for o, m in mass.items()}, n, n_mentions)
