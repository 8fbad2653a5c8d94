"""What is shown while samples are drawn: a line at first, and a bar with the share that is done where it lasts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context

import streamlit as st

from cxdash import i18n
from cxdash.stats.progress import listening
from cxdash.ui import state

AFTER = 0.3  # seconds; what is done sooner needs no bar, which would make the browser lay the page out twice


@contextmanager
def working(text: str) -> Iterator[None]:
    """Nothing of it is left afterwards. The bar is drawn outside of what is kept: a kept result must not show it again. Its place is there
    with and without it, or what follows on the page would move to another place, and the browser would make it anew."""
    lang, outside, begun = state.language(), copy_context(), time.monotonic()
    place, drawn = st.empty(), False

    def hear(done: float) -> None:
        nonlocal drawn
        if drawn or time.monotonic() - begun >= AFTER:
            drawn = True
            outside.run(place.progress, min(1.0, done), f"{text} {i18n.percent(100 * done, lang, 0)}")

    try:
        with st.spinner(text), listening(hear):
            yield
    finally:
        if drawn:
            place.empty()
