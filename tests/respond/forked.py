"""A server of respondents that is back at once after kill -9: everything is imported before a child that serves is forked off.

python -m tests.respond.forked PORT      prints the process id of each child
"""

from __future__ import annotations

import os
import sys

import uvicorn  # noqa: F401 - the child needs it

from cxdash.edge import respondents
from cxdash.services import submissions  # noqa: F401 - and this at its first commit


def main() -> None:
    port = int(sys.argv[1])
    while True:
        child = os.fork()
        if child == 0:
            respondents.serve("127.0.0.1", port, 1)
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
