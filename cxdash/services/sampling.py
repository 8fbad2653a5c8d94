"""The sample planner (표본 계획): for each value of an attribute, answers so far, answers needed, answers expected when the wave closes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from cxdash.facts.question import WAVE, Facts, Filter, attribute_name
from cxdash.services.access import catalog_of, sizes_of
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import AttributeInfo, Catalog, QuestionInfo, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import EMPTY, Group, Summary, measured, top
from cxdash.services.publishing import RoundInfo, board
from cxdash.stats.nps import nps_sample
from cxdash.stats.planning import ENOUGH, MARGIN, forecast, net_needed, share_needed
from cxdash.store import links
from cxdash.store.database import reading

GOALS = ("nps", "csat")  # figures whose interval is planned
WINDOW = 7  # days that the present pace is read from
MOST = 300  # values of an attribute
REACHED, COMING, SHORT, EARLY, ENDLESS = "reached", "coming", "short", "early", "endless"
VERDICTS = (REACHED, COMING, SHORT, EARLY, ENDLESS)


@dataclass(frozen=True)
class Goal:
    """n: valid answers so far. needed: for ± MARGIN. expected: at the end, None where no pace or no end is known. daily: answers a day that
    the rest of the time would have to bring, None without an end or after it.

    verdict: reached, coming (expected to be), short (expected to fall short), early (under a day of collecting), endless (no closing time).
    """

    n: int
    needed: int
    expected: int | None
    daily: float | None
    verdict: str


@dataclass(frozen=True)
class Line:
    """value: of the attribute; None for everybody, "" for those without the attribute. responses: so far. goals: by figure, those measured.

    remind: people with a personal link who have not answered and may be written to.
    """

    value: str | None
    responses: int
    goals: Mapping[str, Goal]
    remind: int = 0

    @property
    def short(self) -> bool:
        return any(goal.verdict == SHORT for goal in self.goals.values())


@dataclass(frozen=True)
class Plan:
    """total: everybody in the wave. lines: one per value, those of links that nobody has answered yet too. days: the pace is of so many;
    left: days to the closing time (None: none is set). cut: values beyond MOST that are left out.
    """

    attribute: AttributeInfo | None
    total: Line
    lines: tuple[Line, ...]
    days: float
    left: float | None
    cut: int
    at: datetime


@dataclass(frozen=True)
class _Pace:
    days: float
    left: float | None


def sampling(
    deps: Deps, actor: Actor, *, program: str, code: str, wave: str, attribute: str | None = None, now: datetime | None = None
) -> Plan:
    """The plan of a wave by an attribute (None: the total only). Counts every customer's response of the wave, however it came.

    NotFound for an attribute that the programme does not have.
    """
    require(actor, Permission.MANAGE_PROGRAM)
    at = now or datetime.now(UTC)
    catalog = catalog_of(deps, actor, program)
    found = catalog.attribute(attribute) if attribute else None
    here = board(deps, actor, program=program, code=code, wave=wave, now=at)
    facts = sizes_of(deps, actor, catalog)
    where = Filter(equals={WAVE: (wave,)}, customers=True)
    pace, since = _pace(facts, where, here.round, here.timezone, at)
    by = [attribute_name(found.key)] if found else []
    recent = replace(where, since=since)
    whole = _only(_counted(facts, catalog, where, []))
    lately = _only(_counted(facts, catalog, recent, []))
    waiting = _waiting(deps, here.survey.id, catalog, wave, found)
    total = _line(catalog, None, whole, lately, whole, pace, sum(waiting.values()))
    if found is None:
        return Plan(None, total, (), pace.days, pace.left, 0, at)
    now_by, lately_by = _counted(facts, catalog, where, by), _counted(facts, catalog, recent, by)
    values = _values(found, now_by, [link.attributes for link in here.links if not link.closed], waiting)
    lines = tuple(_line(catalog, v or "", _of(now_by, v), _of(lately_by, v), whole, pace, waiting.get(v, 0)) for v in values[:MOST])
    return Plan(found, total, lines, pace.days, pace.left, max(0, len(values) - MOST), at)


def _pace(facts: Facts, where: Filter, held: RoundInfo | None, timezone: str, at: datetime) -> tuple[_Pace, date]:
    """What the pace is read from: the last WINDOW days, or less where it began later."""
    zone = ZoneInfo(timezone)
    today = at.astimezone(zone).date()
    counted = facts.count(where, ["day"])["day"].drop_nulls().cast(pl.Date)
    first = counted.min() if len(counted) else today
    opens, closes = (held.opens_at, held.closes_at) if held else (None, None)
    assert isinstance(first, date)
    starts = [datetime.combine(max(first, today - timedelta(days=WINDOW - 1)), time(), zone)]
    begun = max([*starts, *([opens] if opens is not None else [])])
    left = None if closes is None else max(0.0, (closes - at) / timedelta(days=1))
    return _Pace(max(0.0, (at - begun) / timedelta(days=1)), left), begun.astimezone(zone).date()


def _counted(facts: Facts, catalog: Catalog, where: Filter, by: Sequence[str]) -> dict[Group, Summary]:
    return measured(facts, catalog, where, by, GOALS)


def _only(found: Mapping[Group, Summary]) -> Summary:
    return found.get((), Summary(0, {}, None))


def _of(found: Mapping[Group, Summary], value: str | None) -> Summary:
    return found.get((value,), Summary(0, {}, None))


def _waiting(deps: Deps, survey_id: int, catalog: Catalog, wave: str, attribute: AttributeInfo | None) -> dict[str | None, int]:
    place = next((w.id for w in catalog.waves if w.code == wave), None)
    if place is None:
        return {}
    with reading(deps.engine) as session:
        return links.waiting_by(session, survey_id=survey_id, wave_id=place, key=attribute.key if attribute else None)


def _values(
    attribute: AttributeInfo, found: Mapping[Group, Summary], linked: Sequence[Mapping[str, str]], waiting: Mapping[str | None, int]
) -> list[str | None]:
    """Values that are printed, that occur, that an open link would fill in, or that somebody invited has; those without one last."""
    printed = list(next(iter(attribute.labels.values()), {}))
    present = {str(value) for (value,) in found if value is not None} | {one[attribute.key] for one in linked if attribute.key in one}
    present |= {value for value in waiting if value is not None}
    ordered: list[str | None] = [*printed, *sorted(present - set(printed), key=natural)]
    return [*ordered, *([None] if (None,) in found or None in waiting else [])]


def _line(catalog: Catalog, value: str | None, now: Summary, lately: Summary, whole: Summary, pace: _Pace, remind: int) -> Line:
    goals = {}
    for name in GOALS:
        question = catalog.behind(name)
        if question is not None:
            n = now.counts.get(question.code, EMPTY).size
            goals[name] = _goal(n, lately.counts.get(question.code, EMPTY).size, _needed(name, question, now, whole), pace)
    return Line(value, now.responses, goals, remind)


def _needed(name: str, question: QuestionInfo, own: Summary, whole: Summary) -> int:
    """By how much the segment's own answers differ where there are enough of them, else everybody's, else by the most they could."""
    counts = next((c for c in (own.of(question), whole.of(question)) if c.size >= ENOUGH), None)
    if name == "nps":
        return net_needed(nps_sample(counts) if counts is not None else None)
    assert question.scale is not None
    figure = top(counts, question.scale) if counts is not None else None
    share = None if figure is None or figure.value is None else figure.value / 100
    return share_needed(share, figure.n if figure else 0)


def _goal(n: int, recent: int, needed: int, pace: _Pace) -> Goal:
    expected = None if pace.left is None else n if pace.left == 0 else forecast(n, recent, pace.days, pace.left)
    daily = max(0.0, (needed - n) / pace.left) if pace.left else None
    return Goal(n, needed, None if expected is None else math.floor(expected), daily, _verdict(n, needed, expected, pace))


def _verdict(n: int, needed: int, expected: float | None, pace: _Pace) -> str:
    if n >= needed:
        return REACHED
    if pace.left is None:
        return ENDLESS
    if expected is None:
        return EARLY
    return COMING if expected >= needed else SHORT


__all__ = ["GOALS", "MARGIN", "MOST", "VERDICTS", "WINDOW", "Goal", "Line", "Plan", "sampling"]
