"""A whole house in a temporary folder: settings, store, facts, as the runtime builds it."""

from __future__ import annotations

from pathlib import Path

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.services import imports
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps


def build(home: Path, *, demo: bool = False, database: str | None = None) -> Deps:
    """`database`: URL of another store than SQLite in `home`."""
    variables = {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1" if demo else "0"}
    if database:
        variables["CXDASH_DATABASE_URL"] = database
    return runtime.build(load_settings(variables))


def bring(deps: Deps, path: Path, *, program: str, wave: str, **order: object) -> imports.ImportResult:
    """Import a file as its proposal says."""
    found = imports.inspect(deps, LOCAL, path, name=path.name, program=program)
    given = {"mapping": found.proposal.mapping, **order}
    return imports.commit(deps, LOCAL, path, name=path.name, fingerprint=found.proposal.fingerprint,
                          order=imports.Order(program, wave, **given))  # type: ignore[arg-type]
