from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxdash.services.deps import Deps
from tests import house
from tests.databases import database_url, migrated, postgres  # noqa: F401


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    house.parse_here(monkeypatch)


@pytest.fixture
def deps(database_url: str, tmp_path: Path) -> Iterator[Deps]:  # noqa: F811
    """An empty house, once on SQLite and once on PostgreSQL."""
    made = house.build(tmp_path / "home", database=database_url)
    yield made
    house.close(made)


@pytest.fixture
def lone(tmp_path: Path) -> Iterator[Deps]:
    """An empty house on SQLite."""
    made = house.build(tmp_path / "home")
    yield made
    house.close(made)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """A house with the demo programme."""
    made = house.build(tmp_path_factory.mktemp("demo"), demo=True)
    yield made
    house.close(made)
