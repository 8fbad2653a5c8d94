"""Statements that every group of answers asks, past SQLAlchemy: their text is made once, and the driver runs them inside the session's
transaction. What SQLAlchemy does around a statement costs more than these statements themselves.

PostgreSQL: what is asked ahead goes there and back once for all of it (the driver's pipeline). Each way there and back costs more than the
answer, and beside busy threads another turn of the interpreter. Rows go in as one document, which the database takes apart.
SQLite: its driver lets go of the interpreter two or three times for every statement, and beside a busy thread gets it back late each time.
So what is asked ahead is one statement, and many rows are one.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Dialect, Executable, Select, String, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import visitors
from sqlmodel import Session

from cxdash.store.bulk import is_sqlite, table
from cxdash.store.tables import Utc
from cxdash.store.text import dumps

Asked = tuple[Executable, Mapping[str, Any]]
FIRST = "cxdash_first"  # in the info of a session: a statement that goes before its first one here
_LINE = "cxdash_line"
_TOGETHER, _EIGHT = 64, 8  # most rows of one statement; from eight on, so many at a time
_TIMES = 1024  # written times that are kept
_LAST = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_NUMBERS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
_Maker = Callable[[Any], Any]


class _Line:
    """A session's way to the driver, for one transaction. known: what was asked ahead. spare: ids that were, by table; last: on SQLite the
    last of a table, until somebody takes more. held: rows that go in together with others: their table, statement and document."""

    def __init__(self, session: Session) -> None:
        found = session.connection().connection
        self.begun = weakref.ref(session.get_transaction())
        self.dialect: Dialect = session.get_bind().dialect
        self.is_sqlite = self.dialect.name == "sqlite"
        self.driver: Any = found.driver_connection
        self.cursor: Any = found.cursor()
        self.known: dict[Any, tuple[Executable, list[tuple[Any, ...]]]] = {}
        self.spare: dict[str, list[int]] = {}
        self.last: dict[str, int] = {}
        self.held: list[tuple[str, str, Any]] | None = None

    def run(self, cursor: Any, query: Executable, given: Mapping[str, Any]) -> Any:
        text, order = _text_of(self.dialect, query)
        return cursor.execute(text, [given[name] for name in order] if order else given)


def _line(session: Session, *, is_ahead: bool = False) -> _Line:
    session.flush()
    begun, found = session.get_transaction(), session.info.get(_LINE)
    if found is None or begun is None or found.begun() is not begun:
        found = session.info[_LINE] = _Line(session)
    if not is_ahead and (first := session.info.pop(FIRST, None)):
        found.cursor.execute(first)
    return found  # type: ignore[no-any-return]


def ahead(session: Session, asked: Sequence[Asked], numbers_of: Mapping[str, int]) -> None:
    """Asks what `rows` and `numbers` will be asked for, in this order (on SQLite, where nobody else writes meanwhile, what changes nothing
    goes first). Each answer is given once; what `add` may have changed is asked again. numbers_of: table -> how many; those left over are
    nobody's."""
    line = _line(session, is_ahead=True)
    if line.is_sqlite:
        questions = [(query, given) for query, given in asked if isinstance(query, Select)]
        _ahead_of_sqlite(line, questions, [name for name, n in numbers_of.items() if n])
        return
    first = session.info.pop(FIRST, None)
    with _at_once(line.driver):
        if first:
            line.cursor.execute(first)
        answers = [line.run(line.driver.cursor(), query, given) for query, given in asked]
        drawn = {name: line.driver.cursor().execute(_NUMBERS, (name, n)) for name, n in numbers_of.items() if n}
    for (query, given), answer in zip(asked, answers, strict=True):
        line.known[_asked(query, given)] = (query, answer.fetchall())
    line.spare |= {name: [row[0] for row in answer.fetchall()] for name, answer in drawn.items()}


def _ahead_of_sqlite(line: _Line, asked: Sequence[Asked], tables: Sequence[str]) -> None:
    """All of it as one row of JSON lists of lists."""
    texts = [_text_of(line.dialect, query) for query, _ in asked]
    given = [given[name] for (_, given), (_, order) in zip(asked, texts, strict=True) for name in order]
    text = _together_of(tuple((text, len(query.selected_columns)) for (text, _), (query, _) in zip(texts, asked, strict=True)), len(tables))
    if not text:
        return
    found = [json.loads(one) for one in line.cursor.execute(text, [*given, *tables]).fetchone()]
    for (query, values_), answer in zip(asked, found[: len(asked)], strict=True):
        line.known[_asked(query, values_)] = (query, [tuple(row) for row in answer])
    line.last = {name: rows_[0][0] if rows_ else 0 for name, rows_ in zip(tables, found[len(asked) :], strict=True)}


@lru_cache(maxsize=64)
def _together_of(texts: tuple[tuple[str, int], ...], tables: int) -> str:
    """texts: of questions, with how many columns each gives; after them the last ids of so many tables."""
    parts = [*texts, *[(_LAST, 1)] * tables]
    heads = [[f"c{i}" for i in range(width)] for _, width in parts]
    named = ", ".join(f"q{i}({', '.join(head)}) AS ({text})" for i, (head, (text, _)) in enumerate(zip(heads, parts, strict=True)))
    asked = ", ".join(f"(SELECT json_group_array(json_array({', '.join(head)})) FROM q{i})" for i, head in enumerate(heads))
    return f"WITH {named} SELECT {asked}" if parts else ""


@contextmanager
def _at_once(driver: Any) -> Iterator[None]:
    """What is executed goes to PostgreSQL at the end of the block, and all its answers come back. The driver would look after every
    statement whether something can be sent already, and let go of the interpreter for each look."""
    with driver.pipeline() as pipeline:
        pipeline._communicate_gen = lambda: iter(())  # should the driver ask another way one day, it only takes longer
        try:
            yield
        finally:
            del pipeline._communicate_gen


@contextmanager
def together(session: Session) -> Iterator[None]:
    """What is added in the block goes in at its end, at the latest, in the order given."""
    line = _line(session)
    line.held = None if line.is_sqlite else []
    try:
        yield
        settle(session)
    finally:
        line.held = None


def settle(session: Session) -> None:
    """What was held until now goes in: before a statement that asks for it."""
    line = _line(session)
    if not line.held:
        return
    held, line.held = line.held, []
    try:
        with _at_once(line.driver):
            for _, text, document in held:
                line.driver.cursor().execute(text, (document,))
    except line.dialect.loaded_dbapi.IntegrityError as error:
        raise IntegrityError(f"INSERT INTO {', '.join(name for name, _, _ in held)}", None, error) from error


def rows(session: Session, query: Executable, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What a statement with named parameters gives, as the driver says it: for numbers and texts. The statement is made once."""
    line = _line(session)
    known = line.known.pop(_asked(query, given), None) if line.known else None
    if known is not None:
        return known[1]
    settle(session)
    found: list[tuple[Any, ...]] = line.run(line.cursor, query, given).fetchall()
    return found


def numbers(session: Session, name: str, n: int) -> list[int]:
    """The ids of the next n rows of a table, which nobody else gets; on SQLite until the transaction ends."""
    line = _line(session)
    last = line.last.pop(name, None)  # good for the first question only: whoever asks for none may add rows in another way
    if not n:
        return []
    if line.is_sqlite:
        if last is None:
            found = line.cursor.execute(_LAST, (name,)).fetchone()
            last = found[0] if found else 0
        return list(range(last + 1, last + 1 + n))
    spare = line.spare.get(name, [])
    made, line.spare[name] = spare[:n], spare[n:]
    if len(made) < n:
        made += [row[0] for row in line.cursor.execute(_NUMBERS, (name, n - len(made))).fetchall()]
    return made


def add(session: Session, name: str, columns: Sequence[str], given: Sequence[Sequence[Any]]) -> None:
    """Adds a few hundred rows of Python values, each in the order of `columns`. Collision as of any statement."""
    if not given:
        return
    line = _line(session)
    line.known = {asked: kept for asked, kept in line.known.items() if name not in _tables_of(kept[0])}
    head, makers = _told(line.dialect, name, tuple(columns))
    made = [list(row) for row in given]
    for row in made:
        for place, make in makers:
            row[place] = make(row[place])
    try:
        if line.is_sqlite:
            _add_to_sqlite(line.cursor, head, len(columns), made)
            return
        text, document = _insert_of_document(line.dialect, name, tuple(columns)), dumps(made)
        if line.held is not None:
            line.held.append((name, text, document))
        else:
            line.cursor.execute(text, (document,))
    except line.dialect.loaded_dbapi.IntegrityError as error:
        raise IntegrityError(f"INSERT INTO {name}", None, error) from error


def one_of(column: ColumnElement[Any], name: str, is_sqlite: bool) -> ColumnElement[bool]:
    """As `bulk.among`, for a statement that is made once: the values come later, as `values` of them, under the name."""
    if is_sqlite:
        return column.in_(select(func.json_each(bindparam(name, type_=String())).table_valued("value").c.value))
    return column == func.any(bindparam(name, type_=ARRAY(column.type)))


def values(session: Session, given: Sequence[Any]) -> Any:
    """Values for `one_of`."""
    return dumps(list(given)) if is_sqlite(session) else list(given)


# ---------------------------------------------------------------- made once


def _asked(query: Executable, given: Mapping[str, Any]) -> Any:
    return query, tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in given.items())


@lru_cache(maxsize=64)
def _text_of(dialect: Dialect, query: Executable) -> tuple[str, tuple[str, ...]]:
    """As the driver takes it, and for one that counts its parameters their names in order."""
    compiled = query.compile(dialect=dialect)  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup or ())


@lru_cache(maxsize=64)
def _tables_of(query: Executable) -> frozenset[str]:
    return frozenset(str(part.name) for part in visitors.iterate(query) if isinstance(part, Table))  # type: ignore[arg-type]


@lru_cache(maxsize=32)
def _told(dialect: Dialect, name: str, columns: tuple[str, ...]) -> tuple[str, tuple[tuple[int, _Maker], ...]]:
    """The head of an insert, and for each place whose type asks for it, what makes a value as the driver wants it."""
    into, preparer = table(name), dialect.identifier_preparer
    makers = ((place, _maker(into.c[one].type, dialect)) for place, one in enumerate(columns))
    head = f"{preparer.quote(into.name)} ({', '.join(preparer.quote(into.c[one].name) for one in columns)})"
    return head, tuple((place, make) for place, make in makers if make)


def _maker(of: Any, dialect: Dialect) -> _Maker | None:
    """What makes a value of this type as it goes in."""
    if isinstance(of, Utc):
        return _times(dialect)
    if dialect.name != "sqlite" and isinstance(getattr(of, "impl_instance", of), JSON):
        bound = getattr(of, "process_bind_param", None)
        return dumps if bound is None else lambda value: dumps(bound(value, dialect))
    made: _Maker | None = of.dialect_impl(dialect).bind_processor(dialect)
    return made


@lru_cache(maxsize=8)
def _times(dialect: Dialect) -> _Maker:
    """Writes a time; for SQLite as SQLAlchemy does, in a quarter of the time. An answer and its visit have several, most of them alike."""
    of = Utc()

    @lru_cache(maxsize=_TIMES)
    def for_sqlite(value: datetime | None) -> str | None:
        if value is not None and value.tzinfo is UTC:
            return value.isoformat(" ", "microseconds")[:-6]  # without +00:00
        at = of.process_bind_param(value, dialect)
        return None if at is None else at.replace(tzinfo=None).isoformat(" ", "microseconds")

    @lru_cache(maxsize=_TIMES)
    def in_document(value: datetime | None) -> str | None:
        at = value if value is None or value.tzinfo is UTC else of.process_bind_param(value, dialect)
        return None if at is None else at.isoformat()

    return for_sqlite if dialect.name == "sqlite" else in_document


def _add_to_sqlite(cursor: Any, head: str, width: int, given: Sequence[Sequence[Any]]) -> None:
    """In eights, and what is left over: few statements for a group, and few different ones, for each is prepared the first time."""
    start = 0
    while start < len(given):
        left = len(given) - start
        n = min(_TOGETHER, left - left % _EIGHT or left)
        cursor.execute(_insert_of(head, width, n), [value for row in given[start : start + n] for value in row])
        start += n


@lru_cache(maxsize=64)
def _insert_of(head: str, width: int, n: int) -> str:
    row = f"({', '.join('?' * width)})"
    return f"INSERT INTO {head} VALUES {', '.join([row] * n)}"


@lru_cache(maxsize=32)
def _insert_of_document(dialect: Dialect, name: str, columns: tuple[str, ...]) -> str:
    """Of rows that come as one JSON list of lists."""
    into, (head, _) = table(name), _told(dialect, name, columns)
    parts = ", ".join(f"(row ->> {place})::{into.c[one].type.compile(dialect)}" for place, one in enumerate(columns))
    return f"INSERT INTO {head} SELECT {parts} FROM jsonb_array_elements(%s::jsonb) AS row"
