"""What is shown while samples are drawn: a line at first, and a bar with the share that is done where it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cxdash import i18n
from cxdash.stats.progress import listening
from cxdash.ui import state


@contextmanager
def working(text: str) -> Iterator[None]:
    """Nothing of it is left afterwards. The bar is drawn outside of what is kept: a kept result must not show it again."""
    lang, outside, places = state.language(), copy_context(), list[DeltaGenerator]()

    def hear(done: float) -> None:
        if not places:
            places.append(outside.run(st.empty))
        outside.run(places[0].progress, min(1.0, done), f"{text} {i18n.percent(100 * done, lang, 0)}")

    try:
        with st.spinner(text), listening(hear):
            yield
    finally:
        for place in places:
            place.empty()
