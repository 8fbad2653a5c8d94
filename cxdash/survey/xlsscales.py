"""Whether a list of choices of an XLSForm is a rating scale, which end is good, and what a rating measures, by its words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxdash.survey.form import Texts
from cxdash.terms import RATING_MAX, RATING_MIN, Direction, Scale

POINTS_MAX = 11
_WORDS = re.compile(r"만족|동의|그렇|그러|추천|수월|쉬|쉽|satisf|agree|likely|easy|difficult|excellent|poor", re.I)
_BAD = re.compile(r"불만|않|아니|없|못|나쁘|나쁨|어렵|\bdis|\bun|\bnot\b|\bpoor|\bbad|\bnever|\bdifficult|\bstrongly disagree|\bworst", re.I)
_MEASURES = (  # first that fits; `overall` only outside of a stage
    ("recommend", re.compile(r"추천|recommend", re.I)),
    ("repurchase", re.compile(r"재구매|다시 (?:구매|이용)|repurchase|buy .*again|use .*again", re.I)),
    ("effort", re.compile(r"수월|노력|쉬웠|쉽게|\beffort|\beas(?:y|ily)", re.I)),
    ("importance", re.compile(r"중요|important|importance", re.I)),
    ("overall", re.compile(r"전반|종합|overall", re.I)),
    ("satisfaction", re.compile(r"만족|satisf", re.I)),
)


@dataclass(frozen=True)
class Choice:
    name: str
    label: Texts


@dataclass(frozen=True)
class Rated:
    """A scale made of choices. stored: name of a choice -> point. numbered: the points are ours, the names were no numbers."""

    scale: Scale
    labels: Mapping[str, Mapping[int, str]]
    stored: dict[str, str | int]
    numbered: bool


def rated(choices: Sequence[Choice], *, likert: bool) -> Rated | None:
    """The scale of a list, or None when its answers are kinds rather than degrees.

    Degrees: the author said so (appearance likert), the points are 0–10, the labels are the numbers, or the words of both ends grade.
    """
    points = _points(choices)
    if not 2 <= len(choices) <= POINTS_MAX:
        return None
    ends = " ".join(text for choice in (choices[0], choices[-1]) for text in choice.label.values())
    graded = points is not None and (
        sorted(points) == list(range(11)) or all(text.strip() == c.name for c in choices for text in c.label.values())
        or (len(points) >= 4 and _WORDS.search(ends) is not None)
    )  # fmt: skip
    if not likert and not graded:
        return None
    numbered = points is None
    points = points or list(range(1, len(choices) + 1))
    labels: dict[str, dict[int, str]] = {}
    for point, choice in sorted(zip(points, choices, strict=True), key=lambda pair: pair[0]):
        for language, text in choice.label.items():
            if text.strip() != str(point):
                labels.setdefault(language, {})[point] = text
    scale = Scale(min(points), max(points), _direction(labels, min(points), max(points)))
    return Rated(scale, labels, {choice.name: point for choice, point in zip(choices, points, strict=True)}, numbered)


def _points(choices: Sequence[Choice]) -> list[int] | None:
    """The names as whole numbers without gaps, else None."""
    if not all(re.fullmatch(r"-?\d{1,3}", choice.name, re.ASCII) for choice in choices):
        return None
    points = [int(choice.name) for choice in choices]
    whole = sorted(points) == list(range(min(points), max(points) + 1)) if points else False
    return points if whole and RATING_MIN <= min(points) < max(points) <= RATING_MAX else None


def _direction(labels: Mapping[str, Mapping[int, str]], lo: int, hi: int) -> Direction:
    """Low is good when the words of the high end are the bad ones."""
    for texts in labels.values():
        low, high = _BAD.search(texts.get(lo, "")), _BAD.search(texts.get(hi, ""))
        if high and not low:
            return Direction.LOW
    return Direction.HIGH


def measure(wording: Texts, scale: Scale, *, staged: bool) -> str:
    """What a rating seems to measure; "other" when its words do not say. Recommendation only on 0–10."""
    text = " ".join(wording.values())
    for name, words in _MEASURES:
        if words.search(text) and not (name == "recommend" and not scale.is_nps) and not (name == "overall" and staged):
            return name
    return "other"
