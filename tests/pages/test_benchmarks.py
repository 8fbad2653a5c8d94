"""The page of benchmarks, both languages: numbers against pandas, entering, changing, deleting, the way to a target, and empty states."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cxdash import i18n
from cxdash.services import targets
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL, RoleName
from cxdash.services.benchmarks import delete_benchmark, list_benchmarks
from cxdash.services.deps import Deps
from cxdash.store import programs
from cxdash.store.database import writing
from cxdash.ui import state
from tests import house
from tests.pages.conftest import texts
from tests.services import panel

BARE = "bare"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return panel.answers()


@pytest.fixture(scope="module")
def home(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Deps:
    made = house.build(Path(tmp_path_factory.mktemp("bench")) / "home")
    panel.build(made, frame)
    with writing(made.engine) as session:
        programs.add_program(session, slug=BARE, name={"ko": "빈 조사", "en": "Bare"})
    return made


@pytest.fixture(autouse=True)
def clean(home: Deps) -> Iterator[None]:
    yield
    catalog = catalog_of(home, LOCAL, panel.SLUG)
    for one in list_benchmarks(home, LOCAL, catalog):
        delete_benchmark(home, LOCAL, catalog=catalog, benchmark_id=one.id)


def plain(test: AppTest) -> str:
    return texts(test).replace("\\", "")


def shoppers_note(lang: str) -> str:
    """How the note begins that shoppers are left out."""
    return i18n.text("filter.shoppers", lang, attribute="", value="").split("{")[0].split(".")[0]


def enter(test: AppTest, metric: str, name: str, value: float, n: int | None = None, source: str = "") -> None:
    test.button(key="bench-add").click().run()
    test.selectbox(key="w:bench:metric").set_value(metric).run()
    test.text_input(key="w:bench:name").set_value(name)
    test.number_input(key="w:bench:value").set_value(value)
    test.number_input(key="w:bench:n").set_value(n)
    test.text_input(key="w:bench:source").set_value(source)
    test.button(key="bench-save").click().run()
    assert not test.exception and not test.error


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_an_entered_benchmark_is_compared_and_becomes_the_target(
    open_page: Callable[..., AppTest], home: Deps, frame: pd.DataFrame, lang: str
) -> None:
    test = open_page("benchmarks", lang, program=panel.SLUG, period="all")
    assert i18n.text("bench.none", lang) in texts(test)
    enter(test, "stage:ship", "[A](x) 사", 55.0, 900, "보고서 *2025*")
    gap = panel.scores(panel.customers(frame), "ship").mean() - 55.0
    told = i18n.number(gap, lang, 1, signed=True)
    verdict = i18n.text("chart.verdict.up", lang, what=i18n.text("bench.benchmark", lang), gap=told)
    assert verdict in plain(test) and "[A](x) 사" in plain(test)
    assert "\\[A\\]\\(x\\)" in texts(test), "a name is no link"
    [one] = list_benchmarks(home, LOCAL, catalog_of(home, LOCAL, panel.SLUG))
    test.button(key=f"bench-aim-{one.id}").click().run()
    goals = targets.list_targets(home, LOCAL, catalog_of(home, LOCAL, panel.SLUG))
    assert not test.exception and ("stage:ship", 55.0) in [(t.metric, t.goal) for t in goals]


def test_changing_and_deleting(open_page: Callable[..., AppTest], home: Deps) -> None:
    test = open_page("benchmarks", program=panel.SLUG, period="all")
    enter(test, "nps", "A사", 40.0)
    assert i18n.text("bench.exact_about", "ko") in plain(test)
    catalog = catalog_of(home, LOCAL, panel.SLUG)
    [one] = list_benchmarks(home, LOCAL, catalog)
    test.button(key=f"bench-edit-{one.id}").click().run()
    assert test.text_input(key="w:bench:name").value == "A사" and test.number_input(key="w:bench:value").value == 40.0
    test.number_input(key="w:bench:value").set_value(35.5)
    test.button(key="bench-save").click().run()
    assert [b.value for b in list_benchmarks(home, LOCAL, catalog)] == [35.5] and "35.5" in plain(test)


def test_a_value_that_is_missing_is_a_sentence(open_page: Callable[..., AppTest], home: Deps) -> None:
    test = open_page("benchmarks", program=panel.SLUG, period="all")
    test.button(key="bench-add").click().run()
    test.text_input(key="w:bench:name").set_value("A사")
    test.button(key="bench-save").click().run()
    assert not test.exception and list_benchmarks(home, LOCAL, catalog_of(home, LOCAL, panel.SLUG)) == ()
    assert any("-100" in str(e.value).replace("\\", "") for e in (*test.error, *test.warning, *test.info))


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_competitors_branches_and_shoppers_against_pandas(open_page: Callable[..., AppTest], frame: pd.DataFrame, lang: str) -> None:
    test = open_page("benchmarks", lang, program=panel.SLUG, period="all", metric="stage:buy")
    said = plain(test)
    both = pd.DataFrame({"ours": panel.scores(frame, "ship"), "theirs": panel.scores(frame, "ship.A")}).dropna()
    gap = (both["ours"] - both["theirs"]).mean()
    assert f"{panel.RATINGS['ship.A'][5]} {i18n.number(gap, lang, 1, signed=True)}" in said
    means = {b: panel.scores(part, "buy").mean() for b, part in panel.customers(frame).groupby("branch") if len(part) >= 30}
    best = max(means, key=means.__getitem__)
    assert best in said and i18n.number(means[best], lang, 1) in said
    shoppers = frame["source"] == "mystery"
    about = i18n.text("bench.mystery.about", lang, shoppers=int(shoppers.sum()), customers=int((~shoppers).sum()))
    assert about in said
    assert "mystery" in said and said.count(shoppers_note(lang)) == 1
    theirs = plain(open_page("benchmarks", lang, program=panel.SLUG, period="all", f__source="mystery"))
    assert shoppers_note(lang) not in theirs
    for code, name in (("ship", {"ko": "배송", "en": "ship"}), ("buy", {"ko": "구매", "en": "buy"})):
        values = panel.scores(frame, code)
        assert f"{name[lang]} {i18n.number(values[shoppers].mean() - values[~shoppers].mean(), lang, 1, signed=True)}" in said


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_programme_without_any_of_it_says_what_to_ask_or_enter(open_page: Callable[..., AppTest], lang: str) -> None:
    test = open_page("benchmarks", lang, program=BARE)
    assert not test.exception
    for key in ("bench.no_metric", "bench.rivals.none", "bench.branches.none", "bench.mystery.none"):
        assert i18n.text(key, lang) in plain(test), key


def test_a_viewer_sees_and_enters_nothing(open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "actor", lambda: replace(LOCAL, role=RoleName.VIEWER))
    test = open_page("benchmarks", program=panel.SLUG, period="all")
    assert not test.exception and i18n.text("bench.none", "ko") in texts(test)
    assert "bench-add" not in [b.key for b in test.button]
