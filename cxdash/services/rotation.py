"""Everything that is sealed, sealed anew under the key that is listed first. Killed at any moment it may simply be started again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cxdash.services import audit, sealednames
from cxdash.services.access import check_new
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import sealing, vault
from cxdash.store.database import writing


@dataclass(frozen=True)
class Rotated:
    """rows: looked at. sealed: of them, under another key before, or not at all."""

    rows: int
    sealed: int


def rotate(deps: Deps, actor: Actor, *, on_progress: Callable[[str, int], None] | None = None, batch: int = sealing.BATCH) -> Rotated:
    """In small transactions, beside people who work. on_progress(table, rows so far).

    Keys: CXDASH_PERSONAL_KEY lists the new one first and the former after it; when this is done the former may be left out.
    ConfigError when something was sealed under a key that is not listed.
    """
    require(actor, Permission.HANDLE_PEOPLE)
    check_new(actor)  # it is about every programme
    with writing(deps.engine) as session:
        rows, sealed = 1, int(sealing.reseal_keyring(session))
    for place in sealing.PLACES:
        after, seen = 0, 0
        while True:
            with writing(deps.engine) as session:
                last, n, changed = sealing.reseal(session, place, after=after, most=batch)
            if not n:
                break
            after, seen, sealed = last, seen + n, sealed + changed
            if on_progress is not None:
                on_progress(place.table, seen)
        rows += seen
    sealed += sealednames.seal(deps)
    with writing(deps.engine) as session:
        audit.record(session, actor, "personal_key.rotate", f"key:{vault.newest()}", after={"rows": rows, "sealed": sealed})
    return Rotated(rows, sealed)
