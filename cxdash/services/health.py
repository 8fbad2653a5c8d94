"""Whether this process can serve: the store answers, has this code's schema, and the columnar copies follow it.

For load balancers and watchdogs, which have no account: words, never numbers or names.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from cxdash.errors import NotFound
from cxdash.services.deps import Deps
from cxdash.store import database

log = logging.getLogger(__name__)
OK, FAILED = "ok", "failed"


@dataclass(frozen=True)
class Readiness:
    """Each part "ok" or "failed"; a part that was not looked at because one before it failed is "failed" too."""

    database: str = FAILED
    schema: str = FAILED
    frames: str = FAILED

    @property
    def ready(self) -> bool:
        return (self.database, self.schema, self.frames) == (OK, OK, OK)


def readiness(deps: Deps) -> Readiness:
    """Looks at the store and at every columnar copy in memory; one that is behind is brought up to date here. Raises nothing."""
    try:
        newest = database.is_newest(deps.engine)
    except Exception as error:
        log.warning("not ready: the database does not answer (%s)", type(error).__name__)
        return Readiness()
    if not newest:
        log.warning("not ready: the schema of the database is not this version's")
        return Readiness(OK)
    try:
        for facts in deps.loaded():
            with suppress(NotFound):  # its programme was removed meanwhile
                facts.version()
    except Exception:
        log.warning("not ready: a columnar copy cannot follow the store", exc_info=True)
        return Readiness(OK, OK)
    return Readiness(OK, OK, OK)
