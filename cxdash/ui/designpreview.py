"""The live preview: the page a respondent gets, drawn by the respondents' own templates, in a frame of a phone's or a desk's width."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.config import LANGUAGES
from cxdash.respond import preview as drawn
from cxdash.services.designing import Sketch
from cxdash.survey.flow import Page, whole
from cxdash.survey.form import Form, text
from cxdash.terms import CUSTOMER_VALUES
from cxdash.ui import state
from cxdash.ui.designdraft import At

PHONE, HIGH = 390, 700  # pixels
WELCOME = "welcome"  # key of the page in front of the first question
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
                format_func={d: f"{_ICON[d]} {state.say(key)}" for d, key in _DEVICE.items()}.__getitem__,
            )  # fmt: skip
            language = _language(form, "step")
            customer = st.segmented_control(
                state.say("design.preview.customer"), CUSTOMER_VALUES, required=True,
                format_func={c: state.say(f"common.customer.{c}") for c in CUSTOMER_VALUES}.__getitem__,
                key=state.hold("design:preview:customer", CUSTOMER_VALUES[0], CUSTOMER_VALUES),
            )  # fmt: skip
        names = _names(form, customer)
        if not whole(form, customer=customer):
            st.caption(state.md("design.preview.empty"))
            return
        at = _page(names, where)
        with st.container(horizontal=True, horizontal_alignment="center", key="design-preview-frame"):
            _frame(form, list(names.values()), at, language, customer, PHONE if device == "phone" else None)


def beside(sketch: Sketch, place: str | None, question: str | None = None) -> None:
    """A phone beside the editor, showing the page of the stage, or of the question, that is being edited."""
    form = sketch.form
    with st.container(border=True, key="card-design-phone"):
        with st.container(horizontal=True, vertical_alignment="center", key="head-design-phone"):
            st.markdown(f"**{state.md('design.preview.beside')}**", width="stretch")
            language = _language(form, "beside", bare=True)
        pages = whole(form)
        if not pages:
            st.caption(state.md("design.preview.empty"))
            return
        near = [
            n for n, page in enumerate(pages)
            if (page.stage == place if place in form.stage_of else any(item.question.code == question for item in page.items))
        ]  # fmt: skip
        names = list(_names(form, None).values())
        _frame(form, names, len(names) - len(pages) + (near[0] if near else 0), language, None, None)


def _language(form: Form, name: str, *, bare: bool = False) -> str:
    spoken = [one for one in LANGUAGES if one in form.languages] or list(LANGUAGES)
    default = state.language() if state.language() in spoken else spoken[0]
    return st.segmented_control(
        state.say("design.preview.language"), spoken, key=state.hold(f"design:preview:language:{name}", default, spoken), required=True,
        format_func=lambda one: i18n.text(f"common.language.{one}", one), label_visibility="collapsed" if bare else "visible",
    )  # fmt: skip


def _names(form: Form, customer: str | None) -> dict[str, str]:
    """Every page of the preview by its key, in order."""
    pages = whole(form, customer=customer)
    first = {WELCOME: state.say("design.preview.welcome")} if drawn.count(form, customer=customer) > len(pages) else {}
    return first | {page.key: _name(form, page) for page in pages}


def _name(form: Form, page: Page) -> str:
    if page.stage is not None:
        return text(form.stage_of[page.stage].name, state.language(), page.stage)
    if page.gates:
        return state.say("design.preview.gates", n=len(page.gates))
    first = page.items[0].question
    return text(first.wording, state.language(), first.code)


def _page(names: dict[str, str], where: At) -> int:
    """The page chosen, with the ways to the one before and after it."""
    keys = list(names)
    wanted = f"stage-{where.place}"
    held = state.hold("design:preview:page", wanted if wanted in keys else keys[0], keys)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-preview-pages"):
        chosen = st.selectbox(
            state.say("design.preview.page"), keys, key=held,
            format_func={k: f"{n} / {len(keys)}  {names[k]}" for n, k in enumerate(keys, 1)}.__getitem__,
        )  # fmt: skip
        at = keys.index(chosen)
        for way, icon, to in (("back", ":material/arrow_back:", at - 1), ("next", ":material/arrow_forward:", at + 1)):
            label = state.say("design.preview.back" if way == "back" else "design.preview.next")
            inside = 0 <= to < len(keys)
            key = keys[to] if inside else ""
            st.button(label, key=f"design-preview-{way}", icon=icon, disabled=not inside, on_click=_turn, args=(key,))
    return at


def _turn(key: str) -> None:
    state.keep("design:preview:page", key)
    state.give("w:design:preview:page", key)


def _frame(form: Form, names: list[str], at: int, language: str, customer: str | None, width: int | None) -> None:
    """One page as a respondent gets it. The document stands in the frame itself (srcdoc): it inherits our policy, so that nothing in it
    can run a script of its own or go anywhere."""
    document = drawn.html(form, at, language, customer=customer)
    st.iframe(document, width=width or "stretch", height=HIGH, alt=state.say("design.preview.alt", page=names[at]))
