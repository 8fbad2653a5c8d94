"""The inputs for what an account may do and see: role, programmes, rows, what it gets on top of its role."""

from __future__ import annotations

import streamlit as st

from cxdash.errors import Conflict
from cxdash.facts.question import STAGE, TOUCHPOINT
from cxdash.services.accounts import ROLES, Rights
from cxdash.services.actor import GRANTS, RoleName
from cxdash.ui import cache, names, state

_GRANTS = tuple(sorted(GRANTS))
ALL, SOME = "all", "some"


def inputs(key: str, rights: Rights) -> None:
    """The inputs under a key; `rights` is what they show first."""
    programs = {p.slug: state.local(p.name) or p.slug for p in cache.programs()}
    st.selectbox(state.say("users.role"), ROLES, key=state.hold(f"{key}:role", rights.role), format_func=_role, width=320)
    st.caption(state.md(f"users.role_about.{state.given(f'w:{key}:role')}"))
    st.segmented_control(
        state.say("users.programs"), (ALL, SOME), key=state.hold(f"{key}:which", ALL if rights.programs is None else SOME), required=True,
        format_func=lambda which: state.say("users.programs_all") if which == ALL else state.say("users.programs_some"),
    )  # fmt: skip
    if state.given(f"w:{key}:which") == SOME:
        offered = [*programs, *(slug for slug in rights.programs or () if slug not in programs)]
        st.multiselect(state.say("users.programs_which"), offered, key=state.hold(f"{key}:programs", list(rights.programs or ())),
                       format_func=lambda slug: programs.get(slug, slug), placeholder=state.say("users.choose"))  # fmt: skip
    _rows(key, rights)
    st.pills(state.say("users.grants"), _GRANTS, selection_mode="multi", key=state.hold(f"{key}:grants", sorted(rights.grants)),
             format_func=lambda grant: state.say(f"users.grant.{grant.value}"))  # fmt: skip


def _rows(key: str, rights: Rights) -> None:
    """Attributes of the programme on screen; attributes of other programmes stay as they are."""
    held = {name: list(values) for name, values in (rights.rows or {}).items()}
    options = cache.options(cache.catalog(state.view().program)) if cache.programs() else None
    offered = [name for name in (options.values if options else {}) if name not in (STAGE, TOUCHPOINT)]
    st.multiselect(
        state.say("users.rows"), [*offered, *(name for name in held if name not in offered)], key=state.hold(f"{key}:rows", list(held)),
        format_func=lambda name: names.title(options, name) if options and name in offered else name, help=state.md("users.rows_help"),
        placeholder=state.say("users.rows_none"),
    )  # fmt: skip
    for name in state.given(f"w:{key}:rows") or ():
        values = list(options.values[name]) if options and name in offered else []
        values += [value for value in held.get(name, ()) if value not in values]
        st.multiselect(
            names.title(options, name) if options and name in offered else name, values,
            key=state.hold(f"{key}:row:{name}", held.get(name, [])), placeholder=state.say("users.choose"),
            format_func=lambda value, name=name: names.label(options, name, value) if options and name in offered else value,
        )  # fmt: skip


def given(key: str) -> Rights:
    """What the inputs hold now. Conflict when an attribute has no value, or no programme is chosen: such an account would see nothing."""
    chosen = [str(name) for name in state.held(f"w:{key}:rows") or ()]
    rows = {name: tuple(state.held(f"w:{key}:row:{name}") or ()) for name in chosen}
    programs = tuple(state.held(f"w:{key}:programs") or ()) if state.given(f"w:{key}:which") == SOME else None
    if programs == () or not all(rows.values()):
        raise Conflict("users.nothing")
    return Rights(RoleName(state.given(f"w:{key}:role")), programs, rows, frozenset(state.given(f"w:{key}:grants") or ()))


def forget(key: str) -> None:
    """Lets go of what the inputs held."""
    for name in (*(state.held(f"w:{key}:rows") or ()),):
        state.drop(f"{key}:row:{name}")
    for field in ("role", "which", "programs", "rows", "grants"):
        state.drop(f"{key}:{field}")


def said(rights: Rights) -> str:
    """Scope in one line of Markdown."""
    programs = {p.slug: state.local(p.name) or p.slug for p in cache.programs()}
    parts = [state.md("users.programs_all")] if rights.programs is None else [
        state.md("users.sees_programs", names=[programs.get(slug, slug) for slug in rights.programs])]  # fmt: skip
    parts += [state.md("users.sees_rows", name=name, values=list(values)) for name, values in (rights.rows or {}).items()]
    more = [state.say(f"users.grant.{grant.value}") for grant in sorted(rights.grants)]
    parts += [state.md("users.sees_more", names=more)] if more else []
    return " · ".join(parts)


def _role(role: RoleName) -> str:
    return state.say(f"users.role.{role.value}")
