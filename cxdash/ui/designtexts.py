"""The words around the questions of a draft: title, welcome, consent, thanks; its languages and how long it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import streamlit as st

from cxdash.config import LANGUAGES
from cxdash.services.designing import Edit, Sketch
from cxdash.survey import edit
from cxdash.survey.form import Form
from cxdash.ui import designdraft, state
from cxdash.ui.designparts import line

_FIELDS = {
    "title": "design.texts.title", "intro": "design.texts.intro", "consent": "design.texts.consent", "thanks": "design.texts.thanks",
}  # fmt: skip


def texts(sketch: Sketch) -> None:
    """The step."""
    form = sketch.form
    with st.container(border=True, key="card-design-texts"):
        st.caption(state.md("design.texts.about"))
        columns = st.columns(len(LANGUAGES), gap="medium")
        for column, language in zip(columns, LANGUAGES, strict=True):
            with column:
                for field, label in _FIELDS.items():
                    line(
                        state.say(label, language=state.say(f"common.language.{language}")), f"{sketch.info.id}:text:{field}:{language}",
                        getattr(form, field).get(language, ""), _worded(field, language), tall=field != "title",
                    )  # fmt: skip
    with st.container(border=True, horizontal=True, vertical_alignment="bottom", gap="medium", key="card-design-settings"):
        key = f"w:design:{sketch.info.id}:languages:{state.language()}"
        st.pills(
            state.say("design.texts.languages"), LANGUAGES, selection_mode="multi", key=state.follow(key, list(form.languages)),
            format_func={one: state.say(f"common.language.{one}") for one in LANGUAGES}.__getitem__, width=240,
            on_change=_spoken, args=(key,),
        )  # fmt: skip
        minutes = f"w:design:{sketch.info.id}:minutes"
        st.number_input(
            state.say("design.texts.minutes"), min_value=1, max_value=60, step=1, key=state.follow(minutes, form.settings.minutes),
            on_change=_limited, args=(minutes,), width=220, help=state.md("design.texts.minutes_help"),
        )  # fmt: skip


def _worded(field: str, language: str) -> Callable[[str], Edit]:
    def made(value: str) -> Edit:
        return lambda form: replace(form, **{field: edit.worded(getattr(form, field), language, value)})

    return made


def _spoken(key: str) -> None:
    """At least one; in the order of the product's languages."""
    chosen = tuple(one for one in LANGUAGES if one in state.given(key))
    if chosen:
        designdraft.edit(lambda form: replace(form, languages=chosen))


def _limited(key: str) -> None:
    designdraft.edit(partial(_within, minutes=int(state.given(key))))


def _within(form: Form, minutes: int) -> Form:
    return replace(form, settings=replace(form.settings, minutes=minutes))
