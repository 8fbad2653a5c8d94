"""Errors on screen: one sentence in the user's language, never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from cxdash import i18n
from cxdash.errors import CxError
from cxdash.ui import state

log = logging.getLogger(__name__)


def show_error(error: CxError) -> None:
    """The error's sentence and, below it, how to mend it."""
    lang = state.language()
    text = i18n.said_markdown(error, lang)
    if error.fix:
        text += "\n\n" + i18n.markdown(error.fix, lang, **{str(k): v for k, v in error.params.items()})
    st.error(text, icon=":material/error:")


@contextmanager
def guarded() -> Iterator[None]:
    """What a page raises becomes a sentence; what nobody foresaw is logged and apologised for."""
    try:
        yield
    except CxError as error:
        show_error(error)
    except (RerunException, StopException):
        raise
    except Exception:
        log.exception("a page failed")
        st.error(state.md("error.unexpected"), icon=":material/error:")
