"""Every question of one list asked of the polars frame, each way of counting, and of a plain oracle."""

from __future__ import annotations

from datetime import date
from types import ModuleType
from typing import Any

import pytest

from cxdash.errors import NotFound
from cxdash.facts import counting, dense, joint, products
from cxdash.facts.answers import FrameFacts
from cxdash.facts.question import Filter
from tests.facts import asked
from tests.facts.sample import SCHEMA, Row, polars_facts, responses
Way = dict[tuple[ModuleType, str], int]
NO_CELLS: Way = {(dense, "CELLS_MAX"): 0}
WAYS: dict[str, Way] = {
    "cells": {},
    "cells in pieces": {(dense, "ROWS"): 7, (dense, "CELLS_MAX"): 2000, (dense, "STEP"): 0},
    "long": NO_CELLS,
    "a pass per question": NO_CELLS | {(counting, "LONG_CELLS"): 0},
    "packed": NO_CELLS | {(counting, "LONG_CELLS"): 0, (counting, "PACKED_ROWS"): 0, (counting, "CELLS_MAX"): 10**6},
}
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [row | {"ver": 1 + row["id"] % 3} for row in responses(300)]


@pytest.fixture(scope="module")
def facts(rows: list[Row]) -> FrameFacts:
    return polars_facts(rows)


def go(facts: FrameFacts, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for (module, name), value in WAYS[way].items():
        monkeypatch.setattr(module, name, value)
    facts._known.clear()  # counted anew, not remembered from another way
    if facts._selections is not None:
        facts._selections.forget()
        facts._selections._coded.clear()


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", asked.TALLIES, ids=str)
def test_tally_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(facts, way, monkeypatch)
    asked.check_tally(facts, rows, SCHEMA, case, weighted)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", ["cells", "cells in pieces", "long"])
@pytest.mark.parametrize("case", asked.COUNTS, ids=str)
def test_count_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(facts, way, monkeypatch)
    asked.check_count(facts, rows, SCHEMA, case, weighted)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", ["cells", "cells in pieces", "long"])
@pytest.mark.parametrize("case", asked.SUMS, ids=str)
def test_sums_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(facts, way, monkeypatch)
    asked.check_sums(facts, rows, SCHEMA, case, weighted)


def test_a_selection_that_is_asked_again_answers_the_same(facts: FrameFacts) -> None:
    """The rows are kept between questions, and let go of when they take too much: neither changes an answer."""
    where = [Filter(since=date(2025, 1, day)) for day in range(1, 20)]
    first = [facts.tally(w, ["성별"], ["NPS"]) for w in where]
    assert facts._selections is not None
    facts._selections._most = 1
    for w, told in zip(where, first, strict=True):
        assert facts.tally(w, ["성별"], ["NPS"]).equals(told)
        assert len(facts._selections._kept) == 1


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", ["products", "products in pieces", "pairs"])
@pytest.mark.parametrize("case", asked.MOMENTS, ids=str)
def test_moments_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = {"COLUMNS_LEAST": 99, "_of_cells": lambda *_: None}
    for name, value in {"products": {}, "products in pieces": {"ROWS": 3, "PLACES": 7}, "pairs": slow}[way].items():
        monkeypatch.setattr(products, name, value)
    go(facts, "cells", monkeypatch)
    asked.check_moments(facts, rows, SCHEMA, case, weighted)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", ["cells", "long"])
@pytest.mark.parametrize("case", asked.JOINTS, ids=str)
def test_joint_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go(facts, way, monkeypatch)
    asked.check_joint(facts, rows, SCHEMA, case, weighted)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("way", ["places", "places in pieces", "masks"])
@pytest.mark.parametrize("case", asked.RATED, ids=str)
def test_rated_against_pandas(
    facts: FrameFacts, rows: list[Row], case: Any, way: str, weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way != "places":
        monkeypatch.setattr(*((dense, "ROWS", 7) if way == "places in pieces" else (joint, "BITS_MOST", 0)))
    go(facts, "cells", monkeypatch)
    asked.check_rated(facts, rows, SCHEMA, case, weighted)


def test_more_columns_than_a_mask_holds_are_refused(facts: FrameFacts) -> None:
    with pytest.raises(NotFound):
        facts.rated(Filter(), ["NPS"] * 63)


def test_unweighted_products_are_exact_whatever_the_way(rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole units are summed, so the order of the rows and the way of multiplying leave no trace in the last bit."""
    asks = (Filter(), ["성별"], ["NPS", "만족.도", 'q "거꾸로" #1', "high:NPS", "점수"])
    one = polars_facts(rows).moments(*asks, groups=3)
    other = polars_facts(rows[::-1]).moments(*asks, groups=3)
    monkeypatch.setattr(products, "COLUMNS_LEAST", 99)
    assert one.equals(other) and one.equals(polars_facts(rows).moments(*asks, groups=3))


@pytest.mark.parametrize("where", [Filter(), Filter(equals={"성별": ("남",)}), Filter(since=date(2099, 1, 1))], ids=["all", "some", "nobody"])
def test_sums_out_of_combinations_are_those_of_the_rows(rows: list[Row], where: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit. A missing answer, a scale that is turned, both ends of a rating, an index; too many combinations go another way."""
    names = ["NPS", "만족.도", 'q "거꾸로" #1', "high:NPS", "stage:구매"]
    cells, taken = products._of_cells, []
    monkeypatch.setattr(products, "_of_cells", lambda *asked: taken.append(cells(*asked)) or taken[-1])
    told = [polars_facts(rows).moments(where, [], names[:k]) for k in (2, 3, 4, 5)]
    assert [found is not None for found in taken] == [True, True, True, False]
    monkeypatch.setattr(products, "_of_cells", lambda *_: None)
    assert all(found.equals(polars_facts(rows).moments(where, [], names[:k])) for k, found in zip((2, 3, 4, 5), told, strict=True))
