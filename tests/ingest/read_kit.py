"""Workbooks made by hand, cell by cell, so that a test says exactly what stands in the XML."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def number(place: str, value: object, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def error(place: str, value: str) -> str:
    return f'<c r="{place}" t="e"><v>{value}</v></c>'


def boolean(place: str, value: int) -> str:
    return f'<c r="{place}" t="b"><v>{value}</v></c>'


def row(number_: int, *cells: str) -> str:
    return f'<row r="{number_}">{"".join(cells)}</row>'


def sheet(*rows: str, after: str = "", before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{MAIN}">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'
    )


# Cell styles 0..6 of every workbook here: number, date, date and time, time, duration, Korean date known by number, ISO date.
_FORMATS = (
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd;@"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00_ &quot;day&quot;"/></numFmts>'
)
_STYLES = "".join(f'<xf numFmtId="{n}"/>' for n in (0, 14, 22, 20, 46, 31, 164, 165))
NUMBER, DATE, DATETIME, TIME, DURATION, KOREAN_DATE, ISO_DATE, QUANTITY = range(8)


def workbook(
    path: Path,
    sheets: dict[str, str | Callable[[zipfile.ZipFile, str], None]],
    *,
    hidden: dict[str, str] | None = None,
    epoch_1904: bool = False,
    strings: list[str] | None = None,
    durations: bool = True,
) -> Path:
    """An .xlsx with the given sheet parts. A part may be a function that writes it, for parts too large to hold."""
    tags, links = [], []
    for place, name in enumerate(sheets, 1):
        state = f' state="{(hidden or {})[name]}"' if name in (hidden or {}) else ""
        tags.append(f'<sheet name="{name}" sheetId="{place}"{state} r:id="rId{place}"/>')
        links.append(f'<Relationship Id="rId{place}" Type="{REL}/worksheet" Target="worksheets/sheet{place}.xml"/>')
    styles = _STYLES if durations else _STYLES.replace('numFmtId="46"', 'numFmtId="0"').replace('numFmtId="31"', 'numFmtId="14"')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            f'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE_REL}">'
            f'<Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{REL}">'
            f'<workbookPr date1904="{int(epoch_1904)}"/><sheets>{"".join(tags)}</sheets></workbook>',
        )
        links.append(f'<Relationship Id="s" Type="{REL}/styles" Target="styles.xml"/>')
        if strings is not None:
            links.append(f'<Relationship Id="t" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>')
            archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{"".join(f"<si><t>{s}</t></si>" for s in strings)}</sst>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE_REL}">{"".join(links)}</Relationships>')
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{_FORMATS}<cellXfs>{styles}</cellXfs></styleSheet>')
        for place, part in enumerate(sheets.values(), 1):
            name = f"xl/worksheets/sheet{place}.xml"
            if callable(part):
                part(archive, name)
            else:
                archive.writestr(name, part)
    return path
