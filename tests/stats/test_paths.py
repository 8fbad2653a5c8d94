"""Models where not everybody experienced everything, and what-if on what they say."""

from __future__ import annotations

import numpy as np
import pytest

from cxdash.errors import StatsError
from cxdash.stats.drivers import drivers_of_rows
from cxdash.stats.paths import paths
from cxdash.stats.whatif import what_if


def patterns(has: np.ndarray) -> tuple[list[int], list[int]]:
    masks, n = np.unique((has * 2 ** np.arange(has.shape[1])).sum(axis=1), return_counts=True)
    return masks.tolist(), n.tolist()


def test_everybody_rated_everything_is_one_model():
    found = paths(["a", "b"], [3], [500])
    assert (found.main.drivers, found.main.n, found.main.lost_share, found.apart) == (("a", "b"), 500, 0.0, ())
    assert (found.listwise, found.unrated) == (500, ())


def test_a_stage_few_experienced_gets_a_model_among_those():
    """Repair was experienced by a tenth: it would cost nine tenths of the answers, so it is asked among its own people."""
    rng = np.random.default_rng(1)
    has = np.column_stack([np.ones(3000), np.ones(3000), rng.random(3000) < 0.9, rng.random(3000) < 0.1]).astype(int)
    found = paths(["buy", "use", "pay", "repair"], *patterns(has))
    assert found.main.drivers == ("buy", "use", "pay") and found.main.people == 3000
    assert found.main.n == found.main.base == has[:, 2].sum(), "who did not pay has nothing to skip"
    (repair,) = found.apart
    assert (repair.about, repair.people) == ("repair", has[:, 3].sum()) and repair.drivers == ("buy", "use", "pay", "repair")
    assert repair.n == found.listwise == has.all(axis=1).sum() and found.rated["repair"] == has[:, 3].sum()


def test_two_ways_of_buying_are_two_models():
    shop = np.column_stack([np.ones(400), np.ones(400), np.zeros(400)])
    net = np.column_stack([np.ones(600), np.zeros(600), np.ones(600)])
    found = paths(["use", "shop", "net"], *patterns(np.vstack([shop, net]).astype(int)))
    assert (found.main.drivers, found.main.n, found.main.people, found.listwise) == (("use", "net"), 600, 1000, 0)
    assert [(p.about, p.drivers, p.n, p.people) for p in found.apart] == [("shop", ("use", "shop"), 400, 400)]


def test_a_skipped_item_is_a_loss_and_limited():
    """Half of those who experienced the delivery skipped one of its items: with it half would be lost, so it goes apart."""
    names, stages = ["price", "speed", "care"], {"price": "buy", "speed": "deliver", "care": "deliver"}
    masks, n = [0b001, 0b011, 0b111, 0b101], [300, 500, 400, 100]
    found = paths(names, masks, n, stages=stages)
    assert found.main.drivers == ("price", "speed") and (found.main.n, found.main.base, found.main.people) == (900, 1000, 1300)
    assert found.main.lost_share == pytest.approx(0.1)
    (care,) = found.apart
    assert (care.about, care.drivers, care.n, care.base) == ("care", ("price", "speed", "care"), 400, 500)
    assert care.lost_share == pytest.approx(0.2)
    free = paths(names, masks, n)
    assert free.main.base == free.main.n, "without stages nothing is skipped"


def test_a_model_with_too_few_people_is_not_taken_where_another_has_enough():
    """Three drivers in ninety people are more answers than one in a hundred, and too few."""
    found = paths(["a", "b", "c"], [0b111, 0b001], [90, 120])
    assert found.main.drivers == ("a",) and found.main.n == 210
    assert paths(["a", "b", "c"], [0b111, 0b001], [90, 5]).main.drivers == ("a", "b", "c"), "nothing has enough: the most answers"


def test_nobody_rated_and_nothing_rated():
    found = paths(["a", "b"], [1], [50])
    assert found.unrated == ("b",) and found.main.drivers == ("a",)
    nothing = paths(["a"], [], [])
    assert (nothing.main.drivers, nothing.main.n, nothing.main.base, nothing.main.lost_share) == ((), 0, 0, 0.0)
    assert paths([], [], []).main.drivers == ()
    with pytest.raises(StatsError):
        paths(["a"], [1, 2], [3])


def survey(n: int = 600) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(2)
    x = np.clip(rng.normal(60, 15, (n, 2)) + rng.normal(0, 8, (n, 1)), 0, 100)
    return np.clip(0.4 * x[:, 0] + 0.2 * x[:, 1] + 20 + rng.normal(0, 8, n), 0, 100), {"a": x[:, 0], "b": x[:, 1]}


def test_what_if_against_least_squares():
    y, x = survey()
    found = drivers_of_rows(y, x, draws=300)
    b = np.linalg.lstsq(np.column_stack([np.ones(600), x["a"], x["b"]]), y, rcond=None)[0]
    one = what_if(found, {"a": 5.0}, everybody=1200)
    assert one.change == pytest.approx(5 * b[1]) and one.overall == pytest.approx(2.5 * b[1]) and one.n == 600
    assert one.alone == pytest.approx(5 * np.polyfit(x["a"], y, 1)[0]) and one.alone_low < one.alone < one.alone_high
    assert one.before == pytest.approx(y.mean()) and one.after == pytest.approx(y.mean() + 5 * b[1])
    assert one.low < one.change < one.high and one.clear and one.beyond == ()
    both = what_if(found, {"a": 5.0, "b": -3.0})
    assert both.change == pytest.approx(5 * b[1] - 3 * b[2]) and both.alone is None and both.overall is None
    less = what_if(found, {"a": -5.0})
    assert (less.low, less.high) == pytest.approx((-one.high, -one.low))


def test_what_if_beyond_the_scale_and_where_nothing_may_be_said():
    found = drivers_of_rows(*survey(), draws=50)
    far = what_if(found, {"a": 90.0})
    assert far.beyond == ("a",) and far.after <= 100
    assert what_if(drivers_of_rows(*survey(), draws=0), {"a": 1.0}).low is None
    with pytest.raises(StatsError):
        what_if(found, {"c": 1.0})
    with pytest.raises(StatsError):
        what_if(found, {})
    with pytest.raises(StatsError):
        what_if(drivers_of_rows(*survey(50)), {"a": 1.0})
