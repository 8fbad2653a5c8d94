"""What scale a column of ratings was answered on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.ingest.plan import Said
from cxdash.terms import Scale

Values = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class ScaleGuess:
    """codes: cell text -> point when cells are words or shifted numbers, empty when the cells are the points themselves."""

    scale: Scale
    codes: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    certainty: float = 0.0
    reason: Said = Said("scale.reason.number")
    questions: tuple[Said, ...] = ()


def guess(values: Values, header: str, *, value_labels: Mapping[str, str] | None = None, user_missing: Sequence[str] = (),
          siblings: Sequence[tuple[str, Values]] = ()) -> ScaleGuess | None:
    """siblings: (header, values) of other columns of the file, nearest first."""
    return None
