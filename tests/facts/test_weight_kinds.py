"""Weights of few kinds are counted, of many added up row by row: both tell the same of the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from cxdash.facts import selection
from cxdash.facts.question import Facts
from cxdash.facts.selection import _weights
from tests.facts.asked import JOINTS, SUMS, check_joint, check_sums
from tests.facts.sample import SCHEMA, polars_facts, responses

ROWS = responses(400)
PLAIN = [case for case in JOINTS if not case[1]]


@pytest.mark.parametrize("most", [0, selection.WEIGHTS_MOST], ids=["added", "counted"])
@pytest.mark.parametrize("case", SUMS[:8] + PLAIN[:6], ids=str)
def test_both_ways_against_pandas(case: tuple[Any, ...], most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "WEIGHTS_MOST", most)
    facts: Facts = polars_facts(ROWS)
    (check_sums if case in SUMS else check_joint)(facts, ROWS, SCHEMA, case, True)


def test_places_of_weights() -> None:
    found = _weights(pl.Series([0.5, None, 2.0, 0.0, 0.5, -1.0, float("nan"), 1.25]))
    assert found is not None and found.values.to_list() == [0.5, 1.25, 2.0]
    told = [None if place >= len(found.values) else found.values[int(place)] for place in found.array]
    assert told == [0.5, None, 2.0, None, 0.5, None, None, 1.25]
    assert _weights(pl.Series(np.arange(1.0, selection.WEIGHTS_MOST + 2))) is None
    assert _weights(pl.Series([None, None], dtype=pl.Float64)).states == 1  # type: ignore[union-attr]
