"""Which column is a date, how its days are written, and the instants it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cxdash.ingest.plan import Said


@dataclass(frozen=True)
class DateGuess:
    """format: see FORMATS. questions: what to ask (day or month first …); alternatives: the other formats that would fit."""

    format: str
    certainty: float
    reason: Said
    questions: tuple[Said, ...] = ()
    alternatives: tuple[str, ...] = ()


def guess(values: Sequence[tuple[str, int]], header: str, typed: bool = False) -> DateGuess | None:
    return None


def parse(series: pl.Series, format: str, timezone: str) -> pl.Series:
    raise NotImplementedError
