"""A crosstab as tables: one to read on screen, two typed ones for files, and a sentence in place of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from cxdash import i18n
from cxdash.charts import labels, words
from cxdash.services.crosstab import Cell, Crosstab
from cxdash.stats.figure import Figure

CAUTION = "†"  # beside a value of 30 to 99 answers; one of 10 to 29 stands in brackets
_NO_LETTER = ("small", "hidden")


@dataclass(frozen=True)
class Titles:
    """Names of the lines in the user's language, in the order of the crosstab. corner: what the rows are."""

    corner: str
    rows: Sequence[str]
    columns: Sequence[str]
    total: str


def headers(table: Crosstab, titles: Titles) -> list[str]:
    """Column names with their letters: "여성 (A)"."""
    pairs = zip(titles.columns, table.letters, strict=True)
    return [f"{labels.plain(name)} ({letter})" if letter else labels.plain(name) for name, letter in pairs]


def unique(names: Sequence[str]) -> list[str]:
    """The same names, told apart where two are the same words.

    >>> unique(["n", "a", "n"])
    ['n', 'a', 'n (2)']
    """
    found: list[str] = []
    for name in names:
        said, number = name, 1
        while said in found:
            number += 1
            said = f"{name} ({number})"
        found.append(said)
    return found


def shown(table: Crosstab, titles: Titles, *, lang: str) -> pl.DataFrame:
    """The table as Markdown: a value with the letters of the columns it beats, below it the number of answers. Totals on the far sides."""
    columns = [[i18n.escape(labels.plain(name)) for name in titles.rows], [_cell(Cell(f), lang) for f in table.row_totals]]
    columns += [[_cell(row[j], lang) for row in table.cells] for j in range(len(table.columns))]
    if table.total is not None:
        bottom = [f"**{i18n.escape(titles.total)}**", _cell(Cell(table.total), lang), *(_cell(c, lang) for c in table.column_totals)]
        for column, text in zip(columns, bottom, strict=True):
            column.append(text)
    heads = unique([i18n.escape(name) for name in (titles.corner, titles.total, *headers(table, titles))])
    return pl.DataFrame(dict(zip(heads, columns, strict=True)), schema=dict.fromkeys(heads, pl.Utf8))


def _cell(cell: Cell, lang: str) -> str:
    figure = cell.figure
    n = f":small[:gray[n={words.count(figure.n, lang)}]]"
    if figure.value is None:
        return f":gray[{i18n.NOTHING}]  \n{n}" if figure.n else f":gray[{i18n.NOTHING}]"
    value = words.value(figure, lang)
    if figure.base == "small":
        return f":gray[({value})]  \n{n}"
    mark = CAUTION if figure.base == "caution" else ""
    letters = f"\N{NO-BREAK SPACE}:blue[**{cell.letters.replace(' ', chr(0xA0))}**]" if cell.letters else ""
    return f"**{value}**{mark}{letters}  \n{n}"


def listed(table: Crosstab, titles: Titles, *, lang: str, across: str, value: str) -> pl.DataFrame:
    """One line per cell, typed: row, column, value, interval, n, effective n, letters, note. Totals are lines too."""
    cells = list(_cells(table, titles))
    figures = [cell.figure for *_, cell in cells]
    return _named([
        (titles.corner, _texts([r for r, *_ in cells])),
        (across, _texts([c for _, c, *_ in cells])),
        (i18n.text("segments.column.letter", lang), _texts([letter for _, _, letter, _ in cells])),
        (value, words.rounded([f.value for f in figures])),
        (words.column("low", lang), words.rounded([f.ci_low for f in figures])),
        (words.column("high", lang), words.rounded([f.ci_high for f in figures])),
        (words.column("n", lang), pl.Series([f.n for f in figures], dtype=pl.Int64)),
        (i18n.text("segments.column.n_eff", lang), words.rounded([f.n_eff for f in figures])),
        (i18n.text("segments.column.letters", lang), _texts([cell.letters for *_, cell in cells])),
        (words.column("note", lang), _texts([_note(cell.figure, lang) for *_, cell in cells])),
    ])


def _named(columns: Sequence[tuple[str, pl.Series]]) -> pl.DataFrame:
    return pl.DataFrame(dict(zip(unique([name for name, _ in columns]), (series for _, series in columns), strict=True)))


def _texts(values: Sequence[str]) -> pl.Series:
    """Texts; an empty cell rather than an empty text."""
    return pl.Series([v or None for v in values], dtype=pl.Utf8)


def _cells(table: Crosstab, titles: Titles) -> Iterator[tuple[str, str, str, Cell]]:
    """Row name, column name, letter of the column, cell; the totals last."""
    names = [labels.plain(name) for name in titles.columns]
    rows = [(labels.plain(name), row, total) for name, row, total in zip(titles.rows, table.cells, table.row_totals, strict=True)]
    if table.total is not None:
        rows.append((titles.total, table.column_totals, table.total))
    for name, row, total in rows:
        for column, letter, cell in zip(names, table.letters, row, strict=True):
            yield name, column, letter, cell
        yield name, titles.total, "", Cell(total)


def wide(table: Crosstab, titles: Titles, *, lang: str) -> pl.DataFrame:
    """The table as it stands on screen, typed: per column its value, n, interval and letters."""
    rows = [labels.plain(name) for name in titles.rows] + ([titles.total] if table.total is not None else [])
    columns = [(titles.corner, _texts(rows))]
    totals = [Cell(f) for f in (*table.row_totals, *([table.total] if table.total is not None else []))]
    columns += _columns(titles.total, totals, lang, lettered=False)
    for j, header in enumerate(headers(table, titles)):
        cells = [row[j] for row in table.cells] + ([table.column_totals[j]] if table.total is not None else [])
        columns += _columns(header, cells, lang, lettered=bool(table.letters[j]))
    return _named(columns)


def _columns(name: str, cells: Sequence[Cell], lang: str, *, lettered: bool) -> list[tuple[str, pl.Series]]:
    found = [
        (name, words.rounded([c.figure.value for c in cells])),
        (f"{name} n", pl.Series([c.figure.n for c in cells], dtype=pl.Int64)),
        (f"{name} {words.column('low', lang)}", words.rounded([c.figure.ci_low for c in cells])),
        (f"{name} {words.column('high', lang)}", words.rounded([c.figure.ci_high for c in cells])),
    ]
    if lettered:
        found.append((f"{name} {i18n.text('segments.column.letters', lang)}", _texts([c.letters for c in cells])))
    return found


def _note(figure: Figure, lang: str) -> str:
    """What the base allows, and whether the weights forbid a test."""
    blocked = figure.value is not None and "deff_block" in figure.flags
    return " · ".join(filter(None, [words.base(figure, lang), i18n.text("segments.blocked", lang) if blocked else ""]))


def blocked(table: Crosstab) -> bool:
    """Some shown cell may not be tested because its weights differ too much."""
    return any("deff_block" in c.figure.flags and c.figure.value is not None for row in (*table.cells, table.column_totals) for c in row)


def describe(table: Crosstab, titles: Titles, *, lang: str) -> str:
    """The table in a sentence or two: its size, the highest and lowest cell, how many differences are significant.

    Rows that are different metrics have no highest cell between them; only the differences are counted.
    """
    size = i18n.text("segments.said.size", lang, rows=len(table.rows), columns=len(table.columns))
    ranked = [(r, c, cell.figure) for r, c, letter, cell in _cells(table, titles)
              if letter and r != titles.total and cell.figure.value is not None and cell.figure.base not in _NO_LETTER]
    found = sum(len(c.letters.split()) for row in table.cells for c in row)
    parts = [size]
    if table.total is not None and len(ranked) > 1:
        best, worst = max(ranked, key=_value), min(ranked, key=_value)
        parts.append(i18n.text("segments.said.ends", lang, best=f"{best[0]} · {best[1]}", best_value=words.value(best[2], lang),
                               best_n=words.count(best[2].n, lang), worst=f"{worst[0]} · {worst[1]}",
                               worst_value=words.value(worst[2], lang), worst_n=words.count(worst[2].n, lang)))
    parts.append(i18n.text("segments.said.pairs", lang, n=found) if found else i18n.text("segments.said.alike", lang))
    return " ".join(parts)


def _value(cell: tuple[str, str, Figure]) -> float:
    return cell[2].value or 0.0
