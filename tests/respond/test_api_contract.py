"""The API against its own description: schemathesis sends what the description allows, and what it does not."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from jsonschema import Draft202012Validator

from cxdash.respond import apidoc
from tests import house as houses
from tests.respond.machines import Desk, open_desk
from tests.serving import environment, free_port

# What fits the description may still name a question that this programme does not have, or another programme: that is refused rightly.
RULES = '[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "403", "422"]\n'
EXAMPLES = 25
PYTHON = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    deps = houses.build(tmp_path_factory.mktemp("home"))
    made = open_desk(deps)
    yield made
    made.writer.stop()
    houses.close(deps)


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The API behind a real server."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(desk.app, "127.0.0.1", port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def test_schemathesis_passes(desk: Desk, address: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    key = desk.another(rate=60_000)
    given = ["--config-file", "rules.toml", "run", f"{address}/api/v1/openapi.json", "-H", f"Authorization: Bearer {key}"]
    given += ["--max-examples", str(EXAMPLES), "--seed", "4", "--generation-database", "none", "--no-color"]
    run = subprocess.run([sys.executable, "-c", PYTHON, *given], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                         env=environment(tmp_path))
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    passed = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert passed and passed[1] == passed[2] and int(passed[1]) > 300, run.stdout[-2000:]
    assert re.search(r"Tested: +4", run.stdout), "send, programs, program, metrics; the description is what it reads"


def test_the_description_is_made_of_the_table(desk: Desk) -> None:
    found = desk.ask("GET", "/openapi.json", "").json()
    assert found["openapi"] == "3.1.0"
    told = {(path, method.upper()) for path, ways in found["paths"].items() for method in ways}
    assert told == {(operation.path, operation.method) for operation in apidoc.OPERATIONS}
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    names = re.findall(r"#/components/schemas/(\w+)", str(found))
    assert set(names) | {"Target"} == set(found["components"]["schemas"]), "every schema is used, and every one that is used exists"
