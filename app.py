"""Launcher of cxdash: `streamlit run app.py` or `uvicorn app:app` (one process per port), from any folder."""

import gc
import sys
from pathlib import Path

import streamlit as st

gc.disable()  # nothing imported from here on is garbage; the lifespan turns it on again when all of it is frozen
sys.path[:0] = [] if (_here := str(Path(__file__).resolve().parent)) in sys.path else [_here]

from cxdash import config  # noqa: E402 - after the line that makes the package visible
from cxdash.edge import launch  # noqa: E402

_settings = launch.prepare(__file__)
_routes = launch.routes(_settings)
app = st.App(config.SHELL, routes=_routes, middleware=launch.middleware(_settings, _routes), lifespan=launch.lifespan,
             on_script_error=launch.script_error)

if __name__ == "__main__":
    app.run()
