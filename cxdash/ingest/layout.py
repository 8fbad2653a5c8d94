"""Where the table of answers lies in a grid of cells, and its columns as named columns of answers.

Nothing above the header and nothing below the last respondent is lost silently: rows that are left out between and
below the answers are listed in `Layout.skipped` with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cxdash.errors import FileNoTable
from cxdash.ingest import glance, headers, rowkinds, span, spread, tails
from cxdash.ingest.headers import Header
from cxdash.ingest.plan import Grid, Layout, Said

BESIDE = 0.3  # a block of columns that fills less than this share of the main block's rows stands beside the table


@dataclass(frozen=True)
class Table:
    """The table found: its layout, one header per column, the answer rows (columns named by grid index), remarks.

    beside: columns (grid indices) that belong to something else on the sheet. above: texts of the rows above the header.
    """

    layout: Layout
    headers: tuple[Header, ...]
    rows: pl.DataFrame
    numbers: pl.Series  # row number in the file of each answer row
    beside: frozenset[int] = frozenset()
    above: tuple[str, ...] = ()
    headless: bool = False


def find(grid: Grid) -> Table:
    """The table of a grid. Raises FileNoTable when there is none (nothing filled, or a header and no answers)."""
    frame = grid.cells
    if not frame.height or not frame.width:
        raise FileNoTable("ingest.error.empty", fix="ingest.fix.respondents", sheet=grid.sheet)
    look = rowkinds.profile(frame)
    if not look.used:
        raise FileNoTable("ingest.error.empty", fix="ingest.fix.respondents", sheet=grid.sheet)
    where = span.find(look, grid.merged, _gaps(grid))
    if where.start >= frame.height:
        raise FileNoTable("ingest.error.header_only", fix="ingest.fix.respondents", sheet=grid.sheet)
    head = [tuple(r) for r in frame.slice(where.top, where.bottom - where.top).iter_rows()]
    columns = _columns(frame, head, where.start)
    named = headers.build(grid, head, where, columns)
    last, below = tails.last_row(frame, where.start, look.typical, look.bodies)
    if last < where.start:
        raise FileNoTable("ingest.error.header_only", fix="ingest.fix.respondents", sheet=grid.sheet)
    lower = list(head[-1]) if head else [None] * frame.width
    between = tails.inside(frame, where.start, last, lower, look.bodies)
    return _table(grid, where, named, last, [*between, *below])


def _table(grid: Grid, where: span.Span, named: list[Header], last: int, skipped: list[tuple[int, Said]]) -> Table:
    numbers = _numbers(grid)
    body = spread.down(grid, where.start).slice(where.start, last - where.start + 1)
    places = numbers.slice(where.start, body.height)
    inner = [i - where.start for i, _ in skipped if i <= last]
    if inner:
        keep = ~pl.int_range(body.height, eager=True).is_in(inner)
        body, places = body.filter(keep), places.filter(keep)
    if not body.height:
        raise FileNoTable("ingest.error.header_only", fix="ingest.fix.respondents", sheet=grid.sheet)
    layout = Layout(
        grid.sheet,
        tuple(int(numbers[i]) for i in range(where.top, where.bottom)),
        int(places[0]),
        int(places[-1]),
        grid.encoding,
        grid.delimiter,
        tuple((int(numbers[i]), said) for i, said in skipped),
    )
    body = body.select(str(h.index) for h in named)
    above = tuple(glance.squeeze(t) for row in grid.cells.head(where.top).iter_rows() for t in row if t and t.strip())
    return Table(layout, tuple(named), body, places, _beside(body, named), above, where.kind == "none")


def _numbers(grid: Grid) -> pl.Series:
    """Row number in the file of every grid row."""
    if grid.rows is not None:
        return grid.rows.cast(pl.Int64)
    return pl.int_range(grid.first_row, grid.first_row + grid.cells.height, eager=True)


def _gaps(grid: Grid) -> frozenset[int]:
    """Grid rows that blank rows of the file stand before (among the first rows)."""
    numbers = _numbers(grid).head(glance.HEAD_ROWS + 1).to_list()
    blank = {i + 1 for i, row in enumerate(grid.cells.head(glance.HEAD_ROWS).iter_rows()) if not any(t and t.strip() for t in row)}
    return frozenset(i for i in range(1, len(numbers)) if numbers[i] - numbers[i - 1] > 1) | blank


def _columns(frame: pl.DataFrame, head: list[tuple[str | None, ...]], start: int) -> list[int]:
    """Columns that have a header or an answer."""
    nulls = frame.slice(start).null_count().row(0)
    height = frame.height - start
    headed = {i for row in head for i, text in enumerate(row) if text and text.strip()}
    return [i for i in range(frame.width) if nulls[i] < height or i in headed]


def _beside(body: pl.DataFrame, named: list[Header]) -> frozenset[int]:
    """Columns of a smaller block that blank columns separate from the table (a summary put to the right of the answers)."""
    blocks: list[list[int]] = []
    for head in named:
        if blocks and head.index == blocks[-1][-1] + 1:
            blocks[-1].append(head.index)
        else:
            blocks.append([head.index])
    if len(blocks) < 2:
        return frozenset()
    depth = [body.select(pl.any_horizontal(pl.col(str(i)).is_not_null() for i in b).sum()).item() for b in blocks]
    most = max(depth)
    return frozenset(i for b, d in zip(blocks, depth, strict=True) if d < BESIDE * most for i in b)
