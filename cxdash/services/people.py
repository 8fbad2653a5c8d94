"""A person's rights: find them, hand over what is held, correct it, erase it or take the person out of it.

Every step is in the audit log with counts and without personal values. What a search is for is never kept anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict, NotFound
from cxdash.services import audit, leftovers
from cxdash.services.access import program_of, programs_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import load_catalog
from cxdash.services.deps import Deps
from cxdash.services.mailtext import is_email, masked_email, masked_name
from cxdash.services.personal import personal_attributes, registry, shown_key
from cxdash.store import contacts, keyed, people, programs, responses, waves
from cxdash.store.collect_tables import Contact
from cxdash.store.database import reading, writing
from cxdash.store.people import ERASED, Gone, Places, Who
from cxdash.store.tables import Program

__all__ = ["Counts", "Found", "Gone", "Held", "Who", "correct", "erase", "find", "held"]
LEAST = 2  # characters of a search


@dataclass(frozen=True)
class Counts:
    """How much is held of a person, by place."""

    contacts: int = 0
    responses: int = 0
    layers: int = 0
    visits: int = 0
    invitations: int = 0
    mails: int = 0
    problems: int = 0
    deliveries: int = 0

    @property
    def total(self) -> int:
        return sum(vars(self).values())


@dataclass(frozen=True)
class Found:
    """Somebody a search may mean, masked. program: slug. since, until: of their responses and visits."""

    who: Who
    program: str
    program_name: Mapping[str, str]
    key: str
    name: str
    email: str
    counts: Counts


@dataclass(frozen=True)
class Held:
    """Everything that is held of one person, in clear, as plain data: place -> rows of fields. contact: what may be corrected."""

    who: Who
    program: str
    tables: Mapping[str, tuple[Mapping[str, Any], ...]]
    contact: Mapping[str, Any] | None
    counts: Counts
    responses: tuple[int, ...] = field(default=())


def find(deps: Deps, actor: Actor, *, wanted: str) -> tuple[Found, ...]:
    """Whom a key, a name, an e-mail address or a telephone number may mean, in every programme the actor sees. Conflict for less than
    two characters. Words inside comments are not searched: they are sealed."""
    require(actor, Permission.HANDLE_PEOPLE)
    wanted = wanted.strip()
    if len(wanted) < LEAST:
        raise Conflict("people.short", least=LEAST)
    found: list[Found] = []
    with reading(deps.engine) as session:
        for program in programs_of(session, actor):
            for who in people.search(session, program_id=program.id or 0, wanted=wanted):
                found.append(_found(session, program, who))
    with writing(deps.engine) as session:
        audit.record(session, actor, "person.find", "", after={"found": len(found)})
    return tuple(sorted(found, key=lambda one: -one.counts.total))


def held(deps: Deps, actor: Actor, *, who: Who, purpose: str = "person.see") -> Held:
    """What is held of a person. purpose: "person.see" or "person.handover", for the audit log. NotFound when nothing is."""
    require(actor, Permission.HANDLE_PEOPLE)
    with reading(deps.engine) as session:
        program = program_of(session, actor, who.program_id)
        made = _held(session, program, who)
    if not made.counts.total:
        raise NotFound("people.gone")
    with writing(deps.engine) as session:
        audit.record(session, actor, purpose, f"program:{program.slug}", after=vars(made.counts))
    return made


def correct(deps: Deps, actor: Actor, *, who: Who, contact: Mapping[str, str] | None = None,
            attributes: Mapping[int, Mapping[str, str | None]] | None = None) -> None:  # fmt: skip
    """Corrects a customer's name, e-mail address or language, and attributes of responses (by id; None takes one away).

    Conflict for an e-mail address that is none. What a respondent answered is corrected by the respondent, from their own link.
    """
    require(actor, Permission.HANDLE_PEOPLE)
    given = {name: value.strip() for name, value in (contact or {}).items() if name in ("name", "email", "language")}
    if given.get("email") and not is_email(given["email"]):
        raise Conflict("mail.problem.email")
    with writing(deps.engine) as session:
        program = program_of(session, actor, who.program_id)
        _known(session, program)
        ver = programs.tick(session, program_id=program.id or 0)
        found = people.places(session, who)
        if given and found.contact is not None:
            contacts.correct(session, contact_id=found.contact.id or 0, values=given)
        mine = {key: change for key, change in (attributes or {}).items() if key in found.responses}
        told = registry(load_catalog(session, program.id or 0)) if mine else ()
        for number, change in mine.items():
            people.correct_response(session, program_id=program.id or 0, response_id=number, attributes=change, ver=ver,
                                    personal=told)  # fmt: skip
        after = {"fields": sorted(given), "responses": len(mine), "attributes": sorted({key for one in mine.values() for key in one})}
        audit.record(session, actor, "person.correct", f"program:{program.slug}", after=after)
    if mine:
        deps.forget(who.program_id)  # a value only this person had must not stay in the copy


def erase(deps: Deps, actor: Actor, *, who: Who, keep: bool) -> Gone:
    """Erases a person everywhere. keep: their responses stay without them, score and segment only; else those go too.

    In one transaction: all of it or nothing. The copies in memory and on disk follow at once here, and in other processes at their
    next question.
    """
    require(actor, Permission.HANDLE_PEOPLE)
    with writing(deps.engine) as session:
        program = program_of(session, actor, who.program_id)
        _known(session, program)
        gone = go(session, who, keep=keep)
        audit.record(session, actor, "person.anonymise" if keep else "person.erase", f"program:{program.slug}", before=vars(gone))
    deps.forget(who.program_id)
    leftovers.after_erasing(deps)
    return gone


def go(session: Session, who: Who, *, keep: bool, kind: str | None = None) -> Gone:
    """The erasure itself, in the caller's transaction. kind: what the ledger says of it."""
    ver = programs.tick(session, program_id=who.program_id)
    if keep:
        drop = personal_attributes(load_catalog(session, who.program_id))
        return people.anonymise(session, who, ver=ver, drop=drop, kind=kind or people.ANONYMISED)
    return people.erase(session, who, ver=ver, kind=kind or ERASED)


# ---------------------------------------------------------------- inside


def _known(session: Session, program: Program) -> None:
    if program.demo:
        raise Conflict("service.import.demo")


def counted(found: Places) -> Counts:
    return Counts(int(found.contact is not None), len(found.responses), found.layers, len(found.visits), len(found.invitations),
                  len(found.mails), len(found.problems), found.deliveries)  # fmt: skip


def _found(session: Session, program: Program, who: Who) -> Found:
    found = people.places(session, who)
    contact = found.contact
    key = keyed.box(session).open(contact.key if contact else who.key or "")
    return Found(who, program.slug, program.name, shown_key(key) or "", masked_name(contact.name) if contact else "",
                 masked_email(contact.email) if contact else "", counted(found))  # fmt: skip


def _held(session: Session, program: Program, who: Who) -> Held:
    found = people.places(session, who)
    contact = None
    if found.contact is not None:
        contact = contact_of(session, found.contact)
    return Held(who, program.slug, {name: tuple(rows) for name, rows in tables_of(session, program, found).items() if rows}, contact,
                counted(found), found.responses)  # fmt: skip


_CONTACT = ("key", "name", "email", "language", "attributes", "unsubscribed_at", "last_contacted_at")
_INVITATION = ("created_at", "sent_at", "reminded_at", "opened_at", "finished_at")
_MAIL = ("kind", "number", "to", "subject", "state", "created_at", "sent_at")
_VISIT = ("key", "state", "language", "device", "started_at", "updated_at", "finished_at", "seconds", "answers", "consent_at")


def tables_of(session: Session, program: Program, found: Places) -> dict[str, list[Mapping[str, Any]]]:
    """Place -> rows: contact, responses, imports, visits, invitations, mails, problems."""
    names = {wave.id: wave.code for wave in waves.list_waves(session, program_id=program.id or 0)}
    rows = list(responses.documents(session, ids=list(found.responses), program_id=program.id).iter_rows(named=True))
    layered = people.layers_of(session, response_ids=found.responses)
    files = people.imports_of(session, ids=[r["import_id"] for r in rows] + [one.import_id for one in layered]
                              + [p.import_id for p in found.problems])  # fmt: skip
    words = people.consents(session, hashes=[v.consent_hash for v in found.visits if v.consent_hash])
    box = keyed.box(session)
    return {
        "contact": [contact_of(session, found.contact)] if found.contact else [],
        "responses": [_response(row, names, files) for row in rows],
        "imports": [{"response": one.response_id, "file": files.get(one.import_id or 0, ""), "row": one.row, "at": one.at,
                     "attributes": one.attributes, "answers": one.answers} for one in layered],
        "visits": [{name: getattr(v, name) for name in _VISIT} | {"key": box.open(v.key)}
                   | {"consent": words[v.consent_hash].words if v.consent_hash in words else ""} for v in found.visits],
        "invitations": [{name: getattr(i, name) for name in _INVITATION} for i in found.invitations],
        "mails": [{name: getattr(m, name) for name in _MAIL} for m in found.mails],
        "problems": [{"file": files.get(p.import_id, ""), "row": p.row, "column": p.column, "value": p.value} for p in found.problems],
    }  # fmt: skip


def contact_of(session: Session, contact: Contact) -> dict[str, Any]:
    """A customer in clear."""
    box = keyed.box(session)
    clear = {"key": box.open(contact.key), "attributes": box.opened(contact.attributes)}
    return {name: getattr(contact, name) for name in _CONTACT} | clear


def _response(row: Mapping[str, Any], names: Mapping[int | None, str], files: Mapping[int, str]) -> Mapping[str, Any]:
    return {
        "id": row["id"], "wave": names.get(row["wave_id"], ""), "source": row["source"], "file": files.get(row["import_id"] or 0, ""),
        "row": row["row"], "respondent": row["respondent"], "at": row["at"], "attributes": json.loads(row["attributes"]),
        "answers": json.loads(row["answers"]),
    }  # fmt: skip


def moment(value: Any) -> Any:
    """As JSON and a worksheet take it."""
    return value.isoformat() if isinstance(value, datetime) else value
