"""What the browser tests do with a screen: open it, wait until it is drawn, read its numbers."""

from __future__ import annotations

from typing import Any

DRAWN = """() => document.querySelector('[data-test-script-state="notRunning"]') && !document.querySelector('[data-testid="stSkeleton"]')
    && !document.querySelector('[data-stale="true"]')"""
METRICS = ("nps", "csat", "loyalty", "responses")
BROKEN = ("Traceback", "Error:", "Exception", "None", "nan")


def settle(tab: Any) -> None:
    """Wait until the script has ended and everything it sent is drawn, twice with a pause, since a callback may start another run."""
    for _ in range(2):
        tab.wait_for_timeout(350)
        tab.wait_for_function(DRAWN, timeout=60_000)


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
    return [str(c.get_attribute("aria-label")) for c in tab.locator("[data-testid=stVegaLiteChart]").all()]


def menu(tab: Any, title: str) -> None:
    tab.locator("[data-testid=stSidebarNav]").get_by_role("link", name=title, exact=True).click()
    tab.wait_for_selector(f"h1:has-text('{title}')", timeout=60_000)
    settle(tab)


def speak(tab: Any, language: str) -> None:
    tab.locator("[data-testid=stSidebar] button", has_text=language).click()
    settle(tab)


def back(tab: Any) -> None:
    """One step back, and what it shows: a second step while the first is on its way is undone by Streamlit's own page change."""
    tab.go_back()
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
