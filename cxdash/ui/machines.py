"""Keys of machines on screen: make one (it is shown once), see what each opens and when it was used, revoke it."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.services import machines as service
from cxdash.services.machines import METRICS, PROGRAMS, RATE, RATE_MAX, SCOPES, WRITE, KeyInfo
from cxdash.ui import address, cache, state
from cxdash.ui.errors import guarded

_SCOPES = {WRITE: "api.scope.write", METRICS: "api.scope.metrics", PROGRAMS: "api.scope.programs"}
_NEW = "machines:new"  # (programme, name, key) of the key that was just made
_ADDING = "machines:adding"
_FIELDS = ("name", "scopes", "rate")


def program() -> str:
    """Slug of the programme on screen."""
    return cache.catalog(state.view().program).slug


def keys_section() -> None:
    """The keys of the programme, the new one in clear, and the form for another."""
    found = service.list_keys(state.deps(), state.actor(), program=program())
    live, gone = [k for k in found if k.revoked_at is None], [k for k in found if k.revoked_at is not None]
    with st.container(border=True, key="card-keys"):
        with st.container(horizontal=True, vertical_alignment="center", key="keys-head"):
            st.markdown(f"#### {state.md('api.keys.title')}", width="stretch")
            st.button(state.say("api.keys.add"), key="key-add", icon=":material/add:", type="primary", on_click=_open)
        st.caption(state.md("api.keys.about"))
        if cache.catalog(state.view().program).demo:
            st.caption(f":material/science: {state.md('api.keys.demo')}")
        _fresh()
        if state.remember(_ADDING, False):
            _form()
        if not found:
            st.markdown(state.md("api.keys.none"))
        for info in live:
            _line(info)
        if gone:
            with st.expander(state.say("api.keys.gone", n=len(gone))):
                for info in gone:
                    st.markdown(state.md("api.keys.gone_line", name=info.name, prefix=info.prefix, at=moment_text(info.revoked_at)))


def moment_text(at: object) -> str:
    return i18n.datetime(at, state.language(), cache.catalog(state.view().program).timezone)  # type: ignore[arg-type]


def _fresh() -> None:
    new = state.remember(_NEW, None)
    if new is None or new[0] != program():
        return
    with st.container(border=True, key="key-new"):
        st.markdown(f"**{state.md('api.keys.new', name=new[1])}**")
        st.code(new[2], language=None, wrap_lines=True)
        st.caption(state.md("api.keys.once"))
        st.button(state.say("api.keys.noted"), key="key-noted", on_click=state.forget, args=(_NEW,))


def _line(info: KeyInfo) -> None:
    used = state.md("api.keys.used", at=moment_text(info.last_used_at)) if info.last_used_at else state.md("api.keys.unused")
    made = state.md("api.keys.made", at=moment_text(info.created_at), by=info.created_by or "–")
    opens = " · ".join(state.md(_SCOPES[scope]) for scope in info.scopes if scope in _SCOPES)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"key-{info.id}"):
        st.markdown(
            f"**{i18n.escape(info.name)}** `{info.prefix}…`  \n{opens}  \n"
            f":small[{used} :gray[· {made} · {state.md('api.keys.rate', n=info.rate)}]]",
            width="stretch",
        )
        drawer = st.popover(
            state.say("api.keys.revoke"), icon=":material/block:", key=f"key-drop-{info.id}", type="tertiary", on_change="rerun",
            help=state.md("api.keys.revoke_of", name=info.name),
        )  # fmt: skip
        if drawer.open:
            with drawer:
                st.caption(state.md("api.keys.revoke_about"))
                st.button(state.say("api.keys.revoke_now"), key=f"key-revoke-{info.id}", type="primary", on_click=_revoke, args=(info.id,))


def _form() -> None:
    with st.container(border=True, key="key-form"):
        st.text_input(state.say("api.keys.name"), key=state.hold("key:name", ""), max_chars=service.NAME_MAX,
                      placeholder=state.say("api.keys.name_hint"))  # fmt: skip
        st.pills(state.say("api.keys.scopes"), SCOPES, selection_mode="multi", key=state.hold("key:scopes", [WRITE]),
                 format_func=lambda scope: state.say(_SCOPES[scope]))  # fmt: skip
        rate = state.hold("key:rate", RATE)
        st.number_input(state.say("api.keys.rate_label"), min_value=1, max_value=RATE_MAX, step=60, key=rate, width=220)
        with st.container(horizontal=True):
            st.button(state.say("api.keys.make"), key="key-make", type="primary", on_click=_make, args=(program(),))
            st.button(state.say("api.cancel"), key="key-cancel", on_click=_close)


def _open() -> None:
    state.keep(_ADDING, True)


def _close() -> None:
    state.forget(_ADDING)
    for field in _FIELDS:
        state.drop(f"key:{field}")


def _make(slug: str) -> None:
    name, scopes, rate = (state.given(f"w:key:{field}") for field in _FIELDS)
    with guarded():
        info, key = service.create_key(state.deps(), state.actor(), program=slug, name=str(name), scopes=list(scopes or ()), rate=int(rate))
        state.keep(_NEW, (slug, info.name, key))
        _close()


def _revoke(key_id: int) -> None:
    with guarded():
        service.revoke_key(state.deps(), state.actor(), program=program(), key_id=key_id)


def guide() -> None:
    """Two commands to begin with, for whoever writes the program."""
    base = address.base().rstrip("/")
    with st.expander(state.say("api.guide.title"), icon=":material/terminal:"):
        st.markdown(state.md("api.guide.about"))
        st.code(_SEND.format(base=base), language="bash", wrap_lines=True)
        st.code(_READ.format(base=base), language="bash", wrap_lines=True)
        st.markdown(state.md("api.guide.described"))
        st.code(f"{base}/api/v1/openapi.json", language=None, wrap_lines=True)


_SEND = """curl -X POST {base}/api/v1/responses \\
  -H "Authorization: Bearer $CXKEY" -H "Content-Type: application/json" -H "Idempotency-Key: order-20817" \\
  -d '{{"respondent": "C-20817", "answers": {{"recommend": 9}}}}'"""
_READ = """curl -H "Authorization: Bearer $CXKEY" "{base}/api/v1/metrics?metric=nps&period=90d" """.rstrip()
