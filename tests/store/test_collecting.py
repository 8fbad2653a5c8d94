"""Queries of collecting: what is claimed once, what is kept, what cannot be doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from cxdash.errors import Conflict, NotFound
from cxdash.store import contacts, keys, links, outbox, surveys, visits, webhooks
from cxdash.store.collect_tables import Contact, Invitation, Mail
from cxdash.store.database import Collision, reading, writing
from cxdash.store.tokens import digest, new_token
from tests.store.collecting import NOON, a_survey, a_visit, everything
from tests.store.making import a_program

HOUR = timedelta(hours=1)


@pytest.fixture
def ready(engine):
    """(engine, program, wave, survey, version, personal link, invitation) with everything there is."""
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        everything(session, program_id, wave_id)
    with reading(engine) as session:
        [survey] = surveys.list_surveys(session, program_id=program_id)
        version = surveys.newest_version(session, survey_id=survey.id)
        [link] = links.list_links(session, survey_id=survey.id)
        [invitation] = contacts.list_invitations(session, link_id=link.id)
    return engine, program_id, wave_id, survey, version, link, invitation


def test_tokens_have_128_random_bits_and_only_their_digest_is_stored(engine):
    made = {new_token() for _ in range(100)}
    assert len(made) == 100 and {len(token) for token in made} == {22}
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        survey, _ = a_survey(session, program_id)
        link = links.add_link(session, survey_id=survey.id, wave_id=wave_id, kind="personal")
        contact = contacts.save_contacts(session, program_id=program_id, rows=[{"key": "k"}])["k"]
        token = contacts.issue(session, invitation_ids=list(contacts.invite(session, link_id=link.id, contact_ids=[contact]).values()))
        key, clear = keys.add_key(session, program_id=program_id, name="till", scopes=[])
    [personal] = token.values()
    with reading(engine) as session:
        kept = " ".join(str(tuple(row)) for name in ("link", "invitation", "invitation_token", "api_key", "visit")
                        for row in session.execute(text(f"SELECT * FROM {name}")))
    assert digest(personal) in kept and personal not in kept and clear not in kept and key.prefix == clear[:8]
    assert link.token is None and link.token_hash is None


@pytest.mark.parametrize("again", ["key", "secret_hash", "invitation_id"])
def test_a_visit_exists_once(ready, again):
    engine, *_, version, link, invitation = ready
    known = a_visit(version, link, "p1", invitation_id=invitation.id)
    other = {**a_visit(version, link, "new"), again: known[again] if again != "key" else f"k-p{ready[1]}"}
    with pytest.raises(Collision), writing(engine) as session:
        visits.add_many(session, [{**other, "secret_hash": digest(f"p{ready[1]}") if again == "secret_hash" else other["secret_hash"]}])


def test_a_survey_a_version_and_a_round_exist_once(ready):
    engine, program_id, wave_id, survey, *_ = ready
    with pytest.raises(Conflict), writing(engine) as session:
        surveys.add_survey(session, program_id=program_id, code="s1", name={}, draft={})
    with writing(engine) as session:
        assert surveys.ensure_round(session, survey_id=survey.id, wave_id=wave_id).id == 1
        assert surveys.add_version(session, survey_id=survey.id, document={}, coding={}).number == 2
    with pytest.raises(NotFound), reading(engine) as session:
        surveys.find_survey(session, program_id=program_id, code="none")


DUE = NOON + timedelta(days=999)


@pytest.fixture
def waiting(ready):
    """As `ready`, and the invitation is not answered yet: its mail may go."""
    with writing(ready[0]) as session:
        session.get(Invitation, 1).finished_at = None
    return ready


def test_a_mail_is_claimed_by_one_and_tried_again_later_and_later(waiting):
    engine, program_id, *_ = waiting
    with writing(engine) as session:
        [mail] = outbox.claim(session, at=DUE)
        assert session.get(Contact, 1).last_contacted_at == DUE  # taken: nobody else writes to them meanwhile
    with writing(engine) as session:
        assert outbox.claim(session, at=DUE) == [] and mail.tries == 1
        outbox.failed(session, mail_id=mail.id, at=DUE, error="451 later", again=True)
        assert outbox.claim(session, at=DUE) == []
    with writing(engine) as session:
        assert session.get(Contact, 1).last_contacted_at is None  # nothing went out
        [again] = outbox.claim(session, at=DUE + timedelta(minutes=1))
        assert again.tries == 2 and again.error == "451 later"
        outbox.sent(session, mail_id=mail.id, at=DUE)
    with reading(engine) as session:
        kept, contact, invitation = session.get(Mail, mail.id), session.get(Contact, 1), session.get(Invitation, 1)
        assert (kept.state, kept.subject, kept.body) == ("sent", "", "")  # the body held the token
        assert contact.last_contacted_at == invitation.sent_at == DUE
        assert outbox.states(session, program_id=program_id) == {"sent": 1}


def test_a_mail_that_was_claimed_by_a_process_that_died_is_never_sent_by_itself_again(waiting):
    engine = waiting[0]
    with writing(engine) as session:
        assert len(outbox.claim(session, at=DUE)) == 1
    with writing(engine) as session:
        assert outbox.claim(session, at=DUE + timedelta(minutes=11)) == []
    with reading(engine) as session:
        kept = session.get(Mail, 1)
        assert (kept.state, kept.error, kept.body) == ("failed", outbox.UNSURE, "")
        assert session.get(Contact, 1).last_contacted_at == DUE  # it may have arrived


@pytest.mark.parametrize("why", ["unsubscribed", "answered", "closed", "capped"])
def test_a_mail_is_not_sent_when_it_must_not_be_any_more(waiting, why):
    engine = waiting[0]
    with writing(engine) as session:
        contact, invitation = session.get(Contact, 1), session.get(Invitation, 1)
        if why == "unsubscribed":
            contact.unsubscribed_at = NOON
        elif why == "answered":
            invitation.finished_at = NOON
        elif why == "closed":
            links.update_link(session, link_id=invitation.link_id, state="closed")
        else:
            contact.last_contacted_at = DUE - timedelta(days=29)
    with writing(engine) as session:
        assert outbox.claim(session, at=DUE) == []
    with reading(engine) as session:
        kept = session.get(Mail, 1)
        assert (kept.state, kept.error, kept.subject, kept.body) == ("cancelled", why, "", "")


def test_a_mail_is_queued_once_and_unsubscribing_cancels_it(ready):
    engine, program_id, *_, invitation = ready
    mail = {"contact_id": 1, "invitation_id": invitation.id, "kind": outbox.INVITE, "number": 0, "to": "a@b.c", "subject": "s", "body": "b"}
    with pytest.raises(Collision), writing(engine) as session:
        outbox.queue(session, program_id=program_id, mails=[mail])
    with writing(engine) as session:
        outbox.queue(session, program_id=program_id, mails=[{**mail, "kind": outbox.REMINDER, "number": 1}])
        contacts.unsubscribe(session, contact_id=1, at=NOON)
        contacts.unsubscribe(session, contact_id=1, at=NOON + HOUR)
    with reading(engine) as session:
        assert outbox.states(session, program_id=program_id) == {"cancelled": 2}
        assert contacts.get_contact(session, program_id=program_id, contact_id=1).unsubscribed_at == NOON


def test_who_may_be_reminded(engine):
    program_id, wave_id = a_program(engine)
    with writing(engine) as session:
        survey, _ = a_survey(session, program_id)
        link = links.add_link(session, survey_id=survey.id, wave_id=wave_id, kind="personal")
        names = ["due", "answered", "unsubscribed", "lately", "no-mail", "not-sent"]
        rows = [{"key": name, "email": "" if name == "no-mail" else f"{name}@x.kr"} for name in names]
        ids = contacts.save_contacts(session, program_id=program_id, rows=rows)
        made = contacts.invite(session, link_id=link.id, contact_ids=list(ids.values()))
        for name in names:
            session.get(Invitation, made[ids[name]]).sent_at = None if name == "not-sent" else NOON
        session.get(Invitation, made[ids["answered"]]).finished_at = NOON
        session.get(Contact, ids["lately"]).last_contacted_at = NOON + HOUR
        contacts.unsubscribe(session, contact_id=ids["unsubscribed"])
    with reading(engine) as session:
        found = contacts.to_remind(session, link_id=link.id, sent_before=NOON, contacted_before=NOON)
        assert [contact.id for _, contact in found] == [ids["due"]]


def test_contacts_are_updated_by_key_and_stay_unsubscribed(ready):
    engine, program_id, *_ = ready
    with writing(engine) as session:
        contacts.unsubscribe(session, contact_id=1, at=NOON)
        rows = [{"key": "c1", "name": "김", "attributes": {"등급": "VIP"}}, {"key": "c2"}, {"key": "c1", "name": "이"}]
        assert contacts.save_contacts(session, program_id=program_id, rows=rows) == {"c1": 1, "c2": 2}
    with reading(engine) as session:
        first, second = contacts.list_contacts(session, program_id=program_id)
        assert (first.name, first.email, first.unsubscribed_at) == ("이", "a@example.com", NOON) and second.name == ""


def test_a_delivery_is_made_once_and_given_up_in_the_end(ready):
    engine, program_id, *_ = ready
    with writing(engine) as session:
        assert webhooks.tell(session, program_id=program_id, response_ids=[1, 1]) == 0  # told already
        assert webhooks.tell(session, program_id=program_id, response_ids=[2, 2]) == 1
    at = NOON + timedelta(days=999)
    for _ in range(webhooks.MOST_TRIES):
        with writing(engine) as session:
            claimed = webhooks.claim(session, at=at)
            assert {d.response_id for d, _ in claimed} == {1, 2} and webhooks.claim(session, at=at) == []
            for delivery, _hook in claimed:
                webhooks.failed(session, delivery_id=delivery.id, at=at, status=500, error="boom")
        at += timedelta(days=99)
    with writing(engine) as session:
        assert webhooks.claim(session, at=at) == []
        assert [d.state for d in webhooks.log(session, webhook_id=1)] == ["failed", "failed"]


def test_a_revoked_key_opens_nothing(engine):
    program_id, _ = a_program(engine)
    with writing(engine) as session:
        made, clear = keys.add_key(session, program_id=program_id, name="till", scopes=["responses"], rate=60)
        assert keys.find_key(session, key=clear).id == made.id and keys.find_key(session, key=clear + "x") is None
        keys.revoke(session, program_id=program_id, key_id=made.id)
        assert keys.find_key(session, key=clear) is None
    with pytest.raises(NotFound), writing(engine) as session:
        keys.revoke(session, program_id=program_id + 1, key_id=made.id)
