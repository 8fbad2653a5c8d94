"""The compare page in both languages: both sides against pandas, what it says of them, and the ways to choose a comparison."""

# ruff: noqa: F811  (fixtures of another module are parameters here)
from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from tests.pages.conftest import texts
from tests.pages.test_overview import LANGUAGES, answers, half_year, nps, top2  # noqa: F401
from tests.pages.test_trends import drawn


def half_before(table: pd.DataFrame) -> pd.DataFrame:
    first: date = half_year(table)["day"].min()
    last = table["day"].max()
    since = (pd.Timestamp(last) + pd.Timedelta(days=1) - pd.DateOffset(months=6)).date()
    start = (pd.Timestamp(since) - pd.DateOffset(months=6)).date()
    assert first >= since
    return table[(table["day"] >= start) & (table["day"] < since)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_both_sides_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("compare", lang)
    assert not test.exception and not test.error
    now, before = half_year(answers), half_before(answers)
    shown = test.dataframe[0].value
    first, second = shown.iloc[0], shown.iloc[1]
    assert (
        first.iloc[1].startswith(i18n.number(nps(now), lang, 1) + " (")
        and f"n={i18n.number(now['recommend'].count(), lang)}" in first.iloc[1]
    )
    assert first.iloc[2].startswith(i18n.number(nps(before), lang, 1) + " (")
    assert first.iloc[3].startswith(i18n.number(nps(now) - nps(before), lang, 1, signed=True) + " (")
    assert second.iloc[1].startswith(i18n.percent(top2(now), lang)) and second.iloc[2].startswith(i18n.percent(top2(before), lang))
    words = texts(test).replace("\\", "")
    for rows in (now, before):
        assert i18n.text("compare.n", lang, n=i18n.number(len(rows), lang)) in words
    assert "Benjamini–Hochberg" in words


@pytest.mark.parametrize("lang", LANGUAGES)
def test_why_it_moved_adds_up_on_the_page(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("compare", lang, by="customer")
    now, before = half_year(answers), half_before(answers)
    now, before = now[now["recommend"].notna()], before[before["recommend"].notna()]
    mix = score = 0.0
    for value in ("existing", "prospect"):
        a, b = now[now["customer"] == value], before[before["customer"] == value]
        w1, w0 = len(a) / len(now), len(b) / len(before)
        mix += (w1 - w0) * (nps(a) + nps(b)) / 2
        score += (nps(a) - nps(b)) * (w0 + w1) / 2
    assert mix + score == pytest.approx(nps(now) - nps(before))
    said = texts(test).replace("\\", "")
    for value in (nps(now) - nps(before), mix, score):
        assert i18n.number(value, lang, 1, signed=True) in said
    assert len(drawn(test)) == 2 and i18n.text("compare.why.explained", lang) in said


def test_a_segment_against_another(open_page: Callable[..., AppTest], answers: pd.DataFrame) -> None:
    test = open_page("compare", period="all", f__channel="online", vs="segment", v__channel="store", weighted="1")
    shown = test.dataframe[0].value.iloc[0]
    for column, value in ((1, "online"), (2, "store")):
        rows = answers[(answers["channel"] == value) & answers["recommend"].notna()]
        w = rows["weight"]
        want = 100 * (w[rows["recommend"] >= 9].sum() - w[rows["recommend"] <= 6].sum()) / w.sum()
        assert shown.iloc[column].startswith(i18n.number(want, "ko", 1) + " (")
    assert "직영매장" in texts(test) and "온라인" in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_comparison_offers_the_four(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("compare", lang, period="all")
    assert i18n.text("compare.nothing", lang) in texts(test) and not test.dataframe
    offered = [b.key for b in test.button if b.key and b.key.startswith("offer-")]
    assert offered == ["offer-previous", "offer-period", "offer-rest", "offer-segment"]
    for key in offered:
        again = open_page("compare", lang, period="all")
        again.button(key=key).click().run()
        assert not again.exception and len(again.dataframe) == 1 and i18n.text("compare.nothing", lang) not in texts(again), key


def test_shared_respondents_are_said(open_page: Callable[..., AppTest]) -> None:
    test = open_page("compare", f__channel="online", vs="segment", v__channel=["online", "store"])
    assert i18n.text("compare.overlap", "ko") in texts(test)
    verdicts = set(test.dataframe[0].value.iloc[:, 4])
    assert verdicts == {i18n.text("compare.verdict.overlap", "ko")}


def test_an_empty_side_offers_others(open_page: Callable[..., AppTest]) -> None:
    test = open_page("compare", vs="period", vs__since="1999-01-01", vs__until="1999-02-01")
    assert not test.exception and i18n.text("compare.empty_side", "ko") in texts(test) and not test.dataframe


def test_a_small_side_is_hidden_everywhere(open_page: Callable[..., AppTest]) -> None:
    test = open_page("compare", period="all", f__branch="sejong", vs="rest")
    shown = test.dataframe[0].value
    assert all(shown.iloc[:, 3] == i18n.NOTHING) and not any("(9" in cell and "–" in cell for cell in shown.iloc[:, 1])
    assert i18n.text("compare.why.hidden", "ko") in texts(test)


def test_choosing_the_attribute(open_page: Callable[..., AppTest]) -> None:
    test = open_page("compare")
    test.selectbox(key="w:by").set_value("region").run()
    assert test.query_params["by"] == "region" and not test.exception
    test.selectbox(key="w:metric").set_value("loyalty").run()
    assert test.query_params["metric"] == "loyalty" and "로열티" in drawn(test)[1]
