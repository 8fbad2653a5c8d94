"""Complementary suppression: which further cells of a crosstab to hide, so that none hidden can be had by subtraction.

A crosstab is a two-way table whose lines add up: a row's cells to its total, a column's to its total, the totals to the grand total.
That holds for the counts and for Σ(n·value), so what protects the counts protects the values. Read the lines as the nodes of a graph and
the unknown entries as its edges (an entry lies in one row and one column): an entry is determined by the rest exactly when its edge is
a bridge, that is lies on no cycle (Gusfield 1988, SIAM J. Comput. 17). So cells are hidden until no hidden entry is a bridge.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxdash.errors import StatsError
from cxdash.stats.bases import apply_base
from cxdash.stats.figure import HIDDEN, Figure

Mask = npt.NDArray[np.bool_]
Edge = tuple[int, int]  # (row line, column line)


@dataclass(frozen=True)
class Suppressed:
    """True = hide. cells (r, c); row_totals (r,), column_totals (c,), total: only where the total itself must go.

    complement (r, c): the cells hidden only for the sake of others (flag "hidden_complement").
    """

    cells: Mask
    row_totals: Mask
    column_totals: Mask
    total: bool
    complement: Mask


def suppress(n: Sequence[Sequence[float]] | npt.NDArray[np.float64], *, row_totals: bool = True, column_totals: bool = True,
             total: bool = True, n_eff: npt.NDArray[np.float64] | None = None, minimum: int = HIDDEN) -> Suppressed:
    """Cells to hide of a crosstab with bases n (r, c), given which totals the reader can see (anywhere: the page's headline counts).

    Hidden first: cells and totals with 0 < n < minimum or n_eff < minimum (n_eff: (r, c), or (r + 1, c + 1) with those of the totals).
    Then, smallest n first, cells until (1) no hidden cell follows from what is shown, and (2) in no line with a shown total the hidden
    cells together hold under `minimum` answers, as their joint figure follows by subtraction. Empty cells need no hiding and protect
    nothing. Totals go only when cells do not suffice. A breakdown by one attribute is one row with column_totals=False.

    Raises StatsError for a table that is not two-way or holds negative n.

    >>> suppress([[4, 60, 25, 80]], column_totals=False).cells.tolist()
    [[True, False, True, False]]
    """
    cells = np.asarray(n, dtype=np.float64)
    if cells.ndim != 2 or not np.isfinite(cells).all() or (cells < 0).any():
        raise StatsError(reason="table_shape")
    table = _Table(cells, None if n_eff is None else np.asarray(n_eff, dtype=np.float64), (row_totals, column_totals, total), minimum)
    while table.protect_cells() or table.protect_sums():
        pass
    hidden = table.hidden
    return Suppressed(hidden[:-1, :-1], hidden[:-1, -1], hidden[-1, :-1], bool(hidden[-1, -1]),
                      hidden[:-1, :-1] & (table.size[:-1, :-1] >= minimum))


def hide_cells(figures: Sequence[Sequence[Figure]], suppressed: Suppressed) -> list[list[Figure]]:
    """The figures of a crosstab (rows of cells, totals not among them) as they may be shown: base rule and suppression applied.

    >>> row = [Figure(10.0, n, float(n)) for n in (4, 60, 25)]
    >>> [f.value for f in hide_cells([row], suppress([[4, 60, 25]], column_totals=False))[0]]
    [None, 10.0, None]
    """
    if [len(row) for row in figures] != [suppressed.cells.shape[1]] * suppressed.cells.shape[0]:
        raise StatsError(reason="table_shape")
    return [[apply_base(f if not suppressed.complement[i, j] else f.hide("hidden_complement")) for j, f in enumerate(row)]
            for i, row in enumerate(figures)]


class _Table:
    """The table with its totals as last row and column."""

    def __init__(self, cells: npt.NDArray[np.float64], n_eff: npt.NDArray[np.float64] | None, shown: tuple[bool, bool, bool],
                 minimum: int) -> None:
        rows, columns = cells.shape
        self.n = np.zeros((rows + 1, columns + 1))
        self.n[:-1, :-1] = cells
        self.n[:-1, -1], self.n[-1, :-1], self.n[-1, -1] = cells.sum(axis=1), cells.sum(axis=0), cells.sum()
        self.size = self.n.copy()
        if n_eff is not None:
            told = self.size[: n_eff.shape[0], : n_eff.shape[1]]
            np.minimum(told, n_eff + 1e-9 * told, out=told)
        self.minimum = minimum
        self.unseen = np.zeros(self.n.shape, dtype=bool)  # totals the reader is not shown at all
        self.unseen[:-1, -1], self.unseen[-1, :-1], self.unseen[-1, -1] = (not s for s in shown)
        self.hidden = (self.n > 0) & (self.size < minimum) & ~self.unseen
        # what hiding an entry costs: cells by their answers, any total more than all cells, the grand total last
        self.cost = self.n + 1.0
        heavy = cells.sum() + cells.size + 1.0
        self.cost[:-1, -1] += heavy
        self.cost[-1, :-1] += heavy
        self.cost[-1, -1] += heavy * (rows + columns + 2)

    def unknown(self) -> Mask:
        return (self.hidden | self.unseen) & (self.n > 0)

    def protect_cells(self) -> bool:
        """Put one determined entry on a cycle; False when none is left."""
        bridge = next((e for e in _bridges(self.unknown()) if self.hidden[e]), None)
        if bridge is None:
            return False
        for edge in self._cheapest_cycle(bridge):
            self.hidden[edge] = not self.unseen[edge]
        return True

    def protect_sums(self) -> bool:
        """Hide one more entry where the hidden ones of a line add up to under the minimum; False when there is no such line."""
        for axis in (0, 1):
            for line in range(self.n.shape[axis]):
                members = [(line, j) if axis == 0 else (j, line) for j in range(self.n.shape[1 - axis])]
                unknown = self.unknown()
                held = [self.n[e] for e in members[:-1] if unknown[e]]
                if unknown[members[-1]] or any(self.unseen[e] and self.n[e] > 0 for e in members) or not 0 < sum(held) < self.minimum:
                    continue
                open_cells = [e for e in members if self.n[e] > 0 and not unknown[e]]
                self.hidden[min(open_cells, key=lambda e: (self.cost[e], e))] = True
                return True
        return False

    def _cheapest_cycle(self, bridge: Edge) -> list[Edge]:
        """Entries that with the bridge form the cheapest cycle; those unknown already cost nothing (Dijkstra from end to end)."""
        rows, columns = self.n.shape
        cost = np.where(self.unknown(), 0.0, self.cost)
        start, goal = bridge[0], rows + bridge[1]
        best, came = {start: 0.0}, {}
        queue = [(0.0, start)]
        while queue:
            spent, node = heapq.heappop(queue)
            if node == goal:
                break
            if spent > best[node]:
                continue
            for other in range(columns) if node < rows else range(rows):
                edge = (node, other) if node < rows else (other, node - rows)
                step = rows + other if node < rows else other
                if edge == bridge or self.n[edge] <= 0 or spent + cost[edge] >= best.get(step, np.inf):
                    continue
                best[step], came[step] = spent + cost[edge], (node, edge)
                heapq.heappush(queue, (best[step], step))
        path, node = [], goal
        while node != start:
            node, edge = came[node]
            path.append(edge)
        return path


def _bridges(unknown: Mask) -> list[Edge]:
    """Entries on no cycle of unknown entries (Tarjan's low-link, without recursion)."""
    rows, columns = unknown.shape
    beside = [[rows + int(c) for c in np.flatnonzero(unknown[r])] for r in range(rows)]
    beside += [[int(r) for r in np.flatnonzero(unknown[:, c])] for c in range(columns)]
    found, low = [-1] * (rows + columns), [0] * (rows + columns)
    bridges, clock = [], 0
    for root in range(rows):
        if found[root] >= 0 or not beside[root]:
            continue
        found[root] = low[root] = clock
        stack = [(root, -1, iter(beside[root]))]
        while stack:
            node, parent, neighbours = stack[-1]
            step = next(neighbours, None)
            if step is None:
                stack.pop()
                if parent >= 0:
                    low[parent] = min(low[parent], low[node])
                    if low[node] > found[parent]:
                        bridges.append((min(node, parent), max(node, parent) - rows))
            elif found[step] < 0:
                clock += 1
                found[step] = low[step] = clock
                stack.append((step, node, iter(beside[step])))
            elif step != parent:
                low[node] = min(low[node], found[step])
        clock += 1
    return sorted(bridges)
