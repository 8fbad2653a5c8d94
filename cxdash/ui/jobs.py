"""Long work in a thread of its own, so that the page stays alive, shows how far it is, and can stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cxdash import i18n
from cxdash.meters import meters
from cxdash.ui import state

_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="job")
_open: set[Future[Any]] = set()  # of all sessions
_POLL = 0.3  # seconds between two looks at a running job


@dataclass
class Job:
    """A running piece of work. kind tells the page what to do with its result."""

    kind: str
    future: Future[Any] | None = None
    stage: str = ""
    fraction: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, stage: str, fraction: float) -> None:
        self.stage, self.fraction = stage, min(max(fraction, 0.0), 1.0)

    @property
    def done(self) -> bool:
        return self.future is not None and self.future.done()


def begin(kind: str, work: Callable[[Job], Any]) -> None:
    """Start work(job) for this session; the page follows it with `watch`."""
    job = Job(kind)
    job.future = _pool.submit(work, job)
    _open.add(job.future)
    job.future.add_done_callback(_open.discard)
    state.keep("job", job)


def _states() -> list[tuple[tuple[tuple[str, str], ...], float]]:
    """How many jobs of all sessions run, and how many wait for a thread."""
    now = list(_open)
    busy = sum(future.running() for future in now)
    return [((("state", "running"),), busy), ((("state", "waiting"),), len(now) - busy)]


meters.gauge("cxdash_jobs", _states)


def running() -> Job | None:
    return state.remember("job", None)


def finish() -> Job | None:
    """The finished job, taken out of the session; None while there is none or it still runs."""
    job = running()
    if job is None or not job.done:
        return None
    state.forget("job")
    return job


@st.fragment(run_every=_POLL)
def watch() -> None:
    """Progress bar and stop button of the running job; when it ends the page runs again."""
    job = running()
    if job is None or job.done:
        st.rerun()
    lang = state.language()
    st.progress(job.fraction, text=i18n.text(job.stage or "imports.stage.begin", lang))
    if job.stop.is_set():
        st.caption(state.md("imports.stopping"))
    else:
        st.button(state.say("imports.stop"), key="job-stop", on_click=job.stop.set)
