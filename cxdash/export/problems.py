"""The problem rows of an import as a workbook: the reason beside each row of the file, and every problem in a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from cxdash import i18n
from cxdash.export.tables import Sheet, to_xlsx


def problems_xlsx(problems: pl.DataFrame, *, lang: str, originals: pl.DataFrame | None = None) -> bytes:
    """A workbook for the person who mends the file.

    problems: columns row (number as in the file), column (header, "" for the whole row), value, reason (key), params (JSON text),
    whole_row (Boolean), as services.imports.problems gives them. originals: column "row" and one column per header with the
    cells as in the file. With originals the first sheet shows each of these rows once, row number and reasons in front and the
    bad cells marked; the list of all problems follows. Rows and problems keep their order.
    """
    told = _said(problems, lang)
    listed = _list(told, lang)
    if originals is None:
        return to_xlsx({i18n.text("export.problems.list", lang): listed}, lang=lang)
    return to_xlsx(
        {i18n.text("export.problems.sheet", lang): _beside(told, originals, lang), i18n.text("export.problems.list", lang): listed},
        lang=lang,
    )


def _said(problems: pl.DataFrame, lang: str) -> pl.DataFrame:
    """The problems with their reasons in words; the same reason is put into words once."""
    kinds = problems.select("reason", "params").unique(maintain_order=True)
    said = [_words(r["reason"], r["params"], lang) for r in kinds.iter_rows(named=True)]
    return problems.join(
        kinds.with_columns(pl.Series("said", said, dtype=pl.Utf8)),
        on=["reason", "params"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )


def _words(key: str, params: str | Mapping[str, Any] | None, lang: str) -> str:
    try:
        found = json.loads(params) if isinstance(params, str) and params else params or {}
    except ValueError:
        found = {}
    return i18n.text(key, lang, **(found if isinstance(found, Mapping) else {}))


def _list(told: pl.DataFrame, lang: str) -> pl.DataFrame:
    scope = {True: i18n.text("export.problems.scope_row", lang), False: i18n.text("export.problems.scope_cell", lang)}
    return pl.DataFrame(
        {
            i18n.text("export.problems.row", lang): told["row"],
            i18n.text("export.problems.column", lang): told["column"],
            i18n.text("export.problems.value", lang): told["value"],
            i18n.text("export.problems.reason", lang): told["said"],
            i18n.text("export.problems.scope", lang): pl.Series([scope[bool(w)] for w in told["whole_row"]], dtype=pl.Utf8),
        }
    )


def _beside(told: pl.DataFrame, originals: pl.DataFrame, lang: str) -> Sheet:
    """Row number, reasons, then the original cells; cells named by a problem are marked."""
    lines = (
        told.with_columns(line=_line(lang))
        .group_by("row", maintain_order=True)
        .agg(pl.col("line").unique(maintain_order=True).str.join("\n"))
    )
    frame = originals.join(lines, on="row", how="left", maintain_order="left")
    bad = {(r["row"], r["column"]) for r in told.select("row", "column").iter_rows(named=True) if r["column"]}
    number, reason = i18n.text("export.problems.row", lang), i18n.text("export.problems.reason", lang)
    cells = {_free(c, {number, reason}): originals[c].cast(pl.Utf8) for c in originals.columns if c != "row"}
    rows = originals["row"].to_list()
    marked = {
        _free(c, {number, reason}): pl.Series([(r, c) in bad for r in rows], dtype=pl.Boolean)
        for c in {c for _, c in bad} & set(originals.columns)
    }
    return Sheet(pl.DataFrame({number: frame["row"], reason: frame["line"], **cells}), marked, frozenset({reason}))


def _free(name: str, taken: set[str]) -> str:
    return f"{name} (2)" if name in taken else name


def _line(lang: str) -> pl.Expr:
    """ "열: 사유", or the reason alone for a whole row."""
    template = i18n.text("export.problems.cell_reason", lang, column="\0", reason="\1")
    before, _, rest = template.partition("\0")
    between, _, after = rest.partition("\1")
    named = pl.concat_str([pl.lit(before), pl.col("column"), pl.lit(between), pl.col("said"), pl.lit(after)])
    return pl.when(pl.col("column").fill_null("") == "").then(pl.col("said")).otherwise(named)
