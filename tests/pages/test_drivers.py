"""The drivers page, both languages: its numbers against regressions of the demo's rows, one sentence where answers do not carry it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import config, i18n, runtime
from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.demo_data import load_demo
from cxdash.services.deps import Deps
from cxdash.services.drivers import drivers_page, reliabilities
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.ui import kept
from tests import house
from tests.pages.conftest import TODAY, texts
from tests.services.regression import by_subsets, r2, slopes, surveyed
from tests.services.survey import respondent

LANGUAGES = ("ko", "en")
STAGES = ("search", "consideration", "purchase", "delivery", "installation", "use")  # most answers of the whole demo are in these


@pytest.fixture(scope="module")
def catalog(home: Deps) -> Catalog:
    return catalog_of(home, "demo")


@pytest.fixture(scope="module")
def rows(catalog: Catalog) -> pd.DataFrame:
    """One row per response of the demo with the stages and the loyalty index, those that have them all."""
    frame = load_demo(TODAY).frame.to_pandas()
    table = pd.DataFrame([{**json.loads(a), **json.loads(b)} for a, b in zip(frame["attributes"], frame["answers"], strict=True)])
    names = [*(f"stage:{s}" for s in STAGES), "loyalty", "question:recommend"]
    return pd.DataFrame({name: respondent(name, table, catalog) for name in names})


def said(test: AppTest) -> str:
    """All words of the page without what Markdown needs before signs, and without marks of emphasis."""
    return texts(test).replace("\\", "").replace("**", "")


def held(test: AppTest, key: str) -> str:
    """A parameter of the address, however often the page wrote it."""
    value = test.query_params[key]
    return value if isinstance(value, str) else value[-1]


def stage(catalog: Catalog, code: str, lang: str) -> str:
    return next(s.name[lang] for s in catalog.stages if s.code == code)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_headline_and_the_explained_part_are_those_of_the_rows(
    open_page: Callable[..., AppTest], rows: pd.DataFrame, catalog: Catalog, lang: str
) -> None:
    test = open_page("drivers", lang, period="all")
    assert not test.exception and not test.error
    use = rows.drop(columns="question:recommend").dropna()
    x, y, w = use.iloc[:, :-1].to_numpy(), use["loyalty"].to_numpy(), np.ones(len(use))
    parts, explained = by_subsets(x, y, w), r2(x, y, w)
    top = int(np.argmax(parts))
    name, page = stage(catalog, STAGES[top], lang), said(test)
    headline = {"ko": f"로열티 지수를 가장 잘 설명하는 것은 ‘{name}’입니다.", "en": f"‘{name}’ explains Loyalty index best."}[lang]
    assert headline in page
    assert i18n.percent(100 * parts[top] / explained, lang) in page.split(headline)[1].split("\n")[0]
    [metric] = [m for m in test.metric if m.label == i18n.text("drivers.r2", lang)]
    assert metric.value == i18n.percent(100 * explained, lang) and f"n={i18n.number(len(use), lang)}" in page
    asked = int(rows["loyalty"].notna().sum())
    assert i18n.text("drivers.base", lang, n=len(use), asked=asked, outcome=i18n.text("overview.metric.loyalty", lang),
                     level=i18n.text("drivers.level.stage", lang)) in page  # fmt: skip
    mean = i18n.number(float(use.iloc[:, top].mean()), lang, 1)
    assert {"ko": f"현재 점수는 {mean}점", "en": f"its score is {mean}"}[lang] in page
    assert i18n.text("drivers.association", lang) in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_if_moves_by_the_slope_and_claims_no_effect(
    open_page: Callable[..., AppTest], rows: pd.DataFrame, catalog: Catalog, lang: str
) -> None:
    test = open_page("drivers", lang, period="all", outcome="question:recommend")
    test.selectbox(key="w:drivers:open").set_value("stage:use").run()
    test.slider(key="w:drivers:step").set_value(-12).run()
    assert not test.exception
    assert [held(test, key) for key in ("open", "step", "outcome")] == ["stage:use", "-12", "question:recommend"]
    use = rows.drop(columns="loyalty").dropna()
    slope = slopes(use.iloc[:, :-1].to_numpy(), use["question:recommend"].to_numpy())[STAGES.index("use")]
    [metric] = [m for m in test.metric if stage(catalog, "use", lang) in m.label]
    now = use["question:recommend"].mean()
    assert (metric.value, metric.delta) == (i18n.number(now - 12 * slope, lang, 1), i18n.number(-12 * slope, lang, 1, signed=True))
    assert {"ko": "관련됩니다. 효과를 뜻하지 않습니다", "en": "This is an association, not an effect"}[lang] in said(test)
    test.slider(key="w:drivers:step").set_value(0).run()
    assert i18n.text("drivers.whatif.still", lang) in said(test)
    shared = open_page("drivers", lang, period="all", outcome="question:recommend", open="stage:use", step="-12")
    assert shared.slider(key="w:drivers:step").value == -12 and shared.selectbox(key="w:drivers:open").value == "stage:use"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_level_goes_into_the_address_and_a_stage_of_few_has_a_model_of_its_own(
    open_page: Callable[..., AppTest], home: Deps, catalog: Catalog, lang: str
) -> None:
    test = open_page("drivers", lang, period="all")
    test.button(key="apart:stage:service").click().run()
    assert held(test, "open") == "stage:service" and not test.exception
    found = drivers_page(home, LOCAL, view=View(program="demo", period="all"))
    assert found.now is not None
    own = next(p for p in found.now.paths.apart if p.about == "stage:service")
    page = said(test)
    assert i18n.number(own.n, lang) in page and i18n.number(own.people, lang) in page
    assert i18n.text("drivers.own_title", lang, name=f"‘{stage(catalog, 'service', lang)}’") in page
    test.segmented_control(key="w:drivers:level").set_value("factor").run()
    assert held(test, "level") == "factor" and "open" not in test.query_params
    factors = drivers_page(home, LOCAL, view=View(program="demo", period="all", level="factor"))
    assert factors.now is not None and factors.now.main.found.lost > 0
    assert i18n.text("drivers.base.lost", lang, lost=factors.now.main.found.lost,
                     share=i18n.percent(100 * factors.now.main.found.lost_share, lang)) in said(test)  # fmt: skip
    test.segmented_control(key="w:drivers:level").set_value("stage").run()
    assert "level" not in test.query_params


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_segment_beside_it_and_the_reliability_of_the_index(open_page: Callable[..., AppTest], home: Deps, lang: str) -> None:
    test = open_page("drivers", lang, period="all", f__region="seoul", vs="segment", v__region="gyeonggi")
    view = View(program="demo", period="all", equals={"region": ("seoul",)}, compare="segment", against={"region": ("gyeonggi",)})
    found = drivers_page(home, LOCAL, view=view)
    assert len(found.changes) == 6 and not test.exception and not test.error
    different = [d for d in found.changes.values() if d.significant]
    key = "drivers.change.said" if different else "drivers.change.said_none"
    assert i18n.text(key, lang, count=6, names="").split(":")[0].rstrip(" .") in said(test)
    alphas = reliabilities(home, LOCAL, view=view)
    [table] = [d.value for d in test.dataframe if i18n.text("drivers.column.alpha", lang) in d.value.columns]
    assert table[i18n.text("drivers.column.alpha", lang)].tolist() == [round(a.value + 1e-12, 2) for a in alphas.values() if a.value]
    assert table[i18n.text("chart.column.n", lang)].tolist() == [a.n for a in alphas.values()]
    overlap = open_page("drivers", lang, period="all", f__region="seoul", vs="segment", v__channel="online")
    assert i18n.text("drivers.change.overlap", lang) in said(overlap)
    rest = open_page("drivers", lang, period="all", f__region="seoul", vs="rest")
    assert i18n.text("drivers.change.rest", lang) in said(rest)


@pytest.mark.parametrize(("equals", "state", "sentence"), [
    ({"age": "60plus"}, "shown", "건으로는 순위를 말하지 않습니다"), ({"channel": "callcenter"}, "exploratory", "탐색용"),
    ({"channel": "callcenter", "age": "30s"}, "refused", "100건이 필요합니다"),
])  # fmt: skip
def test_few_answers_claim_no_rank(
    open_page: Callable[..., AppTest], home: Deps, equals: dict[str, str], state: str, sentence: str
) -> None:
    found = drivers_page(home, LOCAL, view=View(program="demo", period="all", equals={k: (v,) for k, v in equals.items()}))
    assert found.now is not None and found.now.main.found.state == state
    page = said(open_page("drivers", period="all", **{f"f__{k}": v for k, v in equals.items()}))
    assert sentence in page and i18n.number(found.now.main.found.n, "ko") in page
    assert "가장 잘 설명하는" not in page and "위 동률" not in page


@pytest.mark.parametrize("address", [
    {"outcome": "question:**x**", "level": "planet"}, {"open": "stage:' OR 1=1", "step": "9" * 50}, {"outcome": "<script>", "step": "²"},
    {"f__region": "nowhere"},
])  # fmt: skip
def test_hostile_addresses_never_break_the_page(open_page: Callable[..., AppTest], address: dict[str, str]) -> None:
    test = open_page("drivers", **address)
    assert not test.exception and not test.error and "로열티 동인" in texts(test)


# ---------------------------------------------------------------- programmes whose answers cannot carry it


@pytest.fixture(scope="module")
def crafted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("crafted") / "home")
    random = np.random.default_rng(5)

    def points(n: int, k: int) -> dict[str, list[int]]:
        return {f"d{i}": random.integers(1, 8, n).tolist() for i in range(k)}

    def told(rated: dict[str, list[int]]) -> list[int]:
        total = np.sum(list(rated.values()), axis=0) + random.normal(0, 2, len(next(iter(rated.values()))))
        return np.clip(np.round(10 * (total - total.min()) / np.ptp(total)), 0, 10).astype(int).tolist()

    plain = points(300, 3)
    outcome = told(plain)
    surveyed(made, "twins", {**plain, "copy": plain["d0"], "flat": [4] * 300, "blank": [None] * 300}, outcome)
    surveyed(made, "three", {k: v[:3] for k, v in plain.items()}, outcome[:3])
    surveyed(made, "zeros", plain, outcome, weights=[1.0, 0.0] * 150)
    surveyed(made, "heavy", plain, outcome, weights=[50.0] * 20 + [0.1] * 280)
    surveyed(made, "same", plain, [7] * 300)
    surveyed(made, "noise", plain, random.integers(0, 11, 300).tolist())
    surveyed(made, "unasked", plain, None)
    surveyed(made, "nothing", {"d0": plain["d0"]}, outcome)
    halves = {"odd": [p if i % 2 else None for i, p in enumerate(plain["d0"])],
              "even": [None if i % 2 else p for i, p in enumerate(plain["d1"])]}  # fmt: skip
    surveyed(made, "split", halves, outcome, stage="매장")
    surveyed(made, "constant", {"d0": [3] * 300, "d1": [5] * 300}, outcome)
    sixty = points(700, 60)
    surveyed(made, "sixty", sixty, told(sixty))
    surveyed(made, "more", {**sixty, "d60": sixty["d0"]}, told(sixty))
    yield made
    house.close(made)


@pytest.fixture
def open_program(crafted: Deps, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def opened(program: str, **address: Any) -> AppTest:
        monkeypatch.setattr(runtime, "_deps", crafted)
        kept.clear()
        test = AppTest.from_file(str(Path(config.PAGES) / "drivers.py"), default_timeout=60)
        for key, value in {"program": program, "period": "all", **address}.items():
            test.query_params[key] = value
        return test.run()

    return opened


SENTENCES = [
    ("three", "ko", "추천 의향에 답한 3건 가운데 단계를 모두 평가한 응답은 3건입니다. 이 분석에는 100건이 필요합니다"),
    ("three", "en", "Of the 3 responses with Likelihood to recommend, 3 rated all stages; this analysis takes 100"),
    ("twins", "ko", "‘copy’ – ‘d0’과 응답이 똑같습니다"),
    ("twins", "ko", "‘flat’ – 모든 응답이 같은 점수입니다"),
    ("twins", "ko", "‘blank’ – 평가한 응답이 없습니다"),
    ("twins", "en", "‘Stage copy’ – its answers are the same as those of ‘Stage d0’"),
    ("twins", "en", "‘Stage blank’ – nobody rated it"),
    ("twins", "en", "‘Stage flat’ – everybody gave the same score"),
    ("zeros", "ko", "추천 의향에 답한 150건 가운데"),
    ("zeros", "en", "Of 150 responses with Likelihood to recommend"),
    ("heavy", "en", "There are 300 responses, but unequal weights leave an effective base of"),
    ("heavy", "ko", "응답은 300건이지만 가중치 편차가 커서 유효 표본이"),
    ("same", "ko", "모든 응답의 추천 의향 값이 같아 설명할 차이가 없습니다"),
    ("same", "en", "Likelihood to recommend is the same in every response"),
    ("noise", "ko", "설명하지 못합니다"),
    ("noise", "en", "do not explain"),
    ("unasked", "ko", "설명할 결과가 없습니다"),
    ("nothing", "ko", "두 개 이상 있어야 합니다"),
    ("split", "ko", "빠지는 응답이 150건(50%)"),
    ("constant", "ko", "서로 다른 값을 가진 단계가 없어"),
    ("split", "en", "150 responses (50%) skipped an item"),
    ("constant", "en", "None of the stages varies on its own"),
    ("sixty", "ko", "존슨 상대 가중치"),
    ("sixty", "en", "Johnson's relative weights (more than 15 drivers)"),
    ("more", "en", "There are 61 candidate stages. At most 60 are analysed at once"),
    ("more", "ko", "후보 단계가 61개입니다. 한 번에 60개까지"),
]
WEIGHTED = ("zeros", "heavy")


@pytest.mark.parametrize(("program", "lang"), list(dict.fromkeys((program, lang) for program, lang, _ in SENTENCES)))
def test_one_clear_sentence(open_program: Callable[..., AppTest], program: str, lang: str) -> None:
    test = open_program(program, lang=lang, **({"weighted": "1"} if program in WEIGHTED else {}))
    assert not test.exception and not test.error
    page = said(test)
    assert all(sentence in page for where, spoken, sentence in SENTENCES if (where, spoken) == (program, lang)), page
    ranked = {"ko": "가장 잘 설명하는", "en": "best."}[lang]
    assert (ranked in page) == (program == "sixty")


def test_a_badge_says_exploratory_and_the_copy_has_no_bar(open_program: Callable[..., AppTest]) -> None:
    page = said(open_program("zeros", weighted="1"))
    assert "탐색용" in page and "유효 표본은 150건" in page and "n=150" in page
    twins = open_program("twins")
    offered = twins.selectbox(key="w:drivers:open").options
    assert "blank" not in offered and {"d0", "d1", "d2"} <= set(offered)
    twins.selectbox(key="w:drivers:open").set_value("stage:copy").run()
    assert not twins.exception and "‘copy’는 이 응답에서 다른 동인과 따로 볼 수 없어" in said(twins)
