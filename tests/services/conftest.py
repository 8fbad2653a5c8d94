from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cxdash.errors import Cancelled
from cxdash.ingest.limits import Limits
from cxdash.services.deps import Deps
from tests import house
from tests.databases import database_url, migrated, postgres  # noqa: F401


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Files are parsed here instead of in a child process, which costs a second each; tests/ingest and tests/acceptance use the child."""
    from cxdash.ingest import sandbox, worker

    def run(task: str, payload: dict[str, Any], *, limits: Limits, on_progress: Any = None, cancel: Any = None) -> dict[str, Any]:
        def tell(stage: str, share: float) -> None:
            if on_progress is not None:
                on_progress(stage, share)
            if cancel is not None and cancel():
                raise Cancelled()

        made: dict[str, Any] = worker._TASKS[task](json.loads(json.dumps(payload)), dataclasses.asdict(limits), tell)
        return json.loads(json.dumps(made))

    monkeypatch.setattr(sandbox, "run", run)


@pytest.fixture
def deps(database_url: str, tmp_path: Path) -> Iterator[Deps]:  # noqa: F811
    """An empty house, once on SQLite and once on PostgreSQL."""
    made = house.build(tmp_path / "home", database=database_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Deps]:
    """An empty house on SQLite."""
    made = house.build(tmp_path / "home")
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """A house with the demo programme."""
    made = house.build(tmp_path_factory.mktemp("demo"), demo=True)
    yield made
    made.engine.dispose()
