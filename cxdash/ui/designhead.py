"""The head of an open survey: its name and state, how long it is, what is to be mended, and the steps."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.services import surveys
from cxdash.services.designing import Sketch
from cxdash.survey.check import ERROR, Issue
from cxdash.survey.form import Form, text
from cxdash.ui import cache, designdraft, state
from cxdash.ui.designdraft import STEPS, At
from cxdash.ui.designstart import badge
from cxdash.ui.errors import guarded

_STEPS = {
    "journey": "design.step.journey", "questions": "design.step.questions", "texts": "design.step.texts",
    "preview": "design.step.preview", "release": "design.step.release",
}  # fmt: skip
MOST_ISSUES = 12


def head(sketch: Sketch, where: At) -> None:
    """Everything above the step."""
    info = sketch.info
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="design-head"):
        name = i18n.escape(text(sketch.form.title, state.language(), info.code))
        st.markdown(f"#### {name} {badge(info)}", width="stretch")
        st.button(
            state.say("design.undo"), key="design-undo", icon=":material/undo:", type="tertiary", on_click=designdraft.undo,
            disabled=not designdraft.can_undo(), help=state.md("design.undo_help"),
        )  # fmt: skip
        _more(sketch)
        st.button(state.say("design.back"), key="design-back", icon=":material/list:", on_click=designdraft.go, args=(None,))
    _length(sketch)
    designdraft.notice()
    st.segmented_control(
        state.say("design.steps"), STEPS, key=state.give("w:design:step", where.step),
        format_func={s: state.say(key) for s, key in _STEPS.items()}.__getitem__,
        on_change=_stepped, label_visibility="collapsed", required=True, width="stretch",
    )  # fmt: skip


def _stepped() -> None:
    designdraft.moved(step=state.given("w:design:step"))


def _length(sketch: Sketch) -> None:
    """Live: questions and minutes of the longest way, the shortest beside it, and the list of issues."""
    lang, form = state.language(), sketch.form
    most, least = sketch.longest, sketch.shortest
    minutes = i18n.number(most.minutes, lang, 1)
    spread = state.md("design.length.from", minutes=i18n.number(least.minutes, lang, 1)) if least.seconds < most.seconds else ""
    colour = "orange" if sketch.is_long else "gray"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="design-length"):
        stages = sum(not stage.retired for stage in form.stages)
        told = f"**{state.md('design.length.questions', n=most.questions)}** · **{state.md('design.length.minutes', minutes=minutes)}**"
        said = f":{colour}[{told}]" if sketch.is_long else told
        saved = state.md("design.waiting") if designdraft.waits() else state.md("design.saved")
        st.markdown(f"{said} {spread} · {state.md('design.length.stages', n=stages)} · :gray[{saved}]", width="stretch")
        _issues(sketch)
    if sketch.is_long:
        st.warning(state.md("design.length.long", minutes=minutes, most=form.settings.minutes), icon=":material/timer:")


def _issues(sketch: Sketch) -> None:
    n = len(sketch.issues)
    if not n:
        st.markdown(f":green-badge[:material/check: {state.md('design.issues.none')}]", width="content")
        return
    icon = ":material/error:" if sketch.errors else ":material/warning:"
    label = state.say("design.issues.errors", n=sketch.errors) if sketch.errors else state.say("design.issues.title", n=n)
    drawer = st.popover(label, icon=icon, key="design-issues", on_change="rerun")
    if drawer.open:
        with drawer:
            issues(sketch, "head")


def issues(sketch: Sketch, name: str) -> None:
    """Errors first, each with the way to its place."""
    for at, issue in enumerate(sketch.issues[:MOST_ISSUES]):
        icon = ":red[:material/error:]" if issue.level == ERROR else ":orange[:material/warning:]"
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{icon} {_place(sketch.form, issue)}{_words(issue)}", width="stretch")
            st.button(
                state.say("design.issues.go"), key=f"design-issue-{name}-{at}", type="tertiary", icon=":material/arrow_forward:",
                on_click=_jump, args=(sketch.form, issue.where),
            )  # fmt: skip
    if len(sketch.issues) > MOST_ISSUES:
        st.caption(state.md("design.issues.more", n=len(sketch.issues) - MOST_ISSUES))


def _words(issue: Issue) -> str:
    """Languages and kinds among the parameters are said in words."""
    params = dict(issue.params)
    if "language" in params:
        params["language"] = state.say(f"common.language.{params['language']}")
    return state.md(issue.key, **params)


def _place(form: Form, issue: Issue) -> str:
    kind, _, path = issue.where.partition(":")
    lang = state.language()
    if kind == "form":
        return ""
    if kind == "question":
        question = form.by_code.get(path)
        words = text(question.wording, lang, path) if question else path
        return f"**{i18n.escape(words[:60])}** — "
    stage_code, _, code = path.partition("/")
    stage = form.stage_of.get(stage_code)
    names = [text(stage.name, lang, stage_code) if stage else stage_code]
    if stage and code:
        inner = [*stage.touchpoints, *(f for t in stage.touchpoints for f in t.factors)] if kind == "factor" else stage.touchpoints
        names.append(next((text(one.name, lang, code) for one in reversed(inner) if one.code == code), code))
    return f"**{i18n.escape(' › '.join(names))}** — "


def _jump(form: Form, where: str) -> None:
    kind, _, path = where.partition(":")
    if kind == "question":
        question = form.by_code.get(path)
        designdraft.moved(step="questions", place=(question.stage if question else None) or "-", question=path)
    elif kind == "form":
        designdraft.moved(step="texts" if not any(form.title.values()) else "questions")
    else:
        designdraft.moved(step="journey", place=path.partition("/")[0])


def _more(sketch: Sketch) -> None:
    """Close, open again, delete."""
    drawer = st.popover(state.say("design.more"), icon=":material/more_horiz:", type="tertiary", key="design-more", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        if sketch.info.state == "published":
            st.caption(state.md("design.close.about"))
            st.button(state.say("design.close"), key="design-close", icon=":material/lock:", on_click=_close, args=(sketch,))
        elif sketch.info.state == "closed":
            st.caption(state.md("design.reopen.about"))
            st.button(state.say("design.reopen"), key="design-reopen", icon=":material/lock_open:", on_click=_reopen, args=(sketch,))
        st.caption(state.md("design.delete.about"))
        typed = st.text_input(state.say("design.delete.confirm", code=sketch.info.code), key="w:design:delete")
        st.button(
            state.say("design.delete"), key="design-delete", icon=":material/delete:", on_click=_delete, args=(sketch,),
            disabled=typed.strip() != sketch.info.code,
        )  # fmt: skip


def _close(sketch: Sketch) -> None:
    with guarded():
        surveys.close(state.deps(), state.actor(), program=sketch.program, code=sketch.info.code)


def _reopen(sketch: Sketch) -> None:
    with guarded():
        surveys.reopen(state.deps(), state.actor(), program=sketch.program, code=sketch.info.code)


def _delete(sketch: Sketch) -> None:
    with guarded():
        surveys.delete(state.deps(), state.actor(), program=sketch.program, code=sketch.info.code)
        cache.clear()
        designdraft.go(None)
