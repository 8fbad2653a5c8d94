"""Invariants of the questions: groups add up to the total, order does not matter, weights of one change nothing."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxdash.facts import counting, dense
from cxdash.facts.question import NONE, Filter
from tests.facts.asked import KEYS
from tests.facts.sample import Row, polars_facts, response

QUESTIONS = ["NPS", "Q5#2", "점수", "secure", "q:week"]
some_rows = st.lists(st.integers(1, 10_000), max_size=40, unique=True).map(lambda numbers: [response(n) for n in numbers])
filters = st.builds(
    Filter,
    st.dictionaries(
        st.sampled_from(["성별", "지 역", "wave", "source"]),
        st.lists(st.sampled_from(["남", "여", "서울", "import", "2025 상반기", NONE]), max_size=3).map(tuple),
        max_size=2,
    ),
    st.none() | st.dates(date(2024, 11, 1), date(2025, 6, 1)),
    st.none() | st.dates(date(2025, 1, 1), date(2025, 12, 1)),
)
ways = st.sampled_from([{}, {"ROWS": 5}, {"DENSE": 0}, {"DENSE": 0, "LONG_CELLS": -1, "PACKED_ROWS": 0, "CELLS_MAX": 10**6}])
PLACES = {"ROWS": (dense, "ROWS"), "DENSE": (dense, "CELLS_MAX")}  # the others are of `counting`


@pytest.fixture(autouse=True)
def thresholds() -> object:
    """Put back what a way of counting set."""
    places = [*PLACES.values(), *((counting, name) for name in ("LONG_CELLS", "PACKED_ROWS", "CELLS_MAX"))]
    kept = [getattr(*place) for place in places]
    yield
    for place, value in zip(places, kept, strict=True):
        setattr(*place, value)


def summed(frame: pl.DataFrame, keys: list[str]) -> list[tuple[object, ...]]:
    return frame.group_by(keys).agg(pl.col("n", "w", "w2").sum()).sort(keys, nulls_last=True).rows()


@settings(max_examples=40, deadline=None)
@given(rows=some_rows, where=filters, by=st.sampled_from(KEYS), weighted=st.booleans(), way=ways)
def test_groups_add_up_to_the_total(rows: list[Row], where: Filter, by: tuple[str, ...], weighted: bool, way: dict[str, int]) -> None:
    for name, value in way.items():
        setattr(*PLACES.get(name, (counting, name)), value)
    facts = polars_facts(rows)
    keys = ["question", "point"]
    total = facts.tally(where, [], QUESTIONS, weighted=weighted)
    assert summed(facts.tally(where, by, QUESTIONS, weighted=weighted), keys) == summed(total, keys)
    n = facts.count(where, weighted=weighted)["n"].item()
    assert facts.count(where, by, weighted=weighted)["n"].sum() == n
    assert all(size == n for size in total.group_by("question").agg(pl.col("n").sum())["n"])
    whole = facts.moments(where, [], ["NPS", "loyalty"], weighted=weighted).row(0)
    parts = facts.moments(where, by, ["NPS", "loyalty"], weighted=weighted, groups=4)
    assert tuple(parts[:, len(by) + 1 :].sum().row(0)) == pytest.approx(whole, rel=1e-12, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, by=st.sampled_from(KEYS), seed=st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], by: tuple[str, ...], seed: int) -> None:
    mixed = pl.Series(range(len(rows))).shuffle(seed).to_list()
    one, other = polars_facts(rows), polars_facts([rows[i] for i in mixed])
    assert one.tally(Filter(), by, QUESTIONS, weighted=True).equals(other.tally(Filter(), by, QUESTIONS, weighted=True))
    assert one.moments(Filter(), by, ["NPS", "q:week"]).equals(other.moments(Filter(), by, ["NPS", "q:week"]))


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, by=st.sampled_from(KEYS))
def test_weights_of_one_are_no_weights_and_a_weight_of_zero_is_no_row(rows: list[Row], by: tuple[str, ...]) -> None:
    ones = polars_facts([row | {"weight": 1.0} for row in rows] + [response(20_000 + i) | {"weight": 0.0} for i in range(5)])
    plain = polars_facts(rows)
    assert ones.tally(Filter(), by, QUESTIONS, weighted=True).equals(plain.tally(Filter(), by, QUESTIONS))
    assert ones.moments(Filter(), by, ["NPS", "Q5#2"], weighted=True).equals(plain.moments(Filter(), by, ["NPS", "Q5#2"]))


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, cut=st.dates(date(2024, 11, 1), date(2025, 12, 1)))
def test_before_and_after_a_day_are_everything_with_a_date(rows: list[Row], cut: date) -> None:
    facts = polars_facts(rows)
    halves = facts.count(Filter(until=cut))["n"].item() + facts.count(Filter(since=cut + timedelta(days=1)))["n"].item()
    assert halves == sum(row["at"] is not None for row in rows)
