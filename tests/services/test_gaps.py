"""Expectation, standards, performance and emotion, kinds of touchpoints: each against pandas on the answers of the same respondents."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cxdash.errors import Conflict, NotFound, Refused
from cxdash.facts.question import Facts, Filter
from cxdash.services import gaps as service
from cxdash.services import sums
from cxdash.services.actor import LOCAL, Actor, RoleName
from cxdash.services.audit import entries
from cxdash.services.catalog import Catalog
from cxdash.services.deps import Deps
from cxdash.services.gaps import Gaps, gaps
from cxdash.services.view import View
from cxdash.services.yardsticks import drop_standard, list_yardsticks, save_standard
from cxdash.stats.counts import Moments
from tests import house
from tests.services import measured
from tests.services.byhand import holm, wilson
from tests.services.measured import score

PAIRS = {"kind.SAT": "kind.EXP", "wait.SAT": "wait.EXP", "ease.SAT": "ease.EXP", "quality.PERF": "quality.EXP", "fast.SAT": "fast.EXP"}
EXPERIENCED = {
    "buy": ("kind.SAT", "wait.SAT", "clear.SAT"), "use": ("ease.SAT", "quality.PERF"), "care": ("fast.SAT",), "trial": ("trial.SAT",),
}  # fmt: skip
KINDS = {
    "active": ("kind.SAT", "wait.SAT", "ease.SAT", "quality.SAT", "quality.PERF"), "passive": ("clear.SAT", "fast.SAT"),
    "people": ("kind.SAT", "wait.SAT", "fast.SAT"), "communication": ("clear.SAT",), "product": ("ease.SAT", "quality.SAT", "quality.PERF"),
}  # fmt: skip


@pytest.fixture
def deps(shop: Deps) -> Deps:
    return shop


def seen(deps: Deps, actor: Actor = LOCAL, **view: Any) -> Gaps:
    return gaps(deps, actor, view=View(program=measured.SLUG, **{"period": "all", **view}))


def mean_of(rows: pd.DataFrame, codes: tuple[str, ...]) -> pd.Series:
    return pd.DataFrame({c: score(c, rows[c]) for c in codes}).mean(axis=1)


def linearised(x: np.ndarray, w: np.ndarray) -> tuple[float, float]:
    """Weighted mean and its standard error, as R's svymean has it."""
    mu = float((w * x).sum() / w.sum())
    return mu, float(np.sqrt(len(x) / (len(x) - 1) * ((w * (x - mu)) ** 2).sum()) / w.sum())


@pytest.mark.parametrize(("equals", "weighted"), [({}, False), ({"region": ("서울",)}, True), ({"wave": ("1차",)}, False)])
def test_gaps_are_paired_differences_adjusted_over_the_factors(
    deps: Deps, rows: pd.DataFrame, equals: dict[str, tuple[str, ...]], weighted: bool
) -> None:
    page = seen(deps, equals=equals, weighted=weighted)
    chosen = rows[rows["region"].isin(equals["region"])] if "region" in equals else rows[rows["wave"] == 1] if "wave" in equals else rows
    assert {g.question.code: g.expectation.code for g in page.factors} == PAIRS
    raw = {}
    for g in page.factors:
        both = pd.DataFrame({side: score(q.code, chosen[q.code]) for side, q in (("p", g.question), ("e", g.expectation))})
        both = both.assign(w=chosen["weight"] if weighted else 1.0).dropna()
        d, w = (both["p"] - both["e"]).to_numpy(), both["w"].to_numpy()
        mu, se = linearised(d, w)
        half = stats.t.ppf(0.975, len(d) - 1) * se
        assert g.n == len(d) and g.difference.value == pytest.approx(mu, abs=1e-9)
        assert (g.difference.ci_low, g.difference.ci_high) == pytest.approx((mu - half, mu + half), abs=1e-9)
        assert g.experienced.value == pytest.approx((w * both["p"]).sum() / w.sum())
        assert g.expected.value == pytest.approx((w * both["e"]).sum() / w.sum())
        assert g.same_scale == (g.question.code != "kind.SAT")
        if g.same_scale:
            assert g.gap.points.value == pytest.approx(4 * mu / 100)
        raw[g.question.code] = 2 * stats.t.sf(abs(mu / se), len(d) - 1)
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    told = {g.question.code: g.difference.p_adjusted for g in page.factors}
    assert told == pytest.approx(adjusted, rel=1e-6, abs=1e-12)
    assert [g.difference.value for g in page.factors] == sorted(g.difference.value for g in page.factors)
    assert {g.question.code: g.verdict for g in page.factors} == {
        code: "none" if adjusted[code] >= 0.05 else "up" if g.difference.value > 0 else "down" for code, g in
        ((g.question.code, g) for g in page.factors)
    }  # fmt: skip
    if not equals:
        assert page.factors[0].question.code == "wait.SAT" and page.factors[0].verdict == "down" and page.factors[-1].verdict == "up"


def test_a_gap_moves_against_the_comparison(deps: Deps, rows: pd.DataFrame) -> None:
    def differences(part: pd.DataFrame, code: str) -> pd.Series:
        return (score(code, part[code]) - score(PAIRS[code], part[PAIRS[code]])).dropna()

    page = seen(deps, equals={"wave": ("2차",)})
    found = {g.question.code: g for g in page.factors}
    raw = {}
    for code, g in found.items():
        now, then = (differences(rows[rows["wave"] == wave], code) for wave in (2, 1))
        assert g.change is not None and g.change.value == pytest.approx(now.mean() - then.mean())
        raw[code] = stats.ttest_ind(now, then, equal_var=False).pvalue
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    assert {code: g.change.p_adjusted for code, g in found.items() if g.change} == pytest.approx(adjusted, rel=1e-6)
    assert found["wait.SAT"].moved == "up"  # planted: less waiting in the second wave
    rest = seen(deps, equals={"region": ("서울",)}, compare="rest")
    own, others = (differences(rows[rows["region"].eq("서울") == here], "wait.SAT") for here in (True, False))
    change = next(g.change for g in rest.factors if g.question.code == "wait.SAT")
    assert change is not None and change.value == pytest.approx(own.mean() - others.mean()) and change.tested
    assert all(g.change is None for g in seen(deps, compare="none").factors)


@pytest.mark.parametrize("weighted", [False, True])
def test_experience_is_the_mean_of_the_respondents_roots(deps: Deps, rows: pd.DataFrame, weighted: bool) -> None:
    page = seen(deps, weighted=weighted)
    assert [s.stage.code for s in page.stages] == ["buy", "use", "care", "trial"]
    for s in page.stages:
        code = s.stage.code
        both = pd.DataFrame({"p": mean_of(rows, EXPERIENCED[code]), "e": score(f"{code}.EMO", rows[f"{code}.EMO"])})
        both = both.assign(w=rows["weight"] if weighted else 1.0).dropna()
        e = s.experience
        assert e.score.n == len(both)
        if code == "trial":
            assert e.score.value is None and e.performance.value is None and e.held == "untested"
            continue
        w = both["w"].to_numpy()
        mu, se = linearised(np.sqrt(both["p"] * both["e"]).to_numpy(), w)
        assert (e.score.value, e.score.se) == pytest.approx((mu, se), abs=1e-6)
        assert e.performance.value == pytest.approx((w * both["p"]).sum() / w.sum(), abs=1e-6)
        assert e.emotion.value == pytest.approx((w * both["e"]).sum() / w.sum(), abs=1e-6)
        d, se = linearised((both["p"] - both["e"]).to_numpy(), w)
        p = 2 * stats.t.sf(abs(d / se), len(w) - 1)
        assert e.held == ("neither" if p >= 0.05 else "emotion" if d > 0 else "performance")
    assert {s.stage.code: s.experience.held for s in page.stages}["buy"] == "emotion"


@pytest.mark.parametrize("weighted", [False, True])
def test_kinds_of_touchpoints_are_compared_within_respondents(deps: Deps, rows: pd.DataFrame, weighted: bool) -> None:
    page = seen(deps, weighted=weighted)
    assert [k.part for k in page.kinds] == ["initiative", "domain"]
    w = rows["weight"] if weighted else pd.Series(1.0, index=rows.index)
    for found in page.kinds:
        for k in found.scores:
            values = mean_of(rows, KINDS[k.kind])
            use = values.notna()
            assert k.figure.n == use.sum() and k.figure.value == pytest.approx((values[use] * w[use]).sum() / w[use].sum(), abs=1e-6)
        raw = []
        assert [(p.first, p.second) for p in found.pairs] == list(combinations([k.kind for k in found.scores], 2))
        for pair in found.pairs:
            d = mean_of(rows, KINDS[pair.first]) - mean_of(rows, KINDS[pair.second])
            use = d.notna().to_numpy()
            mu, se = linearised(d.to_numpy()[use], w.to_numpy()[use])
            half = stats.t.ppf(0.975, use.sum() - 1) * se
            assert pair.n == use.sum() and pair.difference.value == pytest.approx(mu, abs=1e-6)
            assert (pair.difference.ci_low, pair.difference.ci_high) == pytest.approx((mu - half, mu + half), abs=1e-6)
            raw.append(2 * stats.t.sf(abs(mu / se), use.sum() - 1))
        assert [p.difference.p_adjusted for p in found.pairs] == pytest.approx(holm(raw), rel=1e-4)
    assert {k.kind: k.touchpoints for found in page.kinds for k in found.scores} == {
        "active": 2, "passive": 2, "product": 1, "people": 2, "communication": 1,
    }  # fmt: skip


def test_standards_are_kept_and_say_how_many_answers_lie_where(deps: Deps, rows: pd.DataFrame, catalog: Catalog) -> None:
    assert all(s.standard is None and s.shares == {} and s.change is None for s in seen(deps).standards)
    save_standard(deps, LOCAL, catalog=catalog, stage="care", expected=50.0, beyond=100.0)
    save_standard(deps, LOCAL, catalog=catalog, stage="buy", expected=40.0, beyond=75.0)
    save_standard(deps, LOCAL, catalog=catalog, stage="trial", expected=40.0, beyond=75.0)
    try:
        page = {s.stage.code: s for s in seen(deps).standards}
        assert list(page) == ["buy", "use", "care", "trial"] and page["use"].shares == {}
        assert all(f.value is None and f.n == 7 for f in page["trial"].shares.values())
        for code, (low, high) in {"care": (50, 100), "buy": (40, 75)}.items():
            values = mean_of(rows, EXPERIENCED[code]).dropna()
            least, most = values >= low - 1e-6, values >= high - 1e-6
            want = {"negative": ~least, "expected": least & ~most, "beyond": most}
            for name, figure in page[code].shares.items():
                x, n = int(want[name].sum()), len(values)
                assert figure.n == n and figure.value == pytest.approx(100 * x / n)
                assert (figure.ci_low, figure.ci_high) == pytest.approx(wilson(x, n))
            assert sum(f.value or 0 for f in page[code].shares.values()) == pytest.approx(100)
        weighted = {s.stage.code: s for s in seen(deps, weighted=True).standards}["care"].shares["beyond"]
        both = rows.assign(x=score("fast.SAT", rows["fast.SAT"])).dropna(subset=["x"])
        assert weighted.value == pytest.approx(100 * both.loc[both["x"] == 100, "weight"].sum() / both["weight"].sum())
        assert weighted.n_eff == pytest.approx(both["weight"].sum() ** 2 / (both["weight"] ** 2).sum())
        second = {s.stage.code: s for s in seen(deps, equals={"wave": ("2차",)}).standards}["buy"]
        now, then = ((mean_of(rows[rows["wave"] == wave], EXPERIENCED["buy"]).dropna() >= 40 - 1e-6) for wave in (2, 1))
        assert second.change is not None and second.change.value == pytest.approx(100 * (now.mean() - then.mean()))
        log = entries(deps, LOCAL).entries[0]
        assert (log.action, log.after) == ("standard.save", {"stage": "trial", "expected": 40.0, "beyond": 75.0})
    finally:
        for stage in ("care", "buy", "trial"):
            drop_standard(deps, LOCAL, catalog=catalog, stage=stage)
    assert list_yardsticks(deps, LOCAL, catalog).standards == {}
    with pytest.raises(NotFound, match="gaps.no_standard"):
        drop_standard(deps, LOCAL, catalog=catalog, stage="care")


@pytest.mark.parametrize("levels", [(50.0, 50.0), (75.0, 50.0), (0.0, 50.0), (50.0, 101.0), (float("nan"), 50.0)])
def test_a_standard_must_rise_within_the_scale(deps: Deps, catalog: Catalog, levels: tuple[float, float]) -> None:
    with pytest.raises(Conflict, match="gaps.standard_range"):
        save_standard(deps, LOCAL, catalog=catalog, stage="care", expected=levels[0], beyond=levels[1])


def test_who_may_set_a_standard_and_for_which_stage(deps: Deps, catalog: Catalog) -> None:
    viewer = Actor("v", RoleName.VIEWER)
    assert seen(deps, viewer).responses == measured.N
    with pytest.raises(Refused):
        save_standard(deps, viewer, catalog=catalog, stage="care", expected=50, beyond=75)
    with pytest.raises(NotFound, match="gaps.no_stage"):
        save_standard(deps, LOCAL, catalog=catalog, stage="nowhere", expected=50, beyond=75)


def test_the_rest_of_a_whole_that_keeps_silent_is_nothing(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    some = Moments.from_values([1.0, 2.0, 3.0])
    assert sums.rest_of(Moments.zero(), some).n == 0 and sums.rest_of(some, Moments.from_values([1.0])).n == 2
    real = sums.pairs_of

    def silent(facts: Facts, where: Filter, columns: list[str], **k: bool) -> Any:
        found = real(facts, where, columns, **k)
        return found if where.equals else found.clear()

    monkeypatch.setattr(service, "pairs_of", silent)
    page = seen(deps, equals={"region": ("서울",)}, compare="rest")
    assert {s.moved for s in page.stages} == {"untested"} and all(s.experience.score.n for s in page.stages)


def test_few_answers_are_hidden_or_untested_and_nothing_asked_is_nothing_shown(deps: Deps, tmp_path: Path) -> None:
    few = seen(deps, equals={"region": ("세종",)})
    assert few.responses == 18 and {g.verdict for g in few.factors} == {"untested"}
    assert all(p.verdict == "untested" and p.difference.p is None for k in few.kinds for p in k.pairs)
    nobody = seen(deps, equals={"region": ("세종",), "wave": ("2차",)}, compare="none")
    assert all(g.difference.value is None and g.experienced.value is None for g in nobody.factors)
    made = house.build(tmp_path / "home")
    measured.build(made, slug="plain", without=("importance", "expectation", "emotion"))
    plain = gaps(made, LOCAL, view=View(program="plain", period="all"))
    assert (plain.factors, plain.stages, plain.asked) == ((), (), frozenset()) and plain.kinds and plain.standards
    house.close(made)
