"""Tables as files: typed Excel workbooks and CSV that Korean Excel opens right; nothing in them runs."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING

import polars as pl

from cxdash import i18n
from cxdash.errors import CxError
from cxdash.export.cells import Styles, letter, rows_xml
from cxdash.export.inert import CELL_MAX, csv_text, cut, is_formula_like, visible
from cxdash.export.names import sheet_names

if TYPE_CHECKING:  # openpyxl takes an eighth of a second to import; only a download waits for it
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ROWS_MAX, COLUMNS_MAX = 1_048_575, 16_384  # of one sheet, beside the header
_WIDTH_ROWS, _WIDTH_MIN, _WIDTH_MAX = 300, 8, 60  # widths are judged by the first rows
_END = b"</sheetData>"
_HEADER_FILL, _BAD_FILL = "FFE8EEF4", "FFFBE3D2"


@dataclass(frozen=True)
class Sheet:
    """A table and how to show it. marked: column -> Boolean series of cells to highlight. wrapped: columns of several lines.

    picture: a PNG to stand right of the table, drawn at twice its size on screen.
    """

    frame: pl.DataFrame
    marked: Mapping[str, pl.Series] = field(default_factory=dict)
    wrapped: frozenset[str] = frozenset()
    picture: bytes | None = None

    def part(self, start: int) -> Sheet:
        marked = {c: s.slice(start, ROWS_MAX) for c, s in self.marked.items()}
        return Sheet(self.frame.slice(start, ROWS_MAX), marked, self.wrapped, self.picture if start == 0 else None)


def to_xlsx(sheets: Mapping[str, pl.DataFrame | Sheet], *, lang: str, notes: Sequence[tuple[str, str]] = ()) -> bytes:
    """A workbook with one sheet per table, in order; `notes` (name, text) fill a last sheet of their own.

    Numbers, dates and truth values are typed; moments are wall-clock times of the frame's own zone. Text stays text: what looks
    like a formula is stored as quoted text, characters that a workbook cannot hold are shown as their pictures. More than
    1,048,575 rows continue on further sheets; cells over 32,767 characters end with a note and are counted on the notes sheet.
    Raises CxError export.too_wide beyond 16,384 columns.
    """
    from openpyxl import Workbook

    given = {name: s if isinstance(s, Sheet) else Sheet(s) for name, s in sheets.items()}
    parts, told = _parts(given, lang)
    if notes or told:
        parts.append((i18n.text("export.notes", lang), _notes_sheet([*notes, *told], lang)))
    names = sheet_names([name for name, _ in parts], lang)
    book = Workbook()
    book.remove(book.active)
    styles = _styles(book.create_sheet("styles"))
    book.remove(book["styles"])
    for name, (_, sheet) in zip(names, parts, strict=True):
        made = book.create_sheet(name)
        _frame_of(made, sheet.frame)
        if sheet.picture is not None:
            _beside(made, sheet.picture, sheet.frame.width)
    return _filled(book, [s for _, s in parts], styles)


def _parts(given: Mapping[str, Sheet], lang: str) -> tuple[list[tuple[str, Sheet]], list[tuple[str, str]]]:
    """Sheets cut to Excel's limits, and what must be told about it."""
    parts: list[tuple[str, Sheet]] = []
    told: list[tuple[str, str]] = []
    for name, sheet in given.items():
        if sheet.frame.width > COLUMNS_MAX:
            raise CxError("export.too_wide", columns=sheet.frame.width, most=COLUMNS_MAX)
        frame, cut_cells = _within_limits(_flat(sheet.frame), lang)
        if cut_cells:
            told.append((name, i18n.text("export.notes.cut", lang, sheet=name, n=i18n.number(cut_cells, lang))))
        fitting = replace(sheet, frame=frame)
        for number, start in enumerate(range(0, max(1, frame.height), ROWS_MAX), 1):
            parts.append((name if number == 1 else i18n.text("export.part", lang, name=name, number=number), fitting.part(start)))
    return parts, told


def _notes_sheet(notes: Sequence[tuple[str, str]], lang: str) -> Sheet:
    name, told = i18n.text("export.notes.name", lang), i18n.text("export.notes.text", lang)
    return Sheet(pl.DataFrame({name: [n for n, _ in notes], told: [t for _, t in notes]}, schema={name: pl.Utf8, told: pl.Utf8}))


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and structures as text, words of a category as text; everything else as it is."""
    changed: list[pl.Expr | pl.Series] = []
    for name, dtype in frame.schema.items():
        if isinstance(dtype, pl.List | pl.Array) and dtype.inner == pl.Utf8:
            changed.append(pl.col(name).cast(pl.List(pl.Utf8)).list.join("; ", ignore_nulls=True))
        elif dtype.is_nested() or dtype in (pl.Object, pl.Binary, pl.Duration):
            changed.append(pl.Series(name, [None if v is None else str(v) for v in frame[name].to_list()], dtype=pl.Utf8))
        elif isinstance(dtype, pl.Categorical | pl.Enum) or dtype == pl.Null:
            changed.append(pl.col(name).cast(pl.Utf8))
    return frame.with_columns(changed)


def _within_limits(frame: pl.DataFrame, lang: str) -> tuple[pl.DataFrame, int]:
    """Texts longer than a cell cut, with their number."""
    count, changed = 0, []
    for name, dtype in frame.schema.items():
        if dtype != pl.Utf8:
            continue
        long = frame[name].str.len_bytes() > CELL_MAX  # never fewer bytes than UTF-16 units
        if not long.any():
            continue
        texts = frame[name].to_list()
        short = [t if t is None else cut(visible(t), i18n.text("export.cut", lang, n=i18n.number(len(t), lang))) for t in texts]
        count += sum(a is not None and visible(a) != b for a, b in zip(texts, short, strict=True))
        changed.append(pl.Series(name, short, dtype=pl.Utf8))
    return frame.with_columns(changed), count


def _styles(sheet: Worksheet) -> Styles:
    """Register every cell format with the workbook."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill

    def style(**traits: object) -> int:
        cell = WriteOnlyCell(sheet)
        for name, trait in traits.items():
            setattr(cell, name, trait)
        return int(cell.style_id)

    wrap, bad = Alignment(wrap_text=True, vertical="top"), PatternFill("solid", fgColor=_BAD_FILL)
    return Styles(
        inert=style(quotePrefix=True),
        date=style(number_format="yyyy-mm-dd"),
        datetime=style(number_format="yyyy-mm-dd hh:mm:ss"),
        time=style(number_format="hh:mm:ss"),
        marked=style(fill=bad, font=Font(bold=True)),
        marked_inert=style(fill=bad, font=Font(bold=True), quotePrefix=True),
        wrapped=style(alignment=wrap),
    )


def _frame_of(sheet: Worksheet, frame: pl.DataFrame) -> None:
    """Header row, widths, frozen header and filter; the rows come later."""
    from openpyxl.styles import Alignment, Font, PatternFill

    fill = PatternFill("solid", fgColor=_HEADER_FILL)
    for i, name in enumerate(frame.columns, 1):
        cell = sheet.cell(1, i)
        shown = cut(visible(name), "…")
        cell.value = shown
        cell.data_type = "s"  # also where the text looks like a formula or an error
        cell.quotePrefix = is_formula_like(name)
        cell.font, cell.fill = Font(bold=True), fill
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[letter(i - 1)].width = _width(frame[frame.columns[i - 1]], shown)
    sheet.freeze_panes = "A2"
    if frame.width:
        sheet.auto_filter.ref = f"A1:{letter(frame.width - 1)}{frame.height + 1}"


def _beside(sheet: Worksheet, picture: bytes, columns: int) -> None:
    """The picture in the second column after the table, at half its pixels."""
    from openpyxl.drawing.image import Image

    image = Image(BytesIO(picture))
    image.width, image.height = image.width / 2, image.height / 2
    sheet.add_image(image, f"{letter(columns + 1)}2")


def _width(column: pl.Series, header: str) -> float:
    dated = {pl.Date: 12.0, pl.Datetime: 20.0}.get(column.dtype.base_type(), 0.0)
    texts = [] if dated else [str(v) for v in column.head(_WIDTH_ROWS).drop_nulls().to_list()]
    longest = max((_columns(line) for text in [*texts, header] for line in text[:400].split("\n")), default=0.0)
    return min(_WIDTH_MAX, max(_WIDTH_MIN, dated, longest + 2.5))


def _columns(text: str) -> float:
    """Width in digits: Hangul and other full-width characters take two."""
    return sum(2.0 if c >= "\u1100" else 1.0 for c in text)


def _filled(book: Workbook, sheets: Sequence[Sheet], styles: Styles) -> bytes:
    """The workbook's file with the rows put into its sheets."""
    skeleton, result = BytesIO(), BytesIO()
    book.save(skeleton)
    inside = {f"xl/worksheets/sheet{i}.xml": sheet for i, sheet in enumerate(sheets, 1)}
    with zipfile.ZipFile(skeleton) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as target:
        for item in source.namelist():
            content = source.read(item)
            if item not in inside:
                target.writestr(item, content)
                continue
            entry = zipfile.ZipInfo(item, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with target.open(entry, "w", force_zip64=True) as out:
                for chunk in _sheet_xml(content, inside[item], styles):
                    out.write(chunk)
    return result.getvalue()


def _sheet_xml(skeleton: bytes, sheet: Sheet, styles: Styles) -> Iterator[bytes]:
    frame = sheet.frame
    if not frame.width:
        yield skeleton
        return
    last = letter(frame.width - 1)
    skeleton = skeleton.replace(
        b'<dimension ref="A1:%s1"' % last.encode(), b'<dimension ref="A1:%s%d"' % (last.encode(), frame.height + 1), 1
    )
    before, _, after = skeleton.partition(_END)
    yield before
    yield from rows_xml(frame, styles, marked=sheet.marked, wrapped=sheet.wrapped)
    yield _END + after


def to_csv(frame: pl.DataFrame) -> bytes:
    """CSV in UTF-8 with byte-order mark, CRLF, every text quoted.

    Text that could be a formula gets an apostrophe in front (Excel shows it; it is the only inert form a CSV has); so does "-3" in a
    text column, while numbers in numeric columns stay numbers, negative ones too. Moments are wall-clock times of the frame's zone.
    """
    flat = _flat(frame)
    texts = [
        pl.Series(n, [None if v is None else csv_text(v) for v in flat[n].to_list()], dtype=pl.Utf8)
        for n, t in flat.schema.items()
        if t == pl.Utf8
    ]
    moments = [pl.col(n).dt.replace_time_zone(None) for n, t in flat.schema.items() if isinstance(t, pl.Datetime)]
    undefined = [pl.col(n).fill_nan(None) for n, t in flat.schema.items() if t.is_float()]
    out = flat.with_columns(texts).with_columns(undefined).with_columns(moments).rename({n: csv_text(n) for n in flat.columns})
    return out.write_csv(
        include_bom=True, line_terminator="\r\n", quote_style="non_numeric", datetime_format="%Y-%m-%d %H:%M:%S", date_format="%Y-%m-%d"
    ).encode("utf-8")
