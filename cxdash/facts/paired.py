"""The same customers in two selections: how often what they said in the one came together with what they said in the other.

A customer is a number of the frame (`person`), made of the key under which the store knows them; who has no key is nobody's pair. Of
several responses of a customer in one selection the latest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl

from cxdash.facts import dense
from cxdash.facts.counting import COUNTS, Frame, collected
from cxdash.facts.filters import predicates
from cxdash.facts.joint import score, scored
from cxdash.facts.moments import item_of
from cxdash.facts.products import units_of
from cxdash.facts.query import kept
from cxdash.facts.question import Filter
from cxdash.facts.schema import FactsSchema
from cxdash.facts.selection import CAME, PERSON, Selections

SIDES = ("v", "u")  # names of the values in an answer: v0 … of the first selection, u0 … of the second


def names_of(columns: Sequence[str]) -> list[str]:
    """The names of the values in an answer."""
    return [f"{side}{i}" for side in SIDES for i in range(len(columns))]


def paired(frame: Frame, schema: FactsSchema, first: Filter, second: Filter, columns: Sequence[str], weighted: bool) -> pl.DataFrame:
    """See `Facts.paired`."""
    one, two = (_side(frame, schema, where, columns, side, weighted) for where, side in zip((first, second), SIDES, strict=True))
    both = one.join(two, on="person", how="inner")
    names = names_of(columns)
    sums = [nw.len().alias("n"), *([nw.col("w").sum(), (nw.col("w") * nw.col("w")).sum().alias("w2")] if weighted else [])]
    counted = collected(both.group_by(*names).agg(*sums) if names else both.select(*sums))
    told = {"w": "w", "w2": "w2"} if weighted else {"w": "n", "w2": "n"}
    n = pl.col("n").cast(pl.Int64)
    found = counted.select(*names, n, *(pl.col(c).cast(pl.Float64).fill_null(0.0).alias(w) for w, c in told.items()))
    found = found.filter(pl.col("n") > 0)
    return found.sort(names, nulls_last=True) if names else found


def _side(frame: Frame, schema: FactsSchema, where: Filter, columns: Sequence[str], side: str, weighted: bool) -> nw.LazyFrame:
    """Columns person, values, and of the second selection w: the latest response of each customer."""
    values = [score(item_of(schema, column)).alias(f"{side}{i}") for i, column in enumerate(columns)]
    weight = [nw.col("weight").alias("w")] if weighted and side == SIDES[1] else []
    keep = [*predicates(frame, schema, where), ~nw.col("person").is_null(), *([nw.col("weight") > 0] if weighted else [])]
    rows = kept(frame.lazy(), [reduce(and_, keep)]).select(nw.col("person"), nw.col("at"), nw.col("id"), *values, *weight)
    last = rows.group_by("person").agg(nw.col("at").max().alias("last"))
    timed = rows.join(last, on="person", how="left").filter((nw.col("at") == nw.col("last")) | nw.col("last").is_null())
    newest = timed.group_by("person").agg(nw.col("id").max())
    return rows.join(newest, on=["person", "id"], how="inner").drop("at", "id")


@dataclass(frozen=True)
class _Placed:
    """Per customer of the frame: the cell of the values (-1: not in the selection), and the weight."""

    cells: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64] | None


def paired_by_places(
    selections: Selections, schema: FactsSchema, first: Filter, second: Filter, columns: Sequence[str], weighted: bool
) -> pl.DataFrame | None:
    """`paired` of a frame in memory by placing each customer's cell in an array; None where that does not go."""
    units = [units_of(schema, column) for column in columns]
    if any(u is None for u in units) or any(u.of.cut for u in units if u):
        return None
    asked = [u.column for u in units if u]
    sides = [selections.codes(where, asked) for where in (first, second)]
    if not all(sides):
        return None
    codes = [side[0] for side in sides if side]
    states = int(np.prod([code.states for code in codes[0]], dtype=np.int64))
    if states * states > dense.CELLS_MAX:
        return None
    one, two = (_placed(selections, where, code, weighted) for where, code in zip((first, second), codes, strict=True))
    both = (one.cells >= 0) & (two.cells >= 0)
    number = one.cells[both] * states + two.cells[both]
    n = np.bincount(number, minlength=states * states)
    there = n.nonzero()[0]
    w = w2 = n.astype(np.float64)
    if two.weights is not None:
        weight = two.weights[both]
        w, w2 = (np.bincount(number, weights=x, minlength=len(n)) for x in (weight, weight * weight))
    told = []
    for cell, side in zip((there // states, there % states), SIDES, strict=True):
        for i, (unit, code, place) in enumerate(zip(units, codes[0], dense.places(codes[0], cell), strict=True)):
            assert unit is not None
            told.append(scored(unit, code, place).alias(f"{side}{i}"))
    found = pl.DataFrame([*told, *(pl.Series(name, x[there]) for name, x in zip(COUNTS, (n, w, w2), strict=True))])
    names = names_of(columns)
    return found.select(*names, *COUNTS).sort(names, nulls_last=True) if names else found.select(*COUNTS)


def _placed(selections: Selections, where: Filter, codes: Sequence[dense.Coded], weighted: bool) -> _Placed:
    frame = selections.cut(where, [PERSON, CAME, *(["weight"] if weighted else [])]).to_native()
    place = frame[PERSON].to_numpy()
    cell = np.zeros(len(place), np.int32)
    for code in codes:
        cell = cell * np.int32(code.states) + code.array.astype(np.int32)
    weight = frame["weight"].fill_null(0.0).to_numpy() if weighted else None
    keep = place >= 0 if weight is None else (place >= 0) & (weight > 0)
    rows = np.flatnonzero(keep)
    came = frame[CAME].to_numpy()[rows]
    if len(came) > 1 and (came[1:] < came[:-1]).any():  # what is written last stays
        rows = rows[np.argsort(came, kind="stable")]
    cells = np.full(selections.people, -1, np.int32)
    cells[place[rows]] = cell[rows]
    if weight is None:
        return _Placed(cells, None)
    weights = np.zeros(selections.people)
    weights[place[rows]] = weight[rows]
    return _Placed(cells, weights)
