"""Cross-products counted in bits against products of the same numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cxdash.facts import planes
from cxdash.facts.dense import Coded

RANDOM = np.random.default_rng(8)


def column(n: int, states: int, kind: type = np.uint8) -> Coded:
    return Coded(pl.Series(RANDOM.integers(0, states, n).astype(kind)), pl.Series(range(states)))


@pytest.mark.parametrize("sizes", [[1], [64], [65, 63, 1], [900, 1000, 1100, 2], [3] * 50, [70_000]])
def test_sums_and_products_are_those_of_the_numbers(sizes: list[int]) -> None:
    """Of columns of one digit and of several, two made of the same places, one with places of 16 bits; not every row is asked for."""
    n = sum(sizes) + 7
    one, seven, many = column(n, 7), column(n, 8), column(n, 700, np.uint16)
    values = [one, one, seven, many, column(n, 2), seven]
    tables = [np.arange(7) <= 1, np.arange(7) >= 5, np.arange(8), np.arange(700) % 91, np.array([0, 1]), np.arange(8)[::-1]]
    units = [t.astype(np.int16) for t in tables]
    order = RANDOM.permutation(n)[: sum(sizes)]
    bounds = np.append(0, np.cumsum(sizes))
    found = planes.sums(values, units, order, bounds)
    assert found is not None
    x = np.column_stack([t[v.array[order]] for v, t in zip(values, units, strict=True)]).astype(np.int64)
    parts = [x[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    assert np.array_equal(found[0], [part.sum(axis=0) for part in parts])
    assert np.array_equal(found[1], [part.T @ part for part in parts])


def test_a_column_without_any_unit_is_zero_and_no_rows_are_left_to_others() -> None:
    flat = column(100, 3)
    found = planes.sums([flat, flat], [np.zeros(3, np.int16), np.arange(3, dtype=np.int16)], np.arange(100), np.array([0, 40, 100]))
    assert found is not None and not found[0][:, 0].any() and not found[1][:, 0].any() and found[0][:, 1].any()
    assert planes.sums([flat], [np.arange(3, dtype=np.int16)], np.arange(0), np.array([0])) is None


def test_too_many_digits_and_uneven_groups_go_another_way() -> None:
    n = planes.WASTE_FREE + 10
    wide, order = column(n, 4), np.arange(n)
    table = np.arange(4, dtype=np.int16)
    assert planes.sums([wide] * 33, [table] * 33, order, np.array([0, n])) is None
    assert planes.sums([wide], [table], order, np.append(np.arange(9), n)) is None
    assert planes.sums([wide] * 32, [table] * 32, order[:200], np.array([0, 200])) is not None
