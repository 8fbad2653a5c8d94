"""The segments page, both languages: its numbers against pandas on the demo's responses, and what it says where there are none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, i18n, runtime
from cxdash.services.catalog import Catalog
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from cxdash.services.programs import catalog_of
from tests import house
from tests.pages.conftest import TODAY, texts
from tests.services import making
from tests.services.survey import respondent, valued, weights

LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    """One row per demo response: its day in Seoul, attributes and answers."""
    frame = load_demo(TODAY).frame.to_pandas()
    table = pd.DataFrame([{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)])
    table["day"] = pd.to_datetime(frame["at"]).dt.tz_convert("Asia/Seoul").dt.date
    return table.assign(weight=frame["weight"], wave=frame["wave"], source=frame["source"])


@pytest.fixture(scope="module")
def catalog(home: Deps) -> Catalog:
    return catalog_of(home, "demo")


def half_year(table: pd.DataFrame) -> pd.DataFrame:
    last: date = table["day"].max()
    since = (pd.Timestamp(last) + pd.Timedelta(days=1) - pd.DateOffset(months=6)).date()
    return table[(table["day"] >= since) & (table["day"] <= last)]


def crosstab(test: AppTest) -> pd.DataFrame:
    """The crosstab in text, asked for where it is not shown yet."""
    if not test.table:
        test.toggle(key="w:crosstab:text").set_value(True).run()
    [found] = test.table
    return found.value


def cell(text: str) -> tuple[str, str]:
    """Value and n as a reader sees them, marks of Markdown taken away."""
    value, _, n = re.sub(r":\w+\[|[\]*†()]", "", text).partition("  \n")
    return value.split("\N{NO-BREAK SPACE}")[0], n.removeprefix("n=")


def said(value: float, lang: str, *, percent: bool = False) -> str:
    return i18n.percent(value, lang, 1) if percent else i18n.number(value, lang, 1)


def labels(catalog: Catalog, key: str, lang: str) -> dict[str, str]:
    return dict(catalog.attribute(key).labels[lang])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_two_attributes_crossed_against_pandas(
    open_page: Callable[..., AppTest], answers: pd.DataFrame, catalog: Catalog, lang: str
) -> None:
    test = open_page("segments", lang, metric="csat", by="channel", across="tier", f__customer="existing")
    assert not test.exception and not test.error
    chosen = half_year(answers)
    chosen = chosen[chosen["customer"] == "existing"]
    values, table, shown = respondent("csat", chosen, catalog), crosstab(test), 0
    rows, columns = labels(catalog, "channel", lang), labels(catalog, "tier", lang)
    for row, name in rows.items():
        for j, (column, title) in enumerate(columns.items()):
            part = values[(chosen["channel"] == row) & (chosen["tier"] == column)].dropna()
            header = next(c for c in table.columns if re.sub(r"\\", "", c) == f"{title} ({'ABCDEF'[j]})")
            value, n = cell(table.loc[name, header])
            assert n == i18n.number(len(part), lang)
            if value != i18n.NOTHING:
                assert value == said(part.mean(), lang, percent=True) and len(part) >= 10
                shown += 1
        part = values[chosen["channel"] == row].dropna()
        assert cell(table.loc[name].iloc[0]) == (said(part.mean(), lang, percent=True), i18n.number(len(part), lang))
    assert shown >= 12
    total = values.dropna()
    assert cell(table.iloc[-1, 0]) == (said(total.mean(), lang, percent=True), i18n.number(len(total), lang))
    assert i18n.number(len(chosen), lang) in texts(test)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_metrics_by_one_attribute_against_pandas(
    open_page: Callable[..., AppTest], answers: pd.DataFrame, catalog: Catalog, lang: str
) -> None:
    test = open_page("segments", lang, by="age", period="all", weighted="1")
    table, w = crosstab(test), weights(answers, True)
    ages = labels(catalog, "age", lang)
    assert list(table.index)[:3] == [i18n.escape(i18n.text(f"overview.metric.{m}", lang)) for m in ("nps", "csat", "loyalty")]
    for i, metric in enumerate(("nps", "csat", "loyalty")):
        values = respondent(metric, answers, catalog)
        for j, age in enumerate(ages):
            n, want = valued(values[answers["age"] == age], w[answers["age"] == age])
            assert cell(table.iloc[i, j + 1]) == (said(want, lang, percent=metric == "csat"), i18n.number(n, lang))
    assert i18n.text("overview.weighted", lang) in texts(test)
    scores = respondent("nps", answers, catalog)
    parts = {name: answers["age"] == age for age, name in ages.items()} | {i18n.text("chart.segment.none", lang): answers["age"].isna()}
    means = {name: valued(scores[part], w[part])[1] for name, part in parts.items()}
    best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    caption = next(c.value.replace("\\", "") for c in test.caption if best in c.value)
    assert f"{best}" in caption and said(means[best], lang) in caption and worst in caption and said(means[worst], lang) in caption


def test_choices_go_into_the_address_and_move_the_numbers(
    open_page: Callable[..., AppTest], answers: pd.DataFrame, catalog: Catalog
) -> None:
    test = open_page("segments", period="all")
    test.selectbox(key="w:segments:metric").set_value("stage:use").run()
    test.selectbox(key="w:segments:by").set_value("tier").run()
    test.selectbox(key="w:segments:across").set_value("channel").run()
    assert not test.exception
    assert [test.query_params[k] for k in ("metric", "by", "across")] == ["stage:use", "tier", "channel"]
    values = respondent("stage:use", answers, catalog)
    vip = values[answers["tier"] == "vip"].dropna()
    assert cell(crosstab(test).loc[labels(catalog, "tier", "ko")["vip"]].iloc[0]) == (said(vip.mean(), "ko"), i18n.number(len(vip), "ko"))
    test.button(key="segment-swap").click().run()
    assert [test.query_params[k] for k in ("by", "across")] == ["channel", "tier"]
    test.selectbox(key="w:segments:across").set_value(None).run()
    assert "across" not in test.query_params and list(crosstab(test).index)[0] == "NPS"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_order_is_part_of_the_address(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("segments", lang, by="age")
    ranked = [str(c.value) for c in test.caption]
    test.segmented_control(key="w:segments:order").set_value("natural").run()
    assert test.query_params["order"] in ("natural", ["natural"]) and not test.exception
    test.selectbox(key="w:segments:metric").set_value("csat").run()
    assert test.query_params["order"] in ("natural", ["natural"]), "another metric keeps the order"
    shared = open_page("segments", lang, by="age", metric="csat", order="natural")
    assert shared.segmented_control(key="w:segments:order").value == "natural"
    shared.segmented_control(key="w:segments:order").set_value("ranked").run()
    assert "order" not in shared.query_params and ranked
    strange = open_page("segments", lang, by="age", order="<script>")
    assert strange.segmented_control(key="w:segments:order").value == "ranked" and not strange.exception


def test_every_metric_can_be_chosen_by_a_name_of_its_own(open_page: Callable[..., AppTest]) -> None:
    for lang in LANGUAGES:
        test = open_page("segments", lang)
        offered = test.selectbox(key="w:segments:metric").options
        assert len(offered) == len(set(offered)) > 30
        assert offered[0] == "NPS" and any(o.startswith(("단계 · ", "Stage · ")) for o in offered)


def test_small_bases_are_hidden_or_marked(open_page: Callable[..., AppTest], answers: pd.DataFrame, catalog: Catalog) -> None:
    test = open_page("segments", by="branch", across="age", period="90d")
    branch = labels(catalog, "branch", "ko")["sejong"]
    if i18n.escape(branch) in crosstab(test).index:
        assert all(cell(text)[0] == i18n.NOTHING for text in crosstab(test).loc[i18n.escape(branch)])
    for text in crosstab(test).to_numpy().ravel():
        value, n = cell(text)
        size = int(n.replace(",", "")) if n else 0
        assert size >= 10 or value == i18n.NOTHING
        if value != i18n.NOTHING and size < 30:
            assert "(" in text and ":blue" not in text
        if value != i18n.NOTHING and 30 <= size < 100:
            assert "†" in text


@pytest.mark.parametrize(("address", "sentence"), [
    ({"f__branch": "no such branch"}, "맞는 응답이 없습니다"),
    ({"f__branch": "sejong", "period": "all", "by": "age"}, "응답이 10건보다 적어"),
    ({"f__tier": "vip", "by": "tier"}, "비교할 나머지가 없습니다"),
])
def test_where_there_is_nothing_to_compare(open_page: Callable[..., AppTest], address: dict[str, str], sentence: str) -> None:
    test = open_page("segments", **address)
    assert not test.exception and not test.error and sentence in texts(test)


@pytest.mark.parametrize("address", [
    {"by": "<script>alert(1)</script>"}, {"across": "' OR 1=1 --", "by": "tier"}, {"metric": "question:**x**"}, {"metric": "stage:"},
    {"by": "wave", "across": "source"}, {"by": "tier", "across": "tier"}, {"f__by": "x"}])
def test_hostile_addresses_never_break_the_page(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = open_page("segments", **address)
    assert not test.exception and not test.error and not crosstab(test).empty


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deps]:
    house.parse_here(monkeypatch)
    made = house.build(tmp_path / "own")
    monkeypatch.setattr(runtime, "_deps", made)
    yield made
    house.close(made)


def opened(**address: str) -> AppTest:
    test = AppTest.from_file(str(Path(config.PAGES) / "segments.py"), default_timeout=60)
    for key, value in address.items():
        test.query_params[key] = value
    return test.run()


def test_a_programme_with_comments_only(own: Deps, tmp_path: Path) -> None:
    headers = ("고객번호", "응답일", "지점", "의견")
    rows = [[f"C{i}", "2026-01-02", "강남", "좋아요"] for i in range(20)]
    making.bring(own, making.write(tmp_path / "말.csv", rows, headers), program="말", chosen=making.mapping(headers=headers))
    for lang, sentence in (("ko", "평점"), ("en", "rating")):
        test = opened(lang=lang)
        assert not test.exception and not test.error and sentence in texts(test)
        assert not [t for t in test.toggle if t.key == "w:crosstab:text"]


def many(n: int, values: int) -> list[list[Any]]:
    return [[f"C{i}", "2026-01-02", f"지점{i % values:03} **굵게**", str(i % 11)] for i in range(n)]


def test_forty_of_many_branches_and_none_of_too_many(own: Deps, tmp_path: Path) -> None:
    headers = ("고객번호", "응답일", "지점", "추천")
    making.bring(own, making.write(tmp_path / "점.csv", many(1200, 60), headers), program="점", chosen=making.mapping(headers=headers))
    test = opened(by="branch", lang="ko")
    assert not test.exception and not test.error
    assert "40개만" in texts(test).replace("\\", "") and "20개는 표시하지 않았습니다" in texts(test).replace("\\", "")
    assert "12개 열만 표시" in texts(test).replace("\\", "") and "**굵게**" not in "".join(crosstab(test).columns)
    making.bring(own, making.write(tmp_path / "별.csv", many(310, 310), headers), program="별", chosen=making.mapping(headers=headers))
    refused = opened(by="branch", program="별")
    assert not refused.exception and not refused.error and "300개를 넘어" in texts(refused)
