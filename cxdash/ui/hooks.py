"""Webhooks on screen: add, try, switch off, delete, and the log of each."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.respond import outside
from cxdash.services import hooks as service
from cxdash.services.hooks import DeliveryInfo, HookInfo, Parcel, Receipt
from cxdash.ui import state
from cxdash.ui.errors import guarded
from cxdash.ui.machines import moment_text, program

_ADDING, _TRIED = "hooks:adding", "hooks:tried"
_STATES = {"sent": ("green", "api.delivery.state.sent"), "waiting": ("blue", "api.delivery.state.waiting"),
           "failed": ("red", "api.delivery.state.failed")}  # fmt: skip
SHOWN = 20  # deliveries in the log


def hooks_section() -> None:
    """The webhooks of the programme, and the form for another."""
    found = service.list_hooks(state.deps(), state.actor(), program=program())
    with st.container(border=True, key="card-hooks"):
        with st.container(horizontal=True, vertical_alignment="center", key="hooks-head"):
            st.markdown(f"#### {state.md('api.hooks.title')}", width="stretch")
            st.button(state.say("api.hooks.add"), key="hook-add", icon=":material/add:", on_click=state.keep, args=(_ADDING, True))
        st.caption(state.md("api.hooks.about"))
        if state.remember(_ADDING, False):
            _form()
        if not found:
            st.markdown(state.md("api.hooks.none"))
        for info in found:
            _hook(info)


def _form() -> None:
    with st.container(border=True, key="hook-form"):
        st.text_input(state.say("api.hooks.url"), key=state.hold("hook:url", ""), max_chars=service.URL_MAX, placeholder="https://")
        with st.container(horizontal=True):
            st.button(state.say("api.hooks.make"), key="hook-make", type="primary", on_click=_make, args=(program(),))
            st.button(state.say("api.cancel"), key="hook-cancel", on_click=_close)


def _hook(info: HookInfo) -> None:
    on = info.state == "on"
    with st.container(border=True, key=f"hook-{info.id}"):
        badge = f":green-badge[{state.md('api.hooks.on')}]" if on else f":gray-badge[{state.md('api.hooks.off')}]"
        st.markdown(f"**{i18n.escape(info.url)}** {badge}  \n:small[:gray[{state.md('api.hooks.made', at=moment_text(info.created_at))}]]")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(state.say("api.hooks.try"), key=f"hook-try-{info.id}", icon=":material/send:", on_click=_try, args=(info.id,))
            st.button(
                state.say("api.hooks.switch_off") if on else state.say("api.hooks.switch_on"), key=f"hook-switch-{info.id}",
                icon=":material/pause:" if on else ":material/play_arrow:", on_click=_switch, args=(info.id, not on),
            )  # fmt: skip
            _secret(info)
            _delete(info)
        _tried(info)
        _log(info)


def _secret(info: HookInfo) -> None:
    drawer = st.popover(
        state.say("api.hooks.secret"), icon=":material/key:", key=f"hook-secret-{info.id}", type="tertiary", on_change="rerun"
    )
    if drawer.open:
        with drawer:
            st.caption(state.md("api.hooks.secret_about", header=outside.SIGNATURE))
            st.code(info.secret, language=None, wrap_lines=True)


def _delete(info: HookInfo) -> None:
    drawer = st.popover(
        state.say("api.hooks.delete"), icon=":material/delete:", key=f"hook-drop-{info.id}", type="tertiary", on_change="rerun"
    )
    if drawer.open:
        with drawer:
            st.caption(state.md("api.hooks.delete_about"))
            st.button(state.say("api.hooks.delete_now"), key=f"hook-delete-{info.id}", type="primary", on_click=_drop, args=(info.id,))


def _tried(info: HookInfo) -> None:
    tried: tuple[int, Receipt] | None = state.remember(_TRIED, None)
    if tried is None or tried[0] != info.id:
        return
    if tried[1].taken:
        st.success(state.md("api.hooks.tried", status=str(tried[1].status)), icon=":material/check:")
    else:
        st.warning(state.md("api.hooks.tried_in_vain", why=_why(tried[1].status, tried[1].error)), icon=":material/error:")


def _log(info: HookInfo) -> None:
    lines = service.hook_log(state.deps(), state.actor(), program=program(), hook_id=info.id)
    with st.expander(state.say("api.hooks.log", n=len(lines))):
        if not lines:
            st.caption(state.md("api.hooks.log_none"))
        for line in lines[:SHOWN]:
            st.markdown(_line(line))


def _line(line: DeliveryInfo) -> str:
    colour, words = _STATES.get(line.state, ("gray", "api.delivery.state.waiting"))
    parts = [state.md("api.hooks.response", id=str(line.response_id)), i18n.escape(moment_text(line.sent_at or line.created_at)),
             state.md("api.hooks.tries", n=line.tries)]  # fmt: skip
    if line.error:
        parts.append(i18n.escape(_why(line.status, line.error)))
    if line.state == "waiting" and line.tries:
        parts.append(state.md("api.hooks.next", at=moment_text(line.next_at)))
    return f":{colour}-badge[{state.md(words)}] " + " · ".join(parts)


def _why(status: int | None, error: str) -> str:
    said = state.say(error) if i18n.has(error) else error
    return f"{said} (HTTP {status})" if status else said


def _make(slug: str) -> None:
    with guarded():
        service.add_hook(state.deps(), state.actor(), program=slug, url=str(state.given("w:hook:url")))
        _close()


def _close() -> None:
    state.forget(_ADDING)
    state.drop("hook:url")


def _try(hook_id: int) -> None:
    def send(parcel: Parcel) -> Receipt:
        return outside.send(parcel, private=state.deps().settings.webhook_private)

    with guarded():
        state.keep(_TRIED, (hook_id, service.test_hook(state.deps(), state.actor(), program=program(), hook_id=hook_id, send=send)))


def _switch(hook_id: int, on: bool) -> None:
    with guarded():
        service.switch_hook(state.deps(), state.actor(), program=program(), hook_id=hook_id, on=on)


def _drop(hook_id: int) -> None:
    with guarded():
        service.delete_hook(state.deps(), state.actor(), program=program(), hook_id=hook_id)
