"""Keys, personal attributes and unusable cells that lie there in clear are sealed (migration 0009), or opened on the way back.

A value that identifies somebody by its own form is known here; attributes that are personal by their name are known to the registry
(cxdash.services.personal), which comes by later (`named`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Connection, String, cast, or_, select, text
from sqlmodel import Session, col

from cxdash.store import keyed, sealing, vault
from cxdash.store.collect_tables import Contact
from cxdash.store.sealing import Place
from cxdash.store.tables import Layer, Response
from cxdash.store.text import dumps

_KEYS = (("contact", "key"), ("response", "respondent"), ("visit", "key"))
_KNOWN = ("contact", "response", "layer")  # tables with attributes
_CELLS = Place("problem", texts=("value",), answers=("params",))
_MAYBE = re.compile(keyed.MAYBE)


def begin(connection: Connection) -> None:
    box = _box(connection)
    for table, column in _KEYS:
        _each(connection, table, column, box.key)
    for table in _KNOWN:
        _each(connection, table, "attributes", lambda one: dumps(box.attributes(json.loads(one))) if _MAYBE.search(one) else one)
    sealing.through(connection, _CELLS, sealing.sealed)


def undo(connection: Connection) -> None:
    """What is kept as a hash stays so: nothing leads back."""
    box = _box(connection)
    for table, column in _KEYS:
        _each(connection, table, column, box.open)
    for table in _KNOWN:
        _each(connection, table, "attributes", lambda one: dumps(box.opened(json.loads(one))) if keyed.IN_JSON in one else one)
    sealing.through(connection, _CELLS, sealing.opened)


def named(session: Session, *, program_id: int, personal: keyed.Personal, after: int, most: int) -> tuple[int, list[int]]:
    """Responses beyond the id `after` whose attributes are personal by name and lie there in clear: (last id looked at or 0 at the end,
    ids that change). `seal_named` changes them."""
    query = select(Response.id, Response.attributes).where(col(Response.program_id) == program_id, col(Response.id) > after)
    query = query.where(or_(*(_in_clear(key) for key, _ in personal)))
    rows = session.execute(query.order_by(col(Response.id)).limit(most)).all()
    box = keyed.box(session)
    return (rows[-1][0] if rows else 0), [key for key, given in rows if box.attributes(given, personal) != given]


def seal_named(session: Session, *, ids: Sequence[int], personal: keyed.Personal, ver: int) -> None:
    """Seals them, in their layers too. ver: from `programs.tick` in the same transaction."""
    box = keyed.box(session)
    for row in session.scalars(select(Response).where(col(Response.id).in_(ids))):
        row.attributes, row.ver = box.attributes(row.attributes, personal), ver
    for layer in session.scalars(select(Layer).where(col(Layer.response_id).in_(ids))):
        layer.attributes = box.attributes(layer.attributes, personal)
    session.flush()


def seal_contacts(session: Session, *, program_id: int, personal: keyed.Personal) -> int:
    """Attributes of customers that are personal by name; of how many."""
    box, n = keyed.box(session), 0
    for one in session.scalars(select(Contact).where(col(Contact.program_id) == program_id)):
        made = box.attributes(one.attributes, personal)
        if made != one.attributes:
            one.attributes, n = made, n + 1
    session.flush()
    return n


def _in_clear(key: str) -> ColumnElement[bool]:
    """PostgreSQL writes a space behind the colon when it puts two documents together."""
    document = cast(col(Response.attributes), String)
    there, kept = ([f"{dumps(key)}:{space}{mark}" for space in ("", " ")] for mark in ('"', keyed.IN_JSON))
    has, sealed = (or_(*(document.contains(one, autoescape=True) for one in ways)) for ways in (there, kept))
    return has & ~sealed


def _box(connection: Connection) -> keyed.Box:
    return keyed.Box(bytes.fromhex(vault.unseal(connection.execute(text("SELECT sealed FROM keyring WHERE name = 'index'")).scalar_one())))


def _each(connection: Connection, table: str, column: str, change: Callable[[str], str]) -> None:
    after = 0
    while rows := sealing.some(connection, table, (column,), after, 20 * sealing.BATCH, lock=False):
        new = [{"id": row["id"], column: made} for row in rows if row[column] and (made := change(row[column])) != row[column]]
        sealing.write(connection, table, new)
        after = rows[-1]["id"]
