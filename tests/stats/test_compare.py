"""Adjustment of p values, comparisons of groups, verdicts and markers, the base rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cxdash.errors import StatsError
from cxdash.stats.adjust import adjust_differences, bh, holm
from cxdash.stats.bases import apply_base, judged, may_test
from cxdash.stats.compare import each_v_rest, letters, pairwise, segment_v_rest, verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.figure import Difference, Figure, base_of
from cxdash.stats.means import mean_difference
from cxdash.stats.nps import nps, nps_counts, nps_difference

# methods.md, p_adjust_21: of 21 raw p values six are under .05
P21 = [0.0002, 0.0020, 0.0043, 0.0211, 0.0327, 0.0445, *np.linspace(0.06, 0.98, 15)]


def test_bh_and_holm_against_published_values():
    low = [p for p in bh(P21) if p < 0.05]
    assert low == pytest.approx([0.0042, 0.021, 0.0301])
    h = holm(P21)
    assert [p for p in h if p < 0.05] == pytest.approx([0.0042, 0.04]) and h[2] == pytest.approx(0.0043 * 19)


def test_bh_against_scipy_and_holm_against_its_definition():
    rng = np.random.default_rng(6)
    for size in (1, 2, 7, 40):
        p = rng.random(size) ** 3
        assert bh(list(p)) == pytest.approx(stats.false_discovery_control(p).tolist())
        order = sorted(range(size), key=lambda i: p[i])
        by_hand, worst = [0.0] * size, 0.0
        for rank, i in enumerate(order):
            worst = max(worst, min(1.0, (size - rank) * p[i]))
            by_hand[i] = worst
        assert holm(list(p)) == pytest.approx(by_hand)


def test_untested_p_values_are_no_tests():
    assert holm([None, 0.02, None, 0.03]) == [None, 0.04, None, 0.04]
    assert bh([]) == [] and holm([None]) == [None]
    for bad in ([1.2], [-0.1], [float("nan")]):
        with pytest.raises(StatsError):
            holm(bad)


def test_significance_follows_the_adjusted_p():
    sure = Difference(1.0, p=0.03, tested=True, significant=True)
    raw = [sure, Difference(2.0), Difference(3.0, p=0.04, tested=True, significant=True)]
    adjusted = adjust_differences(raw)
    assert [d.p_adjusted for d in adjusted] == [0.06, None, 0.06]
    assert [d.significant for d in adjusted] == [False, False, False] and adjusted[1] is raw[1]


@pytest.mark.parametrize(
    ("n", "n_eff", "base"),
    [
        (0, 0, "hidden"),
        (9, 9, "hidden"),
        (10, 10, "small"),
        (29, 29, "small"),
        (30, 30, "caution"),
        (99, 99, "caution"),
        (100, 100, "ok"),
        (500, 9.9, "hidden"),
        (500, 29.9, "small"),
        (500, 99.0, "caution"),
        (10, 9.9999999999, "small"),
        (9, None, "hidden"),
        (100, None, "ok"),
    ],
)
def test_base_rule(n, n_eff, base):
    assert base_of(n, n_eff) == base


def test_hidden_figures_keep_only_their_base():
    shown = apply_base(nps(nps_counts(9, 0, 0) + Counts.from_values([None])))
    assert (shown.value, shown.ci_low, shown.ci_high, shown.se) == (None,) * 4
    assert (shown.n, shown.n_missing, shown.base) == (9, 1, "hidden")
    assert apply_base(nps(nps_counts(10, 0, 0))).value == 100.0
    complement = Figure(50.0, 400, 400.0).hide("hidden_complement")
    assert apply_base(complement).base == "hidden"
    weighted = Counts.from_values([10] * 40, [200.0] + [1.0] * 39)
    assert weighted.size == 40 and apply_base(nps(weighted)).value is None


def test_ten_equal_fractional_weights_are_ten_answers():
    for weight in (0.1, 0.3, 1 / 3, 1e-9, 7e8):
        figure = apply_base(nps(Counts.from_values([10] * 10, [weight] * 10)))
        assert (figure.n_eff, figure.base, figure.value) == (10.0, "small", 100.0)


def test_testable_needs_base_and_moderate_weights():
    assert may_test(Figure(1.0, 30, 30.0)) and not may_test(Figure(1.0, 29, 29.0))
    assert may_test(Figure(1.0, 100, 50.0)) and not may_test(Figure(1.0, 100, 49.0))


def test_judged_names_every_obstacle():
    d = judged(1.0, 0.0, 2.0, None, [(20, 20.0), (300, 100.0)], "t")
    assert d.flags == ("base_small", "deff_block", "zero_variance") and (d.p, d.tested, d.value) == (None, False, 1.0)
    assert judged(1.0, 0.0, 2.0, 0.01, [(5, 5.0)], "t", base_rule=False).significant


def test_verdicts():
    assert verdict(Difference(None)) == verdict(Difference(5.0, p=0.001)) == "untested"
    assert verdict(Difference(5.0, p=0.2, tested=True)) == "none"
    assert verdict(Difference(-5.0, p=0.01, tested=True, significant=True)) == "down"
    holm_says_no = adjust_differences([Difference(5.0, p=0.03, tested=True, significant=True)] * 2)[0]
    assert verdict(holm_says_no) == "none"


GROUPS = {"A": nps_counts(50, 30, 20), "B": nps_counts(40, 35, 25), "C": nps_counts(25, 30, 45)}


def test_segment_is_compared_with_the_rest_and_not_the_total():
    d = segment_v_rest(GROUPS, "A", nps_difference)
    rest = GROUPS["B"] + GROUPS["C"]
    assert d == nps_difference(GROUPS["A"], rest)
    total = GROUPS["A"] + rest
    assert nps(total - GROUPS["A"]) == nps(rest)
    with pytest.raises(StatsError):
        segment_v_rest(GROUPS, "D", nps_difference)
    with pytest.raises(StatsError):
        segment_v_rest({"A": GROUPS["A"]}, "A", nps_difference)


def test_each_v_rest_works_on_moments_and_adjusts():
    rng = np.random.default_rng(1)
    groups = {name: Moments.from_values(rng.normal(m, 10, 80)) for name, m in (("low", 60), ("mid", 70), ("high", 80))}
    result = each_v_rest(groups, mean_difference)
    assert [verdict(result[g]) for g in ("low", "high")] == ["down", "up"]
    assert all(d.p_adjusted >= d.p for d in result.values())


def test_pairwise_markers_against_published_p_values():
    pairs = pairwise(GROUPS, nps_difference)
    assert [d.p for d in pairs.values()] == pytest.approx([0.18331, 1.193e-5, 0.0023103], rel=5e-4)
    assert [d.p_adjusted for d in pairs.values()] == pytest.approx([0.18331, 3.578e-5, 0.0046205], rel=5e-4)
    by_bh = pairwise(GROUPS, nps_difference, "bh")
    assert [d.p_adjusted for d in by_bh.values()] == pytest.approx([0.18331, 3.578e-5, 0.0034654], rel=5e-4)
    assert letters(["A", "B", "C"], pairs) == {"A": "C", "B": "C", "C": ""}


def test_small_columns_get_no_letters():
    groups = {**GROUPS, "tiny": nps_counts(0, 0, 25)}
    pairs = pairwise(groups, nps_difference)
    assert all(not d.tested for pair, d in pairs.items() if "tiny" in pair)
    assert letters(list(groups), pairs) == {"A": "C", "B": "C", "C": "", "tiny": ""}
    assert [d.p_adjusted for p, d in pairs.items() if "tiny" not in p] == pytest.approx([0.18331, 3.578e-5, 0.0046205], rel=5e-4)


def test_letters_run_past_z():
    names = [f"c{i}" for i in range(28)]
    worse = Difference(9.0, p=0.001, tested=True, significant=True)
    assert letters(names, {("c0", "c25"): worse, ("c0", "c26"): worse, ("c0", "c27"): worse})["c0"] == "Z AA AB"
