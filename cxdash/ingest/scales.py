"""What scale a column of ratings was answered on, what its cells mean on it, and which cells mean "no answer"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cxdash.ingest import anchors as header_anchors
from cxdash.ingest import clean, evidence, missing
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
    plain = _unlettered(values) if evidence.of(header) == 1 and not value_labels else {}
    if plain:
        found = guess([(plain[text], count) for text, count in values], header, siblings=siblings)
        return found and replace(found, codes={text: int(n) for text, n in plain.items() if n.isdigit() and n not in found.missing})
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


def _unlettered(values: Values) -> dict[str, str]:
    """The texts of a column of option codes ("A1" … "A5", "AO01" …) as the numbers in them; empty for any other column."""
    said = [text for text, _ in values if not missing.says_nothing(text, experience=True)]
    found = {text: re.fullmatch(r"([A-Z]{1,2})0*(\d{1,2})", clean.norm(text)) for text in said}
    letters = {match[1] if match else "" for match in found.values()}
    if len(found) < 2 or len(letters) != 1 or "" in letters:
        return {}
    return {text: match[2] if (match := found.get(text)) else text for text, _ in values}
