"""Starting the real app for a test: a process of its own, a free loopback port, a home of its own, stopped by its process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
LAUNCHERS = ("streamlit", "uvicorn")
START_SECONDS = 240  # a cold start on a busy two-core machine, the demo's import included


@dataclass
class Server:
    url: str
    port: int
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/_stcore/stream"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(launcher: str, port: int, app: Path) -> list[str]:
    if launcher == "streamlit":
        return [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port), "--server.address", "127.0.0.1"]
    return [sys.executable, "-m", "uvicorn", "--app-dir", str(app.parent), f"{app.stem}:app", "--port", str(port), "--host", "127.0.0.1"]


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The caller's environment without its CXDASH_ and STREAMLIT_ variables, so that a developer's own settings cannot decide a test.
    With the demo, and open on this machine, unless `extra` says otherwise."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CXDASH_", "STREAMLIT_"))}
    ours = {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1", "CXDASH_OPEN": "1"}
    return kept | ours | {"PYTHONPATH": str(ROOT), "HOME": str(home)} | dict(extra or {})


def start(
    launcher: str, home: Path, *, cwd: Path | None = None, env: Mapping[str, str] | None = None, app: Path = ROOT / "app.py"
) -> Server:
    """Start the app and wait until it is healthy; RuntimeError with its log if it ends or takes longer than START_SECONDS."""
    home.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), home / "server.log"
    with log.open("wb") as out:
        run = command(launcher, port, app)
        process = subprocess.Popen(run, stdout=out, stderr=subprocess.STDOUT, cwd=cwd or home, env=environment(home, env))
    server = Server(f"http://127.0.0.1:{port}", port, home, process, log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/_stcore/health", timeout=2).status_code == 200:
                return server
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    server.stop()
    raise RuntimeError(f"the app did not start under {launcher}:\n{server.said()[-4000:]}")
