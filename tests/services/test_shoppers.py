"""Mystery shoppers are no customers: no figure counts their answers unless it is asked for theirs, and what lists responses shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import polars as pl
import pytest

from cxdash.facts.question import MYSTERY, SOURCE, Filter
from cxdash.services import pins, responses, weighting
from cxdash.services.access import catalog_of, chosen
from cxdash.services.actor import LOCAL, Actor
from cxdash.services.deps import Deps
from cxdash.services.figures import both_sides, measured, metric_figure
from cxdash.services.journey import journey
from cxdash.services.ledger import entries
from cxdash.services.metrics import metrics
from cxdash.services.quality import quality
from cxdash.services.segments import segments
from cxdash.services.view import View
from cxdash.stats.figure import Figure
from tests import house
from tests.services import panel

WHOLE = View(program=panel.SLUG, period="all")
THEIRS = replace(WHOLE, equals={SOURCE: (MYSTERY,)})
EVERY = replace(WHOLE, equals={SOURCE: (MYSTERY, "web")})


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return panel.answers()


@pytest.fixture(scope="module")
def deps(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("shoppers") / "home")
    panel.build(made, frame)
    yield made
    house.close(made)


def figure(deps: Deps, view: View, metric: str = "stage:ship", actor: Actor = LOCAL) -> Figure:
    catalog, facts, _, scope = chosen(deps, actor, view)
    summary = measured(facts, catalog, scope.now, [], [metric], weighted=view.weighted)[()]
    found = metric_figure(metric, catalog, summary)
    assert found is not None
    return found


def means(frame: pd.DataFrame) -> tuple[float, int]:
    told = panel.scores(frame, "ship").dropna()
    return float(told.mean()), len(told)


def test_figures_are_of_customers_unless_sources_are_filtered_for(deps: Deps, frame: pd.DataFrame) -> None:
    ours, theirs = panel.customers(frame), frame[frame["source"] == MYSTERY]
    assert means(ours)[0] != pytest.approx(means(frame)[0], abs=0.1), "or the test could not tell"
    for view, part in ((WHOLE, ours), (THEIRS, theirs), (EVERY, frame), (replace(WHOLE, equals={SOURCE: ("web",)}), ours)):
        found = figure(deps, view)
        assert (found.value, found.n) == pytest.approx(means(part))
    mine = Actor("지점장", LOCAL.role, rows=((SOURCE, (MYSTERY,)),))
    assert figure(deps, WHOLE, actor=mine).n == means(theirs)[1], "whose rows are the shoppers' sees those"


def test_every_page_counts_the_same_people(deps: Deps, frame: pd.DataFrame) -> None:
    ours = panel.customers(frame)
    page = journey(deps, LOCAL, view=WHOLE)
    assert page.responses == page.total == len(ours)
    groups = segments(deps, LOCAL, view=replace(WHOLE, by="branch", metric="stage:ship"))
    for one in groups.segments:
        if one.figure.value is not None:
            assert (one.figure.value, one.figure.n) == pytest.approx(means(ours[ours["branch"] == one.value]))
    assert metrics(deps, LOCAL, program=panel.SLUG).total.responses == len(ours)
    asked = metrics(deps, LOCAL, program=panel.SLUG, filters=[(SOURCE, MYSTERY)])
    assert asked.total.responses == panel.SHOPPERS and not asked.unmatched


def test_the_rest_of_the_shoppers_are_the_customers(deps: Deps, frame: pd.DataFrame) -> None:
    catalog, facts, _, scope = chosen(deps, LOCAL, replace(THEIRS, compare="rest"))
    now, before = both_sides(facts, catalog, scope, [], ["stage:ship"])
    assert before is not None and (now[()].responses, before[()].responses) == (panel.SHOPPERS, len(panel.customers(frame)))


def test_lists_and_the_quality_of_data_show_them(deps: Deps, frame: pd.DataFrame) -> None:
    assert responses.page(deps, LOCAL, view=WHOLE).total == len(frame)
    assert len(responses.export_frame(deps, LOCAL, view=WHOLE)[1]) == len(frame)
    found = quality(deps, LOCAL, view=WHOLE)
    assert (found.responses, found.total) == (len(frame), len(frame))
    whole = next(effect.every for effect in found.effects if effect.metric == "csat")
    assert whole.n == panel.customers(frame)["overall"].notna().sum()


def test_a_pin_keeps_whose_answers_it_counted(deps: Deps, frame: pd.DataFrame) -> None:
    catalog = catalog_of(deps, LOCAL, panel.SLUG)
    made = pins.pin(deps, LOCAL, view=WHOLE, metric="stage:ship", name="배송")
    kept = pins.list_pins(deps, LOCAL, catalog=catalog, limit=5)[0]
    assert made.where.customers and [one.where for one in kept] == [made.where]
    [entry] = entries(deps, LOCAL, catalog=catalog, pins=kept)
    assert entry.state == "same" and entry.now is not None and entry.now.n == means(panel.customers(frame))[1]


def test_population_shares_are_raked_to_customers_only(deps: Deps, frame: pd.DataFrame) -> None:
    shares = {"강남": 40.0, "부산": 30.0, "대구": 20.0, "제주": 10.0}
    plan = weighting.Plan({"branch": shares}, cap=5.0)
    page = weighting.weights(deps, LOCAL, view=WHOLE, plan=plan)
    assert page.margins[0].counts == panel.customers(frame)["branch"].value_counts().to_dict()
    spec = weighting.checked(plan, page.margins)
    facts = deps.fixed(catalog_of(deps, LOCAL, panel.SLUG).id).under(spec)
    mass = facts.tally(Filter(customers=True), ["branch"], ["ship"], weighted=True).group_by("branch").agg(pl.col("w").sum())
    told = {branch: 100 * w / mass["w"].sum() for branch, w in mass.select("branch", "w").iter_rows()}
    assert told == pytest.approx(shares, abs=0.01)
