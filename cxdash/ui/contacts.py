"""The customers on the publish page: their list, its upload with a preview, and below it links and mails (`cxdash.ui.mailing`)."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import polars as pl
import streamlit as st

from cxdash import i18n
from cxdash.export.tables import to_xlsx
from cxdash.ingest.people import ATTRIBUTE, EMAIL, KEY, LANGUAGE, LEFT_OUT, NAME
from cxdash.services import contacts as service
from cxdash.services.contacts import Column, CustomerList, People, Preview
from cxdash.ui import cache, mailing, state
from cxdash.ui.chartcard import XLSX
from cxdash.ui.errors import guarded, show_error
from cxdash.errors import CxError

_LABELS = {KEY: "mail.column.key", NAME: "mail.column.name", EMAIL: "mail.column.email", LANGUAGE: "mail.column.language"}
_GIVEN, _SEEN, _ROUND, _ERROR = "mail:list", "mail:seen", "mail:round", "mail:error"
_PROBLEMS = 200  # shown; all are in the file
_HEADS = ("mail.column.key", "mail.column.name", "mail.column.email", "mail.column.language", "mail.column.attributes")


def contacts_card(survey: str, wave: str | None) -> None:
    """The whole section: customers, then personal links and mails of this survey in this wave, then texts and intervals."""
    program = cache.catalog(state.view().program).slug
    with guarded():
        known = service.people(state.deps(), state.actor(), program=program, search=state.remember("mail:search", ""))
        _people(program, known)
        mailing.links_card(program, survey, wave, known)
        mailing.words_card(program, known)


def _people(program: str, known: People) -> None:
    with st.container(border=True, key="people-list"):
        st.markdown(f"#### {state.md('mail.list.title')}")
        if known.all:
            with st.container(horizontal=True, key="contact-numbers"):
                for label, n in (
                    ("mail.list.all", known.all),
                    ("mail.list.email", known.email),
                    ("mail.list.unsubscribed", known.unsubscribed),
                ):
                    st.metric(state.say(label), i18n.number(n, state.language()), width="content")
        else:
            st.caption(state.md("mail.list.none"))
        given: CustomerList | None = state.remember(_GIVEN, None)
        if (error := state.remember(_ERROR, None)) is not None:
            show_error(error)
        if given is None:
            _upload()
        else:
            with guarded():
                _preview(program, given)
        if known.all:
            _manage(program, known)


# ---------------------------------------------------------------- upload


def _upload() -> None:
    st.caption(state.md("mail.list.about"))
    number = state.remember(_ROUND, 0)
    # Every kind of file is let in: what cannot be read is refused by the service in the user's language.
    file = st.file_uploader(state.say("mail.list.upload"), key=f"w:contacts:{number}", max_upload_size=state.deps().settings.max_upload_mb)
    lang = state.language()
    st.download_button(
        state.say("mail.list.template"),
        data=lambda: template(lang),
        mime=XLSX,
        on_click="ignore",
        type="tertiary",
        file_name=f"{state.say('mail.list.template.name')}.xlsx",
        icon=":material/download:",
        key="contact-template",
    )
    if file is not None:
        _look(file.name, file.getbuffer())


def template(lang: str) -> bytes:
    """An empty list with the titles that are recognised."""
    heads = [i18n.text(key, lang) for key in _HEADS[:4]]
    return to_xlsx({i18n.text("mail.list.title", lang): pl.DataFrame(schema=dict.fromkeys(heads, pl.Utf8))}, lang=lang)


def _look(name: str, content: memoryview) -> None:
    folder = state.deps().settings.home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"upload-{secrets.token_hex(8)}{re.sub(r'[^a-z0-9.]', '', Path(name).suffix.lower())[:8]}"
    state.keep(_ROUND, state.remember(_ROUND, 0) + 1)
    state.forget(_ERROR)
    try:
        path.write_bytes(content)
        with st.spinner(state.say("mail.list.reading")):
            state.keep(_GIVEN, service.look(state.deps(), state.actor(), path, name=name))
    except CxError as error:
        state.keep(_ERROR, error)
    finally:
        path.unlink(missing_ok=True)  # what was read is in memory; the file holds names and addresses
    _forget_roles()
    st.rerun()


def _forget_roles() -> None:
    state.forget(_SEEN)
    for name in (*_LABELS, "attributes"):
        state.drop(f"mail:role:{name}")


def _preview(program: str, given: CustomerList) -> None:
    st.markdown(f"**{state.md('mail.preview.title', file=given.name)}**")
    st.caption(state.md("mail.preview.where", sheet=given.sheet, row=given.header_row))
    chosen = _roles(given)
    try:
        found = _seen(program, chosen)
    except CxError as error:
        show_error(error)
        st.button(state.say("mail.preview.cancel"), key="contact-cancel", on_click=_drop)
        return
    _found(found)
    with st.container(horizontal=True, key="contact-decide"):
        st.button(
            state.say("mail.preview.save", n=found.usable),
            key="contact-save",
            type="primary",
            disabled=not found.usable,
            on_click=_save,
            args=(program, chosen),
        )
        st.button(state.say("mail.preview.cancel"), key="contact-cancel", on_click=_drop)


def _roles(given: CustomerList) -> CustomerList:
    """The list with the columns as they are chosen."""
    titles = {column.index: f"{column.letter} · {column.header}" for column in given.columns}
    roles: dict[int, str] = {}
    with st.container(horizontal=True, key="contact-roles"):
        for role, label in _LABELS.items():
            proposed = next((c.index for c in given.columns if c.role == role), -1)
            options = [-1, *titles]
            picked = st.selectbox(
                state.say(label),
                options,
                key=state.hold(f"mail:role:{role}", proposed, options),
                width=210,
                format_func=lambda at: titles.get(at, state.say("mail.preview.no_column")),
            )
            if picked != -1:
                roles.setdefault(picked, role)
    free = [column.index for column in given.columns if column.index not in roles]
    proposed_free = [c.index for c in given.columns if c.index in free and c.role != LEFT_OUT]
    if free:
        kept = [at for at in state.remember("mail:role:attributes", proposed_free) if at in free]
        state.keep("mail:role:attributes", kept)
        kept = st.multiselect(
            state.say("mail.preview.attributes"),
            free,
            key=state.give("w:mail:role:attributes", kept),
            format_func=titles.__getitem__,
            help=state.md("mail.preview.attributes.help"),
            on_change=_attributes,
        )
        roles |= {at: ATTRIBUTE if at in kept else LEFT_OUT for at in free}
    columns = tuple(Column(c.index, c.letter, c.header, roles[c.index]) for c in given.columns)
    return CustomerList(given.name, given.sheet, given.header_row, columns, given.frame)


def _attributes() -> None:
    state.keep("mail:role:attributes", state.given("w:mail:role:attributes"))


def _seen(program: str, chosen: CustomerList) -> Preview:
    """The preview of these columns; checked again only when they change."""
    asked = (program, chosen.name, chosen.columns)
    kept = state.remember(_SEEN, None)
    if kept is None or kept[0] != asked:
        kept = (asked, service.preview(state.deps(), state.actor(), program=program, given=chosen))
        state.keep(_SEEN, kept)
    return kept[1]


def _found(found: Preview) -> None:
    lang = state.language()
    counts = {"usable": found.usable, "new": found.new, "known": found.known, "no_email": found.no_email}
    st.markdown(state.md("mail.preview.counts", **counts))
    if found.first:
        rows = [(key, name, email, language, _listed(attributes)) for key, name, email, language, attributes in found.first]
        st.dataframe(
            pl.DataFrame(rows, schema=[state.say(head) for head in _HEADS], orient="row"),
            hide_index=True,
            placeholder=i18n.NOTHING,
            key="contact-first",
            alt=state.say("mail.preview.alt"),
        )
    if not found.problems:
        return
    st.warning(state.md("mail.preview.problems", n=len(found.problems)), icon=":material/error:")
    heads = [state.say(head) for head in ("mail.column.row", "mail.column.column", "mail.column.problem")]

    def table(most: int | None = None) -> pl.DataFrame:
        told = [(p.row, p.column, i18n.text(p.key, lang, **p.params)) for p in found.problems[:most]]
        return pl.DataFrame(told, schema=dict(zip(heads, (pl.Int64, pl.Utf8, pl.Utf8), strict=True)), orient="row")

    st.dataframe(
        table(_PROBLEMS),
        hide_index=True,
        placeholder=i18n.NOTHING,
        key="contact-problems",
        height=min(240, 38 + 35 * len(found.problems)),
        alt=state.say("mail.preview.problems.alt", n=len(found.problems)),
    )
    if len(found.problems) > _PROBLEMS:
        st.caption(state.md("mail.preview.problems.more", shown=_PROBLEMS, n=len(found.problems)))
        name = state.say("mail.column.problem")
        st.download_button(
            state.say("mail.preview.problems.get"),
            data=lambda: to_xlsx({name: table()}, lang=lang),
            mime=XLSX,
            file_name="problems.xlsx",
            on_click="ignore",
            key="contact-problems-get",
        )


def _listed(attributes: object) -> str:
    return ", ".join(f"{key}: {value}" for key, value in dict(attributes).items())  # type: ignore[call-overload]


def _save(program: str, chosen: CustomerList) -> None:
    with guarded():
        stored = service.save(state.deps(), state.actor(), program=program, given=chosen)
        _drop()
        cache.clear()  # attributes may be new
        st.toast(state.say("mail.preview.saved", n=stored), icon=":material/group_add:")


def _drop() -> None:
    state.forget(_GIVEN)
    state.forget(_ERROR)
    _forget_roles()


# ---------------------------------------------------------------- single customers


def _manage(program: str, known: People) -> None:
    drawer = st.expander(state.say("mail.list.manage"), icon=":material/person_search:", key="contact-manage", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        st.text_input(
            state.say("mail.list.search"),
            key=state.give("w:mail:search", state.remember("mail:search", "")),
            on_change=_search,
            icon=":material/search:",
            width=320,
        )
        if not known.shown:
            st.caption(state.md("mail.list.not_found"))
            return
        _table(known)
        _one(program, known)


def _search() -> None:
    state.keep("mail:search", state.given("w:mail:search"))


def _table(known: People) -> None:
    lang = state.language()
    if not state.remember("mail:search", ""):
        st.caption(state.md("mail.list.shown", n=len(known.shown)))
    heads = [state.say(head) for head in (*_HEADS, "mail.column.contacted", "mail.column.state")]
    rows = [
        (
            p.key,
            p.name,
            p.email,
            p.language,
            _listed(p.attributes),
            i18n.datetime(p.last_contacted_at, lang) if p.last_contacted_at else "",
            state.say("mail.state.unsubscribed") if p.unsubscribed_at else "",
        )
        for p in known.shown
    ]
    st.dataframe(
        pl.DataFrame(rows, schema=dict.fromkeys(heads, pl.Utf8), orient="row"),
        hide_index=True,
        placeholder=i18n.NOTHING,
        key="contact-table",
        height=280,
        alt=state.say("mail.list.alt", n=len(rows)),
    )


def _one(program: str, known: People) -> None:
    by_id = {person.id: person for person in known.shown}
    with st.container(horizontal=True, vertical_alignment="bottom", key="contact-one"):
        picked = st.selectbox(
            state.say("mail.list.pick"),
            list(by_id),
            key=state.hold("mail:person", None, list(by_id)),
            format_func=lambda at: by_id[at].key,
            placeholder=state.say("mail.list.pick_one"),
            index=None,
            width=260,
        )
        if picked is None:
            return
        st.button(
            state.say("mail.list.stop"),
            key="contact-stop",
            disabled=by_id[picked].unsubscribed_at is not None,
            on_click=_stop,
            args=(program, picked),
            help=state.md("mail.list.stop.about"),
            icon=":material/unsubscribe:",
        )
        st.button(
            state.say("mail.list.erase"),
            key="contact-erase",
            on_click=_erase,
            args=(program, picked),
            icon=":material/delete:",
            help=state.md("mail.list.erase.about"),
        )


def _stop(program: str, contact_id: int) -> None:
    with guarded():
        service.unsubscribe(state.deps(), state.actor(), program=program, contact_id=contact_id)
        st.toast(state.say("mail.list.stopped"))


def _erase(program: str, contact_id: int) -> None:
    with guarded():
        service.erase(state.deps(), state.actor(), program=program, contact_id=contact_id)
        state.drop("mail:person")
        st.toast(state.say("mail.list.erased"))
