"""One question of a draft closely: wording, scale with labels, options, when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from cxdash.config import LANGUAGES
from cxdash.services.designing import Edit, Sketch
from cxdash.survey import bank, edit
from cxdash.survey.flow import asked
from cxdash.survey.form import Condition, Form, FormQuestion, Option, text
from cxdash.terms import Direction, Scale
from cxdash.ui import designdraft, state
from cxdash.ui.designparts import adder, choice, line, switch, table

SCALES = ((0, 10), (1, 5), (1, 7), (1, 10), (1, 3), (1, 4), (-3, 3))
_OPS = {
    "in": "design.show.in", "not_in": "design.show.not_in", "at_most": "design.show.at_most", "at_least": "design.show.at_least",
    "answered": "design.show.answered",
}  # fmt: skip
ALWAYS = ""


def detail(sketch: Sketch, here: Sequence[FormQuestion], wanted: str | None) -> None:
    """The card of one question out of those of a place."""
    codes = [q.code for q in here]
    code = wanted if wanted in codes else codes[0]
    form, lang = sketch.form, state.language()
    with st.container(border=True, key="card-design-question"):
        st.selectbox(
            state.say("design.question.pick"), codes, key=state.give(f"w:design:question:{lang}", code), on_change=_picked,
            format_func={c: text(form.by_code[c].wording, lang, c) for c in codes}.__getitem__,
        )  # fmt: skip
        question = form.by_code[code]
        _words(sketch, question)
        left, right = st.columns(2, gap="medium")
        with left:
            if question.kind == "rating":
                _scale(sketch, question)
            elif question.kind in ("choice", "multi"):
                _options(sketch, question)
        with right:
            _condition(sketch, question)
        kind, measure = f"form.kind.{question.kind}", f"common.measure.{question.measure}"
        st.caption(state.md("design.question.code", code=code, kind=kind, measure=measure))


def _picked() -> None:
    designdraft.moved(question=state.given(f"w:design:question:{state.language()}"))


def _texted(code: str, field: str, language: str, value: str) -> Edit:
    def made(form: Form) -> Form:
        question = form.by_code.get(code)
        texts = getattr(question, field) if question else {}
        return edit.change_question(form, code, **{field: edit.worded(texts, language, value)})

    return made


def _words(sketch: Sketch, question: FormQuestion) -> None:
    key, code = f"{sketch.info.id}:q:{question.code}", question.code
    for field, tall in (("wording", True), ("help", False)):
        columns = st.columns(2, gap="small")
        for column, language in zip(columns, LANGUAGES, strict=True):
            with column:
                label = state.say("design.question.wording" if field == "wording" else "design.question.help",
                                  language=state.say(f"common.language.{language}"))  # fmt: skip
                line(label, f"{key}:{field}:{language}", getattr(question, field).get(language, ""),
                     partial(_texted, code, field, language), tall=tall)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        switch(state.say("design.question.required"), f"{key}:required", question.required,
               lambda on: partial(edit.change_question, code=code, required=on))  # fmt: skip
        switch(state.say("design.question.ask"), f"{key}:on", not question.retired,
               lambda on: partial(edit.change_question, code=code, retired=not on), help=state.md("design.retire_help"))  # fmt: skip


# ---------------------------------------------------------------- scale


def _scale_name(lo: int, hi: int) -> str:
    return state.say("design.scale.name", lo=lo, hi=hi, n=hi - lo + 1)


def _scale(sketch: Sketch, question: FormQuestion) -> None:
    scale = question.scale or Scale(1, 5)
    key, code = f"{sketch.info.id}:q:{question.code}", question.code
    offered = list(dict.fromkeys([(scale.lo, scale.hi), *SCALES]))
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        choice(
            state.say("design.scale"), f"{key}:scale", (scale.lo, scale.hi), sorted(offered), lambda v: partial(_scaled, code=code, span=v),
            lambda v: _scale_name(*v),
        )  # fmt: skip
        choice(
            state.say("design.scale.direction"), f"{key}:direction", str(scale.direction), [str(d) for d in Direction],
            lambda v: partial(edit.change_question, code=code, scale=Scale(scale.lo, scale.hi, Direction(v))),
            lambda v: state.say(f"common.direction.{v}"),
        )  # fmt: skip
    labels, config = question.labels, st.column_config
    rows = [
        {"code": str(point), "point": point, **{language: labels.get(language, {}).get(point, "") for language in LANGUAGES}}
        for point in scale.points
    ]
    table(
        f"{sketch.info.id}:labels:{code}", rows,
        {
            "point": config.NumberColumn(state.say("design.scale.point"), width=60, format="%d"),
            "ko": config.TextColumn(state.say("design.name.ko"), width=130),
            "en": config.TextColumn(state.say("design.name.en"), width=130),
        },
        lambda point, column, value: partial(_labelled, code=code, point=int(point), language=column, label=str(value or "").strip()),
        alt=state.say("design.scale.alt"), fixed=("point",),
    )  # fmt: skip
    if any(labels.values()) and question.measure in bank.texts()["scales"]:
        st.button(state.say("design.scale.standard"), key="design-scale-standard", type="tertiary", on_click=designdraft.edit,
                  args=(partial(_standard, code=code),), help=state.md("design.scale.standard_help"))  # fmt: skip


def _scaled(form: Form, code: str, span: tuple[int, int]) -> Form:
    """Another scale: the usual labels where it is the usual one, else the ends keep theirs."""
    question = form.by_code.get(code)
    if question is None or question.scale is None:
        return edit.change_question(form, code, scale=Scale(*span))
    usual, labels = bank.standard(question.measure)
    old, new = question.scale, Scale(*span, question.scale.direction)
    if (usual.lo, usual.hi) != span:
        ends = {old.lo: new.lo, old.hi: new.hi}
        labels = {
            language: {ends[point]: label for point, label in points.items() if point in ends}
            for language, points in question.labels.items()
        }
    return edit.change_question(form, code, scale=new, labels=labels)


def _standard(form: Form, code: str) -> Form:
    scale, labels = bank.standard(form.by_code[code].measure)
    return edit.change_question(form, code, scale=scale, labels=labels)


def _labelled(form: Form, code: str, point: int, language: str, label: str) -> Form:
    question = form.by_code.get(code)
    old = dict(question.labels.get(language, {})) if question else {}
    points = {**{p: said for p, said in old.items() if p != point}, **({point: label} if label else {})}
    labels = {**(question.labels if question else {}), language: dict(sorted(points.items()))}
    return edit.change_question(form, code, labels={one: said for one, said in labels.items() if said})


# ---------------------------------------------------------------- options


def _options(sketch: Sketch, question: FormQuestion) -> None:
    code, config = question.code, st.column_config
    with st.container(horizontal=True, vertical_alignment="center", key="head-design-options"):
        st.markdown(f"**{state.md('design.options', n=len(question.options))}**", width="stretch")
        adder(state.say("design.options.add"), "option", lambda typed: partial(_more_options, code=code, typed=typed),
              hint=state.say("design.options.hint"))  # fmt: skip
    rows = [
        {"code": str(o.value), "order": at, "value": str(o.value), "ko": o.label.get("ko", ""), "en": o.label.get("en", ""), "on": True}
        for at, o in enumerate(question.options, 1)
    ]
    if rows:
        table(
            f"{sketch.info.id}:options:{code}", rows,
            {
                "order": config.NumberColumn(state.say("design.column.order"), width=64, min_value=1, step=1, format="%d"),
                "ko": config.TextColumn(state.say("design.name.ko"), width=110),
                "en": config.TextColumn(state.say("design.name.en"), width=110),
                "on": config.CheckboxColumn(state.say("design.column.on"), width=64),
                "value": config.TextColumn(state.say("design.options.value"), width=72, help=state.say("design.options.value_help")),
            },
            partial(_option_cell, code), alt=state.say("design.options.alt"), fixed=("value",),
        )  # fmt: skip


def _option_cell(code: str, value: str, column: str, new: Any) -> Edit | None:
    def made(form: Form) -> Form:
        options = list(form.by_code[code].options) if code in form.by_code else []
        at = next((i for i, o in enumerate(options) if str(o.value) == value), None)
        if at is None:
            return form
        if column in LANGUAGES:
            options[at] = replace(options[at], label=edit.worded(options[at].label, column, str(new or "")))
        elif column == "on":
            options.pop(at)
        else:
            option = options.pop(at)
            options.insert(max(0, int(new) - 1), option)
        return edit.change_question(form, code, options=tuple(options))

    return None if (column == "order" and new is None) or (column == "on" and new) else made


def _more_options(form: Form, code: str, typed: str) -> Form:
    """New options get the next free number; a number that was once another option's is not known here, publishing keeps them apart."""
    question = form.by_code[code]
    options = list(question.options)
    for label in edit.lines(typed):
        numbers = [int(str(o.value)) for o in options if str(o.value).isdecimal()]
        number = max(numbers, default=0) + 1
        options.append(Option(number if question.kind == "multi" else str(number), dict(label)))
    return edit.change_question(form, code, options=tuple(options))


# ---------------------------------------------------------------- condition


def _condition(sketch: Sketch, question: FormQuestion) -> None:
    form, lang, code = sketch.form, state.language(), question.code
    order = [q.code for q in asked(form)]
    earlier = order[: order.index(code)] if code in order else order
    condition = question.show_if
    key = f"{sketch.info.id}:q:{code}:if"
    offered = [ALWAYS, *(c for c in earlier if c != code)]
    chosen = condition.question if condition else ALWAYS
    if chosen not in offered:
        offered.append(chosen)

    def called(one: str) -> str:
        if one == ALWAYS:
            return state.say("design.show.always")
        return text(form.by_code[one].wording, lang, one) if one in form.by_code else one

    choice(state.say("design.show"), key, chosen, offered, lambda v: partial(_conditioned, code=code, on=v), called,
           help=state.md("design.show_help"))  # fmt: skip
    on = form.by_code.get(chosen)
    if condition is None or on is None:
        return
    ops = _ops_of(on)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        choice(state.say("design.show.op"), f"{key}:op", condition.op, ops if condition.op in ops else [*ops, condition.op],
               lambda v: lambda f: edit.change_question(f, code, show_if=_default(on, v)),
               lambda v: state.say(_OPS[v]), width=150)  # fmt: skip
        if condition.op in ("in", "not_in"):
            _values(f"{key}:values:{lang}", code, condition, on)
        elif condition.op != "answered":
            points = list(on.scale.points) if on.scale else list(range(101))
            value = condition.values[0] if condition.values and condition.values[0] in points else points[0]
            choice(state.say("design.show.point"), f"{key}:point", value, points,
                   lambda v: partial(edit.change_question, code=code, show_if=replace(condition, values=(v,))), str, width=110)  # fmt: skip


def _values(key: str, code: str, condition: Condition, on: FormQuestion) -> None:
    named = _answers(on)
    name = f"w:design:{key}"
    st.multiselect(
        state.say("design.show.values"), list(named), format_func=lambda v: named.get(v, str(v)), select_all=False,
        key=state.follow(name, [v for v in condition.values if v in named]), on_change=_valued, args=(name, code, condition),
        placeholder=state.say("design.show.values"),
    )  # fmt: skip


def _valued(key: str, code: str, condition: Condition) -> None:
    values = tuple(state.given(key))
    if values:
        designdraft.edit(partial(edit.change_question, code=code, show_if=replace(condition, values=values)))


def _answers(on: FormQuestion) -> dict[str | int, str]:
    """Every answer that can be given, in words."""
    lang = state.language()
    if on.kind == "rating" and on.scale:
        said = on.labels.get(lang, {})
        return {point: f"{point} {said[point]}" if said.get(point) else str(point) for point in on.scale.points}
    return {option.value: text(option.label, lang, str(option.value)) for option in on.options}


def _ops_of(on: FormQuestion) -> list[str]:
    if on.kind == "rating":
        return ["at_most", "at_least", "in", "not_in", "answered"]
    if on.kind in ("choice", "multi"):
        return ["in", "not_in", "answered"]
    return ["at_most", "at_least", "answered"] if on.kind == "number" else ["answered"]


def _default(on: FormQuestion, op: str) -> Condition:
    answers = list(_answers(on))
    if op == "answered":
        return Condition(on.code, op)
    if op in ("at_most", "at_least"):
        return Condition(on.code, op, (answers[len(answers) // 2] if answers else 0,))
    return Condition(on.code, op, tuple(answers[:1]))


def _conditioned(form: Form, code: str, on: str) -> Form:
    question = form.by_code.get(on)
    if question is None:
        return edit.change_question(form, code, show_if=None)
    return edit.change_question(form, code, show_if=_default(question, _ops_of(question)[0]))
