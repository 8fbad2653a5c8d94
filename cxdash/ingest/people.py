"""Customer lists: which row is the header, and which column holds the key, the name, the e-mail address and the language.

A list is not a survey: everything in it is text, and nothing is guessed from values. The header row is the one among the first rows
that names most of what is looked for, in Korean or English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cxdash.errors import FileNoTable, FileTooLarge
from cxdash.ingest import glance, personal
from cxdash.ingest.book import Book
from cxdash.ingest.counts import count
from cxdash.ingest.plan import Grid

KEY, NAME, EMAIL, LANGUAGE, ATTRIBUTE, LEFT_OUT = "key", "name", "email", "language", "attribute", "left_out"
ROLES = (KEY, NAME, EMAIL, LANGUAGE)
MOST_ROWS, MOST_COLUMNS, HEAD = 200_000, 60, 20  # HEAD: rows among which the header is looked for
_SHEETS = 20  # looked at for a list

_KEY = (
    r"고객(관리)?\s*(번호|코드|키|id|아이디|식별자)|회원\s*(번호|코드|id|아이디)|응답자\s*(번호|코드|id|아이디|키)|사번|고유\s*(번호|키|id)|식별\s*(번호|자|키)"
    r"|key|id|uid|customer\s*(no|number|key|id|code)?|(member|client|respondent|contact|user)\s*(no|number|key|id|code)|no\.?|번호|키"
)
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (EMAIL, re.compile(r".*(e-?\s*mail|이\s*메일|전자\s*우편|메일(\s*주소)?).*", re.IGNORECASE)),
    (NAME, re.compile(r"(고객|회원|응답자|수신자|받는\s*(사람|분))?\s*(이름|성명|성함|고객명|회원명|수신자명)|(full|customer|contact|recipient)?\s*name",
                      re.IGNORECASE)),
    (LANGUAGE, re.compile(r"(사용|선호|메일)?\s*(언어|국문/영문)|lang(uage)?(\s*code)?|locale", re.IGNORECASE)),
    (KEY, re.compile(_KEY, re.IGNORECASE)),
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """One column of a list. index: of the grid. letter: as spreadsheets call it. role: key, name, email, language, attribute, left_out."""

    index: int
    letter: str
    header: str
    role: str


def role_of(header: str) -> str:
    """What a header names; "attribute" when it is nothing that is looked for.

    >>> [role_of(h) for h in ("고객번호", "이메일 주소", "E-mail", "성함", "Language", "지점")]
    ['key', 'email', 'email', 'name', 'language', 'attribute']
    """
    plain = re.sub(r"[_\s]+", " ", header).strip(" *:.()[]")
    return next((role for role, pattern in _WORDS if pattern.fullmatch(plain)), ATTRIBUTE)


def read_list(book: Book, out: Path) -> dict[str, object]:
    """Finds the list in a workbook and writes its rows to `out` (Parquet: `row`, the row's number in the file, then "0", "1", … as texts).

    The first visible sheet with a header row is taken. FileNoTable when no sheet has one, FileTooLarge for more than 200,000 rows.
    """
    sheets = [sheet for sheet in book.sheets() if not sheet.hidden and sheet.rows][:_SHEETS]
    for sheet in sheets:
        grid = book.grid(sheet.name)
        at = _header_row(grid)
        if at is not None:
            return _written(grid, at, out)
    raise FileNoTable("error.file.no_customer_list", fix="error.file.fix.customer_list")


def _header_row(grid: Grid) -> int | None:
    """Place of the row that names a key or an address and most else; None when there is none."""
    best, most = None, 0
    for at, row in enumerate(grid.cells.head(HEAD).iter_rows()):
        found = {role_of(text) for cell in row if (text := glance.squeeze(cell))} & set(ROLES)
        if len(found) > most and found & {KEY, EMAIL} and not any(cell and "@" in cell for cell in row):
            best, most = at, len(found)
    return best


def _written(grid: Grid, at: int, out: Path) -> dict[str, object]:
    body = grid.cells.slice(at + 1)
    if body.height > MOST_ROWS:
        raise FileTooLarge("error.file.customer_list_long", fix="error.file.fix.split", rows=body.height, most=MOST_ROWS)
    heads = _heads(grid, at, body)
    numbers = grid.rows.slice(at + 1) if grid.rows is not None else pl.int_range(at, at + body.height, eager=True) + grid.first_row + 1
    columns = [pl.col(str(head.index)) for head in heads]
    filled = pl.any_horizontal(c.is_not_null() for c in columns)
    body.select(numbers.cast(pl.Int64).alias("row"), *columns).filter(filled).write_parquet(out)
    header_row = int(grid.rows[at]) if grid.rows is not None else grid.first_row + at
    return {"sheet": grid.sheet, "header_row": header_row, "heads": [vars(head) for head in heads]}


def _heads(grid: Grid, at: int, body: pl.DataFrame) -> list[Head]:
    """Columns with a header, each role given once: the first that asks for it."""
    cells: Sequence[str | None] = grid.cells.row(at)
    found: list[Head] = []
    for index, cell in enumerate(cells):
        header = glance.squeeze(cell)
        if not header or len(found) == MOST_COLUMNS:
            continue
        role = role_of(header)
        if role != ATTRIBUTE and any(head.role == role for head in found):
            role = ATTRIBUTE
        if role == ATTRIBUTE and _personal(header, body[str(index)]):
            role = LEFT_OUT
        found.append(Head(index, glance.letter(index + grid.first_column - 1), header[:200], role))
    return found


def _personal(header: str, column: pl.Series) -> bool:
    """Whether a further column identifies a person (telephone, address …): it is not stored unless somebody asks for it."""
    return personal.kind(header, count(column)) is not None
