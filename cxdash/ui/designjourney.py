"""The journey of a draft: the stages in a list, one of them open with its touchpoints and factors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any

import streamlit as st

from cxdash import i18n
from cxdash.services.designing import Edit, Sketch
from cxdash.survey import edit
from cxdash.survey.form import AUDIENCES, DOMAINS, INITIATIVES, Form, FormStage, Texts, text
from cxdash.ui import designdraft, state
from cxdash.ui.designdraft import At
from cxdash.ui.designparts import adder, choice, line, switch, table

_AUDIENCE = {"all": "design.audience.all", "existing": "design.audience.existing", "prospect": "design.audience.prospect"}
_DOMAIN = {"product": "design.domain.product", "people": "design.domain.people", "communication": "design.domain.communication"}
_INITIATIVE = {"active": "design.initiative.active", "passive": "design.initiative.passive"}
LIST, MANY = 230, 40  # pixels of the list of stages when there are more than so many


def opened(form: Form, where: At) -> FormStage | None:
    """The stage that is open: the one of the address, else the first."""
    return form.stage_of.get(where.place or "") or next(iter(form.stages), None)


def journey(sketch: Sketch, where: At) -> None:
    """The step."""
    stage = opened(sketch.form, where)
    if stage is None:
        with st.container(border=True, key="card-design-empty"):
            st.markdown(f"**{state.md('design.journey.empty')}**")
            st.caption(state.md("design.journey.empty_about"))
        return
    _stage(sketch, stage)


def stage_name(form: Form, code: str) -> str:
    """"3. 구매", or "폐기 (쓰지 않음)"."""
    return stage_names(form)[code]


def stage_names(form: Form) -> dict[str, str]:
    """What every stage is called, by code."""
    number, lang, said = count(1), state.language(), {}
    for stage in form.stages:
        name = text(stage.name, lang, stage.code)
        said[stage.code] = state.say("design.retired", name=name) if stage.retired else f"{next(number)}. {name}"
    return said


def stages(sketch: Sketch, where: At) -> None:
    """The journey as a row of its stages, and the way to add some; long ones wrap, and scroll from some forty stages on."""
    form, stage, lang = sketch.form, opened(sketch.form, where), state.language()
    codes = [s.code for s in form.stages]
    with st.container(border=True, key="card-design-stages"):
        with st.container(horizontal=True, vertical_alignment="center", key="head-design-stages"):
            st.markdown(f"**{state.md('design.journey.stages', n=sum(not s.retired for s in form.stages))}**", width="stretch")
            adder(
                state.say("design.journey.add_stage"), "stage", lambda typed: lambda f: edit.add_stages(f, edit.lines(typed)),
                hint=state.say("design.journey.add_stage_hint"), then=_open_new,
            )  # fmt: skip
        if stage is not None:
            with st.container(height=LIST if len(codes) > MANY else "content", border=False, key="design-stage-list"):
                key = f"w:design:stage:{lang}"
                st.pills(
                    state.say("design.journey.stages_label"), codes, key=state.give(key, stage.code), on_change=_chosen, args=(key,),
                    format_func={code: i18n.escape(name) for code, name in stage_names(form).items()}.__getitem__, required=True,
                    label_visibility="collapsed",
                )  # fmt: skip


def _open_new(before: Form, after: Form) -> None:
    new = [stage.code for stage in after.stages if stage.code not in before.stage_of]
    if new:
        designdraft.moved(place=new[0])


def _chosen(key: str) -> None:
    designdraft.moved(place=state.given(key))


# ---------------------------------------------------------------- one stage


def _renamed(change: Any, name: Texts, language: str, value: str) -> Edit:
    return lambda form: change(form, name=edit.worded(name, language, value))


def _stage(sketch: Sketch, stage: FormStage) -> None:
    form, code = sketch.form, stage.code
    key = f"{sketch.info.id}:stage:{code}"

    def change(f: Form, **values: Any) -> Form:
        return edit.change_stage(f, code, **values)

    with st.container(border=True, key="card-design-stage"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="head-design-stage"):
            st.markdown(f"**{i18n.escape(stage_name(form, code))}** :small[:gray[{i18n.escape(code)}]]", width="stretch")
            _moves([s.code for s in form.stages], code)
            label = "design.restore" if stage.retired else "design.retire"
            st.button(
                state.say(label), key="design-stage-retire", type="tertiary", help=state.md("design.retire_help"),
                on_click=designdraft.edit, icon=":material/visibility:" if stage.retired else ":material/visibility_off:",
                args=(partial(change, retired=not stage.retired),),
            )  # fmt: skip
        left, right = st.columns(2, gap="small")
        with left:
            line(state.say("design.name.ko"), f"{key}:ko", stage.name.get("ko", ""), partial(_renamed, change, stage.name, "ko"))
        with right:
            line(state.say("design.name.en"), f"{key}:en", stage.name.get("en", ""), partial(_renamed, change, stage.name, "en"))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="design-switches"):
            choice(
                state.say("design.audience"), f"{key}:audience", stage.audience, AUDIENCES, lambda v: partial(change, audience=v),
                lambda v: state.say(_AUDIENCE[v]), width=170,
            )  # fmt: skip
            switch(
                state.say("design.gate"), f"{key}:gate", stage.gate, lambda v: partial(change, gate=v), help=state.md("design.gate_help")
            )
            switch(
                state.say("design.shuffle"), f"{key}:shuffle", stage.shuffle, lambda v: partial(change, shuffle=v),
                help=state.md("design.shuffle_help"),
            )  # fmt: skip
    with st.container(border=True, key="card-design-touchpoints"):
        _touchpoints(sketch, stage)
    with st.container(border=True, key="card-design-factors"):
        _factors(sketch, stage)


def _moves(codes: list[str], code: str) -> None:
    at = codes.index(code)
    for way, icon, to in (("up", ":material/arrow_upward:", at - 1), ("down", ":material/arrow_downward:", at + 1)):
        st.button(
            state.say("design.up" if way == "up" else "design.down"), key=f"design-stage-{way}", icon=icon, type="tertiary",
            disabled=not 0 <= to < len(codes), on_click=designdraft.edit, args=(partial(edit.place_stage, code=code, index=to),),
        )  # fmt: skip


def _title(key: str, n: int, add: str, name: str, made: Any, hint: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"head-design-{name}"):
        st.markdown(f"**{state.md(key, n=n)}**", width="stretch")
        adder(add, name, made, hint=hint)


def _touchpoints(sketch: Sketch, stage: FormStage) -> None:
    code, form, config = stage.code, sketch.form, st.column_config
    _title(
        "design.touchpoints", sum(not t.retired for t in stage.touchpoints), state.say("design.touchpoints.add"), "touchpoint",
        lambda typed: lambda f: edit.add_touchpoints(f, code, edit.lines(typed)), state.say("design.touchpoints.hint"),
    )  # fmt: skip
    if not stage.touchpoints:
        st.caption(state.md("design.touchpoints.none"))
        return
    rows = [
        {"code": t.code, "order": at, "ko": t.name.get("ko", ""), "en": t.name.get("en", ""), "domain": t.domain,
         "initiative": t.initiative, "stage": code, "on": not t.retired}
        for at, t in enumerate(stage.touchpoints, 1)
    ]  # fmt: skip
    say, lang = state.say, state.language()
    called = {s.code: text(s.name, lang, s.code) for s in form.stages}
    table(
        f"{sketch.info.id}:touchpoints:{code}", rows,
        {
            "order": config.NumberColumn(say("design.column.order"), width=66, min_value=1, step=1, format="%d"),
            "ko": config.TextColumn(say("design.name.ko"), width=150),
            "en": config.TextColumn(say("design.name.en"), width=150),
            "domain": config.SelectboxColumn(say("design.domain"), options=list(DOMAINS), format_func=lambda v: say(_DOMAIN[v]), width=110),
            "initiative": config.SelectboxColumn(
                say("design.initiative"), options=list(INITIATIVES), format_func=lambda v: say(_INITIATIVE[v]), width=78,
                help=say("design.initiative_help"),
            ),
            "on": config.CheckboxColumn(say("design.column.on"), width=64),
            "stage": config.SelectboxColumn(
                say("design.column.stage"), options=[s.code for s in form.stages], required=True, width=110,
                format_func=lambda v: called.get(v, v),
            ),
        },
        partial(_touchpoint_cell, stage), alt=state.say("design.touchpoints.alt"),
    )  # fmt: skip


def _touchpoint_cell(stage: FormStage, code: str, column: str, value: Any) -> Edit | None:
    found = next(t for t in stage.touchpoints if t.code == code)
    if column == "order":
        return None if value is None else partial(edit.place_touchpoint, stage=stage.code, code=code, index=int(value) - 1)
    if column == "stage":
        return None if value in (None, stage.code) else partial(edit.move_touchpoint, stage=stage.code, code=code, to=value)
    change = partial(edit.change_touchpoint, stage=stage.code, code=code)
    return _cell(change, found.name, column, value)


def _cell(change: Any, name: Texts, column: str, value: Any) -> Edit:
    """Of a touchpoint or factor: its names, whether it is used, or what it is called in the form."""
    if column in ("ko", "en"):
        return lambda form: change(form, name=_now(form, change, name, column, str(value or "")))
    if column == "on":
        return partial(change, retired=not value)
    return partial(change, **{column: value})


def _now(form: Form, change: partial[Form], name: Texts, language: str, value: str) -> Texts:
    """The name as the form has it now, not as the table was drawn: two cells of a row may be edited at once."""
    stage = form.stage_of.get(change.keywords["stage"])
    touchpoints = stage.touchpoints if stage else ()
    inside = touchpoints if change.func is edit.change_touchpoint else [f for t in touchpoints for f in t.factors]
    return edit.worded(next((one.name for one in inside if one.code == change.keywords["code"]), name), language, value)


def _factors(sketch: Sketch, stage: FormStage) -> None:
    config, code = st.column_config, stage.code
    live = [t for t in stage.touchpoints if not t.retired]
    names: Mapping[str, str] = {t.code: text(t.name, state.language(), t.code) for t in stage.touchpoints}
    with st.container(horizontal=True, vertical_alignment="bottom", key="design-factors-head"):
        n = sum(not f.retired for t in live for f in t.factors)
        st.markdown(f"**{state.md('design.factors', n=n)}**", width="stretch")
        if live:
            codes = [t.code for t in live]
            to = st.selectbox(
                state.say("design.factors.of"), codes, format_func=names.__getitem__, width=180, label_visibility="collapsed",
                key=state.hold(f"design:factors:{code}", codes[0], codes),
            )  # fmt: skip
            adder(
                state.say("design.factors.add"), "factor", lambda typed: lambda f: edit.add_factors(f, code, to, edit.lines(typed)),
                hint=state.say("design.factors.hint"),
            )  # fmt: skip
    rows = [
        {"code": f.code, "order": at, "touchpoint": t.code, "ko": f.name.get("ko", ""), "en": f.name.get("en", ""), "on": not f.retired}
        for t in stage.touchpoints
        if not t.retired
        for at, f in enumerate(t.factors, 1)
    ]
    if not rows:
        st.caption(state.md("design.factors.none" if live else "design.factors.no_touchpoint"))
        return
    say = state.say
    table(
        f"{sketch.info.id}:factors:{code}", rows,
        {
            "touchpoint": config.SelectboxColumn(
                say("design.column.touchpoint"), options=[t.code for t in live], required=True, width=150,
                format_func=lambda v: names.get(v, v),
            ),
            "order": config.NumberColumn(say("design.column.order"), width=66, min_value=1, step=1, format="%d"),
            "ko": config.TextColumn(say("design.name.ko"), width=205),
            "en": config.TextColumn(say("design.name.en"), width=205),
            "on": config.CheckboxColumn(say("design.column.on"), width=64),
        },
        partial(_factor_cell, stage), alt=state.say("design.factors.alt"),
    )  # fmt: skip
    st.caption(state.md("design.order_about"))


def _factor_cell(stage: FormStage, code: str, column: str, value: Any) -> Edit | None:
    found = next(f for t in stage.touchpoints for f in t.factors if f.code == code)
    if column == "order":
        return None if value is None else partial(edit.place_factor, stage=stage.code, code=code, index=int(value) - 1)
    if column == "touchpoint":
        return None if value is None else partial(edit.move_factor, stage=stage.code, code=code, touchpoint=value)
    return _cell(partial(edit.change_factor, stage=stage.code, code=code), found.name, column, value)
