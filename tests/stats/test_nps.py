"""NPS against R (CRAN NPS 1.1, PropCIs 0.3), against the numbers of the methods, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.adjust import bh, holm
from cxdash.stats.counts import Counts
from cxdash.stats.net import Net, adjusted, net_interval
from cxdash.stats.nps import nps, nps_classes, nps_counts, nps_difference, nps_paired, nps_sample_size
from cxdash.terms import Direction, Scale
from tests.stats.reference import Case

ONE_SAMPLE = ["nps_50_30_20", "nps_7_2_1", "nps_10_0_0", "nps_0_10_0", "nps_1_0_0", "nps_5_0_5"]


def ends(figure) -> list[float]:
    return [figure.ci_low, figure.ci_high]


@pytest.mark.parametrize("name", ONE_SAMPLE)
def test_nps_intervals_against_r_nps_propcis_rocks(name):
    case = Case(name)
    classes = case.given["promoters"], case.given["passives"], case.given["detractors"]
    counts, n = nps_counts(*classes), sum(classes)
    wald = nps(counts, method="wald")
    case.check("nps", wald.value)
    case.check("se_wald", wald.se)
    case.check("var_respondent", wald.se**2 * n)
    case.check("wald95", ends(wald))
    a = adjusted(classes[0] / n, classes[2] / n, n)
    case.check("adj3_center", a.centre)
    case.check("adj3_95_unclipped", [a.centre - 1.959963984540054 * a.se, a.centre + 1.959963984540054 * a.se])
    case.check("adj3_95", ends(nps(counts)))
    case.check("agresti_min95", ends(nps(counts, method="agresti_min")))
    case.check("tango_score95", ends(nps(counts, method="tango")))


def test_empty_nps_is_undefined_by_definition():
    case = Case("nps_empty")
    figure = nps(nps_counts(0, 0, 0))
    case.check("nps", figure.value)
    assert (figure.ci_low, figure.ci_high, figure.se, figure.n, figure.base) == (None, None, None, 0, "hidden")


@pytest.mark.parametrize(("classes", "value", "interval"), [
    ((50, 30, 20), 30.0, (14.051, 44.201)), ((430, 350, 220), 21.0, (16.121, 25.754)), ((7, 2, 1), 60.0, (7.04, 85.27)),
    ((10, 0, 0), 100.0, (47.50, 100.0)), ((0, 10, 0), 0.0, (-18.465, 18.465)), ((1, 0, 0), 100.0, (-48.499, 98.499))])
def test_adjusted_wald_against_published_values(classes, value, interval):
    figure = nps(nps_counts(*classes))
    assert figure.value == value
    assert ends(figure) == pytest.approx(interval, abs=0.005)


def test_wald_leaves_the_range_and_degenerates_as_documented():
    assert ends(nps(nps_counts(7, 2, 1), method="wald")) == pytest.approx([18.89, 101.11], abs=0.005)
    assert ends(nps(nps_counts(10, 0, 0), method="wald")) == [100.0, 100.0]
    assert "zero_variance" in nps(nps_counts(10, 0, 0)).flags


def test_difference_against_r_nps_wald():
    case = Case("nps_two_wald")
    x, y = (nps_counts(*case.given[k].values()) for k in ("x", "y"))
    d = nps_difference(x, y, method="wald")
    case.check("delta", d.value)
    case.check("ci", [d.ci_low, d.ci_high])
    case.check("p", d.p)


@pytest.mark.parametrize("name", ["nps_two_adj3_A_B", "nps_two_adj3_B_C"])
def test_difference_against_brendan_r_nps_adj3(name):
    case = Case(name)
    d = nps_difference(nps_counts(*case.given["x_P_Pa_D"]), nps_counts(*case.given["y_P_Pa_D"]))
    case.check("p", d.p)
    case.check("ci", [d.ci_low, d.ci_high])
    case.check("diff_adj", (d.ci_low + d.ci_high) / 2)
    case.check("se", (d.ci_high - d.ci_low) / 2 / 1.959963984540054)


def test_pairwise_p_against_r_p_adjust():
    case = Case("nps_pairwise_correction")
    a, b, c = (nps_counts(*case.given["segments"][k]) for k in "ABC")
    raw = [nps_difference(x, y).p for x, y in ((a, b), (a, c), (b, c))]
    case.check("p_raw", raw)
    case.check("holm", holm(raw))
    case.check("bh", bh(raw))


@pytest.mark.parametrize(("a", "b", "raw", "p"), [
    ((50, 30, 20), (40, 35, 25), 15.0, 0.18331), ((430, 350, 220), (370, 370, 260), 10.0, 0.004306)])
def test_difference_against_published_values(a, b, raw, p):
    d = nps_difference(nps_counts(*a), nps_counts(*b))
    assert d.value == pytest.approx(raw)
    assert d.p == pytest.approx(p, abs=5e-6)
    assert (d.tested, d.significant) == (True, p < 0.05)


def test_sample_sizes_against_closed_form_r():
    case = Case("nps_sample_size")
    p, d = case.given["p"], case.given["d"]
    for points in (5, 10):
        case.check(f"n_moe{points}", nps_sample_size(p, d, margin=points))
        case.check(f"n_per_group_nps_diff{points}", nps_sample_size(p, d, difference=points))


def test_sample_sizes_against_published_values():
    assert [round(nps_sample_size(0.5, 0.2, margin=m)) for m in (5, 10)] == [937, 234]
    assert nps_sample_size(0.5, 0.2, difference=10) == pytest.approx(957.56, abs=0.01)


@pytest.mark.parametrize("wrong", [{}, {"margin": 5, "difference": 5}, {"margin": 0}, {"difference": -1}])
def test_sample_size_refuses_an_unclear_goal(wrong):
    with pytest.raises(StatsError):
        nps_sample_size(0.5, 0.2, **wrong)


def test_total_is_not_the_mean_of_groups_by_arithmetic():
    case = Case("nps_average_of_groups_trap")
    g1, g2 = (nps_counts(*case.given[k]) for k in ("g1", "g2"))
    case.check("g1", nps(g1).value)
    case.check("g2", nps(g2).value)
    case.check("pooled", nps(g1 + g2).value)


def test_missing_codes_are_not_scores_by_arithmetic():
    case = Case("na_codes")
    lo, hi = case.given["valid"]
    counts = Counts.from_values(case.given["x"], missing=case.given["na_codes"], lo=lo, hi=hi)
    figure, classes = nps(counts), nps_classes(counts)
    case.check("nps", figure.value)
    case.check("n_valid", figure.n)
    case.check("n_missing", figure.n_missing)
    for key, share in (("P", classes.promoters), ("Pa", classes.passives), ("D", classes.detractors)):
        case.check(key, share.value / 100 * share.n)


def test_weighted_interval_against_published_kish_values():
    # methods.md, nps_weighted: NPS 39.130, Kish SE 8.61514, n_eff 78.955 fix the shares; adj3 must follow from them
    n_eff, value = 78.955, 39.1304348
    outer = (8.61514 / 100) ** 2 * n_eff + (value / 100) ** 2
    plus, minus = (outer + value / 100) / 2, (outer - value / 100) / 2
    assert adjusted(plus, minus, n_eff, "wald").se == pytest.approx(8.61514, abs=1e-5)
    assert net_interval(Net(value, plus, minus, 100, n_eff, None)) == pytest.approx((21.093, 54.303), abs=2e-3)


def test_weighted_standard_error_is_the_linearised_one():
    points = np.array([10, 9, 8, 7, 6, 3, 10, 0, 9, 10])
    w = np.array([1.0, 2, 0.5, 1, 3, 0.2, 1, 1, 0.7, 1.4])
    g = 100.0 * (points >= 9) - 100.0 * (points <= 6)
    mu = (w * g).sum() / w.sum()
    by_hand = np.sqrt(10 / 9 * ((w * (g - mu)) ** 2).sum()) / w.sum()
    figure = nps(Counts.from_values(points, w))
    assert figure.value == pytest.approx(mu)
    assert figure.se == pytest.approx(by_hand, rel=1e-12)
    assert figure.n_eff == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert "weighted" in figure.flags


@pytest.mark.parametrize("points", [[11], [-1], [0, 10, 99], [9.5]])
def test_points_outside_0_to_10_are_refused(points):
    with pytest.raises(StatsError):
        nps(Counts.from_values(points))


@pytest.mark.parametrize("scale", [Scale(1, 10), Scale(1, 5), Scale(1, 7), Scale(0, 10, Direction.LOW)])
def test_other_scales_are_refused(scale):
    with pytest.raises(StatsError) as refused:
        nps(Counts.from_values([5, 5, 5]), scale=scale)
    assert refused.value.params["reason"] == "nps_scale"


def test_small_and_overweighted_bases_are_not_tested():
    strong, weak = nps_counts(95, 3, 2), nps_counts(2, 3, 95)
    assert nps_difference(strong, weak).significant
    small = nps_difference(strong, nps_counts(1, 1, 27))
    assert (small.tested, small.p, small.flags) == (False, None, ("base_small",)) and small.value is not None
    tiny = nps_difference(strong, nps_counts(0, 0, 9))
    assert (tiny.value, tiny.ci_low, tiny.flags) == (None, None, ("base_hidden",))
    heavy = Counts.from_values([10] * 50 + [0] * 250, [20.0] * 50 + [1.0] * 250)
    assert heavy.n_eff > 30 and nps_difference(heavy, weak).flags == ("deff_block",)
    assert nps_difference(strong, nps_counts(0, 0, 0)).flags == ("undefined",)


def test_paired_change_uses_the_same_people():
    before = [10] * 10 + [8] * 20 + [3] * 10
    after = [10] * 10 + [9] * 20 + [3] * 10
    d = nps_paired(after, before)
    assert d.value == pytest.approx(50.0) and d.significant
    with pytest.raises(StatsError):
        nps_paired([10, 9], [10])
    with pytest.raises(StatsError):
        nps_paired([12], [3])


def test_equal_answers_in_both_groups_have_no_wald_p():
    d = nps_difference(nps_counts(40, 0, 0), nps_counts(40, 0, 0), method="wald")
    assert (d.p, d.tested, d.flags) == (None, False, ("zero_variance",))
    assert nps_difference(nps_counts(40, 0, 0), nps_counts(40, 0, 0)).p == pytest.approx(1.0)
