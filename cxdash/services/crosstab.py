"""Crosstabs: a metric by two attributes, or several metrics by one, with letters of significance; nothing hidden follows from the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np

from cxdash.facts.question import SOURCE, WAVE, attribute_name
from cxdash.services.catalog import Catalog, natural
from cxdash.services.figures import Summary, complemented, metric_figure, sample_difference, sample_of, together
from cxdash.services.metric import metric_of
from cxdash.stats.bases import apply_base, may_test
from cxdash.stats.compare import letters, pairwise
from cxdash.stats.figure import Figure
from cxdash.stats.suppression import Suppressed, hide_cells, suppress

COLUMNS = 12  # compared with each other: 66 pairs in a row; more neither fit a page nor leave Holm anything to find
EMPTY = Summary(0, {}, None)
Value = str | None  # of an attribute; None = has no value


@dataclass(frozen=True)
class Line:
    """A row or column: a value of an attribute (or a metric). others > 0: so many values (the smallest) together instead of one."""

    value: Value
    others: int = 0


@dataclass(frozen=True)
class Cell:
    """letters: of the columns that this one beats significantly in its row."""

    figure: Figure
    letters: str = ""


@dataclass(frozen=True)
class Crosstab:
    """cells (rows, columns) with the totals of both sides, as they may be shown. letters: what each column is called in the cells.

    column_totals and total are empty and None where the rows are metrics: they do not add up. left_out: columns not shown.
    """

    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    cells: tuple[tuple[Cell, ...], ...]
    letters: tuple[str, ...]
    row_totals: tuple[Figure, ...]
    column_totals: tuple[Cell, ...] = ()
    total: Figure | None = None
    left_out: int = 0


def grouping(catalog: Catalog, name: str) -> str:
    """What facts groups by for a name that filters take."""
    if name in (WAVE, SOURCE):
        return name
    attribute = catalog.named(name)
    return attribute_name(attribute.key) if attribute else name


def in_order(catalog: Catalog, by: str, values: Sequence[Value]) -> list[Value]:
    """Waves as they followed each other, labelled values as they were printed, the others in natural order; those without a value last."""
    attribute = next((a for a in catalog.attributes if attribute_name(a.key) == by), None)
    printed = [w.code for w in catalog.waves] if by == WAVE else list(next(iter(attribute.labels.values()), {})) if attribute else []
    place = {value: i for i, value in enumerate(printed)}
    return sorted(values, key=lambda v: (v is None, place.get(str(v), len(place)), natural(str(v))))


def profiled(catalog: Catalog, by: str, metrics: Sequence[str], groups: Mapping[Value, Summary], total: Summary, *, most: int) -> Crosstab:
    """Rows = metrics, columns = the largest values of `by`.

    Every row is protected over the `most` largest values, as a ranking of that many shows them: what is hidden there is hidden here.
    """
    ranked = sorted(groups, key=lambda value: -groups[value].responses)
    seen, shown = ranked[:most], in_order(catalog, by, ranked[:min(most, COLUMNS)])
    rows, totals = [], []
    for metric in metrics:
        figures = [_figure(metric, catalog, groups[v]) for v in seen]
        told = dict(zip(seen, complemented(figures, left_out=[_figure(metric, catalog, groups[v]) for v in ranked[most:]]), strict=True))
        rows.append(_lettered(catalog, metric, [(told[v], groups[v]) for v in shown]))
        totals.append(_figure(metric, catalog, total))
    return Crosstab(tuple(Line(m) for m in metrics), tuple(Line(v) for v in shown), tuple(rows), _names(len(shown)), tuple(totals),
                    left_out=len(ranked) - len(shown))


def crossed(catalog: Catalog, metric: str, by: str, across: str, cells: Mapping[tuple[Value, Value], Summary], *, rows: int,
            columns: int = COLUMNS) -> Crosstab:
    """Rows = values of `by`, columns = values of `across`; beyond `rows` and `columns` the smallest stand together in one last line."""
    down, right = (_lines(catalog, name, cells, side, most) for side, name, most in ((0, by, rows), (1, across, columns)))
    pooled = _pooled(cells, down, right)
    grid = [[pooled.get((i, j), EMPTY) for j in range(len(right))] for i in range(len(down))]
    row_sums, column_sums = [together(row) for row in grid], [together(column) for column in zip(*grid, strict=True)]
    figures = [[_figure(metric, catalog, s) for s in row] for row in grid]
    right_sums, bottom_sums = ([_figure(metric, catalog, s) for s in sums] for sums in (row_sums, column_sums))
    whole = _figure(metric, catalog, together(row_sums))
    hidden = _hidden(figures, right_sums, [*bottom_sums, whole])
    told = hide_cells(figures, hidden)
    row_totals, column_totals = _totals(right_sums, hidden.row_totals), _totals(bottom_sums, hidden.column_totals)
    alone = sum(1 for line, _ in right if not line.others)  # a column of several values together is compared with none
    lettered = [_lettered(catalog, metric, list(zip(f, s, strict=True)), alone) for f, s in zip(told, grid, strict=True)]
    [total] = _totals([whole], np.array([hidden.total]))
    return Crosstab(tuple(line for line, _ in down), tuple(line for line, _ in right), tuple(lettered), _names(alone, len(right)),
                    tuple(row_totals), _lettered(catalog, metric, list(zip(column_totals, column_sums, strict=True)), alone), total)


def _names(alone: int, width: int | None = None) -> tuple[str, ...]:
    """A, B, C … for the first `alone` of `width` columns, nothing for the others."""
    return tuple(ascii_uppercase[i] if i < alone else "" for i in range(alone if width is None else width))


def _figure(metric: str, catalog: Catalog, summary: Summary) -> Figure:
    return metric_figure(metric, catalog, summary) or Figure(None, 0)


def _lines(catalog: Catalog, name: str, cells: Mapping[tuple[Value, Value], Summary], side: int,
           most: int) -> list[tuple[Line, frozenset[Value]]]:
    """The lines of one side with the values that each holds."""
    sizes: dict[Value, int] = {}
    for key, summary in cells.items():
        sizes[key[side]] = sizes.get(key[side], 0) + summary.responses
    ranked = sorted(sizes, key=lambda value: -sizes[value])
    rest = frozenset(ranked[most:])
    lines = [(Line(v), frozenset([v])) for v in in_order(catalog, name, ranked[:most])]
    return [*lines, (Line(None, len(rest)), rest)] if rest else lines


def _pooled(cells: Mapping[tuple[Value, Value], Summary], down: Sequence[tuple[Line, frozenset[Value]]],
            right: Sequence[tuple[Line, frozenset[Value]]]) -> dict[tuple[int, int], Summary]:
    """The counts per pair of lines."""
    row, column = ({v: i for i, (_, values) in enumerate(lines) for v in values} for lines in (down, right))
    parts: dict[tuple[int, int], list[Summary]] = {}
    for (a, b), summary in cells.items():
        parts.setdefault((row[a], column[b]), []).append(summary)
    return {place: found[0] if len(found) == 1 else together(found) for place, found in parts.items()}


def _hidden(figures: Sequence[Sequence[Figure]], right: Sequence[Figure], bottom: Sequence[Figure]) -> Suppressed:
    """What must not be shown of a table whose totals are. right, bottom: the totals, the grand total last."""
    whole = [*([*row, total] for row, total in zip(figures, right, strict=True)), bottom]
    n = np.array([[f.n for f in row] for row in figures], dtype=np.float64)
    return suppress(n, n_eff=np.array([[f.n_eff if f.value is not None else 0.0 for f in row] for row in whole]))


def _totals(figures: Sequence[Figure], hidden: np.ndarray) -> list[Figure]:
    return [apply_base(f.hide("hidden_complement") if h and f.value is not None else f) for f, h in zip(figures, hidden, strict=True)]


def _lettered(catalog: Catalog, name: str, row: Sequence[tuple[Figure, Summary]], alone: int | None = None) -> tuple[Cell, ...]:
    """A row's cells with their letters: all pairs of its testable columns, Holm within the row. alone: only the first so many columns."""
    metric = metric_of(catalog, name)
    names = _names(len(row) if alone is None else alone)
    samples = {} if metric is None else {letter: sample_of(metric, summary) for letter, (figure, summary) in zip(names, row, strict=False)
                                         if figure.value is not None and may_test(figure)}
    marks = letters(list(names), pairwise(samples, sample_difference))
    return tuple(Cell(figure, marks.get(letter, "")) for letter, (figure, _) in zip(_names(len(names), len(row)), row, strict=True))
