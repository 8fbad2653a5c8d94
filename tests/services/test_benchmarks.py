"""Benchmarks: gaps of outside figures, of rated competitors, of branches and of mystery shoppers against pandas and scipy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sqlmodel import select

from cxdash.errors import Conflict, CxError, NotFound
from cxdash.services import targets
from cxdash.services.access import catalog_of
from cxdash.services.actor import LOCAL
from cxdash.services.benchmarks import aim, benchmarks, delete_benchmark, list_benchmarks, save_benchmark
from cxdash.services.branches import branch_key
from cxdash.services.catalog import AttributeInfo, Catalog, QuestionInfo
from cxdash.services.deps import Deps
from cxdash.services.programs import remove_program
from cxdash.services.rivals import compares
from cxdash.services.view import View
from cxdash.store.benchmark_tables import Benchmark
from cxdash.store.database import reading
from cxdash.store.orphans import mentioned
from cxdash.terms import Measure
from tests import house
from tests.services import panel
from tests.services.byhand import holm

WHOLE = View(program=panel.SLUG, period="all")
DAY = date(2025, 6, 30)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return panel.answers()


@pytest.fixture(scope="module")
def deps(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("benchmarks") / "home")
    panel.build(made, frame)
    yield made
    house.close(made)


@pytest.fixture
def catalog(deps: Deps) -> Iterator[Catalog]:
    found = catalog_of(deps, LOCAL, panel.SLUG)
    yield found
    for one in list_benchmarks(deps, LOCAL, found):
        delete_benchmark(deps, LOCAL, catalog=found, benchmark_id=one.id)


def keep(deps: Deps, catalog: Catalog, metric: str, name: str, value: float, **more: object) -> int:
    given = {"measured": DAY, **more}
    return save_benchmark(deps, LOCAL, catalog=catalog, metric=metric, name=name, value=value, **given).id  # type: ignore[arg-type]


def test_gaps_of_outside_figures_against_the_normal_distribution(deps: Deps, frame: pd.DataFrame, catalog: Catalog) -> None:
    """With its n the benchmark's doubt is that n with our own spread; without it is none."""
    for name, value, n in (("A", 70.0, 400), ("B", 60.0, None), ("C", 64.0, 12)):
        keep(deps, catalog, "stage:ship", name, value, n=n)
    mine = panel.scores(panel.customers(frame), "ship").dropna()
    page = benchmarks(deps, LOCAL, view=WHOLE)
    lines = {line.benchmark.name: line for line in page.lines}
    assert [line.benchmark.name for line in page.lines] == ["A", "C", "B"] and [line.best for line in page.lines] == [True, False, False]
    se, size = mine.std() / np.sqrt(len(mine)), len(mine)
    raw = []
    for name, value, doubt in (("A", 70.0, se * np.sqrt(1 + size / 400)), ("B", 60.0, se)):
        gap = lines[name].gap
        assert gap.value == pytest.approx(mine.mean() - value)
        assert (gap.ci_low, gap.ci_high) == pytest.approx((gap.value - 1.959964 * doubt, gap.value + 1.959964 * doubt), abs=1e-4)
        raw.append(2 * stats.norm.sf(abs(gap.value) / doubt))
    assert [lines[name].gap.p_adjusted for name in "AB"] == pytest.approx(holm(raw))
    assert "benchmark_spread" in lines["A"].gap.flags and "benchmark_exact" in lines["B"].gap.flags
    assert not lines["C"].gap.tested and lines["C"].gap.value is not None, "twelve answers behind a benchmark carry no test"


def test_filters_and_weights_reach_every_line(deps: Deps, frame: pd.DataFrame, catalog: Catalog) -> None:
    keep(deps, catalog, "nps", "업계", 30.0)
    part = frame[(frame["branch"] == "부산") & frame["recommend"].notna()]
    nps = np.where(part["recommend"] >= 9, 100, np.where(part["recommend"] <= 6, -100, 0))
    [line] = benchmarks(deps, LOCAL, view=replace(WHOLE, equals={"branch": ("부산",)}, weighted=True)).lines
    assert line.figure is not None and line.figure.value == pytest.approx(np.average(nps, weights=part["weight"]))
    assert line.gap.value == pytest.approx(np.average(nps, weights=part["weight"]) - 30)


def test_a_rated_competitor_is_paired_within_respondents(deps: Deps, frame: pd.DataFrame) -> None:
    page = benchmarks(deps, LOCAL, view=WHOLE)
    rated, compared = page.rivals
    both = pd.DataFrame({"ours": panel.scores(frame, "ship"), "theirs": panel.scores(frame, "ship.A")}).dropna()
    found = stats.ttest_rel(both["ours"], both["theirs"])
    interval = found.confidence_interval(0.95)
    assert (rated.question.code, rated.relative, rated.own) == ("ship.A", False, "stage:ship")
    assert rated.ours is not None and rated.theirs is not None
    assert (rated.ours.value, rated.theirs.value, rated.ours.n) == pytest.approx((both["ours"].mean(), both["theirs"].mean(), len(both)))
    assert (rated.gap.value, rated.gap.ci_low, rated.gap.ci_high) == pytest.approx(
        (both["ours"].mean() - both["theirs"].mean(), interval.low, interval.high)
    )
    mine = panel.scores(frame, "versus").dropna()
    assert (compared.question.code, compared.relative, compared.theirs) == ("versus", True, None)
    assert compared.gap.value == pytest.approx(mine.mean() - 50), "from the middle of a comparison"
    z = (mine.mean() - 50) / (mine.std() / np.sqrt(len(mine)))
    assert [rated.gap.p_adjusted, compared.gap.p_adjusted] == pytest.approx(holm([found.pvalue, 2 * stats.norm.sf(abs(z))]))


@pytest.mark.parametrize(("words", "relative"), [
    ({"ko": "경쟁사 B 만족도"}, False), ({"en": "How satisfied are you with competitor B?"}, False),
    ({"ko": "타사 대비 저희 서비스는 어떻습니까?"}, True), ({"en": "Compared with others, how are we?"}, True),
])  # fmt: skip
def test_a_comparison_is_told_from_a_rating_by_its_words(words: dict[str, str], relative: bool) -> None:
    assert compares(QuestionInfo("c", Measure.COMPETITOR, words)) is relative
    printed = {"ko": {"1": "훨씬 못하다", "3": "비슷하다"}}
    assert compares(QuestionInfo("c", Measure.COMPETITOR, {"ko": "저희는"}, labels=printed))


def test_shoppers_beside_customers_against_welch(deps: Deps, frame: pd.DataFrame) -> None:
    page = benchmarks(deps, LOCAL, view=WHOLE)
    shoppers = frame["source"] == "mystery"
    assert (page.shoppers, page.customers) == (panel.SHOPPERS, int((~shoppers).sum()))
    assert [one.metric for one in page.beside] == ["stage:buy", "stage:ship"]
    raw = []
    for one in page.beside:
        values = panel.scores(frame, one.metric.partition(":")[2])
        a, b = values[shoppers].dropna(), values[~shoppers].dropna()
        assert (one.shoppers.value, one.shoppers.n, one.customers.value) == pytest.approx((a.mean(), len(a), b.mean()))
        welch = stats.ttest_ind(a, b, equal_var=False)
        interval = welch.confidence_interval(0.95)
        assert (one.gap.value, one.gap.ci_low, one.gap.ci_high) == pytest.approx((a.mean() - b.mean(), interval.low, interval.high))
        raw.append(float(welch.pvalue))
    assert [one.gap.p_adjusted for one in page.beside] == pytest.approx(holm(raw))


def test_few_shoppers_take_the_customers_with_them(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> None:
    """Customers alone would leave the shoppers over from the stage's score of everybody."""
    made = house.build(tmp_path_factory.mktemp("few") / "home")
    try:
        panel.build(made, frame[(frame["source"] != "mystery") | frame["person"].isin([f"M{i}" for i in range(6)])])
        page = benchmarks(made, LOCAL, view=WHOLE)
        assert page.shoppers == 6
        assert all(one.shoppers.value is one.customers.value is one.gap.value is None for one in page.beside)
    finally:
        house.close(made)


def test_branches_are_found_by_their_name_and_ranked_against_the_rest(deps: Deps, frame: pd.DataFrame, catalog: Catalog) -> None:
    page = benchmarks(deps, LOCAL, view=replace(WHOLE, metric="stage:buy"))
    assert page.by == "branch" and page.metric == "stage:buy"
    frame = panel.customers(frame)
    values = panel.scores(frame, "buy")
    for one in page.branches:
        mine = values[frame["branch"] == one.value].dropna()
        rest = values[frame["branch"] != one.value].dropna()
        assert one.figure.value == pytest.approx(mine.mean()) and one.rest is not None
        assert one.rest.value == pytest.approx(mine.mean() - rest.mean())
    named = replace(catalog, attributes=(AttributeInfo("age", {"ko": "연령"}), AttributeInfo("x7", {"ko": "방문하신 매장"})))
    assert branch_key(named, ("wave", "age", "x7")) == "x7" and branch_key(named, ("wave", "age")) == "age"
    assert branch_key(named, ("wave",)) is None


@pytest.mark.parametrize("wrong", [
    {"value": 101.0}, {"value": float("nan")}, {"name": "  "}, {"name": "x" * 81}, {"n": 0}, {"source": "x" * 201},
    {"measured": date.today() + timedelta(days=3)}, {"measured": date(1999, 1, 1)},
])  # fmt: skip
def test_what_cannot_be_a_benchmark_is_refused_in_a_sentence(deps: Deps, catalog: Catalog, wrong: dict[str, object]) -> None:
    given = {"metric": "csat", "name": "A", "value": 70.0, "measured": DAY, **wrong}
    with pytest.raises(Conflict) as caught:
        save_benchmark(deps, LOCAL, catalog=catalog, **given)  # type: ignore[arg-type]
    assert isinstance(caught.value, CxError) and list_benchmarks(deps, LOCAL, catalog) == ()


def test_unknown_metrics_and_numbers_are_not_found(deps: Deps, catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        keep(deps, catalog, "stage:none", "A", 70)
    for ask in (aim, delete_benchmark):
        with pytest.raises(NotFound):
            ask(deps, LOCAL, catalog=catalog, benchmark_id=999_999)


def test_saving_again_replaces_and_changing_renames(deps: Deps, catalog: Catalog) -> None:
    first = keep(deps, catalog, "nps", "A사", 40.0, n=100)
    assert keep(deps, catalog, "nps", " A사 ", 42.0, source="보고서") == first
    [one] = list_benchmarks(deps, LOCAL, catalog)
    assert (one.name, one.value, one.n, one.source) == ("A사", 42.0, None, "보고서")
    keep(deps, catalog, "nps", "B사", 41.0, benchmark_id=first)
    assert [b.name for b in list_benchmarks(deps, LOCAL, catalog)] == ["B사"]


def test_the_best_benchmark_becomes_the_target(deps: Deps, catalog: Catalog) -> None:
    made = keep(deps, catalog, "csat", "업계 최고", 82.5)
    target = aim(deps, LOCAL, catalog=catalog, benchmark_id=made, note="벤치마크: 업계 최고")
    assert (target.metric, target.goal, target.note) == ("csat", 82.5, "벤치마크: 업계 최고")
    assert (target.due.month, target.due.day) == (12, 31)
    again = aim(deps, LOCAL, catalog=catalog, benchmark_id=made)
    assert [t.goal for t in targets.list_targets(deps, LOCAL, catalog) if t.metric == "csat"] == [82.5] and again.due == target.due


def test_a_benchmark_keeps_its_question_and_goes_with_its_programme(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> None:
    made = house.build(tmp_path_factory.mktemp("gone") / "home")
    try:
        panel.build(made, frame.head(40))
        catalog = catalog_of(made, LOCAL, panel.SLUG)
        keep(made, catalog, "question:ship", "A", 70.0)
        with reading(made.engine) as session:
            assert "question:ship" in mentioned(session, program_id=catalog.id), "undoing an import must leave it"
        remove_program(made, LOCAL, program=panel.SLUG, confirm=panel.SLUG)
        with reading(made.engine) as session:
            assert session.exec(select(Benchmark)).all() == []
    finally:
        house.close(made)


def test_an_empty_selection_keeps_the_entered_lines(deps: Deps, catalog: Catalog) -> None:
    keep(deps, catalog, "nps", "A사", 40.0)
    page = benchmarks(deps, LOCAL, view=replace(WHOLE, equals={"branch": ("없음",)}))
    assert page.responses == 0 and page.branches == page.rivals == page.beside == ()
    assert page.lines[0].gap.value is None and page.lines[0].verdict == "untested"
