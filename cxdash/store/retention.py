"""What a programme no longer keeps: found and taken away a batch at a time, in small transactions.

A response is as old as its answer; one that came in a file without a date is as old as the import. A customer is as old as the last list
they stood in, or the last mail to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, delete, func, insert, or_, select, update
from sqlmodel import Session, col

from cxdash.store import bulk, keyed, people, responses, vault
from cxdash.store.collect_tables import Contact, Mail, Survey, SurveyVersion, Visit
from cxdash.store.people_tables import Duty, Retention
from cxdash.store.tables import Import, Response
from cxdash.store.visits import FINISHED

BATCH = 200
PURGE = "purge"
_QUIET = {"synchronize_session": False}


def policy(session: Session, *, program_id: int) -> Retention:
    """The programme's; one that keeps everything where none was set."""
    return session.get(Retention, program_id) or Retention(program_id=program_id)


def policies(session: Session) -> list[Retention]:
    """Of every programme that has one."""
    return list(session.scalars(select(Retention).order_by(col(Retention.program_id))))


def save(session: Session, *, program_id: int, personal_days: int | None, draft_days: int | None, response_days: int | None, by: str,
         at: datetime) -> None:  # fmt: skip
    values = {"personal_days": personal_days, "draft_days": draft_days, "response_days": response_days, "updated_by": by, "updated_at": at}
    known = session.get(Retention, program_id)
    if known is None:
        session.add(Retention(program_id=program_id, **values))
    else:
        for name, value in values.items():
            setattr(known, name, value)
    session.flush()


# ---------------------------------------------------------------- what is old


def old_responses(program_id: int, before: datetime) -> Select[Any]:
    """Ids of responses older than that."""
    age = func.coalesce(Response.at, Import.created_at)
    joined = select(Response.id).outerjoin(Import, col(Import.id) == col(Response.import_id))
    return joined.where(col(Response.program_id) == program_id, age < before)


def old_personal(program_id: int, before: datetime) -> Select[Any]:
    """Ids of responses older than that which still lead to a person."""
    told = cast(col(Response.answers), String).contains(vault.TEXT_IN_JSON, autoescape=True)
    known = cast(col(Response.attributes), String).contains(keyed.IN_JSON, autoescape=True)
    named = or_(col(Response.respondent).is_not(None), col(Response.row).is_not(None))
    return old_responses(program_id, before).where(or_(named, told, known))


def old_drafts(program_id: int, before: datetime) -> Select[Any]:
    """Ids of visits never finished, untouched for that long, that still hold something."""
    here = select(SurveyVersion.id).join(Survey, col(Survey.id) == col(SurveyVersion.survey_id)).where(col(Survey.program_id) == program_id)
    forgotten = col(Visit.key).startswith("x-")
    return select(Visit.id).where(
        col(Visit.survey_version_id).in_(here), col(Visit.state) != FINISHED, col(Visit.updated_at) < before, ~forgotten
    )


def old_contacts(program_id: int, before: datetime) -> Select[Any]:
    """Ids of customers not heard of for that long. Whoever unsubscribed keeps a row with the key alone, so that nobody writes to them."""
    quiet = or_(col(Contact.last_contacted_at).is_(None), col(Contact.last_contacted_at) < before)
    bare = (col(Contact.unsubscribed_at).is_not(None)) & (col(Contact.name) == "") & (col(Contact.email) == "")
    return select(Contact.id).where(col(Contact.program_id) == program_id, col(Contact.seen_at) < before, quiet, ~bare)


def count(session: Session, query: Select[Any]) -> int:
    return int(session.scalar(select(func.count()).select_from(query.subquery())) or 0)


def some(session: Session, query: Select[Any], *, after: int, most: int = BATCH) -> list[int]:
    """The next ids beyond `after`, in order."""
    [column] = query.selected_columns
    return list(session.scalars(query.where(column > after).order_by(column).limit(most)))


# ---------------------------------------------------------------- going


def drop_responses(session: Session, *, program_id: int, ids: list[int], ver: int) -> int:
    """With the visits that led to them."""
    people.forget_visits(session, ids=_visits_of(session, ids))
    n = responses.erase(session, ids=ids, ver=ver, program_id=program_id)
    people.note(session, program_id=program_id, ver=ver, kind=people.EXPIRED, n=n)
    return n


def strip_responses(session: Session, *, program_id: int, ids: list[int], ver: int, drop: Iterable[str]) -> int:
    """They stay without the person."""
    people.forget_visits(session, ids=_visits_of(session, ids))
    return people.without_person(session, program_id=program_id, ids=ids, ver=ver, drop=drop)


def drop_contacts(session: Session, *, ids: list[int]) -> int:
    """Customers go with invitations and mails; whoever unsubscribed stays as a key that nobody is written to by."""
    mine = bulk.among(session, col(Contact.id), ids)
    session.execute(delete(Mail).where(bulk.among(session, col(Mail.contact_id), ids)), execution_options=_QUIET)
    for contact in session.scalars(select(Contact).where(mine, col(Contact.unsubscribed_at).is_not(None))):
        people.strip_contact(session, contact)
    session.execute(delete(Contact).where(mine, col(Contact.unsubscribed_at).is_(None)), execution_options=_QUIET)
    return len(ids)


def _visits_of(session: Session, ids: list[int]) -> list[int]:
    return list(session.scalars(select(Visit.id).where(bulk.among(session, col(Visit.response_id), ids))))  # type: ignore[arg-type]


# ---------------------------------------------------------------- who does it


def claim(session: Session, *, name: str, at: datetime, hold: timedelta, every: timedelta) -> bool:
    """Whether the duty is due and this process has it now, until `hold` is over or `done`."""
    if session.get(Duty, name) is None:
        made = insert(Duty).values(name=name)  # another process may make it at the same moment: then the commit fails, and it is theirs
        session.execute(made)
    free = or_(col(Duty.held_until).is_(None), col(Duty.held_until) < at)
    due = or_(col(Duty.done_at).is_(None), col(Duty.done_at) <= at - every)
    query = update(Duty).where(col(Duty.name) == name, free, due).values(held_until=at + hold)
    return bool(session.execute(query, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def hold(session: Session, *, name: str, until: datetime) -> None:
    """Still at it."""
    session.execute(update(Duty).where(col(Duty.name) == name).values(held_until=until), execution_options=_QUIET)


def done(session: Session, *, name: str, at: datetime) -> None:
    session.execute(update(Duty).where(col(Duty.name) == name).values(held_until=None, done_at=at), execution_options=_QUIET)


def last_done(session: Session, *, name: str) -> datetime | None:
    found = session.get(Duty, name)
    return found.done_at if found else None
