"""One person in everything that is kept: where they are, what is held, and how it goes.

A person is a customer, a respondent's key, or single responses, of one programme (`Who`). Keys are as they are kept, so an address is a
hash here (cxdash.store.vault).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, or_, select, tuple_, update
from sqlmodel import Session, col

from cxdash.masking import masked
from cxdash.store import bulk, keyed, responses, vault
from cxdash.store.collect_tables import ApiRequest, Contact, Invitation, Mail, SurveyVersion, Visit, WebhookDelivery
from cxdash.store.people_tables import ConsentText, Erasure
from cxdash.store.tables import Import, Layer, Problem, Response, now
from cxdash.store.text import dumps
from cxdash.store.tokens import digest

ERASED, ANONYMISED, WITHDRAWN, EXPIRED = "erased", "anonymised", "withdrawn", "expired"
_QUIET = {"synchronize_session": False}
MOST = 200  # rows of one kind that a search brings
LONG = 3  # characters from which on a text is looked for inside others


@dataclass(frozen=True)
class Who:
    """A person in one programme. key: as kept. Response ids are those found without a key, problems single cells of files."""

    program_id: int
    contact_id: int | None = None
    key: str | None = None
    responses: tuple[int, ...] = ()
    visits: tuple[int, ...] = ()
    problems: tuple[int, ...] = ()


@dataclass(frozen=True)
class Places:
    """Everything of a person: rows of the tables, by id."""

    contact: Contact | None = None
    invitations: tuple[Invitation, ...] = ()
    mails: tuple[Mail, ...] = ()
    visits: tuple[Visit, ...] = ()
    responses: tuple[int, ...] = ()
    problems: tuple[Problem, ...] = ()
    deliveries: int = 0
    requests: int = 0
    layers: int = 0


@dataclass(frozen=True)
class Gone:
    """What an erasure did: rows by kind."""

    responses: int = 0
    contacts: int = 0
    visits: int = 0
    mails: int = 0
    problems: int = 0
    kept: int = field(default=0)  # responses that stayed, without the person

    def __add__(self, other: Gone) -> Gone:
        return Gone(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def search(session: Session, *, program_id: int, wanted: str) -> list[Who]:
    """Whom a key, a name, an e-mail address or a telephone number may mean, each once; the best known first."""
    wanted = wanted.strip()
    if not wanted:
        return []
    box = keyed.box(session)
    keys = list({*keyed.kept_keys(session, [wanted]).values(), vault.pseudonym(box.index, wanted)})
    contacts = _contacts(session, program_id, wanted, keys, box)
    found = [Who(program_id, c.id, c.key) for c in contacts]
    of = col(Response.program_id) == program_id
    here = select(Response.id, Response.respondent).where(of, or_(col(Response.respondent).in_(keys), _in_document(Response, wanted, box)))
    keyless: list[int] = []
    for number, key in session.execute(here.order_by(col(Response.id)).limit(MOST)):
        if key is None:
            keyless.append(number)
        elif all(who.key != key for who in found):
            found.append(Who(program_id, None, key))
    found += [Who(program_id, responses=(number,)) for number in keyless]
    visits = session.scalars(select(Visit).join(SurveyVersion).where(col(Visit.key).in_(keys)).limit(MOST))
    found += [Who(program_id, key=v.key, visits=(v.id or 0,)) for v in visits
              if all(who.key != v.key for who in found) and _program_of(session, v) == program_id]  # fmt: skip
    problems = _cells(session, program_id, wanted)
    if problems:
        found.append(Who(program_id, problems=tuple(p.id or 0 for p in problems)))
    return found


def places(session: Session, who: Who) -> Places:
    """Where the person is."""
    contact = session.get(Contact, who.contact_id) if who.contact_id is not None else None
    if contact is None and who.key is not None:
        contact = session.scalars(select(Contact).where(col(Contact.program_id) == who.program_id, col(Contact.key) == who.key)).first()
    if contact is not None and contact.program_id != who.program_id:
        contact = None
    invitations = _of_contact(session, Invitation, contact)
    mails = _of_contact(session, Mail, contact)
    visits = _visits(session, who, [i.id or 0 for i in invitations])
    numbers = _responses(session, who, contact, invitations, visits)
    said = _said_at(session, numbers)
    problems = list(session.scalars(select(Problem).where(tuple_(col(Problem.import_id), col(Problem.row)).in_(said)))) if said else []
    problems += [p for p in session.scalars(select(Problem).where(bulk.among(session, col(Problem.id), list(who.problems))))
                 if p.id not in {q.id for q in problems}]  # fmt: skip
    among = bulk.among(session, col(WebhookDelivery.response_id), numbers)
    deliveries = len(session.scalars(select(WebhookDelivery.id).where(among)).all())
    requests = len(session.scalars(select(ApiRequest.key).where(bulk.among(session, col(ApiRequest.response_id), numbers))).all())
    layered = len(session.scalars(select(Layer.id).where(bulk.among(session, col(Layer.response_id), numbers))).all())
    return Places(contact, tuple(invitations), tuple(mails), tuple(visits), tuple(numbers), tuple(problems), deliveries, requests, layered)


def imports_of(session: Session, *, ids: Iterable[int | None]) -> dict[int, str]:
    """Import -> name of its file."""
    wanted = [key for key in set(ids) if key is not None]
    found = session.execute(select(Import.id, Import.file_name).where(bulk.among(session, col(Import.id), wanted)))
    return {key: name for key, name in found if key is not None}


def layers_of(session: Session, *, response_ids: Sequence[int]) -> list[Layer]:
    """What each import said of these responses, opened."""
    mine = bulk.among(session, col(Layer.response_id), list(response_ids))
    found = list(session.scalars(select(Layer).where(mine).order_by(col(Layer.id))))
    session.expunge_all()
    box = keyed.box(session)
    for layer in found:
        layer.answers = json.loads(vault.unseal_texts(dumps(layer.answers)))
        layer.attributes = box.opened(layer.attributes)
    return found


def consents(session: Session, *, hashes: Iterable[str]) -> dict[str, ConsentText]:
    return {one.hash: one for one in session.scalars(select(ConsentText).where(col(ConsentText.hash).in_(set(hashes))))}


# ---------------------------------------------------------------- going


def erase(session: Session, who: Who, *, ver: int, kind: str = ERASED, bare: bool = False) -> Gone:
    """Everything of the person goes. ver: from `programs.tick` in the same transaction. bare: a customer's row stays, unsubscribed and
    with nothing but the key, so that nobody writes to them again."""
    found = places(session, who)
    gone = _beside(session, found, bare=bare)
    n = responses.erase(session, ids=list(found.responses), ver=ver, program_id=who.program_id)
    note(session, program_id=who.program_id, ver=ver, kind=kind, n=n)
    return gone + Gone(responses=n)


def anonymise(session: Session, who: Who, *, ver: int, drop: Iterable[str], kind: str = ANONYMISED) -> Gone:
    """What was answered stays, score and segment; key, texts, and whatever leads to the person goes. drop: attributes that are personal."""
    found = places(session, who)
    gone = _beside(session, found)
    n = without_person(session, program_id=who.program_id, ids=found.responses, ver=ver, drop=drop)
    note(session, program_id=who.program_id, ver=ver, kind=kind, n=n)
    return gone + Gone(kept=n)


def note(session: Session, *, program_id: int, ver: int, kind: str, n: int) -> None:
    """For the ledger: how many responses went, or lost their person."""
    if n:
        session.add(Erasure(program_id=program_id, ver=ver, kind=kind, responses=n))
        session.flush()


def erasures(session: Session, *, program_id: int, since: int = 0) -> list[Erasure]:
    """Of the programme after a data version, oldest first."""
    query = select(Erasure).where(col(Erasure.program_id) == program_id, col(Erasure.ver) > since)
    return list(session.scalars(query.order_by(col(Erasure.id))))


def without_person(session: Session, *, program_id: int, ids: Sequence[int], ver: int, drop: Iterable[str]) -> int:
    """Takes key, texts and personal attributes out of responses and their layers, and the problem cells of their rows. How many."""
    personal = frozenset(drop)
    mine = bulk.among(session, col(Response.id), list(ids))
    rows = list(session.scalars(select(Response).where(col(Response.program_id) == program_id, mine)))
    said = _said_at(session, [row.id or 0 for row in rows])
    if said:
        session.execute(delete(Problem).where(tuple_(col(Problem.import_id), col(Problem.row)).in_(said)), execution_options=_QUIET)
    for row in rows:
        row.respondent, row.row, row.ver = None, None, ver
        row.answers, row.attributes = _impersonal(row.answers, row.attributes, personal)
    for layer in session.scalars(select(Layer).where(bulk.among(session, col(Layer.response_id), [row.id or 0 for row in rows]))):
        layer.row = None
        layer.answers, layer.attributes = _impersonal(layer.answers, layer.attributes, personal)
    session.flush()
    requests = bulk.among(session, col(ApiRequest.response_id), [row.id or 0 for row in rows])
    session.execute(delete(ApiRequest).where(requests), execution_options=_QUIET)
    return len(rows)


def forget_visits(session: Session, *, ids: Sequence[int]) -> int:
    """Visits stay as a count of somebody who came; the draft, the key and the cookie's secret go."""
    for visit in session.scalars(select(Visit).where(bulk.among(session, col(Visit.id), list(ids)))):
        visit.answers, visit.device, visit.invitation_id = {}, "", None
        visit.key, visit.secret_hash = "x-" + secrets.token_hex(16), digest(secrets.token_hex(16))
        visit.consent_hash = visit.consent_at = None
    session.flush()
    return len(ids)


def correct_response(session: Session, *, program_id: int, response_id: int, attributes: Mapping[str, str | None], ver: int,
                     personal: keyed.Personal = ()) -> bool:  # fmt: skip
    """Sets attributes of a response, or takes them away (None), in its layers too. Whether there is such a response."""
    row = session.get(Response, response_id)
    if row is None or row.program_id != program_id:
        return False
    given = {key: value for key, value in attributes.items() if value}
    told = keyed.box(session).attributes(given, personal)
    for one in (row, *session.scalars(select(Layer).where(col(Layer.response_id) == response_id))):
        kept = {key: value for key, value in one.attributes.items() if key not in attributes}
        one.attributes = kept | {key: value for key, value in told.items() if key in one.attributes or one is row}
    row.ver = ver
    session.flush()
    return True


def _beside(session: Session, found: Places, *, bare: bool = False) -> Gone:
    """The customer, mails, visits, stray cells, and idempotency keys: everything but the responses themselves."""
    forget_visits(session, ids=[v.id or 0 for v in found.visits])
    if found.contact is not None and bare:
        strip_contact(session, found.contact)
    elif found.contact is not None:
        session.execute(delete(Contact).where(col(Contact.id) == found.contact.id), execution_options=_QUIET)
        session.expire_all()
    cells = bulk.among(session, col(Problem.id), [p.id or 0 for p in found.problems])
    session.execute(delete(Problem).where(cells), execution_options=_QUIET)
    requests = bulk.among(session, col(ApiRequest.response_id), list(found.responses))
    session.execute(delete(ApiRequest).where(requests), execution_options=_QUIET)
    waiting = (bulk.among(session, col(WebhookDelivery.response_id), list(found.responses)), col(WebhookDelivery.state) == "waiting")
    session.execute(delete(WebhookDelivery).where(*waiting), execution_options=_QUIET)
    session.execute(update(Invitation).where(bulk.among(session, col(Invitation.response_id), list(found.responses)))
                    .values(response_id=None), execution_options=_QUIET)  # fmt: skip
    return Gone(contacts=int(found.contact is not None), visits=len(found.visits), mails=len(found.mails), problems=len(found.problems))


def strip_contact(session: Session, contact: Contact) -> None:
    """Only the key stays, and that nobody is to write to them."""
    contact.unsubscribed_at = contact.unsubscribed_at or now()
    contact.name = contact.email = contact.name_hash = contact.email_hash = ""
    contact.attributes, contact.language = {}, None
    for table in (Mail, Invitation):
        session.execute(delete(table).where(col(table.contact_id) == contact.id), execution_options=_QUIET)
    session.flush()


def _impersonal(
    answers: Mapping[str, Any], attributes: Mapping[str, str], personal: frozenset[str]
) -> tuple[dict[str, Any], dict[str, str]]:  # fmt: skip
    kept = {key: value for key, value in attributes.items()
            if key not in personal and masked(str(value)) == value and not keyed.looks_sealed(value)}  # fmt: skip
    return {key: value for key, value in answers.items() if not isinstance(value, str)}, kept


# ---------------------------------------------------------------- looking


def _contacts(session: Session, program_id: int, wanted: str, keys: Sequence[str], box: keyed.Box) -> list[Contact]:
    mine = [col(Contact.key).in_(keys), col(Contact.name_hash) == vault.hashed(box.index, "name", wanted),
            col(Contact.email_hash) == vault.hashed(box.index, "email", wanted), _in_document(Contact, wanted, box)]  # fmt: skip
    query = select(Contact).where(col(Contact.program_id) == program_id, or_(*mine))
    return list(session.scalars(query.order_by(col(Contact.id)).limit(MOST)))


def _in_document(table: Any, wanted: str, box: keyed.Box) -> ColumnElement[bool]:
    """An attribute's whole value, sealed or not, in any spelling of a telephone number."""
    document = cast(col(table.attributes), String)
    spaces = ("", " ")  # PostgreSQL writes one when it puts two documents together
    told = [one for text in _spellings(wanted) for one in (text, box.seal(text))]
    return or_(*(document.contains(f":{space}{dumps(text)}", autoescape=True) for text in told for space in spaces))


def _spellings(wanted: str) -> list[str]:
    digits = vault.normal("phone", wanted)
    told = [wanted]
    if vault.identifies(wanted) and "@" not in wanted and len(digits) in (10, 11):
        told += [digits, f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}", f"{digits[:3]} {digits[3:-4]} {digits[-4:]}"]
    if "@" in wanted:
        told += [wanted.lower()]
    return list(dict.fromkeys(told))


def _cells(session: Session, program_id: int, wanted: str) -> list[Problem]:
    """Cells of files that could not be used and hold the text. They are sealed, so each is opened and looked at."""
    if len(wanted) < LONG:
        return []
    told, found = _spellings(wanted), []
    query = select(Problem).join(Import, col(Import.id) == col(Problem.import_id)).where(col(Import.program_id) == program_id)
    cells = query.where(col(Problem.value) != "").order_by(col(Problem.id)).execution_options(yield_per=2000)
    for cell in session.scalars(cells):
        if any(text in cell.value for text in told):
            found.append(cell)
            if len(found) == MOST:
                break
    return found


def _of_contact(session: Session, table: Any, contact: Contact | None) -> list[Any]:
    if contact is None:
        return []
    return list(session.scalars(select(table).where(col(table.contact_id) == contact.id).order_by(col(table.id))))


def _visits(session: Session, who: Who, invitations: Sequence[int]) -> list[Visit]:
    mine: list[ColumnElement[bool]] = [bulk.among(session, col(Visit.id), list(who.visits))]
    mine += [bulk.among(session, col(Visit.invitation_id), list(invitations))] if invitations else []
    mine += [col(Visit.key) == who.key] if who.key else []
    mine += [bulk.among(session, col(Visit.response_id), list(who.responses))] if who.responses else []
    found = session.scalars(select(Visit).where(or_(*mine)).order_by(col(Visit.id)))
    return [visit for visit in found if _program_of(session, visit) == who.program_id]


def _program_of(session: Session, visit: Visit) -> int | None:
    from cxdash.store.collect_tables import Survey

    query = select(Survey.program_id).join(SurveyVersion, col(SurveyVersion.survey_id) == col(Survey.id))
    return session.scalar(query.where(col(SurveyVersion.id) == visit.survey_version_id))


def _responses(
    session: Session, who: Who, contact: Contact | None, invitations: Sequence[Invitation], visits: Sequence[Visit]
) -> list[int]:  # fmt: skip
    keys = {key for key in (who.key, contact.key if contact else None) if key} | {v.key for v in visits}
    linked = (*who.responses, *(i.response_id for i in invitations), *(v.response_id for v in visits))
    numbers = sorted({number for number in linked if number is not None})
    mine = or_(bulk.among(session, col(Response.respondent), sorted(keys)), bulk.among(session, col(Response.id), numbers))
    of = col(Response.program_id) == who.program_id
    return list(session.scalars(select(Response.id).where(of, mine).order_by(col(Response.id))))  # type: ignore[arg-type]


def _said_at(session: Session, ids: Sequence[int]) -> list[tuple[int, int]]:
    """(import, row) of everything that files said about these responses."""
    both: set[tuple[int, int]] = set()
    for table, column in ((Response, Response.id), (Layer, Layer.response_id)):
        query = select(table.import_id, table.row).where(bulk.among(session, col(column), list(ids)))
        both |= {(i, row) for i, row in session.execute(query) if i is not None and row is not None}
    return sorted(both)
