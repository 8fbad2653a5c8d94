"""The questions of a draft: what is measured, the questions of one place in a table, one of them open."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import streamlit as st

from cxdash.services.designing import Edit, Sketch
from cxdash.survey import bank, edit
from cxdash.survey.form import FACTOR_MEASURES, GENERAL_MEASURES, KINDS, Form, FormQuestion, text
from cxdash.ui import designdraft, state
from cxdash.ui.designdraft import At
from cxdash.ui.designjourney import stage_names
from cxdash.ui.designparts import switch, table
from cxdash.ui.designquestion import detail

GENERAL = "-"  # the place of questions without a stage, in the address


def questions(sketch: Sketch, where: At) -> None:
    """The step."""
    _measures(sketch)
    form = sketch.form
    places = [GENERAL, *(s.code for s in form.stages if any(q.stage == s.code for q in form.questions) or not s.retired)]
    place = where.place if where.place in places else GENERAL
    here = [q for q in form.questions if (q.stage or GENERAL) == place]
    with st.container(border=True, key="card-design-questions"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="design-questions-head"):
            called = _place_names(form)
            st.selectbox(
                state.say("design.questions.place"), places, key=state.give(f"w:design:place:{state.language()}", place), on_change=_placed,
                format_func=called.__getitem__, width=300,
            )  # fmt: skip
            _own(form, place)
        if here:
            _table(sketch, place, here)
            st.caption(state.md("design.order_about"))
        else:
            st.caption(state.md("design.questions.none"))
    if here:
        detail(sketch, here, where.question)


def _place_names(form: Form) -> dict[str, str]:
    """Every stage, and the place of the questions without one, with how many are asked there."""
    asked = Counter(q.stage or GENERAL for q in form.questions if form.is_live(q))
    named = {GENERAL: state.say("design.questions.general"), **stage_names(form)}
    return {place: state.say("design.questions.place_n", name=name, n=asked[place]) for place, name in named.items()}


def _placed() -> None:
    designdraft.moved(place=state.given(f"w:design:place:{state.language()}"), question=None)


# ---------------------------------------------------------------- what is measured


def _measures(sketch: Sketch) -> None:
    form, kept = sketch.form, designdraft.published(sketch)
    with st.container(border=True, key="card-design-measures"):
        st.markdown(f"**{state.md('design.measures')}** :small[:gray[{state.md('design.measures.about')}]]")
        for name, label, offered in (
            ("factor", "design.measures.factor", FACTOR_MEASURES), ("general", "design.measures.general", GENERAL_MEASURES),
        ):  # fmt: skip
            key = f"w:design:measures:{name}:{state.language()}"
            words = {m: state.say(f"common.measure.{m}") for m in offered}
            st.pills(
                state.say(label), offered, selection_mode="multi", on_change=_measured, args=(key, form, offered),
                key=state.follow(key, [m for m in offered if m in form.settings.measures]),
                format_func=words.__getitem__,
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            switch(
                state.say("design.customer"), f"{sketch.info.id}:customer", form.settings.customer,
                lambda on: lambda f: edit.set_customer(f, on, kept), help=state.md("design.customer_help"),
            )  # fmt: skip
            st.button(
                state.say("design.propose"), key="design-propose", icon=":material/auto_awesome:", type="tertiary",
                on_click=designdraft.edit, args=(bank.propose,), help=state.md("design.propose_help"),
            )  # fmt: skip
            st.button(
                state.say("design.tidy"), key="design-tidy", icon=":material/mop:", type="tertiary", on_click=designdraft.edit,
                args=(partial(edit.tidy, kept=kept),), help=state.md("design.tidy_help"),
            )  # fmt: skip


def _measured(key: str, form: Form, offered: tuple[str, ...]) -> None:
    chosen, was = set(state.given(key)), {m for m in offered if m in form.settings.measures}
    sketch: Sketch | None = designdraft.seen()
    kept = designdraft.published(sketch) if sketch else None

    def made(found: Form) -> Form:
        for measure in sorted(chosen ^ was, key=offered.index):
            found = edit.set_measure(found, measure, measure in chosen, kept)
        return found

    designdraft.edit(made)


# ---------------------------------------------------------------- the table


def _table(sketch: Sketch, place: str, here: list[FormQuestion]) -> None:
    form, config, say = sketch.form, st.column_config, state.say
    rows = [
        {"code": q.code, "order": at, "measure": say(f"common.measure.{q.measure}"), "ko": q.wording.get("ko", ""),
         "en": q.wording.get("en", ""), "required": q.required, "on": not q.retired,
         "note": _note(form, q)}
        for at, q in enumerate(here, 1)
    ]  # fmt: skip
    table(
        f"{sketch.info.id}:questions:{place}", rows,
        {
            "order": config.NumberColumn(say("design.column.order"), width=66, min_value=1, step=1, format="%d"),
            "measure": config.TextColumn(say("design.column.measure"), width=92),
            "ko": config.TextColumn(say("design.column.ko"), width=222),
            "en": config.TextColumn(say("design.column.en"), width=160),
            "required": config.CheckboxColumn(say("design.column.required"), width=66),
            "on": config.CheckboxColumn(say("design.column.ask"), width=64),
            "note": config.TextColumn(say("design.column.note"), width=90),
        },
        _cell, alt=say("design.questions.alt", n=len(rows)), fixed=("measure", "note"),
    )  # fmt: skip


def _note(form: Form, question: FormQuestion) -> str:
    if not question.retired and not form.is_live(question):
        return state.say("design.questions.hidden")
    return state.say("design.questions.shown_if") if question.show_if else ""


def _cell(code: str, column: str, value: Any) -> Edit | None:
    if column == "order":
        return None if value is None else partial(edit.place_question, code=code, index=int(value) - 1)
    if column in ("ko", "en"):
        return partial(_worded, code=code, language=column, value=str(value or ""))
    if column == "required":
        return partial(edit.change_question, code=code, required=bool(value))
    return partial(edit.change_question, code=code, retired=not value)


def _worded(form: Form, code: str, language: str, value: str) -> Form:
    question = form.by_code.get(code)
    wording = question.wording if question else {}
    return edit.change_question(form, code, wording=edit.worded(wording, language, value))


# ---------------------------------------------------------------- a question of one's own


def _own(form: Form, place: str) -> None:
    drawer = st.popover(state.say("design.own"), icon=":material/add:", key="design-own", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        where = state.say("design.questions.general") if place == GENERAL else text(form.stage_of[place].name, state.language(), place)
        st.caption(state.md("design.own.about", place=where))
        kinds = list(KINDS)
        lang = state.language()
        kind = st.selectbox(
            state.say("design.own.kind"), kinds, key=state.hold(f"design:own:kind:{lang}", kinds[0], kinds),
            format_func={k: state.say(f"form.kind.{k}") for k in kinds}.__getitem__,
        )  # fmt: skip
        measures = list(KINDS[kind])
        default = "other" if "other" in measures else measures[0]
        measure = st.selectbox(
            state.say("design.column.measure"), measures, key=state.hold(f"design:own:measure:{kind}:{lang}", default, measures),
            format_func={m: state.say(f"common.measure.{m}") for m in measures}.__getitem__,
        )  # fmt: skip
        st.button(state.say("design.own.add"), key="design-own-add", type="primary", on_click=_add, args=(kind, measure, place))


def _add(kind: str, measure: str, place: str) -> None:
    stage = None if place == GENERAL else place
    before = designdraft.seen()
    after = designdraft.edit(lambda f: edit.add_question(f, bank.fresh(f, kind, measure=measure, stage=stage)))
    if before is not None and after is not None:
        new = [q.code for q in after.questions if q.code not in before.form.by_code]
        designdraft.moved(place=place, question=new[-1] if new else None)
