"""What the registry calls personal by its name, sealed where it lies in clear: after an upgrade, and when an attribute was renamed."""

from __future__ import annotations

from collections.abc import Callable

from cxdash.services.catalog import load_catalog
from cxdash.services.deps import Deps
from cxdash.services.personal import registry
from cxdash.store import programs, sealingkeys
from cxdash.store.database import reading, writing
from cxdash.store.keyed import Personal

BATCH = 500


def seal(deps: Deps, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Of how many responses and customers, in small transactions; in a house where everything is sealed it only looks. stop: asked between
    two transactions. Nobody asks for it: the daily purge and `cxdash rotate-key` do."""
    total = 0
    with reading(deps.engine) as session:
        wanted = {row.id or 0: registry(load_catalog(session, row.id or 0)) for row in programs.list_programs(session)}
    for program_id, personal in wanted.items():
        if not personal:
            continue
        with writing(deps.engine) as session:
            total += sealingkeys.seal_contacts(session, program_id=program_id, personal=personal)
        changed = _responses(deps, program_id, personal, stop)
        if changed:
            deps.forget(program_id)  # the copies in memory and on disk are made again without them
        total += changed
    return total


def _responses(deps: Deps, program_id: int, personal: Personal, stop: Callable[[], bool]) -> int:
    after, changed = 0, 0
    while not stop():
        with writing(deps.engine) as session:
            after, ids = sealingkeys.named(session, program_id=program_id, personal=personal, after=after, most=BATCH)
            if ids:
                ver = programs.tick(session, program_id=program_id)  # from here on nobody else changes them; they are read once more
                sealingkeys.seal_named(session, ids=ids, personal=personal, ver=ver)
        changed += len(ids)
        if not after:
            break
    return changed
