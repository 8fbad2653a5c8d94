"""Imports: a file is inspected, its mapping confirmed, its rows committed whole or not at all."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
from sqlmodel import Session

from cxdash import ingest
from cxdash.errors import Cancelled, Conflict, FileMapping, NotFound
from cxdash.ingest.json_form import mapping_from_json, to_json
from cxdash.ingest.limits import Limits
from cxdash.ingest.plan import Coded, Known, Mapping, Proposal
from cxdash.services import audit
from cxdash.services.access import place_of, programs_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, find, load_catalog
from cxdash.services.deps import Deps
from cxdash.services.history import ImportInfo, same_file
from cxdash.services.mapping import complete, completed
from cxdash.services.multiple import widened
from cxdash.services.personal import registry
from cxdash.services.register import STORED, Registered, agree, ensure_program, register, slug_of
from cxdash.store import imports, mappings, programs, responses, tables
from cxdash.store.database import Collision, reading, writing
from cxdash.store.text import CODE_MAX, listed

PROBLEMS_SHOWN = 100
_TRIES = 3
Progress = Callable[[str, float], None]  # stage key, fraction 0..1
OnProblem = Literal["missing", "drop"]


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


def inspect(deps: Deps, actor: Actor, path: Path, *, name: str, program: str | None = None, sheet: str | None = None,
            on_progress: Progress | None = None, cancel: Callable[[], bool] | None = None) -> Inspection:
    """What the file holds and what each column seems to be. FileError subclasses say why a file cannot be read.

    Columns that the programme (or a file of the same layout) has met are recognised and need no mapping.
    """
    require(actor, Permission.IMPORT)
    known, found = _known_of(deps, actor, program)
    call: dict[str, Any] = {"name": name, "sheet": sheet, "limits": limits(deps), "on_progress": on_progress, "cancel": cancel}
    proposal = ingest.inspect(path, known=known, **call)
    saved, owner = _recognise(deps, actor, proposal.fingerprint, found)
    if saved is not None and not known:
        proposal = ingest.inspect(path, known=_as_known(saved.document), **call)
    if saved is None and owner is not None and not known:
        known, _ = _known_of(deps, actor, owner)
        proposal = ingest.inspect(path, known=known, **call)
    proposal = replace(proposal, mapping=widened(proposal.mapping))
    return Inspection(proposal, found or owner, saved.name if saved else None, same_file(deps, actor, proposal.sha256))


def limits(deps: Deps) -> Limits:
    """The reading limits of this installation."""
    s = deps.settings
    return Limits(max_bytes=s.max_upload_mb * 1024**2, memory_mb=s.import_memory_mb, seconds=s.import_seconds)


def _known_of(deps: Deps, actor: Actor, program: str | None) -> tuple[list[Known], str | None]:
    """Columns of the programme's earlier imports, the newest meaning of each first, and its slug when it exists."""
    if program is None:
        return [], None
    with reading(deps.engine) as session:
        row = place_of(session, actor, program)
        met = imports.list_imports(session, program_id=row.id) if row and row.id else []
        documents = [i.mapping for i in met if i.state == imports.DONE]
    known: dict[tuple[str, int], Known] = {}
    for document in documents:
        for item in _as_known(document):
            known.setdefault((item.header, item.occurrence), item)
    return list(known.values()), row.slug if row else None


def _as_known(document: dict[str, Any]) -> list[Known]:
    return [Known(c.header, c.occurrence, c) for c in mapping_from_json(document).columns]


def _recognise(deps: Deps, actor: Actor, fingerprint: str, program: str | None) -> tuple[tables.SavedMapping | None, str | None]:
    """A saved mapping of this layout, and the slug of the programme that last imported one."""
    with reading(deps.engine) as session:
        visible = programs_of(session, actor)
        own = find(session, program) if program else None
        saved = mappings.by_fingerprint(session, fingerprint=fingerprint, program_id=own.id if own else None)
        if saved is not None and saved.program_id is not None and saved.program_id not in {p.id for p in visible}:
            saved = None
        owner = next((p.slug for p in visible
                      for i in imports.list_imports(session, program_id=p.id or 0)
                      if fingerprint and i.fingerprint == fingerprint and i.state == imports.DONE), None)
    return saved, owner


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

    Conflict when the same file is stored already (unless force), its scales contradict the programme's questions, or other imports
    change the programme faster than this one can follow. Cancelled when `cancel()` turns true before the commit.
    """
    require(actor, Permission.IMPORT)
    _named(order)
    file = _File(name, file_digest(path), path.stat().st_size, fingerprint)
    given = order.mapping if complete(order.mapping) else completed(order.mapping, _proposal(deps, path, name, order.mapping, cancel))
    trouble: Exception | None = None
    for _ in range(_TRIES):
        catalog = _catalog(deps, actor, order, file)
        mapping = agree(catalog, given)
        with tempfile.TemporaryDirectory(prefix="cxdash-import-", dir=_scratch(deps, order)) as folder:
            coded = ingest.code(path, mapping, out=Path(folder), name=name, on_problem=order.on_problem, limits=limits(deps),
                                timezone=catalog.timezone if catalog else deps.settings.timezone, on_progress=on_progress, cancel=cancel)
            if coded.rows_usable == 0:
                raise FileMapping(
                    "service.mapping.nothing_usable", rows=coded.rows_read, rejected=coded.rows_rejected, empty=coded.rows_empty
                )
            if order.dry_run:
                return _dry(coded, order, catalog, mapping)
            try:
                return _store(deps, actor, coded, replace(order, mapping=mapping), file, on_progress, cancel)
            except (_Outdated, Collision) as error:  # another import made the programme or an option meanwhile
                trouble = error
    raise Conflict("service.import.busy") from trouble


class _Outdated(Exception):
    """The rows were coded for a programme that is another one by now."""


@dataclass(frozen=True)
class _File:
    name: str
    sha256: str
    size: int
    fingerprint: str


def _named(order: Order) -> None:
    for what in (order.program, order.wave):
        if not what.strip() or len(what.strip()) > CODE_MAX:
            raise FileMapping("service.import.no_place", longest=CODE_MAX)


def _proposal(deps: Deps, path: Path, name: str, mapping: Mapping, cancel: Callable[[], bool] | None) -> Mapping:
    found = ingest.inspect(path, name=name, sheet=mapping.layout.sheet if _is_book(path) and mapping.layout.sheet else None,
                           limits=limits(deps), cancel=cancel)
    return found.mapping


def _is_book(path: Path) -> bool:
    return path.suffix.lower() not in (".csv", ".tsv", ".txt", ".sav", ".zsav")


def _scratch(deps: Deps, order: Order) -> Path | None:
    if order.dry_run:  # leaves nothing in the installation's own folder
        return None
    folder = deps.settings.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _catalog(deps: Deps, actor: Actor, order: Order, file: _File) -> Catalog | None:
    """The programme as it is, or None when it does not exist. Conflict when it holds the file already."""
    with reading(deps.engine) as session:
        row = place_of(session, actor, order.program)
        if row is None or row.id is None:
            return None
        if row.demo:
            raise Conflict("service.import.demo")
        _refuse_same(session, row.id, order, file)
        return load_catalog(session, row.id)


def _refuse_same(session: Session, program_id: int, order: Order, file: _File) -> None:
    same = imports.same_file(session, program_id=program_id, sha256=file.sha256)
    if same is not None and not order.force:
        raise Conflict(
            "service.import.same_file", fix="service.import.same_file.fix", file=same.file_name, id=str(same.id), at=same.created_at
        )


def _store(deps: Deps, actor: Actor, coded: Coded, order: Order, file: _File, on_progress: Progress | None,
           cancel: Callable[[], bool] | None) -> ImportResult:
    """The transaction. The programme's clock is taken before anything of it is looked at: its imports follow one another."""
    frame, trouble = pl.read_parquet(coded.responses), pl.read_parquet(coded.problems)
    with writing(deps.engine) as session:
        program_id = ensure_program(session, order.program, timezone=deps.settings.timezone)
        ver = programs.tick(session, program_id=program_id)
        _refuse_same(session, program_id, order, file)
        if agree(load_catalog(session, program_id), order.mapping) != order.mapping:
            raise _Outdated
        place = register(session, order.mapping, program_id=program_id, wave=order.wave)
        made = imports.add(
            session, program_id=program_id, wave_id=place.wave_id, file_name=file.name, sha256=file.sha256, size=file.size,
            fingerprint=file.fingerprint, mapping=to_json(order.mapping), rows_read=coded.rows_read, rows_empty=coded.rows_empty,
            rows_rejected=coded.rows_rejected, problem_cells=coded.problem_cells, created_by=actor.name)
        stored = responses.insert(
            session, program_id=program_id, wave_id=place.wave_id, import_id=made.id, source="import", ver=ver, frame=frame,
            codes=coded.codes, personal=registry(load_catalog(session, program_id)), on_progress=_share(on_progress), should_stop=cancel)
        made.rows_inserted, made.rows_updated = stored.inserted, stored.updated
        audit.record(session, actor, "import.commit", f"import:{made.id}", after={
            "program": order.program, "wave": order.wave, "rows": coded.rows_usable, "inserted": stored.inserted,
            "updated": stored.updated})
        imports.add_problems(session, made.id or 0, trouble)
        if order.save_as:
            mappings.save(session, name=order.save_as, document=to_json(order.mapping), fingerprint=file.fingerprint, program_id=program_id)
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


def _dry(coded: Coded, order: Order, catalog: Catalog | None, mapping: Mapping) -> ImportResult:
    known = {q.code for q in catalog.questions} | {a.key for a in catalog.attributes} if catalog else set()
    new = tuple(dict.fromkeys(c.code for c in mapping.columns if c.role in STORED and c.code not in known))
    place = Registered(0, catalog.slug if catalog else slug_of(order.program), 0, order.wave, new)
    return _result(None, place, coded, coded.rows_usable, 0, pl.read_parquet(coded.problems))


def saved_mapping(deps: Deps, actor: Actor, *, name: str) -> Mapping:
    """A mapping saved under a name. NotFound lists the names."""
    require(actor, Permission.IMPORT)
    with reading(deps.engine) as session:
        own = {None, *(p.id for p in programs_of(session, actor))}
        known = {row.name: row for row in mappings.list_mappings(session) if row.program_id in own}
        if name not in known:
            raise NotFound("store.mapping.unknown", name=name, known=listed(known))
        return mapping_from_json(known[name].document)
