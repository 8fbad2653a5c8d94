"""Cross-products counted in bits against products of the same numbers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from cxdash.facts import keptplanes, planes
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


@pytest.mark.parametrize("groups", [1000, 250])
@pytest.mark.parametrize("share", [1.0, 0.6, 0.0])
def test_kept_planes_count_the_rows_of_a_filter_that_have_every_column(groups: int, share: float) -> None:
    """Against sums over the rows themselves, twice, the second time from what was kept; a column's last place is a missing answer."""
    n = 9_000
    seed = RANDOM.integers(0, 2**31 - 1, n)
    one, seven = column(n, 6), column(n, 8)
    kept = keptplanes.KeptPlanes(seed % keptplanes.FINEST)
    tables = [np.array([1, 1, 0, 0, 0], np.int16), np.array([0, 0, 0, 1, 1], np.int16), np.arange(7, dtype=np.int16)]
    values = [Coded(one.places, pl.Series(range(5))), Coded(one.places, pl.Series(range(5))), Coded(seven.places, pl.Series(range(7)))]
    mask = None if share == 1 else RANDOM.random(n) < share
    rows = (one.array < 5) & (seven.array < 7) & (True if mask is None else mask)
    x = np.column_stack([np.append(t, 0)[v.array] for v, t in zip(values, tables, strict=True)]).astype(np.int64)
    for _ in range(2):
        found = kept.sums(mask, ["a", "a", "b"], values, tables, groups)
        assert found is not None
        for g in (0, 1, groups - 1, 77):
            part = x[rows & (seed % groups == g)]
            assert found[0][g] == len(part) and found[1][g].tolist() == part.sum(axis=0).tolist()
            assert np.array_equal(found[2][g], part.T @ part)
        assert found[0].sum() == rows.sum()


def test_kept_planes_are_bounded_and_leave_what_does_not_fit_to_others() -> None:
    n = 3_000
    kept = keptplanes.KeptPlanes(RANDOM.integers(0, keptplanes.FINEST, n))
    many = [column(n, 3) for _ in range(keptplanes.KEPT_MOST)]
    for i, c in enumerate(many):
        assert kept.sums(None, [str(i)], [c], [np.arange(2, dtype=np.int16)], 1000) is not None
    assert len(kept._kept) == keptplanes.KEPT_MOST
    assert kept.sums(None, ["0"], many[:1], [np.arange(2, dtype=np.int16)], 7) is None, "groups are remainders"
    wide = [np.arange(2, dtype=np.int16)] * (planes.PLANES_MOST + 1)
    assert kept.sums(None, ["0"] * len(wide), many[:1] * len(wide), wide, 1000) is None
