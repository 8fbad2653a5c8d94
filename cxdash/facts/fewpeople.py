"""What would tell of a few people although every figure stands on enough: by subtraction of groups, and of answers to one question."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import polars as pl

REMEMBERED = 4096  # judgements kept per version of the data; they are small
_memory: weakref.WeakKeyDictionary[Any, dict[Hashable, dict[Hashable, Any]]] = weakref.WeakKeyDictionary()


def memory_of(facts: Any, rows: Hashable) -> dict[Hashable, Any]:
    """Where judgements about these facts, narrowed to `rows`, are kept: as long as this version of the data is."""
    try:
        kept = _memory.setdefault(facts, {})
    except TypeError:  # cannot be referred to weakly
        return {}
    found: dict[Hashable, Any] = kept.setdefault((facts.version(), rows), {})
    if len(found) > REMEMBERED:
        found.clear()
    return found


def siblings(sizes: Mapping[Any, int], least: int) -> frozenset[Any]:
    """Values that must not speak because all but them, added up and taken off the total, would tell of a few: with the values of fewer
    than `least` the smallest others, until what is hidden together is `least` people.

    >>> sorted(siblings({"a": 4, "b": 60, "c": 80}, 10)), siblings({"a": 4, "b": 7, "c": 80}, 10), siblings({"b": 60, "c": 80}, 10)
    (['b'], frozenset(), frozenset())
    """
    hidden = [n for n in sizes.values() if 0 < n < least]
    together, more = sum(hidden), set()
    for value, n in sorted(sizes.items(), key=lambda item: (item[1], str(item[0]))):
        if not 0 < together < least:
            break
        if n >= least:
            more.add(value)
            together += n
    return frozenset(more)


def keyed(frame: pl.DataFrame, by: Sequence[str], names: str) -> pl.DataFrame:
    """Groups as g0, g1 …, the name of what was asked, and n."""
    groups = [pl.nth(i).alias(f"g{i}") for i in range(len(by))]
    return frame.select(*groups, pl.col(names).alias("name"), pl.col("n"))


def near(own: pl.DataFrame, wider: Iterable[pl.DataFrame], by: Sequence[str], least: int, silent: Sequence[str]) -> pl.DataFrame:
    """Of `keyed` frames: the groups and names with `least` answers or more, to which a wider selection has a few more; and all of
    `silent`."""
    on = [*(f"g{i}" for i in range(len(by))), "name"]
    found = own.filter(pl.col("name").is_in(list(silent))).select(on)
    for more in wider:
        both = own.join(more, on=on, nulls_equal=True, suffix=" wider").with_columns(few=pl.col("n wider") - pl.col("n"))
        found = found.vstack(both.filter((pl.col("n") >= least) & pl.col("few").is_between(1, least - 1)).select(on))
    return found.unique()


def hushed(tally: pl.DataFrame, by: Sequence[str], quiet: pl.DataFrame) -> pl.DataFrame:
    """A tally in which the groups and questions of `near` gave no answer."""
    if quiet.is_empty():
        return tally
    order = tally.columns
    groups = {order[i]: f"g{i}" for i in range(len(by))}
    marked = tally.join(quiet.with_columns(hush=pl.lit(True)), left_on=[*groups, "question"], right_on=[*groups.values(), "name"],
                        how="left", nulls_equal=True, maintain_order="left")  # fmt: skip
    point = pl.when(pl.col("hush").is_null()).then(pl.col("point")).alias("point")
    keys = [*groups, "question", "point"]
    return marked.with_columns(point).group_by(keys, maintain_order=True).agg(pl.col("n", "w", "w2").sum()).select(order)


def emptied(sums: pl.DataFrame, by: Sequence[str], quiet: pl.DataFrame) -> pl.DataFrame:
    """An answer of `Facts.sums` in which the groups and columns of `near` are nobody's."""
    if quiet.is_empty():
        return sums
    groups = {sums.columns[i]: f"g{i}" for i in range(len(by))}
    counted = [c for c in sums.columns if c not in (*groups, "column")]
    marked = sums.join(quiet.with_columns(hush=pl.lit(True)), left_on=[*groups, "column"], right_on=[*groups.values(), "name"],
                       how="left", nulls_equal=True, maintain_order="left")  # fmt: skip
    told = [pl.when(pl.col("hush").is_null()).then(pl.col(c)).otherwise(0).cast(sums.schema[c]).alias(c) for c in counted]
    return marked.with_columns(told).select(sums.columns)
