"""The real app in a process of its own, and sessions on it that speak Streamlit's protocol over a websocket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from benchmarks.children import ROOT

SECONDS = 120
LAUNCHER = ROOT / "benchmarks" / "launcher.py"


class App:
    """A running server. url: of its HTTP side."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.process, self.log = port, process, log
        self.url, self.ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}/_stcore/stream"

    def cpu(self) -> float:
        """Processor seconds the server itself has used (Linux; 0 elsewhere)."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serve(home: Path, *, launcher: str = "uvicorn", **variables: str) -> Iterator[App]:
    """The app on a free port with its data in `home`; it answers when this yields and is gone afterwards. RuntimeError with its log otherwise."""
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = {
        "uvicorn": [sys.executable, "-m", "uvicorn", "benchmarks.launcher:app", "--port", str(port), "--log-level", "warning", "--ws-per-message-deflate", "false"],
        "streamlit": [sys.executable, "-m", "benchmarks.launcher", "run", str(LAUNCHER), "--server.port", str(port), "--server.address", "127.0.0.1"],
    }[launcher]
    log = home / f"server-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=_environment(home, variables))
    app = App(port, process, log)
    try:
        _await(app)
        yield app
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(home: Path, variables: Mapping[str, str]) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CXDASH_", "CXBENCH_", "STREAMLIT_"))}
    return kept | {"CXDASH_HOME": str(home), "CXDASH_DEMO": "1", "CXDASH_OPEN": "1", "PYTHONPATH": str(ROOT), "HOME": str(home)} | dict(variables)


def _await(app: App) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and app.process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", app.port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the app did not start:\n{app.log.read_text(errors='replace')[-3000:]}")


class Session:
    """One user's open page. `rerun` is what a click makes: the script runs and everything it draws arrives."""

    def __init__(self, app: App) -> None:
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(app.ws, subprotocols=["streamlit"], max_size=None, open_timeout=SECONDS))  # type: ignore[list-item]
        self.messages: list[ForwardMsg] = []

    def rerun(self, query: str = "") -> float:
        """Milliseconds from the request to the end of the run; the messages of the run stay in `messages`. RuntimeError after an exception."""
        ask = BackMsg()
        ask.rerun_script.query_string = query
        begun = time.perf_counter()
        self._socket.send(ask.SerializeToString())
        self.messages = []
        while not self.messages or self.messages[-1].WhichOneof("type") != "script_finished":
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv(SECONDS))  # type: ignore[arg-type]
            self.messages.append(message)
        spent = 1000 * (time.perf_counter() - begun)
        if wrong := [m.delta.new_element.exception.message for m in self.messages if m.delta.new_element.WhichOneof("type") == "exception"]:
            raise RuntimeError(f"the page failed: {wrong[0]}")
        return spent

    def close(self) -> None:
        self._open.close()

    def shown(self) -> str:
        """Every text on the page, to look a number up in."""
        return "\n".join(str(m.delta.new_element) for m in self.messages if m.HasField("delta"))


@dataclass(frozen=True)
class Reruns:
    """spent: milliseconds of every rerun. cpu: the server's own processor milliseconds per rerun."""

    spent: list[float]
    cpu: float


def paced(app: App, sessions: int, seconds: float, queries: list[str], *, every: float = 1.0) -> Reruns:
    """Reruns of that many sessions, each asking once per `every` seconds at its own moment, queries in turn, after each has seen all of them."""
    spent: list[float] = []
    warm: list[float] = []
    failed: list[BaseException] = []

    def user(number: int) -> None:
        try:
            session = Session(app)
            for query in queries:
                session.rerun(query)
            if barrier.wait(SECONDS) == 0:
                warm.append(app.cpu())
            due = time.monotonic() + every * number / sessions
            end = time.monotonic() + seconds
            turn = number
            while due < end:
                time.sleep(max(0.0, due - time.monotonic()))
                spent.append(session.rerun(queries[turn % len(queries)]))
                due, turn = max(due + every, time.monotonic()), turn + 1
            session.close()
        except BaseException as error:
            failed.append(error)
            barrier.abort()

    barrier = threading.Barrier(sessions)
    threads = [threading.Thread(target=user, args=(number,)) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise next((e for e in failed if not isinstance(e, threading.BrokenBarrierError)), failed[0])
    return Reruns(spent, 1000 * (app.cpu() - warm[0]) / len(spent))


def told(spent: list[float]) -> str:
    """p50 and p95 in words."""
    ordered = sorted(spent)
    return f"p50 {median(ordered):7.1f} ms   p95 {ordered[int(0.95 * (len(ordered) - 1))]:7.1f} ms   ({len(ordered)} reruns)"
