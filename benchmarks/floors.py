"""What the benchmarks share: own work and its floor timed in turn, in one run, so that a busy machine slows both alike."""

from __future__ import annotations

import gc
import platform
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 7


@dataclass(frozen=True)
class Measured:
    """Milliseconds: best and median of the rounds, and the floor's best."""

    name: str
    best: float
    median: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.best / self.floor


def compare(name: str, floor: Callable[[], Any], own: Callable[[], Any], *, rounds: int = ROUNDS, say: bool = True) -> Measured:
    """Runs floor and own work in turn (once unmeasured first) and prints one line with the ratio of their best times."""
    floor(), own()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for work, seen in zip((floor, own), times, strict=True):
            seen.append(timed(work))
    measured = Measured(name, min(times[1]), median(times[1]), min(times[0]))
    if say:
        print(
            f"{name:<58} floor {min(times[0]):8.1f} ms (median {median(times[0]):8.1f})   own {min(times[1]):8.1f} ms "
            f"(median {median(times[1]):8.1f})   ratio {measured.ratio:5.2f}",
            flush=True,
        )
    return measured


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds of one call, garbage collected before and not during it."""
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - begun)
    finally:
        gc.enable()


@dataclass(frozen=True)
class Spent:
    """Seconds: best and median of the rounds by the clock, and the best of the processor (all threads), which other work hardly moves."""

    best: float
    median: float
    processor: float


def spent(work: Callable[[], Any], rounds: int, *, before: Callable[[], Any] = lambda: None) -> Spent:
    """What one call takes; `before` runs ahead of each and is not counted."""
    clock, processor = [], []
    for _ in range(rounds):
        before()
        begun, used = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return Spent(min(clock), median(clock), min(processor))


def resident_mb() -> float:
    """Memory this process holds now, MB (Linux; elsewhere the most it ever held)."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return peak_mb()


def peak_mb() -> float:
    """The most memory this process ever held, MB."""
    try:
        with open("/proc/self/status") as file:  # ru_maxrss would count what the parent held before it started this process
            return next(int(line.split()[1]) * 1024 / 1e6 for line in file if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6


def heading(title: str) -> None:
    """Says what is measured on what."""
    import os

    print(
        f"{title}\n{platform.python_implementation()} {platform.python_version()}, {len(os.sched_getaffinity(0))} cores, "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def total(name: str, measured: list[Measured]) -> Measured:
    """Several measurements as one: what a page that needs them all waits for."""
    return Measured(name, sum(m.best for m in measured), sum(m.median for m in measured), sum(m.floor for m in measured))


def verdict(measured: list[Measured], limit: float) -> int:
    """Prints whether every ratio keeps the limit; the exit code of the benchmark."""
    over = [m for m in measured if m.ratio > limit]
    worst = max((m.ratio for m in measured), default=0.0)
    print(
        f"worst ratio {worst:.2f}, limit {limit:g}: " + ("kept" if not over else "NOT kept by " + ", ".join(m.name for m in over)),
        flush=True,
    )
    return 1 if over else 0
