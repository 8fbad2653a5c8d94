from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cxdash.services.deps import Deps
from tests import house


@pytest.fixture(scope="module")
def deps(tmp_path_factory: pytest.TempPathFactory) -> Deps:
    return house.build(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def surveys(shared_data: Path) -> Path:
    return shared_data / "surveys"


@pytest.fixture(scope="session")
def expected(surveys: Path) -> dict[str, Any]:
    """Results computed independently with pandas, beside the files."""
    return json.loads((surveys / "expected.json").read_text(encoding="utf-8"))["recipes"]
