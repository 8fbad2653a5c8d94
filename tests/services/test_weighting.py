"""Weights on both databases: shares checked in one sentence, saved, used by every figure, removed; against raking every row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxdash.errors import Conflict, Refused
from cxdash.services import metrics, weighting
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.overview import has_weights, overview
from cxdash.services.view import View
from cxdash.services.weighting import Plan
from cxdash.stats.weights import rake
from tests.services import making

ROWS = making.rows(300, seed=5)
SHARES = {"branch": {"강남": 25.0, "부산": 75.0}}
VIEW = View(program="가게", period="all", weighted=True)


@pytest.fixture
def shop(deps: Deps, tmp_path: Path) -> Deps:
    """Without imported weights."""
    headers = making.HEADERS[:-1]
    making.bring(deps, making.write(tmp_path / "a.csv", [r[:-1] for r in ROWS], headers), chosen=making.mapping(headers=headers))
    return deps


def _weighted_nps(base: np.ndarray | None = None) -> float:
    table = pd.DataFrame(ROWS)
    weights = rake({"branch": table[2].tolist()}, {"branch": {"강남": 0.25, "부산": 0.75}}, base).weights
    points = pd.to_numeric(table[3]).to_numpy()
    return float(100 * (weights[points >= 9].sum() - weights[points <= 6].sum()) / weights.sum())


def _nps(found: object) -> float | None:
    return next(c.figure.value for c in found.cards if c.metric == "nps")  # type: ignore[attr-defined]


def test_saved_shares_weight_every_figure_and_go_again(shop: Deps) -> None:
    plain = overview(shop, LOCAL, view=VIEW)
    assert not has_weights(shop.fixed(1)) and weighting.weights(shop, LOCAL, view=VIEW).outcomes == ()
    weighting.save_weighting(shop, LOCAL, program="가게", plan=Plan(SHARES))
    assert has_weights(shop.fixed(1))
    assert _nps(overview(shop, LOCAL, view=VIEW)) == pytest.approx(_weighted_nps(), rel=1e-6)
    told = metrics.metrics(shop, LOCAL, program="가게", weighted=True).total
    assert told.nps is not None and told.nps.value == pytest.approx(_weighted_nps(), rel=1e-6)
    page = weighting.weights(shop, LOCAL, view=VIEW)
    [effect] = [e for e in page.effects if e.metric == "nps"]
    assert effect.weighted.value == pytest.approx(_weighted_nps(), rel=1e-6) and effect.plain.value != effect.weighted.value
    assert page.saved == Plan(SHARES) and page.saved_by == "local" and not page.stale
    assert weighting.remove_weighting(shop, LOCAL, program="가게") and not weighting.remove_weighting(shop, LOCAL, program="가게")
    assert not has_weights(shop.fixed(1))
    assert overview(shop, LOCAL, view=View(program="가게", period="all")).responses == 300 and plain.weights is False


def test_imported_weights_are_the_base(deps: Deps, tmp_path: Path) -> None:
    making.bring(deps, making.write(tmp_path / "a.csv", ROWS))
    weighting.save_weighting(deps, LOCAL, program="가게", plan=Plan(SHARES))
    base = pd.DataFrame(ROWS)[8].astype(float).to_numpy()
    assert _nps(overview(deps, LOCAL, view=VIEW)) == pytest.approx(_weighted_nps(base), rel=1e-6)
    assert weighting.weights(deps, LOCAL, view=VIEW).imported == 300


def test_the_page_tells_cost_and_margins(shop: Deps) -> None:
    [outcome] = weighting.weights(shop, LOCAL, view=VIEW, plan=Plan(SHARES)).outcomes
    share = pd.Series([r[2] for r in ROWS]).value_counts(normalize=True)
    want = rake({"branch": [r[2] for r in ROWS]}, {"branch": {"강남": 0.25, "부산": 0.75}})
    assert (outcome.n, outcome.kept, outcome.wave) == (300, 0, None)
    assert outcome.deff == pytest.approx(want.kish.deff) and outcome.n_eff == pytest.approx(want.kish.n_eff)
    for line in outcome.lines:
        assert line.before == pytest.approx(100 * share[line.value]) and line.target == pytest.approx(SHARES["branch"][line.value])
        assert line.after == pytest.approx(line.target, abs=1e-4) and line.ratio == pytest.approx(line.target / line.before)
    [far] = weighting.weights(shop, LOCAL, view=VIEW, plan=Plan({"branch": {"강남": 1.5, "부산": 98.5}}, cap=None)).outcomes
    assert far.deff is not None and far.deff > 1.5 and "deff_high" in far.flags and ("deff_block" in far.flags) == (far.deff > 2)


@pytest.mark.parametrize(
    ("shares", "key", "said"),
    [
        ({}, "weights.problem.none", None),
        ({"branch": {"강남": 100.0}}, "weights.problem.missing", ["부산"]),
        ({"branch": {"강남": 50.0, "부산": 49.0}}, "weights.problem.sum", None),
        ({"branch": {"강남": 0.0, "부산": 100.0}}, "weights.problem.range", ["강남", "부산"]),
        ({"branch": {"강남": 50.0, "부산": 30.0, "제주": 20.0}}, "weights.problem.nobody", ["제주"]),
        ({"no such": {"a": 50.0, "b": 50.0}}, "weights.problem.attribute", None),
    ],
)
def test_shares_that_cannot_be_are_refused_with_one_sentence(
    shop: Deps, shares: dict[str, dict[str, float]], key: str, said: object
) -> None:
    for ask in (lambda: weighting.save_weighting(shop, LOCAL, program="가게", plan=Plan(shares)),
                *([lambda: weighting.weights(shop, LOCAL, view=VIEW, plan=Plan(shares))] if shares else [])):
        with pytest.raises(Conflict) as refused:
            ask()
        assert refused.value.key == key and said in (None, refused.value.params.get("values"))
    assert weighting.weights(shop, LOCAL, view=VIEW).saved is None


def test_rounded_shares_are_taken_as_they_are_meant(shop: Deps) -> None:
    weighting.save_weighting(shop, LOCAL, program="가게", plan=Plan({"branch": {"강남": 33.3, "부산": 66.6}}))
    saved = weighting.weights(shop, LOCAL, view=VIEW).saved
    assert saved is not None and sum(saved.shares["branch"].values()) == pytest.approx(100)


def test_each_wave_by_itself_and_a_wave_that_cannot_be(shop: Deps, tmp_path: Path) -> None:
    headers = making.HEADERS[:-1]
    more = [[*r[:2], "강남", *r[3:-1]] for r in making.rows(40, first=1000)]
    making.bring(shop, making.write(tmp_path / "b.csv", more, headers), wave="2차", chosen=making.mapping(headers=headers))
    plan = Plan(SHARES, per_wave=True)
    first, second = weighting.weights(shop, LOCAL, view=VIEW, plan=plan).outcomes
    assert (first.wave, second.wave) == ("1차", "2차") and not first.refused
    assert second.refused == "weights.refused.empty" and second.params["values"] == ["부산"]
    with pytest.raises(Conflict):
        weighting.save_weighting(shop, LOCAL, program="가게", plan=plan)
    weighting.save_weighting(shop, LOCAL, program="가게", plan=Plan(SHARES))


def test_rights(shop: Deps) -> None:
    viewer = Actor("v", RoleName.VIEWER)
    assert weighting.weights(shop, viewer, view=VIEW).total == 300
    with pytest.raises(Refused):
        weighting.save_weighting(shop, viewer, program="가게", plan=Plan(SHARES))
    with pytest.raises(Refused):
        weighting.remove_weighting(shop, viewer, program="가게")
