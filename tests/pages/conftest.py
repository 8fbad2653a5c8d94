"""A page run in process against a house of its own with the demo programme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from cxdash import config, runtime
from cxdash.services.deps import Deps
from cxdash.ui import kept, state
from tests import house

TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True, scope="session")
def no_components() -> Iterator[None]:
    """Whenever an AppTest is made Streamlit reads the description of every installed package, to find components in it: a third of the
    time of these tests. Our pages have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", list)
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Deps:
    return house.build(tmp_path_factory.mktemp("pages") / "home", demo=TODAY)


@pytest.fixture
def deps(home: Deps, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deps]:
    monkeypatch.setattr(runtime, "_deps", home)
    monkeypatch.setattr(state, "cookie", lambda: None)  # AppTest's own stand-in for a browser takes its time, at every word that is said
    yield home


@pytest.fixture
def open_page(deps: Deps) -> Callable[..., AppTest]:
    """open_page("overview", lang="en", **address) -> the page as it was drawn."""
    def opened(name: str, lang: str = "ko", **address: str | list[str]) -> AppTest:
        kept.clear()  # the data version is asked twice a second at most, and tests are quicker than that
        test = AppTest.from_file(str(Path(config.PAGES) / f"{name}.py"), default_timeout=60)
        for key, value in {**address, **({"lang": lang} if lang != "ko" else {})}.items():
            test.query_params[key.replace("__", ".")] = value
        return test.run()
    return opened


def texts(test: AppTest) -> str:
    """All words of a page in one text."""
    kinds = (test.markdown, test.caption, test.title, test.metric, test.error, test.info, test.warning)
    parts = [f"{e.label} {e.value} {e.delta}" if kind is test.metric else str(e.value) for kind in kinds for e in kind]
    return "\n".join(parts)
