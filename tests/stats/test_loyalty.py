"""Loyalty index, Secure %, matrix and Cronbach's alpha against R psych and the definitions."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.loyalty import loyalty_index, loyalty_matrix, loyalty_scores, matrix_shares, secure, secure_flags
from cxdash.stats.reliability import alpha, alpha_from_sums
from cxdash.terms import Scale
from tests.stats.reference import Case, document

SAT, REP, REC, SWR = ([7, 6, 5, 4, 6, 3, 5, 7, 2, 6, 5, 4], [7, 6, 4, 4, 5, 2, 6, 7, 3, 5, 5, 3],
                      [10, 8, 6, 5, 9, 2, 7, 10, 1, 8, 6, 5], [6, 5, 5, 3, 6, 2, 4, 7, 2, 4, 6, 4])


def four_items() -> np.ndarray:
    items = (SAT, Scale(1, 7)), (REP, Scale(1, 7)), (REC, Scale(0, 10)), (SWR, Scale(1, 7))
    return np.column_stack([[scale.score100(v) for v in raw] for raw, scale in items])


def sums_of(x: np.ndarray, w: np.ndarray | None = None) -> tuple:
    w = np.ones(len(x)) if w is None else w
    k = x.shape[1]
    return len(x), w.sum(), (w[:, None] * x).sum(axis=0), {(i, j): (w * x[:, i] * x[:, j]).sum() for i in range(k) for j in range(i, k)}


def test_loyalty_index_and_alpha_against_r_psych():
    case = Case("loyalty_index")
    names = list(case.given["raw"])
    x = np.column_stack([[Scale(*case.given["scales"][c]).score100(v) for v in case.given["raw"][c]] for c in names])
    case.check("item100", {c: x[:, j] for j, c in enumerate(names)})
    case.check("item_means", dict(zip(names, x.mean(axis=0), strict=True)))
    four, core = loyalty_scores(x), loyalty_scores(x[:, :3])
    case.check("index_resp_equal4", four)
    case.check("index_resp_core3", core)
    case.check("index_equal4", loyalty_index(Moments.from_values(four)).value)
    case.check("index_core3", loyalty_index(Moments.from_values(core)).value)
    case.check("index_w30_30_30_10", loyalty_index(Moments.from_values(loyalty_scores(x, [0.3, 0.3, 0.3, 0.1]))).value)
    a = alpha(x, minimum=2)
    case.check("alpha4", a.raw)
    case.check("alpha4_std", a.standardised)
    case.check("alpha_core3", alpha(x[:, :3], minimum=2).raw)
    case.check("alpha_if_dropped", dict(zip(names, a.if_dropped, strict=True)))
    case.check("corrected_item_total", dict(zip(names, a.item_total, strict=True)))
    case.check("alpha4", alpha_from_sums(*sums_of(x), minimum=2).raw)


def test_alpha_attitude_against_r_psych():
    case = Case("alpha_attitude")
    x = np.column_stack([np.asarray(c, dtype=float) for c in document()["datasets"]["attitude"].values()])
    for a in (alpha(x), alpha_from_sums(*sums_of(x))):
        case.check("raw", a.raw)
        case.check("std", a.standardised)
        assert a.band == "fine"


def test_two_items_spearman_brown_against_published_value():
    data = document()["datasets"]["attitude"]
    x = np.column_stack([np.asarray(data[c], dtype=float) for c in ("rating", "complaints")])
    a = alpha(x)
    assert a.spearman_brown == pytest.approx(0.904360277138, abs=1e-10) and a.value == a.spearman_brown
    r = np.corrcoef(x.T)[0, 1]
    assert a.spearman_brown == pytest.approx(2 * r / (1 + r))


def test_loyalty_against_published_values():
    x = four_items()
    assert loyalty_index(Moments.from_values(loyalty_scores(x[:, :3]))).value == pytest.approx(64.4444, abs=5e-5)
    assert loyalty_index(Moments.from_values(loyalty_scores(x))).value == pytest.approx(62.9167, abs=5e-5)
    assert loyalty_index(Moments.from_values(loyalty_scores(x, [3, 3, 3, 1]))).value == pytest.approx(63.8333, abs=5e-5)
    assert alpha(x, minimum=12).raw == pytest.approx(0.967130813678, abs=1e-11)
    assert alpha(x[:, :3], minimum=12).raw == pytest.approx(0.971524627349, abs=1e-11)


def test_respondents_with_less_than_half_of_the_items_are_missing():
    nan = np.nan
    assert loyalty_scores(np.array([[80, nan, nan], [80, 60, nan], [nan, nan, nan]]), [1, 1, 1])[1:].tolist()[0] == 70.0
    three = loyalty_scores(np.array([[80, nan, nan], [nan, nan, nan]]))
    assert np.isnan(three).all()
    four = loyalty_scores(np.array([[80, 40, nan, nan], [80, nan, nan, nan]]), [0.3, 0.1, 0.3, 0.3])
    assert four[0] == pytest.approx(70.0) and np.isnan(four[1])
    figure = loyalty_index(Moments.from_values(four))
    assert (figure.n, figure.n_missing) == (1, 1)


def test_answers_that_carry_no_weight_give_no_index():
    assert np.isnan(loyalty_scores(np.array([[80, np.nan]]), [0.0, 1.0])).all()


def test_secure_needs_the_top_two_everywhere():
    items = np.array([[6, 7, 9], [7, 7, 8], [5, 7, 10], [7, np.nan, 10]], dtype=float)
    flags = secure_flags(items, [1, 1, 0], [7, 7, 10])
    assert flags[:3].tolist() == [1.0, 0.0, 0.0] and np.isnan(flags[3])
    figure = secure(flags)
    assert (figure.n, figure.n_missing, figure.method) == (3, 1, "wilson") and figure.value == pytest.approx(100 / 3)
    assert secure(Counts.from_values(flags, [2.0, 1, 1, 1])).value == pytest.approx(50.0)


@pytest.mark.parametrize("call", [
    lambda: loyalty_scores(np.array([[101.0, 5]])), lambda: loyalty_scores(np.array([5.0])),
    lambda: loyalty_scores(np.array([[5.0, 5]]), [1]),
    lambda: loyalty_scores(np.array([[5.0, 5]]), [0, 0]), lambda: loyalty_scores(np.array([[5.0, 5]]), [-1, 2]),
    lambda: secure_flags(np.array([[8.0]]), [1], [7]), lambda: secure_flags(np.array([[5.0]]), [1, 1], [7, 7]),
    lambda: alpha(np.array([1.0])),
    lambda: alpha_from_sums(40, 40, [1, 2], {(0, 0): 1}), lambda: loyalty_matrix([1], [1, 2]), lambda: matrix_shares(["friend"])])
def test_bad_input_is_refused(call):
    with pytest.raises(StatsError):
        call()


@pytest.mark.parametrize(("name", "axes", "labels"), [
    ("loyalty_matrix", ("attitude", "intention"), "matrix"), ("apostle", ("sat", "loy"), "apostle")])
def test_classes_against_the_definition(name, axes, labels):
    case = Case(name)
    case.check("segment", loyalty_matrix(case.given[axes[0]], case.given[axes[1]], cut=case.given["cut"], labels=labels))


def test_matrix_shares_have_one_base_without_the_unclassified():
    classes = loyalty_matrix([90, 80, 40, 30, 75, None], [85, 50, 80, 20, 75, 90])
    assert classes == ["truly_loyal", "accessible", "trapped", "high_risk", "truly_loyal", None]
    shares = matrix_shares(classes)
    assert [f.value for f in shares.values()] == pytest.approx([40.0, 20.0, 20.0, 20.0])
    assert {f.n for f in shares.values()} == {5} and {f.n_missing for f in shares.values()} == {1}
    assert list(matrix_shares([], labels="apostle")) == ["loyalist_apostle", "mercenary", "hostage", "defector_terrorist"]


def test_alpha_is_undefined_rather_than_wrong():
    rng = np.random.default_rng(3)
    assert alpha(rng.normal(size=(29, 3))).flags == ("few_answers",)
    assert "few_items" in alpha(rng.normal(size=(50, 1))).flags
    assert alpha(np.full((50, 3), 60.0)).flags == ("zero_variance",)
    one_flat = np.column_stack([np.full(50, 60.0), rng.normal(size=50)])
    assert alpha(one_flat).flags == ("zero_variance",)
    x = rng.normal(size=50)
    cancel = np.column_stack([x, -x])
    assert alpha(cancel).value is None
    assert alpha_from_sums(0, 0.0, [0.0, 0.0], {(0, 0): 0, (0, 1): 0, (1, 1): 0}).band == "undefined"
    for undefined in (alpha(one_flat), alpha(cancel)):
        assert (undefined.raw, undefined.standardised, undefined.value) == (None, None, None)


def test_reversed_item_makes_alpha_negative_and_is_flagged():
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 100, 80)
    reversed_item = np.column_stack([x, 100 - x + rng.normal(0, 8, 80)])
    slightly = np.column_stack([x, rng.uniform(0, 100, 80) - 0.15 * x])
    for a in (alpha(reversed_item), alpha(slightly)):
        assert a.raw < 0 and a.flags == ("alpha_negative",) and a.band == "unusable"
    assert -1 < alpha(slightly).raw


def test_alpha_leaves_rows_with_a_missing_item_out():
    x = np.vstack([four_items()] * 3)
    holed = np.vstack([x, [[np.nan, 50, 50, 50]]])
    assert alpha(holed).raw == pytest.approx(alpha(x).raw) and alpha(holed).n == 36


def test_alpha_weights_count_like_repeated_rows():
    x = np.vstack([four_items()] * 3)
    w = np.tile([1.0, 2, 3, 1, 1, 1, 2, 1, 1, 1, 1, 4], 3)
    repeated = np.repeat(x, w.astype(int), axis=0)
    assert alpha(x, w).raw == pytest.approx(alpha(repeated).raw)
    assert alpha_from_sums(*sums_of(x, w)).raw == pytest.approx(alpha(repeated).raw)
