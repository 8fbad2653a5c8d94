"""Complementary suppression: attacked with linear algebra and with plain subtraction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cxdash.errors import StatsError
from cxdash.stats.figure import Figure
from cxdash.stats.suppression import Suppressed, hide_cells, suppress

SIZES = st.one_of(st.just(0), st.integers(1, 9), st.integers(10, 60), st.integers(61, 500))
TABLES = hnp.arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=SIZES)
SHOWN = st.tuples(st.booleans(), st.booleans(), st.booleans())


def extended(cells: np.ndarray) -> np.ndarray:
    """The table with its totals as last row and column."""
    return np.block([[cells, cells.sum(axis=1, keepdims=True)], [cells.sum(axis=0, keepdims=True), cells.sum().reshape(1, 1)]])


def unknown_entries(cells: np.ndarray, s: Suppressed, shown: tuple[bool, bool, bool]) -> np.ndarray:
    """What the reader cannot see; an entry without answers is known to contribute nothing."""
    hidden = np.zeros(np.add(cells.shape, 1), dtype=bool)
    hidden[:-1, :-1] = s.cells
    hidden[:-1, -1] = s.row_totals | (not shown[0])
    hidden[-1, :-1] = s.column_totals | (not shown[1])
    hidden[-1, -1] = s.total or not shown[2]
    return hidden & (extended(cells) > 0)


def recoverable(cells: np.ndarray, s: Suppressed, shown: tuple[bool, bool, bool]) -> list[tuple[int, int]]:
    """Hidden cells that the sums of lines determine: their unit vector lies in the row space of the equations."""
    unknown = unknown_entries(cells, s, shown)
    places = [tuple(p) for p in np.argwhere(unknown)]
    rows, columns = unknown.shape
    equations = np.zeros((rows + columns, len(places)))
    for k, (i, j) in enumerate(places):
        equations[i, k] = -1 if j == columns - 1 else 1
        equations[rows + j, k] = -1 if i == rows - 1 else 1
    if not places:
        return []
    _, values, basis = np.linalg.svd(equations)
    free = basis[int((values > 1e-9).sum()):]
    return [(int(i), int(j)) for k, (i, j) in enumerate(places)
            if i < rows - 1 and j < columns - 1 and s.cells[i, j] and not (np.abs(free[:, k]) > 1e-9).any()]


@settings(max_examples=400, deadline=None)
@given(TABLES, SHOWN)
def test_no_hidden_cell_follows_from_the_shown_ones(cells, shown):
    s = suppress(cells, row_totals=shown[0], column_totals=shown[1], total=shown[2])
    assert recoverable(cells, s, shown) == []


@settings(max_examples=200, deadline=None)
@given(TABLES, SHOWN)
def test_every_small_cell_is_hidden_and_empty_ones_are_not(cells, shown):
    s = suppress(cells, row_totals=shown[0], column_totals=shown[1], total=shown[2])
    small = (cells > 0) & (cells < 10)
    assert s.cells[small].all() and not s.cells[cells == 0].any()
    assert (s.complement == (s.cells & ~small)).all()
    if not small.any():
        assert not s.complement.any() and not s.total and not s.row_totals.any()


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_no_line_gives_away_the_figure_of_under_ten_people(cells):
    s = suppress(cells)
    for i in range(cells.shape[0]):
        if not s.row_totals[i] and s.cells[i].any():
            assert cells[i][s.cells[i]].sum() >= 10
    for j in range(cells.shape[1]):
        if not s.column_totals[j] and s.cells[:, j].any():
            assert cells[:, j][s.cells[:, j]].sum() >= 10


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=2, max_size=8))
def test_one_small_cell_of_a_breakdown_takes_the_smallest_other_with_it(sizes):
    sizes[0] = 5
    for i in range(1, len(sizes)):
        sizes[i] += 10
    s = suppress([sizes], column_totals=False)
    expected = {0, 1 + int(np.argmin(sizes[1:]))}
    assert set(np.flatnonzero(s.cells[0])) == expected and not s.row_totals.any() and not s.total


def test_the_naive_rule_of_two_per_line_is_not_enough():
    # two 2×2 blocks joined by one cell: every line has at least two hidden cells, yet the joining one follows by subtraction
    cells = np.full((4, 4), 50)
    for place in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)):
        cells[place] = 7
    naive = Suppressed(cells < 10, np.zeros(4, bool), np.zeros(4, bool), False, np.zeros((4, 4), bool))
    assert recoverable(cells, naive, (True, True, True)) == [(1, 2)]
    s = suppress(cells)
    assert recoverable(cells, s, (True, True, True)) == [] and s.complement.sum() == 1


def test_hidden_values_cannot_be_had_from_values_and_bases_either():
    cells = np.array([[4, 40, 60], [50, 55, 70], [80, 90, 45]])
    s = suppress(cells)
    assert s.cells[0, 0] and s.complement.sum() == 3 and not s.total
    for line in (*s.cells, *s.cells.T):
        assert line.sum() in (0, 2)


def test_no_totals_shown_needs_no_complement():
    alone = suppress([[4, 40], [50, 60]], row_totals=False, column_totals=False, total=False)
    assert alone.cells.tolist() == [[True, False], [False, False]]
    # … but the page's headline is a total too
    assert suppress([[4, 40], [50, 60]], row_totals=False, column_totals=False).cells.sum() == 2


def test_empty_cells_protect_nothing():
    s = suppress([[4, 0, 0, 80, 30]], column_totals=False)
    assert s.cells.tolist() == [[True, False, False, False, True]]


def test_two_tiny_cells_do_not_protect_their_sum():
    assert suppress([[3, 4, 500, 90]], column_totals=False).cells.tolist() == [[True, True, False, True]]
    assert suppress([[6, 4, 500, 90]], column_totals=False).cells.tolist() == [[True, True, False, False]]


def test_low_effective_base_is_hidden_too():
    n_eff = np.array([[8.0, 60.0, 90.0]])
    assert suppress([[40, 60, 90]], column_totals=False, n_eff=n_eff).cells.tolist() == [[True, True, False]]
    exact = np.array([[9.9999999999, 60.0]])
    assert not suppress([[10, 60]], column_totals=False, n_eff=exact).cells.any()


def test_a_total_hidden_for_its_effective_size_is_protected_too() -> None:
    """The first row's total may not be shown: two of its cells, or another total, must stay unknown with it."""
    n = np.array([[12.0, 12.0, 12.0], [90.0, 80.0, 70.0]])
    whole = extended(n)
    whole[0, -1] = 7.0
    found = suppress(n, n_eff=whole)
    assert found.row_totals[0]
    hidden = unknown_entries(n, found, (True, True, True))
    assert hidden[0].sum() >= 2 and hidden[:, -1].sum() >= 2


def test_a_whole_table_under_ten_is_hidden_with_its_total():
    s = suppress([[3, 2], [1, 1]])
    assert s.cells.all() and s.row_totals.all() and s.column_totals.all() and s.total
    assert not suppress(np.zeros((2, 3))).cells.any()
    assert suppress([[4]]).total


def test_figures_are_hidden_with_their_reason():
    sizes = [[4, 60, 25, 80]]
    figures = [[Figure(float(n), n, float(n), 1.0, 2.0) for n in row] for row in sizes]
    (row,) = hide_cells(figures, suppress(sizes, column_totals=False))
    assert [f.value for f in row] == [None, 60.0, None, 80.0]
    assert [f.flags for f in row] == [(), (), ("hidden_complement",), ()]
    assert row[2].ci_low is None and row[2].base == "hidden" and row[2].n == 25
    with pytest.raises(StatsError):
        hide_cells(figures, suppress([[1, 2]]))


@pytest.mark.parametrize("bad", [[1, 2], [[1, -2]], [[float("nan"), 3]]])
def test_other_shapes_are_refused(bad):
    with pytest.raises(StatsError):
        suppress(bad)


def test_a_large_crosstab_is_quick_and_safe():
    rng = np.random.default_rng(12)
    cells = rng.poisson(18, (20, 25))
    s = suppress(cells)
    assert recoverable(cells, s, (True, True, True)) == [] and s.cells.mean() < 0.5
