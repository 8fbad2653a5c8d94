"""A grid and a confirmed mapping become coded responses and a list of everything that could not be used.

Columns are coded one after the other, each distinct cell text once; the documents of the rows are put together at the end.
Columns of personal data, ignored ones and rows the layout skips leave no trace in the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from cxdash.errors import FileMapping
from cxdash.ingest import documents, respondents, spread
from cxdash.ingest.plan import Coded, Column, Grid, Mapping, Said
from cxdash.ingest.problems import Problems
from cxdash.terms import Role

Progress = Callable[[str, float], None]
ANSWERS = (Role.RATING, Role.MULTI, Role.COMMENT)
_JOINED = 20_000  # rows whose documents are put together at a time: each passes through three texts of its length


def code(
    grid: Grid,
    mapping: Mapping,
    *,
    out: Path,
    on_problem: Literal["missing", "drop"] = "missing",
    timezone: str = "Asia/Seoul",
    on_progress: Progress | None = None,
) -> Coded:
    """Code the rows of `grid` and write responses.parquet and problems.parquet into the folder `out` (see plan.Coded).

    on_problem: "missing" = a problem cell counts as not answered and its row is kept; "drop" = its row is left out.
    Left out as well, each listed as a whole row: rows without any answer or attribute (rows_empty), and rows whose respondent key comes
    again further down (rows_rejected). on_progress gets a message key and a fraction 0..1, and may raise to stop.
    Raises FileMapping when the mapping does not fit the grid.
    """
    _check(grid, mapping)
    tell = on_progress or (lambda _stage, _share: None)
    table, rows = _data(grid, mapping)
    problems = Problems(rows)
    used = [column for column in mapping.columns if column.role not in (Role.PERSONAL, Role.IGNORE)]
    answers = _documents(table, [c for c in used if c.role in ANSWERS], problems, tell, 0.0, 0.7)
    attributes = _documents(table, [c for c in used if c.role is Role.ATTRIBUTE], problems, tell, 0.7, 0.8)
    frame = pl.DataFrame(
        {"row": rows, **_persons(table, used, timezone, problems, len(rows)), "attributes": attributes, "answers": answers}
    )
    tell("scale.stage.rows", 0.85)
    frame = frame.with_columns(problems.per_row().alias("problems"))
    keep, empty, rejected = _keep(frame, used, on_problem, problems)
    tell("scale.stage.writing", 0.9)
    out.mkdir(parents=True, exist_ok=True)
    responses, listed = out / "responses.parquet", out / "problems.parquet"
    (frame if keep.all() else frame.filter(keep)).write_parquet(
        responses, compression="lz4", statistics=False, row_group_size=_JOINED
    )  # read once, then deleted
    problems.write(listed)
    tell("scale.stage.writing", 1.0)
    codes = tuple(dict.fromkeys(column.code for column in used if column.role in (*ANSWERS, Role.ATTRIBUTE)))
    return Coded(responses, listed, frame.height, int(keep.sum()), empty, rejected, problems.cell_count, codes)


def _check(grid: Grid, mapping: Mapping) -> None:
    """Refuse a mapping that names columns the grid lacks, or that does not say enough to code them."""
    width, seen = grid.cells.width, {}
    for column in mapping.columns:
        if column.role in (Role.PERSONAL, Role.IGNORE):
            continue
        if not 0 <= column.index < width:
            raise FileMapping("scale.mapping.no_column", column=column.header, index=column.index + 1, columns=width)
        if column.role in (*ANSWERS, Role.ATTRIBUTE):
            if not column.code:
                raise FileMapping("scale.mapping.no_code", column=column.header)
            first = seen.setdefault(column.code, column)
            if first is not column and not (
                column.role is first.role is Role.MULTI and column.group is not None and column.group == first.group
            ):
                raise FileMapping("scale.mapping.same_code", column=column.header, other=first.header, code=column.code)
        if column.role is Role.RATING and column.scale is None:
            raise FileMapping("scale.mapping.no_scale", column=column.header)
    if not any(column.role in (*ANSWERS, Role.ATTRIBUTE) for column in mapping.columns):
        raise FileMapping("scale.mapping.no_question")


def _data(grid: Grid, mapping: Mapping) -> tuple[dict[int, pl.Series], pl.Series]:
    """The cells of the respondents' rows, and the numbers of these rows in the file."""
    height = grid.cells.height
    rows = (
        grid.rows.cast(pl.Int64)
        if grid.rows is not None
        else pl.int_range(grid.first_row, grid.first_row + height, eager=True, dtype=pl.Int64)
    )
    layout = mapping.layout
    within = rows.is_between(layout.first_data_row, layout.last_data_row) & ~rows.is_in([row for row, _ in layout.skipped])
    wanted = [c.index for c in mapping.columns if c.role not in (Role.PERSONAL, Role.IGNORE)]
    cells = spread.down(grid, int((rows < layout.first_data_row).sum())).select(pl.nth(sorted(set(wanted))).cast(pl.Utf8))
    cells = cells if within.all() else cells.filter(within)
    return {index: cells.to_series(at) for at, index in enumerate(sorted(set(wanted)))}, rows.filter(within).alias("row")


def _documents(
    table: dict[int, pl.Series], columns: Sequence[Column], problems: Problems, tell: Progress, start: float, end: float
) -> pl.Series:
    """One JSON object per row from the pieces of the columns; null instead of an empty object's pieces."""
    blocks: dict[str, list[Column]] = {}
    for column in columns:
        blocks.setdefault(column.code, []).append(column)
    pieces = []
    for at, block in enumerate(blocks.values()):
        tell("scale.stage.coding", start + (end - start) * at / len(blocks))
        pieces.append(_piece(table, block, problems).alias(str(at)))
    if not pieces:
        return pl.repeat("{}", len(next(iter(table.values()))), eager=True)
    return pl.concat([_joined(part) for part in pl.DataFrame(pieces).iter_slices(_JOINED)] or [pl.Series("j", [], pl.String)])


def _joined(pieces: pl.DataFrame) -> pl.Series:
    joined = pieces.lazy().select(pl.concat_str(pl.all(), ignore_nulls=True).alias("j"))
    return joined.select(pl.concat_str(pl.lit("{"), pl.col("j").str.strip_suffix(","), pl.lit("}")).alias("j")).collect()["j"]


def _piece(table: dict[int, pl.Series], block: list[Column], problems: Problems) -> pl.Series:
    column = block[0]
    if column.role is Role.MULTI:
        return documents.multiple(table, block, problems)
    if column.role is Role.RATING:
        return documents.rating(table[column.index], column, problems)
    if column.role is Role.COMMENT:
        return documents.comment(table[column.index], column, problems)
    return documents.attribute(table[column.index], column, problems)


def _persons(table: dict[int, pl.Series], used: Sequence[Column], timezone: str, problems: Problems, height: int) -> dict[str, pl.Series]:
    """The columns respondent, at and weight. With several date columns the first readable one of a row counts."""
    found: dict[str, pl.Series] = {
        "respondent": pl.Series([None], dtype=pl.Utf8).new_from_index(0, height),
        "at": pl.Series([None], dtype=pl.Datetime("us", "UTC")).new_from_index(0, height),
        "weight": pl.Series([None], dtype=pl.Float64).new_from_index(0, height),
    }
    for column in used:
        if column.role is Role.DATE:
            at = respondents.when(table[column.index], column, timezone, problems)
            found["at"] = pl.select(pl.coalesce(found["at"], at)).to_series()
    for column in reversed(used):  # with several, the first one counts
        if column.role is Role.WEIGHT:
            found["weight"] = respondents.weight(table[column.index], column, problems)
        elif column.role is Role.RESPONDENT:
            found["respondent"] = respondents.key(table[column.index], column, problems)
    return found


def _keep(frame: pl.DataFrame, used: Sequence[Column], on_problem: str, problems: Problems) -> tuple[pl.Series, int, int]:
    """Which rows are stored, and how many are empty and rejected; the reasons go to the problems."""
    # a single choice is an attribute, so a row of attributes alone is a respondent too
    blank = (frame["answers"] == "{}") & (frame["attributes"] == "{}")
    spoilt = (frame["problems"] > 0) if on_problem == "drop" else pl.repeat(False, frame.height, eager=True)
    keyed = next((column for column in used if column.role is Role.RESPONDENT), None)
    ok = ~blank & ~spoilt
    again = (
        respondents.repeated(frame["respondent"], frame["row"], ok, keyed.header, problems)
        if keyed
        else pl.repeat(False, frame.height, eager=True)
    )
    problems.rows((blank & ~spoilt).arg_true(), Said("scale.problem.row_empty"))
    problems.rows(spoilt.arg_true(), Said("scale.problem.row_dropped"))
    return ok & ~again, int((blank & ~spoilt).sum()), int(spoilt.sum() + again.sum())
