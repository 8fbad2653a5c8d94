"""Several answers in one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cxdash.ingest.plan import Said


@dataclass(frozen=True)
class MultiGuess:
    """separator between the options of a cell; options in order of frequency."""

    separator: str
    options: tuple[str, ...]
    certainty: float
    reason: Said


def guess(values: Sequence[tuple[str, int]], header: str) -> MultiGuess | None:
    return None
