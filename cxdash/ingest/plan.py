"""What passes between the steps of an import: a grid of cells, a proposal, a mapping, a coded table.

Way of a file: read -> Grid -> propose -> Proposal (= Mapping + reasons) -> user corrects -> code -> CodedTable.
All of it is plain data with a JSON form, because it crosses the border of the child process that parses.
Reasons and problems are message keys with parameters; words are born at the edges.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cxdash.terms import Measure, Role, Scale

FORMAT = 1  # of the JSON documents below; raised when a field changes its meaning


@dataclass(frozen=True)
class Said:
    """A message for the user: key into the locales, parameters for its placeholders."""

    key: str
    params: MappingType[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook (a CSV file has one, named after the file)."""

    name: str
    rows: int
    columns: int
    hidden: bool = False
    proposed: bool = False
    reason: Said | None = None


@dataclass(frozen=True)
class Grid:
    """All cells of one sheet as text, as a person sees them, before anybody says what is a header.

    cells: every column Utf8, named "0", "1", …; null = blank cell. Numbers without ".0" tails, dates and datetimes as
    ISO 8601 text, booleans as "TRUE"/"FALSE", error cells as their text ("#N/A").
    first_row/first_column: 1-based position in the file of the grid's first cell (data need not begin at A1).
    rows: 1-based row number in the file per grid row when rows were skipped (blank rows are dropped), else None.
    merged: ranges (row0, col0, row1, col1) inclusive, in grid indices; only the top-left cell carries the text.
    dated: indices of columns whose cells were typed dates or datetimes in the file.
    value_labels, user_missing, wordings: what a statistics file (SPSS) says about its columns, by column index: code text ->
    label, texts of the codes that mean "no answer", and the question's wording. Cells hold codes, the header row variable names.
    notes: what the reader must tell the user about this sheet (formulas without saved results, rows cut off …).
    """

    sheet: str
    cells: pl.DataFrame
    first_row: int = 1
    first_column: int = 1
    rows: pl.Series | None = None
    merged: tuple[tuple[int, int, int, int], ...] = ()
    dated: frozenset[int] = frozenset()
    encoding: str | None = None
    delimiter: str | None = None
    value_labels: MappingType[int, MappingType[str, str]] = field(default_factory=dict)
    user_missing: MappingType[int, tuple[str, ...]] = field(default_factory=dict)
    wordings: MappingType[int, str] = field(default_factory=dict)
    notes: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Layout:
    """Where the table lies. Rows are 1-based numbers as the file shows them."""

    sheet: str
    header_rows: tuple[int, ...]
    first_data_row: int
    last_data_row: int
    encoding: str | None = None
    delimiter: str | None = None
    skipped: tuple[tuple[int, Said], ...] = ()  # rows inside the data that are not respondents (totals, notes), each with the reason


@dataclass(frozen=True)
class Column:
    """One column and what it means. As part of a Mapping only the first block matters; a Proposal fills all of it.

    header: all header rows joined by " / ", blanks trimmed, inner runs of blanks made one.
    occurrence: 1 for the first column with this header, 2 for the second … (headers may repeat 95 times).
    code: the question code or attribute key that the answers are stored under; unique in a mapping.
    codes: cell text -> scale point (ratings whose cells are words, or numbers to be shifted such as 0-10 kept as 1-11),
           option text -> option number (multi-response), or raw value -> label (attributes).
    missing: cell texts that mean "no answer", compared after trimming and case folding.
    multi: "separator" of a multi-response cell, or "columns" when the options are spread over the columns of one `group`.
    """

    index: int
    header: str
    role: Role
    code: str = ""
    occurrence: int = 1
    wording: str = ""
    measure: Measure | None = None
    stage: str | None = None
    touchpoint: str | None = None
    scale: Scale | None = None
    codes: MappingType[str, int | str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    separator: str | None = None
    group: str | None = None
    date_format: str | None = None
    personal: str | None = None  # kind of personal data: name, phone, email, id …
    # --- filled by a proposal
    reason: Said | None = None
    certainty: float = 1.0  # 0..1; below 0.7 the screens ask
    questions: tuple[Said, ...] = ()  # what the user should be asked (direction of an unlabelled scale …)
    n: int = 0  # cells with an answer under the proposal
    blank: int = 0
    missing_counts: MappingType[str, int] = field(default_factory=dict)
    values: tuple[tuple[str, int], ...] = ()  # distinct cell texts with counts, most frequent first, at most VALUES_MAX
    distinct: int = 0
    known: bool = False  # recognised from the programme or a saved mapping


VALUES_MAX = 200


@dataclass(frozen=True)
class Mapping:
    """What the user confirmed: where the table is and what each column means. Saved under a name, given as a file.

    sha256: of the file it was proposed for. For that file the layout holds as it stands; for any other one the rows are
    looked for anew and the columns by their headers. Empty: written by hand, what it says is respected.
    """

    layout: Layout
    columns: tuple[Column, ...]
    sha256: str = ""


@dataclass(frozen=True)
class Proposal:
    """What cxdash thinks of a file, with reasons. `mapping` is ready to commit as it is when nothing must be asked."""

    file: str
    size: int
    sha256: str
    format: str
    sheets: tuple[Sheet, ...]
    mapping: Mapping
    rows: int  # data rows (respondents)
    notes: tuple[Said, ...] = ()
    fingerprint: str = ""  # of the layout: same headers in the same order -> same fingerprint


@dataclass(frozen=True)
class Problem:
    """One cell or row that cannot be used as it stands."""

    row: int  # as in the file, 1-based
    column: str  # header, or "" for the whole row
    value: str
    reason: Said


@dataclass(frozen=True)
class Coded:
    """The outcome of coding a file with a mapping, on disk so that it can cross a process border.

    responses: Parquet, one row per usable row of the file:
        row Int64 (row number in the file), respondent Utf8|null, at Datetime(UTC, us)|null, weight Float64|null,
        attributes Utf8 (JSON object key -> text), answers Utf8 (JSON object code -> int | list[int] | text), problems Int32
        (cells of this row that became missing). Blank answers are left out of the documents.
    problems: Parquet with columns row, column, value, reason (key), params (JSON), whole_row (Boolean).
    rows_read = rows_usable + rows_empty + rows_rejected.
    """

    responses: Path
    problems: Path
    rows_read: int
    rows_usable: int
    rows_empty: int
    rows_rejected: int
    problem_cells: int
    codes: tuple[str, ...]  # question codes and attribute keys this mapping governs


@dataclass(frozen=True)
class Known:
    """A column the programme has met before, so that the next file needs no mapping."""

    header: str
    occurrence: int
    column: Column
