"""Live status on the publish page: counts of the collection, by channel, attribute and link, and the question where people stop."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.charts import dropoff
from cxdash.charts.dropoff import Named
from cxdash.services import fieldwork as service
from cxdash.services.fieldwork import Counted, Fieldwork, LinkLine, Stop
from cxdash.services.publishing import Board
from cxdash.ui import cache, names, state
from cxdash.ui.chartcard import Drawing, downloads, draw, thousands
from cxdash.ui.errors import guarded
from cxdash.ui.publish import At

EVERY = 4  # seconds
_LINK = "<link>"


def status_section(at: At, board: Board) -> None:
    """Redraws itself, and nothing but itself, every few seconds."""
    if not board.links:
        st.info(state.md("publish.status.no_links"), icon=":material/add_link:")
    _live(at)


@st.fragment(run_every=EVERY)
def _live(at: At) -> None:
    with guarded():
        found = service.fieldwork(state.deps(), state.actor(), program=at.program, code=at.survey, wave=at.wave or "")
        _figures(found)
        left, right = st.columns([3, 2], gap="small")
        with left:
            _groups(found)
        with right:
            _stops(found)
        zone = cache.catalog(state.view().program).timezone
        st.caption(state.md("publish.status.at", at=i18n.datetime(found.at, state.language(), zone), n=EVERY))


def _figures(found: Fieldwork) -> None:
    total, lang = found.total, state.language()
    shown = [("opened", state.say("publish.count.opened"), total.opened, state.md("publish.count.opened_about")),
             ("started", state.say("publish.count.started"), total.started, _share(total.started, total.opened, "opened")),
             ("finished", state.say("publish.count.finished"), total.finished, _share(total.finished, total.started, "started")),
             ("partial", state.say("publish.count.partial"), total.partial, state.md("publish.count.partial_about", n=total.going)),
             ("lately", state.say("publish.count.lately"), found.lately, state.md("publish.count.lately_about"))]  # fmt: skip
    if total.invited:
        shown.insert(0, ("sent", state.say("publish.count.sent"), total.sent, state.md("publish.count.sent_about", n=total.invited)))
    with st.grid(len(shown), min_column_width=130, gap="small"):
        for key, title, value, about in shown:
            with st.container(border=True, height="stretch", key=f"card-count-{key}"):
                st.metric(title, i18n.number(value, lang))
                st.caption(about)
    if not total.opened:
        st.info(state.md("publish.status.nobody"), icon=":material/send:")
    if total.over:
        st.caption(state.md("publish.count.over", n=total.over))


def _share(part: int, whole: int, of: str) -> str:
    if not whole:
        return i18n.NOTHING
    rate = i18n.percent(100 * part / whole, state.language())
    return state.md("publish.count.of_opened", share=rate) if of == "opened" else state.md("publish.count.of_started", share=rate)


def _groups(found: Fieldwork) -> None:
    """One table: by channel, by an attribute of the links, or link by link."""
    options = cache.options(cache.catalog(state.view().program))
    keys = [*service.keys(found.lines), _LINK]
    called = {key: names.title(options, key) for key in keys} | {_LINK: state.say("publish.status.by_link")}
    with st.container(border=True, key="card-publish-groups"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{state.md('publish.status.groups')}**", width="content")
            key = keys[0]
            if len(keys) > 1:
                key = st.segmented_control(state.say("publish.status.by"), keys, key=state.hold("publish:by", keys[0], keys), required=True,
                                           format_func=called.__getitem__, label_visibility="collapsed")  # fmt: skip
        rows = _by_link(found.lines) if key == _LINK else [
            (names.label(options, key, value) if value is not None else state.say("publish.status.none"), counted)
            for value, counted in service.grouped(found.lines, key)
        ]  # fmt: skip
        if not rows:
            st.caption(state.md("publish.status.empty"))
            return
        table = _table(called[key], rows)
        st.dataframe(table, hide_index=True, placeholder=i18n.NOTHING, key="publish-groups", alt=state.say("publish.status.groups"),
                     column_config=thousands(table))
        downloads("status", table)


def _by_link(lines: Sequence[LinkLine]) -> list[tuple[str, Counted]]:
    lang = state.language()
    return [(line.label or i18n.text(f"publish.kind.{line.kind}", lang), line.counted) for line in lines]


def _table(first: str, rows: Sequence[tuple[str, Counted]]) -> pl.DataFrame:
    """first: what the rows are. "Sent" only where mails are: most links are not sent."""
    counts = [c for _, c in rows]
    columns = {first: pl.Series([name for name, _ in rows], dtype=pl.String)}
    if any(c.invited for c in counts):
        columns[state.say("publish.count.sent")] = pl.Series([c.sent for c in counts], dtype=pl.Int64)
    columns |= {
        state.say("publish.count.opened"): pl.Series([c.opened for c in counts], dtype=pl.Int64),
        state.say("publish.count.started"): pl.Series([c.started for c in counts], dtype=pl.Int64),
        state.say("publish.count.finished"): pl.Series([c.finished for c in counts], dtype=pl.Int64),
        state.say("publish.count.partial"): pl.Series([c.partial for c in counts], dtype=pl.Int64),
        state.say("publish.count.rate"): pl.Series([round(100 * c.finished / c.started, 1) if c.started else None for c in counts],
                                                   dtype=pl.Float64),
    }  # fmt: skip
    return pl.DataFrame(columns)


def _stops(found: Fieldwork) -> None:
    lang = state.language()
    named = [Named(stop, _called(stop)) for stop in found.stops]
    with st.container(border=True, key="card-publish-stops"):
        if not named:
            st.markdown(f"**{state.md('publish.stops.title')}**")
            st.caption(state.md("publish.stops.none"))
            return
        data = dropoff.data(named, lang=lang)
        draw(Drawing("stops", state.md("publish.stops.title"), dropoff.spec(lang, height=dropoff.height(data)), data,
                     dropoff.describe(named, lang=lang), dropoff.table(named, lang=lang)))  # fmt: skip
        st.caption(state.md("publish.stops.about"))


def _called(stop: Stop) -> str:
    if stop.question is not None:
        return state.local(stop.question.wording) or stop.code
    if stop.gate is not None:
        return state.say("publish.stops.gate", stage=state.local(stop.gate.name) or stop.gate.code)
    return state.say("publish.stops.gone", code=stop.code) if stop.code else state.say("publish.stops.before")


