"""Loyalty segments: shares, breakdown and movement against pandas and scipy, computed here from the single answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.deps import Deps
from cxdash.services.loyalty import CLASSES, Loyalty, loyalty, of_waves
from cxdash.services.view import View
from cxdash.store import programs
from cxdash.store.database import writing
from tests import house
from tests.services import panel
from tests.services.byhand import holm, wilson

WHOLE = View(program=panel.SLUG, period="all")
WAVES = of_waves(WHOLE, *panel.WAVES)
VIEWER = replace(LOCAL, role=RoleName.VIEWER)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    found = panel.answers()
    return panel.customers(found.assign(cls=panel.classes(found)))


@pytest.fixture(scope="module")
def deps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deps]:
    made = house.build(tmp_path_factory.mktemp("loyalty") / "home")
    panel.build(made, panel.answers())
    yield made
    house.close(made)


def ask(deps: Deps, view: View, actor: Actor = LOCAL) -> Loyalty:
    return loyalty(deps, actor, view=view)


def test_shares_against_scipy(deps: Deps, frame: pd.DataFrame) -> None:
    page = ask(deps, WHOLE)
    known = frame["cls"].dropna()
    assert (page.classified, page.unclassified) == (len(known), len(frame) - len(known)) and page.by == "branch"
    for one, name in zip(page.shares, panel.CLASSES, strict=True):
        x = int((known == name).sum())
        assert one.name == name and one.figure.value == pytest.approx(100 * x / len(known)) and one.figure.n == len(known)
        assert (one.figure.ci_low, one.figure.ci_high) == pytest.approx(wilson(x, len(known)))
        assert one.difference is None and one.verdict == "untested"


def test_weighted_shares_against_pandas(deps: Deps, frame: pd.DataFrame) -> None:
    page = ask(deps, replace(WHOLE, weighted=True))
    known = frame[frame["cls"].notna()]
    for one in page.shares:
        assert one.figure.value == pytest.approx(100 * known.loc[known["cls"] == one.name, "weight"].sum() / known["weight"].sum())
        assert one.figure.n_eff == pytest.approx(known["weight"].sum() ** 2 / (known["weight"] ** 2).sum())


def test_change_between_waves_against_scipy_with_holm_over_the_classes(deps: Deps, frame: pd.DataFrame) -> None:
    page = ask(deps, WAVES)
    sides = [frame[(frame["wave"] == w) & frame["cls"].notna()]["cls"] for w in panel.WAVES]
    raw = []
    for name in CLASSES:
        x = [int((s == name).sum()) for s in sides]
        pooled, n = sum(x) / sum(map(len, sides)), [len(s) for s in sides]
        z = (x[1] / n[1] - x[0] / n[0]) / np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
        raw.append(2 * stats.norm.sf(abs(z)))
    for one, adjusted in zip(page.shares, holm(raw), strict=True):
        assert one.difference is not None and one.difference.p_adjusted == pytest.approx(adjusted)
        assert one.verdict == ("none" if adjusted >= 0.05 else "up" if one.difference.value > 0 else "down")
    assert page.shares[0].verdict == "up", "the second wave likes us better: that must be found"


def test_by_branch_each_class_against_the_rest(deps: Deps, frame: pd.DataFrame) -> None:
    page = ask(deps, replace(WHOLE, by="branch"))
    known = frame[frame["cls"].notna()]
    assert [g.value for g in page.groups] == ["강남", "대구", "부산", "제주"]
    assert sum(g.n for g in page.groups) == len(known)
    for group in page.groups:
        part, rest = known[known["branch"] == group.value]["cls"], known[known["branch"] != group.value]["cls"]
        for one in group.shares:
            if one.figure.value is None:
                continue
            assert one.figure.value == pytest.approx(100 * (part == one.name).mean()) and one.figure.n == len(part)
            gap = 100 * ((part == one.name).mean() - (rest == one.name).mean())
            assert one.difference is not None and one.difference.value == pytest.approx(gap)
    tested = [s.difference for g in page.groups for s in g.shares if s.difference is not None and s.difference.tested]
    assert len(tested) > 10 and tested[0].p is not None, "more than ten tests: Benjamini-Hochberg over the whole table"
    expected = stats.false_discovery_control([d.p for d in tested])
    assert [d.p_adjusted for d in tested] == pytest.approx(list(expected))


def test_a_small_branch_is_hidden_and_does_not_follow_from_the_total(deps: Deps, frame: pd.DataFrame) -> None:
    one_wave = frame[(frame["wave"] == "1차") & frame["cls"].notna()]
    assert 0 < (one_wave["branch"] == "제주").sum() < 10
    page = ask(deps, replace(WHOLE, equals={"wave": ("1차",)}, by="branch"))
    hidden = [g.value for g in page.groups if all(s.figure.value is None for s in g.shares)]
    assert "제주" in hidden and len(hidden) == 2, "a second one, or the first would be the total without the others"
    assert all(s.difference is None or s.difference.value is None for g in page.groups if g.value in hidden for s in g.shares)


def pairs(frame: pd.DataFrame) -> pd.DataFrame:
    sides = [frame[frame["wave"] == w].set_index("person")["cls"] for w in panel.WAVES]
    return pd.concat(sides, axis=1, keys=["a", "b"]).dropna()


def test_movement_of_the_same_customers_against_pandas(deps: Deps, frame: pd.DataFrame) -> None:
    moves, both = ask(deps, WAVES).moves, pairs(frame)
    assert moves.why == "" and moves.waves == panel.WAVES and moves.paired == 180 and moves.movement is not None
    assert moves.movement.n == len(both) < 180
    table = pd.crosstab(both["a"], both["b"]).reindex(index=CLASSES, columns=CLASSES, fill_value=0)
    assert moves.movement.table.tolist() == table.to_numpy().tolist()
    raw = []
    for move in moves.movement.moves:
        difference = 100.0 * (both["b"] == move.name) - 100.0 * (both["a"] == move.name)
        found = stats.ttest_rel(100.0 * (both["b"] == move.name), 100.0 * (both["a"] == move.name))
        interval = found.confidence_interval(0.95)
        assert move.difference.value == pytest.approx(difference.mean())
        assert (move.difference.ci_low, move.difference.ci_high) == pytest.approx((interval.low, interval.high))
        assert (move.came, move.left) == (int((difference > 0).sum()), int((difference < 0).sum()))
        raw.append(float(found.pvalue))
    assert [m.difference.p_adjusted for m in moves.movement.moves] == pytest.approx(holm(raw))


def test_rows_of_the_transition_table_hide_small_origins(deps: Deps, frame: pd.DataFrame) -> None:
    moves, both = ask(deps, WAVES).moves, pairs(frame)
    sizes = both["a"].value_counts()
    small = [name for name in CLASSES if sizes.get(name, 0) < 10]
    for origin in moves.origins:
        shown = [f.value for f in origin.to]
        assert origin.n == sizes.get(origin.name, 0)
        if origin.name in small:
            assert shown == [None] * 4
        elif shown[0] is not None:
            part = both[both["a"] == origin.name]["b"]
            assert shown == pytest.approx([100 * (part == name).mean() for name in CLASSES])
    hidden = [o.name for o in moves.origins if o.to[0].value is None and o.n]
    assert len(hidden) != 1, "one hidden row would follow from the others and the total"


def test_filters_and_the_order_of_waves(deps: Deps, frame: pd.DataFrame) -> None:
    both = pairs(frame)
    branch = frame.drop_duplicates("person").set_index("person")["branch"]
    part = both[branch.reindex(both.index) == "강남"]
    moves = ask(deps, replace(WAVES, equals={**WAVES.equals, "branch": ("강남",)})).moves
    assert moves.movement is not None and moves.movement.n == len(part)
    turned = ask(deps, of_waves(WHOLE, "2차", "1차")).moves
    assert turned.waves == panel.WAVES and turned.movement is not None, "the earlier wave stays the earlier one"
    assert turned.movement.table.tolist() == ask(deps, WAVES).moves.movement.table.tolist()


def test_why_nothing_is_told_of_movement(deps: Deps) -> None:
    assert ask(deps, WHOLE).moves.why == "comparison"
    assert ask(deps, replace(WHOLE, equals={"branch": ("강남",)}, compare="rest")).moves.why == "comparison"
    dated = replace(WHOLE, period="6m")
    assert ask(deps, dated).moves.why == "" and ask(deps, dated).moves.paired == 180
    assert ask(deps, dated, VIEWER).moves.why == "dates" and ask(deps, WAVES, VIEWER).moves.paired == 180
    few = replace(WAVES, equals={**WAVES.equals, "branch": ("제주",)})
    assert ask(deps, few).moves.why == "few" and ask(deps, few).moves.movement is None


def test_against_the_rest_of_the_same_period(deps: Deps, frame: pd.DataFrame) -> None:
    known = frame[frame["cls"].notna()]
    mine, rest = (known.loc[(known["branch"] == "강남") == here, "cls"] for here in (True, False))
    view = replace(WHOLE, equals={"branch": ("강남",)}, compare="rest")
    for one in ask(deps, view).shares:
        assert one.difference is not None
        assert one.difference.value == pytest.approx(100 * ((mine == one.name).mean() - (rest == one.name).mean()))
    for branch in ("강남", "부산", "제주"):  # whoever sees no single answers gets figures or none, and never an error
        page = ask(deps, replace(view, equals={"branch": (branch,)}), VIEWER)
        assert len(page.shares) == 4 and len(page.groups) <= 4


def test_rows_of_a_scope_bind_both_waves(deps: Deps, frame: pd.DataFrame) -> None:
    both = pairs(frame)
    branch = frame.drop_duplicates("person").set_index("person")["branch"]
    actor = replace(LOCAL, rows=(("branch", ("부산",)),))
    page = ask(deps, replace(WAVES, by="branch"), actor)
    assert page.moves.movement is not None and page.moves.movement.n == int((branch.reindex(both.index) == "부산").sum())
    assert [g.value for g in page.groups] == ["부산"]


def test_without_an_axis_there_are_no_figures(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = house.build(tmp_path_factory.mktemp("bare") / "home")
    try:
        with writing(made.engine) as session:
            programs.add_program(session, slug="bare", name={"ko": "빈 조사"})
        page = ask(made, View(program="bare"))
        assert page.attitude is page.intention is None and page.shares == () and page.groups == () and page.moves.movement is None
    finally:
        house.close(made)
