"""Importance of drivers: reference cases of R and pingouin, subsets by brute force, what is refused, dropped and flagged."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.cross import Cross, _drawn, checked_correlation, correlations, times
from cxdash.stats.drivers import drivers, drivers_of_rows
from cxdash.stats.ranks import spearman
from cxdash.stats.relative import betas, johnson
from cxdash.stats.shapley import lmg
from tests.stats.reference import Case, document

PINGOUIN = (0.5143810696546, 0.3386989128315, 0.6100458745919)  # X-M, X-Y, M-Y


def dataset(name: str, outcome: str, *drivers_: str) -> tuple[list[float], dict[str, list[float]]]:
    data = document()["datasets"][name]
    return data[outcome], {k: data[k] for k in drivers_ or [c for c in data if c != outcome]}


def bare(y, x, weights=None, draws=0):
    return drivers_of_rows(y, x, weights, draws=draws, base_rule=False)


def told(found, field: str) -> dict[str, object]:
    return {d.name: getattr(d, field) for d in found.drivers}


def test_lmg_swiss_against_r_relaimpo():
    case = Case("lmg_swiss")
    found = bare(*dataset("swiss", "Fertility"))
    case.check("R2", found.r2)
    case.check("lmg", told(found, "weight"))
    case.check("lmg_pct", {name: 100 * share for name, share in told(found, "share").items()})
    assert found.method == "lmg" and [d.name for d in found.drivers][:2] == ["Education", "Examination"]


def test_other_importances_of_swiss_against_r_relaimpo():
    case = Case("relimp_other_swiss")
    y, x = dataset("swiss", "Fertility")
    found = bare(y, x)
    case.check("first", told(found, "first"))
    case.check("last", told(found, "last"))
    case.check("std_beta", told(found, "beta"))
    case.check("betasq", {name: beta**2 for name, beta in told(found, "beta").items()})
    case.check("vif", told(found, "vif"))
    case.check("pearson", told(found, "r"))
    case.check("pratt", {d.name: d.beta * d.r for d in found.drivers})  # no importance: negative for Agriculture
    case.check("spearman", {name: spearman(values, y) for name, values in x.items()})


def test_johnson_swiss_against_r_relaimpo_and_rwa():
    case = Case("johnson_swiss")
    found = bare(*dataset("swiss", "Fertility"))
    case.check("raw", {d.name: d.relative * found.r2 for d in found.drivers})


def test_sign_trap_swiss_against_r_lm():
    """The direction is that of the plain correlation; where the coefficient disagrees, the driver says so and stays."""
    case = Case("sign_trap_swiss")
    found = bare(*dataset("swiss", "Fertility"))
    case.check("regression_sign", {d.name: "+" if d.beta > 0 else "-" for d in found.drivers})
    case.check("disagree", [d.name for d in found.drivers if d.suppressor])
    assert {d.name: d.direction for d in found.drivers}["Agriculture"] == "up"


def test_weighted_lmg_swiss_against_r_relaimpo():
    y, x = dataset("swiss", "Fertility")
    found = bare(y, x, [1 + i % 3 for i in range(len(y))])
    assert found.r2 == pytest.approx(0.723705113549, abs=1e-11)
    expected = (0.0610202171, 0.1841669334, 0.2602683981, 0.1019928052, 0.1162567597)
    assert [told(found, "weight")[name] for name in x] == pytest.approx(expected, abs=1e-9)


def test_mtcars_against_r_relaimpo_and_rwa():
    """The two methods name different first drivers, so a screen must say which one it shows."""
    found = bare(*dataset("mtcars", "mpg", "cyl", "disp", "hp", "gear"))
    assert found.r2 == pytest.approx(0.779189638983, abs=1e-11)
    names = ("cyl", "disp", "hp", "gear")
    assert [told(found, "weight")[n] for n in names] == pytest.approx((0.2470520332, 0.2434995948, 0.2109128995, 0.0777251114), abs=1e-9)
    relative = [100 * told(found, "relative")[n] for n in names]
    assert relative == pytest.approx((29.32274, 28.50999, 29.79691, 12.37037), abs=5e-5)
    assert found.drivers[0].name == "cyl" and names[int(np.argmax(relative))] == "hp"


def test_attitude_against_r_relaimpo():
    found = bare(*dataset("attitude", "rating"))
    assert found.r2 == pytest.approx(0.732601992531, abs=1e-11)
    expected = {"complaints": 0.370816194319, "learning": 0.155765990169, "raises": 0.120345079404, "privileges": 0.050903792972,
                "advance": 0.028182213122, "critical": 0.006588722546}
    assert told(found, "weight") == pytest.approx(expected, abs=1e-11)
    pratt = [d.beta * d.r for d in found.drivers]
    assert round(min(pratt), 3) == -0.031 and min(d.weight for d in found.drivers) > 0


def test_lmg_mediation_against_pingouin_relimp():
    """From the correlations of its data set `mediation` (100 rows)."""
    case = Case("pingouin_relimp")
    xm, xy, my = PINGOUIN
    weight = lmg(np.array([[1, xm, xy], [xm, 1, my], [xy, my, 1]]))
    case.check("R2", weight.sum())
    case.check("relimp", {"X": weight[0], "M": weight[1]})
    case.check("pct", {"X": 100 * weight[0] / weight.sum(), "M": 100 * weight[1] / weight.sum()})


def test_a_driver_given_twice_is_reported_by_design_rule():
    assert "aliased" in Case("lmg_duplicate_predictor").expected["behaviour"]
    y, x = dataset("swiss", "Fertility")
    found = bare(y, {**x, "again": x["Education"], "turned": [-v for v in x["Education"]], "sum": np.add(x["Catholic"], x["Examination"])})
    assert [(d.name, d.reason, d.of) for d in found.dropped] == [
        ("again", "duplicate", "Education"), ("turned", "duplicate", "Education"), ("sum", "aliased", None)]
    assert told(found, "weight") == pytest.approx(told(bare(y, x), "weight"), abs=1e-12)


def by_permutations(r: np.ndarray, sizes: list[int]) -> list[float]:
    ends = np.cumsum([0, *sizes])
    players = [list(range(ends[i], ends[i + 1])) for i in range(len(sizes))]

    def r2(inside: list[int]) -> float:
        return float(r[inside, -1] @ np.linalg.solve(r[np.ix_(inside, inside)], r[inside, -1])) if inside else 0.0

    total, orders = np.zeros(len(sizes)), list(permutations(range(len(sizes))))
    for order in orders:
        inside: list[int] = []
        for player in order:
            before = r2(inside)
            inside = inside + players[player]
            total[player] += r2(inside) - before
    return (total / len(orders)).tolist()


def random_correlations(seed: int, k: int, count: int = 1) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(count, 60, k))
    x[:, :, 1:] += 0.8 * x[:, :, :-1]
    return np.array([np.corrcoef(part.T) for part in x])


@pytest.mark.parametrize("sizes", [[1], [1, 1], [1] * 5, [3, 1, 2], [1, 2, 2, 1], [2, 3]])
def test_lmg_of_drivers_and_of_groups_against_every_order(sizes):
    r = random_correlations(len(sizes), sum(sizes) + 1)[0]
    assert lmg(r, sizes) == pytest.approx(by_permutations(r, sizes), abs=1e-12)


def test_fifteen_drivers_of_many_samples_add_up_and_each_sample_is_its_own():
    r = random_correlations(3, 16, 40)
    weight = lmg(r)
    assert weight.shape == (40, 15) and (weight > -1e-12).all()
    assert weight.sum(axis=1) == pytest.approx([1 - 1 / np.linalg.inv(part)[-1, -1] for part in r], abs=1e-10)
    assert np.allclose(weight[17], lmg(r[17]), atol=1e-13) and np.allclose(johnson(r).sum(axis=1), weight.sum(axis=1), atol=1e-10)
    with pytest.raises(StatsError):
        lmg(random_correlations(3, 17)[0])
    with pytest.raises(StatsError):
        lmg(r[0], [2, 2])


def test_independent_drivers_have_their_squared_correlation_in_both_methods():
    r = np.eye(5)
    r[:-1, -1] = r[-1, :-1] = [0.5, -0.4, 0.3, 0.0]
    for weight in (lmg(r), johnson(r)):
        assert weight == pytest.approx([0.25, 0.16, 0.09, 0.0], abs=1e-12)


def test_a_linear_combination_adds_nothing_in_a_sample_of_the_bootstrap():
    r = np.ones((3, 3))
    r[:, -1] = r[-1] = [0.6, 0.6, 1.0]
    assert lmg(r) == pytest.approx([0.18, 0.18]) and johnson(r) == pytest.approx([0.18, 0.18])


def survey(n: int, p: int = 4, seed: int = 0, effects=(0.6, 0.4, 0.2, 0.0)) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) * 0.6 + rng.normal(size=(n, p))
    y = x[:, : len(effects)] @ np.asarray(effects)[: min(p, len(effects))] + rng.normal(size=n)
    return y, {f"x{j}": x[:, j] for j in range(p)}


@pytest.mark.parametrize(("n", "p", "state", "need"), [
    (99, 4, "refused", 100), (100, 4, "exploratory", 100), (199, 4, "exploratory", 100), (200, 4, "shown", 100), (499, 4, "shown", 100),
    (500, 4, "ranked", 100), (149, 15, "refused", 150), (150, 15, "exploratory", 150), (3, 2, "refused", 100), (0, 2, "refused", 100),
])
def test_how_many_answers_allow_what(n, p, state, need):
    found = drivers_of_rows(*survey(n, p), draws=40)
    assert (found.state, found.need, found.n) == (state, need, n)
    assert (found.reason == "few_answers") == (state == "refused") == (found.drivers == ())
    assert all((d.rank is not None) == (state == "ranked") for d in found.drivers)


def test_sixty_candidates_are_johnsons():
    y, x = survey(650, 60)
    found = drivers_of_rows(y, x, draws=60)
    assert (found.method, found.need, len(found.drivers), len(found.differences)) == ("johnson", 600, 60, 1770)
    assert {d.name for d in found.drivers[:2]} == {"x0", "x1"}
    assert found.drivers[0].weight == pytest.approx(found.drivers[0].relative * found.r2)
    assert sum(d.share for d in found.drivers) == pytest.approx(1.0)
    assert drivers_of_rows(*survey(599, 60)).state == "refused"


def test_weights_are_honoured_and_zero_weights_are_absent():
    y, x = survey(400)
    w = np.random.default_rng(5).integers(0, 4, 400).astype(float)
    repeated = np.repeat(np.arange(400), w.astype(int))
    one = bare(y, x, w)
    other = bare(y[repeated], {k: v[repeated] for k, v in x.items()})
    assert told(one, "weight") == pytest.approx(told(other, "weight"), abs=1e-12) and one.n == int((w > 0).sum())
    ones = drivers_of_rows(y, x, np.full(400, 2.5), draws=50)
    plain = drivers_of_rows(y, x, draws=50)
    assert told(ones, "share_low") == pytest.approx(told(plain, "share_low")) and ones.n_eff == 400
    lonely = drivers_of_rows(y, x, np.where(np.arange(400) < 150, 1.0, 0.001), draws=0)
    assert lonely.n == 400 and lonely.n_eff < 152 and lonely.state == "exploratory", "the effective base decides"
    assert drivers_of_rows(y, x, np.zeros(400)).reason == "few_answers"
    with pytest.raises(StatsError):
        drivers_of_rows(y, x, -np.ones(400))


def test_listwise_loss_is_told_and_refused_over_a_fifth():
    y, x = survey(1000)
    x["x3"][:150] = np.nan
    y[-100:] = np.nan
    found = drivers_of_rows(y, x, draws=0)
    assert (found.n, found.lost, found.state) == (750, 150, "ranked") and found.lost_share == pytest.approx(150 / 900)
    x["x2"][150:200] = np.nan
    refused = drivers_of_rows(y, x, draws=0)
    assert (refused.state, refused.reason, refused.lost) == ("refused", "many_lost", 200)


def test_candidates_without_ratings_or_variance_and_outcomes_without():
    y, x = survey(300)
    x |= {"nobody": np.full(300, np.nan), "same": np.full(300, 4.0)}
    found = drivers_of_rows(y, x, draws=0)
    assert [(d.name, d.reason) for d in found.dropped] == [("nobody", "missing"), ("same", "constant")] and len(found.drivers) == 4
    assert drivers_of_rows(np.full(300, 7.0), x).reason == "outcome_constant"
    assert drivers_of_rows(y, {"same": x["same"]}).reason == "no_drivers"
    assert drivers_of_rows(y, {}).reason == "no_drivers"
    with pytest.raises(StatsError):
        drivers_of_rows(y, {"a": y[:5]})
    with pytest.raises(StatsError):
        drivers_of_rows(y, {"a": np.append(y[:-1], np.inf)})
    with pytest.raises(StatsError):
        drivers(Cross.from_rows({"a": y}), "b")
    twice = Cross.of_sums(("a", "a"), [9], [9], [9], np.zeros((1, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(StatsError):
        drivers(twice, "a")


def test_drivers_that_do_not_explain_the_outcome_say_so():
    y, x = survey(600, effects=(0.15, 0.0, 0.0, 0.0))
    found = drivers_of_rows(y, x, draws=50)
    assert found.r2 < 0.1 and not found.explains and found.drivers
    assert drivers_of_rows(*survey(600), draws=0).explains


def test_drivers_that_measure_the_same_are_named():
    y, x = survey(400)
    x["near"] = x["x0"] + np.random.default_rng(1).normal(size=400) * 0.15
    found = drivers_of_rows(y, x, draws=0)
    assert found.driver("near").twins == ("x0",) and found.driver("x0").vif > 10 and found.driver("x1").twins == ()


def test_pairwise_correlations_that_no_data_have_are_refused():
    r = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(StatsError) as error:
        checked_correlation(r)
    assert error.value.params["reason"] == "correlation_indefinite"
    with pytest.raises(StatsError):
        checked_correlation(np.ones((2, 3)))


def test_moments_of_groups_add_up_to_those_of_all():
    y, x = survey(300)
    x["x1"][:7] = np.nan
    w = np.random.default_rng(2).uniform(0.2, 3, 300)
    columns = {**x, "y": y}
    whole = Cross.from_rows(columns, w)
    half = np.arange(300) % 2
    a, b = (Cross.from_rows({k: v[half == h] for k, v in columns.items()}, w[half == h], groups=np.zeros(150, int)) for h in (0, 1))
    both = a + b
    assert (both.size, both.lost) == (whole.size, whole.lost) == (293, 7) and both.n_eff == pytest.approx(whole.n_eff)
    assert np.allclose(both.covariance, whole.covariance) and np.allclose(both.means, whole.means)
    assert np.allclose(whole.pick(["y", "x0"]).covariance, whole.covariance[np.ix_([4, 0], [4, 0])])
    with pytest.raises(StatsError):
        a + b.pick(["y", "x0", "x1", "x2", "x3"])


def test_large_numbers_that_hardly_vary_are_not_taken_for_constant_nor_constants_for_varying():
    c = Cross.from_rows({"year": [2024.0, 2025.0, 2026.0] * 20, "same": [1e7] * 60, "y": list(range(60))})
    r = correlations(c.covariance)
    assert r[1].tolist() == [0, 0, 0] and abs(r[0, 2]) < 0.1 and r[0, 0] == pytest.approx(1)


def test_samples_of_the_bootstrap_are_of_their_size_and_repeatable():
    drawn = times(50, 300, seed=3)
    assert (drawn.sum(axis=1) == 50).all() and np.array_equal(drawn, _drawn(50, 300, seed=3)) and not drawn.flags.writeable
    assert drawn.var() == pytest.approx(1 - 1 / 50, rel=0.05)
    c = Cross.from_rows({"a": [1.0, 2.0, 4.0], "b": [2.0, 1.0, 3.0]})
    means, cov = c.resampled(200, seed=4)
    assert means.shape == (200, 2) and np.allclose(cov, cov.transpose(0, 2, 1))
    assert Cross.from_rows({"a": [1.0], "b": [2.0]}).resampled(9)[0].shape == (0, 2)


def test_coefficients_of_covariances_are_raw_also_where_columns_are_the_same() -> None:
    x = np.random.default_rng(9).normal(size=(200, 2)) * [3.0, 0.5]
    y = x @ [2.0, -4.0] + 1.0
    plain = np.cov(np.column_stack([x, y]).T, bias=True)
    assert betas(plain) == pytest.approx([2.0, -4.0])
    twice = np.cov(np.column_stack([x[:, 0], x[:, 0], y]).T, bias=True)
    assert betas(np.stack([twice, twice])) == pytest.approx(np.full((2, 2), np.cov(x[:, 0], y, bias=True)[0, 1] / x[:, 0].var() / 2))
