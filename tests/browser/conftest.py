"""One running app with the demo for the browser tests that only read it. A module whose tests store something has its own server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cxdash import runtime
from cxdash.config import load_settings
from cxdash.services.deps import Deps
from cxdash.store import vault
from tests.serving import Server


@pytest.fixture(scope="session")
def server(serve: Callable[..., Server]) -> Server:
    return serve("streamlit")


@pytest.fixture(scope="module")
def beside(server: Server) -> Iterator[Deps]:
    deps = runtime.build(load_settings({"CXDASH_HOME": str(server.home), "CXDASH_DEMO": "0"}))
    yield deps
    deps.engine.dispose()


@pytest.fixture
def deps(beside: Deps) -> Deps:
    """The data of the module's server, read by a second process: what the services say about it."""
    vault.use(beside.settings)  # a test before may have left the keys of its own house
    return beside
