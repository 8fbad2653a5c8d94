"""Work that can be killed at any moment, begun quickly: everything is imported before a child that works is forked off.

python -m tests.running.forked      reads lines "upgrade URL" or "backup URL HOME FILE"; prints the child's process id, then how it ended
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import alembic.command  # noqa: F401 - the child needs it
import psycopg  # noqa: F401

from cxdash.config import load_settings
from cxdash.services import backup
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.store.database import make_engine, upgrade


def work(words: list[str]) -> None:
    engine = make_engine(words[1])
    if words[0] == "upgrade":
        upgrade(engine)
        return
    settings = load_settings({"CXDASH_HOME": words[2], "CXDASH_DATABASE_URL": words[1]})
    backup.back_up(Deps(engine, lambda _program: None, settings), LOCAL, Path(words[3]), force=True)  # type: ignore[arg-type, return-value]


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(line.split())
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
