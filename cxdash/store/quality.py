"""What makes a response of a programme look careless, and the cells of its files that could not be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlmodel import Session, col

from cxdash.store import bulk
from cxdash.store.imports import DONE
from cxdash.store.programs import tick
from cxdash.store.tables import Import, Problem, QualityRules


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
    """Cells that could not be used, by import (not undone ones) and reason: columns import_id, file_name, reason, n; newest import first."""
    query = (
        select(col(Import.id).label("import_id"), col(Import.file_name), col(Problem.reason), func.count().label("n"))
        .join(Problem, col(Problem.import_id) == col(Import.id))
        .where(col(Import.program_id) == program_id, col(Import.state) == DONE, col(Problem.whole_row).is_(False))
        .group_by(col(Import.id), col(Import.file_name), col(Problem.reason))
        .order_by(col(Import.id).desc(), func.count().desc())
    )
    return bulk.fetch(session, query)
