"""The priorities page, both languages: its numbers against pandas, reasons, the switch of importance, lines that are kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import i18n, runtime
from cxdash.services import drivers
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.yardsticks import freeze, list_yardsticks, release
from cxdash.ui import filters, state
from tests import house
from tests.pages.conftest import TODAY, texts
from tests.services import measured
from tests.services.measured import score

LANGUAGES = ("ko", "en")
FACTORS = ("wait", "quality", "ease", "fast", "kind")
_real = drivers.drivers
rows = measured.answers()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Deps:
    made = house.build(tmp_path_factory.mktemp("pages") / "home", demo=TODAY)
    measured.build(made, rows)
    return made


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "drivers", lambda *a, **k: _real(*a, **k, draws=60))


@pytest.fixture
def shown(open_page: Callable[..., AppTest]) -> Callable[..., AppTest]:
    def opened(lang: str = "ko", **address: str) -> AppTest:
        return open_page("priorities", lang, **{"program": measured.SLUG, "period": "all", "level": "factor", **address})

    return opened


def table(test: AppTest) -> pd.DataFrame:
    [found] = test.table
    return found.value


def held(test: AppTest, key: str) -> str | None:
    found = test.query_params.get(key)
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_values_and_order_against_pandas(shown: Callable[..., AppTest], lang: str) -> None:
    test = shown(lang)
    assert not test.exception and not test.error
    found = table(test)
    stated = {f: score(f"{f}.IMP", rows[f"{f}.IMP"]).mean() for f in FACTORS}
    rated = {f: score(f"{f}.SAT", rows[f"{f}.SAT"]).dropna() for f in FACTORS}
    place = {f: {"ko": measured.NAMES[f], "en": f.capitalize()}[lang] for f in FACTORS}
    stages = {f: measured.place(f"{f}.SAT")[0] for f in FACTORS}
    stage = {f: {"ko": measured.NAMES[s], "en": s.capitalize()}[lang] for f, s in stages.items()}
    columns = {key: i18n.text(f"priorities.column.{key}", lang) for key in ("item", "performance", "stated")}
    by_name = {row[columns["item"]].replace("\\", ""): row for _, row in found.iterrows()}
    for f in FACTORS:
        name = f"{stage[f]} › {place[f]}" + (f" ({i18n.text('common.measure.satisfaction', lang)})" if f == "quality" else "")
        row = by_name[name]
        assert row[columns["stated"]].replace("\\", "") == i18n.number(stated[f], lang, 1)
        want = f"{i18n.number(rated[f].mean(), lang, 1)} (n={i18n.number(len(rated[f]), lang)})"
        assert row[columns["performance"]].replace("\\", "") == want
    assert list(found.index) == ["1", "2", "3", "4", "5", "6", "–"]
    assert list(by_name)[0] == f"{stage['wait']} › {place['wait']}" and i18n.text("priorities.unplaced.not_asked", lang) in str(by_name)
    on = ("wait.SAT", "quality.PERF", "ease.SAT", "quality.SAT", "fast.SAT", "kind.SAT")
    line = sum(score(c, rows[c]).mean() for c in on) / len(on)
    said = texts(test).replace("\\", "")
    assert i18n.text("priorities.cross.said_items", lang) in said and i18n.number(line, lang, 1) in said
    assert i18n.text("priorities.quadrant.concentrate_here", lang) in said  # the reasons of the first item are open


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_item_opens_and_importance_switches_in_the_address(shown: Callable[..., AppTest], lang: str) -> None:
    test = shown(lang)
    test.selectbox(key="w:priority").set_value("question:kind.SAT").run()
    said = texts(test).replace("\\", "")
    assert held(test, "open") == "question:kind.SAT" and i18n.text("priorities.quadrant.possible_overkill", lang) in said
    value = i18n.number(score("kind.SAT", rows["kind.SAT"]).mean(), lang, 1)
    assert value in said
    test.segmented_control(key="w:priorities:importance").set_value("derived").run()
    assert held(test, "importance") == "derived" and held(test, "open") is None and not test.exception
    assert i18n.text("priorities.column.derived", lang) in table(test).columns and "R²" in texts(test)
    test.selectbox(key="w:priorities:outcome").set_value("question:recommend").run()
    assert held(test, "outcome") == "question:recommend" and not test.exception
    test.segmented_control(key="w:priorities:level").set_value("stage").run()
    assert held(test, "level") == "stage" and not test.exception and not test.error


def test_a_marketer_freezes_the_lines_and_a_viewer_cannot(
    shown: Callable[..., AppTest], deps: Deps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))
    monkeypatch.setattr(filters, "filter_bar", lambda *_, **__: None)
    test = shown()
    catalog = catalog_of(deps, LOCAL, measured.SLUG)
    lines = {w.key: w for w in test.number_input}
    key = next(k for k in lines if k.startswith("w:cross:performance"))
    lines[key].set_value(72.5)
    test.button(key="crosshair-freeze").click().run()
    kept = list_yardsticks(deps, LOCAL, catalog).crosshairs["factor:stated"]
    on = ("wait", "quality", "ease", "quality", "fast", "kind")
    assert kept.lines.performance == 72.5
    assert kept.lines.importance == pytest.approx(sum(score(f"{f}.IMP", rows[f"{f}.IMP"]).mean() for f in on) / len(on))
    said = texts(test).replace("\\", "")
    assert "72.5" in said and "local 님이 고정했습니다" in said and held(test, "cross") is None
    test.segmented_control(key="w:crosshair").set_value("items").run()
    assert held(test, "cross") == "items" and i18n.text("priorities.cross.said_items", "ko") in texts(test).replace("\\", "")
    monkeypatch.setattr(state, "actor", lambda: Actor("v", RoleName.VIEWER))
    seen = shown()
    assert not seen.exception and "crosshair-freeze" not in {b.key for b in seen.button}
    assert "local 님이 고정했습니다" in texts(seen).replace("\\", "")
    monkeypatch.setattr(state, "actor", lambda: LOCAL)
    shown().button(key="crosshair-release").click().run()
    assert list_yardsticks(deps, LOCAL, catalog).crosshairs == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_to_place_is_a_sentence_with_a_way_on(open_page: Callable[..., AppTest], tmp_path: Path, lang: str,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    made = house.build(tmp_path / "home")
    measured.build(made, slug="bare", without=("importance", "recommend", "overall", "repurchase"))
    monkeypatch.setattr(runtime, "_deps", made)
    test = open_page("priorities", lang, program="bare", period="all")
    assert not test.exception and i18n.text("priorities.no_importance", lang) in texts(test)
    assert "priorities-design" in {b.key for b in test.button}
    few = open_page("priorities", lang, program="bare", period="all", f__region="없음")
    assert i18n.text("priorities.empty", lang) in texts(few)
    house.close(made)


def test_too_few_answers_refuse_in_a_sentence_and_hostile_names_stay_text(shown: Callable[..., AppTest], deps: Deps) -> None:
    few = shown(f__region="세종")
    assert not few.exception and i18n.text("priorities.all_small", "ko") in texts(few)
    derived = shown(f__region="세종", importance="derived")
    assert not derived.exception and "산출하지 않습니다" in texts(derived)
    catalog = catalog_of(deps, LOCAL, measured.SLUG)
    hostile = Actor("[x](http://evil) **b**", RoleName.ADMIN)
    freeze(deps, hostile, catalog=catalog, chart="factor:stated", importance=50, performance=50, items=[])
    said = texts(shown())
    assert "[x](http://evil)" not in said and "evil" in said
    release(deps, LOCAL, catalog=catalog, chart="factor:stated")
