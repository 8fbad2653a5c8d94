"""What a selection is compared with, on the demo against pandas: the rest, a segment, another period; and who rated a stage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from cxdash.services.actor import LOCAL
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.figures import both_sides, change_of, metric_figure
from cxdash.services.metric import metric_of, metrics_of
from cxdash.services.overview import Overview, overview
from cxdash.services.programs import bounds, catalog_of
from cxdash.services.view import View, disjoint, resolve
from tests.services.test_figures import answers, catalog, chosen, score, within  # noqa: F401  (fixtures)


def nps_of(table: pd.DataFrame) -> float:
    given = table["recommend"].dropna()
    return float(100 * ((given >= 9).mean() - (given <= 6).mean()))


def card(result: Overview) -> tuple[float, float]:
    found = next(c for c in result.cards if c.metric == "nps")
    assert found.figure and found.figure.value is not None and found.before and found.before.value is not None
    return found.figure.value, found.before.value


def test_against_the_rest(demo: Deps, answers: pd.DataFrame) -> None:  # noqa: F811
    result = overview(demo, LOCAL, view=View("demo", period="6m", equals={"channel": ("store",)}, compare="rest"))
    table = within(answers, result.scope.since, result.scope.until)
    now, rest = card(result)
    assert now == pytest.approx(nps_of(table[table["channel"] == "store"]))
    assert rest == pytest.approx(nps_of(table[table["channel"] != "store"]))
    assert result.scope.apart and result.cards[0].verdict != "untested"
    stage = next(s for s in result.stages if s.stage.code == "purchase")
    q = result.catalog.stage_questions("purchase")[0]
    scores = {name: score(part, q).dropna() for name, part in table.groupby(table["channel"] == "store")}
    assert stage.change is not None and stage.change.value == pytest.approx(scores[True].mean() - scores[False].mean())


def test_against_a_segment_and_against_itself(demo: Deps, answers: pd.DataFrame) -> None:  # noqa: F811
    view = View("demo", period="all", equals={"customer": ("existing",)}, compare="segment", against={"customer": ("prospect",)})
    result = overview(demo, LOCAL, view=view)
    now, other = card(result)
    assert (now, other) == pytest.approx([nps_of(answers[answers["customer"] == c]) for c in ("existing", "prospect")])
    assert result.cards[0].verdict in ("up", "down")
    overlapping = overview(demo, LOCAL, view=View("demo", period="all", compare="segment", against={"customer": ("prospect",)}))
    assert overlapping.cards[0].change is not None and not overlapping.cards[0].change.tested
    assert "overlap" in overlapping.cards[0].change.flags and overlapping.cards[0].verdict == "untested"


def test_against_another_period(demo: Deps, answers: pd.DataFrame) -> None:  # noqa: F811
    first, last = answers["day"].min(), answers["day"].max()
    middle = first + (last - first) / 2
    view = View("demo", period="custom", since=middle, until=last, compare="period", against_since=first, against_until=middle)
    result = overview(demo, LOCAL, view=view)
    assert card(result) == pytest.approx((nps_of(within(answers, middle, last)), nps_of(within(answers, first, middle))))
    assert not result.scope.apart, "both periods hold the day in the middle"
    assert overview(demo, LOCAL, view=View("demo", compare="none")).cards[0].change is None


@pytest.mark.parametrize("weighted", [False, True])
def test_who_rated_a_stage(demo: Deps, answers: pd.DataFrame, catalog: Catalog, weighted: bool) -> None:  # noqa: F811
    code = next(s.code for s in catalog.stages if catalog.stage_questions(s.code))
    asked = [q.code for q in catalog.ratings if q.stage == code and catalog.rated(q)]
    result = overview(demo, LOCAL, view=View("demo", period="all", equals={"stage": (code,)}, weighted=weighted))
    table = answers[answers[asked].notna().any(axis=1)]
    assert result.responses == len(table[table["weight"] > 0] if weighted else table) < len(answers)
    if not weighted:
        assert result.cards[0].figure is not None and result.cards[0].figure.value == pytest.approx(nps_of(table))
    nobody = overview(demo, LOCAL, view=View("demo", period="all", equals={"stage": ("no such stage",)}))
    assert nobody.responses == 0


def test_every_metric_has_a_figure_that_matches(demo: Deps, answers: pd.DataFrame, catalog: Catalog) -> None:  # noqa: F811
    scope = resolve(View("demo", period="all"), catalog, bounds(demo.facts(catalog.id)))
    names = metrics_of(catalog)
    now = both_sides(demo.facts(catalog.id), catalog, scope, [], names)[0][()]
    assert {"nps", "csat", "loyalty", "secure"} <= set(names)
    for name in names:
        metric, figure = metric_of(catalog, name), metric_figure(name, catalog, now)
        assert metric is not None and figure is not None and figure.n > 0, name
        items = [metric.question] if metric.question else []
        if name.startswith("stage:"):
            items = list(catalog.stage_questions(name.partition(":")[2]))
        if name.startswith("touchpoint:"):
            items = list(catalog.touchpoint_questions(name.partition(":")[2]))
        if metric.kind == "score":
            scores = pd.concat([score(answers, q) for q in items if q], axis=1).mean(axis=1)
            assert figure.value == pytest.approx(scores.mean()) and figure.n == scores.notna().sum(), name
    assert metric_of(catalog, "stage:gone") is None and metric_of(catalog, "question:gone") is None and metric_of(catalog, "other") is None


def test_stages_that_stand_out(demo: Deps, answers: pd.DataFrame) -> None:  # noqa: F811
    """Against the ratings of the other stages together, Holm over the nine stages."""
    result = overview(demo, LOCAL, view=View("demo", period="all"))
    items = {s.stage.code: result.catalog.stage_questions(s.stage.code) for s in result.stages}
    scores = {code: pd.concat([score(answers, q) for q in asked], axis=1).mean(axis=1).dropna() for code, asked in items.items()}
    p = {}
    for code, mine in scores.items():
        others = np.concatenate([x.to_numpy() for c, x in scores.items() if c != code])
        p[code] = float(scipy_stats.ttest_ind(mine, others, equal_var=False).pvalue)
    ranked, worst = sorted(p, key=p.__getitem__), 0.0
    for i, code in enumerate(ranked):
        worst = max(worst, min(1.0, (len(p) - i) * p[code]))
        found = next(s for s in result.stages if s.stage.code == code)
        assert found.others is not None and found.others.p_adjusted == pytest.approx(worst, rel=1e-6, abs=1e-12)
        assert (found.stands_out in ("up", "down")) == (worst < 0.05)


def test_sides_that_can_share_respondents() -> None:
    from cxdash.facts.question import Filter

    assert disjoint(Filter({"a": ("1",)}), Filter({"a": ("2",), "b": ("x",)}))
    assert not disjoint(Filter({"a": ("1",)}), Filter({"b": ("2",)}))
    assert not disjoint(Filter({"stage": ("1",)}), Filter({"stage": ("2",)})), "one respondent rates several stages"


def test_change_needs_another_side(demo: Deps, catalog: Catalog) -> None:  # noqa: F811
    scope = resolve(View("demo", compare="none"), catalog, bounds(demo.facts(catalog.id)))
    now, before = both_sides(demo.facts(catalog.id), catalog, scope, [], ["nps"])
    assert before is None and change_of(scope, "nps", catalog, now[()], None) is None


def test_catalog_of_the_demo_has_its_touchpoints(demo: Deps) -> None:
    found = catalog_of(demo, "demo")
    assert found.touchpoints and all(t.key.startswith(f"{t.stage}/") for t in found.touchpoints) and found.factors
