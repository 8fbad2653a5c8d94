"""Shared links: make one of the present view, see and revoke those there are."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cxdash import i18n
from cxdash.services.actor import Permission
from cxdash.services.catalog import Catalog
from cxdash.services.overview import Overview
from cxdash.services.shares import DAYS, NAME_MAX, PASSWORD_MOST, ShareInfo, create, list_shares, revoke
from cxdash.ui import address, cache, state
from cxdash.ui.errors import guarded

_WIDTH = 380
_MADE = "share:made"  # the address of the link just made
KINDS = ("frozen", "live")
_SHOWN = 20


def share_button(row: DeltaGenerator, result: Overview) -> None:
    """The drawer in the title's row, for those who may share."""
    if not state.actor().may(Permission.SHARE):
        return
    with row:
        drawer = st.popover(state.say("shared.button"), icon=":material/link:", key="share", on_change="rerun")
    if not drawer.open:
        state.forget(_MADE)
        return
    with drawer, st.container(width=_WIDTH), guarded():
        st.caption(state.md("shared.about"))
        if made := state.remember(_MADE, None):
            st.success(state.md("shared.made"), icon=":material/check:")
            st.code(made, language=None, wrap_lines=True)
        _form(result.catalog)
        st.markdown(f"**{state.md('shared.list')}**")
        _lines(result.catalog)


def _form(catalog: Catalog) -> None:
    kinds = {kind: state.say(f"shared.kind.{kind}") for kind in KINDS}
    days = {n: state.say("shared.days_n", n=n) for n in sorted(DAYS)}
    with st.form("share-make", border=False):
        st.text_input(state.say("shared.name"), key="w:share:name", max_chars=NAME_MAX, placeholder=state.local(catalog.name))
        st.segmented_control(state.say("shared.kind"), KINDS, key=state.hold("share:kind", KINDS[0], KINDS), format_func=kinds.__getitem__,
                             required=True)  # fmt: skip
        st.selectbox(state.say("shared.days_label"), list(days), key=state.hold("share:days", DAYS[0], list(days)),
                     format_func=days.__getitem__)  # fmt: skip
        st.text_input(state.say("shared.password_optional"), key="w:share:password", type="password", max_chars=PASSWORD_MOST,
                      autocomplete="new-password")  # fmt: skip
        st.form_submit_button(state.say("shared.make"), type="primary", on_click=_make, args=(catalog,), width="stretch")


def _make(catalog: Catalog) -> None:
    from cxdash.export.shared import drawn  # the charts' painter: only who makes a frozen link waits for it

    deps, name = state.deps(), str(state.given("w:share:name")).strip() or state.local(catalog.name) or catalog.slug
    with guarded():
        _, token = create(
            deps, state.actor(), view=replace(state.view(), program=catalog.slug), name=name, live=state.given("w:share:kind") == "live",
            days=int(state.given("w:share:days")), language=state.language(), password=str(state.given("w:share:password")),
            draw=lambda reader, view, lang: drawn(deps, reader, view, lang),
        )  # fmt: skip
        state.give("w:share:name", "")
        state.give("w:share:password", "")
        state.keep(_MADE, f"{_base()}/share/{token}")


def _base() -> str:
    """Where these screens are reached, which need not be where respondents go."""
    if own := state.deps().settings.screens_url:
        return own.rstrip("/")
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else address.base()


def _lines(catalog: Catalog) -> None:
    found = list_shares(state.deps(), state.actor(), catalog=catalog)
    if not found:
        st.caption(state.md("shared.none"))
    for info in found[:_SHOWN]:
        _line(catalog, info)


def _line(catalog: Catalog, info: ShareInfo) -> None:
    lang = state.language()
    kind = state.say(f"shared.kind.{'live' if info.live else 'frozen'}")
    until = state.say("shared.until", day=i18n.date(info.expires_at.date(), lang))
    told = state.md("shared.line", state=state.say(f"shared.state.{info.state}"), kind=kind, until=until, n=info.opened)
    locked = f" · {state.md('shared.with_password')}" if info.password else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{i18n.escape(info.name)}  \n:gray[:small[{told}{locked}]]", width="stretch")
        if info.state == "open":
            st.button(state.say("shared.revoke"), key=f"share:revoke:{info.id}", help=state.md("shared.revoke_help", name=info.name),
                      type="tertiary", on_click=_revoke, args=(catalog, info.id))  # fmt: skip


def _revoke(catalog: Catalog, share_id: int) -> None:
    with guarded():
        revoke(state.deps(), state.actor(), catalog=cache.catalog(catalog.slug), share_id=share_id)
        state.forget(_MADE)
        st.toast(state.say("shared.revoked_now"), icon=":material/link_off:")
