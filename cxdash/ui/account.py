"""One's own account on screen: name and language, password, second factor, open sessions."""

from __future__ import annotations

import base64

import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.errors import Conflict
from cxdash.export import qr
from cxdash.services import profile, sessions
from cxdash.services.sessions import Known, SessionInfo
from cxdash.ui import state
from cxdash.ui.errors import guarded

_CODES, _DONE = "account:codes", "account:done"


def head() -> None:
    """Title, and who this is."""
    who = _who()
    with st.container(horizontal=True, vertical_alignment="center", key="title"):
        st.title(state.md("nav.account"), anchor=False, width="stretch")
    role = state.md(f"users.role.{who.actor.role.value}")
    st.markdown(f"**{i18n.escape(who.name or who.email)}** {i18n.escape(who.email) if who.name else ''} :blue-badge[{role}]")
    if done := state.remember(_DONE, ""):
        st.success(done, icon=":material/check:")
        state.forget(_DONE)


def _who() -> Known:
    """Whose session this is; where nobody signed in the page says that there is nothing to see."""
    who = state.signed_in()
    if who is None:
        state.actor()  # ends the run unless the installation is open
        raise Conflict("profile.open")
    return who


def person() -> None:
    """Name and language."""
    who = _who()
    with st.container(border=True, key="card-person"), st.form("person", border=False):
        st.markdown(f"#### {state.md('profile.person')}")
        st.text_input(state.say("profile.name"), value=who.name, key="person-name", max_chars=80)
        offered = {"": state.say("profile.language_none"), **{code: i18n.text(f"common.language.{code}", code) for code in LANGUAGES}}
        st.selectbox(state.say("profile.language"), list(offered), index=list(offered).index(who.language), key="person-language",
                     width=320, format_func=offered.get)  # fmt: skip
        st.form_submit_button(state.say("profile.save"), on_click=_describe)


def password() -> None:
    """A new password, for who has one here."""
    if not _who().local:
        st.caption(state.md("profile.password_elsewhere"))
        return
    with st.container(border=True, key="card-password"), st.form("password", border=False, clear_on_submit=True):
        st.markdown(f"#### {state.md('profile.password')}")
        st.text_input(state.say("profile.password_old"), type="password", key="password-old", autocomplete="current-password")
        st.text_input(state.say("profile.password_new"), type="password", key="password-new", autocomplete="new-password")
        st.caption(state.md("profile.password_about"))
        st.form_submit_button(state.say("profile.password_go"), on_click=_change_password)


def second() -> None:
    """The second factor: set up, in use, new recovery codes."""
    who = _who()
    if not who.local:
        return
    with st.container(border=True, key="card-second"):
        state_badge = f":green-badge[{state.md('profile.second.on')}]" if who.totp else f":gray-badge[{state.md('profile.second.off')}]"
        st.markdown(f"#### {state.md('profile.second.title')} {state_badge}")
        st.caption(state.md("profile.second.about"))
        _codes()
        if who.totp:
            _in_use(who)
        elif (begun := profile.begun_second(state.deps(), who)) is None:
            st.button(state.say("profile.second.begin"), key="second-begin", icon=":material/qr_code_2:", on_click=_begin)
        else:
            _setting_up(begun)


def _setting_up(begun: profile.Second) -> None:
    picture = base64.b64encode(qr.png(begun.address)).decode()
    left, right = st.columns([1, 2], gap="medium")
    with left:
        st.html(f'<img src="data:image/png;base64,{picture}" width="200" height="200" alt="{state.say("profile.second.qr")}">')
    with right:
        st.markdown(state.md("profile.second.scan"))
        st.code(begun.secret, language=None, wrap_lines=True)
        with st.form("second-form", border=False, clear_on_submit=True):
            st.text_input(state.say("profile.second.code"), key="second-code", max_chars=10, autocomplete="one-time-code", width=220)
            st.form_submit_button(state.say("profile.second.go"), type="primary", on_click=_confirm)


def _in_use(who: Known) -> None:
    st.markdown(state.md("profile.second.left", n=profile.codes_left(state.deps(), who)))
    with st.form("second-end", border=False, clear_on_submit=True):
        st.text_input(state.say("profile.password_old"), type="password", key="second-password", autocomplete="current-password", width=320)
        with st.container(horizontal=True):
            st.form_submit_button(state.say("profile.second.renew"), on_click=_renew)
            st.form_submit_button(state.say("profile.second.end"), on_click=_end_second)


def _codes() -> None:
    """Recovery codes that were just made: shown once."""
    codes = state.remember(_CODES, None)
    if codes is None:
        return
    with st.container(border=True, key="recovery-codes"):
        st.markdown(f"**{state.md('profile.codes.title')}**")
        st.caption(state.md("profile.codes.about"))
        st.code("\n".join(codes), language=None)
        st.button(state.say("profile.codes.noted"), key="codes-noted", on_click=state.forget, args=(_CODES,))


def inside() -> None:
    """Where one is signed in."""
    found = sessions.own_sessions(state.deps(), _who())
    with st.container(border=True, key="card-sessions"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {state.md('profile.sessions.title')}", width="stretch")
            if len(found) > 1:
                st.button(state.say("profile.sessions.end_others"), key="sessions-end", icon=":material/logout:", on_click=_end_others)
        for one in found:
            _session(one)


def _session(one: SessionInfo) -> None:
    zone, lang = state.deps().settings.timezone, state.language()
    mine = f" :blue-badge[{state.md('profile.sessions.mine')}]" if one.mine else ""
    seen, began = i18n.datetime(one.seen_at, lang, zone), i18n.datetime(one.created_at, lang, zone)
    with st.container(horizontal=True, vertical_alignment="center", key=f"session-{one.id}"):
        where = i18n.escape(" · ".join(part for part in (one.agent, one.address) if part)) or i18n.NOTHING
        st.markdown(f"{where}{mine}  \n:small[:gray[{state.md('profile.sessions.seen', seen=seen, began=began)}]]", width="stretch")
        st.button(state.say("profile.sessions.end"), key=f"session-end-{one.id}", type="tertiary", on_click=_end, args=(one.id,))


# ---------------------------------------------------------------- what is done


def _describe() -> None:
    with guarded():
        profile.describe(state.deps(), _who(), name=str(state.given("person-name")), language=str(state.given("person-language")))
        state.keep(_DONE, state.say("profile.saved"))


def _change_password() -> None:
    with guarded():
        n = profile.change_password(state.deps(), _who(), old=str(state.given("password-old")), new=str(state.given("password-new")))
        state.keep(_DONE, state.say("profile.password_done", n=n))


def _begin() -> None:
    with guarded():
        profile.begin_second(state.deps(), _who())


def _confirm() -> None:
    with guarded():
        state.keep(_CODES, profile.confirm_second(state.deps(), _who(), code=str(state.given("second-code"))))


def _renew() -> None:
    with guarded():
        state.keep(_CODES, profile.new_codes(state.deps(), _who(), password=str(state.given("second-password"))))


def _end_second() -> None:
    with guarded():
        profile.end_second(state.deps(), _who(), password=str(state.given("second-password")))
        state.forget(_CODES)


def _end(session_id: int) -> None:
    with guarded():
        sessions.end_own(state.deps(), _who(), session_id=session_id)


def _end_others() -> None:
    with guarded():
        sessions.end_others(state.deps(), _who())
