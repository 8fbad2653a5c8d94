"""The sparkline of a card: honest in height, broken where a value is hidden, and hostile texts stay texts."""

from __future__ import annotations

import re

import pytest

from cxdash.charts import spark


def heights(drawn: str) -> list[list[float]]:
    """Per line the pixels from the top of its upper side, left to right."""
    outlines = re.findall(r"polygon\(([^)]*)\)", drawn)
    return [[float(p.split()[1][:-2]) for p in o.split(",")[: len(o.split(",")) // 2]] for o in outlines]


def test_too_few_periods_make_no_line() -> None:
    assert spark.html([1.0, None, 2.0], metric="nps", said="") == ""


def test_small_changes_stay_small() -> None:
    (small,) = heights(spark.html([30.0, 31.0, 30.5], metric="nps", said=""))
    (large,) = heights(spark.html([0.0, 60.0, 30.0], metric="nps", said=""))
    assert max(small) - min(small) == pytest.approx(1 / 40 * 22, abs=0.11)
    assert max(large) - min(large) == pytest.approx(22, abs=0.11)
    assert large[1] < large[2] < large[0], "higher is up"


def test_hidden_values_break_the_line_and_single_ones_are_no_line() -> None:
    drawn = spark.html([1.0, 2.0, None, 3.0, None, 4.0, 5.0], metric="csat", said="")
    assert [len(run) for run in heights(drawn)] == [2, 2]


def test_the_text_alternative_cannot_leave_its_attribute() -> None:
    drawn = spark.html([1.0, 2.0, 3.0], metric="csat", said='"><script>alert(1)</script>')
    assert "<script>" not in drawn and "&quot;&gt;&lt;script&gt;" in drawn
