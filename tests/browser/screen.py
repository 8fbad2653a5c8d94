"""What the browser tests do with a screen: open it, wait until it is drawn, read its numbers."""

from __future__ import annotations

import itertools
from typing import Any

from playwright.sync_api import TimeoutError

# Nothing runs and nothing is half drawn, and it stays so for a while: a callback may start another run, a chart tells of a click 150 ms
# later and a slider of a step 200. Frames are counted too, for a busy browser is slow to begin what it was told. A busy server is slow to
# begin as well, and until it does the page looks idle: whatever the page asked for must have been answered (tests/conftest.py hears it),
# unless it needs no answer.
STILL = """turn => {
  const drawn = document.querySelector('[data-test-script-state="notRunning"]') && !document.querySelector('[data-testid="stSkeleton"]')
    && !document.querySelector('[data-stale="true"]');
  const now = performance.now(), talk = window.cxTalk;
  const answered = !talk || talk.heard >= talk.said || now - talk.said > 10_000;
  if (!drawn || !answered || window.cxStill?.turn !== turn) { window.cxStill = { turn, since: now, frames: 0 }; return false; }
  return ++window.cxStill.frames >= 10 && now - window.cxStill.since >= 700; }"""
_turns = itertools.count()
METRICS = ("nps", "csat", "loyalty", "responses")
BROKEN = ("Traceback", "Error:", "Exception", "None", "nan")


def settle(tab: Any) -> None:
    """Wait until the script has ended and everything it sent is drawn."""
    tab.wait_for_function(STILL, arg=next(_turns), timeout=60_000)


def narrow(tab: Any, *, dark: bool = True) -> None:
    """From now on a phone, of somebody who prefers dark screens."""
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.emulate_media(color_scheme="dark" if dark else "light")


def visit(tab: Any, url: str) -> None:
    tab.goto(url)
    tab.wait_for_selector(".stMainBlockContainer h1", timeout=60_000)
    settle(tab)


def card(tab: Any, metric: str) -> str:
    """The number of a headline card."""
    return str(tab.locator(f".st-key-card-{metric} [data-testid=stMetricValue]").inner_text())


def cards(tab: Any) -> dict[str, str]:
    return {metric: card(tab, metric) for metric in METRICS}


def counted(tab: Any) -> str:
    """The sentence with the number of responses."""
    return str(tab.locator(".st-key-chips strong").inner_text())


def alts(tab: Any) -> list[str]:
    """The text alternatives of all charts."""
    return [str(c.text_content()) for c in tab.locator(".cx-said").all()]


def menu(tab: Any, title: str) -> None:
    tab.locator("[data-testid=stSidebarNav]").get_by_role("link", name=title, exact=True).click()
    tab.wait_for_selector(f"h1:has-text('{title}')", timeout=60_000)
    settle(tab)


def open_cell(tab: Any, table: Any, x: float, y: float) -> None:
    """Open the editor of a cell of a table, `x` and `y` pixels from the table's corner. A double click on a table that is still being laid
    out is lost; it is repeated until the editor is there."""
    editor = tab.locator("#portal textarea, #portal input").first
    table.scroll_into_view_if_needed()
    for _ in range(20):
        box = table.bounding_box()
        if box is not None:
            tab.mouse.dblclick(box["x"] + x, box["y"] + y)
        try:
            editor.wait_for(timeout=4_000)
            return
        except TimeoutError:
            continue
    editor.wait_for()


def speak(tab: Any, language: str) -> None:
    tab.locator("[data-testid=stSidebar] button", has_text=language).click()
    settle(tab)


def back(tab: Any) -> None:
    """One step back, and what it shows: a second step while the first is on its way is undone by Streamlit's own page change."""
    tab.go_back()
    settle(tab)


def back_to(tab: Any, title: str) -> None:
    """Back until the page of this title is there: on a busy machine Streamlit's own page change comes after the step and undoes it."""
    for patience in (20_000, 60_000):
        tab.go_back()
        try:
            tab.wait_for_selector(f"h1:has-text('{title}')", timeout=patience)
            break
        except TimeoutError:
            if patience > 20_000:
                raise
    settle(tab)


def whole(tab: Any) -> str:
    return str(tab.locator(".stMain").inner_text())


def assert_sound(tab: Any) -> None:
    """No trace of a failure, no value that nobody formatted."""
    words = whole(tab).split()
    assert not [w for w in words if w in BROKEN], whole(tab)


def wider(tab: Any) -> float:
    """By how many pixels the page is wider than the window."""
    return float(
        tab.evaluate("Math.max(document.documentElement.scrollWidth, document.querySelector('.stMain').scrollWidth) - window.innerWidth")
    )
