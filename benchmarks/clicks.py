"""Click to redrawn page in a browser, 1M responses stored: every page, beside the same page fed constant results; ten browsers at once.

python -m benchmarks.clicks [responses] [rounds] [pages …]     (default 1000000 and 5, every page of the menu; needs Chromium and playwright)

A click takes one of two filters off, so that the selection that is left has never been asked for. It ends when the address has changed, the
filter's chip is gone, the script has ended, nothing on the page is stale, and the browser has painted that. Floor: the same server with
CXBENCH_CONSTANT=1, where every cached result is the first one; it runs beside, and clicks go to the two in turn. The ten click when all of
their pages have been drawn.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import cold_start, facts_cold
from benchmarks.floors import heading
from benchmarks.overview import as_survey
from benchmarks.server import App, serve
from cxdash.ui.navigation import MENU

LIMIT, LIMIT_TEN, TEN, AT_ONCE, BRANCHES = 1.5, 4.0, 10, 3, 60
SETTLED = 12  # seconds after the start, in which the rest is imported
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]
DRAWN = """address => location.href !== address && document.querySelector('[data-test-script-state="notRunning"]')
    && !document.querySelector('[data-testid="stSkeleton"]') && !document.querySelector('[data-stale="true"]')"""
FILTER = "등급1"
REDRAWN = f"""address => ({DRAWN})(address)
    && ![...document.querySelectorAll('[class*="st-key-chip-"] button')].some(chip => chip.textContent.includes('{FILTER}'))"""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
WITHOUT = {"design", "publish", "machines", "imports", "people", "audit", "account", "users"}  # pages that no filter changes


class Tab:
    """One browser's page."""

    def __init__(self, app: App, page: Any) -> None:
        self._app, self._page = app, page

    async def open(self, name: str, branch: int) -> None:
        """A page under two filters, drawn to its end."""
        page = self._page
        await page.goto(f"{self._app.url}/{name}?program=big&f.지점=지점{branch % BRANCHES}&f.등급={FILTER}")
        self._chip = page.locator('[class*="st-key-chip-"] button:visible').filter(has_text=FILTER).first
        await self._chip.wait_for(timeout=120_000)
        await page.wait_for_function(DRAWN, arg="", timeout=120_000)

    async def click(self) -> float:
        """Milliseconds from taking the second filter off to the page redrawn."""
        page = self._page
        address, begun = page.url, time.perf_counter()
        await self._chip.click()
        await page.wait_for_function(REDRAWN, arg=address, polling=10, timeout=120_000)
        await page.evaluate(PAINTED)
        return 1000 * (time.perf_counter() - begun)


async def measure(constant: App, own: App, pages: list[str], rounds: int) -> tuple[dict[str, list[tuple[float, float]]], list[float]]:
    """Per page the milliseconds of single clicks on both, and those of ten browsers clicking on the overview at once."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        both = [Tab(app, await (await browser.new_context()).new_page()) for app in (constant, own)]
        singles: dict[str, list[tuple[float, float]]] = {}
        branch = count()
        for name in pages:
            for done in range(rounds + 1):
                asked, found = next(branch), []
                for tab in both:
                    await tab.open(name, asked)
                    found.append(await tab.click())
                if done:  # the first loads what a page loads once
                    singles.setdefault(name, []).append((found[0], found[1]))
        tabs = [Tab(own, await (await browser.new_context()).new_page()) for _ in range(TEN)]
        together: list[float] = []
        for done in range(AT_ONCE + 1):
            await asyncio.gather(*(tab.open("overview", next(branch)) for tab in tabs))
            await asyncio.sleep(1)  # nobody loads any more when they click
            found = await asyncio.gather(*(tab.click() for tab in tabs))
            together += found if done else []
        await browser.close()
    return singles, together


def run(n: int, rounds: int, pages: list[str], home: Path) -> int:
    program_id = facts_cold.build(home, n)
    as_survey(home, program_id)
    cold_start.snapshot(home, program_id)
    with serve(home, CXDASH_DEMO="0", CXBENCH_CONSTANT="1") as constant, serve(home, CXDASH_DEMO="0") as own:
        time.sleep(2 * SETTLED)
        seen, together = asyncio.run(measure(constant, own, pages, rounds))
    wrong = 0
    for name, clicks in seen.items():
        floor, mine = (median(side) for side in zip(*clicks, strict=True))
        wrong += mine > LIMIT * floor
        print(f"{name:<12} constant {floor:6.0f} ms   own {mine:6.0f} ms   ratio {mine / floor:5.2f}   limit {LIMIT:g}", flush=True)
    one, ten = median(mine for _, mine in seen["overview"]) if "overview" in seen else float("nan"), median(together)
    print(f"ten browsers at once on the overview: median {ten:.0f} ms, one {one:.0f} ms, ratio {ten / one:.2f}, limit {LIMIT_TEN:g}")
    return int(wrong > 0 or ten > LIMIT_TEN * one)


if __name__ == "__main__":
    heading("click to redrawn page")
    size, times = int(sys.argv[1]) if sys.argv[1:] else 1_000_000, int(sys.argv[2]) if sys.argv[2:] else 5
    with tempfile.TemporaryDirectory(prefix="cxdash-benchmark-") as folder:
        raise SystemExit(run(size, times, sys.argv[3:] or [item.name for item in MENU if item.name not in WITHOUT], Path(folder)))
