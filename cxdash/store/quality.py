"""What makes a response of a programme look careless, and the cells of its files that could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import case, func, select
from sqlmodel import Session, col

from cxdash.store import bulk
from cxdash.store.imports import DONE
from cxdash.store.programs import tick
from cxdash.store.tables import Import, Problem, QualityRules

OFF_SCALE = "scale.problem.off_scale"  # why a cell was not used: a number beyond the ends of its scale


def rules(session: Session, *, program_id: int) -> Mapping[str, Any]:
    """Kind -> its settings; empty when the programme has none of its own."""
    row = session.get(QualityRules, program_id)
    return {} if row is None else dict(row.rules)


def save(session: Session, *, program_id: int, rules: Mapping[str, Any]) -> int:
    """Replaces the rules. Ticks the clock: every figure without careless responses depends on them."""
    ver = tick(session, program_id=program_id)
    row = session.get(QualityRules, program_id) or QualityRules(program_id=program_id)
    row.rules = dict(rules)
    session.add(row)
    session.flush()
    return ver


def unused_cells(session: Session, *, program_id: int) -> pl.DataFrame:
    """Cells that could not be used, of imports that were not undone: columns import_id, file_name, column, n, beyond (off the scale).

    Newest import first, then the columns with the most.
    """
    beyond = func.sum(case((col(Problem.reason) == OFF_SCALE, 1), else_=0))
    shown = (col(Import.id).label("import_id"), col(Import.file_name), col(Problem.column), func.count().label("n"), beyond.label("beyond"))
    query = (
        select(*shown)
        .join(Problem, col(Problem.import_id) == col(Import.id))
        .where(col(Import.program_id) == program_id, col(Import.state) == DONE, col(Problem.whole_row).is_(False))
        .group_by(col(Import.id), col(Import.file_name), col(Problem.column))
        .order_by(col(Import.id).desc(), func.count().desc(), col(Problem.column))
    )
    return bulk.fetch(session, query)
