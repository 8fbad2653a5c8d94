"""Under which keys the database is sealed: what the keys at hand open, what only a former one does, and what none of them can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlmodel import Session

from cxdash.errors import ConfigError
from cxdash.store import keyed, vault
from cxdash.store.sealing import PLACES


@dataclass(frozen=True)
class SealedBy:
    """opens: whether the key of keys and hashes opens; without it nothing goes. lost: rows with a text that no listed key opens.
    former: rows that a key opens which is not the first one."""

    opens: bool
    lost: int
    former: int


def look(session: Session) -> SealedBy:
    """Reads every sealed column once; opens nothing but the database's own key."""
    try:
        keyed.box(session)
    except ConfigError:
        return SealedBy(False, 0, 0)
    connection, names = session.connection(), vault.names()
    lost = _beyond(connection, names)
    return SealedBy(True, lost, _beyond(connection, names[:1]) - lost)


def _beyond(connection: Connection, names: Sequence[str]) -> int:
    """Rows with a text under a key that is none of these."""
    given = {f"n{at}": f"{vault.MARK}{name}:" for at, name in enumerate(names)}
    total = 0
    for place in PLACES:
        tests = [_left(name, given) + (" LIKE :whole" if name in place.texts else " LIKE :inside") for name in place.columns]
        values = given | {"whole": f"{vault.MARK}%", "inside": f"%{vault.TEXT_IN_JSON}%"}
        query = f'SELECT count(*) FROM "{place.table}" WHERE {" OR ".join(tests)}'  # noqa: S608  # names of ours
        used = {name: value for name, value in values.items() if f":{name}" in query}
        total += int(connection.execute(text(query), used).scalar_one())
    return total


def _left(column: str, given: Mapping[str, str]) -> str:
    """The column's text without the beginnings of what these keys sealed."""
    told = f'CAST("{column}" AS TEXT)'
    for name in given:
        told = f"replace({told}, :{name}, '')"
    return told
