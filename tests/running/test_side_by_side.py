"""Several app processes on one PostgreSQL: each has its own copy of the responses, and an import anywhere shows in all of them."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from cxdash.ui import cache
from tests import house
from tests.databases import Server as Postgres
from tests.edge.talk import run_page
from tests.running.test_watching import parsed
from tests.serving import Server
from tests.services.making import bring, rows, write

PROMISED = 5.0  # seconds, by docs/deployment.md
PATIENCE = 60  # seconds; no busy machine may be held to less in a test of whole servers


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.new_database()
    yield made
    postgres.drop_database(made)


def shown(server: Server) -> int:
    """Responses in the copy of a process after somebody has looked at its first page."""
    import httpx

    run_page(server.ws)
    return int(parsed(httpx.get(f"{server.url}/metrics", timeout=30).text)["cxdash_frame_rows"])


def test_the_very_next_question_of_every_process_counts_what_any_of_them_stored(url: str, tmp_path: Path) -> None:
    """Below the screens nothing waits: a process asks the database's clock with every question."""
    all_of_them = [house.build(tmp_path / name, database=url) for name in ("a", "b")]
    try:
        for n, one in enumerate(all_of_them, start=1):
            bring(one, write(tmp_path / f"{n}.csv", rows(20, first=1000 * n, seed=n)))
            assert [metrics.metrics(deps, LOCAL, program="가게").total.responses for deps in all_of_them] == [20 * n] * 2
    finally:
        for deps in all_of_them:
            house.close(deps)


def test_no_screen_keeps_an_answer_for_longer_than_was_promised() -> None:
    """What the screens remember by time and not by data version, all of it together, one upon the other."""
    tree = ast.parse(Path(cache.__file__).read_text(encoding="utf-8"))
    given = [k.value for node in ast.walk(tree) if isinstance(node, ast.Call) for k in node.keywords if k.arg == "ttl"]
    seconds = [float(ast.literal_eval(value)) for value in given]
    assert seconds and sum(seconds) <= PROMISED, seconds


def test_an_import_in_one_shows_in_all(url: str, serve: Callable[..., Server], tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", database=url)
    bring(deps, write(tmp_path / "a.csv", rows(40)))
    env = {"CXDASH_DATABASE_URL": url, "CXDASH_DEMO": "0", "CXDASH_OPEN": "1"}
    both = [serve("uvicorn", env=env) for _ in range(2)]
    try:
        assert [shown(server) for server in both] == [40, 40]
        bring(deps, write(tmp_path / "b.csv", rows(20, first=1000, seed=1)))
        deadline = time.monotonic() + PATIENCE
        while (found := [shown(server) for server in both]) != [60, 60]:
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
    finally:
        for server in both:
            server.stop()
        house.close(deps)
