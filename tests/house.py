"""A whole house in a temporary folder: settings, store, facts, as the runtime builds it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.errors import Cancelled, CxError
from cxdash.ingest import sandbox, worker
from cxdash.services import imports
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps


def build(home: Path, *, demo: bool = False, database: str | None = None) -> Deps:
    """`database`: URL of another store than SQLite in `home`."""
    variables = {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1" if demo else "0", "CXDASH_OPEN": "1"}
    if database:
        variables["CXDASH_DATABASE_URL"] = database
    return runtime.build(load_settings(variables))


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
