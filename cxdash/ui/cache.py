"""Every cache. Keys are what the actor may see (`Actor.sight`), the view and the data version: nothing shown is stale, or of another scope.

Two people who may see the same share what is kept; whoever may see less never meets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from cxdash import config
from cxdash.facts.question import STAGE, TOUCHPOINT
from cxdash.services import programs as service
from cxdash.services.access import catalog_of, facts_of
from cxdash.services.actor import Actor
from cxdash.services.benchmarks import Benchmarks, benchmarks, list_benchmarks
from cxdash.services.catalog import Catalog
from cxdash.services.compare import Compared, compare
from cxdash.services.drivers import DriversPage, Model, contrasts_page, driver_model, drivers_page, reliabilities
from cxdash.services.gaps import Gaps, gaps
from cxdash.services.journey import Journey, journey
from cxdash.services.ledger import Draft, Entry, draft, entries
from cxdash.services.loyalty import Loyalty, loyalty
from cxdash.services.options import MOST_VALUES, Options, options_of
from cxdash.services.overview import Overview, has_weights, overview
from cxdash.services.pins import PinInfo, list_pins
from cxdash.services.priorities import Derived, Priorities, derived_importance, plan_of, priorities
from cxdash.services.segments import Segments, segments
from cxdash.services.touchpoints import StageDetail, stage_detail
from cxdash.services.trends import Trends, trends
from cxdash.services.quality import MarkedPage, Quality, marked, quality
from cxdash.services.targets import TargetInfo, Targets, list_targets, targets
from cxdash.services.view import Bounds, View
from cxdash.services.weighting import Plan, Weights, weights
from cxdash.services.yardsticks import Yardsticks, list_yardsticks
from cxdash.ui import state
from cxdash.ui.kept import clear as forget, kept
from cxdash.ui.working import working

if TYPE_CHECKING:
    from cxdash.stats.contrast import Contrasts
    from cxdash.stats.reliability import Alpha
    from cxdash.export.poster import Poster
    from cxdash.export.report import Report

T = TypeVar("T")
VIEWS = 256  # results kept; one is a few kilobytes
PAGES = 32  # executive pages kept; one is some 300 kilobytes
WORDS_FIRST = 0.2  # seconds
_papers = ThreadPoolExecutor(1, thread_name_prefix="cxdash-paper")  # the charts are painted one by one anyway


def _store() -> str:
    """Which store an answer came from: numbers of programmes and versions mean nothing without it."""
    return state.once("store", lambda: str(state.deps().engine.url))


def _sight() -> Actor:
    """Who asks, without the person: what services tell depends on the rights alone."""
    return state.once("sight", lambda: state.actor().sight)


def programs() -> list[service.ProgramInfo]:
    """A programme made elsewhere shows within a second."""
    return state.once("programs", lambda: _programs(_sight(), _store()))


@kept(most=64, ttl=1)
def _programs(actor: Actor, store: str) -> list[service.ProgramInfo]:
    return service.list_programs(state.deps(), actor)


def catalog(program: str | None) -> Catalog:
    """The programme's catalogue, read once per data version: whatever changes it moves the version."""
    return state.once(("catalog", program), lambda: _catalog_of(program))


def _catalog_of(program: str | None) -> Catalog:
    found = next((p for p in programs() if program in (None, p.slug)), None)
    if found is None:
        return catalog_of(state.deps(), _sight(), program)  # says which there are
    return _catalog(_sight(), _store(), found.id, found.slug, version(found.id))


def version(program_id: int) -> int:
    """The data version, asked of the store at most twice a second."""
    return state.once(("version", program_id), lambda: _version(_store(), program_id))


@kept(most=256, ttl=0.5)
def _version(store: str, program_id: int) -> int:
    return state.deps().facts(program_id).version()


@kept(most=VIEWS)
def _catalog(actor: Actor, store: str, program_id: int, slug: str, version: int) -> Catalog:
    return catalog_of(state.deps(), actor, slug)


def page(name: str) -> Path:
    return config.PAGES / f"{name}.py"


def overview_of(view: View) -> Overview:
    """The overview of a view; asked once per actor, view and data version."""
    return _asked("overview", view, overview)


def journey_of_screen() -> Journey:
    """The journey under the screen's view."""
    return _asked("journey", state.view(), journey)


def stage_of_screen(code: str) -> StageDetail | None:
    """One stage opened, under the screen's view."""
    return _asked("stage", state.view(), partial(stage_detail, stage=code), code)


def options(found: Catalog) -> Options:
    """What the filter bar offers."""
    return state.once(("options", found.id), lambda: _options(_sight(), _store(), found.id, version(found.id), found))


@kept(most=VIEWS)
def _options(actor: Actor, store: str, program_id: int, version: int, _catalog: Catalog) -> Options:
    facts = facts_of(state.deps(), actor, _catalog)
    return options_of(facts, _catalog, dated=service.bounds(facts).first is not None, weights=has_weights(facts))


def segments_of_screen() -> Segments:
    """The segments page of the screen's view."""
    return _asked("segments", state.view(), partial(segments, sizes=_sizes()))


def drivers_of_screen() -> DriversPage:
    """The drivers under the screen's view. Many samples are drawn for their intervals, which is said while it lasts."""
    return _driven("page", state.view(), drivers_page)


def driver_model_of_screen(about: str) -> Model | None:
    """The model of a driver that the main one leaves out."""
    return _driven(about, state.view(), partial(driver_model, about=about))


def driver_contrasts_of_screen() -> Contrasts | None:
    """What a bad rating goes with and what a good one does."""
    return _driven("contrasts", state.view(), contrasts_page)


def reliabilities_of_screen() -> dict[str, Alpha]:
    """Alpha of the indices under the screen's view."""
    return _driven("alpha", state.view(), reliabilities)


def _driven(what: str, view: View, ask: Callable[..., T]) -> T:
    found = catalog(view.program)
    with working(state.say("drivers.working")):
        return cast(T, _drivers(_sight(), _store(), found.id, repr(view), version(found.id), what, view, ask))


@kept(most=PAGES)
def _drivers(actor: Actor, store: str, program_id: int, view_key: str, version: int, what: str, _view: View,
             _ask: Callable[..., object]) -> object:
    return _ask(state.deps(), actor, view=_view)


def priorities_of_screen() -> Priorities:
    """Importance against performance; the drivers behind the derived one are kept by themselves."""
    view = state.view()
    derived = derived_of_screen() if plan_of(catalog(view.program), view)[3] == "derived" else None
    return _judged("priorities", partial(priorities, derived=derived))


def derived_of_screen() -> Derived:
    """The derived importance; lines and comparison of the view do not move it."""
    view = state.view()
    asked = View(view.program, view.period, view.since, view.until, view.equals, weighted=view.weighted, clean=view.clean,
                 outcome=view.outcome, level=view.level)
    return _driven("importance", asked, derived_importance)


def gaps_of_screen() -> Gaps:
    """Expectation and experience under the screen's view."""
    return _judged("gaps", gaps)


def _judged(what: str, ask: Callable[..., T]) -> T:
    view = state.view()
    return _asked(what, view, ask, repr(yardsticks_of(catalog(view.program))))


def yardsticks_of(found: Catalog) -> Yardsticks:
    """Frozen lines and standards, asked at most once a second. What changes them calls `yardsticks_changed`."""
    return _yardsticks(_sight(), _store(), found.id, found)


@kept(most=64, ttl=1)
def _yardsticks(actor: Actor, store: str, program_id: int, _catalog: Catalog) -> Yardsticks:
    return list_yardsticks(state.deps(), actor, _catalog)


def yardsticks_changed() -> None:
    _yardsticks.clear()


def loyalty_of_screen() -> Loyalty:
    """The loyalty segments of the screen's view."""
    return _asked("loyalty", state.view(), partial(loyalty, sizes=_sizes()))


def benchmarks_of_screen() -> Benchmarks:
    """Our figures under the screen's view beside others'; what was entered is read anew, for it may change at any time."""
    entered = list_benchmarks(state.deps(), _sight(), catalog(state.view().program))
    return _asked("benchmarks", state.view(), partial(benchmarks, sizes=_sizes()), repr(entered))


def _sizes() -> dict[str, int]:
    """How many values each attribute has; the filter bar knows already."""
    offered = options(catalog(state.view().program))
    sizes = {k: len(v) for k, v in offered.values.items() if k not in (STAGE, TOUCHPOINT)}
    return sizes | dict.fromkeys(offered.too_many, MOST_VALUES + 1)


def paper(report: Report) -> Future[tuple[str, bytes]]:
    """The executive page as a document and as a picture of it, being drawn; once per view, data version, language and day."""
    result = report.result
    return _paper(_sight(), _store(), result.catalog.id, result.version, repr(result.view), report.lang, str(report.made),
                  report.ledger_note, report)


@kept(most=PAGES)
def _paper(actor: Actor, store: str, program_id: int, version: int, view: str, lang: str, made: str, note: str,
           _report: Report) -> Future[tuple[str, bytes]]:
    return _papers.submit(_drawn, _report, time.monotonic() + WORDS_FIRST)


def _drawn(report: Report, begin: float) -> tuple[str, bytes]:
    time.sleep(max(0.0, begin - time.monotonic()))  # what draws the paper would take the processor from the words beside it
    from cxdash.export.pdf import preview  # typst and the charts' painter: only this page waits for them
    from cxdash.export.report import document

    drawn = document(report)
    return drawn, preview(drawn)


def poster(page: Poster) -> bytes:
    """A poster's page in small; it depends on nothing but its words."""
    return _poster(repr(page), page)


@kept(most=64)
def _poster(key: str, _page: Poster) -> bytes:
    from cxdash.export.poster import preview

    return preview(_page)


def draft_of(view: View) -> Draft:
    """What could be pinned of a view."""
    return _asked("draft", view, draft)


def ledger_of(found: Catalog, size: int, number: int) -> tuple[tuple[Entry, ...], int]:
    """Page `number` (from 1; the last one where there are fewer) of the pins, and how many there are.

    The pins are read anew, for they may be renamed at any time; what has become of them is asked once per data version.
    """
    actor, pages = _sight(), max(1, number)
    shown, count = list_pins(state.deps(), actor, catalog=found, limit=size, offset=(pages - 1) * size)
    if count and not shown:
        shown, count = list_pins(state.deps(), actor, catalog=found, limit=size, offset=(count - 1) // size * size)
    told = _ledger(actor, _store(), found.id, version(found.id), tuple(p.id for p in shown), found, shown)
    return tuple(replace(entry, pin=pin) for entry, pin in zip(told, shown, strict=True)), count


@kept(most=VIEWS)
def _ledger(
    actor: Actor, store: str, program_id: int, version: int, pin_ids: tuple[int, ...], _catalog: Catalog, _pins: tuple[PinInfo, ...]
) -> tuple[Entry, ...]:
    return entries(state.deps(), actor, catalog=_catalog, pins=_pins)


def trends_of(view: View) -> Trends:
    """A metric over time."""
    return _asked("trends", view, trends)


def compare_of(view: View) -> Compared:
    """Two selections side by side."""
    return _asked("compare", view, compare)


def _asked(what: str, view: View, ask: Callable[..., T], more: str = "") -> T:
    """What a service tells of a view; asked once per actor, view, data version and what `more` says that it depends on."""
    found = catalog(view.program)
    return cast(T, _told(_sight(), _store(), found.id, repr(view), version(found.id), what, more, view, ask))


@kept(most=8 * VIEWS)
def _told(actor: Actor, store: str, program_id: int, view_key: str, version: int, what: str, more: str, _view: View,
          _ask: Callable[..., object]) -> object:
    return _ask(state.deps(), actor, view=_view)


def quality_of_screen() -> Quality:
    """The data quality page of the screen's view."""
    return _asked("quality", state.view(), quality)


def marked_of_screen(kind: str | None, number: int) -> MarkedPage:
    """A page of the careless responses of the screen's view; not kept: it names people."""
    return marked(state.deps(), _sight(), view=state.view(), kind=kind, number=number)


def weights_of_screen(plan: Plan | None = None) -> Weights:
    """The weights page of the screen's view, with shares that are tried."""
    return _asked("weights", state.view(), partial(weights, plan=plan), repr(plan))


def bounds_of(found: Catalog) -> Bounds:
    """First and last day with responses."""
    return state.once(("bounds", found.id), lambda: _bounds(_sight(), _store(), found.id, version(found.id), found))


@kept(most=VIEWS)
def _bounds(actor: Actor, store: str, program_id: int, version: int, _catalog: Catalog) -> Bounds:
    return service.bounds(facts_of(state.deps(), actor, _catalog))


def targets_of(found: Catalog) -> tuple[TargetInfo, ...]:
    """The goals of a programme, asked at most once a second: every card wants them. What changes them calls `targets_changed`."""
    return state.once(("targets", found.id), lambda: _goals(_sight(), _store(), found.id, found))


@kept(most=64, ttl=1)
def _goals(actor: Actor, store: str, program_id: int, _catalog: Catalog) -> tuple[TargetInfo, ...]:
    return list_targets(state.deps(), actor, _catalog)


def targets_changed() -> None:
    state.again()
    _goals.clear()


def targets_of_screen() -> Targets:
    """The goals with their figures under the screen's view; days left are counted anew every day."""
    view = state.view()
    found = catalog(view.program)
    today = found.today()
    return _asked("targets", view, partial(targets, today=today), repr((targets_of(found), today)))


def clear() -> None:
    """After a programme has come or gone."""
    state.again()
    forget()
