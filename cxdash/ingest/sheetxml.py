"""The exact reader of one .xlsx sheet: a pull parser that sees error cells, formulas without results, types and positions.

It is slower than calamine but never allocates the empty rectangle between cells, and needs nothing but the sheet's part,
so it also reads the packages that calamine refuses. Large ordinary sheets go through `fastsheet` instead, with equal results.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cxdash.errors import FileDamaged, FileTooLarge
from cxdash.ingest import formats
from cxdash.ingest.celltext import number_text, serial_text, unescape
from cxdash.ingest.gridding import Cells, Range
from cxdash.ingest.limits import Limits
from cxdash.ingest.package import Workbook, fed, feed, local, new_parser

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:\.\d+)?)Z?)?")


@dataclass
class SheetFacts:
    """What the exact reader found besides the cells."""

    merged: list[Range] = field(default_factory=list)
    uncached: dict[int, int] = field(default_factory=dict)  # column number -> formulas without a saved result
    formulas: int = 0


def reference(text: str) -> tuple[int, int]:
    """Row and column number of a cell reference: "B3" -> (3, 2)."""
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise ValueError(text)
    row, column = int(found[2]), column_number(found[1])
    if not (1 <= row <= MAX_ROW and column <= MAX_COLUMN):
        raise ValueError(text)
    return row, column


def column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def span(text: str) -> Range | None:
    """A range reference "A1:C2" as (row0, column0, row1, column1), 1-based, inclusive; None when it is none."""
    first, _, last = text.partition(":")
    try:
        (row0, column0), (row1, column1) = reference(first), reference(last or first)
    except ValueError:
        return None
    return min(row0, row1), min(column0, column1), max(row0, row1), max(column0, column1)


class TextParts:
    """Gathers the runs of one string element, leaving out phonetic guides, within the limit of a cell."""

    def __init__(self, limits: Limits) -> None:
        self.limit = limits.max_text
        self.parts: list[str] = []
        self.length = 0
        self.open = False
        self.phonetic = 0

    def reset(self) -> None:
        self.parts.clear()
        self.length = 0

    def add(self, text: str) -> None:
        if self.open and not self.phonetic:
            self.parts.append(text)
            self.length += len(text)
            if self.length > self.limit:
                raise FileTooLarge("error.file.long_text", fix="error.file.fix.resave", limit=self.limit)

    def text(self) -> str:
        return unescape("".join(self.parts))


class SharedStrings:
    """The shared strings of a workbook by number, parsed only as far as somebody asks: the head of a sheet needs the first few."""

    def __init__(self, archive: zipfile.ZipFile, part: str | None, limits: Limits) -> None:
        self._known: list[str] = []
        self._more = _batches(archive, part, limits) if part else iter(())

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        while number >= len(self._known):
            batch = next(self._more, None)
            if batch is None:
                raise IndexError(number)
            self._known += batch
        return self._known[number]


def _batches(archive: zipfile.ZipFile, part: str, limits: Limits) -> Iterator[list[str]]:
    """The strings in order, as many at a time as a piece of the part holds."""
    strings: list[str] = []
    parts = TextParts(limits)

    def start(name: str, _: dict[str, str]) -> None:
        name = local(name)
        if name == "t":
            parts.open = True
        elif name == "rPh":
            parts.phonetic += 1
        elif name == "si":
            parts.reset()

    def end(name: str) -> None:
        name = local(name)
        if name == "t":
            parts.open = False
        elif name == "rPh":
            parts.phonetic -= 1
        elif name == "si":
            strings.append(parts.text())

    parser = new_parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, parts.add
    for _ in fed(parser, archive, part):
        yield strings[:]
        strings.clear()


class SheetReader:
    """Reads one sheet part into Cells and SheetFacts. `max_rows` stops after that many rows with a value."""

    def __init__(self, archive: zipfile.ZipFile, workbook: Workbook, strings: Any, limits: Limits, *, max_rows: int = 0) -> None:
        self.archive, self.workbook, self.strings = archive, workbook, strings
        self.max_rows = max_rows
        self.cells = Cells(limits)
        self.facts = SheetFacts()
        self._parts = TextParts(limits)
        self._row = self._column = 0
        self._type = self._style = ""
        self._formula = self._valued = False
        self._prefix = self._row_text = ""
        self._columns: dict[str, int] = {}

    def read(self, part: str) -> SheetReader:
        parser = new_parser()
        parser.StartElementHandler, parser.EndElementHandler = self._root, self._end
        parser.CharacterDataHandler = self._parts.add
        self._parser = parser
        try:
            feed(parser, self.archive, part, stop=lambda: bool(self.max_rows) and len(self.cells.rows) > self.max_rows)
        except (ValueError, IndexError, OverflowError) as error:
            raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part=part.rpartition("/")[2]) from error
        return self

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        prefix = name.rpartition(":")[0]
        self._prefix = prefix + ":" if prefix else ""
        self._parser.StartElementHandler = self._start

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._prefix:
            name = name.removeprefix(self._prefix)
        if name == "c":
            place = attributes.get("r")
            if place:
                self._go(place)
            else:
                self._column += 1
            self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._formula = self._valued = False
            self._parts.reset()
        elif name == "v":
            self._parts.open = True
        elif name == "t":
            self._parts.open = self._type == "inlineStr"
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._parts.phonetic += 1
        elif name == "row":
            number = attributes.get("r")
            self._row = int(number) if number else self._row + 1
            self._row_text, self._column = str(self._row), 0
        elif name == "mergeCell" and len(self.facts.merged) < 1_000_000:
            area = span(attributes.get("ref", ""))
            if area:
                self.facts.merged.append(area)

    def _go(self, place: str) -> None:
        """To the referenced cell; mostly the next of the same row, so known columns are not parsed again."""
        letters = place.rstrip("0123456789")
        column = self._columns.get(letters)
        if column and place[len(letters) :] == self._row_text:
            self._column = column
            return
        self._row, self._column = reference(place)
        self._row_text = str(self._row)
        self._columns[letters] = self._column

    def _end(self, name: str) -> None:
        if self._prefix:
            name = name.removeprefix(self._prefix)
        if name in ("v", "t"):
            self._parts.open = False
            self._valued = True
        elif name == "rPh":
            self._parts.phonetic -= 1
        elif name == "c":
            text = self._text() if self._parts.parts else None
            if text and (not text[0].isspace() or text.strip()):
                self.cells.put(self._row, self._column, text)
            if self._formula:
                self._count_formula()

    def _count_formula(self) -> None:
        self.facts.formulas += 1
        if not self._parts.parts and not (self._valued and self._type == "str"):
            self.facts.uncached[self._column] = self.facts.uncached.get(self._column, 0) + 1

    def _text(self) -> str | None:
        kind = self._type
        raw = "".join(self._parts.parts)
        if kind == "s":
            return self.strings()[int(raw)]
        if kind == "n":
            return self._number(raw.strip())
        if kind == "b":
            return "TRUE" if raw.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return self._iso(raw.strip())
        return unescape(raw)  # str, inlineStr, e

    def _number(self, raw: str) -> str | None:
        if not raw:
            return None
        kinds = self.workbook.kinds
        style = int(self._style) if self._style else 0
        kind = kinds[style] if style < len(kinds) else formats.NUMBER
        if kind != formats.NUMBER:
            text = serial_text(float(raw), kind, epoch_1904=self.workbook.epoch_1904)
            if text is not None:
                if text[4:5] == "-":
                    self.cells.dated.add(self._column)
                return text
        if len(raw) < 16 and raw.isascii() and raw.isdigit():
            return raw.lstrip("0") or "0"
        return number_text(float(raw))

    def _iso(self, raw: str) -> str:
        found = _ISO.fullmatch(raw)
        if not found:
            return raw
        self.cells.dated.add(self._column)
        return f"{found[1]} {found[2]}" if found[2] else found[1]
