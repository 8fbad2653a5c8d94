"""Crosstabs: cells and totals against pandas, letters against a hand calculation, and nothing hidden that subtraction gives back."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, stdtr

from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.crosstab import COLUMNS, Crosstab, Line, crossed
from cxdash.services.deps import Deps
from cxdash.services.figures import Summary, metric_figure, together
from cxdash.services.programs import catalog_of
from cxdash.services.segments import Segments, segments
from cxdash.services.view import View
from cxdash.stats.counts import Counts
from cxdash.stats.figure import Figure
from tests.services.survey import FILTERS, answers_of, chosen, kish, respondent, same, valued, weights, within


@pytest.fixture(scope="module")
def catalog(demo: Deps) -> Catalog:
    return catalog_of(demo, "demo")


@pytest.fixture(scope="module")
def answers(demo: Deps, catalog: Catalog) -> pd.DataFrame:
    return answers_of(demo, catalog)


def seen(demo: Deps, **view: Any) -> tuple[Segments, Crosstab]:
    found = segments(demo, LOCAL, view=View(program="demo", **view))
    assert found.table is not None
    return found, found.table


def side(rows: pd.DataFrame, key: str, line: Line) -> pd.Series:
    assert not line.others
    return rows[key].isna() if line.value is None else rows[key] == line.value


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("metric", "by", "across", "equals"), [
    ("nps", "region", "age", FILTERS[0]), ("csat", "tier", "channel", FILTERS[2]), ("loyalty", "channel", "wave", FILTERS[4]),
    ("stage:use", "age", "gender", FILTERS[3]), ("touchpoint:search/website", "source", "region", FILTERS[0]),
])
def test_every_cell_and_total_against_pandas(demo: Deps, catalog: Catalog, answers: pd.DataFrame, metric: str, by: str, across: str,
                                             equals: dict[str, tuple[str, ...]], weighted: bool) -> None:
    found, table = seen(demo, metric=metric, by=by, across=across, equals=equals, weighted=weighted, period="12m")
    rows = within(chosen(answers, equals), found.scope.since, found.scope.until)
    values, w = respondent(metric, rows, catalog), weights(rows, weighted)
    assert table.total is not None and len(rows) > 300
    same(table.total, valued(values, w))
    shown = 0
    for line, cells, total in zip(table.rows, table.cells, table.row_totals, strict=True):
        part = side(rows, by, line)
        same(total, valued(values[part], w[part]))
        for column, cell in zip(table.columns, cells, strict=True):
            both = part & side(rows, across, column)
            same(cell.figure, valued(values[both], w[both]))
            assert cell.figure.n_eff == pytest.approx(kish(values[both], w[both]))
            assert not (cell.letters and cell.figure.base in ("small", "hidden"))
            shown += cell.figure.value is not None
    for column, cell in zip(table.columns, table.column_totals, strict=True):
        part = side(rows, across, column)
        same(cell.figure, valued(values[part], w[part]))
    assert shown >= 4
    assert [s.figure for s in found.segments] == list(table.row_totals), "chart and table show and hide the same"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("metric", "by", "across"), [
    ("nps", "customer", "age"), ("csat", "customer", "tier"), ("stage:use", "source", "channel"), ("question:overall", "customer", "tier"),
    ("nps", "gender", "tier"),
])
def test_letters_by_hand(demo: Deps, catalog: Catalog, answers: pd.DataFrame, metric: str, by: str, across: str, weighted: bool) -> None:
    """Every pair of a row: adj3 z for NPS, pooled z for shares, Welch's t for scores; Holm over the row's testable pairs."""
    _, table = seen(demo, metric=metric, by=by, across=across, period="all", weighted=weighted)
    values, w = respondent(metric, answers, catalog), weights(answers, weighted)
    everywhere = Line("every row")
    found = 0
    for line, cells in [*zip(table.rows, table.cells, strict=True), (everywhere, table.column_totals)]:
        part = pd.Series(True, index=answers.index) if line is everywhere else side(answers, by, line)
        samples = {}
        for letter, column, cell in zip(table.letters, table.columns, cells, strict=True):
            both = part & side(answers, across, column) & values.notna() & (w > 0)
            if cell.figure.value is not None and min(both.sum(), kish(values[both], w[both])) >= 30:
                samples[letter] = (values[both].to_numpy(), w[both].to_numpy())
        want = beaten(metric, samples)
        found += sum(len(v) for v in want.values())
        for letter, cell in zip(table.letters, cells, strict=True):
            assert cell.letters.split() == want.get(letter, []), (line, letter)
    if across == "tier":
        assert found, "the demo's tiers differ: a table without letters would prove nothing"


def beaten(metric: str, samples: dict[str, Any]) -> dict[str, list[str]]:
    test = {"nps": nps_test, "csat": share_test}.get(metric, mean_test)
    pairs = sorted((*test(samples[a], samples[b]), a, b) for a, b in combinations(samples, 2))
    top, won = 0.0, {letter: [] for letter in samples}
    for rank, (p, difference, a, b) in enumerate(pairs):
        top = max(top, (len(pairs) - rank) * p)
        if top < 0.05:
            won[a if difference > 0 else b].append(b if difference > 0 else a)
    return {letter: sorted(losers) for letter, losers in won.items()}


Sample = tuple[np.ndarray, np.ndarray]


def nps_test(a: Sample, b: Sample) -> tuple[float, float]:
    def adjusted(x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        n, up, down = w.sum() ** 2 / (w**2).sum(), w[x == 100].sum() / w.sum(), w[x == -100].sum() / w.sum()
        p, d = (up * n + 0.75) / (n + 3), (down * n + 0.75) / (n + 3)
        return 100 * (p - d), 1e4 * (p + d - (p - d) ** 2) / (n + 3)
    (x, vx), (y, vy) = adjusted(*a), adjusted(*b)
    raw = np.average(a[0], weights=a[1]) - np.average(b[0], weights=b[1])
    return float(2 * ndtr(-abs(x - y) / math.sqrt(vx + vy))), float(raw)


def share_test(a: Sample, b: Sample) -> tuple[float, float]:
    (p1, n1), (p2, n2) = ((np.average(x, weights=w) / 100, w.sum() ** 2 / (w**2).sum()) for x, w in (a, b))
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    return float(2 * ndtr(-abs(p1 - p2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2)))), float(p1 - p2)


def mean_test(a: Sample, b: Sample) -> tuple[float, float]:
    def sample(x: np.ndarray, w: np.ndarray) -> tuple[float, float, int]:
        mean, n = np.average(x, weights=w), len(x)
        return float(mean), float(n / (n - 1) * ((w * (x - mean)) ** 2).sum() / w.sum() ** 2), n
    (x, vx, n), (y, vy, m) = sample(*a), sample(*b)
    df = (vx + vy) ** 2 / (vx**2 / (n - 1) + vy**2 / (m - 1))
    return float(2 * stdtr(df, -abs(x - y) / math.sqrt(vx + vy))), x - y


def grid(table: Crosstab) -> list[list[Figure]]:
    """The whole table with its totals as last row and column."""
    assert table.total is not None
    rows = [[*(c.figure for c in row), total] for row, total in zip(table.cells, table.row_totals, strict=True)]
    return [*rows, [*(c.figure for c in table.column_totals), table.total]]


def determined(figures: list[list[Figure]]) -> list[tuple[int, int]]:
    """Hidden entries that follow from the shown ones, by linear algebra: every line's cells add up to its total (as n·value do)."""
    rows, columns = len(figures), len(figures[0])
    hidden = [(i, j) for i in range(rows) for j in range(columns) if figures[i][j].value is None and figures[i][j].n]
    if not hidden:
        return []
    lines = [[(i, j) for j in range(columns)] for i in range(rows)] + [[(i, j) for i in range(rows)] for j in range(columns)]
    last = [columns - 1] * rows + [rows - 1] * columns
    equations = np.zeros((len(lines), len(hidden)))
    for k, (line, total) in enumerate(zip(lines, last, strict=True)):
        for h, cell in enumerate(hidden):
            if cell in line:
                equations[k, h] = -1.0 if line.index(cell) == total else 1.0
    free = null_space(equations)
    return [cell for cell, row in zip(hidden, free, strict=True) if np.abs(row).max(initial=0.0) < 1e-9]


def null_space(a: np.ndarray) -> np.ndarray:
    _, s, v = np.linalg.svd(a)
    rank = int((s > 1e-9).sum())
    return v[rank:].T


def test_the_check_itself_finds_what_follows() -> None:
    def figures(hidden: set[tuple[int, int]]) -> list[list[Figure]]:
        return [[Figure(None if (i, j) in hidden else 1.0, 5) for j in range(3)] for i in range(3)]
    assert determined(figures({(0, 0)})) == [(0, 0)]
    assert determined(figures({(0, 0), (0, 1)})) == [(0, 0), (0, 1)]
    assert determined(figures({(0, 0), (0, 1), (1, 0), (1, 1)})) == []


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("by", "across"), [("branch", "age"), ("branch", "channel"), ("tier", "region"), ("age", "wave")])
def test_nothing_hidden_follows_from_what_is_shown(demo: Deps, by: str, across: str, weighted: bool) -> None:
    hidden = 0
    for week in range(0, 40, 4):
        since = date.today() - timedelta(weeks=week, days=30)
        for metric in ("nps", "stage:service"):
            _, table = seen(demo, metric=metric, by=by, across=across, period="custom", since=since, until=since + timedelta(days=45),
                            weighted=weighted)
            figures = grid(table)
            assert determined(figures) == []
            for line in [*figures, *map(list, zip(*figures, strict=True))]:
                small = [f.n for f in line[:-1] if f.value is None and f.n]
                assert line[-1].value is None or not small or sum(small) >= 10, "the hidden ones together are too few"
            assert all(f.value is None for row in figures for f in row if f.n < 10)
            hidden += sum(f.value is None and f.n > 0 for row in figures for f in row)
    assert hidden > 50


def test_the_profile_hides_what_the_ranking_hides(demo: Deps) -> None:
    for days in (20, 45, 90):
        since = date.today() - timedelta(days=days)
        found = segments(demo, LOCAL, view=View(program="demo", by="branch", period="custom", since=since, until=date.today()))
        profile = found.profile
        assert profile is not None and profile.column_totals == () and profile.total is None
        row = next(cells for line, cells in zip(profile.rows, profile.cells, strict=True) if line.value == found.metric)
        told = {line.value: cell.figure for line, cell in zip(profile.columns, row, strict=True)}
        assert told == {s.value: s.figure for s in found.segments}


def test_profile_against_pandas(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = segments(demo, LOCAL, view=View(program="demo", by="tier", period="all", metric="question:f_on_time"))
    profile, w = found.profile, weights(answers, False)
    assert profile is not None and {"nps", "csat", "loyalty", "stage:use"} <= {line.value for line in profile.rows}
    for line, cells, total in zip(profile.rows, profile.cells, profile.row_totals, strict=True):
        values = respondent(str(line.value), answers, catalog)
        same(total, valued(values, w))
        for column, cell in zip(profile.columns, cells, strict=True):
            part = side(answers, "tier", column)
            same(cell.figure, valued(values[part], w[part]))


def made(catalog: Catalog, up: int, middle: int, down: int, weight: float = 1.0, heavy: int = 0) -> Summary:
    """NPS answers; the first `heavy` promoters weigh fifty times as much."""
    question = catalog.behind("nps")
    assert question is not None
    points = [10] * up + [8] * middle + [0] * down
    weighing = [50.0 * weight if i < heavy else weight for i in range(len(points))]
    return Summary(len(points), {question.code: Counts.from_values(points, weighing)}, None)


def test_many_values_stand_together_in_the_last_lines_and_still_add_up(catalog: Catalog) -> None:
    cells = {(f"지점{i:02}", f"{j}대"): made(catalog, 20 + i, 10 + j, 5) for i in range(45) for j in range(15)}
    table = crossed(catalog, "nps", "a:branch", "a:age", cells, rows=40)
    assert [len(table.rows), len(table.columns)] == [41, COLUMNS + 1]
    assert (table.rows[-1].others, table.columns[-1].others) == (5, 15 - COLUMNS)
    assert table.letters == (*"ABCDEFGHIJKL", "") and {row[-1].letters for row in table.cells} == {""}
    figures = grid(table)
    for line in [*figures, *map(list, zip(*figures, strict=True))]:
        assert sum(f.n for f in line[:-1]) == line[-1].n
        assert sum(f.n * (f.value or 0) for f in line[:-1]) == pytest.approx(line[-1].n * (line[-1].value or 0))
    assert table.total == metric_figure("nps", catalog, together(cells.values()))
    largest = {f"지점{i:02}" for i in range(5, 45)}
    assert {line.value for line in table.rows[:-1]} == largest and [line.value for line in table.rows[:-1]] == sorted(largest)


def test_unequal_weights_forbid_the_test(catalog: Catalog) -> None:
    """A difference that cries out, once with equal weights and once with a design effect over 2."""
    fair = {("r", "a"): made(catalog, 300, 50, 10), ("r", "b"): made(catalog, 10, 50, 300)}
    assert [c.letters for c in crossed(catalog, "nps", "a:x", "a:y", fair, rows=9).cells[0]] == ["B", ""]
    uneven = {("r", "a"): made(catalog, 300, 50, 10, heavy=3), ("r", "b"): made(catalog, 10, 50, 300)}
    [cells] = crossed(catalog, "nps", "a:x", "a:y", uneven, rows=9).cells
    assert "deff_block" in cells[0].figure.flags and cells[0].figure.base != "small"
    assert [c.letters for c in cells] == ["", ""]


def test_under_thirty_is_shown_without_letters_and_counts_for_no_test(catalog: Catalog) -> None:
    cells = {("r", "a"): made(catalog, 29, 0, 0), ("r", "b"): made(catalog, 0, 0, 400), ("r", "c"): made(catalog, 400, 0, 0)}
    [row] = crossed(catalog, "nps", "a:x", "a:y", cells, rows=9).cells
    assert [(c.figure.base, c.letters) for c in row] == [("small", ""), ("ok", ""), ("ok", "B")]


def test_together_is_the_sum_of_its_parts(catalog: Catalog) -> None:
    parts = [made(catalog, 5, 4, 3), made(catalog, 1, 0, 7), made(catalog, 0, 9, 0)]
    whole, want = together(parts), made(catalog, 6, 13, 10)
    assert metric_figure("nps", catalog, whole) == metric_figure("nps", catalog, want) and whole.responses == 29
    assert together([]) == Summary(0, {}, None)
