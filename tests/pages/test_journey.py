"""The journey page, both languages: its numbers against pandas on the demo's responses, and what it says where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n, runtime
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from tests import house
from tests.pages.conftest import TODAY, texts
from tests.services import journeys

LANGUAGES = ("ko", "en")
STAGES = ("awareness", "search", "consideration", "purchase", "delivery", "installation", "use", "service", "disposal")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response: its day in Seoul, attributes and answers."""
    frame = load_demo(TODAY).frame.to_pandas()
    table = pd.DataFrame([{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)])
    table["day"] = pd.to_datetime(frame["at"]).dt.tz_convert("Asia/Seoul").dt.date
    table["weight"] = frame["weight"]
    return table


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    """Programmes of other shapes than the demo's: unlike scales with a small stage, and one without stages."""
    deps = house.build(tmp_path_factory.mktemp("shapes"))
    journeys.add(deps)
    journeys.add(deps, 60, slug="stageless", items=(journeys.Item("again", measure="repurchase"),), stages=())
    journeys.add(deps, 60, slug="plain", stages=("인지",), items=(journeys.Item("a", "인지"),), groups=("하나", "둘"))
    yield deps
    house.close(deps)


@pytest.fixture
def other(built: Deps, deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Deps:
    monkeypatch.setattr(runtime, "_deps", built)
    return built


def half_year(table: pd.DataFrame) -> pd.DataFrame:
    last: date = table["day"].max()
    since = (pd.Timestamp(last) + pd.Timedelta(days=1) - pd.DateOffset(months=6)).date()
    return table[(table["day"] >= since) & (table["day"] <= last)]


def mean100(table: pd.DataFrame, code: str, w: pd.Series | None = None) -> float:
    """A 1-5 item on 0-100."""
    given = table[code].dropna()
    weight = pd.Series(1.0, index=given.index) if w is None else w[given.index]
    return float(25 * ((given - 1) * weight).sum() / weight.sum())


def metrics(test: AppTest) -> dict[str, Any]:
    return {m.label: m for m in test.metric}


def held(test: AppTest, key: str) -> str:
    found = test.query_params[key]
    return found if isinstance(found, str) else found[0]


def charts(test: AppTest) -> dict[str, pl.DataFrame]:
    """Key of a chart without its turn -> the table it was sent."""
    import pyarrow as pa

    found = {}
    for chart in test.get("vega_lite_chart") or test.get("arrow_vega_lite_chart"):
        data = chart.proto.data.data if chart.proto.HasField("data") else chart.proto.datasets[0].data.data
        frame = pl.from_arrow(pa.ipc.open_stream(data).read_all())
        assert isinstance(frame, pl.DataFrame)
        found[next(name for name, column in KINDS.items() if set(column) <= set(frame.columns))] = frame
    return found


KINDS = {"heat": ("x_order", "stage"), "answers": ("question", "answer"), "rows": ("key", "average")}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_numbers_against_pandas(open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str, weighted: bool) -> None:
    test = open_page("journey", lang, f__customer="existing", by="channel", **({"weighted": "1"} if weighted else {}))
    assert not test.exception and not test.error
    chosen = half_year(answers[answers["customer"] == "existing"])
    w = chosen["weight"] if weighted else None
    want = {code: mean100(chosen, f"s_{code}", w) for code in STAGES}
    shown = metrics(test)
    assert shown[i18n.text("journey.index", lang)].value == i18n.number(sum(want.values()) / len(want), lang, 1)
    assert shown[i18n.text("journey.best", lang)].value == i18n.number(max(want.values()), lang, 1)
    assert shown[i18n.text("journey.worst", lang)].value == i18n.number(min(want.values()), lang, 1)
    drawn = charts(test)
    assert drawn["rows"]["value"].to_list() == pytest.approx([want[code] for code in STAGES])
    assert drawn["rows"]["n_text"].to_list() == [i18n.number(chosen[f"s_{code}"].count(), lang) for code in STAGES]
    cells = drawn["heat"].filter((pl.col("kind") == "cell") & (pl.col("pick") == "online")).sort("y_order")
    online = chosen[chosen["channel"] == "online"]
    ours = [i18n.number(mean100(online, f"s_{code}", w), lang, 1) for code in STAGES]
    assert [text.split(" ")[0] for text in cells["text"]] == ours
    assert cells["n_text"].to_list() == [i18n.number(online[f"s_{code}"].count(), lang) for code in STAGES]
    assert (i18n.text("journey.weighted", lang) in texts(test)) == weighted


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_opened_stage_shows_touchpoint_questions_and_their_answers(
    open_page: Callable[..., AppTest], answers: pd.DataFrame, lang: str
) -> None:
    test = open_page("journey", lang, period="all", open="delivery", f__channel=["online", "store"])
    chosen = answers[answers["channel"].isin(["online", "store"])]
    assert not test.exception and i18n.text("journey.open.title", lang, stage={"ko": "배달", "en": "Delivery"}[lang]) in texts(test)
    frame = charts(test)["answers"]
    given = chosen["f_on_time"].dropna()
    about, asked = {"ko": ("약속 시간", "만족"), "en": ("on time", "satisfied")}[lang]  # what was expected stands there too
    parts = frame.filter((pl.col("kind") == "part") & pl.col("question").str.contains(about) & pl.col("question").str.contains(asked))
    assert parts["n_text"].to_list() == [i18n.number(int((given == p).sum()), lang) for p in range(1, 6)]
    assert parts["share"].to_list() == [i18n.percent(100 * (given == p).mean(), lang) for p in range(1, 6)]
    assert any(i18n.number(mean100(chosen, "f_on_time"), lang, 1) in str(text) for text in frame.filter(pl.col("kind") == "text")["text"])


def test_the_address_opens_and_the_button_closes_a_stage(open_page: Callable[..., AppTest]) -> None:
    test = open_page("journey", period="all", open="use", f__channel="store")
    assert "사용: 접점과 문항" in texts(test).replace("\\", "")
    test.button(key="stage-close").click().run()
    assert "open" not in test.query_params and ": 접점과 문항" not in texts(test).replace("\\", "")
    test.selectbox(key="w:open").set_value("service").run()
    assert held(test, "open") == "service" and "AS: 접점과 문항" in texts(test).replace("\\", "")
    test.button(key="chip:channel:store").click().run()
    assert held(test, "open") == "service", "what is open stays open when the selection changes"
    test.button(key="stage-filter").click().run()
    assert held(test, "f.stage") == "service"


def test_another_programme_begins_closed(open_page: Callable[..., AppTest]) -> None:
    from cxdash.ui import state

    test = open_page("journey", period="all", open="use")
    test.button(key="stage-filter").click().run()
    assert held(test, "open") == "use"
    shown: list[dict[str, list[str]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state.st, "query_params", Address({"open": ["use"], "program": ["demo"]}, shown))
        patch.setattr(state.st, "session_state", {})
        state.show(state.View(program="other"))
        state.show(state.View(program="demo", period="all"))
    assert [q.get("open") for q in shown] == [None, ["use"]]


class Address(dict[str, list[str]]):
    """The address bar, which tells what is put into it."""

    def __init__(self, held: dict[str, list[str]], shown: list[dict[str, list[str]]]) -> None:
        super().__init__(held)
        self.shown = shown

    def get_all(self, key: str) -> list[str]:
        return self[key]

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        return self[key][-1] if key in self else default

    def from_dict(self, query: dict[str, list[str]]) -> None:
        self.shown.append(query)


def test_an_attribute_is_chosen_for_the_heat_map(open_page: Callable[..., AppTest]) -> None:
    test = open_page("journey", period="all")
    test.selectbox(key="w:heat-by").set_value("age").run()
    assert held(test, "by") == "age"
    assert set(charts(test)["heat"].filter(pl.col("kind") == "cell")["segment"]) >= {"20대", "30대", "40대", "50대", "60대 이상"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_unlike_scales_and_small_stages_are_said(other: Deps, open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("journey", lang, program="journey", period="all", by="group")
    said = texts(test).replace("\\", "")
    assert not test.exception and not test.error
    assert {"ko": "0~10점: 배송", "en": "0–10: Stage 배송"}[lang] in said
    assert {"ko": "여러 척도의 문항 평균: 구매", "en": "several scales: Stage 구매"}[lang] in said
    assert {"ko": "점수를 내지 않는 단계: 사용", "en": "without a score: Stage 사용"}[lang] in said
    assert i18n.text("journey.index.hidden", lang).replace("%", "") in said.replace("%", "")
    rows = charts(test)["rows"]
    assert rows.height == 4 and rows["value"][3] is None and "n=5" in rows["hidden"][3]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_programme_without_stages_has_a_way_forward(other: Deps, open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("journey", lang, program="stageless", open="배송")
    assert not test.exception and i18n.text("journey.none.title", lang) in texts(test).replace("\\", "")
    assert test.button(key="journey-import").label == i18n.text("journey.none.go", lang) and not test.metric


def test_one_stage_without_touchpoints_lists_its_questions(other: Deps, open_page: Callable[..., AppTest]) -> None:
    test = open_page("journey", program="plain", period="all", by="group", open="인지")
    said = texts(test).replace("\\", "")
    assert i18n.text("journey.index.one", "ko") in said and i18n.text("journey.open.no_touchpoints", "ko") in said
    assert charts(test)["answers"].filter(pl.col("kind") == "part").height == 5


def test_a_stage_that_is_gone_and_nothing_that_matches(open_page: Callable[..., AppTest]) -> None:
    gone = open_page("journey", open="<b>없는 단계</b>")
    assert not gone.exception and "없는 단계" in texts(gone) and "단계를 골라 주세요" in texts(gone)
    empty = open_page("journey", period="all", f__branch="no such branch")
    assert not empty.exception and "맞는 응답이 없습니다" in texts(empty) and not empty.metric


@pytest.mark.parametrize("address", [{"open": "' OR 1=1 --"}, {"open": "\u0000"}, {"by": "__class__"}, {"open": "a" * 5000}])
def test_hostile_addresses_never_break_the_page(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = open_page("journey", **address)
    assert not test.exception and "예상하지 못한" not in texts(test)


def test_the_page_is_in_the_menu_after_the_overview() -> None:
    from cxdash.ui.navigation import MENU

    names = [item.name for item in MENU]
    assert names.index("journey") == names.index("overview") + 1 and (Path(__file__).parents[2] / "pages" / "journey.py").is_file()
