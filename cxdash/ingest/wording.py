"""What a header says is measured, in Korean and English: the measure, and words that speak against a rating.

A lexicon of regular expressions over the header in lower case (NFKC). It is ordered: the first measure whose words are
found and whose vetoes are not, wins, because "추천 의향에 대한 만족도" and "recommend … overall" name the rarer word first.
Nothing here looks at the answers.
"""

from __future__ import annotations

from dataclasses import dataclass

from cxdash.ingest import glance
from cxdash.ingest import lexicon_measures as words
from cxdash.terms import Measure


@dataclass(frozen=True)
class Cue:
    """A measure named by a header, how sure that is (0..1) and the words that say so."""

    measure: Measure
    certainty: float
    words: str


def measure(*texts: str) -> Cue | None:
    """The measure that a header names (question and option texts), or None.

    >>> measure("우리 회사를 주변에 추천하고 싶다").measure.value, measure("Overall satisfaction").measure.value, measure("성별")
    ('recommend', 'overall', None)
    """
    text = " ".join(glance.squeeze(t) for t in texts if t).lower()
    if not text or words.REASON.search(text):
        return None
    for found, pattern, certainty in words.ORDER:
        hit = pattern.search(text)
        if hit:
            return Cue(found, certainty, hit.group(0).strip())
    return None


def group(line: str | None) -> Cue | None:
    """The measure of all items under a group line that names nothing else: "기대", "실제", "중요도", "Expectation", "Performance"."""
    text = glance.squeeze(line).lower()
    found = next((measure for measure, pattern in words.GROUPS if pattern.fullmatch(text)), None)
    return Cue(found, 0.9, text) if found else None


def says_satisfied(text: str) -> bool:
    """The header speaks of satisfaction itself, not only of rating something."""
    return words.SATISFIED.search(glance.squeeze(text).lower()) is not None


def particular(text: str) -> bool:
    """The header is about one aspect (staff, price, delivery …) rather than the whole."""
    return words.ASPECT.search(glance.squeeze(text).lower()) is not None


def by_labels(labels: list[str]) -> tuple[Measure | None, bool]:
    """What the labels of a scale speak of: (measure, True) or (None, True) for a frequency; (None, False) when they do not tell."""
    text = " | ".join(glance.squeeze(t) for t in labels).lower()
    for found, pattern in words.LABELS:
        if pattern.search(text):
            return found, True
    return None, False


def objection(text: str) -> str | None:
    """Why a header is not that of a rating: "reason", "rank", "frequency", "knowledge", "quantity", or None.

    Satisfaction words overrule the softer objections ("이용 시간에 만족"), not reasons and ranks ("불만족 이유").
    """
    low = glance.squeeze(text).lower()
    if words.REASON.search(low):
        return "reason"
    if words.RANK.search(low):
        return "rank"
    if words.SATISFIED.search(low) or words.IMPORTANCE.search(low):
        return None
    for name, pattern in (("frequency", words.FREQUENCY), ("knowledge", words.KNOWLEDGE), ("quantity", words.QUANTITY)):
        if pattern.search(low):
            return name
    return None


def valence(text: str) -> int:
    """-1 for a header that asks the reason of dissatisfaction, 1 of satisfaction, 0 for any other."""
    low = glance.squeeze(text).lower()
    if not words.REASON.search(low):
        return 0
    if words.BAD_REASON.search(low):
        return -1
    return 1 if words.GOOD_REASON.search(low) else 0
