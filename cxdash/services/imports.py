"""Imports: a file is inspected, its mapping confirmed, its rows committed whole or not at all, and undone whole."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import polars as pl

from cxdash import ingest
from cxdash.errors import Cancelled, Conflict, FileMapping
from cxdash.ingest.json_form import mapping_from_json, to_json
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Coded, Known, Mapping, Proposal
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, load_catalog
from cxdash.services.deps import Deps
from cxdash.services.register import Registered, agree, find, register, slug_of
from cxdash.store import imports, mappings, programs, responses, tables, waves
from cxdash.store.database import reading, writing

PROBLEMS_SHOWN = 100
Progress = Callable[[str, float], None]  # stage key, fraction 0..1
OnProblem = Literal["missing", "drop"]


@dataclass(frozen=True)
class ImportInfo:
    """One line of the history. `program`, `wave`: slugs/codes."""

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
class Inspection:
    """A proposal and what is known about the file: imported before (same), recognised layout (mapping name, programme)."""

    proposal: Proposal
    program: str | None
    mapping: str | None
    same: tuple[ImportInfo, ...]


@dataclass(frozen=True)
class ImportResult:
    """What a commit stored and rejected. id is None after a dry run."""

    id: int | None
    program: str
    wave: str
    rows_read: int
    rows_inserted: int
    rows_updated: int
    rows_empty: int
    rows_rejected: int
    problem_cells: int
    problems: tuple[dict[str, Any], ...]  # the first of them; all are in the history
    new_questions: tuple[str, ...]


@dataclass(frozen=True)
class Undone:
    deleted: int
    restored: int


def inspect(deps: Deps, actor: Actor, path: Path, *, name: str, program: str | None = None, sheet: str | None = None,
            on_progress: Progress | None = None, cancel: Callable[[], bool] | None = None) -> Inspection:
    """What the file holds and what each column seems to be. FileError subclasses say why a file cannot be read.

    Columns that the programme (or a file of the same layout) has met are recognised and need no mapping.
    """
    require(actor, Permission.IMPORT)
    known, found = _known_of(deps, program)
    call: dict[str, Any] = {"name": name, "sheet": sheet, "limits": limits(deps), "on_progress": on_progress, "cancel": cancel}
    proposal = ingest.inspect(path, known=known, **call)
    saved, owner = _recognise(deps, proposal.fingerprint, found)
    if saved is not None and not known:
        proposal = ingest.inspect(path, known=_as_known(saved.document), **call)
    if saved is None and owner is not None and not known:
        known, _ = _known_of(deps, owner)
        proposal = ingest.inspect(path, known=known, **call)
    return Inspection(proposal, found or owner, saved.name if saved else None, tuple(_same(deps, proposal.sha256)))


def limits(deps: Deps) -> Limits:
    """The reading limits of this installation."""
    s = deps.settings
    return Limits(max_bytes=s.max_upload_mb * 1024**2, memory_mb=s.import_memory_mb, seconds=s.import_seconds)


def _known_of(deps: Deps, program: str | None) -> tuple[list[Known], str | None]:
    """Columns of the programme's earlier imports, the newest meaning of each first, and its slug when it exists."""
    if program is None:
        return [], None
    with reading(deps.engine) as session:
        row = find(session, program)
        documents = [i.mapping for i in imports.list_imports(session, program_id=row.id)] if row and row.id else []
    known: dict[tuple[str, int], Known] = {}
    for document in documents:
        for item in _as_known(document):
            known.setdefault((item.header, item.occurrence), item)
    return list(known.values()), row.slug if row else None


def _as_known(document: dict[str, Any]) -> list[Known]:
    return [Known(c.header, c.occurrence, c) for c in mapping_from_json(document).columns]


def _recognise(deps: Deps, fingerprint: str, program: str | None) -> tuple[tables.SavedMapping | None, str | None]:
    """A saved mapping of this layout, and the slug of the programme that last imported one."""
    with reading(deps.engine) as session:
        own = find(session, program) if program else None
        saved = mappings.by_fingerprint(session, fingerprint=fingerprint, program_id=own.id if own else None)
        owner = next((p.slug for p in programs.list_programs(session)
                      for i in imports.list_imports(session, program_id=p.id or 0) if i.fingerprint == fingerprint and fingerprint), None)
    return saved, owner


def _same(deps: Deps, sha256: str) -> list[ImportInfo]:
    return [i for i in _all_imports(deps, None) if i.state == "done" and i.sha256 == sha256]


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Order:
    """What to do with a file: where its rows go and how problem cells are treated. force: store the same file once more."""

    program: str
    wave: str
    mapping: Mapping
    on_problem: OnProblem = "missing"
    save_as: str | None = None
    force: bool = False
    dry_run: bool = False


def commit(deps: Deps, actor: Actor, path: Path, *, name: str, order: Order, fingerprint: str = "",
           on_progress: Progress | None = None, cancel: Callable[[], bool] | None = None) -> ImportResult:
    """Store the usable rows of a file in one transaction: all of them or, after an error, a cancel or a crash, none.

    Conflict when the same file is stored already (unless force) or its scales contradict the programme's questions.
    Cancelled when `cancel()` turns true before the commit.
    """
    require(actor, Permission.IMPORT)
    sha256 = file_digest(path)
    _refuse_same(deps, order, sha256)
    with reading(deps.engine) as session:
        row = find(session, order.program)
        catalog = load_catalog(session, row.slug) if row else None
    mapping = agree(catalog, order.mapping)
    timezone = catalog.timezone if catalog else deps.settings.timezone
    with tempfile.TemporaryDirectory(prefix="cxdash-import-", dir=_scratch(deps)) as folder:
        coded = ingest.code(path, mapping, out=Path(folder), name=name, on_problem=order.on_problem, timezone=timezone,
                            limits=limits(deps), on_progress=on_progress, cancel=cancel)
        if coded.rows_usable == 0:
            raise FileMapping("service.mapping.nothing_usable", rows=coded.rows_read, rejected=coded.rows_rejected, empty=coded.rows_empty)
        if order.dry_run:
            return _dry(coded, order, catalog)
        return _store(deps, actor, coded, replace(order, mapping=mapping), _File(name, sha256, path.stat().st_size, fingerprint), timezone,
                      on_progress, cancel)


@dataclass(frozen=True)
class _File:
    name: str
    sha256: str
    size: int
    fingerprint: str


def _scratch(deps: Deps) -> Path:
    folder = deps.settings.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _refuse_same(deps: Deps, order: Order, sha256: str) -> None:
    with reading(deps.engine) as session:
        row = find(session, order.program)
        same = imports.same_file(session, program_id=row.id, sha256=sha256) if row and row.id else None
    if same is not None and not order.force and not order.dry_run:
        raise Conflict("service.import.same_file", fix="service.import.same_file.fix", file=same.file_name, id=same.id,
                       at=same.created_at.isoformat(timespec="minutes"))


def _store(deps: Deps, actor: Actor, coded: Coded, order: Order, file: _File, timezone: str, on_progress: Progress | None,
           cancel: Callable[[], bool] | None) -> ImportResult:
    frame, trouble = pl.read_parquet(coded.responses), pl.read_parquet(coded.problems)
    with writing(deps.engine) as session:
        place = register(session, order.mapping, program=order.program, wave=order.wave, timezone=timezone)
        ver = programs.tick(session, program_id=place.program_id)
        made = imports.add(
            session, program_id=place.program_id, wave_id=place.wave_id, file_name=file.name, sha256=file.sha256, size=file.size,
            fingerprint=file.fingerprint, mapping=to_json(order.mapping), rows_read=coded.rows_read, rows_empty=coded.rows_empty,
            rows_rejected=coded.rows_rejected, problem_cells=coded.problem_cells, created_by=actor.name)
        stored = responses.insert(
            session, program_id=place.program_id, wave_id=place.wave_id, import_id=made.id, source="import", ver=ver, frame=frame,
            codes=coded.codes, on_progress=_share(on_progress), should_stop=cancel)
        made.rows_inserted, made.rows_updated = stored.inserted, stored.updated
        imports.add_problems(session, made.id, trouble)
        if order.save_as:
            mappings.save(session, name=order.save_as, document=to_json(order.mapping), fingerprint=file.fingerprint, program_id=place.program_id)
        if cancel is not None and cancel():
            raise Cancelled()
    return _result(made.id, place, coded, stored.inserted, stored.updated, trouble)


def _share(on_progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if on_progress is None else lambda done, total: on_progress("imports.stage.store", done / max(total, 1))


def _result(import_id: int | None, place: Registered, coded: Coded, inserted: int, updated: int, trouble: pl.DataFrame) -> ImportResult:
    return ImportResult(
        id=import_id, program=place.slug, wave=place.wave, rows_read=coded.rows_read, rows_inserted=inserted, rows_updated=updated,
        rows_empty=coded.rows_empty, rows_rejected=coded.rows_rejected, problem_cells=coded.problem_cells,
        problems=tuple(trouble.head(PROBLEMS_SHOWN).to_dicts()), new_questions=place.new)


def _dry(coded: Coded, order: Order, catalog: Catalog | None) -> ImportResult:
    place = Registered(0, catalog.slug if catalog else slug_of(order.program), 0, order.wave, ())
    return _result(None, place, coded, coded.rows_usable, 0, pl.read_parquet(coded.problems))


def history(deps: Deps, actor: Actor, *, program: str | None = None) -> list[ImportInfo]:
    """Imports newest first, undone ones included; of one programme or of all."""
    require(actor, Permission.SEE_FIGURES)
    return _all_imports(deps, program)


def _all_imports(deps: Deps, program: str | None) -> list[ImportInfo]:
    with reading(deps.engine) as session:
        owners = [p for p in programs.list_programs(session) if program is None or p.slug == program]
        found = [(p, {w.id: w.code for w in waves.list_waves(session, program_id=p.id or 0)}, i)
                 for p in owners for i in imports.list_imports(session, program_id=p.id or 0)]
    return sorted((_info(p.slug, codes.get(i.wave_id, ""), i) for p, codes, i in found), key=lambda i: -i.id)


def _info(program: str, wave: str, row: tables.Import) -> ImportInfo:
    return ImportInfo(
        id=row.id or 0, program=program, wave=wave, file_name=row.file_name, sha256=row.sha256, state=row.state, created_at=row.created_at,
        created_by=row.created_by, rows_read=row.rows_read, rows_inserted=row.rows_inserted, rows_updated=row.rows_updated,
        rows_empty=row.rows_empty, rows_rejected=row.rows_rejected, problem_cells=row.problem_cells, undone_at=row.undone_at)


def problems(deps: Deps, actor: Actor, *, import_id: int, limit: int | None = None, offset: int = 0) -> pl.DataFrame:
    """Problem rows of an import in the order of the file: row, column, value, reason (key), params (JSON), whole_row."""
    require(actor, Permission.SEE_RESPONSES)
    with reading(deps.engine) as session:
        return imports.problems(session, import_id, limit=limit, offset=offset)


def undo(deps: Deps, actor: Actor, *, import_id: int) -> Undone:
    """Take an import back whole: its new rows go, rows that it updated get their former answers back."""
    require(actor, Permission.IMPORT)
    with writing(deps.engine) as session:
        row = imports.get(session, import_id=import_id)
        ver = programs.tick(session, program_id=row.program_id)
        imports.mark_undone(session, import_id=import_id, by=actor.name)
        done = responses.undo(session, import_id=import_id, ver=ver)
    return Undone(done.deleted, done.restored)


def saved_mapping(deps: Deps, actor: Actor, *, name: str) -> Mapping:
    """A mapping saved under a name. NotFound lists the names."""
    require(actor, Permission.IMPORT)
    with reading(deps.engine) as session:
        return mapping_from_json(mappings.get(session, name=name).document)
