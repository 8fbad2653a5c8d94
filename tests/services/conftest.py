from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from tests import house
from tests.databases import database_url, migrated, postgres  # noqa: F401
from tests.services import measured


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


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """A house with the programme in which everything is asked (tests/services/measured.py)."""
    made = house.build(tmp_path_factory.mktemp("measured") / "home")
    measured.build(made)
    yield made
    house.close(made)


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Its answers."""
    return measured.answers()


@pytest.fixture
def catalog(shop: Deps) -> Catalog:
    return catalog_of(shop, measured.SLUG)
