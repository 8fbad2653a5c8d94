"""The overview, both languages: its numbers against pandas on the demo's responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services.demo_data import load_demo
from tests.pages.conftest import TODAY, texts

LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response: its day in Seoul, attributes and answers."""
    frame = load_demo(TODAY).frame.to_pandas()
    docs = [{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)]
    table = pd.DataFrame(docs)
    table["day"] = pd.to_datetime(frame["at"]).dt.tz_convert("Asia/Seoul").dt.date
    table["weight"] = frame["weight"]
    return table


def half_year(table: pd.DataFrame) -> pd.DataFrame:
    last: date = table["day"].max()
    since = (pd.Timestamp(last) + pd.Timedelta(days=1) - pd.DateOffset(months=6)).date()
    return table[(table["day"] >= since) & (table["day"] <= last)]


def nps(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return 100 * ((given >= 9).mean() - (given <= 6).mean())


def top2(table: pd.DataFrame) -> float:
    return 100 * (table["overall"].dropna() >= 4).mean()


def metrics(test: AppTest) -> dict[str, Any]:
    return {m.label: m for m in test.metric}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headlines_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test, chosen = open_page("overview", lang), half_year(answers)
    assert not test.exception and not test.error
    shown = metrics(test)
    assert shown[i18n.text("overview.metric.nps", lang)].value == i18n.number(nps(chosen), lang, 1)
    assert shown[i18n.text("overview.metric.csat", lang)].value == i18n.percent(top2(chosen), lang)
    assert shown[i18n.text("overview.metric.responses", lang)].value == i18n.number(len(chosen), lang)
    assert i18n.number(chosen["recommend"].count(), lang) in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_filter_and_period_move_every_number(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("overview", lang, period="all", f__channel=["online", "agency"], f__customer="existing")
    chosen = answers[answers["channel"].isin(["online", "agency"]) & (answers["customer"] == "existing")]
    assert 0 < len(chosen) < len(answers)
    shown = metrics(test)
    assert shown[i18n.text("overview.metric.nps", lang)].value == i18n.number(nps(chosen), lang, 1)
    assert shown[i18n.text("overview.metric.responses", lang)].value == i18n.number(len(chosen), lang)
    chips = [b.label for b in test.button if b.key and b.key.startswith("chip:")]
    assert len([c for c in chips if "✕" in c]) == 3


def test_a_chip_taken_off_widens_the_selection(open_page: Callable[..., AppTest], answers: pd.DataFrame) -> None:
    test = open_page("overview", period="all", f__channel="online", f__customer="existing")
    test.button(key="chip:customer:existing").click().run()
    chosen = answers[answers["channel"] == "online"]
    assert metrics(test)["응답 수"].value == i18n.number(len(chosen), "ko")
    assert "f.customer" not in test.query_params


def test_no_arrow_without_a_significant_change(open_page: Callable[..., AppTest]) -> None:
    small = open_page("overview", period="30d", f__branch="jeju")
    for metric in small.metric:
        assert "유의" not in (metric.delta or "")


def test_hidden_under_the_minimum_base(open_page: Callable[..., AppTest], answers: pd.DataFrame) -> None:
    few = answers[answers["branch"] == "sejong"]
    assert 0 < len(few) < 10
    test = open_page("overview", period="all", f__branch="sejong")
    assert "NPS" not in metrics(test) and "표본 부족" in texts(test)


def test_weighted_says_so(open_page: Callable[..., AppTest], answers: pd.DataFrame) -> None:
    test = open_page("overview", period="all", weighted="1")
    given = answers.dropna(subset=["recommend"])
    weights = given["weight"]
    want = 100 * (weights[given["recommend"] >= 9].sum() - weights[given["recommend"] <= 6].sum()) / weights.sum()
    assert metrics(test)["NPS"].value == i18n.number(want, "ko", 1)
    assert "가중치 적용" in texts(test)


def test_nothing_matches(open_page: Callable[..., AppTest]) -> None:
    test = open_page("overview", period="all", f__branch="no such branch")
    assert not test.exception and "맞는 응답이 없습니다" in texts(test) and not test.metric


@pytest.mark.parametrize("address", [
    {"program": "<script>alert(1)</script>"}, {"program": "../../etc/passwd"}, {"period": "custom", "since": "9999-99-99"},
    {"by": "' OR 1=1 --"}, {"metric": "__import__"}, {"f__x": "y"}, {"f__wave": "\u0000"}])
def test_hostile_addresses_never_break_the_page(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = open_page("overview", **address)
    assert not test.exception
    assert "예상하지 못한" not in texts(test)
