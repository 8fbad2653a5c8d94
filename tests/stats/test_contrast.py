"""Penalty-reward contrast against least squares by hand, its classes, and when it says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.contrast import Contrasts, contrasts, contrasts_of_rows
from cxdash.stats.cross import Cross


def survey(n: int, seed: int = 0, cost: float = 2.0, gain: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """An outcome that a low rating of the first item costs, a high rating of the second raises, and the third has nothing to do with."""
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, (n, 3))
    y = 5 - cost * (x[:, 0] <= 2) + gain * (x[:, 1] == 5) + rng.normal(size=n)
    return y, x


def asked(y, x, **options) -> Contrasts:
    return contrasts_of_rows(y, {f"x{j}": (x[:, j], 1, 5) for j in range(x.shape[1])}, **options)


def by_least_squares(y, x, w=None) -> np.ndarray:
    dummies = [np.ones(len(y))] + [part for j in range(x.shape[1]) for part in (x[:, j] <= 2, x[:, j] >= 5)]
    root = np.sqrt(np.ones(len(y)) if w is None else w)
    return np.linalg.lstsq(np.column_stack(dummies) * root[:, None], y * root, rcond=None)[0]


def test_contrasts_against_least_squares():
    y, x = survey(400)
    w = np.random.default_rng(1).uniform(0.5, 2, 400)
    for weights in (None, w):
        found, expected = asked(y, x, weights=weights, draws=50), by_least_squares(y, x, weights)
        assert found.intercept == pytest.approx(expected[0], abs=1e-10)
        assert [v for i in found.items for v in (i.penalty, i.reward)] == pytest.approx(expected[1:], abs=1e-10)
    fitted = np.column_stack([np.ones(400), *(p for j in range(3) for p in (x[:, j] <= 2, x[:, j] == 5))]) @ by_least_squares(y, x)
    assert asked(y, x, draws=0).r2 == pytest.approx(1 - ((y - fitted) ** 2).sum() / ((y - y.mean()) ** 2).sum(), abs=1e-10)


def test_asymmetry_against_published_values():
    """methods.md: p₁ -2.375 and r₁ 1.083333 have IA -.373493975904; wrong signs on both sides leave none."""
    x = np.repeat([1, 3, 5], 2)
    y = np.array([5.6 - 2.375, 5.6 - 2.375, 5.6, 5.6, 5.6 + 1.0833333333333, 5.6 + 1.0833333333333])
    item = contrasts_of_rows(y, {"a": (x, 1, 5)}, base_rule=False, draws=0).items[0]
    assert (item.penalty, item.reward, item.asymmetry) == pytest.approx((-2.375, 1.0833333333333, -0.373493975904), abs=1e-10)
    wrong = contrasts_of_rows(11 - y, {"a": (x, 1, 5)}, base_rule=False, draws=0).items[0]
    assert wrong.asymmetry is None and wrong.flags == ("penalty_sign", "reward_sign")


def test_low_and_high_of_five_seven_and_eleven_points():
    for lo, hi, low, high in ((1, 5, 2, 5), (1, 7, 3, 6), (0, 10, 3, 9), (-3, 3, -1, 2)):
        points = np.arange(lo, hi + 1)
        y = 10 - 4 * (points <= low) + 3 * (points >= high)
        item = contrasts_of_rows(y, {"a": (points, lo, hi)}, base_rule=False, draws=0).items[0]
        assert (item.penalty, item.reward) == pytest.approx((-4, 3)) and (item.cases_low, item.cases_high) == (low - lo + 1, hi - high + 1)


def test_classes_only_where_the_interval_allows():
    found = {i.name: i for i in asked(*survey(2000), draws=300).items}
    assert found["x0"].kind == "basic" and found["x0"].asymmetry_high < -0.2
    assert found["x1"].kind == "excitement" and found["x1"].asymmetry_low > 0.2
    assert found["x2"].kind == "neutral"
    assert found["x0"].penalty_low < -2 < found["x0"].penalty_high < 0
    y, x = survey(2000, 3)
    y = y + 2.0 * (x[:, 0] == 5)
    both = {i.name: i for i in asked(y, x, draws=300).items}["x0"]
    assert both.kind == "performance" and abs(both.asymmetry) < 0.2 and both.asymmetry_low < 0 < both.asymmetry_high
    faint = [i for seed in range(8) for i in asked(*survey(300, seed, cost=0.5, gain=0.5), draws=100).items if i.name != "x2"]
    doubtful = [i for i in faint if i.kind == "unclear"]
    assert doubtful and all(i.asymmetry_low <= 0 <= i.asymmetry_high or abs(i.asymmetry) <= 0.2 for i in doubtful)
    assert all(i.asymmetry_high < 0 for i in faint if i.kind == "basic")
    assert all(i.asymmetry_low > 0 for i in faint if i.kind == "excitement")


def test_contrasts_on_few_cases_and_few_answers():
    y, x = survey(300)
    x[:, 2] = np.where(x[:, 2] == 5, 4, x[:, 2])
    x[:29, 2] = 5
    found = asked(y, x, draws=50)
    assert [i.kind == "few_cases" for i in found.items] == [False, False, True] and found.items[2].cases_high == 29
    assert found.items[2].penalty is None and found.items[0].penalty == pytest.approx(-2, abs=0.6)
    assert (asked(y[:99], x[:99]).state, asked(y[:99], x[:99]).reason) == ("refused", "few_answers")
    assert asked(np.full(300, 3.0), x).reason == "outcome_constant"
    assert asked(y[:3], x[:3]).items == ()
    lost = np.where(np.arange(300)[:, None] < 80, np.nan, x)
    assert asked(y, lost).reason == "many_lost"


def test_contrasts_refuse_what_is_not_on_the_scale_or_not_there():
    y, x = survey(120)
    with pytest.raises(StatsError):
        contrasts_of_rows(y, {"a": (x[:, 0] + 1, 1, 5)})
    cross = Cross.from_rows({"low:a": y, "y": y})
    with pytest.raises(StatsError):
        contrasts(cross, "y", ["a"])
    with pytest.raises(StatsError):
        contrasts(cross, "z", [])
