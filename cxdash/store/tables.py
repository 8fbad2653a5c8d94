"""The tables. One registry of our own, so that a hot reload does not define a table twice.

Texts for people are JSON objects by language ({"ko": …, "en": …}). A response keeps its answers as one document,
question code -> scale point (int), option numbers (list of int) or text, already coded and validated.
Ids that other things remember (a programme's snapshot, a response's tombstone) are never given out twice: AUTOINCREMENT.
Times are aware and UTC on every database. Constraints are named by one rule, so that a migration can alter them on SQLite.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from cxdash.store.vault import Sealed

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
NEVER_AGAIN = {"sqlite_autoincrement": True}
Big = BigInteger().with_variant(Integer(), "sqlite")  # SQLite's integers are 64-bit, and only INTEGER can be AUTOINCREMENT


class Utc(TypeDecorator[datetime]):
    """An instant. Bound values must be aware; what comes back is aware and UTC (SQLite by itself would drop the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.utcoffset() is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=_NAMES))):
    """Root of our tables."""


def now() -> datetime:
    return datetime.now(UTC)


def big_id() -> Any:
    return Field(default=None, sa_column=Column(Big, primary_key=True))


def json_column(**kwargs: Any) -> Any:
    return Field(sa_column=Column(JSON, nullable=False), **kwargs)


def when(nullable: bool = False, **kwargs: Any) -> Any:
    return Field(sa_column=Column(Utc, nullable=nullable), **kwargs)


def parent(table: str, *, nullable: bool = False, ondelete: str = "CASCADE", index: bool = True, **kwargs: Any) -> Any:
    return Field(sa_column=Column(Integer, ForeignKey(f"{table}.id", ondelete=ondelete), nullable=nullable, index=index), **kwargs)


class Program(Base, table=True):
    """One experience programme. `loyalty`: question code -> weight of the loyalty index; `primary`: figure -> question code."""

    __table_args__ = NEVER_AGAIN
    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, index=True)
    name: dict[str, str] = json_column(default_factory=dict)
    timezone: str = "Asia/Seoul"
    demo: bool = False
    loyalty: dict[str, float] = json_column(default_factory=dict)
    primary: dict[str, str] = json_column(default_factory=dict)  # {"nps": code, "csat": code, "effort": code}
    created_at: datetime = when(default_factory=now)


class Clock(Base, table=True):
    """The data version of a programme, bumped in the transaction of every change to its responses."""

    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    ver: int = 0


class Stage(Base, table=True):
    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    position: int
    code: str
    name: dict[str, str] = json_column(default_factory=dict)
    retired: bool = False


class Touchpoint(Base, table=True):
    """domain: product, people, communication. initiative: active, passive."""

    __table_args__ = (UniqueConstraint("stage_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    stage_id: int = parent("stage")
    position: int
    code: str
    name: dict[str, str] = json_column(default_factory=dict)
    domain: str | None = None
    initiative: str | None = None


class Factor(Base, table=True):
    __table_args__ = (UniqueConstraint("touchpoint_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    touchpoint_id: int = parent("touchpoint")
    position: int
    code: str
    name: dict[str, str] = json_column(default_factory=dict)


class Question(Base, table=True):
    """A question or an attribute. Ratings have lo..hi and a direction; multi-response has `options`, numbered from 1.

    labels: language -> point (text) -> label. For attributes: language -> value -> label.
    headers: the column headers it was recognised by, newest first.
    """

    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    position: int = 0
    code: str
    measure: str
    stage_id: int | None = parent("stage", nullable=True, ondelete="SET NULL", default=None)
    touchpoint_id: int | None = parent("touchpoint", nullable=True, ondelete="SET NULL", default=None)
    factor_id: int | None = parent("factor", nullable=True, ondelete="SET NULL", default=None)
    lo: int | None = None
    hi: int | None = None
    direction: str = "high"
    labels: dict[str, dict[str, str]] = json_column(default_factory=dict)
    wording: dict[str, str] = json_column(default_factory=dict)
    options: list[str] = json_column(default_factory=list)
    headers: list[str] = json_column(default_factory=list)


class Wave(Base, table=True):
    """One round of collection. `breaks`: why the trend is broken before this wave, or empty."""

    __table_args__ = (UniqueConstraint("program_id", "code"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    position: int = 0
    code: str
    name: dict[str, str] = json_column(default_factory=dict)
    starts: date | None = None
    ends: date | None = None
    breaks: str = ""


class Import(Base, table=True):
    """One uploaded file. state: "done" or "undone". `codes`: question codes and attribute keys its mapping governed."""

    __table_args__ = (Index(None, "program_id", "sha256"), NEVER_AGAIN)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    wave_id: int = parent("wave")
    file_name: str
    sha256: str
    size: int
    fingerprint: str = ""
    mapping: dict[str, Any] = json_column(default_factory=dict)
    codes: list[str] = json_column(default_factory=list)
    rows_read: int = 0
    rows_inserted: int = 0
    rows_updated: int = 0
    rows_empty: int = 0
    rows_rejected: int = 0
    problem_cells: int = 0
    state: str = "done"
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
    undone_at: datetime | None = when(nullable=True, default=None)
    undone_by: str = ""


class Problem(Base, table=True):
    """A cell, or with `whole_row` a row, that could not be used as it stood. `row` is the number the file shows. params: texts sealed."""

    id: int | None = big_id()
    import_id: int = parent("import")
    row: int
    column: str = ""
    value: str = Field(default="", sa_column=Column(Sealed, nullable=False))
    reason: str
    params: dict[str, Any] = json_column(default_factory=dict)
    whole_row: bool = False


class Response(Base, table=True):
    """One respondent's filled questionnaire: the sum of what its imports (or its form) said. `row` is in its latest import."""

    __table_args__ = (UniqueConstraint("program_id", "wave_id", "respondent"), Index(None, "program_id", "ver"), NEVER_AGAIN)
    id: int | None = big_id()
    program_id: int = parent("program", index=False)
    wave_id: int = parent("wave", index=False)  # one index less to keep for every answer
    import_id: int | None = parent("import", nullable=True, default=None)
    row: int | None = None
    respondent: str | None = None
    at: datetime | None = when(nullable=True, default=None)
    source: str = "import"
    weight: float | None = None
    attributes: dict[str, str] = json_column(default_factory=dict)
    answers: dict[str, Any] = json_column(default_factory=dict)
    ver: int


class Layer(Base, table=True):
    """What one import said about a response that more than one import (or form) spoke about, so that any of them can be undone.

    The response is the fold of its layers in the order of their ids (cxdash.store.layers has the rule). A response that
    only one import spoke about has no layer: it is its own. `codes`: what a layer without an import governed (else `Import.codes`).
    """

    __table_args__ = (UniqueConstraint("response_id", "import_id"),)
    id: int | None = big_id()
    response_id: int = Field(sa_column=Column(Big, ForeignKey("response.id", ondelete="CASCADE"), nullable=False))
    import_id: int | None = parent("import", nullable=True, default=None)
    row: int | None = None
    at: datetime | None = when(nullable=True, default=None)
    source: str = "import"
    weight: float | None = None
    attributes: dict[str, str] = json_column(default_factory=dict)
    answers: dict[str, Any] = json_column(default_factory=dict)
    codes: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))


class Tombstone(Base, table=True):
    """An erased response: its id and when on the clock, nothing else."""

    __table_args__ = (Index(None, "program_id", "ver"),)
    response_id: int = Field(sa_column=Column(Big, primary_key=True, autoincrement=False))
    program_id: int = parent("program", index=False)
    ver: int


class SavedMapping(Base, table=True):
    """A mapping under a name; `fingerprint` recognises the next file of the same layout."""

    __tablename__ = "mapping"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    program_id: int | None = parent("program", nullable=True, default=None)
    fingerprint: str = Field(default="", index=True)
    document: dict[str, Any] = json_column(default_factory=dict)
    created_at: datetime = when(default_factory=now)


class SavedView(Base, table=True):
    __tablename__ = "view"
    __table_args__ = (UniqueConstraint("program_id", "name"),)
    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    name: str
    page: str = ""
    query: dict[str, Any] = json_column(default_factory=dict)
    created_at: datetime = when(default_factory=now)


class Pin(Base, table=True):
    """A reported figure, kept as it was said: the metric, the view it was read in, and the data version it came from.

    page, view: where it was read, and the query parameters of its view. wheres: the filter they meant on that day (dates are fixed
    there, a view's may move on). responses: how many the filter held; last_id, last_import: the newest response and import there were.
    rows: attribute -> the values that its maker could see; they narrow the filter too.
    basis: what the figure was made of besides responses: "definition" of the metric, "weighting" and "quality" rules.
    """

    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    name: str = ""
    metric: str
    page: str = ""
    view: dict[str, Any] = json_column(default_factory=dict)
    wheres: dict[str, Any] = json_column(default_factory=dict)
    rows: dict[str, Any] = json_column(default_factory=dict)
    weighted: bool = False
    version: int
    responses: int = 0
    last_id: int = Field(default=0, sa_column=Column(Big, nullable=False))
    last_import: int = 0
    basis: dict[str, Any] = json_column(default_factory=dict)
    value: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    n: int = 0
    unit: str = ""
    created_at: datetime = when(default_factory=now)
    created_by: str = ""


class Weighting(Base, table=True):
    """Population shares that a programme's responses are raked to, and what the raking was allowed to do.

    targets: attribute key -> value -> share (they add up to 1). cap: the most a weight is multiplied by. per_wave: each wave by itself.
    """

    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    targets: dict[str, dict[str, float]] = json_column(default_factory=dict)
    cap: float | None = None
    per_wave: bool = False
    created_at: datetime = when(default_factory=now)
    created_by: str = ""


class QualityRules(Base, table=True):
    """What makes a response of a programme look careless. rules: kind -> its settings, {"on": bool, …}."""

    __tablename__ = "quality"
    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    rules: dict[str, Any] = json_column(default_factory=dict)


class Target(Base, table=True):
    """A goal for a figure by a date, for the whole programme, a stage, or one value of an attribute. note: who agreed on it, and why."""

    id: int | None = Field(default=None, primary_key=True)
    program_id: int = parent("program")
    figure: str
    stage_id: int | None = parent("stage", nullable=True, default=None)
    attribute: str | None = None
    value: str | None = None
    goal: float
    due: date
    note: str | None = None


class Yardstick(Base, table=True):
    """What figures of a programme are judged against. kind "crosshair": name says of which chart; "standard": name is a stage's code.

    document: the numbers, as the kind has them. Setting one again replaces it; each is a row of its own, so that two people who set
    different ones do not undo each other's.
    """

    program_id: int = Field(sa_column=Column(Integer, ForeignKey("program.id", ondelete="CASCADE"), primary_key=True))
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    document: dict[str, Any] = json_column(default_factory=dict)
    created_at: datetime = when(default_factory=now)
    created_by: str = ""
