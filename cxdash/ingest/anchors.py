"""What a column's header or wording says about its scale: bounds and the words at its ends.

"(1=매우 만족 ~ 5=매우 불만족)", "0~10점", "5점 척도", "on a scale of 0 to 10", "1(전혀 아니다)~7(매우 그렇다)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cxdash.ingest import clean, lexicon, missing
from cxdash.terms import Direction


@dataclass(frozen=True)
class Anchors:
    """lo/hi: bounds where the header states them; labels: point -> words; missing: codes the header calls "no answer"."""

    lo: int | None = None
    hi: int | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    missing: tuple[int, ...] = ()


_N = r"(?<![\d.\-])(-?\d{1,3})(?![\d])"
_LABEL = r"([^\d()\[\]=:~,;/<>→?.]{1,40}?)"
_END = r"(?=\s*(?:[)\]~,;/<>→?.]|[-–—]\s*\d|[-–—]\s|\bto\b|\band\b|부터|에서|$|-?\d{1,3}\s*(?:점|[=:(])))"
_NUMBER_LABEL = re.compile(rf"{_N}\s*점?\s*(?:[=:]|[(\[]|\)|은|는|이|\bis\b|\bmeans?\b|\bbeing\b|\bindicates\b|[-–]\s|\s)\s*{_LABEL}{_END}")
_LABEL_NUMBER = re.compile(rf"{_LABEL}\s*[(\[=:]\s*(-?\d{{1,3}})\s*점?\s*(?:[)\]]|{_END})")
_SURE = re.compile(rf"{_N}\s*점?\s*(?:=|:\s)\s*{_LABEL}{_END}")

_WORDS = r"([^\d()\[\]=:~,;/?]{2,20}?)"
_TO = r"\s*점?\s*(?:[~\-–—→]|에서|부터)\s*"
_DOT = r"\s*[-~·,]\s*"
_ENDS = (  # both ends in one phrase, without a sign between number and words: (label, number, label, number) by group
    (re.compile(rf"{_WORDS}\s*(-?\d{{1,2}}){_TO}{_WORDS}\s*(-?\d{{1,3}})(?!\d)"), (1, 2, 3, 4)),
    (re.compile(rf"(?<![\d.])(-?\d{{1,2}})\s*점?\s*{_WORDS}\s*[~\-–—→]\s*(-?\d{{1,3}})\s*점?\s*{_WORDS}(?=[)\],.]|$)"), (2, 1, 4, 3)),
    (re.compile(rf"{_WORDS}[)\]]?\s*(-?\d{{1,2}})(?:{_DOT}\d{{1,2}})*{_DOT}(\d{{1,3}})\s*[(\[]?{_WORDS}(?=[)\],.]|$)"), (1, 2, 4, 3)),
)


def _range(joined_by: str) -> str:
    return rf"(?<![\d.\-])(-?\d{{1,2}})\s*점?\s*{joined_by}\s*(\d{{1,3}})(?!\d|[.\-]\d)"


_BOUNDS = (
    re.compile(r"\bscale (?:of|from)?\s*" + _range(r"(?:to|-|–|through|and)")),
    re.compile(r"\b(?:from|between|rate)\s+" + _range(r"(?:to|-|–|and)")),
    re.compile(_range(r"(?:~|∼|〜|-|–|to|에서|부터)") + r"\s*(?:점|척도|까지|points?\b|scale\b|stars?\b)"),
    re.compile(r"[(\[]\s*(?:척도|scale|점수|평점)?\s*:?\s*" + _range(r"(?:~|∼|〜|-|–|to|/|\.\.)") + r"\s*점?\s*[)\],]"),
    re.compile(_range(r"(?:~|∼|〜)")),
    re.compile(r"(?<![\d.\-])(0)\s*(?:-|–|to)\s*(10|100)(?!\d)"),
)
_POINTS = re.compile(r"(\d{1,3})\s*(?:점|단계)\s*(?:리커트\s*)?척도|(\d{1,2})[- ]?point\b|리커트\s*(\d)")
_OUT_OF = re.compile(r"(\d{1,3})\s*점\s*만점|\bout of (\d{1,3})\b|/\s?(10|100)\b|만점\s*(\d{1,3})\s*점")
_ITEM_NUMBER = re.compile(r"^\s*(?:[a-zA-Z]{0,3}|문항?|질문)\s*\d+(?:[-_.]\d+)*\s*[.):_]?\s+(?=\S)")


@lru_cache(maxsize=4096)
def read(header: str) -> Anchors:
    """Bounds, words and missing codes stated in a header.

    >>> read("만족도 (1=매우 만족 ~ 5=매우 불만족)").labels, read("추천 의향 (0~10점)").hi, read("3-1 전반적 만족도").labels
    ({1: '매우 만족', 5: '매우 불만족'}, 10, {})
    """
    text = clean.norm(header).translate(str.maketrans("∼〜～", "~~~"))
    body = _ITEM_NUMBER.sub("", text)
    labels, empty = _labels(body)
    lo, hi = _bounds(body)
    if len(labels) >= 2 and lo is None and hi is None:
        lo, hi = min(labels), max(labels)
    return Anchors(lo, hi, labels, empty)


def _labels(body: str) -> tuple[dict[int, str], tuple[int, ...]]:
    pairs = [(int(n), label.strip(" '\"-–")) for n, label in _NUMBER_LABEL.findall(body)]
    turned = [(int(n), label.strip(" '\"-–")) for label, n in _LABEL_NUMBER.findall(body)]
    best = max((pairs, turned), key=lambda found: sum(lexicon.sense(label) is not None for _, label in found))
    labels = {n: label for n, label in best if lexicon.sense(label) is not None and not missing.says_nothing(label, experience=True)}
    empty = tuple(n for n, label in (*pairs, *turned) if label and missing.says_nothing(label, experience=True))
    sides = {lexicon.sense(label).value for label in labels.values()}  # type: ignore[union-attr]
    if len(labels) < 2 or len(sides) < 2:
        labels = {int(n): label.strip() for n, label in _SURE.findall(body) if lexicon.sense(label) is not None} or _ends(body)
    return labels, empty if labels or _SURE.search(body) else ()


def _ends(body: str) -> dict[int, str]:
    """"매우 불만족 1점 ~ 매우 만족 5점", "1매우만족-5매우불만족", "(매우불만족)1-2-3-4-5(매우만족)": the words of opposite ends and their points."""
    for pattern, (a, m, b, n) in _ENDS:
        for found in pattern.finditer(body):
            one, two = lexicon.sense(found[a]), lexicon.sense(found[b])
            low, high = sorted((int(found[m]), int(found[n])))
            if one and two and one.side * two.side < 0 and high - low >= 3 and _plausible(low, high):
                return {int(found[m]): found[a].strip(" -–"), int(found[n]): found[b].strip(" -–")}
    return {}


def _bounds(body: str) -> tuple[int | None, int | None]:
    lower = body.lower()
    for pattern in _BOUNDS:
        for found in pattern.finditer(lower):
            lo, hi = int(found[1]), int(found[2])
            if _plausible(lo, hi):
                return lo, hi
    if found := _POINTS.search(lower):
        size = int(next(group for group in found.groups() if group))
        if 2 <= size <= 11 or size in (100, 101):
            return (0, 10) if size == 11 else (0, 100) if size >= 100 else (1, size)
    if found := _OUT_OF.search(lower):
        hi = int(next(group for group in found.groups() if group))
        return (None, hi) if hi in (4, 5, 7, 10, 100) else (None, None)
    return None, None


def _plausible(lo: int, hi: int) -> bool:
    return (lo in (0, 1) and (2 <= hi <= 11 or hi == 100)) or (-5 <= lo < 0 and hi == -lo)


def direction(labels: Mapping[int, str], lo: int, hi: int) -> Direction | None:
    """Which end the labels call good: HIGH when the sense of the words rises with the points, LOW when it falls, None unknown."""
    known = [(point, found) for point, label in labels.items() if (found := lexicon.sense(label)) is not None]
    middle = (lo + hi) / 2
    tilt = sum((point - middle) * found.side for point, found in known if found.side)
    if tilt == 0 and len(known) >= 2:  # one-sided words only (slightly … extremely)
        mean = sum(found.value for _, found in known) / len(known)
        tilt = sum((point - middle) * (found.value - mean) for point, found in known)
    elif len({found.side for _, found in known}) == 1 and len(known) >= 2:
        mean, centre = sum(found.value for _, found in known) / len(known), sum(point for point, _ in known) / len(known)
        tilt = sum((point - centre) * (found.value - mean) for point, found in known) or tilt
    return None if tilt == 0 else Direction.HIGH if tilt > 0 else Direction.LOW
