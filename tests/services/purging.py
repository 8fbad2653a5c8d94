"""Purges that are killed: everything is imported once, then a child is forked off, begins a purge, and is killed in the middle.

python -m tests.services.purging DATABASE_URL HOME TIMES      prints how many children were killed at work
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from cxdash.services import retention
from cxdash.services.actor import LOCAL
from tests import house

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _dot(told: int) -> bool:
    return not os.write(told, b".")


def main() -> None:
    url, home, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    chance, killed = random.Random(7), 0
    for _ in range(times):
        heard, told = os.pipe()
        child = os.fork()
        if child == 0:
            deps = house.build(home, database=url)
            retention.purge(deps, LOCAL, now=NOW, stop=partial(_dot, told))  # a dot before each transaction
            os._exit(0)
        os.close(told)
        for _ in range(chance.randint(1, 3)):
            os.read(heard, 1)
        time.sleep(chance.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        os.close(heard)
    print(killed)


if __name__ == "__main__":
    main()
