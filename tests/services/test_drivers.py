"""The drivers of the demo against least squares on its rows: every subset by hand, paths from the blanks, what may be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cxdash.errors import NotFound, Refused
from cxdash.services import actor, drivers as service
from cxdash.services.actor import LOCAL, Actor
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.drivers import candidates_of, contrasts_page, driver_model, drivers_page, moved, outcomes_of, reliabilities
from cxdash.services.programs import catalog_of
from cxdash.services.view import View
from cxdash.stats.reliability import alpha
from tests import house
from tests.services.regression import by_subsets, r2, slopes, surveyed
from tests.services.survey import FILTERS, answers_of, chosen, respondent, score, weights


@pytest.fixture(scope="module")
def catalog(demo: Deps) -> Catalog:
    return catalog_of(demo, "demo")


@pytest.fixture(scope="module")
def answers(demo: Deps, catalog: Catalog) -> pd.DataFrame:
    return answers_of(demo, catalog)


@pytest.fixture(autouse=True)
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bootstrap is tested with the statistics; here a few samples show that it is there."""
    monkeypatch.setattr(service, "drivers", lambda *a, **k: _drivers(*a, **k, draws=60))
    monkeypatch.setattr(service, "contrasts", lambda *a, **k: _contrasts(*a, **k, draws=60))


_drivers, _contrasts = service.drivers, service.contrasts


def seen(demo: Deps, outcome: str | None = None, level: str | None = None, **view: Any) -> service.DriversPage:
    return drivers_page(demo, LOCAL, view=View(program="demo", outcome=outcome, level=level, **{"period": "all", **view}))


def columns(names: tuple[str, ...], rows: pd.DataFrame, catalog: Catalog) -> np.ndarray:
    return np.column_stack([respondent(name, rows, catalog) for name in names])


@pytest.mark.parametrize(("outcome", "equals", "weighted"), [
    ("loyalty", {}, False), ("loyalty", FILTERS[1], True), ("question:recommend", FILTERS[4], False), ("question:overall", {}, True),
])
def test_importance_against_every_subset_of_the_rows(
    demo: Deps, catalog: Catalog, answers: pd.DataFrame, outcome: str, equals: dict[str, tuple[str, ...]], weighted: bool
) -> None:
    found = seen(demo, outcome, "stage", equals=equals, weighted=weighted)
    assert found.now is not None and found.outcome == outcome and found.total == len(answers)
    rows = chosen(answers, equals)
    main = found.now.main
    x, y, w = columns(main.path.drivers, rows, catalog), respondent(outcome, rows, catalog).to_numpy(), weights(rows, weighted).to_numpy()
    asked = ~np.isnan(y) & (w > 0)
    use = asked & ~np.isnan(x).any(axis=1)
    assert (found.now.asked, main.found.n, main.path.n) == (asked.sum(), use.sum(), use.sum())
    assert main.found.r2 == pytest.approx(r2(x[use], y[use], w[use]), abs=1e-9)
    told = {d.name: d for d in main.found.drivers}
    expected = dict(zip(main.path.drivers, by_subsets(x[use], y[use], w[use]), strict=True))
    assert {name: d.weight for name, d in told.items()} == pytest.approx(expected, abs=1e-9)
    assert {name: d.mean for name, d in told.items()} == pytest.approx(
        dict(zip(main.path.drivers, np.average(x[use], axis=0, weights=w[use]), strict=True)), abs=1e-9)
    assert all(d.share_low is not None and d.share_low <= d.share_high for d in told.values())
    assert found.now.flat == pytest.approx(np.mean(np.ptp(columns(found.candidates, rows, catalog)[use], axis=1) < 1e-6), abs=0.05)
    for name in found.candidates:
        have = asked & respondent(name, rows, catalog).notna().to_numpy()
        assert found.now.paths.rated[name] == have.sum()


def test_a_stage_few_experienced_has_a_model_among_those(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = seen(demo, level="stage")
    assert found.now is not None
    assert "stage:service" not in found.now.main.path.drivers
    model = driver_model(demo, LOCAL, view=View(program="demo", period="all", level="stage"), about="stage:service")
    assert model is not None and model.path.about == "stage:service" and "stage:service" in model.path.drivers
    x = columns((*model.path.drivers, "loyalty"), answers, catalog)
    assert model.found.n == (~np.isnan(x).any(axis=1)).sum() and model.found.lost == 0
    inside = driver_model(demo, LOCAL, view=View(program="demo", period="all", level="stage"), about="stage:delivery")
    assert inside is not None and inside.path == found.now.main.path
    assert driver_model(demo, LOCAL, view=View(program="demo"), about="stage:nowhere") is None


def test_a_skipped_factor_is_a_loss_among_those_who_experienced_its_stage(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = seen(demo, level="factor")
    assert found.now is not None and found.candidates == tuple(
        f"question:{q.code}" for q in catalog.ratings if catalog.rated(q) and (q.touchpoint_id or q.factor_id))
    main = found.now.main
    has = ~np.isnan(columns(found.candidates, answers, catalog))
    stage = [catalog.question(c.removeprefix("question:")).stage for c in found.candidates]
    there = respondent("loyalty", answers, catalog).notna().to_numpy()
    needed = {stage[found.candidates.index(d)] for d in main.path.drivers}
    reached = there & np.all([has[:, [i for i, s in enumerate(stage) if s == one]].any(axis=1) for one in needed], axis=0)
    complete = there & has[:, [found.candidates.index(d) for d in main.path.drivers]].all(axis=1)
    assert (main.path.base, main.found.n, main.found.lost) == (reached.sum(), complete.sum(), (reached & ~complete).sum())


def test_what_if_and_contrasts_against_least_squares(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = seen(demo, level="stage")
    assert found.now is not None
    names = found.now.main.path.drivers
    x = columns((*names, "loyalty"), answers, catalog)
    x = x[~np.isnan(x).any(axis=1)]
    b = slopes(x[:, :-1], x[:, -1])
    told = moved(found.now.main, names[0], 5.0, asked=found.now.asked)
    assert told is not None and told.change == pytest.approx(5 * b[0]) and told.low < told.change < told.high
    assert told.overall == pytest.approx(5 * b[0] * len(x) / found.now.asked)
    assert moved(found.now.main, "stage:nowhere", 5.0) is None
    pairs = contrasts_page(demo, LOCAL, view=View(program="demo", period="all", level="stage"))
    assert pairs is not None and pairs.n == len(x)
    dummies = [part for j in range(len(names)) for part in (x[:, j] <= 100 / 3 + 1e-6, x[:, j] >= 500 / 6 - 1e-6)]
    fit = np.linalg.lstsq(np.column_stack([np.ones(len(x)), *dummies]), x[:, -1], rcond=None)[0]
    assert [v for item in pairs.items for v in (item.penalty, item.reward)] == pytest.approx(fit[1:], abs=1e-9)
    assert [c for item in pairs.items for c in (item.cases_low, item.cases_high)] == [int(d.sum()) for d in dummies]


def test_a_segment_against_another(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = seen(demo, level="stage", equals={"region": ("seoul",)}, compare="segment", against={"region": ("yeongnam",)})
    assert found.now is not None and found.other is not None and found.scope.apart
    south = chosen(answers, {"region": ("yeongnam",)})
    now, other = found.now.main, found.other.main
    assert other.path.drivers == now.path.drivers, "the same drivers, although alone the segment has others"
    assert other.found.n == (~np.isnan(columns((*now.path.drivers, "loyalty"), south, catalog)).any(axis=1)).sum()
    shares = [{d.name: d.share for d in m.found.drivers} for m in (now, other)]
    expected = {name: 100 * (shares[0][name] - shares[1][name]) for name in shares[0]}
    assert {name: d.value for name, d in found.changes.items()} == pytest.approx(expected)
    assert all(d.ci_low < d.value < d.ci_high and d.p <= d.p_adjusted <= 1 for d in found.changes.values())
    assert seen(demo, level="stage").other is None
    few = seen(demo, level="stage", equals={"region": ("seoul",)}, compare="segment", against={"region": ("jeju",)})
    assert few.other is not None and few.other.main.found.state == "refused" and not few.changes


def test_reliability_against_the_rows(demo: Deps, catalog: Catalog, answers: pd.DataFrame) -> None:
    found = reliabilities(demo, LOCAL, view=View(program="demo", period="all"))
    items = np.column_stack([score(answers, catalog.question(c)) for c in catalog.loyalty_items])
    assert found["loyalty"].value == pytest.approx(alpha(items).value, abs=1e-9) and found["loyalty"].n == alpha(items).n
    for name in found.keys() - {"loyalty"}:
        rated = [q for q in catalog.ratings if catalog.rated(q) and f"stage:{q.stage}" == name]
        own = alpha(np.column_stack([score(answers, q) for q in rated]))
        assert found[name].value == pytest.approx(own.value, abs=1e-9) and found[name].k == len(rated) >= 2


def test_an_outcome_is_never_among_its_own_drivers(catalog: Catalog) -> None:
    assert outcomes_of(catalog)[0] == "loyalty" and len(outcomes_of(catalog)) == 4
    for outcome in outcomes_of(catalog):
        for level in service.LEVELS:
            own = service._items(catalog, outcome)
            assert all(not own & service._items(catalog, name) for name in candidates_of(catalog, level, outcome))
    item = candidates_of(catalog, "factor", "loyalty")[0]
    assert item not in candidates_of(catalog, "factor", item)


def test_too_few_answers_are_refused_and_words_of_a_link_are_not_believed(demo: Deps) -> None:
    found = seen(demo, "question:nowhere", "planet", since=None, equals={"region": ("nowhere",)})
    assert (found.outcome, found.level, found.responses) == ("loyalty", "stage", 0) and found.now is not None
    assert (found.now.main.found.state, found.now.main.found.reason, found.now.main.found.drivers) == ("refused", "few_answers", ())
    assert moved(found.now.main, "stage:use", 5.0) is None
    pairs = contrasts_page(demo, LOCAL, view=View(program="demo", equals={"region": ("nowhere",)}))
    assert pairs is not None and pairs.reason == "few_answers"


def test_the_role_is_asked_first(demo: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(actor._ALLOWED, actor.RoleName.VIEWER, frozenset())
    viewer = Actor("v", actor.RoleName.VIEWER)
    for ask in (drivers_page, contrasts_page, reliabilities):
        with pytest.raises(Refused):
            ask(demo, viewer, view=View(program="demo"))
    with pytest.raises(Refused):
        driver_model(demo, viewer, view=View(program="demo"), about="stage:use")
    with pytest.raises(NotFound):
        drivers_page(demo, LOCAL, view=View(program="nothing"))


def test_more_candidates_than_an_analysis_holds_are_counted_and_not_computed(demo: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST", 5)
    found = seen(demo, level="stage")
    assert found.too_many == 9 and found.now is None
    assert contrasts_page(demo, LOCAL, view=View(program="demo", level="stage")) is None


def test_who_sees_no_single_answers_gets_nothing_from_a_selection_that_would_tell_of_five(tmp_path: Path) -> None:
    made = house.build(tmp_path / "home")
    rows = np.random.default_rng(3).integers(1, 8, (305, 2))
    rated = {"a": rows[:, 0].tolist(), "b": rows[:, 1].tolist()}
    surveyed(made, "p", rated, (rows.sum(axis=1) // 2).tolist(), groups=["x"] * 300 + ["y"] * 5)
    view = View(program="p", period="all", equals={"group": ("x",)})
    open_to = drivers_page(made, LOCAL, view=view)
    viewer = Actor("v", actor.RoleName.VIEWER)
    withheld = drivers_page(made, viewer, view=view)
    assert open_to.now is not None and open_to.now.main.found.n == 300
    assert withheld.scope.withheld and withheld.responses == 300 and withheld.now is not None
    assert (withheld.now.asked, withheld.now.main.found.n, withheld.now.main.found.drivers) == (0, 0, ())
    pairs = contrasts_page(made, viewer, view=view)
    assert pairs is not None and pairs.state == "refused" and all(a.value is None for a in reliabilities(made, viewer, view=view).values())
    bound = Actor("b", actor.RoleName.VIEWER, rows=actor.rows_of({"group": ("x",)}))
    own = drivers_page(made, bound, view=View(program="p", period="all"))
    assert own.now is not None and (own.total, own.now.main.found.n) == (300, 300), "the rows of the scope are all there is"
    house.close(made)
