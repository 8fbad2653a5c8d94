"""Journey index, gap, performance × emotion, IPA, rates, presets: reference cases, limits of what is shown, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.counts import Moments
from cxdash.stats.ipa import ipa
from cxdash.stats.journey import expectation_gap, experience_scores, journey_bootstrap, journey_index, stage_weights, weighted_index
from cxdash.stats.means import score100
from cxdash.stats.presets import acsi_style, kcsi_style
from cxdash.stats.rates import multi_response, poisson_rate, praise_share
from tests.stats.reference import Case


def stage(value: float, n: int = 40) -> Moments:
    return Moments.from_values([value - 10, value + 10] * (n // 2))


def test_journey_index_renormalises_by_arithmetic():
    case = Case("journey_index")
    index, covered = weighted_index(case.given["stage_mean"], case.given["weight"])
    case.check("index", index)
    case.check("weight_covered", covered)
    stages = {s: stage(m) if m is not None else Moments.zero() for s, m in case.given["stage_mean"].items()}
    j = journey_index(stages, case.given["weight"])
    case.check("index", j.figure.value)
    assert j.figure.base == "caution" and j.figure.n == 40


def test_journey_index_is_hidden_under_four_fifths_of_the_weights():
    stages = {"aware": stage(70), "buy": stage(80), "use": Moments.zero()}
    j = journey_index(stages, {"aware": 0.3, "buy": 0.49, "use": 0.21})
    assert (j.figure.value, j.figure.flags, j.weight_covered) == (None, ("weight_covered",), pytest.approx(0.79))
    assert journey_index(stages, {"aware": 0.3, "buy": 0.5, "use": 0.2}).figure.value == pytest.approx((21 + 40) / 0.8)
    assert journey_index({"aware": Moments.zero()}).figure.value is None


def test_a_stage_under_ten_answers_does_not_enter_the_index():
    stages = {"a": stage(50), "b": stage(50), "c": stage(50), "d": stage(50), "e": stage(100, 8)}
    j = journey_index(stages)
    assert j.figure.value == 50.0 and j.weight_covered == pytest.approx(0.8) and j.figure.n == 40


@pytest.mark.parametrize("weights", [{"a": 1.0}, {"a": 1.0, "b": -1.0}, {"a": 0.0, "b": 0.0}, {"a": 1, "b": 1, "c": 1}])
def test_impossible_stage_weights_are_refused(weights):
    with pytest.raises(StatsError):
        stage_weights(["a", "b"], weights)


def respondents(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    person = rng.normal(70, 12, n)
    x = np.clip(person[:, None] + rng.normal(0, 10, (n, 3)), 0, 100)
    x[rng.random((n, 3)) < [0.0, 0.3, 0.6]] = np.nan
    return x, rng.uniform(0.5, 2, n)


def grouped(x: np.ndarray, w: np.ndarray, groups: int, seed: int) -> tuple[dict, dict]:
    g = np.random.default_rng(seed).integers(0, groups, len(x))
    parts = {f"s{j}": [Moments.from_values(x[g == k, j], w[g == k]) for k in range(groups)] for j in range(x.shape[1])}
    return {s: sum(ms, Moments.zero()) for s, ms in parts.items()}, parts


def test_jackknife_interval_agrees_with_the_respondent_bootstrap():
    x, w = respondents(1500, 8)
    total, parts = grouped(x, w, 60, 9)
    figure = journey_index(total, groups=parts).figure
    low, high = journey_bootstrap(x, w, draws=800, seed=1)
    assert low < figure.value < high
    assert figure.ci_high - figure.ci_low == pytest.approx(high - low, rel=0.25)
    naive = 1.96 * 2 * np.sqrt(sum(m.se**2 / 9 for m in total.values()))
    assert figure.ci_high - figure.ci_low > 1.1 * naive  # stages share respondents: Σw²SE² is too narrow


def test_jackknife_interval_covers_the_truth_as_often_as_it_says():
    hits = 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        x = rng.normal(60, 5, 240)[:, None] + rng.normal(0, 10, (240, 2))
        total, parts = grouped(x, np.ones(240), 30, seed + 1000)
        f = journey_index(total, groups=parts).figure
        hits += f.ci_low <= 60 <= f.ci_high
    assert 106 <= hits  # 95 % of 120 is 114; fewer than 106 has probability under .001


def test_jackknife_needs_the_same_groups_everywhere():
    total, parts = grouped(*respondents(200, 1), 10, 2)
    with pytest.raises(StatsError):
        journey_index(total, groups={**parts, "s0": parts["s0"][:5]})
    lone = {**parts, "s0": [total["s0"], *([Moments.zero()] * 9)]}
    assert journey_index(total, groups=lone).figure.ci_low is None


def test_bootstrap_is_repeatable_and_empty_without_answers():
    x, w = respondents(100, 3)
    assert journey_bootstrap(x, w, draws=50, seed=4) == journey_bootstrap(x, w, draws=50, seed=4)
    assert journey_bootstrap(np.full((5, 2), np.nan)) is None


def test_gap_against_r_paired_t_test():
    case = Case("gap_paired")
    g = expectation_gap(case.given["actual"], case.given["expected"], 1, 7, base_rule=False)
    case.check("gap", g.points.value)
    case.check("gap100", g.score100.value)
    case.check("t", g.test.t)
    case.check("df", g.test.df)
    case.check("p", g.points.p)
    case.check("ci", [g.points.ci_low, g.points.ci_high])


def test_gap_against_published_values():
    actual, expected = [7, 6, 5, 4, 6, 3, 5, 7, 2, 6, 5, 4], [6, 6, 6, 5, 6, 5, 6, 7, 5, 6, 6, 5]
    g = expectation_gap(actual, expected, 1, 7, base_rule=False)
    assert (g.points.value, g.score100.value, g.test.df) == (-0.75, -12.5, 11)
    assert (g.test.t, g.points.p, g.points.ci_low, g.points.ci_high) == pytest.approx((-2.46196, 0.031569, -1.4205, -0.0795), abs=6e-5)
    ruled = expectation_gap(actual, expected, 1, 7).points
    assert (ruled.p, ruled.flags) == (None, ("base_small",))


def test_gap_takes_only_respondents_with_both_and_refuses_other_scales():
    assert expectation_gap([7, None, 5] * 20, [6, 6, None] * 20, 1, 7).test.n == 20
    assert expectation_gap([6] * 40, [5] * 40, 1, 7).points.flags == ("zero_variance",)
    for bad in ([8], [0]):
        with pytest.raises(StatsError):
            expectation_gap(bad, [5], 1, 7)


def test_performance_times_emotion_by_arithmetic():
    case = Case("perf_x_emotion")
    p, e = case.given["P"], case.given["E"]
    scores = experience_scores(p, e)
    case.check("geo_respondent", score100(Moments.from_values(scores)).value)
    case.check("geo_aggregate", float(experience_scores([np.mean(p)], [np.mean(e)])[0]))
    case.check("mean_of_products_div100", float((scores**2).mean() / 100))


def test_experience_is_zero_when_either_side_is():
    assert experience_scores([100, 0, 70, None], [0, 80, 70, 50])[:3].tolist() == pytest.approx([0, 0, 70])
    assert np.isnan(experience_scores([None], [50])).all()
    with pytest.raises(StatsError):
        experience_scores([50], [-3])


def test_ipa_against_martilla_james():
    case = Case("ipa_quadrants")
    result = ipa(case.given["importance"], case.given["performance"])
    case.check("cross", [result.importance_cut, result.performance_cut])
    case.check("quadrant", result.quadrants)


def test_ipa_with_frozen_cuts_and_ties_high():
    importance, performance = {"a": 4.0, "b": 3.0}, {"a": 75.0, "b": 74.9}
    assert ipa(importance, performance, importance_cut=4.0, performance_cut=75.0).quadrants == {"a": "keep_up", "b": "low_priority"}
    for bad in (({}, {}), ({"a": 1}, {"b": 1})):
        with pytest.raises(StatsError):
            ipa(*bad)


def test_poisson_rate_against_r_poisson_test():
    case = Case("voice_rate")
    some, none = (poisson_rate(x, case.given["customers"]) for x in case.given["events"])
    case.check("rate", [some.value, none.value])
    case.check("ci_12", [some.ci_low, some.ci_high])
    case.check("ci_0", [none.ci_low, none.ci_high])


def test_rates_against_published_values():
    assert (poisson_rate(12, 100).ci_low, poisson_rate(12, 100).ci_high) == pytest.approx((6.201, 20.962), abs=5e-4)
    assert (poisson_rate(0, 100).ci_low, poisson_rate(0, 100).ci_high) == pytest.approx((0, 3.689), abs=5e-4)
    assert poisson_rate(0, 0).value is None and poisson_rate(300, 100).value == 300.0
    assert praise_share(0, 0).value is None and praise_share(3, 1).value == 75.0
    with pytest.raises(StatsError):
        poisson_rate(-1, 5)


def test_multi_response_base_is_respondents_by_arithmetic():
    case = Case("multi_response_base")
    m = multi_response(case.given["rows"])
    case.check("respondents_answered", m.n)
    case.check("mentions", m.n_mentions)
    case.check("pct_respondents", {o: f.value for o, f in m.respondents.items()})
    case.check("pct_mentions", m.mentions)


def test_multi_response_options_weights_and_blanks():
    m = multi_response([["A"], ["A", "B"], None, []], options=["B", "A", "C"], weights=[3.0, 1.0, 5.0, 1.0])
    assert list(m.respondents) == ["B", "A", "C"]
    assert {o: f.value for o, f in m.respondents.items()} == pytest.approx({"B": 25.0, "A": 100.0, "C": 0.0})
    assert m.mentions == pytest.approx({"B": 20.0, "A": 80.0, "C": 0.0})
    assert (m.n, m.respondents["A"].n_missing) == (2, 2)
    assert multi_response([None, []], options=["A"]).respondents["A"].value is None
    assert multi_response([]).n == 0
    with pytest.raises(StatsError):
        multi_response([["D"]], options=["A"])


def test_acsi_style_against_verint_ohio():
    case = Case("acsi_formula")
    case.check("score", acsi_style(case.given["means"], case.given["weights"]))


def test_kcsi_style_against_kmac():
    case = Case("kcsi_formula")
    case.check("kcsi", kcsi_style(*case.given.values()))


def test_presets_are_undefined_with_a_part_missing():
    assert acsi_style([8.2, None, 7.4]) is None and kcsi_style(52, None, 60) is None
    assert acsi_style([10, 10, 10]) == 100.0 and acsi_style([1, 1, 1]) == 0.0
    assert acsi_style([8.2, 7.6, 7.4], [0.3885, 0.3190, 0.2925]) == pytest.approx(75.2733, abs=5e-5)
    assert kcsi_style(52, 48, 60) == pytest.approx(51.6)
    for bad in (lambda: acsi_style([11, 5, 5]), lambda: kcsi_style(101, 5, 5), lambda: acsi_style([5, 5], [0, 0])):
        with pytest.raises(StatsError):
            bad()
