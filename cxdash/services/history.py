"""The history of imports: what was stored when, its problem rows, and taking an import back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from sqlmodel import Session

from cxdash import ingest
from cxdash.errors import NotFound
from cxdash.ingest.plan import Mapping
from cxdash.services import audit, orphans
from cxdash.services.access import check_whole, named, programs_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import imports, programs, responses, tables, waves
from cxdash.store.database import reading, writing


@dataclass(frozen=True)
class ImportInfo:
    """One line of the history. `program`, `wave`: slugs/codes. state: "done" or "undone"."""

    id: int
    program: str
    wave: str
    file_name: str
    sha256: str
    state: str
    created_at: datetime
    created_by: str
    rows_read: int
    rows_inserted: int
    rows_updated: int
    rows_empty: int
    rows_rejected: int
    problem_cells: int
    undone_at: datetime | None


@dataclass(frozen=True)
class Undone:
    """deleted: responses gone. restored: responses that got back what other imports said of them. questions: gone with their import."""

    deleted: int
    restored: int
    questions: int = 0


def history(deps: Deps, actor: Actor, *, program: str | None = None) -> list[ImportInfo]:
    """Imports newest first, undone ones included; of one programme (slug or name; NotFound lists them) or of all."""
    require(actor, Permission.SEE_FIGURES)
    check_whole(actor)
    with reading(deps.engine) as session:
        owners = programs_of(session, actor) if program is None else [named(session, actor, program)]
        found = [(p, {w.id: w.code for w in waves.list_waves(session, program_id=p.id or 0)}, i)
                 for p in owners for i in imports.list_imports(session, program_id=p.id or 0)]
    return sorted((_info(p.slug, codes.get(i.wave_id, ""), i) for p, codes, i in found), key=lambda i: -i.id)


def same_file(deps: Deps, actor: Actor, sha256: str) -> tuple[ImportInfo, ...]:
    """Imports of the same bytes that were not undone, in any of the actor's programmes, newest first."""
    require(actor, Permission.IMPORT)
    with reading(deps.engine) as session:
        found = [(p, row) for p in programs_of(session, actor)
                 if (row := imports.same_file(session, program_id=p.id or 0, sha256=sha256)) is not None]
        infos = [_info(p.slug, next((w.code for w in waves.list_waves(session, program_id=p.id or 0) if w.id == row.wave_id), ""), row)
                 for p, row in found]
    return tuple(sorted(infos, key=lambda i: -i.id))


def _info(program: str, wave: str, row: tables.Import) -> ImportInfo:
    return ImportInfo(
        id=row.id or 0, program=program, wave=wave, file_name=row.file_name, sha256=row.sha256, state=row.state, created_at=row.created_at,
        created_by=row.created_by, rows_read=row.rows_read, rows_inserted=row.rows_inserted, rows_updated=row.rows_updated,
        rows_empty=row.rows_empty, rows_rejected=row.rows_rejected, problem_cells=row.problem_cells, undone_at=row.undone_at)


def problems(deps: Deps, actor: Actor, *, import_id: int, limit: int | None = None, offset: int = 0) -> pl.DataFrame:
    """Problem rows of an import in the order of the file: row, column, value, reason (key), params (JSON), whole_row.

    NotFound when there is no such import.
    """
    require(actor, Permission.SEE_RESPONSES)
    with reading(deps.engine) as session:
        _own(session, actor, import_id)
        return imports.problems(session, import_id, limit=limit, offset=offset)


def export_problems(deps: Deps, actor: Actor, *, import_id: int) -> pl.DataFrame:
    """All of them, for a file: `problems`. The audit log notes it."""
    found = problems(deps, actor, import_id=import_id)
    audit.exported(deps, actor, what="problems", about=f"import:{import_id}", rows=found.height)
    return found


def undo(deps: Deps, actor: Actor, *, import_id: int) -> Undone:
    """Take an import back whole: its new rows go, rows that it updated get their former answers back, questions and stages that only it
    brought go when nothing else speaks of them (cxdash.services.orphans).

    Conflict when it was undone already.
    """
    require(actor, Permission.IMPORT)
    with writing(deps.engine) as session:
        row = _own(session, actor, import_id)
        ver = programs.tick(session, program_id=row.program_id)
        imports.mark_undone(session, import_id=import_id, by=actor.name)
        done = responses.undo(session, import_id=import_id, ver=ver)
        gone = orphans.remove(session, row)
        told = {"deleted": done.deleted, "restored": done.restored, "questions": gone}
        audit.record(session, actor, "import.undo", f"import:{import_id}", after=told)
    return Undone(done.deleted, done.restored, gone)


def problem_count(deps: Deps, actor: Actor, *, import_id: int) -> int:
    """How many cells and rows of an import could not be used."""
    require(actor, Permission.SEE_RESPONSES)
    with reading(deps.engine) as session:
        _own(session, actor, import_id)
        return imports.count_problems(session, import_id)


def _own(session: Session, actor: Actor, import_id: int) -> tables.Import:
    """NotFound when there is no such import in a programme that the actor sees. Its rows are those of the whole programme."""
    check_whole(actor)
    row = imports.get(session, import_id=import_id)
    if row.program_id not in {p.id for p in programs_of(session, actor)}:
        raise NotFound("store.import.unknown", name=str(import_id))
    return row


def original_rows(deps: Deps, actor: Actor, path: Path, *, name: str, mapping: Mapping, import_id: int) -> pl.DataFrame:
    """The rows of the file that have problems, as they stand in it: "row" and one column per header, personal columns left out.

    Read again from the file at `path` while it is there: cells of respondents are not kept beside the answers.
    """
    wrong = problems(deps, actor, import_id=import_id)["row"].unique(maintain_order=True).to_list()
    with tempfile.TemporaryDirectory(prefix="cxdash-rows-") as folder:
        return pl.read_parquet(ingest.rows(path, mapping, wrong, out=Path(folder) / "rows.parquet", name=name), memory_map=False)
