"""The draft a session works on: where it stands, every change saved at once, the last steps taken back.

The form lives in the store; the session holds the revision it has seen. What could not be saved (the database is locked or full) stays
in the session as edits still to be made, and goes along with the next one that can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from cxdash.errors import CxError, Unavailable
from cxdash.services import designing, surveys
from cxdash.services.designing import Edit, Sketch
from cxdash.survey.form import Form
from cxdash.ui import state
from cxdash.ui.errors import guarded

STEPS = ("journey", "questions", "texts", "preview", "release")
MOST_UNDO = 30
_SKETCH, _AT, _UNDO, _WAITING, _NOTICE, _PUBLISHED = (
    "design:sketch", "design:at", "design:undo", "design:waiting", "design:notice", "design:published",
)  # fmt: skip


@dataclass(frozen=True)
class At:
    """What of the page is open. place: code of the stage, "" for the questions without one; question: code."""

    program: str
    survey: str
    step: str = STEPS[0]
    place: str | None = None
    question: str | None = None


def at(program: str) -> At | None:
    """Where the address says the page is, else where this session was in the programme; None: at the list."""
    last: At | None = state.remember(_AT, None)
    survey, step = state.parameter("survey"), state.parameter("step")
    if survey is None:
        return last if last is not None and last.program == program else None
    if last is None or (last.program, last.survey) != (program, survey):
        last = At(program, survey)
    return replace(last, step=step if step in STEPS else last.step, place=state.parameter("place") or last.place)


def go(where: At | None) -> None:
    """Open something else; call from callbacks."""
    state.keep(_AT, where)
    if where is None:
        state.show(state.view())
    else:
        state.show(replace(state.view(), program=where.program), survey=where.survey, step=where.step, place=where.place)


def moved(**values: object) -> None:
    """Another step, stage or question of the same survey."""
    last: At | None = state.remember(_AT, None)
    if last is not None:
        go(replace(last, **values))  # type: ignore[arg-type]


def current(where: At) -> Sketch | None:
    """The draft as it is in the store now, with what waits to be saved; None when the survey is gone."""
    state.keep(_AT, where)
    info = designing.head(state.deps(), state.actor(), program=where.program, code=where.survey)
    if info is None:
        return None
    held: Sketch | None = state.remember(_SKETCH, None)
    if held is not None and (held.program, held.info.id, held.info.rev) == (where.program, info.id, info.rev):
        if held.info != info:
            held = replace(held, info=info)
            state.keep(_SKETCH, held)
    else:
        if held is not None and held.info.id == info.id:
            state.keep(_NOTICE, ("design.notice.newer", {"by": info.updated_by or "–"}))
        if held is None or held.info.id != info.id:
            state.forget(_WAITING)
        state.forget(_UNDO)
        held = designing.sketch(state.deps(), state.actor(), program=where.program, code=where.survey)
        state.keep(_SKETCH, held)
    return _with_waiting(held)


def _with_waiting(held: Sketch) -> Sketch:
    waiting = tuple(state.remember(_WAITING, ()))
    return Sketch(held.program, held.info, _all(waiting)(held.form)) if waiting else held


def edit(made: Edit) -> Form | None:
    """Change the draft and save it; returns the new form, None when there is none. What cannot be saved now waits."""
    held: Sketch | None = state.remember(_SKETCH, None)
    if held is None:
        return None
    waiting = (*state.remember(_WAITING, ()), made)
    try:
        saved = designing.change(state.deps(), state.actor(), seen=held, edit=_all(waiting))
    except Unavailable:
        state.keep(_WAITING, waiting)
        return None
    except CxError as error:
        with guarded():
            raise error
        return None
    state.forget(_WAITING)
    if saved.sketch is not held:
        state.keep(_UNDO, (*state.remember(_UNDO, ()), saved.before)[-MOST_UNDO:])
        state.keep(_SKETCH, saved.sketch)
    if saved.merged_by is not None:
        state.keep(_NOTICE, ("design.notice.merged", {"by": saved.merged_by}))
    return saved.sketch.form


def seen() -> Sketch | None:
    """What the session held when it was last drawn, with what waits to be saved."""
    held: Sketch | None = state.remember(_SKETCH, None)
    return _with_waiting(held) if held is not None else None


def save_again() -> None:
    """What waits, once more."""
    edit(_same)


def waits() -> bool:
    return bool(state.remember(_WAITING, ()))


def can_undo() -> bool:
    return bool(state.remember(_UNDO, ()))


def undo() -> None:
    """The draft as it was before the last change, unless somebody else has saved since."""
    steps, held = state.remember(_UNDO, ()), state.remember(_SKETCH, None)
    if not steps or held is None:
        return
    with guarded():
        saved = designing.change(state.deps(), state.actor(), seen=held, edit=lambda _form: steps[-1], alone=True)
        state.keep(_UNDO, steps[:-1])
        state.keep(_SKETCH, saved.sketch)


def take(form: Form) -> bool:
    """A whole form (from a file) in the place of the draft, to be undone like any edit; refused when somebody else has saved since."""
    held: Sketch | None = state.remember(_SKETCH, None)
    if held is None:
        return False
    with guarded():
        saved = designing.change(state.deps(), state.actor(), seen=held, edit=lambda _form: form, alone=True)
        state.forget(_WAITING)
        if saved.sketch is not held:
            state.keep(_UNDO, (*state.remember(_UNDO, ()), saved.before)[-MOST_UNDO:])
            state.keep(_SKETCH, saved.sketch)
        return True
    return False


def renewed() -> None:
    """After a publication: what the session holds and could take back is of the version before."""
    for key in (_SKETCH, _UNDO, _PUBLISHED):
        state.forget(key)


def notice() -> None:
    """What another window has done meanwhile, once; and what could not be saved, as long as it is so."""
    if (told := state.remember(_NOTICE, None)) is not None:
        st.info(state.md(told[0], **told[1]), icon=":material/group:")
        state.forget(_NOTICE)
    if waits():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(state.md("design.notice.waiting"), icon=":material/cloud_off:", width="stretch")
            st.button(state.say("design.notice.again"), key="design-again", on_click=save_again)


def published(sketch: Sketch) -> Form | None:
    """The newest published form, read once per version."""
    if not sketch.info.version:
        return None
    key = (sketch.info.id, sketch.info.version)
    held = state.remember(_PUBLISHED, None)
    if held is None or held[0] != key:
        held = (key, surveys.published(state.deps(), state.actor(), program=sketch.program, code=sketch.info.code))
        state.keep(_PUBLISHED, held)
    return held[1]


def _all(edits: Sequence[Edit]) -> Edit:
    def made(form: Form) -> Form:
        for one in edits:
            form = one(form)
        return form

    return made


def _same(form: Form) -> Form:
    return form
