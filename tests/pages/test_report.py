"""The executive page on screen, both languages: its sentences against pandas on the demo's responses."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.export import pdf
from cxdash.services.demo_data import load_demo
from tests.pages.conftest import TODAY, texts

LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    frame = load_demo(TODAY).frame.to_pandas()
    table = pd.DataFrame([{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)])
    return table.assign(day=pd.to_datetime(frame["at"]).dt.tz_convert("Asia/Seoul").dt.date)


def half_years(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last half year and the one before."""
    ends = pd.Timestamp(table["day"].max()) + pd.Timedelta(days=1)
    begin, before = ((ends - pd.DateOffset(months=m)).date() for m in (6, 12))
    return table[table["day"] >= begin], table[(table["day"] >= before) & (table["day"] < begin)]


def nps(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return 100 * ((given >= 9).mean() - (given <= 6).mean())


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str) -> None:
    test = open_page("report", lang)
    assert not test.exception and not test.error
    now, before = half_years(answers)
    said = plain(test)
    gap = i18n.number(nps(now) - nps(before), lang, 1)
    assert nps(now) > nps(before)
    want = {"ko": f"NPS가 비교 기간보다 {gap}점 올라 {i18n.number(nps(now), lang, 1)}입니다.",
            "en": f"NPS rose by {gap} points against the comparison period, to {i18n.number(nps(now), lang, 1)}."}
    assert want[lang] in said
    prospects, existing = (now[now["customer"] == c] for c in ("prospect", "existing"))
    assert i18n.number(nps(existing), lang, 1) in said and i18n.number(nps(existing) - nps(prospects), lang, 1) in said
    assert i18n.number(now["recommend"].count(), lang) in said
    if lang == "en":
        assert not [c for c in said if "가" <= c <= "힣"]


def painted(test: AppTest) -> AppTest:
    """The page once its paper has been drawn: until then a sheet of the same size says so."""
    for _ in range(200):
        if test.get("image") or test.error:
            return test
        time.sleep(0.3)
        test.run()
    raise AssertionError("the paper was not drawn")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_words_do_not_wait_for_the_paper(
    open_page: Callable[..., AppTest], lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    original = pdf.preview
    monkeypatch.setattr(pdf, "preview", lambda document: go.wait(30) and original(document))
    test = open_page("report", lang, by="region")
    assert "NPS" in texts(test) and not test.get("image") and i18n.text("report.drawing", lang) in test.get("html")[0].proto.body
    go.set()
    assert painted(test).get("image")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_itself_and_two_files(open_page: Callable[..., AppTest], lang: str) -> None:
    test = painted(open_page("report", lang, by="branch"))
    (image,) = test.get("image")
    assert image.proto.imgs[0].url and i18n.text("report.title", lang).lower() in image.proto.imgs[0].alt.lower()
    labels = {e.label for e in test.get("download_button")}
    assert labels == {i18n.text("report.get_pdf", lang), i18n.text("report.get_xlsx", lang)}


def test_nothing_significant_is_said_so(open_page: Callable[..., AppTest]) -> None:
    test = open_page("report", vs="none", by="tier", f__customer="existing", f__tier="vip")
    assert not test.exception and "뚜렷한 변화가 없습니다" in plain(test) and "▲" not in plain(test)


def test_metric_and_attribute_are_chosen_here(open_page: Callable[..., AppTest]) -> None:
    test = open_page("report")
    test.selectbox(key="w:report:by").select("channel").run()
    test.selectbox(key="w:report:metric").select("csat").run()
    assert not test.exception and (test.query_params["by"], test.query_params["metric"]) == ("channel", "csat")
    assert "만족도 (CSAT)" in plain(test)


def test_nothing_matches(open_page: Callable[..., AppTest]) -> None:
    test = open_page("report", period="all", f__branch="no such branch")
    assert not test.exception and "맞는 응답이 없습니다" in texts(test) and not test.get("download_button")


@pytest.mark.parametrize("address", [
    {"period": "all", "f__branch": "sejong"}, {"period": "all", "vs": "rest", "f__channel": "store"}, {"weighted": "1", "clean": "1"},
    {"period": "custom", "since": "2026-10-01", "until": "2026-10-03"}, {"vs": "segment", "v__channel": "online", "f__channel": "store"},
    {"metric": "stage:nowhere"}, {"by": "' OR 1=1 --"}, {"grain": "week", "period": "12m"}])
def test_any_view_has_its_page(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = painted(open_page("report", **address))
    assert not test.exception and not test.error and test.get("image")
