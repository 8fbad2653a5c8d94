"""Every number of the journey page against plain pandas: stages, index, cells, touchpoints, distributions; filtered, weighted, compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from cxdash.errors import CxError
from cxdash.services.actor import LOCAL
from cxdash.services.deps import Deps
from cxdash.services.journey import Journey, journey
from cxdash.services.programs import add_demo
from cxdash.services.touchpoints import Answered, stage_detail
from cxdash.services.view import View
from cxdash.stats.figure import Figure
from tests import house
from tests.services import journeys

SCALES = {item.code: (item.lo, item.hi, item.direction) for item in journeys.ITEMS}
STAGE = {"인지": ["aware"], "구매": ["buy_speed", "buy_price"], "배송": ["ship"], "폐기": ["rare"]}
ALL = View(program="journey", period="all", by="group")
FILTERS: list[dict[str, tuple[str, ...]]] = [{}, {"group": ("가", "다")}, {"stage": ("배송",)}]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deps, pd.DataFrame]]:
    deps = house.build(tmp_path_factory.mktemp("journey"))
    yield deps, journeys.add(deps)
    house.close(deps)


def score(table: pd.DataFrame, codes: list[str]) -> pd.Series:
    """The respondent's mean over the items answered, each on 0-100, high favourable."""
    parts = {}
    for code in codes:
        lo, hi, direction = SCALES[code]
        points = table[code].astype(float) if code in table else pd.Series(math.nan, index=table.index)
        parts[code] = 100 * (points - lo if direction == "high" else hi - points) / (hi - lo)
    return pd.DataFrame(parts).mean(axis=1)


def average(values: pd.Series, w: pd.Series) -> tuple[int, float]:
    use = values.notna() & (w > 0)
    return int(use.sum()), float((values[use] * w[use]).sum() / w[use].sum()) if use.any() else math.nan


def chosen(table: pd.DataFrame, equals: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    for key, values in equals.items():
        if key == "stage":
            rated = ["ship", "ship_time", "ship_care"]  # what shows that delivery was experienced; importance does not
            table = table[table[rated].notna().any(axis=1)]
        else:
            table = table[table[key].isin(values)]
    return table


def weights(table: pd.DataFrame, weighted: bool) -> pd.Series:
    return table["weight"] if weighted else pd.Series(1.0, index=table.index)


def same(figure: Figure, want: tuple[int, float]) -> None:
    assert figure.n == want[0]
    if figure.value is None:
        assert min(figure.n, figure.n_eff) < 10 or "hidden_complement" in figure.flags
        return
    assert figure.value == pytest.approx(want[1], abs=1e-9)
    assert figure.ci_low is not None and figure.ci_high is not None and figure.ci_low <= figure.value <= figure.ci_high


def seen(deps: Deps, view: View) -> Journey:
    return journey(deps, LOCAL, view=view)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("equals", FILTERS, ids=lambda e: "+".join(e) or "all")
def test_stages_and_cells_against_pandas(made: tuple[Deps, pd.DataFrame], equals: dict[str, tuple[str, ...]], weighted: bool) -> None:
    deps, table = made
    found, part = seen(deps, replace(ALL, equals=equals, weighted=weighted)), chosen(table, equals)
    assert (found.responses, found.total) == (len(part), len(table)) and len(part) > 200
    assert [s.stage.code for s in found.stages] == list(STAGE) and [s.code for s in found.unmeasured] == ["사용"]
    for stage in found.stages:
        same(stage.figure, average(score(part, STAGE[stage.stage.code]), weights(part, weighted)))
    assert found.heat is not None
    for row in found.heat.rows:
        for cell in row.cells:
            own = part[part["group"] == cell.value]
            others = part[part["group"] != cell.value]
            want = average(score(own, STAGE[row.stage.code]), weights(own, weighted))
            same(cell.figure, want)
            if cell.figure.value is not None and cell.rest is not None and cell.rest.value is not None:
                rest = average(score(others, STAGE[row.stage.code]), weights(others, weighted))
                assert cell.rest.value == pytest.approx(want[1] - rest[1], abs=1e-9)


def test_cells_of_small_groups_are_hidden_with_one_more(made: tuple[Deps, pd.DataFrame]) -> None:
    deps, _ = made
    heat = seen(deps, ALL).heat
    assert heat is not None and heat.values == ("가", "나", "다", "라")
    for row in heat.rows[:3]:
        hidden = [c for c in row.cells if c.figure.value is None]
        assert {c.value for c in hidden} > {"라"}, "the row's score and the other cells would tell the small one"
        assert sum(c.figure.n for c in hidden) >= 10
        assert all(c.verdict == "untested" for c in hidden)


def test_the_happier_group_is_marked_against_the_rest_and_adjusted(made: tuple[Deps, pd.DataFrame]) -> None:
    deps, _ = made
    heat = seen(deps, ALL).heat
    assert heat is not None
    for row in heat.rows[:3]:
        tested = [c.rest for c in row.cells if c.rest is not None and c.rest.tested]
        assert row.cells[0].verdict == "up" and tested
        for difference in tested:
            assert difference.p_adjusted is not None and difference.p is not None and difference.p_adjusted >= difference.p
        ordered = sorted(tested, key=lambda d: d.p or 0.0)
        assert ordered[0].p_adjusted == pytest.approx(min(1.0, len(tested) * (ordered[0].p or 0.0)))  # Holm's first step


def test_more_values_than_fit_are_left_out_and_counted(made: tuple[Deps, pd.DataFrame]) -> None:
    deps, table = made
    heat = seen(deps, replace(ALL, by="size")).heat
    assert heat is not None and len(heat.values) == 40 and heat.left_out == table["size"].nunique() - 40


def test_unlike_scales_are_told(made: tuple[Deps, pd.DataFrame]) -> None:
    scales = {s.ends: [x.code for x in s.stages] for s in seen(made[0], ALL).scales}
    assert scales == {(1, 5): ["인지", "폐기"], None: ["구매"], (0, 10): ["배송"]}


@pytest.mark.parametrize("weighted", [False, True])
def test_the_index_is_the_mean_of_the_stages_that_have_answers(made: tuple[Deps, pd.DataFrame], weighted: bool) -> None:
    """폐기 has five answers: three of four stages, under the 80 % that an index needs; without that stage it is shown."""
    deps, table = made
    hidden = seen(deps, replace(ALL, weighted=weighted)).index
    assert hidden is not None and hidden.weight_covered == pytest.approx(0.75) and hidden.figure.value is None
    other = house_with(deps, "three", tuple(i for i in journeys.ITEMS if i.code != "rare"))
    found = seen(deps, replace(ALL, program="three", weighted=weighted)).index
    w = weights(other, weighted)
    stages = [score(other, STAGE[s]) for s in ("인지", "구매", "배송")]
    want = [average(s, w) for s in stages]
    assert found is not None and found.figure.value == pytest.approx(np.mean([v for _, v in want]), abs=1e-9)
    assert found.figure.n == min(n for n, _ in want)
    assert found.figure.ci_low is not None and found.figure.ci_high is not None and found.figure.se is not None
    # influence of every respondent on the index: the interval knows that the same people rate several stages
    influence = sum((s - m).fillna(0.0) * w / w[s.notna()].sum() / 3 for s, (_, m) in zip(stages, want, strict=True))
    assert found.figure.se == pytest.approx(float(np.sqrt((influence**2).sum())), rel=0.35)
    assert found.figure.ci_low < found.figure.value < found.figure.ci_high


def house_with(deps: Deps, slug: str, items: tuple[journeys.Item, ...]) -> pd.DataFrame:
    key = f"{deps.settings.home}:{slug}"
    if key not in _MADE:
        _MADE[key] = journeys.add(deps, slug=slug, items=items)
    return _MADE[key]


_MADE: dict[str, pd.DataFrame] = {}


def test_changes_are_those_of_the_comparison_and_overlapping_sides_are_not_tested(made: tuple[Deps, pd.DataFrame]) -> None:
    deps, table = made
    half = replace(ALL, period="custom", since=date(2026, 4, 5), until=date(2026, 7, 4))
    found = seen(deps, half)
    assert found.scope.before is not None and found.scope.apart
    now = table[(table["day"] >= date(2026, 4, 5)) & (table["day"] <= date(2026, 7, 4))]
    before = table[(table["day"] >= found.scope.before.since) & (table["day"] <= found.scope.before.until)]
    one = pd.Series(1.0, index=table.index)
    for stage in found.stages[:3]:
        codes = STAGE[stage.stage.code]
        want = average(score(now, codes), one[now.index])[1] - average(score(before, codes), one[before.index])[1]
        assert stage.change is not None and stage.change.value == pytest.approx(want, abs=1e-9) and stage.change.tested
    mixed = seen(deps, replace(half, compare="period", against_since=date(2026, 3, 1), against_until=date(2026, 5, 1)))
    assert all(s.verdict == "untested" for s in mixed.stages)
    assert all(s.change is None for s in seen(deps, replace(half, compare="none")).stages)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("equals", FILTERS, ids=lambda e: "+".join(e) or "all")
def test_touchpoints_and_distributions_against_pandas(made: tuple[Deps, pd.DataFrame], equals: dict[str, tuple[str, ...]],
                                                      weighted: bool) -> None:
    deps, table = made
    part = chosen(table, equals)
    w = weights(part, weighted)
    detail = stage_detail(deps, LOCAL, view=replace(ALL, equals=equals, weighted=weighted), stage="배송")
    assert detail is not None and detail.responses == len(part)
    assert [q.question.code for q in detail.direct] == ["ship"]
    driver = detail.touchpoints[0]
    assert [q.question.code for q in driver.questions] == ["ship_time", "ship_care", "ship_need"] and driver.items == 2
    assert [q.factor.code if q.factor else None for q in driver.questions] == ["시간", "취급", None]
    assert driver.figure is not None
    same(driver.figure, average(score(part, ["ship_time", "ship_care"]), w))
    for asked in detail.questions:
        distributed(asked, part, w)


def distributed(asked: Answered, part: pd.DataFrame, w: pd.Series) -> None:
    code = asked.question.code
    lo, hi, direction = SCALES[code]
    same(asked.figure, average(score(part, [code]), w))
    points = [band.first for band in asked.bands]
    assert points == (list(range(lo, hi + 1)) if direction == "high" else list(range(hi, lo - 1, -1))), "the favourable end comes last"
    given = part[code].dropna()
    for band in asked.bands:
        hit = given == band.first
        assert band.n == int(hit.sum()) and band.share.n == len(given)
        assert band.share.value == pytest.approx(100 * float(w[given.index][hit].sum() / w[given.index].sum()), abs=1e-9)
        assert band.share.ci_low is not None and band.share.ci_high is not None
        assert band.share.ci_low <= band.share.value <= band.share.ci_high
    assert sum(band.share.value or 0.0 for band in asked.bands) == pytest.approx(100)


def test_a_question_under_the_minimum_base_shows_no_answers(made: tuple[Deps, pd.DataFrame]) -> None:
    detail = stage_detail(made[0], LOCAL, view=ALL, stage="폐기")
    assert detail is not None and detail.direct[0].figure.n == 5
    assert detail.direct[0].figure.value is None and detail.direct[0].bands == ()
    assert detail.touchpoints == ()


def test_long_scales_are_told_in_classes(lone: Deps) -> None:
    table = journeys.add(lone, items=(journeys.Item("slider", "인지", lo=0, hi=100),), stages=("인지",))
    detail = stage_detail(lone, LOCAL, view=ALL, stage="인지")
    assert detail is not None
    bands = detail.direct[0].bands
    assert [(b.first, b.last) for b in bands] == [(10 * i, 10 * i + 9) for i in range(9)] + [(90, 100)]
    assert [b.n for b in bands] == [int(((table["slider"] >= b.first) & (table["slider"] <= b.last)).sum()) for b in bands]


def test_an_unknown_stage_and_a_programme_without_stages(lone: Deps) -> None:
    journeys.add(lone, 60, items=(journeys.Item("again", measure="repurchase"),), stages=())
    found = seen(lone, ALL)
    assert (found.stages, found.index, found.heat) == ((), None, None) and found.responses == 60
    assert stage_detail(lone, LOCAL, view=ALL, stage="없음") is None


def test_nothing_selected_is_an_empty_journey_not_an_error(made: tuple[Deps, pd.DataFrame]) -> None:
    found = seen(made[0], replace(ALL, equals={"group": ("nobody",)}))
    assert found.responses == 0 and all(s.figure.value is None for s in found.stages)
    detail = stage_detail(made[0], LOCAL, view=replace(ALL, equals={"group": ("nobody",)}), stage="구매")
    assert detail is not None and all(q.bands == () for q in detail.questions)


def test_one_question_to_facts_for_all_cells(made: tuple[Deps, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions do not grow with stages or values: a tally and sums for either side of the comparison, the same for the heat map."""
    from cxdash.facts.answers import FrameFacts

    asked: list[str] = []
    for name in ("tally", "sums"):
        monkeypatch.setattr(FrameFacts, name, counted(name, getattr(FrameFacts, name), asked))
    seen(made[0], replace(ALL, by="size"))
    assert sorted(asked) == ["sums", "sums", "tally", "tally"]  # nothing to compare with under "all"
    asked.clear()
    stage_detail(made[0], LOCAL, view=ALL, stage="배송")
    assert sorted(asked) == ["sums", "tally"]


def counted(name: str, plain: Callable[..., pl.DataFrame], asked: list[str]) -> Callable[..., pl.DataFrame]:
    def ask(*args: object, **options: object) -> pl.DataFrame:
        asked.append(name)
        return plain(*args, **options)

    return ask


def test_demo_and_permission(lone: Deps) -> None:
    add_demo(lone, LOCAL, today=date(2026, 11, 20))
    found = seen(lone, View(program="demo"))
    assert len(found.stages) == 9 and found.index is not None and found.index.weight_covered == pytest.approx(1.0)
    with pytest.raises(CxError):
        seen(lone, View(program="nobody"))
