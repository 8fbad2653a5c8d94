"""Comparing figures with results computed elsewhere (rounded to four digits there)."""

from __future__ import annotations

from typing import Any

import pytest

from cxdash.services.metrics import Figures, QuestionFigures

CLOSE = 0.00011


def near(value: float | None) -> Any:
    return pytest.approx(value, abs=CLOSE)


def question(figures: Figures, name: str) -> QuestionFigures:
    """By code, header or the beginning of a header."""
    found = [q for q in figures.questions if name in (q.question.code, *q.question.headers)]
    found = found or [q for q in figures.questions if any(h.startswith(name) for h in q.question.headers)]
    assert len(found) == 1, f"{name}: {[q.question.code for q in found]}"
    return found[0]


def same_rating(got: QuestionFigures, want: dict[str, Any]) -> None:
    """n, mean, top box and 100-point mean of a rating; small bases are hidden, which is right too."""
    assert got.n == want["n"]
    if want["n"] < 10:
        assert got.mean.value is None
        return
    assert got.mean.value == near(want["mean"])
    assert got.top_box.value == near(want["top_box_pct"])
    assert got.score100.value == near(want["score100"])


def same_nps(got: QuestionFigures, want: dict[str, Any]) -> None:
    assert got.n == want["n"]
    assert got.nps is not None
    if want["n"] < 10:
        assert got.nps.value is None
        return
    assert got.nps.value == near(want["nps"])
    assert got.mean.value == near(want["mean"])
