"""Accounts on screen, for administrators: who there is, invite, change rights, new password, end sessions, disable."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from cxdash import i18n
from cxdash.services import accountmail, accounts as service, entry
from cxdash.services.accounts import AccountInfo, Rights
from cxdash.services.actor import RoleName
from cxdash.ui import rights, state
from cxdash.ui.errors import guarded

_INVITING, _EDITING, _LINK = "users:inviting", "users:editing", "users:link"
_BADGES = {"invited": ("orange", "users.state.invited"), "disabled": ("gray", "users.state.disabled")}
_NEW = Rights(RoleName.VIEWER)


def head() -> None:
    """Title, and the way to invite somebody; who may not is refused before either."""
    service.list_accounts(state.deps(), state.actor())
    with st.container(horizontal=True, vertical_alignment="center", key="title"):
        st.title(state.md("nav.users"), anchor=False, width="stretch")
        st.button(state.say("users.invite"), key="user-invite", icon=":material/person_add:", type="primary", on_click=state.keep,
                  args=(_INVITING, True))  # fmt: skip


def invitation() -> None:
    """The form for another account, and the link that was just made."""
    _fresh()
    if not state.remember(_INVITING, False):
        return
    with st.container(border=True, key="card-invite"):
        st.markdown(f"#### {state.md('users.invite')}")
        with st.container(horizontal=True):
            st.text_input(state.say("users.email"), key=state.hold("invite:email", ""), max_chars=254, placeholder="name@example.com")
            st.text_input(state.say("users.name"), key=state.hold("invite:name", ""), max_chars=80)
        rights.inputs("invite", _NEW)
        with st.container(horizontal=True):
            st.button(state.say("users.invite_go"), key="invite-go", type="primary", on_click=_invite)
            st.button(state.say("users.cancel"), key="invite-cancel", on_click=_close)


def people() -> None:
    """Everybody, the disabled last."""
    found = service.list_accounts(state.deps(), state.actor())
    who = state.signed_in()
    for info in sorted(found, key=lambda one: one.state == "disabled"):
        _person(info, mine=who is not None and who.account_id == info.id)


def _person(info: AccountInfo, *, mine: bool) -> None:
    with st.container(border=True, key=f"user-{info.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_said(info, mine), width="stretch")
            st.button(state.say("users.change"), key=f"user-change-{info.id}", icon=":material/edit:", on_click=_edit, args=(info.id,))
            _more(info)
        if state.remember(_EDITING, None) == info.id:
            key = f"user:{info.id}"
            rights.inputs(key, info.rights)
            with st.container(horizontal=True):
                st.button(state.say("users.save"), key=f"user-save-{info.id}", type="primary", on_click=_save, args=(info.id,))
                st.button(state.say("users.cancel"), key=f"user-cancel-{info.id}", on_click=_stop, args=(info.id,))


def _said(info: AccountInfo, mine: bool) -> str:
    badges = [f":blue-badge[{state.md(f'users.role.{info.rights.role.value}')}]"]
    if info.state in _BADGES:
        colour, key = _BADGES[info.state]
        badges.append(f":{colour}-badge[{state.md(key)}]")
    badges += [f":green-badge[{state.md('users.second')}]"] if info.totp else []
    badges += [f":gray-badge[{state.md('users.company')}]"] if info.origin == "oidc" else []
    badges += [f":gray-badge[{state.md('users.you')}]"] if mine else []
    name = f"**{i18n.escape(info.name or info.email)}**" + (f" {i18n.escape(info.email)}" if info.name else "")
    return f"{name} {' '.join(badges)}  \n:small[{rights.said(info.rights)}  \n:gray[{_lately(info)}]]"


def _lately(info: AccountInfo) -> str:
    if info.invited_until is not None and info.state == "invited":
        return state.md("users.invited_until", at=_moment(info.invited_until))
    if info.signed_in_at is None:
        return state.md("users.never")
    return state.md("users.lately", at=_moment(info.signed_in_at), n=info.sessions)


def _moment(at: object) -> str:
    return i18n.datetime(at, state.language(), state.deps().settings.timezone)  # type: ignore[arg-type]


def _more(info: AccountInfo) -> None:
    label, key = state.say("users.more"), f"user-more-{info.id}"
    drawer = st.popover(label, icon=":material/more_horiz:", key=key, type="tertiary", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        if info.state != "disabled" and info.origin != "oidc":
            key = "users.again" if info.state == "invited" else "users.reset"
            st.button(state.say(key), key=f"user-reset-{info.id}", icon=":material/link:", on_click=_reset, args=(info.id, info.email))
            if info.state == "active":
                st.caption(state.md("users.reset_about"))
        if info.sessions:
            st.button(state.say("users.end", n=info.sessions), key=f"user-end-{info.id}", icon=":material/logout:", on_click=_do,
                      args=("end", info.id))  # fmt: skip
        if info.totp:
            st.button(state.say("users.second_off"), key=f"user-second-{info.id}", icon=":material/phonelink_erase:", on_click=_do,
                      args=("second", info.id))  # fmt: skip
        if info.state == "disabled":
            st.button(state.say("users.enable"), key=f"user-enable-{info.id}", icon=":material/check:", on_click=_do,
                      args=("enable", info.id))  # fmt: skip
        else:
            st.button(state.say("users.disable"), key=f"user-disable-{info.id}", icon=":material/block:", on_click=_do,
                      args=("disable", info.id))  # fmt: skip


def _fresh() -> None:
    """The link that was just made: sent, or to be handed over."""
    new = state.remember(_LINK, None)
    if new is None:
        return
    email, link, sent = new
    with st.container(border=True, key="card-link"):
        st.markdown(state.md("users.sent", email=email) if sent else state.md("users.hand_over", email=email))
        st.code(link, language=None, wrap_lines=True)
        st.caption(state.md("users.link_once"))
        st.button(state.say("users.noted"), key="link-noted", on_click=state.forget, args=(_LINK,))


def _invite() -> None:
    with guarded():
        email, name = str(state.given("w:invite:email")), str(state.given("w:invite:name"))
        info, token = service.invite(
            state.deps(), state.actor(), email=email, name=name, rights=rights.given("invite"), language=state.language()
        )  # fmt: skip
        _hand_over(info.email, token, entry.INVITE)
        _close()


def _hand_over(email: str, token: str, kind: str) -> None:
    settings, lang = state.deps().settings, state.language()
    link = f"{_base()}{entry.PATH}{token}"
    invited = kind == entry.INVITE
    sent = accountmail.send(
        settings, to=email, subject=state.say("users.mail.invite") if invited else state.say("users.mail.reset"),
        body=i18n.text("users.mail.invite_body" if invited else "users.mail.reset_body", lang, link="{link}"), link=link,
        label=state.say("users.mail.go"), language=lang,
    )  # fmt: skip
    state.keep(_LINK, (email, link, sent))


def _base() -> str:
    """Where colleagues reach the screens: as it is set, else as the administrator's own browser does."""
    parts = urlsplit(str(st.context.url or ""))
    return state.deps().settings.screens_url or f"{parts.scheme or 'http'}://{parts.netloc or 'localhost:8501'}"


def _reset(account_id: int, email: str) -> None:
    with guarded():
        token = service.reset(state.deps(), state.actor(), account_id=account_id)
        found = entry.look(state.deps(), token=token)
        _hand_over(email, token, found.kind if found else entry.RESET)


def _do(what: str, account_id: int) -> None:
    acts = {"end": service.end_sessions, "second": service.drop_second, "enable": service.enable, "disable": service.disable}
    with guarded():
        acts[what](state.deps(), state.actor(), account_id=account_id)


def _edit(account_id: int) -> None:
    rights.forget(f"user:{account_id}")
    state.keep(_EDITING, account_id)


def _stop(account_id: int) -> None:
    rights.forget(f"user:{account_id}")
    state.forget(_EDITING)


def _save(account_id: int) -> None:
    with guarded():
        service.change_rights(state.deps(), state.actor(), account_id=account_id, rights=rights.given(f"user:{account_id}"))
        _stop(account_id)


def _close() -> None:
    rights.forget("invite")
    state.drop("invite:email")
    state.drop("invite:name")
    state.forget(_INVITING)
