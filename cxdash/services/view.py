"""The view: what the address bar says about a screen, parsed and checked, and what it means for a programme.

A link is the whole state. Defaults stay out of it; values from outside are parsed, never evaluated; what cannot be
understood is left out, so that an old link still opens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cxdash.facts.question import SOURCE, WAVE, Filter
from cxdash.services.catalog import Catalog

PRESETS = ("all", "30d", "90d", "6m", "12m", "wave", "custom")
METRICS = ("nps", "csat", "loyalty")
GRAINS = ("auto", "week", "month", "quarter", "wave")
_MONTHS = {"6m": 6, "12m": 12}
_KEY = "f."  # in front of a filter's key in the address
_MAX_VALUES, _MAX_TEXT = 200, 200


@dataclass(frozen=True)
class View:
    """State of the filter bar. `equals`: attribute key (or wave, source) -> accepted values."""

    program: str | None = None
    period: str | None = None  # None = the programme's default
    since: date | None = None
    until: date | None = None
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str | None = None
    metric: str = "nps"
    grain: str = "auto"
    weighted: bool = False

    def without(self, key: str, value: str) -> View:
        """The view after the chip (key, value) is removed."""
        left = tuple(v for v in self.equals.get(key, ()) if v != value)
        others = {k: v for k, v in self.equals.items() if k != key}
        return replace(self, equals={**others, **({key: left} if left else {})})

    def to_query(self) -> dict[str, list[str]]:
        """Query parameters, defaults left out."""
        single = {
            "program": self.program, "period": self.period, "by": self.by,
            "since": self.since.isoformat() if self.since and self.period == "custom" else None,
            "until": self.until.isoformat() if self.until and self.period == "custom" else None,
            "metric": None if self.metric == "nps" else self.metric,
            "grain": None if self.grain == "auto" else self.grain,
            "weighted": "1" if self.weighted else None,
        }
        query = {k: [v] for k, v in single.items() if v}
        query.update({_KEY + k: list(v) for k, v in self.equals.items() if v})
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> View:
        """Parse query parameters; unknown or unreadable ones are left out."""
        def one(key: str, allowed: Sequence[str] | None = None) -> str | None:
            value = (list(query.get(key, ())) or [None])[-1]
            return value if value and len(value) <= _MAX_TEXT and (allowed is None or value in allowed) else None

        equals = {k[len(_KEY):]: tuple(dict.fromkeys(v[:_MAX_TEXT] for v in list(vs)[:_MAX_VALUES] if v))
                  for k, vs in query.items() if k.startswith(_KEY) and len(k) > len(_KEY)}
        return cls(
            program=one("program"), period=one("period", PRESETS), since=_day(one("since")), until=_day(one("until")),
            equals={k: v for k, v in equals.items() if v}, by=one("by"), metric=one("metric", METRICS) or "nps",
            grain=one("grain", GRAINS) or "auto", weighted=one("weighted") == "1",
        )


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
    comparison: str  # "previous_period", "previous_wave" or "" when there is nothing to compare with


def default_period(bounds: Bounds, catalog: Catalog) -> str:
    """The latest half year where there is a year or more to tell of, the latest wave where there are no dates, else everything."""
    if bounds.days >= 360:
        return "6m"
    return "wave" if bounds.first is None and len(catalog.waves) > 1 else "all"


def resolve(view: View, catalog: Catalog, bounds: Bounds) -> Scope:
    """Turn a view into filters. Periods end on the programme's last day with responses, so that old data still shows.

    The comparison is the equally long period just before; a single chosen wave is compared with the wave before it.
    Keys that the programme does not have are ignored.
    """
    known = {WAVE, SOURCE, *(catalog.name_of(a) for a in catalog.attributes)}
    equals = {k: v for k, v in view.equals.items() if k in known}
    period = view.period or default_period(bounds, catalog)
    if period == "wave" and WAVE not in equals and catalog.waves:
        equals[WAVE] = (catalog.waves[-1].code,)
    since, until = _span(period, view, bounds)
    now = Filter(equals, since, until)
    before, comparison = None, ""
    if since and until and bounds.first and since > bounds.first:
        length = (until - since).days + 1
        back = _months_back(since, _MONTHS[period]) if period in _MONTHS else since - timedelta(days=length)
        before, comparison = Filter(equals, back, since - timedelta(days=1)), "previous_period"
    elif previous := _previous_wave(equals, catalog, period):
        before, comparison = replace(now, equals={**equals, WAVE: (previous,)}), "previous_wave"
    return Scope(now, before, period, since, until, comparison)


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
