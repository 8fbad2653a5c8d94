"""The targets page in both languages against pandas on the demo; goals set, changed and refused on screen; the line of a card."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services import targets as service
from cxdash.services.actor import LOCAL
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from cxdash.services.overview import overview
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.store import targets as store
from cxdash.store.database import writing
from cxdash.ui import cache, filters
from tests.pages.conftest import TODAY, texts

DUE = date(2027, 12, 31)


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response."""
    frame = load_demo(TODAY).frame.to_pandas()
    docs = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    return pd.DataFrame(docs)


@pytest.fixture
def goals(deps: Deps) -> Iterator[Callable[..., int]]:
    """goals("nps", 45, attribute=…, value=…) sets a goal of the demo; all are taken away again."""
    cache.clear()

    def add(metric: str, goal: float, due: date = DUE, **segment: Any) -> int:
        made = service.save_target(deps, LOCAL, catalog=catalog_of(deps, "demo"), metric=metric, goal=goal, due=due, **segment).id
        cache.clear()
        return made

    yield add
    with writing(deps.engine) as session:
        for row in store.list_targets(session, program_id=catalog_of(deps, "demo").id):
            session.delete(row)
    cache.clear()


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


def nps(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return 100 * float((given >= 9).mean() - (given <= 6).mean())


def saved(deps: Deps) -> list[tuple[str, float, date, str | None, str | None]]:
    found = service.list_targets(deps, LOCAL, catalog_of(deps, "demo"))
    return [(t.metric, t.goal, t.due, t.attribute, t.value) for t in found]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_target_with_its_figure(
    goals: Callable[..., int], open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str
) -> None:
    whole = round(nps(answers))
    goals("nps", whole)
    goals("nps", -50, attribute="channel", value="store")
    goals("nps", 95, date(2026, 1, 1), attribute="branch", value="sejong")
    goals("csat", 99.5)
    test = open_page("targets", lang, period="all")
    assert not test.exception and not test.error
    said, here = plain(test), answers[answers["channel"] == "store"]
    for table, goal, verdict in ((answers, whole, "open"), (here, -50, "met")):
        value, n = i18n.number(nps(table), lang, 1), i18n.number(int(table["recommend"].count()), lang)
        gap = i18n.number(nps(table) - goal, lang, 1, signed=True)
        assert f" {value} (" in said and f"n={n})" in said and f" {gap} " in said
        assert i18n.text(f"targets.verdict.{verdict}", lang) in said
    few = answers[answers["branch"] == "sejong"]["recommend"].count()
    assert 0 < few < 10 and i18n.text("chart.hidden.small", lang, n=int(few)) in said
    assert i18n.text("targets.verdict.unknown", lang) in said and i18n.text("targets.verdict.missed", lang) in said
    top = 100 * float((answers["overall"].dropna() >= 4).mean())
    assert i18n.percent(top, lang) in said and "99.5%" in said
    assert i18n.text("targets.title", lang, n=4) in said
    assert i18n.text("targets.chart_signed", lang) in said and i18n.text("targets.chart_hundred", lang) in said


def test_an_empty_page_says_what_targets_are_for(goals: Callable[..., int], open_page: Callable[..., AppTest]) -> None:
    test = open_page("targets")
    assert not test.exception and "아직 목표가 없습니다" in plain(test) and "목표 0개" in plain(test)


def test_setting_changing_and_deleting_on_screen(
    deps: Deps, goals: Callable[..., int], open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    test = open_page("targets", period="all")
    test.button(key="target-add").click().run()
    test.selectbox(key="w:target:metric").set_value("csat").run()
    test.selectbox(key="w:target:attribute").set_value("channel").run()
    test.selectbox(key="w:target:value").set_value("store").run()
    test.number_input(key="w:target:goal").set_value(82.5)
    test.date_input(key="w:target:due").set_value(DUE)
    test.text_input(key="w:target:note").set_value("3월 경영회의 **합의**")
    test.button(key="target-save").click().run()
    assert not test.exception and not test.error and saved(deps) == [("csat", 82.5, DUE, "channel", "store")]
    assert "3월 경영회의 **합의**" in plain(test) and "\\*\\*합의" in texts(test), "said, not formatted"
    assert "만족도 (CSAT) · 직영매장" in plain(test) and "목표 82.5%" in plain(test)
    number = service.list_targets(deps, LOCAL, catalog_of(deps, "demo"))[0].id
    test.button(key=f"target-edit-{number}").click().run()
    assert (test.number_input(key="w:target:goal").value, test.selectbox(key="w:target:value").value) == (82.5, "store")
    assert test.text_input(key="w:target:note").value == "3월 경영회의 **합의**"
    test.number_input(key="w:target:goal").set_value(70.0)
    test.button(key="target-save").click().run()
    assert saved(deps) == [("csat", 70.0, DUE, "channel", "store")] and "목표 70%" in plain(test)
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda _s, _v: None))  # every drawer stands open …
    monkeypatch.setattr(filters, "filter_bar", lambda *_, **__: None)  # … but those of the filter bar
    number = service.list_targets(deps, LOCAL, catalog_of(deps, "demo"))[0].id
    test.run().button(key=f"target-delete-{number}").click().run()
    assert saved(deps) == [] and "아직 목표가 없습니다" in plain(test)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("ko", "목표는 0에서 100 사이의 값이어야 합니다."),
        ("en", "A goal must lie between 0 and 100."),
    ],
)
def test_a_goal_out_of_range_is_refused_in_a_sentence(
    deps: Deps, goals: Callable[..., int], open_page: Callable[..., AppTest], lang: str, sentence: str
) -> None:
    test = open_page("targets", lang)
    test.button(key="target-add").click().run()
    test.selectbox(key="w:target:metric").set_value("csat").run()
    test.number_input(key="w:target:goal").set_value(101.0)
    test.button(key="target-save").click().run()
    assert sentence in "\n".join(e.value for e in test.error).replace("\\", "") and saved(deps) == [] and not test.exception


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_line_of_a_card(deps: Deps, goals: Callable[..., int], lang: str) -> None:
    def page() -> None:
        from dataclasses import replace  # the script is run apart from this module

        import streamlit as st

        from cxdash.services.actor import LOCAL
        from cxdash.services.overview import overview
        from cxdash.ui import state
        from cxdash.ui.targets import target_line

        view = replace(state.view(), period="all")
        for card in overview(state.deps(), LOCAL, view=view).cards:
            st.markdown(f"{card.metric}|{target_line(card.metric, card.figure, view)}|")

    def lines(**query: str) -> dict[str, str]:
        test = AppTest.from_function(page, default_timeout=60)
        test.query_params["lang"] = lang
        for key, value in query.items():
            test.query_params[key.replace("__", ".")] = value
        test.run()
        assert not test.exception
        return {m.value.split("|")[0]: m.value.split("|")[1].replace("\\", "") for m in test.markdown}

    value = overview(deps, LOCAL, view=View(period="all")).cards[0].figure.value  # type: ignore[union-attr]
    goals("nps", round(value or 0))
    goals("csat", 10)
    goals("csat", 99, attribute="channel", value="store")
    said = {v: i18n.text(f"targets.verdict.{v}", lang) for v in ("open", "met", "missed")}
    aim = i18n.text("targets.aim", lang, goal=round(value or 0))
    found = lines()
    assert found == {
        "nps": f":gray[{aim}, {said['open']}]",
        "csat": f":green[{i18n.text('targets.aim', lang, goal='10%')}, {said['met']}]",
        "loyalty": "",
    }
    found = lines(f__channel="store")
    assert found["csat"] == f":red[{i18n.text('targets.aim', lang, goal='99%')}, {said['missed']}]"
    assert i18n.text("targets.aim_whole", lang, goal=round(value or 0)) in found["nps"]
