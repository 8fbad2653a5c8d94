"""Sums and cross-products of several columns over the responses that have them all.

Points are summed as integers counted from the unfavourable end, and only the sums are brought to 0-100: unweighted sums are
exact and the same on every engine, whatever the order of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import narwhals as nw
import polars as pl

from cxdash.facts.counting import Frame, collected
from cxdash.facts.filters import predicates
from cxdash.facts.query import Groups, grouped, groups_of, kept
from cxdash.facts.question import HIGH, LOW, Filter, pair_name
from cxdash.facts.schema import YES_NO, FactsSchema
from cxdash.terms import Direction, Scale

SPAN_EXACT = 181  # the product of two spans up to this fits 16 bits, which engines sum in 64
LOW_MOST, HIGH_LEAST = 100 / 3 + 1e-6, 500 / 6 - 1e-6  # 2 and 5 of 5 points, 3 and 6 of 7 (methods.md section 5)
PAIRS_SORTED = 8  # from so many sums on, gathering the rows of a group first is quicker than jumping


@dataclass(frozen=True)
class Item:
    """One column of the question: its name and what it is made of, with scales (None: on 0-100 already).

    cut: LOW or HIGH where it only says whether `behind` lies at that end of its scale.
    """

    name: str
    parts: tuple[tuple[str, Scale | None], ...]
    cut: str = ""

    @property
    def behind(self) -> str:
        """The column that is cut, or this one."""
        return self.name.removeprefix(self.cut)

    @property
    def scale(self) -> Scale | None:
        """The scale whose whole units are summed; None when the values are 0-100 fractions."""
        return YES_NO if self.cut else self.parts[0][1] if len(self.parts) == 1 else None

    @property
    def factor(self) -> float:
        """What one summed unit is on 0-100."""
        return 1.0 if self.scale is None else 100.0 / (self.scale.hi - self.scale.lo)

    def there(self) -> nw.Expr:
        """Some part has a value."""
        present = [~nw.col(column).is_null() for column, _ in self.parts]
        return nw.any_horizontal(*present, ignore_nulls=False) if present else nw.col("id").is_null()

    def passed(self, score: Any) -> Any:
        """Whether a score on 0-100 (an expression or an array) lies at the end that is asked for."""
        return score <= LOW_MOST if self.cut == LOW else score >= HIGH_LEAST

    def expr(self, short: bool) -> nw.Expr:
        if self.cut and self.parts:
            return self.passed(self._value(False) * self._whole).cast(nw.Int16 if short else nw.Float64)
        return self._value(short)

    @property
    def _whole(self) -> float:
        """What one unit of the column behind is on 0-100."""
        scale = self.parts[0][1] if len(self.parts) == 1 else None
        return 1.0 if scale is None else 100.0 / (scale.hi - scale.lo)

    def _value(self, short: bool) -> nw.Expr:
        if not self.parts:
            return nw.col("id").cast(nw.Float64)  # of no row
        if len(self.parts) > 1:
            scores = [_above(column, scale, False) * (100.0 / (scale.hi - scale.lo)) for column, scale in self.parts if scale]
            return nw.mean_horizontal(*scores)
        column, scale = self.parts[0]
        return nw.col(column) if scale is None else _above(column, scale, short)


def _above(column: str, scale: Scale, short: bool) -> nw.Expr:
    """Points above the unfavourable end."""
    point = nw.col(column).cast(nw.Int16 if short else nw.Float64)
    return point - scale.lo if scale.direction is Direction.HIGH else scale.hi - point


def item_of(schema: FactsSchema, name: str) -> Item:
    cut = next((c for c in (LOW, HIGH) if name.startswith(c)), "")
    found = schema.measured(name.removeprefix(cut))
    return Item(name, tuple(found) if isinstance(found, list) else (found,), cut)


def moments(
    frame: Frame, schema: FactsSchema, where: Filter, by: Sequence[str], columns: Sequence[str], weighted: bool, groups: int,
) -> pl.DataFrame:
    """See `Facts.moments`."""
    items = [item_of(schema, name) for name in dict.fromkeys(columns)]
    sums = _sums(len(items), weighted)
    answer = ["n", "w", "w2", *_names(items)]
    found = groups_of(schema, by, [*answer, "group"] if groups else answer)
    extra = [(nw.col("seed") % groups).cast(nw.Int32).alias("group")] if groups else []
    keys = [*found.keys, *(["group"] if groups else [])]
    chosen = _chosen(frame, schema, where, [*found.exprs(), *extra], items, weighted)
    if keys and len(sums) >= PAIRS_SORTED and isinstance(frame, nw.DataFrame):
        chosen = chosen.sort(*keys)
    counted = collected(grouped(chosen, keys, [nw.len().alias("n"), *sums]))
    return _scaled(found.finish(counted, ["group"] if groups else []), found, items, weighted, bool(groups))


def _chosen(
    frame: Frame, schema: FactsSchema, where: Filter, keys: Sequence[nw.Expr], items: Sequence[Item], weighted: bool,
) -> nw.LazyFrame[Any]:
    keep = [*predicates(frame, schema, where), *(item.there() for item in items)]
    weight = []
    if weighted:
        keep.append(nw.col("weight") > 0)
        weight = [nw.col("weight").alias("w"), (nw.col("weight") * nw.col("weight")).alias("w2")]
    short = all(item.scale is None or item.scale.hi - item.scale.lo <= SPAN_EXACT for item in items)
    values = [item.expr(short).alias(f"v{i}") for i, item in enumerate(items)]
    values = values or [nw.col("id")]  # rows are only there to be counted while they have a column
    return kept(frame.lazy(), keep).select(*keys, *values, *weight)


def _sums(items: int, weighted: bool) -> list[nw.Expr]:
    """Named by place: s0, q0, t0 (Σw²·x), u0 (Σw²·x²), x0_1. Unweighted, t and u equal s and q."""
    w, w2 = nw.col("w"), nw.col("w2")
    sums = [w.sum().alias("w"), w2.sum().alias("w2")] if weighted else []
    for i in range(items):
        x = nw.col(f"v{i}")
        if weighted:
            sums += [(w * x).sum().alias(f"s{i}"), (w * x * x).sum().alias(f"q{i}")]
            sums += [(w2 * x).sum().alias(f"t{i}"), (w2 * x * x).sum().alias(f"u{i}")]
        else:
            sums += [x.sum().alias(f"s{i}"), (x * x).sum().alias(f"q{i}")]
    for i, j in combinations(range(items), 2):
        product = nw.col(f"v{i}") * nw.col(f"v{j}")
        sums.append((w * product if weighted else product).sum().alias(f"x{i}_{j}"))
    return sums


def _names(items: Sequence[Item]) -> list[str]:
    singles = [f"{kind}:{item.name}" for item in items for kind in ("s", "q", "s2", "q2")]
    return singles + [pair_name(a.name, b.name) for a, b in combinations(items, 2)]


def _scaled(sums: pl.DataFrame, groups: Groups, items: Sequence[Item], weighted: bool, resampled: bool) -> pl.DataFrame:
    """The sums on 0-100 under the names of the contract. An empty selection sums to 0."""
    def sum_of(name: str, factor: float = 1.0) -> pl.Expr:
        return pl.col(name).cast(pl.Float64).fill_null(0.0) * factor

    out = [pl.col("n").cast(pl.Int64), sum_of("w" if weighted else "n").alias("w"), sum_of("w2" if weighted else "n").alias("w2")]
    for i, item in enumerate(items):
        f = item.factor
        linear, square = ("t", "u") if weighted else ("s", "q")
        out += [sum_of(f"s{i}", f).alias(f"s:{item.name}"), sum_of(f"q{i}", f * f).alias(f"q:{item.name}")]
        out += [sum_of(f"{linear}{i}", f).alias(f"s2:{item.name}"), sum_of(f"{square}{i}", f * f).alias(f"q2:{item.name}")]
    for (i, a), (j, b) in combinations(enumerate(items), 2):
        out.append(sum_of(f"x{i}_{j}", a.factor * b.factor).alias(pair_name(a.name, b.name)))
    return sums.select(*groups.shown, *(["group"] if resampled else []), *out)
