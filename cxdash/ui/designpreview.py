"""The live preview: the page a respondent gets, drawn by the respondents' own templates, in a frame of a phone's or a desk's width."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.services.designing import Sketch
from cxdash.survey.flow import Page, whole
from cxdash.survey.form import Form, text
from cxdash.terms import CUSTOMER_VALUES
from cxdash.ui import state
from cxdash.ui.designdraft import At

PHONE, HIGH = 360, 620  # pixels
DEVICES = ("phone", "desktop")
_DEVICE = {"phone": "design.preview.phone", "desktop": "design.preview.desktop"}
_ICON = {"phone": ":material/smartphone:", "desktop": ":material/desktop_windows:"}


def preview(sketch: Sketch, where: At) -> None:
    """The step: any page, on both devices, in both languages, for existing and prospective customers."""
    form = sketch.form
    with st.container(border=True, key="card-design-preview"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="design-preview-bar"):
            device = st.segmented_control(
                state.say("design.preview.device"), DEVICES, key=state.hold("design:preview:device", "phone", DEVICES), required=True,
                format_func=lambda d: f"{_ICON[d]} {state.say(_DEVICE[d])}",
            )  # fmt: skip
            language = _language(form, "step")
            customer = st.segmented_control(
                state.say("design.preview.customer"), CUSTOMER_VALUES, required=True, format_func=lambda c: state.say(f"common.customer.{c}"),
                key=state.hold("design:preview:customer", CUSTOMER_VALUES[0], CUSTOMER_VALUES),
            )  # fmt: skip
        pages = whole(form, customer=customer)
        if not pages:
            st.caption(state.md("design.preview.empty"))
            return
        at = _page(form, pages, where)
        frame(form, pages, at, language, customer, PHONE if device == "phone" else None)


def beside(sketch: Sketch, place: str | None) -> None:
    """A phone beside the editor, showing the page that is being edited."""
    form = sketch.form
    with st.container(border=True, key="card-design-phone"):
        with st.container(horizontal=True, vertical_alignment="center", key="head-design-phone"):
            st.markdown(f"**{state.md('design.preview.beside')}**", width="stretch")
            language = _language(form, "beside", bare=True)
        pages = whole(form)
        if not pages:
            st.caption(state.md("design.preview.empty"))
            return
        stages = [page.stage for page in pages]
        at = stages.index(place) if place in stages else 0
        frame(form, pages, at, language, None, PHONE - 20)


def _language(form: Form, name: str, *, bare: bool = False) -> str:
    spoken = [one for one in LANGUAGES if one in form.languages] or list(LANGUAGES)
    default = state.language() if state.language() in spoken else spoken[0]
    return st.segmented_control(
        state.say("design.preview.language"), spoken, key=state.hold(f"design:preview:language:{name}", default, spoken), required=True,
        format_func=lambda one: i18n.text(f"common.language.{one}", one), label_visibility="collapsed" if bare else "visible",
    )  # fmt: skip


def page_name(form: Form, page: Page) -> str:
    """How a page is called in the list of pages."""
    if page.stage is not None:
        return text(form.stage_of[page.stage].name, state.language(), page.stage)
    if page.gates:
        return state.say("design.preview.gates", n=len(page.gates))
    first = page.items[0].question
    return text(first.wording, state.language(), first.code)


def _page(form: Form, pages: tuple[Page, ...], where: At) -> int:
    """The page chosen, with the ways to the one before and after it."""
    keys = [page.key for page in pages]
    first = next((page.key for page in pages if page.stage is not None and page.stage == where.place), keys[0])
    held = state.hold("design:preview:page", first, keys)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-preview-pages"):
        chosen = st.selectbox(
            state.say("design.preview.page"), keys, key=held,
            format_func=lambda k: f"{keys.index(k) + 1} / {len(keys)}  {page_name(form, pages[keys.index(k)])}" if k in keys else k,
        )  # fmt: skip
        at = keys.index(chosen)
        for way, icon, to in (("back", ":material/arrow_back:", at - 1), ("next", ":material/arrow_forward:", at + 1)):
            label = state.say("design.preview.back" if way == "back" else "design.preview.next")
            inside = 0 <= to < len(keys)
            st.button(label, key=f"design-preview-{way}", icon=icon, disabled=not inside, on_click=_turn, args=(keys[to] if inside else "",))
    return at


def _turn(key: str) -> None:
    state.keep("design:preview:page", key)
    state.give("w:design:preview:page", key)


def renderer() -> Callable[..., str] | None:
    """The respondents' own templates; None where this installation has none."""
    if find_spec("cxdash.respond") is None or find_spec("cxdash.respond.preview") is None:
        return None
    return import_module("cxdash.respond.preview").html


def frame(form: Form, pages: tuple[Page, ...], at: int, language: str, customer: str | None, width: int | None) -> None:
    """One page as a respondent gets it; without the templates its questions as a list."""
    render = renderer()
    if render is None:
        _listed(form, pages[at], language)
        return
    st.iframe(
        render(form, at, language, customer=customer), width=width or "stretch", height=HIGH,
        alt=state.say("design.preview.alt", page=page_name(form, pages[at])),
    )  # fmt: skip


def _listed(form: Form, page: Page, language: str) -> None:
    with st.container(border=True, height=HIGH, key="design-preview-list"):
        st.markdown(f"**{i18n.escape(page_name(form, page))}**")
        for stage in page.gates:
            st.markdown(f"- {i18n.escape(text(stage.name, language, stage.code))}")
        for item in page.items:
            question = item.question
            mark = " :red[*]" if question.required else ""
            st.markdown(f"- {i18n.escape(text(question.wording, language, question.code))}{mark}")
