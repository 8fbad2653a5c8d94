"""From the cells of a file to a proposal: which sheet, where the table lies, what every column means, and why.

The proposal is a mapping that could be committed as it stands; what is not certain says so and asks. Nothing is dropped without
a reason: rows that are no respondents are listed in the layout, columns that are left out carry the role "ignore" and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cxdash.ingest import blocks, choose, counts, finish, ratings, roles, sheetpick, view
from cxdash.ingest import known as met
from cxdash.ingest.book import Book
from cxdash.ingest.headers import Header
from cxdash.ingest.layout import Table
from cxdash.ingest.plan import Column, Grid, Known, Mapping, Proposal, Said
from cxdash.ingest.view import View
from cxdash.terms import Measure, Role

SAME_NAMES = 10  # names and rows told in one note


def propose(book: Book, *, sheet: str | None = None, known: Sequence[Known] = (), file: str, size: int, sha256: str) -> Proposal:
    """What a file holds and means.

    sheet: the user's choice, else the sheet is proposed. known: columns the programme or a saved mapping has met before.
    Raises FileNoTable (no answers, a code list, notes), FileAggregate (results instead of respondents), and what reading raises.
    """
    picked = sheetpick.pick(book, sheet)
    columns, remarks = columns_of(picked.grid, picked.table, known)
    notes = (*getattr(book, "notes", ()), *picked.grid.notes, *_layout_notes(picked.table), *_column_notes(columns), *remarks)
    mapping = Mapping(picked.table.layout, tuple(columns))
    return Proposal(
        file,
        size,
        sha256,
        str(getattr(book, "format", "")),
        picked.sheets,
        mapping,
        picked.table.rows.height,
        notes,
        fingerprint(picked.table.headers),
    )


def columns_of(grid: Grid, table: Table, known: Sequence[Known] = ()) -> tuple[list[Column], list[Said]]:
    """The proposed columns of a table, and remarks on differences from what is known."""
    headers = list(table.headers)
    by_index = {h.index: h for h in headers}
    tallies = counts.count_all(table.rows)
    usable = [h for h in headers if h.index not in table.beside]
    parts = blocks.find(usable, tallies, table.rows)
    views = view.siblings([_view(grid, table, h, tallies[h.index]) for h in headers])
    columns = [roles.decide(v, parts.get(v.header.index)) for v in views]
    columns = ratings.settle(choose.one_each(columns))
    columns = finish.directions(columns, table.rows, _outside(table))
    columns = finish.staged(columns, by_index)
    columns, remarks = met.apply(columns, headers, known)
    columns = _one_role_each(columns)
    columns = finish.coded(columns, by_index, parts)
    return [finish.counted(c) for c in columns], remarks


def _outside(table: Table) -> list[str]:
    """What stands above and below the answers."""
    return [*table.above, *(str(said.params["text"]) for _, said in table.layout.skipped if "text" in said.params)]


def _view(grid: Grid, table: Table, header: Header, tally: counts.Counts) -> View:
    i = header.index
    return View(header, tally, i in grid.dated, grid.value_labels.get(i, {}), grid.user_missing.get(i, ()), beside=i in table.beside)


def _one_role_each(columns: list[Column]) -> list[Column]:
    """A known date, key or weight displaces a guessed one."""
    taken = {c.role: c.header for c in columns if c.known and c.role in (Role.DATE, Role.RESPONDENT, Role.WEIGHT)}
    return [choose.displaced(c, taken[c.role]) if not c.known and c.role in taken else c for c in columns]


def fingerprint(headers: Sequence[Header]) -> str:
    """The same for files with the same headers in the same order (case and blanks aside)."""
    return hashlib.sha256("\x1f".join(h.text.casefold() for h in headers).encode()).hexdigest()[:32]


def _layout_notes(table: Table) -> list[Said]:
    out = []
    if table.headless:
        out.append(Said("ingest.note.no_header"))
    if table.layout.skipped:
        out.append(Said("ingest.note.skipped", {"rows": len(table.layout.skipped), "places": _places(table.layout.skipped)}))
    if table.beside:
        out.append(Said("ingest.note.beside", {"columns": len(table.beside)}))
    repeated = sum(1 for h in table.headers if h.occurrence > 1)
    if repeated:
        out.append(Said("ingest.note.repeated", {"columns": repeated}))
    unnamed = sum(1 for h in table.headers if h.unnamed)
    if unnamed and not table.headless:
        out.append(Said("ingest.note.unnamed", {"columns": unnamed}))
    return out


def _places(skipped: Sequence[tuple[int, Said]]) -> str:
    """Row numbers as in the file, each with how the row begins: "66 (합계), 69 (※ 5점 척도)"."""
    told = [(row, str(said.params.get("text", ""))) for row, said in skipped[:SAME_NAMES]]
    shown = [f"{row} ({text[:20]}{'…' if len(text) > 20 else ''})" if text else str(row) for row, text in told]
    return ", ".join([*shown, *(["…"] if len(skipped) > SAME_NAMES else [])])


def _column_notes(columns: list[Column]) -> list[Said]:
    out = [
        Said("ingest.note.recommend_not_nps", {"header": c.header, "lo": c.scale.lo, "hi": c.scale.hi})
        for c in columns
        if c.role is Role.RATING and c.measure is Measure.RECOMMEND and c.scale is not None and not c.scale.is_nps
    ]
    kept_out = [c for c in columns if c.role is Role.PERSONAL]
    if kept_out:
        out.append(Said("ingest.note.personal", {"columns": ", ".join(c.header for c in kept_out[:SAME_NAMES]), "count": len(kept_out)}))
    return out
