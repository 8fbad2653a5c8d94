"""Cross-moments of columns by random groups of respondents, as facts counts them, in the form statistics takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from cxdash.facts.question import HIGH, LOW, Facts, Filter, pair_name
from cxdash.stats.cross import FEWER, FEWER_FROM, GROUPS, Cross
from cxdash.stats.reliability import Alpha, alpha_from_sums


def crossed_moments(facts: Facts, where: Filter, columns: Mapping[str, str], *, weighted: bool = False, lost: int = 0,
                    groups: int = GROUPS) -> Cross:  # fmt: skip
    """columns: name in the result -> column of facts.moments. Rows that have them all; `lost` is how many had not (facts.rated)."""
    asked = list(columns.values())
    found = facts.moments(where, [], asked, weighted=weighted, groups=groups)
    s = found.select(pl.col(f"s:{c}") for c in asked).to_numpy()
    products = np.zeros((len(found), len(asked), len(asked)))
    first, second = np.triu_indices(len(asked), 1)
    both = found.select(pair_name(asked[i], asked[j]) for i, j in zip(first, second, strict=True)).to_numpy() if len(first) else 0.0
    products[:, first, second] = products[:, second, first] = both
    products[:, range(len(asked)), range(len(asked))] = found.select(pl.col(f"q:{c}") for c in asked).to_numpy()
    return Cross.of_sums(list(columns), *(found[c].to_numpy() for c in ("n", "w", "w2")), s, products, lost=lost)


def crossed_ends(
    facts: Facts, where: Filter, items: Mapping[str, str], outcome: tuple[str, str], *, n: int, weighted: bool = False, lost: int = 0,
) -> Cross:
    """For `cxdash.stats.contrast`: both ends of each item, and the outcome. items, outcome: name -> column. n: respondents with all of
    them; two columns per item make four times the products, so that of many respondents the samples are of fewer groups."""
    columns = {end + name: end + column for name, column in items.items() for end in (LOW, HIGH)} | dict([outcome])
    return crossed_moments(facts, where, columns, weighted=weighted, lost=lost, groups=FEWER if n >= FEWER_FROM else GROUPS)


def alpha_of(facts: Facts, where: Filter, columns: Sequence[str], *, weighted: bool = False) -> Alpha:
    """Reliability of the columns as items of one index, among who answered them all."""
    row = facts.moments(where, [], columns, weighted=weighted).row(0, named=True)
    cross = {(i, i): row[f"q:{c}"] for i, c in enumerate(columns)}
    cross |= {(i, j): row[pair_name(a, b)] for i, a in enumerate(columns) for j, b in enumerate(columns) if i < j}
    return alpha_from_sums(int(row["n"]), row["w"], [row[f"s:{c}"] for c in columns], cross)
