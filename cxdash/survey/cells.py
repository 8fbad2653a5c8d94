"""An uploaded workbook as plain text cells, and what is found wrong with it: every fault knows its sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.survey.form import Form
from cxdash.terms import plain

Row = tuple[int, Mapping[int, str]]  # number in the file, column number (from 1) -> text; blank cells are left out


@dataclass(frozen=True)
class Cells:
    """One sheet: its rows that hold something, in the file's order."""

    name: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, name: str, table: Sequence[Sequence[str]]) -> Cells:
        """A sheet whose first cell is A1; "" is blank."""
        rows = ((number, {c: text for c, text in enumerate(row, 1) if text.strip()}) for number, row in enumerate(table, 1))
        return cls(name, tuple((number, row) for number, row in rows if row))


@dataclass(frozen=True)
class Fault:
    """A message (key and params) and its place. row 0: the sheet as a whole; heading "": the row as a whole."""

    key: str
    sheet: str
    row: int = 0
    column: int = 0
    heading: str = ""
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def letter(self) -> str:
        """The column as Excel names it: 28 -> AB; "" without one."""
        text, column = "", self.column
        while column:
            column, rest = divmod(column - 1, 26)
            text = chr(65 + rest) + text
        return text


@dataclass(frozen=True)
class Reading:
    """What an uploaded questionnaire is. form: None when `faults` stand in the way. notes: taken, but worth knowing.

    source: "sheet" (our own workbook) or "xlsform".
    """

    form: Form | None
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    source: str = "sheet"


class Faults:
    """Collects faults and notes while a workbook is read."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []

    def fault(self, key: str, sheet: str, row: int = 0, column: int = 0, /, **params: object) -> None:
        self.faults.append(Fault(key, sheet, row, column, "", params))

    def note(self, key: str, sheet: str, row: int = 0, column: int = 0, /, **params: object) -> None:
        self.notes.append(Fault(key, sheet, row, column, "", params))


class Line:
    """One row under its headings. Asking for a cell never fails; what is wrong with it goes to the faults."""

    def __init__(self, sheet: str, number: int, texts: Mapping[str, str], columns: Mapping[str, tuple[int, str]], faults: Faults) -> None:
        self.sheet, self.number, self.texts, self._columns, self._faults = sheet, number, texts, columns, faults

    def __getitem__(self, key: str) -> str:
        """The text of a cell, "" when blank; codes and words are compared without outer blanks."""
        return self.texts.get(key, "").strip()

    def fault(self, column: str, key: str, /, **params: object) -> None:
        self._faults.faults.append(self._placed(column, key, params))

    def note(self, column: str, key: str, /, **params: object) -> None:
        self._faults.notes.append(self._placed(column, key, params))

    def _placed(self, column: str, key: str, params: Mapping[str, object]) -> Fault:
        base = column.partition(":")[0]  # a text column of another language stands for one that is not there
        number, heading = self._columns.get(column) or next(
            (place for name, place in self._columns.items() if name.partition(":")[0] == base), (0, ""))
        return Fault(key, self.sheet, self.number, number, heading, params)


@dataclass(frozen=True)
class Headed:
    """A sheet under its headings: columns by key (number, heading as written), and its rows as lines."""

    sheet: str
    header: int  # row number of the headings
    columns: Mapping[str, tuple[int, str]]
    body: tuple[Row, ...]

    def lines(self, faults: Faults) -> Iterator[Line]:
        by_number = {number: key for key, (number, _heading) in self.columns.items()}
        for number, cells in self.body:
            texts = {by_number[c]: text for c, text in cells.items() if c in by_number}
            if texts:
                yield Line(self.sheet, number, texts, self.columns, faults)


def find(book: Sequence[Cells], *names: str) -> Cells | None:
    """The first sheet of one of the names, whatever its case and blanks."""
    wanted = {plain(name) for name in names}
    return next((sheet for sheet in book if plain(sheet.name) in wanted), None)
