"""Rows of a file as they stand, so that somebody who mends it sees what was wrong beside its reason."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxdash.ingest.plan import Grid, Mapping
from cxdash.terms import Role


def originals(grid: Grid, mapping: Mapping, rows: Sequence[int]) -> pl.DataFrame:
    """Column "row" (number as in the file) and one per column of the mapping, named by its header; personal columns are left out.

    A header that occurs again gets its number: "1-1", "1-1 (2)".
    """
    numbers = grid.rows if grid.rows is not None else pl.int_range(grid.first_row, grid.first_row + grid.cells.height, eager=True)
    kept = [c for c in mapping.columns if c.role is not Role.PERSONAL and str(c.index) in grid.cells.columns]
    named: dict[str, pl.Series] = {"row": numbers.cast(pl.Int64)}
    for column in kept:
        named[_free(column.header, named)] = grid.cells[str(column.index)]
    return pl.DataFrame(named).filter(pl.col("row").is_in(list(rows)))


def _free(header: str, taken: dict[str, pl.Series]) -> str:
    name, number = header, 2
    while name in taken:
        name, number = f"{header} ({number})", number + 1
    return name
