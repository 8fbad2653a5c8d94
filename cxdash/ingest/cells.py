"""A rating cell taken apart: the number it shows and the label beside it ("매우 만족(5)", "5 - Strongly agree", "⑤")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cxdash.ingest import clean, lexicon

_CIRCLED = re.compile("[①-⑳⓪⓿❶-❿➀-➉⑴-⒇⒈-⒛]")
_N = r"([+-]?\d{1,3}(?:\.0+)?)"
_UNIT = r"(?:점|點|pts?\b|points?\b|stars?\b|★)"
_ALONE = re.compile(rf"[\[(]?{_N}\s*{_UNIT}?[\])]?\.?")
_OUT_OF = re.compile(r"(\d{1,3})\s*/\s*(4|5|7|10|100)")
_FIRST = re.compile(rf"[\[(]?{_N}[\])]?\s*{_UNIT}?\s*(?:[.)\]:=]\s*|\s+[-–—|/]\s+|[-–—](?=[^\d\s])|\(\s*|\s+)(\D.*?)\)?")
_LAST = re.compile(rf"(\D.*?)\s*(?:[(\[:=]\s*|\s+[-–—|/]?\s*){_N}\s*{_UNIT}?\s*[)\]]?\.?")
_GLUED = re.compile(r"(\d{1,2})([가-힣A-Za-z].*)")
_STARS = re.compile("[★⭐]{1,10}☆{0,9}|⭐️+")


@dataclass(frozen=True)
class Cell:
    """number: as shown; label: the words beside it, "" when there are none; loose: number and label are joined by a blank only,
    so that the reading needs a label that is known ("5 Very satisfied" but not "3 people")."""

    number: float | None = None
    label: str = ""
    loose: bool = False


@lru_cache(maxsize=65536)
def read(text: str) -> Cell:
    """The parts of a rating cell.

    >>> read("매우 만족(5)"), read("5점").number, read("7/10").number, read("2~3회 이상").number
    (Cell(number=5.0, label='매우 만족', loose=False), 5.0, 7.0, None)
    """
    plain_number = clean.number(text)
    if plain_number is not None:
        return Cell(plain_number)
    if len(text) > lexicon.LONGEST + 20:
        return Cell(label=clean.norm(text[:200]))
    if _STARS.fullmatch(clean.norm(text)):
        return Cell(float(sum(text.count(star) for star in "★⭐")))
    word = clean.norm(_CIRCLED.sub(lambda m: clean.norm(m[0]).strip(".()") + ". ", text))
    if found := _ALONE.fullmatch(word.rstrip(". ")):
        return Cell(float(found[1]))
    if (found := _OUT_OF.fullmatch(word)) and int(found[1]) <= int(found[2]):
        return Cell(float(found[1]))
    return _parts(word)


def _parts(word: str) -> Cell:
    if found := _FIRST.fullmatch(word):
        label = found[2].strip(" ()[]")
        loose = word[found.end(1) : found.start(2)].strip(" ") == ""
        if not loose or lexicon.sense(label) is not None:
            return Cell(float(found[1]), label, loose)
    if found := _LAST.fullmatch(word):
        label = found[1].strip(" ()[]-=:")
        loose = word[found.end(1) : found.start(2)].strip(" ") == ""
        if label and (not loose or lexicon.sense(label) is not None):
            return Cell(float(found[2]), label, loose)
    if (found := _GLUED.fullmatch(word)) and lexicon.sense(found[2]) is not None:
        return Cell(float(found[1]), found[2], True)
    return Cell(label=word)
