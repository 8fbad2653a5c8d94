"""Raked weights and careless responses on PySpark: as in memory, and as said row by row. Skips without pyspark or Java."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cxdash.facts.question import Filter
from cxdash.facts.spark import SparkEngine, SparkFacts, publish
from cxdash.facts.specs import KINDS
from tests.facts.ruled_sample import SCHEMA, answers, careless, ruled, weights_of
from tests.facts.sample import FakeSource
from tests.facts.test_quality import ids
from tests.facts.test_spark_against_polars import session  # noqa: F401
from tests.facts.test_weighting import SPECS, told
from tests.facts.test_weighting import same as same_weights

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
ROWS = answers(250)


@pytest.fixture(scope="module")
def on_spark(session: Any, tmp_path_factory: pytest.TempPathFactory) -> SparkFacts:  # noqa: F811
    kind = replace(SCHEMA, weighting=SPECS["each wave"])
    return SparkFacts(session, *publish(FakeSource(ROWS, kind), tmp_path_factory.mktemp("published")))


def test_weights_on_spark_against_raking_every_row(on_spark: SparkFacts) -> None:
    same_weights(told(on_spark), weights_of(ROWS, SPECS["each wave"]))
    mine, theirs = on_spark.rakings(), ruled(ROWS, weighting=SPECS["each wave"]).rakings()
    for a, b in zip(mine, theirs, strict=True):
        assert (a.wave_id, a.n, a.kept) == (b.wave_id, b.n, b.kept) and a.result is not None and b.result is not None
        assert a.result.kish.deff == pytest.approx(b.result.kish.deff, rel=1e-9)


def test_careless_responses_on_spark_against_the_rule_said_row_by_row(on_spark: SparkFacts) -> None:
    want = careless(ROWS)
    for kind in KINDS:
        assert ids(on_spark, Filter({"careless": (kind,)})) == want[kind], kind


def test_clean_weighted_questions_on_spark_against_polars(on_spark: SparkFacts) -> None:
    in_memory, where = ruled(ROWS, weighting=SPECS["each wave"]), Filter({"성별": ("여",)}, clean=True)
    mine, theirs = (sorted(f.tally(where, ["지 역"], ["nps", "s1"], weighted=True).rows(), key=repr) for f in (on_spark, in_memory))
    assert [r[:4] for r in mine] == [r[:4] for r in theirs]
    for a, b in zip(mine, theirs, strict=True):
        assert a[4:] == pytest.approx(b[4:], rel=1e-9)
    counted = [f.count(where, ["wave"]).sort("wave").rows() for f in (on_spark, in_memory)]
    assert counted[0] == counted[1]
    assert on_spark.durations() == in_memory.durations()


def test_shares_that_change_are_followed_on_spark(session: Any, tmp_path: Path) -> None:  # noqa: F811
    source = FakeSource(ROWS[:60], SCHEMA)
    engine = SparkEngine(f"local[1]?data={tmp_path}")
    engine._session = session
    facts = engine.facts(source, 1)
    assert set(told(facts)) == {r["id"] for r in ROWS[:60]} and facts.rakings() == ()
    source.change(weighting=SPECS["one attribute"])
    same_weights(told(facts), weights_of(ROWS[:60], SPECS["one attribute"]))
