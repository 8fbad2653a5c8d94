"""Run a parsing task in a child process that cannot take the application with it.

The parent starts `python -m cxdash.ingest.worker` without a shell and with a bare environment, watches its memory, its time and
the user's wish to stop, and turns whatever happens to it into one error of the FileError tree.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from cxdash import errors
from cxdash.errors import Cancelled, CxError, FileDamaged, FileTooLarge, FileTooSlow
from cxdash.ingest.limits import MB, Limits

log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
Cancel = Callable[[], bool]

_TICK = 0.05
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_PASSED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
_RSS_SLACK_MB = 512


def run(
    task: str, payload: dict[str, Any], *, limits: Limits, on_progress: Progress | None = None, cancel: Cancel | None = None
) -> dict[str, Any]:
    """The result of a worker task ("sheets", "propose", "code").

    on_progress gets a message key and a share 0..1, in the calling thread. Raises Cancelled when `cancel()` turns true, the
    child's own error, FileTooSlow after limits.seconds, FileTooLarge or FileDamaged when the child dies. The child is gone
    and its scratch folder removed when this returns, however it returns.
    """
    with tempfile.TemporaryDirectory(prefix="cxdash-parse-") as scratch, tempfile.TemporaryFile() as said:
        child = _start(scratch, said, limits)
        try:
            lines = _send(child, {"task": task, "payload": payload, "limits": limits.to_json()})
            return _answer(child, lines, limits, on_progress, cancel) or _death(child, said, limits)
        finally:
            _end(child)


def _start(scratch: str, said: IO[bytes], limits: Limits) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED if name in os.environ}
    inherited = os.environ.get("PYTHONPATH", "")
    environment |= {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), inherited])),
        "PYTHONUTF8": "1",
        "HOME": scratch,
        "TMPDIR": scratch,
        "POLARS_MAX_THREADS": str(limits.threads),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    return subprocess.Popen(  # our own module, no shell, no user text among the arguments
        [sys.executable, "-P", "-m", "cxdash.ingest.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        env=environment,
        cwd=scratch,
        start_new_session=True,
    )


def _send(child: subprocess.Popen[bytes], request: dict[str, Any]) -> queue.Queue[bytes | None]:
    """Give the child its request; a thread collects its lines, None at the end. Its stdin stays open: it ends when we do."""
    lines: queue.Queue[bytes | None] = queue.Queue()
    stream, sink = child.stdout, child.stdin
    assert stream is not None and sink is not None  # pipes were asked for

    def collect() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=collect, daemon=True).start()
    try:
        sink.write(json.dumps(request).encode() + b"\n")
        sink.flush()
    except BrokenPipeError:
        pass  # it died at once; the end of its lines says so
    return lines


def _answer(
    child: subprocess.Popen[bytes], lines: queue.Queue[bytes | None], limits: Limits, on_progress: Progress | None, cancel: Cancel | None
) -> dict[str, Any] | None:
    """The result line; None when the child ends without one."""
    deadline = time.monotonic() + limits.seconds
    while True:
        try:
            line = lines.get(timeout=_TICK)
        except queue.Empty:
            line = b""
        if line is None:
            return None
        if cancel is not None and cancel():
            raise Cancelled()
        if time.monotonic() > deadline:
            raise FileTooSlow(fix="error.file.fix.split", seconds=round(limits.seconds))
        if not line:
            _watch_memory(child.pid, limits)
            continue
        message = json.loads(line)
        if "progress" in message and on_progress is not None:
            on_progress(*message["progress"])
        if "error" in message:
            raise _error(message["error"])
        if "result" in message:
            return message["result"]


def _watch_memory(pid: int, limits: Limits) -> None:
    """Resident memory, where the system shows it: the second lock beside the child's own limit."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return
    if pages * os.sysconf("SC_PAGE_SIZE") > (limits.memory_mb + _RSS_SLACK_MB) * MB:
        raise FileTooLarge("error.file.memory", fix="error.file.fix.split")


def _error(document: dict[str, Any]) -> CxError:
    kind = getattr(errors, document["type"], FileDamaged)
    kind = kind if isinstance(kind, type) and issubclass(kind, CxError) else FileDamaged
    return kind(
        document["key"],
        fix=document["fix"],
        **{name: value for name, value in document["params"].items() if name not in ("key", "fix", "self")},
    )


def _death(child: subprocess.Popen[bytes], said: IO[bytes], limits: Limits) -> dict[str, Any]:
    """The child ended without an answer: say why as well as its end tells. Always raises."""
    code = child.wait()
    said.seek(0)
    words = said.read()[-4000:].decode("utf-8", "replace")
    log.warning("parsing process ended with %s: %s", code, words.strip()[-1500:])
    if code == -signal.SIGXCPU:
        raise FileTooSlow(fix="error.file.fix.split", seconds=round(limits.seconds))
    if "memory" in words.lower() or -code in (signal.SIGKILL, signal.SIGABRT):
        raise FileTooLarge("error.file.memory", fix="error.file.fix.split")
    raise FileDamaged("error.file.crashed", fix="error.file.fix.resave")


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)  # its own session: only it and what it started
        except (ProcessLookupError, PermissionError):
            child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
