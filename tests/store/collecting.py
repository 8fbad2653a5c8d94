"""A survey with everything that belongs to collecting, for the store's tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session

from cxdash.store import contacts, keys, links, outbox, surveys, visits, webhooks
from cxdash.store.collect_tables import Link, Survey, SurveyVersion
from cxdash.store.tables import Response
from cxdash.store.tokens import digest

NOON = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


def a_survey(session: Session, program_id: int, code: str = "s1") -> tuple[Survey, SurveyVersion]:
    """A survey with its first version published."""
    made = surveys.add_survey(session, program_id=program_id, code=code, name={"ko": "조사"}, draft={"v": 1}, by="kim")
    return made, surveys.add_version(session, survey_id=made.id, document={"v": 1}, coding={"used": {"app": 1}})


def a_visit(version: SurveyVersion, link: Link, name: str, **values: Any) -> dict[str, Any]:
    """A row for `visits.add_many`."""
    fields = {
        "invitation_id": None, "answers": {}, "at_page": "", "reached": "", "state": visits.STARTED, "language": "ko", "device": "phone",
        "started_at": NOON, "updated_at": NOON, "finished_at": None, "seconds": None, "response_id": None,
    }  # fmt: skip
    return {"survey_version_id": version.id, "link_id": link.id, "key": f"k-{name}", "secret_hash": digest(name), **fields, **values}


def everything(session: Session, program_id: int, wave_id: int) -> None:
    """A row in every table of collecting."""
    survey, version = a_survey(session, program_id)
    link = links.add_link(session, survey_id=survey.id, wave_id=wave_id, kind=links.PERSONAL)
    surveys.save_round(session, survey_id=survey.id, wave_id=wave_id, quota=[surveys.Cell({}, 5)])
    contact = contacts.save_contacts(session, program_id=program_id, rows=[{"key": "c1", "email": "a@example.com"}])["c1"]
    invitation = contacts.invite(session, link_id=link.id, contact_ids=[contact])[contact]
    contacts.issue(session, invitation_ids=[invitation])
    response = Response(program_id=program_id, wave_id=wave_id, respondent="c1", source="survey", ver=1)
    session.add(response)
    session.flush()
    done = {"state": visits.FINISHED, "response_id": response.id, "invitation_id": invitation}
    visits.add_many(session, [a_visit(version, link, f"p{program_id}", **done)])
    visits.finish_invitations(session, [(invitation, NOON, response.id)])
    key, _clear = keys.add_key(session, program_id=program_id, name="till", scopes=["responses"])
    keys.remember(session, rows=[(key.id, "order-1", "0" * 64, response.id)])
    webhooks.add_webhook(session, program_id=program_id, url="https://example.com/hook")
    webhooks.tell(session, program_id=program_id, response_ids=[response.id])
    mail = {"contact_id": contact, "invitation_id": invitation, "kind": outbox.INVITE, "number": 0, "to": "a@example.com"}
    outbox.queue(session, program_id=program_id, mails=[{**mail, "subject": "조사", "body": "…"}])
    outbox.save_settings(session, program_id=program_id, cap_days=30)
