"""mix + score = change, for any counts; Simpson's paradox by hand; intervals against a bootstrap and against Welch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.errors import StatsError
from cxdash.stats.compare import verdict
from cxdash.stats.counts import Counts, Moments
from cxdash.stats.decompose import OTHERS, decompose, net_scores, pool_small, share_scores
from cxdash.stats.means import mean_difference
from cxdash.stats.nps import nps
from cxdash.stats.shares import top_box

POINTS = st.integers(0, 10)
WEIGHTS = st.floats(0.05, 20, allow_nan=False)
SIDE = st.dictionaries(st.sampled_from("abcdef"), st.lists(st.tuples(POINTS, WEIGHTS), min_size=1, max_size=40), min_size=1)


def sums(side: dict[str, list[tuple[int, float]]], weighted: bool) -> tuple[dict[str, Moments], float]:
    """Moments per segment, and the NPS straight from the rows."""
    counts = {k: Counts.from_values([p for p, _ in rows], [w for _, w in rows] if weighted else None) for k, rows in side.items()}
    every = [row for rows in side.values() for row in rows]
    points, w = np.array([p for p, _ in every]), np.array([w if weighted else 1.0 for _, w in every])
    return {k: net_scores(c) for k, c in counts.items()}, float(100 * ((points >= 9) * w - (points <= 6) * w).sum() / w.sum())


@given(SIDE, SIDE, st.booleans())
@settings(max_examples=80, deadline=None)
def test_mix_and_score_add_up_to_the_change_for_any_counts(now, before, weighted):
    (new, value), (old, was) = sums(now, weighted), sums(before, weighted)
    for found in (decompose(new, old), decompose(*(lambda p: (p.now, p.before))(pool_small(new, old, most=3)))):
        assert found.change == pytest.approx(value - was, abs=1e-9)
        assert found.now - found.before == pytest.approx(found.change, abs=1e-9)
        shown = list(found.parts.values())
        if found.mix.value is not None and found.score.value is not None:
            assert found.mix.value + found.score.value == pytest.approx(found.change, abs=1e-9)
        if all(e.value is not None for p in shown for e in (p.mix, p.score)):
            assert sum(p.mix.value + p.score.value for p in shown) == pytest.approx(found.change, abs=1e-9)
        assert sum(p.share_now for p in shown) == pytest.approx(1) and sum(p.share_before for p in shown) == pytest.approx(1)


@given(SIDE, SIDE, st.booleans())
@settings(max_examples=60, deadline=None)
def test_turning_time_round_turns_the_effects(now, before, weighted):
    new, old = sums(now, weighted)[0], sums(before, weighted)[0]
    there, back = decompose(new, old), decompose(old, new)
    assert there.change == pytest.approx(-back.change, abs=1e-9)
    for key, part in there.parts.items():
        for effect in ("mix", "score"):
            one, two = getattr(part, effect), getattr(back.parts[key], effect)
            assert (one.value is None) == (two.value is None)
            assert one.value is None or one.value == pytest.approx(-two.value, abs=1e-9)


@given(SIDE, SIDE, st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_pooling_keeps_the_sums_and_shows_no_segment_under_ten(now, before, most):
    new, old = sums(now, False)[0], sums(before, False)[0]
    found = pool_small(new, old, most=most)
    for pooled, given_ in ((found.now, new), (found.before, old)):
        assert sum(m.n for m in pooled.values()) == sum(m.n for m in given_.values())
        assert sum(m.swx for m in pooled.values()) == pytest.approx(sum(m.swx for m in given_.values()))
        small = [k for k, m in pooled.items() if 0 < m.n < 10]
        assert not small or (small == [OTHERS] and not [k for k, m in pooled.items() if k != OTHERS and m.n]), "or the whole side is small"
    assert len([k for k in found.now if k != OTHERS]) <= most
    assert OTHERS not in found.now or len(found.pooled) >= 1


def test_a_lone_small_segment_takes_the_smallest_other_with_it():
    side = {"a": Moments.from_values([0.0] * 60), "b": Moments.from_values([50.0] * 40), "c": Moments.from_values([100.0] * 3)}
    full = {k: Moments.from_values([50.0] * 50) for k in side}
    found = pool_small(side, full)
    assert found.pooled == ("b", "c") and found.now[OTHERS].n == 43 and found.before[OTHERS].n == 100


def test_simpson_every_segment_better_and_the_whole_worse():
    """Existing customers 60 -> 64, prospects 0 -> 5, yet the whole falls from 48 to 22.7 as prospects grow from 20 % to 70 %."""

    def side(existing: tuple[int, float], prospect: tuple[int, float]) -> dict[str, Moments]:
        return {
            k: Moments.from_values([m - 20] * (n // 2) + [m + 20] * (n // 2))
            for k, (n, m) in (("existing", existing), ("prospect", prospect))
        }

    found = decompose(side((300, 64.0), (700, 5.0)), side((800, 60.0), (200, 0.0)))
    assert (found.before, found.now) == pytest.approx((48.0, 22.7)) and found.change == pytest.approx(-25.3)
    # by hand: score 4·.55 + 5·.45 = 4.45; mix (-.5)(62 - 2.5) = -29.75
    assert found.score.value == pytest.approx(4.45) and found.mix.value == pytest.approx(-29.75)
    assert (verdict(found.score), verdict(found.mix)) == ("up", "down")
    middle = (48.0 + 22.7) / 2
    assert found.parts["existing"].mix.value == pytest.approx(-0.5 * (62 - middle))
    assert found.parts["prospect"].mix.value == pytest.approx(0.5 * (2.5 - middle))
    assert found.parts["prospect"].score.value == pytest.approx(5 * 0.45)


def test_a_segment_of_one_side_only_is_mix():
    old = {"a": Moments.from_values([40.0, 60.0] * 50)}
    new = old | {"b": Moments.from_values([0.0, 20.0] * 50)}
    found = decompose(new, old)
    born = found.parts["b"]
    assert born.score.value == 0 and born.score_before is None and born.n_before == 0
    assert found.score.value == pytest.approx(0) and found.mix.value == pytest.approx(-20)
    assert verdict(found.mix) == "down" and verdict(born.score) == "untested"
    gone = decompose(old, new)
    assert gone.mix.value == pytest.approx(20) and gone.parts["b"].mix.value == pytest.approx(-born.mix.value)


def test_one_segment_gives_welch():
    chance = np.random.default_rng(3)
    a, b = (Moments.from_values(chance.normal(m, s, n)) for m, s, n in ((50, 10, 80), (45, 20, 50)))
    found, welch = decompose({"x": a}, {"x": b}), mean_difference(a, b)
    assert found.mix.value == pytest.approx(0, abs=1e-12)
    assert found.score.value == pytest.approx(welch.value)
    assert (found.score.ci_low, found.score.ci_high) == pytest.approx((welch.ci_low, welch.ci_high))
    assert found.parts["x"].score.p == pytest.approx(welch.p)


@pytest.mark.parametrize("weighted", [False, True])
def test_standard_errors_against_a_bootstrap(weighted):
    chance = np.random.default_rng(11)

    def draw(n: int, shares: list[float], means: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        seg = chance.choice(len(shares), size=n, p=shares)
        return seg, chance.normal(np.array(means)[seg], 25), chance.uniform(0.6, 1.6, n) if weighted else np.ones(n)

    def moments(rows: tuple[np.ndarray, ...]) -> dict[int, Moments]:
        seg, x, w = rows
        return {k: Moments.from_values(x[seg == k], w[seg == k]) for k in range(3)}

    new, old = draw(900, [0.5, 0.3, 0.2], [60, 40, 20]), draw(700, [0.3, 0.3, 0.4], [55, 45, 15])
    found = decompose(moments(new), moments(old))
    told = []
    for _ in range(800):
        again = [tuple(c[pick] for c in rows) for rows in (new, old) for pick in [chance.integers(0, len(rows[0]), len(rows[0]))]]
        d = decompose(moments(again[0]), moments(again[1]))
        told.append([d.mix.value, d.score.value, *(e.value for p in d.parts.values() for e in (p.mix, p.score))])
    spread = np.std(np.array(told), axis=0, ddof=1)
    effects = [found.mix, found.score, *(e for p in found.parts.values() for e in (p.mix, p.score))]
    half = np.array([(e.ci_high - e.ci_low) / 2 for e in effects])
    assert half / 1.96 == pytest.approx(spread, rel=0.1, abs=0.02)  # the middle segment's mix is a product of two near-zeros


def test_scores_have_the_metric_as_their_mean():
    counts = Counts.from_values([10, 9, 8, 7, 6, 0, 3, 10], [1, 2, 0.5, 1, 1, 3, 1, 1])
    assert net_scores(counts).mean == pytest.approx(nps(counts).value)
    five = Counts.from_values([5, 4, 3, 2, 5], [1, 2, 0.5, 1, 1])
    assert share_scores(five, 4).mean == pytest.approx(top_box(five, 1, 5).value)


def test_small_bases_are_not_tested_and_shared_respondents_neither():
    few = {"a": Moments.from_values([10.0, 30.0] * 10), "b": Moments.from_values([50.0, 90.0] * 100)}
    many = {"a": Moments.from_values([90.0, 80.0] * 100), "b": Moments.from_values([50.0, 90.0] * 100)}
    found = decompose(few, many)
    assert verdict(found.parts["a"].score) == "untested" and found.parts["a"].score.value is not None
    assert verdict(found.mix) == "up" and found.parts["b"].score.tested
    shared = decompose(few, many, independent=False)
    assert shared.change == found.change and not shared.mix.tested and shared.mix.ci_low is None and shared.mix.flags == ("overlap",)


def test_an_empty_side_is_an_error():
    with pytest.raises(StatsError):
        decompose({"a": Moments.from_values([1.0])}, {"a": Moments.zero()})
