"""axe-core on every page, in light and dark: nothing serious in what we draw; what is Streamlit's own is left out by name."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from cxdash.ui.navigation import MENU
from tests.browser import screen
from tests.serving import Server

SERIOUS = {"serious", "critical"}
# Markup that is Streamlit's own and that no page can change: the sectioned menu is a list with its headings in it; the upload button's
# words come from our style (its own are English), which browsers read out and axe does not see.
THEIRS = {"exclude": [["[data-testid=stSidebarNav]"], ["[data-testid=stFileUploaderDropzone] button"]]}


# The colours of both themes come from one place, so that the pages with the most kinds of marks stand for all in the dark one.
CASES = [*(("light", item.name) for item in MENU), *(("dark", name) for name in ("overview", "journey", "imports"))]


@pytest.mark.parametrize(("scheme", "name"), CASES)
def test_nothing_serious(page: Any, server: Server, scheme: str, name: str) -> None:
    page.emulate_media(color_scheme=scheme)
    screen.visit(page, f"{server.url}/{name}")
    found = Axe().run(page, context=THEIRS)
    wrong = [
        (violation["id"], node["target"], node["html"][:200], node.get("failureSummary", "")[:300])
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
    assert not wrong, "\n".join(map(str, wrong))
