"""The design page: the surveys of a programme and the way to a new one, or one survey open at one of its steps."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cxdash.services.designing import Sketch
from cxdash.ui import cache, designdraft, state
from cxdash.ui.designdraft import At
from cxdash.ui.designfiles import files_card, start_card
from cxdash.ui.designhead import head
from cxdash.ui.designjourney import journey, opened, stages
from cxdash.ui.designpreview import beside, preview
from cxdash.ui.designquestions import questions
from cxdash.ui.designrelease import release
from cxdash.ui.designstart import listed, start
from cxdash.ui.designtexts import texts


def design() -> None:
    """The whole page below its title."""
    found = cache.catalog(state.view().program) if cache.programs() else None
    where = designdraft.at(found.slug) if found else None
    if found is None or where is None:
        if found is not None:
            listed(found.slug)
        start(found.slug if found else None, found.demo if found else False)
        start_card(found.slug if found else None, found.demo if found else False)
        return
    sketch = designdraft.current(where)
    if sketch is None:
        st.info(state.md("design.survey_gone"), icon=":material/search_off:")
        st.button(state.say("design.back"), key="design-back", on_click=designdraft.go, args=(None,))
        return
    head(sketch, where)
    _step(sketch, where)
    files_card(sketch)


def _step(sketch: Sketch, where: At) -> None:
    alone = {"texts": lambda: texts(sketch), "preview": lambda: preview(sketch, where), "release": lambda: release(sketch)}
    if where.step in alone:
        alone[where.step]()
    elif where.step == "questions":
        _beside(sketch, where.place, lambda: questions(sketch, where), where.question)
    else:
        stages(sketch, where)
        stage = opened(sketch.form, where)
        _beside(sketch, stage.code if stage else None, lambda: journey(sketch, where))


def _beside(sketch: Sketch, place: str | None, editor: Callable[[], None], question: str | None = None) -> None:
    """The editor, and a phone with the page it is about."""
    shown = st.toggle(state.say("design.preview.show"), key=state.hold("design:preview:shown", True))
    if not shown:
        editor()
        return
    left, right = st.columns([20, 9], gap="small")
    with left:
        editor()
    with right:
        beside(sketch, place, question)
