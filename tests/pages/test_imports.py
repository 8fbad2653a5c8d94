"""The imports page in process: its first step, its history, undo, in both languages."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n, runtime
from cxdash.services import metrics
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from tests import house
from tests.pages.conftest import texts


def survey(path: Path, scores: list[int]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["응답일시", "지점", "추천하실 의향은 몇 점입니까? (0~10점)"])
        rows.writerows([f"2026-03-{i % 28 + 1:02d} 10:00:00", "강남" if i % 2 else "종로", score] for i, score in enumerate(scores))
    return path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deps:
    deps = house.build(tmp_path / "home")
    monkeypatch.setattr(runtime, "_deps", deps)
    return deps


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_history_and_undo(own: Deps, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lang: str) -> None:
    monkeypatch.setattr(runtime, "_deps", own)
    result = house.bring(own, survey(tmp_path / "설문.csv", [10] * 30 + [3] * 10), program="조사", wave="2026")
    assert metrics.metrics(own, LOCAL, program="조사").total.nps.value == 50.0  # type: ignore[union-attr]
    test = open_page("imports", lang)
    assert not test.exception and not test.error
    assert "설문.csv" in texts(test).replace("\\", "") and "40" in texts(test)
    test.button(key=f"undo-{result.id}").click().run()
    assert not test.exception and not test.error
    assert i18n.text("imports.history.undone", lang, at="").split("·")[0].strip() in texts(test)
    assert metrics.metrics(own, LOCAL, program="조사").total.responses == 0


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_empty_house_offers_ways_to_begin(
    own: Deps, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setattr(runtime, "_deps", own)
    test = open_page("overview", lang)
    assert not test.exception and i18n.text("screen.welcome.title", lang) in texts(test)
    test.button(key="demo-add").click().run()
    assert not test.exception and test.metric
    test.button(key="demo-remove").click().run()
    assert not test.exception and i18n.text("screen.welcome.title", lang) in texts(test)
