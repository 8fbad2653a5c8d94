"""Importance against performance of a programme in which everything is asked, against pandas; lines that stay; what may be changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.facts.question import Facts, Filter
from cxdash.services import drivers
from cxdash.services import priorities as service
from cxdash.services.actor import LOCAL, Actor, RoleName, rows_of
from cxdash.services.audit import entries
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.places import partner
from cxdash.services.priorities import Priorities, derived_importance, priorities
from cxdash.services.view import View
from cxdash.services.yardsticks import freeze, list_yardsticks, release
from cxdash.stats.ipa import Placed
from cxdash.terms import Measure
from tests import house
from tests.services import measured
from tests.services.measured import score

VIEWER = Actor("v", RoleName.VIEWER)
QUADRANTS = {
    (True, False): "concentrate_here", (True, True): "keep_up", (False, False): "low_priority", (False, True): "possible_overkill",
}  # importance high, performance high
_real = drivers.drivers


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bootstrap is tested with the statistics."""
    monkeypatch.setattr(drivers, "drivers", lambda *a, **k: _real(*a, **k, draws=60))


@pytest.fixture
def deps(shop: Deps) -> Deps:
    return shop


def seen(deps: Deps, actor: Actor = LOCAL, **view: Any) -> Priorities:
    return priorities(deps, actor, view=View(program=measured.SLUG, **{"period": "all", **view}))


def at(page: Priorities, name: str) -> Placed:
    assert page.placement is not None
    return next(p for p in page.placement.items if p.item == name)


def said(item: str, rows: pd.DataFrame, what: str) -> pd.Series:
    """What each respondent says of an item: the mean of the answered questions of it. what: "SAT" (PERF too) or "IMP"."""
    kind, _, code = item.partition(":")
    if kind == "question":
        codes = [code] if what == "SAT" else [code.partition(".")[0] + ".IMP"]
    else:
        path = tuple(code.split("/"))
        ends = (".IMP",) if what == "IMP" else (".SAT", ".PERF")
        codes = [c for c in measured.RATINGS if c.endswith(ends) and measured.place(c)[: len(path)] == path]
    return pd.DataFrame({c: score(c, rows[c]) for c in codes}).mean(axis=1)


def mean(values: pd.Series, w: pd.Series) -> float:
    use = values.notna() & (w > 0)
    return float((values[use] * w[use]).sum() / w[use].sum())


@pytest.mark.parametrize(("level", "equals", "weighted"), [
    ("stage", {}, False), ("stage", {"region": ("서울",)}, True), ("touchpoint", {"wave": ("2차",)}, False),
    ("factor", {}, True), ("factor", {"region": ("부산",)}, False),
])  # fmt: skip
def test_stated_importance_and_lines_against_pandas(
    deps: Deps, rows: pd.DataFrame, level: str, equals: dict[str, tuple[str, ...]], weighted: bool
) -> None:
    page = seen(deps, level=level, equals=equals, weighted=weighted)
    assert (page.importance, page.importances, page.level) == ("stated", ("stated", "derived"), level) and page.placement is not None
    chosen = rows
    if "region" in equals:
        chosen = rows[rows["region"].isin(equals["region"])]
    everybody = rows
    if "wave" in equals:
        chosen = everybody = rows[rows["wave"] == 2]
    w = chosen["weight"] if weighted else pd.Series(1.0, index=chosen.index)
    whole = everybody["weight"] if weighted else pd.Series(1.0, index=everybody.index)
    for item in page.placement.items:
        assert item.performance.value == pytest.approx(mean(said(item.item, chosen, "SAT"), w), abs=1e-9)
        assert item.importance.value == pytest.approx(mean(said(item.item, chosen, "IMP"), w), abs=1e-9)
        if not weighted:
            x = said(item.item, chosen, "IMP").dropna()
            assert (item.importance.low, item.importance.high) == pytest.approx(stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x)))
    on = [p.item for p in page.placement.items]
    lines = page.placement.crosshair
    assert lines.importance == pytest.approx(np.mean([mean(said(i, everybody, "IMP"), whole) for i in on]), abs=1e-9)
    assert lines.performance == pytest.approx(np.mean([mean(said(i, everybody, "SAT"), whole) for i in on]), abs=1e-9)
    assert page.responses == (w > 0).sum() and page.total == len(rows)
    for item in page.placement.items:
        high = (item.importance.value >= lines.importance, item.performance.value >= lines.performance)
        assert item.quadrant == QUADRANTS[high]
        crossed = {axis for axis, x, line in (("importance", item.importance, lines.importance),
                                              ("performance", item.performance, lines.performance)) if x.low < line <= x.high}  # fmt: skip
        assert set(item.borderline) == crossed


def test_what_was_planted_is_found_and_what_cannot_be_placed_says_why(deps: Deps) -> None:
    page = seen(deps, level="factor")
    assert at(page, "question:wait.SAT").quadrant == "concentrate_here" and at(page, "question:wait.SAT").priority == 1
    assert at(page, "question:ease.SAT").quadrant == "keep_up" and at(page, "question:kind.SAT").quadrant == "possible_overkill"
    assert {p.name: p.unplaced for p in page.points if p.unplaced} == {"question:clear.SAT": "not_asked"}
    stages = seen(deps, level="stage")
    assert {p.name: p.unplaced for p in stages.points if p.unplaced} == {"stage:trial": "hidden"}
    assert next(p for p in stages.points if p.name == "stage:trial").performance.value is None
    few = seen(deps, level="stage", equals={"region": ("세종",)})
    assert few.placement is None and {p.unplaced for p in few.points} == {"small", "hidden"}  # 18 answers: shown, not judged


def test_derived_importance_is_the_share_of_the_driver(deps: Deps) -> None:
    page = seen(deps, level="factor", importance="derived", outcome="question:recommend")
    view = View(program=measured.SLUG, period="all", level="factor", outcome="question:recommend")
    found = derived_importance(deps, LOCAL, view=view)
    assert page.importance == "derived" and found.found is not None and page.placement is not None
    told = {d.name: d for d in found.found.drivers}
    for item in page.placement.items:
        d = told[item.item]
        assert (item.importance.value, item.importance.low, item.importance.high) == pytest.approx(
            (100 * d.share, 100 * d.share_low, 100 * d.share_high))  # fmt: skip
    assert page.placement.crosshair.importance == pytest.approx(100 / len(told))
    assert sum(p.importance.value for p in page.placement.items) == pytest.approx(100)
    assert {p.name for p in page.points} == {*told, *(p.name for p in page.points if p.unplaced == "not_driver")}
    refused = seen(deps, level="factor", importance="derived", equals={"region": ("세종",)})
    assert refused.placement is None and refused.derived is not None and refused.derived.found is not None
    assert refused.derived.found.reason == "few_answers"


def test_performance_moves_against_the_comparison_and_the_quadrant_before_is_by_the_same_lines(deps: Deps, rows: pd.DataFrame) -> None:
    page = seen(deps, level="factor", equals={"wave": ("2차",)})
    assert page.scope.comparison == "previous_wave" and page.placement is not None
    points = {p.name: p for p in page.points}
    now, then = (said("question:wait.SAT", rows[rows["wave"] == wave], "SAT").dropna() for wave in (2, 1))
    wait = points["question:wait.SAT"]
    assert wait.change is not None and wait.change.value == pytest.approx(now.mean() - then.mean()) and wait.verdict == "up"
    raw = stats.ttest_ind(now, then, equal_var=False).pvalue
    assert wait.change.p == pytest.approx(raw) and wait.change.p_adjusted == pytest.approx(min(1.0, raw * len(points)))
    lines = page.placement.crosshair
    before = {p.name: p.before for p in page.points if p.before}
    first = rows[rows["wave"] == 1]
    for name, quadrant in before.items():
        high = (said(name, first, "IMP").mean() >= lines.importance, said(name, first, "SAT").mean() >= lines.performance)
        assert quadrant == QUADRANTS[high]
    assert set(before) == {p.item for p in page.placement.items}
    rest = seen(deps, level="factor", equals={"region": ("서울",)}, compare="rest")
    others = said("question:wait.SAT", rows[rows["region"] != "서울"], "SAT")
    own = said("question:wait.SAT", rows[rows["region"] == "서울"], "SAT")
    found = next(p for p in rest.points if p.name == "question:wait.SAT").change
    assert found is not None and found.value == pytest.approx(own.mean() - others.mean()) and found.tested


def test_frozen_lines_stay_for_every_selection_until_released(deps: Deps, catalog: Catalog) -> None:
    free = seen(deps, level="factor")
    assert (free.crosshair, free.frozen, free.chart) == ("items", None, "factor:stated")
    middle = seen(deps, level="factor", crosshair="middle")
    assert middle.placement is not None and (middle.placement.crosshair.importance, middle.placement.crosshair.performance) == (50, 50)
    kept = freeze(deps, LOCAL, catalog=catalog, chart=free.chart, importance=81.25, performance=70.0, items=["question:wait.SAT", "gone"])
    try:
        assert kept.lines.importance == 81.25 and kept.by == "local"
        for view in ({}, {"equals": {"region": ("서울",)}}, {"equals": {"wave": ("2차",)}}):
            page = seen(deps, level="factor", **view)
            assert page.placement is not None and page.crosshair == "frozen" and page.placement.crosshair == kept.lines
            assert at(page, "question:quality.SAT").quadrant == "low_priority"
            assert "gone" in page.placement.moved and "question:ease.SAT" in page.placement.moved
        other = seen(deps, level="factor", crosshair="items")
        assert other.placement is not None and free.placement is not None
        assert other.placement.crosshair == free.placement.crosshair and other.frozen is not None
        assert seen(deps, level="stage").frozen is None and seen(deps, level="factor", importance="derived").frozen is None
        log = entries(deps, LOCAL).entries[0]
        assert (log.action, log.after) == ("crosshair.freeze", {"chart": "factor:stated", "importance": 81.25, "performance": 70.0})
    finally:
        release(deps, LOCAL, catalog=catalog, chart=free.chart)
    assert list_yardsticks(deps, VIEWER, catalog).crosshairs == {} and entries(deps, LOCAL).entries[0].action == "crosshair.release"
    assert seen(deps, level="factor", crosshair="frozen").crosshair == "items"  # an old link
    with pytest.raises(NotFound):
        release(deps, LOCAL, catalog=catalog, chart=free.chart)


@pytest.mark.parametrize("lines", [(-0.1, 50.0), (50.0, 100.5), (float("nan"), 50.0), (50.0, float("inf"))])
def test_lines_beyond_the_scale_are_refused(deps: Deps, catalog: Catalog, lines: tuple[float, float]) -> None:
    with pytest.raises(Conflict, match="priorities.lines_range"):
        freeze(deps, LOCAL, catalog=catalog, chart="x", importance=lines[0], performance=lines[1], items=[])


def test_who_sees_and_who_freezes(deps: Deps, catalog: Catalog) -> None:
    some = Actor("s", RoleName.ADMIN, rows=rows_of({"region": ("서울",)}))
    assert seen(deps, some).responses == seen(deps, equals={"region": ("서울",)}).responses
    for actor in (VIEWER, some):
        with pytest.raises(Refused):
            freeze(deps, actor, catalog=catalog, chart="x", importance=50, performance=50, items=[])
    with pytest.raises(NotFound):
        seen(deps, Actor("e", RoleName.ADMIN, programs=("other",)))


def test_lines_are_those_of_the_selection_where_all_answers_must_keep_silent(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    real = service.sums_of

    def silent(facts: Facts, where: Filter, columns: list[str], **k: bool) -> Any:
        return real(facts, replace(where, equals={"wave": ()}), columns, **k)

    monkeypatch.setattr(service, "sums_of", silent)
    page = seen(deps, level="factor", equals={"region": ("서울",)})
    assert page.placement is not None
    assert page.placement.crosshair.performance == pytest.approx(np.mean([p.performance.value for p in page.placement.items]))


def test_a_programme_without_importance_has_the_derived_one_and_one_without_loyalty_has_none(tmp_path: Path) -> None:
    made = house.build(tmp_path / "home")
    measured.build(made, slug="plain", without=("importance", "expectation", "emotion"))
    measured.build(made, slug="bare", without=("importance", "recommend", "overall", "repurchase"))
    plain = priorities(made, LOCAL, view=View(program="plain", period="all"))
    assert (plain.importances, plain.importance, plain.outcome) == (("derived",), "derived", "loyalty") and plain.placement is not None
    bare = priorities(made, LOCAL, view=View(program="bare", period="all"))
    assert (bare.importances, bare.importance, bare.placement) == ((), None, None) and bare.level == "stage"
    house.close(made)


def test_partners_are_found_by_place_wording_or_code_and_only_when_it_is_clear(catalog: Catalog) -> None:
    asked = catalog.question("wait.SAT")
    assert partner(catalog, asked, Measure.IMPORTANCE) == catalog.question("wait.IMP")
    assert partner(catalog, catalog.question("clear.SAT"), Measure.IMPORTANCE) is None

    def only(*told: tuple[str, Measure, str]) -> Catalog:
        made = [replace(asked, code=c, measure=m, wording={"ko": w}, stage=None, touchpoint_id=None, factor_id=None) for c, m, w in told]
        return replace(catalog, questions=tuple(made))

    sat, imp = Measure.SATISFACTION, Measure.IMPORTANCE
    worded = only(
        ("a", sat, "직원의 친절에 만족하셨나요?"), ("b", sat, "대기 시간 만족도"),
        ("c", imp, "대기 시간 중요도"), ("d", imp, "직원의 친절 중요도"),
    )  # fmt: skip
    assert partner(worded, worded.question("b"), imp) == worded.question("c")
    coded = only(("1-1", sat, "가"), ("1-2", imp, "나"), ("2-1", sat, "다"), ("2-2", imp, "라"))
    assert partner(coded, coded.question("2-1"), imp) == coded.question("2-2")
    unclear = only(("p", sat, "만족도"), ("q", sat, "만족도"), ("r", imp, "중요도"))
    assert partner(unclear, unclear.question("p"), imp) is None
    assert service.stated_columns(catalog, ["stage:trial"]) == {}
