"""The gaps page, both languages: its numbers against pandas, standards set on screen, what it says where nothing was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from cxdash.services.yardsticks import drop_standard, list_yardsticks, save_standard
from cxdash.ui import filters, state
from tests import house
from tests.pages.conftest import TODAY, texts
from tests.services import measured, panel
from tests.services.measured import score

LANGUAGES = ("ko", "en")
rows = measured.answers()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Deps:
    made = house.build(tmp_path_factory.mktemp("pages") / "home", demo=TODAY)
    measured.build(made, rows)
    panel.build(made, panel.answers())  # asks for neither expectation nor emotion
    return made


@pytest.fixture
def shown(open_page: Callable[..., AppTest]) -> Callable[..., AppTest]:
    def opened(lang: str = "ko", **address: str) -> AppTest:
        return open_page("gaps", lang, **{"program": measured.SLUG, "period": "all", **address})

    return opened


def charts(test: AppTest) -> list[pl.DataFrame]:
    import pyarrow as pa

    found = []
    for chart in test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart"):
        data = chart.proto.data.data if chart.proto.HasField("data") else chart.proto.datasets[0].data.data
        frame = pl.from_arrow(pa.ipc.open_stream(data).read_all())
        assert isinstance(frame, pl.DataFrame)
        found.append(frame)
    return found


def chart_with(test: AppTest, *columns: str) -> list[pl.DataFrame]:
    return [frame for frame in charts(test) if set(columns) <= set(frame.columns)]


def both(first: str, second: str, part: pd.DataFrame = rows) -> pd.DataFrame:
    return pd.DataFrame({"a": score(first, part[first]), "b": score(second, part[second])}).dropna()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_against_pandas(shown: Callable[..., AppTest], lang: str) -> None:
    test = shown(lang)
    assert not test.exception and not test.error
    said = texts(test).replace("\\", "")
    gap, experience = chart_with(test, "first", "second")
    wait = both("wait.SAT", "wait.EXP")
    row = gap.row(0, named=True)
    assert (row["second"], row["first"]) == pytest.approx((wait["a"].mean(), wait["b"].mean()))
    assert row["n_text"] == i18n.number(len(wait), lang) and row["tone"] == "bad"
    value = i18n.number((wait["a"] - wait["b"]).mean(), lang, 1, signed=True)
    assert f"▼ {value}" in row["key"] and value in said
    care = both("fast.SAT", "care.EMO")
    row = experience.row(2, named=True)
    assert (row["first"], row["second"]) == pytest.approx((care["a"].mean(), care["b"].mean()))
    points = i18n.number(np.sqrt(care["a"] * care["b"]).mean(), lang, 1)
    assert points in row["key"] and points in said
    assert experience.row(3, named=True)["first"] is None and experience.row(3, named=True)["hidden"]  # hardly anybody tried it
    active = pd.DataFrame({c: score(c, rows[c]) for c in ("kind.SAT", "wait.SAT", "ease.SAT", "quality.SAT", "quality.PERF")}).mean(axis=1)
    passive = pd.DataFrame({c: score(c, rows[c]) for c in ("clear.SAT", "fast.SAT")}).mean(axis=1)
    difference = (active - passive).dropna()
    assert i18n.number(difference.mean(), lang, 1) in said and f"n={len(difference)}" in said
    assert i18n.text("gaps.standards.none", lang) in texts(test)
    assert i18n.text("gaps.adjusted.holm", lang) in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_standard_is_set_on_screen_for_every_stage_of_its_scale(
    shown: Callable[..., AppTest], deps: Deps, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))
    monkeypatch.setattr(filters, "filter_bar", lambda *_, **__: None)
    catalog = catalog_of(deps, LOCAL, measured.SLUG)
    test = shown(lang)
    test.selectbox(key="w:standard:stage").set_value("care").run()
    test.selectbox(key="w:standard:expected:care").set_value(75.0)
    test.selectbox(key="w:standard:beyond:care").set_value(100.0).run()
    test.button(key="standard-save").click().run()
    assert not test.exception and not test.error
    kept = list_yardsticks(deps, LOCAL, catalog).standards
    assert {k: (s.expected, s.beyond) for k, s in kept.items()} == {"care": (75.0, 100.0)}
    [bars] = chart_with(test, "part", "start")
    fast = score("fast.SAT", rows["fast.SAT"]).dropna()
    shares = [100 * (fast < 75).mean(), 100 * (fast == 75).mean(), 100 * (fast == 100).mean()]
    assert [row["end"] - row["start"] for row in bars.iter_rows(named=True)] == pytest.approx(shares)
    assert bars["share"].to_list() == [i18n.percent(s, lang, 1) for s in shares]
    test.selectbox(key="w:standard:expected:care").set_value(100.0).run()
    test.button(key="standard-save").click().run()
    assert [e.value.replace("\\", "") for e in test.error] == [i18n.text("gaps.standard_range", lang)]
    test.selectbox(key="w:standard:expected:care").set_value(75.0).run()
    test.button(key="standard-save-all").click().run()
    assert set(list_yardsticks(deps, LOCAL, catalog).standards) == {"buy", "use", "care", "trial"}
    for stage in ("care", "buy", "use", "trial"):
        test.selectbox(key="w:standard:stage").set_value(stage).run()
        test.button(key="standard-drop").click().run()
    assert list_yardsticks(deps, LOCAL, catalog).standards == {} and not test.exception


def test_a_viewer_sees_standards_and_sets_none(shown: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = catalog_of(deps, LOCAL, measured.SLUG)
    save_standard(deps, LOCAL, catalog=catalog, stage="care", expected=50, beyond=100)
    monkeypatch.setattr(state, "actor", lambda: Actor("v", RoleName.VIEWER))
    test = shown()
    assert not test.exception and len(chart_with(test, "part", "start")) == 1
    assert not {"standard-save", "design-of-card-gaps-expectation"} & {str(b.key) for b in test.button}
    drop_standard(deps, LOCAL, catalog=catalog, stage="care")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_was_not_asked_is_said_with_the_way_to_ask_it(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("gaps", lang, program=panel.SLUG, period="all")
    assert not test.exception and not test.error
    said = texts(test)
    assert i18n.text("gaps.expectation.unasked", lang) in said and i18n.text("gaps.experience.unasked", lang) in said
    assert {"design-of-card-gaps-expectation", "design-of-card-gaps-experience"} <= {str(b.key) for b in test.button}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_demo_shows_every_part_with_the_numbers_of_its_rows(open_page: Callable[..., AppTest], lang: str) -> None:
    answers = pd.DataFrame([json.loads(text) for text in load_demo(TODAY).frame["answers"]])
    test = open_page("gaps", lang, program="demo", period="all")
    assert not test.exception and not test.error
    said = texts(test).replace("\\", "")
    gap, experience = chart_with(test, "first", "second")
    pairs = {code: 25 * (answers[code] - answers["e_" + code[2:]]).dropna() for code in answers if code.startswith("f_")}
    worst, best = (pick(pairs, key=lambda code: pairs[code].mean()) for pick in (min, max))
    assert (worst, best) == ("f_repair_fast", "f_install_tidy") and gap.height == 8
    for code, mark in ((worst, "▼"), (best, "▲")):
        assert any(f"{mark} {i18n.number(pairs[code].mean(), lang, 1, signed=True)}" in key for key in gap["key"])
    felt = (np.sqrt((answers["s_delivery"] - 1) * (answers["m_delivery"] - 1)) * 25).dropna().mean()
    assert experience.height == 6 and any(i18n.number(felt, lang, 1) in key for key in experience["key"])
    [bars] = chart_with(test, "part", "start")
    shares = [100 * rule.mean() for rule in (lambda s: [s <= 3, s == 4, s == 5])(answers["s_delivery"].dropna())]
    assert {i18n.percent(share, lang, 1) for share in shares} <= set(bars["share"])
    assert i18n.text("gaps.kind.active", lang) in said and len(chart_with(test, "average")) == 2
    empty: Any = open_page("gaps", lang, program="demo", f__region="없음")
    assert i18n.text("gaps.empty", lang) in texts(empty)


def test_few_answers_are_untested_and_hidden(shown: Callable[..., AppTest]) -> None:
    few = shown(f__region="세종")
    assert not few.exception and "검정하지 않습니다" in texts(few)
    hidden = shown(f__region="세종", f__wave="2차")
    assert not hidden.exception and all(value is None for frame in chart_with(hidden, "first", "second") for value in frame["first"])
