"""A file becomes coded rows, without a database: `inspect` proposes what it holds, `code` codes it with a confirmed mapping.

Both parse in a child process with limits (see sandbox); this module itself imports no reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cxdash.errors import FileError
from cxdash.ingest.limits import Limits

if TYPE_CHECKING:
    from cxdash.ingest.plan import Coded, Known, Mapping, Proposal

Progress = Callable[[str, float], None]
Cancel = Callable[[], bool]

__all__ = ["Limits", "code", "inspect", "rows", "texts"]

_CRASHES = ("error.file.memory", "error.file.crashed")


def inspect(
    path: Path,
    *,
    name: str | None = None,
    sheet: str | None = None,
    known: Sequence[Known] = (),
    limits: Limits | None = None,
    on_progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Proposal:
    """What a file holds and means. `name` is its name for people, `sheet` the user's choice, `known` columns met before.

    Raises one FileError that names the cause when the file cannot be read, Cancelled when `cancel()` turns true.
    """
    from cxdash.ingest.json_form import proposal_from_json, to_json

    payload = {**_payload(path, name), "sheet": sheet, "known": [to_json(item) for item in known]}
    return proposal_from_json(_run("propose", payload, limits, on_progress, cancel))


def code(
    path: Path,
    mapping: Mapping,
    *,
    out: Path,
    name: str | None = None,
    on_problem: Literal["missing", "drop"] = "missing",
    timezone: str = "Asia/Seoul",
    limits: Limits | None = None,
    on_progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Coded:
    """Code the file with the mapping into Parquet files in the folder `out` (see plan.Coded). Errors as `inspect`, and FileMapping.

    After an error nothing of it is left in `out`.
    """
    from cxdash.ingest.json_form import coded_from_json, to_json

    out.mkdir(parents=True, exist_ok=True)
    before = set(out.iterdir())
    payload = {
        **_payload(path, name),
        "mapping": to_json(mapping),
        "out": str(out.resolve()),
        "on_problem": on_problem,
        "timezone": timezone,
    }
    try:
        return coded_from_json(_run("code", payload, limits, on_progress, cancel))
    except BaseException:
        for left in set(out.iterdir()) - before:
            left.unlink(missing_ok=True)
        raise


def rows(path: Path, mapping: Mapping, numbers: Sequence[int], *, out: Path, name: str | None = None, limits: Limits | None = None) -> Path:
    """Write the rows with these numbers as they stand in the file (see originals) to the Parquet file `out`. Errors as `code`."""
    from cxdash.ingest.json_form import to_json

    payload = {**_payload(path, name), "mapping": to_json(mapping), "rows": list(numbers), "out": str(out.resolve())}
    _run("rows", payload, limits, None, None)
    return out


def texts(path: Path, *, name: str | None = None, limits: Limits | None = None) -> list[dict[str, Any]]:
    """The cells of every sheet of a small workbook as text (see textcells). Errors as `inspect`."""
    return _run("cells", _payload(path, name), limits, None, None)["sheets"]


def _payload(path: Path, name: str | None) -> dict[str, Any]:
    return {"path": str(path.resolve()), "name": name or path.name}


def _run(task: str, payload: dict[str, Any], limits: Limits | None, on_progress: Progress | None, cancel: Cancel | None) -> dict[str, Any]:
    """Run the task; when a workbook brings the fast engine down, once more with the exact reader."""
    from cxdash.ingest import sandbox

    limits = limits or Limits()
    try:
        return sandbox.run(task, payload, limits=limits, on_progress=on_progress, cancel=cancel)
    except FileError as error:
        if error.key not in _CRASHES or not _is_zip(payload["path"]):
            raise
    return sandbox.run(task, {**payload, "exact": True}, limits=limits, on_progress=on_progress, cancel=cancel)


def _is_zip(path: str) -> bool:
    with open(path, "rb") as stream:
        return stream.read(2) == b"PK"
