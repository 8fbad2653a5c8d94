"""Open a file of any kind: what it is tells its content, never its name."""

from __future__ import annotations

import mmap
import re
import zipfile
from pathlib import Path

from cxdash.errors import FileDamaged, FileNoTable, FilePassword, FileTooLarge, FileUnsupported
from cxdash.ingest.book import Book
from cxdash.ingest.limits import MB, Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {  # how files of other programs begin
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"{\\rtf": "RTF",
    b"PAR1": "Parquet",
    b"SQLite format 3": "SQLite",
    b"<stata_dta>": "Stata",
    b"BM": "BMP",
    b"RIFF": "RIFF",
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc2\xea\x81\x60": "SAS",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
    b"HWP Document File": "HWP",
    b"ARROW1": "Arrow",
}
_ARCHIVES = (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")
_RAW_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
_OLE_STREAMS = (  # stream names tell the program that wrote a compound file
    ("EncryptedPackage", "password"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("HwpSummaryInformation", "HWP"),
    ("WordDocument", "Word"),
    ("PowerPoint Document", "PowerPoint"),
    ("__substg1.0", "Outlook"),
)


def open_file(path: Path, name: str | None = None, *, limits: Limits | None = None, exact: bool = False) -> Book:
    """The file as a Book. `name` is the file's name for people (the uploaded one), `exact` avoids the fast engine for .xlsx.

    Raises exactly one FileError that names the cause when the file cannot be read.
    """
    limits, name = limits or Limits(), name or path.name
    size = path.stat().st_size
    if size == 0:
        raise FileNoTable("error.file.empty", fix="error.file.fix.empty")
    if size > limits.max_bytes:
        raise FileTooLarge(
            "error.file.too_large", fix="error.file.fix.split", size_mb=round(size / MB), limit_mb=round(limits.max_bytes / MB)
        )
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(b"PK"):
        return _open_zip(path, limits, exact)
    if head.startswith(_OLE):
        return _open_ole(path, limits)
    if head.startswith((b"$FL2", b"$FL3")):
        from cxdash.ingest.spss import SpssBook

        return SpssBook(path, name, limits)
    _refuse_foreign(head)
    return _open_text(path, name, limits)


def _open_zip(path: Path, limits: Limits, exact: bool) -> Book:
    from cxdash.ingest.package import open_zip, require_excel

    with open_zip(path, limits) as archive:
        names = archive.namelist()
        mime = _mimetype(archive, names)
        if "opendocument.spreadsheet" in mime:
            _check_ods(archive, names)
        elif not mime:
            require_excel(names)
    if mime and "opendocument.spreadsheet" not in mime:
        raise FileUnsupported("error.file.other_program", fix="error.file.fix.export", kind=mime.rpartition("/")[2][:40])
    if mime or any(part.lower() == "xl/workbook.bin" for part in names):
        from cxdash.ingest.calbook import CalamineBook

        return CalamineBook(path, limits, "ods" if mime else "xlsb")
    from cxdash.ingest.workbook import XlsxBook

    macros = any(part.lower().endswith("vbaproject.bin") for part in names)
    return XlsxBook(path, limits, exact=exact, format="xlsm" if macros else "xlsx")


def _mimetype(archive: zipfile.ZipFile, names: list[str]) -> str:
    if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
        return ""
    from cxdash.ingest.package import read_chunks

    return b"".join(read_chunks(archive, "mimetype")).decode("ascii", "replace").strip()


def _check_ods(archive: zipfile.ZipFile, names: list[str]) -> None:
    from cxdash.ingest.fastsheet import refuse_doctype
    from cxdash.ingest.package import elements

    if "META-INF/manifest.xml" in names and any(name == "encryption-data" for name, _, _ in elements(archive, "META-INF/manifest.xml")):
        raise FilePassword(fix="error.file.fix.password")
    if "content.xml" not in names:
        raise FileDamaged("error.file.damaged_part", fix="error.file.fix.resave", part="content.xml")
    refuse_doctype(archive, "content.xml")


def _open_ole(path: Path, limits: Limits) -> Book:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kind = next((kind for stream_name, kind in _OLE_STREAMS if data.find(stream_name.encode("utf-16-le")) >= 0), "")
    if kind == "password":
        raise FilePassword(fix="error.file.fix.password")
    if kind and kind != "xls":
        raise FileUnsupported("error.file.other_program", fix="error.file.fix.export", kind=kind)
    from cxdash.ingest.calbook import CalamineBook

    return CalamineBook(path, limits, "xls")


def _refuse_foreign(head: bytes) -> None:
    kind = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic) and (len(magic) > 2 or b"\0" in head[:64])), "")
    if kind:
        raise FileUnsupported("error.file.other_program", fix="error.file.fix.export", kind=kind)
    if head.startswith(_ARCHIVES):
        raise FileUnsupported("error.file.archive", fix="error.file.fix.unzip")
    if head.startswith(_RAW_BIFF):
        raise FileUnsupported("error.file.old_excel", fix="error.file.fix.resave")


_WORKBOOKS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".sav", ".zsav")
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|table|meta|style|div)\b", re.IGNORECASE | re.DOTALL
)
_XML_2003 = re.compile(r"<\?mso-application[^>]*Excel\.Sheet|urn:schemas-microsoft-com:office:spreadsheet", re.IGNORECASE)


def _open_text(path: Path, name: str, limits: Limits) -> Book:
    from cxdash.ingest.delimited import TextBook
    from cxdash.ingest.encoding import decode

    encoded = decode(path.read_bytes())
    start = encoded.text[:4096].lstrip("\ufeff \t\r\n")
    if start.startswith("<") and _XML_2003.search(start) and not start.lower().startswith("<html"):
        raise FileUnsupported("error.file.xml2003", fix="error.file.fix.save_as_xlsx")
    if _HTML.match(start) or start.lower().startswith("mime-version:"):
        raise FileUnsupported("error.file.html", fix="error.file.fix.save_as_xlsx")
    if start.startswith("<?xml") or re.match(r"[\[{]\s*[\[{\"]", start):
        raise FileUnsupported("error.file.no_table_format", fix="error.file.fix.export")
    book = TextBook(encoded, name, limits)
    if not book.delimiter and name.lower().endswith(_WORKBOOKS):
        raise FileDamaged("error.file.not_workbook", fix="error.file.fix.resave")  # a text in the place of a workbook
    return book
