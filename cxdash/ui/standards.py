"""Setting the service standard of a stage: from which point on an answer is as promised, from which beyond."""

from __future__ import annotations

import streamlit as st

from cxdash import i18n
from cxdash.services import yardsticks as service
from cxdash.services.actor import Permission
from cxdash.services.catalog import QuestionInfo
from cxdash.services.gaps import Gaps, StageStandard
from cxdash.terms import Direction
from cxdash.ui import cache, state
from cxdash.ui.errors import guarded

_TENS = tuple(float(x) for x in range(10, 101, 10))
NEAR = 1e-6


def levels_of(found: StageStandard) -> dict[float, str]:
    """Scores on 0-100 a level can begin at, with the printed point: those of the stage's scale from the second lowest on; tens where its
    questions have several scales."""
    scales = {(q.scale.lo, q.scale.hi, q.scale.direction) for q in found.questions if q.scale is not None}
    first = next((q for q in found.questions if q.scale is not None), None)
    if len(scales) != 1 or first is None or first.scale is None:
        return {x: state.say("gaps.standards.score", x=i18n.number(x, state.language(), 0)) for x in _TENS}
    order = first.scale.points if first.scale.direction is Direction.HIGH else reversed(first.scale.points)
    return {first.scale.score100(point): _printed(first, point) for point in order if first.scale.score100(point) > NEAR}


def _printed(question: QuestionInfo, point: int) -> str:
    said = question.labels.get(state.language(), {}).get(str(point), "")
    return f"{point} {said}" if said and said != str(point) else str(point)


def standard_editor(result: Gaps) -> None:
    """For whoever may change the programme; closed until asked for."""
    if not state.actor().may(Permission.MANAGE_PROGRAM):
        return
    drawer = st.popover(state.say("gaps.standards.set"), icon=":material/tune:", key="standards", on_change="rerun")
    if not drawer.open:
        return
    with drawer:
        stages = {s.stage.code: s for s in result.standards}
        said = {code: state.local(s.stage.name) or code for code, s in stages.items()}
        chosen = st.selectbox(state.say("gaps.standards.stage"), list(said), key=state.hold("standard:stage", next(iter(said)), list(said)),
                              format_func=said.__getitem__)  # fmt: skip
        _fields(result, stages[chosen])


def _fields(result: Gaps, found: StageStandard) -> None:
    offered = levels_of(found)
    scores, kept, code = list(offered), found.standard, found.stage.code
    begun = (_nearest(kept.expected, scores), _nearest(kept.beyond, scores)) if kept else (scores[len(scores) // 2 - 1], scores[-1])
    keys = [f"standard:{level}:{code}" for level in ("expected", "beyond")]
    for title, key, value in zip(("gaps.standards.expected_from", "gaps.standards.beyond_from"), keys, begun, strict=True):
        st.selectbox(state.say(title), scores, key=state.hold(key, value, scores), format_func=offered.__getitem__)
    alike = [s for s in result.standards if list(levels_of(s)) == scores]
    with st.container(horizontal=True):
        st.button(state.say("gaps.standards.save"), key="standard-save", type="primary", on_click=_save, args=((code,), keys))
        if len(alike) > 1:
            st.button(state.say("gaps.standards.save_all", n=len(alike)), key="standard-save-all", on_click=_save,
                      args=(tuple(s.stage.code for s in alike), keys))  # fmt: skip
        if kept is not None:
            st.button(state.say("gaps.standards.drop"), key="standard-drop", icon=":material/delete:", on_click=_drop, args=(code,))


def _nearest(value: float, scores: list[float]) -> float:
    """The offered score of a kept one; the scale may have changed since."""
    return min(scores, key=lambda score: abs(score - value))


def _save(codes: tuple[str, ...], keys: list[str]) -> None:
    with guarded():
        expected, beyond = (float(state.given(f"w:{key}")) for key in keys)
        catalog = cache.catalog(state.view().program)
        for code in codes:
            service.save_standard(state.deps(), state.actor(), catalog=catalog, stage=code, expected=expected, beyond=beyond)
        cache.yardsticks_changed()
        st.toast(state.say("gaps.standards.saved", n=len(codes)), icon=":material/tune:")


def _drop(code: str) -> None:
    with guarded():
        service.drop_standard(state.deps(), state.actor(), catalog=cache.catalog(state.view().program), stage=code)
        cache.yardsticks_changed()
        for level in ("expected", "beyond"):
            state.drop(f"standard:{level}:{code}")
