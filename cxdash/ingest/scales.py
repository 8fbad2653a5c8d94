"""What scale a column of ratings was answered on, what its cells mean on it, and which cells mean "no answer"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxdash.ingest import anchors as header_anchors
from cxdash.ingest import clean, evidence
from cxdash.ingest.lexicon import sense
from cxdash.ingest.scalenumbers import numbered
from cxdash.ingest.scaleparts import READABLE, ScaleGuess, Values, split
from cxdash.ingest.scalewords import worded as in_words

__all__ = ["ScaleGuess", "Values", "guess"]


def guess(
    values: Values,
    header: str,
    *,
    value_labels: Mapping[str, str] | None = None,
    user_missing: Sequence[str] = (),
    siblings: Sequence[tuple[str, Values]] = (),
) -> ScaleGuess | None:
    """The scale of a column, or None when it is not a rating (an id, an age, a count, a nominal code, a text).

    values: (cell text, count), most frequent first. value_labels, user_missing: as SPSS files carry them.
    siblings: (header, values) of other columns of the file, nearest first; they vote on the scale of a battery.
    """
    told = {point: label for code, label in (value_labels or {}).items() if (point := clean.whole(code)) is not None}
    stated = header_anchors.read(header)
    parts = split(values, user_missing, told, stated)
    strength = evidence.of(header)
    if strength == -2 and len(stated.labels) < 2 and sum(sense(label) is not None for label in told.values()) < 2:
        return None
    worded = sum(count for _, count in parts.labels)
    if parts.n + worded == 0 or parts.fractions > 0.02 * (parts.n + worded):
        return None
    if worded > parts.n:
        return in_words(parts, strength, siblings)
    return numbered(parts, header, stated, told, strength, siblings) if worded <= (1 - READABLE) * (parts.n + worded) else None
