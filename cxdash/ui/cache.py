"""Every cache. Keys are what the actor may see (`Actor.sight`), the view and the data version: nothing shown is stale, or of another scope.

Two people who may see the same share what is kept; whoever may see less never meets it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import streamlit as st

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

if TYPE_CHECKING:
    from cxdash.stats.contrast import Contrasts
    from cxdash.stats.reliability import Alpha
    from cxdash.export.poster import Poster
    from cxdash.export.report import Report

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


@st.cache_data(ttl=1, max_entries=64, show_spinner=False)
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


@st.cache_data(ttl=0.5, max_entries=256, show_spinner=False)
def _version(store: str, program_id: int) -> int:
    return state.deps().facts(program_id).version()


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _catalog(actor: Actor, store: str, program_id: int, slug: str, version: int) -> Catalog:
    return catalog_of(state.deps(), actor, slug)


def page(name: str) -> Path:
    return config.PAGES / f"{name}.py"


def overview_of(view: View) -> Overview:
    """The overview of a view; asked once per actor, view and data version."""
    found = catalog(view.program)
    return _overview(_sight(), _store(), found.id, repr(view), version(found.id), view)


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _overview(actor: Actor, store: str, program_id: int, view_key: str, version: int, _view: View) -> Overview:
    return overview(state.deps(), actor, view=_view)


def journey_of_screen() -> Journey:
    """The journey under the screen's view."""
    return cast(Journey, _asked("journey", state.view(), journey))


def stage_of_screen(code: str) -> StageDetail | None:
    """One stage opened, under the screen's view."""
    view = state.view()
    found = catalog(view.program)
    return _stage(_sight(), _store(), found.id, repr(view), version(found.id), code, view)


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _stage(actor: Actor, store: str, program_id: int, view_key: str, version: int, code: str, _view: View) -> StageDetail | None:
    return stage_detail(state.deps(), actor, view=_view, stage=code)


def options(found: Catalog) -> Options:
    """What the filter bar offers."""
    return state.once(("options", found.id), lambda: _options(_sight(), _store(), found.id, version(found.id), found))


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _options(actor: Actor, store: str, program_id: int, version: int, _catalog: Catalog) -> Options:
    facts = facts_of(state.deps(), actor, _catalog)
    return options_of(facts, _catalog, dated=service.bounds(facts).first is not None, weights=has_weights(facts))


def segments_of_screen() -> Segments:
    """The segments page of the screen's view; how many values each attribute has, the filter bar knows already."""
    view = state.view()
    found = catalog(view.program)
    offered = options(found)
    sizes = {k: len(v) for k, v in offered.values.items() if k not in (STAGE, TOUCHPOINT)}
    sizes |= dict.fromkeys(offered.too_many, MOST_VALUES + 1)
    return _segments(_sight(), _store(), found.id, repr(view), version(found.id), view, sizes)


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _segments(actor: Actor, store: str, program_id: int, view_key: str, version: int, _view: View, _sizes: dict[str, int]) -> Segments:
    return segments(state.deps(), actor, view=_view, sizes=_sizes)


def drivers_of_screen() -> DriversPage:
    """The drivers under the screen's view. Many samples are drawn for their intervals, which is said while it lasts."""
    return cast(DriversPage, _driven("page", drivers_page))


def driver_model_of_screen(about: str) -> Model | None:
    """The model of a driver that the main one leaves out."""
    return cast("Model | None", _driven(about, partial(driver_model, about=about)))


def driver_contrasts_of_screen() -> Contrasts | None:
    """What a bad rating goes with and what a good one does."""
    return cast("Contrasts | None", _driven("contrasts", contrasts_page))


def reliabilities_of_screen() -> dict[str, Alpha]:
    """Alpha of the indices under the screen's view."""
    return cast("dict[str, Alpha]", _driven("alpha", reliabilities))


def _driven(what: str, ask: Callable[..., object]) -> object:
    view = state.view()
    found = catalog(view.program)
    with st.spinner(state.say("drivers.working")):
        return _drivers(_sight(), _store(), found.id, repr(view), version(found.id), what, view, ask)


@st.cache_data(max_entries=PAGES, show_spinner=False)
def _drivers(actor: Actor, store: str, program_id: int, view_key: str, version: int, what: str, _view: View,
             _ask: Callable[..., object]) -> object:
    return _ask(state.deps(), actor, view=_view)


def priorities_of_screen() -> Priorities:
    """Importance against performance; the drivers behind the derived one are kept by themselves."""
    view = state.view()
    derived = derived_of_screen() if plan_of(catalog(view.program), view)[3] == "derived" else None
    return cast(Priorities, _judged("priorities", partial(priorities, derived=derived)))


def derived_of_screen() -> Derived:
    """The derived importance; lines and comparison of the view do not move it."""
    view = state.view()
    asked = View(view.program, view.period, view.since, view.until, view.equals, weighted=view.weighted, clean=view.clean,
                 outcome=view.outcome, level=view.level)
    found = catalog(view.program)
    with st.spinner(state.say("drivers.working")):
        drivers = _drivers(_sight(), _store(), found.id, repr(asked), version(found.id), "importance", asked, derived_importance)
    return cast(Derived, drivers)


def gaps_of_screen() -> Gaps:
    """Expectation and experience under the screen's view."""
    return cast(Gaps, _judged("gaps", gaps))


def _judged(what: str, ask: Callable[..., object]) -> object:
    view = state.view()
    return _asked(what, view, ask, repr(yardsticks_of(catalog(view.program))))


@st.cache_data(max_entries=4 * VIEWS, show_spinner=False)
def _against(actor: Actor, store: str, program_id: int, view_key: str, version: int, what: str, kept: str, _view: View,
             _ask: Callable[..., object]) -> object:
    return _ask(state.deps(), actor, view=_view)


def yardsticks_of(found: Catalog) -> Yardsticks:
    """Frozen lines and standards, asked at most once a second. What changes them calls `yardsticks_changed`."""
    return _yardsticks(_sight(), _store(), found.id, found)


@st.cache_data(ttl=1, max_entries=64, show_spinner=False)
def _yardsticks(actor: Actor, store: str, program_id: int, _catalog: Catalog) -> Yardsticks:
    return list_yardsticks(state.deps(), actor, _catalog)


def yardsticks_changed() -> None:
    _yardsticks.clear()


def loyalty_of_screen() -> Loyalty:
    """The loyalty segments of the screen's view."""
    return cast(Loyalty, _asked("loyalty", state.view(), partial(loyalty, sizes=_sizes())))


def benchmarks_of_screen() -> Benchmarks:
    """Our figures under the screen's view beside others'; what was entered is read anew, for it may change at any time."""
    entered = list_benchmarks(state.deps(), _sight(), catalog(state.view().program))
    return cast(Benchmarks, _asked("benchmarks", state.view(), partial(benchmarks, sizes=_sizes()), repr(entered)))


def _sizes() -> dict[str, int]:
    """How many values each attribute has; the filter bar knows already."""
    return {k: len(v) for k, v in options(catalog(state.view().program)).values.items() if k not in (STAGE, TOUCHPOINT)}


def paper(report: Report) -> Future[tuple[str, bytes]]:
    """The executive page as a document and as a picture of it, being drawn; once per view, data version, language and day."""
    result = report.result
    return _paper(_sight(), _store(), result.catalog.id, result.version, repr(result.view), report.lang, str(report.made),
                  report.ledger_note, report)


@st.cache_resource(max_entries=PAGES, show_spinner=False)
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


@st.cache_data(max_entries=64, show_spinner=False)
def _poster(key: str, _page: Poster) -> bytes:
    from cxdash.export.poster import preview

    return preview(_page)


def draft_of(view: View) -> Draft:
    """What could be pinned of a view."""
    return cast(Draft, _asked("draft", view, draft))


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


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _ledger(
    actor: Actor, store: str, program_id: int, version: int, pin_ids: tuple[int, ...], _catalog: Catalog, _pins: tuple[PinInfo, ...]
) -> tuple[Entry, ...]:
    return entries(state.deps(), actor, catalog=_catalog, pins=_pins)


def trends_of(view: View) -> Trends:
    """A metric over time."""
    return cast(Trends, _asked("trends", view, trends))


def compare_of(view: View) -> Compared:
    """Two selections side by side."""
    return cast(Compared, _asked("compare", view, compare))


def _asked(what: str, view: View, ask: Callable[..., object], kept: str = "") -> object:
    """What a service tells of a view; asked once per actor, view, data version and what else is kept that it depends on."""
    found = catalog(view.program)
    return _against(_sight(), _store(), found.id, repr(view), version(found.id), what, kept, view, ask)


def quality_of_screen() -> Quality:
    """The data quality page of the screen's view."""
    return cast(Quality, _asked("quality", state.view(), quality))


def marked_of_screen(kind: str | None, number: int) -> MarkedPage:
    """A page of the careless responses of the screen's view; not kept: it names people."""
    return marked(state.deps(), _sight(), view=state.view(), kind=kind, number=number)


def weights_of_screen(plan: Plan | None = None) -> Weights:
    """The weights page of the screen's view, with shares that are tried."""
    view = state.view()
    found = catalog(view.program)
    return _weights(_sight(), _store(), found.id, repr((view, plan)), version(found.id), view, plan)


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _weights(actor: Actor, store: str, program_id: int, asked: str, version: int, _view: View, _plan: Plan | None) -> Weights:
    return weights(state.deps(), actor, view=_view, plan=_plan)


def bounds_of(found: Catalog) -> Bounds:
    """First and last day with responses."""
    return state.once(("bounds", found.id), lambda: _bounds(_sight(), _store(), found.id, version(found.id), found))


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _bounds(actor: Actor, store: str, program_id: int, version: int, _catalog: Catalog) -> Bounds:
    return service.bounds(facts_of(state.deps(), actor, _catalog))


def targets_of(found: Catalog) -> tuple[TargetInfo, ...]:
    """The goals of a programme, asked at most once a second: every card wants them. What changes them calls `targets_changed`."""
    return state.once(("targets", found.id), lambda: _goals(_sight(), _store(), found.id, found))


@st.cache_data(ttl=1, max_entries=64, show_spinner=False)
def _goals(actor: Actor, store: str, program_id: int, _catalog: Catalog) -> tuple[TargetInfo, ...]:
    return list_targets(state.deps(), actor, _catalog)


def targets_changed() -> None:
    state.again()
    _goals.clear()


def targets_of_screen() -> Targets:
    """The goals with their figures under the screen's view; days left are counted anew every day."""
    view = state.view()
    found = catalog(view.program)
    today = datetime.now(UTC).astimezone(ZoneInfo(found.timezone)).date()
    return _targets(_sight(), _store(), found.id, repr(view), version(found.id), repr(targets_of(found)), today, view)


@st.cache_data(max_entries=VIEWS, show_spinner=False)
def _targets(actor: Actor, store: str, program_id: int, view_key: str, version: int, goals: str, today: date, _view: View) -> Targets:
    return targets(state.deps(), actor, view=_view, today=today)


def clear() -> None:
    """After a programme has come or gone."""
    state.again()
    st.cache_data.clear()
