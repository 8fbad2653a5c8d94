"""Weights and raking against R survey, and every input they must refuse."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.weights import kish, normalise, rake
from tests.stats.reference import Case

SEX, AGE, SIZES = ["M", "M", "M", "F", "F", "F"], ["Y", "M", "O", "Y", "M", "O"], [30, 20, 10, 20, 15, 5]
TARGETS = {"sex": {"M": 0.5, "F": 0.5}, "age": {"Y": 0.35, "M": 0.35, "O": 0.3}}


def people(sex=SEX, age=AGE, sizes=SIZES) -> dict[str, list[str]]:
    return {name: [v for v, n in zip(values, sizes, strict=True) for _ in range(n)] for name, values in (("sex", sex), ("age", age))}


def first_of_cells(weights: np.ndarray, sizes=SIZES) -> list[float]:
    return [float(weights[sum(sizes[:i])]) for i in range(len(sizes))]


def margin(weights: np.ndarray, values: list[str], value: str) -> float:
    return float(weights[np.array(values) == value].sum() / weights.sum())


def test_rake_against_r_survey():
    case = Case("rake")
    cells = case.given["cells"]
    result = rake(people(cells["sex"], cells["age"], cells["n"]), case.given["targets"])
    case.check("w", first_of_cells(result.weights, cells["n"]))
    case.check("deff", result.kish.deff)
    case.check("neff", result.kish.n_eff)


def test_rake_against_published_values():
    result = rake(people(), TARGETS)
    assert first_of_cells(result.weights) == pytest.approx([0.570254, 0.804003, 1.681233, 0.894620, 1.261329, 2.637535], abs=1e-6)
    assert (result.kish.deff, result.kish.n_eff) == pytest.approx((1.256036, 79.616), abs=5e-4)
    assert result.weights.mean() == pytest.approx(1.0) and result.max_error < 1e-6
    assert "margin_ratio" in result.flags and result.margin_ratio["age"]["O"] == pytest.approx(2.0)


def test_rake_does_not_depend_on_the_order_of_rows():
    given = people()
    order = np.random.default_rng(2).permutation(100)
    mixed = rake({name: [values[i] for i in order] for name, values in given.items()}, TARGETS)
    assert mixed.weights == pytest.approx(rake(given, TARGETS).weights[order])


def test_rake_starts_from_design_weights_and_keeps_their_ratios_within_cells():
    given = people()
    base = np.tile([1.0, 2.0], 50)
    result = rake(given, TARGETS, base)
    assert margin(result.weights, given["sex"], "F") == pytest.approx(0.5, abs=1e-9)
    assert margin(result.weights, given["age"], "O") == pytest.approx(0.3, abs=1e-9)
    assert result.weights[1] / result.weights[0] == pytest.approx(2.0)
    assert rake(given, TARGETS, base * 1e6).weights == pytest.approx(result.weights)


def test_heavy_weights_are_trimmed_and_the_margins_still_met():
    given = {"sex": ["M"] * 190 + ["F"] * 10, "age": (["Y"] * 3 + ["O"] * 16) * 10 + ["Y"] * 1 + ["O"] * 9}
    targets = {"sex": {"M": 0.78, "F": 0.22}, "age": {"Y": 0.3, "O": 0.7}}
    free = rake(given, targets, trim=None)
    assert free.weights.max() > 5
    result = rake(given, targets)
    assert result.weights.max() <= 5 * (1 + 1e-5) and "trimmed" in result.flags
    for name, wanted in targets.items():
        for value, share in wanted.items():
            assert margin(result.weights, given[name], value) == pytest.approx(share, abs=1e-6)


def test_trim_that_cannot_hold_says_so_and_keeps_the_margins():
    given = {"sex": ["M"] * 99 + ["F"]}
    result = rake(given, {"sex": {"M": 0.5, "F": 0.5}})
    assert "trim_incomplete" in result.flags
    assert margin(result.weights, given["sex"], "F") == pytest.approx(0.5)


@pytest.mark.parametrize(("change", "reason"), [
    ({"targets": {**TARGETS, "sex": {"M": 0.5, "F": 0.3, "X": 0.2}}}, "rake_empty"),
    ({"targets": {**TARGETS, "sex": {"M": 1.0}}}, "rake_targets"),
    ({"targets": {**TARGETS, "sex": {"M": 1.0, "F": 0.0}}}, "rake_targets"),
    ({"targets": {**TARGETS, "sex": {"M": 50, "F": 50}}}, "rake_sum"),
    ({"targets": {"sex": TARGETS["sex"]}}, "rake_variables"),
    ({"targets": {}}, "rake_variables"),
    ({"variables": {**people(), "sex": ["M"] * 99 + [None]}}, "rake_missing"),
    ({"variables": {**people(), "sex": ["M"] * 99 + [float("nan")]}}, "rake_missing"),
    ({"variables": {**people(), "age": ["Y"] * 99}}, "rake_length"),
    ({"variables": {"sex": [], "age": []}}, "weights_none"),
    ({"base": [0.0] + [1.0] * 99}, "rake_zero_weight"),
    ({"base": [-1.0] + [1.0] * 99}, "weights_negative"),
    ({"base": [None] + [1.0] * 99}, "weights_missing")])
def test_rake_refuses(change, reason):
    with pytest.raises(StatsError) as refused:
        rake(**{"variables": people(), "targets": TARGETS, **change})
    assert refused.value.params["reason"] == reason


def test_contradicting_margins_do_not_converge():
    same = ["a"] * 50 + ["b"] * 50  # two variables with the same values cannot have different shares
    with pytest.raises(StatsError) as refused:
        rake({"x": same, "y": same}, {"x": {"a": 0.5, "b": 0.5}, "y": {"a": 0.6, "b": 0.4}})
    assert refused.value.params["reason"] == "rake_not_converged"


def test_kish_against_its_formula():
    w = np.array([0.2, 1, 1, 3, 0.0])
    k = kish(w)
    used = w[w > 0]
    assert k.n == 4 and k.n_eff == pytest.approx(used.sum() ** 2 / (used**2).sum())
    assert k.deff == pytest.approx(1 + used.var() / used.mean() ** 2)
    assert k.ratio == pytest.approx(15.0)
    assert kish([0.1] * 10).n_eff == 10.0 and kish([0.1] * 10).flags == ()
    assert (kish([]).n_eff, kish([0.0]).deff) == (0.0, None)


def test_normalise_within_the_valid_cell():
    w = normalise([1.0, 3.0, 5.0], np.array([True, True, False]))
    assert w.tolist() == [0.5, 1.5, 0.0]
    for bad in ([0.0, 0.0], [-1.0, 2.0], [None, 1.0], [float("inf"), 1.0], [1e-200, 1.0]):
        with pytest.raises(StatsError):
            normalise(bad)
