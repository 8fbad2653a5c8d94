"""Many rows at once, at the driver's own speed, inside a session's transaction.

SQLite: executemany on the raw cursor. PostgreSQL: COPY in CSV, written and parsed by polars, so that no row becomes a Python
object. Identifiers come from the tables' metadata, values never become part of a statement's text.
Times are Datetime("us", "UTC") in every frame; JSON documents are texts, never parsed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from typing import Any

import polars as pl
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy import update as set_rows
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.sql import Select
from sqlalchemy.types import TypeEngine
from sqlmodel import Session
from sqlmodel.sql.sqltypes import AutoString

from cxdash.store.tables import Base, Utc
from cxdash.store.text import clean_document

SLICE = 20_000
_ODD_ESCAPES = r"\\u(0000|[dD][89a-fA-F])"  # NUL, and surrogates, which may have lost their other half
WHEN = pl.Datetime("us", "UTC")
_SQLITE_TIME = "%Y-%m-%d %H:%M:%S%.6f"
_KINDS: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (Utc, WHEN),
    (Boolean, pl.Boolean),
    (Integer, pl.Int64),
    (Float, pl.Float64),
    (JSON, pl.String),
    (String, pl.String),
    (AutoString, pl.String),
)


def table(name: str) -> Table:
    return Base.metadata.tables[name]


@contextmanager
def staged(session: Session, like: str, frame: pl.DataFrame) -> Iterator[Table]:
    """The frame as a temporary table whose columns have the types they have in the table `like`, for statements over whole sets."""
    columns = [Column(name, table(like).c[name].type, primary_key=name == "id", autoincrement=False) for name in frame.columns]
    made = Table("bulk_staged", MetaData(), *columns, prefixes=["TEMPORARY"])
    connection = session.connection()
    made.create(connection, checkfirst=False)
    _fill(session, made, frame)
    if not is_sqlite(session):
        connection.exec_driver_sql("ANALYZE bulk_staged")
    yield made
    made.drop(connection, checkfirst=False)  # after an error the transaction rolls back, and the table with it


def insert(session: Session, name: str, frame: pl.DataFrame) -> None:
    """Adds the frame's rows. Its columns are columns of the table; the database numbers the ids."""
    _fill(session, table(name), frame)


def update(session: Session, name: str, frame: pl.DataFrame) -> None:
    """Sets the frame's columns in the rows with its `id`s."""
    if frame.is_empty():
        return
    target = table(name)
    with staged(session, name, frame) as new:
        values = {c.name: c for c in new.c if c.name != "id"}
        session.connection().execute(set_rows(target).where(target.c.id == new.c.id).values(values))


def merged(session: Session, old: ColumnElement[Any], new: ColumnElement[Any], codes: Sequence[str]) -> ColumnElement[Any]:
    """A JSON object with the keys `codes` taken out and those of `new` put in, computed by the database."""
    if is_sqlite(session):
        nothing = bindparam(None, json.dumps(dict.fromkeys(codes), ensure_ascii=False), String(), unique=True)
        return func.json_patch(func.json_patch(old, nothing, type_=String()), new, type_=String())
    left = cast(old, JSONB).op("-")(bindparam(None, list(codes), ARRAY(String()), unique=True))
    return cast(left.self_group().op("||")(cast(new, JSONB)), JSON())


def fetch(session: Session, query: Select[Any]) -> pl.DataFrame:
    """The whole answer of a query over table columns as one frame."""
    parts = list(stream(session, query, batch=1_000_000))
    return pl.concat(parts) if parts else pl.DataFrame(schema=_schema(query))


def stream(session: Session, query: Select[Any], *, batch: int) -> Iterator[pl.DataFrame]:
    """The answer in frames of at most `batch` rows, documents as the stored text. No frame when there is no row."""
    session.flush()
    schema = _schema(query)
    statement, params = _compiled(session, query)
    cursor = _cursor(session)
    if is_sqlite(session):
        try:
            cursor.execute(statement, params)
            while rows := cursor.fetchmany(batch):
                yield _frame(rows, schema)
        finally:
            cursor.close()
        return
    with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", params) as copy:
        lines = iter(copy)
        while block := list(islice(lines, batch)):
            yield _parsed(b"".join(bytes(line) for line in block), schema)


def among(session: Session, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column` is one of the values, however many, as one parameter."""
    if is_sqlite(session):
        listed = func.json_each(bindparam(None, json.dumps(list(values), ensure_ascii=False), unique=True)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type), unique=True))


def cleaned(frame: pl.DataFrame, *, text: Sequence[str] = (), documents: Sequence[str] = ()) -> pl.DataFrame:
    """Without the NUL characters that PostgreSQL cannot store (see cxdash.store.text)."""
    for name in text:
        if frame[name].str.contains("\0", literal=True).any():
            frame = frame.with_columns(pl.col(name).str.replace_all("\0", "", literal=True))
    for name in documents:
        odd = pl.col(name).str.contains(_ODD_ESCAPES)
        if frame.select(odd.any()).item():
            frame = frame.with_columns(
                pl.when(odd).then(pl.col(name).map_elements(clean_document, return_dtype=pl.String)).otherwise(pl.col(name)).alias(name)
            )
    return frame


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite; else to PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def _cursor(session: Session) -> Any:
    """A driver's cursor inside the session's transaction (which it begins if nothing did)."""
    session.flush()
    return session.connection().connection.cursor()


def _fill(session: Session, into: Table, frame: pl.DataFrame) -> None:
    if frame.is_empty():
        return
    cursor, preparer = _cursor(session), session.get_bind().dialect.identifier_preparer
    name, columns = preparer.quote(into.name), [preparer.quote(into.c[column].name) for column in frame.columns]
    if is_sqlite(session):
        # Documents go in as the bytes they are: decoding them to Python texts and back costs a third of the whole insert.
        values = ["CAST(? AS TEXT)" if isinstance(into.c[column].type, JSON) else "?" for column in frame.columns]
        statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join(values)})"
        frame = frame.with_columns(pl.col(column).cast(pl.Binary) for column in frame.columns if isinstance(into.c[column].type, JSON))
        for part in frame.iter_slices(SLICE):
            cursor.executemany(statement, _rows(part))
    else:
        _copy(cursor, name, columns, frame)


def _rows(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    times = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(times).dt.strftime(_SQLITE_TIME)).rows()


def _copy(cursor: Any, quoted: str, columns: Sequence[str], frame: pl.DataFrame) -> None:
    with cursor.copy(f"COPY {quoted} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy:
        for part in frame.iter_slices(SLICE):
            copy.write(part.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00").encode())


def _compiled(session: Session, query: Select[Any]) -> tuple[str, Any]:
    if is_sqlite(session):
        compiled = query.compile(dialect=session.get_bind().dialect)
        return str(compiled), [compiled.params[name] for name in compiled.positiontup or ()]
    instants = [
        cast(func.extract("epoch", c) * 1_000_000, BigInteger).label(c.name) if isinstance(c.type, Utc) else c
        for c in query.selected_columns
    ]
    compiled = query.with_only_columns(*instants).compile(dialect=session.get_bind().dialect)
    return str(compiled), compiled.params


def _schema(query: Select[Any]) -> dict[str, Any]:
    return {c.name: _kind(c.type) for c in query.selected_columns}


def _kind(of: Any) -> Any:
    """How a frame holds values of a type; of a type of ours, how it holds what lies in the table."""
    found = next((kind for sort, kind in _KINDS if isinstance(of, sort)), None)
    return _kind(of.impl_instance) if found is None else found


def _frame(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    as_stored = {name: pl.String if kind == WHEN else pl.Int64 if kind == pl.Boolean else kind for name, kind in schema.items()}
    times = [name for name, kind in schema.items() if kind == WHEN]
    read = pl.DataFrame(rows, schema=as_stored, orient="row").with_columns(
        pl.col(times).str.to_datetime(_SQLITE_TIME, time_unit="us").dt.replace_time_zone("UTC")
    )
    return read.with_columns(pl.col(name).cast(pl.Boolean) for name, kind in schema.items() if kind == pl.Boolean)


def _parsed(text: bytes, schema: dict[str, Any]) -> pl.DataFrame:
    as_written = {name: pl.Int64 if kind == WHEN else pl.String if kind == pl.Boolean else kind for name, kind in schema.items()}
    read = pl.read_csv(BytesIO(text), has_header=False, schema=as_written)
    return read.with_columns(
        *(pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for name, kind in schema.items() if kind == WHEN),
        *((pl.col(name) == "t").alias(name) for name, kind in schema.items() if kind == pl.Boolean),
    )
