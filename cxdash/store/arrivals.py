"""Responses that arrive a group at a time: a few statements for all of them, and the ids they got.

What an import does with a data frame (cxdash.store.responses) costs a hundred answers of ten questions more than storing them. Here rows
go in as they are; whoever the wave knows already goes the way of imports, so that the same rule of layers holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import polars as pl
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

from cxdash.errors import NotFound
from cxdash.store import bulk, direct, keyed, responses, vault
from cxdash.store.text import clean_key, dumps, listed
from cxdash.store.waves import list_waves

_COLUMNS = ("id", "program_id", "wave_id", "source", "ver", "respondent", "at", "attributes", "answers")
_FRAME = {"row": pl.Int64, "respondent": pl.String, "at": bulk.WHEN, "weight": pl.Float64, "attributes": pl.String, "answers": pl.String}


class Row(NamedTuple):
    """One response: respondent, time, coded documents."""

    respondent: str
    at: datetime
    attributes: Mapping[str, str]
    answers: Mapping[str, Any]


def put(
    session: Session, *, program_id: int, wave_id: int, source: str, ver: int, codes: Sequence[str], rows: Sequence[Row],
    personal: keyed.Personal = (),
) -> list[int]:  # fmt: skip
    """Stores the rows; the id of each in its place. ver: from `programs.tick` in the same transaction, which lets nobody else store
    responses of the programme meanwhile. codes: what the rows speak for (cxdash.store.layers). personal: attributes that are sealed.
    NotFound for a wave of another programme.
    """
    _check(session, program_id, wave_id)
    box = keyed.box(session)
    keys = [box.key(clean_key(row.respondent) or "") for row in rows]
    known = _known(session, program_id, wave_id, keys)
    often = Counter(keys)
    fresh = [place for place, key in enumerate(keys) if key not in known and often[key] == 1]
    ids = dict(zip(fresh, direct.numbers(session, "response", len(fresh)), strict=True))
    fixed = (program_id, wave_id, source, ver)
    known_as = {place: box.attributes(rows[place].attributes, personal) for place in fresh}
    new = [(ids[place], *fixed, keys[place], rows[place].at, known_as[place], _sealed(rows[place].answers)) for place in fresh]
    direct.add(session, "response", _COLUMNS, new)
    again = [place for place in range(len(rows)) if place not in ids]
    if again:
        direct.settle(session)
        _again(session, fixed, codes, [rows[place] for place in again], personal)
        known |= _known(session, program_id, wave_id, [keys[place] for place in again])
    return [ids[place] if place in ids else known[keys[place]] for place in range(len(rows))]


def _again(session: Session, fixed: tuple[int, int, str, int], codes: Sequence[str], rows: Sequence[Row], personal: keyed.Personal) -> None:
    """Those of whom the wave, or this group, has heard before."""
    program_id, wave_id, source, ver = fixed
    said = [(None, row.respondent, row.at, None, dumps(dict(row.attributes)), dumps(dict(row.answers))) for row in rows]
    frame = pl.DataFrame(said, schema=_FRAME, orient="row")
    responses.insert(
        session, program_id=program_id, wave_id=wave_id, import_id=None, source=source, ver=ver, frame=frame, codes=codes, personal=personal
    )  # fmt: skip


def _sealed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Free texts are a person's."""
    return {code: vault.seal(value) if isinstance(value, str) else value for code, value in answers.items()}


def asked(session: Session, *, program_id: int, wave_id: int, respondents: Sequence[str]) -> list[direct.Asked]:
    """What `put` asks for such rows, as far as it can be told before: keys of ours are kept as they are."""
    return [_checked(program_id, wave_id), keyed.asked(), _asked(session, program_id, wave_id, respondents)]


def _checked(program_id: int, wave_id: int) -> direct.Asked:
    return _of_program(), {"wave": wave_id, "program": program_id}


def _check(session: Session, program_id: int, wave_id: int) -> None:
    if not direct.rows(session, *_checked(program_id, wave_id)):
        raise NotFound("store.wave.unknown", name=str(wave_id), known=listed(w.code for w in list_waves(session, program_id=program_id)))


def _known(session: Session, program_id: int, wave_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Respondent -> response, of those that the wave has."""
    found = direct.rows(session, *_asked(session, program_id, wave_id, keys))
    return {key: number for number, key in found if number is not None}


def _asked(session: Session, program_id: int, wave_id: int, keys: Sequence[str]) -> direct.Asked:
    return _by_key(bulk.is_sqlite(session)), {"program": program_id, "wave": wave_id, "keys": direct.values(session, keys)}


# Statements are made once: putting one together costs more than running it.


@lru_cache
def _of_program() -> Select[Any]:
    waves = bulk.table("wave")
    return select(waves.c.id).where(waves.c.id == bindparam("wave"), waves.c.program_id == bindparam("program"))


@lru_cache
def _by_key(is_sqlite: bool) -> Select[Any]:
    """(id or nothing, key). Each key is looked up by itself: PostgreSQL believes that a wave which has begun to fill has one response, and
    would look at all of them for every group."""
    of = bulk.table("response")
    here = (of.c.program_id == bindparam("program"), of.c.wave_id == bindparam("wave"))
    if is_sqlite:
        return select(of.c.id, of.c.respondent).where(*here, direct.one_of(of.c.respondent, "keys", is_sqlite))
    key = func.unnest(bindparam("keys", type_=ARRAY(of.c.respondent.type))).column_valued("key")
    return select(select(of.c.id).where(*here, of.c.respondent == key).scalar_subquery(), key)
