"""What an operator measures: counters and gauges of this process, as Prometheus reads them (text format 0.0.4).

Labels are words from our own short lists (kind of address, status, outcome), never a path, a token or a name: nothing personal can
get in, and the number of series is bounded. Several processes behind one port (`cxdash serve-respond --workers`) share a folder where
each keeps its counts; whoever is asked answers for all of them.
"""

from __future__ import annotations

import json
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

Labels = tuple[tuple[str, str], ...]
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # upper ends of the classes of durations
EVERY = 1.0  # seconds between two writings of the counts into a shared folder
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# name -> (type, what it says). A name that is not here is refused.
KNOWN: Mapping[str, tuple[str, str]] = {
    "cxdash_info": ("gauge", "Version of cxdash; always 1."),
    "cxdash_requests_total": ("counter", "HTTP requests by kind of address, method and status."),
    "cxdash_request_seconds": ("histogram", "Time until the whole answer was out, by kind of address."),
    "cxdash_streams": ("gauge", "Screens that are open (websockets)."),
    "cxdash_reruns_total": ("counter", "Runs of a screen's script."),
    "cxdash_submissions_total": ("counter", "Answers of respondents and machines after their commit, by state."),
    "cxdash_submissions_waiting": ("gauge", "Answers that wait for the writer."),
    "cxdash_jobs": ("gauge", "Imports and other long work of the screens, by state."),
    "cxdash_frame_rows": ("gauge", "Responses in the columnar copies in memory."),
    "cxdash_memory_bytes": ("gauge", "Resident memory."),
    "cxdash_start_seconds": ("gauge", "When the process started, in seconds since 1970."),
}


class Meters:
    """Counts of one process. Safe from any thread; adding one costs about a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, Labels], float] = {}
        self._times: dict[tuple[str, Labels], list[float]] = {}  # of each class of durations how many, and the sum of all
        self._gauges: dict[str, Callable[[], Iterable[tuple[Labels, float]]]] = {}
        self._folder: Path | None = None
        self._written: dict[tuple[str, Labels], float] = {}

    def add(self, name: str, n: float = 1, **labels: str) -> None:
        """Counts `n` more. KeyError for a name that is not in KNOWN."""
        KNOWN[name]
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            self._counts[key] = self._counts.get(key, 0.0) + n

    def took(self, name: str, seconds: float, **labels: str) -> None:
        """One more duration of a histogram."""
        KNOWN[name]
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            classes = self._times.get(key)
            if classes is None:
                classes = self._times[key] = [0.0] * (len(SECONDS) + 2)
            classes[bisect_left(SECONDS, seconds)] += 1  # the shortest class that holds it; they are added up when they are read
            classes[-1] += seconds

    def gauge(self, name: str, read: Callable[[], Iterable[tuple[Labels, float]]]) -> None:
        """`read` gives the values of now: labels and number. The one registered last counts."""
        KNOWN[name]
        self._gauges[name] = read

    def share(self, folder: Path) -> None:
        """Keeps the counts in `folder` for the other processes, from now on."""
        self._folder = folder
        threading.Thread(target=self._keep, name="cxdash-meters", daemon=True).start()

    def text(self) -> str:
        """Everything, as a scraper reads it."""
        counts, gauges = self._copy(), self._read()
        if self._folder is not None:
            gauges = {(name, (*labels, ("process", str(os.getpid())))): value for (name, labels), value in gauges.items()}
            for other in self._others(self._folder):
                for key, value in other.items():
                    counts[key] = counts.get(key, 0.0) + value
        return _written(counts, gauges)

    def _copy(self) -> dict[tuple[str, Labels], float]:
        with self._lock:
            counts, times = dict(self._counts), {key: list(classes) for key, classes in self._times.items()}
        for (name, base), (*classes, total) in times.items():
            for end, n in zip((*map(str, SECONDS), "+Inf"), accumulate(classes), strict=True):
                if n:
                    counts[(f"{name}_bucket", (*base, ("le", end)))] = n
            counts[(f"{name}_count", base)] = sum(classes)
            counts[(f"{name}_sum", base)] = total
        return counts

    def _read(self) -> dict[tuple[str, Labels], float]:
        found: dict[tuple[str, Labels], float] = {}
        for name, read in list(self._gauges.items()):
            with suppress(Exception):  # a gauge that cannot be read is left out: the others are as true as before
                found |= {(name, tuple(sorted(labels))): float(value) for labels, value in read()}
        return found

    def _keep(self) -> None:
        while True:
            time.sleep(EVERY)
            counts = self._copy()
            if counts != self._written and self._folder is not None:
                with suppress(OSError):
                    part = self._folder / f"{os.getpid()}.part"
                    part.write_text(json.dumps([[name, labels, value] for (name, labels), value in counts.items()]), encoding="utf-8")
                    part.replace(self._folder / f"{os.getpid()}.json")
                    self._written = counts

    @staticmethod
    def _others(folder: Path) -> list[dict[tuple[str, Labels], float]]:
        """What the other processes wrote last; those that ended too, for a counter never goes back."""
        found = []
        for path in folder.glob("*.json"):
            if path.stem != str(os.getpid()):
                with suppress(OSError, ValueError, TypeError):
                    rows = json.loads(path.read_text(encoding="utf-8"))
                    found.append({(str(name), tuple((str(k), str(v)) for k, v in labels)): float(value) for name, labels, value in rows})
        return found


def _written(counts: Mapping[tuple[str, Labels], float], gauges: Mapping[tuple[str, Labels], float]) -> str:
    values = {**counts, **gauges}
    lines: list[str] = []
    for name, (kind, about) in KNOWN.items():
        own = {key: value for key, value in values.items() if key[0] == name or (kind == "histogram" and key[0].startswith(f"{name}_"))}
        if own:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
            lines += [f"{series}{_labelled(labels)} {value:.12g}" for (series, labels), value in sorted(own.items(), key=_order)]
    return "\n".join(lines) + "\n"


def _order(item: tuple[tuple[str, Labels], float]) -> tuple[str, Labels, float]:
    (name, labels), _value = item
    end = dict(labels).get("le")
    return name, tuple(pair for pair in labels if pair[0] != "le"), float(end) if end else 0.0


def _labelled(labels: Labels) -> str:
    said = ",".join('{}="{}"'.format(k, v.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for k, v in labels)
    return f"{{{said}}}" if said else ""


def memory() -> float:
    """Resident memory of this process in bytes; 0 where the system does not say."""
    with suppress(OSError, ValueError, IndexError):
        return float(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0.0


meters = Meters()  # those of the process
meters.gauge("cxdash_memory_bytes", lambda: [((), memory())])
_STARTED = time.time()
meters.gauge("cxdash_start_seconds", lambda: [((), _STARTED)])
