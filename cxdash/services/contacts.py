"""Customer lists: looked at in the sandbox, checked row by row, stored whole or not at all; and the customers as they are known.

What leaves this module of a person is masked, except the key, which is the company's own number.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlmodel import Session

from cxdash.errors import Conflict, FileMapping
from cxdash.ingest import sandbox
from cxdash.ingest.people import ATTRIBUTE, EMAIL, KEY, LANGUAGE, LEFT_OUT, NAME, ROLES
from cxdash.masking import HIDDEN
from cxdash.services import audit
from cxdash.services.access import catalog_of, program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.imports import limits
from cxdash.services.mailtext import MOST_NAME, is_email, masked_email, masked_name, plain
from cxdash.services.personal import named_as, registry
from cxdash.services.questionnaire import ensure_attributes
from cxdash.store import audience, keyed, outbox, programs, questions
from cxdash.store import contacts as store
from cxdash.store.collect_tables import Contact
from cxdash.store.database import reading, writing
from cxdash.store.text import CODE_MAX
from cxdash.terms import Measure

MOST_VALUE = 200  # characters of a key or an attribute
MOST_SHOWN = 50
DAYS = (0, 365)  # what cap and interval may be
_LANGUAGES = {
    **dict.fromkeys(("ko", "kor", "korean", "kr", "ko-kr", "한국어", "한글", "국문", "국어"), "ko"),
    **dict.fromkeys(("en", "eng", "english", "en-us", "en-gb", "영어", "영문"), "en"),
}


@dataclass(frozen=True)
class Column:
    """A column of the file. role: key, name, email, language, attribute, left_out."""

    index: int
    letter: str
    header: str
    role: str


@dataclass(frozen=True)
class CustomerList:
    """A list as it was read. frame: `row` (its number in the file) and a text per column, named by index."""

    name: str
    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    frame: pl.DataFrame = field(repr=False, compare=False)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell; the row is not stored. column: letter and header; nothing of the cell is repeated."""

    row: int
    column: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Preview:
    """What storing would do. first: the first rows, masked, as (key, name, e-mail, language, attributes). no_email: rows without one."""

    new: int
    known: int
    no_email: int
    problems: tuple[Problem, ...]
    first: tuple[tuple[str, str, str, str, Mapping[str, str]], ...]

    @property
    def usable(self) -> int:
        return self.new + self.known


@dataclass(frozen=True)
class Person:
    """A contact, masked."""

    id: int
    key: str
    name: str
    email: str
    language: str
    attributes: Mapping[str, str]
    unsubscribed_at: datetime | None
    last_contacted_at: datetime | None


@dataclass(frozen=True)
class People:
    """all, email, unsubscribed: contacts of the programme. shown: the newest, or those found. cap_days, remind_days: settings."""

    all: int
    email: int
    unsubscribed: int
    shown: tuple[Person, ...]
    cap_days: int
    remind_days: int


def look(deps: Deps, actor: Actor, path: Path, *, name: str) -> CustomerList:
    """Reads a list (xlsx, xls, ods, csv …) in the sandbox. FileError subclasses say why it cannot be read, or that it has no header."""
    require(actor, Permission.MANAGE_PROGRAM)
    with tempfile.TemporaryDirectory(prefix="cxdash-people-") as folder:
        out = Path(folder) / "rows.parquet"
        found = sandbox.run("people", {"path": str(path), "name": name, "out": str(out)}, limits=limits(deps))
        frame = pl.read_parquet(out)
    return CustomerList(name, found["sheet"], found["header_row"], tuple(Column(**head) for head in found["heads"]), frame)


def with_roles(given: CustomerList, roles: Mapping[int, str]) -> CustomerList:
    """The list with other roles: index of a column -> role. FileMapping when a role other than attribute is given twice."""
    columns = tuple(Column(c.index, c.letter, c.header, roles.get(c.index, c.role)) for c in given.columns)
    for role in ROLES:
        if sum(c.role == role for c in columns) > 1:
            raise FileMapping("mail.upload.twice")
    return CustomerList(given.name, given.sheet, given.header_row, columns, given.frame)


def preview(deps: Deps, actor: Actor, *, program: str, given: CustomerList) -> Preview:
    """What storing the list would do, and every row that cannot be stored with its reason. Stores nothing."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        rows, problems = _checked(session, owner.id or 0, given)
        known = len(store.by_keys(session, program_id=owner.id or 0, keys=[row["key"] for row in rows]))
    first = tuple((r["key"], masked_name(r["name"]), masked_email(r["email"]), r["language"] or "", r["attributes"]) for r in rows[:10])
    return Preview(len(rows) - known, known, sum(not row["email"] for row in rows), tuple(problems), first)


def save(deps: Deps, actor: Actor, *, program: str, given: CustomerList) -> int:
    """Stores every usable row in one transaction; the same key updates, and who unsubscribed stays so. Returns how many rows.

    FileMapping when no row is usable, Conflict for the demo programme.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    known = registry(catalog_of(deps, actor, program, whole=True))
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        rows, _ = _checked(session, owner.id or 0, given)
    if owner.demo:
        raise Conflict("service.import.demo")
    if not rows:
        raise FileMapping("mail.upload.nothing")
    with writing(deps.engine) as session:
        keys = dict.fromkeys(key for row in rows for key in row["attributes"])
        if keys:
            programs.tick(session, program_id=owner.id or 0)  # attributes may become new; others make them one after the other
            ensure_attributes(session, program_id=owner.id or 0, keys=keys)
        told = (*known, *named_as({key: (key,) for key in keys}))  # new ones are called by their code
        audit.record(session, actor, "contact.upload", f"program:{owner.id}", after={"rows": len(rows)})
        return len(store.save_contacts(session, program_id=owner.id or 0, rows=rows, personal=told))


def people(deps: Deps, actor: Actor, *, program: str, search: str = "", most: int = MOST_SHOWN) -> People:
    """How many customers there are, and the newest of them (or whom a key, name or address means), masked."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        found = audience.page(session, program_id=owner.id or 0, search=search.strip(), most=most)
        settings = outbox.settings_of(session, program_id=owner.id or 0)
        counted = audience.counts(session, program_id=owner.id or 0)
        shown = _persons(session, found)
    return People(**counted, shown=shown, cap_days=settings.cap_days, remind_days=settings.remind_days)


def erase(deps: Deps, actor: Actor, *, program: str, contact_id: int) -> None:
    """Deletes a customer with invitations and mails. What they answered stays, under their key."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        store.get_contact(session, program_id=owner.id or 0, contact_id=contact_id)
        store.delete_contacts(session, program_id=owner.id or 0, ids=[contact_id])
        audit.record(session, actor, "contact.erase", f"contact:{contact_id}", before={"program": owner.slug})


def unsubscribe(deps: Deps, actor: Actor, *, program: str, contact_id: int) -> None:
    """For somebody who asked by telephone: no more mails. Only they themselves could say otherwise, so there is no way back here."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        found = store.get_contact(session, program_id=owner.id or 0, contact_id=contact_id)
        store.unsubscribe(session, contact_id=found.id or 0)
        audit.record(session, actor, "contact.unsubscribe", f"contact:{contact_id}")


def save_days(deps: Deps, actor: Actor, *, program: str, cap_days: int, remind_days: int) -> None:
    """Days in which a customer is invited once at most (0: no cap), and days between a mail and the reminder after it (1 or more)."""
    require(actor, Permission.MANAGE_PROGRAM)
    if not DAYS[0] <= cap_days <= DAYS[1] or not 1 <= remind_days <= DAYS[1]:
        raise Conflict("mail.days", most=DAYS[1])
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        outbox.save_settings(session, program_id=owner.id or 0, cap_days=cap_days, remind_days=remind_days)
        audit.record(session, actor, "mailing.days", f"program:{owner.id}", after={"cap": cap_days, "remind": remind_days})


# ---------------------------------------------------------------- inside


def _persons(session: Session, rows: Sequence[Contact]) -> tuple[Person, ...]:
    """What is sealed of their attributes is not opened for a list."""
    keys = keyed.told(session, [row.key for row in rows])
    return tuple(
        Person(row.id or 0, keys[row.key], masked_name(row.name), masked_email(row.email), row.language or "",
               {key: HIDDEN if keyed.looks_sealed(value) else value for key, value in row.attributes.items()},
               row.unsubscribed_at, row.last_contacted_at)
        for row in rows
    )  # fmt: skip


def _checked(session: Session, program_id: int, given: CustomerList) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Usable rows as the store takes them, and the problems of the others. A row is usable as a whole or not at all."""
    if not any(column.role == KEY for column in given.columns):
        raise FileMapping("mail.upload.no_key", fix="error.file.fix.customer_list")
    codes, problems = _codes(session, program_id, given)
    rows: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    used = [column for column in given.columns if column.role != LEFT_OUT and (column.role != ATTRIBUTE or column.index in codes)]
    for number, *cells in given.frame.select("row", *(str(column.index) for column in used)).iter_rows():
        values = [plain(cell) if cell else "" for cell in cells]
        faults = list(_faults(number, used, values, cells))
        key = values[next(at for at, column in enumerate(used) if column.role == KEY)]
        if key in seen and not faults:
            column = next(column for column in used if column.role == KEY)
            faults = [Problem(number, _place(column), "mail.problem.twice", {"row": seen[key]})]
        if faults:
            problems.extend(faults)
            continue
        seen[key] = number
        rows.append(_row(used, values, codes))
    return rows, problems


def _codes(session: Session, program_id: int, given: CustomerList) -> tuple[dict[int, str], list[Problem]]:
    """Column -> attribute it fills: one the programme knows by this name, else a new one. A column named like a question is left out."""
    known = questions.list_questions(session, program_id=program_id)
    attributes = [q for q in known if q.measure == str(Measure.ATTRIBUTE)]
    by_name = {name.casefold(): q.code for q in reversed(attributes) for name in (*q.headers, *q.wording.values(), q.code)}
    taken = {q.code.casefold() for q in known} - {q.code.casefold() for q in attributes}
    codes: dict[int, str] = {}
    problems = []
    for column in given.columns:
        if column.role != ATTRIBUTE:
            continue
        code = by_name.get(column.header.casefold(), plain(column.header)[:CODE_MAX])
        if code.casefold() in taken or code in codes.values():
            problems.append(Problem(given.header_row, _place(column), "mail.problem.taken"))
        else:
            codes[column.index] = code
    return codes, problems


def _faults(row: int, columns: Sequence[Column], values: Sequence[str], cells: Sequence[str | None]) -> Iterator[Problem]:
    for column, value, cell in zip(columns, values, cells, strict=True):
        place = _place(column)
        if column.role == KEY and not value:
            yield Problem(row, place, "mail.problem.no_key")
        elif column.role == EMAIL and value and not is_email((cell or "").strip()):
            yield Problem(row, place, "mail.problem.email")
        elif column.role == LANGUAGE and value and value.casefold() not in _LANGUAGES:
            yield Problem(row, place, "mail.problem.language")
        elif len(value) > (MOST_NAME if column.role == NAME else MOST_VALUE) and column.role != EMAIL:
            yield Problem(row, place, "mail.problem.long", {"most": MOST_NAME if column.role == NAME else MOST_VALUE})


def _row(columns: Sequence[Column], values: Sequence[str], codes: Mapping[int, str]) -> dict[str, Any]:
    by_role = {column.role: value for column, value in zip(columns, values, strict=True)}
    filled = zip(columns, values, strict=True)
    return {
        "key": by_role[KEY],
        "name": by_role.get(NAME, ""),
        "email": by_role.get(EMAIL, ""),
        "language": _LANGUAGES.get(by_role.get(LANGUAGE, "").casefold()),
        "attributes": {codes[column.index]: value for column, value in filled if column.role == ATTRIBUTE and value},
    }


def _place(column: Column) -> str:
    return f"{column.letter} ({column.header})"
