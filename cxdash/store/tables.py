"""The tables. One registry of our own, so that a hot reload does not define a table twice.

Texts for people are JSON objects by language ({"ko": …, "en": …}). A response keeps its answers as one document,
question code -> scale point (int), option numbers (list of int) or text, already coded and validated.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Base(SQLModel, registry=registry()):
    """Root of our tables."""


def _now() -> datetime:
    return datetime.now(UTC)


def _json(**kwargs: Any) -> Any:
    return Field(sa_column=Column(JSON, nullable=False), **kwargs)


def _when(nullable: bool = False, **kwargs: Any) -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable), **kwargs)


def _parent(table: str, **kwargs: Any) -> Any:
    return Field(sa_column=Column(Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=kwargs.pop("nullable", False), index=True), **kwargs)


class Program(Base, table=True):
    """One experience programme. `loyalty`: question code -> weight of the loyalty index; `primary`: figure -> question code."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, index=True)
    name: dict[str, str] = _json(default_factory=dict)
    timezone: str = "Asia/Seoul"
    demo: bool = False
    loyalty: dict[str, float] = _json(default_factory=dict)
    primary: dict[str, str] = _json(default_factory=dict)  # {"nps": code, "csat": code, "effort": code}
    created_at: datetime = _when(default_factory=_now)


class Clock(Base, table=True):
    """The data version of a programme, bumped in the transaction of every change to its responses."""

    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    ver: int = 0


class Stage(Base, table=True):
    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    position: int
    code: str
    name: dict[str, str] = _json(default_factory=dict)
    retired: bool = False


class Touchpoint(Base, table=True):
    """domain: product, people, communication. initiative: active, passive."""

    __table_args__ = (UniqueConstraint("stage_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    stage_id: int = _parent("stage")
    position: int
    code: str
    name: dict[str, str] = _json(default_factory=dict)
    domain: str | None = None
    initiative: str | None = None


class Factor(Base, table=True):
    __table_args__ = (UniqueConstraint("touchpoint_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    touchpoint_id: int = _parent("touchpoint")
    position: int
    code: str
    name: dict[str, str] = _json(default_factory=dict)


class Question(Base, table=True):
    """A question or an attribute. Ratings have lo..hi and a direction; multi-response has `options`, numbered from 1.

    labels: language -> point (text) -> label. For attributes: language -> value -> label.
    headers: the column headers it was recognised by, newest first.
    """

    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    position: int = 0
    code: str
    measure: str
    stage_id: int | None = _parent("stage", nullable=True, default=None)
    touchpoint_id: int | None = _parent("touchpoint", nullable=True, default=None)
    factor_id: int | None = _parent("factor", nullable=True, default=None)
    lo: int | None = None
    hi: int | None = None
    direction: str = "high"
    labels: dict[str, dict[str, str]] = _json(default_factory=dict)
    wording: dict[str, str] = _json(default_factory=dict)
    options: list[str] = _json(default_factory=list)
    headers: list[str] = _json(default_factory=list)


class Wave(Base, table=True):
    """One round of collection. `breaks`: why the trend is broken before this wave, or empty."""

    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    position: int = 0
    code: str
    name: dict[str, str] = _json(default_factory=dict)
    starts: date | None = None
    ends: date | None = None
    breaks: str = ""


class Import(Base, table=True):
    """One uploaded file. state: "done" or "undone"."""

    __table_args__ = (Index("ix_import_same_file", "program_id", "sha256"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    wave_id: int = _parent("wave")
    file_name: str
    sha256: str
    size: int
    fingerprint: str = ""
    mapping: dict[str, Any] = _json(default_factory=dict)
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_empty: int = 0
    rows_rejected: int = 0
    problem_cells: int = 0
    state: str = "done"
    created_at: datetime = _when(default_factory=_now)
    created_by: str = ""
    undone_at: datetime | None = _when(nullable=True, default=None)
    undone_by: str = ""


class Problem(Base, table=True):
    """A cell, or with `whole_row` a row, that could not be used as it stood. `row` is the number the file shows."""

    id: int | None = Field(default=None, primary_key=True)
    import_id: int = _parent("import")
    row: int
    column: str = ""
    value: str = ""
    reason: str
    params: dict[str, Any] = _json(default_factory=dict)
    whole_row: bool = False


class Response(Base, table=True):
    __table_args__ = (
        UniqueConstraint("program_id", "wave_id", "respondent"),
        Index("ix_response_pull", "program_id", "ver"),
    )
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), nullable=False))
    wave_id: int = _parent("wave")
    import_id: int | None = _parent("import", nullable=True, default=None)
    row: int | None = None
    respondent: str | None = None
    at: datetime | None = _when(nullable=True, default=None)
    source: str = "import"
    weight: float | None = None
    attributes: dict[str, str] = _json(default_factory=dict)
    answers: dict[str, Any] = _json(default_factory=dict)
    ver: int


class Displaced(Base, table=True):
    """What an import replaced in a response, so that undoing the import brings it back."""

    __table_args__ = (UniqueConstraint("import_id", "response_id"),)
    id: int | None = Field(default=None, primary_key=True)
    import_id: int = _parent("import")
    response_id: int = _parent("response")
    previous_import_id: int | None = None
    row: int | None = None
    at: datetime | None = _when(nullable=True, default=None)
    source: str = "import"
    weight: float | None = None
    attributes: dict[str, str] = _json(default_factory=dict)
    answers: dict[str, Any] = _json(default_factory=dict)


class Tombstone(Base, table=True):
    """An erased response: its id and when on the clock, nothing else."""

    __table_args__ = (Index("ix_tombstone_pull", "program_id", "ver"),)
    response_id: int = Field(primary_key=True)
    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), nullable=False))
    ver: int


class SavedMapping(Base, table=True):
    """A mapping under a name; `fingerprint` recognises the next file of the same layout."""

    __tablename__ = "mapping"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    program_id: int | None = _parent("program", nullable=True, default=None)
    fingerprint: str = Field(default="", index=True)
    document: dict[str, Any] = _json(default_factory=dict)
    created_at: datetime = _when(default_factory=_now)


class SavedView(Base, table=True):
    __tablename__ = "view"
    __table_args__ = (UniqueConstraint("program_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    name: str
    page: str = ""
    query: dict[str, Any] = _json(default_factory=dict)
    created_at: datetime = _when(default_factory=_now)


class Target(Base, table=True):
    """A goal for a figure by a date, for the whole programme, a stage, or one value of an attribute."""

    id: int | None = Field(default=None, primary_key=True)
    program_id: int = _parent("program")
    figure: str
    stage_id: int | None = _parent("stage", nullable=True, default=None)
    attribute: str | None = None
    value: str | None = None
    goal: float
    due: date
