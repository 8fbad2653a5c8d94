"""Publishing a survey (배포): the round in which it collects, the links to it, the texts around it, what a messenger shows of a link.

The texts (greeting, consent, thanks) are the questionnaire's, unless the wave says them in words of its own. Changing a wave's words makes
no new version; the round keeps what it said before, with the time, so that it stays known what a respondent of that time read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlmodel import Session

from cxdash.errors import Conflict, NotFound
from cxdash.services import audit, surveys as service
from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.services.questionnaire import ensure_attributes
from cxdash.store import links, programs, surveys, visits, waves
from cxdash.store.collect_tables import Link, Round, Survey
from cxdash.store.database import reading, writing
from cxdash.store.surveys import Cell
from cxdash.store.text import CODE_MAX
from cxdash.survey import document
from cxdash.survey.form import WORDED, Form, Texts, worded

MAKEABLE = (links.PUBLIC, links.CHANNEL, links.KIOSK, links.INTERVIEWER, links.MYSTERY)
SCANNED = (links.PUBLIC, links.CHANNEL, links.KIOSK)  # a respondent may scan them; the others are for our own people
PARTS = WORDED  # texts that a wave may say in words of its own
MOST_LINKS = 2000  # made at once
MOST_TEXT = 4000  # characters of one text
QR_STAGE = "qr_stage"  # attribute of links made per stage: where the code hangs
OPEN, NOT_YET, OVER, OFF = "open", "not_yet", "over", "off"
STATES = (OPEN, NOT_YET, OVER, OFF)


@dataclass(frozen=True)
class NewLink:
    """A link to make. channel: None where it says nothing of the way people come."""

    label: str
    kind: str = links.CHANNEL
    channel: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkInfo:
    """A link as it stands. token: what its address ends with; None for personal links, whose invitations have their own. number: 1, 2 …"""

    id: int
    kind: str
    label: str
    channel: str | None
    attributes: Mapping[str, str]
    token: str | None
    closed: bool
    opened: int
    created_at: datetime


@dataclass(frozen=True)
class Quota:
    """One cell and how many it has."""

    cell: Cell
    so_far: int

    @property
    def full(self) -> bool:
        return self.so_far >= self.cell.n


@dataclass(frozen=True)
class RoundInfo:
    """How the survey collects in a wave. state: open, not_yet, over (closing time passed), off (the survey is closed).

    texts: what it says in words of its own, by part and language; nothing where it says what the questionnaire says.
    """

    wave: str
    opens_at: datetime | None
    closes_at: datetime | None
    quota: tuple[Quota, ...]
    languages: tuple[str, ...]
    state: str
    texts: Mapping[str, Texts] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """A published survey with the wave that is looked at. waves: code -> name, the newest first; those it collects in before the others.

    form: the newest version, with the questionnaire's own texts; `asked` says what respondents of this wave read.
    round: None where it does not collect in the wave (or no wave exists). links: oldest first, previews left out.
    """

    survey: service.SurveyInfo
    form: Form
    timezone: str
    waves: Mapping[str, Mapping[str, str]]
    wave: str | None
    round: RoundInfo | None
    links: tuple[LinkInfo, ...]

    @property
    def asked(self) -> Form:
        """The form in the words of this wave."""
        return worded(self.form, self.round.texts if self.round else {})


def published(deps: Deps, actor: Actor, *, program: str) -> tuple[service.SurveyInfo, ...]:
    """The surveys that have a published version, newest change first."""
    found = (info for info in service.list_surveys(deps, actor, program=program) if info.version)
    return tuple(sorted(found, key=lambda info: info.updated_at, reverse=True))


def board(deps: Deps, actor: Actor, *, program: str, code: str, wave: str | None = None, now: datetime | None = None) -> Board:
    """The survey in a wave; without one in its newest round, else in the programme's newest wave. A wave nobody knows has no round."""
    require(actor, Permission.MANAGE_PROGRAM)
    at = now or datetime.now(UTC)
    info = next((i for i in service.list_surveys(deps, actor, program=program) if i.code == code), None)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        row = surveys.find_survey(session, program_id=owner.id or 0, code=code)
        rounds = {r.wave_id: r for r in reversed(surveys.list_rounds(session, survey_id=row.id or 0))}
        every = {w.id: w for w in waves.list_waves(session, program_id=owner.id or 0)}
        order = [every[key] for key in rounds if key in every]
        order += [w for w in reversed(list(every.values())) if w.id not in rounds]
        chosen = next((w for w in order if w.code == wave), None) if wave else next(iter(order), None)
        held = rounds.get(chosen.id) if chosen else None
        made = [_link(x) for x in links.list_links(session, survey_id=row.id or 0, wave_id=chosen.id)] if chosen and held else []
        form = _form(session, row)
        return Board(
            info or _gone(code), form, owner.timezone, {w.code: w.name for w in order}, wave or (chosen.code if chosen else None),
            _round(session, row, held, chosen.code, form, at) if held and chosen else None,
            tuple(x for x in made if x.kind != links.PREVIEW),
        )  # fmt: skip


def add_links(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, made: Sequence[NewLink], stages: Sequence[str] = ()
) -> tuple[int, ...]:
    """Ids of new links, all or none. stages: one for each of them instead, with the stage in the attribute `QR_STAGE`.

    A link that exists with the same kind, label, channel and attributes is not made again. Conflict: too many, a second public link,
    a name or value that is too long.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    wanted = [staged(one, stage) for one in made for stage in stages] if stages else list(made)
    if len(wanted) > MOST_LINKS:
        raise Conflict("publish.too_many", n=len(wanted), most=MOST_LINKS)
    for one in wanted:
        _check(one)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        programs.tick(session, program_id=row.program_id)  # attributes may become new; others do the same one after the other
        ensure_attributes(session, program_id=row.program_id, keys=[key for one in wanted for key in one.attributes])
        place = waves.ensure_wave(session, program_id=row.program_id, code=wave)
        known = links.list_links(session, survey_id=row.id or 0, wave_id=place.id)
        audit.record(session, actor, "link.add", f"survey:{row.id}", after={"wave": wave, "links": len(wanted)})
        return tuple(_ensure(session, row, place.id or 0, known, one) for one in wanted)


def staged(link: NewLink, stage: str) -> NewLink:
    """The link for one stage of the journey."""
    return replace(link, attributes={**link.attributes, QR_STAGE: stage})


def switch(deps: Deps, actor: Actor, *, program: str, code: str, link_id: int, closed: bool) -> None:
    """Closes or reopens one link. NotFound when the survey has no such link."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        _own_link(session, _find(session, actor, program, code), link_id)
        links.update_link(session, link_id=link_id, state=links.CLOSED if closed else links.OPEN)
        audit.record(session, actor, "link.close" if closed else "link.open", f"link:{link_id}")


def remove_link(deps: Deps, actor: Actor, *, program: str, code: str, link_id: int) -> None:
    """Deletes a link that nobody has used. Conflict when somebody has: then it can only be closed."""
    require(actor, Permission.MANAGE_PROGRAM)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        link = _own_link(session, row, link_id)
        used = {found for found, _, _ in visits.counts(session, survey_id=row.id or 0)}
        if link.opened or link_id in used:
            raise Conflict("publish.link_used")
        links.delete_link(session, link_id=link_id)
        audit.record(session, actor, "link.remove", f"link:{link_id}")


def save_texts(deps: Deps, actor: Actor, *, program: str, code: str, wave: str, texts: Mapping[str, Texts]) -> bool:
    """What the wave says as greeting, consent or thanks (`PARTS`), by language; parts that are not named stay. False when nothing changes.

    What says the same as the questionnaire is not the wave's own: it follows when the questionnaire changes. An empty text says nothing.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    if unknown := texts.keys() - set(PARTS):
        raise TypeError(f"not texts of a form: {sorted(unknown)}")
    if any(len(text.strip()) > MOST_TEXT for words in texts.values() for text in words.values()):
        raise Conflict("publish.text_long", most=MOST_TEXT)
    with writing(deps.engine) as session:
        row = _find(session, actor, program, code)
        programs.tick(session, program_id=row.program_id)  # two people saving at once follow one another
        place = waves.find_wave(session, program_id=row.program_id, code=wave)
        held = surveys.ensure_round(session, survey_id=row.id or 0, wave_id=place.id or 0)
        form, said = _form(session, row), dict(held.texts or {})
        for part, words in texts.items():
            theirs = getattr(form, part)
            said[part] = {lang: text.strip() for lang, text in words.items() if text.strip() != (theirs.get(lang) or "").strip()}
        changed = surveys.save_round_texts(session, held, texts=said, by=actor.name)
        if changed:
            audit.record(session, actor, "survey.texts", f"survey:{row.id}", after={"wave": place.code, "parts": sorted(texts)})
        return changed


def messenger(form: Form, language: str) -> tuple[str, str]:
    """Title and description of a link in a messenger, as the respondent's page says them in its Open Graph tags. The description is the
    greeting; "" where there is none."""
    def said(texts: Texts) -> str:
        return texts.get(language) or next((t for t in texts.values() if t), "")

    return said(form.title), " ".join(said(form.intro).split())


# ---------------------------------------------------------------- inside


def _gone(code: str) -> service.SurveyInfo:
    raise NotFound("store.survey.unknown", name=code, known="–")


def _find(session: Session, actor: Actor, program: str, code: str) -> Survey:
    owner = program_of(session, actor, program)
    return surveys.find_survey(session, program_id=owner.id or 0, code=code)


def _form(session: Session, row: Survey) -> Form:
    newest = surveys.newest_version(session, survey_id=row.id or 0)
    if newest is None:
        raise Conflict("service.survey.never_published")
    return document.from_document(newest.document)


def _round(session: Session, row: Survey, held: Round, wave: str, form: Form, at: datetime) -> RoundInfo:
    room = surveys.counted(session, round_ids=[held.id or 0])[held.id or 0]
    quota = tuple(Quota(cell, room.get(cell.segment, 0)) for cell in surveys.cells(held.quota))
    offered = tuple(language for language in held.languages or form.languages if language in form.languages) or form.languages
    return RoundInfo(wave, held.opens_at, held.closes_at, quota, offered, _state(row, held, at), held.texts or {})


def _state(row: Survey, held: Round, at: datetime) -> str:
    if row.state != surveys.PUBLISHED:
        return OFF
    if held.opens_at is not None and at < held.opens_at:
        return NOT_YET
    return OVER if held.closes_at is not None and at >= held.closes_at else OPEN


def _link(row: Link) -> LinkInfo:
    return LinkInfo(
        row.id or 0, row.kind, row.label, row.channel, dict(row.attributes), row.token, row.state == links.CLOSED, row.opened,
        row.created_at,
    )  # fmt: skip


def _check(link: NewLink) -> None:
    if link.kind not in MAKEABLE:
        raise ValueError(f"a link made here is one of {MAKEABLE}, not {link.kind!r}")
    words = (link.label, link.channel or "", *link.attributes, *link.attributes.values())
    if long := next((word for word in words if len(word) > CODE_MAX), None):
        raise Conflict("publish.word_long", word=long[:40], most=CODE_MAX)
    if not all(link.attributes) or not all(link.attributes.values()):
        raise Conflict("publish.word_empty")


def _ensure(session: Session, row: Survey, wave_id: int, known: list[Link], wanted: NewLink) -> int:
    plain = wanted.kind == links.PUBLIC and QR_STAGE not in wanted.attributes
    for link in known:
        same = (link.label, link.channel, link.attributes) == (wanted.label, wanted.channel, dict(wanted.attributes))
        if link.kind == wanted.kind and (same or (plain and QR_STAGE not in link.attributes)):
            if same:
                return link.id or 0
            raise Conflict("publish.public_exists")
    made = links.add_link(
        session, survey_id=row.id or 0, wave_id=wave_id, kind=wanted.kind, label=wanted.label, attributes=wanted.attributes,
        channel=wanted.channel,
    )  # fmt: skip
    known.append(made)
    return made.id or 0


def _own_link(session: Session, row: Survey, link_id: int) -> Link:
    link = links.get_link(session, link_id)
    if link.survey_id != row.id:
        raise NotFound("store.link.unknown", name=str(link_id), known="–")
    return link
