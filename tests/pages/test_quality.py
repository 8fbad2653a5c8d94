"""The data quality page, both languages: its numbers against pandas on the demo's responses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services import quality
from cxdash.services.actor import LOCAL
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from tests.pages.conftest import TODAY, texts

LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response: its answers, and whether it is straight by the rule said in plain words."""
    demo = load_demo(TODAY)
    scales: dict[tuple[int, int], list[str]] = {}
    for q in demo.program["questions"]:
        if q.get("lo") is not None and q["measure"] not in ("multi", "comment", "attribute"):
            scales.setdefault((q["lo"], q["hi"]), []).append(q["code"])
    frame = demo.frame.to_pandas()
    docs = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    given = [[[d[c] for c in codes if d.get(c) is not None] for codes in scales.values()] for d in docs]
    return pd.DataFrame(docs).assign(straight=[any(len(g) >= 5 and len(set(g)) == 1 for g in each) for each in given])


def nps(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return 100 * ((given >= 9).mean() - (given <= 6).mean())


def shown(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_counts_and_effect_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("quality", lang, period="all")
    assert not test.exception and not test.error
    straight = int(answers["straight"].sum())
    assert 20 < straight < len(answers) / 10
    assert shown(test)[i18n.text("quality.kind.straight", lang)] == i18n.text("quality.count", lang, n=straight)
    assert i18n.text("quality.kind.speeder", lang) not in shown(test) and i18n.text("quality.no_times", lang) in texts(test)
    effects = test.dataframe[0].value
    line = effects[effects.iloc[:, 0] == "NPS"].iloc[0].tolist()
    clean = answers[~answers["straight"]]
    assert line[1].startswith(i18n.number(nps(answers), lang, 1) + " (") and line[3].startswith(i18n.number(nps(clean), lang, 1) + " (")
    assert line[2] == i18n.number(answers["recommend"].count(), lang) and line[4] == i18n.number(clean["recommend"].count(), lang)
    assert line[5] == i18n.number(nps(clean) - nps(answers), lang, 1, signed=True)


def test_the_switch_is_in_the_address_and_a_chip_takes_it_off(open_page: Callable[..., AppTest], answers: pd.DataFrame) -> None:
    test = open_page("quality", period="all")
    test.toggle(key="w:clean:page").set_value(True).run()
    assert list(test.query_params["clean"]) == ["1"]
    kept = i18n.number(int((~answers["straight"]).sum()), "ko")
    assert f"응답 {kept}건" in texts(test)
    test.button(key="chip:filter.clean").click().run()
    assert "clean" not in test.query_params and f"응답 {kept}건" not in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_overview_without_careless_responses_against_pandas(
    open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str
) -> None:
    test = open_page("overview", lang, period="all", clean="1")
    clean = answers[~answers["straight"]]
    assert shown(test)["NPS"] == i18n.number(nps(clean), lang, 1)
    assert shown(test)[i18n.text("overview.metric.responses", lang)] == i18n.number(len(clean), lang)
    assert [b.label for b in test.button if b.key == "chip:filter.clean"] == [i18n.text("filter.clean", lang) + " ✕"]


def test_the_list_has_every_careless_response_page_by_page(open_page: Callable[..., AppTest], deps: Deps, answers: pd.DataFrame) -> None:
    test = open_page("quality", period="all", page="2")
    listed = test.dataframe[1].value
    want = quality.marked(deps, LOCAL, view=quality.View(period="all"), number=2)
    assert listed.iloc[:, 0].tolist() == [r.id for r in want.rows] and want.total == int(answers["straight"].sum())
    assert set(listed.iloc[:, 1]) == {"한 줄 응답"}


def test_nothing_matches(open_page: Callable[..., AppTest]) -> None:
    test = open_page("quality", period="all", f__branch="no such branch")
    assert not test.exception and "맞는 응답이 없습니다" in texts(test) and not test.metric
