"""Keys of machines: who may send responses or read figures without a person in front of a screen, and what each key opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cxdash.errors import Conflict, Refused
from cxdash.services import audit
from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, RoleName, require
from cxdash.services.deps import Deps
from cxdash.store import keys, programs
from cxdash.store.collect_tables import ApiKey
from cxdash.store.database import answering, available, reading, writing

WRITE, METRICS, PROGRAMS = "responses:write", "metrics:read", "programs:read"
# What a key may do, and as whom it then acts: nothing beyond what that role may.
SCOPES = (WRITE, METRICS, PROGRAMS)
_ROLES = {WRITE: RoleName.RESPONDENT, METRICS: RoleName.VIEWER, PROGRAMS: RoleName.VIEWER}
RATE, RATE_MAX = 600, 60_000  # requests a minute
NAME_MAX = 80
KEY_MAX = 200  # characters of what is shown as a key; longer is no key of ours


@dataclass(frozen=True)
class KeyInfo:
    """A key as it can be listed. prefix: its first characters; the key itself is known only to whom it was given."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    rate: int
    created_at: datetime
    created_by: str
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class Machine:
    """Whom a valid key speaks for. program: slug."""

    key_id: int
    name: str
    program_id: int
    program: str
    scopes: frozenset[str]
    rate: int


def create_key(
    deps: Deps, actor: Actor, *, program: str, name: str, scopes: Sequence[str], rate: int = RATE
) -> tuple[KeyInfo, str]:
    """A new key, in clear only here. Conflict: no name, no or an unknown scope, a rate outside 1–60,000 a minute."""
    require(actor, Permission.MANAGE_PROGRAM)
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    if not wanted or len(wanted) != len(set(scopes)):
        raise Conflict("api.key.scopes", known=", ".join(SCOPES))
    if not 1 <= rate <= RATE_MAX:
        raise Conflict("api.key.rate", most=RATE_MAX)
    if len(name.strip()) > NAME_MAX:
        raise Conflict("api.key.name", most=NAME_MAX)
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        made, key = keys.add_key(session, program_id=owner.id or 0, name=name, scopes=wanted, rate=rate, by=actor.name)
        noted = {"program": owner.slug, "scopes": [str(s) for s in wanted], "rate": rate}
        audit.record(session, actor, "key.create", f"key:{made.id}", after=noted)
        return _info(made), key


def list_keys(deps: Deps, actor: Actor, *, program: str) -> tuple[KeyInfo, ...]:
    """Revoked ones too, in the order they were made."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        return tuple(_info(row) for row in keys.list_keys(session, program_id=owner.id or 0))


def revoke_key(deps: Deps, actor: Actor, *, program: str, key_id: int) -> None:
    """From the next request on it opens nothing; a second time changes nothing. NotFound when the programme has no such key."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        keys.revoke(session, program_id=owner.id or 0, key_id=key_id)
        audit.record(session, actor, "key.revoke", f"key:{key_id}", before={"program": owner.slug})


def machine_of(deps: Deps, *, key: str) -> Machine | None:
    """Whom a key speaks for at this moment; None for one that is unknown or revoked. There is no actor before this.

    Unavailable when the database cannot be asked now.
    """
    if not key or len(key) > KEY_MAX:
        return None
    with available(), reading(deps.engine) as session:
        row = keys.find_key(session, key=key)
        if row is None:
            return None
        owner = programs.find_program(session, slug_or_id=row.program_id)
        return Machine(row.id or 0, row.name, row.program_id, owner.slug, frozenset(row.scopes), row.rate)


def acting(machine: Machine, scope: str) -> Actor:
    """The actor for one thing the key may do; Refused when it may not."""
    if scope not in machine.scopes:
        raise Refused("api.key.not_allowed", scope=scope)
    return Actor(f"key {machine.name}", _ROLES[scope], programs=(machine.program,))


def note_use(deps: Deps, machine: Machine, *, at: datetime | None = None) -> None:
    """Remembers that the key was used. Unavailable when the database is busy: nobody needs to wait for this."""
    with answering(deps.engine, patience=1) as session:
        keys.used(session, key_id=machine.key_id, at=at or datetime.now(UTC))


def _info(row: ApiKey) -> KeyInfo:
    return KeyInfo(
        row.id or 0, row.name, row.prefix, tuple(row.scopes), row.rate, row.created_at, row.created_by, row.last_used_at, row.revoked_at
    )
