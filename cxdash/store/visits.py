"""Visits: how far each respondent came. Many at once, for the writer that commits in groups; one at a time, to go on where they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, func, select, update
from sqlmodel import Session, col

from cxdash.store import bulk, direct
from cxdash.store.collect_tables import Invitation, InvitationToken, Link, SurveyVersion, Visit
from cxdash.store.tokens import dated_digest, digest

STARTED, PARTIAL, FINISHED, OVER = "started", "partial", "finished", "over"
DONE = (FINISHED, OVER)
_QUIET = {"synchronize_session": False}


def by_secret(session: Session, *, secret: str) -> Visit | None:
    """The visit that a cookie's secret belongs to."""
    return session.scalars(select(Visit).where(col(Visit.secret_hash) == dated_digest(secret))).first()


def by_token(session: Session, *, token: str) -> Visit | None:
    """The visit of the invitation that a personal token belongs to."""
    query = select(Visit).join(InvitationToken, col(InvitationToken.invitation_id) == col(Visit.invitation_id))
    return session.scalars(query.where(col(InvitationToken.token_hash) == digest(token))).first()


def by_invitation(session: Session, *, invitation_id: int) -> Visit | None:
    return session.scalars(select(Visit).where(col(Visit.invitation_id) == invitation_id)).first()


def locked(session: Session, *, secret_hashes: Sequence[str], invitation_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Visits by cookie or by invitation, as fields without the id; nobody else changes them until the transaction ends."""
    ids, given = asked(session, secret_hashes=secret_hashes, invitation_ids=invitation_ids)
    if not direct.rows(session, ids, given):  # as with every questionnaire of one page
        return []
    whole = _locked(bulk.is_sqlite(session), bool(invitation_ids), True)
    return [dict(row) for row in session.connection().execute(whole, given).mappings()]


def asked(session: Session, *, secret_hashes: Sequence[str], invitation_ids: Sequence[int]) -> direct.Asked:
    """What `locked` asks first."""
    given = {"secrets": direct.values(session, secret_hashes)}
    if invitation_ids:
        given["invitations"] = direct.values(session, invitation_ids)
    return _locked(bulk.is_sqlite(session), bool(invitation_ids), False), given


@lru_cache
def _locked(is_sqlite: bool, invited: bool, whole: bool) -> Select[Any]:
    table = bulk.table("visit")
    mine = direct.one_of(table.c.secret_hash, "secrets", is_sqlite)
    if invited:
        mine = mine | direct.one_of(table.c.invitation_id, "invitations", is_sqlite)
    wanted = [column for column in table.c if (column.name != "id") == whole]
    return select(*wanted).where(mine).order_by(table.c.id).with_for_update()


def add_many(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """New visits, every row with the same fields. Collision when another process added one of them at the same moment."""
    if rows:
        fields = tuple(rows[0])
        direct.add(session, "visit", fields, [[row[name] for name in fields] for row in rows])


def save_many(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Sets fields of visits by their "key"; every row with the same fields."""
    if rows:
        fields = tuple(name for name in rows[0] if name != "key")
        session.connection().execute(_saved(fields), [{f"b_{name}": value for name, value in row.items()} for row in rows])


@lru_cache(maxsize=16)
def _saved(fields: tuple[str, ...]) -> Update:
    table = bulk.table("visit")
    return update(table).where(table.c.key == bindparam("b_key")).values({name: bindparam(f"b_{name}") for name in fields})


def reopen(session: Session, *, visit_id: int, answers: Mapping[str, Any], at: datetime) -> None:
    """A finished visit becomes one that is being filled in, with these answers; its response stays until it is finished again."""
    visit = session.get(Visit, visit_id, with_for_update=True, populate_existing=True)
    if visit is None or visit.state != FINISHED:
        return
    visit.state, visit.answers, visit.at_page, visit.updated_at, visit.finished_at = STARTED, dict(answers), "", at, None
    session.execute(update(Invitation).where(col(Invitation.id) == visit.invitation_id).values(finished_at=None))
    session.flush()


def finish_invitations(session: Session, rows: Sequence[tuple[int, datetime, int | None]]) -> None:
    """(invitation, when, response): they answered."""
    if not rows:
        return
    table = bulk.table("invitation")
    query = update(table).where(table.c.id == bindparam("b_id"))
    query = query.values(finished_at=bindparam("b_at"), response_id=bindparam("b_response"))
    session.connection().execute(query, [{"b_id": i, "b_at": at, "b_response": response} for i, at, response in rows])


def open_invitations(session: Session, *, ids: Iterable[int], at: datetime) -> None:
    """Their page was looked at; the first time is kept."""
    for key in sorted(set(ids)):
        query = update(Invitation).where(col(Invitation.id) == key, col(Invitation.opened_at).is_(None)).values(opened_at=at)
        session.execute(query, execution_options=_QUIET)


def mark_partial(session: Session, *, before: datetime, most: int = 1000) -> int:
    """Marks started visits that nobody went on with since `before`; they can still be finished. Returns how many, at most `most`."""
    old = select(Visit.id).where(col(Visit.state) == STARTED, col(Visit.updated_at) < before).order_by(col(Visit.id)).limit(most)
    query = update(Visit).where(col(Visit.id).in_(old), col(Visit.state) == STARTED).values(state=PARTIAL)
    return int(session.execute(query, execution_options=_QUIET).rowcount)  # type: ignore[attr-defined]


def counts(session: Session, *, survey_id: int, wave_id: int | None = None) -> list[tuple[int, str, int]]:
    """(link, state, visits) of a survey."""
    query = select(Visit.link_id, Visit.state, func.count()).join(Link, col(Link.id) == col(Visit.link_id))
    query = query.where(col(Link.survey_id) == survey_id).group_by(col(Visit.link_id), col(Visit.state))
    found = session.execute(query if wave_id is None else query.where(col(Link.wave_id) == wave_id))
    return [(link_id, state, n) for link_id, state, n in found]


def stops(session: Session, *, survey_id: int, wave_id: int | None = None) -> list[tuple[str, int]]:
    """(last question shown, visits that ended there) of those not finished."""
    query = select(Visit.reached, func.count()).join(Link, col(Link.id) == col(Visit.link_id))
    query = query.where(col(Link.survey_id) == survey_id, col(Visit.state).in_((STARTED, PARTIAL))).group_by(col(Visit.reached))
    found = session.execute(query if wave_id is None else query.where(col(Link.wave_id) == wave_id))
    return sorted(((reached, n) for reached, n in found), key=lambda one: (-one[1], one[0]))


def finishes(session: Session, *, survey_id: int, wave_id: int, since: datetime) -> int:
    """Visits finished since then: the present pace."""
    query = select(func.count()).select_from(Visit).join(Link, col(Link.id) == col(Visit.link_id))
    here = (col(Link.survey_id) == survey_id, col(Link.wave_id) == wave_id, col(Visit.state) == FINISHED, col(Visit.finished_at) >= since)
    return int(session.scalar(query.where(*here)) or 0)


def unfinished_answers(session: Session, *, survey_id: int, most: int = 10_000) -> list[tuple[int, dict[str, Any]]]:
    """(version, answers) of partial visits, the newest first."""
    query = select(SurveyVersion.number, Visit.answers).join(SurveyVersion, col(SurveyVersion.id) == col(Visit.survey_version_id))
    query = query.where(col(SurveyVersion.survey_id) == survey_id, col(Visit.state) == PARTIAL).order_by(col(Visit.id).desc()).limit(most)
    return [(number, answers) for number, answers in session.execute(query)]
