"""Worded answers to points: the form of the scale (how many points, with a middle or not) from the words that were used.

Nobody may have chosen "매우 불만족"; it is a five-point scale all the same. The form is therefore derived from the levels of
intensity the words of both sides show, not from the number of words seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cxdash.ingest import clean
from cxdash.ingest.lexicon import EXTREME, MID, PLAIN, STRONG, TOP, WEAK, WEAKEST, Sense, sense
from cxdash.ingest.plan import Said

SLACK = 8  # characters that a label may be longer than the longest listed one
FEW = 100  # answers under which an unused middle point says little


@dataclass(frozen=True)
class Form:
    """points: label key (clean.key) -> point, 1 the unfavourable end; size: number of points; sure: 0..1."""

    points: Mapping[str, int]
    size: int
    family: str
    sure: float
    lo: int = 1
    questions: tuple[Said, ...] = field(default_factory=tuple)


_FREQUENCY = tuple(
    (re.compile(pattern), rank)
    for pattern, rank in (
        (r"almost always|nearly always|거의(?:항상|매번|언제나|늘)", 3.75),
        (r"almost never|hardly ever|rarely|seldom|거의.*(?:않|없|안).*|드물게?|어쩌다(?:가끔)?", 1.0),
        (r"never|(?:전혀|한번도|결코).*(?:않|없|안|아니).*|전혀", 0.0),
        (r"always|every time|항상|언제나|늘|매번", 4.0),
        (r"about half (?:of )?the time|half the time|절반정도", 2.5),
        (r"most of the time|very (?:often|frequently)|대부분|매우자주|아주자주|거의대부분", 3.5),
        (r"often|frequently|자주|종종|자주.{0,6}", 3.0),
        (r"usually|generally|regularly|대체로|보통", 3.25),
        (r"sometimes|occasionally|가끔.{0,5}|때때로|이따금|때로", 2.0),
        (r"once in a while|infrequently|간혹", 1.5),
    )
)
_YES = re.compile(r"yes|y|true|예|네|그렇다|그렇습니다|있다|있음|있습니다|해당|o")
_NO = re.compile(r"no|n|false|아니오|아니요|아니다|아닙니다|없다|없음|없습니다|비해당|x")
_RATED = ("poor", "fair", "good", "very good", "excellent")  # the English quality list is not mirrored around its middle
_DEGREES = tuple(
    (re.compile(pattern), slot)
    for pattern, slot in (
        (r"not at all|none(?: at all)?|전혀", 1),
        (r"(?:a )?little|slightly|not (?:very )?much|a bit|조금|약간|별로", 2),
        (r"somewhat|moderately|some|a moderate amount|보통", 3),
        (r"very(?: much)?|quite a bit|a lot|mostly|considerably|상당히|많이", 4),
        (r"extremely|completely|a great deal|totally|매우(?:많이)?|아주(?:많이)?", 5),
    )
)


def place(labels: Iterable[tuple[str, int]]) -> Form | None:
    """The form that the labels (text, count) belong to, or None when they are not the labels of one scale."""
    counts: dict[str, int] = {}
    for text, count in labels:
        counts[clean.key(text)] = counts.get(clean.key(text), 0) + count
    if len(counts) < 2:
        return None
    for attempt in (_yes_no, _rated, _frequency, _worded, _degrees):
        form = attempt(counts)
        if form is not None:
            return form
    return None


def _tight(word: str) -> str:
    return word.replace(" ", "") if re.search("[가-힣]", word) else word


def _yes_no(counts: Mapping[str, int]) -> Form | None:
    sides = {word: 1 if _YES.fullmatch(_tight(word)) else 0 if _NO.fullmatch(_tight(word)) else None for word in counts}
    if set(sides.values()) != {0, 1}:
        return None
    return Form({word: side for word, side in sides.items() if side is not None}, 2, "yes_no", 0.6, lo=0)


def _rated(counts: Mapping[str, int]) -> Form | None:
    if not set(counts) <= set(_RATED) or not {"fair", "excellent"} & set(counts):
        return None
    if "fair" not in counts and "very good" not in counts:
        return None
    used = _RATED if "very good" in counts else tuple(word for word in _RATED if word != "very good")
    return Form({word: used.index(word) + 1 for word in counts}, len(used), "quality", 0.95)


def _ranked(counts: Mapping[str, int], table: Sequence[tuple[re.Pattern[str], float]]) -> dict[str, float] | None:
    ranks: dict[str, float] = {}
    for word in counts:
        rank = next((rank for pattern, rank in table if pattern.fullmatch(_tight(word))), None)
        if rank is None:
            return None
        ranks[word] = rank
    return ranks


def _frequency(counts: Mapping[str, int]) -> Form | None:
    ranks = _ranked(counts, _FREQUENCY)
    if ranks is None or len(set(ranks.values())) < 3:
        return None
    if all(rank in (0, 1, 2, 3, 4) for rank in ranks.values()):
        return Form({word: int(rank) + 1 for word, rank in ranks.items()}, 5, "frequency", 0.8)
    order = sorted(set(ranks.values()))
    return Form(
        {word: order.index(rank) + 1 for word, rank in ranks.items()},
        len(order),
        "frequency",
        0.65,
        questions=(Said("scale.ask.levels", {"size": len(order)}),),
    )


def _degrees(counts: Mapping[str, int]) -> Form | None:
    ranks = _ranked(counts, _DEGREES)
    if ranks is None or len(set(ranks.values())) < len(ranks) or len(ranks) < 3:
        return None
    return Form({word: int(slot) for word, slot in ranks.items()}, 5, "degree", 0.75)


def _worded(counts: Mapping[str, int]) -> Form | None:
    senses = {word: found for word in counts if (found := sense(word)) is not None}
    if len(senses) < len(counts) or len({(s.side, s.force) for s in senses.values()}) < 2:
        return None
    return _unipolar(senses) or _mirrored(senses, sum(counts.values()))


def _family(senses: Mapping[str, Sense]) -> tuple[str, float]:
    """The commonest family and how far the labels agree on it (negations of one word often read as agreement)."""
    families = [found.family for found in senses.values() if found.side]
    if not families:
        return "neutral", 0.0
    top = max(set(families), key=families.count)
    return top, families.count(top) / len(families)


def _unipolar(senses: Mapping[str, Sense]) -> Form | None:
    """ "Extremely / very / somewhat / not so / not at all satisfied": one quality in five degrees, no middle, minus only by negation."""
    found = list(senses.values())
    if any(s.side == 0 or (s.side < 0 and not s.negated) for s in found):
        return None
    forces = {s.force for s in found if s.side > 0}
    floor = any(s.force == TOP for s in found)
    if EXTREME not in forces or not (STRONG in forces or (floor and forces & {MID, WEAKEST, WEAK})):
        return None
    slots = {word: _slot(s) for word, s in senses.items()}
    if len(set(slots.values())) < len(slots):
        return None
    return Form(slots, 5, _family(senses)[0], 0.9)


def _slot(s: Sense) -> int:
    if s.side < 0:
        return 1 if s.force == TOP else 2
    return 2 if s.force == WEAKEST else 3 if s.force < STRONG else 4 if s.force == STRONG else 5


def _mirrored(senses: Mapping[str, Sense], n: int) -> Form | None:
    """A scale whose two sides mirror each other, with or without a middle."""
    good = sorted({s.force for s in senses.values() if s.side > 0})
    bad = _settle_top(sorted({s.force for s in senses.values() if s.side < 0}), good)
    middle = any(s.side == 0 for s in senses.values())
    if not good and not bad:
        return None
    rank, levels = _levels(good, bad)
    size = 2 * levels + middle
    if size > 9:
        return None
    points: dict[str, int] = {}
    for word, s in senses.items():
        force = bad[-1] if s.force == TOP else s.force
        step = 0 if s.side == 0 else rank[s.side][force] + 1
        points[word] = levels + 1 if s.side == 0 else (levels + 1 - step if s.side < 0 else size - levels + step)
    family, agreed = _family(senses)
    sure = 0.95 if agreed >= 0.6 else 0.75
    sure, asked = _doubts(sure, size, middle, n, bool(good and bad))
    return Form(points, size, family, sure, questions=asked)


def _doubts(sure: float, size: int, middle: bool, n: int, both_sides: bool) -> tuple[float, tuple[Said, ...]]:
    asked: list[Said] = []
    if size == 2:
        sure = min(sure, 0.6)
    elif not middle and n < FEW:
        asked.append(Said("scale.ask.middle", {"size": size, "other": size + 1}))
        sure = min(sure, 0.68)
    elif size == 3 and n < FEW:
        asked.append(Said("scale.ask.levels", {"size": size}))
        sure = min(sure, 0.68)
    if not both_sides:
        asked.append(Said("scale.ask.levels", {"size": size}))
        sure = min(sure, 0.68)
    return sure, tuple(asked)


def _settle_top(bad: list[float], good: list[float]) -> list[float]:
    """ "Not at all" is as strong as whatever stands at the other end, and stronger than the rest of its own side."""
    if TOP not in bad:
        return bad
    rest = [force for force in bad if force != TOP]
    top = max([STRONG, *good[-1:]])
    return [*rest, top if not rest or top > rest[-1] else rest[-1] + 1.0]


def _levels(good: list[float], bad: list[float]) -> tuple[dict[int, dict[float, int]], int]:
    """Rank of every force on its side (0 = mildest) and the number of levels per side."""
    if len(good) == len(bad) and len(good) >= 2:
        return {1: {f: i for i, f in enumerate(good)}, -1: {f: i for i, f in enumerate(bad)}}, len(good)
    merged = {force: force for force in (*good, *bad)}
    for low, high, name in ((0.0, STRONG, PLAIN), (STRONG, 99.0, STRONG)):
        sides = [[f for f in side if low <= f < high] for side in (good, bad)]
        if all(len(side) <= 1 for side in sides):  # "다소 불만족" opposite "만족": one level in other words
            merged.update({f: name for side in sides for f in side})
    classes = sorted(set(merged.values()))
    if len(classes) == 1 and classes[0] >= STRONG:
        classes = [PLAIN, *classes]  # "매우 만족" implies "만족"
    elif len(classes) == 1 and any(f < PLAIN for f in merged):
        classes = [*classes, STRONG]  # "somewhat" implies "very"
    ranks = {force: classes.index(name) for force, name in merged.items()}
    return {1: ranks, -1: ranks}, len(classes)


class Resolver:
    """Points of labels that a mapping does not list, where the listed ones fix them.

    The same sense of the same family in other words ("매우만족" for "매우 만족"), or the exact mirror of one ("매우 불만족" from
    "매우 만족"). A text much longer than the listed labels, or with digits in it, is a remark and no label: None.
    """

    def __init__(self, codes: Mapping[str, int], lo: int, hi: int) -> None:
        known = [(found, point) for label, point in codes.items() if (found := sense(label)) is not None]
        self._longest = max((len(label) for label in codes), default=0) + SLACK
        self._families = {found.family for found, _ in known}
        self._strongest = max((found.force for found, _ in known if found.force != TOP), default=STRONG)
        self._points: dict[tuple[int, float], int] = {}
        for found, point in known:
            self._points.setdefault((found.side, found.force), point)
        self._mirrored = {(-side, self._force(force)): lo + hi - point for (side, force), point in self._points.items() if side}
        middle = (lo + hi) // 2
        self._middle = middle if (lo + hi) % 2 == 0 and known and middle not in codes.values() else None

    def _force(self, force: float) -> float:
        return self._strongest if force == TOP else force

    def point(self, text: str) -> int | None:
        """The point of a label, or None when it is not certain."""
        if not self._families or len(text) > self._longest or re.search(r"\d", text):
            return None
        wanted = sense(text)
        if wanted is None or (wanted.side and wanted.family not in self._families and "agreement" not in (wanted.family, *self._families)):
            return None
        if wanted.side == 0:
            return self._points.get((0, 0.0), self._middle)
        exact = self._points.get((wanted.side, wanted.force))
        return exact if exact is not None else self._mirrored.get((wanted.side, self._force(wanted.force)))
