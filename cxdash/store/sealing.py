"""Everything that is stored sealed, a batch at a time: sealed for the first time, sealed anew under another key, or opened again.

A batch is read, changed and written in one transaction. Whatever is under the newest key already is left alone, so going through
everything a second time after a crash costs reading only.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlmodel import Session

from cxdash.store import vault
from cxdash.store.tables import now
from cxdash.store.text import dumps

BATCH = 1000
DOCUMENTS = ("answers", "attributes", "params")


@dataclass(frozen=True)
class Place:
    """Columns of a table that are sealed. texts: whole; documents: one sealed text instead of an object; answers: the texts in them."""

    table: str
    texts: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.texts, *self.documents, *self.answers)


PLACES = (
    Place("contact", texts=("name", "email")),
    Place("mail", texts=("to", "subject", "body")),
    Place("visit", documents=("answers",)),
    Place("response", answers=("answers",)),
    Place("layer", answers=("answers",)),
    Place("problem", texts=("value",), answers=("params",)),
    Place("account", texts=("totp_secret",)),
)


def begin(connection: Connection) -> None:
    """Migration 0006: the index key, and everything sealed that is there in clear."""
    index = secrets.token_bytes(32)
    connection.execute(
        text("INSERT INTO keyring (name, sealed, created_at) VALUES ('index', :sealed, :at)").bindparams(
            bindparam("at", now(), type_=_when())
        ),
        {"sealed": vault.seal(index.hex())},
    )
    for row in rows_of(connection, "contact", ("name", "email")):
        hashes = {f"{kind}_hash": vault.hashed(index, kind, row[kind] or "") for kind in ("name", "email")}
        write(connection, "contact", [{"id": row["id"], **hashes}])
    _pseudonymise(connection, "contact", "key", index, ("program_id",))
    _pseudonymise(connection, "response", "respondent", index, ("program_id", "wave_id"))
    for place in PLACES:
        through(connection, place, sealed)


def undo(connection: Connection) -> None:
    """Opens everything that is sealed. What is kept as a hash stays so: nothing leads back."""
    for place in PLACES:
        through(connection, place, opened)


def reseal(session: Session, place: Place, *, after: int, most: int = BATCH) -> tuple[int, int, int]:
    """Seals the next rows beyond the id `after` under the newest key: (last id looked at or 0 at the end, rows, rows sealed anew)."""
    connection = session.connection()
    rows = some(connection, place.table, place.columns, after, most, lock=True)
    changed = [changed for row in rows if (changed := _changed(place, row, _renewed))]
    write(connection, place.table, changed)
    return (rows[-1]["id"] if rows else 0), len(rows), len(changed)


def reseal_keyring(session: Session) -> bool:
    """The index key itself, under the newest key; whether it was not before."""
    connection = session.connection()
    sealed = connection.execute(text("SELECT sealed FROM keyring WHERE name = 'index'")).scalar_one()
    if vault.is_current(sealed):
        return False
    connection.execute(text("UPDATE keyring SET sealed = :sealed WHERE name = 'index'"), {"sealed": vault.seal(vault.unseal(sealed))})
    return True


Change = Callable[[str], str]


def sealed(stored: str) -> str:
    return stored if stored.startswith(vault.MARK) and _is_ours(stored) else vault.seal(stored)


def _is_ours(stored: str) -> bool:
    """A text of a person that only looks sealed is sealed all the same."""
    try:
        vault.unseal(stored)
    except Exception:
        return False
    return True


def _renewed(stored: str) -> str:
    return stored if vault.is_current(stored) else vault.seal(vault.unseal(stored))


def opened(stored: str) -> str:
    return vault.unseal(stored)


def through(connection: Connection, place: Place, change: Change) -> None:
    after = 0
    while rows := some(connection, place.table, place.columns, after, BATCH, lock=False):
        write(connection, place.table, [changed for row in rows if (changed := _changed(place, row, change))])
        after = rows[-1]["id"]


def _changed(place: Place, row: dict[str, Any], change: Change) -> dict[str, Any] | None:
    """The row's new values; None when nothing changes."""
    new: dict[str, Any] = {name: change(row[name]) for name in place.texts if row[name]}
    for name in place.documents:
        document = json.loads(row[name])
        if document:
            told = change(document if isinstance(document, str) else dumps(document))
            new[name] = dumps(told) if told.startswith(vault.MARK) else told
    for name in place.answers:
        document = json.loads(row[name])
        if any(isinstance(value, str) for value in document.values()):
            new[name] = dumps({key: change(value) if isinstance(value, str) else value for key, value in document.items()})
    changed = {name: value for name, value in new.items() if value != row[name]}
    return {"id": row["id"], **{name: new[name] for name in new}} if changed else None


def _pseudonymise(connection: Connection, table: str, column: str, index: bytes, within: Sequence[str]) -> None:
    """Keys that name a person become hashes; two spellings of one address that met two rows stay two."""
    taken: set[tuple[Any, ...]] = set()
    new = []
    for row in rows_of(connection, table, (column, *within)):
        key = row[column]
        if key and vault.identifies(key):
            where = tuple(row[name] for name in within)
            made = vault.pseudonym(index, key)
            if (made, *where) in taken:
                made = vault.HASHED + vault.hashed(index, "key", f"{row['id']} {key}")
            taken.add((made, *where))
            new.append({"id": row["id"], column: made})
    write(connection, table, new)


def rows_of(connection: Connection, table: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    after = 0
    while rows := some(connection, table, columns, after, 20 * BATCH, lock=False):
        yield from rows
        after = rows[-1]["id"]


def some(connection: Connection, table: str, columns: Sequence[str], after: int, most: int, *, lock: bool) -> list[dict[str, Any]]:
    """Rows as the database has them, documents as texts."""
    postgres = connection.dialect.name == "postgresql"
    named = ", ".join(f'"{name}"::text AS "{name}"' if postgres and name in DOCUMENTS else f'"{name}"' for name in columns)
    held = " FOR UPDATE" if postgres and lock else ""
    query = text(f'SELECT id, {named} FROM "{table}" WHERE id > :after ORDER BY id LIMIT :most{held}')
    return [dict(row) for row in connection.execute(query, {"after": after, "most": most}).mappings()]


def write(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    for names in {tuple(sorted(row.keys() - {"id"})) for row in rows}:
        some = [row for row in rows if tuple(sorted(row.keys() - {"id"})) == names]
        postgres = connection.dialect.name == "postgresql"
        given = {name: f"CAST(:{name} AS json)" if postgres and name in DOCUMENTS else f":{name}" for name in names}
        values = ", ".join(f'"{name}" = {value}' for name, value in given.items())
        connection.execute(text(f'UPDATE "{table}" SET {values} WHERE id = :id'), some)


def _when() -> Any:
    from cxdash.store.tables import Utc

    return Utc()
