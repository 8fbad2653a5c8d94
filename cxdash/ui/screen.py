"""What every page begins with and what it shows when there is nothing to show."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cxdash.errors import NotFound, Refused
from cxdash.services.catalog import Catalog
from cxdash.services.overview import Overview
from cxdash.services.programs import DEMO, add_demo, remove_program
from cxdash.services.responses import Page
from cxdash.services.responses import page as page_of
from cxdash.ui import cache, state
from cxdash.ui.errors import guarded
from cxdash.ui.navigation import offered


_BEGINNINGS = ("imports", "design")  # pages on which a house without programmes gets its first one


def begin(page: str) -> DeltaGenerator:
    """Title of the page; its row is returned so that the filter bar can stand in it.

    Without any programme a page of figures ends here with the ways to begin.
    """
    if page not in {item.name for item in offered()}:  # a page of the menu that was not offered: an address somebody was sent
        st.title(state.say(f"nav.{page}"), anchor=False)
        raise Refused("error.refused", role=str(state.actor().role), permission=page)
    programs, wanted = cache.programs(), state.view().program
    if not programs or (wanted is not None and wanted not in {p.slug for p in programs}):
        cache.clear()  # it may have come within the last second
        programs = cache.programs()
    if not programs:
        st.title(state.say(f"nav.{page}"), anchor=False)
        if page not in _BEGINNINGS:
            welcome()
            st.stop()
        return st.container()
    if wanted is not None and wanted not in {p.slug for p in programs}:
        st.title(state.say(f"nav.{page}"))
        raise NotFound("service.program_gone", name=wanted)
    catalog = cache.catalog(wanted)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="title")
    with row:
        st.title(state.md(f"nav.{page}"), anchor=False, width="stretch")
        if catalog.demo:
            _demo_badge()
    return row


def _demo_badge() -> None:
    with st.popover(state.say("screen.demo.badge"), icon=":material/science:"):
        st.markdown(state.md("screen.demo.about"))
        st.button(state.say("screen.demo.remove"), key="demo-remove", on_click=_remove_demo, type="primary")


def _remove_demo() -> None:
    with guarded():
        remove_program(state.deps(), state.actor(), program=DEMO, confirm="")
        cache.clear()
        state.show(state.View())


def welcome() -> None:
    """The way in for a house without programmes."""
    with st.container(border=True, key="welcome"):
        st.markdown(f"### {state.md('screen.welcome.title')}")
        st.markdown(state.md("screen.welcome.text"))
        with st.container(horizontal=True):
            if st.button(state.say("screen.welcome.import"), key="welcome-import", icon=":material/upload_file:", type="primary"):
                st.switch_page(cache.page("imports"))
            st.button(state.say("screen.welcome.demo"), key="demo-add", icon=":material/science:", on_click=_add_demo)


def _add_demo() -> None:
    with guarded():
        add_demo(state.deps(), state.actor())
        cache.clear()


def empty(key: str) -> None:
    """A filter that leaves nothing: say so, offer the way back, and end the page."""
    with st.container(border=True, key="empty"):
        st.markdown(f"#### {state.md(key)}")
        st.button(state.say("filter.clear_all"), key="empty-clear", on_click=_clear)
    st.stop()


def _clear() -> None:
    state.show(state.View(program=state.view().program, period="all"))


def overview_of_screen() -> Overview:
    return cache.overview_of(state.view())


def catalog_of_screen() -> Catalog:
    return cache.catalog(state.view().program)


def responses_of_screen(number: int) -> Page:
    return page_of(state.deps(), state.actor(), view=state.view(), number=number, size=state.page_size())
