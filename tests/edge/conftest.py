"""Servers shared by the edge tests: the real app under each launcher, and the gallery of elements behind the same ring."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cxdash.config import ROOT
from tests.serving import LAUNCHERS, Server


@pytest.fixture(scope="session", params=LAUNCHERS)
def server(request: pytest.FixtureRequest, serve: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    return serve(request.param, cwd=tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="session")
def gallery(serve: Callable[..., Server]) -> Server:
    return serve("uvicorn", app=ROOT / "tests" / "edge" / "gallery_app.py", env={"CXDASH_MAX_UPLOAD_MB": "1"})
