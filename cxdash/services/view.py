"""The view: what the address bar says about a screen, parsed and checked, and what it means for a programme.

A link is the whole state. Defaults stay out of it; values from outside are parsed, never evaluated; what cannot be
understood is left out, so that an old link still opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cxdash.facts.question import MYSTERY, SOURCE, STAGE, TOUCHPOINT, WAVE, Filter
from cxdash.services.catalog import Catalog
from cxdash.services.metric import is_name

PRESETS = ("all", "30d", "90d", "6m", "12m", "wave", "custom")
COMPARISONS = ("previous", "period", "rest", "segment", "none")
GRAINS = ("auto", "week", "month", "quarter", "wave")
LEVELS = ("stage", "touchpoint", "factor")  # of the drivers of an outcome, and of priorities
IMPORTANCES = ("stated", "derived")  # as respondents said it, or as it goes with the outcome
CROSSHAIRS = ("items", "middle", "frozen")  # of priorities: mean of the items, middle of the scales, kept with the programme
_MONTHS = {"6m": 6, "12m": 12}
_KEY, _OTHER = "f.", "v."  # in front of a filter's key in the address; of the segment it is compared with
_MAX_VALUES, _MAX_TEXT = 200, 200


@dataclass(frozen=True)
class View:
    """State of the filter bar. `equals`: attribute key (or wave, source, stage, touchpoint) -> accepted values.

    compare: what the selection is compared with: the time before, another period (against_since/until), the rest of the same period,
    or a segment (`against`: keys whose values replace those of `equals`). clean: without the responses that look careless.
    by, across: the attributes of a breakdown. outcome, level: what the drivers are of, and what may be a driver; None = the first there is.
    importance, crosshair: of priorities; None = what the page takes by itself.
    """

    program: str | None = None
    period: str | None = None  # None = the programme's default
    since: date | None = None
    until: date | None = None
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str | None = None
    metric: str = "nps"
    grain: str = "auto"
    weighted: bool = False
    across: str | None = None
    compare: str = "previous"
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    against_since: date | None = None
    against_until: date | None = None
    clean: bool = False
    outcome: str | None = None
    level: str | None = None
    importance: str | None = None
    crosshair: str | None = None

    def without(self, key: str, value: str) -> View:
        """The view after the chip (key, value) is removed."""
        left = tuple(v for v in self.equals.get(key, ()) if v != value)
        others = {k: v for k, v in self.equals.items() if k != key}
        return replace(self, equals={**others, **({key: left} if left else {})})

    def filtered(self, key: str, *values: str) -> View:
        """The view with only these values of a key; the key's own filter goes when there are none."""
        others = {k: v for k, v in self.equals.items() if k != key}
        return replace(self, equals={**others, key: values} if values else others)

    def to_query(self) -> dict[str, list[str]]:
        """Query parameters, defaults left out."""
        single = {
            "program": self.program, "period": self.period, "by": self.by,
            "since": self.since.isoformat() if self.since and self.period == "custom" else None,
            "until": self.until.isoformat() if self.until and self.period == "custom" else None,
            "metric": None if self.metric == "nps" else self.metric,
            "grain": None if self.grain == "auto" else self.grain,
            "weighted": "1" if self.weighted else None,
            "across": self.across,
            "vs": None if self.compare == "previous" else self.compare,
            "vs.since": self.against_since.isoformat() if self.against_since and self.compare == "period" else None,
            "vs.until": self.against_until.isoformat() if self.against_until and self.compare == "period" else None,
            "clean": "1" if self.clean else None,
            "outcome": self.outcome,
            "level": self.level,
            "importance": self.importance,
            "cross": self.crosshair,
        }
        query = {k: [v] for k, v in single.items() if v}
        query.update({_KEY + k: list(v) for k, v in self.equals.items() if v})
        if self.compare == "segment":
            query.update({_OTHER + k: list(v) for k, v in self.against.items() if v})
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> View:
        """Parse query parameters; unknown or unreadable ones are left out."""
        def one(key: str, allowed: Sequence[str] | None = None) -> str | None:
            value = (list(query.get(key, ())) or [None])[-1]
            return value if value and len(value) <= _MAX_TEXT and (allowed is None or value in allowed) else None

        metric, outcome = one("metric"), one("outcome")
        return cls(
            program=one("program"), period=one("period", PRESETS), since=_day(one("since")), until=_day(one("until")),
            equals=_chosen(query, _KEY), by=one("by"), metric=metric if metric and is_name(metric) else "nps",
            grain=one("grain", GRAINS) or "auto", weighted=one("weighted") == "1", across=one("across"),
            compare=one("vs", COMPARISONS) or "previous", against=_chosen(query, _OTHER),
            against_since=_day(one("vs.since")), against_until=_day(one("vs.until")), clean=one("clean") == "1",
            outcome=outcome if outcome and is_name(outcome) else None, level=one("level", LEVELS),
            importance=one("importance", IMPORTANCES), crosshair=one("cross", CROSSHAIRS),
        )


def _chosen(query: Mapping[str, Sequence[str]], mark: str) -> dict[str, tuple[str, ...]]:
    """Filter key -> values, from the parameters that begin with the mark."""
    found = {k[len(mark):]: tuple(dict.fromkeys(v[:_MAX_TEXT] for v in list(vs)[:_MAX_VALUES] if v))
             for k, vs in query.items() if k.startswith(mark) and len(k) > len(mark)}
    return {k: v for k, v in found.items() if v}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Bounds:
    """First and last local day on which a programme has responses, or None where it has no dates."""

    first: date | None
    last: date | None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1 if self.first and self.last else 0


@dataclass(frozen=True)
class Scope:
    """What a view selects: the filter now, the filter it is compared with, and how to say it."""

    now: Filter
    before: Filter | None
    period: str
    since: date | None
    until: date | None
    comparison: str  # "previous_period", "previous_wave", "period", "rest", "segment", or "" when there is nothing to compare with
    withheld: bool = False  # its figures would, beside a wider selection's, tell of fewer than ten people (`cxdash.facts.scoped`)

    @property
    def apart(self) -> bool:
        """No response can be on both sides, so that a test of the difference means something."""
        return self.before is None or self.rest or disjoint(self.now, self.before)

    @property
    def everybody(self) -> Scope:
        """With mystery shoppers, for what tells of responses and not of customers: lists, and what is wrong with the data."""
        return replace(self, now=replace(self.now, customers=False))

    @property
    def rest(self) -> bool:
        """`before` holds the selection itself too, which must be taken away from it."""
        return self.comparison == "rest"


def default_period(bounds: Bounds, catalog: Catalog) -> str:
    """The latest half year where there is a year or more to tell of, the latest wave where there are no dates, else everything."""
    if bounds.days >= 360:
        return "6m"
    return "wave" if bounds.first is None and len(catalog.waves) > 1 else "all"


def resolve(view: View, catalog: Catalog, bounds: Bounds) -> Scope:
    """Turn a view into filters. Periods end on the programme's last day with responses, so that old data still shows.

    By default the comparison is the equally long period just before; a single chosen wave is compared with the wave before it.
    Keys that the programme does not have are ignored. Mystery shoppers' answers count only where their source is filtered for.
    """
    equals = _known(view.equals, catalog)
    period = view.period or default_period(bounds, catalog)
    if period == "wave" and WAVE not in equals and catalog.waves:
        equals[WAVE] = (catalog.waves[-1].code,)
    since, until = _span(period, view, bounds)
    now = Filter(equals, since, until, view.clean, customers=MYSTERY not in equals.get(SOURCE, ()))
    before, comparison = _compared(view, catalog, bounds, now, period)
    return Scope(now, before, period, since, until, comparison)


def disjoint(a: Filter, b: Filter) -> bool:
    """Whether the two filters cannot select the same response: other dates, or a key without a common value."""
    if (a.until and b.since and a.until < b.since) or (b.until and a.since and b.until < a.since):
        return True
    shared = (set(a.equals) & set(b.equals)) - {STAGE, TOUCHPOINT}  # one respondent rates several stages
    return any(not set(a.equals[key]) & set(b.equals[key]) for key in shared)


def _known(chosen: Mapping[str, tuple[str, ...]], catalog: Catalog) -> dict[str, tuple[str, ...]]:
    known = {WAVE, SOURCE, *(catalog.name_of(a) for a in catalog.attributes), *([STAGE] if catalog.stages else []),
             *([TOUCHPOINT] if catalog.touchpoints else [])}
    return {k: v for k, v in chosen.items() if k in known}


def _compared(view: View, catalog: Catalog, bounds: Bounds, now: Filter, period: str) -> tuple[Filter | None, str]:
    """The other side of the comparison and what it is."""
    match view.compare:
        case "none":
            return None, ""
        case "rest":
            whole = replace(now, equals={k: v for k, v in now.equals.items() if k == WAVE and period == "wave"})
            return (whole, "rest") if whole != now else (None, "")
        case "segment":
            other = replace(now, equals={**now.equals, **_known(view.against, catalog)})
            return (other, "segment") if other != now else (None, "")
        case "period":
            since, until = sorted((view.against_since, view.against_until)) if view.against_since and view.against_until else (None, None)
            return (replace(now, since=since, until=until), "period") if since else (None, "")
    since, until = now.since, now.until
    if since and until and bounds.first and since > bounds.first:
        length = (until - since).days + 1
        back = _months_back(since, _MONTHS[period]) if period in _MONTHS else since - timedelta(days=length)
        return replace(now, since=back, until=since - timedelta(days=1)), "previous_period"
    if previous := _previous_wave(now.equals, catalog, period):
        return replace(now, equals={**now.equals, WAVE: (previous,)}), "previous_wave"
    return None, ""


def _span(period: str, view: View, bounds: Bounds) -> tuple[date | None, date | None]:
    last = bounds.last
    if period == "custom":
        since, until = view.since, view.until
        return (until, since) if since and until and since > until else (since, until)
    if period in ("all", "wave") or last is None:
        return None, None
    if period in ("30d", "90d"):
        return last - timedelta(days=int(period[:-1]) - 1), last
    return _months_back(last + timedelta(days=1), _MONTHS[period]), last


def _months_back(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


def _previous_wave(equals: Mapping[str, tuple[str, ...]], catalog: Catalog, period: str) -> str | None:
    codes = [w.code for w in catalog.waves]
    chosen = equals.get(WAVE, ())
    if len(chosen) != 1 or chosen[0] not in codes or period == "custom":
        return None
    at = codes.index(chosen[0])
    return codes[at - 1] if at else None
