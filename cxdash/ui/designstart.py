"""The way into the design page: the surveys there are, and a new one from a template."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.services import designing, surveys
from cxdash.services.designing import Template
from cxdash.services.surveys import SurveyInfo
from cxdash.ui import cache, designdraft, state
from cxdash.ui.designdraft import At
from cxdash.ui.errors import guarded

_COLOURS = {"draft": "gray", "published": "green", "closed": "orange"}
_STATES = {"draft": "design.state.draft", "published": "design.state.published", "closed": "design.state.closed"}
_ABOUT = {
    "cem": "design.template.cem", "csm": "design.template.csm", "store": "design.template.store", "online": "design.template.online",
    "hotel": "design.template.hotel", "blank": "design.template.blank",
}  # fmt: skip
_ICONS = {"cem": "route", "csm": "handyman", "store": "storefront", "online": "shopping_cart", "hotel": "hotel", "blank": "draft"}
NEW = ""  # the survey gets a programme of its own


def badge(info: SurveyInfo) -> str:
    """Its state as a Markdown badge."""
    return f":{_COLOURS[info.state]}-badge[{state.md(_STATES[info.state], version=info.version)}]"


def listed(program: str) -> None:
    """The surveys of the programme, each with its state and the way into it."""
    found = surveys.list_surveys(state.deps(), state.actor(), program=program)
    if not found:
        return
    st.markdown(f"#### {state.md('design.list.title')}")
    for info in reversed(found):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"card-survey-{info.code}"):
            when = i18n.datetime(info.updated_at, state.language())
            st.markdown(
                f"**{i18n.escape(state.local(info.name)) or i18n.escape(info.code)}** {badge(info)}  \n"
                f":small[:gray[{state.md('design.list.saved', when=when)}]]",
                width="stretch",
            )
            st.button(
                state.say("design.list.open"), key=f"survey-open-{info.code}", type="primary", on_click=designdraft.go,
                args=(At(program, info.code),), help=state.md("design.list.open_of", name=state.local(info.name)),
            )  # fmt: skip


def start(program: str | None, demo: bool) -> None:
    """A new survey: its name, where it belongs, and six journeys to begin with."""
    with st.container(border=True, key="design-start"):
        st.markdown(f"#### {state.md('design.start.title')}")
        st.caption(state.md("design.start.about"))
        name = state.hold("design:start:name", "")
        with st.container(horizontal=True, vertical_alignment="bottom", key="design-start-row"):
            st.text_input(state.say("design.start.name"), key=name, placeholder=state.say("design.start.name_hint"), max_chars=120)
            places = {p.slug: state.local(p.name) or p.slug for p in cache.programs() if not p.demo}
            places[NEW] = state.say("design.start.new_program")
            default = program if program and not demo else NEW
            st.selectbox(
                state.say("design.start.program"), list(places), format_func=places.__getitem__,
                key=state.hold("design:start:program", default, list(places)), help=state.md("design.start.program_help"),
            )  # fmt: skip
        if state.remember("design:start:nameless", False):
            st.warning(state.md("design.start.nameless"), icon=":material/edit:")
        offered = designing.offered()
        for first in range(0, len(offered), 3):
            for column, template in zip(st.columns(3, gap="small"), offered[first : first + 3], strict=False):
                with column:
                    _template(template)


def _template(template: Template) -> None:
    with st.container(border=True, height="stretch", vertical_alignment="distribute", key=f"card-template-{template.key}"):
        size = (
            state.md(
                "design.template.size", stages=template.stages, questions=template.length.questions,
                minutes=i18n.number(template.length.minutes, state.language(), 0),
            )
            if template.stages
            else state.md("design.template.size_blank", questions=template.length.questions)
        )  # fmt: skip
        st.markdown(
            f":material/{_ICONS[template.key]}: **{i18n.escape(state.local(template.name))}**  \n"
            f"{state.md(_ABOUT[template.key])}  \n:small[:gray[{size}]]"
        )
        st.button(
            state.say("design.template.take"), key=f"template-{template.key}", on_click=_begin, args=(template.key,), width="stretch",
            help=state.md("design.template.take_of", name=state.local(template.name)),
        )  # fmt: skip


def _begin(template: str) -> None:
    title, program = str(state.given("w:design:start:name")).strip(), state.given("w:design:start:program")
    state.keep("design:start:nameless", not title)
    if not title:
        return
    with guarded():
        slug, code = designing.begin(
            state.deps(), state.actor(), program=program or None, title={state.language(): title}, template=template
        )
        cache.clear()
        for field in ("name", "program", "nameless"):
            state.drop(f"design:start:{field}")
        designdraft.go(At(slug, code))
