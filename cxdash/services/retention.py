"""How long a programme keeps personal data, drafts and whole responses; what would go now; and the daily purge that lets it go.

The purge works in small transactions, each of which is whole and in the audit log: killed at any moment it goes on from where it was, the
next time. One process at a time does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict
from cxdash.services import audit, leftovers, sealednames
from cxdash.services.access import check_new, program_of
from cxdash.services.actor import Actor, Permission, RoleName, require
from cxdash.services.catalog import load_catalog
from cxdash.services.deps import Deps
from cxdash.services.personal import personal_attributes
from cxdash.store import programs
from cxdash.store import retention as store
from cxdash.store.database import Collision, reading, writing
from cxdash.store.people_tables import Retention

log = logging.getLogger(__name__)
DAYS = (1, 36_500)
EVERY, HOLD, LOOK = timedelta(hours=24), timedelta(minutes=10), 1800.0
PURGER = Actor("purge", RoleName.ADMIN)


@dataclass(frozen=True)
class Policy:
    """Days after which it goes; None: it stays. personal: keys, names, addresses, comments. drafts: answers never sent."""

    personal: int | None = None
    drafts: int | None = None
    responses: int | None = None


@dataclass(frozen=True)
class Purged:
    """Rows that go (or went): whole responses, responses that lose their person, customers, drafts."""

    responses: int = 0
    personal: int = 0
    contacts: int = 0
    drafts: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def total(self) -> int:
        return self.responses + self.personal + self.contacts + self.drafts


@dataclass(frozen=True)
class Outlook:
    """A programme's policy, what would go under it now, and when the purge was last done."""

    policy: Policy
    would_go: Purged
    last_done: datetime | None


def outlook(deps: Deps, actor: Actor, *, program: str, policy: Policy | None = None, now: datetime | None = None) -> Outlook:
    """The policy that is set, or another to try: nothing is changed by asking."""
    require(actor, Permission.HANDLE_PEOPLE)
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        tried = policy or _policy(store.policy(session, program_id=owner.id or 0))
        return Outlook(tried, _would_go(session, owner.id or 0, tried, at), store.last_done(session, name=store.PURGE))


def save_policy(deps: Deps, actor: Actor, *, program: str, policy: Policy) -> None:
    """From the next purge on. Conflict for days that are no days, and for the demo programme."""
    require(actor, Permission.HANDLE_PEOPLE)
    if any(days is not None and not DAYS[0] <= days <= DAYS[1] for days in vars(policy).values()):
        raise Conflict("people.retention.days", least=DAYS[0], most=DAYS[1])
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        if owner.demo:
            raise Conflict("service.import.demo")
        before = _policy(store.policy(session, program_id=owner.id or 0))
        store.save(session, program_id=owner.id or 0, personal_days=policy.personal, draft_days=policy.drafts,
                   response_days=policy.responses, by=actor.name, at=datetime.now(UTC))  # fmt: skip
        audit.record(session, actor, "retention.save", f"program:{owner.slug}", before=vars(before), after=vars(policy))


def purge(
    deps: Deps, actor: Actor, *, now: datetime | None = None, dry: bool = False, stop: Callable[[], bool] = lambda: False
) -> dict[str, Purged]:  # fmt: skip
    """Lets go what no programme keeps any longer; slug -> what went. dry: only what would. stop: asked between two transactions."""
    require(actor, Permission.HANDLE_PEOPLE)
    check_new(actor)  # it is about every programme
    at, done = now or datetime.now(UTC), {}
    with reading(deps.engine) as session:
        wanted = [(row.program_id, _policy(row)) for row in store.policies(session)]
        slugs = {key: programs.find_program(session, slug_or_id=key).slug for key, _ in wanted}
        if dry:
            return {slugs[key]: _would_go(session, key, policy, at) for key, policy in wanted if actor.sees(slugs[key])}
    for key, policy in wanted:
        if actor.sees(slugs[key]):
            done[slugs[key]] = _purged(deps, actor, key, slugs[key], policy, at, stop)
            if done[slugs[key]].responses or done[slugs[key]].personal:
                deps.forget(key)  # the copies in memory and on disk are made again without what went
    return done


def daily(deps: Deps, *, now: datetime | None = None, stop: Callable[[], bool] = lambda: False) -> dict[str, Purged] | None:
    """The purge, when it is due and no other process is at it; None otherwise."""
    at = now or datetime.now(UTC)
    try:
        with writing(deps.engine) as session:
            mine = store.claim(session, name=store.PURGE, at=at, hold=HOLD, every=EVERY)
    except Collision:
        return None
    if not mine:
        return None
    done = purge(deps, PURGER, now=at, stop=stop)
    leftovers.after_erasing(deps)
    sealednames.seal(deps, stop=stop)  # an attribute may have become personal by its name since yesterday
    if not stop():
        with writing(deps.engine) as session:
            store.done(session, name=store.PURGE, at=at)
    return done


class Janitor:
    """The thread of one process that looks now and then whether the purge is due."""

    def __init__(self, deps: Deps) -> None:
        self._deps, self._ended = deps, threading.Event()
        self._thread = threading.Thread(target=self._work, name="cxdash-janitor", daemon=True)

    def start(self) -> Janitor:
        self._thread.start()
        return self

    def stop(self, patience: float = 10.0) -> None:
        """Finishes the transaction at hand and ends."""
        self._ended.set()
        self._thread.join(patience)

    def _work(self) -> None:
        while not self._ended.wait(min(60.0, LOOK)):
            try:
                leftovers.sweep(self._deps.settings.home)
                done = daily(self._deps, stop=self._ended.is_set)
                if done:
                    log.info("purge: %s", {slug: vars(one) for slug, one in done.items()})
            except Exception as error:  # a database that is away: later
                log.warning("the purge waits: %s", type(error).__name__)
            if self._ended.wait(LOOK):
                return


# ---------------------------------------------------------------- inside


def _policy(row: Retention) -> Policy:
    return Policy(row.personal_days, row.draft_days, row.response_days)


def _would_go(session: Session, program_id: int, policy: Policy, at: datetime) -> Purged:
    found = Purged()
    if policy.responses:
        found = replace(found, responses=store.count(session, store.old_responses(program_id, at - timedelta(days=policy.responses))))
    if policy.personal:
        before = at - timedelta(days=policy.personal)
        stripped = store.count(session, store.old_personal(program_id, before))
        if policy.responses and policy.responses <= policy.personal:  # those go whole
            stripped = 0
        elif policy.responses:
            stripped -= store.count(session, store.old_personal(program_id, at - timedelta(days=policy.responses)))
        found = replace(found, personal=stripped, contacts=store.count(session, store.old_contacts(program_id, before)))
    if policy.drafts:
        found = replace(found, drafts=store.count(session, store.old_drafts(program_id, at - timedelta(days=policy.drafts))))
    return found


def _purged(deps: Deps, actor: Actor, program_id: int, slug: str, policy: Policy, at: datetime, stop: Callable[[], bool]) -> Purged:
    total = Purged()
    for what, days, query in (
        ("responses", policy.responses, store.old_responses),
        ("personal", policy.personal, store.old_personal),
        ("contacts", policy.personal, store.old_contacts),
        ("drafts", policy.drafts, store.old_drafts),
    ):
        after: int | None = 0
        while days and after is not None and not stop():
            with writing(deps.engine) as session:
                after, n = _batch(session, program_id, what, query(program_id, at - timedelta(days=days)), after)
                if n:
                    audit.record(session, actor, f"purge.{what}", f"program:{slug}", after={"rows": n, "days": days})
                store.hold(session, name=store.PURGE, until=datetime.now(UTC) + HOLD)
            total += Purged(**{what: n})
    return total


def _batch(session: Session, program_id: int, what: str, query: Any, after: int) -> tuple[int | None, int]:
    """(the last id that was looked at, or None at the end; how many went)"""
    ids = store.some(session, query, after=after)
    if not ids:
        return None, 0
    ver = programs.tick(session, program_id=program_id) if what in ("responses", "personal") else 0
    ids = store.some(session, query, after=after)  # once more, now that nobody else changes them
    if not ids:
        return None, 0
    if what == "responses":
        store.drop_responses(session, program_id=program_id, ids=ids, ver=ver)
    elif what == "personal":
        store.strip_responses(session, program_id=program_id, ids=ids, ver=ver, drop=personal_attributes(load_catalog(session, program_id)))
    elif what == "contacts":
        store.drop_contacts(session, ids=ids)
    else:
        store.people.forget_visits(session, ids=ids)
    return ids[-1], len(ids)
