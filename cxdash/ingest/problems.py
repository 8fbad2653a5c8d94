"""The cells and rows that cannot be used as they stand, gathered as small frames and written whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from cxdash.ingest.plan import Said

SCHEMA = {"row": pl.Int64, "column": pl.Utf8, "value": pl.Utf8, "reason": pl.Utf8, "params": pl.Utf8, "whole_row": pl.Boolean}


class Problems:
    """Collects problems of a table whose rows have the file's row numbers `rows`. There is no limit on their number."""

    def __init__(self, rows: pl.Series) -> None:
        self._rows = rows.cast(pl.Int64).alias("row")
        self._cells: list[pl.DataFrame] = []
        self._whole: list[pl.DataFrame] = []

    def cells(self, header: str, distinct: pl.Series, at: pl.Series, reasons: Mapping[str, Said]) -> None:
        """All cells whose text is a key of `reasons`. distinct: the texts of the column; at: per row the position in it (null = blank)."""
        table = pl.DataFrame(
            {
                "value": list(reasons),
                "reason": [said.key for said in reasons.values()],
                "params": [_params(said) for said in reasons.values()],
            },
            schema={"value": pl.Utf8, "reason": pl.Utf8, "params": pl.Utf8},
        )
        hit = distinct.is_in(table["value"].implode()).gather(at).fill_null(False).arg_true()
        found = pl.DataFrame({"at": hit.cast(pl.Int64), "value": distinct.gather(at.gather(hit))})
        self._add(header, found.join(table, on="value", how="left", maintain_order="left"))

    def marked(self, header: str, texts: pl.Series, mask: pl.Series, said: Said) -> None:
        """All cells where `mask` is true, for one reason; a blank cell is listed with an empty value."""
        hit = mask.fill_null(False).arg_true()
        if len(hit):
            found = pl.DataFrame({"at": hit.cast(pl.Int64), "value": texts.gather(hit).fill_null("")})
            self._add(header, found.with_columns(reason=pl.lit(said.key), params=pl.lit(_params(said))))

    def rows(self, at: pl.Series, said: Said, params: pl.Series | None = None, value: pl.Series | None = None, header: str = "") -> None:
        """Whole rows (indices `at`) that are left out; `params`: JSON text per row where it differs from row to row."""
        if len(at):
            frame = pl.DataFrame({"at": at.cast(pl.Int64)}).with_columns(
                column=pl.lit(header),
                value=pl.lit("") if value is None else value.fill_null(""),
                reason=pl.lit(said.key),
                params=pl.lit(_params(said)) if params is None else params,
                whole_row=pl.lit(True),
            )
            self._whole.append(frame)

    def _add(self, header: str, found: pl.DataFrame) -> None:
        self._cells.append(
            found.select("at", pl.lit(header).alias("column"), "value", "reason", "params", pl.lit(False).alias("whole_row"))
        )

    def per_row(self) -> pl.Series:
        """Number of problem cells of every row (Int32)."""
        if not self._cells:
            return pl.zeros(len(self._rows), dtype=pl.Int32, eager=True)
        counts = pl.concat([frame.select("at") for frame in self._cells]).group_by("at").len()
        return pl.zeros(len(self._rows), dtype=pl.Int32, eager=True).scatter(counts["at"], counts["len"].cast(pl.Int32))

    @property
    def cell_count(self) -> int:
        return sum(frame.height for frame in self._cells)

    def write(self, path: Path) -> None:
        """Parquet as Coded.problems describes, in the order of the file's rows."""
        frames = [*self._cells, *self._whole]
        if not frames:
            pl.DataFrame(schema=SCHEMA).write_parquet(path)
            return
        table = pl.concat(frames).with_columns(row=self._rows.gather(pl.concat(frames)["at"]))
        table.sort("row", "whole_row", "column", maintain_order=True).select(
            pl.col(name).cast(kind) for name, kind in SCHEMA.items()
        ).write_parquet(path)


def _params(said: Said) -> str:
    return json.dumps(dict(said.params), ensure_ascii=False, default=str)
