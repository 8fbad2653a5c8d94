"""Grids and workbooks made by hand for the tests of layout, roles and proposals."""

from __future__ import annotations

import random
from collections.abc import Sequence

import polars as pl

from cxdash.ingest.plan import Column, Grid, Known, Proposal, Sheet
from cxdash.ingest.propose import propose

N = 120
LIKERT = ("매우 불만족", "불만족", "보통", "만족", "매우 만족")


def grid(table_rows: Sequence[Sequence[object]], name: str = "시트", **more: object) -> Grid:
    """A grid of these rows; None and "" are blank, ragged rows are filled up."""
    width = max(map(len, table_rows))
    cells = {str(i): [None if i >= len(r) or r[i] in (None, "") else str(r[i]) for r in table_rows] for i in range(width)}
    return Grid(name, pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.Utf8)), **more)  # type: ignore[arg-type]


class Book:
    """A workbook of grids; `hidden` names the hidden sheets."""

    format = "xlsx"
    notes = ()

    def __init__(self, *grids: Grid, hidden: Sequence[str] = ()) -> None:
        self._grids = {g.sheet: g for g in grids}
        self._hidden = hidden

    def sheets(self) -> tuple[Sheet, ...]:
        return tuple(Sheet(g.sheet, g.cells.height, g.cells.width, g.sheet in self._hidden) for g in self._grids.values())

    def grid(self, sheet: str) -> Grid:
        return self._grids[sheet]


def proposal(*grids: Grid, hidden: Sequence[str] = (), sheet: str | None = None, known: Sequence[Known] = ()) -> Proposal:
    return propose(Book(*grids, hidden=hidden), sheet=sheet, known=known, file="f.xlsx", size=1, sha256="0" * 64)


def table(headers: Sequence[str], *columns: Sequence[object]) -> Grid:
    """One header row over columns of equal length."""
    return grid([list(headers), *map(list, zip(*columns, strict=True))])


def by_header(found: Proposal) -> dict[str, Column]:
    return {c.header: c for c in found.mapping.columns}


def rng(seed: int = 7) -> random.Random:
    return random.Random(seed)


def scores(lo: int, hi: int, n: int = N, seed: int = 1, mean: float = 0.68) -> list[int]:
    """Answers on lo..hi with one peak, all points used."""
    r = rng(seed)
    out = [min(hi, max(lo, round(r.gauss(lo + mean * (hi - lo), (hi - lo) / 4)))) for _ in range(n)]
    out[: hi - lo + 1] = range(lo, hi + 1)
    return out


def near(base: Sequence[int], lo: int, hi: int, seed: int = 3, reverse: bool = False) -> list[int]:
    """Answers that go along with (or against) those of `base`."""
    r = rng(seed)
    low, high = min(base), max(base)
    shares = [(b - low) / (high - low) for b in base]
    out = [min(hi, max(lo, round(lo + (hi - lo) * ((1 - s) if reverse else s) + r.gauss(0, (hi - lo) / 8)))) for s in shares]
    out[: hi - lo + 1] = range(hi, lo - 1, -1) if reverse != (base[0] > base[1]) else range(lo, hi + 1)
    return out


def stamps(n: int = N) -> list[str]:
    return [f"2025-03-{1 + i % 28:02d} {9 + i % 9:02d}:{i % 60:02d}:{(i * 7) % 60:02d}" for i in range(n)]


def ids(n: int = N, prefix: str = "R_") -> list[str]:
    return [f"{prefix}{i * 7919 + 100003}" for i in range(n)]


def choice(options: Sequence[object], n: int = N, seed: int = 5) -> list[object]:
    r = rng(seed)
    return [r.choice(list(options)) for _ in range(n)]
