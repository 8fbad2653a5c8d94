"""Saved views: open one, keep the present one under a name."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.services.view import View
from cxdash.services.views import NAME_MAX, SavedView, delete_view, list_views, save_view
from cxdash.ui import cache, state
from cxdash.ui.errors import guarded

_WIDTH = 320
_NOT_KEPT = ("lang", "program", "page", "rows")  # the reader's own language, and the programme the view belongs to


def saved_views(view: View) -> None:
    """The drawer with the programme's views."""
    drawer = st.popover(state.say("views.open"), icon=":material/bookmark:", key="views", on_change="rerun", help=state.md("views.help"))
    if not drawer.open:
        return
    catalog = cache.catalog(view.program)
    with drawer, st.container(width=_WIDTH), guarded():
        found = list_views(state.deps(), state.actor(), catalog=catalog)
        if not found:
            st.caption(state.md("views.none"))
        for i, saved in enumerate(found):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                if st.button(i18n.escape(saved.name), key=f"view:{i}", type="tertiary", width="stretch"):
                    _open(saved, view)
                st.button(
                    state.md("views.delete", name=saved.name),
                    key=f"view:del:{i}",
                    type="tertiary",
                    icon=":material/delete:",
                    on_click=_delete,
                    args=(saved.name,),
                )
        with st.form("view-save", border=False):
            st.text_input(state.say("views.name"), key="w:view:name", max_chars=NAME_MAX)
            st.form_submit_button(state.say("views.save"), on_click=_save)


def _open(saved: SavedView, view: View) -> None:
    """To its page, with its filters; the language and the programme stay."""
    query = {k: list(v) for k, v in saved.query.items() if k not in _NOT_KEPT}
    state.carry(View.from_query(query | ({"program": [view.program]} if view.program else {})))
    st.switch_page(cache.page(saved.page or "overview"))


def _save() -> None:
    name = str(state.given("w:view:name")).strip()
    with guarded():
        if not name:
            st.toast(state.say("views.name_missing"))
            return
        catalog = cache.catalog(state.view().program)
        query = {k: v for k, v in state.view().to_query().items() if k not in _NOT_KEPT}
        save_view(state.deps(), state.actor(), catalog=catalog, name=name, page=state.page(), query=query)
        state.give("w:view:name", "")
        st.toast(state.md("views.saved", name=name))


def _delete(name: str) -> None:
    with guarded():
        delete_view(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), name=name)
