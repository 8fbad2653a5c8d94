"""One stream over the XML of a large sheet, for what calamine does not tell.

calamine returns error cells and formulas without results as blanks, and allocates the rectangle between the outermost cells.
The scan walks the unpacked bytes (some 200 MB/s) and notes just that. It understands only the way spreadsheet programs write
(`plain`); everything else is left to the exact reader.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field

from cxdash.ingest.gridding import Range
from cxdash.ingest.package import read_chunks
from cxdash.ingest.sheetxml import reference, span

_TAG_REFERENCE = re.compile(rb'\sr="([A-Z]{1,3}[0-9]{1,7})"')
_VALUE = re.compile(rb"<v>([^<]{1,64})</v>")
_DIMENSION = re.compile(rb'<dimension\s[^>]*?ref="([A-Z0-9:$]{1,24})"')
_ROW = re.compile(rb'<row\s[^>]*?\br="([0-9]{1,7})"')
_MERGE = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z0-9:$]{1,24})"')
_UNCACHED = re.compile(rb"<c ([^>]*)>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_MAX_ERRORS = 3_000_000
_ROW_BYTES = 8 << 20  # a longer row is not one that a survey tool wrote


@dataclass
class Scan:
    """Facts of a sheet part. `plain` is False when the XML is not written the usual way and only the exact reader may have it."""

    plain: bool = True
    row_count: int = 0
    last_row: int = 0
    width: int = 0  # column number of the last cell in the first rows, or as the sheet itself declares
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    booleans: bool = False
    uncached: dict[int, int] = field(default_factory=dict)
    merged: list[Range] = field(default_factory=list)


def scan(archive: zipfile.ZipFile, part: str) -> Scan:
    """One pass over a sheet part, piece by piece, each piece cut before a row."""
    facts = Scan()
    carry = b""
    first = True
    for chunk in read_chunks(archive, part):
        if first:
            facts.plain = _usual(chunk)
            declared = _DIMENSION.search(chunk)
            area = span(declared[1].decode()) if declared else None
            facts.width = area[3] if area else 0
            first = False
        if not facts.plain:
            facts.row_count += len(re.findall(rb"<(?:\w+:)?row[\s>]", chunk))
            continue
        block = carry + chunk
        cut = block.rfind(b"<row ")
        if cut <= 0:
            carry = block
            if len(carry) > _ROW_BYTES:
                facts.plain = False
            continue
        _look(block[:cut], facts)
        carry = block[cut:]
    if facts.plain:
        _look(carry, facts)
        facts.merged = [area for found in _MERGE.finditer(carry) if (area := span(found[1].decode()))]
    return facts


def _usual(head: bytes) -> bool:
    """Unprefixed UTF-8 with references in double quotes and an r on rows and cells."""
    start = head.find(b"<row ")
    cell = re.search(rb"<c[\s>/][^>]*>", head[start:] if start >= 0 else b"")
    return (
        start >= 0
        and b"<worksheet" in head
        and head[:2] not in (b"\xff\xfe", b"\xfe\xff")
        and bool(cell and _TAG_REFERENCE.search(cell[0]) and _ROW.match(head, start))
    )


def _look(block: bytes, facts: Scan) -> None:
    if not facts.width:
        facts.width = max((reference(found[1].decode())[1] for found in _TAG_REFERENCE.finditer(block)), default=0)
    facts.row_count += block.count(b"<row ")
    last = block.rfind(b"<row ")
    if last >= 0 and (found := _ROW.match(block, last)):
        row = int(found[1])
        if row < facts.last_row:  # out of order: calamine relies on the order
            facts.plain = False
        facts.last_row = max(facts.last_row, row)
    if b"'" in block and (b"t='" in block or b"r='" in block):
        facts.plain = False
        return
    facts.booleans = facts.booleans or b't="b"' in block
    if b't="e"' in block:
        _errors(block, facts)
    if b"<f" in block:
        _formulas(block, facts)


def _errors(block: bytes, facts: Scan) -> None:
    at = block.find(b't="e"')
    while at >= 0:
        tag, close = block.rfind(b"<", 0, at), block.find(b"</c>", at)
        place = _TAG_REFERENCE.search(block, tag, block.find(b">", at))
        value = _VALUE.search(block, at, close if close >= 0 else len(block))
        if place and value and block.startswith(b"<c ", tag):
            facts.errors.append((*reference(place[1].decode()), value[1].decode()))
        if len(facts.errors) > _MAX_ERRORS:
            facts.plain = False
            return
        at = block.find(b't="e"', at + 5)


def _formulas(block: bytes, facts: Scan) -> None:
    for found in _UNCACHED.finditer(block):
        place = _TAG_REFERENCE.search(b" " + found[1])
        if place and not (b't="str"' in found[1] and b"<v" in found[0]):
            column = reference(place[1].decode())[1]
            facts.uncached[column] = facts.uncached.get(column, 0) + 1
