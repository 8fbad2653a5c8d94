"""Starting up: wrong settings end in one sentence, and what must be done before the first visitor is done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxdash.config import ROOT
from cxdash.edge import launch
from tests.serving import LAUNCHERS, Server, command, environment, free_port

LIFESPAN = """
import asyncio, gc, sys
from streamlit import config as options
from streamlit.runtime import runtime
from streamlit.runtime.pages_manager import PagesManager
from cxdash.edge import launch

launch.PATIENCE = 0.1
launch.prepare(str(launch.config.ROOT / "app.py"))

async def main():
    async with launch.lifespan(None):
        first = gc.get_freeze_count()
        print(PagesManager.uses_pages_directory, first > 100_000, {"polars", "altair", "cxdash.ui.overview"} <= set(sys.modules))
        lots = "MESSAGE_FLUSH_INTERVAL_SECS"
        print(getattr(runtime, lots) == launch.TOGETHER, lots in runtime.Runtime._loop_coroutine.__code__.co_names)
        print(options.get_option("runner.postScriptGC") is False)
        for _ in range(600):
            if gc.get_freeze_count() > first:
                break
            await asyncio.sleep(0.1)
        print(gc.get_freeze_count() > first, {"pandas", "openpyxl", "cxdash.ui.imports"} <= set(sys.modules))

asyncio.run(main())
"""


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_wrong_settings_end_in_one_sentence(launcher: str, tmp_path: Path) -> None:
    env = environment(tmp_path, {"CXDASH_ENV": "production", "CXDASH_SECRET": "changeme", "CXDASH_LANGUAGE": "en"})
    run = subprocess.run(command(launcher, free_port(), ROOT / "app.py"), capture_output=True, text=True, timeout=60, cwd=tmp_path, env=env)
    said = run.stdout + run.stderr
    assert run.returncode != 0
    assert "In production CXDASH_SECRET must be a secret of your own" in said and "changeme" not in said and "Traceback" not in said


def test_before_the_first_visitor(tmp_path: Path) -> None:
    env = environment(tmp_path, {"CXDASH_DEMO": "false"})
    run = subprocess.run([sys.executable, "-c", LIFESPAN], capture_output=True, text=True, timeout=120, cwd=tmp_path, env=env)
    assert run.stdout.split() == ["False", *["True"] * 7], run.stderr[-3000:]


def test_the_start_asks_nobody_for_our_address(server: Server) -> None:
    assert "external" not in server.said().lower()
    assert "cannot be imported" not in server.said()


def test_everything_is_walked_over_now_and_then_and_not_after_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    walks: list[float] = []
    at = [100.0]
    monkeypatch.setattr(launch.gc, "collect", lambda: walks.append(at[0]))
    monkeypatch.setattr(launch.time, "monotonic", lambda: at[0])
    monkeypatch.setattr(launch.threading, "Timer", Now)
    monkeypatch.setattr(launch, "_tidied", 0.0)
    monkeypatch.setattr(launch, "TIDY", 5.0)
    launch._complete.set()
    try:
        for _ in range(24):
            at[0] += 0.5
            with launch.one_by_one():
                pass
    finally:
        launch._complete.clear()
    assert walks == [100.5, 105.5, 110.5]


class Now:
    """A timer that does not wait."""

    def __init__(self, _seconds: float, act: Callable[[], object]) -> None:
        self.start, self.daemon = act, False
