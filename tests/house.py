"""A whole house in a temporary folder: settings, store, facts, as the runtime builds it."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import json
import os
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.errors import Cancelled, CxError
from cxdash.ingest import sandbox, worker
from cxdash.services import imports, programs
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps


def build(home: Path, *, demo: bool | date = False, database: str | None = None) -> Deps:
    """`demo`: with the demo programme, made as of that day or today. `database`: URL of another store than SQLite in `home`.

    A new house on SQLite is a copy of one that this process migrated (and filled) before.
    """
    if database is None and not (home / "cxdash.db").exists():
        shutil.copytree(_pattern(demo), home, dirs_exist_ok=True)
    return _open(home, demo=demo is True, database=database)


def _open(home: Path, *, demo: bool, database: str | None = None) -> Deps:
    variables = {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1" if demo else "0", "CXDASH_OPEN": "1"}
    if database:
        variables["CXDASH_DATABASE_URL"] = database
    return runtime.build(load_settings(variables))


@functools.cache
def _pattern(demo: bool | date) -> Path:
    """A house as the runtime makes it, closed, to be copied."""
    home = _drawer() / f"house-{demo}"
    made = _open(home, demo=demo is True)
    if isinstance(demo, date):
        programs.add_demo(made, LOCAL, today=demo)
    close(made)
    return home


@functools.cache
def _drawer() -> Path:
    """A folder that goes when this process ends, not when one that it forked does."""
    made, maker = Path(tempfile.mkdtemp(prefix="cxdash-houses-")), os.getpid()
    atexit.register(lambda: shutil.rmtree(made, ignore_errors=True) if os.getpid() == maker else None)
    return made


def close(deps: Deps) -> None:
    """Stop what runs in the background and let go of the database."""
    deps.facts.__self__.close()  # type: ignore[attr-defined]  # the registry behind it
    deps.engine.dispose()


def bring(deps: Deps, path: Path, *, program: str, wave: str, **order: object) -> imports.ImportResult:
    """Import a file as its proposal says."""
    found = imports.inspect(deps, LOCAL, path, name=path.name, program=program)
    given = {"mapping": found.proposal.mapping, **order}
    return imports.commit(deps, LOCAL, path, name=path.name, fingerprint=found.proposal.fingerprint,
                          order=imports.Order(program, wave, **given))  # type: ignore[arg-type]


def parse_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are parsed here instead of in a child process, which costs a second each; tests/ingest and tests/acceptance use it."""

    def run(task: str, payload: dict[str, Any], *, limits: Any, on_progress: Any = None, cancel: Any = None) -> Any:
        def tell(stage: str, share: float) -> None:
            if on_progress is not None:
                on_progress(stage, share)
            if cancel is not None and cancel():
                raise Cancelled()

        try:
            return json.loads(json.dumps(worker._TASKS[task](json.loads(json.dumps(payload)), dataclasses.asdict(limits), tell)))
        except CxError:
            raise
        except Exception as error:
            raise sandbox._error(worker._crossing(error)) from error

    monkeypatch.setattr(sandbox, "run", run)
