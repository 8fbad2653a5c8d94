"""The whole store as one file, and back: made beside writers, brought back into an empty database of either kind.

The file is a ZIP of Parquet tables (zstd) and `manifest.json`: schema, rows and SHA-256 of every part, highest numbers. With a passphrase
it is sealed as a whole (cxdash.services.strongbox). What is not in it: settings and keys (they lie in the environment), the
columnar snapshots (made anew), files of imports (not kept).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from cxdash import __version__
from cxdash.errors import Conflict, FileDamaged, FileError, FilePassword
from cxdash.facts import snapshot
from cxdash.services import audit
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.strongbox import SHORTEST, Opened, Sealing, is_sealed
from cxdash.store import dump, schema
from cxdash.store.database import writing
from cxdash.store.dump import Shape

FORMAT = 1
_MANIFEST = "manifest.json"
_TYPES: dict[str, Any] = {
    "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean, "text": pl.String, "document": pl.String, "time": pl.Int64, "day": pl.String,
    "bytes": pl.Binary,
}  # fmt: skip
Tell = Callable[[str, int], None]


@dataclass(frozen=True)
class Made:
    """A backup: schema is the version of the tables in it, rows those of all tables."""

    path: Path
    schema: str
    tables: int
    rows: int
    size: int
    sealed: bool


@dataclass(frozen=True)
class Restored:
    """What came back. schema: the version it was made with; it is upgraded afterwards."""

    schema: str
    made_at: str
    tables: int
    rows: int


@dataclass(frozen=True)
class Contents:
    """The manifest of a file. parts: of every table, (name in the file, rows, SHA-256)."""

    schema: str
    made_at: str
    tables: tuple[tuple[Shape, tuple[tuple[str, int, str], ...]], ...]
    counters: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(n for _shape, parts in self.tables for _name, n, _sum in parts)


def back_up(deps: Deps, actor: Actor, out: Path, *, passphrase: str = "", force: bool = False, tell: Tell | None = None) -> Made:
    """Writes one moment of the store to `out`, whole or not at all; others read and write meanwhile. tell(table, rows) after each table.

    Conflict when the file exists (unless force) or the passphrase is short; FileError when it cannot be written.
    """
    require(actor, Permission.BACKUP)
    if passphrase and len(passphrase) < SHORTEST:
        raise Conflict("care.short", shortest=SHORTEST)
    if out.exists() and not force:
        raise Conflict("care.exists", file=str(out))
    try:
        with _beside(out) as file, dump.snapshot(deps.engine) as connection:
            sealing = Sealing(file, passphrase) if passphrase else None
            with zipfile.ZipFile(sealing or file, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
                contents = _write(connection, archive, tell or (lambda _table, _rows: None))
            if sealing is not None:
                sealing.finish()
    except OSError as error:
        raise FileError("care.unwritable", file=str(out), detail=error.strerror or str(error)) from error
    tables = contents["tables"]
    if contents["schema"] == schema.NEWEST:  # an older one may have no log yet, and is left as it is
        with writing(deps.engine) as session:
            audit.record(session, actor, "backup.make", "store", after={"schema": contents["schema"], "sealed": bool(passphrase)})
    return Made(out, contents["schema"], len(tables), sum(t["rows"] for t in tables), out.stat().st_size, bool(passphrase))


@contextmanager
def _beside(out: Path) -> Iterator[BinaryIO]:
    """A file of the owner's only that takes the name when all of it is on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    with suppress(OSError):  # the name too; not every system lets one ask for it
        folder = os.open(out.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _write(connection: Any, archive: zipfile.ZipFile, tell: Tell) -> dict[str, Any]:
    tables = []
    for shape in dump.shapes(connection):
        parts = []
        for number, rows in enumerate(dump.rows(connection, shape)):
            data = _packed(shape, rows)
            name = f"tables/{shape.name}/{number:06}.parquet"
            archive.writestr(name, data)
            parts.append({"name": name, "rows": len(rows), "sha256": hashlib.sha256(data).hexdigest()})
        n = sum(part["rows"] for part in parts)
        tables.append({"name": shape.name, "columns": shape.columns, "key": shape.key, "rows": n, "parts": parts})
        tell(shape.name, n)
    contents = {
        "format": FORMAT, "cxdash": __version__, "schema": dump.revision(connection),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database": connection.dialect.name, "counters": dump.counters(connection), "tables": tables,
    }  # fmt: skip
    archive.writestr(_MANIFEST, json.dumps(contents, ensure_ascii=False, indent=1))
    return contents


def _packed(shape: Shape, rows: Sequence[Sequence[Any]]) -> bytes:
    truth = [name for name, kind in shape.columns if kind == "bool"]  # SQLite says 0 and 1
    as_read = {name: pl.Int64 if kind == "bool" else _TYPES[kind] for name, kind in shape.columns}
    frame = pl.DataFrame(rows, schema=as_read, orient="row").with_columns(pl.col(truth).cast(pl.Boolean))
    into = io.BytesIO()
    frame.write_parquet(into, compression="zstd", compression_level=3)
    return into.getvalue()


@contextmanager
def opened(path: Path, passphrase: str = "") -> Iterator[tuple[zipfile.ZipFile, Contents]]:
    """A backup to be read. FilePassword when it needs a passphrase or another one, FileDamaged when it is not whole, FileError for a newer
    form or something else."""
    try:
        with path.open("rb") as file:
            plain: BinaryIO = file
            if is_sealed(file):
                if not passphrase:
                    raise FilePassword("care.sealed", file=path.name)
                plain = io.BufferedReader(Opened(file, passphrase, path.name), 1 << 20)
            with zipfile.ZipFile(plain) as archive:
                yield archive, _contents(archive, path.name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as error:  # the last: a damaged number of a version
        raise FileDamaged("care.damaged", file=path.name) from error
    except OSError as error:
        raise FileError("service.file.unreadable", file=path.name) from error


def _contents(archive: zipfile.ZipFile, name: str) -> Contents:
    try:
        found = json.loads(archive.read(_MANIFEST))
        if int(found["format"]) > FORMAT:
            raise FileError("care.newer", fix="care.newer.fix", file=name, version=str(found.get("cxdash", "?"))[:40])
        tables = tuple(
            (Shape(str(t["name"]), tuple((str(c), str(k)) for c, k in t["columns"]), tuple(map(str, t["key"]))),
             tuple((str(p["name"]), int(p["rows"]), str(p["sha256"])) for p in t["parts"]))
            for t in found["tables"]
        )  # fmt: skip
        return Contents(str(found["schema"]), str(found["made_at"]), tables, {str(k): int(v) for k, v in found["counters"].items()})
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise FileDamaged("care.damaged", file=name) from error


def restore(deps: Deps, actor: Actor, path: Path, *, passphrase: str = "", tell: Tell | None = None) -> Restored:
    """Brings a backup back into an empty database, in one transaction, and upgrades it to this version; nothing is changed on any error.

    Conflict when the database is not empty; FileDamaged, FilePassword, FileError as `opened`; ConfigError for a newer schema.
    """
    require(actor, Permission.BACKUP)
    with opened(path, passphrase) as (archive, contents):
        verify(archive, contents, path.name)
        with dump.filling(deps.engine, contents.schema) as connection:
            for shape, parts in contents.tables:
                for name, _rows, _sum in parts:
                    dump.fill(connection, shape, _rows_of(archive, shape, name))
                if tell is not None:
                    tell(shape.name, sum(n for _name, n, _sum in parts))
            dump.count_on(connection, contents.counters)
    snapshot.forget_all(deps.settings.home)
    with writing(deps.engine) as session:
        audit.record(session, actor, "backup.restore", "store", after={"schema": contents.schema, "rows": contents.rows})
    return Restored(contents.schema, contents.made_at, len(contents.tables), contents.rows)


def verify(archive: zipfile.ZipFile, contents: Contents, name: str) -> None:
    """Reads everything once before anything is written. FileDamaged when a part is missing or not what was written."""
    for _shape, parts in contents.tables:
        for part, rows, digest in parts:
            try:
                data = archive.read(part)
            except (KeyError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
                raise FileDamaged("care.damaged", file=name) from error
            if hashlib.sha256(data).hexdigest() != digest or rows > dump.BATCH:
                raise FileDamaged("care.damaged", file=name)


def _rows_of(archive: zipfile.ZipFile, shape: Shape, part: str) -> list[tuple[Any, ...]]:
    return pl.read_parquet(io.BytesIO(archive.read(part))).select(name for name, _kind in shape.columns).rows()
