"""app.py as the benchmarks start it: the real app with one more route, and with the switches whose loss is to be shown.

CXBENCH_NO_FREEZE=1: the collector is not frozen after the start. CXBENCH_NO_UVLOOP=1: the standard event loop (in `main`, for
`python -m benchmarks.launcher run …`, which is `streamlit run …`).
CXBENCH_CONSTANT=1: every result the screens keep is the first one they asked for, so that a page costs what drawing it costs.
POST /benchmark/import?path=…&program=… starts an import in this process as the import screen does: in a thread, with a proposal and its commit.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [] if (_root := str(Path(__file__).resolve().parent.parent)) in sys.path else [_root]

_state: dict[str, object] = {"running": False}


def _import(path: str, program: str) -> None:
    from cxdash import runtime
    from cxdash.services import imports
    from cxdash.services.actor import LOCAL

    try:
        deps, file = runtime.start(), Path(path)
        found = imports.inspect(deps, LOCAL, file, name=file.name).proposal
        done = imports.commit(deps, LOCAL, file, name=file.name, order=imports.Order(program, "2024", found.mapping, force=True))
        _state["stored"] = done.rows_inserted + done.rows_updated
    except BaseException as error:
        _state["error"] = repr(error)
        raise
    finally:
        _state["running"] = False


def _constant() -> None:
    """Each cached question of the screens answers what it answered first; one that serves several pages, first for each of them."""
    from cxdash.ui import cache

    def first(ask: Callable[..., Any]) -> Callable[..., Any]:
        known: dict[str, Any] = {}
        names = list(inspect.signature(ask).parameters)
        at = names.index("what") if "what" in names else None

        def answer(*args: Any, **more: Any) -> Any:
            what = "" if at is None else str(args[at])
            if what not in known:
                known[what] = ask(*args, **more)
            return known[what]

        return answer

    for name, ask in list(vars(cache).items()):
        if name.startswith("_") and callable(ask) and hasattr(ask, "clear"):
            setattr(cache, name, first(ask))


def main() -> None:
    """The streamlit command, without uvloop where that is asked for."""
    if os.environ.get("CXBENCH_NO_UVLOOP"):
        sys.modules["uvloop"] = None  # type: ignore[assignment]
    from streamlit.web.cli import main as streamlit

    sys.argv[0] = "streamlit"
    streamlit()


if __name__ == "__main__" and sys.argv[1:2] == ["run"]:
    main()
else:
    import streamlit as st
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from cxdash import config
    from cxdash.edge import launch

    if os.environ.get("CXBENCH_CONSTANT"):
        _constant()
    if os.environ.get("CXBENCH_NO_FREEZE"):
        gc.freeze = lambda: None

    async def begin(request: Request) -> JSONResponse:
        if not _state["running"]:
            _state.clear()
            _state["running"] = True
            threading.Thread(target=_import, args=(request.query_params["path"], request.query_params["program"]), daemon=True).start()
        return JSONResponse(_state)

    async def look(_request: Request) -> JSONResponse:
        return JSONResponse(_state)

    _settings = launch.prepare(str(config.ROOT / "app.py"))
    _routes = [*launch.routes(), Route("/benchmark/import", begin, methods=["POST"]), Route("/benchmark/import", look, methods=["GET"])]
    app = st.App(config.SHELL, routes=_routes, middleware=launch.middleware(_settings, _routes), lifespan=launch.lifespan,
                 on_script_error=launch.script_error)
