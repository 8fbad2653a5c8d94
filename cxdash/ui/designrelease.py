"""Publishing a draft: what it changes against the published version, what breaks a trend, and the confirmation."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cxdash.services import designing, surveys
from cxdash.services.designing import Comparison, Sketch
from cxdash.survey.changes import Change
from cxdash.survey.form import Form, text
from cxdash.ui import cache, designdraft, state
from cxdash.ui.designhead import issues
from cxdash.ui.errors import guarded
from cxdash.ui.navigation import MENU

MOST = 200  # changes listed
_DONE = "design:done"


def release(sketch: Sketch) -> None:
    """The step."""
    comparison = designing.compared(sketch, designdraft.published(sketch))
    if sketch.form == comparison.published:
        _done(sketch)
    if sketch.errors:
        with st.container(border=True, key="card-design-faults"):
            st.markdown(f"**{state.md('design.release.faults', n=sketch.errors)}**")
            issues(sketch, "release")
        return
    with st.container(border=True, key="card-design-release"):
        number = sketch.info.version + 1
        if comparison.published is None:
            st.markdown(f"**{state.md('design.release.first')}**")
            st.caption(state.md("design.release.first_about", questions=sketch.longest.questions))
            _go(sketch, comparison, number)
        elif sketch.form == comparison.published:
            st.markdown(state.md("design.release.same", version=sketch.info.version))
        else:
            _compared(sketch, comparison, comparison.published)
            _go(sketch, comparison, number)
    if sketch.issues:
        with st.container(border=True, key="card-design-warnings"):
            st.markdown(f"**{state.md('design.release.warnings')}**")
            issues(sketch, "release")


def _compared(sketch: Sketch, comparison: Comparison, published: Form) -> None:
    """What breaks a trend first, then what does not."""
    st.markdown(f"**{state.md('design.release.changes', version=sketch.info.version)}**")
    if comparison.breaking:
        st.warning(state.md("design.release.breaks", n=len({c.question for c in comparison.breaking})), icon=":material/timeline:")
        _changes(sketch.form, published, comparison.breaking, "breaks")
    else:
        st.success(state.md("design.release.harmless"), icon=":material/trending_flat:")
    if comparison.harmless:
        st.markdown(f":small[**{state.md('design.release.kept', n=len(comparison.harmless))}**]")
        _changes(sketch.form, published, comparison.harmless, "kept")
    elif not comparison.breaking:
        st.caption(state.md("design.release.journey_only"))


def _changes(form: Form, before: Form, changes: Sequence[Change], name: str) -> None:
    lang = state.language()

    def words(change: Change) -> str:
        question = form.by_code.get(change.question) or before.by_code.get(change.question)
        return text(question.wording, lang, change.question) if question else change.question

    rows = {
        state.say("design.release.column.question"): [words(c) for c in changes[:MOST]],
        state.say("design.release.column.change"): [state.say(f"form.change.{c.kind}") for c in changes[:MOST]],
        state.say("design.release.column.before"): [_shown(c, c.before) for c in changes[:MOST]],
        state.say("design.release.column.after"): [_shown(c, c.after) for c in changes[:MOST]],
    }
    st.dataframe(rows, hide_index=True, key=f"design-changes-{name}", height="content" if len(changes) <= 10 else 390,
                 alt=state.say("design.release.alt", n=len(changes)))  # fmt: skip
    if len(changes) > MOST:
        st.caption(state.md("design.release.more", n=len(changes) - MOST))


_WORDS = {"existing": "common.customer.existing", "prospect": "common.customer.prospect", "all": "design.audience.all",
          "high": "common.direction.high", "low": "common.direction.low"}  # fmt: skip


def _shown(change: Change, value: str) -> str:
    """Words of the form and of the product; a question that comes or goes is named already."""
    if change.kind in ("added", "restored", "retired"):
        return ""
    return state.say(_WORDS[value]) if value in _WORDS else value


def _go(sketch: Sketch, comparison: Comparison, number: int) -> None:
    """The wave when the trend breaks, the confirmation, the button."""
    wave, sure = "", True
    if comparison.breaking:
        known = designing.waves_of(state.deps(), state.actor(), program=sketch.program)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            wave = st.text_input(
                state.say("design.release.wave"), key=state.hold("design:release:wave", ""), max_chars=80, width=260,
                placeholder=state.say("design.release.wave_hint"), help=state.md("design.release.wave_help", known=list(known) or "–"),
            )  # fmt: skip
            st.text_input(state.say("design.release.reason"), key=state.hold("design:release:reason", ""), max_chars=200)
        sure = st.checkbox(state.say("design.release.sure"), key=state.hold("design:release:sure", False))
    st.button(
        state.say("design.release.go", version=number), key="design-publish", type="primary", icon=":material/publish:",
        on_click=_publish, args=(sketch,), disabled=designdraft.waits() or not (sure and (wave.strip() or not comparison.breaking)),
    )  # fmt: skip
    if comparison.breaking and not (sure and wave.strip()):
        st.caption(state.md("design.release.needs"))


def _publish(sketch: Sketch) -> None:
    with guarded():
        done = surveys.publish(
            state.deps(), state.actor(), program=sketch.program, code=sketch.info.code, rev=sketch.info.rev,
            wave=str(state.remember("design:release:wave", "")).strip() or None, reason=str(state.remember("design:release:reason", "")),
        )  # fmt: skip
        designdraft.renewed()
        for field in ("wave", "reason", "sure"):
            state.drop(f"design:release:{field}")
        cache.clear()
        state.keep(_DONE, (sketch.info.id, done))


def _done(sketch: Sketch) -> None:
    """What the last publication did, until another survey is opened."""
    told = state.remember(_DONE, None)
    if told is None or told[0] != sketch.info.id or told[1].version != sketch.info.version:
        return
    done: surveys.Published = told[1]
    with st.container(border=True, key="card-design-done"):
        st.success(state.md("design.release.done", version=done.version), icon=":material/check_circle:")
        if done.wave and done.breaks:
            st.caption(state.md("design.release.marked", wave=done.wave))
        for old, new in done.renamed.items():
            st.caption(state.md("design.release.renamed", old=old, new=new))
        st.caption(state.md("design.release.next"))
        ways = any(item.name == "publish" for item in MENU)
        if ways and st.button(state.say("design.release.links"), key="design-links", type="primary", icon=":material/qr_code_2:"):
            st.switch_page(cache.page("publish"))
