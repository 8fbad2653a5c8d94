"""How a collection is going (현황): sent, opened, started, finished by link and channel, and the question where people stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from cxdash.services.access import program_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.deps import Deps
from cxdash.store import links, surveys, visits, waves
from cxdash.store.collect_tables import Link
from cxdash.store.database import reading
from cxdash.survey import document, flow
from cxdash.survey.form import GATE, Form, FormQuestion, FormStage

LATELY = timedelta(hours=24)


@dataclass(frozen=True)
class Counted:
    """invited, sent: people of personal links. opened: first pages asked for (of personal links: people who opened theirs), never less
    than started. started: visits that sent a page. finished: a response each. going: on their way, went on within the last day;
    partial: stopped for longer. over: finished when the quota was full.
    """

    invited: int = 0
    sent: int = 0
    opened: int = 0
    started: int = 0
    finished: int = 0
    going: int = 0
    partial: int = 0
    over: int = 0

    def __add__(self, other: Counted) -> Counted:
        return Counted(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class LinkLine:
    """A link with its counts. number: its id, to tell links of one name apart."""

    number: int
    kind: str
    label: str
    channel: str | None
    closed: bool
    counted: Counted
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stop:
    """Where visits ended that were not finished: `stopped` of them at this question, of `reached` that came as far.

    question: None for questions that the newest version no longer asks; code is then what the visits say ("" before the first).
    gate: the stage whose "did you experience this?" was seen last.
    """

    code: str
    question: FormQuestion | None
    stopped: int
    reached: int
    gate: FormStage | None = None


@dataclass(frozen=True)
class Fieldwork:
    """lines: oldest link first (`grouped` adds them up). stops: in the order asked.

    lately: finished within the last 24 hours.
    """

    total: Counted
    lines: tuple[LinkLine, ...]
    stops: tuple[Stop, ...]
    lately: int
    at: datetime


def fieldwork(deps: Deps, actor: Actor, *, program: str, code: str, wave: str, now: datetime | None = None) -> Fieldwork:
    """The counts of a survey in a wave at this moment; a few short questions to the store. NotFound for a survey or wave not there."""
    require(actor, Permission.MANAGE_PROGRAM)
    at = now or datetime.now(UTC)
    with reading(deps.engine) as session:
        owner = program_of(session, actor, program)
        survey = surveys.find_survey(session, program_id=owner.id or 0, code=code)
        place = waves.find_wave(session, program_id=owner.id or 0, code=wave)
        here = {"survey_id": survey.id or 0, "wave_id": place.id or 0}
        lines = _lines(session, **here)
        ended = visits.stops(session, **here)
        lately = visits.finishes(session, **here, since=at - LATELY)
        newest = surveys.newest_version(session, survey_id=survey.id or 0)
        form = document.from_document(newest.document) if newest else Form()
    total = sum((line.counted for line in lines), Counted())
    return Fieldwork(total, lines, _stops(form, ended, total), lately, at)


CHANNEL = "channel"


def keys(lines: Iterable[LinkLine]) -> tuple[str, ...]:
    """What the lines can be grouped by: the channel where any has one, and every attribute that a link fills in."""
    given = list(lines)
    named = dict.fromkeys(key for line in given for key in line.attributes if key != CHANNEL)
    return (*([CHANNEL] if any(line.channel for line in given) else []), *named)


def grouped(lines: Iterable[LinkLine], key: str) -> tuple[tuple[str | None, Counted], ...]:
    """Value of the channel or an attribute (None: none) -> counts of its links together, most finished first."""
    found: dict[str | None, Counted] = {}
    for line in lines:
        value = line.channel if key == CHANNEL else line.attributes.get(key)
        found[value] = found.get(value, Counted()) + line.counted
    return tuple(sorted(found.items(), key=lambda one: (-one[1].finished, -one[1].started, one[0] or "")))


def _lines(session: Session, *, survey_id: int, wave_id: int) -> tuple[LinkLine, ...]:
    states: dict[int, Counter[str]] = {}
    for link_id, state, n in visits.counts(session, survey_id=survey_id, wave_id=wave_id):
        states.setdefault(link_id, Counter())[state] += n
    invited = links.invited_counts(session, survey_id=survey_id, wave_id=wave_id)
    rows = (row for row in links.list_links(session, survey_id=survey_id, wave_id=wave_id) if row.kind != links.PREVIEW)
    return tuple(_line(row, states.get(row.id or 0, Counter()), invited.get(row.id or 0, (0, 0, 0))) for row in rows)


def _line(row: Link, states: Counter[str], invited: tuple[int, int, int]) -> LinkLine:
    people, sent, looked = invited
    started = sum(states.values())
    counted = Counted(
        people, sent, max(started, looked if row.kind == links.PERSONAL else row.opened), started, states[visits.FINISHED],
        states[visits.STARTED], states[visits.PARTIAL], states[visits.OVER],
    )  # fmt: skip
    return LinkLine(row.id or 0, row.kind, row.label, row.channel, row.state == links.CLOSED, counted, dict(row.attributes))


def _stops(form: Form, ended: Iterable[tuple[str, int]], total: Counted) -> tuple[Stop, ...]:
    """In the order asked: who started comes to the first question, and loses those who stopped before on the way to the next."""
    fields = [field for page in flow.whole(form) for field in page.fields]
    order = {field: place for place, field in enumerate(dict.fromkeys([*fields, *(question.code for question in flow.asked(form))]))}
    found = sorted(ended, key=lambda one: order.get(one[0], -1 if one[0] == "" else len(order)))
    asked, left = form.by_code, total.started
    told = []
    for code, n in found:
        gate = form.stage_of.get(code.removeprefix(GATE)) if code.startswith(GATE) and code in order else None
        told.append(Stop(code, asked.get(code) if code in order else None, n, left, gate))
        left -= n
    return tuple(told)
