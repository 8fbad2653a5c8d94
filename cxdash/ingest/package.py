"""The zip around a workbook: what is in it, whether it is safe to unpack, and where the sheets are."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from cxdash.errors import CxError, FileDamaged, FilePassword, FileTooLarge, FileUnsupported
from cxdash.ingest.formats import LOCALE_IDS, NUMBER, kind_of
from cxdash.ingest.limits import MB, Limits

CHUNK = 1 << 18
_MAX_PARTS = 50_000
_BOMB_BYTES, _BOMB_RATIO = 64 * MB, 400  # sheets pack 5 to 100 times; only padding made to burst packs 400 times and more


@dataclass(frozen=True)
class SheetPart:
    name: str
    part: str  # name inside the zip
    hidden: bool
    size: int  # bytes unpacked


@dataclass(frozen=True)
class Workbook:
    """What workbook.xml, the relationships and the styles of an .xlsx say."""

    sheets: tuple[SheetPart, ...]
    macro_sheets: tuple[str, ...]
    epoch_1904: bool
    strings: str | None
    kinds: tuple[str, ...] = ()  # number kind per cell style
    locale_dates: bool = False  # a style uses a date format that only the locale defines


def open_zip(path: Path, limits: Limits) -> zipfile.ZipFile:
    """The archive, after a look at its directory: encrypted, absurdly packed and oversized ones are refused before unpacking."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        raise FileDamaged("error.file.damaged_zip", fix="error.file.fix.resave") from error
    try:
        _check(archive.infolist(), limits)
    except CxError:
        archive.close()
        raise
    return archive


def _check(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise FilePassword(fix="error.file.fix.password")
    total = sum(part.file_size for part in parts)
    bomb = any(part.file_size > _BOMB_BYTES and part.file_size > _BOMB_RATIO * max(part.compress_size, 1) for part in parts)
    if bomb or len(parts) > _MAX_PARTS:
        raise FileTooLarge("error.file.bomb", fix="error.file.fix.resave", size_mb=round(total / MB))
    if total > limits.max_unpacked:
        raise FileTooLarge(
            "error.file.unpacked", fix="error.file.fix.split", size_mb=round(total / MB), limit_mb=round(limits.max_unpacked / MB)
        )


def read_chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The unpacked bytes of a part, piece by piece; a broken part is FileDamaged."""
    try:
        with archive.open(part) as stream:
            while piece := stream.read(CHUNK):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part=posixpath.basename(part)) from error


def new_parser() -> Any:
    """An XML parser that refuses document type declarations, and with them every entity trick."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    return parser


def _refuse_doctype(*_: object) -> None:
    raise FileDamaged("error.file.doctype", fix="error.file.fix.resave")


def feed(parser: Any, archive: zipfile.ZipFile, part: str, *, stop: Callable[[], bool] = lambda: False) -> None:
    for _ in fed(parser, archive, part):
        if stop():
            return


def fed(parser: Any, archive: zipfile.ZipFile, part: str) -> Iterator[None]:
    """Gives the part to the parser piece by piece, with a halt after each; the last one stands behind its end."""
    try:
        for piece in read_chunks(archive, part):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeDecodeError) as error:
        raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part=posixpath.basename(part)) from error
    yield


_DEEP = 256  # levels; real parts have under 20


def elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str], tuple[str, ...]]]:
    """All elements of a small part in order: local name, attributes, local names of the ancestors."""
    found: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        found.append((local(name), attributes, tuple(path[-3:])))
        path.append(local(name))
        if len(path) > _DEEP or len(found) > 2_000_000:
            raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part=posixpath.basename(part))

    parser = new_parser()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    feed(parser, archive, part)
    return found


def local(name: str) -> str:
    return name.rpartition(":")[2]


@dataclass
class Names:
    """Part names looked up as lenient readers do: leading slash, case and backslashes do not matter."""

    archive: zipfile.ZipFile
    known: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.known = {self._key(name): name for name in self.archive.namelist()}

    @staticmethod
    def _key(name: str) -> str:
        return posixpath.normpath(name.replace("\\", "/").lstrip("/")).lower()

    def find(self, name: str) -> str | None:
        return self.known.get(self._key(name))


def read_workbook(archive: zipfile.ZipFile) -> Workbook:
    """Sheets in order with their parts and visibility, the epoch, the shared strings, and what each cell style makes of a number."""
    names = Names(archive)
    main = _main_part(archive, names)
    links = _relations(archive, names, main)
    sheets: list[SheetPart] = []
    macros: list[str] = []
    epoch_1904 = False
    for name, attributes, path in elements(archive, main):
        if name == "workbookPr" and path[-1:] == ("workbook",):  # an extension further down may have the same name
            epoch_1904 = attributes.get("date1904", "0") in ("1", "true", "on")
        elif name == "sheet" and path[-1:] == ("sheets",):
            _add_sheet(attributes, links, archive, sheets, macros)
    if not sheets and not macros:
        raise FileDamaged("error.file.no_sheets", fix="error.file.fix.resave")
    by_type = {kind: part for kind, part in links.values() if part}
    kinds, locale_dates = _number_kinds(archive, by_type.get("styles"))
    return Workbook(tuple(sheets), tuple(macros), epoch_1904, by_type.get("sharedStrings"), kinds, locale_dates)


def _main_part(archive: zipfile.ZipFile, names: Names) -> str:
    links = _relations(archive, names, "")
    main = next((part for kind, part in links.values() if kind == "officeDocument" and part), None) or names.find("xl/workbook.xml")
    if main is None:
        raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part="workbook.xml")
    return main


def _relations(archive: zipfile.ZipFile, names: Names, source: str) -> dict[str, tuple[str, str | None]]:
    """Relationship id -> (last word of its type, part name or None when the target is missing or outside)."""
    folder, base = posixpath.split(source)
    part = names.find(f"{folder}/_rels/{base}.rels")
    if part is None:
        return {}
    links = {}
    for name, attributes, _ in elements(archive, part):
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target if target.startswith(("/", "\\")) else f"{folder}/{target}"
            links[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], names.find(whole))
    return links


def _add_sheet(
    attributes: dict[str, str],
    links: dict[str, tuple[str, str | None]],
    archive: zipfile.ZipFile,
    sheets: list[SheetPart],
    macros: list[str],
) -> None:
    name = attributes.get("name", "")
    link = next((value for key, value in attributes.items() if local(key) == "id" and ":" in key), "")
    kind, part = links.get(link, ("", None))
    if kind.lower() in ("xlmacrosheet", "xlintlmacrosheet", "dialogsheet"):
        macros.append(name)
    elif kind == "worksheet" and part is None:
        raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part=name)
    elif kind == "worksheet" and part:
        hidden = attributes.get("state", "visible").lower() in ("hidden", "veryhidden")
        sheets.append(SheetPart(name, part, hidden, archive.getinfo(part).file_size))


def _number_kinds(archive: zipfile.ZipFile, part: str | None) -> tuple[tuple[str, ...], bool]:
    if part is None:
        return (), False
    codes: dict[int, str] = {}
    numbers: list[int] = []
    for name, attributes, path in elements(archive, part):
        if name == "numFmt" and "numFmts" in path[-1:]:
            codes[_int(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and path[-1:] == ("cellXfs",):
            numbers.append(_int(attributes.get("numFmtId")))
    kinds = tuple(kind_of(number, codes.get(number)) for number in numbers)
    return kinds, any(number in LOCALE_IDS and number not in codes and kind != NUMBER for number, kind in zip(numbers, kinds, strict=True))


def _int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def require_excel(names: list[str]) -> None:
    """A zip that is no workbook gets a sentence that says what it is."""
    lowered = [name.lower() for name in names]
    for prefix, kind in (("word/", "Word"), ("ppt/", "PowerPoint"), ("index/document.iwa", "Numbers")):
        if any(name.startswith(prefix) for name in lowered):
            raise FileUnsupported("error.file.other_program", fix="error.file.fix.export", kind=kind)
    if not any(name.startswith(("xl/", "[content_types]")) for name in lowered):
        raise FileUnsupported("error.file.archive", fix="error.file.fix.unzip")
