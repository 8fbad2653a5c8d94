"""Benchmarks in a real browser: one is entered, compared, made the target, and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cxdash import i18n
from cxdash.services import targets
from cxdash.services.actor import LOCAL
from cxdash.services.benchmarks import benchmarks, delete_benchmark, list_benchmarks
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from tests.browser import screen
from tests.serving import Server


@pytest.fixture(scope="module")
def server(serve_here: Callable[..., Server]) -> Server:
    return serve_here("streamlit")


def test_a_benchmark_is_entered_compared_and_aimed_at(page: Any, server: Server, deps: Deps) -> None:
    for one in list_benchmarks(deps, LOCAL, catalog_of(deps, "demo")):  # the demo's own
        delete_benchmark(deps, LOCAL, catalog=catalog_of(deps, "demo"), benchmark_id=one.id)
    screen.visit(page, f"{server.url}/benchmarks?period=all")
    assert "아직 입력한 벤치마크가 없습니다" in screen.whole(page)
    page.locator(".st-key-bench-add button").click()
    screen.settle(page)
    editor = page.locator(".st-key-card-bench-editor")
    for field, text in (("name", "업계 평균"), ("value", "-20"), ("n", "900")):
        box = editor.locator(f".st-key-w-bench-{field} input")
        box.fill(text)
        box.press("Enter")
        screen.settle(page)
    page.locator(".st-key-bench-save button").click()
    screen.settle(page)
    (line,) = benchmarks(deps, LOCAL, view=View(period="all")).lines
    assert (line.benchmark.metric, line.benchmark.value, line.benchmark.n, line.verdict) == ("nps", -20.0, 900, "up")
    shown = screen.whole(page)
    gap = i18n.number(line.gap.value, "ko", 1, signed=True)
    assert f"벤치마크보다 유의하게 높음 ({gap})" in shown and "응답 900건" in shown and "최고" in shown
    assert f"업계 평균 {gap}" in screen.alts(page)[0]
    page.locator(f".st-key-bench-aim-{line.benchmark.id} button").first.click()
    screen.settle(page)
    goals = targets.list_targets(deps, LOCAL, catalog_of(deps, "demo"))
    assert [(t.metric, t.goal, t.note) for t in goals] == [("nps", -20.0, "벤치마크: 업계 평균")]
    screen.assert_sound(page)
    page.locator(f".st-key-bench-drop-{line.benchmark.id} button").first.click()
    page.locator(f".st-key-bench-delete-{line.benchmark.id} button").click()
    screen.settle(page)
    assert "아직 입력한 벤치마크가 없습니다" in screen.whole(page)
    assert list_benchmarks(deps, LOCAL, catalog_of(deps, "demo")) == ()
    screen.narrow(page)
    screen.settle(page)
    assert screen.wider(page) <= 0
