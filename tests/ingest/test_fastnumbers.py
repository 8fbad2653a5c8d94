"""Columns of numbers read as numbers give the very texts of the exact reader, and the odd ones go back to being read as text."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cxdash.ingest import fastnumbers, fastsheet
from cxdash.ingest import workbook as workbooks
from cxdash.ingest.celltext import number_text
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid
from cxdash.ingest.read import open_file
from tests.ingest import read_kit as kit
from tests.ingest.read_kit import boolean, error, number, row, sheet, text

ROWS = 900
Maker = Callable[[str, int], str]


def book(path: Path, makers: dict[str, Maker], *, titles: int = 0) -> Path:
    """A sheet with a header row (below `titles` title rows) and a column per maker(place, row)."""
    letters = [workbooks.letters(i + 1) for i in range(len(makers))]
    parts = [row(r, text(f"A{r}", f"제목 {r}")) for r in range(1, titles + 1)]
    parts.append(row(titles + 1, *(text(f"{letter}{titles + 1}", name) for letter, name in zip(letters, makers, strict=True))))
    for r in range(titles + 2, titles + 2 + ROWS):
        parts.append(row(r, *(make(f"{letter}{r}", r) for letter, make in zip(letters, makers.values(), strict=True))))
    return kit.workbook(path, {"S": sheet(*parts)}, durations=False)


def readings(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Grid, Grid, list[frozenset[int]]]:
    """The sheet through the exact reader and through fastexcel, and the columns that each of its readings took as numbers."""
    exact = open_file(path, exact=True).grid("S")
    taken: list[frozenset[int]] = []
    for name in ("_read", "_as_text"):
        whole = getattr(fastsheet.FastSheet, name)
        monkeypatch.setattr(fastsheet.FastSheet, name, lambda self, whole=whole: (found := whole(self), taken.append(found.numbers))[0])
    monkeypatch.setattr(workbooks, "EXACT_BYTES", 0)
    sheet_ = workbooks.XlsxBook(path, Limits())
    fast = sheet_._fast(sheet_.workbook.sheets[0])
    assert fast is not None
    return exact, fast, taken


def same(exact: Grid, fast: Grid) -> None:
    assert exact.cells.equals(fast.cells)
    assert (exact.first_row, exact.first_column, exact.dated) == (fast.first_row, fast.first_column, fast.dated)


CHANCE = random.Random(11)
PLAIN: dict[str, Maker] = {
    "응답자": lambda p, r: text(p, f"R{r}"),
    "점수": lambda p, r: number(p, CHANCE.randrange(11)) if CHANCE.random() > 0.1 else "",
    "가중치": lambda p, r: number(p, repr(CHANCE.random() * 3)),
    "큰 수": lambda p, r: number(p, f"{CHANCE.random() * 1e22:.17E}"),
    "작은 수": lambda p, r: number(p, f"{CHANCE.random() * 1e-9:.17E}"),
    "주민 번호": lambda p, r: number(p, 10**15 + r),
    "음수": lambda p, r: number(p, CHANCE.choice(["-3", "-0", "0", "2", "-2.5"])),
    "빈 열": lambda p, r: "",
}


@pytest.mark.parametrize("titles", [0, 3])
def test_numbers_are_taken_as_numbers_and_written_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, titles: int) -> None:
    exact, fast, taken = readings(book(tmp_path / "n.xlsx", PLAIN, titles=titles), monkeypatch)
    same(exact, fast)
    assert taken == [frozenset({1, 2, 3, 4, 5, 6})]
    assert fast.cells.height == ROWS + 1 + titles and fast.cells["1"][titles] == "점수"


LATE = {
    "text": lambda p, r: text(p, "모름") if r == 700 else number(p, r % 7),
    "number as text": lambda p, r: text(p, "12.50") if r == 700 else number(p, r % 7),
    "date": lambda p, r: number(p, 45000, kit.DATE) if r == 700 else number(p, r % 7),
    "date from the middle on": lambda p, r: number(p, 45000 + r, kit.DATE) if r >= 300 else "",
    "only below the head": lambda p, r: number(p, repr(r / 7)) if r >= 300 else "",
    "error": lambda p, r: error(p, "#N/A") if r % 100 == 50 else number(p, repr(r / 3)),
    "late error": lambda p, r: error(p, "#REF!") if r == 700 else number(p, r % 7),
    "blank text": lambda p, r: text(p, "  ") if r == 700 else number(p, r % 7),
    "boolean": lambda p, r: boolean(p, 1) if r == 700 else number(p, r % 2),
    "many decimals beside text": lambda p, r: text(p, "모름") if r == 700 else number(p, repr(r / 7)),
}


@pytest.mark.parametrize("kind", LATE)
def test_what_comes_late_in_a_column_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    makers = {"응답자": PLAIN["응답자"], "점수": PLAIN["점수"], kind: LATE[kind]}
    exact, fast, _ = readings(book(tmp_path / "l.xlsx", makers), monkeypatch)
    same(exact, fast)


def test_one_boolean_sends_every_column_back_to_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exact, fast, taken = readings(
        book(tmp_path / "b.xlsx", {**{k: PLAIN[k] for k in ("응답자", "점수", "가중치")}, "예": LATE["boolean"]}), monkeypatch
    )
    same(exact, fast)
    assert taken[-1] == frozenset()


def test_texts_of_floats() -> None:
    numbers = [0.1 + 0.2, 1e15, 1e15 - 1, -0.0, 123456789.123456789, 1e300, 5e-324, 2.0, 1 / 3]
    assert fastnumbers.as_text(pl.Series([*numbers, None])).to_list() == [*map(number_text, numbers), None]
    assert fastnumbers.as_text(pl.Series([3.0, -0.0, None, -7.0])).to_list() == ["3", "0", None, "-7"]
    assert fastnumbers.as_text(pl.Series([None], dtype=pl.Float64)).to_list() == [None]
