"""A house of its own for each test, and the respondents' addresses in front of it. A module may have its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cxdash.services.deps import Deps
from tests import house
from tests.respond.people import Site, open_site


@pytest.fixture
def deps(tmp_path: Path) -> Iterator[Deps]:
    made = house.build(tmp_path / "home")
    yield made
    house.close(made)


@pytest.fixture
def site(deps: Deps) -> Iterator[Site]:
    made = open_site(deps)
    yield made
    made.desk.end()
