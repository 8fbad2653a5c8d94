"""Imports and their problem rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlmodel import Session, col

from cxdash.errors import Conflict, NotFound
from cxdash.store import bulk, vault
from cxdash.store.tables import Import, Problem, now
from cxdash.store.text import clean

DONE, UNDONE = "done", "undone"
_PROBLEMS = {"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String, "params": pl.String, "whole_row": pl.Boolean}


def add(
    session: Session,
    *,
    program_id: int,
    wave_id: int,
    file_name: str,
    sha256: str,
    size: int,
    fingerprint: str = "",
    mapping: Mapping[str, Any] | None = None,
    rows_read: int = 0,
    rows_inserted: int = 0,
    rows_updated: int = 0,
    rows_empty: int = 0,
    rows_rejected: int = 0,
    problem_cells: int = 0,
    created_by: str = "",
) -> Import:
    """Records an import; its id is set. Counts not known yet may be set on the returned object before the transaction ends."""
    made = Import(
        program_id=program_id,
        wave_id=wave_id,
        file_name=clean(file_name),
        sha256=sha256,
        size=size,
        fingerprint=fingerprint,
        mapping=dict(mapping or {}),
        rows_read=rows_read,
        rows_inserted=rows_inserted,
        rows_updated=rows_updated,
        rows_empty=rows_empty,
        rows_rejected=rows_rejected,
        problem_cells=problem_cells,
        created_by=clean(created_by),
    )
    session.add(made)
    session.flush()
    return made


def list_imports(session: Session, *, program_id: int, limit: int = 200, offset: int = 0) -> list[Import]:
    """Newest first, undone ones included."""
    query = select(Import).where(col(Import.program_id) == program_id).order_by(col(Import.id).desc())
    return list(session.scalars(query.limit(limit).offset(offset)))


def get(session: Session, *, import_id: int, program_id: int | None = None) -> Import:
    """NotFound when there is none, or it is another programme's."""
    found = session.get(Import, import_id)
    if found is None or program_id not in (None, found.program_id):
        raise NotFound("store.import.unknown", name=str(import_id))
    return found


def same_file(session: Session, *, program_id: int, sha256: str) -> Import | None:
    """The newest import of the same bytes that was not undone."""
    query = select(Import).where(col(Import.program_id) == program_id, col(Import.sha256) == sha256, col(Import.state) == DONE)
    return session.scalars(query.order_by(col(Import.id).desc())).first()


def mark_undone(session: Session, *, import_id: int, by: str = "") -> Import:
    """Conflict when it was undone already: of two people who press undo at once, one is told."""
    found = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("store.import.unknown", name=str(import_id))
    if found.state != DONE:
        raise Conflict("store.import.undone", name=found.file_name)
    found.state, found.undone_at, found.undone_by = UNDONE, now(), clean(by)
    session.flush()
    return found


def add_problems(session: Session, import_id: int, frame: pl.DataFrame) -> int:
    """Stores problem rows in bulk, sealed: a cell that could not be used may hold anything. Returns how many.

    Columns row, column, value, reason, params (JSON text), whole_row.
    """
    columns = [pl.col(name).cast(kind) for name, kind in _PROBLEMS.items()]
    rows = frame.select(pl.lit(import_id).alias("import_id"), *columns).with_columns(
        pl.col("column", "value").fill_null(""), pl.col("params").fill_null("{}"), pl.col("whole_row").fill_null(False)
    )
    rows = bulk.cleaned(rows, text=("column", "value", "reason"), documents=("params",))
    bulk.insert(session, "problem", rows.with_columns(_each(rows["value"], vault.seal), _each(rows["params"], vault.seal_texts)))
    return rows.height


def problems(session: Session, import_id: int, limit: int | None = None, offset: int = 0) -> pl.DataFrame:
    """Columns row, column, value, reason, params (JSON text), whole_row, in the order of the file."""
    query = select(*(bulk.table("problem").c[name] for name in _PROBLEMS)).where(col(Problem.import_id) == import_id)
    found = bulk.fetch(session, query.order_by(col(Problem.row), col(Problem.id)).limit(limit).offset(offset))
    return found.with_columns(_each(found["value"], vault.unseal), _each(found["params"], vault.unseal_texts))


def _each(texts: pl.Series, change: Callable[[str], str]) -> pl.Series:
    return pl.Series(texts.name, [change(one) for one in texts], dtype=pl.String)


def count_problems(session: Session, import_id: int) -> int:
    return int(session.scalar(select(func.count()).select_from(Problem).where(col(Problem.import_id) == import_id)) or 0)
