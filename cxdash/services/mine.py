"""A respondent's own rights, from their own link: what is held about them, correcting it, withdrawing; and what they agreed to.

Who they are follows from the link alone: a personal link is a customer with everything under their key, any other link the visit of
this browser. A device that many share has no such page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session

from cxdash.facts.snapshot import forget
from cxdash.services import audit, collecting, leftovers
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, load_catalog
from cxdash.services.collecting import Version
from cxdash.services.deps import Deps
from cxdash.services.questionnaire import coded
from cxdash.store import keyed, links, mine, people, programs, responses, visits
from cxdash.store.collect_tables import Visit
from cxdash.store.database import answering, available, reading
from cxdash.store.links import Door
from cxdash.store.people import WITHDRAWN, Gone, Places, Who
from cxdash.survey import flow
from cxdash.survey.form import GATE, NO, YES, Form, text

SHARED = (links.KIOSK, links.INTERVIEWER, links.MYSTERY, links.PREVIEW)
_said: WeakKeyDictionary[Engine, set[str]] = WeakKeyDictionary()  # wordings that this process knows to be stored


@dataclass(frozen=True)
class Part:
    """One questionnaire filled in, or begun. answers: (question, answer) in words. consent: the words agreed to, and when."""

    at: datetime | None
    finished: bool
    answers: tuple[tuple[str, str], ...]
    consent: str = ""
    consent_at: datetime | None = None


@dataclass(frozen=True)
class Mine:
    """contact: what is known of a customer: name, email, language, and attributes. correctable: the answers can be changed now."""

    contact: Mapping[str, str]
    attributes: Mapping[str, str]
    parts: tuple[Part, ...]
    invited: int
    correctable: bool
    timezone: str


def may(kind: str) -> bool:
    """Whether a link of this kind has such a page."""
    return kind not in SHARED


def see(deps: Deps, actor: Actor, *, token: str, secret: str, language: str, now: datetime | None = None) -> Mine | None:
    """What is held; None when it is nothing, or when the link is nobody's own."""
    require(actor, Permission.RESPOND)
    with available(), reading(deps.engine) as session:
        door, who, visit = _whose(session, token, secret)
        if door is None or who is None:
            return None
        found = people.places(session, who)
        if not (found.contact or found.visits or found.responses):
            return None
        catalog = load_catalog(session, door.program_id)
        made = _mine(deps.engine, session, door, catalog, found, language)
        return replace(made, correctable=_correctable(door, visit, found, now or datetime.now(UTC)))


def withdraw(deps: Deps, actor: Actor, *, token: str, secret: str) -> Gone | None:
    """Everything goes; a customer's row stays as a key that nobody is written to by. None when there is nothing of theirs."""
    require(actor, Permission.RESPOND)
    with answering(deps.engine, patience=5) as session:
        door, who, _ = _whose(session, token, secret)
        if door is None or who is None:
            return None
        ver = programs.tick(session, program_id=door.program_id)
        gone = people.erase(session, who, ver=ver, kind=WITHDRAWN, bare=True)
        audit.record(session, actor, "person.withdraw", f"program:{door.program_id}", before=vars(gone))
    leftovers.after_erasing(deps)
    forget(deps.settings.home, who.program_id)  # the copy on disk at once; frames in memory follow at their next question
    return gone


def reopen(deps: Deps, actor: Actor, *, token: str, secret: str, now: datetime | None = None) -> bool:
    """The finished answers become a draft again, to be changed and sent once more; until then the response stays as it is.

    False when the link is not open any more, a quota counts its responses, or the answers are not there.
    """
    require(actor, Permission.RESPOND)
    with answering(deps.engine, patience=5) as session:
        door, who, visit = _whose(session, token, secret)
        if door is None or who is None or visit is None:
            return False
        found = people.places(session, who)
        if not _correctable(door, visit, found, now or datetime.now(UTC)):
            return False
        version = collecting.version_of(deps.engine, session, visit.survey_version_id)
        [row] = responses.documents(session, ids=[visit.response_id or 0], program_id=door.program_id).iter_rows(named=True)
        draft = decoded(version, json.loads(row["attributes"]), json.loads(row["answers"]))
        visits.reopen(session, visit_id=visit.id or 0, answers=draft, at=now or datetime.now(UTC))
        audit.record(session, actor, "person.reopen", f"visit:{visit.id}")
    return True


def agreed(deps: Deps, actor: Actor, *, form: Form, language: str) -> str:
    """The hash of the words that somebody agrees to now, after making sure that the words are kept; "" where there are none."""
    require(actor, Permission.RESPOND)
    words = text(form.consent, language)
    if not words:
        return ""
    key = hashlib.sha256(f"{language}\n{words}".encode("utf-8", "replace")).hexdigest()
    kept = _said.setdefault(deps.engine, set())
    if key not in kept:
        with answering(deps.engine, patience=5) as session:
            mine.keep_words(session, key=key, language=language, words=words)
        kept.add(key)
    return key


def decoded(version: Version, attributes: Mapping[str, str], documents: Mapping[str, Any]) -> dict[str, Any]:
    """A response's documents as answers by field: what `questionnaire.coded` did, the other way round."""
    found: dict[str, Any] = {}
    for question in version.form.questions:
        code = question.code
        if question.kind == "multi" and isinstance(documents.get(code), list):
            back = {number: value for value, number in version.coding.get(code, {}).items()}
            known = {str(option.value): option.value for option in question.options}
            given = [back.get(number, str(number)) for number in documents[code]]
            found[code] = [known[value] for value in given if value in known]
        elif code in documents:
            found[code] = documents[code]
        elif code in attributes:
            known = {str(option.value): option.value for option in question.options}
            found[code] = known.get(attributes[code], attributes[code])
    for stage in version.form.stages:
        if stage.gate:
            told = any(q.stage == stage.code and q.code in found for q in version.form.questions)
            found[GATE + stage.code] = YES if told else NO
    return found


# ---------------------------------------------------------------- inside


def _whose(session: Session, token: str, secret: str) -> tuple[Door | None, Who | None, Visit | None]:
    door = links.door_of(session, token=token)
    if door is None or not may(door.kind):
        return None, None, None
    if door.invitation_id is not None:
        visit = visits.by_invitation(session, invitation_id=door.invitation_id)
        return door, Who(door.program_id, door.contact_id, door.contact_key), visit
    visit = visits.by_secret(session, secret=secret) if secret else None
    if visit is None or visit.link_id != door.link_id:
        return door, None, None
    numbers = (visit.response_id,) if visit.response_id else ()
    return door, Who(door.program_id, None, visit.key, numbers, (visit.id or 0,)), visit


def _correctable(door: Door, visit: Visit | None, found: Places, at: datetime) -> bool:
    """A response that a quota counts stays as it was sent: changed attributes would count it in another cell."""
    if visit is None or visit.state != visits.FINISHED or visit.response_id not in found.responses or door.quota:
        return False
    closed = door.closes_at is not None and at >= door.closes_at
    return door.state == links.OPEN and door.survey_state == "published" and not closed


def _mine(engine: Engine, session: Session, door: Door, catalog: Catalog, found: Places, language: str) -> Mine:
    contact = found.contact
    box = keyed.box(session)
    known = {name: str(getattr(contact, name)) for name in ("key", "name", "email", "language") if getattr(contact, name, None)}
    if "key" in known:
        known["key"] = box.open(known["key"])
    words = people.consents(session, hashes=[v.consent_hash for v in found.visits if v.consent_hash])
    by_response = {v.response_id: v for v in found.visits if v.response_id}
    parts = []
    for row in responses.documents(session, ids=list(found.responses), program_id=door.program_id).iter_rows(named=True):
        visit = by_response.get(row["id"])
        told = _told(catalog, json.loads(row["attributes"]), json.loads(row["answers"]), language)
        parts.append(_part(row["at"], True, told, visit, words))
    for visit in found.visits:
        if visit.answers:
            version = collecting.version_of(engine, session, visit.survey_version_id)
            told = _told(catalog, *coded(version.form, flow.kept(version.form, visit.answers), version.coding), language)
            parts.append(_part(visit.updated_at, False, told, visit, words))
    titles = {a.key: a.wording.get(language) or next(iter(a.wording.values()), "") or a.key for a in catalog.attributes}
    attributes = {titles.get(key, key): value for key, value in (box.opened(contact.attributes) if contact else {}).items()}
    return Mine(known, attributes, tuple(parts), len(found.invitations), False, door.timezone)


def _part(at: datetime | None, finished: bool, told: tuple[tuple[str, str], ...], visit: Visit | None, words: Mapping[str, Any]) -> Part:
    said = words.get(visit.consent_hash or "") if visit else None
    return Part(at, finished, told, said.words if said else "", visit.consent_at if visit else None)


def _told(catalog: Catalog, attributes: Mapping[str, str], documents: Mapping[str, Any], language: str) -> tuple[tuple[str, str], ...]:
    """Questions and answers in words, questions first in their order, then what else is known."""

    def named(wording: Mapping[str, str], code: str) -> str:
        return wording.get(language) or next((one for one in wording.values() if one), code)

    told = []
    for question in catalog.questions:
        value = documents.get(question.code)
        if isinstance(value, list):
            value = ", ".join(question.options[i - 1] for i in value if 1 <= i <= len(question.options))
        elif value is not None and question.scale is not None:
            label = question.labels.get(language, {}).get(str(value), "")
            value = f"{value} / {question.scale.hi}" + (f" ({label})" if label else "")
        if value not in (None, ""):
            told.append((named(question.wording, question.code), str(value)))
    for attribute in catalog.attributes:
        if attributes.get(attribute.key):
            value = attribute.labels.get(language, {}).get(attributes[attribute.key], attributes[attribute.key])
            told.append((named(attribute.wording, attribute.key), value))
    return tuple(told)
