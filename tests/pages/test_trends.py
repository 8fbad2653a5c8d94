"""The trends page in both languages: its points against pandas, its sentences, its designed empty states."""

# ruff: noqa: F811  (fixtures of another module are parameters here)
from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from tests.pages.conftest import texts
from tests.pages.test_overview import LANGUAGES, answers, nps, top2  # noqa: F401


def drawn(test: AppTest) -> list[str]:
    """What the charts are read out with."""
    found: list[str] = []

    def walk(block: Any) -> None:
        for child in getattr(block, "children", {}).values():
            body = str(getattr(getattr(child, "proto", None), "body", "")) if getattr(child, "type", "") == "html" else ""
            found.extend([unescape(body.partition(">")[2].removesuffix("</p>"))] if 'class="cx-said"' in body else [])
            walk(child)

    walk(test.main)
    return found


def months(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return dict(list(table.groupby(pd.to_datetime(table["day"]).dt.strftime("%Y-%m"))))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_first_and_last_month_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("trends", lang, period="all", grain="month", f__channel="online")
    assert not test.exception and not test.error
    parts = list(months(answers[answers["channel"] == "online"]).values())
    said = drawn(test)[0]
    for rows in (parts[0], parts[-1]):
        assert i18n.number(nps(rows), lang, 1) in said
    values = [nps(rows) for rows in parts if rows["recommend"].count() >= 10]
    assert i18n.number(max(values), lang, 1) in said and i18n.number(min(values), lang, 1) in said
    assert i18n.number(parts[-1]["recommend"].count(), lang) in said
    assert i18n.text("trends.signals", lang) in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_split_names_every_line(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("trends", lang, period="all", grain="wave", by="customer", metric="csat")
    said = drawn(test)[0]
    waves = sorted(pd.to_datetime(answers["day"]).dt.to_period("Q").unique())
    for value in ("existing", "prospect"):
        rows = answers[answers["customer"] == value]
        last = rows[pd.to_datetime(rows["day"]).dt.to_period("Q") == waves[-1]]
        assert i18n.percent(top2(last), lang) in said, value
    assert i18n.text("trends.no_limits_split", lang) in texts(test)
    test.button(key="trends-unsplit").click().run()
    assert "by" not in test.query_params and not test.exception


def test_choices_go_into_the_address(open_page: Callable[..., AppTest]) -> None:
    test = open_page("trends", period="all")
    test.selectbox(key="w:metric").set_value("stage:delivery").run()
    assert test.query_params["metric"] == "stage:delivery" and not test.exception
    test.selectbox(key="w:by").set_value("tier").run()
    assert test.query_params["by"] == "tier"
    test.segmented_control(key="w:grain").set_value("quarter").run()
    assert test.query_params["grain"] == "quarter" and "배" in drawn(test)[0]


def test_too_few_periods_offer_the_whole_time(open_page: Callable[..., AppTest]) -> None:
    test = open_page("trends")
    assert i18n.text("trends.no_limits_few", "ko") in texts(test)
    test.button(key="trends-longer").click().run()
    assert test.query_params["period"] == "all" and i18n.text("trends.no_limits_few", "ko") not in texts(test)
    assert "관리" in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_single_wave_is_a_sentence(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("trends", lang, period="wave", grain="wave")
    assert not test.exception and i18n.text("trends.one_wave_chosen", lang) in texts(test) and not drawn(test)


def test_nothing_matches(open_page: Callable[..., AppTest]) -> None:
    test = open_page("trends", f__branch="no such branch")
    assert not test.exception and i18n.text("trends.empty", "ko") in texts(test)


@pytest.mark.parametrize("address", [{"metric": "stage:<script>"}, {"by": "' OR 1=1"}, {"grain": "eon"}, {"metric": "question:\u0000"}])
def test_hostile_addresses(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = open_page("trends", **address)
    assert not test.exception and not test.error and json.dumps(drawn(test))
