"""Before any page: who is here, or the way to the sign-in page; and in the sidebar whose session it is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cxdash import i18n
from cxdash.services import sessions
from cxdash.services.sessions import Known
from cxdash.ui import state
from cxdash.ui.style import style


def enter(found: Callable[[Known | None], None]) -> None:
    """At the start of every run, before anything is read: the session's row as it is now. Without one the run ends here.

    found: is told whose it is.
    """
    who = state.signed_in(fresh=True)
    found(who)
    state.belongs((who.account_id, who.actor.sight) if who is not None else None)
    if who is None and not state.is_open():
        style()
        st.navigation([st.Page(state.ask_to_sign_in, title=state.say("signin.over.title"))], position="hidden").run()
        st.stop()


def whose() -> None:
    """At the end of the sidebar: who is signed in and the way out, or that nobody needs to be."""
    who = state.signed_in()
    if who is None:
        key = "signin.open.demo" if state.deps().settings.demo else "signin.open.here"
        st.caption(f":material/lock_open: {state.md(key)}")
        return
    with st.container(key="whose", horizontal=True, vertical_alignment="center"):
        st.caption(f":material/person: {i18n.escape(who.name or who.email)}", width="stretch")
        st.button(state.say("signin.sign_out"), key="sign-out", icon=":material/logout:", type="tertiary", on_click=_sign_out)


def _sign_out() -> None:
    sessions.sign_out(state.deps(), state.cookie())
