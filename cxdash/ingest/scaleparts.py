"""A column of ratings taken apart, and what is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.ingest import anchors as header_anchors
from cxdash.ingest import cells, clean, missing
from cxdash.ingest.plan import Said
from cxdash.terms import Scale

Values = Sequence[tuple[str, int]]
READABLE = 0.9  # share of the answers that must be points for the column to be a rating


@dataclass(frozen=True)
class ScaleGuess:
    """codes: cell text -> point when cells are words or shifted numbers, empty when the cells are the points themselves.

    missing: cell texts that mean "no answer", as they stand in the file. certainty: that this is a rating on this scale;
    questions: what only the user knows (direction of unlabelled numbers, a code that may be a point …).
    """

    scale: Scale
    codes: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    certainty: float = 0.0
    reason: Said = Said("scale.reason.number")
    questions: tuple[Said, ...] = ()


@dataclass
class Parts:
    """The cells of a column by kind: missing texts, numbers (value -> texts and count), labels beside numbers, bare labels."""

    missing: list[str]
    numbers: dict[int, int]
    texts: dict[int, list[str]]
    beside: dict[int, str]
    labels: list[tuple[str, int]]
    fractions: int = 0

    @property
    def n(self) -> int:
        return sum(self.numbers.values())


def split(values: Values, user_missing: Sequence[str], told: Mapping[int, str], stated: header_anchors.Anchors) -> Parts:
    """Every cell text to its kind. told: code list of the file; stated: what the header says."""
    parts = Parts([], {}, {}, {}, [])
    gone = {clean.key(text) for text in user_missing}
    gone_numbers = {number for text in user_missing if (number := clean.number(text)) is not None} | set(stated.missing)
    experience = not missing.graded([*told.values(), *(cells.read(text).label for text, _ in values)])
    gone_numbers |= {point for point, label in told.items() if missing.says_nothing(label, experience=experience)}
    for text, count in values:
        cell = cells.read(text)
        if clean.is_error(text):
            continue
        if (
            clean.key(text) in gone
            or cell.number in gone_numbers
            or missing.says_nothing(cell.label if cell.number is not None and cell.label else text, experience=experience)
        ):
            parts.missing.append(text)
        elif cell.number is None:
            parts.labels.append((text, count))
        elif cell.number != int(cell.number):
            parts.fractions += count
        else:
            point = int(cell.number)
            parts.numbers[point] = parts.numbers.get(point, 0) + count
            parts.texts.setdefault(point, []).append(text)
            if cell.label:
                parts.beside.setdefault(point, cell.label)
    return parts
