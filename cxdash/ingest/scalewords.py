"""The scale of a column whose answers are words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxdash.ingest import clean, labels, missing
from cxdash.ingest.lexicon import sense
from cxdash.ingest.plan import Said
from cxdash.ingest.scaleparts import READABLE, Parts, ScaleGuess, Values
from cxdash.terms import Direction, Scale

MOST_LABELS = 24  # distinct texts, missing ones included


def worded(parts: Parts, strength: int, siblings: Sequence[tuple[str, Values]]) -> ScaleGuess | None:
    """The scale of the labels, or None when they are not the labels of one scale."""
    known, odd = _recognised(parts.labels)
    if len(parts.labels) > MOST_LABELS or len({clean.key(text) for text, _ in known}) < 2:
        return None
    if sum(count for _, count in known) < READABLE * sum(count for _, count in parts.labels):
        return None
    form = labels.place([*known, *_borrowed(known, siblings)]) or labels.place(known)
    if form is None:
        return None
    codes = {text: form.points[clean.key(text)] for text, _ in known}
    shown: dict[int, str] = {}
    for text, _ in known:  # most frequent spelling first
        shown.setdefault(codes[text], clean.norm(text))
    codes |= {text: point for point, texts in parts.texts.items() for text in texts if form.lo <= point <= form.lo + form.size - 1}
    scale = Scale(form.lo, form.lo + form.size - 1, Direction.HIGH, shown)
    questions = [*form.questions, *([Said("scale.ask.odd", {"texts": ", ".join(text for text, _ in odd[:5])})] if odd else [])]
    sure = min(0.98, form.sure + (0.03 if strength == 1 else -0.1 if strength == -1 else 0.0)) - (0.1 if odd else 0.0)
    sure = min(sure, 0.68) if questions else sure
    reason = (
        Said("scale.reason.yes_no")
        if form.family == "yes_no"
        else Said("scale.reason.labels", {"count": len(shown), "size": form.size, "examples": _ends(shown)})
    )
    return ScaleGuess(scale, codes, tuple(parts.missing), round(sure, 2), reason, tuple(questions))


def _recognised(found: Sequence[tuple[str, int]]) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """The labels that make one form together, and the rest (rare slips are left out when that makes the others fit)."""
    if labels.place(found) is not None:
        return list(found), []
    known = [(text, count) for text, count in found if sense(text) is not None]
    return known, [(text, count) for text, count in found if sense(text) is None]


def _borrowed(known: Sequence[tuple[str, int]], siblings: Sequence[tuple[str, Values]]) -> list[tuple[str, int]]:
    """Labels that other columns use together with these: what nobody chose here may have been chosen there."""
    mine = {clean.key(text) for text, _ in known}
    more: dict[str, int] = {}
    for _, values in siblings:
        theirs = {clean.key(text): text for text, _ in values if not missing.says_nothing(text, experience=True)}
        if len(mine & set(theirs)) >= 2 and len(theirs) <= 9 and all(sense(text) is not None for text in theirs.values()):
            more.update({text: 1 for word, text in theirs.items() if word not in mine})
    return list(more.items())


def _ends(shown: Mapping[int, str]) -> str:
    return f"{shown[min(shown)]} … {shown[max(shown)]}"
