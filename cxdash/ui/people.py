"""A person's rights on screen: find, see what is held, hand over, correct, erase. What is shown stays in the session until closed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cxdash import i18n
from cxdash.export import person as export
from cxdash.services import people as service
from cxdash.services.people import Found, Gone, Held
from cxdash.ui import cache, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.errors import guarded

_FOUND, _OPEN, _DONE, _ASKED = "people:found", "people:open", "people:done", "people:asked"
_COUNTED: Mapping[str, str] = {
    "contacts": "people.count.contacts", "responses": "people.count.responses", "layers": "people.count.layers",
    "visits": "people.count.visits", "invitations": "people.count.invitations", "mails": "people.count.mails",
    "problems": "people.count.problems", "deliveries": "people.count.deliveries",
}  # fmt: skip
_GONE: Mapping[str, str] = {
    "responses": "people.went.responses", "kept": "people.went.kept", "contacts": "people.went.contacts", "visits": "people.went.visits",
    "mails": "people.went.mails", "problems": "people.went.problems",
}  # fmt: skip
_FIELDS: Mapping[str, str] = {"name": "people.field.name", "email": "people.field.email", "language": "people.field.language"}


def people_section() -> None:
    """The search, whom it found, and the one that is open."""
    with st.container(border=True, key="card-people"):
        st.markdown(f"#### {state.md('people.find.title')}")
        st.caption(state.md("people.find.about"))
        with st.form("people-find", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            label = state.say("people.find.label")
            st.text_input(label, key="w:people:wanted", placeholder=state.say("people.find.hint"), max_chars=200, width="stretch")
            st.form_submit_button(state.say("people.find.go"), icon=":material/search:", type="primary", on_click=_find, key="people-go")
        _said()
        held: Held | None = state.remember(_OPEN, None)
        if held is not None:
            _person(held)
        elif state.remember(_ASKED, False):
            _results(state.remember(_FOUND, ()))


def _find() -> None:
    state.forget(_OPEN)
    state.forget(_DONE)
    with guarded():
        state.keep(_FOUND, service.find(state.deps(), state.actor(), wanted=str(state.given("w:people:wanted"))))
        state.keep(_ASKED, True)


def _said() -> None:
    gone: tuple[Gone, bool] | None = state.remember(_DONE, None)
    if gone is not None:
        told = _listed(vars(gone[0]), _GONE)
        words = state.md("people.done.kept" if gone[1] else "people.done.erased")
        st.success(f"{words} {told}", icon=":material/check_circle:")


def _results(found: tuple[Found, ...]) -> None:
    if not found:
        st.info(state.md("people.none"), icon=":material/person_search:")
        return
    st.markdown(state.md("people.found", n=len(found)))
    for number, one in enumerate(found):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"person-{number}"):
            name = i18n.escape(" · ".join(part for part in (one.name, one.email, one.key) if part)) or state.md("people.nameless")
            st.markdown(f"**{name}**  \n:small[{i18n.escape(state.local(one.program_name) or one.program)} · "
                        f"{_listed(vars(one.counts), _COUNTED)}]", width="stretch")  # fmt: skip
            st.button(state.say("people.open"), key=f"person-open-{number}", icon=":material/folder_open:", on_click=_open, args=(one,))


def _open(one: Found) -> None:
    with guarded():
        state.keep(_OPEN, service.held(state.deps(), state.actor(), who=one.who))


def _close() -> None:
    for key in (_OPEN, _FOUND, _ASKED):
        state.forget(key)
    for field in _FIELDS:
        state.drop(f"people:{field}")


def _listed(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    return " · ".join(state.md(words[name], n=n) for name, n in counts.items() if n)


def _person(held: Held) -> None:
    with st.container(border=True, key="person"):
        with st.container(horizontal=True, vertical_alignment="center", key="person-head"):
            shown = held.contact or {}
            title = " · ".join(str(shown[name]) for name in ("name", "email", "key") if shown.get(name))
            st.markdown(f"##### {i18n.escape(title) or state.md('people.nameless')}", width="stretch")
            st.button(state.say("people.close"), key="person-close", icon=":material/close:", type="tertiary", on_click=_close)
        st.caption(_listed(vars(held.counts), _COUNTED))
        _places(held)
        with st.container(horizontal=True, key="person-actions"):
            _downloads(held)
            _correct(held)
            _erase(held)


def _places(held: Held) -> None:
    for place, rows in held.tables.items():
        with st.expander(state.say("people.place_n", place=state.say(export.PLACES[place]), n=len(rows))):
            st.dataframe(export.table(rows), hide_index=True, key=f"place-{place}", placeholder="", alt=state.say(export.PLACES[place]))


def _downloads(held: Held) -> None:
    deps, actor, lang, who = state.deps(), state.actor(), state.language(), held.who

    def xlsx() -> bytes:
        return export.to_workbook(service.held(deps, actor, who=who, purpose="person.handover"), lang)

    def document() -> bytes:
        return export.to_json(service.held(deps, actor, who=who, purpose="person.handover"))

    st.download_button(state.say("people.xlsx"), data=xlsx, file_name="person.xlsx", icon=":material/download:", on_click="ignore",
                       mime=XLSX, key="person-xlsx")  # fmt: skip
    st.download_button(state.say("people.json"), data=document, file_name="person.json", icon=":material/download:", on_click="ignore",
                       mime="application/json", key="person-json")  # fmt: skip


def _correct(held: Held) -> None:
    if held.contact is None:
        return
    with st.popover(state.say("people.correct"), icon=":material/edit:", key="person-correct"):
        st.caption(state.md("people.correct.about"))
        for field, label in _FIELDS.items():
            st.text_input(state.say(label), key=state.hold(f"people:{field}", str(held.contact.get(field) or "")), max_chars=200)
        st.button(state.say("people.correct.save"), key="person-save", type="primary", on_click=_save, args=(held,))


def _save(held: Held) -> None:
    values = {field: str(state.given(f"w:people:{field}")) for field in _FIELDS}
    changed = {field: value for field, value in values.items() if value.strip() != str((held.contact or {}).get(field) or "")}
    with guarded():
        service.correct(state.deps(), state.actor(), who=held.who, contact=changed)
        state.keep(_OPEN, service.held(state.deps(), state.actor(), who=held.who))
        for field in _FIELDS:
            state.drop(f"people:{field}")


def _erase(held: Held) -> None:
    with st.popover(state.say("people.erase"), icon=":material/person_off:", key="person-erase"):
        st.markdown(state.md("people.erase.about"))
        keep = st.radio(state.say("people.erase.how"), (True, False), key="w:people:keep", format_func=_how, index=None)
        sure = st.checkbox(state.say("people.erase.sure"), key="w:people:sure")
        st.button(state.say("people.erase.go"), key="person-erase-go", type="primary", disabled=not sure or keep is None, on_click=_go,
                  args=(held,))  # fmt: skip


def _how(keep: bool) -> str:
    return state.say("people.erase.keep") if keep else state.say("people.erase.all")


def _go(held: Held) -> None:
    keep = bool(state.given("w:people:keep"))
    with guarded():
        gone = service.erase(state.deps(), state.actor(), who=held.who, keep=keep)
        _close()
        state.keep(_DONE, (gone, keep))
        cache.clear()


