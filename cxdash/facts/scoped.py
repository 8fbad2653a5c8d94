"""Facts of which somebody sees only a part: some rows, or nothing that would tell of a handful of people.

Services are handed these instead of the whole (`cxdash.services.access`), so no page can forget to narrow what it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

import polars as pl

from cxdash.facts.fewpeople import emptied, hushed, keyed, memory_of, near, siblings
from cxdash.facts.question import NONE, PERIODS, STAGE, TOUCHPOINT, WAVE, Facts, Filter
from cxdash.facts.specs import CARELESS, WeightSpec

if TYPE_CHECKING:
    from cxdash.facts.weighting import Raking

NOBODY = Filter({WAVE: ()})
MOST_FILTERS = 6  # at once under the rule of subtraction: two questions more for each would be asked twice as often
PERIOD, CLEAN = ("period",), ("clean",)  # what can be taken off a filter besides its keys


class RowFacts:
    """`Facts` of the rows that fit a second filter. equals: as `Filter.equals`; a key that both filters have must fit both."""

    def __init__(self, facts: Facts, equals: Mapping[str, tuple[str, ...]]) -> None:
        self._facts, self._equals = facts, equals

    def _and(self, where: Filter) -> Filter:
        both = {k: tuple(v for v in where.equals[k] if v in vs) if k in where.equals else vs for k, vs in self._equals.items()}
        return replace(where, equals={**where.equals, **both})

    def version(self) -> int:
        return self._facts.version()

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.tally(self._and(where), by, questions, weighted=weighted)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        return self._facts.moments(self._and(where), by, columns, weighted=weighted, groups=groups)

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.joint(self._and(where), by, columns, weighted=weighted)

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.paired(self._and(first), self._and(second), columns, weighted=weighted)

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        return self._facts.rated(self._and(where), columns, also=also, weighted=weighted)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.sums(self._and(where), by, columns, weighted=weighted)

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        return self._facts.rows(self._and(where), columns, limit=limit, offset=offset, order=order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.count(self._and(where), by, weighted=weighted)

    def under(self, weighting: WeightSpec | None) -> RowFacts:
        return RowFacts(self._facts.under(weighting), self._equals)

    def rakings(self) -> tuple[Raking, ...]:
        """None: they speak of all the responses."""
        return ()

    def durations(self) -> tuple[int, float | None]:
        """None: the median is of all the responses."""
        return 0, None


class GuardedFacts:
    """`Facts` for whoever sees no single answers: what would tell of fewer than `least` people is answered as if nobody had answered.

    Two filters tell of the people between them. So a selection speaks only when every way of taking filters off it leaves as many as
    before, or `least` more (`apart`); what it counts stays. A group of a selection is `withheld` by the same rule, and a question is silent
    where only a few more have answered it (`cxdash.facts.fewpeople`). docs/permissions.md has the rule in words, with what it does not
    cover. What was judged is kept with the version of the data.
    """

    def __init__(self, facts: Facts, least: int) -> None:
        self._facts, self._least = facts, least
        inner, rows = (facts._facts, repr(facts._equals)) if isinstance(facts, RowFacts) else (facts, "")
        self._known = memory_of(inner, (rows, least))

    def version(self) -> int:
        return self._facts.version()

    def tally(self, where: Filter, by: Sequence[str], questions: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        if self.apart(where):
            told = self._facts.tally(where, by, questions, weighted=weighted)
            return hushed(told, by, self._quiet(where, by, questions))
        nothing = self._facts.tally(NOBODY, by, questions, weighted=weighted)
        return nothing if by else self._unanswered(nothing, where, questions)

    def _unanswered(self, nothing: pl.DataFrame, where: Filter, questions: Sequence[str]) -> pl.DataFrame:
        n = self._n(where)
        rows = [{"question": q, "point": None, "n": n, "w": float(n), "w2": float(n)} for q in dict.fromkeys(questions)]
        return pl.DataFrame(rows, schema=nothing.schema)

    def moments(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False, groups: int = 0) -> pl.DataFrame:
        told = NOBODY if len(self._quiet(where, [], columns)) else self._told(where)
        return self._facts.moments(told, by, columns, weighted=weighted, groups=groups)

    def joint(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        told = NOBODY if len(self._quiet(where, [], columns)) else self._told(where)
        return self._facts.joint(told, by, columns, weighted=weighted)

    def paired(self, first: Filter, second: Filter, columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        told = self.apart(first) and self.apart(second) and self._pairs_apart(first, second)
        return self._facts.paired(first if told else NOBODY, second, columns, weighted=weighted)

    def _pairs_apart(self, first: Filter, second: Filter) -> bool:
        """The customers of two selections may be told of only where no filter that both share makes out fewer than `least` of them. Dates
        would have to be tried one by one, so pairs of periods say nothing."""
        if any(day is not None for where in (first, second) for day in (where.since, where.until)):
            return False
        n = self._pairs(first, second)
        parts = [key for key in first.equals if first.equals[key] == second.equals.get(key)]
        care = [CLEAN] if first.clean and second.clean else []
        if n >= self._least and any(self._few(self._pairs(*both) - n) for both in _both(first, second, [*parts, *care])):
            return False
        several = ((key, value) for key in parts if len(first.equals[key]) > 1 for value in first.equals[key])
        return n < self._least or not any(self._few(n - self._pairs(_less(first, *one), _less(second, *one))) for one in several)

    def _pairs(self, first: Filter, second: Filter) -> int:
        return int(self._facts.paired(first, second, ())["n"].sum())

    def rated(self, where: Filter, columns: Sequence[str], *, also: Sequence[str] = (), weighted: bool = False) -> pl.DataFrame:
        return self._facts.rated(self._told(where), columns, also=also, weighted=weighted)

    def sums(self, where: Filter, by: Sequence[str], columns: Sequence[str], *, weighted: bool = False) -> pl.DataFrame:
        found = self._facts.sums(self._told(where), by, columns, weighted=weighted)
        return emptied(found, by, self._quiet(where, by, columns))

    def rows(self, where: Filter, columns: Sequence[str], *, limit: int, offset: int = 0, order: str = "-at") -> pl.DataFrame:
        """Single answers are not told; without columns there are only numbers of rows."""
        told = NOBODY if columns or order.lstrip("-") not in ("id", "at") else where
        return self._facts.rows(told, columns, limit=limit, offset=offset, order=order)

    def count(self, where: Filter, by: Sequence[str] = (), *, weighted: bool = False) -> pl.DataFrame:
        return self._facts.count(where, by, weighted=weighted)

    def under(self, weighting: WeightSpec | None) -> GuardedFacts:
        return GuardedFacts(self._facts.under(weighting), self._least)

    def rakings(self) -> tuple[Raking, ...]:
        return self._facts.rakings()

    def durations(self) -> tuple[int, float | None]:
        n, median = self._facts.durations()
        return n, None if n < self._least else median

    def apart(self, where: Filter) -> bool:
        """Whether the selection may speak. One of fewer than `least` says nothing anyway, so it may."""
        return bool(self._once(("apart", repr(where)), lambda: self._n(where) < self._least or self._judged(where)))

    def withheld(self, where: Filter, by: Sequence[str]) -> frozenset[tuple[Any, ...]]:
        """Groups of a breakdown that must not speak: in a coarser selection the same group has a few people more, or a small one would
        follow from all the others."""
        return frozenset(self._once(("withheld", repr(where), tuple(by)), lambda: self._withheld(where, by)))

    def _withheld(self, where: Filter, by: Sequence[str]) -> frozenset[tuple[Any, ...]]:
        parts = _parts(where)
        if not by or len(parts) > MOST_FILTERS:
            return frozenset()  # with more filters the selection does not speak at all
        own = self._sizes(where, by)
        follows = siblings(own, self._least) if len(by) == 1 and by[0] not in PERIODS else frozenset()
        coarser = [self._sizes(less, by) for less in _coarser(where, parts)]
        return follows | {group for group, n in own.items() if n >= self._least and any(self._few(c.get(group, n) - n) for c in coarser)}

    def _quiet(self, where: Filter, by: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
        """Groups and questions of a selection that only a few more have answered in a wider one: those few would follow. A question that
        is silent in the selection is so in all of its groups, which add up to it."""
        def ask() -> pl.DataFrame:
            def answered(one: Filter) -> pl.DataFrame:
                return keyed(self._facts.sums(one, by, list(dict.fromkeys(names))), by, "column")

            parts = _parts(where)
            wider = () if not self.apart(where) or len(parts) > MOST_FILTERS else _coarser(where, parts)
            own = answered(where) if parts else answered(NOBODY)
            silent = self._quiet(where, [], names)["name"].to_list() if by and parts else self._uneven(where, answered) if parts else []
            return near(own, map(answered, wider), by, self._least, silent)

        return self._once(("quiet", repr(where), tuple(by), tuple(names)), ask)  # type: ignore[no-any-return]

    def _uneven(self, where: Filter, answered: Callable[[Filter], pl.DataFrame]) -> list[str]:
        """Questions that only a few of one of several values have answered: the other values are a selection too."""
        found: set[str] = set()
        for key, values in where.equals.items():
            for value in values if len(values) > 1 else ():
                less = answered(replace(where, equals={**where.equals, key: tuple(v for v in values if v != value)}))
                found.update(near(less, [answered(where)], [], self._least, [])["name"].to_list())
        return sorted(found)

    def _once(self, about: Hashable, judge: Callable[[], Any]) -> Any:
        found = self._known.get(about)
        if found is None:
            found = self._known[about] = judge()
        return found

    def _judged(self, where: Filter) -> bool:
        parts = _parts(where)
        if len(parts) > MOST_FILTERS:
            return False
        n = self._n(where)
        if any(self._few(self._n(less) - n) for less in _coarser(where, parts)):
            return False
        if any(self._completes(where, key) for key in where.equals if key not in (STAGE, TOUCHPOINT, CARELESS)):
            return False
        return all(self._values_apart(where, key, n) for key, values in where.equals.items() if len(values) > 1) and self._days_apart(where)

    def _completes(self, where: Filter, key: str) -> bool:
        """Whether it names the value that, with all the others, would tell of the few of another value of the same key."""
        less = replace(where, equals={k: v for k, v in where.equals.items() if k != key})
        about = ("siblings", repr(less), key)
        silent = {value for (value,) in self._once(about, lambda: siblings(self._sizes(less, [key]), self._least))}
        return any((None if value == NONE else value) in silent for value in where.equals[key])

    def _values_apart(self, where: Filter, key: str, n: int) -> bool:
        """Several values of a key: each of them is `least` people, for the others are a selection too."""
        if key not in (STAGE, TOUCHPOINT, CARELESS):
            return not any(self._few(size) for size in self._sizes(where, [key]).values())
        values = where.equals[key]
        others = ({**where.equals, key: tuple(v for v in values if v != value)} for value in values)
        return not any(self._few(n - self._n(replace(where, equals=equals))) for equals in others)

    def _days_apart(self, where: Filter) -> bool:
        """A period whose ends lie within the data: what lies beyond an end, in all and in the same month, and the first month within it,
        is nobody or `least` people. Periods begin and end with months, or are counted from the last day (`cxdash.services.guard`)."""
        if where.since is None and where.until is None:
            return True
        counted = self._facts.count(replace(where, since=None, until=None), ["day"]).drop_nulls("day")
        days: dict[date, int] = dict(zip(counted["day"].to_list(), counted["n"].to_list(), strict=True))
        since, until = where.since or date.min, where.until or date.max
        inside = {day: n for day, n in days.items() if since <= day <= until}
        ends = ((since, {d: n for d, n in days.items() if d < since}, min), (until, {d: n for d, n in days.items() if d > until}, max))
        return all(self._end_apart(end, inside, beyond, outermost) for end, beyond, outermost in ends if beyond)

    def _end_apart(self, end: date, inside: Mapping[date, int], beyond: Mapping[date, int], outermost: Any) -> bool:
        month = (end.year, end.month)
        strip = sum(n for day, n in beyond.items() if (day.year, day.month) == month)
        edge = outermost(inside) if inside else end
        first = sum(n for day, n in inside.items() if (day.year, day.month) == (edge.year, edge.month))
        return not (self._few(sum(beyond.values())) or self._few(strip) or self._few(first))

    def _few(self, n: int) -> bool:
        return 0 < n < self._least

    def _told(self, where: Filter) -> Filter:
        return where if self.apart(where) else NOBODY

    def _n(self, where: Filter) -> int:
        return int(self._facts.count(where)["n"].sum())

    def _sizes(self, where: Filter, by: Sequence[str]) -> dict[tuple[Any, ...], int]:
        counted = self._facts.count(where, by)
        return {row[: len(by)]: int(row[len(by)]) for row in counted.select(pl.nth(*range(len(by))), "n").iter_rows()}


def _parts(where: Filter) -> list[Any]:
    """What can be taken off a filter: each key, the period, the care."""
    dated = where.since is not None or where.until is not None
    return [*where.equals, *([PERIOD] if dated else []), *([CLEAN] if where.clean else [])]


def _coarser(where: Filter, parts: Sequence[Any]) -> Iterator[Filter]:
    """Every selection that is left when some or all of the parts are taken off."""
    for off in chain.from_iterable(combinations(parts, size) for size in range(1, len(parts) + 1)):
        dates = {} if PERIOD not in off else {"since": None, "until": None}
        kept = {k: v for k, v in where.equals.items() if k not in off}
        yield replace(where, equals=kept, clean=where.clean and CLEAN not in off, **dates)  # type: ignore[arg-type]


def _both(first: Filter, second: Filter, parts: Sequence[Any]) -> Iterator[tuple[Filter, Filter]]:
    """Every pair of selections that is left when some or all of the parts are taken off both."""
    for off in chain.from_iterable(combinations(parts, size) for size in range(1, len(parts) + 1)):
        one, two = (
            replace(where, equals={k: v for k, v in where.equals.items() if k not in off}, clean=where.clean and CLEAN not in off)
            for where in (first, second)
        )
        yield one, two


def _less(where: Filter, key: str, value: str) -> Filter:
    """Without one of the values of a key."""
    return replace(where, equals={**where.equals, key: tuple(v for v in where.equals[key] if v != value)})
