"""Codes: the short names that answers are stored under.

The rule, in this order:
1. the first header row where it holds variable names (Qualtrics, SPSS), the option text in a block of columns, else the header
   without marks like "Response";
2. a question with an item number in front and words behind it: the number ("4. … 추천하고 싶다" -> Q4, "3-1. 직원 친절" -> Q3-1);
3. compact: letters, digits, "_", "-", "." stay, everything else becomes "_" (so "고객 유형" -> 고객_유형, "Q7ALL" stays); longer than
   24 characters: the option text of a block, else the first words that fit; polite phrases around a noun are dropped
   ("귀하의 성별을 선택해 주세요." -> 성별), and so is the item number of an attribute ("3.성별" -> 성별: numbers change between waves);
4. taken already (upper and lower case count as the same) or reserved: "_2", "_3" …, counted from left to right.
The same header row gives the same codes every time, and a column added at the right end changes none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxdash.ingest import glance
from cxdash.ingest.headers import Header
from cxdash.ingest.rowkinds import RESPONSE
from cxdash.terms import CHANNEL, CUSTOMER

LONGEST = 24
RESERVED = frozenset({"wave", "source", "loyalty", "id", "at", "respondent", "weight", "row", "problems", "n", "none", CHANNEL, CUSTOMER})
_ODD = re.compile(r"[^\w.\-]+")
_ITEM = re.compile(r"^\s*(?P<letter>[A-Za-z]{0,3}|문항?|질문|설문)\s*(?P<number>\d+(?:[-_.]\d+)*(?:Q\d+)?)\s*(?:[.)\]:]|\s|번)")
_REMARK = re.compile(
    r"\s*[(\[](중복|복수|필수|선택|택\s*\d|해당|모두|단일|optional|required|select|check|choose)[^)\]]*[)\]]|\s*\*+$", re.IGNORECASE
)
_WHO = r"(?:(?:귀하|고객님|본인|응답자|당신|회원님|귀사)(?:의|께서)?\s*)?"
_POLITE = (
    re.compile(
        rf"^{_WHO}(?P<what>.{{1,20}}?)\s*(?:을|를|은|는|이|가)?\s*(?:선택|입력|기입|기재|체크|표시"
        rf"|작성|알려|말씀|적어|응답|골라)\s*(?:해|하여)?\s*(?:주세요|주십시오|주시기 바랍니다|주시겠습니까|주시겠어요)\W*$"
    ),
    re.compile(rf"^{_WHO}(?P<what>.{{1,20}}?)\s*(?:은|는|이|가)\s*(?:무엇|어떻게|어디|어느|몇)\S*(?:\s+\S+)?\W*$"),
    re.compile(
        r"^(?:please\s+)?(?:select|choose|enter|indicate|specify|provide|state)\s+(?:your|the)\s+(?P<what>.{1,24}?)\W*$", re.IGNORECASE
    ),
    re.compile(r"^what\s+is\s+your\s+(?P<what>.{1,24}?)\W*$", re.IGNORECASE),
)
_NUMBER = re.compile(r"^\s*(?:[A-Za-z]{0,3}|문항?|질문|설문)\s*\d+(?:[-_.]\d+)*\s*[.)]\s*(?=[^\W\d_])")
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")


def compact(text: str) -> str:
    """`text` with only letters, digits, "_", "-" and "." left.

    >>> compact("고객 유형(최근)"), compact("Q7ALL"), compact(" ? ")
    ('고객_유형_최근', 'Q7ALL', '')
    """
    return re.sub(r"_{2,}", "_", _ODD.sub("_", glance.squeeze(text))).strip("_.-")


def base(header: Header, *, question: bool) -> str:
    """The code of a column before it is made unique; `question`: a rating, comment or choice rather than an attribute."""
    text = _telling(header)
    item = _ITEM.match(text)
    if question and item and " " in text.strip():
        return f"{item['letter'] or 'Q'}{item['number']}"
    whole = compact(text if question else _NUMBER.sub("", text))
    if 0 < len(whole) <= LONGEST:
        return whole
    part = compact(header.option)
    if header.block and 0 < len(part) <= LONGEST and not part.isdigit():
        return part
    return _cut(whole) or f"C{header.index + 1}"


def _telling(header: Header) -> str:
    parts = [p for p in header.parts if p.lower() not in RESPONSE] or [header.text]
    if len(parts) > 1 and _VARIABLE.fullmatch(parts[0]) and not header.block:
        return parts[0]
    if header.block and len(header.parts) > 1 and not header.option.isdigit():
        return header.option
    return _asked_for(parts[-1])


def _asked_for(text: str) -> str:
    """What a polite question asks for: "귀하의 성별을 선택해 주세요." -> 성별, "What is your age group?" -> age group."""
    bare = _REMARK.sub("", text).strip()
    for pattern in _POLITE:
        found = pattern.match(bare)
        if found and 0 < len(compact(found["what"])) <= LONGEST:
            return found["what"]
    return bare or text


def _cut(text: str) -> str:
    """The first words of a compact text that fit, or its first characters when one word alone is too long."""
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST + 1].rpartition("_")[0]
    return (cut if len(cut) >= 8 else text[:LONGEST]).strip("_.-")


def unique(wanted: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The wanted codes made unique in their order; `taken` are given away already.

    >>> unique(["Q1", "q1", "wave"])
    ['Q1', 'q1_2', 'wave_2']
    """
    seen = {t.casefold() for t in taken}
    out = []
    for code in wanted:
        name, k = code, 2
        while not name or name.casefold() in seen or (name.casefold() in RESERVED and name == code):
            name, k = f"{code}_{k}", k + 1
        seen.add(name.casefold())
        out.append(name)
    return out


def question_code(text: str) -> str:
    """The code of a multiple-choice question that spans several columns: its compact text, its item number, or its first words."""
    item = _ITEM.match(text)
    if item and " " in text.strip():
        return f"{item['letter'] or 'Q'}{item['number']}"
    return _cut(compact(text)) or "multi"
