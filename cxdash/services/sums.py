"""Sums of columns of facts as moments, of a selection and of what it is compared with; for what no metric has a name of its own for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from cxdash.facts.question import Facts, Filter
from cxdash.services.view import Scope
from cxdash.stats.adjust import adjust_row
from cxdash.stats.bases import apply_base
from cxdash.stats.compare import Verdict, verdict
from cxdash.stats.counts import Moments
from cxdash.stats.figure import Difference, Figure
from cxdash.stats.means import mean_difference, score100

Sums = Mapping[str, Moments]


def sums_of(facts: Facts, where: Filter, columns: Sequence[str], *, weighted: bool = False) -> dict[str, Moments]:
    """Column -> moments on 0-100 over those who have it."""
    if not columns:
        return {}
    rows = facts.sums(where, [], list(dict.fromkeys(columns)), weighted=weighted)
    told = zip(*(rows[c].to_list() for c in ("column", "n", "w", "w2", "s", "q", "s2", "q2")), strict=True)
    found = {name: Moments(*values) for name, *values in told}
    return {name: found.get(name) or Moments.zero() for name in columns}


def both_sums(facts: Facts, scope: Scope, columns: Sequence[str], *, weighted: bool = False) -> tuple[Sums, Sums | None]:
    """Of the selection and of its comparison (None: nothing); where that is the rest, the selection is taken away."""
    now = sums_of(facts, scope.now, columns, weighted=weighted)
    if scope.before is None:
        return now, None
    before = sums_of(facts, scope.before, columns, weighted=weighted)
    return now, {c: rest_of(m, now[c]) for c, m in before.items()} if scope.rest else before


def rest_of(whole: Moments, part: Moments) -> Moments:
    """The whole without the selection; nothing where the whole keeps silent (`cxdash.facts.scoped`) and a part of it need not."""
    return whole - part if part.n <= whole.n else Moments.zero()


def pairs_of(facts: Facts, where: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
    """How often values of the columns came together, among those who have them all: v0, v1 …, n, w, w2 (`Facts.joint`)."""
    found = facts.joint(where, [], columns, weighted=weighted)
    return found.drop_nulls([f"v{i}" for i in range(len(columns))])


def of_difference(pairs: pl.DataFrame) -> Moments:
    """Moments of v0 - v1 within respondents."""
    return Moments.from_sums((pairs["v0"] - pairs["v1"]).to_numpy(), *columns_of(pairs, "n", "w", "w2"))


def mean_of(pairs: pl.DataFrame, column: str) -> Figure:
    """The 100-point mean of a column ("v0", "v1" …) of `pairs_of`."""
    return apply_base(score100(Moments.from_sums(*columns_of(pairs, column, "n", "w", "w2"))))


def both_pairs(facts: Facts, scope: Scope, columns: Sequence[str], *, weighted: bool = False) -> tuple[pl.DataFrame, Moments | None]:
    """`pairs_of` the selection, and the moments of v0 - v1 in what it is compared with."""
    now = pairs_of(facts, scope.now, columns, weighted=weighted)
    if scope.before is None:
        return now, None
    before = of_difference(pairs_of(facts, scope.before, columns, weighted=weighted))
    return now, rest_of(before, of_difference(now)) if scope.rest else before


def changes_of(scope: Scope, now: Sequence[Moments], before: Sequence[Moments] | None) -> list[tuple[Difference | None, Verdict]]:
    """Means now minus then, adjusted over the row; untested where both sides share respondents, None where nothing is compared."""
    if before is None:
        return [(None, "untested")] * len(now)
    raw = [mean_difference(a, b) if a.n and b.n else Difference(None) for a, b in zip(now, before, strict=True)]
    if not scope.apart:
        return [(d.overlapping(), "untested") for d in raw]
    return [(d, verdict(d)) for d in adjust_row(raw)]


def columns_of(pairs: pl.DataFrame, *names: str) -> tuple[np.ndarray, ...]:
    """The named columns as arrays."""
    return tuple(pairs[name].to_numpy() for name in names)
