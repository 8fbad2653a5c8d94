"""Unlabelled numeric answers: which of the usual scales they were given on, and which numbers beside it mean "no answer".

Every usual scale is a candidate. Its score is the logarithm of how common such scales are, less what it would have to
explain: points that nobody used, numbers outside it, and a shape that no scale has. A number just beyond the end is a
missing code the more, the less it continues the run of counts (a spike of 6 = "not used" after a falling 4, 5), and the
end of a longer scale the more it does. Other columns of the same battery vote. Where two scales stay close, the user is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, log2, sqrt

Counts = tuple[tuple[int, int], ...]  # (value, count), ascending by value

# How often a survey item has this scale, relative to the others: experience with survey files, not counted anywhere.
_USUAL = {
    (1, 5): 0.45,
    (1, 7): 0.22,
    (0, 10): 0.20,
    (1, 10): 0.12,
    (1, 4): 0.06,
    (0, 100): 0.05,
    (1, 3): 0.03,
    (-3, 3): 0.03,
    (1, 6): 0.02,
    (0, 5): 0.02,
    (1, 9): 0.02,
    (-2, 2): 0.02,
    (0, 4): 0.015,
    (1, 2): 0.01,
    (0, 1): 0.01,
    (1, 11): 0.01,
    (-5, 5): 0.01,
    (0, 3): 0.008,
    (0, 6): 0.006,
    (-1, 1): 0.005,
}
_CODES = frozenset(
    {
        8,
        9,
        77,
        88,
        97,
        98,
        99,
        777,
        888,
        997,
        998,
        999,
        7777,
        8888,
        9997,
        9998,
        9999,
        99999,
        -1,
        -2,
        -3,
        -7,
        -8,
        -9,
        -77,
        -88,
        -97,
        -98,
        -99,
        -999,
        -9999,
    }
)
_WORST = 4.0  # the most that one unused point may cost
_MANY = 50  # answers of which one alone, on no point and no usual code, is a slip: it is told with its row, not taken for a code
_ALIKE = 5.0  # the most that unused points may cost where everybody gave the same one: that tells little of the scale
_SAID = 6.0  # per bound the header states
CLOSE = 1.0  # scores nearer than this are asked about


@dataclass(frozen=True)
class Fit:
    """A scale with its score; missing: numbers outside it that are codes for "no answer"; stray: others outside it."""

    lo: int
    hi: int
    score: float
    missing: tuple[int, ...] = ()
    stray: tuple[int, ...] = ()

    @property
    def bounds(self) -> tuple[int, int]:
        return self.lo, self.hi


@lru_cache(maxsize=8192)
def fits(
    counts: Counts, stated: tuple[int | None, int | None] = (None, None), said_missing: tuple[int, ...] = (), recommend: bool = False
) -> tuple[Fit, ...]:
    """All candidate scales, best first. stated: bounds the header names; said_missing: codes it calls "no answer"."""
    table = dict(counts)
    candidates = dict(_USUAL)
    if stated[0] is not None and stated[1] is not None:
        candidates.setdefault((stated[0], stated[1]), 0.01)  # type: ignore[arg-type]
    found = [
        _fit(
            table,
            lo,
            hi,
            log(prior) + _stated(lo, hi, stated) + (1.5 if recommend and (lo, hi) in ((0, 10), (1, 11)) else 0.0),
            said_missing,
        )
        for (lo, hi), prior in candidates.items()
    ]
    return tuple(sorted((fit for fit in found if fit is not None), key=lambda fit: -fit.score))


def _stated(lo: int, hi: int, stated: tuple[int | None, int | None]) -> float:
    """What a header's own words weigh: more than any shape of the counts. 1-11 may be a stated 0-10 as it was stored."""
    if stated == (0, 10) and (lo, hi) == (1, 11):
        return 2 * _SAID + 1.0  # where nobody gave a 0; a 0 costs more than this
    return sum(_SAID if want == have else 0.0 if want is None else -2.0 for want, have in zip(stated, (lo, hi), strict=True))


def _fit(table: Mapping[int, int], lo: int, hi: int, prior: float, said_missing: Sequence[int]) -> Fit | None:
    inside = {value: count for value, count in table.items() if lo <= value <= hi and value not in said_missing}
    total = sum(table.values())
    if not inside or len(inside) < min(2, len(table)):
        return None
    score, missing, stray = prior, [], []
    for value in table:
        if value in inside:
            continue
        cost = 0.0 if value in said_missing else _outside(value, table, inside, lo, hi, total)
        slip = table[value] <= total // 200 + 1 and total >= _MANY and value not in _CODES and value not in said_missing
        (missing if cost < _WORST and not slip else stray).append(value)
        score -= min(cost, 6.0)
    score -= 2.0 * max(0, len(missing) - 3)
    if (lo, hi) != (0, 100):
        score -= _unused(inside, lo, hi) + 3.0 * valley([inside.get(point, 0) for point in range(lo, hi + 1)])
    elif not _is_percent(inside):
        score -= 5.0
    return Fit(lo, hi, score, tuple(sorted(missing)), tuple(sorted(stray)))


def _is_percent(inside: Mapping[int, int]) -> bool:
    """0-100 answers go beyond 20 and heap at the tens and fives; ages and counts do not."""
    total = sum(inside.values())
    return max(inside) > 20 and sum(count for value, count in inside.items() if value % 5 == 0) >= 0.5 * total


def _outside(value: int, table: Mapping[int, int], inside: Mapping[int, int], lo: int, hi: int, total: int) -> float:
    """What it costs to call `value`, outside lo..hi, a missing code (_WORST and more: it is not one, but a slip or another scale)."""
    count = table[value]
    if value in (hi + 1, lo - 1):
        if value == lo - 1 and value < -1:
            return 5.0
        end, next_ = (hi, hi - 1) if value > hi else (lo, lo + 1)
        expected = _decay(inside.get(end, 0), inside.get(next_, 0))
        return max(0.3, 3.2 - abs(log((count + 0.5) / (expected + 0.5))))
    rare = count <= max(1, total // 200)
    if value in _CODES and not (value < 0 and lo < 0) and (value > hi + 1 or value < lo):
        alone = value - 1 not in table if value > 0 else True
        return (0.3 if abs(value) > 10 or value - hi > 2 or value < 0 else 0.6) if alone or value - 1 in _CODES else 1.5
    if hi + 1 < value <= hi + 2 or (value in (0, 11) and not lo <= value <= hi):
        return 0.8 if value - 1 not in table else 2.5
    return 4.0 if rare else 6.0


def _decay(end: int, next_: int) -> float:
    """The count expected one step beyond `end` when the counts go on falling (or stay) as they did from `next_` to `end`."""
    return end * min(1.0, end / next_) if next_ else float(end)


def _unused(inside: Mapping[int, int], lo: int, hi: int) -> float:
    """The cost of points nobody used: high where the neighbours lead one to expect many, low in a thin tail."""
    cost, first, last = 0.0, min(inside), max(inside)
    least = 0.12 * log2(1 + sum(inside.values()) / 10)  # many answers use most of their scale
    for low_end in (True, False):
        end, step = (first, 1) if low_end else (last, -1)
        expected, previous = float(inside[end]), float(inside.get(end + step, 0))
        point = end - step
        while lo <= point <= hi:
            ratio = min(1.0, expected / previous) if previous else 0.7
            previous, expected = expected, expected * ratio
            cost += min(_WORST, max(least, 0.35 * sqrt(expected)))
            point -= step
    for point in range(first + 1, last):
        if point not in inside:
            left, right = inside.get(point - 1, 0), inside.get(point + 1, 0)
            cost += min(_WORST, 0.5 * sqrt(sqrt(left * right)) + 0.3)
    return min(cost, 12.0 if first < last else _ALIKE)


def valley(row: Sequence[int]) -> float:
    """How deep the deepest valley between two peaks of a row of counts is, as a share of all (0 for one peak)."""
    total = sum(row)
    deepest = max((min(max(row[:i]), max(row[i + 1 :])) - row[i] for i in range(1, len(row) - 1)), default=0)
    return max(0, deepest) / total if total else 0.0


def vote(ranked: Sequence[Fit], neighbours: Sequence[tuple[Counts, float]]) -> tuple[Fit, ...]:
    """The same fits, with the scales of other columns counted in. neighbours: (counts, weight), nearest first."""
    votes: dict[tuple[int, int], float] = {}
    for distance, (counts, weight) in enumerate(neighbours[:24]):
        theirs = fits(counts)
        if not theirs or theirs[0].score < -6 or theirs[0].hi <= 2:
            continue
        sure = min(1.0, 0.3 + 0.5 * (theirs[0].score - theirs[1].score if len(theirs) > 1 else 2.0))
        votes[theirs[0].bounds] = votes.get(theirs[0].bounds, 0.0) + weight * sure / (1.0 + 0.25 * distance)
    total = sum(votes.values())
    if total <= 0:
        return tuple(ranked)
    heard = 3.0 * (1.0 - exp(-total))
    return tuple(
        sorted(
            (Fit(f.lo, f.hi, f.score + heard * votes.get(f.bounds, 0.0) / total, f.missing, f.stray) for f in ranked),
            key=lambda fit: -fit.score,
        )
    )
