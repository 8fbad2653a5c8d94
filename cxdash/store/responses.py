"""Responses: bulk in, bulk out, undo, erase. Nothing here makes an object per response of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import delete, exists, func, literal, select, tuple_
from sqlalchemy import insert as insert_rows
from sqlmodel import Session, col

from cxdash.errors import Cancelled, NotFound
from cxdash.store import bulk, keyed, layers, vault
from cxdash.store.tables import Import, Layer, Problem, Response, Tombstone, Wave
from cxdash.store.text import clean, listed
from cxdash.store.waves import list_waves

_PULLED = ("id", "wave_id", "import_id", "respondent", "at", "source", "weight", "attributes", "answers", "ver")
_DOCUMENTS = ("id", "wave_id", "import_id", "row", "respondent", "at", "source", "weight", "attributes", "answers", "ver")
_A_TEXT = r'":\s*"[^"]'  # a document with a text in it
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class Stored:
    """inserted + updated = rows given. `repeated`: of the updated, rows whose respondent came again later in the same frame."""

    inserted: int
    updated: int
    repeated: int = 0


@dataclass(frozen=True)
class Undone:
    """deleted: responses gone. restored: responses that stay because another import spoke about them too."""

    deleted: int
    restored: int


def insert(
    session: Session,
    *,
    program_id: int,
    wave_id: int,
    import_id: int | None,
    source: str,
    ver: int,
    frame: pl.DataFrame,
    codes: Sequence[str] = (),
    personal: keyed.Personal = (),
    on_progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Stored:
    """Stores coded rows. Call once per import, in one transaction with `programs.tick`, which gave `ver`.

    frame: columns row, respondent, at (Datetime UTC), weight, attributes, answers (JSON object texts) as in plan.Coded.responses.
    A row whose respondent this wave knows already updates that response by the rule of cxdash.store.layers: `codes` (question
    codes and attribute keys this mapping governs) are replaced, other keys stay. A respondent twice in the frame counts once:
    the last row's documents, the last time and weight given. personal: attributes whose values are sealed.
    on_progress(done, total) is called per slice; Cancelled when should_stop() says so (the transaction must then roll back).
    """
    codes = sorted({clean(code) for code in codes})
    _claim(session, program_id, wave_id, import_id, codes)
    rows = _prepared(session, frame, personal)
    once = _once_per_respondent(rows)
    inserted = done = 0
    for part in once.iter_slices(bulk.SLICE):
        if should_stop is not None and should_stop():
            raise Cancelled()
        known = _known(session, program_id, wave_id, part["respondent"].drop_nulls().to_list())
        matched = part.join(known, on="respondent", how="left", maintain_order="left")
        new = matched.filter(pl.col("id").is_null()).drop("id")
        fixed = {"program_id": program_id, "wave_id": wave_id, "import_id": import_id, "source": source, "ver": ver}
        same = [pl.lit(v, dtype=pl.String if k == "source" else pl.Int64).alias(k) for k, v in fixed.items()]
        bulk.insert(session, "response", new.with_columns(same))
        old = matched.filter(pl.col("id").is_not_null())
        if not old.is_empty():
            layers.add(session, old.drop("respondent"), import_id=import_id, source=source, ver=ver, codes=codes)
        inserted += new.height
        done += part.height
        if on_progress is not None:
            on_progress(done, once.height)
    return Stored(inserted, rows.height - inserted, rows.height - once.height)


def undo(session: Session, *, import_id: int, ver: int) -> Undone:
    """Takes everything back that an import said. Imports can be undone in any order (cxdash.store.layers has the rule).

    `ver` from `programs.tick` in the same transaction; deleted responses leave tombstones. `imports.mark_undone` marks the import.
    """
    alone = (col(Response.import_id) == import_id) & ~exists().where(col(Layer.response_id) == col(Response.id))
    session.execute(
        insert_rows(Tombstone).from_select(
            ["response_id", "program_id", "ver"], select(col(Response.id), col(Response.program_id), literal(ver)).where(alone)
        )
    )
    deleted = session.execute(delete(Response).where(alone), execution_options=_QUIET).rowcount  # type: ignore[attr-defined]
    return Undone(int(deleted), layers.remove(session, import_id=import_id, ver=ver))


def erase(session: Session, *, ids: Sequence[int], ver: int, program_id: int | None = None) -> int:
    """Deletes responses for good, with every layer and every problem cell of their rows; leaves tombstones. Returns how many.

    With `program_id` only responses of that programme.
    """
    ids = list(session.scalars(select(Response.id).where(bulk.among(session, col(Response.id), list(ids)), _of(program_id))))
    these = bulk.among(session, col(Response.id), ids)
    said = (
        select(col(Response.import_id), col(Response.row))
        .where(these)
        .union(select(col(Layer.import_id), col(Layer.row)).where(bulk.among(session, col(Layer.response_id), ids)))
    )
    session.execute(delete(Problem).where(tuple_(col(Problem.import_id), col(Problem.row)).in_(said)), execution_options=_QUIET)
    session.execute(
        insert_rows(Tombstone).from_select(
            ["response_id", "program_id", "ver"], select(col(Response.id), col(Response.program_id), literal(ver)).where(these)
        )
    )
    session.execute(delete(Response).where(these), execution_options=_QUIET)
    return len(ids)


def pull(session: Session, *, program_id: int, since: int = 0, batch: int = 200_000) -> Iterator[pl.DataFrame]:
    """Responses that changed after version `since`, in frames of at most `batch` rows, ordered by (ver, id).

    Columns id, wave_id, import_id (Int64), respondent (as kept), at (Datetime us UTC), source, weight, attributes, answers (JSON texts as
    stored), ver. Read to its end within the session. With `clock` and `erased` in one `reading` session it is one moment of the data.
    """
    query = select(*(bulk.table("response").c[name] for name in _PULLED))
    query = query.where(col(Response.program_id) == program_id, col(Response.ver) > since).order_by(col(Response.ver), col(Response.id))
    return bulk.stream(session, query, batch=batch)


def erased(session: Session, *, program_id: int, since: int = 0) -> list[int]:
    """Ids of responses deleted after version `since`. Ids are never given out again."""
    query = select(Tombstone.response_id).where(col(Tombstone.program_id) == program_id, col(Tombstone.ver) > since)
    return list(session.scalars(query.order_by(Tombstone.response_id)))


def documents(session: Session, *, ids: Sequence[int], program_id: int | None = None) -> pl.DataFrame:
    """The whole responses of a page, opened, in the order of `ids`; ids that do not exist (in the programme) are left out.

    Columns id, wave_id, import_id, row, respondent, at, source, weight, attributes, answers (JSON texts), ver.
    """
    query = select(*(bulk.table("response").c[name] for name in _DOCUMENTS)).where(
        bulk.among(session, col(Response.id), list(ids)), _of(program_id)
    )
    order = pl.DataFrame({"id": list(ids)}, schema={"id": pl.Int64}).unique(maintain_order=True)
    found = bulk.fetch(session, query)
    if found["answers"].str.contains(vault.TEXT_IN_JSON, literal=True).any():
        opened = [vault.unseal_texts(one) if vault.TEXT_IN_JSON in one else one for one in found["answers"]]
        found = found.with_columns(pl.Series("answers", opened, dtype=pl.String))
    keys = keyed.told(session, found["respondent"].to_list())
    told = pl.Series("respondent", [key and keys[key] for key in found["respondent"]], dtype=pl.String)
    found = found.with_columns(told, keyed.opened_documents(session, found["attributes"]))
    return order.join(found, on="id", how="inner", maintain_order="left")


def count(session: Session, *, program_id: int, wave_id: int | None = None, import_id: int | None = None) -> int:
    """Responses of the programme; of a wave; whose latest values came from an import."""
    query = select(func.count()).select_from(Response).where(col(Response.program_id) == program_id)
    query = query if wave_id is None else query.where(col(Response.wave_id) == wave_id)
    return int(session.scalar(query if import_id is None else query.where(col(Response.import_id) == import_id)) or 0)


def ids(session: Session, *, program_id: int, wave_id: int, respondents: Sequence[str]) -> dict[str, int]:
    """Respondent -> response of the wave, for those that exist."""
    kept = keyed.kept_keys(session, respondents)
    found = _known(session, program_id, wave_id, list(kept.values()))
    of = dict(zip(found["respondent"].to_list(), found["id"].to_list(), strict=True))
    return {given: of[key] for given, key in kept.items() if key in of}


def _claim(session: Session, program_id: int, wave_id: int, import_id: int | None, codes: Sequence[str]) -> None:
    """Wave and import must be the programme's; the import remembers what it governs."""
    wave = session.get(Wave, wave_id)
    if wave is None or wave.program_id != program_id:
        raise NotFound("store.wave.unknown", name=str(wave_id), known=listed(w.code for w in list_waves(session, program_id=program_id)))
    if import_id is None:
        return
    found = session.get(Import, import_id)
    if found is None or (found.program_id, found.wave_id) != (program_id, wave_id):
        raise NotFound("store.import.unknown", name=str(import_id))
    found.codes = sorted({*found.codes, *codes})
    session.flush()


def _of(program_id: int | None) -> object:
    """Beside ids. The sum with 0 keeps SQLite from walking through all responses of the programme by its index."""
    return literal(True) if program_id is None else col(Response.program_id) + 0 == program_id


def _prepared(session: Session, frame: pl.DataFrame, personal: keyed.Personal) -> pl.DataFrame:
    """As it is stored: keys, personal attributes and free texts sealed."""
    rows = frame.select(
        pl.col("row").cast(pl.Int64),
        pl.col("respondent").cast(pl.String),
        pl.col("at").cast(bulk.WHEN),
        pl.col("weight").cast(pl.Float64).fill_nan(None),
        pl.col("attributes").cast(pl.String).fill_null("{}"),
        pl.col("answers").cast(pl.String).fill_null("{}"),
    )
    kept = keyed.kept_keys(session, rows["respondent"].drop_nulls().to_list())
    keys = [kept.get(key) if key else None for key in rows["respondent"]]
    rows = bulk.cleaned(rows.with_columns(pl.Series("respondent", keys, dtype=pl.String)), documents=("attributes", "answers"))
    rows = rows.with_columns(keyed.sealed_documents(session, rows["attributes"], personal))
    said = rows["answers"].str.contains(_A_TEXT)
    if not said.any():
        return rows
    sealed = [vault.seal_texts(one) if some else one for one, some in zip(rows["answers"], said, strict=True)]
    return rows.with_columns(pl.Series("answers", sealed, dtype=pl.String))


def _once_per_respondent(rows: pl.DataFrame) -> pl.DataFrame:
    """The last row of each respondent, with the last time and weight given; rows without a respondent as they are."""
    if not rows["respondent"].drop_nulls().is_duplicated().any():
        return rows
    last = pl.col("at", "weight").forward_fill().over("respondent")
    named = pl.col("respondent").is_not_null()
    filled = rows.with_columns(pl.when(named).then(last).otherwise(pl.col("at", "weight")).name.keep())
    return filled.filter(~named | pl.col("respondent").is_last_distinct())


def _known(session: Session, program_id: int, wave_id: int, keys: list[str]) -> pl.DataFrame:
    schema = {"id": pl.Int64, "respondent": pl.String}
    if not keys:
        return pl.DataFrame(schema=schema)
    of = bulk.table("response")
    here = (of.c.program_id == program_id, of.c.wave_id == wave_id, bulk.among(session, of.c.respondent, keys))
    return bulk.fetch(session, select(of.c.id, of.c.respondent).where(*here))
