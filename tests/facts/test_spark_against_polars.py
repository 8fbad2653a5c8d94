"""The same questions on PySpark: the same answers as in memory, to the last bit, and as the oracle's. Skips without pyspark or Java.

Everything that is asked of Spark stands here, because a file is tested by one process and Spark takes half a minute to start.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from polars.testing import assert_frame_equal

from cxdash.facts.answers import FrameFacts
from cxdash.facts.question import Facts, Filter
from cxdash.facts.spark import FollowingSparkFacts, SparkEngine, SparkFacts, publish
from cxdash.facts.specs import KINDS
from tests.facts import asked
from tests.facts.ruled_sample import SCHEMA as RULED
from tests.facts.ruled_sample import answers, careless, ruled, weights_of
from tests.facts.sample import SCHEMA, FakeSource, Row, polars_facts, response, responses
from tests.facts.test_quality import ids
from tests.facts.test_weighting import SPECS, told
from tests.facts.test_weighting import same as same_weights

REQUIRE = "CXDASH_REQUIRE_SPARK"
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
TALLIES = [
    ("everything", (), asked.ALL),
    ("no value or one", ("성별", "month"), asked.SOME),
    ("one local day", ("week",), asked.SOME),
    ("value nobody has", (), ("NPS",)),
]
MOMENTS = [
    ("everything", (), ("NPS", 'q "거꾸로" #1', "week", "점수", "Q5#1"), 0),
    ("days and values", ("a.b",), ("NPS", "week"), 3),
    ("everything", (), ("secure", "NPS"), 0),
    ("everything", ("성별",), ("NPS", "만족.도", "week", "low:NPS", "high:만족.도"), 4),
]
SUMS = [
    ("everything", (), ("NPS", "loyalty", "stage:구매", "stage:없음")),
    ("days and values", ("a.b",), ("stage:구매", "stage:설치")),
]
JOINTS = [("everything", ("성별",), ("NPS", "stage:구매")), ("days and values", ("quarter",), ("만족.도", "high:week"))]
RATED = [("everything", ("NPS", "만족.도", "stage:구매", "stage:없음"), ()), ("days and values", ("NPS", "week"), ("loyalty",))]
RULED_ROWS = answers(250)
PAIRED = [("wave", "no wave", ("만족.도", "stage:구매")), ("since", "until", ("NPS",))]
COUNTS = [("or within, and across", ()), ("attribute called wave", ("quarter", "wave"))]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    missing = (
        "pyspark" if not _importable("pyspark") else "java" if shutil.which("java") is None and not os.environ.get("JAVA_HOME") else ""
    )
    if missing:
        reason = f"no {missing} here: the questions were not asked of Spark"
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.memory": "512m",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
    }
    builder = SparkSession.builder.master("local[1]").appName("cxdash tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def _importable(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(name) is not None


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [row | {"ver": 1 + row["id"] % 3} for row in responses(150)]


@pytest.fixture(scope="module")
def in_memory(rows: list[Row]) -> FrameFacts:
    return polars_facts(rows)


@pytest.fixture(scope="module")
def on_spark(session: Any, rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> SparkFacts:
    return SparkFacts(session, *publish(FakeSource(rows), tmp_path_factory.mktemp("published")))


def same(one: Any, other: Any, keys: int) -> None:
    """Equal values and types; only texts may come in another order (Spark sorts them, the frame sorts their codes)."""
    columns = one.columns[:keys] or one.columns
    assert_frame_equal(one.sort(columns, nulls_last=True), other.sort(columns, nulls_last=True), check_exact=True)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("case", TALLIES, ids=str)
def test_tally_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any, weighted: bool) -> None:
    told = asked.check_tally(on_spark, rows, SCHEMA, case, weighted)
    same(told, asked.check_tally(in_memory, rows, SCHEMA, case, weighted), len(case[1]) + 2)


@pytest.mark.parametrize("case", MOMENTS, ids=str)
def test_moments_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    told = asked.check_moments(on_spark, rows, SCHEMA, case, False)
    same(told, asked.check_moments(in_memory, rows, SCHEMA, case, False), len(case[1]) + bool(case[3]))


@pytest.mark.parametrize("case", JOINTS, ids=str)
def test_joint_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    told = asked.check_joint(on_spark, rows, SCHEMA, case, False)
    here = asked.check_joint(in_memory, rows, SCHEMA, case, False)
    keys = told.columns[:-3]
    assert_frame_equal(told.sort(keys, nulls_last=True), here.sort(keys, nulls_last=True), check_exact=False, rel_tol=1e-12)


@pytest.mark.parametrize("case", PAIRED, ids=str)
def test_pairs_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    told = asked.check_paired(on_spark, rows, SCHEMA, case, True)
    here = asked.check_paired(in_memory, rows, SCHEMA, case, True)
    assert_frame_equal(told, here, check_row_order=False, check_exact=False, rel_tol=1e-12)


@pytest.mark.parametrize("case", RATED, ids=str)
def test_rated_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    same(asked.check_rated(on_spark, rows, SCHEMA, case, False), asked.check_rated(in_memory, rows, SCHEMA, case, False), 1)


@pytest.mark.parametrize("case", SUMS, ids=str)
def test_sums_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    told = asked.check_sums(on_spark, rows, SCHEMA, case, False)
    here = asked.check_sums(in_memory, rows, SCHEMA, case, False)  # scores of several items are fractions, summed in another order there
    order = [*case[1], "column"]
    assert_frame_equal(told.sort(order), here.sort(order), check_exact=False, rel_tol=1e-12)


def test_weighted_moments_indices_and_loyalty_on_spark_against_pandas(on_spark: SparkFacts, rows: list[Row]) -> None:
    asked.check_moments(on_spark, rows, SCHEMA, ("everything", ("year",), ("loyalty", "stage:구매", "NPS"), 0), True)


@pytest.mark.parametrize("case", COUNTS, ids=str)
def test_count_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts, rows: list[Row], case: Any) -> None:
    same(asked.check_count(on_spark, rows, SCHEMA, case, False), asked.check_count(in_memory, rows, SCHEMA, case, False), len(case[1]))


def test_rows_on_spark_against_polars(on_spark: SparkFacts, in_memory: FrameFacts) -> None:
    def ask(facts: Facts) -> Any:
        return facts.rows(Filter({"성별": ("남",)}), ["성별", "a.b", "A.b", "NPS", "day", "at"], limit=7, offset=3, order="-at")

    assert_frame_equal(ask(on_spark), ask(in_memory), check_exact=True)


def test_spark_facts_follow_their_source(session: Any, tmp_path: Path) -> None:
    """The engine starts the session of the tests again (Spark has one per process), so only its own work is looked at."""
    source = FakeSource(responses(20))
    engine = SparkEngine(f"local[1]?data={tmp_path}")
    engine._session = session
    facts = engine.facts(source, 1)
    assert isinstance(facts, FollowingSparkFacts) and facts.count(Filter())["n"].item() == 20
    source.erase(3)
    source.put(response(50), response(51))
    assert facts.count(Filter())["n"].item() == 21 and facts.version() == source.now
    assert len(list((tmp_path / next(tmp_path.iterdir()).name).iterdir())) == 1, "older versions hold what was erased"
    again = engine.facts(source, 1)
    source.pulled.clear()
    assert again.count(Filter())["n"].item() == 21 and source.pulled == []


# ---------------------------------------------------------------- raked weights and careless responses, also as said row by row


@pytest.fixture(scope="module")
def ruled_on_spark(session: Any, tmp_path_factory: pytest.TempPathFactory) -> SparkFacts:
    kind = replace(RULED, weighting=SPECS["each wave"])
    return SparkFacts(session, *publish(FakeSource(RULED_ROWS, kind), tmp_path_factory.mktemp("published")))


def test_weights_on_spark_against_raking_every_row(ruled_on_spark: SparkFacts) -> None:
    same_weights(told(ruled_on_spark), weights_of(RULED_ROWS, SPECS["each wave"]))
    mine, theirs = ruled_on_spark.rakings(), ruled(RULED_ROWS, weighting=SPECS["each wave"]).rakings()
    for a, b in zip(mine, theirs, strict=True):
        assert (a.wave_id, a.n, a.kept) == (b.wave_id, b.n, b.kept) and a.result is not None and b.result is not None
        assert a.result.kish.deff == pytest.approx(b.result.kish.deff, rel=1e-9)


def test_careless_responses_on_spark_against_the_rule_said_row_by_row(ruled_on_spark: SparkFacts) -> None:
    want = careless(RULED_ROWS)
    for kind in KINDS:
        assert ids(ruled_on_spark, Filter({"careless": (kind,)})) == want[kind], kind


def test_clean_weighted_questions_on_spark_against_polars(ruled_on_spark: SparkFacts) -> None:
    in_memory, where = ruled(RULED_ROWS, weighting=SPECS["each wave"]), Filter({"성별": ("여",)}, clean=True)
    mine, theirs = (sorted(f.tally(where, ["지 역"], ["nps", "s1"], weighted=True).rows(), key=repr) for f in (ruled_on_spark, in_memory))
    assert [r[:4] for r in mine] == [r[:4] for r in theirs]
    for a, b in zip(mine, theirs, strict=True):
        assert a[4:] == pytest.approx(b[4:], rel=1e-9)
    counted = [f.count(where, ["wave"]).sort("wave").rows() for f in (ruled_on_spark, in_memory)]
    assert counted[0] == counted[1]
    assert ruled_on_spark.durations() == in_memory.durations()


def test_shares_that_change_are_followed_on_spark(session: Any, tmp_path: Path) -> None:
    source = FakeSource(RULED_ROWS[:60], RULED)
    engine = SparkEngine(f"local[1]?data={tmp_path}")
    engine._session = session
    facts = engine.facts(source, 1)
    assert set(told(facts)) == {r["id"] for r in RULED_ROWS[:60]} and facts.rakings() == ()
    source.change(weighting=SPECS["one attribute"])
    same_weights(told(facts), weights_of(RULED_ROWS[:60], SPECS["one attribute"]))
