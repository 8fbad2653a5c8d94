"""Several app processes on one PostgreSQL: each has its own copy of the responses, and an import anywhere shows in all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from tests import house
from tests.databases import Server as Postgres
from tests.edge.talk import run_page
from tests.running.test_watching import parsed
from tests.serving import Server
from tests.services.making import bring, rows, write

PATIENCE = 60  # seconds; docs/deployment.md promises 5, which no busy machine may be held to in a test


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


def test_an_import_in_one_shows_in_all(url: str, serve: Callable[..., Server], tmp_path: Path) -> None:
    deps = house.build(tmp_path / "home", database=url)
    bring(deps, write(tmp_path / "a.csv", rows(40)))
    env = {"CXDASH_DATABASE_URL": url, "CXDASH_DEMO": "0", "CXDASH_OPEN": "1"}
    both = [serve("uvicorn", env=env) for _ in range(2)]
    try:
        assert [shown(server) for server in both] == [40, 40]
        for n, total in ((1, 60), (2, 80)):
            bring(deps, write(tmp_path / f"{n}.csv", rows(20, first=1000 * n, seed=n)))
            deadline = time.monotonic() + PATIENCE
            while (found := [shown(server) for server in both]) != [total, total]:
                assert time.monotonic() < deadline, found
                time.sleep(0.2)
        assert metrics.metrics(deps, LOCAL, program="가게").total.responses == 80
    finally:
        for server in both:
            server.stop()
        house.close(deps)
