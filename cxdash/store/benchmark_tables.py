"""The table of benchmarks: what others have achieved."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from cxdash.store.tables import Base, now, parent, when


class Benchmark(Base, table=True):
    """An outside figure in the unit of our metric: whose it is (name), on how many answers it stands (None: not known), where it was
    published (source) and when it was measured. One per metric and name: a newer one replaces it."""

    __table_args__ = (UniqueConstraint("program_id", "metric", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    metric: str
    name: str
    value: float
    n: int | None = None
    source: str = ""
    measured: date
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
