"""How long a programme keeps what: days, what would go under them, and saving."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cxdash import i18n
from cxdash.services import retention as service
from cxdash.services.retention import DAYS, Policy, Purged
from cxdash.ui import cache, state
from cxdash.ui.errors import guarded

_KINDS: Mapping[str, tuple[str, str]] = {
    "personal": ("people.keep.personal", "people.keep.personal_help"),
    "drafts": ("people.keep.drafts", "people.keep.drafts_help"),
    "responses": ("people.keep.responses", "people.keep.responses_help"),
}
_WOULD: Mapping[str, str] = {
    "responses": "people.would.responses", "personal": "people.would.personal", "contacts": "people.would.contacts",
    "drafts": "people.would.drafts",
}  # fmt: skip


def retention_section() -> None:
    """The policy of the programme on screen; what is typed is tried out at once, and saved only by the button."""
    catalog = cache.catalog(state.view().program)
    with st.container(border=True, key="card-retention"):
        st.markdown(f"#### {state.md('people.keep.title')}")
        st.caption(state.md("people.keep.about"))
        saved = service.outlook(state.deps(), state.actor(), program=catalog.slug)
        with st.container(horizontal=True):
            for kind, (label, told) in _KINDS.items():
                st.number_input(state.say(label), min_value=DAYS[0], max_value=DAYS[1], step=1, help=state.md(told), width=220,
                                key=state.hold(f"keep:{catalog.slug}:{kind}", getattr(saved.policy, kind)), value=None,
                                placeholder=state.say("people.keep.forever"))  # fmt: skip
        tried = Policy(**{kind: state.held(f"w:keep:{catalog.slug}:{kind}") for kind in _KINDS})
        would = saved.would_go if tried == saved.policy else _tried(catalog.slug, tried)
        st.markdown(_sentence(would))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(state.say("people.keep.save"), key="keep-save", type="primary", disabled=tried == saved.policy or catalog.demo,
                      on_click=_save, args=(catalog.slug, tried))  # fmt: skip
            done = saved.last_done
            st.caption(state.md("people.keep.done", at=i18n.datetime(done, state.language(), catalog.timezone)) if done
                       else state.md("people.keep.never"))  # fmt: skip


def _tried(slug: str, policy: Policy) -> Purged:
    return service.outlook(state.deps(), state.actor(), program=slug, policy=policy).would_go


def _sentence(would: Purged) -> str:
    if not would.total:
        return state.md("people.would.nothing")
    lang = state.language()
    told = " · ".join(state.md(_WOULD[name], n=i18n.number(n, lang)) for name, n in vars(would).items() if n)
    return f"{state.md('people.would.go')} **{told}**"


def _save(slug: str, policy: Policy) -> None:
    with guarded():
        service.save_policy(state.deps(), state.actor(), program=slug, policy=policy)
