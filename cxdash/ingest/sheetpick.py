"""Which sheet of a workbook holds the answers of respondents, and why.

Every visible sheet is looked at as a table; summaries, code lists and notes drop out with their reason, and of the rest the one
with the most respondents and columns wins. Hidden sheets are taken only when no visible one will do.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from math import log2, log10

from cxdash.errors import FileAggregate, FileError, FileNoTable
from cxdash.ingest import aggregate, glance, layout
from cxdash.ingest import lexicon_roles as words
from cxdash.ingest.book import Book, no_sheet
from cxdash.ingest.layout import Table
from cxdash.ingest.plan import Grid, Said, Sheet

MOST = 40  # sheets that are opened; of more, the largest
_RAW = re.compile(r"응답|response|raw|원\s*(자료|데이터|시트)|로\s*데이터|전체|answers|설문", re.IGNORECASE)
_DERIVED = re.compile(
    r"요약|summary|코드|code|피벗|pivot|통계|빈도|분석|차트|chart|dict|변수|보고|report|결과\s*표|dashboard|안내|readme|표지|cover",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Picked:
    """The chosen sheet: its grid and table, and all sheets of the file with reasons."""

    grid: Grid
    table: Table
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class _Tried:
    sheet: Sheet
    grid: Grid | None = None
    table: Table | None = None
    error: FileError | None = None
    score: float = 0.0


def pick(book: Book, name: str | None = None) -> Picked:
    """The sheet called `name`, or the proposed one. Raises FileNoTable or FileAggregate when none holds respondents."""
    sheets = book.sheets()
    if name is not None:
        wanted = next((s for s in sheets if s.name == name), None)
        if wanted is None:
            raise no_sheet(name, [s.name for s in sheets])
        tried = _try(book, wanted)
        return _picked(tried, [tried], sheets, Said("ingest.sheet.asked"))
    visible = [s for s in sheets if not s.hidden]
    found = [_try(book, s) for s in _largest(visible)]
    if not any(t.table for t in found):
        found += [_try(book, s) for s in _largest([s for s in sheets if s.hidden])]
    good = [t for t in found if t.table]
    if not good:
        raise _most_telling(found, sheets)
    best = max(good, key=lambda t: t.score)
    return _picked(best, found, sheets, _why(best, len(visible)))


def _largest(sheets: list[Sheet]) -> list[Sheet]:
    return sorted(sheets, key=lambda s: -s.rows * max(1, s.columns))[:MOST]


def _try(book: Book, sheet: Sheet) -> _Tried:
    try:
        grid = book.grid(sheet.name)
        table = layout.find(grid)
        aggregate.refuse(table)
    except (FileNoTable, FileAggregate) as error:
        return _Tried(sheet, error=error)
    return _Tried(sheet, grid, table, None, _score(sheet.name, table))


def _score(name: str, table: Table) -> float:
    """More respondents, more columns, a time stamp, an id, question texts and a telling name make a sheet the likelier one."""
    heads = [h.text for h in table.headers]
    score = 3.0 * log10(1 + table.rows.height) + log2(1 + len(heads))
    score += 2.0 if _stamped(table) else 0.0
    score += 1.0 if any(p.search(h) for h in heads for p, _ in words.KEYS[:2]) else 0.0
    score += 2.0 * sum(1 for h in heads if len(h) >= 12 or h.endswith("?")) / len(heads)
    score -= 2.0 if table.headless else 0.0
    return score + (1.0 if _RAW.search(name) else 0.0) - (2.0 if _DERIVED.search(name) else 0.0)


def _stamped(table: Table) -> bool:
    return any(glance.body_of(s.head(30).to_list()).typed == "date" for s in table.rows.get_columns()[:12])


def _most_telling(found: list[_Tried], sheets: tuple[Sheet, ...]) -> FileError:
    """Of the errors of all sheets that of the largest, an aggregate before an empty sheet."""
    errors = [t.error for t in found if t.error is not None]
    aggregates = [e for e in errors if isinstance(e, FileAggregate)]
    if aggregates:
        return aggregates[0]
    return errors[0] if errors else FileNoTable("ingest.error.empty", fix="ingest.fix.respondents", sheet=sheets[0].name if sheets else "")


def _why(best: _Tried, visible: int) -> Said:
    rows, columns = best.table.rows.height if best.table else 0, len(best.table.headers) if best.table else 0
    if best.sheet.hidden:
        return Said("ingest.sheet.hidden_only", {"rows": rows})
    if visible == 1:
        return Said("ingest.sheet.only", {"rows": rows, "columns": columns})
    return Said("ingest.sheet.best", {"rows": rows, "columns": columns})


def _picked(best: _Tried, found: list[_Tried], sheets: tuple[Sheet, ...], why: Said) -> Picked:
    if best.error is not None:
        raise best.error
    if best.grid is None or best.table is None:
        raise FileNoTable("ingest.error.empty", fix="ingest.fix.respondents", sheet=best.sheet.name)
    tried = {t.sheet.name: t for t in found}
    out = tuple(
        replace(s, proposed=True, reason=why)
        if s.name == best.sheet.name
        else replace(s, proposed=False, reason=_reason(s, tried.get(s.name), best))
        for s in sheets
    )
    return Picked(best.grid, best.table, out)


def _reason(sheet: Sheet, tried: _Tried | None, best: _Tried) -> Said | None:
    """Why a sheet was not proposed."""
    if sheet.hidden:
        return Said("ingest.sheet.hidden")
    if tried is None:
        return None
    if isinstance(tried.error, FileAggregate):
        return Said("ingest.sheet.aggregate")
    if tried.error is not None:
        return Said(tried.error.key, dict(tried.error.params))
    if tried.table is None or best.table is None:
        return None
    mine, theirs = (Counter(h.text.casefold() for h in t.headers) for t in (tried.table, best.table))
    if sum((mine & theirs).values()) < 0.9 * sum(mine.values()):
        return Said("ingest.sheet.less", {"rows": tried.table.rows.height})
    if _overlap(tried.table, best.table) < 0.5:
        return Said("ingest.sheet.other_rows", {"sheet": best.sheet.name, "rows": tried.table.rows.height})
    return Said("ingest.sheet.copy", {"sheet": best.sheet.name})


def _overlap(one: Table, other: Table) -> float:
    """Share of the first sheet's values that come in the other sheet, in the shared column with the most distinct values."""
    places = {h.text.casefold(): h.index for h in reversed(other.headers)}
    shared = [(h.index, places[h.text.casefold()]) for h in one.headers if h.text.casefold() in places]
    best, share = 0, 1.0
    for mine, theirs in shared[:40]:
        values = set(one.rows.get_column(str(mine)).head(500).drop_nulls().to_list())
        if len(values) > best:
            best = len(values)
            share = len(values & set(other.rows.get_column(str(theirs)).drop_nulls().to_list())) / len(values)
    return share
