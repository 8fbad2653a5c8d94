"""Work measured in a fresh process each time: wall and processor time, and memory that nothing earlier has inflated."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.floors import peak_mb

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 900


@dataclass(frozen=True)
class Cost:
    """Seconds of wall and of processor time (this process and the children it waited for)."""

    wall: float
    cpu: float


class Meter:
    """Collects the costs of named parts in the measured process and prints them with its peak memory as its last line."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begun, spent = time.perf_counter(), _cpu()
        yield
        self.costs[name] = Cost(time.perf_counter() - begun, _cpu() - spent)

    @staticmethod
    def peaks() -> dict[str, float]:
        """own: most memory this process held so far, child: the largest process it waited for; MB."""
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
        return {"own": peak_mb(), "child": child}

    def tell(self, peaks: Mapping[str, float] | None = None, **more: Any) -> None:
        """The last line of the measured process."""
        print(json.dumps({"costs": {k: asdict(v) for k, v in self.costs.items()}, **(peaks or self.peaks()), **more}))


@dataclass(frozen=True)
class Outcome:
    """What a measured process told: costs of its parts, peak memory (own process, largest child) in MB, and the rest."""

    costs: Mapping[str, Cost]
    own: float
    child: float
    more: Mapping[str, Any]


def run(module: str, *arguments: str) -> Outcome:
    """`python -m module arguments` to its end. RuntimeError with its words when it fails."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0:
        raise RuntimeError(f"{module} failed:\n{done.stderr[-3000:]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    costs = {name: Cost(**cost) for name, cost in told.pop("costs").items()}
    return Outcome(costs, told.pop("own"), told.pop("child"), told)


def _cpu() -> float:
    """User and system seconds so far; a child counts from the moment it was waited for."""
    return sum(u.ru_utime + u.ru_stime for u in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))
