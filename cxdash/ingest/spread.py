"""Cells merged over several rows of answers: the name of a branch or group, written once, belongs to every row it covers."""

from __future__ import annotations

import polars as pl

from cxdash.ingest import glance
from cxdash.ingest.plan import Grid


def down(grid: Grid, start: int) -> pl.DataFrame:
    """The cells of the grid, with texts that are merged downwards from row `start` on repeated in each of their rows.

    Only words are repeated: a number merged over several rows is one figure of theirs together, not an answer of each.
    """
    by_column: dict[int, list[tuple[int, int]]] = {}
    for row0, column0, row1, column1 in grid.merged:
        if row0 >= start and row1 > row0 and column0 == column1:
            by_column.setdefault(column0, []).append((row0, row1))
    return grid.cells.with_columns(_repeated(grid.cells.to_series(column), ranges) for column, ranges in by_column.items())


def _repeated(cells: pl.Series, ranges: list[tuple[int, int]]) -> pl.Series:
    texts = cells.to_list()
    for top, bottom in ranges:
        text = texts[top]
        if glance.kind(text) == "text":
            for row in range(top + 1, min(bottom + 1, len(texts))):
                texts[row] = texts[row] or text
    return pl.Series(cells.name, texts, dtype=pl.Utf8)
