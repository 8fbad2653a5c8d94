"""Personal links of a wave: who may be invited, their links for a mailing tool, mails and reminders into the outbox, how far it is.

A link in clear exists only in the exported list or in the mail. Whoever unsubscribed, was written to lately, or is invited already is left
out here, and once more when a mail is about to go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session

from cxdash.errors import Conflict, ConfigError
from cxdash.config import variable
from cxdash.services import audit, mailtext
from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.mailtext import Letter, Words
from cxdash.services.smtp import Connection, NotSent
from cxdash.store import audience, contacts, keyed, links, outbox, programs, surveys, waves
from cxdash.store.collect_tables import Contact, Invitation, Link, Mail, Survey
from cxdash.store.database import Collision, reading, writing

CHUNK = 500  # invitations of one transaction: respondents' answers do not wait long for it
MOST_EXPORT = 100_000
MOST_REMINDERS = 3
_TRIES = 3


@dataclass(frozen=True)
class Failure:
    """A mail given up. why: "recipient 550", "sender 501", "content 554", "connection", "letter" or "unsure" (it may have arrived)."""

    key: str
    kind: str
    why: str
    tries: int


@dataclass(frozen=True)
class Status:
    """standings: ready, no_email, invited, unsubscribed, capped -> customers. sent, opened, finished, reminded: of `invited` invitations.

    mails: state -> number. remindable: who can be reminded now. can_send: a mail server is set. open: the survey is answered now.
    """

    standings: Mapping[str, int]
    invited: int
    sent: int
    opened: int
    finished: int
    reminded: int
    mails: Mapping[str, int]
    failures: tuple[Failure, ...]
    remindable: int
    cap_days: int
    remind_days: int
    can_send: bool
    open: bool


@dataclass(frozen=True)
class Line:
    """A customer with the personal addresses, for a mailing tool."""

    key: str
    name: str
    email: str
    language: str
    link: str
    unsubscribe: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Labels:
    """What a mail calls somebody without a name, and writes on the button and the link out. Per language: `Mapping[str, Labels]`."""

    nobody: str
    link: str
    unsubscribe: str


@dataclass(frozen=True)
class Template:
    """How to write: language -> words and labels; languages missing take the first."""

    words: Mapping[str, Words]
    labels: Mapping[str, Labels]


def status(deps: Deps, actor: Actor, *, program: str, code: str, wave: str, now: datetime | None = None) -> Status:
    """How the invitations to a survey stand in a wave."""
    require(actor, Permission.MANAGE_PROGRAM)
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        row, wave_id = _found(session, actor, program, code, wave)
        settings = outbox.settings_of(session, program_id=row.program_id)
        given = _links(session, row, wave_id)
        far: Counter[str] = Counter()
        mails: Counter[str] = Counter()
        failures: list[Failure] = []
        for link in given:
            far.update(audience.progress(session, link_id=link.id or 0))
            mails.update(outbox.states(session, program_id=row.program_id, link_id=link.id))
            for mail in outbox.failures(session, program_id=row.program_id, link_id=link.id):
                contact = contacts.get_contact(session, program_id=row.program_id, contact_id=mail.contact_id)
                key = keyed.box(session).open(contact.key)
                failures.append(Failure(key, mail.kind, mail.error, mail.tries))
        before = at - timedelta(days=settings.cap_days) if settings.cap_days else at
        standings = audience.standings(session, program_id=row.program_id, survey_id=row.id or 0, wave_id=wave_id, contacted_before=before)
        due = sum(len(_due(session, link, settings.remind_days, at)) for link in given)
        why = _shut(session, row, wave_id, at)
    names = ("invited", "sent", "opened", "finished", "reminded")
    return Status(standings, *(far[name] for name in names), mails, tuple(failures), due, settings.cap_days, settings.remind_days,
                  deps.settings.mails, why is None)  # fmt: skip


def export(deps: Deps, actor: Actor, *, program: str, code: str, wave: str, base: str, now: datetime | None = None) -> tuple[Line, ...]:
    """New personal links of everybody who may be invited now, for a mailing tool. They can be seen only here; the customers count as
    written to. Conflict when the survey is closed in this wave.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    require(actor, Permission.SEE_PERSONAL)
    at = now or datetime.now(UTC)
    with writing(deps.engine) as session:
        row, link = _batch(session, actor, program, code, wave, at)
        found = _to_invite(session, row, link, at, mail=False, most=MOST_EXPORT)
        made = contacts.invite(session, link_id=link.id or 0, contact_ids=[c.id or 0 for c in found])
        tokens = contacts.issue(session, invitation_ids=list(made.values()))
        audience.mark_contacted(session, invitations=list(made.values()), contacts=list(made), at=at)
        audit.record(session, actor, "links.export", f"survey:{row.id}", after={"wave": wave, "links": len(found)})
        box = keyed.box(session)
        return tuple(_line(box, base, c, tokens[made[c.id or 0]]) for c in found)


def export_reminders(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, base: str, now: datetime | None = None
) -> tuple[Line, ...]:
    """New personal links (the first ones keep working) of those who can be reminded now. They count as reminded."""
    require(actor, Permission.MANAGE_PROGRAM)
    require(actor, Permission.SEE_PERSONAL)
    at = now or datetime.now(UTC)
    lines: list[Line] = []
    with writing(deps.engine) as session:
        row, _ = _batch(session, actor, program, code, wave, at)
        box = keyed.box(session)
        wave_id = _wave(session, row, wave)
        days = outbox.settings_of(session, program_id=row.program_id).remind_days
        for link in _links(session, row, wave_id):
            due = _due(session, link, days, at)
            tokens = contacts.issue(session, invitation_ids=[i.id or 0 for i, _, _ in due])
            lines += [_line(box, base, c, tokens[i.id or 0]) for i, c, _ in due]
            audience.mark_contacted(
                session, invitations=[i.id or 0 for i, _, _ in due], contacts=[c.id or 0 for _, c, _ in due], at=at, reminder=True
            )
        audit.record(session, actor, "links.export", f"survey:{row.id}", after={"wave": wave, "links": len(lines), "reminder": True})
    return tuple(lines)


def invite(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, base: str, template: Template,
    on_progress: Callable[[int], None] | None = None, cancel: Callable[[], bool] | None = None, now: datetime | None = None,
) -> int:  # fmt: skip
    """Puts an invitation for everybody who may be invited now into the outbox, some hundreds at a time; returns how many.

    Asked for twice, or stopped and asked for again, nobody gets two. Conflict when the survey is not open in this wave, ConfigError
    without a mail server.
    """
    _may_send(deps, actor)
    total = 0
    while not (cancel is not None and cancel()):
        done = _retried(lambda: _invite_some(deps, actor, program, code, wave, base, template, now or datetime.now(UTC)))
        total += done
        if on_progress is not None:
            on_progress(total)
        if not done:
            break
    return total


def remind(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, base: str, template: Template, now: datetime | None = None
) -> int:
    """Puts a reminder for everybody who has not answered into the outbox: once per interval, three times at most. Returns how many."""
    _may_send(deps, actor)
    return _retried(lambda: _remind_all(deps, actor, program, code, wave, base, template, now or datetime.now(UTC)))


def send_again(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, base: str, templates: Mapping[str, Template], unsure: bool = False
) -> int:
    """Puts mails that were given up back into the outbox, with new links. unsure: those that may have arrived, instead of the others.

    templates: invite and reminder. Returns how many.
    """
    _may_send(deps, actor)
    done = 0
    with writing(deps.engine) as session:
        row, _ = _batch(session, actor, program, code, wave, datetime.now(UTC))
        for link in _links(session, row, _wave(session, row, wave)):
            failed = outbox.failures(session, program_id=row.program_id, link_id=link.id, most=MOST_EXPORT)
            for mail in [m for m in failed if (m.error == outbox.UNSURE) == unsure]:
                contact = contacts.get_contact(session, program_id=row.program_id, contact_id=mail.contact_id)
                token = contacts.issue(session, invitation_ids=[mail.invitation_id or 0])[mail.invitation_id or 0]
                letter = _letter(templates[mail.kind], contact, base, token)
                if unsure:
                    contact.last_contacted_at = None  # whether they were written to is not known, and somebody decided to write
                outbox.again(session, mail_id=mail.id or 0, to=contact.email, subject=letter.subject, body=letter.packed())
                done += 1
        audit.record(session, actor, "mailing.again", f"survey:{row.id}", after={"wave": wave, "mails": done})
    return done


def stop(deps: Deps, actor: Actor, *, program: str, code: str, wave: str) -> int:
    """Takes back what still waits in the outbox; returns how many mails."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row, wave_id = _found(session, actor, program, code, wave)
        done = sum(outbox.cancel(session, link_id=link.id or 0) for link in _links(session, row, wave_id))
        audit.record(session, actor, "mailing.stop", f"survey:{row.id}", after={"wave": wave, "mails": done})
        return done


def words_of(deps: Deps, actor: Actor, *, program: str) -> Mapping[str, Mapping[str, Words]]:
    """The programme's own templates: invite, reminder -> language -> words; what is missing was never changed."""
    require(actor, Permission.MANAGE_PROGRAM)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        stored = outbox.settings_of(session, program_id=owner.id or 0).words
    return {kind: {lang: Words(**one) for lang, one in by.items()} for kind, by in stored.items()}


def save_words(deps: Deps, actor: Actor, *, program: str, kind: str, language: str, words: Words) -> None:
    """Keeps a template. Conflict names what is wrong with it."""
    require(actor, Permission.MANAGE_PROGRAM)
    fine = mailtext.check(words)
    with writing(deps.engine) as session:
        owner = program_of(session, actor, program)
        stored = outbox.settings_of(session, program_id=owner.id or 0).words
        changed = {**stored, kind: {**stored.get(kind, {}), language: {"subject": fine.subject, "body": fine.body}}}
        outbox.save_settings(session, program_id=owner.id or 0, words=changed)
        audit.record(session, actor, "mailing.words", f"program:{owner.id}", after={"kind": kind, "language": language})


def send_test(deps: Deps, actor: Actor, *, to: str, base: str, template: Template, language: str, name: str) -> None:
    """One mail to oneself, past the outbox, with addresses that open nothing. Conflict when it is refused, NoServer without a server."""
    _may_send(deps, actor)
    to = to.strip()
    if not mailtext.is_email(to):
        raise Conflict("mail.problem.email")
    contact = Contact(program_id=0, key="", name=name, language=language)
    letter = _letter(template, contact, base, "test")
    at = datetime.now(UTC)
    number = f"cxdash-test-{int(at.timestamp() * 1000)}"
    sender, content = mailtext.message(letter, sender=deps.settings.smtp_from, to=to, number=number, at=at)
    with Connection(deps.settings) as line:
        try:
            line.send(sender, to, content)
        except NotSent as error:
            raise Conflict("mail.test.refused", why=error.code) from None


# ---------------------------------------------------------------- inside


def _may_send(deps: Deps, actor: Actor) -> None:
    require(actor, Permission.MANAGE_PROGRAM)
    if not deps.settings.mails:
        raise ConfigError("mail.server.none", fix="mail.server.none.fix", name=variable("smtp_host"))


def _retried(work: Callable[[], int]) -> int:
    """Two who press at the same moment meet in the database's constraints: the second looks again."""
    for attempt in range(_TRIES):
        try:
            return work()
        except Collision:
            if attempt + 1 == _TRIES:
                raise Conflict("service.import.busy") from None
    raise AssertionError


def _found(session: Session, actor: Actor, program: str, code: str, wave: str) -> tuple[Survey, int]:
    owner = program_of(session, actor, program)
    row = surveys.find_survey(session, program_id=owner.id or 0, code=code)
    return row, _wave(session, row, wave)


def _wave(session: Session, row: Survey, wave: str) -> int:
    return waves.find_wave(session, program_id=row.program_id, code=wave).id or 0


def _links(session: Session, row: Survey, wave_id: int) -> list[Link]:
    return [x for x in links.list_links(session, survey_id=row.id or 0, wave_id=wave_id) if x.kind == links.PERSONAL]


def _shut(session: Session, row: Survey, wave_id: int, at: datetime) -> str | None:
    """Why nobody may be invited now: the message's key; None when they may."""
    held = next((r for r in surveys.list_rounds(session, survey_id=row.id or 0) if r.wave_id == wave_id), None)
    if row.state != surveys.PUBLISHED or (held is not None and held.closes_at is not None and held.closes_at <= at):
        return "mail.shut.closed"
    return "mail.shut.not_yet" if held is not None and held.opens_at is not None and held.opens_at > at else None


def _batch(session: Session, actor: Actor, program: str, code: str, wave: str, at: datetime) -> tuple[Survey, Link]:
    """The survey, and the wave's personal link, made when missing. Conflict when the survey is not open."""
    row, wave_id = _found(session, actor, program, code, wave)
    if why := _shut(session, row, wave_id, at):
        raise Conflict(why)
    known = _links(session, row, wave_id)
    if not known:
        programs.tick(session, program_id=row.program_id)  # whoever does the same at this moment waits, and then sees ours
        known = _links(session, row, wave_id)
    return row, known[0] if known else links.add_link(session, survey_id=row.id or 0, wave_id=wave_id, kind=links.PERSONAL)


def _to_invite(session: Session, row: Survey, link: Link, at: datetime, *, mail: bool, most: int) -> list[Contact]:
    days = outbox.settings_of(session, program_id=row.program_id).cap_days
    return audience.to_invite(
        session, program_id=row.program_id, survey_id=row.id or 0, wave_id=link.wave_id, mail=mail, most=most,
        contacted_before=at - timedelta(days=days) if days else at,
    )  # fmt: skip


def _invite_some(deps: Deps, actor: Actor, program: str, code: str, wave: str, base: str, template: Template, at: datetime) -> int:
    with writing(deps.engine) as session:
        row, link = _batch(session, actor, program, code, wave, at)
        found = _to_invite(session, row, link, at, mail=True, most=CHUNK)
        made = contacts.invite(session, link_id=link.id or 0, contact_ids=[c.id or 0 for c in found])
        ways = [(made[c.id or 0], c, 0) for c in found]
        if found:
            audit.record(session, actor, "mailing.invite", f"survey:{row.id}", after={"wave": wave, "mails": len(found)})
        return _queue(session, row, ways, outbox.INVITE, template, base)


def _remind_all(deps: Deps, actor: Actor, program: str, code: str, wave: str, base: str, template: Template, at: datetime) -> int:
    with writing(deps.engine) as session:
        row, _ = _batch(session, actor, program, code, wave, at)
        days = outbox.settings_of(session, program_id=row.program_id).remind_days
        due = [one for link in _links(session, row, _wave(session, row, wave)) for one in _due(session, link, days, at)]
        audit.record(session, actor, "mailing.remind", f"survey:{row.id}", after={"wave": wave, "mails": len(due)})
        return _queue(session, row, [(i.id or 0, c, number) for i, c, number in due], outbox.REMINDER, template, base)


def _due(session: Session, link: Link, days: int, at: datetime) -> list[tuple[Invitation, Contact, int]]:
    """Whom to remind now, with the number of the reminder."""
    before = at - timedelta(days=days)
    found = contacts.to_remind(session, link_id=link.id or 0, sent_before=before, contacted_before=before)
    sent: Counter[int] = Counter()
    waiting: set[int] = set()
    for mail in audience.mails_of(session, invitations=[i.id or 0 for i, _ in found]):
        key = mail.invitation_id or 0
        if mail.state in (outbox.WAITING, outbox.SENDING):
            waiting.add(key)
        if mail.kind == outbox.REMINDER and mail.state != outbox.CANCELLED:
            sent[key] = max(sent[key], mail.number)
    return [(i, c, sent[i.id or 0] + 1) for i, c in found if (i.id or 0) not in waiting and sent[i.id or 0] < MOST_REMINDERS]


def _queue(
    session: Session, row: Survey, ways: Sequence[tuple[int, Contact, int]], kind: str, template: Template, base: str
) -> int:
    """Mails for (invitation, contact, number); one that was cancelled before it went out is used again."""
    before = {(m.invitation_id, m.number): m for m in audience.mails_of(session, invitations=[i for i, _, _ in ways]) if m.kind == kind}
    tokens = contacts.issue(session, invitation_ids=[i for i, _, _ in ways])
    new: list[dict[str, Any]] = []
    for invitation, contact, number in ways:
        letter = _letter(template, contact, base, tokens[invitation])
        old: Mail | None = before.get((invitation, number))
        if old is not None:
            outbox.again(session, mail_id=old.id or 0, to=contact.email, subject=letter.subject, body=letter.packed())
            continue
        new.append({"contact_id": contact.id, "invitation_id": invitation, "kind": kind, "number": number, "to": contact.email,
                    "subject": letter.subject, "body": letter.packed()})  # fmt: skip
    outbox.queue(session, program_id=row.program_id, mails=new)
    return len(ways)


def _letter(template: Template, contact: Contact, base: str, token: str) -> Letter:
    language = contact.language if contact.language in template.words else next(iter(template.words))
    words, labels = template.words[language], template.labels[language]
    link, out = addresses(base, token)
    said = {"link": labels.link, "unsubscribe": labels.unsubscribe}
    return Letter(words.subject, words.body, contact.name or labels.nobody, link, out, language, said)


def _line(box: keyed.Box, base: str, contact: Contact, token: str) -> Line:
    key, attributes = box.open(contact.key), box.opened(contact.attributes)
    return Line(key, contact.name, contact.email, contact.language or "", *addresses(base, token), attributes)


def addresses(base: str, token: str) -> tuple[str, str]:
    """Where a personal token opens the survey, and where it ends the mails."""
    return f"{base.rstrip('/')}/s/{token}", f"{base.rstrip('/')}/s/{token}/unsubscribe"
