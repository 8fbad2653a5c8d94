"""Comparisons: the verdict of a change, a segment against the rest, all pairs of a row with column letters.

A segment is never tested against the total that contains it, and several tests of one row are adjusted (methods.md sections 1, 8, 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import combinations
from operator import add
from typing import Literal, TypeVar

from cxdash.errors import StatsError
from cxdash.stats.adjust import Adjustment, adjust_differences
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference

Verdict = Literal["up", "down", "none", "untested"]
Group = TypeVar("Group", Counts, Moments)


def verdict(difference: Difference) -> Verdict:
    """What may be said of a change: an arrow only when it is significant (after adjustment, where there was one).

    >>> verdict(Difference(2.0, p=0.4, tested=True)), verdict(Difference(2.0, p=0.01, tested=True, significant=True))
    ('none', 'up')
    >>> verdict(Difference(30.0))
    'untested'
    """
    if not difference.tested or difference.value is None:
        return "untested"
    if not difference.significant or difference.value == 0:
        return "none"
    return "up" if difference.value > 0 else "down"


def segment_v_rest(groups: Mapping[str, Group], segment: str, difference: Callable[[Group, Group], Difference]) -> Difference:
    """One group against all the others together. The groups must not share respondents (not for multi-response segments).

    difference: e.g. nps.nps_difference, means.mean_difference. Raises StatsError for an unknown or only group.

    >>> from cxdash.stats.nps import nps_counts, nps_difference
    >>> groups = {"a": nps_counts(50, 30, 20), "b": nps_counts(40, 35, 25), "c": nps_counts(25, 30, 45)}
    >>> segment_v_rest(groups, "a", nps_difference).value
    32.5
    """
    if segment not in groups or len(groups) < 2:
        raise StatsError(reason="segment_unknown", segment=segment, groups=sorted(map(str, groups)))
    rest = reduce(add, (g for name, g in groups.items() if name != segment))
    return difference(groups[segment], rest)


def each_v_rest(groups: Mapping[str, Group], difference: Callable[[Group, Group], Difference],
                how: Adjustment = "holm") -> dict[str, Difference]:
    """Every group against the rest, p adjusted over the tested ones.

    >>> from cxdash.stats.nps import nps_counts, nps_difference
    >>> r = each_v_rest({"a": nps_counts(70, 10, 20), "b": nps_counts(30, 30, 40)}, nps_difference)
    >>> verdict(r["a"]), verdict(r["b"])
    ('up', 'down')
    """
    raw = [segment_v_rest(groups, name, difference) for name in groups]
    return dict(zip(groups, adjust_differences(raw, how), strict=True))


def pairwise(groups: Mapping[str, Group], difference: Callable[[Group, Group], Difference],
             how: Adjustment = "holm") -> dict[tuple[str, str], Difference]:
    """All pairs of a row, (first, second) -> first minus second, p adjusted over the tested pairs.

    >>> from cxdash.stats.nps import nps_counts, nps_difference
    >>> r = pairwise({"A": nps_counts(50, 30, 20), "B": nps_counts(40, 35, 25), "C": nps_counts(25, 30, 45)}, nps_difference)
    >>> {pair: round(d.p_adjusted, 5) for pair, d in r.items()}
    {('A', 'B'): 0.18331, ('A', 'C'): 4e-05, ('B', 'C'): 0.00462}
    """
    pairs = list(combinations(groups, 2))
    raw = [difference(groups[a], groups[b]) for a, b in pairs]
    return dict(zip(pairs, adjust_differences(raw, how), strict=True))


def letters(names: list[str], pairs: Mapping[tuple[str, str], Difference]) -> dict[str, str]:
    """Markers of a crosstab row: per column the letters (A, B, … Z, AA …) of the columns it beats significantly.

    >>> letters(["x", "y"], {("x", "y"): Difference(-5.0, p=0.01, tested=True, significant=True)})
    {'x': '', 'y': 'A'}
    """
    letter = {name: _letter(i) for i, name in enumerate(names)}
    beaten: dict[str, list[str]] = {name: [] for name in names}
    for (first, second), d in pairs.items():
        said = verdict(d)
        if said in ("up", "down"):
            winner, loser = (first, second) if said == "up" else (second, first)
            beaten[winner].append(loser)
    return {name: " ".join(letter[loser] for loser in names if loser in beaten[name]) for name in names}


def _letter(i: int) -> str:
    return (_letter(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)
