"""The disposable copy of a frame on disk, so that a start need not read every document again.

One file per programme: a line that says what it is, a JSON line (format, polars version, whose it is, schema, data version, size and
CRC-32 of the rest), then the frame as Parquet. It is written whole under another name and then renamed. Whatever is not exactly
as expected is not an error: there is no snapshot then.
"""

from __future__ import annotations

import io
import json
import logging
import os
import tempfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from cxdash.facts.schema import FORMAT, FactsSchema

MAGIC = b"cxdash facts snapshot 1\n"
FOLDER = "snapshots"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Snapshot:
    """A frame as it was at `version`. derived: its computed columns were made with the schema asked for."""

    frame: pl.DataFrame
    version: int
    broken: int
    derived: bool


class SnapshotFile:
    """The snapshot of one programme."""

    def __init__(self, home: Path, program_id: int, identity: str) -> None:
        self.path = home / FOLDER / f"program-{program_id}.snapshot"
        self.identity = identity

    def load(self, schema: FactsSchema) -> Snapshot | None:
        """The snapshot if it is this programme's, whole, and its documents were read with this schema; else None."""
        try:
            with self.path.open("rb") as file:
                head = self._head(file, schema)
                body = file.read() if head else b""
        except OSError:
            return None
        if head is None or len(body) != head["size"] or zlib.crc32(body) != head["crc"]:
            return None
        try:
            frame = pl.read_parquet(io.BytesIO(body))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
            return None
        return Snapshot(frame, head["version"], head["broken"], head["derived"] == schema.derived_key)

    def save(self, frame: pl.DataFrame, schema: FactsSchema, version: int, broken: int) -> None:
        """Replaces the snapshot. OSError when the folder cannot be written."""
        body = io.BytesIO()
        frame.write_parquet(body, compression="zstd", compression_level=1)
        data = body.getbuffer()
        head = self._expected(schema) | {
            "derived": schema.derived_key, "version": version, "broken": broken, "size": len(data), "crc": zlib.crc32(data),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=self.path.name + ".", suffix=".part", dir=self.path.parent)  # readable by the owner only
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + json.dumps(head).encode() + b"\n")
                file.write(data)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def delete(self) -> None:
        """Removes the snapshot and what interrupted writers left. OSError when something is there that cannot be removed."""
        for path in (self.path, *self.path.parent.glob(f"{self.path.name}.*.part")):
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()

    def _expected(self, schema: FactsSchema) -> dict[str, object]:
        return {"format": FORMAT, "polars": pl.__version__, "identity": self.identity, "rows": schema.rows_key}

    def _head(self, file: io.BufferedReader, schema: FactsSchema) -> dict[str, Any] | None:
        """The second line when the file is what it should be."""
        if file.read(len(MAGIC)) != MAGIC:
            return None
        try:
            head = json.loads(file.readline(10_000))
        except ValueError:
            return None
        expected = self._expected(schema)
        numbers = ("version", "broken", "size", "crc")
        if not isinstance(head, dict) or any(head.get(k) != v for k, v in expected.items()):
            return None
        return head if "derived" in head and all(type(head.get(k)) is int for k in numbers) else None


def forget(home: Path, program_id: int) -> None:
    """Deletes a programme's snapshot: for whoever erases responses or removes the programme."""
    SnapshotFile(home, program_id, "").delete()


def forget_all(home: Path) -> None:
    """Deletes every snapshot: for whoever puts another database in the place of the one they were made of."""
    for path in (home / FOLDER).glob("program-*"):
        path.unlink(missing_ok=True)


def is_whole(path: Path) -> bool:
    """Whether a snapshot is as it was written; for whom and with which version does not matter here."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return False
            head = json.loads(file.readline(10_000))
            body = file.read()
        return len(body) == head["size"] and zlib.crc32(body) == head["crc"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
