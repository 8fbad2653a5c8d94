"""The child process that parses: `python -m cxdash.ingest.worker`, one request as JSON on stdin, JSON lines on stdout.

Lines out: {"progress": [key, share]} any number of times, then {"result": …} or {"error": {type, key, params, fix}}.
The limits are set before anything that touches the file is imported. Closing stdin ends the process.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import sys
import threading
from pathlib import Path
from typing import Any

_BASE_SPACE_MB = 2048  # address space that interpreter, libraries and thread stacks reserve without using it
_BASE_DATA_MB = 384

Payload = dict[str, Any]


def main() -> int:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not end up among the answers
    request = json.loads(sys.stdin.buffer.readline())
    _confine(request["limits"])
    threading.Thread(target=_die_with_parent, daemon=True).start()
    gc.disable()  # short-lived, and millions of cells are no cycles

    def say(line: dict[str, Any]) -> None:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()

    try:
        say({"result": _TASKS[request["task"]](request["payload"], request["limits"], lambda key, share: say({"progress": [key, share]}))})
    except BaseException as error:  # the last stop before the border: a panic of a parser is no Exception
        say({"error": _crossing(error)})
    out.flush()
    os._exit(0)  # threads of a reader that is no longer needed are not waited for


def _confine(limits: dict[str, Any]) -> None:
    """Memory, processor time, file size and priority of this process."""
    megabytes = int(limits["memory_mb"])
    os.nice(int(limits["nice"]))
    for kind, size in (
        (resource.RLIMIT_DATA, (megabytes + _BASE_DATA_MB) << 20),
        (resource.RLIMIT_AS, (megabytes + _BASE_SPACE_MB) << 20),
        (resource.RLIMIT_CPU, int(limits["seconds"] * max(limits["threads"], 2)) + 5),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 512),
    ):
        hard = resource.getrlimit(kind)[1]
        size = size if hard == resource.RLIM_INFINITY else min(size, hard)
        with contextlib.suppress(ValueError, OSError):  # a system that does not know this limit; the parent's watch remains
            resource.setrlimit(kind, (size, size))


def _die_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(3)


def _crossing(error: BaseException) -> dict[str, Any]:
    from cxdash.errors import CxError, FileDamaged, FileTooLarge

    if isinstance(error, (MemoryError, RecursionError)) or "capacity overflow" in str(error) or "memory" in str(error).lower():
        error = FileTooLarge("error.file.memory", fix="error.file.fix.split")
    if not isinstance(error, CxError):
        import traceback

        traceback.print_exception(error)  # to stderr, for the log of the parent
        error = FileDamaged("error.file.crashed", fix="error.file.fix.resave")
    return {"type": type(error).__name__, "key": error.key, "fix": error.fix, "params": json.loads(json.dumps(error.params, default=str))}


def _open(payload: Payload, limits: dict[str, Any], progress: Any) -> Any:
    from cxdash.ingest.limits import Limits
    from cxdash.ingest.read import open_file

    progress("error.stage.open", 0.05)
    return open_file(Path(payload["path"]), payload["name"], limits=Limits.from_json(limits), exact=bool(payload.get("exact")))


def _sheets(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from cxdash.ingest.json_form import to_json

    return {"sheets": [to_json(sheet) for sheet in _open(payload, limits, progress).sheets()]}


def _digest(path: str) -> str:
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _propose(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from dataclasses import replace

    from cxdash.ingest.json_form import known_from_json, to_json
    from cxdash.ingest.propose import propose

    book = _open(payload, limits, progress)
    progress("error.stage.read", 0.2)
    book.sheets()
    progress("error.stage.propose", 0.6)
    sha256 = _digest(payload["path"])
    found = propose(
        book,
        sheet=payload.get("sheet"),
        known=[known_from_json(item) for item in payload.get("known", ())],
        file=payload["name"],
        size=os.path.getsize(payload["path"]),
        sha256=sha256,
    )
    return to_json(replace(found, mapping=replace(found.mapping, sha256=sha256)))


def _code(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from cxdash.ingest.coding import code
    from cxdash.ingest.json_form import mapping_from_json, to_json
    from cxdash.ingest.resolve import fit, grid_of

    mapping = mapping_from_json(payload["mapping"])
    book = _open(payload, limits, progress)
    progress("error.stage.read", 0.2)
    grid = grid_of(book, mapping)
    mapping = fit(grid, mapping, _digest(payload["path"]))
    progress("error.stage.code", 0.5)
    return to_json(
        code(
            grid,
            mapping,
            out=Path(payload["out"]),
            on_problem=payload["on_problem"],
            timezone=payload["timezone"],
            on_progress=lambda key, share: progress(key, 0.5 + share / 2),
        )
    )


def _rows(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from cxdash.ingest.json_form import mapping_from_json
    from cxdash.ingest.originals import originals
    from cxdash.ingest.resolve import fit, grid_of

    mapping = mapping_from_json(payload["mapping"])
    grid = grid_of(_open(payload, limits, progress), mapping)
    found = originals(grid, fit(grid, mapping, _digest(payload["path"])), payload["rows"])
    found.write_parquet(payload["out"])
    return {"rows": found.height}


def _cells(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from cxdash.ingest.textcells import text_cells

    return {"sheets": text_cells(_open(payload, limits, progress))}


def _people(payload: Payload, limits: dict[str, Any], progress: Any) -> dict[str, Any]:
    from cxdash.ingest.people import read_list

    return read_list(_open(payload, limits, progress), Path(payload["out"]))


_TASKS = {"people": _people, "rows": _rows, "cells": _cells, "sheets": _sheets, "propose": _propose, "code": _code}

if __name__ == "__main__":
    sys.exit(main())
