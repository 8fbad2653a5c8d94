"""SPSS files (.sav, .zsav): codes as cells, variable names as the header row, labels and missing codes beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from cxdash.errors import FileDamaged
from cxdash.ingest.book import no_sheet
from cxdash.ingest.celltext import number_text, value_text
from cxdash.ingest.gridding import check_size, make_grid
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Grid, Said, Sheet

_ENCODINGS = (None, "CP949", "WINDOWS-1252")  # as declared; else as Korean, else as Western SPSS before Unicode wrote


class SpssBook:
    """A statistics file has one sheet, named after the file. Row 1 holds the variable names, case 1 is row 2."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        self.name, self.format, self.limits = Path(name).stem or name, "sav", limits
        self.notes: tuple[Said, ...] = ()
        data, meta = _read(path)
        check_size(meta.number_rows or 0, meta.number_columns or 0, limits)
        self._grid = self._build(data, meta)

    def names(self) -> list[str]:
        return [self.name]

    def sheets(self) -> tuple[Sheet, ...]:
        return (Sheet(self.name, self._grid.cells.height, self._grid.cells.width),)

    def grid(self, sheet: str) -> Grid:
        if sheet != self.name:
            raise no_sheet(sheet, [self.name])
        return self._grid

    def _build(self, data: Mapping[str, Any], meta: Any) -> Grid:
        names = list(meta.column_names)
        columns = [_column(data[name]) for name in names]
        dated = [place for place, column in enumerate(columns, 1) if column.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d").any()]
        frame = pl.DataFrame(
            [
                pl.concat([pl.Series([name]), column]).alias(str(place))
                for place, (name, column) in enumerate(zip(names, columns, strict=True))
            ]
        )
        grid = make_grid(self.name, frame, pl.int_range(1, frame.height + 1, eager=True), 1, dated=dated, encoding=meta.file_encoding)
        place_of = {name: place for place, name in enumerate(names)}
        return replace(
            grid,
            value_labels={
                place_of[name]: {_code(code): str(label) for code, label in labels.items()}
                for name, labels in meta.variable_value_labels.items()
            },
            user_missing={
                place_of[name]: codes
                for name, ranges in meta.missing_ranges.items()
                if (codes := _missing(ranges, columns[place_of[name]]))
            },
            wordings={place: str(label) for place, label in enumerate(meta.column_labels) if label and str(label).strip()},
        )


def _read(path: Path) -> tuple[Mapping[str, Any], Any]:
    import pyreadstat

    failure: Exception | None = None
    for encoding in _ENCODINGS:
        try:
            return pyreadstat.read_sav(str(path), user_missing=True, output_format="dict", encoding=encoding)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError, ValueError) as error:
            failure = failure or error
    raise FileDamaged("error.file.damaged", fix="error.file.fix.resave_spss") from failure


def _column(values: Any) -> pl.Series:
    """Text of one variable; system-missing values are blank."""
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if kind not in "fiu":
        return pl.Series([value_text(value) for value in values], dtype=pl.String)
    numbers = pl.Series(values).cast(pl.Float64).fill_nan(None)
    distinct = numbers.unique().drop_nulls()
    texts = pl.Series([number_text(value) for value in distinct.to_list()], dtype=pl.String)
    return numbers.replace_strict(distinct, texts, default=None, return_dtype=pl.String)


def _code(code: object) -> str:
    return value_text(code) or str(code)


def _missing(ranges: list[Mapping[str, Any]], column: pl.Series) -> tuple[str, ...]:
    """Codes declared missing: single ones as declared, of a range those that occur."""
    codes: list[str] = []
    numbers = column.cast(pl.Float64, strict=False)
    for bound in ranges:
        lo, hi = bound["lo"], bound["hi"]
        if lo == hi:
            codes.append(_code(lo))
        elif isinstance(lo, (int, float)):
            codes.extend(sorted(column.filter(numbers.is_between(lo, hi)).unique().to_list()))
    return tuple(dict.fromkeys(codes))
