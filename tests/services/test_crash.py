"""An importing process killed at any moment leaves all of its import or nothing; processes importing at once do not disturb each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cxdash.services import programs
from cxdash.services.actor import LOCAL
from tests import house
from tests.services.making import bring, figures, rows, stored, write
from tests.serving import ROOT

# argv: home, database, csv, where to stop. The process says "here" and waits at the chosen point, until it is killed.
SCRIPT = """
import sys, time
from pathlib import Path
from tests import house
from tests.services.making import bring
from cxdash.services import imports
from cxdash.store import responses, bulk
from sqlalchemy import event

home, database, path, point = sys.argv[1:]
deps = house.build(Path(home), database=database)

def stop(*_args, **_options):
    print("here", flush=True)
    time.sleep(120)

if point == "half":                      # some of the rows are in the transaction
    bulk.SLICE = 500
    whole = bulk.insert
    def insert(session, name, frame):
        whole(session, name, frame)
        if name == "response":
            stop()
    bulk.insert = insert
elif point == "before_commit":           # everything is in the transaction
    event.listen(deps.engine, "commit", stop)
bring(deps, Path(path))
print("done", flush=True)
if point == "after_commit":
    stop()
"""


def start(*words: object) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *map(str, words)], env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("point", ["half", "before_commit", "after_commit"])
def test_a_killed_import_leaves_all_or_nothing(database_url: str, tmp_path: Path, point: str) -> None:
    deps = house.build(tmp_path / "home", database=database_url)
    bring(deps, write(tmp_path / "first.csv", rows(50)))
    before, path = stored(deps), write(tmp_path / "second.csv", rows(1500, first=1000))
    child = start(tmp_path / "home", database_url, path, point)
    assert child.stdout is not None
    assert any(line.strip() == "here" for line in child.stdout), "the import did not come that far"
    child.send_signal(signal.SIGKILL)
    child.wait()
    if point == "after_commit":
        assert figures(deps).total.responses == 1550
    else:
        assert stored(deps) == before and figures(deps).total.responses == 50
        assert bring(deps, path).rows_inserted == 1500  # no lock, no half import stands in the way
    house.close(deps)


def test_two_processes_import_at_once(database_url: str, tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", database=database_url)
    paths = [write(tmp_path / f"{i}.csv", rows(300, first=1 + 1000 * i, seed=i)) for i in range(2)]
    children = [start(tmp_path / "home", database_url, path, "never") for path in paths]
    assert [child.communicate(timeout=120)[0].strip() for child in children] == ["done", "done"]
    assert figures(deps).total.responses == 600 and len(programs.list_programs(deps, LOCAL)) == 1
    house.close(deps)
