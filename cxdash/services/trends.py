"""Trends (추이): any metric by week, month, quarter or wave, as one line with control limits or split by an attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from cxdash.facts.question import WAVE, Facts, Filter, attribute_name
from cxdash.services.access import chosen
from cxdash.services.actor import Actor, Permission, require
from cxdash.services.catalog import Catalog, natural
from cxdash.services.deps import Deps
from cxdash.services.figures import measured, metric_figure
from cxdash.services.limits import Limits, limits_of
from cxdash.services.metric import metrics_of
from cxdash.services.overview import TrendPoint, grain_of, partial
from cxdash.services.view import Bounds, Scope, View
from cxdash.stats.figure import HIDDEN, Figure

LINES = 6  # series that can be told apart
CALENDAR = ("week", "month", "quarter")
Period = date | str  # first day of a calendar period, or the code of a wave


@dataclass(frozen=True)
class Series:
    """One line. value: of the attribute, None = no value (or no split); n: answers in all periods; place: of the value among all
    values of the attribute in their order, so that it keeps its colour under every filter."""

    value: str | None
    n: int
    points: tuple[TrendPoint, ...]
    place: int = 0


@dataclass(frozen=True)
class Trends:
    """metric None: the programme measures nothing. series: one, or the largest of a split in the order of the values; left_out: values
    without a line. grains: units that can be chosen."""

    catalog: Catalog
    view: View
    scope: Scope
    bounds: Bounds
    responses: int
    total: int
    metric: str | None
    metrics: tuple[str, ...]
    grain: str
    grains: tuple[str, ...]
    by: str | None
    series: tuple[Series, ...]
    left_out: int
    limits: Limits
    version: int

    @property
    def periods(self) -> int:
        """Periods with answers."""
        return len({p.start or p.wave for s in self.series for p in s.points})


def trends(deps: Deps, actor: Actor, *, view: View) -> Trends:
    """The view's metric over time. NotFound when the programme does not exist."""
    require(actor, Permission.SEE_FIGURES)
    catalog, facts, whole, scope = chosen(deps, actor, view)
    metrics = metrics_of(catalog)
    metric = view.metric if view.metric in metrics else next(iter(metrics), None)
    grains = _grains(catalog, whole.bounds)
    grain = grain_of(view, scope, whole.bounds)
    grain = grain if grain in grains or not grains else grains[0]
    by = view.by if view.by in [a.key for a in catalog.attributes] else None
    told = _Told(facts, catalog, scope, whole.bounds, metric or "", grain, view.weighted)
    series, left_out, limits = ((), 0, Limits(absent="few")) if metric is None else told.split(by) if by else told.whole()
    return Trends(
        catalog=catalog,
        view=view,
        scope=scope,
        bounds=whole.bounds,
        responses=int(facts.count(scope.now)["n"].sum()),
        total=whole.responses,
        metric=metric,
        metrics=metrics,
        grain=grain,
        grains=grains,
        by=by,
        series=series,
        left_out=left_out,
        limits=limits,
        version=facts.version(),
    )


def _grains(catalog: Catalog, bounds: Bounds) -> tuple[str, ...]:
    return (*(CALENDAR if bounds.first else ()), *((WAVE,) if catalog.waves else ()))


@dataclass(frozen=True)
class _Told:
    """One metric of one selection by one unit of time."""

    facts: Facts
    catalog: Catalog
    scope: Scope
    bounds: Bounds
    metric: str
    grain: str
    weighted: bool

    def whole(self) -> tuple[tuple[Series, ...], int, Limits]:
        """The line of all answers, with control limits from the last change of method on."""
        groups = measured(self.facts, self.catalog, self.scope.now, [self.grain], [self.metric], weighted=self.weighted)
        found = {key: s for (key,), s in groups.items() if key is not None}
        figures = {key: metric_figure(self.metric, self.catalog, s) or Figure(None, 0) for key, s in found.items()}
        points = self._points(figures)
        start = max((i for i, p in enumerate(points) if p.breaks), default=0)
        summaries = [found[p.wave if p.start is None else p.start] for p in points]
        if any(s.withheld for s in summaries):  # limits of lines with hidden points would tell of these
            return (Series(None, sum(f.n for f in figures.values()), points),), 0, Limits(absent="few")
        limits = limits_of(self.catalog, self.metric, summaries, [not p.partial for p in points], start=start)
        return (Series(None, sum(f.n for f in figures.values()), points),), 0, limits

    def split(self, by: str) -> tuple[tuple[Series, ...], int, Limits]:
        """The lines of the values with the most answers."""
        name = attribute_name(by)
        groups = measured(self.facts, self.catalog, self.scope.now, [self.grain, name], [self.metric], weighted=self.weighted)
        cells: dict[object, dict[Period, Figure]] = {}
        for (key, value), summary in groups.items():
            if key is not None:
                figure = metric_figure(self.metric, self.catalog, summary)
                cells.setdefault(value, {})[key] = figure or Figure(None, 0)  # type: ignore[index]
        sizes = {value: sum(f.n for f in figures.values()) for value, figures in cells.items()}
        largest = sorted(cells, key=lambda v: -sizes[v])[:LINES]
        places = {v: i for i, v in enumerate(_ordered(self.facts.count(Filter(), [name])))}
        safe = _protected(cells, largest)
        lines = [Series(None if v is None else str(v), sizes[v], self._points(safe[v]), places.get(v, len(places))) for v in largest]
        return tuple(sorted(lines, key=lambda s: s.place)), len(cells) - len(lines), Limits(absent="split")

    def _points(self, figures: Mapping[Period, Figure]) -> tuple[TrendPoint, ...]:
        if self.grain == WAVE:
            return tuple(TrendPoint(None, w.code, figures[w.code], breaks=w.breaks) for w in self.catalog.waves if w.code in figures)
        last, breaks = self.scope.until or self.bounds.last, self._breaks()
        days = sorted(day for day in figures if isinstance(day, date))
        return tuple(
            TrendPoint(day, None, figures[day], partial(day, self.grain, self.scope.since, last), breaks.get(day, "")) for day in days
        )

    def _breaks(self) -> dict[date, str]:
        """Calendar period -> what changed, for the first period of every wave that changed the method; not where the selection begins."""
        changed = {w.code: w.breaks for w in self.catalog.waves if w.breaks}
        if not changed:
            return {}
        rows = self.facts.count(self.scope.now, [self.grain, WAVE]).drop_nulls(self.grain)
        first = rows.group_by(WAVE).agg(pl.col(self.grain).min())
        begins = rows[self.grain].min()
        return {day: changed[wave] for wave, day in first.rows() if wave in changed and day != begins}


def _ordered(counted: pl.DataFrame) -> list[object]:
    """All values of an attribute in natural order, "no value" last."""
    return sorted(counted.to_series(0).to_list(), key=lambda v: (v is None, natural(str(v))))


def _protected(cells: Mapping[object, Mapping[Period, Figure]], shown: Sequence[object]) -> dict[object, dict[Period, Figure]]:
    """Per period: what is hidden does not follow from the whole, which is a click away, and the lines (see stats.suppression).

    A period needs two unknown values or none, together with ten answers; where it has fewer the line with the fewest answers of all
    gives way first, so that one line has gaps and not every line some.
    """
    safe: dict[object, dict[Period, Figure]] = {v: dict(cells[v]) for v in shown}
    for key in {key for figures in cells.values() for key in figures}:
        unknown = [f[key].n for v, f in cells.items() if key in f and f[key].n and (v not in shown or f[key].value is None)]
        for value in reversed(shown):
            figure = safe[value].get(key)
            if not unknown or (len(unknown) > 1 and sum(unknown) >= HIDDEN):
                break
            if figure is not None and figure.value is not None:
                safe[value][key] = figure.hide("hidden_complement")
                unknown.append(figure.n)
    return safe


def longer(view: View, bounds: Bounds, result: Trends) -> View | None:
    """A view near this one with periods enough for control limits, None when there is none."""
    if bounds.first is None or result.limits.absent != "few":
        return None
    days = bounds.days
    for grain, length in (("month", 30), ("week", 7)):
        if days // length >= 10:
            wanted = replace(view, period="all", since=None, until=None, grain=grain)
            return None if wanted == view else wanted
    return None
