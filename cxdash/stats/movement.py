"""The loyalty matrix of groups already counted, and how the same customers moved through it between two waves (methods.md section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cxdash.errors import StatsError
from cxdash.stats.adjust import adjust_differences
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Array, Counts, Moments, Values, floats
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.loyalty import HIGH_FROM, MATRIX
from cxdash.stats.paired import paired_moments
from cxdash.stats.shares import box_share

SLACK = 1e-6  # scores that fractions put just under the cut


def classes(attitude: Values, intention: Values, *, cut: float = HIGH_FROM) -> Array:
    """The class of each pair of scores on 0-100 (0-3, in the order of `loyalty.MATRIX`), NaN where one is missing. From `cut` on is high.

    >>> classes([90, 80, 40, None], [85, 50, 80, 90]).tolist()
    [0.0, 1.0, 2.0, nan]
    """
    a, b = floats(attitude), floats(intention)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, 2.0 * (a < cut - SLACK) + (b < cut - SLACK))


def matrix_counts(attitude: Values, intention: Values, n: Values, w: Values, w2: Values, *, cut: float = HIGH_FROM) -> Counts:
    """Counts of the four classes (points 0-3, in the order of `loyalty.MATRIX`) from how often pairs of scores on 0-100 came together.

    Either score missing: unclassified, out of the base (n_missing). From `cut` on is high.

    >>> c = matrix_counts([90, 80, 40, None], [85, 50, 80, 90], [4, 3, 2, 9], [4, 3, 2, 9], [4, 3, 2, 9])
    >>> c.n.tolist(), c.n_missing
    ([4, 3, 2], 9)
    """
    return Counts.from_tally(classes(attitude, intention, cut=cut), n, w, w2)


def shares(counts: Counts) -> Mapping[str, Figure]:
    """`loyalty.matrix_shares` of counted classes: Wilson each, one base.

    >>> {k: f.value for k, f in shares(Counts.from_values([0, 0, 3, 2])).items()}
    {'truly_loyal': 50.0, 'accessible': 0.0, 'trapped': 25.0, 'high_risk': 25.0}
    """
    return {name: box_share(counts, [i]) for i, name in enumerate(MATRIX)}


@dataclass(frozen=True)
class Move:
    """One class: its share before and after among the same customers, percent, with the paired difference, adjusted over the classes.

    stayed: share of those who were in it that still are. came, left: customers (unweighted) that entered and left it.
    """

    name: str
    before: Figure
    after: Figure
    difference: Difference
    verdict: Verdict
    stayed: Figure
    came: int
    left: int


@dataclass(frozen=True, eq=False)
class Movement:
    """n: customers classified in both waves. table (4, 4): customers by class before (rows) and after (columns), unweighted."""

    n: int
    table: Array
    moves: tuple[Move, ...]


def movement(before: Values, after: Values, n: Values | None = None, w: Values | None = None, w2: Values | None = None,
             *, base_rule: bool = True) -> Movement:
    """From the classes (0-3, None = unclassified) of the same customers in two waves, or from how often pairs of classes came together.

    The differences are within customers: paired t on 100/0 indicators, which for shares is McNemar's comparison with its interval; Holm
    over the four classes. Raises StatsError (reason paired_length, class_unknown).

    >>> m = movement([0, 0, 1, 3] * 10, [0, 1, 1, 3] * 10)
    >>> m.n, [(x.name, x.difference.value) for x in m.moves if x.difference.value]
    (40, [('truly_loyal', -25.0), ('accessible', 25.0)])
    """
    a, b = floats(before), floats(after)
    if a.shape != b.shape:
        raise StatsError(reason="paired_length", first=int(a.size), second=int(b.size))
    known = ~np.isnan(a) & ~np.isnan(b)
    if not np.isin(np.concatenate([a[known], b[known]]), range(len(MATRIX))).all():
        raise StatsError(reason="class_unknown", values=sorted({*a[known].tolist(), *b[known].tolist()}))
    size = np.ones(a.size) if n is None else floats(n)
    sums = [c[known] for c in (size, size if w is None else floats(w), size if w2 is None else floats(w2))]
    a, b = a[known].astype(np.int64), b[known].astype(np.int64)
    table = np.bincount(a * len(MATRIX) + b, weights=sums[0], minlength=len(MATRIX) ** 2).reshape(len(MATRIX), -1)
    tests = [paired_moments(Moments.from_sums(100.0 * (b == i) - 100.0 * (a == i), *sums), base_rule=base_rule) for i in range(len(MATRIX))]
    told = adjust_differences([t.difference for t in tests])
    first, second = (Counts.from_tally(c, *sums) for c in (a, b))
    moves = tuple(
        Move(name, box_share(first, [i]), box_share(second, [i]), told[i], verdict(told[i]),
             box_share(Counts.from_tally(b[a == i], *(c[a == i] for c in sums)), [i]),
             int(table[:, i].sum() - table[i, i]), int(table[i].sum() - table[i, i]))
        for i, name in enumerate(MATRIX)
    )
    return Movement(int(table.sum()), table, moves)
