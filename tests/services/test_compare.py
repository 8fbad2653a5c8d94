"""Compare against plain pandas: both sides of every metric, and why they differ, added up by hand."""

# ruff: noqa: F811  (fixtures of another module are parameters here)
from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.compare import Compared, Row, compare, offers, splittable
from cxdash.services.deps import Deps
from cxdash.services.metric import metrics_of
from cxdash.services.options import options_of
from cxdash.services.view import View, resolve
from tests.services import making
from tests.services.test_figures import answers, catalog, chosen, same, score, weights, within  # noqa: F401
from tests.services.test_trends import expected

METRICS = ("nps", "csat", "loyalty", "stage:delivery", "touchpoint:delivery/delivery_visit", "question:f_on_time")
VIEWS: list[dict[str, Any]] = [
    {},
    {"equals": {"region": ("seoul", "gyeonggi")}, "period": "12m"},
    {"equals": {"channel": ("online",)}, "compare": "segment", "against": {"channel": ("store",)}},
    {"equals": {"tier": ("vip", "gold")}, "compare": "rest", "period": "all"},
    {"compare": "period", "period": "90d", "against_since": None},
]


def told(demo: Deps, **view: Any) -> Compared:
    return compare(demo, LOCAL, view=View(program="demo", **view))


def sides_of(found: Compared, answers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of A and B."""
    scope = found.scope
    assert scope.before is not None
    now = within(chosen(answers, dict(scope.now.equals)), scope.now.since, scope.now.until)
    before = within(chosen(answers, dict(scope.before.equals)), scope.before.since, scope.before.until)
    return now, before.drop(now.index) if scope.rest else before


def scores_of(metric: str, rows: pd.DataFrame, catalog: Catalog, weighted: bool) -> tuple[pd.DataFrame, pd.Series]:
    """One score per respondent with an answer: -100/0/100, 0/100, the mean of the stage's items."""
    if metric == "nps":
        each = (100.0 * (rows["recommend"] >= 9) - 100.0 * (rows["recommend"] <= 6)).where(rows["recommend"].notna())
    elif metric == "csat":
        each = (100.0 * (rows["overall"] >= 4)).where(rows["overall"].notna())
    else:
        asked = catalog.stage_questions(metric.partition(":")[2])
        each = pd.DataFrame({q.code: score(rows, q) for q in asked}).mean(axis=1)
    kept = each.notna() & (weights(rows, weighted) > 0)
    return rows[kept], each[kept]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("view", VIEWS, ids=["previous", "filtered", "segment", "rest", "period"])
def test_both_sides_and_the_difference_against_pandas(
    demo: Deps,
    catalog: Catalog,
    answers: pd.DataFrame,
    view: dict[str, Any],
    weighted: bool,
) -> None:
    if "against_since" in view:
        view = view | {"against_since": answers["day"].min(), "against_until": answers["day"].min() + pd.Timedelta(days=120)}
    found = told(demo, weighted=weighted, **view)
    now, before = sides_of(found, answers)
    assert (found.responses, found.before_responses, found.total) == (len(now), len(before), len(answers))
    assert len(now) > 100 and len(before) > 100
    rows = {r.metric: r for r in (*found.rows, *found.details)}
    for metric in (*METRICS, *[r.metric for r in found.rows if r.metric.startswith("stage:")]):
        row = rows.get(metric)
        assert row is not None or metric.startswith("touchpoint:")
        if row is None:
            continue
        a, b = expected(metric, now, catalog, weighted), expected(metric, before, catalog, weighted)
        same(row.now, a)
        same(row.before, b)
        if row.change.value is not None:
            assert row.change.value == pytest.approx(a[1] - b[1], abs=1e-9)


def test_every_metric_is_listed_once_in_journey_order(demo: Deps, catalog: Catalog) -> None:
    found = told(demo)
    listed = [r.metric for r in found.rows]
    assert listed == ["nps", "csat", "loyalty", "secure", "effort", *(f"stage:{s.code}" for s in catalog.stages)]
    every = [*listed, *(r.metric for r in found.details)]
    assert len(every) == len(set(every)) and set(every) <= set(metrics_of(catalog))
    assert {f"question:{q.code}" for q in catalog.ratings} <= set(every)


def test_p_values_are_adjusted_over_the_list(demo: Deps) -> None:
    found = told(demo)
    for rows in (found.rows, found.details):
        tested = [r for r in rows if r.change.tested]
        assert len(rows) > 10 and len(tested) > 10
        want = false_discovery_control([r.change.p for r in tested], method="bh")
        assert [r.change.p_adjusted for r in tested] == pytest.approx(list(want))
        assert [r.verdict in ("up", "down") for r in tested] == [bool(p < 0.05) for p in want]
    assert any((r.change.p or 1) < 0.05 <= (r.change.p_adjusted or 0) for r in (*found.rows, *found.details)), "an adjustment that tells"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("by", ["tier", "branch", "age"])
@pytest.mark.parametrize("metric", ["nps", "csat", "stage:delivery"])
def test_why_it_moved_by_hand(
    demo: Deps,
    catalog: Catalog,
    answers: pd.DataFrame,
    metric: str,
    by: str,
    weighted: bool,
) -> None:
    found = told(demo, metric=metric, by=by, weighted=weighted)
    why = found.why
    assert why is not None and why.found is not None and (why.metric, why.by) == (metric, by)
    change = next(r for r in found.rows if r.metric == metric).change.value
    assert why.found.change == pytest.approx(change, abs=1e-9)
    assert why.found.mix.value + why.found.score.value == pytest.approx(change, abs=1e-9)  # type: ignore[operator]
    parts = [c.part for c in why.causes]
    assert sum(p.mix.value + p.score.value for p in parts) == pytest.approx(change, abs=1e-9)  # type: ignore[operator, misc]
    assert all(n == 0 or n >= 10 for p in parts for n in (p.n_now, p.n_before))
    tables = []
    for rows in sides_of(found, answers):
        kept, scores = scores_of(metric, rows, catalog, weighted)
        w = weights(kept, weighted)
        group = kept[by].fillna("(none)")
        tables.append(
            pd.DataFrame({"w": w.groupby(group).sum() / w.sum(), "s": (scores * w).groupby(group).sum() / w.groupby(group).sum()})
        )
    both = tables[0].add_suffix("1").join(tables[1].add_suffix("0"), how="outer")
    middle = sum(float((t["w"] * t["s"]).sum()) for t in tables) / 2
    both["mix"] = (both["w1"] - both["w0"]) * ((both["s0"] + both["s1"]) / 2 - middle)
    both["score"] = (both["s1"] - both["s0"]) * (both["w0"] + both["w1"]) / 2
    for cause in why.causes:
        if not cause.others:
            want = both.loc[cause.value or "(none)"]
            assert (cause.part.mix.value, cause.part.score.value) == pytest.approx((want["mix"], want["score"]), abs=1e-9)
            assert (cause.part.share_now, cause.part.score_before) == pytest.approx((want["w1"], want["s0"]))


def test_small_branches_stand_together(demo: Deps, answers: pd.DataFrame) -> None:
    found = told(demo, by="branch", metric="nps")
    assert found.why is not None and found.why.pooled >= 2
    others = [c for c in found.why.causes if c.others]
    assert len(others) == 1 and found.why.causes[-1] is others[0] and others[0].part.n_now >= 10
    now, before = sides_of(found, answers)
    few = set()
    for rows in (now, before):
        sizes = rows[rows["recommend"].notna()]["branch"].value_counts()
        few |= set(sizes[sizes < 10].index)
    assert few and not few & {c.value for c in found.why.causes}


def test_a_stage_that_only_one_kind_of_customer_rates(demo: Deps) -> None:
    found = told(demo, by="customer", metric="stage:delivery")
    assert found.why is not None and found.why.found is None and found.why.absent == "one"


def test_hidden_side_hides_its_rest(demo: Deps) -> None:
    found = told(demo, equals={"branch": ("sejong",)}, compare="rest", period="all")
    assert 0 < found.responses < 10
    for row in found.rows:
        assert row.now.value is None and row.before.value is None and row.change.value is None and row.verdict == "untested"
    assert found.why is not None and found.why.found is None and found.why.absent == "hidden"


def test_shared_respondents_are_not_tested(demo: Deps) -> None:
    found = told(demo, equals={"channel": ("online",)}, compare="segment", against={"channel": ("online", "store")})
    assert not found.scope.apart
    assert all(r.change.value is not None and not r.change.tested and r.change.flags == ("overlap",) for r in found.rows)
    assert found.why is not None and found.why.found is not None and found.why.found.mix.flags == ("overlap",)


def test_what_tells_the_sides_apart_is_no_cause(demo: Deps, catalog: Catalog) -> None:
    found = told(
        demo, equals={"channel": ("online",), "gender": ("male",)}, compare="segment", against={"channel": ("store",)}, by="channel"
    )
    keys = {a.key for a in found.attributes}
    assert keys == {a.key for a in catalog.attributes} - {"channel", "gender"} and found.why is not None and found.why.by in keys
    several = resolve(View(equals={"channel": ("online", "store")}), catalog, found.bounds)
    assert "channel" in {a.key for a in splittable(catalog, several)}


def test_nothing_to_compare_with_offers_the_four_kinds(demo: Deps, catalog: Catalog) -> None:
    found = told(demo, period="all")
    assert found.scope.before is None and found.before_responses is None and not found.rows and found.why is None
    options = options_of(demo.fixed(catalog.id), catalog, dated=True, weights=True)
    ways = offers(found.view, options, found.bounds)
    assert list(ways) == ["previous", "period", "rest", "segment"]
    for kind, view in ways.items():
        there = compare(demo, LOCAL, view=view)
        assert view.compare == kind and there.scope.apart and there.responses and there.before_responses, kind
        assert View.from_query(view.to_query()) == view, "it survives the address"


def test_programme_of_one_wave_without_attributes(lone: Deps, tmp_path: Any) -> None:
    headers = [h for h in making.HEADERS if h not in ("응답일", "지점", "가중")]
    rows = [[c for h, c in zip(making.HEADERS, row, strict=True) if h in headers] for row in making.rows(60)]
    path = making.write(tmp_path / "one.csv", rows, headers)
    making.bring(lone, path, chosen=making.mapping(headers=headers))
    found = compare(lone, LOCAL, view=View(program="가게"))
    assert found.before_responses is None and found.attributes == ()
    options = options_of(lone.fixed(found.catalog.id), found.catalog, dated=False, weights=False)
    assert offers(found.view, options, found.bounds) == {}
    more = [[c for h, c in zip(making.HEADERS, row, strict=True) if h in headers] for row in making.rows(50, first=101, seed=2)]
    making.bring(lone, making.write(tmp_path / "two.csv", more, headers), wave="2차", chosen=making.mapping(headers=headers))
    again = compare(lone, LOCAL, view=View(program="가게", period="wave"))
    assert again.scope.comparison == "previous_wave" and (again.responses, again.before_responses) == (50, 60)
    value = [sum(100 * (int(r[1]) >= 9) - 100 * (int(r[1]) <= 6) for r in part) / len(part) for part in (more, rows)]
    shown = next(r for r in again.rows if r.metric == "nps")
    assert isinstance(shown, Row) and (shown.now.value, shown.before.value) == pytest.approx(tuple(value))
    assert again.why is not None and again.why.absent == "attribute"
